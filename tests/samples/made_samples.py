"""The same samples as a file of every format, as its own program writes it."""

import json
import zipfile

#: Task, response, whether it passed: tasks of different sizes, repeated texts, one task that always fails.
SAMPLES = (
    ("q0", "one", 1),
    ("q0", "two", 0),
    ("q0", "one", 1),
    ("q1", "three", 0),
    ("q1", "four", 0),
    ("q2", "fünf \u2028 lines\nof text", 1),
)
TASKS = ("q0", "q1", "q2")


def of(task):
    """The samples of a task: response and whether it passed."""
    return [(response, passed) for name, response, passed in SAMPLES if name == task]


def told(source):
    """What a source says, tasks by the order of their appearance: response and first reward of each draw."""
    found = {}
    for draw in source.draws():
        found.setdefault(draw.task, []).append((draw.response, draw.rewards[0]))
    return list(found.values())


def lines(path, records):
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records), encoding="utf-8")
    return path


def plain(path):
    return lines(path, [{"prompt": task, "response": text, "reward": won} for task, text, won in SAMPLES])


def plain_list(path):
    records = [{"task": task, "response": text, "reward": bool(won)} for task, text, won in SAMPLES]
    path.write_text(json.dumps(records))
    return path


def plain_over_lines(path):
    records = [{"task": task, "response": text, "reward": float(won)} for task, text, won in SAMPLES]
    path.write_text("\n".join(json.dumps(one, indent=2) for one in records))
    return path


def human_eval(path):
    return lines(
        path,
        [
            {
                "task_id": task,
                "completion": text,
                "result": "passed" if won else "failed: AssertionError",
                "passed": bool(won),
            }
            for task, text, won in SAMPLES
        ],
    )


def evalplus(path, *, newer=True, base_only=False):
    tasks = {
        f"HumanEval/{task}": [
            {
                "task_id": f"HumanEval/{task}",
                "solution": text,
                "base_status": "pass" if won else "fail",
                "plus_status": None if base_only else ("pass" if won and text == "one" else "timeout"),
                "base_fail_tests": [],
                "plus_fail_tests": [],
            }
            for text, won in of(task)
        ]
        for task in TASKS
    }
    scores = {"pass_at_k": {"base": {"pass@1": 0.5}}} if newer else {}
    path.write_text(
        json.dumps(
            {"date": "2025-10-02 17:56", "hash": "fe585eb4df8c88d844eeb463ea4d0302", "eval": tasks} | scores
        )
    )
    return path


def evalplus_older(path):
    tasks = {
        task: {
            "nfiles": len(of(task)),
            "base": [["pass" if won else "fail", []] for _, won in of(task)],
            "plus": [["fail", []] for _ in of(task)],
        }
        for task in TASKS
    }
    path.write_text(json.dumps({"date": "2023-06-01", "hash": "x", "eval": tasks}))
    return path


def lm_eval_line(number, responses, *, name="strict", filtered=None, **metrics):
    return {
        "doc_id": number,
        "doc": {"q": f"q{number}"},
        "target": "1",
        "arguments": {
            "gen_args_0": {
                "arg_0": f"q{number}",
                "arg_1": {"do_sample": True, "temperature": 0.8, "until": ["\n"], "top_p": 0.9},
            }
        },
        "resps": [responses],
        "filtered_resps": [responses[0]] if filtered is None else filtered,
        "filter": name,
        "metrics": list(metrics),
        "doc_hash": f"{number}" * 8,
        "prompt_hash": f"{number + 1}" * 64,
        "target_hash": "c" * 64,
    } | metrics


def lm_eval(path):
    """With a metric that has a number for each repeat, once for each of two filters."""
    return lines(
        path,
        [
            lm_eval_line(
                number,
                [text for text, _ in of(task)],
                name=name,
                filtered=[[text for text, _ in of(task)]],
                right=[float(won) for _, won in of(task)],
            )
            for name in ("strict", "flexible")
            for number, task in enumerate(TASKS)
        ],
    )


def inspect_sample(task, epoch, text, score, **more):
    return {
        "id": task,
        "epoch": epoch,
        "input": task,
        "target": "1",
        "messages": [{"role": "user", "content": task}, {"role": "assistant", "content": text}],
        "output": {
            "model": "mockllm/model",
            "choices": [{"message": {"role": "assistant", "content": text}, "stop_reason": "stop"}],
            "completion": text,
            "usage": {"input_tokens": 3, "output_tokens": 8, "total_tokens": 11},
        },
        "scores": {"includes": {"value": score, "answer": text, "history": []}},
        "events": [],
        "attachments": {},
    } | more


HEADER = {
    "version": 2,
    "status": "success",
    "eval": {
        "task": "sums",
        "model": "mockllm/model",
        "model_generate_config": {"temperature": 0.7, "top_p": 0.9},
        "config": {"epochs": 3},
    },
    "plan": {"name": "plan", "config": {"max_tokens": 64}},
    "results": {"total_samples": 3},
}


def inspect_samples():
    return [
        inspect_sample(task, epoch, text, "C" if won else "I")
        for task in TASKS
        for epoch, (text, won) in enumerate(of(task), start=1)
    ]


def inspect_json(path, samples=None, header=None):
    samples = inspect_samples() if samples is None else samples
    path.write_text(
        json.dumps((header or HEADER) | {"samples": samples, "reductions": [{"scorer": "includes"}]})
    )
    return path


def inspect_zip(path, samples=None, header=None, method=zipfile.ZIP_DEFLATED):
    samples = inspect_samples() if samples is None else samples
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr(
            "_journal/start.json", json.dumps({name: HEADER[name] for name in ("version", "eval", "plan")})
        )
        for one in samples:
            file.writestr(f"samples/{one['id']}_epoch_{one['epoch']}.json", json.dumps(one))
        file.writestr("summaries.json", "[]")
        if header != "none":
            file.writestr("header.json", json.dumps(header or HEADER))
    return path


def verl(path):
    """Rewards as PyTorch's numbers, and as what `str` makes of NumPy's."""
    return lines(
        path,
        [
            {
                "input": task,
                "output": text,
                "gts": "1",
                "score": float(won),
                "step": 7,
                "acc": str(bool(won)),
                "pred": "12",
            }
            for task, text, won in SAMPLES
        ],
    )


def wide(path):
    return lines(
        path,
        [
            {
                "question": task,
                "samples": [text for text, _ in of(task)],
                "is_corrects": [bool(won) for _, won in of(task)],
                "gt_answer": "1",
                "orig_dset_idx": number,
            }
            for number, task in enumerate(TASKS)
        ],
    )


def table(path, rows, **options):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(rows), path, **options)
    return path


def trl_rows():
    return [
        {
            "step": 3,
            "prompt": [{"role": "user", "content": task}],
            "completion": [{"role": "assistant", "content": text}],
            "correct": float(won),
            "length": float(len(text)),
            "advantage": 0.5,
        }
        for task, text, won in SAMPLES
    ]


def trl(path):
    return table(path, trl_rows(), row_group_size=4)


def trl_lines(path):
    return lines(path, trl_rows())


def wide_table(path):
    return table(
        path,
        [
            {
                "prompt": task,
                "completions": [text for text, _ in of(task)],
                "is_corrects": [bool(won) for _, won in of(task)],
            }
            for task in TASKS
        ],
    )


#: By the name of the format that a reader must recognise; those in the second need pyarrow.
MADE = (
    ("plain", plain),
    ("plain", plain_list),
    ("plain", plain_over_lines),
    ("human-eval results", human_eval),
    ("EvalPlus results", evalplus),
    ("lm-evaluation-harness samples", lm_eval),
    ("Inspect log", inspect_json),
    ("Inspect log", inspect_zip),
    ("verl dump", verl),
    ("TRL completions", trl_lines),
    ("wide rows", wide),
)
TABLES = (("TRL completions", trl), ("wide rows", wide_table))

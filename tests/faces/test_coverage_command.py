"""`coverage`: the command, its page and its data, from files as people have them."""

import json
import math

import pytest

from explore_theory.foundation.streams import Streams
from explore_theory.samples.coverage import BINARY
from explore_theory.samples.pool import pooled
from explore_theory.samples.readers import open_samples
from explore_theory.samples.summary import measured


def rows(name="plain", tasks=6, n=32, rate=0.3, **more):
    coins = Streams(("tests", "coverage command", name), range(tasks)).uniform(n)
    return [
        {"prompt": f"task {i}", "response": f"{coin:.9f}", "reward": int(coin < rate), **more}
        for i, row in enumerate(coins)
        for coin in row
    ]


def written(path, records, header=None):
    lines = [json.dumps(record) for record in ([header] if header else []) + records]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


@pytest.fixture
def file(tmp_path):
    return written(tmp_path / "results.jsonl", rows())


def test_one_command_says_what_the_samples_mean(cli, file):
    found = cli("coverage", file, "--beta", "0.1", "--r-values", "0,1")
    assert found.exit_code == 0, found.stderr
    assert "192 samples of 6 tasks; reward 'reward', 0 or 1" in found.stdout
    lo, hi = (math.exp(end) for end in measured(pooled([open_samples(file)]), beta=0.1, known=BINARY).worst)
    assert f"between {lo:.3g} and {hi:.3g} times" in " ".join(found.stdout.split())
    assert "k = 32:" in found.stdout
    assert "best of N" not in found.stdout, "of passes and failures it is the same"
    assert "- No file says at which temperature" in found.stdout


def test_its_data_are_all_of_it(cli, file):
    found = cli("coverage", "--samples", file, "--beta", "0.1", "--r-values", "0,1", "--json")
    record = json.loads(found.stdout)
    assert (record["format"], record["version"]) == ("explore-theory coverage", 1)
    assert [task["draws"] for task in record["tasks"]] == [32] * 6
    assert record["worst"]["lo"] == pytest.approx(math.exp(record["worst"]["log_lo"]))
    assert record["worst"]["log_lo"] <= max(task["coverage"]["log_lo"] for task in record["tasks"])
    worst = measured(pooled([open_samples(file)]), beta=0.1, known=BINARY).worst
    assert (record["worst"]["log_lo"], record["worst"]["log_hi"]) == pytest.approx(worst)
    passed = sum(task["passed"] for task in record["tasks"])
    assert record["pass_at_k"][0]["value"] == pytest.approx(passed / 192)
    assert record["profile"][0]["M"] == 1.0
    assert all(0 <= point["lo"] <= point["hi"] <= 1 for point in record["profile"])


def test_what_cannot_be_known_is_null_and_said(cli, file):
    found = cli("coverage", file, "--beta", "0.1", "--json")
    record = json.loads(found.stdout)
    assert record["worst"]["hi"] is None
    assert record["profile"] is None
    assert any("From above nothing can be said" in sentence for sentence in record["meaning"])


def test_a_page_is_one_file_that_asks_for_nothing(cli, file, tmp_path):
    out = tmp_path / "page"
    found = cli("coverage", file, "--beta", "0.1", "--r-values", "0,1", "--out", out)
    assert found.stdout.rstrip().endswith(f"Written: {out / 'index.html'}")
    page = (out / "index.html").read_text()
    assert page.count("<svg") == 3
    for part in (
        "Coverage profile.",
        "Task by task.",
        "pass@k",
        "task 5",
        "No file says at which temperature",
    ):
        assert part in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "<script" not in page


def test_a_page_escapes_what_files_say(cli, tmp_path):
    path = written(tmp_path / "odd.jsonl", [row | {"prompt": "<b>&" + row["prompt"]} for row in rows()])
    out = tmp_path / "page"
    assert cli("coverage", path, "--beta", "1", "--out", out).exit_code == 0
    page = (out / "index.html").read_text()
    assert "<b>&task" not in page
    assert "&lt;b&gt;&amp;task 0" in page


def test_runs_of_one_seed_are_refused_and_counted_once_if_asked(cli, file, tmp_path):
    again = written(tmp_path / "again.jsonl", rows())
    found = cli("coverage", file, again, "--beta", "0.1")
    assert found.exit_code == 2
    assert "192 draws of 6 tasks" in found.stderr
    assert "--once" in found.stderr
    once = cli("coverage", file, again, "--beta", "0.1", "--once", "--json")
    assert sum(task["draws"] for task in json.loads(once.stdout)["tasks"]) == 192
    fresh = written(tmp_path / "fresh.jsonl", rows("another seed"))
    both = cli("coverage", file, fresh, "--beta", "0.1", "--json")
    assert sum(task["draws"] for task in json.loads(both.stdout)["tasks"]) == 384


def test_a_tempered_law_is_said_first(cli, tmp_path):
    header = {"format": "explore-theory samples", "version": 1, "temperature": 0.7}
    found = cli("coverage", written(tmp_path / "t.jsonl", rows(), header), "--beta", "0.1")
    assert "! The files say that samples were drawn with temperature 0.7." in found.stdout


def test_best_of_n_needs_a_range_and_k_may_be_named(cli, tmp_path):
    records = [row | {"reward": float(row["response"])} for row in rows()]
    path = written(tmp_path / "r.jsonl", records)
    found = cli("coverage", path, "--beta", "0.1", "--r-min", "0", "--r-max", "1", "--k", "1,3", "--json")
    record = json.loads(found.stdout)
    assert [one["N"] for one in record["best_of_n"]] == [1, 3]
    assert record["best_of_n"][0]["value"] < record["best_of_n"][1]["value"]


def test_from_where_on_a_sample_passes_is_said_where_it_is_a_choice(cli, tmp_path):
    records = [row | {"reward": float(row["response"])} for row in rows()]
    path, out = written(tmp_path / "r.jsonl", records), tmp_path / "page"
    found = cli("coverage", path, "--beta", "1", "--r-max", "1", "--pass-from", "0.25", "--out", out)
    assert "pass@k, where a sample passes from reward 0.25 on, the mean" in " ".join(found.stdout.split())
    assert "pass@k, where a sample passes from reward 0.25 on" in (out / "index.html").read_text()


def test_a_folder_of_somebody_else_is_refused_before_files_are_read(cli, file, tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "thesis.tex").write_text("mine")
    found = cli("coverage", file, "--beta", "1", "--out", tmp_path / "theirs")
    assert found.exit_code == 2
    assert found.stdout == ""
    assert found.stderr.count("\n") == 1


def test_passes_of_a_format_are_known_to_be_no_more(cli, tmp_path):
    records = [
        {"task_id": row["prompt"], "completion": row["response"], "passed": bool(row["reward"])}
        for row in rows()
    ]
    path = written(tmp_path / "h.jsonl", records)
    found = cli("coverage", path, "--beta", "0.1", "--r-max", "1", "--json")
    assert json.loads(found.stdout)["range"]["support"] == [0.0, 1.0]
    short = cli("coverage", path, "--beta", "0.1", "--r-max", "0.5")
    assert short.exit_code == 2
    assert "rewards must be at most 0.5, got 1" in short.stderr


def meaning(cli, *arguments):
    return json.loads(cli("coverage", *arguments, "--json").stdout)["meaning"]


def test_what_is_left_out_for_want_of_a_declaration_is_said(cli, file):
    assert meaning(cli, file, "--beta", "0.1")[-1].startswith("Left out: pass@k, which needs")
    assert "best-of-N" in meaning(cli, file, "--beta", "0.1", "--r-max", "1")[-1]
    assert not any("Left out" in said for said in meaning(cli, file, "--beta", "0.1", "--r-values", "0,1"))


def test_what_every_learner_pays_is_said_where_the_theorem_speaks(cli, tmp_path):
    """T21 wants a coverage of two and ``beta/R <= 1/(2 log 2)``, and gives ``e^{R/(2 beta)}`` at most."""
    path = written(tmp_path / "rare.jsonl", rows("rare", tasks=1, n=400, rate=0.02))

    def calls(*arguments):
        said = [line for line in meaning(cli, path, *arguments) if "claim T21" in line]
        return float(said[0].split("needs ")[1].split(" calls")[0]) if said else None

    lo = math.exp(measured(pooled([open_samples(path)]), beta=0.1, known=BINARY).worst[0])
    blind = next(
        line for line in meaning(cli, path, "--beta", "0.1", "--r-values", "0,1") if "none in half" in line
    )
    tries = float(blind.split(": with ")[1].split(" samples")[0])
    assert (1 - 1 / lo) ** tries == pytest.approx(0.5, rel=0.02)
    assert calls("--beta", "0.1", "--r-values", "0,1") == pytest.approx(0.694 * lo, rel=0.01)
    assert calls("--beta", "0.4", "--r-values", "0,1") == pytest.approx(0.694 * math.exp(1.25), rel=0.01)
    assert calls("--beta", "0.8", "--r-values", "0,1") is None
    even = written(tmp_path / "even.jsonl", rows("even", tasks=1, n=400, rate=0.6))
    assert not any("claim T21" in line for line in meaning(cli, even, "--beta", "0.1", "--r-values", "0,1"))


def test_how_many_more_is_said_though_an_easy_task_lacks_the_largest(cli, tmp_path):
    """At a large share of passes the interval is narrow; a task whose interval is narrow asks for nothing."""
    records = rows("some", tasks=1, n=40, rate=0.2)
    records += [row | {"prompt": "near", "reward": 0.99} for row in rows("near", tasks=1, n=2000)]
    path = written(tmp_path / "near.jsonl", records)
    (said,) = [
        line
        for line in meaning(cli, path, "--beta", "0.5", "--r-max", "1", "--r-min", "0")
        if "enough" in line
    ]
    assert "that takes about" in said


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--beta", "0"], "beta must be"),
        (["--beta", "nan"], "beta must be"),
        (["--beta", "1", "--alpha", "2"], "alpha must lie in (0, 1)"),
        (["--beta", "1", "--r-max", "0.5"], "rewards must be at most 0.5, got 1 in task 'task"),
        (["--beta", "1", "--r-values", "0,x"], "numbers parted by commas"),
        (["--beta", "1", "--r-values", "0,1", "--r-max", "1"], "must stand alone"),
        (["--beta", "1", "--k", "1.5"], "whole numbers parted by commas, got '1.5'"),
        (
            ["--beta", "1", "--r-values", "0,1", "--k", "33"],
            "got --k=33, where the task with the most samples has 32",
        ),
        (["--beta", "1", "--k", "0"], "got --k=0"),
        (["--beta", "1", "--pass-from", "nan"], "--pass-from must be finite, got --pass-from=nan"),
        (["--beta", "1", "--r-max", "1", "--pass-from", "70"], "the largest reward that there can be, 1"),
        (["--beta", "1e-300", "--r-max", "1"], "beta must be at least 1e-09 for values up to 1"),
        (["--beta", "1e-300", "--r-values", "0,1"], "beta must be"),
        (["--beta", "1", "--reward", "speed"], "among those of"),
        (["--beta", "1", "--prefer", "filter"], "prefer must be NAME=VALUE"),
        (["--beta", "1", "--r-min", "2", "--r-max", "1"], "--r-min must be at most the largest reward"),
        (["--beta", "1", "--r-max", "nan"], "--r-max must be finite, got --r-max=nan"),
        (["--beta", "1", "--r-values", "1,inf"], "--r-values must hold finite values, got --r-values="),
    ],
)
def test_mistakes_in_the_call_are_one_line(cli, file, more, says):
    found = cli("coverage", file, *more)
    assert found.exit_code == 2
    assert says in found.stderr
    assert found.stderr.count("\n") == 1


def test_files_that_are_none_are_one_line(cli, file, tmp_path):
    (tmp_path / "odd.txt").write_text("hello\n")
    for files, says in (
        ([], "FILE must be given"),
        ([tmp_path / "nothing.jsonl"], "a file that exists"),
        ([tmp_path / "odd.txt"], "odd.txt"),
        ([file, file], "name each file once"),
    ):
        found = cli("coverage", *files, "--beta", "1")
        assert found.exit_code == 2
        assert says in found.stderr
        assert found.stderr.count("\n") == 1


def test_malformed_lines_are_numbered_or_counted(cli, tmp_path):
    path = tmp_path / "bad.jsonl"
    written(path, rows())
    path.write_text(path.read_text() + '{"prompt": "task 0", "response": "?", "reward": "high"}\n')
    found = cli("coverage", path, "--beta", "1")
    assert found.exit_code == 2
    assert "bad.jsonl:193" in found.stderr
    passed_over = cli("coverage", path, "--beta", "1", "--skip-bad")
    assert "1 malformed record was skipped" in passed_over.stdout

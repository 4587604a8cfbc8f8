"""Rows a second, and the memory, of reading a million samples of each format; here and as bytes alone.

Run: ``python benchmarks/samples.py [ROWS]``. Files are made in a temporary folder, each is read to its end by
a process of its own, whose peak of memory is told. ``wc`` is what it takes to count the lines.
"""

import json
import multiprocessing
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from explore_theory.samples.readers import open_samples

#: Responses to a task, and the text of one: as long as a short answer.
REPEATS, TEXT = 100, "Let x be the number of apples. Then x + 3 = 10, and so x is 7. " * 5


def samples(rows: int) -> Iterator[tuple[str, str, int]]:
    for row in range(rows):
        yield f"task {row // REPEATS}", f"{TEXT}{row * 7919 % 10007}", row % 3 == 0


def lines(path: Path, records: Iterator[dict[str, Any]]) -> None:
    with path.open("w") as file:
        file.writelines(json.dumps(one) + "\n" for one in records)


def plain(path: Path, rows: int) -> None:
    lines(path, ({"prompt": t, "response": r, "reward": w, "logprob": -9.5} for t, r, w in samples(rows)))


def human_eval(path: Path, rows: int) -> None:
    lines(
        path, ({"task_id": t, "completion": r, "result": "", "passed": bool(w)} for t, r, w in samples(rows))
    )


def verl(path: Path, rows: int) -> None:
    lines(
        path,
        ({"input": t, "output": r, "gts": "7", "score": float(w), "step": 1} for t, r, w in samples(rows)),
    )


def evalplus(path: Path, rows: int) -> None:
    with path.open("w") as file:
        file.write('{"date": "", "hash": "", "eval": {')
        for task in range(rows // REPEATS):
            status = ["pass" if index % 3 else "fail" for index in range(REPEATS)]
            results = [{"solution": TEXT, "base_status": one, "plus_status": "fail"} for one in status]
            file.write(f'{", " if task else ""}"HumanEval/{task}": {json.dumps(results)}')
        file.write("}}")


def inspect_zip(path: Path, rows: int) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("header.json", json.dumps({"status": "success", "eval": {"task": "t"}}))
        for index, (task, response, won) in enumerate(samples(rows)):
            scores = {"match": {"value": "C" if won else "I"}}
            output = {"choices": [{"message": {"content": response}, "stop_reason": "stop"}]}
            sample = {"id": task, "epoch": index % REPEATS + 1, "output": output, "scores": scores}
            file.writestr(f"samples/{task}_epoch_{index % REPEATS + 1}.json", json.dumps(sample))


def trl(path: Path, rows: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = list(zip(*samples(rows), strict=True))
    fields = {"step": [1] * rows, "prompt": columns[0], "completion": columns[1]}
    rewards = {"right": [float(won) for won in columns[2]], "advantage": [0.0] * rows}
    pq.write_table(pa.table(fields | rewards), path)


MAKERS: tuple[Callable[[Path, int], None], ...] = (plain, human_eval, verl, evalplus, inspect_zip, trl)


def drained(path: Path) -> tuple[int, float, float]:
    """Draws, seconds, and the peak of memory in MB."""
    start = time.perf_counter()
    draws = sum(1 for _ in open_samples(path).draws())
    return draws, time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def counted(path: Path) -> float:
    start = time.perf_counter()
    with path.open("rb") as file:
        sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))
    return time.perf_counter() - start


def main(rows: int) -> None:
    print(f"{'format':>12} {'MB':>6} {'draws':>9} {'seconds':>8} {'draws/s':>9} {'peak MB':>8} {'wc, s':>6}")
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples"
        for make in MAKERS:
            # A zip file has a member for each sample, which no run of a million epochs has.
            maker = spawn.Process(target=make, args=(path, rows // 10 if make is inspect_zip else rows))
            maker.start()
            maker.join()
            with spawn.Pool(1) as pool:
                draws, spent, peak = pool.apply(drained, (path,))
            size = path.stat().st_size / 2**20
            read = f"{draws:>9} {spent:>8.1f} {draws / spent:>9.0f} {peak:>8.0f}"
            print(f"{make.__name__:>12} {size:>6.0f} {read} {counted(path):>6.2f}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10**6)

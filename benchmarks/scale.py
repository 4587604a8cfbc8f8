"""What grows with a sweep, and how: blocks sent, rows stored, claims looked at; and what 10,000 cores need.

Run: ``python benchmarks/scale.py [blocks|rows|commands|claims|dask ...]`` (default: blocks, rows and claims).

* ``blocks``: what a block costs beside its own work, in milliseconds: of wall clock, and of processor time
  of the process that plans, sends and stores, which bounds how many cores it can keep busy.
* ``rows``: a store of so many blocks of one claim (``--rows``): microseconds per block to write (one by one,
  and a hundred in a transaction), to resume, to judge, to check.
* ``commands``: the commands that read such a store, each in a process of its own: processor seconds, and
  peak memory. The claim has a case for every million and a variant: half of a million is held at once.
* ``claims``: folders of so many toy claims (``--claims``): milliseconds of processor per claim to find them,
  to run them here, to see that nothing is left to run, to judge.
* ``dask SELECTOR ...``: two workers of a Dask cluster against ``--jobs 2``, in turn, in one run: the ratio
  of their speeds. Aimed at: .9. The first pair warms both, and is left out.

Growth is the exponent between the first and the last size: 1 is proportional.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from explore_theory.harness.claims.cases import MOST_BLOCKS
from explore_theory.harness.discovery.registry import Registered, discover
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.executors import Executor, Processes, Serial
from explore_theory.harness.running.runner import Options, begin, plan, run
from explore_theory.harness.storage.records import dumps
from explore_theory.harness.storage.schema import COLUMNS, insertion
from explore_theory.harness.storage.store import Store

CORES = 10_000

TOY = """
import numpy as np
from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.measures.measurement import Bound, Measurement

def measure(trial):
    return Measurement.exact(0.5 + 0.4 * np.sin(np.asarray(trial.rows, dtype=np.float64)))

CLAIM = Claim(
    id="Z{number}", slug="z-{number}", theorem="scale", title="t", statement="s", formula="x", relation="<=",
    scope="s", source="s",
    checks=(Check(slug="c", evidence=Evidence.ADVERSARIAL, measure=measure, bound=lambda _: Bound.of(1.0),
                  cases=tuple(Case(slug=f"case-{{k}}", rows={rows}, block=1) for k in range({cases}))),),
    false_variants=(FalseVariant(slug="v", why="w", check="c", bound=lambda _: Bound.of(0.01)),),
    loose="it is there to be counted",
)
"""


def toys(folder: Path, claims: int, rows: int, cases: int = 1) -> Sequence[Registered]:
    """So many claims of so many cases of so many blocks, as files."""
    folder.mkdir()
    for number in range(1, claims + 1):
        (folder / f"z{number}_scale.py").write_text(TOY.format(number=number, rows=rows, cases=cases))
    return discover([str(folder)]).claims


def timed(call: Callable[..., object], *arguments: Any, **options: Any) -> tuple[float, float]:
    """Wall-clock and processor seconds of a call."""
    wall, used = time.perf_counter(), time.process_time()
    call(*arguments, **options)
    return time.perf_counter() - wall, time.process_time() - used


def growth(sizes: Sequence[int], totals: Sequence[float]) -> float:
    """The exponent of totals between the first and the last size."""
    return math.log(totals[-1] / totals[0]) / math.log(sizes[-1] / sizes[0])


def blocks(folder: Path) -> None:
    (claim,) = toys(folder / "toys", 1, 250)
    kinds: dict[str, Callable[[], Executor]] = {
        "here": Serial,
        "one worker": lambda: Processes(1),
        "two workers": lambda: Processes(2),
    }
    try:
        from distributed import LocalCluster
    except ImportError:
        print("dask is not installed here, so its cost is not measured")
        cluster = None
    else:
        from explore_theory.harness.running.cluster import OnDask

        cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
        url = cluster.scheduler_address.replace("tcp://", "dask://")
        kinds["two on Dask"] = lambda: OnDask(url)
    for name, make in kinds.items():
        with Store(folder / f"{name}.sqlite") as store:
            begin([claim], store, Options())
            number = len(plan(claim, store, Options()))
            made = make()
            wall, used = timed(run, [claim], store, executor=made)
        cost = used / number
        print(
            f"{name}: {1e3 * wall / number:.2f} ms a block, {1e3 * cost:.2f} ms of it here;"
            f" {CORES:,} cores need blocks of {CORES * cost:.0f} s"
        )
    if cluster is not None:
        cluster.close()


def filled(path: Path, folder: Path, number: int, cases: int = 0) -> Registered:
    """A store of `number` blocks of one claim, half of its variant: twenty a case are run, and multiplied.

    A case for every million, if it is not said, since a case has so many blocks at most.
    """
    cases = cases or max(number // MOST_BLOCKS, 1)
    rows = number // (2 * cases)
    # Each in a folder of its own: a claim whose file changes before it has run has errors to store.
    (small,) = toys(folder / f"template{number}", 1, 10, cases)
    (large,) = toys(folder / f"s{number}", 1, rows, cases)
    columns = list(COLUMNS["blocks"][:-1])
    columns[0], columns[6:8] = f"'{large.digest}'", ("first + 10 * n", "last + 10 * n")
    values = ", ".join(columns)
    with Store(path) as store:
        run([small], store)
        with store.transaction() as connection:
            (theorem,) = connection.execute("SELECT theorem FROM claims").fetchone()
            space = large.record.get("namespace", "")
            row = (large.digest, space, large.claim.id, theorem, dumps(large.record))
            connection.execute(insertion("claims"), row)
            connection.execute("CREATE TEMP TABLE template AS SELECT * FROM blocks")
            connection.execute(
                "WITH RECURSIVE many(n) AS (VALUES (0) UNION ALL"
                f" SELECT n + 1 FROM many WHERE n + 1 < {rows // 10})"
                f" INSERT INTO blocks SELECT {values}, checksum({values}) FROM template, many"
            )
        if left := len(plan(large, store, Options())):
            raise RuntimeError(
                f"a store of {number:,} blocks must leave nothing to run, got {left:,} blocks left"
            )
    return large


def rows(folder: Path, sizes: Sequence[int]) -> None:
    totals: dict[str, list[float]] = {}
    for number in sizes:
        path = folder / f"{number}.sqlite"
        large = filled(path, folder, number)
        os.sync()  # what was just written is not what is timed
        with Store(path) as store:
            session = begin([large], store, Options())
            (block, outcome), *_ = store.blocks(large.digest, "quick", 0)
            # Of other seeds, since what is stored is not written again.
            new = [(replace(block, reseed=1 + k), outcome) for k in range(200)]
            taken = {
                "write": timed(_one_by_one, store, new[:100], session)[0] / 100 * number,
                "write together": timed(store.put_all, new[100:], session)[0] / 100 * number,
                "resume": timed(plan, large, store, Options())[0],
                "judge": timed(session_results, store, session)[0],
            }
        check = [sys.executable, "-m", "explore_theory", "db", "check", "--store", str(path)]
        taken["check"] = timed(subprocess.run, check, check=True, stdout=subprocess.DEVNULL)[0]
        for name, seconds in taken.items():
            totals.setdefault(name, []).append(seconds)
        words = ", ".join(f"{name} {1e6 * seconds / number:.1f}" for name, seconds in taken.items())
        print(f"{number:,} blocks, {path.stat().st_size / number:.0f} bytes each; microseconds each: {words}")
        path.unlink()
    _grow(sizes, totals)


def _one_by_one(store: Store, found: Sequence[Any], session: Any) -> None:
    for one in found:
        store.put_all([one], session)


def commands(folder: Path, sizes: Sequence[int]) -> None:
    for number in sizes:
        path, place = folder / f"{number}.sqlite", folder / f"s{number}"
        with get_context("spawn").Pool(1) as pool:
            # What this process has held would count as its children's.
            pool.apply(_finished, (path, folder, number))
        for words in (
            ["verify", "Z1", "--claims", str(place)],
            ["show", "Z1", "--claims", str(place)],
            ["report", "--out", str(folder / "report")],
            ["db", "check"],
            ["db", "compact"],
        ):
            call = [sys.executable, "-m", "explore_theory", *words, "--store", str(path)]
            running = subprocess.Popen(call, stdout=subprocess.DEVNULL)
            _, status, used = os.wait4(running.pid, 0)
            running.returncode = os.waitstatus_to_exitcode(status)
            if running.returncode:
                raise RuntimeError(f"{' '.join(words)} must succeed, got exit code {running.returncode}")
            seconds = used.ru_utime + used.ru_stime
            print(
                f"{number:,} blocks, {' '.join(words[:2])}: {seconds:.1f} s of processor,"
                f" {1e6 * seconds / number:.1f} microseconds each, {used.ru_maxrss / 1024:.0f} MB"
            )
        path.unlink()


def _finished(path: Path, folder: Path, number: int) -> None:
    large = filled(path, folder, number)
    with Store(path) as store:
        store.finish(begin([large], store, Options()))


def claims(folder: Path, sizes: Sequence[int]) -> None:
    totals: dict[str, list[float]] = {}
    for number in sizes:
        place = folder / f"c{number}"
        toys(place, number, 1)
        taken = {"find": timed(discover, [str(place)])[1]}
        found = discover([str(place)]).claims
        with Store(":memory:") as store:
            taken["run"] = timed(run, found, store)[1]
            session = store.sessions()[-1]
            taken["resume"] = timed(run, found, store)[1]
            taken["judge"] = timed(session_results, store, session)[1]
        for name, seconds in taken.items():
            totals.setdefault(name, []).append(seconds)
        words = ", ".join(f"{name} {1e3 * seconds / number:.2f}" for name, seconds in taken.items())
        print(f"{number:,} claims; milliseconds of processor each: {words}")
    _grow(sizes, totals)


def _grow(sizes: Sequence[int], totals: dict[str, list[float]]) -> None:
    if len(sizes) > 1:
        print("growth: " + ", ".join(f"{name} {growth(sizes, found):.2f}" for name, found in totals.items()))


def dask(selectors: Sequence[str], pairs: int) -> None:
    from distributed import LocalCluster

    from explore_theory.harness.running.cluster import OnDask

    chosen = discover([], selectors).choose(selectors).claims
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        url = cluster.scheduler_address.replace("tcp://", "dask://")
        found = []
        for _ in range(pairs + 1):
            taken = []
            for make in (lambda: Processes(2), lambda: OnDask(url)):
                with Store(":memory:") as store, closing(make()) as executor:
                    taken.append(timed(run, chosen, store, executor=executor)[0])
            found.append(taken[0] / taken[1])
    kept = found[1:]
    print(
        f"two workers on Dask are {statistics.median(kept):.2f} times as fast as --jobs 2"
        f" ({min(kept):.2f}..{max(kept):.2f}, {pairs} pairs; aim: .9)"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="*", default=["blocks", "rows", "claims"])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--claims", type=int, nargs="+", default=[250, 1_000, 5_000])
    parser.add_argument("--pairs", type=int, default=5)
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores")
    if given.what[0] == "dask":
        dask(given.what[1:], given.pairs)
        return
    calls = {
        "blocks": blocks,
        "rows": lambda f: rows(f, given.rows),
        "commands": lambda f: commands(f, given.rows),
        "claims": lambda f: claims(f, given.claims),
    }
    for name in given.what:
        with tempfile.TemporaryDirectory() as folder:
            calls[name](Path(folder))


if __name__ == "__main__":
    main()

"""The store and the workers at size; prints what is claimed beside what is measured.

Run: ``python benchmarks/store.py [rows|merge|jobs ...]`` (default: all three).

* ``rows``: a store of 1,000,000 blocks, most of them of other seeds; a `verify` with nothing to do. Claimed:
  under 5 s.
* ``merge``: ten shards of 100,000 blocks each, none of them shared, into a new store, and once more.
  Claimed: under 30 s each.
* ``jobs``: a heavy selection with one and with two worker processes, in one run. Claimed: 1.7 times as fast.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from explore_theory.bench.shipped.processes import HEAVY
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.executors import Limits, Processes
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.merging import merge_stores
from explore_theory.harness.storage.schema import COLUMNS
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status


def copies(path: Path, reseeds: range) -> None:
    """Multiply the blocks at reseed 0 of a store, under other reseeds."""
    columns = ("claim", "tier", "n", *COLUMNS["blocks"][3:-1])
    values = ", ".join(columns)
    with Store(path) as store, store.transaction() as connection:
        connection.execute("CREATE TEMP TABLE template AS SELECT * FROM blocks WHERE reseed = 0")
        connection.execute(
            f"WITH RECURSIVE seed(n) AS (VALUES ({reseeds.start}) UNION ALL"
            f" SELECT n + 1 FROM seed WHERE n + 1 < {reseeds.stop})"
            f" INSERT INTO blocks SELECT {values}, checksum({values}) FROM template, seed"
            " ORDER BY claim, tier, n"
        )


def rows(folder: Path) -> None:
    store = folder / "rows.sqlite"
    verify = [sys.executable, "-m", "explore_theory", "verify"]
    call = [*verify, "framework", "--store", str(store)]
    subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
    with Store(store) as opened:
        blocks = opened.counts()["blocks"]
    copies(store, range(1, 1_000_000 // blocks + 1))
    with Store(store) as opened:
        count = opened.counts()["blocks"]
    os.sync()  # the gigabyte just written is not what is timed
    start = time.perf_counter()
    subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    print(f"verify with nothing to do, {count:,} blocks: {seconds:.2f} s (claimed: under 5 s)")


def merge(folder: Path) -> None:
    source = folder / "one.sqlite"
    file = folder / "h1_heavy.py"
    file.write_text(HEAVY.format(loops=1).replace("block=64", "block=1"))
    shards = []
    with Store(source) as store:
        run(discover([str(file)]).claims, store)
        per_seed = store.counts()["blocks"]
    for k in range(10):
        shard = folder / f"shard{k}.sqlite"
        shard.write_bytes(source.read_bytes())
        seeds = 100_000 // per_seed
        copies(shard, range(1 + seeds * k, 1 + seeds * (k + 1)))
        shards.append(shard)
    os.sync()
    start = time.perf_counter()
    counts = merge_stores(folder / "merged.sqlite", shards)
    seconds = time.perf_counter() - start
    print(f"merge of 10 shards, {counts['blocks']:,} blocks: {seconds:.2f} s (claimed: under 30 s)")
    start = time.perf_counter()
    merge_stores(folder / "merged.sqlite", shards)
    print(f"and again, which changes nothing: {time.perf_counter() - start:.2f} s (claimed: under 30 s)")


def jobs(folder: Path) -> None:
    (folder / "heavy").mkdir()
    (folder / "heavy" / "h1_heavy_blocks.py").write_text(HEAVY.format(loops=150))
    claims = discover([str(folder / "heavy")]).claims
    taken = {}
    for workers in (1, 2, 1, 2):
        with Store(":memory:") as store:
            start = time.perf_counter()
            (result,) = session_results(store, run(claims, store, executor=Processes(workers, Limits())))
            assert result.verdict.status is Status.HOLDS, result.verdict.reason
            taken.setdefault(workers, []).append(time.perf_counter() - start)
    one, two = min(taken[1]), min(taken[2])
    print(f"one worker {one:.2f} s, two {two:.2f} s: {one / two:.2f} times as fast (claimed: 1.7)")


def main() -> None:
    chosen = sys.argv[1:] or ["rows", "merge", "jobs"]
    for name in chosen:
        with tempfile.TemporaryDirectory() as folder:
            {"rows": rows, "merge": merge, "jobs": jobs}[name](Path(folder))


if __name__ == "__main__":
    main()

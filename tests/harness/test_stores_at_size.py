"""Stores of many blocks: what is held at once is a case, and the benchmark fills them with results."""

import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from explore_theory.harness.judging.results import latest_results
from explore_theory.harness.judging.upkeep import check
from explore_theory.harness.running.runner import Options, begin, plan
from explore_theory.harness.storage import bulk
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status

ROOT = Path(__file__).parents[2]


@pytest.fixture
def scale(monkeypatch):
    """The benchmark, imported as it imports its neighbours."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import scale

    yield scale
    sys.modules.pop("scale")


def peak(call: Callable[[], object]) -> int:
    """Bytes allocated at once during `call`, at most, once its imports and caches are there."""
    call()
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def peaks(scale, folder: Path, cases: int) -> dict[str, int]:
    """What a resumed run and a check hold at most, of a store with 500 blocks a case and variant."""
    folder.mkdir()
    claim = scale.filled(folder / "store", folder, 1000 * cases, cases)
    with Store(folder / "store") as store:
        store.finish(begin([claim], store, Options()))
        return {
            "plan": peak(lambda: plan(claim, store, Options())),
            "judge": peak(lambda: latest_results(store)),
            "check": peak(lambda: check(folder / "store")),
        }


@pytest.mark.slow
def test_a_claim_of_eight_cases_takes_no_more_memory_than_one_case(scale, tmp_path, monkeypatch):
    # Few enough that they weigh little beside what is held of a case, as it is with many blocks.
    monkeypatch.setattr(bulk, "_TOGETHER", 16)
    one, eight = peaks(scale, tmp_path / "one", 1), peaks(scale, tmp_path / "eight", 8)
    assert {name: bytes < 1.2 * one[name] for name, bytes in eight.items()} == dict.fromkeys(one, True)


def test_rows_are_read_without_holding_them_twice(scale, tmp_path):
    claim = scale.filled(tmp_path / "store", tmp_path, 4000)
    with Store(tmp_path / "store") as store:
        tracemalloc.start()
        try:
            found = store.blocks(claim.digest, "quick", 0)
            held, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert len(found) == 4000
    assert most < 1.1 * held
    assert len({id(block.claim) for block, _ in found}) == 1


def test_the_benchmark_fills_a_store_with_results_that_leave_nothing_to_run(scale, tmp_path):
    claim = scale.filled(tmp_path / "store", tmp_path, 1000)
    with Store(tmp_path / "store") as store:
        outcomes = [outcome.status for _, outcome in store.blocks(claim.digest, "quick", 0)]
        assert outcomes == ["done"] * 1000
        assert plan(claim, store, Options()) == []
        store.finish(begin([claim], store, Options()))
        (found,) = [result for result in latest_results(store) if result.digest == claim.digest]
    assert found.verdict.status is Status.HOLDS

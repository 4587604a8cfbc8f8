"""What waits to be run, and what is looked up for every block, at any number of claims."""

from collections import deque
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from explore_theory.errors import StoreError
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.running.executors import Waiting
from explore_theory.harness.running.runner import Options, begin, plan
from explore_theory.harness.storage.store import Outcome, Store


def batch(folder, *names):
    return [SimpleNamespace(registered=SimpleNamespace(home=Path(folder)), name=name) for name in names]


def names(found):
    return [job.name for job in found]


def test_one_folder_after_another_in_order():
    waiting = Waiting()
    assert not waiting
    waiting.extend([batch("b", 1, 2), batch("a", 3), batch("b", 4)])
    assert waiting.jobs == 4
    assert names(waiting.popleft()) == [1, 2]
    waiting.extend([batch("a", 5), batch("b", 6), batch("c", 7)])
    assert waiting.jobs == 5
    assert [names(waiting.popleft()) for _ in range(3)] == [[4], [6], [3]]
    waiting.extend([batch("b", 8)])
    assert [names(waiting.popleft()) for _ in range(3)] == [[5], [7], [8]]
    assert waiting.jobs == 0
    assert not waiting


def test_what_is_added_costs_nothing_for_what_waits():
    waiting = Waiting()
    waiting.extend([batch("a", k) for k in range(1000)])
    touched = []

    class Told(deque):
        def __iter__(self):
            touched.append(1)
            return super().__iter__()

    waiting._folders = {folder: Told(found) for folder, found in waiting._folders.items()}
    waiting.extend([batch("a", 1000)])
    waiting.popleft()
    assert not touched


def test_a_block_is_stored_without_a_look_at_other_claims(toys):
    for k in range(3):
        toys.add(f"A{k}")
    claims = discover([str(toys.path)]).claims
    with Store(":memory:") as store:
        session = begin(claims, store, Options())
        assert session.places == {claim.digest: k for k, claim in enumerate(claims)}

        class Told(tuple):
            __slots__ = ()

            def __iter__(self):
                raise AssertionError("looked at all claims")

        (job, *_) = plan(claims[1], store, Options())
        told = replace(session, claims=Told(session.claims))
        told.__dict__["places"] = session.places
        store.put(job.block, Outcome(status="error", payload="x", seconds=0.0), told)
        assert store.counts()["blocks"] == 1
        foreign = replace(job.block, claim="of another session")
        with pytest.raises(StoreError, match="FOREIGN KEY"):
            store.put(foreign, Outcome(status="error", payload="x", seconds=0.0), session)

"""A check and its false variants see one world, and measure it once where they measure the same."""

import gc
import json
import weakref
from collections import Counter, deque
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from explore_theory.harness.claims.claim import Assumption, Case, Check, Claim, Evidence, FalseVariant, Trial
from explore_theory.harness.discovery.registry import Registered, discover
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.measures.measurement import Bound, Measurement
from explore_theory.harness.running import executors
from explore_theory.harness.running.executors import Serial, batches
from explore_theory.harness.running.runner import Options, plan, run
from explore_theory.harness.running.sharing import Shared
from explore_theory.harness.running.worker import Job, run_job
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status


class Counting:
    """The functions of a claim, each counted when it is called."""

    def __init__(self, build=None):
        self.calls = Counter()
        self.build = build or (lambda trial: {"draws": trial.streams.uniform(3)})

    def instance(self, trial):
        self.calls["instance"] += 1
        return self.build(trial)

    def other_instance(self, trial):
        self.calls["other instance"] += 1
        return {"draws": 1 + trial.streams.uniform(3)}

    def measure(self, world):
        self.calls["measure"] += 1
        return Measurement.exact(draws(world).max(axis=1))

    def other_measure(self, world):
        self.calls["other measure"] += 1
        return Measurement.exact(2 + draws(world).min(axis=1))

    def holds(self, world):
        self.calls["holds"] += 1
        return draws(world).max(axis=1) < 1

    def bound(self, world):
        self.calls["bound"] += 1
        return Bound.of(1.0)


def draws(world):
    return world.streams.uniform(3) if isinstance(world, Trial) else world["draws"]


def half(_):
    return Bound.of(0.01)


BOUND = FalseVariant(slug="bound", why="a lower bound", check="c", bound=half)
RELATION = FalseVariant(slug="relation", why="the other way", check="c", relation=">=")


def registered(functions, *variants, own_instance=True, rows=6, block=3, measure=None):
    instance = {"instance": functions.instance} if own_instance else {}
    claim = Claim(
        id="A1",
        slug="a",
        theorem="t",
        title="t",
        statement="s",
        formula="x",
        relation="<=",
        scope="s",
        source="s",
        loose="no case is extreme",
        checks=(
            Check(
                slug="c",
                evidence=Evidence.ADVERSARIAL,
                cases=(Case(slug="one", rows=rows, block=block),),
                measure=measure or functions.measure,
                bound=functions.bound,
                assumptions=(Assumption(name="below one", holds=functions.holds),),
                **instance,
            ),
        ),
        false_variants=variants,
    )
    return Registered(claim=claim, path=Path(__file__), digest="d")


def outcomes(given, store=None, executor=None):
    with Store(":memory:") as store:
        session = run([given], store, executor=executor)
        found = {(b.variant, b.first): o.payload for b, o in store.blocks(given.digest, "quick", 0)}
        (result,) = session_results(store, session)
    return found, result


def test_a_variant_of_the_bound_or_the_relation_costs_no_second_run():
    functions = Counting()
    _, result = outcomes(registered(functions, BOUND, RELATION))
    assert result.verdict.status is Status.HOLDS, result.verdict.reason
    assert functions.calls == {"instance": 2, "holds": 2, "measure": 2, "bound": 4}


def test_a_variant_of_the_measure_sees_the_world_of_its_check():
    functions = Counting()
    other = FalseVariant(slug="measure", why="other", check="c", measure=functions.other_measure)
    _, result = outcomes(registered(functions, other, BOUND))
    assert result.verdict.status is Status.HOLDS, result.verdict.reason
    assert functions.calls == {"instance": 2, "holds": 2, "measure": 2, "other measure": 2, "bound": 4}


def test_a_variant_of_the_instance_shares_nothing():
    functions = Counting()
    other = FalseVariant(slug="instance", why="other", check="c", instance=functions.other_instance)
    _, result = outcomes(registered(functions, other))
    assert functions.calls == {"instance": 2, "other instance": 2, "holds": 4, "measure": 4, "bound": 4}
    assert result.variants[0].cases[0].verdict.status is Status.NOT_APPLICABLE, "it draws beyond one"


def test_a_trial_is_drawn_from_anew_and_measured_once():
    functions = Counting()
    other = FalseVariant(slug="measure", why="other", check="c", measure=functions.other_measure)
    given = registered(functions, other, BOUND, own_instance=False)
    found, _ = outcomes(given)
    assert functions.calls == {"holds": 2, "measure": 2, "other measure": 2, "bound": 4}
    assert found == alone(given)


def alone(given):
    """Every block by itself, with nothing shared."""
    with Store(":memory:") as store:
        jobs = plan(given, store, Options())
    return {(job.block.variant, job.block.first): run_job(job).payload for job in jobs}


class Ledger:
    changes_in_use = True


def closure():
    calls = []
    return lambda: calls.append(1) or len(calls)


@pytest.mark.parametrize(
    "moving",
    [
        lambda trial: Ledger(),
        lambda trial: np.random.default_rng(1),
        lambda trial: closure(),
        lambda trial: [1].append,
        lambda trial: Counting().bound,
        lambda trial: SimpleNamespace(inside=[{"deep": Ledger()}]),
    ],
)
def test_a_world_that_lives_by_changing_is_built_for_every_part(moving):
    functions = Counting(lambda trial: {"draws": trial.streams.uniform(3), "moving": moving(trial)})
    given = registered(functions, BOUND)
    found, _ = outcomes(given)
    assert functions.calls == {"instance": 4, "holds": 4, "measure": 4, "bound": 2}
    assert found == alone(given)


def test_a_world_with_streams_is_shared_until_somebody_draws():
    def drawing(world):
        return Measurement.exact(1 + world["streams"].uniform(1)[:, 0])

    def build(trial):
        return {"draws": trial.streams.uniform(3), "streams": trial.streams}

    functions = Counting(build)
    draws_on = FalseVariant(slug="draws-on", why="other", check="c", measure=drawing)
    also = FalseVariant(slug="draws-too", why="other", check="c", measure=partial(drawing))
    given = registered(functions, BOUND, draws_on, also, RELATION, rows=3)
    found, result = outcomes(given)
    assert result.verdict.status is Status.HOLDS, result.verdict.reason
    assert functions.calls["instance"] == 3, "one for all until it is drawn from, then one each"
    assert functions.calls["measure"] == 2
    assert found == alone(given)


def test_results_are_those_of_every_block_alone():
    functions = Counting()
    other = FalseVariant(slug="measure", why="other", check="c", measure=functions.other_measure)
    elsewhere = FalseVariant(slug="instance", why="other", check="c", instance=functions.other_instance)
    given = registered(functions, other, elsewhere, BOUND, RELATION, rows=7)
    assert outcomes(given)[0] == alone(given)


def test_global_streams_start_from_the_rows_whatever_ran_before():
    def disturbed(world):
        return Measurement.exact(np.random.random(size=len(world["draws"])))  # noqa: NPY002

    def drawn(_):
        return Bound.of(1 + np.random.random())  # noqa: NPY002

    functions = Counting(lambda trial: {"draws": np.random.random((len(trial.rows), 3)) / 2})  # noqa: NPY002
    random_bound = FalseVariant(slug="drawn", why="drawn", check="c", bound=drawn)
    given = registered(functions, random_bound, BOUND, measure=disturbed)
    assert outcomes(given)[0] == alone(given)


def test_a_block_that_fails_leaves_no_world_behind():
    def spoils(world):
        world["more"] = 1
        raise ValueError("no")

    functions = Counting()
    spoiling = FalseVariant(slug="spoils", why="w", check="c", measure=spoils)
    given = registered(functions, spoiling, BOUND, rows=3)
    found, _ = outcomes(given)
    assert functions.calls["instance"] == 2
    assert found["bound", 0] == alone(given)["bound", 0]


def test_a_variant_that_changes_its_world_is_told():
    def changes(world):
        world["more"] = 1
        return Bound.of(0.01)

    functions = Counting()
    changing = FalseVariant(slug="changes", why="w", check="c", bound=changes)
    found, result = outcomes(registered(functions, changing, BOUND, rows=3))
    assert "must leave their world as it is" in found["changes", 0]
    assert "must leave" not in found["bound", 0]
    assert result.verdict.status is Status.POWERLESS


WALK = '''
"""C1: a sample that is decided after some of its rows."""
from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.measures.measurement import Bound, Resolution, Tally

def measure(trial):
    return Tally(successes=0, trials=5 * len(trial.rows))

CLAIM = Claim(
    id="C1", slug="walks", theorem="t", title="t", statement="s", formula="x", relation="<=", scope="s",
    source="s", loose="nothing is extreme",
    checks=(Check(slug="walks", evidence=Evidence.STATISTICAL, measure=measure, bound=lambda _: Bound.of(0.6),
                  cases=(Case(slug="one", rows=64, block=1),), independent="made up"),),
    false_variants=(FalseVariant(slug="all", why="w", check="walks", relation=">="),),
)
'''


class Remembering:
    """Keeps the first answer it gave, whatever was asked."""

    def answer(self, question):
        if not hasattr(self, "kept"):
            self.kept = question
        return self.kept


class Slotted(Remembering):
    __slots__ = ("kept",)


@pytest.mark.parametrize("kind", [Remembering, Slotted])
def test_what_an_object_keeps_beside_itself_is_not_for_the_next_part(kind):
    def measure(world):
        return Measurement.exact(world["draws"].max(axis=1) * world["object"].answer(1.0))

    def otherwise(world):
        return Measurement.exact(world["draws"].max(axis=1) + world["object"].answer(2.0))

    functions = Counting(lambda trial: {"draws": trial.streams.uniform(3), "object": kind()})
    other = FalseVariant(slug="measure", why="other", check="c", measure=otherwise)
    given = registered(functions, other, measure=measure)
    found, _ = outcomes(given)
    assert functions.calls["instance"] == 2
    assert found == alone(given)


class Big:
    pass


def test_a_world_is_gone_when_other_rows_begin():
    alive = []

    def build(trial):
        gc.collect()
        assert not any(reference() for reference in alive), "the last one is still there"
        big = Big()
        alive.append(weakref.ref(big))
        return {"draws": trial.streams.uniform(3), "big": big}

    given = registered(Counting(build), BOUND, rows=9)
    _, result = outcomes(given)
    assert result.verdict.status is Status.HOLDS, result.verdict.reason
    assert len(alive) == 3


def test_a_world_that_one_part_needs_is_not_kept():
    alive = []

    def build(trial):
        big = Big()
        alive.append(weakref.ref(big))
        return {"draws": 1 + trial.streams.uniform(3), "big": big}

    functions = Counting()
    other = FalseVariant(slug="instance", why="other", check="c", instance=build)
    given = registered(functions, other, rows=3)
    shared = Shared()
    with Store(":memory:") as store:
        jobs = plan(given, store, Options())
    assert [run_job(job, shared).status for job in jobs] == ["done", "done"]
    gc.collect()
    assert [reference() for reference in alive] == [None]


def test_rows_checks_cases_seeds_and_tiers_share_nothing():
    functions = Counting()
    given = registered(functions, BOUND)
    shared = Shared()
    with Store(":memory:") as store:
        first = plan(given, store, Options())[0]
    for change in ({}, {"reseed": 1}, {"tier": "full"}, {"last": 2}, {"first": 1}):
        before = functions.calls["measure"]
        block = type(first.block)(**{**vars(first.block), **change})
        run_job(Job(registered=given, block=block), shared)
        assert functions.calls["measure"] == before + 1, change


def test_jobs_come_in_batches_of_the_same_rows_statement_first():
    given = registered(Counting(), BOUND, RELATION)
    with Store(":memory:") as store:
        found = batches(deque(plan(given, store, Options())))
    assert [[(job.block.variant, job.block.first) for job in batch] for batch in found] == [
        [("", first), ("bound", first), ("relation", first)] for first in (0, 3)
    ]


def test_one_executor_serves_two_runs():
    functions, serial = Counting(), Serial()
    given = registered(functions, BOUND)
    assert outcomes(given, executor=serial)[0] == outcomes(given, executor=serial)[0]
    assert functions.calls["measure"] == 4


def test_each_assumption_is_its_own():
    functions = Counting()
    given = registered(functions, BOUND, rows=3)
    (check,) = given.claim.checks
    never = Assumption(name="never", holds=lambda world: np.zeros(3, dtype=bool))
    both = replace(check, assumptions=(*check.assumptions, never))
    given = replace(given, claim=replace(given.claim, checks=(both,)))
    found, _ = outcomes(given)
    assert found == alone(given)
    assert json.loads(found["bound", 0])["left_out"]["never"] == 3


def test_who_has_nothing_left_takes_half_of_the_longest_batch():
    waiting = deque([["a", "b"], ["c"]])
    mine, theirs = deque(), deque()
    refreshed = []
    slots = [SimpleNamespace(batch=batch, refresh=lambda: refreshed.append(1)) for batch in (mine, theirs)]
    for slot in slots:
        assert executors._more(slot, waiting, slots)
    assert (list(mine), list(theirs)) == ([("a", 1), ("b", 1)], [("c", 1)])
    mine.extend([("d", 2), ("e", 1), ("f", 1)])
    theirs.clear()
    assert executors._more(slots[1], waiting, slots)
    assert len(refreshed) == 2, "within a batch a worker stays"
    assert (list(mine), list(theirs)) == ([("a", 1), ("b", 1)], [("d", 2), ("e", 1), ("f", 1)])
    idle = SimpleNamespace(batch=deque())
    assert not executors._more(idle, deque(), [idle])


@pytest.mark.parametrize("kind", [Serial, lambda: executors.Processes(2)], ids=["here", "workers"])
def test_a_sample_goes_on_before_the_other_claims_are_done(toys, kind):
    toys.add("A1")
    (toys.path / "c1_walks.py").write_text(WALK)
    executor, order, called = kind(), [], Counter()
    runs = executor.run
    executor.run = lambda jobs: called.update(["run"]) or runs(jobs)
    with Store(":memory:") as store:
        claims = discover([str(toys.path)]).claims
        run(claims, store, executor=executor, progress=lambda block, *_: order.append(block))
        results = session_results(store, store.sessions()[-1])
    assert [result.verdict.status for result in results] == [Status.HOLDS] * 2
    assert called["run"] == 1, "no round in which all claims wait for the last"
    assert len(order) == len(set(order))
    mine = [block for block in order if block.check == "walks" and not block.variant]
    assert sorted((b.first, b.last) for b in mine) == [(0, 1), (1, 2), (2, 3), (3, 4)]


def test_rows_that_a_sample_asks_for_meanwhile_are_counted(toys):
    (toys.path / "c1_walks.py").write_text(WALK)
    told = []
    with Store(":memory:") as store:
        run(
            discover([str(toys.path)]).claims,
            store,
            progress=lambda block, outcome, done, total: told.append((done, total)),
        )
    done, total = told[-1]
    assert done == total == len(told)
    assert all(done <= total for done, total in told)

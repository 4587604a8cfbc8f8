"""The ledger: what is charged, when, and to whom."""

import numpy as np
import pytest

from explore_theory import oracles
from explore_theory.errors import BudgetExceeded, InvalidProblem, OracleFault
from explore_theory.oracles.ledger import KINDS, Ledger, Meter
from explore_theory.problems import HiddenNeedle

EVERYONE = np.ones(3, dtype=bool)


def test_calls_are_counted_by_kind_and_phase():
    meter = Meter(3)
    ledger = Ledger(meter)
    meter.charge("weak", 5, EVERYONE)
    with meter.phase("spanner"):
        meter.charge("strong", 2, np.array([True, False, True]))
        with meter.phase("rewards"):
            meter.charge("reward", 1, EVERYONE)
        meter.charge("weak", 1, EVERYONE)
    meter.charge("prompt", 1, EVERYONE)
    assert ledger.phases == ("main", "spanner", "rewards")
    assert ledger.counts.shape == (3, len(KINDS), 3, 1)
    assert ledger.compute.tolist() == [8, 6, 8]
    assert ledger.data.tolist() == [1, 1, 1]
    assert ledger.total("weak", phase="spanner").tolist() == [1, 1, 1]
    assert ledger.total("weak", "strong", phase="spanner").tolist() == [3, 1, 3]
    assert ledger.total().tolist() == [10, 8, 10]
    with meter.phase("spanner"):
        meter.charge("weak", 1, EVERYONE)
    assert ledger.phases == ("main", "spanner", "rewards")
    assert ledger.total("weak", phase="spanner").tolist() == [2, 2, 2]


def test_a_phase_ends_even_when_its_block_fails():
    meter = Meter(3)
    with pytest.raises(ZeroDivisionError), meter.phase("a"):
        raise ZeroDivisionError
    meter.charge("weak", 1, EVERYONE)
    assert Ledger(meter).total("weak", phase="main").tolist() == [1, 1, 1]


def test_a_row_over_budget_idles_and_is_not_charged():
    meter = Meter(3, {"weak": 5, "reward": 0})
    assert meter.charge("weak", 3, np.array([True, True, False])).tolist() == [True, True, False]
    assert meter.charge("weak", 3, EVERYONE).tolist() == [False, False, True]
    assert meter.active.tolist() == [False, False, True]
    # Idle for good, also for calls it could afford and for other kinds.
    assert meter.charge("weak", 1, EVERYONE).tolist() == [False, False, True]
    assert meter.charge("prompt", 1, EVERYONE).tolist() == [False, False, True]
    ledger = Ledger(meter)
    assert ledger.total("weak").tolist() == [3, 3, 4]
    assert ledger.remaining("weak").tolist() == [2, 2, 1]
    assert ledger.remaining("strong").tolist() == [np.inf] * 3
    assert meter.charge("reward", 1, EVERYONE).tolist() == [False] * 3


@pytest.mark.parametrize(("replicates", "strict"), [(1, False), (1, True), (3, True)])
def test_the_strict_raise_and_charge_nobody(replicates, strict):
    meter = Meter(replicates, {"weak": 5}, strict=strict)
    rows = np.ones(replicates, dtype=bool)
    meter.charge("weak", 4, np.arange(replicates) == 0)
    with pytest.raises(BudgetExceeded, match="weak budget must stay at most 5, got 6 calls in replicate 0"):
        meter.charge("weak", 2, rows)
    assert Ledger(meter).total("weak").tolist() == [4] + [0] * (replicates - 1)


def test_a_budget_can_be_spent_exactly():
    meter = Meter(1, {"weak": 5})
    assert meter.charge("weak", 5, np.array([True])).all()
    assert meter.active.all()


def test_the_charge_comes_before_the_answer():
    """A problem that fails while it answers has been paid for already."""

    class Broken(HiddenNeedle):
        def atoms(self, prompts, named=None):
            raise ZeroDivisionError

        def mean_reward(self, prompts, response):
            raise ZeroDivisionError

    problem = Broken.draw(responses=9, coverage=3, dimension=1, beta=0.5)
    for call, spent in [(lambda o, c: o.draw(c, 7), (7, 0)), (lambda o, c: o.reward(c, 1, 2), (0, 1))]:
        oracle = oracles.open(problem)
        ctx = oracle.prompt()
        with pytest.raises(OracleFault, match=r"got a ZeroDivisionError at test_ledger\.py"):
            call(oracle, ctx)
        assert (oracle.ledger.compute.tolist(), oracle.ledger.data.tolist()) == ([spent[0]], [spent[1]])


def test_a_learner_reads_copies():
    oracle = oracles.open(HiddenNeedle.draw(responses=9, coverage=3, dimension=1, beta=0.5))
    oracle.prompt()
    for values in (oracle.ledger.counts, oracle.ledger.total(), oracle.ledger.remaining("weak")):
        with pytest.raises(ValueError, match="read-only"):
            values[...] = 0
    active = oracle.active
    active[...] = False
    assert oracle.active.all()
    for name in ("counts", "budgets", "other"):
        with pytest.raises(AttributeError):
            setattr(oracle.ledger, name, 0)
    with pytest.raises(TypeError):
        oracle.ledger.budgets["weak"] = 3


def test_the_table_shows_phases_totals_and_budgets():
    oracle = oracles.open(
        HiddenNeedle.draw(responses=9, coverage=3, dimension=1, beta=0.5), replicates=2, budgets={"weak": 8}
    )
    ctx = oracle.prompt()
    with oracle.phase("search"):
        oracle.draw(ctx, 6)
    oracle.draw(ctx, 9, rows=np.array([True, False]))
    assert [line.split() for line in repr(oracle.ledger).splitlines()[1:]] == [
        ["weak", "strong", "token", "reward", "prompt"],
        ["main", "0", "0", "0", "0", "1"],
        ["search", "6", "0", "0", "0", "0"],
        ["total", "6", "0", "0", "0", "1"],
        ["budget", "8", "-", "-", "-", "-"],
        ["T_comp", "=", "6,", "T_data", "=", "0"],
    ]
    assert repr(oracle.ledger).startswith("Ledger of 2 replicates, mean calls per replicate (1 over budget)")
    assert max(map(len, repr(oracle.ledger).splitlines())) <= 80


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda meter: Ledger(meter).total("waek"), "kind must be one of .* did you mean 'weak'"),
        (lambda meter: Ledger(meter).total("weak", phase="x"), "phase must be one of main, got phase='x'"),
        (lambda meter: meter.phase(" ").__enter__(), "phase must be named by a word, got phase=' '"),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(InvalidProblem, match=message):
        call(Meter(1))

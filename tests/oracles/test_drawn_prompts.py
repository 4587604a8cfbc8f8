"""Phases over more prompts than can be listed have the law of the literal run, and of the listed one."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from explore_theory import oracles
from explore_theory.errors import OracleFault
from explore_theory.formulas import Formula
from explore_theory.foundation.compiled import kernel_name
from explore_theory.foundation.streams import Streams
from explore_theory.harness.measures.samples import Question
from explore_theory.oracles import Norm, exact_law
from explore_theory.oracles.phases import drawn
from explore_theory.oracles.plans import Exploration, Ridge, Span
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems import DNF, Bernoulli, TabularProblem
from proofs_checks.exact_law import comparison

#: Tests of law below are wrong this rarely; two samples of `ROWS` have margins below .08.
LEVEL, ROWS, BAND = 1e-6, 8000, 0.085
FORMULA = Formula([[1], [-2], [3], [1]], 3)


class ManyPrompts(TabularProblem):
    """Two prompts that are drawn by the problem itself, which says that there are more."""

    @property
    def facts(self):
        """Too many prompts to list."""
        return replace(super().facts, prompts=4096)

    def draw_prompts(self, streams, active=None):
        """``rho`` is (5/8, 3/8)."""
        return (streams.uniform(1, active)[:, 0] >= 0.625).astype(np.int64)


def tabular():
    """The problem of X5's simulated rounds."""
    return ManyPrompts(
        prompt_mass=np.array([0.625, 0.375]),
        base=np.array([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]]),
        features=np.array(
            [[[1.0, 0.0], [0.0, 0.5], [0.0, 0.0]], [[0.5, 0.5], [0.0, 0.0], [0.5, 0.5]]],
        ),
        reward=np.array([[0.75, 0.25, 0.5], [0.5, 0.25, 0.5]]),
        beta=0.25,
        noise=Bernoulli(),
    )


def dnf():
    """``p0 = 1/16``: one pair in eight is long where any is."""
    return DNF(formula=FORMULA, eta=0.25, assignment=np.array([1, -1, -1]))


@pytest.fixture
def by_blocks(monkeypatch):
    """Every problem that draws its own prompts is played by blocks."""
    monkeypatch.setattr(exact_law, "MOST_TABULATED", 0)


def far(first, second, names):
    """Interval of the distance between the laws of two samples."""
    found = comparison.of_samples(first, second, names).enclosed(
        LEVEL, Question(relation="==", bound=(0.0, 0.0))
    )
    return found.lo, found.hi


SPANNED = ("accepted", "rounds", "calls", "prompts", "data", "active", "sigma 1", "sigma 2", "moment")


def spanned(problem, law, budgets=None, rows=ROWS, name="span"):
    """Six rounds of at most four pairs; in each of the directions of this formula one pair is enough."""
    oracle = oracles.open(problem, law=law, budgets=budgets, streams=Streams((name, law), range(rows)))
    found = oracle.span(Ridge.start(rows, problem.facts.d, 1.0), Span(radius=0.8, rounds=6, per_round=4))
    columns = [
        found.accepted,
        found.rounds,
        oracle.ledger.total("weak"),
        oracle.ledger.total("prompt"),
        oracle.ledger.data,
        oracle.active,
        16 * found.ridge.covariance[:, 0, 0],
        16 * found.ridge.covariance[:, 1, 1],
        16 * found.ridge.moment[:, 0],
    ]
    return comparison.whole(np.column_stack(columns))


BUDGETS = (None, {"weak": 25}, {"prompt": 4}, {"reward": 1})


@pytest.mark.parametrize("budgets", BUDGETS)
def test_a_spanner_phase_by_blocks_is_the_literal_one(budgets, by_blocks):
    lo, hi = far(spanned(dnf(), "literal", budgets, 3000), spanned(dnf(), "exact-law", budgets), SPANNED)
    assert lo == 0
    assert hi < 0.12


@pytest.mark.parametrize("budgets", BUDGETS)
def test_a_spanner_phase_by_blocks_is_the_listed_one(budgets, monkeypatch):
    listed = spanned(dnf(), "exact-law", budgets, name="listed")
    monkeypatch.setattr(exact_law, "MOST_TABULATED", 0)
    lo, hi = far(listed, spanned(dnf(), "exact-law", budgets), SPANNED)
    assert lo == 0
    assert hi < BAND


def test_a_spanner_phase_that_finds_pairs_too_easily_is_seen(by_blocks):
    class Common(DNF):
        @property
        def log_base_star(self):
            return float(np.log(1 / 12))

    more = Common(formula=FORMULA, eta=0.25, assignment=np.array([1, -1, -1]))
    assert far(spanned(dnf(), "exact-law"), spanned(more, "exact-law"), SPANNED)[0] > 0


def test_a_spanner_phase_has_the_enumerated_law(by_blocks):
    """One term, two rounds of two pairs: after a pair is found no other is long."""
    problem = DNF(formula=Formula([[1]], 1), eta=0.25)
    oracle = oracles.open(problem, law="exact-law", streams=Streams(("tiny",), range(ROWS)))
    found = oracle.span(Ridge.start(ROWS, 1, 1.0), Span(radius=0.9, rounds=2, per_round=2))
    outcomes = comparison.whole(np.column_stack([found.accepted, oracle.ledger.compute]))
    p = 2 * Fraction(1, 16) * Fraction(15, 16)
    law = {(0, 8): (1 - p) ** 4}
    for tries in (1, 2):
        hit = p * (1 - p) ** (tries - 1)
        for outcome, mass in (((1, 2 * tries + 4), hit), ((1, 4 + 2 * tries), (1 - p) ** 2 * hit)):
            law[outcome] = law.get(outcome, 0) + mass
    assert sum(law.values()) == 1
    enclosed = comparison.to_law(outcomes, law).enclosed(LEVEL, Question(relation="==", bound=(0.0, 0.0)))
    assert enclosed.lo == 0
    assert enclosed.hi < 0.06


EXPLORED = ("calls", "rounds", "prompts", "clipped", "missed", "sigma", "moment", "theta", "weight", "active")


def explored(law, growth, budgets, rows=ROWS):
    """Five rounds on two prompts, so that estimates of normalisers serve several."""
    problem = tabular()
    oracle = oracles.open(problem, law=law, budgets=budgets, streams=Streams(("explore", law), range(rows)))
    start = Ridge.start(rows, 2, 1.0)
    found = oracle.explore(
        Ridge(covariance=start.covariance, moment=start.moment + np.array([0.5, -0.25])),
        Exploration(
            rounds=5,
            sampler=SoftmaxSampler(ratio=1.25, normaliser=3, tries=3),
            radius=1.0,
            inverse=np.broadcast_to(np.eye(2), (rows, 2, 2)).copy(),
            growth=growth,
            keep=None if growth else np.full((rows, 1), 3, dtype=np.int64),
        ),
    )
    place = min(1, found.thetas.shape[1] - 1)
    theta = np.where(found.weights[:, place] > 0, found.thetas[:, place, 0], 0.0)
    columns = [
        oracle.ledger.total("weak"),
        found.rounds,
        oracle.ledger.total("prompt"),
        found.clipped,
        found.missed,
        16 * found.ridge.covariance[:, 0, 0],
        16 * found.ridge.moment[:, 0],
        1e6 * theta + 0.123,
        found.weights[:, 0],
        oracle.active,
    ]
    return comparison.whole(np.column_stack(columns))


@pytest.mark.parametrize("growth", [None, 1.5])
@pytest.mark.parametrize("budgets", [None, {"weak": 30, "prompt": 4}, {"reward": 3}])
def test_exploration_by_blocks_is_the_literal_one(growth, budgets):
    lo, hi = far(explored("literal", growth, budgets, 3000), explored("exact-law", growth, budgets), EXPLORED)
    assert lo == 0
    assert hi < 0.12


def test_an_estimate_for_every_round_in_place_of_a_kept_one_is_seen(monkeypatch):
    literal = explored("literal", 1.5, None, 3000)
    monkeypatch.setattr(drawn._Known, "meet", _forgetful)
    if kernel_name() == "python":
        # Which checks its indices, and sees this before a law is off.
        with pytest.raises(OracleFault, match="IndexError"):
            explored("exact-law", 1.5, None)
        return
    assert far(literal, explored("exact-law", 1.5, None), EXPLORED)[0] > 0


def _forgetful(self, block):
    """A place of its own for every round."""
    self._place = np.tile(np.arange(block.size), (len(block.prompts), 1))
    self._known = [np.full((block.size, block.atoms), np.nan) for _ in range(len(block.prompts))]


def test_rounds_of_searches_by_blocks_are_the_listed_ones(monkeypatch):
    def found():
        oracle = oracles.open(dnf(), law="exact-law", streams=Streams(("rounds",), range(ROWS)))
        got = oracle.search_rounds(Norm() > 0, 5, 3, pair=True)
        return comparison.whole(
            np.column_stack([got.rounds, got.found.used, got.found.status, got.ctx.prompts])
        )

    listed = found()
    monkeypatch.setattr(exact_law, "MOST_TABULATED", 0)
    lo, hi = far(listed, found(), ("rounds", "used", "status", "prompt"))
    assert lo == 0
    assert hi < BAND


# --- blocks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "ahead"), [(1, 1), (3, 1 << 7), (1 << 10, 1 << 20)])
def test_blocks_of_any_size_and_rows_of_any_number_give_the_same_bits(first, ahead, by_blocks, monkeypatch):
    def numbers(rows):
        streams = Streams(("bits",), rows)
        oracle = oracles.open(dnf(), law="exact-law", budgets={"weak": 4000}, streams=streams)
        spanned_ = oracle.span(Ridge.start(len(rows), 3, 1.0), Span(radius=0.3, rounds=40, per_round=20))
        plan = Exploration(rounds=60, sampler=SoftmaxSampler(ratio=20.0, normaliser=8, tries=30), growth=1.3)
        left = oracle.explore(spanned_.ridge, plan)
        return np.column_stack(
            [left.ridge.covariance[:, 0], left.ridge.moment, left.weights.sum(-1), oracle.ledger.compute]
        )

    before = numbers(range(8))
    monkeypatch.setattr(drawn, "_FIRST", first)
    monkeypatch.setattr(drawn, "_AHEAD", ahead)
    np.testing.assert_array_equal(before, numbers(range(8)))
    np.testing.assert_array_equal(before[3:5], numbers(range(3, 5)))


def test_a_budget_that_runs_out_in_a_phase_by_blocks_says_so(by_blocks):
    from explore_theory.errors import BudgetExceeded

    oracle = oracles.open(dnf(), law="exact-law", replicates=1, budgets={"weak": 9})
    with pytest.raises(BudgetExceeded, match="budgets must pay for the whole phase"):
        oracle.span(Ridge.start(1, 3, 1.0), Span(radius=0.3, rounds=40, per_round=20))
    assert oracle.ledger.compute[0] <= 9

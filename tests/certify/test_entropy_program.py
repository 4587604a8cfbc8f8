import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore_theory.certify import entropy_program as ep
from explore_theory.certify.balls import ball, ends, precision
from explore_theory.certify.entropy_program import EntropyProgram, enclose
from explore_theory.errors import InvalidProblem, NumericalError

#: Declared by the claims that rest on these programs, in units of reward.
WIDEST = 1e-6

EXAMPLE = EntropyProgram(reward=[0.0, 0.5, 1.0], base=[0.5, 0.3, 0.2], beta=0.3)


@st.composite
def programs(draw):
    n = draw(st.integers(2, 8))
    reward = draw(st.lists(st.floats(0, 1), min_size=n, max_size=n))
    depth = draw(st.lists(st.floats(-12, 0), min_size=n, max_size=n))
    base = 10.0 ** np.array(depth)
    beta = 10.0 ** draw(st.floats(-3, 1))
    return EntropyProgram(reward=reward, base=base / base.sum(), beta=beta)


def closed_form(program):
    """``beta log sum_i b_i exp(r_i / beta)`` to within two doubles."""
    with precision(192):
        total = sum(ep.tilted_masses(program), ball(0))
        return ends(ball(program.beta) * total.log())


@given(programs())
@settings(deadline=None, max_examples=60)
def test_the_enclosure_contains_the_closed_form_and_is_narrow(program):
    found, (lo, hi) = enclose(program), closed_form(program)
    assert found.reason == ""
    assert found.lo <= hi
    assert lo <= found.hi
    assert found.hi - found.lo <= WIDEST


@given(programs(), st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1)))
@settings(deadline=None, max_examples=40)
def test_a_fixed_mass_costs_its_binary_divergence(program, mass):
    """Chain rule: the optimum with ``p_0 = mass`` is ``V - beta kl(mass || q)``."""
    needle = np.eye(program.reward.size)[:1]
    found = enclose(replace(program, rows=needle, values=[mass]))
    with precision(256):
        masses = ep.tilted_masses(program)
        total, rest, p = sum(masses, ball(0)), sum(masses[1:], ball(0)), ball(mass)
        kl = sum((a * (a * total / b).log() for a, b in ((p, masses[0]), (1 - p, rest)) if a != 0), ball(0))
        lo, hi = ends(ball(program.beta) * (total.log() - kl))
    assert found.reason == ""
    assert found.lo <= hi
    assert lo <= found.hi
    assert found.hi - found.lo <= WIDEST


@given(programs(), st.floats(-20, 20))
@settings(deadline=None)
def test_any_multiplier_gives_an_upper_bound(program, mu):
    _, hi = ends(ep.dual(program, [mu]))
    assert hi >= closed_form(program)[0]


@given(st.lists(st.floats(0.001, 1), min_size=3, max_size=3), st.floats(-3, 3), st.floats(-3, 3))
@settings(deadline=None)
def test_weak_duality_holds_between_any_policy_and_any_multipliers(weights, first, second):
    """No solver is involved: `values` are what the policy has."""
    policy = [Fraction(w) / sum(map(Fraction, weights)) for w in weights]
    values = [float(policy[0])]
    policy = [Fraction(values[0]), 1 - Fraction(values[0]) - policy[2], policy[2]]
    program = replace(EXAMPLE, rows=[[1.0, 0.0, 0.0]], values=values)
    with precision(128):
        assert ends(ep.objective(program, policy))[0] <= ends(ep.dual(program, [first, second]))[1]


def test_a_wrong_solver_cannot_make_a_wrong_enclosure(monkeypatch):
    lo, hi = closed_form(EXAMPLE)
    guess = ep.Guess(policy=np.array([0.9, 0.3, 0.1]), multipliers=np.array([7.0]))
    monkeypatch.setattr(ep, "solve", lambda _: guess)
    found = enclose(EXAMPLE)
    assert found.lo < lo
    assert hi < found.hi


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (replace(EXAMPLE, rows=[[1.0, 0.0, 0.0]], values=[1.5]), "infeasible"),
        (replace(EXAMPLE, rows=[[1.0, 1.0, 1.0]], values=[2.0]), "infeasible"),
    ],
    ids=["a mass above one", "contradictory rows"],
)
def test_an_infeasible_program_is_never_a_number(program, words):
    found = enclose(program)
    assert (found.lo, found.hi) == (-math.inf, math.inf)
    assert words in found.reason


def test_an_unconverged_program_is_never_a_number(monkeypatch):
    import cvxpy as cp

    solve = cp.Problem.solve
    monkeypatch.setattr(cp.Problem, "solve", lambda self, **options: solve(self, max_iter=2, **options))
    found = enclose(EXAMPLE)
    assert (found.lo, found.hi) == (-math.inf, math.inf)
    assert "solver" in found.reason


def test_multipliers_that_are_not_numbers_are_reported(monkeypatch):
    guess = ep.Guess(policy=np.array([0.2, 0.3, 0.5]), multipliers=np.array([math.nan]))
    monkeypatch.setattr(ep, "solve", lambda _: guess)
    found = enclose(EXAMPLE)
    assert found.hi == math.inf
    assert found.reason == "the dual value is not finite"


def test_the_feasible_point_is_exactly_feasible():
    program = replace(EXAMPLE, rows=[[1.0, 0.25, -2.0]], values=[0.1])
    point = ep.feasible(program, ep.solve(program).policy)
    assert sum(point) == 1
    assert min(point) >= 0
    assert point[0] + point[1] / 4 - 2 * point[2] == Fraction(0.1)


def test_an_answer_does_not_depend_on_the_programs_solved_before():
    others = [replace(EXAMPLE, beta=beta) for beta in (10.0, 1e-3)]
    alone = enclose(EXAMPLE)
    for other in others:
        enclose(other)
        assert enclose(EXAMPLE) == alone


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"base": [0.5, 0.5, 0.0]}, "base must hold positive masses"),
        ({"base": [0.5, 0.5]}, "base must have shape"),
        ({"reward": [0.0, math.nan, 1.0]}, "reward must be finite"),
        ({"beta": 0.0}, "beta must be positive"),
        ({"rows": [[1.0, 0.0]], "values": [0.5]}, "rows must have shape"),
        ({"rows": [[1.0, 0.0, 0.0]], "values": [0.5, 0.5]}, "values must have shape"),
    ],
)
def test_a_bad_program_is_refused(change, words):
    with pytest.raises(InvalidProblem, match=words):
        replace(EXAMPLE, **change)


ONES, FIRST = [1.0, 1.0, 1.0], [1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("rows", "values"),
    [
        ([ONES], [1.0]),
        ([FIRST, FIRST], [0.25, 0.25]),
        ([FIRST, [0.0, 1.0, 1.0]], [0.25, 0.75]),
        ([FIRST, [3.0, 1.0, 1.0], [2.0, 0.0, 0.0]], [0.25, 1.5, 0.5]),
        ([[0.0, 0.0, 0.0], FIRST], [0.0, 0.25]),
    ],
)
def test_equalities_that_follow_from_others_change_nothing(rows, values):
    found = enclose(replace(EXAMPLE, rows=rows, values=values))
    alone = EXAMPLE if rows == [ONES] else replace(EXAMPLE, rows=[FIRST], values=[0.25])
    assert found.reason == ""
    assert found == enclose(alone)


@pytest.mark.parametrize(
    ("rows", "values"), [([FIRST, FIRST], [0.25, 0.5]), ([[0.0, 0.0, 0.0]], [1.0]), ([ONES], [2.0])]
)
def test_equalities_that_contradict_each_other_are_told_without_a_solver(rows, values, monkeypatch):
    monkeypatch.setattr(ep, "solve", lambda _: pytest.fail("no solver is needed"))
    found = enclose(replace(EXAMPLE, rows=rows, values=values))
    assert (found.lo, found.hi) == (-math.inf, math.inf)
    assert found.reason == "infeasible: the equalities contradict each other"


def test_bounds_that_cross_are_not_given(monkeypatch):
    monkeypatch.setattr(ep, "dual", lambda *_: ball(-100))
    with pytest.raises(NumericalError, match="the optimum must lie between its bounds"):
        enclose(EXAMPLE)


def test_the_objective_of_what_is_no_law_is_refused():
    half = Fraction(1, 2)
    for policy in (
        [half, half, half],
        [half, half],
        [half, -half, Fraction(1)],
        [ball(half), ball(half), ball(half)],
        [Fraction(1, 3) - Fraction(1, 10**40), Fraction(1, 3), Fraction(1, 3)],
    ):
        with pytest.raises(InvalidProblem, match="policy must be a law on 3 responses"):
            ep.objective(EXAMPLE, policy)


def test_a_temperature_is_positive():
    for temperature in (0.0, -1.0, math.nan):
        with pytest.raises(InvalidProblem, match="temperature must be positive"):
            ep.tilted_masses(EXAMPLE, temperature=temperature)
    assert [float(m) for m in ep.tilted_masses(EXAMPLE, temperature=math.inf)] == [0.5, 0.3, 0.2]

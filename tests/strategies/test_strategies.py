"""Every strategy makes what it says, reaches its hard corners, and shrinks to what is simple."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from explore_theory import exact, strategies
from explore_theory.errors import InvalidProblem
from explore_theory.policies import Base
from explore_theory.problems import (
    DNF,
    AutoregressiveProblem,
    BlankNeedle,
    DecisionProcess,
    HiddenNeedle,
    SinglePromptDNF,
    TabularProblem,
)
from explore_theory.strategies.numbers import chosen, law_of

FEW = settings(
    max_examples=40, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
SHRINK = settings(
    max_examples=400,
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


def smallest(strategy, condition):
    return find(strategy, condition, settings=SHRINK)


@given(strategies.laws((1, 6), zeros=True))
@FEW
def test_laws_sum_to_one_to_the_last_bits(law):
    assert abs(law.sum() - 1) <= 2**-50
    assert law.min() >= 0
    assert 1 <= law.size <= 6


def test_a_law_of_any_weights_sums_to_one():
    rng = np.random.default_rng(0)
    for _ in range(300):
        weights = 10.0 ** rng.uniform(-12, 0, rng.integers(1, 40))
        assert abs(law_of(weights).sum() - 1) <= 2**-50
    np.testing.assert_array_equal(law_of([0.0, 0.0]), [0.5, 0.5])


def test_tiny_masses_occur_and_shrink_to_one_tiny_mass():
    law = smallest(strategies.laws(), lambda law: law.min() < 1e-11)
    assert law.size == 2
    assert law.min() == pytest.approx(1e-11, rel=1e-9, abs=0)


@given(strategies.rational_laws((2, 4), largest=9))
@FEW
def test_rational_laws_are_fractions_that_sum_to_one(law):
    assert sum(law) == 1
    assert all(type(mass) is Fraction and mass > 0 for mass in law)


@given(strategies.rationals(7))
@FEW
def test_rationals_lie_in_the_unit_interval(number):
    assert 0 <= number <= 1
    assert number.denominator <= 7


@given(strategies.unit_numbers(), strategies.signed_numbers(), strategies.betas(0.01, 2.0))
@FEW
def test_numbers_lie_in_their_ranges(unit, signed, beta):
    assert 0 <= unit <= 1
    assert -1 <= signed <= 1
    assert 0.01 <= beta <= 2.0


@pytest.mark.parametrize(
    ("strategy", "condition", "simple"),
    [
        (strategies.unit_numbers(), lambda x: True, 0.0),
        (strategies.unit_numbers(), lambda x: x > 0.2, 1.0),
        (strategies.unit_numbers(), lambda x: 0.2 < x < 0.7, 0.5),
        (strategies.signed_numbers(), lambda x: x < 0, -1.0),
        (strategies.betas(), lambda x: True, 1.0),
        (strategies.betas(), lambda x: x < 0.3, 0.1),
        (strategies.weights(), lambda x: x < 1e-3, 1e-4),
        (strategies.weights(zeros=True), lambda x: x < 1e-3, 0.0),
        (strategies.decades(-9, 2), lambda x: x < 1, 0.1),
    ],
)
def test_numbers_shrink_to_the_simplest(strategy, condition, simple):
    assert smallest(strategy, condition) == simple


@given(strategies.vectors((2, 4), radius=3.0), strategies.directions((1, 3)))
@FEW
def test_vectors_fit_their_ball_and_directions_have_length_one(vector, direction):
    assert 2 <= vector.size <= 4
    assert np.sqrt((vector**2).sum()) <= 3 * (1 + 1e-15)
    assert 1 <= direction.size <= 3
    assert abs((direction**2).sum() - 1) < 1e-14


def test_a_direction_shrinks_to_the_first_axis():
    np.testing.assert_array_equal(smallest(strategies.directions(3), lambda x: True), [1.0, 0.0, 0.0])


@given(strategies.tabular((2, 5), dimension=(1, 3), prompts=(1, 3), zeros=True, tiny=-9))
@FEW
def test_tabular_problems_have_the_sizes_asked_for(problem):
    prompts, responses, d = problem.features.shape
    assert 1 <= prompts <= 3
    assert 2 <= responses <= 5
    assert 1 <= d <= 3
    assert ((problem.reward >= 0) & (problem.reward <= 1)).all()
    assert math.isfinite(float(exact.gap(problem, Base())[0]))


def test_sizes_that_are_fixed_are_kept():
    problem = smallest(strategies.tabular(4, dimension=3, prompts=2), lambda problem: True)
    assert problem.features.shape == (2, 4, 3)


@given(strategies.tabular(linear=True))
@FEW
def test_linear_rewards_are_declared_to_be(problem):
    assert problem.theta_star is not None
    np.testing.assert_array_equal(problem.reward, (problem.features * problem.theta_star).sum(axis=-1))


@pytest.mark.slow
def test_a_prompt_that_does_not_matter_is_dropped():
    """What is wanted may be seen in the second prompt only: the first one goes."""
    problem = smallest(
        strategies.tabular(prompts=(1, 2)), lambda problem: bool((problem.reward[-1] > 0.9).any())
    )
    assert problem.base.shape == (1, 2)
    assert sorted(problem.reward[0]) == [0.0, 1.0]


def test_later_parts_come_without_the_first_ones():
    seen = set()

    @settings(max_examples=50)
    @given(chosen([st.just("first"), st.just("second")], 1))
    def look(parts):
        seen.add(tuple(parts))

    look()
    assert seen == {("first",), ("second",), ("first", "second")}


def test_zeros_reach_the_edge_of_the_support():
    problem = smallest(strategies.tabular(zeros=True), lambda problem: bool((problem.base == 0).any()))
    assert sorted(problem.base[0]) == [0.0, 1.0]


KINDS = {
    "tabular": (strategies.tabular(prompts=(1, 2), zeros=True), TabularProblem),
    "needles": (strategies.needles(), HiddenNeedle),
    "blank needles": (strategies.blank_needles(), BlankNeedle),
    "DNF": (strategies.dnf_problems(), DNF),
    "single prompt": (strategies.single_prompt_problems(), SinglePromptDNF),
    "tokens": (strategies.autoregressive(), AutoregressiveProblem),
    "trees": (strategies.trees(), AutoregressiveProblem),
    "processes": (strategies.processes(), DecisionProcess),
}


@pytest.mark.parametrize("name", KINDS)
def test_problems_are_of_their_kind(name):
    strategy, kind = KINDS[name]

    @given(strategy)
    @settings(FEW, max_examples=15)
    def valid(problem):
        assert type(problem) is kind

    valid()


def test_needles_of_a_given_coverage_and_dimension():
    needle = smallest(strategies.needles(coverage=7.5, dimension=2), lambda needle: True)
    assert (needle.coverage, needle.dimension, needle.responses, needle.beta) == (7.5, 2, 2, 1.0)


def test_tokens_shrink_to_one_step_of_two_tokens():
    problem = smallest(strategies.autoregressive((1, 3)), lambda problem: problem.reward_range > 0.2)
    assert (problem.horizon, problem.vocabulary, problem.layers[0].states) == (1, 2, 1)
    assert sorted(problem.layers[0].reward[0]) == [0.0, 1.0]


def test_a_process_of_one_stage_leads_nowhere_and_others_move():
    process = smallest(strategies.processes((2, 3)), lambda process: True)
    assert process.horizon == 2
    assert process.stages[0].moves.shape == (1, 2, 1)
    assert process.stages[1].moves is None


@given(strategies.dnf_formulas((2, 5), width=(1, 3), terms=(2, 3)))
@FEW
def test_formulas_have_the_sizes_asked_for(formula):
    assert 2 <= formula.n <= 5
    assert 1 <= formula.k <= 3
    assert 2 <= formula.m <= 3


def test_formulas_of_other_kinds_have_terms_of_other_widths():
    mixed = smallest(strategies.mixed_formulas(4), lambda f: len(set(map(len, f.terms))) > 1)
    assert sorted(map(len, mixed.terms)) == [1, 2]
    both = smallest(strategies.conjunctions(4), lambda f: bool(f.never.any()))
    assert both.m == 1


def test_a_formula_with_a_negated_literal_is_minus_one_alone():
    formula = smallest(strategies.dnf_formulas(), lambda f: bool((f.literals < 0).any()))
    assert (formula.literals.tolist(), formula.n) == ([[-1]], 1)


@given(strategies.tabular(3).flatmap(lambda problem: strategies.tables(problem, zeros=True)))
@FEW
def test_tables_are_laws(policy):
    np.testing.assert_allclose(np.exp(policy.log_probs).sum(axis=-1), 1, rtol=1e-12)


def test_policies_shrink_to_the_base_policy_and_to_uniform_ones():
    problem = smallest(strategies.tabular(2, dimension=2), lambda problem: True)
    np.testing.assert_array_equal(smallest(strategies.softmax_policies(problem), lambda p: True).theta, 0.0)
    table = smallest(strategies.tables(problem), lambda policy: True)
    np.testing.assert_allclose(np.exp(table.log_probs), 0.5)
    mixture = smallest(strategies.mixtures(problem, parts=(1, 3)), lambda m: len(m.policies) > 1)
    np.testing.assert_array_equal(mixture.weights, [0.5, 0.5])


def test_subsets_keep_what_they_must():
    everything = smallest(strategies.subsets(4), lambda inside: True)
    assert everything.tolist() == [True] * 4
    rest = smallest(strategies.subsets(3, keeping=[1]), lambda inside: inside.sum() == 1)
    assert rest.tolist() == [False, True, False]


def test_policies_of_several_steps_have_a_table_per_step():
    problem = smallest(strategies.trees((2, 2)), lambda problem: True)
    tables = smallest(strategies.step_policies(problem), lambda tables: True)
    assert [table.shape for table in tables] == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: strategies.laws((3, 2)), r"outcomes must be at least 3, got outcomes=2"),
        (lambda: strategies.laws((1, 2, 3)), r"outcomes must be a whole number or \(least, most\)"),
        (lambda: strategies.tabular(0), r"responses must be at least 1, got responses=0"),
        (lambda: strategies.tabular(dimension=1.5), r"dimension must be a whole number, got dimension=1.5"),
        (lambda: strategies.betas(2.0, 1.0), r"high must be at least low=2.0, got high=1.0"),
        (lambda: strategies.betas(0.0), r"low must be positive and finite, got low=0.0"),
        (lambda: strategies.decades(0, -1), r"low must lie in \[-300, -1\], got low=0"),
        (lambda: strategies.needles(coverage=1.0), r"coverage must be finite and above 1, got coverage=1.0"),
        (lambda: strategies.dnf_formulas(2, width=3), r"width must be at most the variables \(2\)"),
        (lambda: strategies.subsets(2, keeping=[2]), r"keeping must lie in \[0, 1\], got keeping=2"),
    ],
)
def test_sizes_that_are_none_are_refused(call, message):
    with pytest.raises(InvalidProblem, match=message):
        call()


def test_every_public_name_is_there():
    for name in strategies.__all__:
        assert callable(getattr(strategies, name))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        strategies.nothing  # noqa: B018

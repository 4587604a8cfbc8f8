"""The claims on appendices H, J and N: what they measure by a second route, and counter-examples by hand."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from proofs_checks.proper_policy_hardness import (
    clauses,
    lh2_formula_masses,
    lh3_pinsker,
    lh4_cloning,
    lh6_serial_repetition,
)
from proofs_checks.token_level_improvement import (
    ln1_divergence,
    ln2_density_ratio,
    ln7_anchors,
    tj1_mtss_budget,
)

CLAIMS = tuple(
    module.CLAIM
    for module in (
        lh2_formula_masses,
        lh3_pinsker,
        lh4_cloning,
        lh6_serial_repetition,
        ln1_divergence,
        ln2_density_ratio,
        ln7_anchors,
        tj1_mtss_budget,
    )
)
X, NOT_X, Y = frozenset({1}), frozenset({-1}), frozenset({2})
NEVER = frozenset({1, -1})


def trial(**params):
    return Trial(case=Case(slug="test", params=params), streams=Streams(("test",), range(1)))


FALSE = [(claim, form) for claim in CLAIMS for form in claim.printed if not form.holds]


@pytest.mark.parametrize(("claim", "form"), FALSE, ids=[form.slug for _, form in FALSE])
def test_a_false_form_misses_its_bound_by_a_factor_and_says_where(claim, form):
    world = form.check.instance(trial())
    found, bound = form.check.measure(world), form.check.bound(world)
    relation = form.check.relation or claim.relation
    below, above = float(max(found.hi)), float(min(found.lo))
    off = above / float(max(bound.hi)) if relation == "<=" else float(min(bound.lo)) / below
    assert off >= 2
    assert found.witness(0)


# --- formulas -----------------------------------------------------------------------------------------------


def softmax_mass(features, theta, beta):
    """``sum_i pi_theta(i)`` in floats, from features `[m, n]` of the clauses."""
    q = math.exp(-1 / beta)
    weights = q / len(features) * np.exp(np.asarray(features) @ theta / beta)
    return weights.sum() / (1 - q + weights.sum())


def test_the_mass_of_an_embedding_is_that_of_its_softmax():
    t = Fraction(9, 10)
    beta = 1 / (clauses.STEPS * math.log(10 / 9))
    formula = (frozenset({1, -2}), Y, NEVER)
    features = [[0.5, -0.5], [0, 1], [0, 0]]
    for theta in itertools.product((-1, 0, 1), repeat=2):
        found = clauses.mass(t, clauses.Embedding(formula, t).steps(theta))
        assert float(found) == pytest.approx(softmax_mass(features, np.array(theta), beta))


def test_one_short_clause_by_hand():
    # k = 2: the feature of x is 1/2, so its weight is e^{-1/beta} e^{1/(2 beta)} = 1/10.
    assert softmax_mass([[0.5]], np.ones(1), 1 / math.log(100)) == pytest.approx(10 / 109)
    assert lh2_formula_masses.one_short_clause(trial()).lo[0] == Fraction(10, 109)


def test_both_masses_are_met_by_hand():
    beta, q = 0.5, math.exp(-2)
    # x and not x at x = 1: weights 1/2 and q^2/2.
    low = (1 + q**2) / 2
    assert softmax_mass([[1], [-1]], np.ones(1), beta) == pytest.approx(low / (1 - q + low))
    # y, and y and not x with x at 0, which counts as 1: half is satisfied, the floor is e^{-1/(2 beta)}.
    high = (1 + math.exp(-1)) / 2
    found = softmax_mass([[0, 1], [-0.5, 0.5]], np.array([0, 1]), beta)
    assert found == pytest.approx(high / (1 - q + high))


def test_any_point_of_the_cube_stays_below_the_second_bound():
    rng = np.random.default_rng(5)
    beta, k = 0.6, 2
    for _ in range(500):
        chosen = [clauses.all_clauses(3, k)[j] for j in rng.integers(18, size=4)]
        features = np.zeros((4, 3))
        for row, clause in zip(features, chosen, strict=True):
            for literal in clause:
                row[abs(literal) - 1] = np.sign(literal) / len(clause)
        theta = rng.uniform(-1, 1, size=3)
        share = clauses.count(chosen, np.sign(theta).astype(int)) / 4
        u = share + (1 - share) * math.exp(-1 / (beta * k))
        assert softmax_mass(features, theta, beta) <= u / (1 - math.exp(-1 / beta) + u) * (1 + 1e-12)


def test_clauses_and_their_formulas_are_all_there():
    assert len(clauses.all_clauses(2, 2)) == 8
    assert len(clauses.all_clauses(3, 3, least=0)) == 27
    assert len(list(clauses.all_formulas(clauses.all_clauses(2, 2), 2))) == 8 + 36
    assert clauses.value([X, NOT_X, NEVER], 1) == 1


def test_regret_of_the_base_policy_by_hand():
    (play,) = lh3_pinsker.plays(trial(**{"from": "half"}))
    a, b = 0.501, 0.5
    divergence = a * math.log(a / b) + (1 - a) * math.log((1 - a) / (1 - b))
    found = lh3_pinsker.regrets([play])
    assert float(found.lo[0]) == pytest.approx(divergence, rel=1e-9)
    assert lh3_pinsker.squares([play]).lo[0] == 2 * Fraction(1, 1000) ** 2


def test_the_ratio_of_two_responses_by_hand():
    found = lh4_cloning.two_responses(trial())
    assert float(found.lo[0]) == pytest.approx(2 / (1 + math.exp(4)))
    assert lh4_cloning.last_step(trial()).lo[0] == 2 * (1 + 1) ** 2


def test_repeating_a_formula_by_hand():
    found = list(lh6_serial_repetition.conjunctions((X, NOT_X), 2))
    assert sorted(map(sorted, found)) == [[-1], [-1, 1], [-1, 1], [1]]
    assert clauses.value(found, 1) == 1
    # Clauses that someone satisfies: 2, 1 and 1 assignments, so 4 of them make a value of 2 at least.
    assert lh6_serial_repetition.least_value(trial()).lo[0] == 2


# --- token level --------------------------------------------------------------------------------------------


def test_the_divergence_of_a_fair_coin_by_hand():
    found = ln1_divergence.divergences(ln1_divergence.fair_coin(trial()))
    # log E e^D - E D for D = 0 or 1.
    assert float(found.lo[0]) == pytest.approx(math.log((1 + math.e) / 2) - 0.5)
    printed = ln1_divergence.second_order(ln1_divergence.fair_coin(trial()), lambda _: 1, power=1)
    assert float(printed.lo[0]) == pytest.approx(0.05)


def test_states_are_within_the_hypothesis_and_some_are_truncated():
    found = ln1_divergence.states(trial(states="grid"))
    assert all(s.distance * s.nu**2 <= s.beta**2 for s in found)
    assert any(s.truncated != s.features for s in found)


def test_a_truncated_action_by_hand():
    (state,) = ln2_density_ratio.truncated_action(trial()).states
    normaliser = 0.75 + 0.25 * 0.1
    assert float(state.covered[1]) == pytest.approx(0.1 / normaliser)
    assert state.ratios()[1] == 1
    bound = (0.1 / normaliser) / (1 - 0.25 / normaliser)
    assert float(ln2_density_ratio.printed_limit(state, 1)) == pytest.approx(bound) == 4 / 21


def test_what_uses_the_density_ratio_survives():
    # e^{2c} C/(1 - C P) at c = 1/4, C P = 1/4, against 2 e C.
    assert math.exp(0.5) / (1 - 0.25) < 2.2 < 2 * math.e


def test_anchors_by_hand():
    # One pair that is its own anchor: counted twice in C, its anchor twice more.
    assert ln7_anchors.core(((0, 0),)) == [(0, 0), (0, 0)]
    found = ln7_anchors.sums(trial())
    assert max(left / right for left, right, _ in found if right) == 3


def test_the_budget_of_mtss_by_hand():
    setting = tj1_mtss_budget.Setting(*map(Fraction, (2, 3, "1/2", "1/16", 5)))
    assert setting.prompts == 60
    kappa = 0.75
    rho = min(2 * 0.5 / 16 / (kappa * 2), 0.25 / (4800 * kappa**2 * 4 * 60))
    assert float(tj1_mtss_budget.stated(setting)) == pytest.approx(rho)
    later = 19200 * 2 * 0.25 * 2 * 60 * 2 * (kappa * rho / 4 / 0.25) ** 2
    assert float(tj1_mtss_budget.shares([setting]).lo[0]) == pytest.approx(max(later / rho, 0)) == 0.5


def test_what_is_printed_of_mtss_by_hand():
    assert tj1_mtss_budget.printed_regret()(trial()).lo[0] == Fraction(8, 4)
    assert tj1_mtss_budget.printed_estimate()(trial()).lo[0] == 3200 * 4 * 4 / 16 / 16
    assert list(tj1_mtss_budget.printed_surprise(trial()).lo) == [
        3200 * 16 * 8 * c for c in tj1_mtss_budget.CONSTANTS
    ]
    assert math.e - 2 < tj1_mtss_budget.KAPPA

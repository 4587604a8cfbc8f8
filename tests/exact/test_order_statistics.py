"""The best of several draws: against enumeration, exact fractions, and what is known of its law."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.foundation import laws
from explore_theory.policies import BestOf
from explore_theory.policies.order_statistics import best_of
from explore_theory.problems import HiddenNeedle, TabularProblem


def enumerated(base, score, draws):
    """Every tuple of draws; ties are broken uniformly among the draws."""
    law = np.zeros(len(base))
    for chosen in itertools.product(range(len(base)), repeat=draws):
        best = [y for y in chosen if score[y] == max(score[c] for c in chosen)]
        for y in best:
            law[y] += math.prod(base[c] for c in chosen) / len(best)
    return law


#: Doubles are whole multiples of 2^-1080 in the range that is tried here.
SCALE = 1080


def log_in_integers(base, score, draws):
    """``log((F(s)^N - F(s-)^N) pi(y) / pi(s))`` from whole numbers: nothing is rounded but the log."""
    base = [int(Fraction(mass) * 2**SCALE) for mass in base]
    base[-1] += 2**SCALE - sum(base)
    law = []
    for mass, own in zip(base, score, strict=True):
        tie = sum(m for m, s in zip(base, score, strict=True) if s == own)
        below = sum(m for m, s in zip(base, score, strict=True) if s < own)
        top, bottom = ((below + tie) ** draws - below**draws) * mass, tie << (SCALE * draws)
        # Logs of the whole numbers themselves are large, and their difference would lose digits.
        shift = bottom.bit_length() - top.bit_length()
        # Division of whole numbers rounds once.
        law.append(math.log((top << shift) / bottom) - shift * math.log(2))
    return law


@pytest.mark.parametrize("draws", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "score", [[3, 1, 2, 0, 4], [1, 1, 1, 1, 1], [0, 2, 2, 1, 0], [-1, -1, 5, 5, 5], [0, 0, 0, 0, -7]]
)
def test_it_is_the_law_of_the_best_of_all_tuples(draws, score):
    base = [0.1, 0.25, 0.0, 0.4, 0.25]
    with np.errstate(divide="ignore"):
        law = np.exp(best_of(np.log(base), score, draws))
    np.testing.assert_allclose(law, enumerated(base, score, draws), rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("draws", [1, 2, 17, 200])
@pytest.mark.parametrize("place", range(4))
def test_tiny_masses_keep_their_digits(draws, place):
    """Masses of 1e-300 at the top, the bottom and in between, one of them in a tie with a heavy one."""
    base = [0.5, 1e-300, 1e-200, 1e-16, 3e-300, 0.25, 1e-12]
    base.append(1 - math.fsum(base))
    scores = np.random.default_rng(place).permutation([0, 1, 2, 3, 4, 4, 5, 6])
    law = best_of(np.log(base), scores, draws)
    # A relative error of 1e-15 in F, to the power N; and the rounding of logs that are large.
    np.testing.assert_allclose(
        law, log_in_integers(base, scores.tolist(), draws), rtol=4e-16, atol=2e-15 * draws
    )


def test_the_best_response_of_many_draws_keeps_its_digits():
    base = np.log(np.random.default_rng(0).dirichlet(np.full(20, 0.2)))
    for draws in (10**3, 10**6, 10**9):
        base[-1] = -math.log(3 * draws)
        law = best_of(laws.log_normalise(base), np.arange(20), draws)
        share = math.exp(laws.log_normalise(base)[-1])
        assert law[-1] == pytest.approx(math.log(-math.expm1(draws * math.log1p(-share))), abs=1e-14)


def test_below_the_smallest_double_the_best_is_n_times_as_likely():
    base = np.array([math.log(0.5), math.log(0.5), -2000.0])
    law = best_of(base, [0, 1, 2], 1000)
    assert law[2] == pytest.approx(math.log(1000) - 2000.0, abs=1e-9)
    np.testing.assert_allclose(law[:2], [-1000 * math.log(2), 0], atol=1e-9)


masses = st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=7)


@given(masses, st.lists(st.integers(0, 4), min_size=7, max_size=7), st.integers(1, 50))
def test_it_stays_as_near_the_base_policy_as_is_known(mass, score, draws):
    """``KL <= log N - (N - 1)/N`` (Beirami et al. 2024, Theorem 3.1), and scores only rise with N."""
    base = np.log(np.array(mass) / sum(mass))
    score = score[: len(mass)]
    law = best_of(base, score, draws)
    assert laws.log_sum_exp(law) == pytest.approx(0, abs=1e-12)
    assert laws.kl(law, base) <= math.log(draws) - (draws - 1) / draws + 1e-12
    assert laws.expectation(best_of(base, score, draws + 1), score) >= laws.expectation(law, score) - 1e-12


@given(masses, st.lists(st.floats(-1, 1), min_size=7, max_size=7))
def test_one_draw_is_the_base_policy(mass, score):
    base = np.log(np.array(mass) / sum(mass))
    np.testing.assert_allclose(best_of(base, score[: len(mass)], 1), base, rtol=1e-12, atol=1e-12)


def test_rows_do_not_see_each_other():
    random = np.random.default_rng(0)
    base = np.log(random.dirichlet(np.ones(9), size=(64, 2)))
    score = random.integers(0, 5, size=(64, 2, 9))
    together = best_of(base, score, 12)
    np.testing.assert_array_equal(together[:7], best_of(base[:7], score[:7], 12))
    np.testing.assert_array_equal(together[3], best_of(base[3], score[3], 12))


def test_the_policy_needs_no_enumeration():
    """The needle is one response of 10^18, and is returned if any of the draws is."""
    problem = HiddenNeedle.draw(responses=10**18, coverage=1e6, dimension=3, beta=0.1, worlds=5)
    theta = problem.response_features(np.zeros(5, dtype=np.int64), problem.needles[:, None])[:, 0]
    atoms = problem.atoms(np.zeros((5, 1), dtype=np.int64))
    law = BestOf(theta, 1000).log_law(atoms.without_reward(), 0.1)
    needle = (atoms.features != 0).any(axis=-1) & (atoms.size == 1)
    wanted = math.log(-math.expm1(1000 * math.log1p(-1e-6)))
    np.testing.assert_allclose(law[needle], wanted, rtol=1e-12)


def test_a_policy_has_one_row_per_replicate():
    problem = TabularProblem(
        prompt_mass=[0.5, 0.5],
        base=[[0.2, 0.8], [0.6, 0.4]],
        features=[[[1.0], [0.0]], [[0.0], [1.0]]],
        reward=[[1, 0], [0, 1]],
        beta=1.0,
    )
    atoms = problem.atoms(np.arange(2)[None, :])
    law = np.exp(BestOf(np.array([[1.0], [0.0], [-1.0]]), 2).log_law(atoms, 1.0))
    np.testing.assert_allclose(law[0], [[0.36, 0.64], [0.36, 0.64]], rtol=1e-14)
    np.testing.assert_allclose(law[1], [[0.2, 0.8], [0.6, 0.4]], rtol=1e-14)
    np.testing.assert_allclose(law[2], [[0.04, 0.96], [0.84, 0.16]], rtol=1e-14)

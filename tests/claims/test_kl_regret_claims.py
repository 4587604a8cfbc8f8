"""KR1 to KR3 by a second route: gaps as divergences, counts in another order, learners played out."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from explore_theory.claims import precision
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from proofs_checks.kl_regret import kr1_squared_error as kr1
from proofs_checks.kl_regret import kr2_rewards_of_each as kr2
from proofs_checks.kl_regret import kr3_greedy_play as kr3
from proofs_checks.kl_regret import play
from proofs_checks.kl_regret.play import Arms
from proofs_checks.kl_regret.softmax import Estimate, gaps, laws, tilted

CLOSE = {"rel": 1e-12, "abs": 0}
HALF = Fraction(1, 2)


def trial(**params):
    return Trial(case=Case(slug="test", params=params), streams=Streams(("test",), range(1)))


def law(*masses):
    return tuple(map(Fraction, masses))


def middle(found):
    return [(float(a) + float(b)) / 2 for a, b in zip(found.lo, found.hi, strict=True)]


EACH = Estimate(law("1/2", "3/10", "1/5"), law("1", "3/2", "8"), law("1", "3", "3/2"))


def test_the_gap_is_the_divergence_from_the_optimal_policy():
    best, greedy = tilted(EACH.base, EACH.true), EACH.greedy
    assert sum(best) == sum(greedy) == 1
    kl = sum(float(g) * math.log(g / b) for g, b in zip(greedy, best, strict=True))
    assert middle(gaps((EACH,))) == pytest.approx([kl], rel=1e-12, abs=0)


def test_right_sides_by_hand():
    errors = [0.0, math.log(2), math.log(3 / 16)]
    greedy = [float(m) for m in EACH.greedy]
    squared = sum(m * e * e for m, e in zip(greedy, errors, strict=True))
    weight = 16 / 3
    size = math.log(weight)
    psi = (weight - 1 - size) / size**2
    with precision(128):
        assert kr1.below(EACH) == Fraction(16, 3)
        assert float(kr1.squared_error(EACH)) == pytest.approx(psi * squared, **CLOSE)
        assert float(kr1.squared_range(EACH)) == pytest.approx((math.log(2) + size) ** 2 / 8, **CLOSE)
        assert float(kr1.psi(Fraction(1))) == 0.5


def test_all_estimates_of_a_size_are_there():
    found = kr1.estimates(trial(responses=2, grid=3, values=2))
    # Two laws, four true rewards, four estimates; those that are the truth plus a constant say nothing.
    assert len(found) == 2 * sum(len({g / t for g, t in zip(guess, true, strict=True)}) > 1
                                 for true in itertools.product((1,), kr1.WEIGHTS)
                                 for guess in itertools.product(kr1.WEIGHTS[:2], repeat=2))  # fmt: skip
    some = kr1.optimistic(trial(responses=2, grid=3, values=4))
    assert some
    assert all(kr1.below(each) == 1 for each in some)
    assert len(list(laws(3, 5))) == math.comb(4, 2)


def test_scores_of_the_constants_are_what_is_certified():
    at = {"p": np.array([0.3]), "D/beta": np.array([0.7])}
    gap = math.log(0.7 + 0.3 * math.exp(-0.7)) + 0.3 * 0.7
    assert kr1.HALF.score(at)[0] == pytest.approx(gap / (0.3 * 0.49), **CLOSE)
    assert kr1.EIGHTH.score(at)[0] == pytest.approx(gap / 0.49, **CLOSE)
    one = {"p": 0.3, "D/beta": 0.7}
    assert float(kr1.certified_half(one)) == pytest.approx(gap / (0.3 * 0.49), rel=1e-11, abs=0)
    assert float(kr1.certified_eighth(one)) == pytest.approx(gap / 0.49, rel=1e-11, abs=0)


def test_small_divergences_keep_their_digits():
    p, d = np.array([0.4, 0.9, 1e-5]), np.array([1e-4, 0.049, 0.2])
    for k, found in enumerate(kr1.divergence(p, d)):
        with precision(400):
            exact, *_ = kr1.certified({"p": float(p[k]), "D/beta": float(d[k])})
        assert found == pytest.approx(float(exact), rel=1e-9, abs=0)


# --- rewards of each ----------------------------------------------------------------------------------------


def plain_gap(base, means, guess, beta):
    """``J(pi*) - J(pi^)`` by softmaxes and logarithms."""

    def policy(score):
        weights = [b * math.exp(s / beta) for b, s in zip(base, score, strict=True)]
        return [w / sum(weights) for w in weights]

    def value(pi):
        return sum(m * (r - beta * math.log(m / b)) for m, r, b in zip(pi, means, base, strict=True))

    return value(policy(means)) - value(policy(guess))


@pytest.mark.parametrize("size", [2, 3])
def test_mean_gaps_are_sums_over_every_sequence_of_rewards(size):
    base, means = (law("9/10", "1/10"), law("3/10", "4/5")) if size == 2 else (
        law("1/2", "1/4", "1/4"), law("3/10", "4/5", "1/2")
    )  # fmt: skip
    each = kr2.Setting(base, means, Fraction(2), 2)
    expected = 0.0
    for seen in itertools.product((0, 1), repeat=2 * size):
        rewards = [seen[2 * a : 2 * a + 2] for a in range(size)]
        chance = math.prod(
            float(r) if x else 1 - float(r) for r, pair in zip(means, rewards, strict=True) for x in pair
        )
        guess = [sum(pair) / 2 for pair in rewards]
        expected += chance * plain_gap(list(map(float, base)), list(map(float, means)), guess, 0.5)
    assert middle(kr2.mean_gaps((each,))) == pytest.approx([expected], rel=1e-11, abs=0)


def test_what_is_stated_of_each_by_hand():
    two = kr2.Setting(law("1/2", "1/2"), law("1/2", "1/5"), Fraction(2), 5)
    assert kr2.stated(two) == (Fraction(1, 4) + Fraction(4, 25)) * 2 / 40
    three = kr2.Setting(law("1/3", "1/3", "1/3"), law("1/2", "1/2", "1/2"), Fraction(1), 3)
    assert kr2.stated(three) == Fraction(3, 4) / 12


# --- play ---------------------------------------------------------------------------------------------------


def by_histories(arms, policy, loss, rounds, start):
    """The mean loss after so many rounds, over every history of plays and rewards."""
    r = [float(mean) for mean in arms.means]

    def estimates(seen):
        return [np.array(sum(row) / len(row) if row else 0.5) for row in seen]

    def after(seen, left):
        one, two = estimates(seen)
        if left == 0:
            return float(loss(one, two))
        chance, found = float(policy(one, two)), 0.0
        for arm, played in ((0, chance), (1, 1 - chance)):
            for x in (0, 1):
                later = [row + [x] * (a == arm) for a, row in enumerate(seen)]
                found += played * (r[arm] if x else 1 - r[arm]) * after(later, left - 1)
        return found

    return sum(chance * after(seen, rounds) for chance, seen in start)


ARMS = kr3.arms("3/10 4/5", "9/10", "1/2")


@pytest.mark.parametrize("rounds", [0, 1, 2, 4])
def test_the_law_of_counts_is_that_of_histories(rounds):
    found = play.losses(ARMS, ARMS.greedy, ARMS.gap, rounds, each_once=False)
    expected = by_histories(ARMS, ARMS.greedy, ARMS.gap, rounds, [(1.0, [[], []])])
    assert found[rounds] == pytest.approx(expected, rel=1e-11, abs=0)


def test_a_learner_that_plays_each_once_first_is_that_of_histories():
    def lost(one, two):
        return 0.5 * play.argmax(one, two)

    start = [
        ((0.3 if one else 0.7) * (0.8 if two else 0.2), [[one], [two]])
        for one, two in itertools.product((0, 1), repeat=2)
    ]
    found = play.losses(ARMS, play.argmax, lost, 3, each_once=True)
    for rounds in range(4):
        expected = by_histories(ARMS, play.argmax, lost, rounds, start)
        assert found[rounds] == pytest.approx(expected, rel=1e-12, abs=0)
    assert kr3.never_again(ARMS, 3) == Fraction(3, 10) * Fraction(1, 5) * HALF
    assert found[3] >= 0.3 * 0.2 * 0.5


def test_gaps_of_arms_by_hand():
    one, two = np.array(0.4), np.array(0.9)
    expected = plain_gap([0.9, 0.1], [0.3, 0.8], [0.4, 0.9], 0.5)
    assert expected == pytest.approx(0.0, abs=1e-15)
    expected = plain_gap([0.9, 0.1], [0.3, 0.8], [1.0, 0.5], 0.5)
    assert float(ARMS.gap(np.array(1.0), np.array(0.5))) == pytest.approx(expected, rel=1e-12, abs=0)
    assert float(ARMS.gap(one, two)) == pytest.approx(0.0, abs=1e-15)


def test_regret_sums_the_losses_of_policies_before_their_rounds():
    world = kr3.regrets(trial(T=8))
    problem = kr3.PROBLEMS[1]
    each = kr3.gaps(problem, 8)
    rows = [
        (t, v) for p, t, v in zip(world.problems, world.rounds, world.values, strict=True) if p == problem
    ]
    # The first round plays without any reward seen, the second after one.
    assert rows[0] == (2, pytest.approx(each[0] + each[1], **CLOSE))
    assert rows[-1] == (8, pytest.approx(sum(each[:8]), **CLOSE))


def test_what_is_stated_of_play_by_hand():
    arms = Arms((HALF, HALF), HALF, Fraction(1))
    least = 1 / (1 + math.e)
    with precision(128):
        # H_2 = 3/2, variances 1/4: (1 + 3)/(4 p), twice.
        assert float(kr3.stated(arms, 2)) == pytest.approx(2 / least, **CLOSE)
        assert float(kr3.limit(arms)) == pytest.approx(0.125, **CLOSE)
        best = 0.9 * math.exp(0.6)
        share = best / (best + 0.1 * math.exp(1.6))
        expected = (1 - share) * 0.21 + share * 0.16
        assert float(kr3.limit(ARMS)) == pytest.approx(expected, **CLOSE)
    assert kr3.harmonic(4) == Fraction(25, 12)


def test_masses_of_counts_sum_to_one():
    found = play.losses(
        ARMS, ARMS.greedy, lambda one, two: np.ones(np.broadcast(one, two).shape), 12, each_once=False
    )
    assert found == pytest.approx(np.ones(13), rel=1e-13, abs=0)

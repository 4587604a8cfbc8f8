"""CV1 to CV8 by a second route: small laws by hand, sums over draws and tokens in another order."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from explore_theory.claims import precision
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from proofs_checks.coverage_principle import answers, profiles, tokens
from proofs_checks.coverage_principle import cv1_divergence as cv1
from proofs_checks.coverage_principle import cv2_hellinger as cv2
from proofs_checks.coverage_principle import cv3_decay as cv3
from proofs_checks.coverage_principle import cv4_chain as cv4
from proofs_checks.coverage_principle import cv5_enough_draws as cv5
from proofs_checks.coverage_principle import cv6_needed_draws as cv6
from proofs_checks.coverage_principle import cv7_tokens as cv7
from proofs_checks.coverage_principle import cv8_stopped as cv8
from proofs_checks.coverage_principle.answers import Prompt, Setting

#: A few dozen operations in doubles.
CLOSE = {"rel": 1e-12, "abs": 0}


def trial(**params):
    return Trial(case=Case(slug="test", params=params), streams=Streams(("test",), range(1)))


def law(*masses):
    return tuple(map(Fraction, masses))


FIRST, SECOND = law("1/2", "3/10", "1/5"), law("1/10", "3/10", "3/5")


def middle(found):
    return [(float(a) + float(b)) / 2 for a, b in zip(found.lo, found.hi, strict=True)]


# --- profiles and distances ---------------------------------------------------------------------------------


def test_a_profile_by_hand():
    """Ratios 5, 1 and 1/3."""
    assert profiles.coverage(FIRST, SECOND, Fraction(5)) == Fraction(1, 2)
    assert profiles.coverage(FIRST, SECOND, Fraction(5), strict=True) == 0
    assert profiles.coverage(FIRST, SECOND, Fraction(1)) == Fraction(4, 5)
    assert profiles.coverage(FIRST, SECOND, Fraction(1), strict=True) == Fraction(1, 2)
    assert profiles.coverage(FIRST, SECOND, Fraction(1, 4)) == 1
    # What the second law never says has an infinite ratio, what neither says has no mass.
    assert profiles.coverage(law("1", "0", "0"), law("0", "1", "0"), Fraction(10**9)) == 1


def test_distances_by_hand():
    with precision(128):
        kl = float(profiles.divergence(FIRST, SECOND))
        distance = float(profiles.hellinger(FIRST, SECOND))
        assert profiles.hellinger(FIRST, FIRST) == 0
        assert not profiles.divergence(law("1", "0"), law("0", "1")).is_finite()
    assert kl == pytest.approx(0.5 * math.log(5) + 0.2 * math.log(1 / 3), **CLOSE)
    affinity = math.sqrt(0.05) + 0.3 + math.sqrt(0.12)
    assert distance == pytest.approx(1 - affinity, rel=1e-12, abs=0)


def test_all_laws_of_a_grid_are_there():
    assert len(set(profiles.laws(3, 4))) == math.comb(6, 2)
    assert len(set(profiles.laws(3, 6, 1))) == math.comb(5, 2)
    assert all(sum(each) == 1 for each in profiles.laws(3, 4))
    world = profiles.pairs(trial(responses=2, grid=3, least=1, levels="2 4"))
    assert len(world) == 4 * 2 * 2


def test_what_divergences_allow_by_hand():
    pair = profiles.Pair(FIRST, SECOND, Fraction(4))
    kl = 0.5 * math.log(5) + 0.2 * math.log(1 / 3)
    with precision(128):
        assert float(cv1.stated(pair)) == pytest.approx(kl / (math.log(4) - 0.75), **CLOSE)
        # 2 * 4 / (2 - 1)^2 = 8.
        distance = 1 - math.sqrt(0.05) - 0.3 - math.sqrt(0.12)
        assert float(cv2.stated(pair)) == pytest.approx(8 * distance, rel=1e-11, abs=0)


def test_scores_of_the_constants_are_what_is_certified():
    at = {"log p": np.array([-1.3]), "N": np.array([7.0])}
    one = {"log p": -1.3, "N": 7.0}
    p, n = math.exp(-1.3), 7.0
    kl = p * math.log(n) + (1 - p) * math.log((1 - p) / (1 - p / n))
    assert cv1.needed(at)[0] == pytest.approx(p * (math.log(n) - 1 + 1 / n) / kl, rel=1e-10, abs=0)
    assert float(cv1.certified(one)) == pytest.approx(p * (math.log(n) - 1 + 1 / n) / kl, rel=1e-10, abs=0)
    distance = 1 - p / math.sqrt(n) - math.sqrt((1 - p) * (1 - p / n))
    expected = p * (math.sqrt(n) - 1) ** 2 / (2 * n * distance)
    assert cv2.needed(at)[0] == pytest.approx(expected, rel=1e-10, abs=0)
    assert float(cv2.certified(one)) == pytest.approx(expected, rel=1e-10, abs=0)


# --- decay --------------------------------------------------------------------------------------------------


def test_decay_by_hand():
    """Log-ratios log 5, 0 and log 1/3: Cov_N log N is largest at N = 5."""
    with precision(128):
        logs = [cv3.ball(a / b).log() for a, b in zip(FIRST, SECOND, strict=True)]
        each = cv3.Profile(FIRST, tuple(logs), "")
        c, w = map(float, cv3.extremes(each))
    assert w == pytest.approx(math.log(5), **CLOSE)
    assert c == pytest.approx(math.log(5) / 2, **CLOSE)
    (bound,) = middle(cv3.stated((each,)))
    assert bound == pytest.approx(c * (1 + math.log(2)), **CLOSE)
    (kl,) = middle(cv3.divergences((each,)))
    assert kl == pytest.approx(0.5 * math.log(5) - 0.2 * math.log(3), **CLOSE)


def test_geometric_laws_decay_as_they_say():
    (first, _) = cv3.geometric(trial(step="3/2", steps=4))
    assert sum(first.masses) == 1
    for z in first.logs:
        tail = sum(m for m, other in zip(first.masses, first.logs, strict=True) if not other < z)
        assert float(tail) * float(z) == pytest.approx(0.5, **CLOSE)


def test_the_printed_tail_forgets_its_foot():
    assert middle(cv3.whole_tail(None)) == pytest.approx([math.log(8)], **CLOSE)
    assert middle(cv3.integrated_tail(None)) == pytest.approx([math.log(8) - 1], **CLOSE)


# --- chains -------------------------------------------------------------------------------------------------


def test_the_example_of_section_two_needs_a_strict_inequality():
    (each,) = cv4.tenth(None)
    assert cv4.by_task(each) == 0
    assert cv4.by_task(each, strict=False) == 1
    assert cv4.by_data(each) == Fraction(1, 10)
    assert cv4.stated(each) == 1
    assert cv4.uncovered((each,)).lo[0] == 1


# --- best-of-N ----------------------------------------------------------------------------------------------


def by_draws(p, n):
    """The mean of the best of n draws, summed over all tuples of them."""
    found = Fraction(0)
    for drawn in itertools.product(range(len(p.model)), repeat=n):
        chance = math.prod((p.model[y] for y in drawn), start=Fraction(1))
        found += chance * max(p.rewards[y] for y in drawn)
    return found


@pytest.mark.parametrize("n", [1, 2, 4])
def test_the_best_of_draws_is_a_sum_over_their_tuples(n):
    prompt = Prompt(FIRST, SECOND, law("1/2", "0", "1"))
    assert answers.best(prompt, n) == by_draws(prompt, n)
    assert answers.lost(prompt, n) == Fraction(1, 4) + Fraction(1, 5) - by_draws(prompt, n)


def test_two_prompts_lose_exactly_what_is_stated():
    """A fifth uncovered, the others of mass 1/10, ten draws: 1/5 + 4/5 .9^10 = .479."""
    world = answers.two_prompts(trial(uncovered="1/5", M=10))
    each = next(one for one in world if one.draws == 10)
    assert each.uncovered() == Fraction(1, 5)
    assert each.loss() == Fraction(1, 5) + Fraction(4, 5) * Fraction(9, 10) ** 10
    assert float(cv5.stated(each)) == pytest.approx(0.2 + 0.8 * 0.9**10, **CLOSE)
    # With >=, a response of mass 1/M exactly is uncovered.
    assert each.uncovered(strict=False) == 1


def test_draws_for_an_accuracy():
    # 10 log 10 = 23.03.
    assert cv5.draws(Fraction(10), Fraction(1, 10)) == 24
    assert cv5.draws(Fraction(10), Fraction(1, 10), Fraction(2)) == 47
    assert cv5.draws(Fraction(1), Fraction(1, 2)) == 1
    # (1 - 1/10)^24 is just below a tenth, (1 - 1/10)^12 is far above.
    assert 0.9**24 < 0.1 < 0.9**21 < 0.9**12
    source = answers.two_prompts
    world = cv5.accurate(trial(uncovered="0", M=10), source)
    assert sorted({each.draws for each, _ in world}) == [7, 24, 47]


def test_every_reward_is_hunted():
    """A coin that the task turns up, model mass 1/4, two draws: 1 - (1 - (3/4)^2) = 9/16."""
    found = cv6.hunted(law("1", "0"), law("1/4", "3/4"), 2)
    assert found.loss == Fraction(9, 16)
    # M = 4 = 2N: 1 - 1 + (1 - 1/4)^2, more than the half that is printed.
    assert cv6.stated(found, Fraction(2)) == Fraction(9, 16)
    assert cv6.as_printed(found) == Fraction(1, 2)
    same = cv6.hunted(law("1/2", "1/2"), law("1/2", "1/2"), 1)
    assert same.loss == 0


# --- tokens -------------------------------------------------------------------------------------------------


def test_affinities_of_the_steps():
    assert [each.affinity for each in tokens.STEPS] == [
        Fraction(24, 25),
        Fraction(4, 5),
        Fraction(3, 5),
        Fraction(120, 169),
        1,
    ]
    assert tokens.APART.affinity == 0
    with pytest.raises(ValueError, match="square of rationals"):
        tokens.root(Fraction(1, 2))


def test_responses_of_a_tree_by_hand():
    tree = tokens.Tree(tokens.STEPS[0], (tokens.STEPS[1], tokens.STEPS[3]), 2)
    found = tokens.responses(tree)
    # After the first token the second step has one token that the first model gives.
    assert len(found) == 3
    assert sum(each.first for each in found) == 1
    first = found[0]
    assert first.first == Fraction(9, 25)
    assert first.second == Fraction(16, 25) ** 2
    assert first.affinity == Fraction(24, 25) * Fraction(4, 5)
    assert first.distance == Fraction(1, 25) + Fraction(1, 5)
    with precision(128):
        sums = [float(total) for _, total in tokens.path_divergences(tree)]
    start = 9 / 25 * math.log(9 / 16) + 16 / 25 * math.log(16 / 9)
    assert sums[0] == pytest.approx(start + math.log(25 / 16), **CLOSE)


def test_products_are_binomial_sums_of_trees():
    products = cv7.products(trial(H=3))
    step = tokens.STEPS[0]
    tree = tokens.responses(tokens.Tree(step, (step, step), 3))
    question = next(q for q in products if q.words.startswith(str(step)) and q.level == 2)
    other = cv7.Question(tuple(tree), question.level, question.delta, "")
    for power in (1, 2):
        assert question.covered(power) == other.covered(power)
    assert question.far() == other.far()
    assert question.far_by_distances() == other.far_by_distances()


def test_the_attained_step_by_hand():
    (each,) = cv7.attained(trial(mass="1/2"))
    # sqrt(1/2 * 1/200) = 1/20, level 10.001.
    assert each.delta == Fraction(10001, 20000)
    assert each.covered(2) == Fraction(1, 2)
    assert each.far() == 1
    assert cv7.stated(each) == Fraction(9999, 20000)


def test_a_stopped_divergence_by_hand():
    """Apart after the first token: the sum is infinite, and stopped at log N."""
    tree = tokens.Tree(tokens.STEPS[4], (tokens.APART, tokens.STEPS[4]), 2)
    (each,) = [q for q in cv8.questions([tree]) if q.level == 100]
    with precision(128):
        assert float(each.stopped()) == pytest.approx(math.log(100) / 2, **CLOSE)
        assert float(cv8.rate(Fraction(100))) == pytest.approx(
            1 / math.log(100) + 1 / (math.log(100) - 0.99), **CLOSE
        )
    assert each.covered() == Fraction(1, 2)


def test_the_printed_step_by_hand():
    pair = cv8.one_token(None)
    p, n = 0.01, 20000
    kl = p * math.log(10) + (1 - p) * math.log((1 - p) / (1 - p / 10))
    assert middle(cv8.above_its_logarithm(pair)) == [0.01]
    assert middle(cv8.of_one_token(pair)) == pytest.approx([kl / (math.log(n) - 1 + 1 / n)], **CLOSE)
    assert kl / (math.log(n) - 1) < 0.002


def test_a_setting_averages_over_prompts():
    one, two = Prompt(FIRST, SECOND, law("1", "0", "0")), Prompt(FIRST, FIRST, law("1", "0", "0"))
    both = Setting(((Fraction(1, 4), one), (Fraction(3, 4), two)), 2, Fraction(5))
    assert both.loss() == answers.lost(one, 2) / 4 + 3 * answers.lost(two, 2) / 4
    assert both.uncovered() == 0
    assert both.uncovered(strict=False) == Fraction(1, 8)

"""PK1 to PK4 by a second route: sets of attempts counted one by one, numbers by hand."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from proofs_checks.pass_at_k import attempts
from proofs_checks.pass_at_k import pk1_unbiased as pk1
from proofs_checks.pass_at_k import pk2_plug_in as pk2
from proofs_checks.pass_at_k import pk3_too_few as pk3
from proofs_checks.pass_at_k import pk4_many_tasks as pk4
from proofs_checks.pass_at_k.attempts import Question


def trial(**params):
    return Trial(case=Case(slug="test", params=params), streams=Streams(("test",), range(1)))


@pytest.mark.parametrize(("n", "k"), [(4, 1), (5, 2), (5, 5)])
def test_the_estimate_is_a_share_of_sets(n, k):
    for c, estimate in enumerate(attempts.without_replacement(n, k)):
        sets = list(itertools.combinations(range(n), k))
        assert estimate == Fraction(sum(min(each) < c for each in sets), len(sets))


def test_the_usual_code_in_doubles_is_what_is_tabled():
    """The script that everybody copies, as NumPy runs it."""

    def pass_at_k(n, c, k):
        if n - c < k:
            return 1.0
        return 1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1))

    for n, k in itertools.product(range(1, 7), range(1, 9)):
        table = attempts.guarded(n, k)
        assert [float(g) for g in table] == pytest.approx(
            [pass_at_k(n, c, k) for c in range(n + 1)], abs=1e-15
        )
        if k > n:
            assert set(table) == {1}


def test_means_and_variances_by_hand():
    """Three attempts, k = 2, p = 1/2: estimates 0, 2/3, 1, 1 with chances 1/8, 3/8, 3/8, 1/8."""
    table = attempts.without_replacement(3, 2)
    assert table == [0, Fraction(2, 3), 1, 1]
    half = Fraction(1, 2)
    assert attempts.mean(table, half) == Fraction(3, 4)
    square = Fraction(3, 8) * Fraction(4, 9) + Fraction(1, 2)
    assert attempts.variance(table, half) == square - Fraction(9, 16)
    q = Question(3, 2, half)
    assert pk1.spread(q) == attempts.variance(table, half)
    assert pk1.most(q) == Fraction(2, 3) * Fraction(3, 16)
    assert pk1.least(q) == Fraction(4, 3) * Fraction(1, 16)
    assert pk1.least(q) < pk1.spread(q) < pk1.most(q)


def test_other_estimators_by_hand():
    assert pk1.first_k((0, 0, 1), 2) == 0
    assert pk1.first_k((0, 1, 0), 2) == 1
    assert pk1.blocks((0, 1, 0, 0, 1), 2) == Fraction(1, 2)
    found = {value for q, value in pk1.spreads(trial(n=3)) if (q.k, q.p) == (2, Fraction(1, 2))}
    # Three attempts hold one block of two: both estimators are one run of chance 3/4.
    assert found == {Fraction(3, 16)}


def test_ranks_are_found_by_elimination():
    one, zero = Fraction(1), Fraction(0)
    assert pk1.rank([[one, zero], [zero, one]]) == 2
    assert pk1.rank([[one, one], [one, one]]) == 1
    assert pk1.rank([[zero, one], [zero, one + one]]) == 1
    assert pk1.rank([[zero, one], [one, zero]]) == 2


def test_what_the_plug_in_says_of_one_pass_in_ten():
    plug = attempts.plug_in(10, 10)[1]
    assert float(plug) == pytest.approx(1 - 0.9**10, rel=1e-14, abs=0)
    assert round(float(plug), 2) == 0.65
    assert attempts.without_replacement(10, 10)[1] == 1


def test_the_shortfall_by_hand():
    """k = 2: theta - E = Var(c/n) = p(1 - p)/n."""
    q = Question(5, 2, Fraction(1, 4))
    assert pk2.shortfall(q) == Fraction(3, 80) == pk2.stated(q)
    three = Question(2, 3, Fraction(1, 2))
    # E[(failures/2)^3] = 1/4 + 1/16, less 1/8.
    assert pk2.shortfall(three) == Fraction(3, 16)
    assert pk2.stated(three) == Fraction(3, 8)


def test_all_counts_are_asked():
    assert len(pk2.counts(trial(most=3))) == 1 * 2 + 2 * 3 + 3 * 4
    assert len(pk2.small_counts(trial(most=3))) == 3 * (2 + 3 + 4)


# --- too few attempts ---------------------------------------------------------------------------------------


def test_chebyshevs_polynomials():
    x = np.linspace(0, 1, 7)
    for k in range(6):
        first = np.polynomial.Polynomial([float(a) for a in pk3.chebyshev(k, 1)])(x)
        second = np.polynomial.Polynomial([float(a) for a in pk3.chebyshev(k, 2)])(x)
        angle = np.arccos(2 * x - 1)
        assert first == pytest.approx(np.cos(k * angle), abs=1e-12)
        inner = slice(1, -1)
        assert second[inner] == pytest.approx(
            np.sin((k + 1) * angle[inner]) / np.sin(angle[inner]), abs=1e-11
        )


def test_the_nearest_estimator_from_one_attempt():
    """k = 2, n = 1: bias 1/8 at p = 0, 1/2 and 1; so 1 for no pass is never said."""
    table = pk3.nearest(2)
    assert table == [Fraction(1, 8), Fraction(9, 8)]
    off = pk3.bias(table, 2)
    assert off == [Fraction(1, 8), -1, 1]
    for p in (Fraction(0), Fraction(1, 2), Fraction(1)):
        found = attempts.mean(table, p) - (1 - (1 - p) ** 2)
        q = 1 - p
        assert found == sum(a * q**j for j, a in enumerate(off))
        assert abs(found) == Fraction(2, 4**2)


@pytest.mark.parametrize("k", [2, 3, 5])
def test_no_bias_of_the_nearest_is_larger_anywhere(k):
    table = pk3.nearest(k)
    points = [Fraction(j, 200) for j in range(201)]
    largest = max(abs(attempts.mean(table, p) - (1 - (1 - p) ** k)) for p in points)
    assert largest == Fraction(2, 4**k)


def test_what_cannot_be_avoided_is_found_by_a_linear_program():
    """The least largest bias for n = 2, k = 3, over points of a grid, by scipy."""
    from scipy.optimize import linprog

    points = np.linspace(0, 1, 401)
    rows = [[math.comb(2, c) * p**c * (1 - p) ** (2 - c) for c in range(3)] for p in points]
    theta = 1 - (1 - points) ** 3
    above = np.column_stack([np.array(rows), -np.ones(len(points))])
    below = np.column_stack([-np.array(rows), -np.ones(len(points))])
    found = linprog(
        [0, 0, 0, 1],
        A_ub=np.vstack([above, below]),
        b_ub=np.concatenate([theta, -theta]),
        bounds=(None, None),
    )
    assert found.fun == pytest.approx(2 / 4**3, rel=1e-4, abs=0)
    certificates = pk3.unavoidable(trial(k=3)).lo
    assert 1 - 1e-9 < float(certificates[-1]) <= 1


# --- many tasks ---------------------------------------------------------------------------------------------


def test_pooling_two_tasks_by_hand():
    """One attempt each at a sure and a hopeless task, k = 2: pooled 1, the mean of theta 1/2."""
    each = pk4.Tasks((1, 1), (Fraction(0), Fraction(1)), 2)
    assert pk4.pooled(each) == 1
    assert pk4.by_attempts(each) == Fraction(1, 2) == pk4.by_tasks(each)
    three = pk4.Tasks((1, 3), (Fraction(0), Fraction(1)), 1)
    assert pk4.pooled(three) == Fraction(3, 4) == pk4.by_attempts(three)
    assert pk4.averaged(three) == Fraction(1, 2) == pk4.by_tasks(three)


def test_every_task_has_k_attempts_where_that_is_asked():
    sizes = {"tasks": 2, "most": 3, "grid": 1}
    assert any(min(each.sizes) < each.k for each in pk4.tasks(trial(**sizes)))
    assert all(min(each.sizes) >= each.k for each in pk4.tasks(trial(**sizes), each_has_k=True))


def test_stopping_at_a_pass_by_hand():
    """Two attempts at most, p = 1/2: 1/2 + 1/4 * 1/2 = 5/8."""
    assert pk4.shares(((2, Fraction(1, 2)),)).lo[0] == Fraction(5, 8)
    assert pk4.stated_shares(((2, Fraction(1, 2)),)).lo[0] == Fraction(5, 8)

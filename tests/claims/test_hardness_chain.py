"""LH5, LH6, TH3, TH2, PTc and PT: what they measure on the way from Chan's predicates, by a second route."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from explore_theory.certify.intervals import interval
from explore_theory.certify.jets import Jet
from explore_theory.formulas import Conjunctions, MixedFormula, hadamard_predicate, largest_value, repeated
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from proofs_checks.proper_policy_hardness import (
    constraints,
    equation67,
    gap,
    gap_formulas,
    pt_bookkeeping,
    ptc_papers_chain,
    th2_gap,
    th3_sparse_predicates,
)


def trial(**params):
    return Trial(case=Case(slug="test", params=params), streams=Streams(("test",), range(1)))


@pytest.mark.parametrize("module", [th2_gap, ptc_papers_chain, pt_bookkeeping])
def test_every_reduction_says_that_hardness_is_conditional(module):
    assert "hardness conditional on rETH" in " ".join(module.CLAIM.scope.split())


# --- constraints --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 3, 7])
def test_parities_pick_the_accepted_words(k):
    points = constraints.everything(k)
    assert len({tuple(x) for x in points.tolist()}) == 2**k
    accepted = {tuple(word) for word in hadamard_predicate(k).accepting.tolist()}
    assert constraints.obeys_parities(points).tolist() == [tuple(x) in accepted for x in points.tolist()]


@pytest.mark.parametrize("name", sorted(constraints.FAMILIES))
def test_constraints_are_met_as_their_words_say(name):
    formula = constraints.family(name)
    points = constraints.everything(formula.n)
    assert constraints.met(formula, points).tolist() == [int(formula.satisfied(x).sum()) for x in points]


def test_one_constraint_repeated_by_hand():
    # Four words on three variables; two different ones contradict each other.
    world = constraints.Repetition.of(trial(formula="one", t=2))
    assert world.notes == {"of 3 variables": 4, "contradictory": 12}
    assert constraints.volumes(world).lo[0] == Fraction(4, 8) == constraints.mean_power(world).lo[0]
    assert constraints.repeated_values(world).lo[-1] == 1


def test_near_words_are_met_by_the_words_alone():
    world = constraints.near_words(trial(k=7))
    assert world.terms.tolist() == world.constraints.tolist()
    assert (len(world.terms), int(world.terms.sum())) == (8 * 8, 8)


@pytest.mark.parametrize("name", ["one", "opposed", "repeated", "sharing"])
def test_contradictions_are_counted_term_by_term(name):
    formula = constraints.family(name)
    assert gap_formulas.opposed(formula, 2) == repeated(formula.conjunctions(), 2).never.sum()
    assert gap_formulas.opposed(formula, 1) == formula.conjunctions().never.sum()


def test_contradictory_clauses_are_written_away():
    terms = Conjunctions.of([[1, -1], [1, 2], [-3]], 3, contradictory=True)
    made = gap_formulas.padded(terms)
    assert isinstance(made, MixedFormula), "distinct variables in every clause"
    assert made.m == 3 * 8
    for x in itertools.product((1, -1), repeat=3):
        assert made.value(x) == terms.value(x) + Fraction(1, 3 * 8)


def test_padded_shares_are_those_of_the_first_and_the_last_n():
    made = gap.Gap(c=Fraction(2), k0=11, r=4)
    found, expected = gap.padded_shares(made).lo, []
    for t in made.runs(1):
        for n in (made.first(t), made.last(t)):
            width = math.floor(math.log2(n) * 11 / 4)
            expected.append(n**2 * (made.no**t + Fraction(1, 2**width)))
    assert list(found) == expected
    assert len(expected) == 2 * gap.STEPS


@pytest.mark.parametrize(
    "case", [c for check in th3_sparse_predicates.CLAIM.checks for c in check.cases if "n" in c.params]
)
def test_constraints_on_a_circle_name_distinct_variables_and_differ(case):
    made = th3_sparse_predicates.formula(Trial(case=case, streams=Streams(("test",), range(1))))
    assert made.m == case.params["m"]
    assert all(len(set(row)) == case.params["k"] for row in made.variables.tolist())
    written = [tuple(row) for row in (made.variables * made.signs).tolist()]
    assert len(set(written)) == made.m


def test_predicates_of_one_argument_are_all_there():
    world = constraints.all_predicates(trial(k=1, n=1))
    assert len(world.terms) == len(world.constraints)
    assert world.terms.tolist() == world.constraints.tolist()


def test_every_code_of_ten_arguments_is_listed():
    assert len(th3_sparse_predicates.LARGER) == len(set(th3_sparse_predicates.LARGER))
    expected = {(k, r) for k in range(1, 11) for r in range(1, 11) if r <= k < 2**r}
    assert set(th3_sparse_predicates.LARGER) == expected


# --- the gap ------------------------------------------------------------------------------------------------

CODES = [(Fraction(3, 2), 7, 3), (Fraction(2), 11, 4), (Fraction(4), 31, 5), (Fraction(5, 2), 15, 5)]


@pytest.mark.parametrize(("c", "k0", "r"), CODES)
def test_shares_are_those_of_terms(c, k0, r):
    found = gap.Gap(c=c, k0=k0, r=r)
    eps = 2.0 ** (r - k0)
    # 2^r terms for a constraint, of which 1 - eps or 2^r/2^k0 + eps can hold.
    assert float(found.yes) == pytest.approx((1 - eps) / 2**r)
    assert float(found.no) == pytest.approx((2.0**r / 2**k0 + eps) / 2**r)
    assert found.no <= float(found.yes) ** ((k0 - 2) / r)


def test_a_gap_is_hadamards_where_four_words_of_three_are_accepted():
    predicate = hadamard_predicate(7)
    assert gap.Gap(c=Fraction(1), k0=7, r=3).words == predicate.size
    assert gap.Gap(c=Fraction(1), k0=7, r=3).no == 2 * predicate.share() / predicate.size


@pytest.mark.parametrize(("c", "k0", "r"), CODES)
def test_repetitions_change_where_they_should(c, k0, r):
    found = gap.Gap(c=c, k0=k0, r=r)
    for t in (1, 2, 5, 20):
        first, last = found.first(t), found.last(t)
        assert [found.repetitions(n) for n in (first - 1, first, last, last + 1)] == [t - 1, t, t, t + 1]
        middle = (first + last) // 2
        assert found.repetitions(middle) == math.floor(math.log(middle) / -math.log(found.yes))


def test_the_least_number_of_repetitions_by_hand():
    # c' = 9/4 and c = 2: t/4 >= 2, and t/4 >= 3.
    found = gap.Gap(c=Fraction(2), k0=11, r=4)
    assert (found.least_t(), found.least_t(1)) == (8, 12)
    assert list(found.runs()) == [8, 9, 10, 11, 12, 13]


@pytest.mark.parametrize(("c", "k0", "r"), CODES)
def test_the_gap_is_there_at_both_ends(c, k0, r):
    found = gap.Gap(c=c, k0=k0, r=r)
    for t in found.runs():
        for n in (found.first(t), found.last(t)):
            logs = [math.log(n), t * math.log(found.yes), t * math.log(found.no)]
            assert logs[1] >= -logs[0] * (1 + 1e-12)
            assert logs[2] <= -float(c) * logs[0]
            assert k0 * t <= k0 / r * math.log2(n) + 1e-9


def test_the_padding_is_as_wide_as_the_longest_clause_allowed():
    for n in (2, 3, 7, 8, 9, 1000, 1024, 3**40):
        for times in (Fraction(1), Fraction(5, 2), Fraction(31, 5)):
            assert gap.floor_log2(n, times) == math.floor(float(times) * math.log2(n) + 1e-12)


def test_every_code_is_within_reach():
    found = [(each.k0, each.r) for each in gap.codes()]
    assert {(5, 3), (7, 3), (56, 12)} <= set(found)
    assert all(r + 2 <= k0 < 2**r for k0, r in found)
    assert not any(r == 2 for _, r in found), "k0 = 4 asks for three dimensions"


def test_a_formula_of_short_clauses_always_has_some_value():
    for formula in gap_formulas.small_formulas(trial(n=2, k=2, m=2)):
        terms = Conjunctions.of([sorted(clause, key=abs) for clause in formula], 2)
        assert largest_value(terms).value >= Fraction(1, 4)


# --- (67) ---------------------------------------------------------------------------------------------------


def sides(c, k0, constant):
    eps0 = 2.0 ** (-constant * c * c)
    return 2.0**-k0 + eps0, ((1 - eps0) / (2 * k0)) ** (2 * c)


@pytest.mark.parametrize(("c", "k0"), [(Fraction(1), 9), (Fraction(3, 2), 22), (Fraction(2), 39)])
def test_the_ratio_is_that_of_the_two_sides(c, k0):
    left, right = sides(float(c), k0, 9.83)
    found = equation67.log_ratio(k0, equation67.ENOUGH)([Jet(interval(c))]).value
    assert found.floats() == pytest.approx([math.log(left / right)] * 2)


def test_the_constant_is_enough_and_no_smaller_one():
    for c in np.arange(1, 5, 0.003):
        assert any(a <= b for a, b in (sides(c, k0, 9.83) for k0 in range(1, int(9.83 * c * c) + 1)))
    assert not any(a <= b for a, b in (sides(1.009, k0, 9.82) for k0 in range(1, 10)))
    # Not even a k0 that is not allowed by much: 10 would do.
    assert sides(1.009, 10, 9.82)[0] < sides(1.009, 10, 9.82)[1]


def test_pieces_leave_no_gap_and_allow_their_k0():
    found = list(equation67.pieces())
    assert found[0][1] == 1
    assert found[-1][2] == equation67.FAR**2
    for (_, _, most), (_, least, _) in itertools.pairwise(found):
        assert most == least
    for k0, least, most in found:
        assert k0 <= equation67.ENOUGH * least
        assert least <= most


# --- exponents ----------------------------------------------------------------------------------------------

SIZES = {"C": 2, "K": 8, "M": 3}


def logs(kind, L):
    """``log`` of `T`, of ``1/`` the share where NO is said and of the runtime, in floats."""
    C, K, M = SIZES["C"], SIZES["K"], SIZES["M"]
    k, log_m = K * L / math.log(2), M * L * L
    beta = 1 / (k**2 * (math.log(16) + L))
    least = 1 / beta + log_m
    log_eps = -2 * L - math.log(16) + math.log(beta)
    log_eps -= {
        "proper": 0,
        "cloned-here": 2 * math.log(1 / beta + least + math.log(2)),
        "cloned-as-printed": L / 2 + math.log(least),
        "cloned-as-mended": 2 * (L / 2 + math.log(1 / beta + least * math.exp(-L / 2))),
        "two-worlds": -L - math.log(16) - math.log(9 / 20),
    }[kind]
    queries = C * (L - math.log(beta) - log_eps)
    lost = math.log(5 / 2) if kind == "two-worlds" else math.log(16) + L
    return queries, queries + lost, C * (L + 1 / beta + log_m - log_eps)


@pytest.mark.parametrize("kind", ptc_papers_chain.KINDS)
def test_quantities_of_the_chain_are_what_they_say(kind):
    C, K, M, _, L = ptc_papers_chain.symbols()
    for size in (3, 40, 400):
        values = {C: SIZES["C"], K: SIZES["K"], M: SIZES["M"], L: size}
        found = ptc_papers_chain.logarithms(kind)
        made = [float(found[name].subs(values).evalf()) for name in ("T", "threshold", "time")]
        assert made == pytest.approx(list(logs(kind, size)), rel=1e-9)


@pytest.mark.parametrize("kind", ptc_papers_chain.KINDS)
def test_exponents_are_near_at_a_very_large_n(kind):
    C = ptc_papers_chain.symbols()[0]
    L = 1e6
    expected = float(ptc_papers_chain.stated(kind).subs(C, SIZES["C"]))
    queries, threshold, time = logs(kind, L)
    assert threshold / L == pytest.approx(expected, rel=1e-3)
    assert queries / L <= expected * (1 + 1e-3)
    assert math.log(time) / math.log(L) == pytest.approx(3, abs=0.5)


@pytest.mark.parametrize(
    ("degree", "c", "K", "start"), [(1, 5, 6, 35.81), (1, 4.5, 5, 79.57), (2, 8, 9, 81.83)]
)
def test_the_first_row_is_true_from_there_on(degree, c, K, start):
    def needed(x):
        k = K * x / math.log(2) + 1
        beta = 1 / (k * k * (x + math.log(16)))
        queries = degree * (x - math.log(beta) - math.log(math.exp(-2 * x) * beta / 16))
        return math.log(16) + queries + x

    assert needed(start) <= c * start
    assert needed(start - 0.02) > c * (start - 0.02)
    assert c < K
    params = {"C": degree, "c": c, "K": K, "from log n": start}
    found = ptc_papers_chain.explicit(trial(**params)).hi[0]
    assert found == pytest.approx(needed(start) / (c * start), rel=1e-6)


def test_a_lost_factor_matters_at_c1_one_half():
    # T = d^{3/2} up to logarithms, NO below m/(16 d T), and d^{4 c1} = d^2.
    found = ptc_papers_chain.printed_exponent(trial())
    assert (found.lo[0], ptc_papers_chain.CLAIM.printed[0].holds) == (Fraction(5, 2), False)


def test_free_bits_are_two_for_each_root():
    for half in range(1, 50):
        k0 = half * half + 2 * half
        c0, s0 = Fraction(1, 2 ** (2 * half + 1)), Fraction(1, 2**k0)
        assert float(c0) >= 2.0 ** (-2 * math.sqrt(k0))
        assert s0 == Fraction(1, 2 ** (half * half)) / 2 ** (2 * half)

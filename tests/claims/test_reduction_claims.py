"""LH1: games by a second route, formulas of known value, the coupling of the two worlds in real runs."""

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from explore_theory import oracles
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Evidence
from explore_theory.harness.claims.claim import Case, Trial
from explore_theory.harness.verdicts.summary import summarise
from explore_theory.harness.verdicts.verdict import Status, combine, decide, moved
from explore_theory.problems import SinglePromptDNF
from proofs_checks.proper_policy_hardness import reduction_games as games
from proofs_checks.proper_policy_hardness import reduction_measures as measures
from proofs_checks.proper_policy_hardness import reduction_printed as printed
from proofs_checks.proper_policy_hardness import reduction_runs as runs
from proofs_checks.proper_policy_hardness.lh1_reduction import CLAIM

PROVED = [c.slug for c in CLAIM.checks if c.evidence is Evidence.EXHAUSTIVE and c.slug != "cost"]
SIZES = {
    "planted": (24, 3, 6),
    "large": (20, 3, 25),
    "repeated": (36, 4, 4),
    "spread": (30, 4, 6),
    "patterns": (32, 5, 8),
    "contradictory": (40, 3, 8),
    "bounded": (20, 5, 25),
}


def trial(rows=4, block="test", **params):
    return Trial(case=Case(slug="test", params=params, rows=rows), streams=Streams((block,), range(rows)))


def of_kind(kind, learner="signs", rounds=4, threshold="sharp", rows=4):
    m, k, n = SIZES[kind]
    return runs.groups(
        trial(rows, kind=kind, learner=learner, rounds=rounds, threshold=threshold, m=m, k=k, n=n)
    )


def verdicts(check, relation, cases=()):
    for case in check.cases_at("quick"):
        if not cases or case.slug in cases:
            world = check.instance(Trial(case=case, streams=Streams(("test",), range(2))))
            summary = summarise(check.measure(world), check.bound(world), check.reading)
            yield case, summary, decide(summary, relation, check.resolution)


@pytest.mark.parametrize("slug", PROVED)
def test_each_proved_check_holds_and_its_tight_cases_break(slug):
    check = CLAIM.check(slug)
    for case, summary, verdict in verdicts(check, CLAIM.relation_of(check)):
        assert verdict.status is Status.HOLDS, case.slug
        if case.tight:
            assert moved(summary, CLAIM.relation_of(check), check.resolution, 1.05).status is Status.REFUTED


@pytest.mark.parametrize(
    "variant", [v for v in CLAIM.false_variants if v.check != "yes"], ids=lambda v: v.slug
)
def test_what_is_false_is_refuted(variant):
    check, relation = CLAIM.variant_check(variant)
    found = combine(verdict for _, _, verdict in verdicts(check, relation, variant.cases))
    assert found.status is Status.REFUTED


@pytest.mark.parametrize("form", CLAIM.printed, ids=lambda form: form.slug)
def test_printed_forms_get_their_verdicts(form):
    relation = form.check.relation or CLAIM.relation
    found = combine(verdict for _, _, verdict in verdicts(form.check, relation))
    assert found.status is (Status.HOLDS if form.holds else Status.REFUTED)


# --- games --------------------------------------------------------------------------------------------------


def played_out(instance, learner, pays):
    """Every sequence of responses, by hand: probability, parameters played, parameter returned."""
    m, found = len(instance.formula), []
    for answers in itertools.product(range(m + 1), repeat=len(learner.plays)):
        probability, played, seen = Fraction(1), [], None
        for theta, answer in zip(learner.plays, answers, strict=True):
            played.append(theta if seen is None else played[-1])
            probability *= instance.laws[played[-1]][answer]
            if answer and seen is None:
                seen = answer - 1
        if seen is None:
            good = learner.unseen
        else:
            worth = games.worth(instance.formula[seen])
            good = learner.unworth if worth == 0 else pays
        found.append((probability, played, instance.ones if good else learner.plays[0]))
    assert sum(p for p, _, _ in found) == 1
    return found


@pytest.mark.parametrize(
    "formula",
    [
        (frozenset({1, 2}), frozenset({1, -2})),
        (frozenset({1}), games.NEVER, frozenset({-1})),
        (frozenset({2}), frozenset({1, 2}), frozenset({-1, -2})),
    ],
)
def test_games_are_what_playing_them_out_gives(formula):
    instance = games.Instance(formula, 2, Fraction(9, 10))
    best = instance.laws[instance.ones]
    for learner in itertools.islice(games.learners(2, 2), 0, None, 17):
        paid = played_out(instance, learner, True)
        assert games.success(instance, learner) == sum(p for p, _, end in paid if instance.laws[end] == best)
        for tau in (Fraction(0), Fraction(1, 3), Fraction(1, 2)):
            said = Fraction(0)
            for p, played, end in played_out(instance, learner, False):
                heavy = max([*played, end], key=instance.masses.__getitem__)
                said += p * (instance.shares[heavy] > tau)
            assert games.says_yes(instance, learner, tau) == said


def test_laws_of_games_are_those_of_the_problem():
    formula = (frozenset({1}), frozenset({-1, 2}))
    instance = games.Instance(formula, 2, Fraction(1, 2))
    world = SinglePromptDNF(
        formula=runs.MixedFormula([[1], [-1, 2]], 2), beta=1 / (12 * math.log(2)), assignment=[1, 1]
    )
    for theta, law in instance.laws.items():
        exact = np.exp(world.log_law(np.array(theta, dtype=float)))
        np.testing.assert_allclose(exact, [float(p) for p in law], rtol=1e-12)
    np.testing.assert_allclose(world.reward[1:], [float(r) for r in instance.worths])
    assert instance.shares[0, 1] == Fraction(1, 2)  # zero counts as -1 here
    assert replace(instance, zero=1).shares[0, 1] == Fraction(1, 2)


def test_the_bound_of_a_game_by_floats():
    instance = games.Instance((frozenset({1, 2}),) * 3, 2, Fraction(9, 10))
    q, w, tau = 0.9**12, 0.9**6, 1 / 3
    u = tau + (1 - tau) * w
    assert float(instance.bound(Fraction(1, 3), 2)) == pytest.approx(u / (1 - q + u))
    game = games.Game(
        instance, games.Learner(((1, 1), (0, 0)), True, True), Fraction(1, 3), 2, Fraction(1, 8)
    )
    assert float(game.stated) == pytest.approx((1 - u / (1 - q + u)) ** 2 - 1 / 8)
    # v = 1 here: v/(1 - q + v) is above c at every threshold below 1.
    assert games.thresholds(instance, 2) == [Fraction(0), Fraction(1, 3), Fraction(2, 3)]
    assert games.thresholds(games.Instance((games.NEVER,), 2, Fraction(1, 2)), 2) == []


def test_every_statement_that_says_something_is_compared():
    small = trial(1, n=1, k=1, m=2, T=1)
    kept, every = games.games(small), games.games(small, failing=True)
    assert len(kept) == 84
    assert len(every) > len(kept)
    assert all(game.stated > 0 for game in kept)
    assert min(game.stated for game in every) <= 0


# --- what is printed ----------------------------------------------------------------------------------------


def test_printed_constants_by_floats():
    for k, shifted in ((1, False), (2, False), (4, False), (2, True), (3, True)):
        found = printed.printed_confidence(trial(1, k=k, rewards="0 to 1" if shifted else "-1 to 1")).lo
        assert len(found) == 2**k
        for T, value in enumerate(found, start=1):
            w = 16.0 ** (-k / 2 if shifted else -k)
            u = 1 / (16 * T) + (1 - 1 / (16 * T)) * w
            assert float(value) == pytest.approx((1 - u / (1 - 16.0 ** (-k * k) + u)) ** T - 0.25)


def test_games_as_printed_have_the_printed_parameters():
    for k, T in ((1, 2), (2, 1)):
        for game in printed.games_as_printed(trial(1, n=k, k=k, m=2, T=T)):
            t = float(game.instance.t)
            delta = float(game.tau) * 16 * T
            assert 0.9 < delta < 1
            assert t**12 == pytest.approx((delta / 16) ** (k * k))
            assert game.instance.shares[game.instance.ones] >= delta
            assert game.zeta <= Fraction(1, 4)


def test_the_witness_of_the_footnote_is_one_of_the_problem():
    formula = runs.MixedFormula([[1, 2]] + [[1, -3]] * 99, 3)
    world = SinglePromptDNF(formula=formula, beta=1 / (4 * math.log(16 / 0.99)), shifted=True)
    mass = math.exp(world.log_clauses([1, 1, 0, 1]))
    assert mass >= 1 / 16
    assert formula.value([1, 1, 1]) == Fraction(1, 100) < Fraction(99, 100 * 64)
    assert printed.footnote(trial(1)).witness(0)["mass"].startswith(f"{mass:.4f}")


# --- runs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SIZES)
def test_values_are_as_they_are_said_to_be(kind):
    for number in range(3):
        m, k, n = SIZES[kind]
        known = runs.KINDS[kind](Streams((kind,), [number]), {"m": m, "k": k, "n": n})
        assert len(known.clauses) == known.formula.m == m
        assert known.count(known.assignment) == known.least <= known.most
        assert int(known.formula.satisfied(known.assignment).sum()) == known.least
        if n <= 8:
            found = max(known.count(np.array(s)) for s in itertools.product((1, -1), repeat=n))
            assert found == known.least == known.most
        draws = np.where(Streams(("any",), range(50)).uniform(n) < 0.5, -1, 1)
        assert max(known.count(signs) for signs in draws) <= known.most


@pytest.mark.parametrize(
    ("kind", "learner", "rounds"), [("planted", "signs", 96), ("repeated", "annealing", 8)]
)
def test_no_means_a_miss_or_a_clause_seen_too_early(kind, learner, rounds):
    """The proof, path by path: from the same streams both worlds show the same until the first clause."""
    for group in of_kind(kind, learner, rounds, rows=8):
        accurate, ledger = group.alone(pays=True)
        assert accurate.any()
        assert (group.decision.yes | ~accurate).all()
        assert (ledger.total("prompt") > 0).all()


def test_both_worlds_show_the_same_until_the_first_clause():
    (group, *_) = of_kind("patterns", "signs", 4, rows=8)
    seen = []
    for world in (runs.problem_of(group.known, group.params, pays=pays) for pays in (True, False)):
        oracle = oracles.open_proper(world, law="exact-law", streams=group.streams)
        theta = np.ones(world.d)
        seen.append([oracle.query(theta).response for _ in range(6)])
    np.testing.assert_array_equal(seen[0], seen[1])


def test_what_runs_are_measured_by():
    (first, *_) = of_kind("patterns", "bonus", 4, "printed", rows=2)
    assert first.decision.yes.all()
    assert measures.proved_by_yes((first,)).lo.tolist() == [1, 1, 1, 1]
    assert measures.known_of_formula((first,)).lo.tolist() == [1, 1, 1, 1]
    assert measures.proved_by_yes((first,), measures.gap_dropped).lo.tolist() == [16] * 4
    spent, most = measures.spent((first,)), measures.allowed((first,))
    assert spent.lo.tolist() == most.lo.tolist() == [9, 8, 40, 9, 8, 40]
    no = replace(first, decision=replace(first.decision, yes=np.zeros(2, dtype=bool)))
    assert measures.proved_by_yes((no,)).lo.tolist() == [0] * 4
    assert measures.yes((first, no)).successes == 2
    assert measures.yes((first, no)).trials == 4
    assert measures.valuable((first,)) is False


def test_the_bound_for_runs_by_hand():
    groups = of_kind("planted", "signs", 96)
    delta, k, T = 0.5, 3, 192
    w, q = (delta / 16) ** k, (delta / 16) ** 9
    c = 1 / (4 * T)
    assert float(measures.stated_for_runs(groups).lo[0]) == pytest.approx((1 - c) ** T - 0.25, rel=1e-6)
    tau = float(groups[0].decision.threshold)
    u = tau + (1 - tau) * w
    assert u / (1 - q + u) == pytest.approx(c, rel=1e-6)
    assert measures.valuable(groups)
    assert measures.keeps_promise(groups)
    assert not measures.keeps_promise(of_kind("planted", "greedy", 4))


@pytest.mark.parametrize(("accurate", "kept"), [([1, 1, 1, 0], True), ([1, 1, 0, 0], False), ([1] * 4, True)])
def test_a_promise_is_kept_in_three_runs_of_four(accurate, kept, monkeypatch):
    halves = iter(np.array(accurate, dtype=bool).reshape(2, 2))
    monkeypatch.setattr(runs, "TRIED", 4)
    monkeypatch.setattr(runs, "alone", lambda *_, pays: (next(halves) & pays, None))
    runs._share_accurate.cache_clear()
    try:
        assert measures.keeps_promise(of_kind("planted", rows=2)) is kept
        assert next(halves, None) is None
    finally:
        runs._share_accurate.cache_clear()


def test_what_is_stated_of_a_case_is_the_same_in_any_of_its_rows(monkeypatch):
    """A formula of few literals changes no bound, and luck in some rows no assumption."""
    k = SIZES["repeated"][1]
    groups = of_kind("repeated", rows=96)
    widths = [max(len({abs(v) for v in clause}) for clause in group.known.clauses) for group in groups]
    assert len(set(widths)) > 1, "some formula is of fewer literals than another"
    narrow = groups[int(np.argmin(widths))]
    assert runs.problem_of(narrow.known, narrow.params, pays=False).k == k
    assert measures.stated_for_runs((narrow,)).lo == measures.stated_for_runs(groups).lo
    asked = []
    monkeypatch.setattr(runs, "_share_accurate", lambda *key: asked.append(key) or 1.0)
    assert measures.keeps_promise((narrow,))
    assert measures.keeps_promise(groups)
    assert asked[0] == asked[1]


def test_rows_of_a_formula_share_it_whatever_the_block():
    case = trial(6, kind="planted", learner="signs", rounds=4, threshold="sharp", m=24, k=3, n=6)
    whole = runs.groups(case)
    assert [len(group.decision.yes) for group in whole] == [2, 2, 2]
    part = runs.groups(replace(case, streams=Streams(("test",), range(3, 6))))
    assert [len(group.decision.yes) for group in part] == [1, 2]
    assert part[1].known.clauses == whole[2].known.clauses
    np.testing.assert_array_equal(part[0].decision.assignment[0], whole[1].decision.assignment[1])
    assert whole[0].known.clauses != whole[1].known.clauses

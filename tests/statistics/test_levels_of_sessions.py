"""A session of many claims, all true and all at their boundary: how often it says anything wrong."""

import pytest
from nulls import design, uniforms

from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.discovery.budget import PLUGINS, SHARES, shares
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.judging.settle import Terms, settle
from explore_theory.harness.measures.measurement import Bound, Measurement, Tally
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.records import encode_summary
from explore_theory.harness.storage.store import Block, Outcome, Store
from explore_theory.harness.verdicts.summary import summarise

ALPHA = 0.9
WORDS = dict.fromkeys(("title", "statement", "scope", "source", "formula"), "words")
CASES = ("one", "two", "three")


def fair(trial):
    """Fair coins, four a row."""
    hits = trial.streams.uniform(4) < 0.5
    return Tally(successes=int(hits.sum()), trials=hits.size)


def coins(number, *, evidence=Evidence.STATISTICAL, rows=64):
    """A claim about fair coins with two checks of three cases each, and a false variant of either check."""
    checks = tuple(
        Check(
            slug=slug,
            evidence=evidence,
            cases=tuple(Case(slug=case, rows=rows, block=16) for case in CASES),
            measure=fair if evidence is Evidence.STATISTICAL else lambda _: Measurement.exact([0.5]),
            bound=lambda _: Bound.of(0.5),
            independent="coins do not know of each other",
        )
        for slug in ("heads", "tails")
    )
    variants = tuple(
        FalseVariant(slug=f"not-{check.slug}", why="x", check=check.slug, bound=lambda _: Bound.of(0.5))
        for check in checks
    )
    return Claim(
        id=f"K{number}",
        slug=f"coin-{number}",
        theorem="toys",
        relation="==",
        checks=checks,
        false_variants=variants,
        loose="a toy",
        **WORDS,
    )


def session(claims, tmp_path, **options):
    """The results of a session over `claims`, which are all that is registered."""
    levels = shares([(claim, False) for claim in claims])
    registered = [
        Registered(claim=claim, path=tmp_path, digest=claim.id, share=one, variant_share=other)
        for claim, (one, other) in zip(claims, levels, strict=True)
    ]
    with Store(":memory:") as store:
        return session_results(store, run(registered, store, **options))


def wrong(claims, seed):
    """Whether the engine calls any of `claims` REFUTED, all about fair coins, two looks at each case."""
    levels = shares([(claim, False) for claim in claims])
    cases = [(level, check, case) for claim, (level, _) in zip(claims, levels, strict=True)
             for check in claim.checks for case in check.cases]  # fmt: skip
    hits = uniforms(f"session {seed}", len(cases), 10) < 0.5
    for row, (level, check, case) in zip(hits, cases, strict=True):
        terms = Terms(
            rows=10, block=5, relation="==", reading=check.reading, alpha=level * ALPHA, tight=False
        )
        stored = []
        for first in range(0, 10, 5):
            block = Block(claim="d", tier="quick", reseed=0, variant="", check=check.slug, case=case.slug,
                          first=first, last=first + 5)  # fmt: skip
            tally = Tally(successes=int(row[first : first + 5].sum()), trials=5)
            summary = summarise(tally, Bound.of(0.5), check.reading)
            stored.append((block, Outcome(status="done", payload=encode_summary(summary), seconds=0.0)))
        found = terms.enclosed(settle(stored, terms).summary)
        if not found.lo <= 0.5 <= found.hi:
            return True
    return False


def test_a_session_of_true_claims_at_their_boundary_is_wrong_at_its_level_at_most():
    """Eight claims of six comparisons share the quarter of all that is not ours, .225.

    At the whole quarter for each comparison nearly all sessions would be wrong.
    """
    runs, most = design(ALPHA * SHARES[PLUGINS], 0.85, error=1e-3)
    claims = [coins(number) for number in range(8)]
    assert sum(wrong(claims, seed) for seed in range(runs)) <= most


def spent(results):
    """The levels of all comparisons together, of statements and of false variants."""
    lists = ([c for r in results for c in r.cases], [c for r in results for v in r.variants for c in v.cases])
    return [sum(case.alpha or 0.0 for case in cases) for cases in lists]


@pytest.mark.parametrize("number", [1, 2, 5])
def test_the_levels_of_all_comparisons_add_up_to_the_share_and_those_of_lies_to_as_much(tmp_path, number):
    claims = [coins(k) for k in range(number)] + [coins(9, evidence=Evidence.ADVERSARIAL, rows=1)]
    found = spent(session(claims, tmp_path, alpha=ALPHA))
    assert found == pytest.approx([ALPHA * SHARES[PLUGINS]] * 2, rel=1e-12)


def test_a_level_is_the_same_alone_and_among_others_and_at_either_tier(tmp_path):
    claims = [coins(k) for k in range(3)]
    levels = shares([(claim, False) for claim in claims])
    assert levels == [(SHARES[PLUGINS] / 18, SHARES[PLUGINS] / 18)] * 3
    one, other = (session(claims, tmp_path, tier=tier)[1].cases[0].alpha for tier in ("quick", "full"))
    assert one == other == pytest.approx(1e-3 * SHARES[PLUGINS] / 18, rel=1e-12)


def test_a_case_of_one_tier_alone_counts_at_both(tmp_path):
    """What is registered counts, not what is run: a level does not depend on the tier."""
    claim = coins(0)
    late = [Case(slug=case, rows={"full": 64}, block=16, tiers=("full",)) for case in CASES]
    checks = tuple(
        Check(
            slug=check.slug,
            evidence=check.evidence,
            cases=(*check.cases, *(Case(slug=f"late-{c.slug}", rows=c.rows, tiers=c.tiers) for c in late)),
            measure=fair,
            bound=check.bound,
        )
        for check in claim.checks
    )
    ((level, _),) = shares([(Claim(**{**vars(claim), "checks": checks}), False)])
    assert level == SHARES[PLUGINS] / 12


def test_families_share_one_level():
    assert sum(SHARES.values()) == pytest.approx(1, rel=1e-12)
    assert min(SHARES.values()) > 0

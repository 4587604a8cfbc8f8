"""One error budget, sequential decisions: what a session may get wrong, however it is run."""

import json

import numpy as np
import pytest
from installed_claims import installed
from scipy.stats import beta as beta_law

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.discovery.budget import ALPHA, PLUGINS, SHARES, family_of, shares
from explore_theory.harness.discovery.registry import Registered, discover
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.measures.measurement import Bound, Measurement, Resolution, Tally
from explore_theory.harness.running.executors import Processes
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.sequential import (
    HOLDS,
    OPEN,
    REFUTED,
    decisions,
    first_decided,
    first_decision,
    planned_looks,
)
from explore_theory.harness.verdicts.summary import Reading, summarise
from explore_theory.harness.verdicts.verdict import Status, decide
from explore_theory.reporting.export import to_json
from explore_theory.statistics import bounded_mean_sequence

SESSIONS, CLAIMS = 2000, 20
RELATIONS = ["<=", ">=", "=="]
NONE = Resolution()


def wrong_sessions(alpha_each, rows=1024, block=64):
    """How many of 2,000 sessions of 20 true claims at their boundary call any of them REFUTED.

    Half of them are frequencies, half are means of bounded values.
    """
    streams = Streams(("tests", "sessions"), range(SESSIONS))
    looks = np.arange(block, rows + 1, block)
    wrong = np.zeros(SESSIONS, dtype=bool)
    for p in np.linspace(0.02, 0.9, CLAIMS // 2):
        # Binomials by inverse CDF: one word per checkpoint in place of one per run.
        level = streams.uniform(looks.size)
        successes = np.cumsum(binomial(level, block, p), axis=1)
        index = first_decision(successes, looks, (p, p), "==", NONE, alpha_each)
        wrong |= index < looks.size
    for power in np.linspace(0.2, 8, CLAIMS - CLAIMS // 2):
        # U^a has mean 1/(1 + a), from nearly always one to nearly always zero; two places in three are zero.
        values = np.where(streams.uniform(rows) < 1 / 3, streams.uniform(rows) ** power, 0.0)
        lo, hi = bounded_mean_sequence(values, 0.0, 1.0, alpha_each)
        mean = 1 / (3 * (1 + power))
        index = first_decided(lo[:, looks - 1], hi[:, looks - 1], (mean, mean), "==", NONE)
        wrong |= index < looks.size
    return int(wrong.sum())


def binomial(level, n, p):
    from scipy.stats import binom

    return binom.ppf(level, n, p)


def test_a_session_at_level_five_percent_is_wrong_in_at_most_five_percent():
    """At most 77 of 2,000: the exact one-sided 99 % limit for the rate is then at most .05."""
    assert beta_law.ppf(0.99, 77 + 1, SESSIONS - 77) <= 0.05 < beta_law.ppf(0.99, 78 + 1, SESSIONS - 78)
    assert wrong_sessions(0.05 / CLAIMS) <= 77


def test_an_undivided_budget_would_not_be():
    assert wrong_sessions(0.05) > 0.05 * SESSIONS


@pytest.mark.parametrize(
    ("rows", "block", "looks"),
    [(1, 64, (1,)), (64, 64, (64,)), (65, 64, (64, 65)), (300, 64, (64, 128, 256, 300)), (8, 4, (4, 8))],
)
def test_looks_are_planned_before_the_first_run(rows, block, looks):
    assert planned_looks(rows, block) == looks


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("resolution", [NONE, Resolution(absolute=0.03), Resolution(relative=0.01)])
@pytest.mark.parametrize("beyond", [False, True])
def test_the_vectorised_decision_is_the_verdict(relation, resolution, beyond):
    # Among them ends within either resolution of a bound.
    grid = np.array([0, 0.125, 0.25, 0.38, 0.497, 0.5, 0.503, 0.62, 0.75, 0.875, 1])
    status = {HOLDS: Status.HOLDS, REFUTED: Status.REFUTED, OPEN: Status.INCONCLUSIVE}
    for lo in grid:
        for hi in grid[grid >= lo]:
            for b_lo, b_hi in ((0.5, 0.5), (0.4, 0.6), (0.0, 1.0)):
                bound = Bound(lo=np.array([b_lo]), hi=np.array([b_hi]))
                measured = Measurement(lo=np.array([lo]), hi=np.array([hi]), effort=1)
                expected = decide(
                    summarise(measured, bound, Reading(resolution=resolution, coarse=True)),
                    relation,
                    resolution,
                    beyond=beyond,
                ).status
                found = decisions(lo, hi, (b_lo, b_hi), relation, resolution, beyond=beyond)
                assert status[int(found)] is expected


@pytest.mark.parametrize(
    ("relation", "allowed", "first", "second"),
    [
        ("<=", 0.01, (0.954, 0.97), (0.97, 0.98)),
        (">=", 0.01, (1.03, 1.046), (1.02, 1.03)),
        ("==", 0.03, (0.975, 1.025), (0.995, 1.005)),
    ],
)
def test_a_tight_case_goes_on_until_the_moved_bound_is_broken_beyond_the_resolution(
    relation, allowed, first, second
):
    """At the first look the moved bound is passed by less than the resolution, at the second by more."""
    lo, hi = np.transpose([first, second])
    fine = Resolution(absolute=allowed)
    assert first_decided(lo, hi, (1.0, 1.0), relation, fine) == 0
    assert first_decided(lo, hi, (1.0, 1.0), relation, fine, tight=True) == 1


def coin_claim(p=0.3, bound=0.5, lie=0.2, rows=20_000, relation="<=", resolution=NONE, tight=False):
    def measure(trial):
        hits = trial.streams.uniform(1) < p
        return Tally(successes=int(hits.sum()), trials=hits.size)

    words = dict.fromkeys(("title", "statement", "scope", "source", "formula"), "words")
    case = Case(slug="coin", rows=rows, block=128, tight=tight)
    return Claim(
        id="A1",
        slug="a-one",
        theorem="toys",
        relation=relation,
        **words,
        checks=(
            Check(
                slug="flips",
                evidence=Evidence.STATISTICAL,
                cases=(case,),
                measure=measure,
                bound=lambda _: Bound.of(bound),
                resolution=resolution,
            ),
        ),
        false_variants=(FalseVariant(slug="lie", why="x", check="flips", bound=lambda _: Bound.of(lie)),),
        loose="" if tight else "a toy",
    )


def verified(claim, tmp_path, **options):
    registered = Registered(claim=claim, path=tmp_path, digest="d", share=0.5, variant_share=0.5)
    with Store(":memory:") as store:
        (result,) = session_results(store, run([registered], store, **options))
    return result


def test_it_stops_when_decided_and_spends_little(tmp_path):
    result = verified(coin_claim(), tmp_path)
    assert result.verdict.status is Status.HOLDS
    assert result.cases[0].summary.counts.trials <= 512
    assert result.cases[0].alpha == 0.5 * ALPHA


def test_a_closer_bound_takes_more_runs_and_a_true_equality_never_ends(tmp_path):
    far, near = (verified(coin_claim(bound=b, lie=0.1), tmp_path) for b in (0.4, 0.33))
    assert far.cases[0].summary.counts.trials < near.cases[0].summary.counts.trials < 20_000
    at_bound = verified(coin_claim(p=0.3, bound=0.3, lie=0.1, rows=2000), tmp_path)
    assert at_bound.verdict.status is Status.INCONCLUSIVE
    assert at_bound.cases[0].summary.counts.trials == 2000
    assert "more runs" in at_bound.verdict.reason or "no number of runs" in at_bound.verdict.reason


def test_a_tight_case_runs_until_the_moved_bound_is_decided_too(tmp_path):
    claim = coin_claim(
        p=0.9, bound=0.9, lie=0.5, relation="==", resolution=Resolution(absolute=0.02), tight=True
    )
    result = verified(claim, tmp_path)
    assert result.verdict.status is Status.HOLDS
    assert result.cases[0].moved.status is Status.REFUTED


@pytest.mark.parametrize("block", [1, 7, 50, 128, 1000])
def test_where_it_stops_does_not_depend_on_the_block_size(tmp_path, block):
    claim = coin_claim(bound=0.35, rows=3000)
    assert to_json([verified(claim, tmp_path, block=block)], timing=False) == to_json(
        [verified(claim, tmp_path)], timing=False
    )


COIN = '''
"""K1: a coin."""
from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.measures.measurement import Bound, Tally

def measure(trial):
    hits = trial.streams.uniform(1) < 0.3
    return Tally(successes=int(hits.sum()), trials=hits.size)

CLAIM = Claim(
    id="K1", slug="coin", theorem="toys", title="t", statement="s", formula="x", relation="<=", scope="s",
    source="s",
    checks=(Check(slug="c", evidence=Evidence.STATISTICAL, measure=measure, bound=lambda _: Bound.of(0.35),
                  cases=(Case(slug="one", rows=6400, block=64),)),),
    false_variants=(FalseVariant(slug="v", why="w", check="c", bound=lambda _: Bound.of(0.2)),),
    loose="a toy",
)
'''


def test_jobs_and_shards_stop_where_one_process_does(tmp_path):
    from explore_theory.harness.storage.merging import merge_stores

    (tmp_path / "k1_coin_for_shards.py").write_text(COIN)
    claims = discover([str(tmp_path)]).claims

    def text(session, store):
        return to_json(session_results(store, session), timing=False)

    with Store(":memory:") as store:
        alone = text(run(claims, store), store)
    with Store(":memory:") as store:
        assert text(run(claims, store, executor=Processes(2)), store) == alone
    for part in (1, 2):
        with Store(tmp_path / f"shard{part}") as store:
            run(claims, store, shard=(part, 2))
    merge_stores(tmp_path / "out", [tmp_path / "shard1", tmp_path / "shard2"])
    with Store(tmp_path / "out") as store:
        assert text(store.sessions()[-1], store) == alone
    assert json.loads(alone)["claims"][0]["status"] == "HOLDS"


def test_shares_are_fixed_by_the_registry_and_add_up():
    assert sum(SHARES.values()) == pytest.approx(1)
    claims = installed().claims
    spent = dict.fromkeys(SHARES, 0.0)
    lied = dict.fromkeys(SHARES, 0.0)
    for r in claims:
        random = [k for k in r.claim.checks if k.evidence in (Evidence.STATISTICAL, Evidence.RATE)]
        spent[family_of(r.claim, shipped=r.shipped)] += r.share * sum(len(k.cases) for k in random)
        for variant in r.claim.false_variants:
            check = r.claim.variant_check(variant)[0]
            lied[family_of(r.claim, shipped=r.shipped)] += (
                r.variant_share
                * len(check.cases)
                * (check in random or check.evidence in (Evidence.STATISTICAL, Evidence.RATE))
            )
    for family, share in SHARES.items():
        assert spent[family] <= share * (1 + 1e-9)
        assert lied[family] <= share * (1 + 1e-9)
        assert spent[family] in (0, pytest.approx(share))
        assert lied[family] in (0, pytest.approx(share))
    assert spent["coverage_lower_bound"] > 0 < lied["coverage_lower_bound"]
    assert spent[PLUGINS] == 0


def test_a_claim_of_others_takes_no_share_of_a_theorem_of_ours():
    ours = next(r for r in installed().claims if r.claim.theorem == "coverage_lower_bound")
    assert family_of(ours.claim, shipped=True) == "coverage_lower_bound"
    assert family_of(ours.claim, shipped=False) == PLUGINS
    ((alone, _),) = shares([(ours.claim, True)])
    (both, _), (theirs, _) = shares([(ours.claim, True), (ours.claim, False)])
    assert both == alone
    assert theirs == alone * SHARES[PLUGINS] / SHARES["coverage_lower_bound"]


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, float("nan")])
def test_an_alpha_outside_its_range_is_one_clear_line(tmp_path, alpha):
    with pytest.raises(InvalidClaim, match=r"alpha must lie in \(0, 1\), got alpha="):
        verified(coin_claim(), tmp_path, alpha=alpha)

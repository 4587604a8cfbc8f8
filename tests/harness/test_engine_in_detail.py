"""Details of the engine, one by one: each is what a small mistake in it would change."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.discovery.budget import ALPHA, PLUGINS, family_of
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.covering import cover
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.judging.settle import Terms, settle
from explore_theory.harness.measures.measurement import (
    Bound,
    Mean,
    Measurement,
    Resolution,
    Rungs,
    Tally,
    agreement,
)
from explore_theory.harness.measures.samples import Question
from explore_theory.harness.running.runner import Options, plan, run
from explore_theory.harness.storage.records import dumps, encode_summary
from explore_theory.harness.storage.store import Block, Outcome, Store
from explore_theory.harness.verdicts.summary import Reading, merge, summarise
from explore_theory.harness.verdicts.verdict import Status, decide, moved, slack
from explore_theory.reporting.text import exit_code

WORDS = dict.fromkeys(("title", "statement", "scope", "source", "formula"), "words")
PLAIN = Reading()


def one(*values):
    return lambda _: Measurement.exact(list(values))


X = Case(slug="x")


def check(slug="c", measure=None, bound=1.0, cases=(X,), **more):
    kind = more.pop("evidence", Evidence.ADVERSARIAL)
    measure = measure or one(1.0)
    return Check(
        slug=slug, evidence=kind, cases=cases, measure=measure, bound=lambda _: Bound.of(bound), **more
    )


def lie(bound, of="c", slug="lie"):
    return FalseVariant(slug=slug, why="x", check=of, bound=lambda _: Bound.of(bound))


def claim(*checks, lies=None, relation="<="):
    tight = any(case.tight for found in checks for case in found.cases)
    lies = tuple(lie(0.5, c.slug, f"lie-{c.slug}") for c in checks) if lies is None else lies
    return Claim(
        id="A1", slug="a-one", theorem="toys", relation=relation, **WORDS, checks=checks,
        false_variants=lies, loose="" if tight else "a toy",
    )  # fmt: skip


def registered(given, tmp_path, share=0.5, variant_share=0.5):
    return Registered(claim=given, path=tmp_path, digest="d", share=share, variant_share=variant_share)


def verified(given, tmp_path, shares=(0.5, 0.5), **options):
    with Store(":memory:") as store:
        (result,) = session_results(store, run([registered(given, tmp_path, *shares)], store, **options))
    return result


def coin(rows=4000, block=16, bound=0.5):
    def toss(trial):
        hits = trial.streams.uniform(1) < 0.3
        return Tally(successes=int(hits.sum()), trials=hits.size)

    cases = (Case(slug="x", rows=rows, block=block),)
    return check(measure=toss, bound=bound, cases=cases, evidence=Evidence.STATISTICAL)


def block(first, last):
    return Block(
        claim="d", tier="quick", reseed=0, variant="", check="c", case="x", first=first, last=last
    )  # fmt: skip


def done(found):
    return Outcome(status="done", payload=encode_summary(found), seconds=0.0)


def tosses(successes, trials):
    return summarise(Tally(successes=successes, trials=trials), Bound.of(0.5), PLAIN)


def terms(rows, size, **more):
    return Terms(
        **({"relation": "<=", "reading": PLAIN, "alpha": 0.05, "tight": False} | more), rows=rows, block=size
    )


# Settling.


def test_what_comes_after_a_gap_waits_for_it():
    stored = [(block(a, a + 4), done(tosses(2, 4))) for a in (0, 8, 16)]
    assert settle(stored, terms(20, 4)).reached == 4
    # Nor does what lies behind it decide.
    sure = [stored[0], (block(8, 12), done(tosses(0, 10**6)))]
    assert settle([(block(0, 4), sure[1][1])], terms(20, 4)).summary is not None
    assert settle(sure, terms(20, 4)).summary is None


@pytest.mark.parametrize(("ends", "gap"), [([(0, 4), (3, 6)], (4, 10)), ([(0, 4), (8, 12)], (4, 10))])
def test_a_block_that_overlaps_or_reaches_too_far_is_not_counted(ends, gap):
    assert cover(ends, 10) == ([(0, 4)], [gap])


def test_a_block_that_failed_is_an_error_and_not_a_missing_one():
    failed = Outcome(status="error", payload="traceback\nValueError: no", seconds=0.0)
    assert settle([(block(0, 4), failed)], terms(8, 4)).error == "ValueError: no"


def test_a_sample_to_be_caught_goes_on_until_it_is_beyond_the_resolution():
    stored = [(block(0, 1000), done(tosses(560, 1000))), (block(1000, 2000), done(tosses(900, 1000)))]
    reading = Reading(resolution=Resolution(absolute=0.1), coarse=True)
    statement, caught = (
        settle(stored, terms(3000, 1000, reading=reading, caught=c)).summary for c in (False, True)
    )
    assert (statement.counts.trials, caught.counts.trials) == (1000, 2000)


# Judging.


def test_a_variant_within_the_resolution_is_not_caught(tmp_path):
    rounds = check(resolution=Resolution(relative=0.01))
    assert verified(claim(rounds, lies=(lie(0.995),)), tmp_path).verdict.status is Status.POWERLESS
    assert verified(claim(rounds, lies=(lie(0.98),)), tmp_path).verdict.status is Status.HOLDS


def test_a_variant_that_is_open_is_not_caught(tmp_path):
    assert verified(claim(check(), lies=(lie(float("nan")),)), tmp_path).verdict.status is Status.POWERLESS


def test_a_variant_has_its_own_level_and_no_tight_case(tmp_path):
    found = verified(claim(coin(), lies=(lie(0.1),)), tmp_path, (0.5, 0.25))
    assert (found.cases[0].alpha, found.variants[0].cases[0].alpha) == (0.5 * ALPHA, 0.25 * ALPHA)
    tight = verified(claim(check(cases=(Case(slug="x", tight=True),))), tmp_path)
    assert tight.cases[0].moved is not None
    assert tight.variants[0].cases[0].moved is None


def test_rows_of_a_variant_are_run_until_its_own_level_decides(tmp_path):
    found = verified(claim(coin(), lies=(lie(0.2),)), tmp_path, (0.5, 1e-12))
    assert found.variants[0].cases[0].missing == 0
    assert found.variants[0].refuted


def test_power_is_not_lent_from_check_to_check(tmp_path):
    both = claim(check("c"), check("d"), lies=(lie(0.5, "c"),))
    assert verified(both, tmp_path).verdict.status is Status.POWERLESS


def test_a_tight_case_that_is_open_when_its_bound_moves_is_powerless(tmp_path):
    def measure(_):
        return Measurement(lo=np.array([0.9]), hi=np.array([1.0]), effort=1)

    wide = check(measure=measure, cases=(Case(slug="x", tight=True),))
    assert verified(claim(wide), tmp_path).verdict.status is Status.POWERLESS


def test_a_claim_does_not_hold_before_its_variants_have_run(tmp_path):
    given = registered(claim(check()), tmp_path)

    def interrupt(*_):
        raise KeyboardInterrupt

    with Store(":memory:") as store:
        with pytest.raises(KeyboardInterrupt):
            run([given], store, progress=interrupt)
        (result,) = session_results(store, store.sessions()[-1])
    assert result.cases[0].verdict.status is Status.HOLDS
    assert result.verdict.status is Status.INCONCLUSIVE


def test_the_slack_of_a_claim_is_that_of_its_tightest_case(tmp_path):
    assert verified(claim(check("c", one(0.5)), check("d", one(0.9)), lies=(
        lie(0.1, "c", "l"), lie(0.1, "d", "m"))), tmp_path).slack == pytest.approx(1 / 0.9)  # fmt: skip
    assert slack(summarise(Measurement.exact([4.0]), Bound.of(2.0), PLAIN), ">=") == 2.0


def test_an_equality_must_break_both_ways():
    wide = Measurement(lo=np.array([1.0]), hi=np.array([1.06]), effort=1)
    assert moved(summarise(wide, Bound.of(1.0), PLAIN), "==", Resolution(), 1.05).status is not Status.REFUTED


# Many comparisons, many blocks.


def test_of_equals_the_first_is_kept_and_what_does_not_apply_has_no_place():
    assert (
        decide(summarise(Measurement.exact([2.0, 2.0]), Bound.of(1.0), PLAIN), "<=", Resolution()).row.index
        == 0
    )
    values, applies = np.zeros(100), np.arange(100) >= 10
    values[[3, 50]] = 9.0, 5.0
    found = summarise(Measurement.exact(values, applicable=applies), Bound.of(1.0), PLAIN)
    assert decide(found, "<=", Resolution()).row.index == 50


def test_an_open_comparison_is_found_among_many():
    lo, hi = np.ones(100), np.ones(100)
    lo[70], hi[70], lo[71], hi[71] = -0.5, 5.0, 0.5, 10.0
    found = decide(
        summarise(Measurement.exact(np.zeros(100)), Bound(lo=lo, hi=hi), PLAIN), "<=", Resolution()
    )
    assert (found.status, found.row.index) == (Status.INCONCLUSIVE, 70)


def test_what_is_left_out_adds_up_and_blocks_of_two_bounds_do_not_mix():
    half = Measurement.exact([1.0, 2.0], applicable=np.array([False, True]))
    parts = [summarise(half, Bound.of(3.0), PLAIN, first=first) for first in (0, 2)]
    found = merge(parts, PLAIN)
    assert (found.count, found.applicable, list(found.left_out.values())) == (4, 2, [2])
    other = summarise(Tally(successes=1, trials=4), Bound.of(0.4), PLAIN)
    with pytest.raises(InvalidClaim, match="same bound"):
        merge([tosses(1, 4), other], PLAIN)


def test_samples_grow_in_the_order_of_their_rows():
    early, late = Mean(values=[0.0] * 50), Mean(values=[1.0] * 50)
    assert early.plus(late).array[[0, -1]].tolist() == [0.0, 1.0]
    added = Tally(successes=1, trials=4).plus(Tally(successes=2, trials=3))
    assert (added.successes, added.trials) == (3, 7)
    question = Question(relation="<=", bound=(0.5, 0.5), rivals=())
    looks = Mean.at_looks([early, early.plus(late)], 0.1, question)
    assert looks[0].hi == early.enclosed(0.1, question).hi < 0.3
    with pytest.raises(InvalidClaim, match="rungs of a rate"):
        Rungs.exact([1, 10, 100], [1, 2, 3], band=0.01).plus(Rungs.exact([1, 10, 99], [1, 2, 3], band=0.01))


# Streams, shards, stores.


def drawn(tmp_path, **options):
    """What two checks with two cases each, and their variants, draw: by check, case and row."""
    found = []

    def world(trial):
        return trial.case.slug, trial.rows, trial.streams.uniform(1)[:, 0]

    def measure(name):
        def measured(made):
            case, rows, values = made
            found.append((name, case, rows, values.tolist()))
            return Measurement.exact(values)

        return measured

    cases = tuple(Case(slug=slug, rows=6, block=2) for slug in ("x", "y"))
    both = tuple(check(name, measure(name), cases=cases, instance=world) for name in ("c", "d"))

    def another(trial):
        return world(trial)

    # By a function of its own: what names the same one is handed the world of the check, and draws nothing.
    own = replace(lie(0.0, "d", "m"), instance=another, measure=measure("d"))
    verified(claim(*both, lies=(lie(0.0, "c", "l"), own)), tmp_path, **options)
    draws = {}
    for name, case, rows, values in found:
        for row, value in zip(rows, values, strict=True):
            draws.setdefault((name, case, row), set()).add(value)
    return draws


def test_every_check_case_and_row_draws_for_itself_and_a_variant_with_its_check(tmp_path):
    draws = drawn(tmp_path)
    assert len(draws) == 2 * 2 * 6
    assert all(len(values) == 1 for values in draws.values()), "a variant sees the worlds of its check"
    assert len(set().union(*draws.values())) == len(draws)
    again = drawn(tmp_path, reseed=1)
    assert not set().union(*draws.values()) & set().union(*again.values())


def test_comparisons_are_numbered_through_all_blocks(tmp_path):
    rising = check(measure=lambda trial: Measurement.exact(np.array(trial.rows) / 10),
                   cases=(Case(slug="x", rows=6, block=2),))  # fmt: skip
    assert verified(claim(rising, lies=(lie(0.1),)), tmp_path).verdict.row.index == 5


def test_shards_have_all_of_the_work_once_and_do_not_stop_early(tmp_path):
    given = registered(claim(coin(rows=160)), tmp_path)
    with Store(":memory:") as store:
        parts = [plan(given, store, Options(shard=(i, 3))) for i in (1, 2, 3)]
        run([given], store, shard=(1, 3))
        assert plan(given, store, Options(shard=(1, 3))) == []
        mine = len(store.blocks("d", "quick", 0))
    found = [job.block for jobs in parts for job in jobs]
    assert len(found) == len(set(found)) == 2 * 10
    assert mine == len(parts[0])


def test_a_store_tells_tiers_and_reseeds_apart_and_keeps_what_is_done(tmp_path):
    given = registered(claim(check()), tmp_path)
    with Store(":memory:") as store:
        session = run([given], store)
        (mine, outcome), _ = store.blocks("d", "quick", 0)
        assert store.blocks("d", "full", 0) == store.blocks("d", "quick", 1) == []
        store.put(mine, Outcome(status="error", payload="late", seconds=0.0), session)
        assert (mine, outcome) in store.blocks("d", "quick", 0)
        other = block(5, 6)
        for status in ("error", "done"):
            store.put(other, Outcome(status=status, payload=outcome.payload, seconds=0.0), session)
        assert dict(store.blocks("d", "quick", 0))[other].status == "done"


# The rest.


def test_exit_codes():
    assert exit_code([Status.HOLDS, Status.HOLDS]) == 0
    assert exit_code([Status.HOLDS, Status.INCONCLUSIVE]) == 3
    assert [
        exit_code([Status.INCONCLUSIVE, s]) for s in (Status.REFUTED, Status.POWERLESS, Status.ERROR)
    ] == [1] * 3


def test_enclosures_that_are_disjoint_do_not_agree_however_near():
    agree = agreement(one(1.0), lambda _: Bound.of(1.0 + 1e-9), 1.0)
    assert agree(None).lo[0] > 1


def test_a_claim_of_others_is_a_plugin_whatever_it_calls_its_theorem():
    named = Claim(id="A1", slug="a", theorem="framework", relation="<=", **WORDS, checks=(check(),),
                  false_variants=(lie(0.5),), loose="a toy")  # fmt: skip
    assert family_of(named, shipped=False) == PLUGINS
    assert family_of(named, shipped=True) == "framework"


def test_a_record_has_words_for_what_json_has_no_number_for():
    written = dumps(
        {"a": [float("inf"), -float("inf"), np.float64("nan")], "b": Fraction(1, 3), "c": True, "d": None}
    )
    assert json.loads(written) == {"a": ["inf", "-inf", "nan"], "b": "1/3", "c": True, "d": None}

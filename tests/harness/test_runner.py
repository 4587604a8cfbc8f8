"""The runner and the results: independence of order and block size, resume, errors, power."""

import pytest

from explore_theory.errors import InvalidClaim, StoreError
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import latest_results, session_results
from explore_theory.harness.judging.settle import cover
from explore_theory.harness.running.runner import Options, plan, run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.export import to_json


def results(claims, store, **options):
    session = run(claims, store, **options)
    return session_results(store, session)


def fresh(claims, **options):
    with Store(":memory:") as store:
        return results(claims, store, **options)


def test_results_do_not_depend_on_rows_run_together_or_on_order(toys):
    for name in ("A1", "A2", "B1"):
        toys.add(name)
    claims = discover([str(toys.path)]).claims
    expected = to_json(fresh(claims), timing=False)
    for block in (1, 7, 64):
        assert to_json(fresh(claims, block=block), timing=False) == expected
    backwards = fresh(claims[::-1])
    assert to_json(backwards[::-1], timing=False) == expected


def test_tiers_and_reseeds_are_kept_apart(toys):
    toys.add("A1")
    claims = discover([str(toys.path)]).claims
    with Store(":memory:") as store:
        quick = results(claims, store)
        full = results(claims, store, tier="full")
        again = results(claims, store, reseed=3)
        assert [r.cases[0].summary.count for r in (quick[0], full[0], again[0])] == [100, 300, 100]
        assert quick[0].verdict.row.lo != again[0].verdict.row.lo
        assert [(r.id, r.tier, r.reseed) for r in latest_results(store)] == [
            ("A1", "quick", 3),
            ("A1", "full", 0),
        ]


def test_a_second_run_has_nothing_to_do_and_an_edited_claim_everything(toys):
    file = toys.add("A1")
    (claim,) = discover([str(toys.path)]).claims
    with Store(":memory:") as store:
        run([claim], store)
        assert plan(claim, store, Options()) == []
        file.write_text(file.read_text() + "\n# edited\n")
        (edited,) = discover([str(toys.path)]).claims
        assert edited.digest != claim.digest
        assert len(plan(edited, store, Options())) == 10


def test_an_interrupted_run_resumes_to_the_undisturbed_result(toys):
    toys.add("A1")
    claims = discover([str(toys.path)]).claims
    with Store(":memory:") as store:

        def interrupt(block, outcome, done, total):
            if done == 3:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run(claims, store, progress=interrupt)
        (partial,) = latest_results(store)
        assert partial.verdict.status is Status.INCONCLUSIVE
        assert "rows have not been run" in partial.verdict.reason
        assert store.sessions()[-1].finished is None
        resumed = results(claims, store, block=13)
        assert to_json(resumed, timing=False) == to_json(fresh(claims), timing=False)


def test_a_claim_that_raises_is_an_error_and_the_others_run(toys):
    toys.add("A1", extra="raise ZeroDivisionError('by design')")
    toys.add("A2", extra="raise SystemExit(3)")
    toys.add("B1")
    claims = discover([str(toys.path)]).claims
    with Store(":memory:") as store:
        found = results(claims, store)
        assert [r.verdict.status for r in found] == [Status.ERROR, Status.ERROR, Status.HOLDS]
        assert found[0].verdict.reason.startswith("ZeroDivisionError: by design (a1_")
        assert found[0].verdict.reason.endswith("toy.py:8)")
        assert len(plan(claims[0], store, Options())) == 10, "errors are tried again"


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({}, Status.HOLDS),
        ({"bound": 0.9}, Status.REFUTED),
        ({"lie": 1.5}, Status.POWERLESS),
        ({"tight": True}, Status.HOLDS),
        ({"bound": 1.2, "tight": True}, Status.POWERLESS),
        ({"bound": "float('nan')"}, Status.INCONCLUSIVE),
    ],
)
def test_the_verdict_on_a_claim_weighs_its_power(toys, options, status):
    toys.add("A1", **options)
    (result,) = fresh(discover([str(toys.path)]).claims)
    assert result.verdict.status is status


@pytest.mark.parametrize(
    ("stored", "chosen", "gaps"),
    [
        ([], [], [(0, 10)]),
        ([(0, 10)], [(0, 10)], []),
        ([(2, 4), (6, 8)], [(2, 4), (6, 8)], [(0, 2), (4, 6), (8, 10)]),
        ([(0, 4), (2, 6), (4, 10)], [(0, 4), (4, 10)], []),
        ([(0, 3), (0, 7)], [(0, 7)], [(7, 10)]),
        ([(0, 12)], [], [(0, 10)]),
    ],
)
def test_a_cover_never_counts_a_row_twice(stored, chosen, gaps):
    assert cover(stored, 10) == (chosen, gaps)


@pytest.mark.parametrize("bad", [{"tier": "huge"}, {"reseed": -1}, {"reseed": 2**63}, {"block": 0}])
def test_options_out_of_range_are_refused_before_anything_is_stored(toys, bad):
    toys.add("A1")
    claims = discover([str(toys.path)]).claims
    with Store(":memory:") as store:
        with pytest.raises((InvalidClaim, ValueError), match=next(iter(bad))):
            run(claims, store, **bad)
        assert store.sessions() == []


def test_a_variant_of_a_check_of_the_other_tier_counts_in_that_tier_only(toys):
    path = toys.add("A1")
    text = path.read_text()
    later = """        Check(slug="later", evidence=Evidence.ADVERSARIAL, measure=measure, bound=lambda _:
    Bound.of(1.0),
              cases=(Case(slug="three", rows=5, tiers=("full",)),)),
    ),
    false_variants=(
        FalseVariant(slug="later-halved", why="half", check="later", bound=lambda _: Bound.of(0.01)),
"""
    path.write_text(text.replace("    ),\n    false_variants=(\n", later))
    for tier, slugs in (("quick", ["halved"]), ("full", ["later-halved", "halved"])):
        (result,) = fresh(discover([str(toys.path)]).claims, tier=tier)
        assert [variant.slug for variant in result.variants] == slugs
        assert result.verdict.status is Status.HOLDS


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        ("'no text: \\udc80'", r"ValueError: no text: \udc80"),
        ("'nul \\0 byte'", "ValueError: nul \0 byte"),
        ("'x' * 9_000_000", "ValueError: " + "x" * 500),
    ],
)
def test_whatever_a_claim_raises_is_its_own_error_and_the_others_run(toys, raised, reason):
    toys.add("A1", extra=f"raise ValueError({raised})")
    toys.add("B1")
    bad, good = fresh(discover([str(toys.path)]).claims)
    assert bad.verdict.status is Status.ERROR
    assert bad.verdict.reason.partition(" (a1_")[0] == reason
    assert good.verdict.status is Status.HOLDS


def test_a_block_too_large_to_be_read_back_is_an_error_and_the_others_run(toys):
    file = toys.add("A1")
    file.write_text(file.read_text().replace('"row": trial.rows[k]', '"row": "x" * 9_000_000'))
    toys.add("B1")
    bad, good = fresh(discover([str(toys.path)]).claims)
    assert bad.verdict.status is Status.ERROR
    assert "a block's record must be at most 8,323,072 bytes" in bad.verdict.reason
    assert good.verdict.status is Status.HOLDS


def test_a_record_too_large_for_a_store_is_refused_by_the_claims_name(toys):
    file = toys.add("A1")
    file.write_text(file.read_text().replace('scope="Three draws per row."', 'scope="x" * 9_000_000'))
    toys.add("B1")
    found = discover([str(toys.path)])
    assert [(b.id, "the record of A1 must be at most" in b.reason) for b in found.broken] == [("A1", True)]
    assert [r.claim.id for r in found.claims] == ["B1"]


def test_a_store_that_keeps_nothing_is_one_line_and_not_run_for_ever(toys, monkeypatch):
    toys.add("A1")
    monkeypatch.setattr(Store, "put_all", lambda *_: None)
    with pytest.raises(StoreError, match="store must keep what is put into it"):
        fresh(discover([str(toys.path)]).claims)

"""Small print of verdicts: clauses that hardly ever decide, and must then be right."""

import math
from collections import deque

import pytest

from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.claims.figure import Curve, Figure
from explore_theory.harness.discovery.budget import ALPHA
from explore_theory.harness.discovery.registry import Registered, discover
from explore_theory.harness.judging.advice import advice
from explore_theory.harness.judging.results import latest_results, session_results
from explore_theory.harness.judging.settle import Terms, settle
from explore_theory.harness.measures.measurement import (
    Bound,
    Mean,
    Measurement,
    Resolution,
    Tally,
    TwoSamples,
)
from explore_theory.harness.measures.samples import Enclosed
from explore_theory.harness.running.executors import ATTEMPTS, Limits, Processes, executor
from explore_theory.harness.running.runner import Options, plan, run
from explore_theory.harness.storage.records import encode_summary
from explore_theory.harness.storage.store import Block, Outcome, Store
from explore_theory.harness.verdicts.summary import INFINITE, Reading, summarise
from explore_theory.harness.verdicts.verdict import TIGHT_FACTOR, Status, moved
from explore_theory.reporting.text import exit_code


def check(**changes):
    fields = {
        "slug": "only",
        "evidence": Evidence.CERTIFIED,
        "cases": (Case(slug="one", tight=True),),
        "measure": lambda _: Measurement.exact([1.0]),
        "bound": lambda _: Bound.of(1.0),
    }
    return Check(**(fields | changes))


def claim(*checks, lie=None, **changes):
    words = dict.fromkeys(("title", "statement", "formula", "scope", "source"), "words")
    lie = lie or {"bound": lambda _: Bound.of(0.5)}
    variant = FalseVariant(slug="lie", why="a lie", check="only", **lie)
    fields = {"id": "A1", "slug": "a-one", "theorem": "toys", "relation": "<=", **words}
    return Claim(**(fields | {"checks": checks, "false_variants": (variant,)} | changes))


def verified(given, tmp_path, *, share=0.5, variant_share=0.5):
    registered = Registered(claim=given, path=tmp_path, digest="d", share=share, variant_share=variant_share)
    with Store(":memory:") as store:
        (result,) = session_results(store, run([registered], store))
    return result


def test_a_moved_bound_that_leaves_a_tight_case_open_has_not_broken(tmp_path):
    wide = check(measure=lambda _: Measurement(lo=[0.9], hi=[1.0], effort=1))
    result = verified(claim(wide), tmp_path)
    assert result.cases[0].moved.status is Status.INCONCLUSIVE
    assert result.verdict.status is Status.POWERLESS


def test_an_equality_breaks_only_if_its_bound_can_be_moved_neither_way():
    for lo, hi, status in ((0.95, 1.0, Status.INCONCLUSIVE), (1.0, 1.05, Status.INCONCLUSIVE)):
        wide = summarise(Measurement.exact([1.0]), Bound(lo=[lo], hi=[hi]), Reading())
        assert moved(wide, "==", Resolution(), TIGHT_FACTOR).status is status
    sharp = summarise(Measurement.exact([1.0]), Bound.of(1.0), Reading())
    assert moved(sharp, "==", Resolution(), TIGHT_FACTOR).status is Status.REFUTED


@pytest.mark.parametrize("blocks", [5, 6, 9])  # the last block is the variant's
def test_a_claim_whose_false_variant_has_not_been_run_through_is_open(toys, blocks):
    toys.add("A1")
    with Store(":memory:") as store:

        def interrupt(block, outcome, done, total):
            assert total == 10
            if done == blocks:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run(discover([str(toys.path)]).claims, store, progress=interrupt)
        (result,) = latest_results(store)
    assert any(case.missing for case in result.cases) == (blocks < 9)
    assert result.verdict.status is Status.INCONCLUSIVE
    assert "rows have not been run" in result.verdict.reason


def heads(trial):
    return Tally(successes=0, trials=len(trial.rows))


def test_false_variants_spend_from_a_budget_of_their_own(tmp_path):
    few = check(
        evidence=Evidence.STATISTICAL,
        cases=(Case(slug="one", rows=512),),
        measure=heads,
        bound=lambda _: Bound.of(0.5),
    )
    given = claim(few, lie={"relation": ">="})
    result = verified(given, tmp_path, share=1 / 4, variant_share=1 / 16)
    assert result.cases[0].alpha == ALPHA / 4
    assert result.variants[0].cases[0].alpha == ALPHA / 16


def test_a_resolution_is_held_against_the_end_of_the_bound_where_it_is_coarsest(tmp_path):
    rough = check(
        evidence=Evidence.STATISTICAL,
        cases=(Case(slug="one", rows=512),),
        measure=heads,
        bound=lambda _: Bound(lo=[0.5], hi=[0.9]),
        resolution=Resolution(relative=0.03),
    )
    result = verified(claim(rough), tmp_path)
    assert result.verdict.status is Status.ERROR
    assert "must be at most 0.02 unless coarse says why, got resolution=0.027" in result.verdict.reason


def test_each_planned_look_has_an_equal_part_of_the_level_and_a_sequence_all_of_it():
    terms = Terms(rows=64, block=16, relation="<=", reading=Reading(), alpha=ALPHA, tight=False)
    assert terms.level(TwoSamples.real([0.0, 1.0], [0.5, 0.5])) == ALPHA / 3
    assert terms.level(Mean(values=[0.5])) == terms.level(Tally(successes=0, trials=1)) == ALPHA


def test_a_false_variant_of_a_tight_case_is_not_tight_itself(tmp_path):
    result = verified(claim(check()), tmp_path)
    assert result.cases[0].moved is not None
    assert result.variants[0].cases[0].moved is None


@pytest.mark.parametrize("axes", [{"x": "n", "y": "word"}, {"x": "word", "y": "n"}])
def test_a_word_can_be_drawn_along_neither_axis(axes):
    curve = Curve(check="only", label="l", **axes)
    figure = Figure(slug="f", title="t", x_label="x", y_label="y", curves=(curve,))
    case = Case(slug="one", params={"n": 1, "word": "many"}, tight=True)
    with pytest.raises(InvalidClaim, match="must draw numbers, got word='many'"):
        claim(check(cases=(case,)), figures=(figure,))


def test_an_error_says_the_innermost_line_of_the_claim_that_raised_it(toys):
    file = toys.add("A1", extra="helper()")
    file.write_text(file.read_text() + "\ndef helper():\n    return int('by design')\n")
    line = len(file.read_text().splitlines())
    with Store(":memory:") as store:
        (result,) = session_results(store, run(discover([str(toys.path)]).claims, store))
    assert result.verdict.reason.endswith(f"({file.name}:{line})")


def test_a_block_that_ends_its_worker_is_tried_as_often_as_it_says(toys, tmp_path):
    marks = tmp_path / "marks"
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    toys.add("A1", extra=f"open({str(marks)!r}, 'a').write('x'); {kill}")
    (registered,) = discover([str(toys.path)]).claims
    workers = Processes(1)
    with Store(":memory:") as store:
        job = plan(registered, store, Options())[0]
    ((_, outcome),) = workers.run(deque([job]))
    workers.close()
    assert f"ended its worker {ATTEMPTS} times" in outcome.payload
    assert len(marks.read_text()) == ATTEMPTS


def test_advice_counts_the_runs_that_are_missing_and_not_those_that_are_there():
    terms = Terms(rows=64, block=64, relation="<=", reading=Reading(), alpha=ALPHA, tight=False)
    sample = Mean(values=[0.25, 0.75] * 32)
    times, level, question = 2, terms.level(sample), terms.question((0.6, 0.6))
    while sample.times(times).enclosed(level, question).hi > 0.6:
        times *= 2
    assert advice(sample, (0.6, 0.6), terms) == f"needs about {(times - 1) * 64:.2g} more runs"


def test_no_number_of_runs_decides_while_something_else_stands_against_the_statement(monkeypatch):
    terms = Terms(rows=64, block=64, relation="<=", reading=Reading(), alpha=ALPHA, tight=False)
    sample = Mean(values=[0.25, 0.75] * 32)
    assert advice(sample, (0.6, 0.6), terms).endswith("more runs")

    def objected(self, alpha, question):
        return Enclosed(lo=0.5, hi=0.5, objection="a rival is left")

    monkeypatch.setattr(Mean, "enclosed", objected)
    assert advice(sample, (0.6, 0.6), terms).endswith("times as many runs would not decide")


def test_a_claim_without_a_case_in_the_full_tier_is_refused():
    with pytest.raises(InvalidClaim, match="case in the full tier"):
        claim(check(cases=(Case(slug="one", tiers=("quick",), tight=True),)))


@pytest.mark.parametrize(("lo", "hi"), [(1.0, math.inf), (-math.inf, 1.0), (-math.inf, math.inf)])
def test_a_bound_of_which_one_end_is_infinite_says_nothing(lo, hi):
    found = summarise(Measurement.exact([0.5]), Bound(lo=[lo], hi=[hi]), Reading())
    assert (found.applicable, found.left_out) == (0, {INFINITE: 1})


def test_an_error_is_forgotten_once_its_rows_have_been_run_in_other_blocks():
    def stored(first, last, status, payload):
        where = {"claim": "d", "tier": "quick", "reseed": 0, "variant": "", "check": "c", "case": "s"}
        return Block(**where, first=first, last=last), Outcome(status=status, payload=payload, seconds=0.0)

    fine = encode_summary(summarise(Measurement.exact([0.5, 0.5]), Bound.of(1.0), Reading()))
    terms = Terms(rows=4, block=4, relation="<=", reading=Reading(), alpha=ALPHA, tight=False)
    old = stored(0, 4, "error", "MemoryError: too much at once")
    halves = [stored(0, 2, "done", fine), stored(2, 4, "done", fine)]
    assert settle([old], terms).error == "MemoryError: too much at once"
    assert settle([old, *halves], terms).error is None
    assert settle([old, *halves], terms).summary.count == 4


MARKED = """
import colorsys
{line}
"""


def test_what_a_folder_changes_in_a_library_no_other_folder_meets_in_the_same_worker(
    tmp_path, toy_folder, monkeypatch
):
    import colorsys

    monkeypatch.setattr(colorsys, "marked_by", "nobody", raising=False)
    folders = [toy_folder(tmp_path / name) for name in ("first", "second")]
    for id, folder, line in zip(
        ("A1", "B1"),
        folders,
        ("colorsys.marked_by = 'A1'", "seen = getattr(colorsys, 'marked_by', 'nobody')"),
        strict=True,
    ):
        file = folder.add(id, extra="assert globals().get('seen', 'nobody') == 'nobody', seen")
        file.write_text(file.read_text() + MARKED.format(line=line))
    claims = discover([str(folder.path) for folder in folders[::-1]]).claims
    claims = sorted(claims, key=lambda registered: registered.claim.id)
    assert [registered.claim.id for registered in claims] == ["A1", "B1"]
    workers = Processes(1)
    with Store(":memory:") as store:
        found = session_results(store, run(claims, store, executor=workers))
    assert [result.verdict.status for result in found] == [Status.HOLDS, Status.HOLDS]


@pytest.mark.parametrize("limits", [Limits(seconds=1.0), Limits(memory=1.0)])
def test_limits_without_workers_to_keep_them_are_refused(limits):
    with pytest.raises(InvalidClaim, match="limits must go with worker processes"):
        executor(0, limits)


def test_only_what_holds_is_a_success():
    assert exit_code([]) == exit_code([Status.HOLDS, Status.HOLDS]) == 0
    for status in set(Status) - {Status.HOLDS}:
        assert exit_code([Status.HOLDS, status]) != 0

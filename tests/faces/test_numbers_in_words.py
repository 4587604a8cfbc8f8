"""What a table says of a claim: how much of its bound is used, and how many of its lies were caught."""

from pathlib import Path

import pytest

from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.measures.measurement import Bound, Measurement
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.reporting import text
from explore_theory.reporting.html import headline
from explore_theory.reporting.table import summary_line


def verified(measured, bound, lies=(0.5,)):
    words = dict.fromkeys(("title", "statement", "formula", "scope", "source"), "words")
    check = Check(
        slug="only",
        evidence=Evidence.EXHAUSTIVE,
        cases=(Case(slug="one"),),
        measure=lambda _: Measurement.exact(measured),
        bound=lambda _: Bound.of(bound),
    )
    variants = tuple(
        FalseVariant(slug=f"lie-{k}", why="w", check="only", bound=lambda _, lie=lie: Bound.of(lie))
        for k, lie in enumerate(lies)
    )
    claim = Claim(
        id="A1", slug="a-one", theorem="toys", relation="<=", loose="a toy",
        checks=(check,), false_variants=variants, **words,
    )  # fmt: skip
    with Store(":memory:") as store:
        (result,) = session_results(
            store, run([Registered(claim=claim, path=Path("a.py"), digest="d")], store)
        )
    return result


def test_a_bar_is_as_long_as_the_part_of_the_bound_that_is_used():
    assert text.met(verified([1.0], [4.0])) == pytest.approx(1 / 4)
    assert text.met(verified([4.0], [1.0])) == 1


def test_only_variants_that_are_refuted_count_as_caught():
    result = verified([1.0], [4.0], lies=(0.5, 2.0, 3.0))
    assert text.power(result) == "1/3"
    assert "; 1 of 3 false variants refuted;" in summary_line([result], (), "quick", "s", 0.001)
    assert "1 of 3 false variants are refuted" in headline([result])


def test_the_slack_beside_a_refutation_is_that_of_the_comparison_that_refutes():
    # The first is the tightest by ratio, the second is furthest outside its bound.
    result = verified([2.0, 100.0], [1.0, 98.0])
    (case,) = result.cases
    assert case.slack == pytest.approx(0.5)
    assert text.case_slack(case) == pytest.approx(0.98)
    assert text.slack(result) == "0.980"


@pytest.mark.parametrize(
    ("value", "said"),
    [(1.386, "1.386"), (1.0, "1.000"), (0.05, "0.050"), (1e-4, "0.0001"), (3e-7, "3e-07"), (0.0, "0.000")],
)
def test_a_small_ratio_is_not_zero(value, said):
    assert text.ratio(value) == said

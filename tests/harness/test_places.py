"""Where a comparison stands among all of its case, whatever blocks its rows are run in."""

from pathlib import Path

import numpy as np
import pytest

from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.measures.measurement import Bound, Measurement
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store


def numbers(trial):
    """Three comparisons of each row, the largest the second one of row 8."""
    rows = np.array(trial.streams.rows)
    values = np.zeros((len(rows), 3))
    values[rows == 8, 1] = 1.0
    return Measurement.exact(values.ravel())


@pytest.mark.parametrize("block", [1, 3, 7, 12])
def test_an_index_counts_all_comparisons_of_the_rows_before(block):
    words = dict.fromkeys(("title", "statement", "formula", "scope", "source"), "words")
    check = Check(
        slug="only",
        evidence=Evidence.ADVERSARIAL,
        cases=(Case(slug="one", rows=12, block=12),),
        measure=numbers,
        bound=lambda _: Bound.of(2.0),
    )
    lie = FalseVariant(slug="lie", why="w", check="only", bound=lambda _: Bound.of(0.5))
    claim = Claim(
        id="A1", slug="a-one", theorem="toys", relation="<=", loose="a toy",
        checks=(check,), false_variants=(lie,), **words,
    )  # fmt: skip
    registered = Registered(claim=claim, path=Path("a.py"), digest="d")
    with Store(":memory:") as store:
        (result,) = session_results(store, run([registered], store, block=block))
    (case,) = result.cases
    assert case.verdict.row.index == 3 * 8 + 1

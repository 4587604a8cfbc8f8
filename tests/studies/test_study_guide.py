"""The table of the guide against the study that it tells of."""

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

from explore_theory.models import standard_text
from explore_theory.reporting.coverage.words import told
from explore_theory.studies import NGramShares
from explore_theory.studies.growth import measured_at

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "study.md"
#: Of the text that the numbers of the guide are of; other Pythons carry another one.
TEXT = "2a95af4ac93f5b71"


def rows():
    found = re.findall(r"^\| (\d+) \| (.+) \|$", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {int(length): cells.split(" | ") for length, cells in found}


def test_the_guide_has_the_lengths_that_the_command_takes():
    assert list(rows()) == [2, 4, 8, 16]


@pytest.mark.parametrize(
    "length", [2, 4, pytest.param(8, marks=pytest.mark.slow), pytest.param(16, marks=pytest.mark.slow)]
)
def test_its_rows_are_those_of_the_study(length):
    if hashlib.sha256(standard_text().encode()).hexdigest()[:16] != TEXT:
        pytest.skip("this Python carries another text than that of the guide's numbers")
    point = measured_at(NGramShares(), length)
    coverage = [told(point.log_conditional), f"{np.exp(point.log_coverage):.3g}"]
    calls = [f"{np.median(point.of(learner).calls):.3g}" for learner in ("mtss", "spanner-sampling")]
    assert rows()[length] == [*coverage, *calls, f"{point.best_of.min() / point.eps:.3g}"]
    assert [point.of(learner).reached for learner in ("mtss", "spanner-sampling")] == [4, 4]
    assert point.least_best_of is None
    assert told(point.log_least_draws) == "64.5" or length != 16

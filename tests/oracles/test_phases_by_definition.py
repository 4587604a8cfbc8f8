"""Phases of the exact law have the law of rounds drawn as they are defined, each kernel by itself.

The claims X2 and X5 hold the same worlds against each other with more draws.
"""

import pytest

from explore_theory.harness.measures.samples import Question
from proofs_checks.exact_law import comparison, explorations, spanner_phases

#: Tests of law below are wrong this rarely.
LEVEL, ROWS, BAND = 1e-6, 8000, 0.09


def close(first, second, names):
    """Whether the laws of two samples may be the same, and are near each other."""
    found = comparison.of_samples(first, second, names).enclosed(
        LEVEL, Question(relation="==", bound=(0.0, 0.0))
    )
    assert found.lo == 0, found.finding
    assert found.hi < BAND, found.finding


def rounds(name, rows=ROWS, **given):
    world = {"noise": "gaussian", "growth": 1.3, "limited": False, "simulator": "exact-law", "blocks": False}
    return explorations.Rounds(**world | {"rounds": 12} | given, draws=rows, path=("tests", name), reseed=0)


WORLDS = {
    "every-round": {"prompts": 9, "growth": None},
    "bulk": {"prompts": 2},
    "purses": {"prompts": 2, "noise": "coins", "limited": True},
    "blocks": {"prompts": 2, "limited": True, "blocks": True},
    "long": {"prompts": 2, "rounds": 72, "growth": 6.0},
}


@pytest.mark.parametrize("name", WORLDS)
def test_explorations(name):
    asked = rounds(name, **WORLDS[name])
    played = explorations.explored(asked, "exact-law")
    close(played, explorations.by_definition(asked, 4 * ROWS), explorations.EXPLORED)


def test_literal_explorations():
    asked = rounds("literal", **WORLDS["purses"])
    played = explorations.explored(asked, "literal")
    close(played, explorations.by_definition(asked, 4 * ROWS), explorations.EXPLORED)


PHASES = {
    "free": {"prompts": 9, "noise": "gaussian"},
    "purses": {"prompts": 9, "noise": "coins", "limited": True},
    "blocks": {"prompts": 2, "noise": "gaussian", "limited": True, "blocks": True},
}


@pytest.mark.parametrize("name", PHASES)
def test_spanner_phases(name):
    world = {"limited": False, "blocks": False, "law": "exact-law"} | PHASES[name]
    asked = spanner_phases.Phase(**world, draws=ROWS, path=("tests", "span", name), reseed=0)
    definition = spanner_phases.by_definition(asked, 4 * ROWS)
    close(spanner_phases.spanned(asked), definition, spanner_phases.SPANNED)

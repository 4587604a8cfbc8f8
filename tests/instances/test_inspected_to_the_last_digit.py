"""Numbers that differ are shown to differ, and claims that do not apply are counted once."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from explore_theory import TabularProblem
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.instances.inspecting import inspected
from explore_theory.instances.inspecting.records import compared, of_logarithms
from explore_theory.reporting.on_instance import summary


def test_a_comparison_that_fails_by_little_shows_by_how_much():
    failed = of_logarithms("C_cov", 8e-5, "<=", "exp(R/(2 beta))", 5e-5)
    assert failed.holds is False
    assert failed.says == "C_cov <= exp(R/(2 beta)): here exp(8e-05) > exp(5e-05)"
    nearer = of_logarithms("C_cov", 5e-5 + 1e-12, "<=", "L", 5e-5)
    assert nearer.says == "C_cov <= L: here exp(5.0000001000000005e-05) > exp(5e-05)"
    assert (
        compared("beta/R", 0.125 + 1e-9, "<=", "1/8", 0.125).says == "beta/R <= 1/8: here 0.125000001 > 0.125"
    )
    assert compared("beta/R", 0.125, "<=", "1/8", 0.125).says == "beta/R <= 1/8: here 0.125 <= 0.125"
    assert of_logarithms("C", 2000.0, ">=", "2", math.log(2)).says == "C >= 2: here exp(2000) >= 2"


@pytest.mark.parametrize("beta", [1e4, 1e7])
def test_no_line_says_that_a_number_exceeds_itself(beta):
    problem = TabularProblem(
        prompt_mass=[1.0],
        base=np.array([[0.75, 0.25]]),
        reward=np.array([[0.0, 1.0]]),
        features=np.array([[[0.0], [1.0]]]),
        beta=beta,
    )
    for statement in inspected(problem).statements:
        for assumption in statement.assumptions:
            _, here, seen = assumption.says.rpartition(": here ")
            left, _, right = seen.split(" ")[:3] if here and seen.count(" ") == 2 else ("", "", "-")
            assert left != right, assumption.says


def test_a_claim_that_turns_out_not_to_apply_is_counted_once():
    def result(status):
        return SimpleNamespace(verdict=SimpleNamespace(status=status), variants=())

    results = [result(Status.HOLDS), result(Status.NOT_APPLICABLE)]
    said = summary(results, [], 5, "store.sqlite")
    assert said.startswith("1 claim on this instance: 1 HOLDS; ")
    assert "; 6 not applicable; " in said
    assert "NOT APPLICABLE" not in said

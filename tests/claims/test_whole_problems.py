"""Whole problems for searches of the framework: drawn as widely as they say, and read as by hand."""

import numpy as np
import pytest

from explore_theory import TabularProblem
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from explore_theory.policies import Softmax
from explore_theory.strategies import Search
from proofs_checks.framework import whole_problems


def draws(strategy, count=60):
    trial = Trial(case=Case(slug="one"), streams=Streams(("whole",), range(1), 0), tier="quick")
    return Search(strategy, each=count).draw(trial)


def of_two_prompts(problem):
    return problem.base.shape[0] == 2


def test_problems_have_prompts_and_responses_without_mass():
    found = draws(whole_problems.problems)
    assert any(map(of_two_prompts, found))
    assert any((problem.prompt_mass == 0).any() for problem in found)
    assert any((problem.base == 0).any() for problem in found)
    assert {problem.base.shape[1] for problem in found} == {2, 3, 4, 5}


def test_tables_leave_responses_out_and_mixtures_have_two_prompts():
    tables = draws(whole_problems.with_table)
    assert any(of_two_prompts(problem) for problem, _ in tables)
    assert any(np.isneginf(policy.log_probs).any() for _, policy in tables)
    mixtures = draws(whole_problems.with_mixture)
    assert any(of_two_prompts(problem) and mixture.weights.size == 3 for problem, mixture in mixtures)


def test_parameters_have_two_dimensions_and_prompts():
    found = draws(whole_problems.with_parameter)
    assert any(policy.theta.size == 2 for _, policy in found)
    assert any(of_two_prompts(problem) and (problem.base == 0).any() for problem, _ in found)


def test_ranges_and_rises_are_those_of_the_support_at_prompts_of_positive_mass():
    problem = TabularProblem(
        prompt_mass=[1.0, 0.0],
        base=[[0.5, 0.5, 0.0], [0.25, 0.25, 0.5]],
        reward=[[0.25, 0.5, 1.0], [0.0, 0.5, 1.0]],
        features=[[[0.0], [0.5], [1.0]], [[1.0], [0.0], [-1.0]]],
        beta=0.5,
    )
    assert whole_problems.prompt_ranges(problem) == [0.25]
    # f = 0, 1/2 with mass one half each: 1/2 - 1/4, over beta.
    assert whole_problems.prompt_rises(problem, Softmax([1.0])) == [0.5]


@pytest.mark.parametrize(("bound", "part"), [(2.0, 0.5), (1e-9, 0.0), (np.inf, 0.0)])
def test_a_part_of_a_bound_that_says_nothing_is_nothing(bound, part):
    assert whole_problems.part_of(1.0, bound) == part

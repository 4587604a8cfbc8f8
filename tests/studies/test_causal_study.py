"""A causal model in the study: the same rewards, the exact law, the error of its features (extra lm)."""

import importlib.util
import math

import numpy as np
import pytest

from explore_theory.errors import InvalidProblem
from explore_theory.exact import realisation, soft_dynamics
from explore_theory.reporting.study import words
from explore_theory.studies import CausalShares, NGramShares, studied, tiny_model
from explore_theory.studies.growth import jobs_of, measured_at

LIBRARIES = ("torch", "transformers", "safetensors", "tokenizers")
MISSING = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"causal models need the extra lm: no {', '.join(MISSING)}"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(tiny_model(tmp_path_factory.mktemp("study") / "tiny", steps=20))


def test_the_tree_is_the_models_law_given_its_three_kinds(folder):
    from explore_theory.models import CausalModel

    model = CausalModel.open(folder)
    problem = CausalShares(folder=folder).problem(3)
    assert problem.vocabulary == 3
    start = model.encoded(" ")
    logs = model.law([start])[0]
    kept = [number for number in range(model.vocabulary) if number not in model.ends]
    law = np.exp(logs[kept])
    assert problem.layers[0].base[problem.start[0]] == pytest.approx(law / law.sum(), rel=1e-6)
    assert problem.beta == pytest.approx(1 / 6)


def test_a_response_is_paid_its_share_of_vowels(folder):
    from explore_theory.models import CausalModel

    model = CausalModel.open(folder)
    problem = CausalShares(folder=folder).problem(3)
    kinds = [model.token(number) for number in range(model.vocabulary) if number not in model.ends]
    rewards = soft_dynamics.sequence_rewards(problem)[0]
    for y in (0, 5, 13, 26):
        text = [kinds[y // 9], kinds[y // 3 % 3], kinds[y % 3]]
        assert rewards[y] == pytest.approx(text.count("v") / 3)


def test_it_is_studied_beside_the_embedded_model(folder):
    study = studied([NGramShares(), CausalShares(folder=folder)], [1, 2], runs=1)
    own, other = study.families()
    assert [point.horizon for point in own] == [1, 2]
    assert [point.horizon for point in other] == [1, 2]
    last = other[-1]
    problem = CausalShares(folder=folder).problem(2)
    assert last.misfit == pytest.approx(float(realisation.realisation_errors(problem).max()), abs=1e-12)
    assert last.gap_bound == pytest.approx(last.eps + 2 * last.misfit**2 / (8 * problem.beta))
    assert last.of("mtss").reached == 1
    assert last.log_coverage > last.log_conditional


def test_lengths_beyond_its_own_are_left_out(folder):
    family = CausalShares(folder=folder)
    assert family.longest == 8
    assert [h for _, h, _ in jobs_of([family], [2, 8, 9])] == [2, 8]
    with pytest.raises(InvalidProblem, match="lengths must be at most 8"):
        jobs_of([family], [16])


def test_named_tokens(folder):
    family = CausalShares(folder=folder, tokens=("c", "v"))
    assert family.problem(2).vocabulary == 2
    assert family.longest == 13
    for alone in (("v",), ()):
        with pytest.raises(InvalidProblem, match="tokens must be two at least to choose between, got"):
            CausalShares(folder=folder, tokens=alone, wanted=("v",)).problem(2)
    with pytest.raises(InvalidProblem, match="one token of the model each, got 'vv'"):
        CausalShares(folder=folder, tokens=("vv", "c")).problem(2)
    for wanted in (("c", "v"), ("x",), ()):
        with pytest.raises(InvalidProblem, match="wanted must be some of the tokens"):
            CausalShares(folder=folder, tokens=("c", "v"), wanted=wanted).problem(2)


def test_what_features_may_cost_is_said(folder):
    point = measured_at(CausalShares(folder=folder, dimension=1), 2, runs=1)
    assert point.misfit > 0
    said = words.meaning([point])[-1]
    assert f"up to e = {point.misfit:.3g}" in said
    assert f"= {point.gap_bound / point.eps:.3g} eps (TTm)" in said
    assert math.isfinite(point.gap_bound)

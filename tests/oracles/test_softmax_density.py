"""SoftmaxSamplerDensity: its law added up, against every sequence of draws, and against either oracle."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from explore_theory import oracles
from explore_theory.errors import InvalidProblem
from explore_theory.oracles import AnchoredPolicy, SoftmaxSampler
from explore_theory.oracles.processes.softmax_density import (
    density_draws,
    density_law,
    departure,
    nearby_law,
    outcome_count,
)
from explore_theory.problems import random_process

BASE, SCORE = np.array([0.5, 0.3, 0.2]), np.array([0.0, 1.2, -0.7])
SAMPLER = SoftmaxSampler(ratio=2.0, normaliser=3, tries=2)
RANDOM = random_process(horizon=2, states=3, actions=3, dimension=2, beta=0.5, tilt=2.0)


def enumerated(base, score, sampler):
    """Masses, E log rho and E calls, over all sequences of first draws and candidates."""
    actions = range(base.size)
    law, ratio, calls = np.zeros(base.size), 0.0, 0.0
    for first in itertools.product(actions, repeat=sampler.normaliser):
        chance = math.prod(base[a] for a in first)
        mean = sum(math.exp(score[a]) for a in first) / len(first)
        log = score - math.log(mean)
        left = 1.0
        for number in range(1, sampler.tries + 1):
            accept = base * np.minimum(1.0, np.exp(score) / (mean * sampler.ratio))
            law += chance * left * accept
            ratio += chance * left * (accept @ log)
            calls += chance * left * accept.sum() * (sampler.normaliser + number)
            left *= 1 - accept.sum()
        law += chance * left * base
        ratio += chance * left * (base @ log)
        calls += chance * left * (sampler.normaliser + sampler.tries + 1)
    return law, ratio, calls


@pytest.mark.parametrize("sampler", [SAMPLER, SoftmaxSampler(ratio=1.0, normaliser=1, tries=1)])
def test_the_law_is_that_of_all_sequences_of_draws(sampler):
    law, ratio, calls = enumerated(BASE, SCORE, sampler)
    found = density_law(BASE[None], SCORE[None], sampler)
    assert np.exp(found.log_law[0]) == pytest.approx(law, rel=1e-12)
    assert found.log_ratio[0] == pytest.approx(ratio, rel=1e-12)
    assert found.calls[0] == pytest.approx(calls, rel=1e-12)
    own = ratio - law @ np.log(law / BASE)
    assert found.bias(np.log(BASE)[None])[0] == pytest.approx(own, rel=1e-10)


def test_actions_without_mass_or_of_one_score_share_their_outcomes():
    base, score = np.array([0.5, 0.25, 0.25, 0.0]), np.array([0.0, 1.0, 1.0, 9.0])
    assert outcome_count(base, score, SAMPLER) == 4
    assert outcome_count(BASE, SCORE, SAMPLER) == 10
    law = np.exp(density_law(base[None], score[None], SAMPLER).log_law[0])
    assert law[3] == 0
    assert law[1] == law[2]
    merged = enumerated(np.array([0.5, 0.5]), np.array([0.0, 1.0]), SAMPLER)[0]
    assert law[:2] * [1, 2] == pytest.approx(merged)


def test_too_many_outcomes_are_refused():
    many = replace(SAMPLER, normaliser=3000)
    with pytest.raises(InvalidProblem, match="counts must have at most 1048576 outcomes"):
        density_law(BASE[None], SCORE[None], many)


def test_draws_at_once_have_that_law():
    count = 40_000
    found = density_draws(
        np.random.default_rng(0), np.tile(BASE, (count, 1)), np.tile(SCORE, (count, 1)), SAMPLER
    )
    law, ratio, calls = enumerated(BASE, SCORE, SAMPLER)
    assert np.bincount(found.action, minlength=3) / count == pytest.approx(law, abs=0.01)
    assert found.log_ratio.mean() == pytest.approx(ratio, abs=0.012)
    assert found.calls.mean() == pytest.approx(calls, abs=0.012)


@pytest.mark.parametrize("law", ["literal", "exact-law"])
def test_either_oracle_has_that_law(law):
    policy = AnchoredPolicy(
        theta=RANDOM.theta[None], precision=np.eye(2)[None, None].repeat(2, axis=1), radius=0.8,
        sampler=SAMPLER,
    )  # fmt: skip
    oracle, count = oracles.open_density(RANDOM, law=law), 30_000
    here = oracle.prompts(np.zeros(count, dtype=int))
    step = oracle.sampled(here, policy)
    stage = RANDOM.stages[0]
    score = policy.scores(stage.features - stage.features[:, [0]], 0, 0.5, np.zeros(3, dtype=int))
    # Some differences are longer than the radius, and count for nothing.
    assert 0 < (score == 0).sum() - 3 < 6
    expected = [enumerated(stage.base[s], score[s], SAMPLER) for s in range(3)]
    tables = np.exp(oracles.density_tables(RANDOM, policy)[0][0])
    for s, (masses, ratio, _) in enumerate(expected):
        at = here._state == s
        assert np.bincount(step.action[at], minlength=3) / at.sum() == pytest.approx(masses, abs=0.025)
        assert step.log_ratio[at].mean() == pytest.approx(ratio, abs=0.03)
        assert tables[s] == pytest.approx(masses)
    calls = np.mean([calls for _, _, calls in expected])
    assert oracle.ledger.total("token")[0] / count == pytest.approx(calls, abs=0.03)
    assert oracle.ledger.total("feature")[0] == count
    assert step.anchor == pytest.approx(stage.features[here._state, 0])
    assert step.features == pytest.approx(stage.features[here._state, step.action])


@pytest.mark.parametrize("ratio", [8.0, 4.0, 1.5, 1.0])
@pytest.mark.parametrize("draws", [3, 12, 40])
def test_the_law_departs_from_the_tilted_one_by_no_more_than_is_said(ratio, draws):
    sampler = SoftmaxSampler(ratio=ratio, normaliser=draws, tries=draws)
    exact = np.exp(density_law(BASE[None], SCORE[None], sampler).log_law[0])
    weight = BASE * np.exp(SCORE)
    tilted = weight / weight.sum()
    chance = departure(BASE[None], SCORE[None], sampler)[0]
    assert np.abs(exact - tilted).sum() / 2 <= chance
    near = np.exp(nearby_law(BASE[None], SCORE[None], sampler)[0])
    assert near.sum() == pytest.approx(1)
    assert near == pytest.approx((1 - chance) * tilted + chance * BASE)


def test_states_with_many_scores_are_evaluated_nearby():
    policy = AnchoredPolicy(
        theta=RANDOM.theta[None], precision=np.eye(2)[None, None].repeat(2, axis=1), radius=5.0,
        sampler=SoftmaxSampler(ratio=12.0, normaliser=300, tries=300),
    )  # fmt: skip
    stage = RANDOM.stages[0]
    score = policy.scores(stage.features - stage.features[:, [0]], 0, 0.5, np.zeros(3, dtype=int))
    assert outcome_count(stage.base[0], score[0], policy.sampler) > 2**12
    near = np.exp(oracles.density_tables(RANDOM, policy)[0][0])
    exact = np.exp(density_law(stage.base, score, policy.sampler).log_law)
    assert near == pytest.approx(exact, abs=1e-4)


def test_policies_that_are_refused():
    with pytest.raises(InvalidProblem, match="precision must"):
        AnchoredPolicy(theta=np.zeros((1, 2, 2)), precision=np.eye(2), radius=1.0, sampler=SAMPLER)
    with pytest.raises(InvalidProblem, match="radius must be positive"):
        AnchoredPolicy(
            theta=np.zeros((1, 1, 2)), precision=np.eye(2)[None, None], radius=0.0, sampler=SAMPLER
        )
    with pytest.raises(InvalidProblem, match="law must be one of literal, exact-law"):
        oracles.open_density(RANDOM, law="quick")

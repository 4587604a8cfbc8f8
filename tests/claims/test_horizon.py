"""What the claim about growth in H rests on: classes of responses, slopes, fits."""

import numpy as np
import pytest

from explore_theory import SpannerSampling, exact, oracles
from explore_theory.exact import soft_dynamics
from explore_theory.policies import Base
from explore_theory.problems import TabularProblem
from proofs_checks.token_level_improvement import horizon, horizon_numbers, learners
from proofs_checks.token_level_improvement.horizon import Runs


def whole_responses(steps):
    """All ``2^H`` responses of the product family, with the number of good tokens as the one feature."""
    token = learners.instance("product", steps)
    log_base = soft_dynamics.sequence_laws(token, soft_dynamics.base_policy(token))[0]
    reward = soft_dynamics.sequence_rewards(token)[0]
    good = reward / (horizon.TILT * token.beta)
    lumped = horizon.classes(steps)
    return TabularProblem(
        prompt_mass=[1.0],
        base=np.exp(log_base)[None],
        features=(good / steps)[None, :, None],
        reward=reward[None],
        beta=token.beta,
        theta_star=lumped.theta_star,
        parameter_radius=lumped.facts.parameter_radius,
        coverage=lumped.facts.coverage,
        noise=lumped.noise,
    )


@pytest.mark.parametrize("steps", [2, 6])
def test_classes_have_the_numbers_of_all_responses(steps):
    one, all_of_them = horizon.classes(steps), whole_responses(steps)
    for number in (exact.log_coverage, exact.soft_value):
        assert number(one) == pytest.approx(number(all_of_them))
    assert exact.gap(one, Base()) == pytest.approx(exact.gap(all_of_them, Base()))


def test_a_learner_does_not_tell_classes_from_all_responses():
    meters = []
    for problem in (horizon.classes(3), whole_responses(3)):
        eps = 0.2 * float(exact.gap(problem, Base())[0])
        oracle = oracles.open(problem, law="exact-law", replicates=200, seed=1)
        learner = SpannerSampling(eps=eps, delta=0.5, update="rarely-switching")
        gap = exact.gap(problem, learner.run(oracle))
        meters.append([oracle.ledger.compute.mean(), oracle.ledger.data.mean(), np.median(gap)])
    one, other = np.array(meters)
    assert one[:2] == pytest.approx(other[:2], rel=0.001)
    # Gaps spread over a decade; medians of 200 of them by a tenth or two.
    assert abs(np.log(one[2] / other[2])) < 0.5


def made(calls, rounds):
    size = len(calls)
    return Runs(
        horizons=(4, 8, 16, 32)[:size],
        calls=np.array(calls, dtype=float),
        rounds=np.array(rounds, dtype=float),
        gap=np.full((size, len(calls[0])), 0.5),
        scale=np.ones(size),
        log_coverage=np.zeros(size),
    )


def test_slopes_are_those_of_power_laws():
    steps = np.array([4.0, 8.0, 16.0, 32.0])
    world = made(np.stack([steps**3, steps**2], axis=1), np.stack([steps, steps**2.5], axis=1))
    of_calls, of_rounds = world.slopes(0)
    assert of_calls == pytest.approx([3.0, 2.0])
    assert of_rounds == pytest.approx([1.0, 2.5])
    found = horizon_numbers.token_numbers(8)(world)
    assert found.hi[0] > 3.0 > 2.0 > found.lo[0]
    assert found.hi[2] == found.lo[2] == 0.5


def test_laws_are_told_apart():
    steps = np.array([4.0, 8.0, 16.0, 32.0])
    for calls, better in ((steps**3, True), (np.exp(steps), False)):
        world = made(np.stack([calls, calls], axis=1), np.stack([steps, steps], axis=1))
        assert bool(horizon_numbers.token_numbers(4)(world).hi[3] < 1) is better
        assert bool(horizon_numbers.sequence_numbers(world).hi[2] > 1) is better

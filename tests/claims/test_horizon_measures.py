"""What TTh counts: rows that fail in any of three ways, and gaps in units of the accuracy that was asked."""

import numpy as np
import pytest

from explore_theory.policies import Base
from proofs_checks.token_level_improvement import horizon, tth_horizon
from proofs_checks.token_level_improvement.horizon import Runs
from proofs_checks.token_level_improvement.learners import Rows


def test_a_row_fails_by_its_calls_by_its_rounds_or_by_its_gap():
    steps = np.array([4.0, 8.0, 16.0])
    gap = np.full((3, 4), 0.5)
    gap[1, 3] = 1.1
    scale = 7 * steps
    world = Runs(
        horizons=(4, 8, 16),
        calls=scale[:, None] * np.stack([steps**p for p in (3, 4.5, 3, 3)], axis=1),
        rounds=np.stack([steps**p for p in (2, 2, 3.5, 2)], axis=1),
        gap=gap,
        scale=scale,
        log_coverage=np.zeros(3),
    )
    found = tth_horizon.steeper(4.0, 3.0)(world)
    assert (found.successes, found.trials) == (3, 4)


class Idle:
    """A learner that learns nothing."""

    def __init__(self, **_):
        pass

    def run(self, oracle):
        return Base()


@pytest.mark.parametrize("listed", [False, True])
def test_gaps_of_whole_responses_are_told_in_units_of_eps(monkeypatch, listed):
    monkeypatch.setattr(horizon, "SpannerSampling", Idle)
    world = horizon.sequence_runs((3, 4), 0.2, Rows((f"idle {listed}",), (0, 1), 0), listed=listed)
    # `eps` is a fifth of the base policy's gap, and this is the base policy.
    np.testing.assert_allclose(world.gap, 5.0, rtol=1e-9)

"""A call of the softmax sampler whose last candidate nobody paid for is not served."""

from types import SimpleNamespace

import numpy as np

from explore_theory.oracles.answers import NO_RESPONSE, Found, Status
from explore_theory.oracles.expressions import Constant
from explore_theory.oracles.softmax_sampler import SoftmaxSampler


def test_a_fallback_that_could_not_be_paid_for_is_not_served():
    nothing = np.full(2, NO_RESPONSE)
    found = Found(
        status=np.full(2, int(Status.MISS)),
        response=nothing.copy(),
        features=np.zeros((2, 1)),
        used=np.ones(2),
        clipped=np.zeros(2, dtype=bool),
    )
    fresh = SimpleNamespace(
        response=np.array([[3], [NO_RESPONSE]]),
        features=np.array([[[0.5]], [[0.0]]]),
        served=np.array([True, False]),
    )
    oracle = SimpleNamespace(
        active=np.ones(2, dtype=bool), tilt=lambda *_, **__: found, draw=lambda *_, **__: fresh
    )
    sampler = SoftmaxSampler(ratio=2.0, normaliser=1, tries=1)
    drawn = sampler.sample(oracle, None, Constant(0.0), np.ones(2, dtype=bool), np.zeros(2))
    assert drawn.served.tolist() == [True, False]
    assert drawn.missed.tolist() == [True, False]
    assert drawn.response.tolist() == [3, NO_RESPONSE]

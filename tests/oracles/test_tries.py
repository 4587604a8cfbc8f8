"""Candidates drawn without the estimate of the normaliser have the law that they have with it."""

import itertools
import math

import numpy as np
import pytest

from explore_theory.foundation.compiled import compiled
from explore_theory.oracles.kernels.tries import LARGEST, MOST, plain, sums, tries

DRAWS, LEVEL = 200_000, 1e-6


@compiled
def fill(gen, mass, weight, total, ratio, calls, draws):
    chances = np.empty(MOST)
    for k in range(draws.size):
        draws[k] = tries(gen, mass, weight, total, ratio, calls, chances)


def by_definition(mass, weight, ratio, calls, longest):
    """``P(T = t)`` for ``t = 1, .., longest``: every count of every atom, then a geometric number."""
    total = float(mass @ weight)
    law = np.zeros(longest)
    for others in itertools.product(range(calls + 1), repeat=mass.size - 1):
        if sum(others) > calls:
            continue
        counts = np.array([*others, calls - sum(others)])
        chance = math.factorial(calls) * math.prod(
            float(p) ** c / math.factorial(c) for p, c in zip(mass, counts.tolist(), strict=True)
        )
        if chance == 0.0:
            continue
        accepted = total / (counts @ weight / calls * ratio)
        law += chance * accepted * (1 - accepted) ** np.arange(longest)
    return law


@pytest.mark.parametrize(
    ("mass", "weight", "ratio", "calls"),
    [
        ([0.3, 0.5, 0.2], [1.0, 0.8, 0.6], 2.5, 10),
        ([0.1, 0.2, 0.3, 0.2, 0.2], [0.7, 1.0, 0.9, 0.5, 0.8], 2.0, 6),
        ([0.5, 0.5], [1.0, 0.4], 4.0, 40),
        # An atom without mass has no weight either.
        ([0.4, 0.0, 0.6], [1.0, 0.0, 0.75], 1.5, 5),
    ],
)
def test_candidates_follow_the_law_of_all_counts(mass, weight, ratio, calls):
    mass, weight = np.array(mass), np.array(weight)
    total, least = sums(mass, weight, np.empty(mass.size))
    assert plain(total, least, ratio, calls)
    law = by_definition(mass, weight, ratio, calls, 400)
    assert law.sum() == pytest.approx(1, abs=1e-12)
    draws = np.empty(DRAWS)
    fill(np.random.Generator(np.random.Philox(key=[7, calls])), mass, weight, total, ratio, calls, draws)
    found = np.bincount(draws.astype(int), minlength=401)[1:401] / DRAWS
    # Dvoretzky, Kiefer and Wolfowitz, with Massart's constant.
    assert np.abs(np.cumsum(found) - np.cumsum(law)).max() <= math.sqrt(math.log(2 / LEVEL) / (2 * DRAWS))
    # Each count on its own, by Bernstein's inequality: the first few hold most of the mass.
    log = math.log(2 * law.size / LEVEL)
    assert (np.abs(found - law) <= np.sqrt(2 * law * log / DRAWS) + log / (3 * DRAWS)).all()


def test_on_average_there_are_as_many_candidates_as_the_ratio():
    """``E T = E Zhat M / Z = M``, at the size of a real schedule, where nothing can be enumerated."""
    rng = np.random.default_rng(3)
    mass, weight = rng.dirichlet(np.full(20, 3.0)), np.exp(rng.uniform(-2.5, 0.0, 20))
    weight /= weight.max()
    total, least = sums(mass, weight, np.empty(20))
    assert plain(total, least, 118.0, 3923.0)
    draws = np.empty(DRAWS)
    fill(np.random.Generator(np.random.Philox(key=9)), mass, weight, total, 118.0, 3923.0, draws)
    spread = draws.std() / math.sqrt(DRAWS)
    assert abs(draws.mean() - 118.0) <= 5.5 * spread
    # A geometric number of this mean has about this deviation, and the estimate adds its own.
    noise = float(mass @ weight**2) / total**2 - 1
    second = 118.0 * 117.0 + 2 * 118.0**2 * noise / 3923.0
    assert draws.var() == pytest.approx(second, rel=0.02)


@pytest.mark.parametrize(
    ("weight", "ratio", "calls", "fits"),
    [
        ([1.0, 0.5], 2.0, 100, True),
        # An estimate from the second atom alone would let the first one clip.
        ([1.0, 0.49], 2.0, 100, False),
        ([1.0, 0.5], 2.0, 6, False),
        ([1.0, 0.5], 2.0, 7, True),
    ],
)
def test_weights_that_could_clip_and_few_calls_are_drawn_in_full(weight, ratio, calls, fits):
    mass = np.array([0.5, 0.5])
    total, least = sums(mass, np.array(weight), np.empty(2))
    assert plain(total, least, ratio, calls) == fits
    assert LARGEST == 0.25, "the numbers of calls above are for this"


def test_sums_leave_out_atoms_without_mass():
    cumulative = np.empty(3)
    total, least = sums(np.array([0.5, 0.0, 0.5]), np.array([1.0, 0.0, 0.6]), cumulative)
    assert (total, least) == (0.8, 0.6)
    assert cumulative.tolist() == [0.5, 0.5, 0.8]

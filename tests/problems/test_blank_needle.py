"""The needle beside a blank: what the base policy gives, what it never gives, and who can find it."""

import math

import numpy as np
import pytest

from explore_theory import exact, oracles
from explore_theory.algorithms import RandomDirections, WeakSampling
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.policies import Base, Mixture, PointMass, Softmax
from explore_theory.problems import BlankNeedle

HUGE = 10**18


def needle(**changes):
    values = {"responses": 10, "coverage": 4.0, "dimension": 2, "beta": 0.5}
    return BlankNeedle.draw(**(values | changes))


def explicit(**changes):
    values = {"responses": 10, "coverage": 4.0, "dimension": 2, "beta": 0.5}
    return BlankNeedle(**(values | {"needles": [3], "directions": [[0.6, 0.8]]} | changes))


def test_the_blank_is_never_the_needle():
    with pytest.raises(InvalidProblem, match=r"needles\[0\] must lie in \[1, 9\], got needles\[0\]=0"):
        explicit(needles=[0])
    needles = needle(responses=4, worlds=2000).needles
    counts = np.bincount(needles, minlength=4)
    assert counts[0] == 0
    assert np.all(np.abs(counts[1:] - 2000 / 3) < 6 * math.sqrt(2000 * 2 / 9))
    assert needle(responses=2, worlds=5).needles.tolist() == [1] * 5


def test_the_base_policy_gives_the_needle_and_the_blank_alone():
    atoms = explicit().atoms(np.zeros((1, 1), dtype=np.int64), np.array([[[5, 0, 3, 5, -1, 9]]]))
    assert atoms.id[0, 0].tolist() == [3, -1, 0, 5, -1, -1, -1, -1, 9]
    assert atoms.size[0, 0].tolist() == [1, 6, 1, 1, 0, 0, 0, 0, 1]
    np.testing.assert_allclose(np.exp(atoms.log_mass[0, 0]), [0.25, 0, 0.75, 0, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(atoms.reward[0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(atoms.features[0, 0, 0], [0.6, 0.8])
    assert not atoms.features[0, 0, 1:].any()


def test_members_of_the_rest_are_neither_needle_nor_blank():
    drawn = explicit().member(
        np.zeros(1, dtype=np.int64),
        np.array([[0, 2, 3, *[1] * 500]]),
        Streams(("m",), range(1)),
        named=np.array([[5]]),
    )
    assert drawn[0, :3].tolist() == [3, 0, 5]
    assert set(drawn[0, 3:].tolist()) == {1, 2, 4, 6, 7, 8, 9}


@pytest.mark.parametrize("law", ["literal", "exact-law"])
def test_draws_are_the_needle_or_the_blank(law):
    problem = needle(responses=HUGE, coverage=2.0, worlds=4)
    sample = (oracle := oracles.open(problem, law=law, replicates=4)).draw(oracle.prompt(), 400)
    hit = sample.response == problem.needles[:, None]
    assert not sample.response[~hit].any()
    assert 0.4 < hit.mean() < 0.6
    np.testing.assert_array_equal(sample.features, np.where(hit[..., None], problem.directions[:, None], 0.0))


@pytest.mark.parametrize("responses", [2, 10, HUGE])
def test_gaps_by_hand(responses):
    problem = needle(responses=responses, coverage=5.0, beta=0.25, worlds=3)
    best = 0.25 * math.log(1 + (math.exp(4) - 1) / 5)
    np.testing.assert_allclose(exact.soft_value(problem), [best] * 3, rtol=1e-12)
    np.testing.assert_allclose(exact.gap(problem, Base()), [best - 1 / 5] * 3, rtol=1e-12)
    np.testing.assert_allclose(exact.gap(problem, Softmax(problem.directions)), 0, atol=1e-14)
    np.testing.assert_allclose(exact.coverage(problem), [problem.optimal_coverage] * 3, rtol=1e-12)
    needles, blank = PointMass(problem.needles), PointMass(0)
    np.testing.assert_allclose(exact.gap(problem, needles), best - 1 + 0.25 * math.log(5), rtol=1e-9)
    np.testing.assert_allclose(exact.gap(problem, blank), best - 0.25 * math.log(0.8), rtol=1e-12)
    # The optimal policy, put together from the needle and the blank.
    q = problem.optimal_mass
    np.testing.assert_allclose(exact.gap(problem, Mixture([q, 1 - q], (needles, blank))), 0, atol=1e-14)


def test_a_wrong_name_has_an_infinite_gap():
    problem = explicit(needles=[1])
    assert exact.gap(problem, PointMass(2)).tolist() == [math.inf]
    assert exact.gap(problem, Mixture([1e-9, 1 - 1e-9], (PointMass(2), PointMass(1)))).tolist() == [math.inf]


def test_weak_sampling_and_names_find_it_as_often_as_they_should():
    # 1 - (1 - 1/4)^2 (1 - 3/9): two draws, then three names.
    problem = needle(worlds=4096, beta=0.2)
    learner = WeakSampling(calls=2, names=3, remember=True)
    found = exact.gap(problem, learner.run(oracles.open(problem, law="exact-law", replicates=4096))) < 0.1
    expected = 1 - 0.75**2 * (1 - 3 / 9)
    assert abs(found.mean() - expected) < 5 * math.sqrt(expected * (1 - expected) / 4096)


def test_draws_eliminate_no_names():
    # After any number of misses the nine needles are alike; on the spread needle misses would help.
    problem = needle(coverage=1e9, worlds=2048, dimension=30, beta=0.04)
    learner = RandomDirections(calls=200, block=50, names=4)
    found = exact.gap(problem, learner.run(oracles.open(problem, law="exact-law", replicates=2048))) < 0.1
    # The blank is among the names of a learner that has forgotten what it has seen.
    assert abs(found.mean() - 3 / 9) < 5 * math.sqrt(2 / 9 / 2048)

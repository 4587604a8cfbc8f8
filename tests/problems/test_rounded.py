"""What a language model gives in float32 is taken and mended; nothing of the kind is forgiven in float64."""

from dataclasses import replace

import numpy as np
import pytest

from explore_theory import TabularProblem, exact
from explore_theory.errors import InvalidProblem
from explore_theory.foundation import laws
from explore_theory.foundation.validation import SUM_TOLERANCE, probabilities, slack
from explore_theory.policies import Base, Mixture, PointMass, Softmax, Tabular
from explore_theory.problems import Bernoulli, Gaussian, Layer, markov_problem, tree_problem
from explore_theory.problems.rounded import linear_rewards
from explore_theory.reporting.instances import planned
from explore_theory.reporting.runs import plan_lines

TOKENS = 50257


def said(path):
    """The plan of a run on the file at `path`."""
    how = {"settings": {"rounds": "5"}, "law": "exact-law", "seed": 0, "replicates": 1, "budgets": {}}
    return planned("passive-sampling", str(path), **how).said


def logits(scale=3.0, seed=0, tokens=TOKENS):
    return (scale * np.random.default_rng(seed).normal(size=(1, tokens))).astype(np.float32)


def softmax(z):
    """As every package has it, in the type of `z`."""
    mass = np.exp(z - z.max())
    return mass / mass.sum()


def softmax_in_lanes(z, lanes=16):
    """As a vectorised kernel sums: each lane in order, in float32."""
    mass = np.exp(z - z.max())
    padded = np.pad(mass[0], (0, -mass.size % lanes)).reshape(-1, lanes)
    return mass / np.cumsum(padded, axis=0, dtype=np.float32)[-1].sum(dtype=np.float32)


def log_softmax(z):
    """Naively, so that the rounded log-sum shifts every entry alike."""
    return z - np.log(np.exp(z).sum(dtype=np.float32))


def unit(shape, dtype=np.float32, seed=0):
    vectors = np.random.default_rng(seed).normal(size=shape).astype(dtype)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).astype(dtype)


def over(law=None, **changes):
    """A problem of one prompt over the responses of `law`, which is uniform on 64 by default."""
    count = 64 if law is None else np.shape(law)[-1]
    given = {
        "prompt_mass": [1.0],
        "beta": 0.1,
        "reward": np.zeros((1, count)),
        "features": np.zeros((1, count, 1)),
        "base": np.full((1, count), 1 / count) if law is None else law,
    }
    return TabularProblem(**given | changes)


@pytest.mark.parametrize("make", [softmax, softmax_in_lanes])
@pytest.mark.parametrize("seed", range(4))
def test_a_float32_softmax_is_a_base_policy(make, seed):
    given = make(logits(seed=seed))
    problem = over(given)
    exactly = given.astype(np.float64) / given.astype(np.float64).sum()
    np.testing.assert_allclose(problem.base, exactly, rtol=1e-15)
    assert abs(problem.base.sum() - 1) < 1e-14
    assert problem.adjusted["base"] == pytest.approx(abs(given.sum(dtype=np.float64) - 1), rel=1e-6, abs=0)


@pytest.mark.parametrize("shift", [0.0, -40.0])
def test_float32_log_probabilities_are_a_policy_and_a_base_policy(shift):
    given = log_softmax(logits() + np.float32(shift))
    assert abs(laws.log_sum_exp(given)[0]) > SUM_TOLERANCE
    table = Tabular(given).log_probs
    assert abs(laws.log_sum_exp(table)[0]) < 1e-14
    np.testing.assert_allclose(table, given, atol=1e-5)
    problem = over(given, base=None, log_base=given)
    np.testing.assert_array_equal(problem.log_base, table)
    assert problem.adjusted.keys() == {"log_base"}
    assert exact.kl(problem, Tabular(given), Base())[0] == pytest.approx(0, abs=1e-14)


def test_float16_is_taken_to_its_own_rounding():
    law = softmax(logits(1.0, tokens=64)).astype(np.float16)
    assert abs(over(law).base.sum() - 1) < 1e-15
    logs = np.full((1, 50257), -np.log(50257), dtype=np.float16)
    assert abs(laws.log_sum_exp(logs)[0]) > 1e-4
    assert abs(laws.log_sum_exp(Tabular(logs).log_probs)[0]) < 1e-14


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_vectors_of_rounded_length_one_are_shortened(dtype):
    given = unit((1, 64, 16), dtype)
    problem = over(features=given)
    norms = np.linalg.norm(problem.features, axis=-1)
    long = np.linalg.norm(given.astype(np.float64), axis=-1) > 1 + 1e-12
    assert 0 < long.sum() < 64
    assert norms.max() <= 1 + 1e-15
    np.testing.assert_array_equal(problem.features[~long], given[~long])
    assert 0 < problem.adjusted["features"] < slack(given, "length")
    layer = Layer(
        base=softmax(logits(tokens=64)), reward=np.zeros((1, 64)), features=given, next=np.zeros((1, 64), int)
    )
    np.testing.assert_array_equal(layer.features, problem.features)


def linear(**changes):
    features = unit((1, 64, 16)) * np.float32(0.99)
    theta = unit((16,), seed=1)
    return {
        "features": features,
        "theta_star": theta,
        "reward": features @ theta,
        "parameter_radius": 1.001,
    } | (changes)


def test_float32_rewards_become_linear_to_the_last_digit():
    given = linear()
    problem = over(**given)
    residual = problem.reward - problem.features @ problem.theta_star
    assert np.ptp(residual) < 1e-15
    assert np.abs(problem.reward - given["reward"]).max() == problem.adjusted["reward"] < 2e-7
    assert exact.gap(problem, Softmax(problem.theta_star))[0] == pytest.approx(0.0, abs=1e-14)


def test_a_parameter_longer_than_its_ball_by_rounding_is_shortened():
    lengths = {s: np.linalg.norm(unit((16,), seed=s).astype(np.float64)) for s in range(9)}
    theta = unit((16,), seed=max(lengths, key=lengths.get))
    assert np.linalg.norm(theta.astype(np.float64)) > 1 + 1e-9
    problem = over(**linear(theta_star=theta, reward=linear()["features"] @ theta, parameter_radius=1.0))
    assert np.linalg.norm(problem.theta_star) <= 1 + 1e-15
    assert problem.facts.parameters.contains(problem.theta_star)
    assert problem.adjusted["theta_star"] > 0


def test_rewards_in_another_unit_are_held_to_the_same_digits():
    given = linear()
    for scale in (1e-3, 1e3):
        change = {name: given[name] * np.float32(scale) for name in ("reward", "theta_star")}
        change["parameter_radius"] = 1.001 * scale
        over(**given | change)
        wrong = change["reward"] + np.float32(1e-4 * scale) * (np.arange(64) % 2)
        with pytest.raises(InvalidProblem, match="reward must have differences"):
            over(**given | change | {"reward": wrong.astype(np.float32)})


def test_rewards_that_leave_the_range_of_their_noise_are_refused_as_before():
    given = linear()
    inside = given["reward"] / np.float32(4) + np.float32(0.5)
    theta = given["theta_star"] / np.float32(4)
    problem = over(**given | {"reward": inside, "theta_star": theta}, noise=Bernoulli())
    assert 0 <= problem.reward.min() <= problem.reward.max() <= 1
    with pytest.raises(InvalidProblem, match="reward"):
        over(**given, noise=Bernoulli())


AS_FLOAT64 = {
    "softmax": (lambda: over(softmax(logits()).astype(np.float64)), "sum to one"),
    "softmax as a list": (lambda: over([softmax(logits())[0].tolist()]), "sum to one"),
    "log-softmax": (lambda: Tabular(log_softmax(logits()).astype(np.float64)), "sum to one"),
    "log-softmax as a base": (
        lambda: over(logits(), base=None, log_base=log_softmax(logits()).astype(np.float64)),
        "must hold laws",
    ),
    "features": (lambda: over(features=unit((1, 64, 16)).astype(np.float64)), "norm at most 1"),
    "weights": (
        lambda: Mixture(np.array([0.1, 0.2, 0.7], np.float32).astype(np.float64), (PointMass(0),) * 3),
        "sum to one",
    ),
}


@pytest.mark.parametrize(("make", "rule"), AS_FLOAT64.values(), ids=AS_FLOAT64.keys())
def test_in_float64_it_is_refused_with_what_to_do(make, rule):
    with pytest.raises(InvalidProblem, match=rule) as caught:
        make()
    assert "give float32 as float32, or divide" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rewards_in_float64_are_held_to_1e9():
    given = {name: np.asarray(value, np.float64) for name, value in linear().items()}
    with pytest.raises(InvalidProblem, match=r"reward must have differences .* to 1e-09, got an error of"):
        over(**given | {"parameter_radius": 1.001})


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.float64])
@pytest.mark.parametrize("lost", [0.02, 0.15, -0.02])
def test_a_law_that_does_not_sum_to_one_is_refused_in_every_type(dtype, lost):
    law = np.array([0.5, 0.3, 0.2 - lost], dtype=dtype)
    ways = (
        lambda: over(law[None]),
        lambda: Tabular(np.log(law)[None]),
        lambda: over(law[None], base=None, log_base=np.log(law)[None]),
        lambda: probabilities("law", law, (3,)),
        lambda: Mixture(law, (PointMass(0), PointMass(1), PointMass(2))),
        lambda: Mixture(None, (PointMass(0), PointMass(1), PointMass(2)), np.log(law)),
    )
    for way in ways:
        with pytest.raises(InvalidProblem) as caught:
            way()
        assert "rounding" not in str(caught.value)


def test_float32_is_forgiven_its_own_rounding_and_not_that_of_shorter_types():
    for dtype, good, bad in ((np.float32, 5e-6, 5e-5), (np.float16, 5e-4, 3e-3)):
        probabilities("law", np.array([0.5, 0.5 - good], dtype=dtype), (2,))
        with pytest.raises(InvalidProblem, match="sum to one"):
            probabilities("law", np.array([0.5, 0.5 - bad], dtype=dtype), (2,))


def test_one_row_of_float64_among_float32_makes_all_strict():
    short = softmax(logits(tokens=8))
    assert slack([short[0], short[0]], "masses") == slack(short, "masses") == 1e-5
    assert slack([short[0], short[0].astype(np.float64)], "masses") == 0
    assert slack([0.5, 0.5], "masses") == slack(np.array([1, 0]), "masses") == slack([], "masses") == 0


def test_a_list_of_float32_rows_is_float32():
    row = softmax(logits(seed=3))[0]
    assert over([row]).adjusted.keys() == {"base"}
    tokens = softmax(np.stack([logits(seed=s, tokens=4000)[0][:2] for s in range(2)]).T[:, :2])
    tokens = (tokens / tokens.sum(axis=-1, keepdims=True)).astype(np.float32)
    assert (
        abs(markov_problem(base=tokens, reward=np.zeros((1, 2, 2)), beta=1.0).layers[0].base.sum() - 2)
        < 1e-15
    )
    tree_problem(base=[tokens[:1], tokens], reward=np.zeros(4), beta=1.0)


def test_what_float64_gives_is_not_changed_and_says_so():
    problem = over(np.full((1, 4), 0.25), features=np.eye(4)[None], reward=[[0.1, 0.2, 0.3, 0.4]],
                   theta_star=[0.1, 0.2, 0.3, 0.4], parameter_radius=1.0)  # fmt: skip
    assert problem.adjusted == {}
    nearly = over(np.full((1, 4), 0.25 + 1e-11))
    assert nearly.adjusted == {"base": pytest.approx(4e-11, rel=1e-3, abs=0)}
    assert replace(nearly, beta=1.0).adjusted == {}


def test_a_file_of_float32_is_taken_and_a_run_on_it_says_what_was_mended(tmp_path):
    given = linear()
    members = {
        "format": "explore-theory tabular problem", "version": 1, "noise": "gaussian", "noise_scale": 0.1,
        "prompt_mass": [1.0], "beta": 0.1, "base": softmax_in_lanes(logits(tokens=64)), **given,
    }  # fmt: skip
    np.savez(tmp_path / "model.npz", **members)
    problem = TabularProblem.load(tmp_path / "model.npz")
    assert problem.noise == Gaussian(0.1)
    assert problem.adjusted.keys() >= {"reward"}
    assert "adjusted for rounding in the file: " in "\n".join(plan_lines(said(tmp_path / "model.npz")))
    assert said(tmp_path / "model.npz")["adjusted"] == problem.adjusted
    problem.save(tmp_path / "again.npz")
    again = TabularProblem.load(tmp_path / "again.npz")
    for name in ("base", "features", "reward", "theta_star"):
        np.testing.assert_array_equal(getattr(again, name), getattr(problem, name))
    assert "adjusted" not in "\n".join(plan_lines(said(tmp_path / "again.npz")))


def test_rewards_made_linear_lie_in_the_middle_of_those_given():
    features, theta = np.array([[[0.5], [0.25], [-0.5]]]), np.array([0.5])
    linear = (features * theta).sum(axis=-1)
    missed = np.array([[0.0, 3e-7, -1e-7]])
    mended = linear_rewards(linear + 0.25 + missed, features, theta)
    np.testing.assert_allclose(mended - linear, 0.25 + 1e-7, rtol=0, atol=1e-15)

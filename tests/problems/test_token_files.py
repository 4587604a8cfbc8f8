"""Files of autoregressive problems: what is saved is what is loaded, and one line for everything else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.exact import soft_dynamics
from explore_theory.problems import (
    AutoregressiveProblem,
    Bernoulli,
    Gaussian,
    NoNoise,
    ladder_problem,
    product_problem,
    random_markov_problem,
    tree_problem,
)
from explore_theory.problems.storage import read_arrays

PROBLEMS = {
    "markov": random_markov_problem(horizon=5, vocabulary=3, dimension=2, beta=0.3, noise=Gaussian(0.2)),
    "ladder": ladder_problem(horizon=4, beta=0.2, noise=Bernoulli()),
    "product": product_problem(horizon=3, weight=0.5, beta=0.1),
    "tree": tree_problem(base=[[[0.5, 0.5]], [[0.1, 0.9], [1.0, 0.0]]], reward=[0, 1, 2, 3], beta=1.0),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_is_saved_is_loaded(name, tmp_path):
    problem, path = PROBLEMS[name], tmp_path / "problem.npz"
    problem.save(path)
    found = AutoregressiveProblem.load(path)
    assert found.horizon == problem.horizon
    assert found.noise == problem.noise
    assert (found.theta is None) == (problem.theta is None)
    for one, other in zip(found.layers, problem.layers, strict=True):
        for part in ("base", "reward", "features", "next"):
            assert np.array_equal(getattr(one, part), getattr(other, part))
    assert soft_dynamics.log_coverage(found) == soft_dynamics.log_coverage(problem)
    assert found.facts == problem.facts


def test_layers_that_are_one_object_are_written_once(tmp_path):
    path = tmp_path / "problem.npz"
    product_problem(horizon=50, weight=0.5, beta=0.1).save(path)
    assert read_arrays(path)["base"].shape == (1, 2)
    found = AutoregressiveProblem.load(path)
    assert len({id(layer) for layer in found.layers}) == 1


def written(tmp_path, **changes):
    path = tmp_path / "problem.npz"
    PROBLEMS["markov"].save(path)
    arrays = {**read_arrays(path), **changes}
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layer": None}, "got no layer"),
        ({"extra": np.zeros(1)}, "the file must hold nothing but the arrays of a problem, got 'extra'"),
        ({"layer": np.array([0, 1, 2, 3, 9])}, r"layer\[4\] must lie in \[0, 4\]"),
        ({"layer": np.array([], dtype=int)}, "layer must be one or more whole numbers in a row"),
        ({"layer": np.zeros(5)}, "layer must be one or more whole numbers in a row"),
        ({"states": np.array([3, 3, 3, 3, 4])}, "base must have a row for each of the 16 states"),
        ({"states": np.array([0, 3, 3, 3, 6])}, r"states\[0\] must be at least 1|states\[0\] must lie in"),
        ({"next": np.full((15, 3), 7)}, "next must hold states of the next layer, below 3"),
        ({"base": np.full((15, 3), 0.5)}, "base must"),
        ({"beta": np.float64(np.nan)}, "beta must"),
        ({"format": "something else"}, "format must be 'explore-theory autoregressive problem'"),
        ({"version": 2}, "version must be 1, got version=2"),
        ({"theta": np.zeros((5, 2))}, "theta must make differences of Q_h equal"),
        ({"conditional_coverage": 1.0}, "conditional_coverage must be at least C_cond"),
    ],
)
def test_what_is_no_problem_is_refused_in_one_line(tmp_path, changes, message):
    path = written(tmp_path, **changes)
    with pytest.raises(InvalidProblem, match=message) as caught:
        AutoregressiveProblem.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def outcome(path):
    try:
        AutoregressiveProblem.load(path)
    except InvalidProblem as error:
        clear = str(error).startswith(str(path)) and "\n" not in str(error)
        return "one clear line" if clear else str(error)
    return "a problem"


@settings(max_examples=60)
@given(st.data())
def test_no_damage_gives_anything_but_a_problem_or_one_line(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    PROBLEMS["ladder"].save(path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content[: data.draw(st.integers(0, len(content)))]))
    assert outcome(path) in ("a problem", "one clear line")


def test_a_noise_law_of_ones_own_cannot_be_saved(tmp_path):
    class Odd(NoNoise):
        pass

    problem = product_problem(horizon=2, weight=0.5, beta=0.1, noise=Odd())
    with pytest.raises(InvalidProblem, match="noise must be a law of this package to be saved"):
        problem.save(tmp_path / "problem.npz")
    assert not list(tmp_path.iterdir())

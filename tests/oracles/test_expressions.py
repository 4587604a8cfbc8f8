"""Questions: what they mean, that they are data, and that nonsense is refused."""

import numpy as np
import pytest

from explore_theory.errors import OracleMisuse
from explore_theory.oracles import Dot, Norm, Relative, Seen
from explore_theory.oracles.expressions import Constant, Draws

FEATURES = np.array([[[3.0, 4.0], [0.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [2.0, 0.0], [-1.0, 1.0]]])
DRAWS = Draws(FEATURES, np.array([[5, 2, -1], [2, 2, 0]]))


@pytest.mark.parametrize(
    ("expr", "value"),
    [
        (Norm(), [[5, 0, 1], [1, 2, 2**0.5]]),
        (Norm(np.diag([4.0, 1.0])), [[52**0.5, 0, 2], [1, 4, 5**0.5]]),
        (Norm(np.array([np.eye(2), 4 * np.eye(2)])), [[5, 0, 1], [2, 4, 2 * 2**0.5]]),
        (Dot([1.0, -1.0]), [[-1, 0, 1], [-1, 2, -2]]),
        (Dot([[1.0, 0.0], [0.0, 1.0]]), [[3, 0, 1], [1, 0, 1]]),
        (Norm(vector=Relative([3.0, 0.0])), [[4, 3, 2], [10**0.5, 1, 17**0.5]]),
        (Dot([1.0, 0.0], Relative([[1.0, 0.0], [2.0, 0.0]])), [[2, -1, 0], [-2, 0, -3]]),
        (Constant(2.5), [[2.5] * 3] * 2),
        (Constant([1.0, 2.0]), [[1] * 3, [2] * 3]),
    ],
)
def test_terms(expr, value):
    np.testing.assert_allclose(expr.on(DRAWS), value)


@pytest.mark.parametrize(
    ("expr", "value"),
    [
        (Norm() > 1, [[1, 0, 0], [0, 1, 1]]),
        (Norm() >= 1, [[1, 0, 1], [1, 1, 1]]),
        (Norm() < [1.0, 2.0], [[0, 1, 0], [1, 0, 1]]),
        (Norm() <= Dot([1.0, 0.0]), [[0, 1, 1], [0, 1, 0]]),
        (Seen([2]), [[0, 1, 0], [1, 1, 0]]),
        (Seen([[5, -1], [0, -1]]), [[1, 0, 0], [0, 0, 1]]),
        (~Seen([2]), [[1, 0, 1], [0, 0, 1]]),
        (~Seen([2]) & (Norm() > 1), [[1, 0, 0], [0, 0, 1]]),
        (Seen([2]) | (Norm() > 4), [[1, 1, 0], [1, 1, 0]]),
    ],
)
def test_conditions(expr, value):
    np.testing.assert_array_equal(expr.on(DRAWS), np.array(value, dtype=bool))


def test_conditions_name_what_must_stand_alone():
    assert ((Norm() > 1) & ~Seen([2, 3])).named.tolist() == [[2, 3]]
    assert (Seen([[1], [2]]) | Seen([7])).named.tolist() == [[1, 7], [2, 7]]
    assert (Norm() > 1).named.shape == (1, 0)


def test_atoms_and_samples_give_the_same_answers_bit_for_bit():
    rng = np.random.default_rng(0)
    features, theta, root = rng.normal(size=(4, 9, 6)), rng.normal(size=(4, 6)), rng.normal(size=(4, 6, 6))
    inverse = root @ root.transpose(0, 2, 1)
    which = rng.integers(0, 9, size=(4, 50))
    sampled = np.take_along_axis(features, which[..., None], axis=1)
    for expr in (Dot(theta), Norm(), Norm(inverse), Norm(inverse, Relative(theta))):
        atoms, samples = (expr.on(Draws(f, None)) for f in (features, sampled))
        np.testing.assert_array_equal(samples, np.take_along_axis(atoms, which, axis=1))


def test_questions_are_frozen_copies():
    theta = np.ones(2)
    question = Dot(theta)
    theta[0] = 9
    assert question.theta.tolist() == [1, 1]
    with pytest.raises(ValueError, match="read-only"):
        question.theta[0] = 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Dot(["a"]), "theta must be an array of real numbers"),
        (lambda: Dot(1.0), "theta must be finite with 1 or 2 axes"),
        (lambda: Dot([np.nan]), "theta must be finite"),
        (lambda: Norm(np.ones(2)), "inverse must be finite with 2 or 3 axes"),
        (lambda: Norm() > np.inf, "value must be finite"),
        (lambda: Seen([0.5]), "ids must be response indices"),
        (lambda: bool(Norm() > 1), "a condition must be combined by &, | and ~"),
        (lambda: Dot(np.ones(3)).on(DRAWS), "theta must have shape (2,) or (2, 2)"),
        (lambda: Norm(np.eye(3)).on(DRAWS), "inverse must have shape (2, 2) or (2, 2, 2)"),
        (lambda: (Norm() > [1.0, 2.0, 3.0]).on(DRAWS), "value must have one entry per replicate (2), got 3"),
        (lambda: Seen([[1], [2], [3]]).on(DRAWS), "ids must have one row per replicate (2), got 3"),
        (lambda: (Seen([[1], [2]]) & Seen([[1]] * 3)).named, "ids must have one number of replicates"),
    ],
)
def test_bad_questions(call, message):
    with pytest.raises(OracleMisuse) as caught:
        call()
    assert message in str(caught.value)

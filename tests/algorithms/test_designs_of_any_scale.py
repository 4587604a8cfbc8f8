"""Optimal designs of collinear, nearly collinear and badly scaled features, and the learner on a file."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from explore_theory import TabularProblem, exact, oracles
from explore_theory.algorithms import OptimalDesign
from explore_theory.algorithms.enumeration.design import (
    OPTIMAL,
    design_again,
    design_of,
    leverage,
    optimal_design,
)
from explore_theory.algorithms.enumeration.span import COLLINEAR, scaled, span_of
from explore_theory.certify.leverage import largest_leverage
from explore_theory.cli import main
from explore_theory.problems import Gaussian, NoNoise
from explore_theory.running.responses import learner

VECTORS = np.random.default_rng(0).normal(size=(20, 4))
TURN = np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4)))[0]
NOISE = np.random.default_rng(2).normal(size=20)


def with_column(column):
    return np.column_stack([VECTORS, column])


FEATURES = {
    "as they are": (VECTORS, 4),
    "columns in other units": (VECTORS * [1, 1e-3, 1e-6, 1e-9], 4),
    "columns in very other units": (VECTORS * [1, 1e-60, 1e-120, 1e100], 4),
    "large": (VECTORS * 1e150, 4),
    "small": (VECTORS * 1e-200, 4),
    "a small direction": (VECTORS * [1, 1e-3, 1e-6, 1e-8] @ TURN, 4),
    "a direction too small": (VECTORS * [1, 1, 1, 1e-13] @ TURN, 3),
    "a column too many": (with_column(VECTORS[:, 0] + VECTORS[:, 1]), 4),
    "a column nearly too many": (with_column(VECTORS[:, 0] + VECTORS[:, 1] + 1e-7 * NOISE), 5),
    "a column as good as too many": (with_column(VECTORS[:, 0] + VECTORS[:, 1] + 1e-13 * NOISE), 4),
    "a column too many in other units": (with_column(1e-30 * (VECTORS[:, 0] - VECTORS[:, 2])), 4),
    "a column of zeros": (with_column(np.zeros(20)), 4),
    "every vector twice": (np.vstack([VECTORS, VECTORS]), 4),
    "lengths of every order": (VECTORS * np.logspace(0, -9, 20)[:, None], 4),
    "one vector in a direction of its own": (
        np.vstack([VECTORS[:, :3] @ np.eye(3, 4), [[0, 0, 0, 1e-9]]]),
        4,
    ),
    "fewer vectors than dimensions": (VECTORS[:3] * [1, 1e-5, 1, 1e5], 3),
    "one vector": (VECTORS[:1] * 1e-9, 1),
}


def exact_leverages(vectors, weights):
    """In rationals, by Gauss and Jordan."""
    rows = [[Fraction(x) for x in row] for row in vectors.tolist()]
    mass = [Fraction(w) / sum(map(Fraction, weights.tolist())) for w in weights.tolist()]
    size = len(rows[0])
    work = [
        [
            sum((w * row[i] * row[j] for w, row in zip(mass, rows, strict=True)), Fraction(0))
            for j in range(size)
        ]
        + [row[i] for row in rows]
        for i in range(size)
    ]
    for i in range(size):
        pivot = next(k for k in range(i, size) if work[k][i])
        work[i], work[pivot] = work[pivot], work[i]
        work[i] = [x / work[i][i] for x in work[i]]
        for k in range(size):
            if k != i:
                work[k] = [x - work[k][i] * y for x, y in zip(work[k], work[i], strict=True)]
    return [sum((work[i][size + y] * row[i] for i in range(size)), Fraction(0)) for y, row in enumerate(rows)]


@pytest.mark.parametrize(("vectors", "rank"), FEATURES.values(), ids=FEATURES.keys())
def test_a_design_proves_itself_whatever_the_scale(vectors, rank):
    design = design_of(vectors)
    assert design.rank == rank == design.columns.size
    assert design.weights.sum() == pytest.approx(1)
    assert (design.weights >= 0).all()
    worst = max(exact_leverages(vectors[:, design.columns], design.weights))
    assert worst <= Fraction(design.largest) <= rank * (1 + Fraction(OPTIMAL))
    assert float(worst) == pytest.approx(design.largest, rel=1e-12)
    assert rank * (1 - 1e-12) <= worst
    assert leverage(vectors, design.weights).max() == pytest.approx(rank, rel=1e-5)


@given(
    st.lists(st.floats(-12, 12), min_size=4, max_size=4),
    st.floats(1e-3, 1),
    st.integers(0, 10**6),
)
def test_a_linear_map_of_the_features_changes_neither_leverages_nor_the_design(units, least, seed):
    """A well conditioned map, then other units of every coordinate."""
    random = np.random.default_rng(seed)
    first, second = (np.linalg.qr(random.normal(size=(4, 4)))[0] for _ in range(2))
    mapped = VECTORS @ first @ np.diag(np.geomspace(least, 1, 4)) @ second * 10.0 ** np.array(units)
    plain = random.dirichlet(np.ones(20))
    np.testing.assert_allclose(leverage(mapped, plain), leverage(VECTORS, plain), rtol=1e-9)
    np.testing.assert_allclose(optimal_design(mapped), optimal_design(VECTORS), atol=1e-4)


def test_coordinates_are_a_linear_image_of_the_features():
    for vectors, rank in FEATURES.values():
        span = span_of(vectors)
        assert span.inside.shape == (len(vectors), rank)
        kept = scaled(vectors if span.columns is None else vectors[:, span.columns])
        image, *_ = np.linalg.lstsq(kept, span.inside, rcond=None)
        assert np.abs(kept @ image - span.inside).max() < 1e-6
        assert np.linalg.cond(span.inside) < 1e4


def test_the_smallest_direction_that_counts_is_the_one_stated():
    for small, rank in ((3e-10, 5), (3e-11, 4)):
        column = VECTORS[:, 0] + small * VECTORS[:, 0].max() * np.sign(NOISE)
        assert COLLINEAR == 1e-10
        assert design_of(with_column(column)).rank == rank


def test_the_largest_leverage_is_enclosed():
    lo, hi = largest_leverage(np.eye(3), [0.25, 0.25, 0.5])
    assert (lo, hi) == (4.0, 4.0)
    # Weights count relative to their sum.
    assert largest_leverage(np.eye(2), [3.0, 3.0]) == (2.0, 2.0)
    worst = max(exact_leverages(VECTORS, np.full(20, 0.05)))
    lo, hi = largest_leverage(VECTORS, np.full(20, 0.05))
    assert lo <= worst <= hi <= lo * (1 + 1e-9)
    hard = VECTORS @ np.diag([1, 1e-5, 1e-10, 1e-15]) @ TURN * [1, 1e-90, 1, 1e60]
    lo, hi = largest_leverage(hard, np.full(20, 0.05))
    assert lo <= max(exact_leverages(hard, np.full(20, 0.05))) <= hi <= lo * (1 + 1e-9)


@pytest.mark.parametrize("weights", [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]])
def test_a_singular_design_has_no_largest_leverage(weights):
    assert largest_leverage(np.eye(3), weights) == (np.inf, np.inf)
    assert largest_leverage([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]], weights) == (np.inf, np.inf)


def test_what_the_solver_gives_is_not_believed(monkeypatch):
    monkeypatch.setattr(
        "explore_theory.algorithms.enumeration.design._polished", lambda inside, weights: np.full(20, 0.05)
    )
    with pytest.raises(
        ValueError, match="features must have a design of largest leverage 4, the solver reached"
    ):
        design_of(VECTORS)


# --- the learner -------------------------------------------------------------------------------------------


def problem(vectors, noise, prompts=1):
    vectors = vectors / np.linalg.norm(vectors, axis=-1).max()
    theta = np.ones(vectors.shape[-1]) / np.abs(vectors).max(axis=0)
    return TabularProblem(
        prompt_mass=np.full(prompts, 1 / prompts),
        base=np.full((prompts, len(vectors)), 1 / len(vectors)),
        features=np.broadcast_to(vectors, (prompts, *vectors.shape)),
        reward=np.broadcast_to(vectors @ theta, (prompts, len(vectors))),
        beta=0.2,
        theta_star=theta,
        parameter_radius=2 * float(np.linalg.norm(theta)),
        noise=noise,
    )


@pytest.mark.parametrize("units", [[1, 1, 1, 1], [1, 1e-5, 1e-2, 1e-8]])
def test_without_noise_the_learner_is_exact_in_all_units(units):
    world = problem(VECTORS * units, NoNoise())
    policy = OptimalDesign(features=world.features[0], rounds=40, anchor=2).run(oracles.open(world))
    np.testing.assert_allclose(exact.gap(world, policy), 0, atol=1e-9)


def test_collinear_features_cost_the_learner_nothing():
    world = problem(with_column(1e-5 * (VECTORS[:, 0] + VECTORS[:, 1])), NoNoise())
    chosen = OptimalDesign(features=world.features[0], rounds=40)
    assert chosen.design.rank == 4
    np.testing.assert_allclose(exact.gap(world, chosen.run(oracles.open(world))), 0, atol=1e-9)


def test_the_learner_has_one_error_in_all_units():
    """Rewards are drawn from the same streams, so estimates of rewards agree to rounding."""
    found, weights = [], None
    for units in ([1, 1, 1, 1], [1, 1e-5, 1e-2, 1e-8]):
        vectors = VECTORS * units
        theta = np.array([0.5, -0.3, 0.2, 0.4]) / units
        world = TabularProblem(
            prompt_mass=[1.0], base=np.full((1, 20), 0.05), features=vectors[None] / 8, beta=0.2,
            reward=[VECTORS @ [0.5, -0.3, 0.2, 0.4] / 8], theta_star=theta, noise=Gaussian(0.1),
            parameter_radius=1e9,
        )  # fmt: skip
        chosen = OptimalDesign(features=world.features[0], rounds=60)
        # The design itself is found to the solver's digits only: plan by the same weights.
        if weights is not None:
            object.__setattr__(chosen, "design", replace(chosen.design, weights=weights))
        weights = chosen.weights
        found.append(vectors @ chosen.run(oracles.open(world, replicates=3)).theta.T)
    np.testing.assert_allclose(found[0], found[1], atol=1e-9)


@pytest.fixture
def files(tmp_path):
    problem(VECTORS, Gaussian(0.05)).save(tmp_path / "one.npz")
    problem(VECTORS, Gaussian(0.05), prompts=2).save(tmp_path / "two.npz")
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, ["run", "optimal-design", *map(str, arguments)])


def test_it_runs_on_a_file_with_the_features_of_the_file(files):
    done = run("--instance", files / "one.npz", "--set", "rounds=40", "--set", "anchor=3", "--replicates", 4)
    assert done.exit_code == 0, done.output
    assert "optimal-design, 4 replicates" in done.output
    assert "parameters: rounds = 40, anchor = 3, most calls = 0, most rounds = 40" in done.output
    assert "T_comp = 0" in done.output
    world = TabularProblem.load(files / "one.npz")
    told = learner("optimal-design", {"rounds": "40"}, problem=world)
    assert isinstance(told, OptimalDesign)
    np.testing.assert_array_equal(told.features, world.features[0])


@pytest.mark.parametrize(
    ("file", "more", "message"),
    [
        ("one.npz", (), "optimal-design must be given rounds, got none (--set rounds=VALUE)"),
        ("one.npz", ("--set", "rounds=40", "--set", "features=0.1"), "features must be left to the instance"),
        ("one.npz", ("--set", "round=40"), "did you mean 'rounds'?"),
        ("one.npz", ("--set", "rounds=3"), "rounds must be at least"),
        ("two.npz", ("--set", "rounds=40"), "optimal-design must run on a table of one prompt"),
    ],
)
def test_a_mistake_is_one_line(files, file, more, message):
    done = run("--instance", files / file, *more)
    assert done.exit_code == 2
    assert message in done.output
    assert done.output.count("\n") == 1


def test_without_a_problem_it_says_what_it_needs():
    with pytest.raises(
        ValueError, match=r"optimal-design must run on a table of one prompt, .* got prompts=None"
    ):
        learner("optimal-design", {"rounds": "40"})


def test_a_design_that_is_known_is_that_of_its_features():
    """Whatever was solved in between, and however the features lie in memory."""
    first, turned = VECTORS[:8], np.asfortranarray(VECTORS[8:16])
    for _ in range(2):
        for vectors in (first, turned):
            known, solved = design_again(vectors), design_of(vectors)
            np.testing.assert_array_equal(known.weights, solved.weights)
            assert (known.rank, known.largest) == (solved.rank, solved.largest)
    assert design_again(first) is design_again(first.copy())
    with pytest.raises(ValueError, match="read-only"):
        design_again(first).weights[0] = 1.0

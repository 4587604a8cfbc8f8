"""Tabular problems: what is refused, and that a file holds exactly what was saved."""

import os
import zipfile

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.problems import Bernoulli, Gaussian, NoNoise, TabularProblem
from explore_theory.problems.storage import read_arrays

FIELDS = ("prompt_mass", "base", "features", "reward", "beta", "theta_star", "parameter_radius", "coverage")


def parts(**changes):
    """A valid linear problem with two prompts, three responses, two dimensions."""
    features = np.array([[[1, 0], [0, 1], [0.6, 0.8]], [[0, 0], [0.5, 0.5], [-1, 0]]], dtype=float)
    theta = np.array([0.5, -0.25])
    values = {
        "prompt_mass": [0.25, 0.75],
        "base": [[0.5, 0.25, 0.25], [0.0, 0.9, 0.1]],
        "features": features,
        "reward": features @ theta + 0.5,
        "beta": 0.3,
        "theta_star": theta,
        "parameter_radius": 1.0,
        "noise": Gaussian(0.1),
    }
    return values | changes


def problem(**changes):
    return TabularProblem(**parts(**changes))


def changed(name, place, value):
    array = np.array(parts()[name], dtype=float)
    array[place] = value
    return {name: array}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prompt_mass": [0.5, 0.6]}, "prompt_mass must sum to one"),
        ({"prompt_mass": [1.0]}, "base must have shape (1, any), got base.shape=(2, 3)"),
        (changed("base", (0, 1), -0.1), "base must hold probabilities >= 0, got base[0, 1]=-0.1"),
        (changed("base", (1, 1), 0.8), "base must sum to one along its last axis"),
        ({"base": [["a", "b", "c"]] * 2}, "base[0, 0] must be a real number, got base[0, 0]='a'"),
        (changed("features", (0, 0, 0), 1.1), "features must have norm at most 1, got |features[0, 0]|=1.1"),
        ({"features": np.zeros((2, 3))}, "features must have shape (2, 3, any)"),
        (changed("reward", (1, 2), np.nan), "reward must be finite, got reward[1, 2]=nan"),
        (changed("reward", (1, 2), np.inf), "reward must be finite, got reward[1, 2]=inf"),
        (changed("reward", (1, 2), 0.1), "reward must have differences <theta_star, feature differences>"),
        (
            {"reward": [[1e308, -1e308, 0]] * 2, "theta_star": None},
            "reward must have a finite range over beta",
        ),
        ({"beta": 0.0}, "beta must be positive and finite, got beta=0.0"),
        ({"beta": float("nan")}, "beta must be positive and finite, got beta=nan"),
        ({"beta": "0.1"}, "beta must be a real number, got beta='0.1'"),
        ({"theta_star": [1.0]}, "theta_star must have shape (2), got theta_star.shape=(1,)"),
        ({"parameter_radius": None}, "parameter_radius must be given with theta_star"),
        ({"parameter_radius": 0.5}, "parameter_radius must be at least |theta_star|="),
        ({"coverage": 1.0}, "coverage must be at least C_cov=exp("),
        (
            {"noise": Bernoulli(), "reward": parts()["reward"] + 1},
            "reward must lie in [0, 1] under Bernoulli",
        ),
    ],
)
def test_what_is_not_a_problem_is_refused(changes, message):
    with pytest.raises(InvalidProblem) as caught:
        problem(**changes)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_noise_scale_must_be_positive():
    with pytest.raises(InvalidProblem, match="scale must be positive and finite, got scale=0"):
        Gaussian(0)


def test_sigma_is_that_of_the_difference():
    assert Gaussian(0.5).sigma == pytest.approx(0.5 * 2**0.5)
    assert Bernoulli().sigma == pytest.approx(2**-0.5)
    assert NoNoise().sigma == 0


def test_arrays_are_copies_and_read_only():
    base = np.array([[0.5, 0.5]])
    held = TabularProblem(prompt_mass=[1.0], base=base, features=np.zeros((1, 2, 1)), reward=[[0, 1]], beta=1)
    base[0, 0] = 7
    assert held.base[0, 0] == 0.5
    with pytest.raises(ValueError, match="read-only"):
        held.base[0, 0] = 1


def test_facts_say_what_is_declared():
    facts = problem(coverage=9.0).facts
    assert (facts.d, facts.beta, facts.prompts, facts.responses, facts.horizon) == (2, 0.3, 2, 3, 1)
    assert facts.reward_range == pytest.approx(0.75)
    assert facts.coverage == 9.0
    points = np.array([[0.6, 0.8], [0.7, 0.8], [np.nan, 0], [1e300, 0]])
    assert facts.parameters.contains(points).tolist() == [
        True, False, False, False,
    ]  # fmt: skip
    assert problem(theta_star=None, parameter_radius=None).facts.parameters is None


@st.composite
def problems(draw):
    x, n, d = draw(st.integers(1, 3)), draw(st.integers(1, 5)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    features = rng.normal(size=(x, n, d))
    features /= np.maximum(1, np.linalg.norm(features, axis=-1, keepdims=True))
    base = rng.dirichlet(np.full(n, draw(st.sampled_from([0.01, 1.0]))), size=x)
    linear = draw(st.booleans())
    theta = rng.normal(size=d) / d
    return TabularProblem(
        prompt_mass=rng.dirichlet(np.ones(x)),
        base=base / base.sum(axis=-1, keepdims=True),
        features=features,
        reward=features @ theta if linear else rng.uniform(size=(x, n)),
        beta=draw(st.floats(1e-3, 10)),
        theta_star=theta if linear else None,
        parameter_radius=draw(st.floats(0, 1)) + 8.0 if linear else None,
        coverage=draw(st.sampled_from([None, 1e300])) if not linear else None,
        noise=draw(st.sampled_from([NoNoise(), Gaussian(0.1)])) if linear else Bernoulli(),
    )


@given(problems())
def test_a_file_holds_exactly_what_was_saved(tmp_path_factory, saved):
    path = tmp_path_factory.mktemp("npz") / "problem.npz"
    saved.save(path)
    loaded = TabularProblem.load(path)
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(loaded, name), getattr(saved, name), strict=True)
    assert loaded.noise == saved.noise
    assert os.listdir(path.parent) == ["problem.npz"]


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "problem.npz"
    problem().save(path)
    before = path.read_bytes()

    def fail(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(OSError, match="disk full"):
        problem(beta=2.0).save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["problem.npz"]


def test_a_law_of_the_users_own_is_not_saved(tmp_path):
    class Mine(Gaussian):
        pass

    with pytest.raises(InvalidProblem, match="noise must be a law of this package to be saved"):
        problem(noise=Mine(0.1)).save(tmp_path / "problem.npz")


def archive(path, **changes):
    """A file made by hand: the members of `problem()`, some changed (None: left out)."""
    members = {"format": "explore-theory tabular problem", "version": 1, "noise": "none"}
    members |= {name: parts()[name] for name in FIELDS if name in parts()} | changes
    np.savez(path, **{name: value for name, value in members.items() if value is not None})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "other"}, "format must be 'explore-theory tabular problem', got format='other'"),
        ({"format": 3}, "format must hold text"),
        ({"version": 2}, "version must be 1, got version=2"),
        ({"base": None}, "got no base"),
        ({"extra": 1}, "the file must hold nothing but the arrays of a problem, got 'extra'"),
        ({"noise": "loud"}, "noise must be one of none, bernoulli, gaussian, got noise='loud'"),
        ({"noise": "nöne"}, "noise must hold ASCII text"),
        ({"noise": ["none"]}, "noise must be a single text"),
        ({"noise": "gaussian"}, "noise_scale must be given with gaussian noise only"),
        ({"noise_scale": 1.0}, "noise_scale must be given with gaussian noise only"),
        ({"beta": [0.1, 0.2]}, "beta must be a single number, got beta.shape=(2,)"),
        ({"beta": 0.0}, "beta must be positive and finite, got beta=0.0"),
        ({"reward": np.array([[1, "a"]], dtype=object)}, "reward must hold numbers or short text"),
        ({"reward": np.zeros(3, dtype="f4,f4")}, "reward must hold numbers or short text"),
        ({"reward": np.zeros((2, 3), dtype=complex)}, "reward must hold numbers or short text"),
        ({"format": "x" * 1000}, "format must hold numbers or short text"),
        (changed("base", (1, 1), 0.8), "base must sum to one"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path, changes, message):
    path = tmp_path / "mine.npz"
    archive(path, **changes)
    with pytest.raises(InvalidProblem) as caught:
        TabularProblem.load(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_made_by_hand_is_read(tmp_path):
    archive(
        tmp_path / "mine.npz",
        reward=np.asfortranarray(parts()["reward"]),
        base=np.array(parts()["base"], ">f8"),
    )
    np.testing.assert_array_equal(TabularProblem.load(tmp_path / "mine.npz").reward, problem().reward)


def header(shape, descr="<f8"):
    text = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape!r}, }}"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (header((10**9, 10**9)), "reward must hold the 8000000000000000000 bytes of its shape"),
        (header((2, -3)), "reward must have a shape of positive lengths"),
        (header((2,)) + bytes(8), "reward must hold the 16 bytes of its shape (2,), got 8 bytes"),
        (header("x"), "the file must be a readable .npz archive"),
        (header((1,), "|O") + bytes(8), "reward must hold numbers or short text"),
        (header((1,), ">U1") + b"\x7f\xff\xff\xff", "reward must hold ASCII text"),
        (header((1,), "\\q"), "the file must be a readable .npz archive"),
        (b"\x93NUMPY\x07\x00", "reward must be an .npy array of version 1 or 2"),
        (b"(" * 5000, "the file must be a readable .npz archive"),
        (b"", "the file must be a readable .npz archive"),
    ],
)
def test_a_header_is_not_believed(tmp_path, content, message):
    path = tmp_path / "mine.npz"
    archive(path, reward=None)
    with zipfile.ZipFile(path, "a") as held:
        held.writestr("reward.npy", content)
    with pytest.raises(InvalidProblem) as caught:
        TabularProblem.load(path)
    assert message in str(caught.value)


def test_a_bomb_is_refused_before_it_unfolds(tmp_path):
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, base=np.zeros((1000, 1000)))
    with pytest.raises(InvalidProblem, match="its arrays must take at most 1000000 bytes, got 8000128"):
        read_arrays(path, max_bytes=10**6)


def test_other_paths_are_refused(tmp_path):
    for path, what in ((tmp_path / "none.npz", "no such file"), (tmp_path, "a folder or device")):
        with pytest.raises(InvalidProblem, match=what):
            TabularProblem.load(path)
    with zipfile.ZipFile(tmp_path / "twice.npz", "w") as held:
        held.writestr("base.npy", b"1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            held.writestr("base.npy", b"2")
    with pytest.raises(InvalidProblem, match="arrays of distinct names"):
        TabularProblem.load(tmp_path / "twice.npz")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("damaged") / "problem.npz"
    problem().save(path)
    plain = path.with_name("plain.npz")
    archive(plain)
    return path, {"deflated": path.read_bytes(), "stored": plain.read_bytes()}


def outcome(path):
    try:
        loaded = TabularProblem.load(path)
    except InvalidProblem as error:
        clear = str(error).startswith(str(path)) and "\n" not in str(error)
        return "one clear line" if clear else str(error)
    return "a problem" if loaded.base.shape == (2, 3) else repr(loaded)


@given(
    st.sampled_from(["deflated", "stored"]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=4),
    st.one_of(st.none(), st.floats(0, 1)),
)
@example("stored", [], 0.5)
def test_a_damaged_file_is_refused_or_still_a_problem(saved, which, bytes_changed, cut):
    path, contents = saved
    content = bytearray(contents[which])
    for place, value in bytes_changed:
        content[int(place * (len(content) - 1))] = value
    path.write_bytes(content if cut is None else content[: int(cut * len(content))])
    assert outcome(path) in ("a problem", "one clear line")


def test_a_member_is_named_by_a_word(tmp_path):
    with zipfile.ZipFile(tmp_path / "mine.npz", "w") as held:
        held.writestr("two\nlines.npy", b"")
    assert outcome(tmp_path / "mine.npz") == "one clear line"


def test_a_folder_that_is_not_there_is_one_line_and_leaves_nothing(tmp_path):
    with pytest.raises(InvalidProblem, match=r"path must lie in a folder that exists, got path='.*/x.npz'"):
        TabularProblem(**parts()).save(tmp_path / "no" / "x.npz")
    assert list(tmp_path.iterdir()) == []


def test_what_fails_in_the_middle_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.npz"
    TabularProblem(**parts()).save(path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        TabularProblem(**parts(beta=2.0)).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]

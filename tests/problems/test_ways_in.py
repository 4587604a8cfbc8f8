"""Every way in asks the same of an array: constructors, policies and files refuse what loses its meaning."""

import numpy as np
import pytest

from explore_theory import TabularProblem
from explore_theory.errors import InvalidProblem
from explore_theory.formulas import Formula
from explore_theory.policies import BestOf, Mixture, PointMass, Softmax, Tabular
from explore_theory.problems import (
    DNF,
    AutoregressiveProblem,
    Bernoulli,
    Gaussian,
    HiddenNeedle,
    Layer,
    SinglePromptDNF,
    markov_problem,
    product_problem,
)

SOUND = {
    "prompt_mass": [1.0],
    "base": [[0.9, 0.09, 0.01]],
    "reward": [[0.0, 0.5, 1.0]],
    "features": np.zeros((1, 3, 1)),
    "beta": 0.1,
}
SPOILED = {
    "masked": lambda values: np.ma.masked_array(values, mask=np.ones(np.shape(values))),
    "complex": lambda values: np.asarray(values) + 0j,
    "a span of time": lambda values: np.zeros(np.shape(values), dtype="timedelta64[s]"),
    "text": lambda values: np.asarray(values).astype(str).tolist(),
    "truth values": lambda values: np.ones(np.shape(values), dtype=bool),
}
LOGS = np.log([[0.5, 0.5]])
LAYER = {
    "base": np.full((2, 2), 0.5),
    "reward": np.zeros((2, 2)),
    "features": np.zeros((2, 2, 1)),
    "next": np.zeros((2, 2), dtype=int),
}
WAYS = {
    "prompt_mass": ([1.0], lambda x: TabularProblem(**SOUND | {"prompt_mass": x})),
    "base": (SOUND["base"], lambda x: TabularProblem(**SOUND | {"base": x})),
    "features": (SOUND["features"], lambda x: TabularProblem(**SOUND | {"features": x})),
    "reward": (SOUND["reward"], lambda x: TabularProblem(**SOUND | {"reward": x})),
    "theta_star": (
        [0.5],
        lambda x: TabularProblem(**SOUND | {"reward": [[0, 0, 0]]}, theta_star=x, parameter_radius=1.0),
    ),
    "layer base": (LAYER["base"], lambda x: Layer(**LAYER | {"base": x})),
    "layer next": (LAYER["next"], lambda x: Layer(**LAYER | {"next": x})),
    "start": (
        [0],
        lambda x: AutoregressiveProblem(prompt_mass=[1.0], start=x, layers=(Layer(**LAYER),), beta=1.0),
    ),
    "markov base": (
        LAYER["base"],
        lambda x: markov_problem(base=x, reward=np.zeros((1, 2, 2)), beta=1.0),
    ),
    "needles": (
        [3],
        lambda x: HiddenNeedle(
            responses=9, coverage=2.0, dimension=1, beta=1.0, needles=x, directions=[[1.0]]
        ),
    ),
    "directions": (
        [[1.0]],
        lambda x: HiddenNeedle(responses=9, coverage=2.0, dimension=1, beta=1.0, needles=[3], directions=x),
    ),
    "assignment": ([1, -1], lambda x: DNF(formula=Formula([[1, 2]], 2), eta=0.25, assignment=x)),
    "literals": ([[1, 2]], lambda x: Formula(x, 2)),
    "softmax theta": ([0.5], Softmax),
    "best-of theta": ([0.5], lambda x: BestOf(x, 2)),
    "weights": ([0.5, 0.5], lambda x: Mixture(x, (PointMass(0), PointMass(1)))),
    "log_probs": (LOGS, Tabular),
    "response": ([0, 1], PointMass),
}


@pytest.mark.parametrize("spoiled", SPOILED.values(), ids=SPOILED.keys())
@pytest.mark.parametrize(("sound", "way"), WAYS.values(), ids=WAYS.keys())
def test_no_way_in_takes_an_array_that_loses_its_meaning(sound, way, spoiled):
    way(sound)
    with pytest.raises(InvalidProblem) as caught:
        way(spoiled(sound))
    assert "\n" not in str(caught.value)


def test_a_file_is_asked_no_less_than_a_constructor(tmp_path):
    TabularProblem(**SOUND).save(tmp_path / "sound.npz")
    members = dict(np.load(tmp_path / "sound.npz"))
    for name, values in (
        ("reward", np.array([[0, 2**53 + 1, 1]])),
        ("beta", np.array(2**53 + 1)),
        ("reward", SPOILED["complex"](SOUND["reward"])),
        ("reward", SPOILED["truth values"](SOUND["reward"])),
        ("reward", SPOILED["a span of time"](SOUND["reward"])),
        ("reward", SPOILED["text"](SOUND["reward"])),
    ):
        np.savez(tmp_path / "spoiled.npz", **members | {name: values})
        with pytest.raises(InvalidProblem, match=f"spoiled.npz: {name}[^\n]* must"):
            TabularProblem.load(tmp_path / "spoiled.npz")


def test_states_that_prompts_start_in_cannot_be_changed_afterwards():
    problem = AutoregressiveProblem(prompt_mass=[1.0], start=[0], layers=(Layer(**LAYER),), beta=1.0)
    with pytest.raises(ValueError, match="read-only"):
        problem.start[0] = 1


def test_a_list_of_uneven_rows_is_refused_as_a_parameter():
    for way in (Softmax, lambda x: Mixture(x, (PointMass(0),)), Tabular):
        with pytest.raises(InvalidProblem, match="must have rows of one length"):
            way([[0.0], [0.0, 0.5]])


@pytest.mark.parametrize("noise", ["gaussian", 0.5, Gaussian])
@pytest.mark.parametrize(
    "made",
    [
        lambda noise: HiddenNeedle.draw(responses=9, coverage=2.0, dimension=1, beta=1.0, noise=noise),
        lambda noise: SinglePromptDNF(formula=Formula([[1, 2]], 2), beta=1.0, noise=noise),
        lambda noise: TabularProblem(**SOUND, noise=noise),
        lambda noise: product_problem(horizon=2, weight=2.0, beta=1.0, noise=noise),
    ],
)
def test_a_noise_that_is_no_law_is_refused_in_one_line(made, noise):
    with pytest.raises(InvalidProblem, match=r"^noise must be a noise law, .*, got noise="):
        made(noise)


def test_whole_responses_whose_rewards_no_coin_can_have_are_refused():
    with pytest.raises(
        InvalidProblem, match=r"^reward must lie in \[0, 1\] under Bernoulli noise, got a reward="
    ):
        product_problem(horizon=3, weight=2.0, beta=1.0, noise=Bernoulli())

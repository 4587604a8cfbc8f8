"""Decision processes: what is refused, and what the families promise."""

from dataclasses import replace

import numpy as np
import pytest

from explore_theory.errors import InvalidProblem
from explore_theory.exact import processes, soft_dynamics
from explore_theory.problems import (
    Bernoulli,
    Gaussian,
    random_markov_problem,
    random_process,
    tabular_process,
)
from explore_theory.problems.autoregressive import AutoregressiveProblem, Layer
from explore_theory.problems.processes import DecisionProcess, Stage
from explore_theory.problems.processes import process as room

SURE = np.array([[[1.0, 0.0], [0.0, 1.0]]] * 2)


def stage(**changes):
    values = {
        "base": [[0.5, 0.5], [1.0, 0.0]],
        "reward": [[0.0, 1.0], [0.5, 0.0]],
        "features": np.zeros((2, 2, 3)),
        "moves": SURE,
    }
    return Stage(**(values | changes))


def last(**changes):
    return stage(moves=None, **changes)


def process(**changes):
    values = {"start": [0.5, 0.5], "stages": (stage(), last()), "beta": 0.5}
    return DecisionProcess(**(values | changes))


def wrong_at_a_state_reached_later():
    """State 1 is reached at stage 1 alone, and only there is a difference of Q* not what theta says."""
    worth = 0.5 * np.log((1 + np.exp(2)) / 2)
    return process(
        start=[1.0, 0.0],
        stages=(
            stage(reward=[[0.0, -worth], [0.0, 0.0]]),
            last(base=[[0.5, 0.5]] * 2, reward=[[0.0, 0.0], [0.0, 1.0]]),
        ),
        theta=np.zeros((2, 3)),
        parameter_radius=1,
    )


def tabular(**changes):
    values = {
        "start": [1.0, 0.0],
        "base": [[0.5, 0.5], [0.2, 0.8]],
        "reward": [[[0.0, 1.0], [0.3, 0.0]]] * 3,
        "moves": SURE,
        "beta": 0.5,
    }
    return tabular_process(**(values | changes))


def drawn(**changes):
    values = {"horizon": 3, "states": 4, "actions": 3, "dimension": 2, "beta": 0.5}
    return random_process(**(values | changes))


def nan(shape):
    values = np.zeros(shape)
    values.flat[-1] = np.nan
    return values


REFUSALS = [
    # Laws.
    (lambda: stage(base=[[0.5, 0.6], [1, 0]]), "base must sum to one along its last axis, got sum(base)=1.1"),
    (lambda: stage(base=[[1.5, -0.5], [1, 0]]), "base must hold probabilities >= 0, got base[0, 1]=-0.5"),
    (lambda: stage(base=nan((2, 2))), "base must be finite, got base[1, 1]=nan"),
    (lambda: stage(base=[[1.0], [1.0]]), "actions must be at least 2, got actions=1"),
    (lambda: stage(base=None), "exactly one of base and log_base must be given, got neither"),
    (lambda: stage(moves=0.9 * SURE), "moves must sum to one along its last axis, got sum(moves)=0.9"),
    (lambda: stage(moves=nan((2, 2, 2))), "moves must be finite, got moves[1, 1, 1]=nan"),
    (lambda: stage(moves=SURE - 1), "moves must hold probabilities >= 0, got moves[0, 0, 1]=-1.0"),
    (lambda: process(start=[0.5, 0.4]), "start must sum to one along its last axis, got sum(start)=0.9"),
    (lambda: process(start=[np.nan, 1.0]), "start must be finite, got start[0]=nan"),
    # Shapes.
    (lambda: stage(moves=SURE[:1]), "moves must be 2 x 2 laws, got moves.shape=(1, 2, 2)"),
    (lambda: stage(moves=np.eye(2)), "moves must be 2 x 2 laws, got moves.shape=(2, 2)"),
    (lambda: stage(moves=1.0), "moves must be 2 x 2 laws, got moves.shape=()"),
    (lambda: stage(reward=np.zeros((2, 3))), "reward must have shape (2, 2), got reward.shape=(2, 3)"),
    (lambda: stage(features=np.zeros((2, 3, 3))), "features must have shape (2, 2, any)"),
    (lambda: stage(features=np.ones((2, 2, 3))), "features must have norm at most 1"),
    (
        lambda: process(start=[1.0]),
        "start must hold one probability per state of the first stage (2), got start.shape=(1,)",
    ),
    (lambda: process(stages=()), "horizon must be at least 1, got horizon=0"),
    (lambda: process(stages=None), "stages must be a list of Stage records, got a NoneType"),
    (lambda: process(stages=last()), "stages must be a list of Stage records, got a Stage"),
    (lambda: process(stages=(stage(), 7)), "stages must be Stage records, got a int at 1"),
    (
        lambda: process(stages=(stage(), last(features=np.zeros((2, 2, 4))))),
        "stages must share one d, got stages[1].d=4, stages[0].d=3",
    ),
    (
        lambda: process(stages=(stage(), stage())),
        "moves must lead nowhere after the last stage, got 2 states in stages[1].moves",
    ),
    (
        lambda: process(stages=(last(), last())),
        "moves must lead to the 2 states of the next stage, got 0 states in stages[0].moves",
    ),
    (
        lambda: process(stages=(stage(moves=np.full((2, 2, 3), 1 / 3)), last())),
        "moves must lead to the 2 states of the next stage, got 3 states in stages[0].moves",
    ),
    # Rewards.
    (lambda: stage(reward=nan((2, 2))), "reward must be finite, got reward[1, 1]=nan"),
    (lambda: stage(reward=[[np.inf, 0], [0, 0]]), "reward must be finite, got reward[0, 0]=inf"),
    (
        lambda: process(stages=(stage(reward=[[0, 0], [0, 1.5]]), last()), noise=Bernoulli()),
        "reward must lie in [0, 1] under Bernoulli noise, got a reward=1.5",
    ),
    (
        lambda: process(stages=(stage(), last(reward=[[0, -0.5], [0, 0]])), noise=Bernoulli()),
        "reward must lie in [0, 1] under Bernoulli noise, got a reward=-0.5",
    ),
    (
        lambda: process(
            stages=(stage(reward=np.full((2, 2), 1e308)), last(reward=np.full((2, 2), 1e308))),
        ),
        "reward must be in units of beta a number that float64 holds, summed over stages, got rewards to "
        "1e+308, beta=0.5",
    ),
    (lambda: process(beta=1e-310), "reward must be in units of beta a number that float64 holds"),
    # Numbers.
    (lambda: process(beta=0), "beta must be positive and finite, got beta=0"),
    (lambda: process(beta=np.nan), "beta must be positive and finite, got beta=nan"),
    (lambda: process(parameter_radius=-1), "parameter_radius must be positive and finite"),
    (lambda: process(theta=np.zeros((2, 3))), "parameter_radius must be given with theta"),
    (
        lambda: process(theta=np.zeros((2, 2)), parameter_radius=1),
        "theta must have shape (2, 3), got theta.shape=(2, 2)",
    ),
    (
        lambda: process(theta=np.zeros((2, 3)), parameter_radius=1),
        "theta must make differences of Q*_h equal <theta_h, feature differences>, got an error of ",
    ),
    (
        wrong_at_a_state_reached_later,
        "theta must make differences of Q*_h equal <theta_h, feature differences>, got an error of 1.0 at "
        "stage 1, state 1",
    ),
    (
        lambda: process(theta=np.ones((2, 3)), parameter_radius=1),
        "parameter_radius must be at least max_h |theta_h|=1.73",
    ),
    (
        lambda: process(conditional_coverage=1.2),
        "conditional_coverage must be at least C_cond=exp(",
    ),
    # Anchors.
    (
        lambda: process(anchor=1),
        "anchor must have mass under the base policy in every reachable state, got anchor=1 without mass at "
        "stage 0, state 1",
    ),
    (lambda: process(anchor=2), "anchor must lie in [0, 1], got anchor=2"),
    (lambda: process(anchor=[0]), "anchor must be one action, or one per stage (2), got anchor.shape=(1,)"),
    (lambda: process(anchor=0.0), "anchor must be"),
    # Families.
    (lambda: drawn(horizon=0), "horizon must be at least 1, got horizon=0"),
    (lambda: drawn(actions=1), "actions must be at least 2, got actions=1"),
    (lambda: drawn(slip=1.5), "slip must lie in [0, 1], got slip=1.5"),
    (lambda: drawn(slip=np.nan), "slip must lie in [0, 1], got slip=nan"),
    (lambda: drawn(slip=[0.1, 0.2]), "slip must lie in [0, 1], got slip=[0.1, 0.2]"),
    (lambda: drawn(tilt=0), "tilt must be positive and finite, got tilt=0"),
    (lambda: drawn(anchor=3), "anchor must lie in [0, 2], got anchor=3"),
    (lambda: tabular(anchor=None), "anchor must be an action, or one per stage, got anchor=None"),
    (lambda: tabular(moves=SURE[:1]), "moves must have shape (2, 2, 2), got moves.shape=(1, 2, 2)"),
    (lambda: tabular(reward=[[0.0, 1.0]]), "reward must have shape (any, 2, 2), got reward.shape=(1, 2)"),
    (
        lambda: DecisionProcess.of_tokens(process()),
        "problem must be an AutoregressiveProblem, got a DecisionProcess",
    ),
]


@pytest.mark.parametrize(("build", "message"), REFUSALS)
def test_what_is_no_process_is_refused_in_one_line(build, message):
    with pytest.raises(InvalidProblem) as caught:
        build()
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_token_problem_that_would_be_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(room, "MOST_MOVES", 17)
    problem = random_markov_problem(horizon=2, vocabulary=3, dimension=2, beta=0.3)
    with pytest.raises(InvalidProblem, match=r"moves must have at most 17 entries, got \d+ at layer 0"):
        DecisionProcess.of_tokens(problem)


def test_an_anchor_needs_mass_where_the_base_policy_goes_and_nowhere_else():
    moves = np.array([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]])
    made = process(start=[1.0, 0.0], stages=(stage(moves=moves), last()), anchor=1)
    assert made.facts.anchor == (1, 1)
    with pytest.raises(InvalidProblem, match="without mass at stage 1, state 1"):
        process(start=[1.0, 0.0], stages=(stage(), last()), anchor=1)


def test_what_was_given_is_copied_and_cannot_be_written_to():
    reward = np.zeros((2, 2))
    made = process(stages=(stage(reward=reward), last()))
    reward[0, 0] = 9
    assert made.stages[0].reward[0, 0] == 0
    for array in (made.start, made.stages[0].reward, made.stages[0].moves, made.stages[0].base):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


@pytest.mark.parametrize("slip", [0, 0.25, 1.0])
def test_random_processes_are_linear_pay_at_every_step_and_move_at_random(slip):
    made = drawn(horizon=4, slip=slip, tilt=1.5, noise=Gaussian(0.1))
    q_of = processes.optimum(made).q
    for h, each in enumerate(made.stages):
        assert q_of[h] == pytest.approx(each.features @ made.theta[h], abs=1e-12)
        assert np.ptp(each.reward) > 0
    lengths = np.sqrt((made.stages[0].features ** 2).sum(axis=-1))
    assert lengths.max() == pytest.approx(1)
    radius = 1.5 * made.beta / lengths.mean()
    assert np.sqrt((made.theta**2).sum(axis=-1)) == pytest.approx(np.full(4, radius))
    assert made.facts.parameter_radius == pytest.approx(radius)
    assert made.facts.conditional_coverage == pytest.approx(np.exp(processes.log_conditional_coverage(made)))
    moves = made.stages[0].moves
    largest = moves.max(axis=-1)
    assert np.all(largest == 1) if slip == 0 else np.all(largest < 1)
    assert np.all(largest >= 1 - slip)
    assert made.stages[-1].moves is None
    assert made.facts.sigma == pytest.approx(0.1 * np.sqrt(2))


def test_random_processes_differ_by_seed_and_agree_across_horizons():
    short, long, other = drawn(horizon=2), drawn(horizon=5), drawn(horizon=2, seed=1)
    for name in ("base", "features", "moves"):
        assert np.array_equal(getattr(short.stages[0], name), getattr(long.stages[0], name))
        assert not np.array_equal(getattr(short.stages[0], name), getattr(other.stages[0], name))


def test_tabular_processes_take_any_rewards():
    made = tabular(anchor=[0, 1, 0])
    assert made.d == 4
    assert made.facts.step_reward == 1.0
    assert made.facts.horizon == 3
    q_of = processes.optimum(made).q
    for h, anchor in enumerate((0, 1, 0)):
        assert made.theta[h].reshape(2, 2) == pytest.approx(q_of[h] - q_of[h][:, [anchor]])
        assert np.all(made.theta[h].reshape(2, 2)[:, anchor] == 0)


def test_tabular_processes_without_rewards_still_have_a_radius():
    made = tabular(reward=np.zeros((2, 2, 2)))
    assert made.facts.parameter_radius == made.beta
    assert made.facts.conditional_coverage == pytest.approx(1)


def test_a_changed_process_is_solved_afresh():
    made = process()
    before = float(processes.objective(made, processes.optimum(made).log_policy))
    hotter = replace(made, beta=1.0)
    assert float(processes.objective(hotter, processes.optimum(hotter).log_policy)) < before


def test_prompts_that_start_in_one_state_become_one():
    layer = Layer(
        base=[[0.5, 0.5]] * 2, reward=np.eye(2), features=np.zeros((2, 2, 1)), next=np.eye(2, dtype=int)
    )
    problem = AutoregressiveProblem(
        prompt_mass=[0.2, 0.5, 0.3], start=[1, 0, 1], layers=(layer, layer), beta=0.5
    )
    made = DecisionProcess.of_tokens(problem)
    assert made.start == pytest.approx([0.5, 0.5])
    base = processes.base_policy(made)
    assert processes.gap(made, base) == pytest.approx(soft_dynamics.gap(problem, base))


def test_token_problems_become_processes_of_certain_moves():
    problem = random_markov_problem(horizon=3, vocabulary=3, dimension=2, beta=0.3)
    made = DecisionProcess.of_tokens(problem, anchor=0)
    assert made.horizon == 3
    assert made.start.size == problem.layers[0].states
    for h, layer in enumerate(problem.layers[:-1]):
        assert np.array_equal(made.stages[h].moves.argmax(axis=-1), layer.next)
        assert np.all(made.stages[h].moves.max(axis=-1) == 1)
    assert made.facts.anchor == (0, 0, 0)
    assert np.array_equal(made.theta, problem.theta)

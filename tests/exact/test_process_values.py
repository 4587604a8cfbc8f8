"""Exact values of decision processes against sums over all trajectories."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore_theory import exact
from explore_theory.errors import InvalidProblem
from explore_theory.exact import processes, soft_dynamics
from explore_theory.foundation import laws
from explore_theory.policies import Base
from explore_theory.problems import product_problem, random_markov_problem, random_process
from explore_theory.problems.processes import DecisionProcess, Stage


def random_law(rng, *shape):
    """Laws along the last axis, with zeros."""
    mass = rng.dirichlet(np.full(shape[-1], 0.7), size=shape[:-1])
    mass[rng.uniform(size=mass.shape) < 0.25] = 0
    mass = np.where(mass.sum(axis=-1, keepdims=True) > 0, mass, 1.0)
    return mass / mass.sum(axis=-1, keepdims=True)


@st.composite
def drawn(draw):
    """Processes of up to three stages of up to three states; every law may have zeros."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    horizon, actions = draw(st.integers(1, 3)), draw(st.integers(2, 3))
    states = rng.integers(1, 4, size=horizon)
    stages = tuple(
        Stage(
            base=random_law(rng, states[h], actions),
            reward=rng.normal(size=(states[h], actions)),
            features=np.zeros((states[h], actions, 1)),
            moves=random_law(rng, states[h], actions, states[h + 1]) if h + 1 < horizon else None,
        )
        for h in range(horizon)
    )
    return DecisionProcess(
        start=random_law(rng, states[0]), stages=stages, beta=draw(st.sampled_from([0.05, 1.0]))
    )


def random_policy(process, seed, *lead):
    rng = np.random.default_rng(seed)
    return tuple(
        laws.log_normalise(np.where(s.supported, 2 * rng.normal(size=(*lead, *s.base.shape)), -np.inf))
        for s in process.stages
    )


def trajectories(process, policy):
    """Every trajectory: its states, actions, chance, largest-ratio product, summed rewards and log-ratios."""
    sizes = [range(stage.states) for stage in process.stages]
    for states in itertools.product(*sizes):
        for actions in itertools.product(range(process.actions), repeat=process.horizon):
            chance, base, reward = float(process.start[states[0]]), float(process.start[states[0]]), 0.0
            ratio = 1.0
            for h, stage in enumerate(process.stages):
                s, a = states[h], actions[h]
                own = math.exp(policy[h][s, a])
                chance, base = chance * own, base * stage.base[s, a]
                ratio *= own / stage.base[s, a] if stage.base[s, a] else 0.0
                reward += stage.reward[s, a]
                if stage.moves is not None:
                    chance *= stage.moves[s, a, states[h + 1]]
                    base *= stage.moves[s, a, states[h + 1]]
            yield states, actions, chance, base, ratio, reward


def soft_values(process):
    """``Q*`` and ``V*`` by Definition I.2, with loops."""
    after = None
    for stage in reversed(process.stages):
        q = np.empty(stage.base.shape)
        value = np.empty(stage.states)
        for s in range(stage.states):
            for a in range(stage.actions):
                later = 0.0 if after is None else sum(stage.moves[s, a, t] * v for t, v in enumerate(after))
                q[s, a] = stage.reward[s, a] + later
            top = q[s].max()
            mean = sum(
                p * math.exp((x - top) / process.beta) for p, x in zip(stage.base[s], q[s], strict=True)
            )
            value[s] = top + process.beta * math.log(mean) if mean else -math.inf
        after = value
        yield q, value


def regularised(process, policy):
    """``E[sum r] - beta E[log of the ratio of the two laws of trajectories]``."""
    rows = [row for row in trajectories(process, policy) if row[2] > 0]
    return sum(p * (reward - process.beta * math.log(ratio)) for _, _, p, _, ratio, reward in rows)


@settings(max_examples=60)
@given(drawn(), st.integers(0, 2**32))
def test_everything_agrees_with_sums_over_trajectories(process, seed):
    policy = random_policy(process, seed)
    best = processes.optimum(process)
    rows = list(trajectories(process, policy))
    j, best_j = regularised(process, policy), regularised(process, best.log_policy)
    assert processes.objective(process, policy) == pytest.approx(j, abs=1e-9)
    assert float(process.start @ best.value[0]) == pytest.approx(best_j, abs=1e-9)
    assert processes.gap(process, policy) == pytest.approx(best_j - j, abs=1e-9)
    assert processes.stage_divergences(process, policy).sum() == pytest.approx(best_j - j, abs=1e-9)
    for h, log_mass in enumerate(processes.occupancies(process, policy)):
        mass = np.zeros(process.stages[h].states)
        seen = np.zeros(mass.size, dtype=bool)
        for states, _, chance, base, _, _ in rows:
            mass[states[h]] += chance
            seen[states[h]] |= base > 0
        assert np.exp(log_mass) == pytest.approx(mass, abs=1e-12)
        assert np.array_equal(processes.reachable(process)[h], seen)
    ratio = max(row[4] for row in rows if row[2] > 0)
    assert processes.log_coverage(process, policy) == pytest.approx(math.log(ratio), abs=1e-9)


@settings(max_examples=40)
@given(drawn())
def test_optimal_values_are_those_of_the_definition(process):
    best = processes.optimum(process)
    for h, (q, value) in enumerate(list(soft_values(process))[::-1]):
        assert best.q[h] == pytest.approx(q, abs=1e-9)
        assert best.value[h] == pytest.approx(value, abs=1e-9)
        law = process.stages[h].base * np.exp((q - value[:, None]) / process.beta)
        assert np.exp(best.log_policy[h]) == pytest.approx(law, abs=1e-9)


@settings(max_examples=40)
@given(drawn(), st.integers(0, 2**32))
def test_action_values_are_those_of_the_definition(process, seed):
    """`Q^pi_h` counts rewards from stage `h` on and log-ratios after it: those of the process cut there."""
    policy = random_policy(process, seed)
    found = processes.policy_values(process, policy)
    for h, stage in enumerate(process.stages):
        for s, a in itertools.product(range(stage.states), range(stage.actions)):
            later = 0.0
            if stage.moves is not None:
                rest = DecisionProcess(
                    start=stage.moves[s, a], stages=process.stages[h + 1 :], beta=process.beta
                )
                later = regularised(rest, policy[h + 1 :])
            assert found.q[h][s, a] == pytest.approx(stage.reward[s, a] + later, abs=1e-9)
            assert np.all(found.error[h] < 1e-12)


@settings(max_examples=40)
@given(drawn(), st.integers(0, 2**32))
def test_conditional_coverage_and_the_range_of_rewards(process, seed):
    policy = random_policy(process, seed)
    ratios, paid = [], {}
    for states, actions, _, base, _, reward in trajectories(process, policy):
        if base > 0:
            paid.setdefault(states[0], []).append(reward)
            for h, (s, a) in enumerate(zip(states, actions, strict=True)):
                ratios.append(math.exp(policy[h][s, a]) / process.stages[h].base[s, a])
    found = processes.log_conditional_coverage(process, policy)
    assert float(found) == pytest.approx(math.log(max(ratios)), abs=1e-9)
    widest = max(max(rewards) - min(rewards) for rewards in paid.values())
    assert processes.reward_range(process) == pytest.approx(widest, abs=1e-12)
    assert process.facts.reward_range == processes.reward_range(process)
    assert process.facts.step_reward == max(np.abs(stage.reward).max() for stage in process.stages)


@settings(max_examples=20)
@given(drawn(), st.integers(0, 2**32))
def test_replicates_are_computed_as_if_alone(process, seed):
    policy = random_policy(process, seed, 3)
    for quantity in (
        processes.objective,
        processes.gap,
        processes.log_coverage,
        processes.log_conditional_coverage,
        processes.stage_divergences,
    ):
        together = quantity(process, policy)
        for r in range(3):
            assert np.array_equal(together[r], quantity(process, tuple(table[r] for table in policy)))


def test_the_optimal_policy_has_no_gap_and_leaving_the_support_an_infinite_one():
    stage = Stage(base=[[1.0, 0.0]], reward=[[0.0, 9.0]], features=np.zeros((1, 2, 1)))
    process = DecisionProcess(start=[1.0], stages=(stage,), beta=0.5)
    assert processes.gap(process, processes.optimum(process).log_policy) == 0
    away = (np.log([[0.5, 0.5]]),)
    assert processes.objective(process, away) == -math.inf
    assert processes.gap(process, away) == math.inf
    assert processes.log_conditional_coverage(process, away) == math.inf
    assert processes.log_coverage(process, away) == math.inf


def later_infinite():
    """The second action leads to a state where the policy leaves the support of the base policy."""
    moves = np.array([[[1.0, 0.0], [0.0, 1.0]]])
    first = Stage(base=[[0.5, 0.5]], reward=[[0.0, 1.0]], features=np.zeros((1, 2, 1)), moves=moves)
    second = Stage(
        base=[[0.5, 0.5], [1.0, 0.0]], reward=[[0.0, 1.0], [0.0, 0.0]], features=np.zeros((2, 2, 1))
    )
    process = DecisionProcess(start=[1.0], stages=(first, second), beta=1.0)
    return process, (np.array([[0.0, -np.inf]]), np.log(np.full((2, 2), 0.5)))


def test_infinite_values_where_the_policy_does_not_go_leave_no_trace():
    process, policy = later_infinite()
    found = processes.policy_values(process, policy)
    assert found.q[0][0, 1] == -math.inf
    # The first action for sure, then both alike: r = 1/2 less beta log 2.
    assert processes.objective(process, policy) == pytest.approx(0.5 - math.log(2))
    assert 0 < found.error[0][0] < 1e-12


def test_errors_of_later_stages_add_up_along_the_policy():
    moves = np.ones((1, 2, 1))
    small = Stage(base=[[0.5, 0.5]], reward=np.zeros((1, 2)), features=np.zeros((1, 2, 1)), moves=moves)
    large = Stage(base=[[0.5, 0.5]], reward=[[0.0, 1e6]], features=np.zeros((1, 2, 1)))
    process = DecisionProcess(start=[1.0], stages=(small, small, large), beta=1e6)
    policy = (np.log([[0.5, 0.5]]), np.log([[0.5, 0.5]]), np.log([[0.2, 0.8]]))
    first, second, last = (float(error[0]) for error in processes.policy_values(process, policy).error)
    assert last > 1e-10
    assert first > second > last


def test_token_problems_are_processes_of_certain_moves():
    problem = random_markov_problem(horizon=4, vocabulary=3, dimension=2, beta=0.3)
    process = DecisionProcess.of_tokens(problem)
    policy = tuple(0.9 * table for table in soft_dynamics.optimum(problem).log_policy)
    policy = tuple(laws.log_normalise(table) for table in policy)
    assert processes.objective(process, policy) == pytest.approx(soft_dynamics.objective(problem, policy))
    assert processes.gap(process, policy) == pytest.approx(soft_dynamics.gap(problem, policy))
    assert processes.log_coverage(process) == pytest.approx(soft_dynamics.log_coverage(problem))
    assert processes.log_conditional_coverage(process) == pytest.approx(
        soft_dynamics.log_conditional_coverage(problem)
    )
    for ours, theirs in zip(
        processes.occupancies(process, policy), soft_dynamics.occupancies(problem, policy), strict=True
    ):
        assert np.exp(ours) == pytest.approx(np.exp(theirs))


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ((np.log([[0.5, 0.5]]),), "policy must have one table per stage (2), got 1"),
        (
            (np.log([[0.5, 0.5]]),) * 2,
            "policy must have tables of the stage's shape (2, 2), got policy[0].shape=(1, 2)",
        ),
        (
            (np.log([[0.5, 0.6], [0.5, 0.5]]),) * 2,
            "policy[0] must hold laws, got masses that sum to 1.1 in row 0",
        ),
        (None, "policy must have one table of log-probabilities per stage (2), got a NoneType"),
        (Base(), "policy must have one table of log-probabilities per stage (2), got a Base"),
        ((np.full((2, 2), np.nan),) * 2, "policy[0] must hold laws, got masses that sum to nan in row 0"),
    ],
)
def test_policies_that_are_none_are_refused_in_one_line(policy, message):
    process = random_process(horizon=2, states=2, actions=2, dimension=2, beta=1.0)
    for quantity in (processes.objective, processes.gap, processes.occupancies):
        with pytest.raises(InvalidProblem) as caught:
            quantity(process, policy)
        assert str(caught.value).startswith(message)
        assert "\n" not in str(caught.value)


def test_each_evaluation_names_what_it_is_for():
    process = random_process(states=2, actions=2, horizon=2, dimension=2, beta=1.0)
    tokens = product_problem(horizon=2, weight=2.0, beta=1.0)
    for wrong in (process, tokens):
        with pytest.raises(InvalidProblem, match=r"^problem must be one of whole responses .* got a"):
            exact.gap(wrong, Base())
    with pytest.raises(InvalidProblem, match=r"^process must be a DecisionProcess, got a Auto"):
        processes.gap(tokens, Base())
    with pytest.raises(InvalidProblem, match=r"^problem must be an AutoregressiveProblem, got a Dec"):
        soft_dynamics.gap(process, Base())

"""MTSS as printed: its steps, its schedules, what it refuses, and that it learns by either law."""

import math
from dataclasses import replace

import numpy as np
import pytest

import explore_theory
from explore_theory import oracles
from explore_theory.algorithms import PrintedMTSS, PrintedMTSSSchedule
from explore_theory.algorithms.tokens.printed import _Kept
from explore_theory.algorithms.tokens.printed_schedule import KAPPA, practical
from explore_theory.errors import InvalidProblem, OracleMisuse
from explore_theory.exact import processes
from explore_theory.oracles import SoftmaxSampler
from explore_theory.oracles.processes.softmax_density import density_law
from explore_theory.problems import DecisionProcess, Gaussian, NoNoise, random_process, tabular_process
from explore_theory.problems.autoregressive import ladder_problem
from proofs_checks.token_level_improvement import learners
from proofs_checks.token_level_improvement.printed_mtss_runs import process_of

LADDER = process_of(learners.told(ladder_problem(horizon=4, beta=0.2)))
RANDOM = random_process(
    horizon=3, states=3, actions=3, dimension=2, beta=0.5, noise=Gaussian(0.1), tilt=2.0, anchor=1
)
FEW = PrintedMTSS(
    iterations=4,
    rollouts=3,
    walks=2,
    tests=3,
    ridge=0.05,
    radius=1.0,
    parameter_radius=3.0,
    sampler=SoftmaxSampler(ratio=8.0, normaliser=10, tries=30),
)


def learned(process, learner, law="exact-law", seed=0, replicates=1):
    oracle = oracles.open_density(process, law=law, seed=seed, replicates=replicates)
    return learner.run(oracle), oracle


def gaps(process, found):
    return processes.gap(process, oracles.density_tables(process, found.policy))


# --- learning ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("law", ["literal", "exact-law"])
@pytest.mark.parametrize("process", [LADDER, RANDOM], ids=["ladder", "random"])
def test_it_learns_by_either_law(process, law):
    eps = 0.25 * float(processes.gap(process, processes.base_policy(process)))
    found, oracle = learned(process, practical(process.facts, eps, literal=False), law, replicates=3)
    assert found.certified.all()
    assert (gaps(process, found) < eps).all()
    assert set(oracle.ledger.phases) >= {"fit", "span"}
    assert oracle.ledger.total("reward", phase="span").sum() == 0


def test_both_laws_charge_alike():
    mean = {}
    for law in ("literal", "exact-law"):
        _, oracle = learned(RANDOM, FEW, law, replicates=40)
        mean[law] = oracle.ledger.total("token").mean()
        assert len(set(oracle.ledger.total("reward"))) == 1
    assert mean["literal"] == pytest.approx(mean["exact-law"], rel=0.05)


@pytest.mark.parametrize("law", ["literal", "exact-law"])
def test_a_row_does_not_depend_on_its_peers(law):
    alone, _ = learned(RANDOM, FEW, law, seed=3)
    together, _ = learned(RANDOM, FEW, law, seed=3, replicates=3)
    assert np.array_equal(alone.policy.theta[0], together.policy.theta[0])
    assert np.array_equal(alone.policy.precision[0], together.policy.precision[0])


def test_play_checks_it_and_knows_its_gap():
    played = explore_theory.play(FEW, RANDOM, replicates=3)
    assert played.checked is not None
    assert np.array_equal(played.gap, gaps(RANDOM, played.policy))
    with pytest.raises(OracleMisuse, match="proper must be False of a learner on a decision process"):
        explore_theory.play(_Proper(**vars(FEW)), RANDOM)


class _Proper(PrintedMTSS):
    proper = True


# --- which policy is returned ------------------------------------------------------------------------------


def test_to_the_letter_the_last_certified_policy_is_returned_and_else_the_first_one():
    first, _ = learned(RANDOM, replace(FEW, literal=False, iterations=60))
    last, _ = learned(RANDOM, replace(FEW, iterations=25))
    assert first.certified[0]
    assert first.iterate[0] == first.iterations[0] < 25
    assert last.iterations[0] == 25
    assert last.iterate[0] > first.iterate[0]
    assert (first.longest[0] <= 0.25) & (last.longest[0] <= 0.25)
    never, _ = learned(RANDOM, replace(FEW, iterations=1))
    assert (never.iterate[0], never.certified[0]) == (1, False)
    assert never.longest[0] > 0.25
    for table, base in zip(oracles.density_tables(RANDOM, never.policy), RANDOM.stages, strict=True):
        assert np.exp(table[0]) == pytest.approx(base.base, abs=1e-12)


def test_a_policy_without_a_certificate_does_not_replace_one():
    policy = FEW._untold(1, 3, 2)
    kept, row = _Kept(policy, 1), np.zeros(1, dtype=int)
    for t, certified in enumerate([False, True, False, True, False], start=1):
        now = replace(policy, theta=np.full((1, 3, 2), float(t)))
        kept.take(now, row, t, np.array([certified]), np.array([0.1 * t]))
        expected = {1: 1, 2: 2, 3: 2, 4: 4, 5: 4}[t]
        found = kept.learned()
        assert found.iterate[0] == found.policy.theta[0, 0, 0] == expected
        assert found.longest[0] == pytest.approx(0.1 * expected)
        assert (found.certified[0], found.iterations[0]) == (t > 1, t)


def test_rows_that_are_certified_early_stop_there():
    found, oracle = learned(RANDOM, replace(FEW, literal=False, iterations=60), replicates=6)
    assert len(set(found.iterations)) > 1
    calls = oracle.ledger.total("reward")
    assert calls[found.iterations.argmin()] < calls[found.iterations.argmax()]


# --- FitValue ----------------------------------------------------------------------------------------------

#: One stage, two states with three actions: rewards are all there is to learn.
ONE_STAGE = tabular_process(
    start=[0.5, 0.5],
    base=[[0.5, 0.25, 0.25], [0.2, 0.3, 0.5]],
    reward=[[[0.1, 0.9, 0.3], [0.7, 0.2, 0.4]]],
    moves=np.full((2, 3, 2), 0.5),
    beta=0.5,
)


def test_without_noise_and_later_layers_differences_of_rewards_are_fitted():
    found, _ = learned(ONE_STAGE, replace(FEW, iterations=40, walks=20, tests=20))
    score = ONE_STAGE.stages[0].features @ found.policy.theta[0, 0]
    reward = ONE_STAGE.stages[0].reward
    # Differences in one state are all that is fitted.
    assert score - score[:, [0]] == pytest.approx(reward - reward[:, [0]], abs=1e-9)


def test_estimates_stay_in_the_ball():
    found, _ = learned(ONE_STAGE, replace(FEW, iterations=40, walks=20, tests=20, parameter_radius=0.3))
    assert np.linalg.norm(found.policy.theta[0, 0]) == pytest.approx(0.3)


@pytest.mark.parametrize("once", [False, True])
def test_the_reward_of_a_pair_is_drawn_in_every_rollout_or_once(once):
    process = replace(RANDOM, noise=Gaussian(0.5))
    learner = replace(FEW, iterations=2, rollouts=40, reward_once=once)
    _, oracle = learned(process, learner)
    # Two pairs per layer, each with its action and with the anchor; three pairs of layers.
    assert oracle.ledger.total("reward")[0] == 2 * 2 * (3 * 40 + 3 * (1 if once else 40))
    here = oracle.prompts(np.zeros(2, dtype=int)).repeated(40)
    rewards, there = learner._first(oracle, here, np.zeros(80, dtype=int))
    assert len(set(rewards[:40])) == len(set(rewards[40:])) == (1 if once else 40)
    assert there.count == 80
    reached = there._state[:40], there._state[40:]
    assert all(len(set(states)) > 1 for states in reached)


def test_a_return_is_rewards_less_beta_times_the_biased_log_ratios_after_it():
    """Against the exact mean: values of the sampler's law, and the bias of log rho in each later state."""
    oracle = oracles.open_density(replace(RANDOM, noise=NoNoise()), replicates=1)
    policy = replace(FEW._untold(1, 3, 2), theta=RANDOM.theta[None], radius=100.0)
    tables = tuple(table[0] for table in oracles.density_tables(RANDOM, policy))
    value = processes.policy_values(RANDOM, tables).q[0][:, 0]
    later = np.zeros(3)
    for h in (2, 1):
        stage = RANDOM.stages[h]
        score = policy.scores(stage.features - stage.features[:, [1]], h, 0.5, np.zeros(3, dtype=int))
        bias = density_law(stage.base, score, policy.sampler).bias(stage.log_base)
        assert (bias > 0).all()
        later = bias if h == 2 else bias + (np.exp(tables[h]) * (stage.moves @ later)).sum(axis=-1)
    mean = RANDOM.start @ (value - 0.5 * RANDOM.stages[0].moves[:, 0] @ later)
    count = 20_000
    got = FEW._returns(oracle, oracle.prompts(np.zeros(count, dtype=int)), np.zeros(count, dtype=int), policy)
    assert got.mean() == pytest.approx(mean, abs=4 * got.std() / math.sqrt(count))
    # The unbiased value is told apart.
    assert abs(got.mean() - RANDOM.start @ value) > 8 * got.std() / math.sqrt(count)


# --- UncertainStateAction ----------------------------------------------------------------------------------


def test_the_longest_difference_joins_with_the_anchor_at_its_state():
    learner = replace(FEW, iterations=1, walks=30, tests=30)
    oracle = oracles.open_density(RANDOM)
    seen = []

    class Watching(PrintedMTSS):
        def _widen(self, oracle, rows, cores, policy):
            longest = super()._widen(oracle, rows, cores, policy)
            seen.append((longest, cores))
            return longest

    found = Watching(**vars(learner)).run(oracle)
    longest, cores = seen[0]
    for stage, core in zip(RANDOM.stages, cores, strict=True):
        relative = stage.features - stage.features[:, [1]]
        most = (relative**2).sum(axis=-1).max() / 0.05
        own, anchor = core.relative
        assert (own[0] ** 2).sum() / 0.05 == pytest.approx(most)
        assert not anchor.any()
        assert core.actions[1].tolist() == [1]
        assert core.sigma[0] == pytest.approx(0.05 * np.eye(2) + np.outer(own[0], own[0]))
        assert longest[0] >= most - 1e-9
    assert found.certified.tolist() == [False]


def test_the_longest_of_the_draws_at_the_end_of_a_walk_joins():
    """One walk, and so many draws there that every action is among them."""
    cores = []

    class Watching(PrintedMTSS):
        def _widen(self, oracle, rows, cores_of_all, policy):
            longest = super()._widen(oracle, rows, cores_of_all, policy)
            cores[:] = cores_of_all
            return longest

    Watching(**{**vars(FEW), "iterations": 1, "walks": 1, "tests": 400}).run(
        oracles.open_density(RANDOM, replicates=8)
    )
    for stage, core in zip(RANDOM.stages, cores, strict=True):
        relative = stage.features - stage.features[:, [1]]
        state = core.places[0]._state
        assert core.actions[0].tolist() == (relative**2).sum(axis=-1).argmax(axis=-1)[state].tolist()


# --- schedules ---------------------------------------------------------------------------------------------

EXAMPLE = PrintedMTSSSchedule(
    d=2, horizon=3, beta=0.5, parameter_radius=1.5, conditional_coverage=2.0, eps=0.05, constant=3.0
)


def test_the_schedule_has_what_page_83_prints():
    s = EXAMPLE
    t = 2 * 9 * 3.0
    assert (s.radius, s.iterations, s.squared_accuracy) == (0.5, t, 0.05)
    assert s.ridge == pytest.approx(0.05 / (3 * 2.25))
    assert s.ratio == pytest.approx(4 * t**2 * 9 * 1.5**4 * 3 / 0.05)
    assert s.failure == pytest.approx(0.05 / (9 * 1.5**3 * t * 3))
    assert s.tests == pytest.approx(t * 81 * 1.5**4 * 2 * 3 / 0.05)
    assert s.walks == pytest.approx(t * 9 * 1.5**4 * 3 / 0.05)
    assert s.rollouts == pytest.approx(9 * 1.5**4 * 2 * t * 3 / 0.05)
    assert s.base_draws == pytest.approx(4 * s.ratio * math.log(4 / s.failure))


def test_the_mended_accuracy_fits_both_terms():
    s = replace(EXAMPLE, accuracy="mended")
    rho = min(2 * 0.5 * 0.05 / (KAPPA * 3), 0.25 / (4800 * KAPPA**2 * 3 * 2 * 81))
    assert s.squared_accuracy == pytest.approx(rho)
    assert s.walks == pytest.approx(1.3e7 * 3 * s.iterations * 9 * 1.5**4 * 3 / rho)


def test_what_a_run_costs_to_leading_order():
    """Counted iteration by iteration: 2 (t-1) pairs per layer."""
    s, transitions, ends = replace(EXAMPLE, constant=20.0), 0.0, 0.0
    steps = s.horizon
    for t in range(1, int(s.iterations) + 1):
        pairs = 2 * (t - 1)
        for h in range(1, steps + 1):
            transitions += 2 * s.rollouts * pairs * (steps - h)
            transitions += sum(s.walks * pairs * (h - layer) for layer in range(1, h))
            ends += s.walks * pairs * (h - 1)
    assert s.transitions == pytest.approx(transitions, rel=1.1 / s.iterations)
    calls = transitions * s.base_draws + ends * s.tests
    assert s.token_calls == pytest.approx(calls, rel=1.1 / s.iterations)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"eps": 0.0}, "eps must be positive"),
        ({"constant": 0.5}, "constant must be at least 1 and finite, got constant=0.5"),
        ({"conditional_coverage": math.inf}, "conditional_coverage must be at least 1 and finite"),
        ({"accuracy": "best"}, "accuracy must be one of printed, mended"),
        ({"d": 0}, "d must be at least 1"),
    ],
)
def test_schedules_that_are_refused(arguments, message):
    with pytest.raises(InvalidProblem, match=message):
        replace(EXAMPLE, **arguments)


def test_a_schedule_that_cannot_be_run():
    with pytest.raises(InvalidProblem, match=r"base_draws must be below 2\^62 to be run"):
        replace(EXAMPLE, eps=1e-12).learner()
    small = replace(EXAMPLE, eps=0.9, constant=1.0).learner()
    assert small.iterations == 18
    assert small.radius == 0.5


# --- refusals ----------------------------------------------------------------------------------------------


def test_anchors_that_will_not_do():
    with pytest.raises(InvalidProblem, match="anchor must be an action per stage for MTSS as printed, got"):
        learned(replace(RANDOM, anchor=None), FEW)
    with pytest.raises(InvalidProblem, match=r"anchor must be an action per stage"):
        oracles.density_tables(replace(RANDOM, anchor=None), FEW._untold(1, 3, 2))
    with pytest.raises(InvalidProblem, match=r"anchor must lie in \[0, 2\], got anchor=3"):
        replace(RANDOM, anchor=3)
    base = [[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]]
    how = {"start": [0.5, 0.5], "base": base, "reward": np.zeros((1, 2, 3)), "beta": 1.0}
    with pytest.raises(InvalidProblem, match="got anchor=2 without mass at stage 0, state 0"):
        tabular_process(**how, moves=np.full((2, 3, 2), 0.5), anchor=2)
    # A prompt that never comes may give the anchor no mass.
    tabular_process(**{**how, "start": [0.0, 1.0]}, moves=np.full((2, 3, 2), 0.5), anchor=2)


def test_what_the_learner_must_be_told():
    with pytest.raises(InvalidProblem, match="facts must declare conditional_coverage and parameter_radius"):
        practical(replace(RANDOM, conditional_coverage=None).facts, 0.1)
    with pytest.raises(InvalidProblem, match="facts must declare"):
        PrintedMTSSSchedule.of(replace(RANDOM, theta=None, parameter_radius=None).facts, eps=0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"walks": 0}, "walks must be at least 1"),
        ({"ridge": -1.0}, "ridge must be positive"),
        ({"sampler": SoftmaxSampler(ratio=2.0, normaliser=0, tries=3)}, "normaliser must be at least 1"),
    ],
)
def test_learners_that_are_refused(arguments, message):
    with pytest.raises(InvalidProblem, match=message):
        replace(FEW, **arguments)


def test_policies_of_another_shape_are_refused():
    oracle = oracles.open_density(RANDOM)
    here = oracle.prompts(np.zeros(1, dtype=int))
    with pytest.raises(OracleMisuse, match=r"theta must have shape \(1, 3, 2\)"):
        oracle.sampled(here, FEW._untold(1, 2, 2))
    with pytest.raises(OracleMisuse, match="policy must be an AnchoredPolicy, got a str"):
        oracle.sampled(here, "policy")
    other = _OtherSampler(ratio=2.0, normaliser=3, tries=3)
    with pytest.raises(OracleMisuse, match="sampler must be a SoftmaxSampler, got a _OtherSampler"):
        oracle.sampled(here, replace(FEW._untold(1, 3, 2), sampler=other))


class _OtherSampler(SoftmaxSampler):
    pass


def test_a_token_problem_is_read_as_a_process():
    problem = learners.instance("forced", 3)
    process = DecisionProcess.of_tokens(problem, anchor=1)
    assert process.anchor.tolist() == [1, 1, 1]
    assert practical(process.facts, 0.1).sampler.ratio == pytest.approx(4 * problem.conditional_coverage)


def test_what_the_printed_schedule_asks_for_on_two_tokens():
    """The numbers that T51 names: more than anybody runs."""
    calls = {}
    for horizon in (8, 32):
        facts = process_of(learners.instance("product", horizon)).facts
        told = replace(facts, parameter_radius=1.0)
        calls[horizon] = PrintedMTSSSchedule.of(told, eps=0.05).token_calls
    assert calls[8] == pytest.approx(3.9e19, rel=0.02)
    assert calls[32] == pytest.approx(6.9e29, rel=0.02)

"""The oracle of decision processes: its draws follow the laws, and what is shown of it runs."""

import doctest
import math
import re
from pathlib import Path

import numpy as np
import pytest

from explore_theory import oracles
from explore_theory.exact import processes
from explore_theory.foundation.streams import Streams
from explore_theory.oracles.ledger import KINDS
from explore_theory.oracles.processes import opening
from explore_theory.oracles.processes.draws import outcomes
from explore_theory.oracles.processes.opening import open_process
from explore_theory.oracles.processes.protocol import Visits
from explore_theory.problems import Gaussian, random_process, tabular_process

ROOT = Path(__file__).parents[2]
DATA = ("reward", "transition", "reset")
A, S, H = 3, 3, 3
MOVES = np.array(
    [
        [[0.5, 0.5, 0.0], [0.0, 0.2, 0.8], [1.0, 0.0, 0.0]],
        [[0.1, 0.2, 0.7], [0.0, 1.0, 0.0], [0.6, 0.0, 0.4]],
        [[0.0, 0.0, 1.0], [0.3, 0.3, 0.4], [0.0, 0.9, 0.1]],
    ]
)


def problem(**changes):
    """Features are the unit vectors of the pairs (state, action), so they tell the state."""
    values = {
        "start": [0.6, 0.4, 0.0],
        "base": [[0.2, 0.5, 0.3], [0.9, 0.1, 0.0], [0.25, 0.25, 0.5]],
        "reward": np.arange(H * S * A).reshape(H, S, A) / 10,
        "moves": MOVES,
        "beta": 0.5,
    }
    return tabular_process(**(values | changes))


PROBLEM = problem()


def opened(**more):
    return open_process(PROBLEM, **more)


def states(oracle, visits):
    """The states of visits, by the features of action 0."""
    return oracle.features(visits, np.zeros(visits.count, dtype=int)).argmax(axis=-1) // A


def counted(oracle, kind, row=0):
    """Per stage."""
    return oracle.ledger.counts[row, KINDS.index(kind)].sum(axis=0).tolist()


def data(oracle, row=0):
    return [int(oracle.ledger.total(kind)[row]) for kind in DATA]


# --- draws --------------------------------------------------------------------------------------------------


def deviations(found, law):
    """Of frequencies from a law, in standard deviations; what has no mass must not occur."""
    count = np.bincount(found, minlength=len(law))
    law = np.asarray(law)
    assert count[law == 0].sum() == 0
    spread = np.sqrt(np.maximum(found.size * law * (1 - law), 1e-9))
    return np.abs(count - found.size * law) / spread


@pytest.mark.parametrize("seed", range(3))
def test_starts_actions_and_moves_follow_their_laws(seed):
    oracle = opened(seed=seed)
    n = 20_000
    here = oracle.prompts(np.zeros(n, dtype=int))
    where = states(oracle, here)
    assert deviations(where, PROBLEM.start).max() < 5
    for h in range(H - 1):
        sample = oracle.draw(here, 2)
        for s in range(S):
            if np.any(where == s):
                for k in range(2):
                    assert deviations(sample.actions[where == s, k], PROBLEM.stages[h].base[s]).max() < 5
        actions = np.arange(n) % A
        here = oracle.move(here, actions) if h else oracle.act(here, actions).visits
        after = states(oracle, here)
        for s in range(S):
            for a in range(A):
                of = (where == s) & (actions == a)
                if np.any(of):
                    assert deviations(after[of], MOVES[s, a]).max() < 5
        where = after


def test_a_state_that_is_reset_to_moves_on_by_the_same_law_and_independently():
    oracle = opened()
    here = oracle.prompts([0])
    (s,) = states(oracle, here)
    after = states(oracle, oracle.move(here.repeated(20_000), [0] * 20_000))
    assert deviations(after, MOVES[s, 0]).max() < 5
    pairs = after[::2] * S + after[1::2]
    assert deviations(pairs, np.outer(MOVES[s, 0], MOVES[s, 0]).ravel()).max() < 5


def test_features_are_those_of_states_and_actions():
    oracle = opened()
    here = oracle.prompts([0] * 50)
    where = states(oracle, here)
    sample = oracle.draw(here, 4)
    assert np.array_equal(sample.features.argmax(axis=-1), where[:, None] * A + sample.actions)
    named = oracle.features(here, np.arange(50) % A)
    assert np.array_equal(named.argmax(axis=-1), where * A + np.arange(50) % A)


def test_rewards_are_those_of_the_step_with_independent_noise():
    exact = open_process(PROBLEM)
    here = exact.prompts([0] * 30)
    where, actions = states(exact, here), np.arange(30) % A
    assert np.array_equal(exact.act(here, actions).reward, PROBLEM.stages[0].reward[where, actions])
    noisy = open_process(problem(noise=Gaussian(0.5)))
    one = noisy.prompts([0])
    (s,) = states(noisy, one)
    seen = np.concatenate([noisy.act(one.repeated(500), [2] * 500).reward for _ in range(8)])
    off = (seen - PROBLEM.stages[0].reward[s, 2]) / 0.5
    assert abs(off.mean()) < 5 / math.sqrt(off.size)
    assert abs(off.std() - 1) < 5 / math.sqrt(2 * off.size)
    assert np.unique(seen).size == seen.size
    assert abs(np.corrcoef(off[:-1], off[1:])[0, 1]) < 5 / math.sqrt(off.size)


def test_episodes_earn_what_the_exact_objective_says():
    """Base policy: its divergence is zero, so its objective is its mean summed reward."""
    made = random_process(horizon=4, states=5, actions=3, dimension=2, beta=0.5, tilt=2.0)
    oracle = open_process(made)
    here, earned = oracle.prompts([0] * 20_000), np.zeros(20_000)
    while here is not None:
        reward, here = oracle.act(here, oracle.draw(here).actions[:, 0])
        earned += reward
    value = float(processes.objective(made, processes.base_policy(made)))
    assert abs(earned.mean() - value) < 5 * earned.std() / math.sqrt(earned.size)


def test_outcomes_of_no_mass_do_not_occur_at_either_end_of_the_uniforms():
    cdf = np.cumsum([[0.0, 0.3, 0.0, 0.7, 0.0]], axis=-1)
    ends = np.array([[2.0**-53, 0.3, 1 - 2.0**-53]])
    assert outcomes(cdf, np.zeros(1, dtype=int), ends).tolist() == [[1, 3, 3]]


def played(oracle, rows, chunks):
    """A walk of `rows`, asked for in `chunks`; what each saw."""
    here = oracle.prompts(rows)
    seen = []
    while here is not None:
        parts = [here.pick(part) for part in np.array_split(np.arange(here.count), chunks)]
        sample = [oracle.draw(part, 2) for part in parts]
        outcome = [oracle.act(v, s.actions[:, 0]) for v, s in zip(parts, sample, strict=True)]
        seen.append(np.concatenate([s.actions for s in sample]).T)
        seen.append(np.concatenate([o.reward for o in outcome])[None])
        later = [o.visits for o in outcome]
        here = None if later[0] is None else Visits.joined(later)
    return np.concatenate(seen)


def test_what_a_row_sees_depends_on_no_other_and_on_no_cut_of_its_calls():
    made = problem(noise=Gaussian(0.2))
    rows = [0, 1, 0, 2, 1, 0]
    together = played(open_process(made, replicates=3, seed=4), rows, 1)
    assert np.array_equal(together, played(open_process(made, replicates=3, seed=4), rows, 4))
    for row in range(3):
        alone = open_process(made, streams=Streams(("process oracle",), range(row, row + 1), 4))
        mine = np.flatnonzero(np.array(rows) == row)
        assert np.array_equal(together[:, mine], played(alone, [0] * mine.size, 1))
    assert not np.array_equal(together, played(open_process(made, replicates=3, seed=5), rows, 1))


# --- what is shown ------------------------------------------------------------------------------------------


def test_the_example_of_the_opening_runs():
    found = doctest.testmod(opening)
    assert found.attempted > 5
    assert found.failed == 0


def test_the_guides_example_says_what_it_costs():
    text = (ROOT / "docs/guide/learners.md").read_text(encoding="utf-8")
    (code,) = [c for c in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL) if "open_process" in c]
    names = {}
    exec(compile(code, "learners.md", "exec"), names)
    told = re.search(r"(\d+) rewards, (\d+) transitions, (\d+) resets", code)
    assert [int(number) for number in told.groups()] == data(names["oracle"])
    assert names["earned"] == pytest.approx(
        float(processes.objective(names["problem"], names["base"])), abs=0.2
    )


def test_processes_are_public():
    from explore_theory import problems

    for name in ("DecisionProcess", "ProcessFacts", "Stage", "random_process", "tabular_process"):
        assert name in problems.__all__
    for name in ("ProcessOracle", "Visits", "open_process"):
        assert name in oracles.__all__
    assert isinstance(oracles.open_process(PROBLEM), oracles.ProcessOracle)

"""Token by token: rollouts against a kernel of their arithmetic, replicates together, exact values."""

from collections.abc import Iterator

import numpy as np

from explore_theory.algorithms import MTSS
from explore_theory.bench.benchmark import Figure, compared
from explore_theory.bench.shipped.worlds import HEAT, chain
from explore_theory.bench.timing import Effort
from explore_theory.exact import soft_dynamics
from explore_theory.foundation.compiled import compiled, kernel_name
from explore_theory.foundation.streams import Streams
from explore_theory.oracles.tokens.opening import open_tokens
from explore_theory.oracles.tokens.sampler import TokenPolicy, step_law
from explore_theory.oracles.tokens.walks import PolicyTables, walk
from explore_theory.problems.autoregressive import AutoregressiveProblem, random_markov_problem

HORIZON, ROWS = 64, 16


@compiled
def arithmetic(count: int) -> float:
    """A logarithm and an exponential per step, of numbers that depend on each other as those of a walk do."""
    total, x = 0.0, 0.5
    for _ in range(count):
        x = np.exp(-np.abs(np.log(x + 1e-3)))
        total += x
    return total


def tables() -> PolicyTables:
    """The steps of a policy over `HORIZON` tokens."""
    problem = random_markov_problem(horizon=HORIZON, vocabulary=4, dimension=4, beta=HEAT / HORIZON)
    precision = np.tile(1e-3 * np.eye(4), (HORIZON, 1, 1))
    policy = TokenPolicy(theta=np.asarray(problem.theta), precision=precision, radius=0.5, draws=64, cap=1000)
    found = PolicyTables(problem, policy.draws, policy.cap)
    for h, layer in enumerate(problem.layers):
        found.put(h, step_law(layer, policy, h, problem.beta))
    return found


def learner(problem: AutoregressiveProblem) -> MTSS:
    """MTSS for a quarter of the base policy's gap."""
    gap = float(soft_dynamics.gap(problem, soft_dynamics.base_policy(problem)))
    return MTSS.practical(problem.facts, gap / 4)


def played(problem: AutoregressiveProblem, plan: MTSS, rows: range) -> object:
    """A run on these replicates."""
    return plan.run(open_tokens(problem, streams=Streams(("benchmark",), rows, 0)))


def rollouts(effort: Effort) -> Iterator[Figure]:
    """A rollout step, compiled and not, over its arithmetic."""
    found = tables()
    # Few enough for one thread, as the kernel is.
    many = 400 if effort.quick or kernel_name() == "python" else 4_000
    start, few = np.zeros(many, dtype=np.int64), np.zeros(many // 20, dtype=np.int64)
    yield compared(
        "a step of a rollout, over a logarithm and an exponential",
        head=lambda: walk(found, start, 0, 1),
        base=lambda: arithmetic(many * HORIZON),
        effort=effort,
    )
    yield compared(
        "a step of a rollout, compiled over NumPy",
        head=lambda: walk(found, start, 0, 1),
        base=lambda: walk(found, few, 0, 1, compiled=False),
        units=(many, len(few)),
        effort=effort,
        at_most=1.0,
    )


def replicates(effort: Effort) -> Iterator[Figure]:
    """MTSS's replicates together, over the same replicates one by one, which give the same numbers."""
    problem, rows = chain(3 if effort.quick else 6), 4 if effort.quick else ROWS
    plan = learner(problem)
    yield compared(
        f"{rows} replicates of MTSS together, over one by one",
        head=lambda: played(problem, plan, range(rows)),
        base=lambda: [played(problem, plan, range(row, row + 1)) for row in range(rows)],
        effort=effort,
        at_most=1.0,
    )

"""Time of a rollout step of MTSS against a kernel of its arithmetic: five hashed words, one logarithm each.

Run: ``python benchmarks/token_rollouts.py``.
"""

import time
from collections.abc import Callable

import numpy as np
from numba import njit

from explore_theory.oracles.tokens.sampler import TokenPolicy, step_law
from explore_theory.oracles.tokens.walks import PolicyTables, walk
from explore_theory.problems.autoregressive import random_markov_problem

# Few enough for one thread, as the kernel is.
HORIZON, ROLLOUTS = 64, 4_000


def tables() -> PolicyTables:
    problem = random_markov_problem(horizon=HORIZON, vocabulary=4, dimension=4, beta=1 / (1.5 * HORIZON))
    policy = TokenPolicy(
        theta=problem.theta,
        precision=np.tile(1e-3 * np.eye(4), (HORIZON, 1, 1)),
        radius=0.5,
        draws=64,
        cap=1000,
    )
    found = PolicyTables(problem, policy.draws, policy.cap)
    for h, layer in enumerate(problem.layers):
        found.put(h, step_law(layer, policy, h, problem.beta))
    return found


@njit
def arithmetic(count: int) -> float:
    """A logarithm and an exponential per step, of numbers that depend on each other as those of a walk do."""
    total, x = 0.0, 0.5
    for _ in range(count):
        x = np.exp(-np.abs(np.log(x + 1e-3)))
        total += x
    return total


def nanoseconds(run: Callable[[], object], steps: int) -> float:
    run()
    best = np.inf
    for _ in range(5):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return 1e9 * best / steps


def main() -> None:
    found, start = tables(), np.zeros(ROLLOUTS, dtype=np.int64)
    steps = ROLLOUTS * HORIZON
    compiled = nanoseconds(lambda: walk(found, start, 0, 1), steps)
    few = np.zeros(ROLLOUTS // 20, dtype=np.int64)
    plain = nanoseconds(lambda: walk(found, few, 0, 1, compiled=False), steps // 20)
    kernel = nanoseconds(lambda: arithmetic(steps), steps)
    print(f"compiled {compiled:7.1f} ns per step")
    print(f"NumPy    {plain:7.1f} ns per step, {plain / compiled:.0f} times slower")
    print(f"kernel   {kernel:7.1f} ns per step; compiled is {compiled / kernel:.1f} times that")


if __name__ == "__main__":
    main()

"""Time of exact evaluation of an autoregressive problem: 1,000 tokens over a vocabulary of 64.

Run: ``python benchmarks/soft_dynamics.py``.
"""

import time

import numpy as np

from explore_theory.exact import soft_dynamics
from explore_theory.problems.autoregressive import AutoregressiveProblem, markov_problem

HORIZON, VOCABULARY = 1000, 64


def instance() -> AutoregressiveProblem:
    rng = np.random.default_rng(0)
    return markov_problem(
        base=rng.dirichlet(np.ones(VOCABULARY), size=VOCABULARY),
        reward=0.01 * rng.normal(size=(HORIZON, VOCABULARY, VOCABULARY)),
        features=np.zeros((VOCABULARY, VOCABULARY, 1)),
        beta=1 / HORIZON,
    )


def main() -> None:
    problem = instance()
    steps = {
        "pi*": lambda: soft_dynamics.optimum(problem),
        "C_cond": lambda: soft_dynamics.log_conditional_coverage(problem),
        "C_cov": lambda: soft_dynamics.log_coverage(problem),
        "gap of pi_ref": lambda: soft_dynamics.gap(problem, soft_dynamics.base_policy(problem)),
        "gap by tokens": lambda: soft_dynamics.token_divergences(
            problem, soft_dynamics.base_policy(problem)
        ).sum(),
    }
    total = 0.0
    for name, step in steps.items():
        start = time.perf_counter()
        value = step()
        spent = time.perf_counter() - start
        total += spent
        print(f"{name:<14} {spent:6.3f} s" + ("" if name == "pi*" else f"   {float(value):.6g}"))
    print(f"{'total':<14} {total:6.3f} s")


if __name__ == "__main__":
    main()

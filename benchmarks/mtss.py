"""Time of one run of MTSS on the Markov family, and of all else beside its rollouts.

`eps` is a quarter of the base policy's gap, ``A = d = 4``. Rollouts are timed by themselves, at the same
numbers, so that the ratio does not depend on the machine.

Run: ``python benchmarks/mtss.py [H ...]`` (64 and 128 by default).
"""

import sys
import time

import numpy as np

from explore_theory.algorithms import MTSS
from explore_theory.oracles import open_tokens
from explore_theory.oracles.tokens import walks as token_walks
from proofs_checks.token_level_improvement import learners


def main(horizons: list[int]) -> None:
    spent = [0.0]
    plain = token_walks.walk

    def timed(*arguments: object, **options: object) -> token_walks.Walks:
        start = time.perf_counter()
        found = plain(*arguments, **options)  # type: ignore[arg-type]
        spent[0] += time.perf_counter() - start
        return found

    # Compiles.
    play(8)
    from explore_theory.oracles.tokens import exact_law as token_exact_law

    token_exact_law.walk = timed
    for horizon in horizons:
        spent[0], start = 0.0, time.perf_counter()
        calls, rounds = play(horizon)
        wall = time.perf_counter() - start
        print(
            f"H = {horizon:<4} {wall:6.1f} s, {wall / spent[0]:.2f} times its rollouts; "
            f"T_comp {calls:.3g}, T_data {rounds:.3g}, C_cov 2^{log2_coverage(horizon):.0f}"
        )


def play(horizon: int) -> tuple[float, float]:
    problem = learners.instance("markov", horizon)
    oracle = open_tokens(problem, seed=0)
    MTSS.practical(problem.facts, learners.accuracy(problem, 0.25)).run(oracle)
    return float(oracle.ledger.compute[0]), float(oracle.ledger.data[0])


def log2_coverage(horizon: int) -> float:
    from explore_theory.exact import soft_dynamics

    return float(soft_dynamics.log_coverage(learners.instance("markov", horizon))) / float(np.log(2))


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [64, 128])

"""MTSS's replicates together against the same replicates one by one, which give the same numbers.

Run: ``python benchmarks/token_rows.py``.
"""

import time
from collections.abc import Callable

import numpy as np

from explore_theory.algorithms.tokens.mtss import MTSS
from explore_theory.foundation.streams import Streams
from explore_theory.oracles.tokens.opening import open_tokens
from proofs_checks.token_level_improvement import learners

ROWS, HORIZON = 16, 6


def seconds(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def main() -> None:
    problem = learners.instance("markov", HORIZON)
    learner = MTSS.practical(problem.facts, learners.accuracy(problem, 0.25))

    def theta(rows: range) -> list[bytes]:
        oracle = open_tokens(problem, streams=Streams(("rows",), rows, 0))
        return [policy.theta.tobytes() for policy in learner.run(oracle).policies]

    def alone() -> list[bytes]:
        return [theta(range(row, row + 1))[0] for row in range(ROWS)]

    # The first run compiles.
    assert theta(range(ROWS)) == alone()
    ratios = [seconds(alone) / seconds(lambda: theta(range(ROWS))) for _ in range(3)]
    print(f"{ROWS} replicates together take {np.median(ratios):.1f} times less than one by one")


if __name__ == "__main__":
    main()

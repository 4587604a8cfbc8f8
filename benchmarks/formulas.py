"""Time of the exact optimum of a formula: all assignments of 20 variables, 500 terms, on one core.

Run: ``python benchmarks/formulas.py``.
"""

import time

from explore_theory.formulas import best_assignment, random_formula
from explore_theory.foundation.streams import Streams

CASES = ((20, 500, 3), (20, 500, 7), (20, 500, 12), (22, 500, 7), (24, 500, 7), (20, 40_000, 7))


def seconds(n: int, m: int, k: int) -> float:
    formula = random_formula(m=m, k=k, n=n, streams=Streams(("benchmark",), [0]))
    start = time.perf_counter()
    best_assignment(formula)
    return time.perf_counter() - start


def main() -> None:
    print(f"{'assignments':>12} {'terms':>7} {'k':>3} {'seconds':>8} {'per term and assignment, ps':>28}")
    for n, m, k in CASES:
        spent = seconds(n, m, k)
        print(f"{'2^' + str(n):>12} {m:>7} {k:>3} {spent:>8.3f} {1e12 * spent / (m * 2**n):>28.1f}")


if __name__ == "__main__":
    main()

"""Cost of a search: by the exact law it does not depend on its length, drawn one by one it does.

Run: ``python benchmarks/exact_law.py``.
"""

import time

from explore_theory import oracles
from explore_theory.oracles import Norm
from explore_theory.problems import HiddenNeedle

REPLICATES = 64
REPEATS = 20


def milliseconds(law: str, coverage: float, tries: float, repeats: int = REPEATS) -> tuple[float, float]:
    """Time per search of all replicates, and the calls it made per replicate."""
    problem = HiddenNeedle.draw(
        responses=10**18, coverage=coverage, dimension=8, beta=0.015, worlds=REPLICATES
    )
    oracle = oracles.open(problem, law=law, replicates=REPLICATES)
    ctx = oracle.prompt()
    oracle.search(ctx, Norm() > 0, 1)
    start = time.perf_counter()
    for _ in range(repeats):
        oracle.search(ctx, Norm() > 0, tries)
    spent = time.perf_counter() - start
    return 1e3 * spent / repeats, float(oracle.ledger.compute.mean()) / repeats


def main() -> None:
    print(f"{'T':>8} {'ms, exact law':>14} {'calls per search':>17}")
    times = []
    for decade in range(2, 15, 2):
        spent, calls = milliseconds("exact-law", 10.0**decade, 10.0**decade)
        times.append(spent)
        print(f"{'1e' + str(decade):>8} {spent:>14.2f} {calls:>17.4g}")
    print(f"slowest over fastest: {max(times) / min(times):.2f}")
    exact, _ = milliseconds("exact-law", 1e4, 1e4)
    literal, _ = milliseconds("literal", 1e4, 1e4, repeats=2)
    print(f"C = 1e4: literal {literal:.1f} ms, exact law {exact:.2f} ms, ratio {literal / exact:.0f}")


if __name__ == "__main__":
    main()

"""Confidence sequences: cost of an interval, and what validity at all sizes costs in width.

Run: ``python benchmarks/sequences.py``.
"""

import time

import numpy as np

from explore_theory.foundation.streams import Streams
from explore_theory.statistics import bernoulli_sequence, bounded_mean_sequence, clopper_pearson

ALPHA = 1e-3


def seconds(call, repeats: int = 5) -> float:
    call()
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)


def speed() -> None:
    n = 10**6
    k = np.arange(100_000) * 10
    print("time per interval")
    for name, interval in (("sequence", bernoulli_sequence), ("Clopper-Pearson", clopper_pearson)):
        many = seconds(lambda interval=interval: interval(k, n, ALPHA)) / k.size
        one = seconds(lambda interval=interval: interval(300, 1000, ALPHA), 50)
        print(f"  {name:<16} {1e9 * many:>8.0f} ns in an array, {1e6 * one:>6.0f} us alone")
    values = Streams(("benchmark", "sequences"), range(64)).uniform(10_000)
    spent = seconds(lambda: bounded_mean_sequence(values, 0, 1, ALPHA)) / values.size
    print(f"  {'bounded mean':<16} {1e9 * spent:>8.0f} ns per value")


def width() -> None:
    print("width over that of Clopper-Pearson at the same size, alpha = 1e-3")
    print(f"{'p':>8}" + "".join(f"{n:>10.0e}" for n in 10.0 ** np.arange(2, 9, 2)))
    for p in (0.0, 0.01, 0.5):
        ratios = []
        for n in 10 ** np.arange(2, 9, 2):
            ends = [interval(int(p * n), n, ALPHA) for interval in (bernoulli_sequence, clopper_pearson)]
            ratios.append(float((ends[0][1] - ends[0][0]) / (ends[1][1] - ends[1][0])))
        print(f"{p:>8}" + "".join(f"{ratio:>10.2f}" for ratio in ratios))


def main() -> None:
    speed()
    width()


if __name__ == "__main__":
    main()

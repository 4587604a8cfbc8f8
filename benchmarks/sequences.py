"""Confidence sequences: what validity at all sizes costs in width.

Run: ``python benchmarks/sequences.py``; their speed is told by ``explore-theory bench intervals``.
"""

import numpy as np

from explore_theory.statistics import bernoulli_sequence, clopper_pearson

ALPHA = 1e-3


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
    width()


if __name__ == "__main__":
    main()

"""Random streams: one per replicate (ours) against one NumPy generator for all, nanoseconds per uniform.

Run: ``python benchmarks/streams.py``.
"""

import time

import numpy as np

from explore_theory.foundation.streams import Streams

ROWS = 64


def nanoseconds(draw, m: int) -> float:
    calls = max(3, 200_000 // m)
    draw(m)
    start = time.perf_counter()
    for _ in range(calls):
        draw(m)
    return 1e9 * (time.perf_counter() - start) / (calls * ROWS * m)


def main() -> None:
    streams = Streams(("benchmark",), range(ROWS))
    shared = np.random.Generator(np.random.Philox(0))
    print(f"{'per call':>9} {'ours':>8} {'shared':>8} {'ratio':>6}")
    for m in (1, 8, 64, 1024, 16384):
        ours, theirs = nanoseconds(streams.uniform, m), nanoseconds(lambda m: shared.random((ROWS, m)), m)
        print(f"{m:>9} {ours:>8.1f} {theirs:>8.1f} {ours / theirs:>6.1f}")


if __name__ == "__main__":
    main()

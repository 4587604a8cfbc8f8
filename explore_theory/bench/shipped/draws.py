"""Random streams, and confidence sequences."""

from collections.abc import Iterator

import numpy as np

from explore_theory.bench.benchmark import Figure, compared
from explore_theory.bench.timing import Effort
from explore_theory.foundation.streams import Streams
from explore_theory.statistics import bernoulli_sequence, clopper_pearson

ROWS, ALPHA = 64, 1e-3


def streams(effort: Effort) -> Iterator[Figure]:
    """A generator for every replicate, against one for all of them, which gives other numbers."""
    ours = Streams(("benchmark",), range(ROWS))
    shared = np.random.Generator(np.random.Philox(0))
    for m in (1, 64, 1024) if effort.quick else (1, 8, 64, 1024, 16384):
        numbers = f"{m} uniform number{'s' * (m > 1)}"
        yield compared(
            f"{numbers} for each of {ROWS} replicates, from their own streams over one generator's",
            head=lambda m=m: ours.uniform(m),  # type: ignore[misc]
            base=lambda m=m: shared.random((ROWS, m)),  # type: ignore[misc]
            effort=effort,
        )


def intervals(effort: Effort) -> Iterator[Figure]:
    """Confidence sequences, valid at all sizes at once, against the interval for one size."""
    n = 10**6
    k = np.arange(1_000 if effort.quick else 100_000) * 10
    yield compared(
        f"confidence sequences of {len(k):,} frequencies, over Clopper-Pearson intervals",
        head=lambda: bernoulli_sequence(k, n, ALPHA),
        base=lambda: clopper_pearson(k, n, ALPHA),
        effort=effort,
    )
    yield compared(
        "one confidence sequence, over one Clopper-Pearson interval",
        head=lambda: bernoulli_sequence(300, 1000, ALPHA),
        base=lambda: clopper_pearson(300, 1000, ALPHA),
        effort=effort,
    )

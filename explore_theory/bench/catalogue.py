"""All measurements of speed by name, and those that were asked for."""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import cast

from explore_theory.bench.benchmark import Benchmark, Figure, Growth
from explore_theory.bench.timing import Effort
from explore_theory.errors import UnknownSelector

#: Name, where its function is among the shipped ones, and what it says.
_SHIPPED = (
    ("streams", "draws:streams", "a random stream for each replicate, against one generator for all"),
    ("intervals", "draws:intervals", "confidence sequences, against intervals for one size"),
    (
        "searches",
        "searches:searches",
        "a search by its exact law, long and short, and against the literal law",
    ),
    (
        "exploration",
        "exploration:exploration",
        "SpannerSampling's rounds, against a kernel of their arithmetic",
    ),
    ("rollouts", "tokens:rollouts", "steps of rollouts, against their arithmetic and NumPy"),
    ("replicates", "tokens:replicates", "MTSS's replicates together, against one by one"),
    ("startup", "processes:startup", "starting the program, against importing NumPy"),
    ("workers", "processes:workers", "two worker processes, against one"),
    ("challenges", "processes:challenges", "challenged learners side by side, against one at a time"),
    ("grow-spanner", "growths:spanner_exact", "SpannerSampling by its exact law, in N, d, C_cov, replicates"),
    ("grow-literal", "growths:spanner_literal", "the same by the literal law"),
    ("grow-best-of-n", "growths:best_of_n", "best-of-N in N, d, replicates"),
    ("grow-mtss", "growths:mtss", "MTSS in H, d, the vocabulary, replicates"),
    ("grow-exact", "growths:exact_values", "exact values of chains and formulas"),
    ("grow-files", "growths:files", "coverage from a file, in its samples"),
)


def catalogue() -> tuple[Benchmark, ...]:
    """Every measurement, in the order in which they are taken."""
    return tuple(Benchmark(name=name, says=says, measure=_later(place)) for name, place, says in _SHIPPED)


def chosen(names: Sequence[str], among: Sequence[Benchmark]) -> tuple[Benchmark, ...]:
    """Those of these names, in the order of the catalogue; all where none is named.

    Raises
    ------
    UnknownSelector
        If there is none of a name.
    """
    known = [one.name for one in among]
    for name in names:
        if name not in known:
            raise UnknownSelector(f"benchmarks must be of {', '.join(known)}, got {name!r}")
    return tuple(one for one in among if not names or one.name in names)


def _later(place: str) -> Callable[[Effort], Iterator[Figure | Growth]]:
    """A function that is imported when it is called: what it measures takes time to import."""
    module, _, name = place.partition(":")

    def measure(effort: Effort) -> Iterator[Figure | Growth]:
        found = getattr(import_module(f"explore_theory.bench.shipped.{module}"), name)
        return cast("Iterator[Figure | Growth]", found(effort))

    return measure

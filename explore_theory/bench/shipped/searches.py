"""A search for responses: by its exact law the cost does not depend on its length."""

from collections.abc import Callable, Iterator

from explore_theory import oracles
from explore_theory.bench.benchmark import Figure, compared
from explore_theory.bench.timing import Effort
from explore_theory.oracles import Norm
from explore_theory.problems import HiddenNeedle

REPLICATES = 64


def search(law: str, coverage: float) -> Callable[[], object]:
    """One search for the needle, of as many tries as its coverage."""
    problem = HiddenNeedle.draw(
        responses=10**18, coverage=coverage, dimension=8, beta=0.015, worlds=REPLICATES
    )
    oracle = oracles.open(problem, law=law, replicates=REPLICATES)
    ctx = oracle.prompt()
    return lambda: oracle.search(ctx, Norm() > 0, coverage)


def searches(effort: Effort) -> Iterator[Figure]:
    """The exact law at long and short searches, and against the literal law."""
    yield compared(
        "exact law, a search of 1e14 tries over one of 1e2",
        head=search("exact-law", 1e14),
        base=search("exact-law", 1e2),
        effort=effort,
        at_most=1.5,
    )
    literal = 1e3 if effort.quick else 1e4
    yield compared(
        f"a search of {literal:.0e} tries, exact law over literal law",
        head=search("exact-law", literal),
        base=search("literal", literal),
        effort=effort,
        at_most=0.2 if effort.quick else 0.02,
    )

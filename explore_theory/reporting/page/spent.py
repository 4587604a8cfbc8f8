"""How the error level was shared: what each theorem's comparisons may spend, and what all of them come to."""

from collections.abc import Sequence
from dataclasses import dataclass

from explore_theory.harness.judging.outcomes import CaseResult, Result


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What the claims of one theorem at one tier spend on verdicts that chance can turn.

    Parameters
    ----------
    comparisons, level
        Of their statements: cases that chance can turn, and their levels added up.
    lies, lies_level
        The same of their false variants, which have a budget of their own.
    """

    theorem: str
    tier: str
    comparisons: int
    level: float
    lies: int
    lies_level: float


def spent(results: Sequence[Result]) -> list[Spent]:
    """A row for each theorem and tier with such comparisons, in the order of `results`."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((str(result.record["theorem"]), result.tier), []).append(result)
    rows = []
    for (theorem, tier), group in groups.items():
        own = _levels([case for result in group for case in result.cases])
        lies = _levels([case for result in group for variant in result.variants for case in variant.cases])
        if own or lies:
            rows.append(
                Spent(
                    theorem=theorem,
                    tier=tier,
                    comparisons=len(own),
                    level=sum(own),
                    lies=len(lies),
                    lies_level=sum(lies),
                )
            )
    return rows


def _levels(cases: Sequence[CaseResult]) -> list[float]:
    return [case.alpha for case in cases if case.alpha is not None]

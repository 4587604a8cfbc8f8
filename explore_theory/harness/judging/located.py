"""Where the best value of a named constant lies: from what its check has stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from explore_theory.foundation.brief import brief
from explore_theory.harness.claims.claim import PROVED
from explore_theory.harness.judging.outcomes import CaseResult
from explore_theory.harness.measures.columns import Number
from explore_theory.harness.verdicts.summary import Row
from explore_theory.harness.verdicts.verdict import Status, Verdict


@brief
@dataclass(frozen=True, kw_only=True)
class Located:
    """A named constant and the interval that its best value lies in.

    Parameters
    ----------
    name, says, kind, best, stated, proved, by
        As its author has it; see `Constant`. `proved` is the best value with a proof, `by` the claim that
        carries it, if that is another one.
    check
        The check that locates it.
    verdict
        The verdict on the check: unless it HOLDS, an instance contradicts the proof, or nothing is known.
    ends
        The interval, rounded outwards where it is float64: one end is the certified value of the instance,
        the other the proved value. None where no instance says anything, or one contradicts the proof.
    instance
        What the instance is made of.
    effort
        How many instances the search looked at.
    backed
        Whether its claim has proved evidence (symbolic, exhaustive or certified) beside the search.
    """

    name: str
    says: str
    kind: str
    best: str
    stated: str
    proved: str
    by: str
    check: str
    verdict: Verdict
    ends: tuple[Number, Number] | None
    instance: Mapping[str, Any]
    effort: int
    backed: bool

    @property
    def width(self) -> Fraction | None:
        """The length of the interval, as a share of its upper end."""
        if self.ends is None:
            return None
        low, high = (Fraction(end) for end in self.ends)
        return (high - low) / high

    @property
    def sharper(self) -> bool:
        """Whether a better value than the stated one has a proof, in the claim `by`."""
        return bool(self.by)


def located(record: Mapping[str, Any], cases: Sequence[CaseResult]) -> list[Located]:
    """The constants that the checks in a claim's `record` locate, by the results of its `cases`."""
    constants = {check["slug"]: check["constant"] for check in record["checks"] if "constant" in check}
    proofs = [check["evidence"] in PROVED for check in record["checks"] if "constant" not in check]
    return [_located(constants[case.check], case, any(proofs)) for case in cases if case.check in constants]


def _located(constant: Mapping[str, str], case: CaseResult, backed: bool) -> Located:
    row = _furthest(case)
    words = ("name", "says", "kind", "best", "stated", "proved", "by")
    return Located(
        **{word: str(constant[word]) for word in words},
        check=case.check,
        verdict=case.verdict,
        ends=_ends(row, case) if row is not None else None,
        instance=dict(row.witness) if row is not None else {},
        effort=case.summary.effort if case.summary is not None else 0,
        backed=backed,
    )


def _furthest(case: CaseResult) -> Row | None:
    """The instance that comes nearest to the proved value, or goes furthest beyond it."""
    if case.summary is None:
        return None
    side = "above" if case.relation == "<=" else "below"
    # Where no instance needs a positive value there is no ratio.
    return case.summary.rows.get(f"ratio_{side}", case.summary.rows.get(side))


def _ends(row: Row, case: CaseResult) -> tuple[Number, Number] | None:
    if case.verdict.status is not Status.HOLDS:
        return None
    ends = (row.lo, row.bound_hi) if case.relation == "<=" else (row.bound_lo, row.hi)
    return ends if all(abs(end) != float("inf") for end in ends) else None

"""What a challenge finds: one verdict for each question, computed from counts, and where a learner stands."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from explore_theory.foundation.brief import brief
from explore_theory.harness.verdicts.verdict import Status

#: In this order the worst of several verdicts is the whole's.
_WORST = (Status.ERROR, Status.REFUTED, Status.INCONCLUSIVE, Status.NOT_APPLICABLE, Status.HOLDS)


@brief
@dataclass(frozen=True, kw_only=True)
class Finding:
    """One question and its answer.

    Parameters
    ----------
    kind
        ``"bound"``, ``"integrity"``, ``"laws"`` or ``"threshold"``.
    about
        Which game, at which budget.
    statement
        What is held to be true, in words.
    claims
        Ids of the claims that it rests on.
    status, reason
        The verdict, and a sentence computed from what was measured.
    lo, hi, bound
        An interval for what was measured, and what it was held against; NaN where there is none.
    successes, trials
        What was counted.
    trace
        More about an ERROR.
    """

    kind: str
    about: str
    statement: str
    claims: tuple[str, ...]
    status: Status
    reason: str
    lo: float = math.nan
    hi: float = math.nan
    bound: float = math.nan
    successes: int = 0
    trials: int = 0
    trace: str = ""


@brief
@dataclass(frozen=True, kw_only=True)
class Placement:
    """What a learner takes at one rung of a family to be accurate with probability `LEVEL`.

    Parameters
    ----------
    learner
        Its name; `own` says that it is the one that is challenged.
    family, coverage
        Which rung.
    lo, hi
        The smallest sufficient budget lies in ``(lo, hi]``.
    calls, data
        Mean calls (weak and strong) and reward rounds that were spent at `hi`; NaN if none was shown to be
        enough.
    calls_short
        Mean calls at `lo`, which is not enough; NaN if there is none.
    trials
        Runs behind it.
    """

    learner: str
    own: bool
    family: str
    coverage: float
    lo: float
    hi: float
    calls: float
    calls_short: float
    data: float
    trials: int


@brief
@dataclass(frozen=True, kw_only=True)
class Record:
    """Everything that a challenge found.

    Parameters
    ----------
    learner, name
        Where it is, and what it is called.
    seed, known
        The seed, and whether it was given: then the learner could have known it.
    tier, alpha, tests
        How much was played, the chance of any wrong verdict, and among how many tests it is shared.
    lines
        By family, the calls that any algorithm needs at each coverage, for figures.
    notes
        What else a reader must know.
    isolation
        What keeps the learner from the problem on this system, and what does not.
    """

    learner: str
    name: str
    proper: bool
    seed: int
    known: bool
    tier: str
    alpha: float
    tests: int
    seconds: float
    questions: int
    findings: tuple[Finding, ...]
    placements: tuple[Placement, ...]
    lines: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    isolation: tuple[str, ...] = ()
    again: str = ""

    @property
    def status(self) -> Status:
        """The worst of all verdicts."""
        return worst([finding.status for finding in self.findings])

    @property
    def headline(self) -> str:
        """All of it in a sentence."""
        counts = {s: sum(f.status is s for f in self.findings) for s in _WORST}
        told = ", ".join(f"{n} {s}" for s, n in counts.items() if n)
        return f"{self.name}: {self.status} ({told} of {len(self.findings)} checks)"

    def data(self) -> dict[str, Any]:
        """It as JSON data; what is not a number is null."""
        return {"status": str(self.status), **_plain(asdict(self))}

    def _repr_html_(self) -> str:
        """For notebooks."""
        from explore_theory.foundation import markup

        rows = [(f.about, f.kind, str(f.status), f.reason) for f in self.findings]
        return markup.block(
            markup.paragraph(self.headline), markup.table(rows, ("about", "kind", "verdict", "why"))
        )


def worst(found: Sequence[Status]) -> Status:
    """The worst of several verdicts; without any, INCONCLUSIVE."""
    return next((status for status in _WORST if status in found), Status.INCONCLUSIVE)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Status):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "infinite" if value > 0 else None
    return value

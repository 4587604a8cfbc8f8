"""A violation run again: by its instance, by the rows of its block, or, if chance showed it, by all rows."""

from dataclasses import dataclass, replace
from enum import StrEnum

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.harness.claims.claim import Case, Run
from explore_theory.harness.discovery.guesses import reason_of
from explore_theory.harness.discovery.registry import Registered, Registry
from explore_theory.harness.judging.settle import Terms, settle
from explore_theory.harness.measures.columns import Number, digits
from explore_theory.harness.measures.measurement import Measurement
from explore_theory.harness.running.comparisons import at_home, compared
from explore_theory.harness.running.violation import Violation
from explore_theory.harness.running.violations import versions
from explore_theory.harness.running.worker import Job, run_job
from explore_theory.harness.storage.store import Block, Outcome
from explore_theory.harness.verdicts.summary import Row, Summary, resolved
from explore_theory.harness.verdicts.verdict import Status, Verdict, decide


class Replay(StrEnum):
    """What became of a violation."""

    REPRODUCED = "REPRODUCED"
    DIFFERS = "DIFFERS"
    GONE = "GONE"
    ERROR = "ERROR"


@brief
@dataclass(frozen=True, kw_only=True)
class Replayed:
    """A violation run again.

    Parameters
    ----------
    replay
        REPRODUCED: a violation with the same bits on both sides. DIFFERS: a violation with other numbers.
        GONE: no violation any more, or nothing is there to compare. ERROR: the claim's own code failed.
    reason
        One line; empty for what is reproduced.
    status
        What the comparison shows now; None if there is none.
    must_fail
        Whether it is of a false variant, or of a printed form that is refuted.
    measured, bound
        Both sides now; None if there is no comparison, or an assumption leaves it out.
    """

    replay: Replay
    reason: str = ""
    status: Status | None = None
    must_fail: bool = False
    measured: tuple[Number, Number] | None = None
    bound: tuple[Number, Number] | None = None

    @property
    def violates(self) -> bool:
        """Whether the statement is still violated."""
        return self.replay in (Replay.REPRODUCED, Replay.DIFFERS)

    @property
    def as_kept(self) -> bool:
        """Whether it is as it must be among violations that are kept: mended, or caught still if it is false.

        Mended: the same comparison is there, and the statement holds in it or says nothing about it.
        """
        if self.must_fail:
            return self.violates
        return self.replay is Replay.GONE and self.status in (Status.HOLDS, Status.NOT_APPLICABLE)


class _NotThereError(Exception):
    """What a violation names is not there."""


def replay(violation: Violation, registry: Registry) -> Replayed:
    """Run `violation` against the claim of `registry` that it names, whatever has become of it."""
    try:
        registered = claim_of(violation, registry)
        run, case = _run_of(violation, registered)
        block = violation.block(registered.digest)
        if violation.alpha is None:
            verdict, row = _compared(violation, registered, run, block)
        else:
            verdict, row = _sampled(violation, registered, run, case)
    except _NotThereError as error:
        return Replayed(replay=Replay.GONE, reason=str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a claim raises, SystemExit included, is its own error
        return Replayed(replay=Replay.ERROR, reason=reason_of(error))
    found = _judged(violation, registered, run, case, verdict, row)
    return replace(found, must_fail=run.must_fail)


def claim_of(violation: Violation, registry: Registry) -> Registered:
    """The claim that `violation` names: of its package, or of the only one that has such a claim.

    Raises
    ------
    _NotThereError
        If there is none, or several.
    InvalidClaim
        If it could not be loaded.
    """
    found = [r for r in registry.claims if r.claim.id == violation.id]
    found = [r for r in found if r.namespace == violation.namespace] or found
    found = [r for r in found if r.digest == violation.digest] or found
    if len(found) > 1:
        labels = ", ".join(r.label for r in found)
        raise _NotThereError(
            f"claim must be one that is installed, got {violation.claim}, which may be {labels}"
        )
    if found:
        return found[0]
    for broken in registry.broken:
        if violation.id in broken.expected.ids:
            raise InvalidClaim(f"{broken.where} could not be loaded: {broken.reason}")
    raise _NotThereError(f"claim must be one that is installed or named by --claims, got {violation.claim}")


def _run_of(violation: Violation, registered: Registered) -> tuple[Run, Case]:
    runs = [run for run in registered.claim.runs() if run.part == violation.part]
    if not runs:
        raise _NotThereError(
            f"{violation.claim} has no false variant or printed form {violation.part} any more"
        )
    runs = [run for run in runs if run.check.slug == violation.check]
    if not runs:
        raise _NotThereError(f"{violation.claim} has no check {violation.check} any more")
    for case in runs[0].check.cases:
        if case.slug == violation.case:
            return runs[0], case
    raise _NotThereError(
        f"check {violation.check} of {violation.claim} has no case {violation.case} any more"
    )


def _compared(
    violation: Violation, registered: Registered, run: Run, block: Block
) -> tuple[Verdict, Row | None]:
    """The verdict on the comparison by itself, and both sides of it."""
    search, instances = run.check.search, None
    if violation.instance is not None and search is None:
        raise _NotThereError(f"check {violation.check} of {violation.claim} has no search any more")
    with at_home(registered, block):
        if violation.instance is not None and search is not None:
            instances = (search.decode(violation.instance),)
        found = compared(registered.claim, block, instances)
        if not isinstance(found.measured, Measurement):
            raise _NotThereError(f"check {violation.check} of {violation.claim} rests on chance now")
        if (summary := found.alone(violation.index)) is None:
            raise _NotThereError(f"its block has no comparison {violation.index} any more")
    verdict = decide(summary, run.relation, run.check.resolution, beyond=run.must_fail)
    return verdict, verdict.row or next(iter(summary.rows.values()), None)


def _sampled(
    violation: Violation, registered: Registered, run: Run, case: Case
) -> tuple[Verdict, Row | None]:
    """The verdict on a sample, by as many rows as it took."""
    check, tier = run.check, violation.tier
    if tier not in case.tiers:
        raise _NotThereError(f"case {violation.case} of {violation.claim} is not in the {tier} tier any more")
    assert violation.alpha is not None
    terms = Terms(
        rows=case.row_count(tier),
        block=case.block,
        relation=run.relation,
        reading=check.reading,
        alpha=violation.alpha,
        tight=case.tight and not run.part,
        rivals=check.rivals,
        share=check.share,
        caught=run.must_fail,
    )
    summary = _settled(violation, registered, terms)
    found = terms.enclosed(summary)
    if found is None:
        raise _NotThereError(f"check {violation.check} of {violation.claim} does not rest on chance any more")
    summary = resolved(summary, terms.reading, found)
    verdict = terms.decide(summary)
    return verdict, verdict.row or next(iter(summary.rows.values()), None)


def _settled(violation: Violation, registered: Registered, terms: Terms) -> Summary:
    """The statistics at the checkpoint that decides; rows are doubled until it is reached."""
    stored: list[tuple[Block, Outcome]] = []
    reached = 0
    while True:
        wanted = min(terms.rows, max(2 * reached, terms.block))
        for first in range(reached, wanted, terms.block):
            last = min(first + terms.block, wanted)
            whole = violation.block(registered.digest)
            block = Block(**{**vars(whole), "first": first, "last": last})
            stored.append((block, run_job(Job(registered=registered, block=block))))
        reached = wanted
        settled = settle(stored, terms)
        if settled.error is not None:
            raise InvalidClaim(settled.error)
        if settled.summary is not None:
            return settled.summary


def _judged(
    violation: Violation,
    registered: Registered,
    run: Run,
    case: Case,
    verdict: Verdict,
    row: Row | None,
) -> Replayed:
    if row is None:
        reason = f"{verdict.status}: {verdict.reason}{_changes(violation, registered, run, case)}"
        return Replayed(replay=Replay.GONE, reason=reason, status=verdict.status)
    now, bound = (row.lo, row.hi), (row.bound_lo, row.bound_hi)
    same = _bits(now) == _bits(violation.measured) and _bits(bound) == _bits(violation.bound)
    same = same and run.relation == violation.relation and dict(case.params) == dict(violation.params)
    refuted = verdict.status is Status.REFUTED
    kind = (Replay.REPRODUCED if same else Replay.DIFFERS) if refuted else Replay.GONE
    reason = ""
    if kind is not Replay.REPRODUCED:
        reason = (
            f"{verdict.status} now: measured {_written(now)} and bound {_written(bound)}, then measured "
            f"{_written(violation.measured)} and bound {_written(violation.bound)}"
        ) + _changes(violation, registered, run, case)
    return Replayed(replay=kind, reason=reason, status=verdict.status, measured=now, bound=bound)


def _changes(violation: Violation, registered: Registered, run: Run, case: Case) -> str:
    """What is not as it was, as a clause."""
    parts = []
    if dict(case.params) != dict(violation.params):
        parts.append("the case has other params")
    if run.relation != violation.relation:
        parts.append(f"measured {violation.relation} bound then, measured {run.relation} bound now")
    now = versions()
    names = [
        name for name in sorted({*now, *violation.versions}) if now.get(name) != violation.versions.get(name)
    ]
    parts += [
        f"{name} {violation.versions.get(name, 'none')} then, {now.get(name, 'none')} now" for name in names
    ]
    if not names and registered.digest != violation.digest:
        parts.append("the claim or what it rests on was edited")
    silent = "no version differs, nor the claim: another processor, or the file was edited"
    return "; " + ", ".join(parts or [silent])


def _bits(pair: tuple[Number, Number]) -> list[str]:
    """Both ends such that equal means alike to the last bit and in kind."""
    return [end.hex() if isinstance(end, float) else f"{end.numerator:x}/{end.denominator:x}" for end in pair]


def _written(pair: tuple[Number, Number]) -> str:
    """Both ends, floats to the last bit."""
    ends = [repr(end) if isinstance(end, float) else digits(end, 17) for end in pair]
    return ends[0] if ends[0] == ends[1] else f"[{ends[0]}, {ends[1]}]"

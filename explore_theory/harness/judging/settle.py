"""From stored blocks to the statistics of a case: which rows there are, and whether they are enough."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain

from explore_theory.errors import InvalidClaim, InvalidProblem
from explore_theory.harness.judging.covering import Rows, cover
from explore_theory.harness.measures.columns import Number, as_float
from explore_theory.harness.measures.measurement import Resolution
from explore_theory.harness.measures.samples import Enclosed, Question, Sample
from explore_theory.harness.storage.bulk import summaries
from explore_theory.harness.storage.records import decode_summary
from explore_theory.harness.storage.store import Block, Outcome
from explore_theory.harness.verdicts.sequential import first_decided, planned_looks
from explore_theory.harness.verdicts.summary import Reading, Summary, merge
from explore_theory.harness.verdicts.verdict import LEAST_SHARE, Verdict, decide
from explore_theory.statistics.rivals import Rival

#: What statistics raise over samples that say nothing they could work with.
UNFIT = (InvalidClaim, InvalidProblem, ArithmeticError, ValueError, LookupError, TypeError)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What decides when a case is settled: its rows and checkpoints, its comparison, its error level.

    `caught` marks a false variant: it counts as refuted beyond the resolution only.
    """

    rows: int
    block: int
    relation: str
    reading: Reading
    alpha: float
    tight: bool
    rivals: tuple[Rival, ...] = ()
    share: float = LEAST_SHARE
    caught: bool = False

    @property
    def resolution(self) -> Resolution:
        """How far a measurement may pass the bound."""
        return self.reading.resolution

    def decide(self, summary: Summary) -> Verdict:
        """The verdict on a settled case."""
        return decide(summary, self.relation, self.resolution, share=self.share, beyond=self.caught)

    def level(self, sample: Sample) -> float:
        """The error level of one interval for `sample`: all of it, or its part at each planned look."""
        return self.alpha / len(planned_looks(self.rows, self.block)) if sample.planned else self.alpha

    def question(self, bound: tuple[Number, Number]) -> Question:
        """What is asked of a sample."""
        return Question(
            relation=self.relation, bound=(as_float(bound[0]), as_float(bound[1])), rivals=self.rivals
        )

    def enclosed(self, summary: Summary) -> Enclosed | None:
        """What the sample of `summary` says; None if it has none."""
        if summary.sample is None or summary.bound is None:
            return None
        return summary.sample.enclosed(self.level(summary.sample), self.question(summary.bound))


@dataclass(frozen=True, kw_only=True)
class Settled:
    """The statistics of a case, or why there are none yet.

    Parameters
    ----------
    summary
        What the verdict rests on; None while rows are missing or have failed.
    missing
        Rows that are still to be run.
    reached
        Rows done without a gap from the first one.
    sampled
        Whether the rows done are samples, so that a checkpoint before the last may settle the case.
    error, trace
        What a failed block said, in one line and in full.
    """

    summary: Summary | None = None
    missing: int = 0
    reached: int = 0
    sampled: bool = False
    error: str | None = None
    trace: str = ""


def settle(stored: Sequence[tuple[Block, Outcome]], terms: Terms) -> Settled:
    """The state of a case given its stored blocks.

    A sample is settled at the first checkpoint that decides (see `sequential`), whatever else is stored;
    anything else when all its rows are there.
    """
    payloads = {
        (block.first, block.last): outcome.payload for block, outcome in stored if outcome.status == "done"
    }
    done, gaps = cover(payloads, terms.rows)
    reached = gaps[0][0] if gaps else terms.rows
    prefix = [rows for rows in done if rows[1] <= reached]
    # Samples are looked at again and again; comparisons, of which there may be many, once.
    begun = [decode_summary(payloads[rows]) for rows in prefix[:1]]
    others = (payloads[rows] for rows in prefix[1:])
    parts: Iterable[Summary]
    sampled = False
    if begun and begun[0].sample is not None:
        parts = begun + [decode_summary(payload) for payload in others]
        sampled = all(part.sample is not None for part in parts)
    else:
        parts = chain(begun, summaries(others, terms.reading))
    try:
        if sampled and (settled := _sequential(list(zip(prefix, parts, strict=True)), terms)):
            return settled
        merged = None if gaps else merge(parts, terms.reading)
    except UNFIT as error:
        # Blocks that do not fit together are this case's error, and nobody else's.
        return Settled(error=f"{type(error).__name__}: {error}", reached=reached)
    for block, outcome in stored:
        if outcome.status == "error" and any(start <= block.first < stop for start, stop in gaps):
            trace = outcome.payload.strip()
            return Settled(error=trace.splitlines()[-1], trace=trace, reached=reached)
    if gaps:
        missing = sum(stop - start for start, stop in gaps)
        return Settled(missing=missing, reached=reached, sampled=sampled)
    return Settled(summary=merged, reached=reached)


def _sequential(prefix: Sequence[tuple[Rows, Summary]], terms: Terms) -> Settled | None:
    """The statistics of a sample up to the checkpoint that decides; None if it is not there yet."""
    first = prefix[0][1]
    assert first.sample is not None
    assert first.bound is not None
    planned = planned_looks(terms.rows, terms.block) if first.sample.planned else ()
    places, growing = [], []
    samples = [part.sample for _, part in prefix if part.sample is not None]
    for k, (((_, last), _), total) in enumerate(zip(prefix, accumulate(samples, _joined), strict=True)):
        at_checkpoint = last % terms.block == 0 or last == terms.rows
        if last in planned if first.sample.planned else at_checkpoint:
            places.append(k)
            growing.append(total)
    if not growing:
        return None
    question = terms.question(first.bound)
    found = growing[0].at_looks(growing, terms.level(first.sample), question)
    look = first_decided(
        [one.lo for one in found],
        [one.hi for one in found],
        question.bound,
        terms.relation,
        terms.resolution,
        tight=terms.tight,
        beyond=terms.caught,
        barred=[bool(one.objection) for one in found],
    )
    if int(look) == len(places):
        return None
    used = prefix[: places[int(look)] + 1]
    return Settled(summary=merge((part for _, part in used), terms.reading), reached=used[-1][0][1])


def _joined(total: Sample, sample: Sample) -> Sample:
    return total.plus(sample)

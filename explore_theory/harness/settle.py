"""From stored blocks to the statistics of a case: which rows there are, and whether they are enough."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from explore_theory.harness.measurement import Resolution
from explore_theory.harness.records import decode_summary
from explore_theory.harness.sequential import first_decision
from explore_theory.harness.store import Block, Outcome
from explore_theory.harness.summary import Summary, merge


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What decides when a case is settled: its rows and checkpoints, its comparison, its error level."""

    rows: int
    block: int
    relation: str
    resolution: Resolution
    alpha: float
    tight: bool


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
    frequency
        Whether the rows done are counts, so that a checkpoint before the last may settle the case.
    error
        What a failed block said, in one line.
    """

    summary: Summary | None = None
    missing: int = 0
    reached: int = 0
    frequency: bool = False
    error: str | None = None


def cover(blocks: Iterable[Block], rows: int) -> tuple[list[Block], list[tuple[int, int]]]:
    """Disjoint `blocks` that cover as much of ``range(rows)`` as a left-to-right sweep finds, and the gaps.

    Blocks of different sizes may be in a store (another ``--block``); none is counted twice.
    """
    chosen: list[Block] = []
    gaps: list[tuple[int, int]] = []
    reached = 0
    for block in sorted(blocks, key=lambda b: (b.first, -b.last)):
        if block.first < reached or block.last > rows:
            continue
        if block.first > reached:
            gaps.append((reached, block.first))
        chosen.append(block)
        reached = block.last
    if reached < rows:
        gaps.append((reached, rows))
    return chosen, gaps


def settle(stored: Sequence[tuple[Block, Outcome]], terms: Terms) -> Settled:
    """The state of a case given its stored blocks.

    A frequency is settled at the first checkpoint that decides (see `sequential`), whatever else is stored;
    anything else when all its rows are there.
    """
    payloads = {block: outcome.payload for block, outcome in stored if outcome.status == "done"}
    done, gaps = cover(payloads, terms.rows)
    reached = gaps[0][0] if gaps else terms.rows
    prefix = [block for block in done if block.last <= reached]
    parts = [(block, decode_summary(payloads[block])) for block in prefix]
    frequency = bool(parts) and all(part.counts is not None for _, part in parts)
    if frequency and (settled := _sequential(parts, terms)):
        return settled
    for block, outcome in stored:
        if outcome.status == "error" and any(start <= block.first < stop for start, stop in gaps):
            return Settled(error=outcome.payload.strip().splitlines()[-1], reached=reached)
    if gaps:
        missing = sum(stop - start for start, stop in gaps)
        return Settled(missing=missing, reached=reached, frequency=frequency)
    return Settled(summary=merge([part for _, part in parts], terms.resolution), reached=reached)


def _sequential(prefix: Sequence[tuple[Block, Summary]], terms: Terms) -> Settled | None:
    """The statistics of a frequency up to the checkpoint that decides; None if it is not there yet."""
    successes = list(accumulate(part.counts.successes for _, part in prefix if part.counts))
    trials = list(accumulate(part.counts.trials for _, part in prefix if part.counts))
    looks = [k for k, (b, _) in enumerate(prefix) if b.last % terms.block == 0 or b.last == terms.rows]
    counts = prefix[0][1].counts
    if not looks or counts is None:
        return None
    look = first_decision(
        [successes[k] for k in looks],
        [trials[k] for k in looks],
        (float(counts.bound_lo), float(counts.bound_hi)),
        terms.relation,
        terms.resolution,
        terms.alpha,
        tight=terms.tight,
    )
    if int(look) == len(looks):
        return None
    used = prefix[: looks[int(look)] + 1]
    return Settled(summary=merge([part for _, part in used], terms.resolution), reached=used[-1][0].last)

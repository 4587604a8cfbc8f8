"""The stored form of a measurement: the few comparisons that decide the verdict on all of them.

A verdict can be recomputed from summaries at any time, and does not depend on how comparisons were grouped.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import reduce
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.harness.measures.columns import Number
from explore_theory.harness.measures.measurement import (
    EXACT,
    Bound,
    Measurement,
    Resolution,
    Sample,
    Tally,
    Witness,
)
from explore_theory.harness.measures.samples import Enclosed
from explore_theory.harness.verdicts.scores import SCORES, Sides, scores_of_doubles
from explore_theory.harness.verdicts.shortlist import floats, shortlist


@brief
@dataclass(frozen=True, kw_only=True)
class Row:
    """One comparison kept for the record: global index, measured interval, bound interval, witness."""

    index: int
    lo: Number
    hi: Number
    bound_lo: Number
    bound_hi: Number
    witness: Witness = field(default_factory=dict)


#: Which rows a summary keeps, each the extreme of one score; ties go to the lowest index.
KEPT = ("invalid", *SCORES)


#: Why a comparison says nothing, where no assumption of the statement is to blame.
NOT_APPLICABLE = "not applicable"
INFINITE = "a side is infinite"
UNRESOLVED = "finer than the resolution"

#: A comparison is resolved where its allowance is at most this part of its bound.
COARSEST_RESOLUTION = 0.02


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How the comparisons of a check are read, beside its relation.

    Parameters
    ----------
    resolution
        How far a measurement may pass its bound.
    infinite_means_equal
        Infinities that agree on both sides are an equality of the statement, and no overflow.
    coarse
        The check says why its resolution is coarser than `COARSEST_RESOLUTION` of its bounds.
    """

    resolution: Resolution = EXACT
    infinite_means_equal: bool = False
    coarse: bool = False


@brief
@dataclass(frozen=True, kw_only=True)
class Summary:
    """The sufficient statistics of one case (or block of it) for every verdict and display.

    Of ``count`` comparisons, ``applicable`` say something; ``left_out`` says by reason how many do not: an
    assumption of the statement fails (by its name), a side is infinite, or the resolution is too coarse for
    the bound. Those of the last two kinds can still refute.

    ``rows`` maps a name of `KEPT` to the comparison that is extreme in that sense:
    ``invalid`` first NaN; ``above``/``below`` furthest outside the bound by its nearer end, ``beyond_above``/
    ``beyond_below`` the same beyond the resolution; ``loose_above``/``loose_below`` furthest outside by its
    farther end; ``largest`` the largest finite bound in size;
    ``ratio_above`` the largest ratio of measured to bound, ``ratio_below`` of bound to measured.
    What chance gave is kept as ``sample``, with the bound on what it tells, in place of rows; `resolved`
    turns it into a row.
    """

    count: int
    applicable: int
    effort: int
    unit: str
    rows: Mapping[str, Row]
    notes: Mapping[str, Any] = field(default_factory=dict)
    sample: Sample | None = None
    bound: tuple[Number, Number] | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def counts(self) -> Tally | None:
        """The sample, if it is a frequency."""
        return self.sample if isinstance(self.sample, Tally) else None


def _scores(row: Row, reading: Reading) -> dict[str, Number | None]:
    """The score of `row` under each name of `KEPT`; None where the name does not apply."""
    ends = (row.lo, row.hi, row.bound_lo, row.bound_hi)
    if all(type(end) is float and -math.inf < end < math.inf for end in ends):
        return scores_of_doubles(ends, reading.resolution)
    sides = Sides.of(ends, reading.resolution)
    return {"invalid": 0.0} if sides.is_nan else {name: score(sides) for name, score in SCORES.items()}


def summarise(
    measurement: Measurement | Sample,
    bound: Bound,
    reading: Reading,
    *,
    first: int = 0,
    fails: Mapping[str, npt.NDArray[np.bool_]] | None = None,
) -> Summary:
    """Reduce `K` comparisons, or a sample, to a `Summary`; `first` is the global index of comparison 0.

    `fails` says, by the name of an assumption, in which comparisons (or, with one entry, whether in all) it
    fails.

    Raises
    ------
    InvalidClaim
        If shapes do not fit together, or an assumption fails in some runs of a sample and not in others.
    """
    fails = fails or {}
    if isinstance(measurement, Sample):
        return _sampled(measurement, bound, fails)
    size = measurement.size
    if bound.size not in (1, size):
        raise InvalidClaim(f"a bound must have one entry or {size}, got bound.size={bound.size}")
    bound_lo, bound_hi = (np.broadcast_to(end, (size,)) for end in (bound.lo, bound.hi))
    live = np.ones(size, dtype=bool)
    left_out: dict[str, int] = {}
    for name, where in _hypotheses(measurement, fails):
        if where.size not in (1, size):
            raise InvalidClaim(f"assumption {name!r} must be one truth value or {size}, got {where.size}")
        failing = live & where
        if failing.any():
            left_out[name] = left_out.get(name, 0) + int(failing.sum())
        live = live & ~where
    rows = []
    sides = (measurement.lo, measurement.hi, bound_lo, bound_hi)
    for k in shortlist(*sides, live, reading.resolution):
        lo, hi, b_lo, b_hi = (_number(side[k]) for side in sides)
        witness = dict(measurement.witness(k)) if measurement.witness else {}
        rows.append(Row(index=first + k, lo=lo, hi=hi, bound_lo=b_lo, bound_hi=b_hi, witness=witness))
    for name, where in _silent(measurement, bound_lo, bound_hi, reading):
        quiet = live & where
        if quiet.any():
            left_out[name] = int(quiet.sum())
        live = live & ~where
    return Summary(
        count=size,
        applicable=int(live.sum()),
        effort=measurement.effort,
        unit=measurement.unit,
        rows=extremes(rows, reading),
        notes=dict(measurement.notes),
        left_out=dict(sorted(left_out.items())),
    )


def _hypotheses(
    measurement: Measurement, fails: Mapping[str, npt.NDArray[np.bool_]]
) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Where comparisons say nothing by the claim's own word, by reason."""
    yield from fails.items()
    if measurement.applicable is not None:
        yield NOT_APPLICABLE, ~measurement.applicable


def _silent(
    measurement: Measurement, bound_lo: npt.NDArray[Any], bound_hi: npt.NDArray[Any], reading: Reading
) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Where comparisons say nothing in favour of a statement, by reason: they may still refute it."""
    lo, hi, b_lo, b_hi = (floats(a) for a in (measurement.lo, measurement.hi, bound_lo, bound_hi))
    # An enclosure open to one side says something; a value that is infinite has over- or underflowed.
    infinite = (np.isinf(lo) & (lo == hi)) | np.isinf(b_lo) | np.isinf(b_hi)
    if reading.infinite_means_equal:
        infinite &= ~((lo == hi) & (lo == b_lo) & (lo == b_hi))
    yield INFINITE, infinite
    if reading.resolution and not reading.coarse:
        size = np.minimum(np.abs(b_lo), np.abs(b_hi))
        with np.errstate(invalid="ignore"):
            allowed = reading.resolution.absolute + reading.resolution.relative * size
            # A relative resolution rounds.
            unresolved = allowed > COARSEST_RESOLUTION * (1 + 1e-9) * size
        yield UNRESOLVED, np.isfinite(size) & unresolved


def _sampled(sample: Sample, bound: Bound, fails: Mapping[str, npt.NDArray[np.bool_]]) -> Summary:
    if bound.size != 1:
        raise InvalidClaim(f"the bound on {sample.tells} must have one entry, got bound.size={bound.size}")
    for name, where in fails.items():
        if where.any() and not where.all():
            raise InvalidClaim(
                f"an assumption on a sample must hold or fail in the whole case, got {name!r}, which fails "
                f"in {int(where.sum()):,} of {where.size:,} runs; let the sample count only the others"
            )
    broken = [name for name, where in fails.items() if where.all()][:1]
    if not broken and any(abs(end[0]) == float("inf") for end in (bound.lo, bound.hi)):
        broken = [INFINITE]
    return Summary(
        count=1,
        applicable=0 if broken else 1,
        left_out=dict.fromkeys(broken, 1),
        effort=sample.runs if sample.effort is None else sample.effort,
        unit=sample.unit,
        rows={},
        notes=dict(sample.notes),
        sample=sample,
        bound=(_number(bound.lo[0]), _number(bound.hi[0])),
    )


def merge(parts: Iterable[Summary], reading: Reading) -> Summary:
    """The summary of the union of disjoint blocks, in row order; does not depend on how they were cut.

    Blocks of comparisons are taken one by one, so that an iterator of a million of them fits into memory.
    """
    blocks = iter(parts)
    first = next(blocks)
    if first.sample is None:
        return _merged(first, blocks, reading)
    return _merge_samples([first, *blocks])


def _merged(first: Summary, others: Iterable[Summary], reading: Reading) -> Summary:
    best = _Best(reading)
    count = applicable = effort = 0
    notes: dict[str, Any] = {}
    left_out: dict[str, int] = {}
    for part in chain([first], others):
        if part.sample is not None:
            raise InvalidClaim(_ONE_KIND)
        # A block may have more comparisons than rows, so that an index alone does not name one.
        unique = {row.index: row for row in part.rows.values()}
        for index in sorted(unique):
            best.add(unique[index])
        count += part.count
        applicable += part.applicable
        effort += part.effort
        # Blocks of one case are expected to agree on their notes.
        for name, value in part.notes.items():
            notes.setdefault(name, value)
        for name, number in part.left_out.items():
            left_out[name] = left_out.get(name, 0) + number
    return Summary(
        count=count,
        applicable=applicable,
        effort=effort,
        unit=first.unit,
        rows=best.rows(),
        notes=notes,
        # By name: which reason comes up first depends on where the blocks were cut.
        left_out=dict(sorted(left_out.items())),
        bound=first.bound,
    )


def _merge_samples(blocks: list[Summary]) -> Summary:
    return Summary(
        count=1,
        applicable=min(part.applicable for part in blocks),
        effort=sum(part.effort for part in blocks),
        unit=blocks[0].unit,
        rows={},
        notes=_merge_notes([part.notes for part in blocks]),
        sample=_added(blocks),
        bound=blocks[0].bound,
        left_out=_merge_left_out(blocks),
    )


def resolved(summary: Summary, reading: Reading, found: Enclosed) -> Summary:
    """`summary` with what its sample says, `found`, as a row, and its lists among the notes.

    Where an assumption of the statement fails there is no row: nothing is said, for or against.
    """
    assert summary.bound is not None
    bound_lo, bound_hi = summary.bound
    row = Row(
        index=0, lo=found.lo, hi=found.hi, bound_lo=bound_lo, bound_hi=bound_hi, witness=dict(found.witness)
    )
    rows = [row] if set(summary.left_out) <= {INFINITE} else []
    return replace(summary, rows=extremes(rows, reading), notes={**summary.notes, **found.notes})


_ONE_KIND = "the blocks of one case must all be samples of one kind with the same bound"


def _added(parts: list[Summary]) -> Sample:
    """The sample of all blocks, in row order; their kinds and bounds must agree."""
    samples = [part.sample for part in parts if part.sample is not None]
    kinds = {sample.kind for sample in samples}
    if len(samples) < len(parts) or len(kinds) > 1 or len({part.bound for part in parts}) > 1:
        raise InvalidClaim(_ONE_KIND)
    return reduce(lambda total, sample: total.plus(sample), samples)


class _Best:
    """The extreme rows so far under each name of `KEPT`, of rows that come in order."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._best: dict[str, tuple[Number, Row]] = {}

    def add(self, row: Row) -> None:
        """One more row."""
        best = self._best
        for name, score in _scores(row, self._reading).items():
            if score is not None and (name not in best or score > best[name][0]):
                best[name] = (score, row)

    def rows(self) -> dict[str, Row]:
        """By name, in the order of `KEPT`."""
        return {name: self._best[name][1] for name in KEPT if name in self._best}


def extremes(rows: list[Row], reading: Reading) -> dict[str, Row]:
    """Of `rows`, in order, the extreme one under each name of `KEPT`."""
    best = _Best(reading)
    for row in rows:
        best.add(row)
    return best.rows()


def _number(value: Any) -> Number:
    return value if isinstance(value, Fraction) else float(value)


def _merge_left_out(parts: list[Summary]) -> dict[str, int]:
    """Why a sample says nothing: it is one comparison, however many its blocks."""
    if len({tuple(part.left_out) for part in parts}) > 1:
        raise InvalidClaim(
            "an assumption on a sample must hold or fail in the whole case, got blocks where it holds and "
            "blocks where it fails; let the sample count only the runs where it holds"
        )
    return dict(sorted(parts[-1].left_out.items()))


def _merge_notes(notes: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Notes of the first block that has each name: blocks of one case are expected to agree on them."""
    merged: dict[str, Any] = {}
    for part in notes:
        for name, value in part.items():
            merged.setdefault(name, value)
    return merged

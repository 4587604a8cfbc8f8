"""Files of records: the format told by the first one, every other held against it, draws one by one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from explore_theory.errors import InvalidProblem
from explore_theory.samples.draws import Draw, Law, Source
from explore_theory.samples.readers import plain
from explore_theory.samples.readers.human_eval import HumanEval
from explore_theory.samples.readers.lm_eval import LmEval
from explore_theory.samples.readers.records import Bad, BadRecord, Reading, Record, Records, RowFormat
from explore_theory.samples.readers.trl import Trl
from explore_theory.samples.readers.verl import Verl
from explore_theory.samples.readers.wide import Wide

#: In the order in which they are tried: those with the most telling fields first.
ROW_FORMATS: tuple[RowFormat, ...] = (LmEval(), Verl(), Trl(), Wide(), HumanEval(), plain.Plain())
#: Sets of fields that are remembered as seen; a file with more of them is asked about each.
_SHAPES = 1000
_SHOWN = 12


@dataclass(frozen=True)
class Rows:
    """A file that is a sequence of records.

    Parameters
    ----------
    path
        Where it lies.
    records
        Its records from the beginning, whenever called; of the fields given, or of all.
    uniform
        Whether all have the same fields, as columns of a table do.
    """

    path: Path
    records: Callable[[frozenset[str] | None], Records]
    uniform: bool = False


def open_rows(rows: Rows, *, skip_bad: bool, prefer: Mapping[str, str], formats: Sequence[str]) -> Source:
    """The file as a source; `formats` are the names of all there are, for a refusal.

    Raises
    ------
    InvalidProblem
        If its first record (with `skip_bad`: its first good one) is of no known format, or cannot be read.
    """
    header, form, first, opened = _first(rows, skip_bad=skip_bad, prefer=prefer, formats=formats)
    source = Source(
        path=rows.path,
        format=form.name,
        rewards=opened.rewards,
        binary=opened.binary,
        law=header or opened.law,
        draws=lambda: _drawn(rows, form, form.open(first, prefer), header, source, skip_bad=skip_bad),
    )
    return source


def _first(
    rows: Rows, *, skip_bad: bool, prefer: Mapping[str, str], formats: Sequence[str]
) -> tuple[Law | None, RowFormat, Record, Reading]:
    """The law of a header, the format, the first record that tells how to read the others, that reading."""
    header: Law | None = None
    other: tuple[RowFormat, Record] | None = None
    with closing(rows.records(None)) as records:
        for place, record in records:
            if isinstance(record, BadRecord):
                if skip_bad:
                    continue
                raise _unknown(place, str(record), formats)
            if plain.is_header(record):
                header = plain.header(record, place)
                continue
            form = recognised(frozenset(record))
            if form is None:
                if skip_bad:
                    continue
                raise _unknown(place, f"fields {_fields(record)}", formats)
            if not form.suits(record, prefer):
                other = other or (form, record)
                continue
            try:
                return header, form, record, form.open(record, prefer)
            except InvalidProblem as error:
                raise InvalidProblem(f"{error} (at {place})") from None
            except BadRecord as error:
                if not skip_bad:
                    raise InvalidProblem(
                        f"samples must be well formed, got {place}: {error} (read as {form.name})"
                    ) from None
    if other is not None:
        # Read to its end, the file tells what could have been preferred.
        return header, *other, other[0].open(other[1], prefer)
    raise InvalidProblem(
        f"samples must have at least one record of a known format, got none in {str(rows.path)!r}"
    )


def recognised(fields: frozenset[str]) -> RowFormat | None:
    """The format of a record with these fields."""
    return next((form for form in ROW_FORMATS if form.recognises(fields)), None)


def _drawn(
    rows: Rows, form: RowFormat, reading: Reading, header: Law | None, source: Source, *, skip_bad: bool
) -> Iterator[Draw]:
    bad, seen, any_draw = Bad(rows.path, skip=skip_bad), set[tuple[str, ...]](), False
    for place, record in rows.records(reading.columns):
        if isinstance(record, BadRecord):
            bad.met(place, record)
            continue
        if not rows.uniform and (shape := tuple(record)) not in seen:
            if plain.is_header(record):
                _same_header(header, plain.header(record, place), place)
                continue
            _same_format(form, frozenset(record), place)
            if len(seen) < _SHAPES:
                seen.add(shape)
        try:
            draws = reading.draws(record, place)
        except InvalidProblem as error:
            raise InvalidProblem(f"{error} (at {place})") from None
        except BadRecord as error:
            bad.met(place, error)
            continue
        for draw in draws:
            any_draw = True
            yield draw
    try:
        rest = reading.rest()
    except InvalidProblem as error:
        raise InvalidProblem(f"{error} (in {rows.path})") from None
    for draw in rest:
        any_draw = True
        yield draw
    source.skipped = bad.count
    source.notes[:] = [*reading.notes(), *bad.notes()]
    if not any_draw:
        raise InvalidProblem(f"samples must have at least one draw, got none in {str(rows.path)!r}")


def _same_format(form: RowFormat, fields: frozenset[str], place: str) -> None:
    """Refuse a record of another format, also where malformed ones are passed over: it is well formed."""
    other = recognised(fields)
    name = "a whole log" if other is None and "eval" in fields else other.name if other else form.name
    if name != form.name:
        raise InvalidProblem(f"a file must be of one format, got {form.name} and, at {place}, {name}")


def _same_header(first: Law | None, later: Law, place: str) -> None:
    if first != later:
        raise InvalidProblem(
            f"a file must be drawn by one law, got another header at {place} (split the file)"
        )


def _unknown(place: str, found: str, formats: Sequence[str]) -> InvalidProblem:
    return InvalidProblem(
        f"samples must be of a known format, got {place}: {found}; known: {', '.join(formats)}"
    )


def _fields(record: Record) -> str:
    names = list(record)
    return ", ".join(repr(name)[:40] for name in names[:_SHOWN]) + (", .." if len(names) > _SHOWN else "")

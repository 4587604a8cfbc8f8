"""Rows with typed columns, for pandas, polars, Arrow and whatever else reads Arrow's stream.

In Python a row is a dict of exact values: rationals are fractions, whole numbers have any size, and what is
missing is None. In a frame numbers are doubles and 64-bit integers, see `Kind`.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from importlib import import_module
from typing import TYPE_CHECKING, Any, overload

from explore_theory.errors import MissingLibrary
from explore_theory.foundation import markup
from explore_theory.foundation.numerals import six_digits
from explore_theory.harness.measures.columns import as_float

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

#: What `explore-theory[frames]` installs.
EXTRA = "pip install 'explore-theory[frames]'"
#: Rows that a notebook shows.
SHOWN = 20


class Kind(Enum):
    """What a column holds.

    TEXT as it is. FLOAT the nearest double: infinite beyond the range of doubles; NaN where what was measured
    is no number, which is not missing. WHOLE a 64-bit integer; missing where none holds the value. TRUTH a
    truth value. All of them may be missing.
    """

    TEXT = "text"
    FLOAT = "float"
    WHOLE = "whole"
    TRUTH = "truth"


@dataclass(frozen=True, kw_only=True)
class Words:
    """A column of a few words; `ordered` if the first is the strongest. Words of other stores come last."""

    known: tuple[str, ...]
    ordered: bool = False

    def all(self, values: Iterable[str | None]) -> list[str]:
        """The known words, and after them those of `values` that are not known."""
        return [*self.known, *sorted({value for value in values if value is not None} - {*self.known})]


class Rows:
    """A table: iterable, one dict per row; `columns` says what is in it.

    Hand it to ``polars.DataFrame``, ``pandas.DataFrame.from_arrow``, ``pyarrow.table``, DuckDB: they read it
    by the Arrow PyCapsule interface. `to_pandas` and `to_polars` are the same with their own types for whole
    numbers with gaps and for words.
    """

    def __init__(self, columns: Mapping[str, Kind | Words], rows: Iterable[Mapping[str, Any]]) -> None:
        self._columns = dict(columns)
        self._rows = tuple({name: _plain(row[name]) for name in self._columns} for row in rows)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self._columns)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return map(dict, self._rows)

    @overload
    def __getitem__(self, place: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, place: slice) -> "Rows": ...

    def __getitem__(self, place: int | slice) -> "dict[str, Any] | Rows":
        """A row, or some of them as a table."""
        return Rows(self._columns, self._rows[place]) if isinstance(place, slice) else dict(self._rows[place])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} x {len(self._columns)}: {', '.join(self._columns)})"

    def _repr_html_(self) -> str:
        """For notebooks: the first rows."""
        more = len(self) - SHOWN
        cells = [[_shown(value) for value in row.values()] for row in self._rows[:SHOWN]]
        last = [markup.paragraph(f"and {more} more", faint=True)] if more > 0 else []
        return markup.block(markup.table(cells, self.columns), *last)

    def to_arrow(self) -> "pyarrow.Table":
        """A `pyarrow.Table`; a column of words is a dictionary of them.

        Raises
        ------
        MissingLibrary
            If pyarrow is not installed.
        """
        arrow = _library("pyarrow", "to_arrow")
        arrays = {
            name: _array(arrow, kind, [row[name] for row in self._rows])
            for name, kind in self._columns.items()
        }
        return arrow.table(arrays)

    def to_pandas(self) -> "pandas.DataFrame":
        """A `pandas.DataFrame`: float64, Int64, boolean, str and category, whatever is missing where.

        A float64 has one NaN for what is missing and for what is no number.

        Raises
        ------
        MissingLibrary
            If pandas or pyarrow is not installed.
        """
        pandas = _library("pandas", "to_pandas")
        arrow = _library("pyarrow", "to_pandas")
        types = {arrow.int64(): pandas.Int64Dtype(), arrow.bool_(): pandas.BooleanDtype()}
        return self.to_arrow().to_pandas(types_mapper=types.get)

    def to_polars(self) -> "polars.DataFrame":
        """A `polars.DataFrame`; a column of words is an Enum, in order of strength where there is one.

        Raises
        ------
        MissingLibrary
            If polars or pyarrow is not installed.
        """
        polars = _library("polars", "to_polars")
        table = self.to_arrow()
        enums = {
            name: polars.Enum(table.column(name).chunk(0).dictionary.to_pylist())
            for name, kind in self._columns.items()
            if isinstance(kind, Words)
        }
        return polars.DataFrame(table).cast(enums)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows as a capsule of an Arrow stream, see the Arrow PyCapsule interface."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)


def exactly(value: Any) -> bool:
    """Whether a double is exactly `value`, a number of a measurement or bound."""
    return isinstance(value, float) or (math.isfinite(as_float(value)) and Fraction(as_float(value)) == value)


def _fits(value: Any) -> bool:
    # Not by ``in range``, which tries one number after the other for whatever is no int.
    return isinstance(value, int) and -(2**63) <= value < 2**63


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _library(name: str, asked: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise MissingLibrary(f"{name} must be installed for {asked}, got none; {EXTRA}") from None


def _array(arrow: Any, kind: Kind | Words, values: Sequence[Any]) -> Any:
    if isinstance(kind, Words):
        # No word twice and none that is missing, for which dictionaries have room: see
        # findings/pyarrow-dictionary-slots.sh.
        texts = [None if value is None else _text(value) for value in values]
        words = kind.all(texts)
        places = {word: place for place, word in enumerate(words)}
        indices = arrow.array([None if word is None else places[word] for word in texts], arrow.int32())
        dictionary = arrow.array(words, arrow.string())
        return arrow.DictionaryArray.from_arrays(indices, dictionary, ordered=kind.ordered)
    if kind is Kind.FLOAT:
        return arrow.array([None if v is None else as_float(v) for v in values], arrow.float64())
    if kind is Kind.WHOLE:
        return arrow.array([v if _fits(v) else None for v in values], arrow.int64())
    if kind is Kind.TRUTH:
        return arrow.array(values, arrow.bool_())
    return arrow.array([None if v is None else _text(v) for v in values], arrow.string())


def _text(value: Any) -> str:
    """Text that Arrow, whose strings are UTF-8, can hold: a lone surrogate is written out."""
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")


def _shown(value: Any) -> object:
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return value
    return f"{value:,}" if _fits(value) else six_digits(as_float(value))

"""Parquet files of rows, a piece at a time, of the columns that are asked for."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from explore_theory.errors import InvalidProblem, MissingLibrary
from explore_theory.samples.readers.records import Numbered, Records

MAGIC = b"PAR1"
#: Rows that are made Python objects at once, and the bytes of a column that are read at once.
_ROWS, _BUFFER = 1024, 1 << 20
_FLOATS = ("halffloat", "float", "double")


def parquet_rows(path: Path, columns: frozenset[str] | None) -> Records:
    """The rows, numbered from one, with these columns or all.

    Where all are asked for, to learn what they are, a number that is missing is NaN, and otherwise None:
    pandas writes NaN as missing, and a column of rewards may begin so.

    Raises
    ------
    MissingLibrary
        If `pyarrow` is not installed.
    InvalidProblem
        If the file is cut off or damaged.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingLibrary(
            f"{str(path)!r} is a parquet file, which needs the library pyarrow:"
            " pip install 'explore-theory[samples]'"
        ) from None
    try:
        with pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False) as file:
            yield from _rows(file, str(path), columns)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        words = " ".join(str(error).split())
        raise InvalidProblem(
            f"samples must be a whole parquet file, got {str(path)!r}: {words:.120}"
        ) from None


def _rows(file: Any, name: str, columns: frozenset[str] | None) -> Iterator[Numbered]:
    have = file.schema_arrow.names
    names = [column for column in have if columns is None or column in columns]
    floats = {field.name for field in file.schema_arrow if columns is None and str(field.type) in _FLOATS}
    row = 0
    for batch in file.iter_batches(batch_size=_ROWS, columns=names):
        lists = [batch.column(name).to_pylist() for name in names]
        for index, column in enumerate(names):
            if column in floats:
                lists[index] = [math.nan if value is None else value for value in lists[index]]
        for values in zip(*lists, strict=True):
            row += 1
            yield Numbered(f"{name}:{row}", dict(zip(names, values, strict=True)))

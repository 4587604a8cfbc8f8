"""What reaches a terminal: words that give it no commands, and tables that never cut a number."""

import errno
import os
from collections.abc import Sequence
from typing import Any, NoReturn

from rich.cells import cell_len
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from explore_theory.foundation.legible import legible

#: Columns beyond which a wider table is harder to read.
WIDEST = 100
#: Columns that the words of a table need; with fewer its rows stand below each other.
LEAST = 20
#: Between two columns.
_GAP = 2


class _Terminal(Console):
    """A console whose reader may leave: rich would end with the exit code 1, that of a refuted claim."""

    def on_broken_pipe(self) -> NoReturn:
        """Raise what a plain `print` raises; whoever started the command ends quietly."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def console(**more: Any) -> Console:
    """A console that takes words as they are: brackets and colons in them are no markup."""
    return _Terminal(markup=False, emoji=False, highlight=False, **more)


def words(text: object, style: str = "", *, lines: bool = False) -> Text:
    """`text` from anybody, for standard output: see `foundation.legible`; line breaks only if `lines`."""
    return Text(legible(text, lines=lines), style=style)


def say(terminal: Console, text: object, *, lines: bool = False) -> None:
    """Print `text` in one line, however long: terminals wrap it, and programs can read it."""
    terminal.print(words(text, lines=lines), soft_wrap=True)


def tabulated(
    headers: Sequence[str], rows: Sequence[Sequence[Text]], *, wide: int, width: int
) -> Table | Group:
    """A table whose column `wide` folds and whose other columns are never cut, in `width` columns.

    Where those leave fewer than `LEAST` for the words, each row is a line of its short cells, by the names of
    their columns, and its words below it.
    """
    width = min(width, WIDEST)
    taken = sum(
        max(_columns(header), *(_columns(row[place].plain) for row in rows), 0)
        for place, header in enumerate(headers)
        if place != wide
    )
    if width - taken - _GAP * (len(headers) - 1) < LEAST:
        return Group(*(part for row in rows for part in _stacked(headers, row, wide, width)))
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False, width=width)
    for place, header in enumerate(headers):
        if place == wide:
            table.add_column(header, ratio=1, overflow="fold")
        else:
            # Numbers, after the words and the verdict, stand at the right.
            table.add_column(header, no_wrap=True, justify="right" if place > wide + 1 else "left")
    for row in rows:
        table.add_row(*row)
    return table


def _columns(cell: str) -> int:
    return max(map(cell_len, cell.split("\n")), default=0)


def _stacked(headers: Sequence[str], row: Sequence[Text], wide: int, width: int) -> list[Text | Padding]:
    """A row without columns: the cells before and just after the words as they are, the others by name.

    No cell is parted from its name while a line has room for both.
    """
    lines = [Text(overflow="fold")]
    for place, cell in enumerate(row):
        if place != wide:
            named = f"{headers[place]} ".replace("\n", " ") if place > wide + 1 else ""
            part = Text(named).append_text(Text(" ").join(cell.split("\n")))
            if lines[-1].plain and lines[-1].cell_len + _GAP + part.cell_len > width:
                lines.append(Text("  ", overflow="fold"))
            elif lines[-1].plain:
                lines[-1].append(" " * _GAP)
            lines[-1].append_text(part)
    below = row[wide].copy()
    below.overflow = "fold"
    return [*lines, Padding(below, (0, 0, 0, 2))]

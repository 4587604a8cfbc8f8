"""A table, as LaTeX and as CSV."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO

from explore_theory.reporting.paper.latex import ETCHAR, comment, escape

#: Rows beyond which a table is longer than a page is sure to hold.
MANY = 25
#: What a spreadsheet takes for a formula; a sign may be a word of its own, or begin a number.
_FORMULA = re.compile(r"[=+\-@\t\r].", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of text under two sets of columns: few for a page, all of them for programs.

    Parameters
    ----------
    name
        Of its files, ``NAME.tex`` and ``NAME.csv``.
    says
        What it holds, for the comment above it.
    heads, widths, rows
        Of the page: headings, and per column the share of the line that its words are broken into, or 0 for
        one as wide as its longest cell.
    columns, lines
        Of the CSV.
    """

    name: str
    says: str
    heads: tuple[str, ...]
    widths: tuple[float, ...]
    rows: Sequence[tuple[str, ...]]
    columns: tuple[str, ...]
    lines: Sequence[tuple[object, ...]]

    def latex(self) -> str:
        """For ``\\input``: a ``longtable`` if it has many rows, else a ``tabular``."""
        long = len(self.rows) > MANY
        packages = "array, booktabs" + ", longtable (one column to the page)" * long
        head = (
            f"{self.says}\nWritten by `explore-theory report --paper`; needs the packages {packages}.\n"
            "Widths are shares of the line: \\input it at the width that it shall have."
        )
        kind = "longtable" if long else "tabular"
        heading = _row(rf"\textbf{{{escape(name)}}}" for name in self.heads)
        lines = [
            comment(head) + ETCHAR,
            r"\begingroup\footnotesize\setlength{\tabcolsep}{3pt}\hbadness=10000\relax",
            rf"\begin{{{kind}}}{{@{{}}{''.join(map(_spec, self.widths))}@{{}}}}",
            r"\toprule",
            heading,
            r"\midrule",
            *([r"\endhead", r"\bottomrule", r"\endfoot"] if long else []),
            *(_row(map(escape, row)) for row in self.rows),
            *([] if long else [r"\bottomrule"]),
            rf"\end{{{kind}}}",
            r"\endgroup",
        ]
        return "\n".join(lines) + "\n"

    def text(self) -> str:
        """As CSV. A cell that a spreadsheet would run begins with an apostrophe."""
        out = StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([_cell(value) for value in line] for line in self.lines)
        return out.getvalue()


def _row(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def _spec(share: float) -> str:
    if not share:
        return "l"
    return rf">{{\raggedright\arraybackslash}}p{{{share:g}\linewidth}}"


def _cell(value: object) -> object:
    if isinstance(value, str) and _FORMULA.match(value) and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

"""Small pieces of HTML for notebooks: escaped, with their style inside, without scripts.

They take the colours of the page, so that they can be read on light and on dark ones; a chip brings its own.
"""

from collections.abc import Iterable, Sequence
from html import escape as _escape

from explore_theory.foundation.legible import harmless

#: Background of a chip by tone; white on each has a contrast of 4.5 at least.
_TONES = {"good": "#1a7f37", "bad": "#cf222e", "open": "#8a5a00", "plain": "#57606a"}
_CELL = "padding:.15em .7em .15em 0;text-align:left;vertical-align:top;background:none"
_LINE = "border-top:1px solid rgba(128,128,128,.35)"


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def escaped(text: object) -> Html:
    """`text` of anybody inside HTML: controls written out, its own direction, no tag or attribute ended."""
    if isinstance(text, Html):
        return text
    words = harmless(text, lines=True)
    safe = _escape(words, quote=True)
    return Html(safe if words.isascii() else f"<bdi>{safe}</bdi>")


def chip(word: str, tone: str = "plain") -> Html:
    """`word` on a coloured ground; `tone` is good, bad, open or plain."""
    style = f"background:{_TONES[tone]};color:#fff;border-radius:.3em;padding:.05em .45em;font-weight:600"
    return Html(f'<span style="{style};white-space:nowrap">{escaped(word)}</span>')


def paragraph(*parts: object, faint: bool = False) -> Html:
    """`parts` one after the other."""
    style = "margin:.25em 0" + ";opacity:.75" * faint
    return Html(f'<p style="{style}">{" ".join(map(escaped, parts))}</p>')


def heading(*parts: object) -> Html:
    """A line above what belongs together."""
    return Html(f'<p style="margin:.3em 0;font-weight:600">{" ".join(map(escaped, parts))}</p>')


def link(target: str, words: object) -> Html:
    """`words` that lead to `target`, a path relative to the page: no other scheme gets in."""
    safe = _escape(target if target.startswith("./") else f"./{target}", quote=True)
    return Html(f'<a href="{safe}" style="color:inherit;text-decoration:underline">{escaped(words)}</a>')


def table(rows: Iterable[Sequence[object]], headers: Sequence[object] = ()) -> Html:
    """Cells in rows; those of the first column are the names of the others where there are no `headers`."""
    head = "".join(f'<th style="{_CELL};font-weight:600">{escaped(cell)}</th>' for cell in headers)
    lines = [f"<tr>{head}</tr>"] if headers else []
    for row in rows:
        cells = "".join(f'<td style="{_CELL};{_LINE}">{escaped(cell)}</td>' for cell in row)
        lines.append(f'<tr style="background:none">{cells}</tr>')
    return Html(f'<table style="border-collapse:collapse;margin:.3em 0">{"".join(lines)}</table>')


def block(*parts: Html) -> str:
    """All of it, as a notebook takes it."""
    return f'<div style="font-size:.95em;overflow-x:auto">{"".join(map(escaped, parts))}</div>'

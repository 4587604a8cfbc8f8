"""Figures on a page: in the page's own colours, light or dark, and as a table for who does not see them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from explore_theory.errors import StoreError
from explore_theory.harness.judging.outcomes import Result
from explore_theory.reporting import figures
from explore_theory.reporting.figures import COLOURS, Series

#: Rows of a figure's table; a figure with more points is better read from the data.
MOST_ROWS = 200

_ID = re.compile(r' id="([^"]*)"')
_USED = re.compile(r'(?:url\(#|href="#)([^)"]*)')
_SIZE = re.compile(r'<svg\b[^>]*?viewBox="([^"]*)"[^>]*>')
_BLACKS = re.compile(r"#(?:000000|262626|595959)\b")
#: What a page does not need, in this order: notes of the drawing program, names of fonts, which the page has
#: itself, turns by nothing, what is neither filled nor drawn, digits beyond a hundredth of a point, space.
_SPARE = (
    (re.compile(r"<metadata>.*?</metadata>|<defs>\s*<style[^>]*>.*?</style>\s*</defs>", re.DOTALL), ""),
    (re.compile(r"font-family: [^;\"]*;? ?"), ""),
    (re.compile(r"(font: [^;\"]*?px) [^;\"]*"), r"\1 var(--sans)"),
    (re.compile(r' transform="rotate\(-0 [^)"]*\)"'), ""),
    (re.compile(r'<path d="[^"]*" style="fill: none"/>'), ""),
    (re.compile(r"(\d\.\d\d)\d+"), r"\1"),
    (re.compile(r"(?<=[:;]) | (?=[;])"), ""),
    (re.compile(r"\s*\n\s*(?=[<\"])|(?<=>)\s+(?=<)"), ""),
    (re.compile(r"xlink:href"), "href"),
)
_WRAPPED = re.compile(r"<g>((?:<(?:path|use|text)\b[^<>]*(?:/>|>[^<>]*</text>))*)</g>")


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A declared figure as the page has it.

    Parameters
    ----------
    title, caption
        Its own words, the latter with what it declares and has no points of.
    svg
        Empty if it cannot be drawn.
    amiss
        Why it cannot be drawn.
    series
        What is drawn, for the table.
    """

    title: str
    caption: str
    x_label: str
    y_label: str
    svg: str = ""
    amiss: str = ""
    series: tuple[Series, ...] = ()

    @property
    def rows(self) -> list[tuple[str, str, str, str]]:
        """``(curve, x, y, interval)`` of at most `MOST_ROWS` points."""
        found = []
        for one in self.series:
            for x, y, lo, hi in zip(one.x, one.y, one.lo, one.hi, strict=True):
                ends = f"[{lo:.6g}, {hi:.6g}]" if lo < hi else ""
                found.append((one.label, f"{x:.6g}", f"{y:.6g}", ends))
        return found[:MOST_ROWS]

    @property
    def points(self) -> int:
        """How many points are drawn."""
        return sum(len(one.x) for one in self.series)


def drawings(result: Result, declared: Sequence[Mapping[str, Any]], prefix: str) -> list[Drawing]:
    """The `declared` figures that have points; `prefix` keeps apart the names inside them on one page."""
    found = []
    for number, figure in enumerate(declared):
        empty = Drawing(
            title=str(figure["title"]),
            caption=str(figure["caption"]),
            x_label=str(figure["x_label"]),
            y_label=str(figure["y_label"]),
        )
        try:
            svg, missing = figures.draw(figure, result), figures.undrawn(figure, result)
            shown = [s for curve in figure["curves"] for s in figures.series(curve, result)]
        except (StoreError, ArithmeticError, ValueError, LookupError, TypeError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[-1]
            found.append(replace(empty, amiss=reason))
            continue
        if svg is not None:
            caption = " ".join(part for part in (empty.caption, missing) if part)
            drawn = themed(svg, f"{prefix}-{number}")
            found.append(replace(empty, caption=caption, svg=drawn, series=tuple(shown)))
    return found


def themed(svg: str, prefix: str) -> Markup:
    """A figure's SVG as a part of the page: its colours are the page's, and its names no one else's.

    Letters and axes have the colour of text, the curves colours that are told apart on either background.
    """
    used = {name: f"{prefix}-{k}" for k, name in enumerate(dict.fromkeys(_USED.findall(svg)))}
    svg = _ID.sub(lambda found: f' id="{used[found[1]]}"' if found[1] in used else "", svg)
    svg = _USED.sub(lambda found: found[0].replace(found[1], used[found[1]]), svg)
    svg = _SIZE.sub(r'<svg viewBox="\1" aria-hidden="true" focusable="false">', svg, count=1)
    for number, colour in enumerate(COLOURS):
        # The last one is black, the colour of letters.
        if number < len(COLOURS) - 1:
            svg = svg.replace(colour, f"var(--c{number + 1},{colour})")
    svg = _BLACKS.sub("currentColor", svg)
    for spare, kept in _SPARE:
        svg = spare.sub(kept, svg)
    before = ""
    while before != svg:
        before, svg = svg, _WRAPPED.sub(r"\1", svg)
    return Markup(svg)

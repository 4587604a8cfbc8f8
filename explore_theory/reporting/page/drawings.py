"""Figures on a page: in the page's own colours, light or dark, and as a table for who does not see them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup

from explore_theory.errors import StoreError
from explore_theory.harness.judging.outcomes import Result
from explore_theory.reporting import figures
from explore_theory.reporting.figures import COLOURS, Series

#: Rows of a figure's table; a figure with more points is better read from the data.
MOST_ROWS = 200

_USED = re.compile(r"url\(#([^)]*)\)|^#(.*)")
_BLACKS = re.compile(r"#(?:000000|262626|595959)\b")
#: The page has letters of its own.
_FONTS = re.compile(r"font-family: [^;]*;? ?|(?<=px) [^;]*(?=;|$)")
_DIGITS = re.compile(r"(\d\.\d\d)\d+")
_SPACE = re.compile(r"\s+")
_TURNED_BY_NOTHING = "rotate(-0 "
_INVISIBLE = "fill: none"


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
    findings
        What the samples behind it say of exponents and of rival laws.
    """

    title: str
    caption: str
    x_label: str
    y_label: str
    svg: str = ""
    amiss: str = ""
    series: tuple[Series, ...] = ()
    findings: tuple[str, ...] = ()

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
            words = (empty.caption, missing, figures.unplaced(figure, shown))
            caption = " ".join(part for part in words if part)
            drawn = themed(svg, f"{prefix}-{number}")
            said = tuple(_findings(figure["curves"], result))
            found.append(replace(empty, caption=caption, svg=drawn, series=tuple(shown), findings=said))
    return found


def _findings(curves: Sequence[Mapping[str, Any]], result: Result) -> Iterator[str]:
    """What each case that is drawn says beside its verdict: for a rate its slope and what it rejects."""
    for case in result.cases:
        drawn = any(
            case.check == curve["check"] and all(case.params.get(k) == v for k, v in curve["only"].items())
            for curve in curves
        )
        if case.finding and drawn:
            yield f"{case.check}/{case.case}: {case.finding}"


def themed(svg: str, prefix: str) -> Markup:
    """A figure's SVG as a part of the page: its colours are the page's, and its names no one else's.

    Letters and axes have the colour of text, the curves colours that are told apart on either background.
    """
    root = ElementTree.fromstring(svg)
    _strip(root)
    named = dict.fromkeys(name for element in root.iter() for name in _names(element.attrib.values()))
    used = {name: f"{prefix}-{k}" for k, name in enumerate(named)}
    for element in root.iter():
        element.attrib = dict(_attributes(element.attrib, used))
    root.attrib = {"viewBox": root.attrib["viewBox"], "aria-hidden": "true", "focusable": "false"}
    return Markup(ElementTree.tostring(root, encoding="unicode", short_empty_elements=True))


def _strip(element: ElementTree.Element) -> None:
    """Take the notes of the drawing program, its spaces and what is not seen out of `element`; no letters."""
    element.tag = element.tag.rpartition("}")[2]
    if element.tag != "text":
        element.text = None
    element.tail = None
    kept = []
    for child in element:
        name = child.tag.rpartition("}")[2]
        unseen = name == "path" and child.get("style") == _INVISIBLE and child.get("id") is None
        if name not in ("metadata", "style") and not unseen:
            _strip(child)
            # A group that only has a name holds nothing together.
            kept += list(child) if name == "g" and child.attrib.keys() <= {"id"} else [child]
    element[:] = kept


def _names(values: Iterable[str]) -> Iterator[str]:
    """Names of other elements that attributes with `values` use."""
    for value in values:
        yield from (first or second for first, second in _USED.findall(value))


def _attributes(given: Mapping[str, str], used: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The attributes of an element as the page has them; `used` are new names of what is used."""
    for key, value in given.items():
        name = key.rpartition("}")[2]
        if name == "id":
            if value in used:
                yield name, used[value]
        elif name == "style":
            yield name, _themed_style(value, used)
        elif not (name == "transform" and value.startswith(_TURNED_BY_NOTHING)):
            yield name, _SPACE.sub(" ", _DIGITS.sub(r"\1", _renamed(value, used)))


def _renamed(value: str, used: Mapping[str, str]) -> str:
    return _USED.sub(lambda found: found[0].replace(found[1] or found[2], used[found[1] or found[2]]), value)


def _themed_style(style: str, used: Mapping[str, str]) -> str:
    for number, colour in enumerate(COLOURS[:-1], 1):
        style = style.replace(colour, f"var(--c{number},{colour})")
    # The last one is black, the colour of letters.
    style = _BLACKS.sub("currentColor", _renamed(style, used))
    style = _FONTS.sub("", style) if "font" in style else style
    return re.sub(r"(?<=[:;]) ", "", _DIGITS.sub(r"\1", style))

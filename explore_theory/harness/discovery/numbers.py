"""Selectors that are numbers of a paper: ``Lemma G.7``, ``2.1``."""

from collections.abc import Collection, Sequence

from explore_theory.errors import UnknownSelector
from explore_theory.harness.claims.numbering import numbered
from explore_theory.harness.claims.statements import PaperItem


def named(paper: Sequence[PaperItem], selector: str) -> tuple[PaperItem, ...]:
    """The items of `paper` that `selector` names by their number.

    Raises
    ------
    UnknownSelector
        If it is a number and `paper` has none such; the message names the nearest.
    """
    if (asked := numbered(selector)) is None or not paper:
        return ()
    if found := tuple(item for item in paper if item.means(selector)):
        return found
    others = [item.number for item in paper if (numbered(item.number) or ("", ""))[1] == asked[1]]
    if not others:
        head = asked[1].split(".")[0]
        others = [
            item.number
            for item in paper
            if (mine := numbered(item.number)) and mine[1].split(".")[0] == head and asked[0] in ("", mine[0])
        ]
    near = f"; near it: {', '.join(others[:6])}{', ..' * (len(others) > 6)}" if others else ""
    raise UnknownSelector(
        f"selector must be a number of the paper, got selector={selector!r}{near}; see `explore-theory list "
        "--paper`"
    )


def carrying(paper: Sequence[PaperItem], selector: str, known: Collection[str]) -> Sequence[str]:
    """The ids of the `known` claims that carry the items of a number; any other selector itself.

    Raises
    ------
    UnknownSelector
        As `named`, and if no claim carries what has the number, or an item names a claim that is not known.
    """
    if not (items := named(paper, selector)):
        return [selector]
    if missing := [f"{item.number} names {id}" for item in items for id in item.ids if id not in known]:
        raise UnknownSelector(f"an item of the paper must name claims that exist, got {', '.join(missing)}")
    if not (ids := [id for item in items for id in item.ids]):
        reasons = "; ".join(f"{item.number}: {item.open or item.stands}" for item in items)
        raise UnknownSelector(f"no claim carries {selector} ({reasons})")
    return ids

"""Selectors that are numbers of a paper: ``Lemma G.7``, ``2.1``, ``chen2025: Lemma 3``."""

from collections.abc import Collection, Sequence

from explore_theory.errors import UnknownSelector
from explore_theory.harness.claims.numbering import numbered
from explore_theory.harness.claims.statements import PaperItem


def named(paper: Sequence[PaperItem], selector: str) -> tuple[PaperItem, ...]:
    """The items of `paper` that `selector` names by their number.

    Without the key of a paper it is a number of the paper that needs none, where that has it.

    Raises
    ------
    UnknownSelector
        If it is a number and `paper` has none such, the message names the nearest; or if several papers with
        keys have it.
    """
    if (asked := numbered(selector)) is None or not paper:
        return ()
    if found := tuple(item for item in paper if item.means(selector)):
        keys = dict.fromkeys(item.paper for item in found)
        if asked.paper or len(keys) == 1:
            return found
        if "" in keys:
            return tuple(item for item in found if not item.paper)
        told = " or ".join(f"'{item.number}'" for item in found)
        raise UnknownSelector(f"selector must say of which paper, got selector={selector!r}; it is {told}")
    known = [(item.number, mine) for item in paper if (mine := numbered(item.number))]
    # Of another paper only where the one that was asked for has nothing near.
    same = [pair for pair in known if pair[1].paper == asked.paper]
    others = [name for name, one in same or known if one.number == asked.number]
    if not others:
        head = asked.number.split(".")[0]
        others = [
            name
            for name, one in same or known
            if one.number.split(".")[0] == head and asked.kind in ("", one.kind)
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

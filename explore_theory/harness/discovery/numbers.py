"""Selectors that are numbers of a paper: ``Lemma G.7``, ``2.1``."""

from collections.abc import Sequence

from explore_theory.errors import UnknownSelector
from explore_theory.harness.claims.statements import PaperItem, numbered


def named(paper: Sequence[PaperItem], selector: str) -> tuple[PaperItem, ...]:
    """The items of `paper` that `selector` names by their number."""
    return tuple(item for item in paper if item.means(selector))


def carrying(paper: Sequence[PaperItem], selector: str) -> Sequence[str]:
    """The ids of the claims that carry the items of a number; any other selector itself.

    Raises
    ------
    UnknownSelector
        If `paper` has no such number, or no claim carries what has it.
    """
    if numbered(selector) is None or not paper:
        return [selector]
    if not (items := named(paper, selector)):
        kinds = dict.fromkeys(item.number.split()[0] for item in paper)
        raise UnknownSelector(
            f"selector must be a number of the paper, got selector={selector!r}; it numbers "
            f"{', '.join(kinds)}, see `explore-theory list --paper`"
        )
    if not (ids := [id for item in items for id in item.ids]):
        reasons = "; ".join(f"{item.number} ({item.open or item.stands})" for item in items)
        raise UnknownSelector(
            f"selector must name what a claim carries, got selector={selector!r}: {reasons}"
        )
    return ids

"""The proof map of a paper: its own dependency chain, each item with the verdict of what carries it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from explore_theory.harness.claims.chain import PaperProof, used_by
from explore_theory.harness.claims.statements import PaperItem
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.boxes import Box, drawn

#: How an item is marked: a sign, and what it means. A colour, and the frame of a node, go with each.
SIGNS = {
    "holds": ("✓", "holds as printed"),
    "form": ("≈", "an explicit form of it holds: no constants are printed"),
    "refuted": ("✗", "refuted as printed; the form that was mended holds"),
    "open": ("?", "open, undecided or not verified here"),
    "fails": ("!", "a claim that carries it is REFUTED, POWERLESS or in ERROR"),
    "taken": ("·", "quoted or assumed, nothing to verify"),
}


@dataclass(frozen=True, kw_only=True)
class Mark:
    """How an item stands: a key of `SIGNS`, and in a few words."""

    kind: str
    words: str

    @property
    def short(self) -> str:
        """Its sign and words as they fit into a node."""
        words = self.words.replace("in part; a step refuted", "in part")
        words = words.replace("our form holds", "our form").replace("; a step refuted", ", step ✗")
        return f"{SIGNS[self.kind][0]} {words}"


@dataclass(frozen=True, kw_only=True)
class Node:
    """An item in a map: its mark, what of the map it uses, and what uses it.

    Parameters
    ----------
    item, mark
        The row of the ledger, and how it stands.
    below
        Items that are drawn and that it uses.
    assumed
        Definitions, assumptions and algorithms that it uses.
    above
        All items whose proofs use it.
    unnamed
        What of `below` and `assumed` its proof does not name.
    outside
        Whether its proof belongs to another part.
    """

    item: PaperItem
    mark: Mark
    below: tuple[str, ...]
    assumed: tuple[str, ...]
    above: tuple[str, ...]
    unnamed: tuple[str, ...]
    outside: bool

    @property
    def told(self) -> str:
        """All of it in a sentence, for readers who do not see the drawing."""
        parts = [self.mark.words]
        if self.outside:
            parts.append("proved in another part")
        else:
            parts.append(f"uses {', '.join(self.below) or 'no other result'}")
            parts += [f"with {', '.join(self.assumed)}"] if self.assumed else []
        parts += [f"used by {', '.join(self.above)}"] if self.above else []
        return f"{self.item.number}: {'; '.join(parts)}"


@dataclass(frozen=True, kw_only=True)
class Map:
    """The map of one part of the paper."""

    part: str
    nodes: tuple[Node, ...]
    svg: Markup


def anchor(number: str) -> str:
    """The id of an item's row: ``item-lemma-g-7``."""
    return "item-" + re.sub("[^a-z0-9]+", "-", number.lower()).strip("-")


def marked(item: PaperItem, said: str, statuses: Mapping[str, Status]) -> Mark:
    """The mark of an item of which the report says `said`, given the verdicts of claims by their ids."""
    found = {statuses[id] for id in item.ids if id in statuses}
    kind, words = "", ""
    if found & {Status.REFUTED, Status.POWERLESS, Status.ERROR}:
        kind, words = "fails", "its claim fails"
    elif item.stands in ("convention", "cited"):
        kind, words = "taken", item.stands
    elif item.stands == "open" or not item.ids:
        kind, words = "open", "open"
    elif found - {Status.HOLDS}:
        kind, words = "open", "undecided here"
    elif not statuses.keys() >= set(item.ids) or said == "not verified here":
        kind, words = "open", "not verified here"
    if kind:
        return Mark(kind=kind, words=words)
    words = said.replace("REFUTED", "refuted").replace("HOLDS", "holds")
    if item.stands == "no constants":
        words = words.replace(item.stands, "our form holds" + " in part" * bool(item.open))
        return Mark(kind="form", words=words)
    return Mark(kind=item.stands, words=words)


def maps(
    proofs: Sequence[PaperProof], items: Sequence[PaperItem], marks: Mapping[str, Mark]
) -> tuple[Map, ...]:
    """A map of each part that has an edge between items to verify, in the order of `proofs`."""
    rows = {item.number: item for item in items}
    mine = {proof.number: proof for proof in proofs}
    found = []
    for part in dict.fromkeys(proof.part for proof in proofs):
        inside = [proof.number for proof in proofs if proof.part == part]
        drawn = dict.fromkeys(inside)
        for number in inside:
            drawn |= dict.fromkeys(n for n in mine[number].rests_on if n in mine)
        nodes = tuple(_node(rows[n], mine[n], marks[n], mine, proofs, n not in inside) for n in drawn)
        if any(node.below for node in nodes):
            found.append(Map(part=part, nodes=nodes, svg=_draw(part, nodes)))
    return tuple(found)


def _node(
    item: PaperItem,
    proof: PaperProof,
    mark: Mark,
    mine: Mapping[str, PaperProof],
    proofs: Sequence[PaperProof],
    outside: bool,
) -> Node:
    # What is used by an item from elsewhere is drawn in the map of its own part.
    rests = () if outside else proof.rests_on
    return Node(
        item=item,
        mark=mark,
        below=tuple(number for number in rests if number in mine),
        assumed=tuple(number for number in rests if number not in mine),
        above=used_by(proofs, item.number),
        unnamed=proof.unnamed,
        outside=outside,
    )


def _draw(part: str, nodes: Sequence[Node]) -> Markup:
    boxes = [
        Box(
            name=node.item.number,
            words=node.mark.short,
            href=anchor(node.item.number),
            told=node.told,
            classes=node.mark.kind + " outside" * node.outside,
        )
        for node in nodes
    ]
    return drawn(
        f"Proof map. {part}",
        boxes,
        {node.item.number: node.below for node in nodes},
        frozenset((node.item.number, number) for node in nodes for number in node.unnamed),
    )

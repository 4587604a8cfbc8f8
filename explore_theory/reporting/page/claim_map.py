"""The map of a theorem: its claims, what each uses, how each stands and by which kind of evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from markupsafe import Markup

from explore_theory.harness.claims.checks import Evidence
from explore_theory.harness.judging.outcomes import Result
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting import text
from explore_theory.reporting.boxes import Box, drawn, outline
from explore_theory.reporting.kinds import COVERS

#: The shape of a box says the strongest kind of evidence, strongest first.
SHAPES = {
    Evidence.FORMAL: "octagon",
    Evidence.SYMBOLIC: "hexagon",
    Evidence.EXHAUSTIVE: "plain",
    Evidence.CERTIFIED: "double",
    Evidence.ADVERSARIAL: "cut",
    Evidence.STATISTICAL: "round",
    Evidence.RATE: "slanted",
}
#: How a verdict is marked, by a sign and a colour of the page.
MARKS = {
    Status.HOLDS: ("✓", "holds"),
    Status.REFUTED: ("✗", "fails"),
    Status.POWERLESS: ("✗", "fails"),
    Status.ERROR: ("!", "fails"),
    Status.INCONCLUSIVE: ("?", "open"),
    Status.NOT_APPLICABLE: ("·", "taken"),
}


@dataclass(frozen=True, kw_only=True)
class Node:
    """A claim in a map: what of the map it uses, what uses it, and whether it belongs to another theorem."""

    label: str
    result: Result
    below: tuple[str, ...]
    above: tuple[str, ...]
    outside: bool

    @property
    def kind(self) -> str:
        """Its strongest kind of evidence; of a claim that was not run, what it declares."""
        declared = {check["evidence"] for check in self.result.record["checks"]}
        found = {kind for kind, _, _ in self.result.evidence()} or declared
        return next((kind.value for kind in SHAPES if kind in found), Evidence.ADVERSARIAL.value)

    @property
    def told(self) -> str:
        """All of it in a sentence, for readers who do not see the drawing."""
        parts = [f"{self.result.verdict.status}, {text.kinds(self.result) or 'no evidence yet'}"]
        if self.outside:
            parts.append("of another theorem")
        elif self.below:
            parts.append(f"uses {', '.join(self.below)}")
        parts += [f"used by {', '.join(self.above)}"] if self.above else []
        return f"{self.label}: {self.result.record['title']}; {'; '.join(parts)}"


@dataclass(frozen=True, kw_only=True)
class Map:
    """The map of one theorem."""

    theorem: str
    nodes: tuple[Node, ...]
    svg: Markup


def maps(shown: Mapping[str, Result], places: Mapping[str, str] = MappingProxyType({})) -> dict[str, Map]:
    """A map of each theorem of which a claim uses another.

    `shown` has the result of each label, `places` the name of its section where that is another.
    """
    uses = {label: tuple(dict.fromkeys(found.values())) for label, found in used(shown).items()}
    theorems: dict[str, list[str]] = {}
    for label, result in shown.items():
        theorems.setdefault(str(result.record["theorem"]), []).append(label)
    found = {}
    for theorem, inside in theorems.items():
        everything = dict.fromkeys(inside)
        for label in inside:
            everything |= dict.fromkeys(uses[label])
        nodes = tuple(
            Node(
                label=label,
                result=shown[label],
                below=() if label not in inside else uses[label],
                above=tuple(other for other, below in uses.items() if label in below),
                outside=label not in inside,
            )
            for label in everything
        )
        if any(node.below for node in nodes) and not _circular(uses, inside):
            found[theorem] = Map(theorem=theorem, nodes=nodes, svg=_draw(theorem, nodes, places))
    return found


def legend() -> list[tuple[Markup, str]]:
    """A small drawing of each shape, and what it says."""
    picture = Markup('<svg viewBox="0 0 34 18" class="shape" aria-hidden="true">{}</svg>')
    return [
        (picture.format(outline(shape, 1, 1, 32, 16, slant=5)), f"{kind}: {COVERS[kind][0]}")
        for kind, shape in SHAPES.items()
    ]


def used(shown: Mapping[str, Result]) -> dict[str, dict[str, str]]:
    """For each label of `shown` the ids that its claim uses and that are there, with their labels.

    An id means a claim of the same package if it has one, else one of ours.
    """
    labels = {(r.record["namespace"], r.id): label for label, r in shown.items()}
    found: dict[str, dict[str, str]] = {}
    for label, result in shown.items():
        here = (
            (id, labels.get((result.record["namespace"], id), labels.get(("", id))))
            for id in result.record["uses"]
        )
        found[label] = {id: other for id, other in here if other is not None}
    return found


def _circular(uses: Mapping[str, Sequence[str]], start: Sequence[str]) -> bool:
    """Whether claims use each other in a circle, which records of a store can: it has no map."""
    done: set[str] = set()

    def around(label: str, above: tuple[str, ...]) -> bool:
        if label in above:
            return True
        if label in done:
            return False
        found = any(around(other, (*above, label)) for other in uses[label])
        done.add(label)
        return found

    return any(around(label, ()) for label in start)


def _draw(theorem: str, nodes: Sequence[Node], places: Mapping[str, str]) -> Markup:
    boxes = []
    for node in nodes:
        sign, kind = MARKS[node.result.verdict.status]
        boxes.append(
            Box(
                name=node.label,
                words=f"{sign} {node.result.verdict.status}",
                href=places.get(node.label, node.label),
                told=node.told,
                classes=f"{kind} {node.kind}" + " outside" * node.outside,
                shape=SHAPES[Evidence(node.kind)],
            )
        )
    return drawn(f"Map of {theorem}", boxes, {node.label: node.below for node in nodes})

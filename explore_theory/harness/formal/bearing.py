"""Whether a theorem, its negations and its bridge bear on each other; what the kernel accepts need not."""

import re
from collections.abc import Iterator, Mapping, Sequence

from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.proof import Bridged, Proof
from explore_theory.harness.formal.sources import Sources

#: Seconds for the attempt to derive a contradiction from a theorem's premises.
_ATTEMPT = 10

#: What a statement that negates has somewhere.
_NEGATES = re.compile(r"~|<>|\bnot\b|->\s*False\b")


def premises(theorem: str) -> str:
    """Sentences that print ``= true`` if arithmetic refutes the premises of `theorem`, a qualified name.

    A theorem that concludes a falsehood says that its premises contradict each other: that is no mistake.
    """
    return (
        "Module premises.\nFrom Coq Require Import Reals Lra Lia.\n"
        f"Definition refuted : bool := ltac:(tryif assert_succeeds (let T := type of @{theorem} in\n"
        "  assert T by (intros; repeat match goal with H : _ /\\ _ |- _ => destruct H end;\n"
        "    lazymatch goal with |- False => fail | |- ~ _ => fail | _ => exfalso end;\n"
        f"    timeout {_ATTEMPT} (first [contradiction | discriminate | lra | lia])))\n"
        "  then exact true else exact false).\nEnd premises.\nPrint premises.refuted.\n"
    )


def constants_of(name: str, definition: str) -> str:
    """Sentences that define `name` and print all constants that it rests on, however deep."""
    return f"Definition {name} := {definition}.\n{printed_constants(name)}"


def printed_constants(name: str) -> str:
    """Sentences that print all constants that `name` rests on, however deep.

    Thousands, each with its type, which takes a third less time without notations.
    """
    return f"Unset Printing Notations.\nPrint Transparent Dependencies {name}.\n"


def type_of(theorem: str) -> str:
    """A term: the statement of `theorem`."""
    return f"ltac:(let T := type of @{theorem} in exact T)"


def all_terms(bridged: Sequence[Bridged]) -> str:
    """A term with every term of the bridge in it."""
    return f"({', '.join(f'({one.term})%R' for one in bridged)})"


def ours(lines: Sequence[str], sources: Sources) -> frozenset[str]:
    """The constants among `lines`, which the prover printed, that `sources` define: ``Laws.kl``."""
    places = {source.name for source in (sources.own, *sources.libraries)}
    return frozenset(_names(lines, places))


def _names(lines: Sequence[str], places: set[str]) -> Iterator[str]:
    for line in lines:
        # A name stands at the beginning of its line; where the line is full its type begins on the next.
        found = re.match(r"([\w'.]+)(\s*:|\s*\Z)", line)
        parts = found.group(1).split(".") if found else []
        for k, part in enumerate(parts[:-1]):
            if part in places:
                yield ".".join(parts[k:])
                break


def require_premises(name: str, theorem: str, lines: Sequence[str]) -> None:
    """Refuse a theorem whose premises were refuted, as `lines` from `premises` say.

    Raises
    ------
    InvalidClaim
        One line.
    """
    if any(line.endswith("= true") for line in lines):
        raise InvalidClaim(
            f"{name}: {theorem} must have premises that can be met, got some that contradict each other: "
            "it says nothing of anything"
        )


def require_negations(proof: Proof, name: str, statements: Mapping[str, str]) -> None:
    """Refuse a negation that negates nothing.

    Raises
    ------
    InvalidClaim
        One line with what it states.
    """
    for slug, theorem in proof.negations.items():
        if theorem == proof.theorem:
            raise InvalidClaim(
                f"{name}: the negation of {slug} must be a theorem of its own, got {theorem}, the proof's"
            )
        if not _NEGATES.search(statements[theorem]):
            said = " ".join(statements[theorem].split())
            raise InvalidClaim(
                f"{name}: {theorem} must negate the false variant {slug}, as in ~ (forall ..), "
                f"got {said:.160}"
            )


def require_about(name: str, theorem: str, stated: frozenset[str], bridged: frozenset[str]) -> None:
    """Refuse a bridge that evaluates nothing that the theorem is about.

    Raises
    ------
    InvalidClaim
        One line that names some definitions of each.
    """
    if stated & bridged:
        return
    raise InvalidClaim(
        f"{name}: the bridge must evaluate a definition that {theorem} is about, got terms with "
        f"{_some(bridged)}, and a statement with {_some(stated)}"
    )


def _some(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)[:4]) or "no definition of its own files"

"""A paper's own dependency chain: which of its numbered items each proof uses."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.numbering import numbered
from explore_theory.harness.claims.statements import PaperItem


@dataclass(frozen=True, kw_only=True)
class PaperProof:
    """The proof of one numbered item of a paper, as edges of its chain.

    Parameters
    ----------
    number, page
        The item that is proved, and the page on which its proof begins.
    part
        The part of the paper that its proof belongs to; a map is drawn of each.
    uses
        Numbers that the proof, or the statement that it proves, names: lemmas, assumptions, algorithms.
    unnamed
        Numbers that the proof needs and does not name.
    ends
        Why no proof of the paper uses the item; empty where one does.
    """

    number: str
    page: int
    part: str
    uses: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    ends: str = ""

    def __post_init__(self) -> None:
        for number in (self.number, *self.rests_on):
            if numbered(number) is None:
                raise InvalidClaim(f"number must be like 'Lemma G.7', got number={number!r}")
        if self.number in self.rests_on:
            raise InvalidClaim(f"{self.number} must not be used in its own proof")
        if len(set(self.rests_on)) < len(self.rests_on):
            raise InvalidClaim(f"{self.number} must name each item that it uses once")

    @property
    def rests_on(self) -> tuple[str, ...]:
        """All that it uses, named or not."""
        return (*self.uses, *self.unnamed)


def used_by(proofs: Sequence[PaperProof], number: str) -> tuple[str, ...]:
    """The items whose proofs use `number`, in the order of `proofs`."""
    return tuple(proof.number for proof in proofs if number in proof.rests_on)


def require_chain(proofs: Sequence[PaperProof], items: Collection[PaperItem]) -> None:
    """Refuse `proofs` that are no chain of `items`.

    Raises
    ------
    InvalidClaim
        If one names an item that is not among `items`, an item has two proofs, proofs use each other in a
        circle, or `ends` is wrong about what uses an item.
    """
    known = {item.number for item in items}
    mine = {proof.number: proof for proof in proofs}
    if len(mine) < len(proofs):
        raise InvalidClaim("chain must have one proof of an item")
    for proof in proofs:
        if missing := [number for number in (proof.number, *proof.rests_on) if number not in known]:
            raise InvalidClaim(f"chain must name items of the ledger, got {missing[0]} in {proof.number}")
        if bool(proof.ends) == bool(users := used_by(proofs, proof.number)):
            said = f"is used by {users[0]}" if users else "is used by none"
            raise InvalidClaim(f"ends must say why no proof uses {proof.number}, which {said}")
    followed: set[str] = set()

    def follow(proof: PaperProof, above: tuple[str, ...]) -> None:
        if proof.number in above:
            circle = " uses ".join((*above[above.index(proof.number) :], proof.number))
            raise InvalidClaim(f"chain must not go round in a circle, got {circle}")
        for number in proof.rests_on:
            if number in mine and number not in followed:
                follow(mine[number], (*above, proof.number))
        followed.add(proof.number)

    for proof in proofs:
        follow(proof, ())

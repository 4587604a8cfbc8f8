"""The ledger of statements: what the theory says, and how far each part of it is checked."""

from collections.abc import Collection
from dataclasses import dataclass

from explore_theory.errors import InvalidClaim

KINDS = ("explicit", "asymptotic")


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of the theory, whether or not a claim covers it.

    Parameters
    ----------
    id, theorem, title
        As in the claim that covers it; several statements may name the claim of another (`claim`).
    kind
        ``"explicit"`` if every constant is written out, ``"asymptotic"`` for a rate or a limit.
    claim
        The id of the claim that covers it; its own id by default.
    open
        What of it is not covered, in a few words: all of it if there is no claim yet, a part if there is.
    """

    id: str
    theorem: str
    title: str
    kind: str = "explicit"
    claim: str = ""
    open: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidClaim(f"kind must be one of {', '.join(KINDS)}, got kind={self.kind!r}")

    def state(self, claims: Collection[str]) -> str:
        """``covered``, ``partial: what is not`` or ``open: why``, given the ids of registered claims."""
        if (self.claim or self.id) in claims:
            return f"partial: {self.open}" if self.open else "covered"
        return f"open: {self.open or 'no claim yet'}"

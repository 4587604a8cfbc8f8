"""The ledgers: what the theory says, what a paper prints, and how far each part of it is checked."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.numbering import is_key, numbered, require_page
from explore_theory.harness.claims.printed import PrintedForm

KINDS = ("explicit", "asymptotic")

#: What can be said of an item as it is printed.
STANDS = {
    "holds": "every constant is written out, and a claim implies it",
    "refuted": "a claim carries a printed form of it with a counter-example",
    "no constants": "a rate, or constants that are not written out: a claim checks an explicit form",
    "convention": "a definition, an assumption or an algorithm: nothing to verify",
    "cited": "somebody else's theorem, used as it stands",
    "open": "not examined yet",
}


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


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One of several papers whose numbers are in the ledgers.

    Parameters
    ----------
    key
        What its numbers begin with, ``"chen2025"`` in ``"chen2025: Lemma 3"``. Numbers without a key are of
        the one paper that needs none.
    cites
        Authors, title and place.
    """

    key: str
    cites: str

    def __post_init__(self) -> None:
        if not isinstance(self.key, str) or not is_key(self.key):
            raise InvalidClaim(
                f"key must be lower-case letters and digits, a letter first, got key={self.key!r}"
            )
        if not isinstance(self.cites, str) or not self.cites.strip():
            raise InvalidClaim(f"paper {self.key!r}: cites must say what it is, got cites={self.cites!r}")


@dataclass(frozen=True, kw_only=True)
class PaperItem:
    """One numbered item of a paper, and what becomes of it here.

    Parameters
    ----------
    number, page
        The paper's own: ``"Lemma G.7"``, ``"Equation (8)"``, ``"chen2025: Lemma 3"`` (see `Paper`), and where
        it is stated (or proved); None where it was read without pages.
    says
        What it says, in a line of our words.
    stands
        A key of `STANDS`.
    form
        The explicit form that is checked, with its constants.
    claims
        Ids of the claims that carry it; ``"S6/limit"`` names one check.
    open
        What of it is out of reach or not done, and why.
    """

    number: str
    page: int | None
    says: str
    stands: str
    form: str = ""
    claims: tuple[str, ...] = ()
    open: str = ""

    def __post_init__(self) -> None:
        if self.stands not in STANDS:
            raise InvalidClaim(
                f"{self.number}: stands must be one of {', '.join(STANDS)}, got stands={self.stands!r}"
            )
        if numbered(self.number) is None:
            raise InvalidClaim(f"number must be like 'Lemma G.7', got number={self.number!r}")
        require_page(f"{self.number}: page", self.page)
        if self.stands in ("holds", "refuted") and not self.claims:
            raise InvalidClaim(f"{self.number} is said to be {self.stands}: claims must name what shows it")
        if not self.claims and not self.open and self.stands not in ("convention", "cited"):
            raise InvalidClaim(f"{self.number} has no claim: open must say why")

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of `claims`, each once."""
        return tuple(dict.fromkeys(claim.partition("/")[0] for claim in self.claims))

    def as_printed(self, forms: Iterable[PrintedForm]) -> str:
        """``HOLDS``, ``REFUTED`` or why neither, from the printed forms of registered claims."""
        mine = [(form.step, form.holds) for form in forms if numbered(form.item) == numbered(self.number)]
        return told(self.stands, mine) or "no form is registered"

    def means(self, selector: str) -> bool:
        """Whether `selector` is its number, with or without its kind and paper: ``G.7``, ``Lemma G.7``."""
        asked, mine = numbered(selector), numbered(self.number)
        assert mine is not None
        if asked is None or asked.number != mine.number:
            return False
        return asked.kind in ("", mine.kind) and asked.paper in ("", mine.paper)

    @property
    def paper(self) -> str:
        """The key of its paper; empty for the one that needs none."""
        mine = numbered(self.number)
        assert mine is not None
        return mine.paper


def told(stands: str, forms: Sequence[tuple[bool, bool]]) -> str:
    """How an item stands as printed, given ``(a step of the proof, holds)`` for each of its forms.

    Empty where it is said to be refuted and no form of it is.
    """
    stated = [holds for step, holds in forms if not step]
    if stands == "refuted":
        said = "" if all(stated) else "REFUTED in part" if any(stated) else "REFUTED"
    else:
        said = {"holds": "HOLDS"}.get(stands, stands)
    amiss = any(step and not holds for step, holds in forms)
    return f"{said}; a step REFUTED" if said and amiss else said

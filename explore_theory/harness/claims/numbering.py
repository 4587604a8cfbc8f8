"""The numbers of papers: ``Lemma G.7``, ``eq. (8)``, ``2.1``; of one of several, ``chen2025: Lemma 3``."""

import re
from typing import Any, NamedTuple

from explore_theory.errors import InvalidClaim

#: Kinds of numbered items, and how they are cut short.
_KINDS = (
    "algorithm", "appendix", "assumption", "claim", "conjecture", "corollary", "definition", "equation",
    "example", "fact", "lemma", "proposition", "remark", "section", "theorem",
)  # fmt: skip
_NUMBER = re.compile(
    r"(?:([a-z]\w*)\s*:\s*)?(?:([a-z]{2,})\.?\s*)?\(?([a-z]\.\d+|\d+\.\d+|\d+)\)?", re.IGNORECASE
)
_SHORT = {
    "thm": "theorem", "lem": "lemma", "def": "definition", "prop": "proposition", "cor": "corollary",
    "alg": "algorithm", "eq": "equation", "assm": "assumption", "rem": "remark", "sec": "section",
    "app": "appendix", "ex": "example",
}  # fmt: skip
_KEY = re.compile(r"[a-z]\w*")


class Number(NamedTuple):
    """``("lemma", "g.7", "chen2025")``: kind, number and key of the paper; empty what is not named."""

    kind: str
    number: str
    paper: str = ""


def numbered(text: str) -> Number | None:
    """The parts of ``"Lemma G.7"`` or ``"chen2025: Lemma G.7"``; None for what is no number of a paper.

    A number without a kind must have a dot: ``7`` alone, or ``F1``, names nothing in a paper.
    """
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    kind, number = (found[2] or "").lower(), found[3].lower()
    kind = _SHORT.get(kind, kind)
    if kind not in _KINDS if kind else "." not in number:
        return None
    return Number(kind, number, (found[1] or "").lower())


def is_key(text: str) -> bool:
    """Whether `text` may be the key of a paper: lower-case letters, digits and ``_``, a letter first."""
    return _KEY.fullmatch(text) is not None and text == text.lower()


def on_page(page: int | None) -> str:
    """``", page 4"``; nothing for what was read where there are no pages."""
    return "" if page is None else f", page {page}"


def require_page(name: str, page: Any) -> None:
    """Refuse what is neither a page nor None.

    Raises
    ------
    InvalidClaim
        If it is not.
    """
    if page is not None and (isinstance(page, bool) or not isinstance(page, int) or page < 1):
        raise InvalidClaim(f"{name} must be a page, or None where there are none, got page={page!r}")

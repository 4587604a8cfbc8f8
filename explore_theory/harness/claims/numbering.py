"""The numbers of a paper: ``Lemma G.7``, ``eq. (8)``, ``2.1``."""

import re

#: Kinds of numbered items, and how they are cut short.
_KINDS = (
    "algorithm", "assumption", "claim", "conjecture", "corollary", "definition", "equation", "example",
    "fact", "lemma", "proposition", "remark", "theorem",
)  # fmt: skip
_NUMBER = re.compile(r"(?:([a-z]{2,})\.?\s*)?\(?([a-z]\.\d+|\d+\.\d+|\d+)\)?", re.IGNORECASE)
_SHORT = {
    "thm": "theorem", "lem": "lemma", "def": "definition", "prop": "proposition", "cor": "corollary",
    "alg": "algorithm", "eq": "equation", "assm": "assumption", "rem": "remark",
}  # fmt: skip


def numbered(text: str) -> tuple[str, str] | None:
    """``("lemma", "g.7")`` for ``"Lemma G.7"``; None for what is no number of a paper.

    A number without a kind must have a dot: ``7`` alone, or ``F1``, names nothing in a paper.
    """
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    kind, number = (found[1] or "").lower(), found[2].lower()
    kind = _SHORT.get(kind, kind)
    if kind not in _KINDS if kind else "." not in number:
        return None
    return kind, number

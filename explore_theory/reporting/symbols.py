"""Mathematics in words, as statements are written, with the field's signs: ``pi_ref <= 2^k`` as π_ref ≤ 2ᵏ.

Statements are plain text, so that they can be read in a terminal and in a diff. On a page, names of Greek
letters, relations, and what is raised or lowered are shown as what they stand for; nothing else is touched.
"""

import re

from markupsafe import Markup, escape

_GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "eps": "ε",
    "epsilon": "ε",
    "zeta": "ζ",
    "eta": "η",
    "theta": "θ",
    "kappa": "κ",
    "lambda": "λ",
    "mu": "μ",
    "nu": "ν",
    "pi": "π",
    "rho": "ρ",
    "sigma": "σ",
    "tau": "τ",
    "phi": "φ",
    "Delta": "Δ",
    "Theta": "Θ",
    "Pi": "Π",
    "Sigma": "Σ",
    "Phi": "Φ",
    "Omega": "Ω",
}
_SIGNS = {"<=": "≤", ">=": "≥", "!=": "≠", "->": "→", "||": "‖"}
_LARGE = {"sum": "∑", "prod": "∏", "union": "⋃"}
#: What may have an index; other words with an underscore are names of code.
_INDEXED = {*_GREEK, *_LARGE, "max", "min", "sup", "inf", "log", "KL", "Li", "hat"}

#: Before an underscore: nothing that can have an index.
_NOTHING = "  "

_NAME = "|".join(sorted(_GREEK, key=len, reverse=True))
#: A group in braces, which may hold others.
_GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_TOKEN = re.compile(
    rf"""
    (?P<raised>\^(?:{_GROUP}|\((?:[^()]|\([^()]*\))*\)|-?\d+(?:\.\d+)?|(?:{_NAME})(?![A-Za-z])|-?[A-Za-z](?![A-Za-z])))
    | (?P<lowered>(?<=[A-Za-z^*])_(?:{_GROUP}|[A-Za-z0-9]+)|(?<=\|)_{_GROUP})
    | (?P<inner><[^<>=\n]{{1,60}},\s[^<>=\n]{{1,60}}>)
    | (?P<sign><=|>=|!=|->|\|\|)
    | (?P<word>[A-Za-z]+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


def prose(text: object) -> Markup:
    """`text` for a page: signs for words, and what is raised or lowered set so; the rest escaped."""
    return Markup("").join(_marked(str(text)))


def plain_signs(text: object) -> str:
    """`text` with signs for words only, for places that hold no markup: an axis, a legend."""
    written = str(text)
    out, at = [], 0
    for found in _TOKEN.finditer(written):
        kind, part = found.lastgroup, found.group()
        if kind == "inner":
            out.append(f"⟨{plain_signs(part[1:-1])}⟩")
        elif kind == "sign":
            out.append(_SIGNS[part])
        elif kind == "word":
            out.append(_word(written, at, part))
        elif kind in ("raised", "lowered"):
            out.append(part[0] + plain_signs(part[1:]))
        else:
            out.append(part)
        at = found.end()
    return "".join(out)


def _marked(text: str) -> list[Markup]:
    out: list[Markup] = []
    before = _NOTHING
    for found in _TOKEN.finditer(text):
        kind, part = found.lastgroup, found.group()
        if kind == "raised":
            out.append(Markup("<sup>{}</sup>").format(prose(_bare(part[1:]))))
        elif kind == "lowered" and (len(before) <= 1 or before in _INDEXED):
            out.append(Markup("<sub>{}</sub>").format(prose(_bare(part[1:]))))
        elif kind == "inner":
            out.append(Markup("⟨{}⟩").format(prose(part[1:-1])))
        elif kind == "sign":
            out.append(Markup(_SIGNS[part]))
        elif kind == "word":
            out.append(escape(_word(text, found.start(), part)))
            before = _NOTHING if _in_name(text, found.start()) else part
            continue
        else:
            out.append(escape(part))
        # An index may follow what is raised, and a hat or a star: Q^pi_h, pi*_h.
        if kind != "raised" and part not in "*^":
            before = "" if part == "|" else _NOTHING
    return out


def _word(text: str, at: int, word: str) -> str:
    """A sign for `word`, which stands at `at` in `text`, or itself."""
    after = text[at + len(word) :]
    if word in _LARGE:
        return _LARGE[word] if after[:1] == "_" else word
    if word == "sqrt" and after[:1] == "(" and not _in_name(text, at):
        return "√"
    # A name of code, or an option: left as it is.
    if (
        _in_name(text, at)
        or text[at - 2 : at] == "--"
        or re.match(r"-[A-Za-z]{2}|(?:-\d+)+-[A-Za-z]|_[a-z]+_|=|\d", after)
    ):
        return word
    return _GREEK.get(word, word)


def _in_name(text: str, at: int) -> bool:
    """Whether what stands at `at` in `text` goes on with a name: after ``x-``, ``x_``, ``x.`` or ``x'``."""
    return text[at - 1 : at] in ("-", "_", ".", "'") and text[at - 2 : at - 1].isalpha()


def _bare(part: str) -> str:
    """`part` without the braces or brackets around all of it."""
    return part[1:-1] if part[:1] in "{(" and part[-1:] in "})" else part

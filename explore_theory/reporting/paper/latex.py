r"""Any text as LaTeX that prints it and does nothing else, in ASCII, for every engine and any preamble."""

import unicodedata

from explore_theory.reporting.paper.glyphs import ACCENTS, GLYPHS

#: What `escape` needs beyond the kernel: a character that LaTeX has no name for, by its number. Engines that
#: read Unicode fonts print it, if the font in use has it; else its number is printed, never nothing.
ETCHAR = (
    r"\providecommand{\etchar}[1]{\ifdefined\Umathchar\iffontchar\font\string"
    r'"#1 \char\string"#1\relax\else{[}U+#1{]}\fi\else{[}U+#1{]}\fi}'
)

#: Pairs of plain characters that fonts would join to another one.
_JOINED = {"--", "''", ",,"}


def escape(text: str) -> str:
    r"""`text` as LaTeX: it prints as it stands, runs no command, and stays on one line.

    ``C_cov ≤ e^x`` becomes ``C\_cov \ensuremath{\le} e\textasciicircum{}x``. Letters with accents are
    composed, characters that LaTeX has no name for are ``\etchar{4E2D}`` (see `ETCHAR`), and those without a
    shape (controls, marks of direction) their number.
    """
    pieces: list[str] = []
    plain = ""
    for one in unicodedata.normalize("NFC", " ".join(text.split())):
        if one in ACCENTS and pieces:
            pieces[-1] = f"{ACCENTS[one]}{{{pieces[-1]}}}"
        else:
            pieces.append(f"{{{one}}}" if plain + one in _JOINED else _piece(one))
        plain = one
    return "".join(pieces)


def _piece(one: str) -> str:
    """One character."""
    if one in GLYPHS:
        return GLYPHS[one]
    if " " <= one <= "~":
        return one
    for form in ("NFD", "NFKD"):
        parts = unicodedata.normalize(form, one)
        if parts != one and all(part in ACCENTS or part in GLYPHS or " " <= part <= "~" for part in parts):
            return escape(parts) if form == "NFKD" else _accented(parts)
    number = f"{ord(one):04X}"
    return f"{{[}}U+{number}{{]}}" if unicodedata.category(one)[0] == "C" else f"\\etchar{{{number}}}"


def _accented(parts: str) -> str:
    """A letter followed by its marks."""
    letter = _piece(parts[0])
    for mark in parts[1:]:
        letter = f"{ACCENTS[mark]}{{{letter}}}"
    return letter


def comment(text: str) -> str:
    """`text` as lines of a TeX comment, of printable ASCII alone: nothing in it is read by TeX."""
    lines = (
        "".join(c if " " <= c <= "~" else f"<U+{ord(c):04X}>" for c in line) for line in text.splitlines()
    )
    return "".join(f"% {line}".rstrip() + "\n" for line in lines)

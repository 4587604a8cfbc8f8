"""Text as a terminal can show it: nothing in it gives commands, and nothing turns into a question mark.

Titles, witnesses and file names come from anybody's claims and stores. What is not printable (escapes, bells,
carriage returns, controls of direction, lone surrogates) is written as Python writes it, ``\\x1b``; what the
encoding of a terminal lacks is written by what it has: ``<=``, ``||``, ``pi``, ``^-1``, else ``\\u2693``.
"""

import codecs
import re
import sys
import unicodedata

#: The name under which `codecs` knows `_encoded_by_words`.
ERRORS = "explore-theory-words"

#: Signs of the field, and of ordinary text, whose decomposition says nothing or something else.
_SIGNS = {
    "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~=", "≪": "<<", "≫": ">>", "≲": "<~", "≳": ">~", "∼": "~",
    "≡": "==", "∝": " ~ ", "±": "+-", "−": "-", "×": "x", "⋅": ".", "·": ".", "÷": "/", "∞": "inf",
    "‖": "||", "∥": "||", "∣": "|", "⟨": "<", "⟩": ">", "√": "sqrt ", "∑": "sum ", "∏": "prod ", "∫": "int ",
    "∂": "d", "∇": "grad ", "∈": " in ", "∉": " not in ", "∀": "all ", "∃": "some ", "∧": " and ",
    "∨": " or ", "¬": "not ", "∩": " cap ", "∪": " cup ", "⊂": " subset ", "⊆": " subset ", "∅": "{}",
    "→": "->", "←": "<-", "↔": "<->", "⇒": "=>", "⇔": "<=>", "↦": "|->", "⊗": "(x)", "∘": " o ",
    "…": "...", "–": "-", "—": "--", "‐": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "•": "*", "†": "+",
    "✓": "yes", "✗": "no", "§": "sec. ", "°": " deg", "ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "µ": "u",
}  # fmt: skip
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ", "0123456789+-=()ni")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎", "0123456789+-=()")
_RAISED = re.compile(f"[{''.join(map(chr, _SUPERSCRIPTS))}]+")
_LOWERED = re.compile(f"[{''.join(map(chr, _SUBSCRIPTS))}]+")
_GREEK = re.compile(r"GREEK (?P<case>SMALL|CAPITAL) LETTER (?:FINAL )?(?P<name>\w+)")


def harmless(text: object, *, lines: bool = False) -> str:
    """`text` with what is not printable written out; line breaks and tabs stay where it has `lines`."""
    words = str(text)
    if words.isprintable():
        return words
    return "".join(c if c.isprintable() or (lines and c in "\n\t") else _escaped(c) for c in words)


def legible(text: object, encoding: str | None = None, *, lines: bool = False) -> str:
    """`harmless` text in characters of `encoding` (default: that of standard output)."""
    words = harmless(text, lines=lines)
    known = encoding or getattr(sys.stdout, "encoding", None) or "utf-8"
    if words.isascii() or encodable(words, known):
        return words
    # A power is one thing: ten to the minus three must not become ten to the minus, then a three.
    words = _RAISED.sub(lambda run: run[0] if encodable(run[0], known) else _power(run[0]), words)
    words = _LOWERED.sub(lambda run: run[0] if encodable(run[0], known) else _index(run[0]), words)
    return "".join(c if encodable(c, known) else _in_ascii(c) for c in words)


def install() -> None:
    """Let streams be opened with ``errors=ERRORS``: whatever still reaches them is written by words."""
    codecs.register_error(ERRORS, _encoded_by_words)


def _encoded_by_words(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return legible(error.object[error.start : error.end], "ascii", lines=True), error.end


def encodable(words: str, encoding: str | None = None) -> bool:
    """Whether `encoding` (default: that of standard output) has all the characters of `words`."""
    try:
        words.encode(encoding or getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _power(run: str) -> str:
    return "^" + run.translate(_SUPERSCRIPTS)


def _index(run: str) -> str:
    return "_" + run.translate(_SUBSCRIPTS)


def _in_ascii(char: str) -> str:
    """One character by others; letters without their accents, and never a digit that had another place."""
    if char in _SIGNS:
        return _SIGNS[char]
    if greek := _GREEK.match(unicodedata.name(char, "")):
        name = greek["name"].lower().replace("lamda", "lambda")
        return name if greek["case"] == "SMALL" else name.capitalize()
    if unicodedata.decomposition(char).startswith("<fraction>"):
        return " " + unicodedata.normalize("NFKD", char).replace("\u2044", "/")
    plain = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
    letters = plain.isascii() and plain.isalpha()
    return plain if letters or (plain.isspace() and plain.isascii()) else _escaped(char)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")

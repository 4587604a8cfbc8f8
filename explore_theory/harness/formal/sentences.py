"""Coq's sources as text: sentences without comments, what must not stand in a proof, what it requires."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

#: The logical name of the libraries that proofs share.
LIBRARY = "ExploreTheory"

#: Where a proof may require from: Coq's own library by its old and new names, and what Debian packages.
ROOTS = frozenset({"Coq", "Stdlib", "Corelib", "mathcomp", "Coquelicot", "Interval", "Flocq", LIBRARY})

#: Commands that read or write files, load code, or leave the kernel's checks out.
_COMMANDS = re.compile(
    r"(Load|Redirect|Extraction|Recursive\s+Extraction|Separate\s+Extraction|Extract\b.*|Cd|Drop|Quit|"
    r"Declare\s+ML\s+Module|Add\s+(Rec\s+)?(LoadPath|ML\s+Path)|Remove\s+LoadPath|Write\s+State|"
    r"Restore\s+State|Dump\s+.*|(Uns|S)et\s+(Guard|Positivity|Universe)\s+Checking|(Uns|S)et\s+Type\s+In\s+Type|"
    r"Admit\s+Obligations|Register\b.*|Primitive\b.*)\b"
)
#: Commands that assume what they state; the first kind is innocent inside a section.
_LOCAL_ASSUMPTIONS = re.compile(r"(Hypothesis|Hypotheses|Variable|Variables|Context)\b")
_ASSUMPTIONS = re.compile(r"(Axioms?|Conjectures?|Parameters?)\b")
#: What gives a goal up, wherever it stands.
_GIVEN_UP = re.compile(r"(?<![\w'.])(Admitted|admit|give_up|bypass_check)(?![\w'])")

#: What may stand before a command.
_BEFORE = re.compile(
    r"(\s+|[-+*]+(?=\s)|[{}]|#\[[^\]]*\]|(Local|Global|Program|Polymorphic|Monomorphic|Cumulative|Time|Fail|"
    r"Succeed|Instructions|Private|Timeout\s+\d+|Profile)\b)*"
)
_STATED = r"(Theorem|Lemma|Corollary|Proposition|Fact|Remark|Property)\s+{name}(?![\w'])"
_REQUIRE = re.compile(
    r"(From\s+(?P<root>[\w.']+)\s+)?(Extra\s+Dependency|Require(\s+(Import|Export))?)\b(?P<rest>.*)"
)
_WORD = re.compile(r"[A-Za-z_][\w.']*")
#: Where a comment or a string begins or ends, and what is not a line break.
_MARK, _INK = re.compile(r'"|\(\*|\*\)'), re.compile(r"[^\n]")


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A sentence of a source: its words with single spaces, and its line.

    `before` is what may stand before a command: bullets, attributes, ``Local``.
    """

    text: str
    line: int
    before: str


@lru_cache(maxsize=256)
def bare(source: str) -> str:
    """`source` with blanks in place of comments and of what is inside strings; places and lines stay."""
    out, depth, place = list[str](), 0, 0
    while mark := _MARK.search(source, place):
        before, place = source[place : mark.start()], mark.end()
        out.append(_blank(before) if depth else before)
        word = mark.group()
        if word == '"':
            stop = source.find('"', place)
            inside = source[place:stop] if stop >= 0 else source[place:]
            closing = '"' if stop >= 0 else ""
            out += [" " if depth else '"', _blank(inside), " " * len(closing) if depth else closing]
            place += len(inside) + len(closing)
        elif word == "(*":
            depth += 1
            out.append("  ")
        else:
            # Of no comment, it is an operator and a bracket.
            out.append("  " if depth else word)
            depth = max(depth - 1, 0)
    rest = source[place:]
    out.append(_blank(rest) if depth else rest)
    return "".join(out)


def _blank(text: str) -> str:
    return _INK.sub(" ", text)


def sentences(source: str) -> Iterator[Sentence]:
    """The sentences of `source`; each ends in a full stop before a blank."""
    text, start = bare(source), 0
    for stop in re.finditer(r"\.(?=\s|\Z)", text):
        # `...` ends a tactic as a full stop does; a number such as `1.` has no blank after its dot in Coq.
        sentence, begins = text[start : stop.start()], start
        start = stop.end()
        before = _BEFORE.match(sentence)
        cut = before.end() if before is not None else 0
        words = " ".join(sentence[cut:].split())
        if words:
            yield Sentence(text=words, line=text.count("\n", 0, begins + cut) + 1, before=sentence[:cut])


def refused(source: str) -> Iterator[str]:
    """What must not stand in a proof, each with its line: ``line 12: Admitted leaves a goal unproved``."""
    inside: list[str] = []
    for sentence in sentences(source):
        words, place = sentence.text, f"line {sentence.line}: "
        if found := re.match(r"(?:Section|Module(?!.*:=)(?:\s+Type|\s+Import|\s+Export)?)\s+(\w+)", words):
            inside.append(words.split()[0])
        elif re.match(r"End\b", words) and inside:
            inside.pop()
        if found := _COMMANDS.match(words):
            yield f"{place}{found.group(0)} is no part of a proof"
        elif found := _ASSUMPTIONS.match(words):
            yield f"{place}{found.group(0)} assumes what it states"
        elif inside[-1:] != ["Section"] and (found := _LOCAL_ASSUMPTIONS.match(words)):
            yield f"{place}{found.group(0)} outside a section assumes what it states"
        if found := _GIVEN_UP.search(sentence.before + words):
            yield f"{place}{found.group(0)} leaves a goal unproved"
        if (away := _elsewhere(words)) is not None:
            yield f"{place}it may require from {', '.join(sorted(ROOTS))}, got {away}"


def _required(words: str) -> tuple[str, list[str]] | None:
    """The root that a sentence names with ``From``, and what it requires; None if it requires nothing."""
    found = _REQUIRE.match(words)
    if found is None:
        return None
    return found.group("root") or "", _WORD.findall(found.group("rest"))


def _elsewhere(words: str) -> str | None:
    """What a sentence requires from where it may not."""
    found = _required(words)
    if found is None:
        return None
    root, names = found
    if "Extra" in words.split()[:4]:
        return "an extra file"
    if root:
        return None if root.split(".")[0] in ROOTS else root
    # Without a root, a bare name is of Coq's own library: nothing else is looked for by a bare name.
    return next((name for name in names if "." in name and name.split(".")[0] not in ROOTS), None)


@lru_cache(maxsize=256)
def libraries(source: str) -> tuple[str, ...]:
    """Our own libraries that `source` requires, in order."""
    names: dict[str, None] = {}
    for sentence in sentences(source):
        root, words = _required(sentence.text) or ("", [])
        if root.split(".")[0] == LIBRARY:
            names |= dict.fromkeys(words)
        elif not root:
            names |= dict.fromkeys(w.split(".")[-1] for w in words if w.startswith(f"{LIBRARY}."))
    return tuple(names)


def printed_with(source: str, *, shared: bool = False) -> tuple[str, ...]:
    """The sentences of `source` that import other people's notations or open a scope.

    With `shared`, those that import our own libraries too.
    """
    found = []
    for sentence in sentences(source):
        required = _required(sentence.text)
        if required is None:
            ours = re.match(r"Open\s+Scope\b", sentence.text) is None
        else:
            root, names = required
            ours = not shared and any(name.split(".")[0] == LIBRARY for name in (root, *names))
        if not ours:
            found.append(sentence.text)
    return tuple(found)


def stated(source: str, theorem: str) -> str:
    """The statement of `theorem` as its author wrote it, with its line breaks; empty if there is none."""
    text = bare(source)
    found = re.search(_STATED.format(name=re.escape(theorem)), text)
    if found is None:
        return ""
    end = re.compile(r"\.(?=\s|\Z)").search(text, found.end())
    return text[found.start() : end.end() if end else len(text)].strip()

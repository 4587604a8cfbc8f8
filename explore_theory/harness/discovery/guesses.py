"""What a module that could not be loaded was to hold, so that asking for its claim shows what is wrong."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

_STEM = re.compile(r"([a-z]+[0-9]+[a-z]?|[a-z]t[a-z]?)_(\w+)")
_WORDS = ("id", "slug", "theorem")
_QUOTED = re.compile(r"""["']([\w-]{1,80})["']""")
_KEYWORD = re.compile(r"""\b(id|slug|theorem)\s*=\s*(["'])([\w-]+)\2""")


@dataclass(frozen=True, kw_only=True)
class Guess:
    """Ids, slugs and theorems that a file seems to be about, likeliest first; all empty if it shows none.

    `words` are all names in quotes: one of them may be an id or slug that a function is given.
    """

    ids: tuple[str, ...] = ()
    slugs: tuple[str, ...] = ()
    theorems: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.ids or self.slugs)


def guess(file: Path) -> Guess:
    """What `file` says, in its name and in the words given as ``id=``, ``slug=`` and ``theorem=``."""
    found: dict[str, list[str]] = {word: [] for word in _WORDS}
    for word, text in _written(file):
        found[word].append(text)
    if named := _STEM.fullmatch(file.stem):
        found["id"].append(named[1].upper())
        found["slug"].append(named[2].replace("_", "-"))
    found["theorem"].append(file.parent.name)
    ids, slugs, theorems = (tuple(dict.fromkeys(found[word])) for word in _WORDS)
    return Guess(ids=ids, slugs=slugs, theorems=theorems, words=frozenset(_QUOTED.findall(_text(file))))


def line_of(error: BaseException, file: Path) -> str:
    """Where in `file` things went wrong, as ``path:line``; the path alone if no line of it was reached."""
    line = None
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).resolve() == file:
        line = error.lineno
    else:
        for trace in _traces(error.__traceback__):
            if Path(trace.tb_frame.f_code.co_filename).resolve() == file:
                line = trace.tb_lineno
    return f"{file}:{line}" if line else str(file)


def reason_of(error: BaseException) -> str:
    """``Kind: what it says``, on one line, whatever `error` is."""
    try:
        said = str(error)
    except Exception:  # An exception of someone else's may fail to say anything, in any way.
        said = "it cannot be printed"
    first = next((line for line in said.splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {first.strip()}".removesuffix(": ")


def _written(file: Path) -> Iterator[tuple[str, str]]:
    text = _text(file)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        for word, _, value in _KEYWORD.findall(text):
            yield word, value
        return
    for node in ast.walk(tree):
        # Cases, checks and variants have slugs too, but no ids.
        if isinstance(node, ast.Call) and any(keyword.arg == "id" for keyword in node.keywords):
            yield from _constants(node)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _constants(call: ast.Call) -> Iterator[tuple[str, str]]:
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg in _WORDS and isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield keyword.arg, value.value


def _traces(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next

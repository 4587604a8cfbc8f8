"""Selectors: which claims, and which modules that could not be loaded, a user's words mean."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import partial

_GLOB = re.compile(r"[*?\[]")


def matches(selector: str, namespace: str, ids: Iterable[str], others: Iterable[str]) -> bool:
    """Whether `selector` means something in `namespace` called by these ids, or these slugs and theorems.

    ``bon:B1`` and ``bon:*`` look in one namespace, anything else in all of them.
    """
    space, colon, name = selector.rpartition(":")
    if colon and not fnmatchcase(namespace.lower(), space.lower()):
        return False
    # `C*` asks for ids; without this it would also find every slug and theorem that begins with c.
    only_ids = any(c in name for c in "*?[") and name != name.lower()
    names = [*ids] if only_ids else [*ids, *others]
    # `bon:*` is all of a namespace, a module of which nothing is known included.
    if (colon and name == "*") or any(fnmatchcase(plain(known), plain(name)) for known in names):
        return True
    # `Spanner sampling` and `SpannerSampling` are the theorem too; what has no letters names nothing.
    return bool(_letters(name)) and not _GLOB.search(name) and any(map(partial(_alike, name), names))


def plain(text: str) -> str:
    """`text` as names are shown and selectors compared: in lower case, words joined by ``-``."""
    return re.sub(r"[\s_]+", "-", text.strip().lower())


def _alike(name: str, known: str) -> bool:
    return _letters(name) == _letters(known)


def _letters(text: str) -> str:
    """Letters and digits only."""
    return re.sub(r"[\W_]+", "", text).lower()

"""Selectors: which claims, and which modules that could not be loaded, a user's words mean."""

from collections.abc import Iterable
from fnmatch import fnmatchcase


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
    return (bool(colon) and name == "*") or any(fnmatchcase(plain(known), plain(name)) for known in names)


def plain(text: str) -> str:
    """`text` as selectors are compared: in lower case, with ``-`` for ``_``."""
    return text.lower().replace("_", "-")

"""Whether the code of stored claims is still there, by the text of files alone: nothing is imported."""

import re
from collections.abc import Collection, Sequence

from explore_theory.harness.discovery.registry import roots_of
from explore_theory.harness.discovery.roots import claim_files

_QUOTED = re.compile(r"""(["'])([^"'\n]+)\1""")
#: The id of a claim, as its file gives it; that of a row of a ledger is none.
_GIVEN = re.compile(r"""(?<!\w)(Statement\(\s*)?id\s*=\s*(["'])([^"'\n]+)\2""")
_DEFINES = re.compile(r"\bCLAIM\b")


def gone(claims: Collection[tuple[str, str]], sources: Sequence[str] = ()) -> set[tuple[str, str]]:
    """Those of `claims`, ``(namespace, id)``, that no file of `sources` gives as an id.

    What a claim uses and what a ledger lists names an id as well, and gives none: see `_ids`. A claim whose
    namespace is not among `sources` (with none, what is installed) is not looked for, so it is not gone; nor
    is one whose files cannot be read. An id that a program puts together is missed: what is returned is to be
    shown as a question to the reader, never as a verdict.

    Raises
    ------
    InvalidClaim
        If one of `sources` does not exist.
    """
    roots, _ = roots_of(sources)
    given: dict[str, set[str]] = {}
    unread: set[str] = set()
    for root in roots:
        found = given.setdefault(root.namespace, set())
        for file in claim_files(root.path):
            try:
                found |= _ids(file.read_text(errors="replace"))
            except OSError:
                # Whatever it holds, it may be one of them.
                unread.add(root.namespace)
    return {
        (namespace, id)
        for namespace, id in claims
        if namespace in given and namespace not in unread and id not in given[namespace]
    }


def _ids(written: str) -> set[str]:
    """The ids that a file gives to claims; all that it quotes if it defines one and does not say its id."""
    found = {id for row, _, id in _GIVEN.findall(written) if not row}
    if found or not _DEFINES.search(written):
        return found
    return {words for _, words in _QUOTED.findall(written)}

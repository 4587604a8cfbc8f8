"""Docstrings as pages of the reference: bars and stars of formulas are meant as they stand."""

import re

from sphinx.application import Sphinx

#: Code and bold words, which are left alone, or a sign that reStructuredText would take for markup.
_SIGNS = re.compile(r"``.+?``|`[^`]+`|\*\*\w[^*]*\*\*|(?P<sign>[|*])|(?P<end>(?<=\w)_(?!\w))")


def setup(app: Sphinx) -> dict[str, bool]:
    """Listen to autodoc, before napoleon does."""
    app.connect("autodoc-process-docstring", plain, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def plain(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Escape in `lines`, in place, what is not code."""
    if what in ("property", "attribute"):
        # Of a first line with a colon napoleon would make a type.
        lines.insert(0, "")
    literal = False
    for k, line in enumerate(lines):
        literal = literal and (not line.strip() or line.startswith("    "))
        if not literal and not line.lstrip().startswith(">>>"):
            lines[k] = _SIGNS.sub(_escaped, line)
        literal = literal or line.rstrip().endswith("::")


def _escaped(found: re.Match[str]) -> str:
    return "\\" + found[0] if found["sign"] or found["end"] else found[0]

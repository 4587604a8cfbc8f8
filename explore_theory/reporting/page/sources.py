"""Sources of claims, with what they name as links."""

import re

from markupsafe import Markup

from explore_theory.reporting.symbols import prose

_ARXIV = re.compile(r"\barXiv[: ]\s*(\d{4}\.\d{4,5}(?:v\d+)?)")


def sourced(source: object) -> Markup:
    """`source` for a page; numbers of arXiv lead there."""
    written, out, at = str(source), Markup(""), 0
    for found in _ARXIV.finditer(written):
        out += prose(written[at : found.start()])
        out += Markup('<a href="https://arxiv.org/abs/{}" rel="noreferrer">{}</a>').format(found[1], found[0])
        at = found.end()
    return out + prose(written[at:])

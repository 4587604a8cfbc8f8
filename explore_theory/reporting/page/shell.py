"""What every page has: how its templates are filled in, and what it looks like."""

import re
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

#: What would turn or hide the text around it: controls, and marks of direction.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def environment(package: str) -> Environment:
    """Where the templates of `package` are filled in: escaped, and with nothing unseen."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
    )


def style() -> Markup:
    """The style sheet of all pages."""
    sheet = files("explore_theory.reporting") / "templates" / "page.css"
    return Markup(sheet.read_text(encoding="utf-8"))


def visible(value: Any) -> Any:
    """`value` as the page shows it: what cannot be seen, and would turn the text around it, by its number."""
    if not isinstance(value, str) or _UNSEEN.search(value) is None:
        return value
    shown = _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", value)
    return Markup(shown) if isinstance(value, Markup) else shown

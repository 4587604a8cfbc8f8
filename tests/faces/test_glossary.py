"""One glossary: words of a report, symbols of statements, and the page of the site that is made of them."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from explore_theory.reporting.page.glossary import GLOSSARY, SYMBOLS, markdown

PAGE = Path(__file__).parents[2] / "docs/glossary.md"
MODULES = ("problems", "policies", "exact", "oracles", "algorithms", "oracles.ledger", "claims")


def test_the_page_is_what_the_glossary_says():
    command = "python -m explore_theory.reporting.page.glossary > docs/glossary.md"
    assert PAGE.read_text(encoding="utf-8") == markdown(), f"write it again: {command}"


def test_every_word_and_symbol_is_said_once():
    names = [name for name, _ in GLOSSARY]
    signs = [sign for sign, *_ in SYMBOLS]
    assert len({*names}) == len(names)
    assert len({*signs}) == len(signs)


@pytest.mark.parametrize("sign", [sign for sign, *_ in SYMBOLS])
def test_what_a_symbol_is_in_the_code_is_there(sign):
    (place,) = [place for s, _, place in SYMBOLS if s == sign]
    named = re.findall(r"`([\w.]+)`", place)
    assert named
    for name in named:
        assert any(_has(module, name) for module in MODULES), name


def _has(module, name):
    """Whether a dotted name leads to an attribute, a field or a module from here."""
    first, *rest = name.split(".")
    if first == module.split(".")[-1] and "." not in module:
        found = import_module(f"explore_theory.{module}")
        for part in rest:
            try:
                found = getattr(found, part)
            except AttributeError:
                try:
                    found = import_module(f"{found.__name__}.{part}")
                except (ImportError, AttributeError):
                    return False
        return bool(rest)
    found = getattr(import_module(f"explore_theory.{module}"), first, None)
    if found is None or len(rest) != 1:
        return found is not None and not rest
    return hasattr(found, rest[0]) or rest[0] in getattr(found, "__dataclass_fields__", {})

"""Examples in docstrings are run as they stand."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import explore_theory

PACKAGE = Path(explore_theory.__file__).parent
#: Files with an example, as modules.
EXAMPLES = sorted(
    ".".join(("explore_theory", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if "\n    >>> " in path.read_text(encoding="utf-8")
)


def test_there_are_some():
    assert {"explore_theory.exact.objective", "explore_theory.oracles.processes.opening"} <= set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_print_what_they_say(name):
    found = doctest.testmod(import_module(name), optionflags=doctest.FAIL_FAST)
    assert found.attempted > 0
    assert found.failed == 0

"""The scripts in benchmarks/ name what there is: most of them run by hand, and rarely."""

import ast
import importlib
import re
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks"
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
#: What the tests' own extra does not install, and a fuzzer: not there everywhere, and so not looked for.
OF_EXTRAS = {"atheris"} | {
    re.split("[^a-z_]", package.replace("-", "_"))[0]
    for extra, packages in EXTRAS.items()
    if extra not in ("dev", "test")
    for package in packages
}


def imported(path):
    """Each module that a script imports, with the names that it takes from there."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module, [alias.name for alias in node.names]


def is_there(module, names):
    root = module.split(".")[0]
    if root in OF_EXTRAS:
        return True
    if (FOLDER / f"{root}.py").is_file():
        own = ast.parse((FOLDER / f"{root}.py").read_text()).body
        made = {name.id for node in own for name in ast.walk(node) if isinstance(name, ast.Name)}
        return set(names) <= made | {node.name for node in own if hasattr(node, "name")}
    if root != "explore_theory":
        return find_spec(root) is not None
    found = importlib.import_module(module)
    return all(hasattr(found, name) or find_spec(f"{module}.{name}") for name in names)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_what_a_script_imports_is_there(path):
    assert [f"{module}: {names}" for module, names in imported(path) if not is_there(module, names)] == []

"""The page of dependencies is complete: what is declared is explained, and what is imported is declared."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/guide/dependencies.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
#: Names that a distribution gives to `import`, where it is another.
IMPORTED_AS = {"python-flint": "flint", "pyyaml": "yaml"}
#: Installed with a dependency that says so, and imported by name.
THROUGH = {
    "mpmath": "sympy",
    "clarabel": "cvxpy",
    "llvmlite": "numba",
    "dask": "distributed",
    "markupsafe": "jinja2",
}


def table(heading):
    """The rows of the table below a heading, without its head."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def declared(requirements):
    """Distributions and the least version of each; extras that name extras are left out."""
    found = {}
    for requirement in requirements:
        name, least = re.fullmatch(r"([\w.-]+)(?:\[[\w,]+\])?(?:>=([\w.]+))?.*", requirement).groups()
        if name != PROJECT["name"]:
            found[name.lower()] = least
    return found


def test_every_dependency_is_explained_with_its_least_version():
    assert {row[0]: row[1] for row in table("Installed with it")} == declared(PROJECT["dependencies"])
    assert all(all(row) for row in table("Installed with it"))


def test_every_package_of_an_extra_is_explained():
    wanted = {}
    for extra, requirements in PROJECT["optional-dependencies"].items():
        for name, least in declared(requirements).items():
            wanted.setdefault(name, (least, []))[1].append(extra)
    told = {row[0]: (row[1], row[2].split(", ")) for row in table("Extras")}
    assert {name: (least, sorted(extras)) for name, (least, extras) in told.items()} == {
        name: (least, sorted(extras)) for name, (least, extras) in wanted.items()
    }, "docs/guide/dependencies.md must have a row for each package of an extra, with its version and extras"
    assert all(all(row) for row in table("Extras"))


@pytest.mark.parametrize(
    "row", [*table("Installed with it"), *table("Written by hand")], ids=lambda row: row[0][:30]
)
def test_the_files_that_it_names_exist(row):
    named = re.findall(r"`(explore_theory/[^`]*)`", " ".join(row))
    assert named
    for name in named:
        assert (ROOT / name).exists(), name
    for decision in re.findall(r"\]\(\.\./(decisions/[^)]*)\)", " ".join(row)):
        assert (ROOT / "docs" / decision).is_file(), decision


def test_nothing_is_imported_that_is_not_declared():
    known = declared(
        [
            *PROJECT["dependencies"],
            *(one for several in PROJECT["optional-dependencies"].values() for one in several),
        ]
    )
    allowed = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in known}
    allowed |= {name for name, by in THROUGH.items() if by in known}
    allowed |= set(sys.stdlib_module_names) | {"explore_theory", "proofs_checks"}
    for folder in ("explore_theory", "proofs_checks"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    names = [node.module]
                undeclared = {name.partition(".")[0] for name in names} - allowed
                assert not undeclared, f"{path.relative_to(ROOT)} imports {undeclared}"


def test_what_is_imported_where_it_is_said_to_be():
    """Each dependency is imported below the place that its row names."""
    for name, _, _, where in table("Installed with it"):
        module = IMPORTED_AS.get(name, name)
        place = ROOT / where.strip("`")
        files = [place] if place.is_file() else list(place.rglob("*.py"))
        pattern = re.compile(rf"^\s*(import|from) {module}\b", re.MULTILINE)
        assert any(pattern.search(file.read_text()) for file in files), (name, where)

"""The page with the drawn structure is true: every room is on it, every file it names exists."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/guide/architecture.md").read_text()
DRAWING = PAGE.split("```text")[1].split("```")[0]
CONTRACTS = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}


def rooms(folder, depth):
    """Packages below `folder`, as dotted names."""
    found = {f.parent.relative_to(folder) for f in folder.rglob("__init__.py")} - {Path()}
    families = {Path("problems/autoregressive"), Path("problems/processes")}
    return sorted(".".join(room.parts) for room in found - families if len(room.parts) <= depth)


@pytest.mark.parametrize("room", rooms(ROOT / "explore_theory", 2))
def test_every_room_is_drawn(room):
    assert re.search(rf"\b{room.rpartition('.')[2]}\b", DRAWING)


def test_every_file_that_the_page_names_exists():
    named = re.findall(r"`(explore_theory/[\w/]+(?:\.py|/))`", PAGE)
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []
    for row in re.findall(r"^\|.*\|$", PAGE, flags=re.MULTILINE):
        folder = None
        for name in re.findall(r"`([\w/]+\.py)`", row):
            folder = Path(name).parent if "/" in name else folder
            assert folder is not None, row
            assert (ROOT / folder / Path(name).name).exists(), (row, name)


@pytest.mark.parametrize("contract", ["house", "harness", "oracles"])
def test_the_drawing_shows_the_floors_in_the_order_of_the_contract(contract):
    layers = [layer.split(" | ") for layer in CONTRACTS[contract]["layers"]]
    # Floors of the harness and of the oracles are drawn inside their own boxes.
    column = {"harness": slice(45, None), "oracles": slice(0, 45), "house": slice(0, None)}[contract]
    lines = [line[column] for line in DRAWING.splitlines()]
    heads = (i for i, line in enumerate(lines) if re.search(rf"\|\s+{contract}\b", "|" + line))
    start = 0 if contract == "house" else next(heads)
    last = start
    for floor in layers:
        drawn = [name for name in floor if not name.startswith("_")]
        places = [
            next(i for i, line in enumerate(lines) if i >= start and re.search(rf"\b{name}\b", line))
            for name in drawn
        ]
        assert min(places, default=last) >= last, floor
        last = max(places, default=last)


def test_nothing_lies_loose_at_the_top():
    loose = {f.name for f in (ROOT / "explore_theory").glob("*.py") if not f.name.startswith("_")}
    assert loose <= {"errors.py", "pytest_plugin.py"}


def test_the_contracts_leave_nothing_out():
    """A contract that is gone, or made mild, keeps everything."""
    assert set(CONTRACTS) == {
        "house", "claims-above", "public-door", "harness-alone", "learners-alone", "harness", "oracles",
        "no-circles",
    }  # fmt: skip
    for name in ("house", "harness", "oracles"):
        assert CONTRACTS[name]["exhaustive"] is True
    # What a theory may import of the package is the door for authors, and nothing else is let past.
    door = CONTRACTS["public-door"]
    assert door["forbidden_modules"] == ["explore_theory"]
    assert door["ignore_imports"] == ["proofs_checks.** -> explore_theory.claims"]
    told = {
        "id",
        "name",
        "type",
        "containers",
        "exhaustive",
        "layers",
        "source_modules",
        "forbidden_modules",
        "allow_indirect_imports",
        "ignore_imports",
        "ancestors",
    }
    assert set().union(*CONTRACTS.values()) == told | {"ancestors"}
    lenient = {name for name, contract in CONTRACTS.items() if "ignore_imports" in contract}
    assert lenient == {"public-door"}
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert set(linter) == {"root_packages", "include_external_packages", "contracts"}
    assert CONTRACTS["no-circles"]["ancestors"][:2] == ["explore_theory", "explore_theory.**"]
    assert CONTRACTS["learners-alone"]["source_modules"] == ["explore_theory.algorithms"]
    assert len(CONTRACTS["harness-alone"]["forbidden_modules"]) == 5
    assert ".venv/bin/lint-imports" in (ROOT / ".ci/run").read_text()

"""Names of modules from before there were rooms, and the face that a claim's author imports from."""

import ast
import importlib
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from explore_theory import harness
from explore_theory._moved import MOVED


@pytest.mark.parametrize(("old", "new"), MOVED.items())
def test_an_old_name_is_the_module_itself(old, new):
    module = importlib.import_module(f"explore_theory.{old}")
    assert module is importlib.import_module(f"explore_theory.{new}")
    assert module.__name__ == module.__spec__.name == f"explore_theory.{new}"


def test_an_old_name_imported_first_leaves_the_new_one_as_it_is():
    program = (
        "from explore_theory.harness.claim import Claim; import explore_theory.harness.claims.claim as new;"
        "import pickle; assert pickle.loads(pickle.dumps(Claim)) is new.Claim; print(new.__spec__.name)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "explore_theory.harness.claims.claim", done.stderr


def test_a_name_that_never_was_is_still_not_found():
    with pytest.raises(ModuleNotFoundError, match=r"explore_theory\.harness\.claimz"):
        importlib.import_module("explore_theory.harness.claimz")


@pytest.mark.parametrize("name", harness.__all__)
def test_the_face_of_the_harness_hands_on(name):
    value = getattr(harness, name)
    if isinstance(value, type) or callable(value):
        assert value.__name__ == name
        assert pickle.loads(pickle.dumps(value)) is value
    else:
        assert name.isupper(), "a constant"
    assert name in dir(harness)


def test_the_face_says_what_it_does_not_have():
    with pytest.raises(AttributeError, match="Claims"):
        harness.Claims  # noqa: B018


def test_the_names_that_guides_showed_are_among_them():
    shown = {
        "claim",
        "measurement",
        "figure",
        "adversary",
        "statements",
        "registry",
        "runner",
        "store",
        "results",
    }
    assert {f"harness.{name}" for name in shown} | {"exact.laws", "streams", "truncated"} <= set(MOVED)


def test_nothing_of_ours_imports_an_old_name():
    """They lead around the contracts, which read the names as they stand."""
    root = Path(__file__).parents[2]
    old = {f"explore_theory.{name}" for name in MOVED}
    for folder in ("explore_theory", "proofs_checks", "benchmarks"):
        for file in (root / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                named = []
                if isinstance(node, ast.Import):
                    named = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    named = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
                assert old.isdisjoint(named), file

"""The second theory is written by the door for authors alone: no file of it imports anything private."""

import ast
import sys
from pathlib import Path

import pytest

import proofs_checks
from explore_theory import claims
from explore_theory.harness.claims.claim import PROVED, RANDOM, Evidence
from explore_theory.harness.discovery.budget import counts_of
from explore_theory.harness.discovery.registry import discover

HOME = Path(proofs_checks.__file__).parent
FOLDERS = ("best_of_n", "coverage_principle", "pass_at_k", "kl_regret")
FILES = (
    *(path for folder in FOLDERS for path in sorted((HOME / folder).glob("*.py"))),
    HOME / "paper_best_of_n.py",
    HOME / "statements_best_of_n.py",
)
LIBRARIES = {"numpy", "scipy", "sympy"}
DOOR = "explore_theory.claims"


def problem(node, folder):
    """What an import statement takes that it must not, or None."""
    if isinstance(node, ast.ImportFrom):
        module, names = node.module or "", [alias.name for alias in node.names]
        if node.level:
            return f"relative import of {module}"
        if module == DOOR:
            private = [name for name in names if name not in claims.__all__]
            return f"{private} of the door" if private else None
        modules = [module]
    else:
        modules = [alias.name for alias in node.names]
    for module in modules:
        root = module.partition(".")[0]
        own = module == f"proofs_checks.{folder}" or module.startswith(f"proofs_checks.{folder}.")
        if not own and root not in LIBRARIES and (root not in sys.stdlib_module_names or root == "importlib"):
            return module
    return None


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_file_imports_the_door_the_libraries_and_its_own_folder(path):
    tree = ast.parse(path.read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [found for node in imports if (found := problem(node, path.parent.name))] == []
    assert not [
        n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id in ("__import__", "exec", "eval")
    ]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from explore_theory.claims import Claim, ball", None),
        ("from proofs_checks.best_of_n.selection import laws", None),
        ("import numpy as np", None),
        ("from explore_theory.claims import _FILES", "['_FILES'] of the door"),
        ("from explore_theory.claims.inequalities import inequality", "explore_theory.claims.inequalities"),
        ("from explore_theory.harness import Claim", "explore_theory.harness"),
        ("from proofs_checks.framework import instances", "proofs_checks.framework"),
        ("import importlib", "importlib"),
        ("from . import selection", "relative import of "),
        ("import flint", "flint"),
    ],
)
def test_what_is_private_is_seen(code, found):
    assert problem(ast.parse(code).body[0], "best_of_n") == found


def loaded():
    return [r.claim for folder in FOLDERS for r in discover([str(HOME / folder)]).claims]


def test_there_are_seventeen_claims_of_proved_evidence_that_spend_no_alpha():
    found = loaded()
    assert len(found) == 17
    for claim in found:
        kinds = {check.evidence for check in claim.checks}
        assert not kinds & RANDOM
        assert kinds & PROVED
        assert kinds <= PROVED | {Evidence.ADVERSARIAL}
        # The share of every claim that samples is what it was.
        assert counts_of(claim, shipped=True)[1:] == (0, 0)


def test_balls_and_suprema_of_the_door_are_those_of_the_engine():
    from explore_theory.certify import balls, boxes

    with claims.precision(64):
        assert claims.ends(claims.ball(0.5)) == balls.ends(balls.ball(0.5)) == (0.5, 0.5)
        third = claims.ball(1) / 3
        assert claims.ends(third) == balls.ends(third)
    with claims.precision(200):
        assert (claims.ball(1) / 3).rad() < third.rad()
    sides = claims.log_box({"x": (1.0, 2.0)})
    assert [str(end) for end in sides["x"]] == [str(end) for end in boxes.log_box({"x": (1.0, 2.0)})["x"]]

    def square(z):
        return z[0] * z[0]

    found = claims.supremum(square, [(0.0, 0.5)], target=1.0, accuracy=1e-3)
    assert found == boxes.supremum(square, [(0.0, 0.5)], target=1.0, accuracy=1e-3)
    assert found.hi == 0.25
    ratio = claims.largest_ratio(lambda z: -square(z), {"x": (0.0, 1.0)}, bits=64)
    assert ratio.hi[0] == 1.0

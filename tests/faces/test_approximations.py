"""No tiny number is compared by `pytest.approx` alone: its absolute tolerance of 1e-12 would accept zero."""

import ast
import math
from pathlib import Path

import numpy as np
import pytest

TESTS = Path(__file__).parents[1]
#: Below this size the absolute tolerance is wider than the relative one of 1e-6.
TINY = 1e-6
NAMES = {"np": np, "math": math}
PLAIN = (ast.Constant, ast.UnaryOp, ast.BinOp, ast.operator, ast.unaryop, ast.Call, ast.Attribute, ast.Name,
         ast.Load, ast.List, ast.Tuple)  # fmt: skip


def vacuous(source):
    """Lines with approximations of tiny numbers, written in the source, without an absolute tolerance."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith("approx") or not node.args:
            continue
        if any(keyword.arg in ("abs", None) for keyword in node.keywords) or len(node.args) > 2:
            continue
        if any(0 < abs(value) < TINY for value in written(node.args[0])):
            found.append(node.lineno)
    return found


def written(node):
    """The numbers of an expression of literals and functions of NumPy and `math`; none of any other."""
    parts = list(ast.walk(node))
    known = all(isinstance(part, PLAIN) for part in parts)
    if not known or any(isinstance(part, ast.Name) and part.id not in NAMES for part in parts):
        return []
    try:
        value = eval(compile(ast.Expression(node), "written", "eval"), {"__builtins__": {}}, NAMES)
        return np.asarray(value, dtype=float).ravel().tolist()
    except (TypeError, ValueError, OverflowError):
        return []


@pytest.mark.parametrize("path", sorted(TESTS.rglob("test_*.py")), ids=lambda path: path.stem)
def test_no_tiny_number_is_approximated_to_within_the_default(path):
    assert vacuous(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("assert x == pytest.approx(np.exp(-600), rel=1e-12)", 1),
        ("assert x == approx([1.0, 2e-9])", 1),
        ("assert x == pytest.approx(1 / 1e12)", 1),
        ("assert x == pytest.approx(1e-9, abs=0)", 0),
        ("assert x == pytest.approx(0.0)", 0),
        ("assert x == pytest.approx(1 / coverage)", 0),
        ("assert x == pytest.approx(0.25)", 0),
    ],
)
def test_what_is_found(line, number):
    assert len(vacuous(line)) == number

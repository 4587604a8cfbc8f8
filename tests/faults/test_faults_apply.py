"""The list of planted faults is in order: each applies, each names who must notice it."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from installed_claims import installed

from explore_theory.harness.auditing.copies import Copy
from explore_theory.harness.auditing.entries import FOLDER, faults_in, shipped_faults, shipped_knobs
from explore_theory.harness.auditing.patches import Edit

ROOT = Path(__file__).parents[2]
FAULTS = shipped_faults()
KNOBS = shipped_knobs()
CHECKS = {
    f"{registered.claim.id}:{check.slug}"
    for registered in installed().claims
    for check in registered.claim.checks
}


def test_there_are_faults_in_every_room():
    assert len(FAULTS) >= 100
    rooms = {edit.file.split("/")[1] for fault in FAULTS for edit in fault.edits}
    assert {
        "oracles",
        "algorithms",
        "exact",
        "certify",
        "statistics",
        "harness",
        "foundation",
        "problems",
    } <= rooms
    assert {"formulas", "policies"} <= rooms


def test_names_tell_faults_apart():
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_applies_and_names_who_must_notice(fault):
    for edit in fault.edits:
        edit.patched(ROOT)
    assert fault.why
    assert fault.origin
    assert fault.before in ("unnoticed", "tests only", "noticed", "not measured")
    assert fault.noticed
    for entry in fault.noticed:
        assert entry in CHECKS or _is_test(entry), entry


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_somebody_notices_a_fault_at_once(fault):
    """Some claim, or a test of those that run by default."""
    assert any(entry in CHECKS or not _is_slow(entry) for entry in fault.noticed)


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob.name)
def test_a_knob_applies_and_names_what_must_break(knob):
    for x in {knob.neutral, knob.low, knob.high, *(limit.by for limit in knob.breaks)}:
        for edit in knob.at(x).edits:
            edit.patched(ROOT)
    assert knob.breaks
    assert {limit.check for limit in knob.breaks} <= CHECKS


def test_there_are_knobs_in_every_room():
    assert len(KNOBS) >= 16
    rooms = {file.split("/")[1] for knob in KNOBS for file in knob.files}
    assert {"oracles", "algorithms", "exact", "foundation", "policies", "problems"} <= rooms


def _is_slow(entry):
    """Whether a test is marked as slow, by itself or with all of its file."""
    file, _, name = entry.partition("::")
    marks = _tests_in(ROOT / file)[name.split("::")[-1].split("[")[0]]
    all_are = re.search(r"^pytestmark = .*slow", (ROOT / file).read_text(), re.MULTILINE)
    return "pytest.mark.slow" in marks or bool(all_are)


def _is_test(entry):
    file, _, name = entry.partition("::")
    path = ROOT / file
    if not name or not path.is_file():
        return False
    return name.split("::")[-1].split("[")[0] in _tests_in(path)


@cache
def _tests_in(path):
    """The marks of each function in a file, which many faults name."""
    nodes = ast.walk(ast.parse(path.read_text()))
    found = {}
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, [ast.unparse(mark) for mark in node.decorator_list])
    return found


@pytest.mark.parametrize(
    ("old", "new", "fragment"),
    [
        ("no such text", "", "must occur once in .*, got 0 times"),
        ("import", "", r"must occur once in .*, got \d\d? times"),
        ('"""Plant faults', '"""Plant faults', "changes nothing"),
    ],
)
def test_a_patch_that_does_not_apply_is_an_error(old, new, fragment):
    with pytest.raises(ValueError, match=fragment):
        Edit("tests/faults/plant.py", old, new).patched(ROOT)


def test_a_patch_of_no_file_is_an_error():
    with pytest.raises(ValueError, match="must be a file"):
        Edit("tests/faults/nowhere.py", "a", "b").patched(ROOT)


def test_a_field_that_there_is_not_is_an_error(tmp_path):
    (tmp_path / "typo.toml").write_text('[[fault]]\nname = "a"\nnotised = ["F1:identity"]\n')
    with pytest.raises(ValueError, match="notised"):
        faults_in(tmp_path)


def test_a_fault_leaves_the_copy_as_it_was(tmp_path):
    copy = Copy(tmp_path)
    before = {path: path.read_bytes() for path in copy.root.rglob("*.py")}
    with copy.holding(FAULTS[0]):
        assert any(path.read_bytes() != text for path, text in before.items())
    assert all(path.read_bytes() == text for path, text in before.items())


def test_the_files_are_where_they_are_looked_for():
    folder = FOLDER / "faults"
    assert {path.name for path in folder.glob("*.toml")} == {path.name for path in folder.rglob("*.toml")}

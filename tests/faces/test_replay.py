"""`replay` and the pytest option: what is kept is run again, and what cannot be is told in a line."""

import json
import shutil

import pytest
from click.testing import CliRunner

# An inner run of pytest forgets what it was the first to import, and NumPy cannot be imported twice.
import explore_theory.harness.running.runner  # noqa: F401
from explore_theory.cli import main

REFUTED = {"bound": 0.9, "lie": 0.5}


@pytest.fixture
def folder(tmp_path, toys, monkeypatch):
    """A folder with the one violation of a toy claim, found by `verify --witness`."""
    monkeypatch.chdir(tmp_path)
    toys.add("A1", **REFUTED)
    result = CliRunner().invoke(main, ["verify", "--claims", str(toys.path), "--witness", "kept"])
    assert result.exit_code == 1
    assert "counter-example of A1 draws/one: kept/A1--draws--one.json" in result.stderr
    (tmp_path / "kept" / "A1--draws--two.json").unlink()
    return tmp_path / "kept"


def called(toys, *places):
    return CliRunner().invoke(main, ["replay", "--claims", str(toys.path), *map(str, places)])


def test_a_line_says_what_is_reproduced(folder, toys):
    result = called(toys, folder)
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()
    assert line.startswith("A1 draws/one: measured 0.99")
    assert line.endswith(", bound 0.9: REPRODUCED")
    assert result.stderr == ""
    # A file is named as well as its folder, and a relative path as an absolute one.
    assert called(toys, "kept/A1--draws--one.json", folder).stdout.splitlines() == [line, line]


def test_what_is_mended_or_differs_is_told_with_both(folder, toys):
    toys.add("A1", bound=0.95, lie=0.5)
    result = called(toys, folder)
    assert result.exit_code == 0
    assert ": DIFFERS, REFUTED now: measured 0.99" in result.stdout
    assert " and bound 0.95, then measured 0.99" in result.stdout
    assert " and bound 0.9; the claim or what it rests on was edited" in result.stdout
    toys.add("A1", bound=1.0, lie=0.5)
    result = called(toys, folder)
    assert result.exit_code == 1
    assert ": GONE, HOLDS now: measured 0.99" in result.stdout
    assert len(result.stdout.splitlines()) == 1


def test_data_for_programs_hold_both_and_what_has_become_of_it(folder, toys):
    result = CliRunner().invoke(
        main, ["replay", "--json", "--claims", str(toys.path), str(folder), "nowhere"]
    )
    assert result.exit_code == 2
    found, nothing = json.loads(result.stdout)["violations"]
    assert found["outcome"] == "REPRODUCED"
    assert found["status"] == "REFUTED"
    assert found["now"] == {name: found["then"][name] for name in ("measured", "bound")}
    assert found["then"]["bound"] == [0.9, 0.9]
    assert (found["claim"], found["check"], found["case"], found["part"]) == ("A1", "draws", "one", "")
    assert "numpy" in found["then"]["versions"]
    assert nothing["outcome"] is None
    assert nothing["reason"].startswith("nowhere must be a file or a folder of violations")


def test_what_is_malformed_is_a_line_each_and_the_others_are_run(folder, toys):
    good = (folder / "A1--draws--one.json").read_text()
    (folder / "A0.json").write_text(good[:200])
    (folder / "B0.json").write_bytes(b"\xff\xfe")
    (folder / "B1.json").write_text(good.replace('"format": 1', '"format": 9'))
    (folder / "C1.json").write_text(good.replace('"claim": "A1"', '"claim": "\\u001b[31m"'))
    (folder / "empty").mkdir()
    result = called(toys, folder, folder / "empty", folder / "none.json")
    assert result.exit_code == 2
    assert [line[-10:] for line in result.stdout.splitlines()] == ["REPRODUCED"]
    lines = result.stderr.splitlines()
    assert len(lines) == 6
    for line, words in zip(
        lines, ("JSON", "UTF-8", "later", "claim", "without a .json", "nothing there"), strict=True
    ):
        assert line.startswith("explore-theory: ")
        assert words in line
        assert line.isprintable()
    assert "Traceback" not in result.output


def test_a_claim_that_is_not_installed_is_a_line_and_no_violation(folder, toys):
    (folder / "Z1.json").write_text(
        (folder / "A1--draws--one.json").read_text().replace('"claim": "A1"', '"claim": "Z1"')
    )
    result = called(toys, folder)
    assert result.exit_code == 1
    one, other = result.stdout.splitlines()
    assert one.endswith("REPRODUCED")
    assert other.endswith("GONE, claim must be one that is installed or named by --claims, got Z1")


def test_a_call_without_files_is_a_mistake(toys):
    assert called(toys).exit_code == 2


def test_words_of_a_claim_stay_in_their_line(folder, toys):
    toys.add("A1", extra="raise ValueError('one\\n\\x1b[31mtwo')", **REFUTED)
    result = called(toys, folder)
    assert result.exit_code == 1
    (line,) = result.stdout.splitlines()
    assert "ERROR, ValueError: one" in line
    assert line.isprintable()


def test_a_disk_that_is_full_is_one_line(folder, toys, monkeypatch):
    import os

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = CliRunner().invoke(main, ["verify", "--claims", str(toys.path), "--witness", "more"])
    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert "Traceback" not in result.output
    assert list((folder.parent / "more").iterdir()) == []


@pytest.fixture
def kept(pytester, folder, toys, monkeypatch):
    """The file of the violation in a project that turns such tests on."""
    monkeypatch.chdir(pytester.path)
    pytester.makepyfile(test_own="def test_own(): pass")
    pytester.makeini(f"[pytest]\nexplore_theory_claims = {toys.path}\nexplore_theory_violations = kept")
    shutil.copytree(folder, "kept")
    return pytester.path / "kept" / "A1--draws--one.json"


def test_a_kept_violation_is_a_test_that_fails_until_it_is_mended(pytester, kept, toys):
    result = pytester.runpytest_inprocess("kept", "-v")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*A1--draws--one.json::kept FAILED*",
            "A1--draws--one.json: A1 draws/one: measured 0.99*, bound 0.9: REPRODUCED; "
            "it must be mended, and is not",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    toys.add("A1", bound=1.0, lie=0.5)
    pytester.runpytest_inprocess("kept").assert_outcomes(passed=1)


def test_one_of_what_is_false_fails_once_it_is_not_refuted(pytester, kept, toys):
    kept.write_text(kept.read_text().replace('"part": ""', '"part": "halved"'))
    pytester.runpytest_inprocess("kept").assert_outcomes(passed=1)
    toys.add("A1", bound=1.0, lie=1.0)
    result = pytester.runpytest_inprocess("kept")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*false variant halved: *: GONE, HOLDS now: *; it must be refuted still"])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{", "[", "*must be a violation that*"),
        ('"claim": "A1"', '"claim": "Z1"', "*.json: Z1 draws/one: *must be one that can be run, or*"),
    ],
)  # fmt: skip
def test_one_that_cannot_be_run_fails_and_is_no_crash(pytester, kept, old, new, words):
    kept.write_text(kept.read_text().replace(old, new))
    result = pytester.runpytest_inprocess("kept")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([words])


@pytest.mark.parametrize(
    "more", ["", "testpaths = kept test_own.py", "testpaths = .", "testpaths = test_own.py"]
)
def test_a_bare_call_runs_each_once_and_a_named_file_only_itself(pytester, kept, more):
    ini = pytester.path / "tox.ini"
    ini.write_text(f"{ini.read_text()}\n{more}\n")
    result = pytester.runpytest_inprocess("-v", "-k", "kept")
    assert result.stdout.str().count("A1--draws--one.json::kept FAILED") == 1
    pytester.runpytest_inprocess("test_own.py").assert_outcomes(passed=1)


def test_a_folder_that_does_not_exist_is_a_mistake_of_the_ini_file(pytester):
    pytester.makeini("[pytest]\nexplore_theory_violations = nowhere")
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*explore_theory_violations must be folders that exist, got *nowhere*"])

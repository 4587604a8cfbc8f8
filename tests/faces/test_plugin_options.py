"""The pytest plugin beside options of pytest's: what failed before, files named in a call, other folders."""

import re
import subprocess
import sys

# Runs in this process forget what they were the first to import, and NumPy cannot be imported twice.
import numpy  # noqa: F401
import pytest

import explore_theory.harness.running.runner  # noqa: F401
from explore_theory import pytest_plugin


@pytest.fixture
def project(pytester, toys):
    """A project with a test of its own and toy claims, one of which is refuted, turned on in its ini file."""
    pytester.makepyfile(test_own="def test_own(): pass")
    toys.add("A1")
    toys.add("B1", bound=0.9)
    pytester.makeini(f"[pytest]\nexplore_theory_claims = {toys.path}")
    return toys


@pytest.mark.parametrize("more", [(), ("--import-mode=importlib",)])
def test_what_failed_before_is_found_again(pytester, project, more):
    project.write("c1_nonsense.py", "import no_such_module_anywhere\n")
    pytester.runpytest_inprocess(*more).assert_outcomes(passed=6, failed=2)
    result = pytester.runpytest_inprocess("--last-failed", "-v", *more)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*::B1?draws? FAILED*", "*::loads FAILED*"])
    again = pytester.runpytest_inprocess("--failed-first", "-v", *more)
    again.assert_outcomes(passed=6, failed=2)
    verdicts = re.findall(r"::\S+ (PASSED|FAILED)", again.stdout.str())
    assert verdicts == ["FAILED"] * 2 + ["PASSED"] * 6


@pytest.mark.parametrize(
    ("arguments", "outcomes"),
    [
        (("--collect-only",), {}),
        (("-k", "A1"), {"passed": 3}),
        (("-k", "B1 and not draws"), {"passed": 2}),
        (("-p", "no:cacheprovider"), {"passed": 6, "failed": 1}),
        (("-p", "no:randomly"), {"passed": 6, "failed": 1}),
        (("--import-mode=append", "--strict-config", "-W", "error"), {"passed": 6, "failed": 1}),
        (("--exitfirst", "-k", "B1"), {"failed": 1}),
    ],
)
def test_pytests_own_options_do_with_claims_what_they_do_with_tests(pytester, project, arguments, outcomes):
    result = pytester.runpytest_inprocess(*arguments)
    found = result.parseoutcomes()
    assert {word: found[word] for word in ("passed", "failed", "errors") if word in found} == outcomes
    if not outcomes:
        assert sum("<ClaimItem " in line for line in result.outlines) == 6


@pytest.mark.parametrize("mode", ["prepend", "importlib"])
def test_a_file_of_claims_named_in_the_call_is_no_module_of_tests(pytester, project, mode):
    """pytest would import it, where what it shares with its neighbours is not found."""
    project.write("shared_by_toys.py", "SHARED = 1\n")
    file = project.path / project.add("A1").name
    file.write_text("from shared_by_toys import SHARED\n" + file.read_text())
    # By its path alone pytest would look for an ini file beside it.
    more = ("-c", str(pytester.path / "tox.ini"), f"--import-mode={mode}")
    pytester.runpytest_inprocess(str(file), *more).assert_outcomes(passed=3)
    pytester.runpytest_inprocess(f"{file}::A1[verdict]", *more).assert_outcomes(passed=1)


def test_a_file_of_tests_among_claims_is_one(pytester, project):
    project.write("test_own_toys.py", "def test_it(): pass\n")
    pytester.runpytest_inprocess("-k", "test_it").assert_outcomes(passed=1)


def test_a_path_in_an_ini_file_is_one_from_its_folder(pytester, toys, monkeypatch):
    """Wherever pytest is called, and whatever lies there under the same name."""
    for folder, bound in (("claims", 1.0), ("below/claims", 0.9)):
        (pytester.path / folder).mkdir(parents=True)
        (pytester.path / folder / "a1_toy.py").write_text(toys.add("A1", bound=bound).read_text())
    ini = pytester.makeini("[pytest]\nexplore_theory_claims = claims")
    monkeypatch.chdir(pytester.path / "below")
    for more in ((), ("-c", str(ini)), ("-c", str(ini), "--rootdir", str(pytester.path / "below"))):
        pytester.runpytest_subprocess(*more, "-k", "A1").assert_outcomes(passed=3)
    # On the command line a path is one from here.
    result = pytester.runpytest_subprocess("--claims", "claims", "-k", "A1 and draws")
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["*run again: explore-theory verify A1 --tier quick --claims claims"])


def test_the_command_that_runs_a_failure_again_works_from_here(pytester, toys, monkeypatch):
    folder = pytester.path / "my claims"
    folder.mkdir()
    (folder / "a1_toy.py").write_text(toys.add("A1", bound=0.9).read_text())
    pytester.makeini("[pytest]\nexplore_theory_claims = 'my claims'")
    (pytester.path / "below").mkdir()
    monkeypatch.chdir(pytester.path / "below")
    result = pytester.runpytest_inprocess()
    line = next(line for line in result.outlines if "run again: " in line)
    command = line.split("run again: explore-theory ")[1]
    assert command == "verify A1 --tier quick --claims '../my claims'"
    done = subprocess.run(
        f"{sys.executable} -m explore_theory {command} --store :memory:",
        shell=True,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "REFUTED" in done.stdout) == (1, True), done.stderr


def test_a_claim_whose_time_is_over_is_not_begun_again_by_its_next_test(pytester, project, monkeypatch):
    calls = []

    def run(config, registered):
        calls.append(registered.label)
        pytest.fail("Timeout (>3.0s) from pytest-timeout.")

    monkeypatch.setattr(pytest_plugin, "_run", run)
    result = pytester.runpytest_inprocess("-k", "A1")
    result.assert_outcomes(failed=3, deselected=4)
    assert calls == ["A1"]
    result.stdout.fnmatch_lines(["A1: its run was cut short in an earlier test of it: Timeout (>3.0s)*"])


def test_where_it_is_not_turned_on_only_the_plugin_is_imported(pytester):
    """With options and files of every kind that pytest itself asks it about."""
    pytester.makepyfile(
        test_own="""
        import sys
        def test_own():
            ours = {name for name in sys.modules if name.partition(".")[0] == "explore_theory"}
            assert ours == {"explore_theory", "explore_theory._moved", "explore_theory._package",
                            "explore_theory.pytest_plugin"}
            assert not {"numpy", "scipy", "numba", "sympy", "rich", "click"} & set(sys.modules)
        """
    )
    (pytester.path / "data.json").write_text("{}")
    pytester.runpytest_subprocess("-p", "no:hypothesispytest").assert_outcomes(passed=1)
    result = pytester.runpytest_subprocess("-p", "no:hypothesispytest", "--claims-jobs", "2", "test_own.py")
    result.assert_outcomes(passed=1)

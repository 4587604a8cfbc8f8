"""The pytest plugin: inert unless turned on; then one test per check, tightness and false variant."""

# Runs in this process forget what they imported, and NumPy cannot be imported twice.
import numpy  # noqa: F401
import pytest


@pytest.fixture
def project(pytester, toys):
    pytester.makepyfile(test_own="def test_own(): pass")
    return toys


def test_it_is_inert_where_it_is_not_turned_on(pytester, project):
    project.add("A1")
    pytester.makepyfile(
        test_own="""
        import sys
        def test_own():
            assert "numpy" not in sys.modules
            assert "explore_theory.harness" not in sys.modules
        """
    )
    # A process of its own, with only this plugin.
    result = pytester.runpytest_subprocess("-p", "no:hypothesispytest")
    result.assert_outcomes(passed=1)


def test_an_ini_option_turns_it_on(pytester, project):
    project.add("A1")
    pytester.makeini(f"[pytest]\nexplore_theory_claims = {project.path}")
    result = pytester.runpytest_inprocess("-v")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["*::A1?draws? PASSED*", "*::A1?not-halved? PASSED*"])


def test_naming_files_runs_those_files_only(pytester, project):
    project.add("A1")
    pytester.makeini(f"[pytest]\nexplore_theory_claims = {project.path}")
    pytester.runpytest_inprocess("test_own.py").assert_outcomes(passed=1)


def test_an_option_adds_claims_at_a_tier_and_keeps_results(pytester, project):
    project.add("A1", tight=True, bound=1.0)
    arguments = (
        "--claims",
        str(project.path),
        "--claims-tier",
        "full",
        "--claims-store",
        "s.sqlite",
        "test_own.py",
    )
    pytester.runpytest_inprocess(*arguments).assert_outcomes(passed=4)
    assert (pytester.path / "s.sqlite").exists()
    pytester.runpytest_inprocess(*arguments).assert_outcomes(passed=4)


def test_a_failure_is_one_complete_line(pytester, project):
    project.add("A1", bound=0.9)
    result = pytester.runpytest_inprocess("--claims", str(project.path))
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.re_match_lines(
        [
            r"A1 toy-a1, draws/one, slack [\d.]+: REFUTED, measured [\d.]+ > bound 0.9; "
            r"run again: explore-theory verify A1 --tier quick --claims .*toys"
        ]
    )


def test_a_survivor_and_a_loose_tight_case_fail(pytester, project):
    project.add("A1", bound=1.2, lie=1.1, tight=True)
    result = pytester.runpytest_inprocess("--claims", str(project.path))
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*its bound moved by 1.05 was not refuted*", "*false variant halved*HOLDS*"])


def test_a_claim_that_raises_fails(pytester, project):
    project.add("A1", extra="raise ZeroDivisionError('by design')")
    result = pytester.runpytest_inprocess("--claims", str(project.path))
    result.assert_outcomes(passed=1, failed=2)


def test_a_broken_module_and_a_second_claim_of_one_name_fail_alone(pytester, project):
    first = project.add("A1")
    project.write("b1_nonsense.py", "import no_such_module_anywhere\n")
    project.write("c1_leaves.py", "import os\nos._exit(3)\n")
    project.write("d1_double.py", first.read_text())
    result = pytester.runpytest_inprocess("-v", "--claims", str(project.path))
    result.assert_outcomes(passed=3, failed=3)
    result.stdout.fnmatch_lines(
        [
            "*b1_nonsense.py::loads FAILED*",
            "*c1_leaves.py::loads FAILED*",
            "*d1_double.py::loads FAILED*",
            "*No module named 'no_such_module_anywhere'*",
            "*a claim must not end its process, got os._exit(3)*",
            "*'a1' must name one claim, got *",
        ]
    )


def test_a_claim_in_each_of_two_folders_may_have_one_name(pytester, project, tmp_path):
    first = project.add("A1")
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / first.name).write_text(first.read_text())
    folders = ["--claims", str(project.path), "--claims", str(tmp_path / "others")]
    pytester.runpytest_inprocess(*folders).assert_outcomes(passed=5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--claims", "nowhere"], "*claims must be a package, folder or file*"),
        (["--claims-tier", "huge"], "*invalid choice*huge*"),
    ],
)
def test_bad_options_are_usage_errors(pytester, project, arguments, message):
    result = pytester.runpytest_inprocess(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])

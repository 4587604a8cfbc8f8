"""The pytest plugin: inert unless turned on; then a test per check, tightness, false variant and verdict."""

# Runs in this process forget what they imported, and NumPy cannot be imported twice.
import numpy  # noqa: F401
import pytest

# An inner run forgets what it was the first to import, and NumPy cannot be imported twice in a process.
import explore_theory.harness.running.runner  # noqa: F401


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
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(
        ["*::A1?draws? PASSED*", "*::A1?not-halved? PASSED*", "*::A1?verdict? PASSED*"]
    )


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
    pytester.runpytest_inprocess(*arguments).assert_outcomes(passed=5)
    assert (pytester.path / "s.sqlite").exists()
    pytester.runpytest_inprocess(*arguments).assert_outcomes(passed=5)


def test_a_failure_is_one_complete_line(pytester, project):
    project.add("A1", bound=0.9)
    result = pytester.runpytest_inprocess("--claims", str(project.path))
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.re_match_lines(
        [
            r"A1 toy-a1, draws/one, slack [\d.]+: REFUTED, measured [\d.]+ > bound 0.9; "
            r"run again: explore-theory verify A1 --tier quick --claims .*toys"
        ]
    )


def test_a_survivor_and_a_loose_tight_case_fail(pytester, project):
    project.add("A1", bound=1.2, lie=1.1, tight=True)
    result = pytester.runpytest_inprocess("--claims", str(project.path))
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines(["*its bound moved by 1.05 was not refuted*", "*false variant halved*HOLDS*"])


def test_a_claim_that_raises_fails(pytester, project):
    project.add("A1", extra="raise ZeroDivisionError('by design')")
    result = pytester.runpytest_inprocess("--claims", str(project.path))
    result.assert_outcomes(passed=2, failed=2)


@pytest.mark.parametrize("part", ["tight or loose", "variant"])
def test_a_claim_whose_parts_are_fine_and_that_says_too_little_fails_as_a_whole(pytester, project, part):
    file = project.add("A1")
    if part == "variant":
        second = """
        Check(slug="more", evidence=Evidence.ADVERSARIAL, measure=measure, bound=lambda _: Bound.of(1.0),
              cases=(Case(slug="one"),)),
    ),
    false_variants"""
        file.write_text(
            file.read_text().replace(
                """
    ),
    false_variants""",
                second,
            )
        )
    else:
        file.write_text(file.read_text().replace("loose='A toy has no extreme case.'", "loose=''"))
    result = pytester.runpytest_inprocess("--claims", str(project.path), "-v")
    reason = "check more must have a false variant" if part == "variant" else "must mark a case as tight"
    result.stdout.fnmatch_lines(["*::A1?verdict? FAILED*", f"*A1 toy-a1: *{reason}*"])
    assert result.parseoutcomes()["failed"] == 1


def test_a_claim_that_ends_its_process_fails_and_pytest_goes_on(pytester, project):
    project.add("A1", extra="import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    project.add("B1")
    result = pytester.runpytest_inprocess("--claims", str(project.path))
    result.assert_outcomes(passed=5, failed=2)
    result.stdout.fnmatch_lines(["*WorkerDied: ended its worker 3 times, last with signal 9*"])


def test_a_broken_module_and_a_second_claim_of_one_name_fail_alone(pytester, project):
    first = project.add("A1")
    project.write("b1_nonsense.py", "import no_such_module_anywhere\n")
    project.write("c1_leaves.py", "import os\nos._exit(3)\n")
    project.write("d1_double.py", first.read_text())
    result = pytester.runpytest_inprocess("-v", "--claims", str(project.path))
    result.assert_outcomes(passed=4, failed=3)
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
    pytester.runpytest_inprocess(*folders).assert_outcomes(passed=7)


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


def test_each_run_judges_its_own_results_though_another_one_begins_in_the_store(pytester, project):
    """A session of another claim, which nothing refutes, is the newest one when this one is judged."""
    store = str(pytester.path / "s.sqlite")
    project.add(
        "B1",
        bound=0.9,
        extra=(
            f"from explore_theory.harness.storage.store import Store; opened = Store({store!r});"
            " opened.begin(tier='quick', reseed=0, shard='1/1', package_digest='p', versions={},"
            " alpha={'alpha': 1e-3, 'shares': {}}, claims=[('d', {'id': 'A1', 'theorem': 't'})]);"
            " opened.__exit__(None, None, None)"
        ),
    )
    result = pytester.runpytest_inprocess("--claims", str(project.path), "--claims-store", store, "-v")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*::B1?draws? FAILED*", "*B1 toy-b1, draws/one*REFUTED*"])


def test_two_processes_on_one_store_each_get_their_own_results(pytester, project):
    for k in range(1, 5):
        project.add(f"A{k}")
        project.add(f"B{k}", bound=0.9)
    result = pytester.runpytest_subprocess(
        "-p",
        "no:hypothesispytest",
        "-p",
        "xdist",
        "-n",
        "2",
        "--claims",
        str(project.path),
        "--claims-store",
        "s.sqlite",
    )
    result.assert_outcomes(passed=21, failed=4)
    for k in range(1, 5):
        result.stdout.fnmatch_lines([f"FAILED *::B{k}?draws?*"])


def test_a_part_that_is_not_in_the_results_has_not_passed(pytester, project, monkeypatch):
    from dataclasses import replace

    from explore_theory import pytest_plugin

    found = pytest_plugin._result
    monkeypatch.setattr(
        pytest_plugin, "_result", lambda *given: replace(found(*given), cases=(), variants=())
    )
    project.add("A1", tight=True)
    result = pytester.runpytest_inprocess("--claims", str(project.path))
    result.assert_outcomes(passed=2, failed=3)
    result.stdout.fnmatch_lines(
        [
            "A1, check draws: no case of it is in the results",
            "A1, draws/one: tight, and not in the results",
            "A1, false variant halved: it is not in the results",
        ]
    )


def test_a_tight_case_that_could_not_be_run_has_not_passed(pytester, project):
    project.add("A1", tight=True, extra="raise ZeroDivisionError('by design')")
    result = pytester.runpytest_inprocess("--claims", str(project.path), "-v")
    result.assert_outcomes(passed=2, failed=3)
    result.stdout.fnmatch_lines(["*A1?tight? FAILED*", "*by design*its bound was not moved*"])


def test_a_check_of_which_no_case_is_applicable_has_not_passed(pytester, project):
    file = project.add("A1")
    exact = "Measurement.exact(value, "
    file.write_text(file.read_text().replace(exact, f"{exact}applicable=value > 1, "))
    result = pytester.runpytest_inprocess("--claims", str(project.path), "-v")
    result.stdout.fnmatch_lines(["*A1?draws? FAILED*", "*A1 toy-a1, draws/one*: NOT APPLICABLE, *"])


def test_fresh_runs_again_what_the_store_holds(pytester, project):
    marks = pytester.path / "marks"
    project.add("A1", extra=f"with open({str(marks)!r}, 'a') as file: file.write('x')")
    arguments = ("--claims", str(project.path), "--claims-store", "s.sqlite")
    sizes = []
    for more in ((), (), ("--claims-fresh",)):
        pytester.runpytest_inprocess(*arguments, *more).assert_outcomes(passed=4)
        sizes.append(len(marks.read_text()))
    assert sizes == [5, 5, 10], "a variant of the bound measures nothing of its own"

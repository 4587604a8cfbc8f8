"""`new`: from an empty folder to a verdict, by the commands that it prints."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from explore_theory.cli import starting

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent


def commands(done):
    assert done.exit_code == 0, done.output
    return [line.strip() for line in done.stdout.split("next:\n")[1].splitlines() if line.startswith("  ")]


def wrote(done):
    return re.findall(r"^wrote (.*)$", done.stdout, flags=re.MULTILINE)


def typed(command, folder, code=0, **more):
    """What a shell prints where somebody types `command`."""
    environment = os.environ | {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "80"} | more
    environment["PYTHONPATH"] = os.pathsep.join([more.get("first", ""), str(ROOT)]).strip(os.pathsep)
    done = subprocess.run(
        command,
        check=False,
        shell=True,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def refused(done, *words):
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert done.stderr.startswith("explore-theory: ")
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr


def all_files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    "long", [(), pytest.param(("--long",), marks=pytest.mark.slow)], ids=["short", "long"]
)
def test_the_commands_that_it_prints_work_in_an_empty_folder(cli, tmp_path, long):
    done = cli("new", "sharp_pinsker", *long)
    assert wrote(done) == ["claims/sharp_pinsker.py", "tests/test_sharp_pinsker.py", "pyproject.toml"]
    verify, test, report = commands(done)
    verify, report = (
        line.replace(f"{sys.executable} -m explore_theory", "explore-theory") for line in (verify, report)
    )
    assert verify == "explore-theory verify --claims claims N1"
    said = typed(verify, tmp_path)
    assert "1 claim at the quick tier: 1 HOLDS; 2 of 2 false variants refuted" in said
    assert max(map(len, said.splitlines()[:-1])) <= 80
    said = typed(test, tmp_path)
    assert "7 passed" in said
    assert "N1" not in typed(f"{test} -q --collect-only -k nothing_of_the_kind", tmp_path, code=5)
    assert "report written" in typed(report, tmp_path)
    assert "N1" in (tmp_path / "reports/index.html").read_text()


def test_a_bound_that_is_made_false_is_refuted_with_a_pair_of_laws(cli, tmp_path):
    verify, *_ = commands(cli("new", "sharp_pinsker"))
    file = tmp_path / "claims/sharp_pinsker.py"
    edited = file.read_text().replace(
        "right=lambda pair: np.sqrt(divergence(pair) / 2),\n    tight",
        "right=lambda pair: np.sqrt(divergence(pair) / 3),\n    tight",
    )
    assert edited != file.read_text()
    file.write_text(edited)
    said = typed(verify, tmp_path, code=1)
    assert "REFUTED" in said
    assert re.search(r"instance=\[\[0\.\d+, ", said)


def test_the_tests_that_it_writes_notice_another_side(cli, tmp_path):
    _, test, _ = commands(cli("new", "sharp_pinsker"))
    file = tmp_path / "claims/sharp_pinsker.py"
    file.write_text(file.read_text().replace("np.abs(p - q).sum() / 2", "np.abs(p - q).sum() / 3"))
    assert "test_both_sides_by_hand" in typed(f"{test} -q", tmp_path, code=1)


def test_names_count_on_and_nothing_is_overwritten(cli, tmp_path):
    first = cli("new", "one")
    assert "verify --claims claims N1" in first.stdout
    before = all_files(tmp_path)
    second = cli("new", "two", "--long")
    assert wrote(second) == ["claims/two.py", "tests/test_two.py"]
    assert "verify --claims claims N2" in second.stdout
    assert commands(second)[1].endswith("pytest")
    assert {name: all_files(tmp_path)[name] for name in before} == before
    refused(cli("new", "one"), "name must be of a new claim, got 'one'")
    refused(cli("new", "three", "--id", "n2"), "id must be of a new claim, got id='n2'")
    assert "verify --claims claims B7" in cli("new", "three", "--id", "B7").stdout


@pytest.mark.parametrize("there", ["claims/one.py", "tests/test_one.py"])
def test_a_file_that_is_there_stays_and_nothing_else_is_written(cli, tmp_path, there):
    (tmp_path / there).parent.mkdir()
    (tmp_path / there).write_text("mine = True\n")
    refused(cli("new", "one"), "name must be of a new claim", f"{there} exists")
    assert all_files(tmp_path) == {there: b"mine = True\n"}


def test_a_link_to_nothing_is_not_written_through(cli, tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_one.py").symlink_to(tmp_path / "elsewhere.py")
    refused(cli("new", "one"), "exists")
    assert not all_files(tmp_path)


def test_a_file_that_appears_meanwhile_stays(cli, tmp_path):
    cli("list")  # the folder is the current one
    found = starting.start("one", long=False, id=None, theorem=None, folder=None)
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims/one.py").write_text("mine = True\n")
    with pytest.raises(ValueError, match="files must be new"):
        starting.write(found)
    assert (tmp_path / "claims/one.py").read_text() == "mine = True\n"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("two words", "lower-case words"),
        ("2pac", "lower-case words"),
        ("a-b", "lower-case words"),
        ("Upper", "lower-case words"),
        ("_private", "lower-case words"),
        ("trailing_", "lower-case words"),
        ("a__b", "lower-case words"),
        ("naïve", "ASCII"),
        ("../up", "lower-case words"),
        ("a" * 61, "at most 60"),
        ("", "lower-case words"),
        ("a\nb", "lower-case words"),
        ("lambda", "a keyword of Python"),
        ("None", "a keyword of Python"),
        ("random", "a module of Python"),
        ("statistics", "a module of Python"),
        ("numpy", "a module that is installed"),
        ("explore_theory", "a module that is installed"),
        ("proofs_checks", "a module that is installed"),
        ("test_it", "a test file of pytest"),
        ("conftest", "a test file of pytest"),
    ],
)
def test_names_that_are_none_are_refused_in_a_line(cli, tmp_path, name, why):
    refused(cli("new", "--", name), "name must ", why)
    assert not all_files(tmp_path)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--id", "7"], "id must be a letter"),
        (["--id", "A-1"], "id must be a letter"),
        (["--folder", "/tmp"], "folder must be one below this one"),
        (["--folder", "../x"], "folder must be one below this one"),
        (["--folder", "."], "folder must be one below this one"),
        (["--folder", "a\nb"], "folder must be one below this one"),
        (["--folder", "taken"], "got taken, a file"),
        (["--theorem", "framework"], "theorem must be left out outside"),
    ],
)
def test_options_that_do_not_fit_are_refused(cli, tmp_path, options, why):
    (tmp_path / "taken").write_text("")
    refused(cli("new", "one", *options), why)
    assert set(all_files(tmp_path)) == {"taken"}


@pytest.mark.slow
def test_odd_folders_are_quoted_wherever_they_stand(cli, tmp_path):
    done = cli("new", "one", "--folder", 'it\'s "mine" $HOME {x}')
    verify, test, _ = commands(done)
    assert "1 HOLDS" in typed(verify, tmp_path)
    assert "7 passed" in typed(test, tmp_path)


@pytest.mark.slow
def test_a_project_that_is_configured_is_left_as_it_is(cli, tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mine"\nversion = "1"\n')
    done = cli("new", "one", "--folder", "my theory")
    assert wrote(done) == ["my theory/one.py", "tests/test_one.py"]
    verify, test, _ = commands(done)
    assert verify.endswith("verify --claims 'my theory' N1")
    assert 'explore_theory_claims = ["my theory"] under [tool.pytest.ini_options]' in done.stdout
    assert "1 HOLDS" in typed(verify, tmp_path)
    assert "7 passed" in typed(test, tmp_path)
    assert (tmp_path / "pyproject.toml").read_text().count("\n") == 3


def test_a_folder_below_a_configured_one_gets_no_configuration_of_its_own(cli, tmp_path, monkeypatch):
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert wrote(cli("new", "one")) == ["claims/one.py", "tests/test_one.py"]


@pytest.mark.slow
def test_in_our_repository_it_goes_among_our_claims(cli, tmp_path):
    tree = tmp_path / "repository"
    for folder in ("claims", "violations"):
        (tree / "tests" / folder).mkdir(parents=True)
    shutil.copytree(
        ROOT / "proofs_checks", tree / "proofs_checks", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tree)
    os.chdir(tree)
    done = cli("new", "sharp_pinsker")
    home = "proofs_checks/examples"
    assert set(wrote(done)) == {
        f"{home}/n1_sharp_pinsker.py", f"{home}/__init__.py", "tests/claims/test_sharp_pinsker.py"
    }  # fmt: skip
    verify, test, _ = commands(done)
    assert verify.endswith("verify N1")
    assert f"tests/claims/test_sharp_pinsker.py {home}/n1_sharp_pinsker.py" in test
    assert "README.md" in done.stdout
    assert "1 HOLDS; 2 of 2 false variants refuted" in typed(verify, tree, first=str(tree))
    assert "7 passed" in typed(test, tree, first=str(tree))
    assert 'theorem="examples"' in (tree / f"{home}/n1_sharp_pinsker.py").read_text()
    assert (
        "from proofs_checks.examples import n1_sharp_pinsker as claim"
        in (tree / "tests/claims/test_sharp_pinsker.py").read_text()
    )
    refused(cli("new", "gap_is_kl"), "has slug 'gap-is-kl'")
    refused(cli("new", "one", "--id", "F1"), "id must be of a new claim, got id='F1'")
    refused(cli("new", "one", "--theorem", "a/b"), "theorem must be the name of a folder")
    refused(cli("new", "one", "--folder", "x"), "folder must be left out in this repository")
    again = cli("new", "other", "--theorem", "framework", "--long")
    assert wrote(again) == ["proofs_checks/framework/n2_other.py", "tests/claims/test_other.py"]
    assert "proofs_checks = " in (tree / "pyproject.toml").read_text()


def test_what_it_writes_passes_our_own_checks_of_style(cli, tmp_path):
    ruff = PROGRAMS / "ruff"
    if not ruff.exists():
        pytest.skip("ruff is not installed here")
    for name, long in (("one", ()), ("two", ("--long",))):
        cli("new", name, *long)
    typed(f"{ruff} format --check --config {ROOT / 'pyproject.toml'} claims tests", tmp_path)
    typed(f"{ruff} check --extend-ignore D103,I001 --config {ROOT / 'pyproject.toml'} claims tests", tmp_path)

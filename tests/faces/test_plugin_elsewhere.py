"""A package of claims in a distribution of its own, installed into a fresh environment, runs as at home."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tests/plugin_package"

pytestmark = pytest.mark.slow


class Place:
    """An environment with explore-theory and the package, and an empty folder to be in."""

    def __init__(self, environment: Path, folder: Path) -> None:
        self.bin = environment / ("Scripts" if os.name == "nt" else "bin")
        self.folder = folder

    def run(self, program: str, *arguments: object) -> subprocess.CompletedProcess:
        """Run one of its programs there; nothing of this checkout is on its path."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST_", "COV_"))}
        command = [str(self.bin / program), *map(str, arguments)]
        return subprocess.run(
            command, cwd=self.folder, env=kept, capture_output=True, text=True, check=False, timeout=300
        )

    def pytest(self, *arguments: object) -> dict[str, int]:
        """What pytest counts in its last line."""
        done = self.run("python", "-m", "pytest", "-p", "no:cacheprovider", *arguments)
        counted = pytest.RunResult.parse_summary_nouns(done.stdout.splitlines())
        return {word: counted[word] for word in ("passed", "failed", "errors") if word in counted}


def installed(environment: Path, *sources: Path) -> None:
    """Build each of `sources` and install it, from what is here: no network, no dependencies."""
    alone = ("--no-deps", "--no-index", "--no-build-isolation", "--ignore-installed")
    done = Place(environment, environment).run("python", "-m", "pip", "install", *alone, *sources)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A fresh environment that sees the libraries of this one, but not its explore-theory."""
    pytest.importorskip("hatchling", reason="hatchling builds the packages: pip install '.[test]'")
    base = tmp_path_factory.mktemp("elsewhere")
    environment = base / "env"
    venv.create(environment, with_pip=True, symlinks=os.name != "nt")
    own = Path(sysconfig.get_path("purelib", vars={"base": environment, "platbase": environment}))
    libraries = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    # Paths named in a .pth file are searched after its own packages; .pth files there are not read.
    (own / "libraries.pth").write_text("\n".join(dict.fromkeys(libraries)))
    package = base / "dice"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    installed(environment, ROOT, package)
    return environment


@pytest.fixture
def place(environment, tmp_path):
    return Place(environment, tmp_path)


def labels(done):
    return {row["id"]: row["status"] for row in json.loads(done.stdout)["claims"]}


def test_what_is_installed_is_what_runs(place):
    done = place.run("python", "-c", "import explore_theory, dice_claims; print(explore_theory.__file__)")
    assert str(place.bin.parent) in done.stdout, done.stderr


def test_the_entry_point_adds_its_claims_to_those_that_are_shipped(place):
    done = place.run("explore-theory", "verify", "dice:*", "F4", "--json")
    assert (done.returncode, labels(done)) == (0, {"D1": "HOLDS", "D2": "HOLDS", "F4": "HOLDS"}), done.stderr
    (sampled,) = [row for row in json.loads(done.stdout)["claims"] if row["id"] == "D2"]
    # Long paths are folded.
    assert "site-packages/dice_claims" in "".join(place.run("explore-theory", "show", "D2").stdout.split())
    # Two cases share what claims from elsewhere have together: a quarter of the session's level.
    assert {case["alpha"] for case in sampled["cases"]} == {1e-3 / 4 / 2}
    # The package is the same by its name: what is stored of it is its result.
    again = place.run("explore-theory", "verify", "--claims", "dice_claims", "D2", "--json")
    (same,) = json.loads(again.stdout)["claims"]
    assert same["cases"] == sampled["cases"]


def test_pytest_collects_them_by_ini_and_by_option(place):
    (place.folder / "test_own.py").write_text("def test_own(): pass\n")
    assert place.pytest() == {"passed": 1}
    assert place.pytest("--claims", "dice_claims") == {"passed": 8}
    (place.folder / "pytest.ini").write_text("[pytest]\nexplore_theory_claims = dice_claims\n")
    assert place.pytest() == {"passed": 8}
    assert place.pytest("test_own.py") == {"passed": 1}
    assert place.pytest("--pyargs", "dice_claims") == {"passed": 7}
    assert place.pytest("-n", "2", "--import-mode=importlib") == {"passed": 8}


def test_its_own_tests_run_with_its_claims(place):
    shutil.copytree(PACKAGE, place.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    assert place.pytest() == {"passed": 8}
    for more in (("-n", "2"), ("-p", "no:randomly"), ("--import-mode=importlib",), ("-k", "D1 or D2 or die")):
        assert place.pytest(*more) == {"passed": 8}, more


def test_a_module_that_does_not_load_is_an_error_of_its_own(place):
    folder = place.folder / "claims"
    shutil.copytree(PACKAGE / "dice_claims", folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "d3_lost.py").write_text("import no_such_module_anywhere\n")
    done = place.run("explore-theory", "verify", "--claims", folder, "--json")
    assert (done.returncode, labels(done)) == (1, {"D1": "HOLDS", "D2": "HOLDS"})
    (row,) = json.loads(done.stdout)["broken"]
    assert (row["id"], row["reason"]) == (
        "D3",
        "ModuleNotFoundError: No module named 'no_such_module_anywhere'",
    )
    assert place.pytest("--claims", folder) == {"passed": 7, "failed": 1}
    assert place.pytest("--claims", folder, "--claims", "dice_claims") == {"passed": 14, "failed": 1}


def test_a_violation_is_saved_run_again_and_kept(place):
    folder, kept = place.folder / "claims", place.folder / "kept"
    shutil.copytree(PACKAGE / "dice_claims", folder, ignore=shutil.ignore_patterns("__pycache__"))
    claim = folder / "d1_union_bound.py"
    true = claim.read_text()
    claim.write_text(true.replace("throw[0] * throw[1],", "0.9 * throw[0] * throw[1],"))
    done = place.run("explore-theory", "verify", "--claims", folder, "D1", "--witness", kept)
    assert (done.returncode, "REFUTED" in done.stdout) == (1, True), done.stderr
    replayed = place.run("explore-theory", "replay", "--claims", folder, kept)
    assert (replayed.returncode, "REPRODUCED" in replayed.stdout) == (0, True), replayed.stderr
    ini = "[pytest]\nexplore_theory_claims = claims\nexplore_theory_violations = kept\n"
    (place.folder / "pytest.ini").write_text(ini)
    assert place.pytest("-k", "kept") == {"failed": 1}
    claim.write_text(true)
    assert place.pytest() == {"passed": 8}


def test_a_project_that_does_not_ask_for_claims_pays_nothing(place):
    (place.folder / "test_own.py").write_text(
        "import sys\n"
        "def test_own():\n"
        "    assert 'explore_theory.pytest_plugin' in sys.modules\n"
        "    assert not {'numpy', 'dice_claims', 'explore_theory.harness'} & set(sys.modules)\n"
    )
    # Other plugins that may be installed import NumPy themselves.
    assert place.pytest("-p", "no:hypothesispytest", "-p", "no:randomly") == {"passed": 1}

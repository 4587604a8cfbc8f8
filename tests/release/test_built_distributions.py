"""What is published is whole: the wheel, the sdist, and the wheel that the sdist makes.

Built by hatchling in a copy of what a clone would have, so that nothing comes along that lies about here.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from explore_theory._package import VERSION

ROOT = Path(__file__).parents[2]
BUILD = "import sys; from hatchling import build; print(getattr(build, 'build_' + sys.argv[1])(sys.argv[2]))"
LEFT_OUT = ("__pycache__", ".git", ".venv", ".*_cache", ".hypothesis", "*.sqlite", "dist", ".nox", "site")


def built(kind, source, folder):
    """The distribution of `kind` that `source` makes, in the new folder `folder`."""
    folder.mkdir()
    call = [sys.executable, "-c", BUILD, kind, str(folder)]
    done = subprocess.run(call, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    pytest.importorskip("hatchling", reason="hatchling builds the packages: pip install '.[test]'")
    folder = tmp_path_factory.mktemp("source") / "explore-theory"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
    return folder


@pytest.fixture(scope="module")
def wheel(source, tmp_path_factory):
    return built("wheel", source, tmp_path_factory.mktemp("wheel") / "dist")


@pytest.fixture(scope="module")
def unpacked(source, tmp_path_factory):
    """The sdist, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(built("sdist", source, folder / "dist")) as archive:
        archive.extractall(folder, filter="data")
    return folder / f"explore_theory-{VERSION}"


def contents(wheel):
    """What a wheel holds, without what says how it was made."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/RECORD")}


def test_the_wheel_holds_every_file_of_both_packages_and_nothing_else(wheel):
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in ("explore_theory", "proofs_checks")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = set(contents(wheel))
    about = f"explore_theory-{VERSION}.dist-info"
    assert {name for name in held if not name.startswith(about)} == wanted
    assert f"{about}/licenses/LICENSE" in held
    # Of each kind of data that is read at run time there is some.
    for ending in (".toml", ".j2", ".txt", ".css", ".js", ".schema.json", "py.typed"):
        assert any(name.endswith(ending) for name in held), ending


def test_the_wheel_of_the_sdist_is_the_wheel(unpacked, wheel, tmp_path):
    again = contents(built("wheel", unpacked, tmp_path / "dist"))
    assert again == contents(wheel)


def test_the_sdist_has_what_its_tests_read(unpacked):
    names = {path.name for path in unpacked.iterdir()}
    assert {"tests", "docs", "benchmarks", "findings", ".ci", "CITATION.cff", "CONTRIBUTING.md"} <= names
    assert {"noxfile.py", "constraints.txt", "pyproject.toml", "CHANGELOG.md", "README.md"} <= names
    assert (unpacked / "reports/README.md").is_file() == (ROOT / "reports/README.md").is_file()


def test_its_metadata_names_version_licence_and_pythons(wheel):
    about = contents(wheel)[f"explore_theory-{VERSION}.dist-info/METADATA"].decode()
    assert f"\nVersion: {VERSION}\n" in about
    assert "\nLicense-Expression: MIT\n" in about
    for python in ("3.11", "3.12", "3.13"):
        assert f"\nClassifier: Programming Language :: Python :: {python}\n" in about


@pytest.fixture(scope="module")
def alone(wheel, tmp_path_factory):
    """The wheel in a fresh environment that sees the libraries of this one; the folder of its programs."""
    base = tmp_path_factory.mktemp("alone") / "env"
    venv.create(base, with_pip=True, symlinks=os.name != "nt")
    own = Path(sysconfig.get_path("purelib", vars={"base": base, "platbase": base}))
    libraries = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    # Paths named in a .pth file are searched after its own packages; .pth files there are not read.
    (own / "libraries.pth").write_text("\n".join(dict.fromkeys(libraries)))
    programs = base / ("Scripts" if os.name == "nt" else "bin")
    only = ("--no-deps", "--no-index", "--ignore-installed", "-q")
    done = run(programs, base, "python", "-m", "pip", "install", *only, wheel)
    assert done.returncode == 0, done.stderr
    return programs


def run(programs, folder, program, *arguments):
    """One of the programs, in a folder, with nothing of this checkout on its path."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST_", "COV_"))}
    command = [str(programs / program), *map(str, arguments)]
    return subprocess.run(
        command, cwd=folder, env=kept, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.slow
def test_in_an_empty_folder_it_verifies_reports_and_audits(alone, tmp_path):
    done = run(alone, tmp_path, "explore-theory", "verify", "framework", "--json")
    assert done.returncode == 0, done.stderr
    found = {row["id"]: row["status"] for row in json.loads(done.stdout)["claims"]}
    assert set(found.values()) == {"HOLDS"}
    assert {"F1", "F2", "F3", "F4"} <= set(found)
    for command in (
        ["list"],
        ["report"],
        ["audit", "F1"],
        ["bench", "--list"],
        ["errata"],
        ["new", "my_claim"],
    ):
        done = run(alone, tmp_path, "explore-theory", *command)
        assert done.returncode == 0, (command, done.stderr)
    assert "gap" in (tmp_path / "reports/index.html").read_text(encoding="utf-8")
    assert {path.name for path in tmp_path.iterdir()} >= {"explore-theory.sqlite", "reports"}


@pytest.mark.slow
def test_it_plants_its_own_faults_into_what_is_installed(alone, tmp_path):
    """With neither tests nor docs beside the packages."""
    done = run(alone, tmp_path, "explore-theory", "audit", "F1", "--damage", "gap-*")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "noticed" in done.stdout

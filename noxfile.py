"""The package under every Python and NumPy that it promises, without Numba, and as it is published.

Run: ``pipx run nox`` for all of it, ``nox -s numpy -- tests/oracles`` for part of it. A Python that is not on
this machine is passed over, and said to be.
"""

import shutil
import tempfile
from pathlib import Path

import nox

nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True

PYTHONS = ("3.11", "3.12", "3.13")
ROOT = Path(__file__).parent
CONSTRAINTS = ROOT / "constraints.txt"


def constraints_without(session: nox.Session, *names: str) -> str:
    """The constraints of this project, but for those on the packages `names`."""
    lines = CONSTRAINTS.read_text().splitlines()
    kept = [line for line in lines if line.partition("==")[0].lower() not in names]
    path = Path(session.create_tmp()) / "constraints.txt"
    path.write_text("\n".join(kept) + "\n")
    return str(path)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The tests that run by default, claims included, with the versions of `constraints.txt`."""
    session.install("-c", str(CONSTRAINTS), "-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session(python="3.11")
@nox.parametrize("numpy", ["2.0", "newest"])
def numpy(session: nox.Session, numpy: str) -> None:
    """The oldest NumPy that is promised, and the newest that there is, whatever the constraints say."""
    wanted = "numpy" if numpy == "newest" else f"numpy=={numpy}.*"
    session.install("-U", "-c", constraints_without(session, "numpy"), wanted, "-e", ".[test]")
    session.run("python", "-c", "import numpy; print('NumPy', numpy.__version__)")
    session.run("pytest", *session.posargs)


@nox.session(python=PYTHONS)
def without_numba(session: nox.Session) -> None:
    """Kernels in plain Python: the same numbers, slowly; what is about compiled code is skipped."""
    session.install("-c", str(CONSTRAINTS), "-e", ".[test]")
    session.run("pip", "uninstall", "-q", "-y", "numba", "llvmlite")
    session.run(
        *("explore-theory", "verify", "F1", "C1", "S2", "X1"),
        # The folder outlives a session, and what the last one stored would be taken up.
        *("--fresh", "--store", session.create_tmp() + "/one.sqlite"),
    )
    session.run("pytest", *(session.posargs or ["tests/foundation", "tests/harness", "tests/oracles"]))


@nox.session(python=PYTHONS)
@nox.parametrize("kind", ["wheel", "sdist"])
def published(session: nox.Session, kind: str) -> None:
    """The wheel alone, or one made of the sdist, in an empty folder: all that is shipped is found there."""
    session.install("build", "hatchling")
    folder = Path(session.create_tmp()).resolve() / "packages"
    shutil.rmtree(folder, ignore_errors=True)  # of another version, from the last time
    session.run("python", "-m", "build", "--no-isolation", f"--{kind}", "--outdir", str(folder), str(ROOT))
    (package,) = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    session.install("-c", str(CONSTRAINTS), "--force-reinstall", str(package))
    with tempfile.TemporaryDirectory() as empty:
        session.chdir(empty)
        session.run("explore-theory", "verify")
        session.run("explore-theory", "report")
        session.run("explore-theory", "audit")


@nox.session
def lint(session: nox.Session) -> None:
    """Style, types, and the rooms."""
    session.install("-c", str(CONSTRAINTS), "-e", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")

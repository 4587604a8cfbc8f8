"""A new claim: which files it is made of, where they go, and what to run then."""

import json
import keyword
import re
import shlex
import shutil
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from string import Template

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import shown

#: Of our own repository.
OURS, OUR_TESTS, OUR_THEOREM = "proofs_checks", "tests/claims", "examples"
FOLDER = "claims"

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_LONGEST = 60
#: Files that tell pytest what to do: it takes the first of them that it finds, in a folder above too.
_CONFIGURED = ("pyproject.toml", "pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg", "setup.py")
_PYPROJECT = '[tool.pytest.ini_options]\nexplore_theory_claims = [{folder}]\ntestpaths = ["tests"]\n'
_HERE = "import numpy as np\nimport pytest\n\nfrom {package} import {stem} as claim\n"
_BESIDE = """import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

claim = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / {place})))
"""


@dataclass(frozen=True, kw_only=True)
class Start:
    """What makes a new claim.

    Parameters
    ----------
    files
        Texts by path, none of which is there yet.
    commands
        What to run next, as it is typed.
    remarks
        What else there is to do, a line each.
    """

    files: Mapping[Path, str]
    commands: tuple[str, ...]
    remarks: tuple[str, ...] = field(default=())


def start(name: str, *, long: bool, id: str | None, theorem: str | None, folder: str | None) -> Start:
    """The files of the claim `name` for the current folder: our repository, or any other.

    Raises
    ------
    InvalidClaim
        If the name is none, or something is there already.
    """
    require_name(name)
    if Path(OURS, "__init__.py").is_file() and _project().get("name") == "explore-theory":
        if folder is not None:
            raise InvalidClaim(f"folder must be left out in this repository, use --theorem, got {folder!r}")
        found = _ours(name, theorem or OUR_THEOREM, id, long=long)
    else:
        if theorem is not None:
            raise InvalidClaim(
                f"theorem must be left out outside explore-theory's repository, got {theorem!r}"
            )
        found = _elsewhere(name, FOLDER if folder is None else folder, id, long=long)
    for path in found.files:
        if path.exists() or path.is_symlink():
            raise InvalidClaim(f"name must be of a new claim, got {name!r}: {shown(path)} exists")
    return found


def write(found: Start) -> None:
    """Write the files, none over another.

    Raises
    ------
    InvalidClaim
        If one has appeared meanwhile.
    """
    for path, text in found.files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            raise InvalidClaim(f"files must be new, got {shown(path)}, which exists") from None


def require_name(name: str) -> None:
    """Refuse what cannot be the name of a module of claims.

    Raises
    ------
    InvalidClaim
        Saying why.
    """
    from explore_theory.harness.isolation.imports import find

    if keyword.iskeyword(name):
        raise InvalidClaim(f"name must be a name of its own, got {name!r}, a keyword of Python")
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise InvalidClaim(
            f"name must be lower-case words of ASCII letters and digits joined by '_', at most {_LONGEST} "
            f"characters, such as sharp_pinsker, got {name[:_LONGEST]!r}"
        )
    if name.startswith("test_") or name in ("conftest", "test"):
        raise InvalidClaim(f"name must not be that of a test file of pytest, got {name!r}")
    if name in sys.stdlib_module_names:
        raise InvalidClaim(f"name must be a name of its own, got {name!r}, a module of Python")
    if (spec := find(name)) is not None and spec.origin is not None:
        raise InvalidClaim(
            f"name must be a name of its own, got {name!r}, a module that is installed: {shown(spec.origin)}"
        )


def _ours(name: str, theorem: str, id: str | None, *, long: bool) -> Start:
    if not _NAME.fullmatch(theorem):
        raise InvalidClaim(f"theorem must be the name of a folder in {OURS}, got {theorem!r}")
    own = _id(Path(OURS), name, id)
    home = Path(OURS, theorem)
    stem = f"{own.lower()}_{name}"
    imports = _HERE.format(package=f"{OURS}.{theorem}", stem=stem)
    test = Path(OUR_TESTS, f"test_{name}.py")
    files = dict(_texts(home / f"{stem}.py", test, own, name, theorem, imports, long=long))
    if not (home / "__init__.py").exists():
        files[home / "__init__.py"] = f'"""{theorem.replace("_", " ").capitalize()}."""\n'
    return Start(
        files=files,
        commands=(
            f"{_program()} verify {own}",
            f"{_pytest()} -n 0 {test} {home / stem}.py",
            f"{_program()} report",
        ),
        remarks=(f"then a row in README.md's table, and in {OURS}/statements.py what it covers",),
    )


def _elsewhere(name: str, folder: str, id: str | None, *, long: bool) -> Start:
    place = Path(folder)
    if place.is_absolute() or ".." in place.parts or not folder.isprintable() or place == Path():
        raise InvalidClaim(f"folder must be one below this one, got folder={folder!r}")
    if place.exists() and not place.is_dir():
        raise InvalidClaim(f"folder must be a folder, or not there yet, got {shown(place)}, a file")
    own = _id(place, name, id)
    path, test = place / f"{name}.py", Path("tests", f"test_{name}.py")
    imports = _BESIDE.format(place=_quoted(path.as_posix()))
    theorem = re.sub(r"\W", "_", place.name)
    files = dict(_texts(path, test, own, name, theorem, imports, long=long))
    quoted, turned_on = shlex.quote(place.as_posix()), place.as_posix() in _turned_on()
    remarks = []
    if not turned_on and not _configured():
        files[Path("pyproject.toml")] = _PYPROJECT.format(folder=_quoted(place.as_posix()))
        turned_on = True
    elif not turned_on:
        remarks.append(
            f"for pytest always to take it along: explore_theory_claims = [{_quoted(place.as_posix())}]"
            f" under [tool.pytest.ini_options]"
        )
    tested = _pytest() if turned_on else f"{_pytest()} --claims {quoted} {shlex.quote(test.as_posix())}"
    return Start(
        files=files,
        commands=(f"{_program()} verify --claims {quoted} {own}", tested, f"{_program()} report"),
        remarks=tuple(remarks),
    )


def _texts(
    path: Path, test: Path, id: str, name: str, theorem: str, imports: str, *, long: bool
) -> Iterator[tuple[Path, str]]:
    words = {"id": id, "slug": name.replace("_", "-"), "theorem": theorem, "imports": imports}
    kind = "long" if long else "short"
    for target, template in ((path, f"{kind}.txt"), (test, f"test_{kind}.txt")):
        yield target, Template((_TEMPLATES / template).read_text(encoding="utf-8")).substitute(words)


def _id(place: Path, name: str, asked: str | None) -> str:
    """The id `asked` for, or the first of N1, N2, .. that no claim below `place` has."""
    from explore_theory.harness.discovery.guesses import guess
    from explore_theory.harness.discovery.roots import claim_files

    known = [guess(file) for file in claim_files(place)] if place.is_dir() else []
    ids = {id.lower() for found in known for id in found.ids}
    slugs = {slug for found in known for slug in found.slugs}
    if (slug := name.replace("_", "-")) in slugs:
        raise InvalidClaim(f"name must be of a new claim, got {name!r}: a claim in {place} has slug {slug!r}")
    if asked is None:
        return next(id for k in range(1, len(ids) + 2) if (id := f"N{k}").lower() not in ids)
    if not _ID.fullmatch(asked) or len(asked) > _LONGEST:
        raise InvalidClaim(f"id must be a letter followed by letters and digits, got id={asked[:_LONGEST]!r}")
    if asked.lower() in ids:
        raise InvalidClaim(f"id must be of a new claim, got id={asked!r}, which one in {shown(place)} has")
    return asked


def _project() -> Mapping[str, object]:
    found = _toml(Path("pyproject.toml")).get("project", {})
    return found if isinstance(found, dict) else {}


def _turned_on() -> list[object]:
    """Folders of claims that pytest collects here already."""
    found: object = _toml(Path("pyproject.toml"))
    for key in ("tool", "pytest", "ini_options", "explore_theory_claims"):
        found = found.get(key, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, list) else []


def _configured() -> bool:
    here = Path.cwd()
    return any((folder / name).exists() for folder in (here, *here.parents) for name in _CONFIGURED)


def _quoted(text: str) -> str:
    """`text` in quotes, for Python and for TOML."""
    return json.dumps(text, ensure_ascii=False)


def _toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _program() -> str:
    """How this program is called here."""
    called = shutil.which("explore-theory") is not None
    return "explore-theory" if called else f"{shlex.quote(sys.executable)} -m explore_theory"


def _pytest() -> str:
    python = shlex.quote(sys.executable)
    if find_spec("pytest") is None:
        return f"{python} -m pip install -q pytest && {python} -m pytest"
    return "pytest" if shutil.which("pytest") else f"{python} -m pytest"

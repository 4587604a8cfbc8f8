"""What a run of measurements found, as data: written, read, and kept beside earlier ones.

A record is a JSON object; a history is a file with one record a line, the newest last.
"""

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from explore_theory._package import FOLDER, VERSION
from explore_theory.bench.benchmark import Figure, Growth
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.compiled import kernel_name
from explore_theory.foundation.files import written_whole
from explore_theory.foundation.processors import processors

#: Which form of record this is; a reader refuses others.
FORMAT = "explore-theory bench 1"
_LIBRARIES = ("numpy", "scipy", "numba")

Record = dict[str, Any]


def record(found: Mapping[str, Sequence[Figure | Growth]], *, quick: bool) -> Record:
    """All that was found by each benchmark, where, when and with what."""
    return {
        "format": FORMAT,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "versions": versions(),
        "machine": machine(),
        "quick": quick,
        "figures": [
            {"benchmark": name, "name": one.name, **asdict(one.found), "at_most": one.at_most}
            for name, several in found.items()
            for one in several
            if isinstance(one, Figure)
        ],
        "growths": [
            {
                "benchmark": name,
                **{key: value for key, value in asdict(one).items() if key != "law"},
                **asdict(one.law),
            }
            for name, several in found.items()
            for one in several
            if isinstance(one, Growth)
        ],
    }


def commit() -> str | None:
    """The commit that the package lies in, with a ``+`` where files are not as committed; None for none."""
    try:
        head = _git("rev-parse", "HEAD")
        # Installed into an environment below somebody else's repository, the package is none of its files.
        if head is None or _git("ls-files", "--error-unmatch", "_package.py") is None:
            return None
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except OSError:
        return None


def _git(*arguments: str) -> str | None:
    done = subprocess.run(["git", *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def versions() -> dict[str, str]:
    """Of the package, of Python, and of what numbers are computed with."""
    found = {"explore-theory": VERSION, "python": platform.python_version(), "kernels": kernel_name()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


def machine() -> dict[str, Any]:
    """Of what two records must agree in to be compared."""
    return {"cores": processors(), "system": platform.system(), "processor": _processor()}


def _processor() -> str:
    """What the system calls the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return (names or [platform.processor()])[0] or platform.machine()


def text(one: Record) -> str:
    """A record for people, and for version control: a key a line."""
    return json.dumps(one, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def read(path: str | os.PathLike[str]) -> Record:
    """The record in a file.

    Raises
    ------
    InvalidProblem
        If it cannot be read, or is no record of this format.
    """
    return _parsed(_text(path), f"record must be one that `bench --json` wrote, got {str(path)!r}")


def history(path: str | os.PathLike[str]) -> list[Record]:
    """The records of a history, the newest last; none where there is no file yet.

    Raises
    ------
    InvalidProblem
        If it cannot be read, or a line of it is no record.
    """
    if not os.path.lexists(path):
        return []
    lines = _text(path).splitlines()
    return [
        _parsed(
            line,
            f"history must have a record of `bench` in each line, got line {number} of {str(path)!r}",
        )
        for number, line in enumerate(lines, 1)
        if line.strip()
    ]


def append(path: str | os.PathLike[str], earlier: Sequence[Record], newest: Record) -> None:
    """Write a history anew with one record more: whoever reads it meanwhile sees the old one."""
    with written_whole(path) as stream:
        for one in (*earlier, newest):
            stream.write((json.dumps(one, allow_nan=False, ensure_ascii=False) + "\n").encode())


def _text(path: str | os.PathLike[str]) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidProblem(
            f"path must be a file that can be read, got path={str(path)!r}: {error}"
        ) from None


def _parsed(words: str, rule: str) -> Record:
    try:
        found = json.loads(words)
    except ValueError:
        raise InvalidProblem(f"{rule}, which is no JSON") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InvalidProblem(f"{rule}, of another format")
    wanted = {
        "figures": ("benchmark", "name", "median", "least", "most"),
        "growths": ("benchmark", "name", "of", "exponent", "low", "high", "last"),
    }
    for part, keys in wanted.items():
        entries = found.get(part)
        if not isinstance(entries, list) or not all(
            isinstance(one, dict) and set(keys) <= set(one) for one in entries
        ):
            raise InvalidProblem(f"{rule}, whose {part} are incomplete")
    return found

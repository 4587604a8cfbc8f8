"""The prover of the system: what is installed, and running it with limits in a folder of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from shutil import which
from typing import Any

from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.proof import PACKAGES
from explore_theory.harness.formal.endings import require_ended

#: The oldest prover that is asked: what the shipped proofs are tried with.
OLDEST = (8, 16)

#: Seconds of processor time and bytes of address space that one call of the prover may use.
SECONDS, _MEMORY = 180.0, 8 * 2**30

#: How many seconds before a limit of the machine's own the prover's is: a program is told of its limit by a
#: signal that says so, and at the machine's by one that does not.
_WARNED = 2

#: How many times as long it may take by the clock: on a busy machine that says nothing of the proof.
_PATIENCE = 10

#: Under these names of a session's versions stands which prover there was, and which packages it lacked.
PROVER, LACKS, NONE = "coq", "coq lacks", "none"

#: Set this environment variable to a ``coqc`` that is not the first on the path, or to ``none`` to ask none.
SWITCH = "EXPLORE_THEORY_PROVER"

_VERSION = re.compile(r"version\s+(\d+(?:\.\d+)+\S*)")


@dataclass(frozen=True, kw_only=True)
class Prover:
    """An installed prover: its two programs, its version, and where its libraries lie."""

    coqc: str
    checker: str
    version: str
    library: Path

    @property
    def lacks(self) -> tuple[str, ...]:
        """Those of `PACKAGES` that are not installed."""
        places = (self.library / "user-contrib",)
        return tuple(
            name for name, folder in PACKAGES.items() if not any((p / folder).is_dir() for p in places)
        )

    @property
    def installed(self) -> tuple[int, ...]:
        """When each of `PACKAGES` last changed, in nanoseconds; zero where it is not installed."""
        places = (self.library / "user-contrib" / folder for folder in PACKAGES.values())
        return tuple(place.stat().st_mtime_ns if place.is_dir() else 0 for place in places)


def find() -> Prover | None:
    """The prover on the path or the one that is chosen, whatever its version; None where there is none."""
    chosen = os.environ.get(SWITCH, "")
    coqc = None if chosen == NONE else which(chosen or "coqc")
    if coqc is None:
        return None
    # In full, as the path may name folders as seen from here: it is called in a scratch folder.
    coqc = os.path.abspath(coqc)
    beside = os.path.dirname(coqc) if chosen else None
    checker = which("coqchk", path=beside) or which("rocqchk", path=beside)
    return _asked(coqc, os.path.abspath(checker) if checker else "", os.stat(coqc).st_mtime_ns)


@lru_cache(maxsize=8)
def _asked(coqc: str, checker: str, _: int) -> Prover | None:
    told = _answer(coqc, "--version")
    where = _answer(coqc, "-where").strip()
    found = _VERSION.search(told)
    if found is None:
        return None
    return Prover(coqc=coqc, checker=checker, version=found.group(1), library=Path(where or "/nowhere"))


def _answer(program: str, option: str) -> str:
    try:
        done = subprocess.run([program, option], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def present() -> dict[str, str]:
    """What a session notes of the prover here, for `absent` to read."""
    prover = find()
    if prover is None:
        chosen = os.environ.get(SWITCH, "")
        return {PROVER: NONE} | ({SWITCH: chosen} if chosen else {})
    lacks = " ".join(["coqchk"] * (not prover.checker) + list(prover.lacks))
    return {PROVER: prover.version} | ({LACKS: lacks} if lacks else {})


def absent(versions: Mapping[str, str], needs: Sequence[str]) -> str:
    """Why a proof that `needs` these packages cannot be checked where `versions` are; empty if it can."""
    version = versions.get(PROVER)
    if version is None:
        return "no session has asked a prover yet; verify again"
    if version == NONE:
        return _none(versions.get(SWITCH, ""))
    if too_old(versions):
        return f"Coq {version} is too old: it takes {'.'.join(map(str, OLDEST))} or newer"
    lacks = versions.get(LACKS, "").split()
    missing = [name for name in ("coqchk", *needs) if name in lacks]
    verb = "is" if len(missing) == 1 else "are"
    return f"{', '.join(missing)} {verb} not installed: see `explore-theory formal doctor`" if missing else ""


def _none(chosen: str) -> str:
    if chosen == NONE:
        return f"left out by {SWITCH}={NONE}"
    if chosen:
        return f"{SWITCH} must be a coqc or {NONE}, got {chosen[:200]!r}, which is no prover"
    return "no prover is installed: see `explore-theory formal doctor`"


def too_old(versions: Mapping[str, str]) -> bool:
    """Whether the prover where `versions` are is older than `OLDEST`."""
    return _number(versions[PROVER]) < OLDEST


def _number(version: str) -> tuple[int, ...]:
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, found.group(0).split("."))) if found else (0,)


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a call of the prover gave: whether it went well, and its two outputs."""

    well: bool
    out: str
    err: str


def call(command: Sequence[str], scratch: Path, what: str, seconds: float | None = None) -> Said:
    """Run `command` in the folder `scratch`, which is its home too, and wait for it.

    It sees no more of the environment than it needs, gets limits of time and memory, and goes when this
    process does.

    Raises
    ------
    InvalidClaim
        If it takes longer than its limit, or is killed; `what` is the file that it was about.
    """
    program = Path(command[0]).name
    limit = _at_most(SECONDS if seconds is None else seconds, "RLIMIT_CPU", spare=_WARNED)
    memory = _at_most(_MEMORY, "RLIMIT_AS")
    patience = limit * _PATIENCE
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(scratch), "TMPDIR": str(scratch)}
    environment |= {"LC_ALL": "C.UTF-8"} | {k: os.environ[k] for k in ("SYSTEMROOT",) if k in os.environ}
    more: dict[str, Any] = {} if sys.platform == "win32" else {"preexec_fn": _limited(limit, memory)}
    with subprocess.Popen(
        command,
        cwd=scratch,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        **more,
    ) as process:
        try:
            out, err = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            process.kill()
            raise InvalidClaim(
                f"{what} must be checked within {patience:g} s, got no end of {program} by then, nor "
                f"{limit:g} s of processor time; check it where less else is going on"
            ) from None
        except BaseException:
            # Ctrl-C: nobody wants what it would say.
            process.kill()
            raise
    require_ended(process.returncode, err, what, program, seconds=limit, memory=int(memory))
    return Said(well=process.returncode == 0, out=out, err=err)


def _at_most(wanted: float, name: str, spare: int = 0) -> float:
    """`wanted`, or so much less than the limit of this name that this process has and may not raise."""
    if sys.platform == "win32":
        return wanted
    import resource

    _, hard = resource.getrlimit(getattr(resource, name))
    return wanted if hard < 0 else min(wanted, max(hard - spare, 1))


def _limited(seconds: float, memory: float) -> Any:
    """What a child does before it becomes the prover: take its limits, and go when its parent goes."""
    import ctypes
    import resource

    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    die_with_parent = 1
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    soft, hard = (time if most < 0 else min(time, most) for time in (int(seconds) + 1, int(seconds) + 5))
    _, most = resource.getrlimit(resource.RLIMIT_AS)

    def begin() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
        resource.setrlimit(resource.RLIMIT_AS, (int(memory), most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if library is not None:
            library.prctl(die_with_parent, int(signal.SIGKILL))

    return begin

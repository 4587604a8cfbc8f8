"""What this system keeps between the learner's process and this one's memory, and what it does not."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: The calls of Linux's prctl that read and set whether others of the same user may look into a process.
_GET, _SET = 3, 4


@contextmanager
def unreadable() -> Iterator[tuple[str, ...]]:
    """Keep other processes of the user out of this one's memory, where the system can; says what holds."""
    before = _dumpable()
    kept = before is not None and _set_dumpable(0)
    try:
        yield _lines(kept)
    finally:
        if kept and before:
            _set_dumpable(before)


def _lines(kept: bool) -> tuple[str, ...]:
    said = [
        "The problem, the seed and the coins of others are in no memory of the learner's process: it "
        "is sent answers."
    ]
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if kept and not root:
        said.append("The system keeps processes of the same user out of this one's memory (PR_SET_DUMPABLE).")
    elif root:
        said.append(
            "Not prevented: it ran as root, and a process of root's can read the memory of any other. As an "
            "ordinary user it could not on Linux."
        )
    else:
        said.append(
            "Not prevented: on this system a process may be able to read the memory of others of its user."
        )
    said.append(
        "Not prevented: timing the answers, reading files of the user, processes that hide from their group."
    )
    return tuple(said)


def _dumpable() -> int | None:
    return _prctl(_GET, 0) if sys.platform == "linux" else None


def _set_dumpable(value: int) -> bool:
    return _prctl(_SET, value) == 0


def _prctl(what: int, value: int) -> int:
    import ctypes

    try:
        return int(ctypes.CDLL(None).prctl(what, value, 0, 0, 0))
    except (AttributeError, OSError):
        return -1

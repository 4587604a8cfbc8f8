"""How much memory is free, and one line where it would not suffice."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from explore_theory.errors import InvalidProblem

#: What is taken to be free where the system does not say.
_UNKNOWN = 4 * 2**30
_GROUP = Path("/sys/fs/cgroup")
_KIB = 1024


def free() -> int:
    """Bytes that this process can still use without taking them from others."""
    found = [_UNKNOWN]
    if (total := _of_system()) is not None:
        found = [total]
    most, used = (_number(_GROUP / name) for name in ("memory.max", "memory.current"))
    if most is not None and used is not None:
        found.append(max(0, most - used))
    return min(found)


def private(process: int) -> int:
    """Bytes that a process holds for itself alone, what it shares with others left out; 0 where unknown."""
    try:
        _, resident, shared, *_ = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()
        return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 0


def require(name: str, count: int, each: int) -> None:
    """Refuse `count` things of `each` bytes, the number of which is called `name`, if they do not fit.

    Raises
    ------
    InvalidProblem
        One line that says how many would fit.
    """
    if count * each > (room := free()):
        raise InvalidProblem(
            f"{name} must be at most {room // each} to fit into the {size(room)} of memory that are free,"
            f" got {name}={count}"
        )


def size(count: float) -> str:
    """``1.5 GiB``."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < _KIB:
            return f"{count:.3g} {unit}"
        count /= _KIB
    return f"{count:.3g} TiB"


@contextmanager
def limited() -> Iterator[None]:
    """Inside, what does not fit into free memory is a `MemoryError` at once; outside nothing is changed.

    Without it the system lends more than there is, and ends the process, or another one, when it is used.
    """
    used = _number(Path("/proc/self/statm"))
    if used is None:
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = used * resource.getpagesize() + free()
    known = [bound for bound in (soft, hard) if bound != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min([limit, *known]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _of_system() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * _KIB for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _number(path: Path) -> int | None:
    """The whole number that a file of the system begins with."""
    try:
        return int(path.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None

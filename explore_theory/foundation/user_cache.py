"""Where a user's caches lie, by the custom of the system, and how long what nobody uses stays there."""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

#: Seconds without use after which an entry goes, and after which its use is noted again.
_UNUSED, _NOTED = 30 * 86400.0, 86400.0


def user_cache() -> Path | None:
    """The folder of this package among the caches of the user, not there yet perhaps; None without a home.

    ``XDG_CACHE_HOME`` or ``~/.cache``; on macOS ``~/Library/Caches``; on Windows ``LOCALAPPDATA``.
    """
    with suppress(RuntimeError):
        if sys.platform == "win32":
            given, usual = os.environ.get("LOCALAPPDATA"), Path.home() / "AppData" / "Local"
        elif sys.platform == "darwin":
            given, usual = None, Path.home() / "Library" / "Caches"
        else:
            given, usual = os.environ.get("XDG_CACHE_HOME"), Path.home() / ".cache"
        # A relative path is to be ignored, says the custom: it would lie elsewhere for every caller.
        place = Path(given) if given and os.path.isabs(given) else usual
        return place / "explore-theory"
    return None


def note_use(entry: Path) -> None:
    """Note that `entry` is in use, by its time of change; at most daily."""
    with suppress(OSError):
        if time.time() - entry.stat().st_mtime > _NOTED:
            os.utime(entry)


def forget_unused(folder: Path) -> None:
    """Remove the entries of `folder` that nobody has used for a month."""
    for old in _entries(folder):
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > _UNUSED:
                shutil.rmtree(old) if old.is_dir() else old.unlink()


def _entries(folder: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from list(folder.iterdir())

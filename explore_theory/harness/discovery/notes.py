"""What was found in our own files of claims: a claim that nobody asks for need not be imported again.

One comparison's share of the error level depends on all claims of its family, so that `verify S1` has to know
how many the others have. Notes keep these numbers, and the names by which a claim is asked for, of each file
and the state of all that it rests on; a claim that is asked for is always imported, and nothing that its
verdict rests on but the share comes from here. A note counts while

- the package and its libraries are the same (by contents and versions),
- the folder holds the same files (a new one may be imported in the place of another), and
- no file that the claim imports was touched: not its size, its number, its times of change of content and of
  anything else; a file that was touched while claims were being found, or just before, is never noted.
"""

import json
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.files import written_whole
from explore_theory.foundation.kernel_sources import TICK
from explore_theory.foundation.user_cache import forget_unused, note_use, user_cache
from explore_theory.harness.discovery.budget import Counts
from explore_theory.harness.discovery.fingerprint import library_versions, package_digest
from explore_theory.harness.discovery.selection import matches, plain

#: Size, number, and times of change of content and of anything else, in ns.
Stamp = tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class Note:
    """What a file holds.

    Parameters
    ----------
    names
        Id, slug and theorem of its claim; empty if it has none.
    counts
        What the claim takes part in its family's share with; see `budget`.
    rests
        The files that it rests on, itself included.
    """

    names: tuple[str, ...]
    counts: Counts | None
    rests: tuple[str, ...]

    def is_meant(self, selectors: Iterable[str]) -> bool:
        """Whether any of `selectors` means the claim; they are no numbers of a paper."""
        if not self.names:
            return False
        id, slug, theorem = self.names
        return any(matches(selector, "", [id], (slug, plain(theorem))) for selector in selectors)


class Notes:
    """The notes on the files of one folder, those that still count.

    Parameters
    ----------
    root
        The folder of our claims.
    """

    def __init__(self, root: Path) -> None:
        self._root, self._began = root, time.time()
        self._key = _key(root)
        self._stamps: dict[str, Stamp | None] = {}
        self.found: dict[Path, Note] = {}
        kept = _read(_place(root))
        if kept.get("key") == self._key:
            stamps = {name: tuple(stamp) for name, stamp in kept["stamps"].items()}
            fresh = {name for name, stamp in stamps.items() if self._stamp(name) == stamp}
            for file, note in kept["notes"].items():
                if fresh.issuperset(note["rests"]):
                    self.found[Path(file)] = Note(
                        names=tuple(note["names"]),
                        counts=tuple(note["counts"]) if note["counts"] else None,
                        rests=tuple(note["rests"]),
                    )

    def keep(self, notes: Mapping[Path, Note]) -> None:
        """Write `notes` for the next time, those that nothing was touched of since this one began."""
        place = _place(self._root)
        if place is None or _key(self._root) != self._key:
            return
        touched = {name for note in notes.values() for name in note.rests if not self._is_calm(name)}
        calm = {str(file): asdict(note) for file, note in notes.items() if touched.isdisjoint(note.rests)}
        stamps = {name: self._stamp(name) for note in calm.values() for name in note["rests"]}
        with suppress(OSError, InvalidProblem):
            place.parent.mkdir(parents=True, exist_ok=True)
            _write(place, {"key": self._key, "stamps": stamps, "notes": calm})
            forget_unused(place.parent)

    def _stamp(self, name: str) -> Stamp | None:
        """The stamp of a file, looked at once; None if it is gone."""
        if name not in self._stamps:
            self._stamps[name] = None
            with suppress(OSError):
                found = Path(name).stat()
                self._stamps[name] = (found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns)
        return self._stamps[name]

    def _is_calm(self, name: str) -> bool:
        """Whether the file was last touched before the look at all of them, and is as it was then."""
        then = self._stamp(name)
        self._stamps.pop(name)
        now = self._stamp(name)
        return now is not None and now == then and max(now[2:]) < (self._began - TICK) * 1e9


def _key(root: Path) -> str:
    """What all notes on `root` depend on: this package, its libraries, Python, and which files there are."""
    files = sorted(str(file) for file in root.rglob("*.py"))
    parts = (package_digest(), repr(sorted(library_versions().items())), sys.version, *files)
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def _place(root: Path) -> Path | None:
    home = user_cache()
    name = blake2b(str(root).encode(), digest_size=16).hexdigest()
    return home / "claims" / f"{name}.json" if home is not None else None


def _read(place: Path | None) -> dict[str, Any]:
    """What was kept; nothing if it is not there or not whole."""
    if place is None:
        return {}
    with suppress(OSError, ValueError):
        seal, _, content = place.read_bytes().partition(b"\n")
        if seal.decode() == _seal(content):
            note_use(place)
            return dict(json.loads(content))
    return {}


def _write(place: Path, kept: Mapping[str, Any]) -> None:
    content = json.dumps(kept).encode()
    with written_whole(place) as stream:
        stream.write(f"{_seal(content)}\n".encode() + content)


def _seal(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()

"""Writing files whole: a reader sees the old one or the new one, never a part."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from explore_theory.errors import InvalidProblem


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A stream that becomes the file `path` when the block ends, and leaves nothing if it fails.

    Raises
    ------
    InvalidProblem
        If its folder does not exist.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise InvalidProblem(f"path must lie in a folder that exists, got path={str(target)!r}")
    beside = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    try:
        with beside.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)

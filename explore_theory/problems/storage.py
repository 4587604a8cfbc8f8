"""Arrays in and out of ``.npz`` files that may come from anyone.

Reading never unpickles, and believes no header: each member's header is held against the size of the member
before anything of that size is allocated, and the sizes together against a cap. Writing is atomic.
"""

import math
import os
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.files import written_whole

Array = npt.NDArray[Any]

#: Members of one file may take this many bytes together, uncompressed.
MAX_BYTES = 2**30
_MAX_MEMBERS = 64
_MAX_TEXT = 4 * 256
_LAST_ASCII = 127
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def write_arrays(path: str | os.PathLike[str], arrays: Mapping[str, npt.ArrayLike]) -> None:
    """Write `arrays` as an ``.npz`` at `path`; a reader sees the old file or the whole new one."""
    with written_whole(path) as stream:
        # mypy takes `**` for NumPy's own `allow_pickle` argument too, hence the Any.
        named: dict[str, Any] = {name: np.asarray(values) for name, values in arrays.items()}
        np.savez_compressed(stream, **named)


def read_arrays(path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> dict[str, Array]:
    """The arrays of the ``.npz`` at `path`: numbers and short texts only.

    Raises
    ------
    InvalidProblem
        If `path` is not a readable file of this kind; the message names the file and what is wrong.
    """
    source = Path(path)
    if not source.is_file():
        what = "a folder or device" if source.exists() else "no such file"
        raise InvalidProblem(f"path must be a readable .npz file, got path={str(source)!r} ({what})")
    try:
        if (size := source.stat().st_size) > 2 * max_bytes:
            raise InvalidProblem(f"the file must be at most {2 * max_bytes} bytes, got {size}")
        return arrays_in(source, max_bytes=max_bytes)
    except InvalidProblem as error:
        raise InvalidProblem(f"{source}: {error}") from None


def arrays_in(archive: Path | IO[bytes], *, max_bytes: int = MAX_BYTES) -> dict[str, Array]:
    """The arrays of an ``.npz`` that is a file or lies in memory; see `read_arrays`, which names the file.

    Raises
    ------
    InvalidProblem
        If it is not a readable archive of numbers and short texts.
    """
    try:
        with warnings.catch_warnings():
            # NumPy and Python warn about odd headers where a file of ours has none.
            warnings.simplefilter("error")
            return _read(archive, max_bytes)
    except InvalidProblem:
        raise
    except Exception as error:
        # The parsers of zip and npy raise whatever a hostile byte leads them to; all of it means this.
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InvalidProblem(f"the file must be a readable .npz archive, got {reason}") from None


def _read(source: Path | IO[bytes], max_bytes: int) -> dict[str, Array]:
    with zipfile.ZipFile(source) as archive:
        members = archive.infolist()
        names = [member.filename for member in members]
        if len(members) > _MAX_MEMBERS or len(set(names)) != len(names):
            raise InvalidProblem(
                f"the file must hold at most {_MAX_MEMBERS} arrays of distinct names, got {len(names)}"
            )
        if (total := sum(member.file_size for member in members)) > max_bytes:
            raise InvalidProblem(f"its arrays must take at most {max_bytes} bytes, got {total}")
        arrays = {}
        for member in members:
            name, _, extension = member.filename.rpartition(".")
            if not name.isidentifier() or extension != "npy":
                raise InvalidProblem(f"every member must be a named array (.npy), got {member.filename!r}")
            with archive.open(member) as stream:
                arrays[name] = _read_array(name, stream, member.file_size)
        return arrays


def _read_array(name: str, stream: IO[bytes], size: int) -> Array:
    """One array, allocated only once its header agrees with the `size` in bytes of its member."""
    version = npy.read_magic(stream)
    if version not in _HEADERS:
        raise InvalidProblem(f"{name} must be an .npy array of version 1 or 2, got version={version}")
    shape, fortran, dtype = _HEADERS[version](stream)
    if (
        dtype.hasobject
        or dtype.kind not in "fiuU"
        or dtype.itemsize > (_MAX_TEXT if dtype.kind == "U" else 8)
    ):
        raise InvalidProblem(f"{name} must hold numbers or short text, got {name}.dtype={str(dtype)!r}")
    if any(length < 0 for length in shape):
        raise InvalidProblem(f"{name} must have a shape of positive lengths, got {name}.shape={shape}")
    count, held = math.prod(shape), size - stream.tell()
    if count * dtype.itemsize != held:
        raise InvalidProblem(
            f"{name} must hold the {count * dtype.itemsize} bytes of its shape {shape}, got {held} bytes"
        )
    data = stream.read(held + 1)
    if len(data) != held:
        raise InvalidProblem(f"{name} must hold {held} bytes of data, got {len(data)}")
    # Text comes as 32-bit code points, and Python crashes on some that do not exist.
    if dtype.kind == "U" and np.any(np.frombuffer(data, dtype=dtype.str[0] + "u4") > _LAST_ASCII):
        raise InvalidProblem(f"{name} must hold ASCII text, got another character")
    flat = np.frombuffer(data, dtype=dtype, count=count)
    return flat.reshape(shape, order="F" if fortran else "C")

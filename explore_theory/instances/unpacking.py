"""What a file holds, unpacked: told by its content whatever its name, and never more than is allowed."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from explore_theory.errors import InvalidProblem

#: The longest file that is read, and what it may hold unpacked.
MOST_PACKED, MOST_BYTES = 1 << 30, 1 << 28
#: Memory that unpacking xz may take: its header asks for a dictionary of up to 4 GiB.
_DICTIONARY = 1 << 27
_CHUNK = 1 << 20

_GZIP, _BZ2, _XZ, _ZSTD, ZIP = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"PK"
_PACKED = (_GZIP, _BZ2, _XZ, _ZSTD)
#: Beginnings of files that are something else, and what to do with each.
_OTHERS = {
    b"\x93NUMPY": "one array of NumPy (.npy); put the arrays of a problem into one .npz by numpy.savez",
    b"SQLite format 3": "a store of results, as `verify` writes it",
    b"%PDF": "PDF",
    b"\x89HDF": "HDF5; write .npz or JSON",
    b"PAR1": "Parquet; write .npz or JSON",
    b"\xff\xfe": "UTF-16 (save it as UTF-8)",
    b"\xfe\xff": "UTF-16 (save it as UTF-8)",
    _ZSTD: "zstd; unpack it, or pack it by gzip, bzip2 or xz",
}


def content(path: Path) -> bytes:
    """The bytes of a file, unpacked if it is gzip, bzip2 or xz, of at most `MOST_BYTES`.

    Raises
    ------
    InvalidProblem
        If it is no file, is too long, cannot be unpacked, is packed twice, or is something else altogether.
    """
    if not path.is_file():
        what = "a folder or device" if path.exists() else "no such file"
        raise InvalidProblem(f"path must be a readable file, got path={str(path)!r} ({what})")
    try:
        if (size := path.stat().st_size) > MOST_PACKED:
            raise InvalidProblem(f"the file must be at most {MOST_PACKED} bytes long, got {size}")
        with path.open("rb") as stream:
            data = unpacked(stream)
    except OSError as error:
        raise InvalidProblem(f"the file must be readable, got {error.strerror or error}") from None
    for start, what in _OTHERS.items():
        if data.startswith(start):
            raise InvalidProblem(f"the file must hold a problem or a formula, got {what}")
    return data


def unpacked(stream: BinaryIO) -> bytes:
    """What `stream` holds; see `content`."""
    start = stream.read(8)
    stream.seek(0)
    # An archive of arrays is unpacked member by member, under a limit of its own.
    most = MOST_PACKED if start.startswith(ZIP) else MOST_BYTES
    how = next((how for mark, how in _WAYS.items() if start.startswith(mark)), None)
    if how is None:
        data = stream.read(most + 1)
    else:
        try:
            data = how(stream)
        except (EOFError, zlib.error, lzma.LZMAError, ValueError, OSError) as error:
            said = " ".join(str(error).split()) or type(error).__name__
            raise InvalidProblem(f"the file must be whole gzip, bzip2 or xz, got {said}") from None
        if data.startswith(_PACKED):
            raise InvalidProblem("the file must be packed once, got a packed file inside; unpack it once")
    if len(data) > most:
        raise InvalidProblem(f"the file must hold at most {most} bytes, got more")
    return data


def _of_gzip(stream: BinaryIO) -> bytes:
    with gzip.GzipFile(fileobj=stream) as text:
        return text.read(MOST_BYTES + 1)


def _of_bz2(stream: BinaryIO) -> bytes:
    with bz2.BZ2File(stream) as text:
        return text.read(MOST_BYTES + 1)


def _of_xz(stream: BinaryIO) -> bytes:
    found = BytesIO()
    rest = b""
    while rest or (rest := stream.read(_CHUNK)):
        unpacker = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_DICTIONARY)
        while not unpacker.eof and found.tell() <= MOST_BYTES:
            if unpacker.needs_input and not rest and not (rest := stream.read(_CHUNK)):
                raise EOFError("a stream that ends early")
            found.write(unpacker.decompress(rest, max_length=MOST_BYTES + 1 - found.tell()))
            rest = b""
        if found.tell() > MOST_BYTES:
            break
        # What follows a stream is another one, or zeros that fill it up.
        rest = unpacker.unused_data.lstrip(b"\x00")
    return found.getvalue()


_WAYS: dict[bytes, Callable[[BinaryIO], bytes]] = {_GZIP: _of_gzip, _BZ2: _of_bz2, _XZ: _of_xz}

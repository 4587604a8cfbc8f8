"""The bytes of a file, unpacked as they are read; what packs them is told by the first of them."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import IO, Any

from explore_theory.errors import InvalidProblem, MissingLibrary

#: First bytes of what packs a stream.
_GZIP, _BZIP2, _XZ = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00"
#: A frame of data, and the sixteen kinds of frames to be skipped that may come before one (RFC 8878, 3.1).
_ZSTD, _ZSTD_SKIPPED = b"\x28\xb5\x2f\xfd", b"\x2a\x4d\x18"
#: Bytes of packed data that are handed to the decompressor at once.
_PIECE = 1 << 16
#: Of zstd so few: four bytes may be 128 KiB of one byte repeated, and a call returns all that it makes.
_ZSTD_PIECE = 1 << 10


def the_file(path: Path) -> Path:
    """`path`, if it is a regular file that is not empty.

    Raises
    ------
    InvalidProblem
        If it is missing, a folder, a pipe (which can be read once only), or empty.
    """
    if not path.exists():
        raise InvalidProblem(f"samples must be a file that exists, got {str(path)!r}")
    if path.is_dir():
        raise InvalidProblem(f"samples must be a file, got the folder {str(path)!r} (give the files in it)")
    if not path.is_file():
        raise InvalidProblem(
            f"samples must be a regular file, which can be read twice, got {str(path)!r} (save it first)"
        )
    if path.stat().st_size == 0:
        raise InvalidProblem(f"samples must be a file with something in it, got the empty {str(path)!r}")
    return path


def unpacked(path: Path) -> IO[bytes]:
    """The bytes in `path`, from the first; gzip, bzip2, xz and zstd are unpacked on the way.

    Raises
    ------
    MissingLibrary
        If it is packed by zstd, and `zstandard` is not installed.
    """
    file = path.open("rb")
    try:
        start = file.read(8)
        file.seek(0)
        if start.startswith(_GZIP):
            return _Owning(gzip.GzipFile(fileobj=file), file)
        if start.startswith(_BZIP2):
            return _Owning(bz2.BZ2File(file), file)
        if start.startswith(_XZ):
            return _Owning(lzma.LZMAFile(file), file)
        if start.startswith(_ZSTD) or (start[1:4] == _ZSTD_SKIPPED and 0x50 <= start[0] <= 0x5F):
            return io.BufferedReader(_Zstd(file, zstd(str(path))), _PIECE)
    except BaseException:
        file.close()
        raise
    return file


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """What decompressors say of damaged bytes, as one line of ours."""
    try:
        yield
    except EOFError:
        raise InvalidProblem(f"samples must be whole, got {str(path)!r}, which is cut off") from None
    except (gzip.BadGzipFile, zlib.error, lzma.LZMAError) as error:
        raise InvalidProblem(f"samples must unpack, got {str(path)!r}: {_line(error)}") from None
    except OSError as error:
        # The system's own errors have a number; this is how bzip2 says that its bytes are damaged.
        if error.errno is not None:
            raise
        raise InvalidProblem(f"samples must unpack, got {str(path)!r}: {_line(error)}") from None


def zstd(what: str) -> ModuleType:
    """The library `zstandard`, wanted for `what`."""
    try:
        return import_module("zstandard")
    except ImportError:
        raise MissingLibrary(
            f"{what} is packed by zstd, which needs the library zstandard:"
            " pip install 'explore-theory[samples]', or unpack it first"
        ) from None


def frames(pieces: Iterator[bytes], library: ModuleType) -> Iterator[bytes]:
    """What some zstd frames hold, one after the other.

    The library's own `stream_reader` ends without a word where its input does, even within a frame.

    Raises
    ------
    EOFError
        If the last frame is cut off.
    """
    machine: Any = None
    for piece in pieces:
        for start in range(0, len(piece), _ZSTD_PIECE):
            packed = piece[start : start + _ZSTD_PIECE]
            while packed:
                machine = library.ZstdDecompressor().decompressobj() if machine is None else machine
                try:
                    data = machine.decompress(packed)
                except library.ZstdError as error:
                    raise zlib.error(str(error)) from None
                packed = b""
                if machine.eof:
                    packed, machine = machine.unused_data, None
                yield data
    if machine is not None:
        raise EOFError


class _Zstd(io.RawIOBase):
    """Unpacked zstd frames as a stream."""

    def __init__(self, file: IO[bytes], library: ModuleType) -> None:
        self._file = file
        self._data = frames(iter(lambda: file.read(_PIECE), b""), library)
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            data = next(self._data, None)
            if data is None:
                return 0
            self._left = memoryview(data)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def close(self) -> None:
        self._file.close()
        super().close()


class _Owning(io.BufferedReader):
    """A decompressing stream that closes the file below it as well."""

    def __init__(self, stream: Any, file: IO[bytes]) -> None:
        super().__init__(stream, _PIECE)
        self._file = file

    def close(self) -> None:
        super().close()
        self._file.close()


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__

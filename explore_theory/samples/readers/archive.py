"""Zip files of JSON, also with members packed by zstd, which `zipfile` reads from Python 3.14 on only."""

import json
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from explore_theory.errors import InvalidProblem
from explore_theory.samples.readers.lines import LONGEST, wrong
from explore_theory.samples.readers.packed import frames, zstd

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_STORED, _DEFLATED, _ZSTD = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, 93
_ENCRYPTED = 1
_PIECE = 1 << 16
#: What stands before a member: its signature, and the lengths of two fields before its data (APPNOTE 4.3.7).
_LOCAL = struct.Struct("<4s22xHH")


class Archive:
    """A zip file, open.

    Parameters
    ----------
    path
        Where it lies.

    Raises
    ------
    InvalidProblem
        If it is damaged or cut off.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, struct.error) as error:
            raise InvalidProblem(f"samples must be a whole zip file, got {str(path)!r}: {error}") from None
        #: Of a name that is there twice the later one counts, as for every reader of zip files.
        self._members = self._zip.NameToInfo
        self.names = list(self._members)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def json(self, name: str) -> Any:
        """What a member holds.

        Raises
        ------
        InvalidProblem
            If it is encrypted, damaged, packed in an unknown way, larger than `LONGEST`, or no JSON.
        """
        try:
            return json.loads(self._bytes(name).decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise self._refusal(name, wrong(error)) from None

    def _bytes(self, name: str) -> bytes:
        member = self._members[name]
        if member.flag_bits & _ENCRYPTED:
            raise self._refusal(name, "it is encrypted")
        if member.compress_type not in (_STORED, _DEFLATED, _ZSTD):
            raise self._refusal(name, f"it is packed in a way that is not known ({member.compress_type})")
        try:
            with closing(self._unpacked(member)) as pieces:
                return self._bounded(name, pieces)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise self._refusal(name, str(error) or "it is cut off") from None

    def _bounded(self, name: str, pieces: Iterator[bytes]) -> bytes:
        """All of them, held against the limit as they come: the size that a zip file states may be any."""
        data = bytearray()
        for piece in pieces:
            data += piece
            if len(data) > LONGEST:
                raise self._refusal(name, f"it unpacks to more than {LONGEST} bytes")
        return bytes(data)

    def _unpacked(self, member: zipfile.ZipInfo) -> Generator[bytes, None, None]:
        if member.compress_type != _ZSTD:
            with self._zip.open(member) as file:
                yield from iter(lambda: file.read(_PIECE), b"")
            return
        checksum = 0
        with closing(self._packed(member)) as packed:
            for piece in frames(packed, zstd(f"{self.path}: {member.filename}")):
                checksum = zlib.crc32(piece, checksum)
                yield piece
        if checksum != member.CRC:
            raise zipfile.BadZipFile("its checksum is another")

    def _packed(self, member: zipfile.ZipInfo) -> Generator[bytes, None, None]:
        """The bytes of a member as they are in the file."""
        with self.path.open("rb") as file:
            file.seek(member.header_offset)
            start = file.read(_LOCAL.size)
            if len(start) < _LOCAL.size or not start.startswith(MAGIC[0]):
                raise zipfile.BadZipFile("it is not where the directory says")
            _, name, extra = _LOCAL.unpack(start)
            file.seek(name + extra, 1)
            left = member.compress_size
            while left and (piece := file.read(min(_PIECE, left))):
                left -= len(piece)
                yield piece

    def _refusal(self, name: str, what: str) -> InvalidProblem:
        return InvalidProblem(f"samples must unpack, got {self.path}: {name}: {what}")

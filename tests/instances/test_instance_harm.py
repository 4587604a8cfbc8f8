"""Files that mean harm, or are something else, are refused in one line, before memory or time is spent."""

import bz2
import gzip
import io
import lzma
import zipfile
import zlib

import numpy as np
import pytest
from made_instances import DNF_TEXT, archive, refusal

from explore_theory import load
from explore_theory.errors import InvalidProblem
from explore_theory.instances import archives, unpacking
from explore_theory.problems import random_markov_problem


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_what_unpacks_to_more_than_is_allowed_is_refused(brought, monkeypatch, pack):
    monkeypatch.setattr(unpacking, "MOST_BYTES", 1000)
    assert brought(pack(b"c" + b" " * 900 + b"\np dnf 1 1\n1 0\n")).n == 1
    assert "must hold at most 1000 bytes" in refusal(brought, pack(b" " * 10_000))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_what_is_packed_twice_or_cut_off_is_refused(brought, pack):
    packed = pack(DNF_TEXT * 50)
    assert "must be packed once" in refusal(brought, gzip.compress(packed))
    assert "must be whole gzip, bzip2 or xz" in refusal(brought, packed[: len(packed) // 2])


def test_a_stream_of_xz_that_asks_for_gigabytes_is_refused(brought):
    data = bytearray(lzma.compress(DNF_TEXT))
    # The block's header: its size, flags, the filter LZMA2, one byte of properties (40: 4 GiB), a checksum.
    size = (data[12] + 1) * 4
    assert data[14:16] == b"\x21\x01"
    data[16] = 40
    data[12 + size - 4 : 12 + size] = zlib.crc32(data[12 : 12 + size - 4]).to_bytes(4, "little")
    assert "must be whole gzip, bzip2 or xz, got Memory usage limit" in refusal(brought, bytes(data))


def test_streams_of_xz_behind_each_other_are_one_file(brought):
    half = len(DNF_TEXT) // 2
    found = brought(lzma.compress(DNF_TEXT[:half]) + b"\0" * 4 + lzma.compress(DNF_TEXT[half:]))
    assert found.m == 3


def test_archives_that_unpack_to_gigabytes_are_refused(brought, monkeypatch):
    monkeypatch.setattr(archives, "MOST_NUMBERS", 100)
    data = archive(
        base=np.full((1, 200), 1 / 200), reward=np.zeros((1, 200)), features=np.zeros((1, 200, 1)), beta=1.0
    )
    assert "must hold at most 100 numbers" in refusal(brought, data)


def test_layers_that_are_repeated_for_ever_are_refused(brought, tmp_path):
    random_markov_problem(horizon=2, vocabulary=2, dimension=1, beta=1.0).save(tmp_path / "t.npz")
    with np.load(tmp_path / "t.npz") as found:
        arrays = dict(found)
    arrays["layer"] = np.zeros(10**8, dtype=np.uint8)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as out:
        for name, array in arrays.items():
            with out.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, np.asarray(array))
    assert "must hold at most" in refusal(brought, stream.getvalue())


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, '{"format":' + "[" * 900 + "]" * 900 + "}"]
)
def test_deep_documents_are_refused(brought, text):
    refusal(brought, text)


def test_documents_of_many_lists_are_refused_before_they_are_read(brought):
    assert "write .npz" in refusal(brought, '{"a":[' + "[]," * (1 << 22) + "[]]}")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"SQLite format 3\0", "a store of results"),
        (b"\x93NUMPY\x01\x00", "one array of NumPy"),
        ("x1".encode("utf-16"), "UTF-16"),
        (b"\x28\xb5\x2f\xfd rest", "zstd"),
        (b'{"format": "\xff"}', "UTF-8"),
    ],
)
def test_other_files_are_named(brought, data, what):
    assert what in refusal(brought, data)


def test_what_is_no_file_is_named(tmp_path):
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(InvalidProblem, match="path must be a readable file"):
            load(path)

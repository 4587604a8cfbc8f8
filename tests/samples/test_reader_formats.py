"""Every format gives the numbers of the plain form, whatever its file is called and however it is packed."""

import bz2
import gzip
import json
import lzma
import re
import sys
import zipfile
import zlib
from pathlib import Path

import made_samples as made
import pytest

from explore_theory.errors import InvalidProblem, MissingLibrary
from explore_theory.samples.draws import Law
from explore_theory.samples.readers import FORMATS, archive, open_samples, sample_files
from explore_theory.samples.readers import packed as packing

EXPECTED = [[(text, float(won)) for text, won in made.of(task)] for task in made.TASKS]
TEXTS = [(name, make) for name, make in made.MADE if make is not made.inspect_zip]
by_text_maker = pytest.mark.parametrize(("name", "make"), TEXTS, ids=[make.__name__ for _, make in TEXTS])
by_maker = pytest.mark.parametrize(("name", "make"), made.MADE, ids=[make.__name__ for _, make in made.MADE])


@by_maker
def test_a_file_gives_the_numbers_of_the_plain_form(tmp_path, name, make):
    source = open_samples(make(tmp_path / "file"))
    assert source.format == name
    assert made.told(source) == EXPECTED
    assert source.skipped == 0


@pytest.mark.parametrize(("name", "make"), made.TABLES, ids=[make.__name__ for _, make in made.TABLES])
def test_a_table_gives_the_numbers_of_the_plain_form(tmp_path, name, make):
    pytest.importorskip("pyarrow", reason="parquet needs the extra 'samples'")
    source = open_samples(make(tmp_path / "file"))
    assert source.format == name
    assert made.told(source) == EXPECTED


@by_maker
@pytest.mark.parametrize("disguise", ["x.parquet", "x.jsonl.gz", "x.eval", "completions_00003.parquet"])
def test_a_name_tells_nothing(tmp_path, name, make, disguise):
    assert open_samples(make(tmp_path / disguise)).format == name


@by_text_maker
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bzip2", "xz"])
def test_packed_files_are_told_by_their_bytes(tmp_path, name, make, pack):
    path = make(tmp_path / "file.jsonl")
    path.write_bytes(pack(path.read_bytes()))
    assert made.told(open_samples(path)) == EXPECTED


@by_text_maker
def test_zstd_frames_are_read_one_after_the_other(tmp_path, name, make):
    zstandard = pytest.importorskip("zstandard", reason="zstd needs the extra 'samples'")
    path = make(tmp_path / "file.jsonl")
    data, pack = path.read_bytes(), zstandard.ZstdCompressor().compress
    path.write_bytes(
        b"\x52\x2a\x4d\x18\x03\x00\x00\x00abc"
        + b"".join(pack(data[i : i + 99]) for i in range(0, len(data), 99))
    )
    assert made.told(open_samples(path)) == EXPECTED


class StandIn:
    """What is asked of `zstandard`, done by zlib: streams of it are frames as well."""

    ZstdError = zlib.error

    class ZstdDecompressor:
        def decompressobj(self):
            return zlib.decompressobj()


@pytest.fixture(params=["stand-in", "zstandard"])
def pack(request, monkeypatch):
    """A function that makes a frame, and a library that unpacks it: the real one where it is installed."""
    if request.param == "stand-in":
        monkeypatch.setattr(archive, "zstd", lambda _: StandIn)
        return zlib.compress
    library = pytest.importorskip("zstandard", reason="zstd needs the extra 'samples'")
    return library.ZstdCompressor().compress


def test_zstd_members_of_a_zip_file(tmp_path, pack):
    path = with_zstd_members(tmp_path / "log.eval", pack)
    assert made.told(open_samples(path)) == EXPECTED


def test_a_damaged_zstd_member_is_refused(tmp_path, pack):
    path = with_zstd_members(tmp_path / "log.eval", pack)
    with zipfile.ZipFile(path) as file:
        checksum = file.getinfo("header.json").CRC.to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(checksum, bytes(4)))
    with pytest.raises(InvalidProblem, match=r"header.json: its checksum is another"):
        open_samples(path)


@pytest.mark.parametrize("size", [1, 7, 5000])
def test_frames_follow_each_other_and_a_cut_one_is_noticed(size):
    data = bytes(range(256)) * 40
    packed = b"".join(zlib.compress(data[i : i + 3000]) for i in range(0, len(data), 3000))

    def unpacked(these):
        pieces = iter([these[i : i + size] for i in range(0, len(these), size)])
        return b"".join(packing.frames(pieces, StandIn))

    assert unpacked(packed) == data
    assert unpacked(b"") == b""
    for lost in (1, 5, 100):
        with pytest.raises(EOFError):
            unpacked(packed[:-lost])


def with_zstd_members(path, pack, frame=700):
    """An Inspect log as written by Inspect since 2026: members in several zstd frames, method 93."""
    made.inspect_zip(path, method=zipfile.ZIP_STORED)
    with zipfile.ZipFile(path) as file:
        held = [(one.filename, file.read(one)) for one in file.infolist()]
    # Stored with the packed bytes; what the headers then say of method and size is put right by hand.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        for name, data in held:
            file.writestr(name, b"".join(pack(data[i : i + frame]) for i in range(0, len(data), frame)))
    raw = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as file:
        directory, local = file.start_dir, [one.header_offset for one in file.infolist()]
    for (_, data), offset in zip(held, local, strict=True):
        checksum, size = zlib.crc32(data).to_bytes(4, "little"), len(data).to_bytes(4, "little")
        raw[offset + 8 : offset + 10] = (93).to_bytes(2, "little")
        raw[offset + 14 : offset + 18], raw[offset + 22 : offset + 26] = checksum, size
        raw[directory + 10 : directory + 12] = (93).to_bytes(2, "little")
        raw[directory + 16 : directory + 20], raw[directory + 24 : directory + 28] = checksum, size
        lengths = [int.from_bytes(raw[directory + at : directory + at + 2], "little") for at in (28, 30, 32)]
        directory += 46 + sum(lengths)
    path.write_bytes(raw)
    return path


def test_without_the_library_a_line_says_which_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for name, start in (("a", b"\x28\xb5\x2f\xfd1234"), ("b", b"PAR1abcd")):
        (tmp_path / name).write_bytes(start * 9)
        with pytest.raises(MissingLibrary, match=r"pip install 'explore-theory\[samples\]'"):
            open_samples(tmp_path / name)


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\n\n  \n"], ids=["byte-order-mark", "blank-lines"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_marks_and_line_ends_make_no_difference(tmp_path, mark, end):
    path = made.plain(tmp_path / "file")
    path.write_bytes(mark + path.read_bytes().replace(b"\n", end))
    assert made.told(open_samples(path)) == EXPECTED


def test_a_list_may_have_a_mark_as_well(tmp_path):
    path = made.plain_list(tmp_path / "file")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert made.told(open_samples(path)) == EXPECTED


def test_places_are_those_of_the_file(tmp_path):
    path = made.plain(tmp_path / "file")
    path.write_bytes(b"\n" + path.read_bytes())
    assert [draw.place for draw in open_samples(path).draws()] == [f"{path}:{n}" for n in range(2, 8)]
    source = open_samples(made.wide(tmp_path / "wide"))
    assert [draw.place for draw in source.draws()][3] == f"{tmp_path / 'wide'}:2[0]"


def test_draws_can_be_asked_for_again(tmp_path):
    source = open_samples(made.lm_eval(tmp_path / "file"))
    first, notes = list(source.draws()), list(source.notes)
    assert list(source.draws()) == first
    assert source.notes == notes


def test_the_formats_have_names():
    assert {name for name, _ in (*made.MADE, *made.TABLES)} == set(FORMATS)


def test_files_of_a_folder_in_the_order_of_their_numbers(tmp_path):
    for name in ("10.jsonl", "2.jsonl", "1.jsonl", ".hidden"):
        made.verl(tmp_path / name)
    (tmp_path / "sub").mkdir()
    assert [path.name for path in sample_files(tmp_path)] == ["1.jsonl", "2.jsonl", "10.jsonl"]
    assert sample_files(tmp_path / "2.jsonl") == (tmp_path / "2.jsonl",)
    with pytest.raises(InvalidProblem, match="without any"):
        sample_files(tmp_path / "sub")


def test_preferences_have_known_names(tmp_path):
    with pytest.raises(InvalidProblem, match=r"prefer must be one of .* did you mean 'filter'"):
        open_samples(made.plain(tmp_path / "file"), prefer={"filer": "x"})


def test_a_field_may_name_the_task(tmp_path):
    path = tmp_path / "file"
    path.write_text(json.dumps({"prompt": "p", "response": "r", "reward": 1, "id": 5}) + "\n")
    (draw,) = open_samples(path, prefer={"task": "id"}).draws()
    assert draw.task == "5"


def test_the_guide_shows_what_is_true(tmp_path, monkeypatch, capsys):
    guide = (Path(__file__).parents[2] / "docs/guide/samples.md").read_text()
    (code,) = (
        c
        for c in re.findall(r"```python\n(.*?)```", guide, flags=re.DOTALL)
        if "source.law" in c or "source.notes" in c
    )
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "samples.md", "exec"), {})
    assert capsys.readouterr().out.splitlines() == [
        "plain ('reward',)",
        "2 + 2 = 4 (1.0,)",
        "2 + 2 = 5 (0.0,)",
        "[] 0",
    ]
    (form,) = re.findall(r"```json\n(.*?)```", guide, flags=re.DOTALL)
    (tmp_path / "shown").write_text(form)
    source = open_samples(tmp_path / "shown")
    assert source.law == Law(temperature=1.0, model="my-model")
    assert [draw[1:6] for draw in source.draws()] == [((1.0,), "4", -0.25, 2, True)]


def test_the_guide_has_a_row_for_every_format():
    guide = (Path(__file__).parents[2] / "docs/guide/samples.md").read_text()
    assert set(re.findall(r"^\| `(.*?)` \|", guide, flags=re.MULTILINE)) == set(FORMATS)

"""What is refused: one line that names the file and the place."""

import gzip
import json
import lzma
import os
import zipfile

import made_samples as made
import pytest

from explore_theory.errors import InvalidProblem
from explore_theory.samples.readers import archive, lines, open_samples

GOOD = {"prompt": "p", "response": "r", "reward": 1}


def refusal(path, **options):
    """The one line with which a file is refused, at once or when it is read."""
    with pytest.raises(InvalidProblem) as caught:
        list(open_samples(path, **options).draws())
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) < 700
    assert str(path) in line
    return line


def written(tmp_path, data, name="file"):
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b" \n\r\n\t", "at least one record"),
        (b"\x7fELF\x02\x01\x01\0\0\0", "bytes that are no text"),
        (os.urandom(0) + bytes(range(128, 256)) * 9, "bytes that are no text"),
        (b"prompt,response,reward\np,r,1\n", "a text that begins with 'prompt,response,reward'"),
        ("prompt\treward\n".encode("utf-16"), "must be UTF-8, got UTF-16"),
        (b'"text"\n', "a text that begins with '\"text\"'"),
        (b"17\n", "a text that begins with '17'"),
        (b'{"a": 1, "b": 2}\n', "fields 'a', 'b'; known: plain, "),
        (b"[1, 2]", "a record must be an object {..}, got a int"),
        (b"[]", "at least one record"),
        (b"{}\n", "fields "),
        (b'{"prompt": "p", "resp', ":1: not JSON"),
        (b'[{"prompt": "p", "reward": 1}, {"prompt"', "cut off"),
        (
            b'[{"prompt": "p", "reward": 1}] {"prompt": "p", "reward": 1}',
            "something follows the end of the JSON",
        ),
        (b'[{"prompt": "p", "reward": 1} {"prompt": "p", "reward": 1}]', "',' must be here, got '{'"),
        (b'{"eval": {}}', "at least one draw"),
        (b'{"eval": {"t": []}}', "at least one draw"),
        (b'{"eval": {"t": [{"base_status": "pass"}]}', "cut off"),
        (b'{"eval": {"task": "t"}, "samples": []}', "a log without samples"),
        (b'{"eval": {"task": "t"}, "status": "success"}', "a log without samples"),
        (b'{"eval": {"task": "t"}, "samples": null}', "a log without samples"),
        (b"PK\x03\x04 and no more", "whole zip file"),
        (b"PK\x05\x06" + bytes(18), "must be an Inspect log"),
        (gzip.compress(b'{"prompt": "p", "reward": 1}\n', mtime=0)[:-9], "cut off"),
        (b"\x1f\x8b and no more", "must unpack"),
        (lzma.compress(b"x" * 999)[:40], "cut off"),
        (b"BZh9 and no more bytes", "must unpack"),
    ],
)
def test_what_is_no_file_of_samples(tmp_path, data, says):
    line = refusal(written(tmp_path, data))
    assert says in line
    assert "file" in line


def test_what_is_no_file_at_all(tmp_path):
    assert "that exists" in refusal(tmp_path / "missing")
    assert "give the files in it" in refusal(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "regular file" in refusal(tmp_path / "pipe")


@pytest.mark.parametrize("pack", ["zip", "parquet"])
def test_packed_twice(tmp_path, pack):
    path = made.inspect_zip(tmp_path / "file") if pack == "zip" else written(tmp_path, b"PAR1" + bytes(99))
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert f"got a {pack} file packed again" in refusal(path)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ('{"prompt": "p", "response": "r", "rew', "not JSON: Invalid control character"),
        ("nonsense", "not JSON: Expecting value at column 1"),
        ("[1, 2]", "a line must hold an object {..}, got a list"),
        ("1" * 5000, "not JSON that can be read"),
        ('{"prompt": ' + "[" * 10**5, "not JSON of a sensible depth"),
        ('{"prompt": "p", "response": "r"}', "field 'reward' is missing"),
        ('{"response": "r", "reward": 1}', "'task' and 'prompt' are both missing"),
        ('{"prompt": "p", "reward": NaN}', "must be finite, or null where there is none, got nan"),
        ('{"prompt": "p", "reward": -Infinity}', "must be finite"),
        ('{"prompt": "p", "reward": 1e999}', "must be finite"),
        ('{"prompt": "p", "reward": 1' + "0" * 400 + "}", "must be finite"),
        ('{"prompt": "p", "reward": "1"}', "reward 'reward' must be a number, got '1'"),
        ('{"prompt": "p", "reward": [1]}', "must be a number, got [1]"),
        ('{"prompt": "p", "response": 5, "reward": 1}', "'response' must be a text"),
        ('{"prompt": 1.5, "reward": 1}', "'prompt' must be a text"),
        ('{"prompt": "p", "reward": 1, "finished": 1}', "'finished' must be true, false or null"),
        ('{"prompt": "p", "reward": 1, "tokens": -1}', "'tokens' must be a whole number"),
        ('{"prompt": "p", "reward": 1, "tokens": true}', "'tokens' must be a whole number"),
        ('{"prompt": "p", "reward": 1, "logprob": 0.5}', "at most 0"),
        ('{"prompt": "p", "reward": 1, "logprob": -Infinity}', "finite log-probability"),
        ('{"prompt": "p", "reward": 1, "logprob": [-1]}', "needs the texts of its tokens"),
        ('{"prompt": "p", "reward": 1, "logprob": -1, "tokens": ["p"]}', "need a response and a list"),
    ],
)
def test_a_malformed_line_is_numbered_or_passed_over_and_counted(tmp_path, bad, says):
    path = written(tmp_path, "\n".join([json.dumps(GOOD)] * 4 + [bad] + [json.dumps(GOOD)]))
    line = refusal(path)
    assert f"{path}:5: " in line
    assert says in line
    assert "--skip-bad" in line
    source = open_samples(path, skip_bad=True)
    assert len(list(source.draws())) == 5
    assert source.skipped == 1
    assert "1 malformed record passed over" in source.notes[-1]
    assert f"{path}:5: " in source.notes[-1]


def test_a_line_that_is_no_utf_8(tmp_path):
    path = written(tmp_path, json.dumps(GOOD).encode() + b'\n{"prompt": "\xff", "reward": 1}\n')
    assert f"{path}:2: not UTF-8 at byte 12" in refusal(path)
    assert len(list(open_samples(path, skip_bad=True).draws())) == 1


def test_a_malformed_first_line_is_numbered_too(tmp_path):
    path = written(tmp_path, '{"prompt": "p", "rew\n' + json.dumps(GOOD))
    assert f"{path}:1: not JSON" in refusal(path)
    source = open_samples(path, skip_bad=True)
    assert len(list(source.draws())) == source.skipped == 1


def test_many_malformed_lines_take_one_note(tmp_path):
    path = written(tmp_path, "\n".join([json.dumps(GOOD)] + ["x"] * 50))
    source = open_samples(path, skip_bad=True)
    assert len(list(source.draws())) == 1
    assert source.skipped == 50
    (note,) = source.notes
    assert note.startswith("50 malformed records passed over")
    assert len(note.replace(str(tmp_path), "")) < 300


@pytest.mark.parametrize("skip_bad", [False, True])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (made.plain, made.human_eval),
        (made.human_eval, made.plain),
        (made.verl, made.lm_eval),
        (made.lm_eval, made.verl),
        (made.wide, made.trl_lines),
        (made.trl_lines, made.plain),
        (made.plain, made.evalplus),
        (made.plain, made.inspect_json),
    ],
)
def test_two_formats_in_one_file_are_refused_and_never_half_read(tmp_path, first, second, skip_bad):
    path = first(tmp_path / "file")
    path.write_bytes(path.read_bytes() + second(tmp_path / "other").read_bytes())
    line = refusal(path, skip_bad=skip_bad)
    assert "a file must be of one format" in line
    assert f"{path}:" in line


def test_two_whole_logs_in_one_file(tmp_path):
    for make in (made.evalplus, made.inspect_json):
        path = make(tmp_path / "file")
        path.write_bytes(path.read_bytes() * 2)
        assert "something follows the end" in refusal(path)
        assert "something follows the end" in refusal(path, skip_bad=True)


def test_a_cut_file_is_refused_also_where_bad_lines_are_passed_over(tmp_path):
    path = made.plain(tmp_path / "file")
    packed = gzip.compress(path.read_bytes() * 500)
    path.write_bytes(packed[: len(packed) // 2])
    assert "cut off" in refusal(path, skip_bad=True)


@pytest.mark.parametrize("cut", [1, 40, 400])
def test_a_cut_zstd_file_is_refused(tmp_path, cut):
    zstandard = pytest.importorskip("zstandard", reason="zstd needs the extra 'samples'")
    path = made.plain(tmp_path / "file")
    numbered = b"".join(path.read_bytes().replace(b"one", b"%d" % i) for i in range(3000))
    path.write_bytes(zstandard.ZstdCompressor().compress(numbered)[:-cut])
    assert "cut off" in refusal(path, skip_bad=True)


def test_a_zip_file_that_is_encrypted_damaged_or_of_an_unknown_packing(tmp_path):
    path = made.inspect_zip(tmp_path / "file", method=zipfile.ZIP_STORED)
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as file:
        directory = file.start_dir
        first = next(one for one in file.infolist() if one.filename == "header.json")
    at = whole.rindex(b"header.json") - 46
    assert at > directory
    for offset, value, says in ((8, b"\x01\x00", "it is encrypted"), (10, b"\x61\x00", "not known (97)")):
        path.write_bytes(whole[: at + offset] + value + whole[at + offset + 2 :])
        assert f"header.json: {says}" in refusal(path) or says in refusal(path)
    broken = bytearray(whole)
    broken[first.header_offset + 60] ^= 1
    path.write_bytes(broken)
    assert "header.json: Bad CRC-32" in refusal(path)
    path.write_bytes(whole[:-30])
    assert "whole zip file" in refusal(path)


def test_a_zip_file_of_something_else(tmp_path):
    path = tmp_path / "file"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("word/document.xml", "<w/>")
    assert "word/document.xml (unpack it)" in refusal(path)


def test_what_unpacks_without_end_is_refused_before_memory_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "LONGEST", 10**6)
    path = tmp_path / "bomb"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("header.json", "{}")
        file.writestr("samples/1_epoch_1.json", " " * 10**7)
    assert "samples/1_epoch_1.json: it unpacks to more than 1000000 bytes" in refusal(path)
    monkeypatch.setattr(lines, "LONGEST", 10**6)
    path = written(tmp_path, gzip.compress(b'{"prompt": "' + b"x" * 10**7))
    assert f"lines must be shorter than 1000000 bytes, got {path}:1" in refusal(path)
    monkeypatch.setattr(lines, "_GROWTH_FROM", 10**5)
    monkeypatch.setattr(lines, "_GROWTH", 100)
    path = written(tmp_path, gzip.compress(json.dumps(GOOD).encode() + b"\n" * 10**6))
    assert "must not grow 100-fold" in refusal(path)


def test_programs_without_results(tmp_path):
    for field in ("completion", "solution"):
        line = refusal(made.lines(tmp_path / "file", [{"task_id": "HumanEval/0", field: "pass"}]))
        assert "programs without results" in line
        assert "_results.jsonl" in line
        assert "_eval_results.json" in line

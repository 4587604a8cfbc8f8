"""JSON read piece by piece is what `json` makes of it whole, and memory does not grow with a file."""

import io
import json
import subprocess
import sys
import textwrap
from pathlib import Path

import made_samples as made
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.samples.readers import open_samples, stream
from explore_theory.samples.readers.stream import Cursor

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


class Slow(io.RawIOBase):
    """A file that hands out a few bytes at a time, so that pieces end anywhere, also in a number."""

    def __init__(self, data, size):
        self._data, self._size = io.BytesIO(data), size

    def readable(self):
        return True

    def read(self, size=-1):
        return self._data.read(min(size, self._size) if size >= 0 else self._size)


def cursor(text, size, **options):
    return Cursor(Slow(text.encode(), size), Path("file"), **options)


@settings(max_examples=50)
@given(st.dictionaries(st.text(), json_values), st.integers(1, 9), st.sampled_from([None, 1]))
@example({"a": 1.5, "b": -2.5e-7, "c": [3e20, 12]}, 1, None)
@example({"a": 1.5, "b": -2.5e-7, "c": [3e20, 12]}, 3, None)
def test_members_one_by_one_are_the_object(value, size, indent):
    at = cursor(json.dumps(value, ensure_ascii=False, indent=indent), size)
    assert {name: at.value() for name in at.members()} == value
    at.end()


@settings(max_examples=50)
@given(st.lists(json_values), st.integers(1, 9))
def test_elements_one_by_one_are_the_list(value, size):
    at = cursor(json.dumps(value), size)
    assert [at.value() for _ in at.elements()] == value
    at.end()


@settings(max_examples=30)
@given(st.dictionaries(st.text(), st.dictionaries(st.text(), st.lists(st.integers()))), st.integers(1, 9))
def test_within_a_member_there_may_be_members_and_elements(value, size):
    at = cursor(json.dumps(value), size)
    found = {}
    for name in at.members():
        found[name] = {inner: [at.value() for _ in at.elements()] for inner in at.members()}
    assert found == value


@given(json_values, st.integers(1, 9), st.data())
def test_what_is_cut_off_is_refused_wherever_it_is_cut(value, size, data):
    text = json.dumps([value])
    cut = data.draw(st.integers(0, len(text) - 1))
    at = cursor(text[:cut], size)
    with pytest.raises(InvalidProblem, match=r"cut off|not JSON"):
        [at.value() for _ in at.elements()]


@pytest.mark.parametrize("size", [1, 7, 10**6])
def test_lines_are_counted(size):
    at = cursor("[1,\n2,\n\n3 x]", size)
    with pytest.raises(InvalidProblem, match=r"got file:4: ',' must be here, got 'x'"):
        [at.value() for _ in at.elements()]


def test_a_value_that_is_too_long_is_refused_early():
    text = '{"a": "' + "x" * 10**6 + '"}'
    at = cursor(text, 1000, longest=10**5)
    with pytest.raises(InvalidProblem, match="at most 100000 characters"):
        [at.value() for _ in at.members()]


def test_what_is_no_json_is_refused_where_it_is_and_not_at_the_end(monkeypatch):
    file = Slow(b'[{"a" 1}, ' + b" " * 10**6, 10**4)
    at = Cursor(file, Path("file"))
    monkeypatch.setattr(stream, "_PIECE", 1 << 10)
    with pytest.raises(InvalidProblem, match="not JSON: Expecting ':' delimiter"):
        [at.value() for _ in at.elements()]
    assert len(file._data.read()) > 9 * 10**5


def test_signs_of_several_bytes_are_not_cut(tmp_path):
    path = tmp_path / "file"
    text = "ü€𝄞" * 40_000
    path.write_text(json.dumps([{"prompt": "p", "response": text, "reward": 1}] * 3, ensure_ascii=False))
    assert [draw.response for draw in open_samples(path).draws()] == [text] * 3


#: `ru_maxrss` would be at least what the process that starts this one has.
DRAIN = """
    import sys
    from pathlib import Path
    from explore_theory.samples.readers import open_samples
    draws = sum(1 for _ in open_samples(sys.argv[1]).draws())
    told = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    print(draws, int(told["VmHWM"].split()[0]) // 1024)
"""
needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is told by /proc")


def drained(path):
    program = [sys.executable, "-c", textwrap.dedent(DRAIN), str(path)]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    return tuple(map(int, done.stdout.split()))


def many_lines(path, rows):
    with path.open("w") as file:
        for row in range(rows):
            file.write(
                json.dumps({"prompt": f"p{row // 99}", "response": "r" * 300 + str(row), "reward": 1}) + "\n"
            )


def many_elements(path, rows):
    with path.open("w") as file:
        one = json.dumps({"prompt": "p", "response": "r" * 300, "reward": 1})
        file.write("[" + ", ".join([one] * rows) + "]")


def many_programs(path, rows):
    one = json.dumps([{"base_status": "pass", "plus_status": "fail", "solution": "r" * 300}] * 100)
    path.write_text('{"eval": {' + ", ".join(f'"t{task}": {one}' for task in range(rows // 100)) + "}}")


@pytest.mark.slow
@needs_proc
@pytest.mark.parametrize("make", [many_lines, many_elements, many_programs])
def test_memory_does_not_grow_with_a_file(tmp_path, make):
    peaks = []
    for rows in (20_000, 200_000):
        make(tmp_path / "file", rows)
        draws, peak = drained(tmp_path / "file")
        assert draws == rows
        peaks.append(peak)
    # The larger file has 60 MB more; what differs is the noise of an interpreter.
    assert peaks[1] - peaks[0] < 10
    assert peaks[1] < 100


@pytest.mark.slow
@needs_proc
def test_memory_does_not_grow_with_a_table(tmp_path):
    pytest.importorskip("pyarrow", reason="parquet needs the extra 'samples'")
    rows = [row | {"completion": f"{n}" * 50} for n in range(40_000) for row in made.trl_rows()]
    made.table(tmp_path / "file", rows)
    draws, peak = drained(tmp_path / "file")
    assert draws == 240_000
    assert peak < 300

"""A file of samples has one writer on Windows too, whose locks bar reading: by a copy of what it does."""

import errno
import json
import os
import sys
from types import SimpleNamespace

import pytest

from explore_theory.errors import InvalidProblem
from explore_theory.samples.drawing.growing import GrowingFile

LAW = {"temperature": 1.0, "model": "m"}
RECORD = {"prompt": "x", "response": "y", "reward": 1, "draw": 0}


@pytest.fixture
def held(monkeypatch):
    """What is locked, by file and place; a lock is of the handle that took it, in one process, too."""
    held = {}

    def locking(handle, how, count):
        place = os.fstat(handle).st_ino, os.lseek(handle, 0, os.SEEK_CUR)
        assert count == 1
        assert os.fstat(handle).st_size < place[1] < 2**31, "what is locked cannot be read by others"
        if how == "lock" and place not in held:
            held[place] = handle
        elif how == "unlock" and held.get(place) == handle:
            del held[place]
        else:
            raise PermissionError(errno.EACCES, "Permission denied")

    made = SimpleNamespace(LK_NBLCK="lock", LK_UNLCK="unlock", locking=locking)
    monkeypatch.setitem(sys.modules, "msvcrt", made)
    return held


def written(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_another_run_is_refused_before_a_line_is_written(held, tmp_path):
    """Neither knows the other by the size of the file, which is what it was."""
    path = tmp_path / "out"
    with GrowingFile(path, LAW) as file:
        file.add([RECORD])
        assert len(held) == 1
    with GrowingFile(path, LAW) as first, GrowingFile(path, LAW) as second:
        first.add([])
        with pytest.raises(InvalidProblem, match="one run at a time"):
            second.add([])
        first.add([RECORD | {"draw": 1}])
    assert [row.get("draw") for row in written(path)] == [None, 0, 1]


def test_a_lock_is_given_back_before_the_file_is_closed(held, tmp_path):
    """Windows gives it back when it has time, and the next run may come sooner."""
    for draw in range(2):
        with GrowingFile(tmp_path / "out", LAW) as file:
            file.add([RECORD | {"draw": draw}])
        assert not held
    assert len(written(tmp_path / "out")) == 3


def test_where_no_lock_is_kept_the_file_is_written(held, tmp_path, monkeypatch):
    def locking(*_):
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(sys.modules["msvcrt"], "locking", locking)
    with GrowingFile(tmp_path / "out", LAW) as file:
        file.add([RECORD])
    assert len(written(tmp_path / "out")) == 2

"""The line of progress of `sample` and `coverage`: written over, and gone before anything else is said."""

import io
import sys

import pytest

from explore_theory.cli.saying import written_over


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self):
        return True


def shown(written):
    """What a terminal of one row has at the end: a return goes to its beginning."""
    row, at = [], 0
    for letter in written:
        if letter == "\r":
            at = 0
            continue
        row[at : at + 1] = letter
        at += 1
    return "".join(row)


def test_each_line_covers_the_one_before_and_the_last_one_is_taken_away(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with written_over() as show:
        show("a long line of progress")
        show("short")
        assert shown(terminal.getvalue()).rstrip() == "short"
    assert shown(terminal.getvalue()).strip() == ""
    assert terminal.getvalue().endswith("\r")


def test_an_error_begins_where_the_line_did(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    def fail():
        with written_over() as show:
            show("at work")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    terminal.write("mistake")
    assert shown(terminal.getvalue()).strip() == "mistake"


def test_nothing_is_written_where_nobody_looks(monkeypatch, capsys):
    for stream in (io.StringIO(), None):
        monkeypatch.setattr(sys, "stderr", stream)
        with written_over() as show:
            assert show is None


@pytest.mark.parametrize("command", ["sample", "coverage"])
def test_both_commands_leave_no_line_behind(tmp_path, monkeypatch, command):
    from explore_theory.cli import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("the cat that sat on the mat ate the rat " * 3)
    (tmp_path / "prompts.txt").write_text("the \n")
    (tmp_path / "mine.py").write_text("def right(prompt, response):\n    return 't' in response\n")
    files = ["--ngram", "text.txt", "--prompts", "prompts.txt", "--reward", "mine.py:right"]
    calls = {
        "sample": ["sample", *files, "--n", "20"],
        "coverage": ["coverage", "samples.jsonl", "--beta", "0.1"],
    }
    monkeypatch.setattr("explore_theory.cli.coverage._OFTEN", 1)
    for name, call in calls.items():
        terminal = Terminal()
        with monkeypatch.context() as here:
            here.setattr(sys, "stderr", terminal)
            main.main(call, standalone_mode=False)
        if name == command:
            assert {"sample": "20 responses", "coverage": "20 samples read"}[name] in terminal.getvalue()
            assert shown(terminal.getvalue()).strip() == ""

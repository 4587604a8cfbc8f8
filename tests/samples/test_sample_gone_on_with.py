"""`explore-theory sample` on a file that is there: by the same reward, and where none is missing."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from explore_theory.cli import main
from explore_theory.samples import open_samples


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("the cat that sat on the mat ate the rat " * 3)
    (tmp_path / "prompts.txt").write_text("the \na\n")
    (tmp_path / "mine.py").write_text("def right(prompt, response):\n    return response.count('t') > 1\n")
    return tmp_path


def run(*more, code=0):
    files = ["--ngram", "text.txt", "--prompts", "prompts.txt", "--reward", "mine.py:right"]
    done = CliRunner().invoke(main, ["sample", *files, "--n", "5", "--max-tokens", "6", *more])
    assert done.exit_code == code, done.output
    return done.output


def test_a_file_of_another_reward_is_not_gone_on_with(place):
    """Responses would be scored by two functions, and those that are there by the one before the change."""
    run()
    header = json.loads(Path("samples.jsonl").read_text().splitlines()[0])
    assert header["reward"].startswith("mine.py:right ")
    before = (place / "samples.jsonl").read_bytes()
    source = (place / "mine.py").read_text()
    (place / "mine.py").write_text(source.replace("> 1", "> 2"))
    assert "of the same reward to go on with, or a new one, got 'mine.py:right " in run(code=2)
    (place / "mine.py").write_text(source)
    (place / "yours.py").write_text(source)
    assert "'yours.py:right " in run("--reward", "yours.py:right", code=2)
    assert (place / "samples.jsonl").read_bytes() == before
    assert "2 responses drawn, 10 were there" in run("--n", "6")


def test_a_file_that_tells_no_reward_is_gone_on_with(place):
    run()
    header, *rows = (place / "samples.jsonl").read_text().splitlines(keepends=True)
    told = json.loads(header)
    del told["reward"]
    (place / "samples.jsonl").write_text(json.dumps(told) + "\n" + "".join(rows))
    assert "2 responses drawn, 10 were there" in run("--n", "6")
    assert len(list(open_samples("samples.jsonl").draws())) == 12


def test_where_all_is_there_nothing_is_drawn_and_that_is_said(place):
    run()
    said = run()
    assert "Nothing is drawn: all 10 responses asked for were there. samples.jsonl is as it" in said
    assert "a second" not in said
    assert "Written" not in said

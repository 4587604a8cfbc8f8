"""`study`: its table, its data, its page, and mistakes in one line."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from explore_theory.reporting.study import data
from explore_theory.studies import NGramShares, studied

SMALL = ("--lengths", "1,2", "--runs", "1")


@pytest.fixture(scope="module")
def told():
    return data.record(studied([NGramShares()], [1, 2], runs=1))


def test_it_says_what_it_finds_and_writes_a_page(cli, told, tmp_path):
    found = cli("study", *SMALL, "--out", tmp_path / "page")
    assert found.exit_code == 0, found.stderr
    said = " ".join(found.stdout.split())
    for sentence in told["meaning"]["2-gram model"]:
        assert sentence in said
    assert found.stdout.rstrip().endswith(f"Written: {tmp_path / 'page' / 'index.html'}")
    assert "Calls by length" in (tmp_path / "page" / "index.html").read_text()


def test_its_data_are_those_of_the_library(cli, told):
    assert json.loads(cli("study", *SMALL, "--json").stdout) == told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--lengths", "2,x"], "lengths must be whole numbers parted by commas, got 'x'"),
        (["--lengths", "2,2"], "lengths must be different"),
        (["--lengths", "0"], "lengths must be"),
        (["--order", "9"], "--order"),
        (["--text", "nowhere.txt"], "text must be a readable file"),
        (["--jobs", "0"], "--jobs"),
        (["--wanted", "e"], "--wanted must go with --model"),
        (["--tokens", "a,b", "--prompt", "a"], "--tokens, --prompt must go with --model"),
    ],
)
def test_mistakes_are_one_line(cli, arguments, says):
    found = cli("study", *arguments)
    assert found.exit_code == 2
    assert says in found.stderr
    assert found.stderr.count("\n") == 1
    assert found.stdout == ""


def test_a_folder_of_somebody_else_is_refused_first(cli, tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    found = cli("study", *SMALL, "--out", tmp_path)
    assert found.exit_code == 2
    assert found.stderr.count("\n") == 1


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_ends_it_at_once(tmp_path):
    command = [sys.executable, "-m", "explore_theory", "study", "--lengths", "64"]
    running = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(8)
    os.killpg(running.pid, signal.SIGINT)
    start = time.monotonic()
    _, said = running.communicate(timeout=60)
    assert time.monotonic() - start < 20
    assert running.returncode == 130
    assert said == "explore-theory: interrupted\n"

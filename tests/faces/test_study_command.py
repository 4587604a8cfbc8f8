"""`study`: its table, its data, its page, and mistakes in one line."""

import json
import os
import re
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


def test_a_terminal_is_told_how_far_it_is(cli, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    found = cli("study", *SMALL, "--json")
    assert found.exit_code == 0, found.stderr
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", found.stderr)
    for horizon in (1, 2):
        assert re.search(rf"2-gram model, H = {horizon}: done after \d+ s", lines)
    assert re.search(r"2-gram model H = 2 SpannerSampling +\S+ 8/8 0:00:\d\d", lines)
    # Standard output stays what a program reads.
    assert json.loads(found.stdout)["runs"] == 1


def test_where_nobody_looks_nothing_is_told(cli):
    found = cli("study", *SMALL)
    assert found.stderr == ""
    assert "2-gram model, 1 run of a learner at each length" in found.stdout


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

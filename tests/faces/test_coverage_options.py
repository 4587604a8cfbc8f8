"""`coverage` where draws are weighted, sizes stop at the smallest task, and whoever reads leaves early."""

import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest

from explore_theory.foundation.streams import Streams

PI, MU = np.array([0.5, 0.3, 0.15, 0.05]), np.array([0.65, 0.25, 0.08, 0.02])


def written(path, *, n=200, header=None, first=0, **changed):
    coins = Streams(("tests", "coverage options"), range(first, first + 2)).uniform(n)
    with path.open("w") as file:
        if header:
            file.write(json.dumps({"format": "explore-theory samples", "version": 1, **header}) + "\n")
        for i, row in enumerate(coins):
            for y in np.searchsorted(np.cumsum(MU)[:-1], row, side="right"):
                logs = {"logprob": math.log(PI[y]), "sampling_logprob": math.log(MU[y])}
                record = {"prompt": f"t{i}", "response": "abcd"[y], "reward": int(y > 1), **logs, **changed}
                file.write(json.dumps(record) + "\n")
    return str(path)


def data(found):
    assert found.exit_code == 0, found.stderr
    return json.loads(found.stdout)


ASK = ("--beta", "0.5", "--r-values", "0,1", "--json")


def test_weights_give_the_models_coverage(cli, tmp_path):
    path = written(tmp_path / "w.jsonl", header={"temperature": 0.7})
    mine, theirs = data(cli("coverage", path, *ASK)), data(cli("coverage", path, *ASK, "--as-drawn"))
    for record, law in ((mine, PI), (theirs, MU)):
        truth = 2.0 - math.log(float((law * np.exp([0, 0, 2, 2])).sum()))
        for task in record["tasks"]:
            assert task["coverage"]["log_lo"] <= truth <= task["coverage"]["log_hi"]
    assert theirs["reweighted"] is None
    assert mine["reweighted"]["w_max"] is None
    assert all(100 < value < 200 for value in mine["reweighted"]["effective"])
    assert mine["profile"] is None
    assert mine["more_samples_a_task"] is None
    assert any("stand for the model's own law" in line for line in mine["meaning"])
    assert any("the coverage profile, best-of-N" in line for line in mine["meaning"])
    assert not any("best-of-N, which needs the range" in line for line in mine["meaning"])
    bound = data(cli("coverage", path, *ASK, "--w-max", "2.51"))
    assert bound["reweighted"]["w_max"] == 2.51


def test_mistakes_with_weights_are_one_line_by_the_options(cli, tmp_path):
    path = written(tmp_path / "w.jsonl")
    cut = written(tmp_path / "cut.jsonl", header={"temperature": 1.0, "top_k": 2})
    for arguments, says in (
        ((path, "--w-max", "2"), "--w-max must be at least every weight of a draw, got --w-max=2"),
        ((path, "--w-max", "-1"), "--w-max must be finite and above 0"),
        ((path, "--w-max", "9", "--as-drawn"), "--w-max must be left out"),
        ((cut, "--w-max", "9"), "top-k 2 cuts responses off"),
    ):
        found = cli("coverage", *arguments, "--beta", "1")
        assert found.exit_code == 2
        assert says in found.stderr
        assert found.stderr.count("\n") == 1


def test_a_page_of_weighted_draws(cli, tmp_path):
    path, out = written(tmp_path / "w.jsonl"), tmp_path / "page"
    assert cli("coverage", path, *ASK[:-1], "--out", out).exit_code == 0
    page = (out / "index.html").read_text()
    assert "stand for the model" in page
    assert page.count("<svg") == 2, "tasks and pass@k; no profile"


def test_sizes_that_stop_at_the_smallest_task_are_said(cli, tmp_path):
    lines = [
        {"prompt": f"t{i}", "response": f"{i} {j}", "reward": j % 2}
        for i in range(3)
        for j in range(5 + 30 * i)
    ]
    path = tmp_path / "uneven.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    said = " ".join(data(cli("coverage", path, *ASK))["meaning"])
    assert "pass@k and best-of-N stop at 4: 1 task of 3 has fewer than 8 samples" in said
    named = data(cli("coverage", path, *ASK, "--k", "4"))
    assert "stop at" not in " ".join(named["meaning"])
    even = written(tmp_path / "even.jsonl")
    assert "stop at" not in " ".join(data(cli("coverage", even, *ASK))["meaning"])


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_reader_who_leaves_ends_it_quietly_and_has_the_page(tmp_path, more):
    path = written(tmp_path / "w.jsonl")
    reading, writing = os.pipe()
    os.close(reading)
    command = [
        sys.executable,
        "-m",
        "explore_theory",
        "coverage",
        path,
        "--beta",
        "1",
        "--out",
        "page",
        *more,
    ]
    done = subprocess.run(
        command, check=False, cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")
    assert (tmp_path / "page" / "index.html").exists()


def test_files_that_an_edited_reward_scored_are_not_put_together(cli, tmp_path):
    paths = [
        written(
            tmp_path / f"{k}.jsonl",
            first=2 * k,
            header={"temperature": 1.0, "reward": f"judge.py:reward 0{k}"},
        )
        for k in range(2)
    ]
    refused = cli("coverage", *paths, *ASK)
    assert refused.exit_code == 2
    assert "scored by one function, got judge.py:reward 00 and judge.py:reward 01 in task" in refused.stderr
    assert data(cli("coverage", paths[0], *ASK))["tasks"]

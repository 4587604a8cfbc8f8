"""The guide to learners lists each of them once, and its code runs."""

import re
from pathlib import Path

from explore_theory.running import responses as runs

GUIDE = (Path(__file__).parents[2] / "docs/guide/learners.md").read_text(encoding="utf-8")


def test_every_learner_has_one_row():
    rows = re.findall(r"^\| `(\w+)` \|", GUIDE, re.M)
    assert sorted(rows) == sorted(c.__name__ for c in runs.learners().values())


def test_its_code_runs(capsys):
    names = {}
    for code in re.findall(r"```python\n(.*?)```", GUIDE, re.S):
        exec(code, names)
    assert capsys.readouterr().out.count("Ledger of 8 replicates") == 2
    played = names["played"]
    assert len(played.policies) == 8
    assert played.ledger.data.tolist() == [1.0] * 8
    assert {float(policy.theta[0]) for policy in played.policies} == {0.1}

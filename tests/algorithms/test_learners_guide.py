"""The guide to learners lists each of them once, and its code runs."""

import re
from pathlib import Path

import numpy as np

from explore_theory import exact, oracles
from explore_theory.policies import Base
from explore_theory.running import responses as runs

GUIDE = (Path(__file__).parents[2] / "docs/guide/learners.md").read_text(encoding="utf-8")


def test_every_learner_has_one_row():
    rows = re.findall(r"^\| `(\w+)` \|", GUIDE, re.M)
    assert sorted(rows) == sorted(c.__name__ for c in runs.learners().values())


def test_its_code_runs(capsys):
    names = {}
    for code in re.findall(r"```python\n(.*?)```", GUIDE, re.S):
        exec(code, names)
    assert "Ledger of 8 replicates" in capsys.readouterr().out
    oracle = oracles.open(names["problem"], replicates=2)
    policy = names["Nothing"]().run(oracle)
    assert not oracle.ledger.total().any()
    np.testing.assert_array_equal(exact.kl(names["problem"], policy, Base()), 0.0)

"""`.ci/run` as a shell script: what fails ends it, and nothing slow is run in two steps."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "run"
pytestmark = pytest.mark.skipif(
    shutil.which("bash") is None or not SCRIPT.exists(), reason="bash runs the steps of CI"
)


def bash(text):
    return subprocess.run(["bash", "-c", text], capture_output=True, text=True, check=False)


def test_it_is_bash():
    assert bash(f"bash -n '{SCRIPT}'").stderr == ""


def test_a_clone_that_fails_ends_the_lint_beside():
    (lint,) = re.findall(r"^lint\(\) \{$.*?^\}$", SCRIPT.read_text(), flags=re.MULTILINE | re.DOTALL)
    stand_ins = "work=/; clone() { return 7; }; python3() { echo went on; exit 0; }"
    done = bash(f"{stand_ins}\n{lint}\n(set -euo pipefail; lint)")
    assert (done.returncode, done.stdout) == (7, "")


def test_slow_tests_with_a_step_of_their_own_are_left_out_of_the_last():
    text = SCRIPT.read_text()
    (last,) = re.findall(r"pytest -m slow --dist load.*?\|\|", text, flags=re.DOTALL)
    assert "--ignore tests/harness/test_dask.py" in last
    assert "${by_coq[@]/#/--ignore=}" in last
    assert all(f'"{array}[@]' not in text for array in ("frames", "models", "cluster", "proofs"))


def test_no_expansion_hides_a_failure_or_an_empty_array():
    text = SCRIPT.read_text()
    assert not re.search(r"^\s*export \w+=\"?\$\(", text, flags=re.MULTILINE), "export hides the exit code"
    assert not re.search(r"^\s+\$\(", text, flags=re.MULTILINE), "a failure in an argument goes unseen"
    assert not re.search(r"^(\w+)=\(\)(?=[\s\S]*pytest[\s\S]*\"\$\{\1\[@\]\}\")", text, flags=re.MULTILINE)

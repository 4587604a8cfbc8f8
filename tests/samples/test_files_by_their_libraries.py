"""Files that libraries themselves wrote, of tasks and models of ours: read as the libraries count them."""

from pathlib import Path

import numpy as np
import pytest

from explore_theory.samples import BINARY, measured, open_samples, pooled

FILES = Path(__file__).parent / "files"


@pytest.mark.parametrize(("reward", "pass_at_1"), [("base", 0.625), ("plus", 0.375)])
def test_evalplus_counts_as_it_does_itself(reward, pass_at_1):
    """EvalPlus 0.3.1, ``evalplus.evaluate``: two tasks, four programs each, with the pass@1 it printed."""
    source = open_samples(FILES / "evalplus-0.3.1.json")
    assert (source.format, source.rewards) == ("EvalPlus results", ("base", "plus"))
    found = measured(pooled([source], reward=reward), beta=0.5, known=BINARY)
    assert found.draws.tolist() == [4, 4]
    assert found.pass_at[1].value == pass_at_1


def test_a_program_that_never_ends_has_failed():
    """EvalPlus marks it "fail", as the limit is that of a test: no program here is marked "timeout"."""
    source = open_samples(FILES / "evalplus-0.3.1.json")
    loops = [draw for draw in source.draws() if "while True" in (draw.response or "")]
    assert [draw.rewards for draw in loops] == [(0.0, 0.0)]
    assert source.notes == []


def test_trl_columns_of_a_run():
    """TRL 1.16.0, GRPO of a tiny model with two reward functions, one of which gives none for a third."""
    pytest.importorskip("pyarrow")
    source = open_samples(FILES / "trl-1.16.0-step-1.parquet")
    assert (source.format, source.rewards) == ("TRL completions", ("r_a", "r_none", "length_seen"))
    draws = list(source.draws())
    assert [draw.rewards[0] for draw in draws] == [draw.response.count("a") for draw in draws]
    assert [draw.rewards[2] for draw in draws] == [len(draw.response) for draw in draws]
    assert [i for i, draw in enumerate(draws) if np.isnan(draw.rewards[1])] == [0, 3, 6]
    assert {draw.batch for draw in draws} == {"step 1"}
    assert "TRL does not say which completions were cut at the limit" in source.notes


def test_trl_shows_one_generation_in_the_files_of_two_steps():
    pytest.importorskip("pyarrow")
    first, second = (list(open_samples(FILES / f"trl-1.16.0-step-{step}.parquet").draws()) for step in (1, 2))
    assert [(d.task, d.response) for d in first] == [(d.task, d.response) for d in second]
    both = pooled([open_samples(FILES / f"trl-1.16.0-step-{step}.parquet") for step in (1, 2)])
    found = measured(both, beta=0.5)
    assert "training" in [finding.slug for finding in found.findings if finding.serious]

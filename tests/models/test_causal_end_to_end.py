"""From a folder with a model to what its samples say: `sample`, then `coverage`, against the exact values."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from made_causal import MISSING, needs_lm

from explore_theory.cli import main
from explore_theory.exact import soft_dynamics

pytestmark = needs_lm
if not MISSING:
    from explore_theory.models.causal import CausalModel, PrefixTree

BETA, HORIZON = 0.2, 5


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompts.txt").write_text("c\nvc\n")
    (tmp_path / "mine.py").write_text("def right(prompt, response):\n    return 'vv' in response\n")
    return tmp_path


def call(*given, code=0):
    done = CliRunner().invoke(main, list(map(str, given)))
    assert done.exit_code == code, done.output
    return done


def sample(folder, n, *more, code=0):
    given = ("--prompts", "prompts.txt", "--n", n, "--reward", "mine.py:right", "--max-tokens", HORIZON)
    return call("sample", folder, *given, "--threads", 1, *more, code=code).output


def covered(*more):
    found = call("coverage", "samples.jsonl", "--beta", BETA, "--r-values", "0,1", "--json", *more)
    return json.loads(found.stdout)


def test_samples_of_a_gpt_cover_its_exact_coverage(kinds_folder, place):
    said = sample(kinds_folder, 400)
    assert "Drawn: the model's own law" in said
    assert "`generate` would take the likeliest token each time" in said
    assert "800 responses drawn" in said
    assert "a token of a plain pass" in said
    found = covered()
    tree = PrefixTree(CausalModel.open(kinds_folder), prompts=["c", "vc"], horizon=HORIZON, dimension=2)
    problem = tree.verified(lambda _, response: float("vv" in response), beta=BETA)
    exact = float(np.exp(soft_dynamics.log_coverage(problem)))
    low, high = found["worst"]["lo"], found["worst"]["hi"]
    assert low <= exact <= high
    assert high < 4 * low
    assert {finding["slug"] for finding in found["findings"]} <= {"cut", "agreeing"}


def test_a_file_is_gone_on_with(kinds_folder, place):
    sample(kinds_folder, 30)
    first = (place / "samples.jsonl").read_text()
    assert "20 responses drawn, 60 were there" in sample(kinds_folder, 40)
    grown = (place / "samples.jsonl").read_text()
    assert grown.startswith(first)
    (place / "samples.jsonl").unlink()
    sample(kinds_folder, 40, "--batch", 13)
    again = (place / "samples.jsonl").read_text()
    texts = [sorted((r["prompt"], r["draw"], r["response"]) for r in rows(text)) for text in (grown, again)]
    assert texts[0] == texts[1]


def rows(text):
    return [json.loads(line) for line in text.splitlines()[1:]]


def test_a_bent_law_is_written_and_coverage_warns(kinds_folder, place):
    said = sample(kinds_folder, 50, "--temperature", 0.7, "--top-k", 3)
    assert "not the model's own law, but that of temperature 0.7, top-k 3" in said
    header = json.loads((place / "samples.jsonl").read_text().splitlines()[0])
    assert (header["temperature"], header["top_k"]) == (0.7, 3)
    drawn = rows((place / "samples.jsonl").read_text())
    # At a lower temperature what is drawn is likelier by the law that is drawn from.
    assert np.mean([np.sum(row["logprob"]) - row["model_logprob"] for row in drawn]) > 0.1
    slugs = {finding["slug"] for finding in covered()["findings"]}
    assert "decoding" in slugs
    assert "log-probabilities" not in slugs


def test_another_law_is_not_pooled(kinds_folder, place):
    sample(kinds_folder, 5)
    said = sample(kinds_folder, 6, "--top-p", 0.9, code=2)
    assert "of the same law to go on with, got top_p=None in" in said


@pytest.mark.parametrize(
    ("prompts", "says"),
    [
        ("c" * 25, "context of 24 tokens, got 26|context of 24 tokens, got 25"),
        ("c" * 22, "tokens, got 2[23] and 5 tokens to draw"),
        ("C", "tokens for|tokenizer can read"),
        ('{"prompt": [{"role": "user", "content": "c"}]}', "no template for chats"),
    ],
)
def test_prompts_that_do_not_fit_are_refused_before_anything_is_drawn(kinds_folder, place, prompts, says):
    import re

    (place / "prompts.txt").write_text(f"{prompts}\n")
    assert re.search(says, " ".join(sample(kinds_folder, 3, code=2).split()))
    assert not (place / "samples.jsonl").exists()

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


def tree_of(folder):
    return PrefixTree(CausalModel.open(folder), prompts=["c", "vc"], horizon=HORIZON, dimension=2)


def exactly(folder, temperature):
    """Coverage of each prompt, and how likely a pass is, by the law of a temperature: over all responses."""
    model = CausalModel.open(folder)
    coverages, passes = [], []
    for prompt in ("c", "vc"):
        start, passing, whole = model.encoded(prompt), 0.0, 0.0
        growing = [((), 1.0)]
        for h in range(HORIZON):
            logs = model.law([(*start, *tokens) for tokens, _ in growing]) / temperature
            q = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)
            following = []
            for (tokens, mass), law in zip(growing, q, strict=True):
                for token, p in enumerate(law):
                    grown = (*tokens, token)
                    if token in model.ends or h + 1 == HORIZON:
                        whole += mass * p
                        passing += mass * p * ("vv" in model.spelled(grown, start))
                    else:
                        following.append((grown, mass * p))
            growing = following
        assert whole == pytest.approx(1)
        coverages.append(np.exp(1 / BETA) / (1 + passing * np.expm1(1 / BETA)))
        passes.append(passing)
    return np.array(coverages), np.array(passes)


def test_samples_of_a_gpt_cover_its_exact_coverage(kinds_folder, place):
    said = sample(kinds_folder, 400)
    assert "Drawn: the model's own law" in said
    assert "`generate` would take the likeliest token each time" in said
    assert "800 responses drawn" in said
    assert "a token of a plain pass" in said
    found = covered()
    problem = tree_of(kinds_folder).verified(lambda _, response: float("vv" in response), beta=BETA)
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


@pytest.mark.parametrize("bend", [{"temperature": 0.7}, {"temperature": 1.5, "top_k": 3}, {"min_p": 0.2}])
def test_a_bent_law_is_logged_token_by_token_beside_the_models_own(kinds_folder, place, bend):
    """Both from the definition: softmax of the logits over the temperature, cut, over what is left."""
    options = [part for name, value in bend.items() for part in (f"--{name.replace('_', '-')}", value)]
    assert "not the model's own law, but that of" in sample(kinds_folder, 6, *options)
    model = CausalModel.open(kinds_folder)
    drawn = rows((place / "samples.jsonl").read_text())
    assert any(row["logprob"] != row["sampling_logprob"] for row in drawn)
    for row in drawn:
        prefix = list(model.encoded(row["prompt"]))
        for token, own, of_drawn in zip(row["ids"], row["logprob"], row["sampling_logprob"], strict=True):
            p = np.exp(model.law([prefix])[0])
            q = p ** (1 / bend.get("temperature", 1))
            if "top_k" in bend:
                q[q < np.sort(q)[-bend["top_k"]]] = 0
            q[q < bend.get("min_p", 0) * q.max()] = 0
            assert own == pytest.approx(np.log(p[token]), abs=1e-4)
            assert of_drawn == pytest.approx(np.log(q[token] / q.sum()), abs=1e-4)
            prefix.append(token)


@pytest.mark.parametrize("more", [(), ("--temperature", 0.7), ("--temperature", 1.3)])
def test_samples_of_any_temperature_cover_the_models_exact_values(kinds_folder, place, more):
    """What is drawn by a bent law is told of the model's own, and of what was drawn with --as-drawn."""
    sample(kinds_folder, 400, *more)
    problem = tree_of(kinds_folder).verified(lambda _, response: float("vv" in response), beta=BETA)
    own, bent = (exactly(kinds_folder, temperature) for temperature in (1.0, more[1] if more else 1.0))
    assert np.exp(soft_dynamics.log_coverage(problem)) == pytest.approx(max(own[0]), rel=1e-4)
    found, drawn = covered("--k", "1,2"), covered("--k", "1,2", "--as-drawn")
    for told, (coverages, passes) in ((found, own), (drawn, bent)):
        assert [task["task"] for task in told["tasks"]] == ["c", "vc"]
        for task, exact in zip(told["tasks"], coverages, strict=True):
            assert task["coverage"]["lo"] <= exact <= task["coverage"]["hi"] < 6 * task["coverage"]["lo"]
        for interval in told["pass_at_k"]:
            assert interval["lo"] <= np.mean(1 - (1 - passes) ** interval["k"]) <= interval["hi"]
        assert told["pass_at_k"][0]["value"] == pytest.approx(np.mean(passes), abs=0.1)
    slugs = {finding["slug"] for finding in found["findings"]}
    assert slugs <= {"cut", "agreeing"} | ({"reweighted"} if more else set())
    assert ("decoding" in {finding["slug"] for finding in drawn["findings"]}) == bool(more)


def test_what_a_cut_leaves_out_moves_the_ends_apart_and_is_told(kinds_folder, place):
    sample(kinds_folder, 200, "--top-k", 2)
    found, (coverages, _) = covered(), exactly(kinds_folder, 1.0)
    for task, exact in zip(found["tasks"], coverages, strict=True):
        assert task["coverage"]["lo"] <= exact <= task["coverage"]["hi"]
    said = {finding["slug"]: finding["says"] for finding in found["findings"]}
    assert "what top-k 2 cuts off was never drawn" in said["reweighted"]
    assert "weights" not in said


def test_a_cut_of_nothing_is_said_and_is_none(kinds_folder, place):
    """What is drawn, written and measured is what it is without."""
    sample(kinds_folder, 20)
    plain = (place / "samples.jsonl").read_bytes()
    said = sample(kinds_folder, 20, "--top-k", 4, "--top-p", 1, "--out", "cut.jsonl")
    assert "Drawn: the model's own law" in said
    assert "--top-k 4 cuts nothing: the model has 4 tokens." in said
    assert (place / "cut.jsonl").read_bytes() == plain
    assert "cuts nothing" not in sample(kinds_folder, 20, "--top-k", 3, "--out", "more.jsonl")


def test_another_law_is_not_pooled(kinds_folder, place):
    sample(kinds_folder, 5)
    said = sample(kinds_folder, 6, "--top-p", 0.9, code=2)
    assert "of the same law to go on with, got top_p=1.0 in" in said


@pytest.mark.parametrize(
    ("prompts", "says"),
    [
        ("c" * 25, "prompts must fit into the context of 24 tokens, got 2[56] and 5 tokens to draw"),
        ("c" * 22, r"tokens, got 2[23] and 5 tokens to draw, at most \(--max-tokens\), for 'c{22}'"),
        ("C", "tokens for|tokenizer can read"),
        ('{"prompt": [{"role": "user", "content": "c"}]}', "no template for chats"),
    ],
)
def test_prompts_that_do_not_fit_are_refused_before_anything_is_drawn(kinds_folder, place, prompts, says):
    import re

    (place / "prompts.txt").write_text(f"{prompts}\n")
    assert re.search(says, " ".join(sample(kinds_folder, 3, code=2).split()))
    assert not (place / "samples.jsonl").exists()

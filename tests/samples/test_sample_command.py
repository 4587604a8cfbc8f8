"""`explore-theory sample` without any library of language models: files that grow, refusals, what is told."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from explore_theory.cli import main
from explore_theory.errors import InvalidProblem
from explore_theory.models import NGram
from explore_theory.models.causal import Decoding, Job, Response
from explore_theory.samples import BINARY, measured, open_samples, pooled
from explore_theory.samples.drawing.drawing import OfCausal, OfNGram, draw_into
from explore_theory.samples.drawing.growing import GrowingFile
from explore_theory.samples.drawing.prompts import Prompt, read_prompts
from explore_theory.samples.drawing.rewarding import reward_at
from explore_theory.samples.draws import Law

TEXT = "the cat that sat on the mat ate the rat " * 3
PROMPTS = [Prompt("the ", None), Prompt("a", "second")]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text(TEXT)
    (tmp_path / "prompts.txt").write_text("the \na\n")
    (tmp_path / "mine.py").write_text("def right(prompt, response):\n    return response.count('t') > 1\n")
    return tmp_path


def run(*more, code=0):
    given = [
        "sample",
        "--ngram",
        "text.txt",
        "--prompts",
        "prompts.txt",
        "--n",
        "5",
        "--reward",
        "mine.py:right",
    ]
    done = CliRunner().invoke(main, [*given, "--max-tokens", "6", *more])
    assert done.exit_code == code, done.output
    return done.output


def records(path="samples.jsonl"):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def sampler(seed=0, together=3):
    return OfNGram(model=NGram.fit(TEXT, 3), name="n", length=6, seed=seed, together=together)


def drawn(path, count, **settings):
    model = sampler(**settings)
    with GrowingFile(path, model.law) as file:
        return draw_into(file, model, PROMPTS, count, lambda prompt, response: float("t" in response))


def test_what_is_written_is_what_the_reader_reads(place):
    said = run()
    assert "10 responses drawn: 60 tokens in" in said
    assert "the model's own law" in said
    header, *rows = records()
    assert header["temperature"] == 1
    assert header["max_tokens"] == 6
    source = open_samples("samples.jsonl")
    draws = list(source.draws())
    model = NGram.fit(TEXT, 3)
    assert [d.task for d in draws] == ["the "] * 5 + ["a"] * 5
    for draw, row in zip(draws, rows, strict=True):
        assert draw.rewards == (float(draw.response.count("t") > 1),)
        assert draw.logprob == pytest.approx(model.log_probability(draw.response, draw.task), abs=1e-5)
        assert draw.tokens == 6
        assert draw.finished is False
        assert model.spelled(row["ids"]) == draw.response
    assert source.law.model == header["model"]
    assert not source.notes


def test_the_whole_law_is_told_so_that_coverage_has_nothing_to_ask(place):
    run()
    law = open_samples("samples.jsonl").law
    assert (law.temperature, law.top_p, law.top_k, law.min_p) == (1, 1, 0, 0)
    found = measured(pooled([open_samples("samples.jsonl")]), beta=0.1, known=BINARY)
    assert "decoding-unknown" not in {finding.slug for finding in found.findings}


def test_every_cut_is_in_the_header(tmp_path):
    bent = Decoding(temperature=0.5, top_k=2, top_p=0.9, min_p=0.1)
    made = OfCausal(model=Spelled(True), decoding=bent, max_tokens=3, seed=4, together=1)
    with GrowingFile(tmp_path / "out", made.law) as file:
        file.add([{"prompt": "x", "response": "a", "reward": 1}])
    source = open_samples(tmp_path / "out")
    assert len(list(source.draws())) == 1
    told = Law(temperature=0.5, top_k=2, top_p=0.9, min_p=0.1, max_tokens=3, model="m", seed=4)
    assert source.law == told


class Spelled:
    """A model of three tokens, as `OfCausal` asks it; `whole`: whether its tokens spell texts."""

    name, texts, vocabulary = "m", ("</s>", "a", "b"), 3

    def __init__(self, whole):
        self.whole = whole

    def spelled(self, tokens, after=()):
        return "".join(self.texts[token] for token in tokens if token)

    def pieces(self, tokens, after=()):
        return [self.texts[token] for token in tokens if token] if self.whole else None

    def token(self, number):
        return self.texts[number]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_logprob_is_the_models_and_sampling_logprob_that_of_what_was_drawn(tmp_path, whole, temperature):
    """`coverage` weighs draws by these two, and takes `logprob` alone where the model's own law was drawn."""
    own, of_drawn = np.log([0.5, 0.25, 0.125]), np.log([0.75, 0.5, 0.25])
    bent = temperature != 1
    made = OfCausal(
        model=Spelled(whole),
        decoding=Decoding(temperature=temperature),
        max_tokens=3,
        seed=0,
        together=1,
    )
    response = Response(0, 0, (1, 2, 0), own, of_drawn if bent else own, True)
    with GrowingFile(tmp_path / "out", made.law) as file:
        file.add([{"prompt": "x", "reward": 1, **made._record(response, (1,)), "draw": 0}])
    (draw,) = open_samples(tmp_path / "out").draws()
    assert (draw.response, draw.tokens, draw.finished) == ("ab", 3, True)
    assert draw.logprob == pytest.approx(own.sum(), abs=1e-6)
    if bent:
        assert draw.sampling_logprob == pytest.approx(of_drawn.sum(), abs=1e-6)
    else:
        assert draw.sampling_logprob is None


@pytest.mark.parametrize("nothing", [{"top_k": 3}, {"top_k": 50}, {"top_p": 1.0}, {"top_k": 4, "top_p": 1.0}])
def test_what_cuts_nothing_is_told_as_no_cut(tmp_path, nothing):
    """`coverage` would weigh draws for it, or refuse them."""
    made = OfCausal(model=Spelled(True), decoding=Decoding(**nothing), max_tokens=3, seed=0, together=1)
    assert made.decoding.neutral
    assert (made.law["top_k"], made.law["top_p"]) == (0, 1)
    logs = np.log([0.5, 0.25, 0.125])
    assert "sampling_logprob" not in made._record(Response(0, 0, (1, 2, 0), logs, logs, True), (1,))


def test_a_file_is_gone_on_with_and_no_draw_is_repeated(tmp_path):
    """Two runs write what one would have; draws of a number are the same in any run."""
    first = drawn(tmp_path / "parts", 4)
    more = drawn(tmp_path / "parts", 7, together=5)
    assert (first.draws, first.there, more.draws, more.there) == (8, 0, 6, 8)
    drawn(tmp_path / "whole", 7)
    parts, whole = (records(tmp_path / name) for name in ("parts", "whole"))
    assert parts[0] == whole[0]
    assert sorted(map(json.dumps, parts)) == sorted(map(json.dumps, whole))
    assert drawn(tmp_path / "whole", 7).draws == 0


def test_a_line_that_was_broken_off_is_drawn_again(place):
    run()
    path = place / "samples.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert "was broken off" in run()
    assert path.read_bytes() == whole


def test_an_interruption_leaves_whole_lines(tmp_path):
    """Also one that comes while lines are written."""
    path, model, calls = tmp_path / "out", sampler(), []

    def reward(prompt, response):
        calls.append(response)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return 1.0

    with pytest.raises(KeyboardInterrupt), GrowingFile(path, model.law) as file:
        draw_into(file, model, PROMPTS, 5, reward)
    # The second batch of three is scored but for its last.
    assert len(records(path)) == 1 + 7
    with GrowingFile(path, model.law) as file:
        file.add([{"prompt": "x", "response": "y", "reward": 1, "draw": 0}])
        file._file.write(b'{"prompt": "half')
    assert len(records(path)) == 1 + 7 + 1
    path.unlink()
    drawn(path, 5)
    assert len(records(path)) == 11


@pytest.mark.parametrize("there", [True, False])
def test_two_runs_at_once_do_not_write_over_each_other(tmp_path, there):
    path, model = tmp_path / "out", sampler()
    if there:
        drawn(path, 2)
    with GrowingFile(path, model.law) as first, GrowingFile(path, model.law) as second:
        draw_into(first, model, PROMPTS, 4, lambda prompt, response: 1.0)
        with pytest.raises(InvalidProblem, match="one run at a time, got another that writes"):
            draw_into(second, model, PROMPTS, 6, lambda prompt, response: 1.0)
    assert len(records(path)) == 1 + 8
    assert drawn(path, 6).draws == 4


def test_a_file_is_locked_before_a_line_of_it_is_written(tmp_path):
    """Its size alone would not tell that another run has begun."""
    pytest.importorskip("fcntl")
    path, model = tmp_path / "out", sampler()
    drawn(path, 2)
    with GrowingFile(path, model.law) as first, GrowingFile(path, model.law) as second:
        first.add([])
        with pytest.raises(InvalidProblem, match="one run at a time"):
            second.add([])


def test_a_file_that_grew_since_it_was_read_is_not_written(tmp_path):
    """The other run has ended, and no lock tells of it."""
    path, model = tmp_path / "out", sampler()
    drawn(path, 2)
    with GrowingFile(path, model.law) as late:
        drawn(path, 4)
        with pytest.raises(InvalidProblem, match="one run at a time"):
            draw_into(late, model, PROMPTS, 6, lambda prompt, response: 1.0)
    assert drawn(path, 4).there == 8


def test_draws_do_not_depend_on_what_is_drawn_beside_them(tmp_path):
    for name, together in (("a", 1), ("b", 100)):
        drawn(tmp_path / name, 6, together=together)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    texts = [row["response"] for row in records(tmp_path / "a")[1:]]
    assert len(set(texts)) > 6
    drawn(tmp_path / "c", 6, seed=1)
    assert [row["response"] for row in records(tmp_path / "c")[1:]] != texts


def test_one_stream_for_each_draw_has_the_law_of_the_model(tmp_path):
    model = NGram.fit(TEXT, 2)
    many = OfNGram(model=model, name="n", length=1, seed=0, together=4000)
    (batch,) = many.draws(["t"], [Job(0, i) for i in range(4000)])
    counts = np.bincount([record["ids"][0] for record in batch], minlength=model.tokens) / 4000
    assert np.abs(counts - model.law[model.state("t")]).max() < 5 * np.sqrt(0.25 / 4000)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--seed", "1"], "of the same law to go on with, got seed=0 in"),
        (["--order", "2"], "got model='NGram order 3"),
        (["--max-tokens", "7"], "got max_tokens=6 in"),
    ],
)
def test_a_file_of_another_law_is_not_gone_on_with(place, more, says):
    run()
    before = (place / "samples.jsonl").read_bytes()
    assert says in run(*more, code=2)
    assert (place / "samples.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            b'{"prompt": "a", "response": "b", "reward": 1}\n',
            "out must be a new file, or one that `sample` wrote",
        ),
        (b"something else\n", "samples.jsonl:1"),
        (None, "without a prompt or the number of its draw"),
    ],
)
def test_a_file_of_something_else_is_left_alone(place, content, says):
    path = place / "samples.jsonl"
    if content is None:
        run()
        content = path.read_bytes().replace(b'"draw": 3', b'"draw": "3"')
    path.write_bytes(content)
    assert says in " ".join(run(code=2).split())
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("change", "more", "says"),
    [
        ({"mine.py": "def right(prompt): return 1"}, [], "reward must take two arguments"),
        ({"mine.py": "right = 3"}, [], "reward must be a function of mine.py, got none of the name 'right'"),
        ({"mine.py": "1/0"}, [], "reward must be in a file that runs, got ZeroDivisionError"),
        ({"mine.py": "def right(p, r): return 'one'"}, [], "reward must be a finite number, or None"),
        ({"mine.py": "def right(p, r): return '1'"}, [], "reward must be a finite number, or None"),
        ({"mine.py": "def right(p, r): return float('nan')"}, [], "reward must be a finite number, or None"),
        ({"mine.py": "def right(p, r): raise KeyError(3)"}, [], "reward must not fail, got KeyError: 3"),
        ({}, ["--reward", "other.py:right"], "reward must be in a Python file that is there, got 'other.py'"),
        ({}, ["--reward", "right"], "reward must be FILE.py:FUNCTION, got 'right'"),
        ({"prompts.txt": "\n\n"}, [], "prompts must hold one at least"),
        (
            {"prompts.txt": "a\nb\na\n"},
            [],
            "must be distinct (both would have the same draws), got lines 1 and 3",
        ),
        ({"prompts.txt": "?\n"}, [], "got '?'"),
        ({"prompts.txt": '{"prompt": "a"}\n[1]\n'}, [], "a JSON object a line, got prompts.txt:2"),
        (
            {"prompts.txt": '{"prompt": 3}'},
            [],
            "prompt must be a text or messages of a chat, got prompts.txt:1",
        ),
        ({"prompts.txt": '{"prompt": "a", "task": [1]}'}, [], "task must be a name or a number"),
        (
            {"prompts.txt": '{"prompt": [{"role": "user", "content": "a"}]}'},
            [],
            "must be texts for an n-gram",
        ),
        ({}, ["--prompts", "none.txt"], "prompts must be a readable file, got 'none.txt'"),
        ({}, ["--out", "nowhere/out.jsonl"], "out must lie in a folder that exists"),
        (
            {},
            ["--temperature", "-1"],
            "temperature must be 0, for the likeliest token, or finite and above it",
        ),
        ({}, ["--temperature", "0.7"], "no temperature or cut goes with it"),
        ({}, ["--top-k", "3"], "no temperature or cut goes with it"),
        ({}, ["--min-p", "0.1"], "no temperature or cut goes with it"),
        ({}, ["--top-p", "0.9"], "no temperature or cut goes with it"),
        ({}, ["--top-p", "1.5"], "top_p must lie in (0, 1], got top_p=1.5"),
        ({}, ["--device", "cpu"], "--device must go with MODEL_DIR, which it is about, got none"),
        ({}, ["--batch", "64", "--threads", "2"], "--batch, --threads must go with MODEL_DIR"),
        ({}, ["--dtype", "float32"], "--dtype must go with MODEL_DIR"),
        ({}, ["folder"], "exactly one of MODEL_DIR and --ngram must be given, got both"),
    ],
)
def test_mistakes_are_a_line_and_write_nothing(place, change, more, says):
    for name, text in change.items():
        (place / name).write_text(text)
    said = run(*more, code=2)
    assert says in " ".join(said.split())
    assert "Traceback" not in said
    assert not (place / "samples.jsonl").exists()


def test_settings_that_bend_nothing_go_with_an_ngram_model(place):
    plain = run()
    same = run("--temperature", "1", "--top-p", "1", "--top-k", "1000", "--out", "more.jsonl")
    assert "the model's own law" in plain
    assert "cuts nothing" not in plain
    assert "--top-k 1000 cuts nothing: the model has " in same
    assert (place / "more.jsonl").read_bytes() == (place / "samples.jsonl").read_bytes()


def test_the_order_of_an_ngram_model_is_refused_of_another(place):
    given = ["sample", "folder", "--prompts", "prompts.txt", "--n", "5", "--reward", "mine.py:right"]
    done = CliRunner().invoke(main, [*given, "--order", "3"])
    assert done.exit_code == 2
    assert "--order must go with --ngram, which it is about, got none" in done.output


def test_a_folder_that_is_no_model_is_a_line(place):
    given = ["sample", "nowhere", "--prompts", "prompts.txt", "--n", "5", "--reward", "mine.py:right"]
    done = CliRunner().invoke(main, given)
    assert done.exit_code == 2
    assert "model must be a folder that is there, got 'nowhere'" in done.output


def test_prompts_are_lines_or_records(tmp_path):
    path = tmp_path / "p"
    path.write_bytes("\ufefftwo words \r\n\r\n  indented\n".encode())
    assert read_prompts(path) == [Prompt("two words ", None), Prompt("  indented", None)]
    chat = [{"role": "user", "content": "hi"}]
    path.write_text(json.dumps({"prompt": "a", "task": 3}) + "\n" + json.dumps({"prompt": chat}) + "\n")
    assert read_prompts(path) == [Prompt("a", 3), Prompt(chat, None)]
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidProblem, match="UTF-8"):
        read_prompts(path)


def test_what_is_not_scored_is_null(place):
    (place / "mine.py").write_text(
        "def right(prompt, response):\n    return None if 't' in response else True\n"
    )
    run()
    rewards = [row["reward"] for row in records()[1:]]
    assert None in rewards
    drawn = list(open_samples("samples.jsonl").draws())
    assert [np.isnan(draw.rewards[0]) for draw in drawn] == [reward is None for reward in rewards]


def test_a_reward_finds_what_lies_beside_it(tmp_path):
    (tmp_path / "helper_of_reward.py").write_text("VALUE = 2.5\n")
    (tmp_path / "mine.py").write_text("from helper_of_reward import VALUE\ndef f(p, r):\n    return VALUE\n")
    assert reward_at(f"{tmp_path / 'mine.py'}:f")("p", "r") == 2.5

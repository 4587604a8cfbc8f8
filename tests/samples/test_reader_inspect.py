"""Inspect logs: scores of every kind, errors, epochs, settings, log-probabilities, in both of its files."""

import json
import math
import zipfile

import made_samples as made
import pytest

from explore_theory.errors import InvalidProblem
from explore_theory.samples.draws import Law
from explore_theory.samples.readers import open_samples

both = pytest.mark.parametrize("make", [made.inspect_json, made.inspect_zip])


def sample(value, epoch=1, **more):
    return made.inspect_sample("t", epoch, "yes", value, **more)


def rewards(source):
    return [draw.rewards for draw in source.draws()]


@both
def test_epochs_are_draws_and_settings_the_law(tmp_path, make):
    source = open_samples(make(tmp_path / "file"))
    assert source.law == Law(temperature=0.7, top_p=0.9, max_tokens=64, model="mockllm/model")
    draws = list(source.draws())
    assert [(draw.task, draw.batch) for draw in draws[:3]] == [
        ("sums/q0", "epoch 1"),
        ("sums/q0", "epoch 2"),
        ("sums/q0", "epoch 3"),
    ]
    assert {(draw.tokens, draw.finished) for draw in draws} == {(8, True)}
    assert source.notes == []


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("C", 1),
        ("I", 0),
        ("P", 0.5),
        ("N", 0),
        (True, 1),
        (0.25, 0.25),
        (-3, -3),
        ("yes", 1),
        ("False", 0),
        ("2.5", 2.5),
    ],
)
def test_values_are_what_inspect_makes_of_them(tmp_path, value, number):
    assert rewards(open_samples(made.inspect_json(tmp_path / "file", [sample(value)]))) == [(number,)]


@pytest.mark.parametrize("value", ["A", "c", [1, 0], "inf"])
def test_what_inspect_would_take_for_zero_is_refused(tmp_path, value):
    with pytest.raises(InvalidProblem, match="none has a score that is a number"):
        open_samples(made.inspect_json(tmp_path / "file", [sample(value)]))
    path = made.inspect_json(tmp_path / "file", [sample("C"), sample(value, 2)])
    with pytest.raises(InvalidProblem, match=r"samples\[1\]: reward 'includes' must be"):
        rewards(open_samples(path))
    assert rewards(open_samples(path, skip_bad=True)) == [(1.0,)]


def test_a_scorer_with_several_values_has_a_reward_for_each(tmp_path):
    scores = {"two": {"value": {"a": "C", "b": 0.5}}, "text": {"value": "A"}}
    source = open_samples(made.inspect_json(tmp_path / "file", [sample("I", scores=scores)] * 2))
    assert source.rewards == ("two/a", "two/b")
    assert rewards(source) == [(1.0, 0.5)] * 2
    assert source.notes == ["scores that are left out: text"]


@both
def test_errors_are_failures_unless_told_otherwise(tmp_path, make):
    broken = sample("C", 2) | {"scores": {}, "error": {"message": "boom"}}
    path = make(tmp_path / "file", [sample("C"), broken])
    source = open_samples(path)
    assert rewards(source) == [(1.0,), (0.0,)]
    assert source.notes == ["1 sample ended in an error: taken as failed, reward 0"]
    source = open_samples(path, prefer={"errors": "unscored"})
    assert str(rewards(source)) == "[(1.0,), (nan,)]"
    assert "taken as unscored" in source.notes[0]
    with pytest.raises(InvalidProblem, match="errors must be one of failed, unscored"):
        open_samples(path, prefer={"errors": "dropped"})


def test_an_error_after_which_there_is_a_score_keeps_it(tmp_path):
    source = open_samples(made.inspect_json(tmp_path / "file", [sample("C", error={"message": "late"})]))
    assert rewards(source) == [(1.0,)]


def test_samples_without_a_score_are_unscored_and_the_names_come_from_one_that_has_it(tmp_path):
    samples = [sample("C") | {"scores": None}, sample("C", 2), sample(math.nan, 3)]
    source = open_samples(made.inspect_json(tmp_path / "file", samples))
    assert str(rewards(source)) == "[(nan,), (1.0,), (nan,)]"
    assert source.notes == ["2 samples without a score 'includes'"]


@both
def test_a_log_without_any_score_is_refused(tmp_path, make):
    with pytest.raises(InvalidProblem, match="2 samples of which none has a score"):
        open_samples(make(tmp_path / "file", [sample("C", n) | {"scores": {}} for n in (1, 2)]))


@pytest.mark.parametrize(
    ("change", "finished"),
    [
        ({"output": {"choices": [{"stop_reason": "max_tokens", "message": {"content": "yes"}}]}}, False),
        ({"output": {"choices": [{"stop_reason": "tool_calls", "message": {"content": "yes"}}]}}, None),
        ({"limit": {"type": "token", "limit": 9}}, False),
        ({"output": {"choices": []}}, None),
    ],
)
def test_what_ended_it(tmp_path, change, finished):
    (draw,) = open_samples(made.inspect_json(tmp_path / "file", [sample("C") | change])).draws()
    assert draw.finished is finished


def with_tokens(tokens, text="yes", **more):
    content = [{"token": token, "logprob": -0.5, "top_logprobs": []} for token in tokens]
    choice = {
        "message": {"role": "assistant", "content": text},
        "stop_reason": "stop",
        "logprobs": {"content": content},
    }
    return sample("C") | {"output": {"choices": [choice], "completion": text}} | more


def test_log_probabilities_whose_tokens_spell_the_response(tmp_path):
    (draw,) = open_samples(made.inspect_json(tmp_path / "file", [with_tokens(["y", "es", "</s>"])])).draws()
    assert draw.logprob == -1.5
    with pytest.raises(
        InvalidProblem, match=r"samples\[0\]: tokens must spell the response, got 'n' as token 0"
    ):
        list(open_samples(made.inspect_json(tmp_path / "file", [with_tokens(["n", "o"])])).draws())


def test_of_several_turns_there_is_no_log_probability(tmp_path):
    turns = [{"role": "user", "content": "q"}] + [{"role": "assistant", "content": "yes"}] * 2
    source = open_samples(made.inspect_json(tmp_path / "file", [with_tokens(["yes"], messages=turns)]))
    assert [draw.logprob for draw in source.draws()] == [None]
    assert "of several turns" in source.notes[0]


def test_parts_of_a_content_are_one_response(tmp_path):
    parts = [{"type": "reasoning", "reasoning": "hm "}, {"type": "text", "text": "yes"}]
    output = {"choices": [{"message": {"content": parts}, "stop_reason": "stop"}]}
    (draw,) = open_samples(made.inspect_json(tmp_path / "file", [sample("C", output=output)])).draws()
    assert draw.response == "hm yes"


def test_a_run_that_did_not_end_is_read_and_that_is_said(tmp_path):
    source = open_samples(made.inspect_zip(tmp_path / "file", header="none"))
    assert source.law.temperature == 0.7
    assert made.told(source) == [[(text, float(won)) for text, won in made.of(task)] for task in made.TASKS]
    assert "status 'started'" in source.notes[0]
    source = open_samples(made.inspect_json(tmp_path / "file", header=made.HEADER | {"status": "error"}))
    rewards(source)
    assert "status 'error'" in source.notes[0]


def test_invalid_samples_are_counted_and_that_is_said(tmp_path):
    source = open_samples(made.inspect_json(tmp_path / "file", [sample("C", invalidation={"author": "a"})]))
    assert rewards(source) == [(1.0,)]
    assert "1 sample marked invalid" in source.notes[0]


def test_a_malformed_sample_is_named_by_its_member(tmp_path):
    path = made.inspect_zip(tmp_path / "file", [sample("C"), sample("C", 2)])
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("samples/x_epoch_1.json", json.dumps({"epoch": 1, "scores": {}}))
        file.writestr("samples/y_epoch_1.json", "[]")
    with pytest.raises(InvalidProblem, match=r"samples/x_epoch_1.json: field 'id' is missing"):
        rewards(open_samples(path))
    source = open_samples(path, skip_bad=True)
    assert rewards(source) == [(1.0,)] * 2
    assert source.skipped == 2


@both
@pytest.mark.parametrize(
    ("header", "says"),
    [
        (
            {"eval": {"model_generate_config": {"temperature": "hot"}}},
            "temperature must be a number, got 'hot'",
        ),
        ({"eval": {"task": "t"}, "plan": {"config": []}}, "field 'config' must be an object"),
    ],
)
def test_a_malformed_header_is_refused(tmp_path, make, header, says):
    with pytest.raises(InvalidProblem, match=says):
        open_samples(make(tmp_path / "file", [sample("C")], made.HEADER | header))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_was_written_again_is_counted_once(tmp_path):
    path = made.inspect_zip(tmp_path / "file", [sample("C")])
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("samples/t_epoch_1.json", json.dumps(sample("I")))
    assert rewards(open_samples(path)) == [(0.0,)]

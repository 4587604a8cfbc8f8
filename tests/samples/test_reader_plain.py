"""The plain form: its header, its fields, log-probabilities whose tokens must spell the response."""

import json
import math
from dataclasses import replace

import made_samples as made
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.samples.draws import Law
from explore_theory.samples.readers import fields, open_samples
from explore_theory.samples.readers.records import BadRecord

HEADER = {"format": "explore-theory samples", "version": 1, "temperature": 0.7, "top_k": 50, "model": "m"}
ROW = {"prompt": "p", "response": "yes", "reward": 0.25}


def opened(tmp_path, *records):
    return open_samples(made.lines(tmp_path / "file", records))


def test_a_header_tells_the_law(tmp_path):
    source = opened(tmp_path, HEADER, ROW)
    assert source.law == Law(temperature=0.7, top_k=50, model="m")
    assert [draw.rewards for draw in source.draws()] == [(0.25,)]
    assert opened(tmp_path, ROW).law == Law()
    # And what scored the responses, beside it.
    for reward in ("mine.py:right 5f0c", None):
        assert opened(tmp_path, HEADER | {"reward": reward}, ROW).law == replace(source.law, judge=reward)


def test_a_header_may_be_there_again_but_not_another(tmp_path):
    assert len(list(opened(tmp_path, HEADER, ROW, HEADER, ROW).draws())) == 2
    for second in (HEADER | {"temperature": 1.0}, {"format": HEADER["format"], "version": 1}):
        with pytest.raises(InvalidProblem, match=r"one law, got another header at .*:3"):
            list(opened(tmp_path, HEADER, ROW, second).draws())
    with pytest.raises(InvalidProblem, match="one law"):
        list(opened(tmp_path, ROW, HEADER, ROW).draws())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"version": 2}, "version must be 1, got version=2"),
        ({"temprature": 1.0}, "got 'temprature'"),
        ({"temperature": "hot"}, "temperature must be a setting of its kind"),
        ({"top_k": 1.5}, "top_k must be"),
        ({"seed": True}, "seed must be"),
        ({"reward": 1.0}, "reward must be a name in a header, got reward=1.0"),
        ({"temperature": math.nan}, "temperature must be"),
    ],
)
def test_a_header_that_is_not_understood_is_refused(tmp_path, change, says):
    with pytest.raises(InvalidProblem, match=says):
        opened(tmp_path, HEADER | change, ROW)


def test_every_field_arrives(tmp_path):
    record = ROW | {"task": "t", "logprob": -3.5, "sampling_logprob": -2.5, "tokens": 4, "finished": False}
    (draw,) = opened(tmp_path, record).draws()
    assert draw == ("t", (0.25,), "yes", -3.5, 4, False, "", f"{tmp_path / 'file'}:1", -2.5)


def test_null_is_not_there(tmp_path):
    names = ("response", "logprob", "tokens", "finished", "task")
    (draw,) = opened(tmp_path, {"prompt": "p", "reward": None} | dict.fromkeys(names)).draws()
    assert math.isnan(draw.rewards[0])
    assert draw[2:6] == (None, None, None, None)
    assert draw.task == "p"


def test_messages_of_a_chat_are_a_prompt(tmp_path):
    chat = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
    one = [{"role": "assistant", "content": "yes"}]
    (draw,) = opened(tmp_path, {"prompt": chat, "completion": one, "reward": 1}).draws()
    assert draw.task == "system: s\nuser: u"
    assert draw.response == "yes"


def test_a_log_probability_that_is_a_number_is_believed_and_that_is_said(tmp_path):
    source = opened(tmp_path, ROW | {"logprob": -2.0})
    assert [draw.logprob for draw in source.draws()] == [-2.0]
    assert source.notes == [
        "log-probabilities are taken as given: without tokens it cannot be seen whose they are"
    ]


def test_tokens_that_spell_the_response_give_its_log_probability(tmp_path):
    source = opened(
        tmp_path,
        ROW | {"tokens": ["y", "e", "s"], "logprob": [-1.0, -0.5, -0.25]},
        ROW | {"tokens": ["ye", "s", "<|im_end|>"], "logprob": [-1.0, -0.5, -0.125]},
    )
    assert [(draw.logprob, draw.tokens) for draw in source.draws()] == [(-1.75, 3), (-1.625, 3)]
    assert source.notes == []


@pytest.mark.parametrize(
    ("tokens", "says"),
    [
        (["y", "a", "s"], "got 'a' as token 1, where it has 'e'"),
        (["y", "e"], "as many, got 2 and 3"),
        (["ye", "s", "!"], "got '!' as token 2, where it has ''"),
        (["yes", "</s>", "</s>"], "got '</s>' as token 1"),
        (["y", "e", ""], "ending before 's'"),
        (["y", 5, "s"], "tokens must be texts, got 5"),
        (["<s>", "ye", "s"], "got '<s>' as token 0"),
    ],
)
def test_tokens_that_do_not_spell_it_are_refused_at_the_first(tmp_path, tokens, says):
    with pytest.raises(InvalidProblem, match=r":1: .*") as caught:
        list(opened(tmp_path, ROW | {"tokens": tokens, "logprob": [-1.0, -1.0, -1.0]}).draws())
    assert says in str(caught.value)


@given(st.lists(st.text(), min_size=1, max_size=6), st.data())
def test_any_other_token_is_noticed(tokens, data):
    response = "".join(tokens)
    logs = [-1.0] * len(tokens)
    assert fields.spelled(response, tokens, logs) == -len(tokens)
    at = data.draw(st.integers(0, len(tokens) - 1))
    # As long as the one that was drawn, where there is one: only the sign itself tells.
    instead = "y" if tokens[at][:1] == "x" else "x"
    other = [*tokens[:at], instead + tokens[at][1:], *tokens[at + 1 :]]
    with pytest.raises(BadRecord):
        fields.spelled(response, other, logs)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**300), 10**300) | st.booleans())
def test_numbers_arrive_as_they_are_written(number):
    assert fields.reward("r", json.loads(json.dumps(number))) == float(number)

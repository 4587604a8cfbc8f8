"""What makes logs lie is found, and what does not is not."""

import math

import numpy as np
import pytest
from toys import Draw, Law, draw, pool, source

from explore_theory.foundation.streams import Streams
from explore_theory.samples.findings import findings
from explore_theory.samples.pool import pooled


def slugs(made):
    return [finding.slug for finding in findings(made)]


def plain(n=40, **more):
    coins = Streams(("tests", "findings"), range(2)).uniform(n)
    return [draw(f"t{i}", coin < 0.5, f"r{coin}", **more) for i, row in enumerate(coins) for coin in row]


NEUTRAL = Law(temperature=1.0, top_p=1.0, top_k=0)


def test_plain_samples_of_the_model_have_none():
    assert slugs(pool(plain(), law=NEUTRAL)) == []


@pytest.mark.parametrize(
    ("law", "says"),
    [
        (Law(temperature=0.7), "temperature 0.7"),
        (Law(temperature=1.0, top_p=0.95), "top-p 0.95"),
        (Law(temperature=1.0, top_k=50), "top-k 50"),
        (Law(temperature=1.0, min_p=0.05), "min-p 0.05"),
    ],
)
def test_a_law_that_is_not_the_models_is_told(law, says):
    (found,) = findings(pool(plain(), law=law))
    assert (found.slug, found.serious) == ("decoding", True)
    assert says in found.says


@pytest.mark.parametrize(
    "law", [Law(temperature=1.0, top_p=1.0, top_k=0, min_p=0.0), Law(temperature=1.0, top_p=1.0, top_k=-1)]
)
def test_settings_that_cut_nothing_are_neutral(law):
    assert slugs(pool(plain(), law=law)) == []


def test_an_unknown_law_is_told():
    assert slugs(pool(plain())) == ["decoding-unknown"]


def test_one_response_over_and_over_is_greedy_decoding():
    rows = [draw(f"t{i}", 1.0, f"r{i}") for i in range(3) for _ in range(4)]
    found = findings(pool(rows, law=NEUTRAL))
    assert found[0].slug == "one-response"
    assert found[0].says.startswith("All 3 tasks")
    assert "one-response" not in slugs(pool([*rows, draw("t0", 1.0, "other")], law=NEUTRAL))


def test_cut_samples_are_counted_with_their_reward():
    rows = plain(finished=True) + [draw("t0", 0.25, f"cut {i}", finished=False) for i in range(3)]
    (found,) = findings(pool(rows, law=NEUTRAL))
    assert found.slug == "cut"
    assert "3 of 83 samples were cut at a limit; their mean reward is 0.25" in found.says


def test_a_length_that_many_have_and_none_exceeds_is_a_limit():
    lengths = [*range(1, 61), *[64] * 20]
    rows = [row._replace(tokens=length) for row, length in zip(plain(), lengths, strict=True)]
    (found,) = findings(pool(rows, law=NEUTRAL))
    assert "20 of 80 samples have 64 tokens, none has more" in found.says
    spread = [row._replace(tokens=i + 1) for i, row in enumerate(plain())]
    assert slugs(pool(spread, law=NEUTRAL)) == []


def test_log_probabilities_of_another_law_are_found():
    def rows(share):
        coins = Streams(("tests", "atoms"), range(1)).uniform(400)[0]
        return [
            draw(
                "t",
                coin < 0.5,
                "yes" if coin < 0.5 else "no",
                logprob=math.log(share if coin < 0.5 else 1 - share),
            )
            for coin in coins
        ]

    assert slugs(pool(rows(0.5), law=NEUTRAL)) == []
    (found,) = findings(pool(rows(0.8), law=NEUTRAL))
    assert found.slug == "log-probabilities"
    assert "logged probability of" in found.says


def test_honest_log_probabilities_of_rare_responses_are_none():
    """Texts that come once each, as long ones do, have been drawn as often as they may be."""
    rows = [row._replace(logprob=-90.0 - i) for i, row in enumerate(plain())]
    assert slugs(pool(rows, law=NEUTRAL)) == []
    again = pool([*rows, draw("t0", 1.0, "twice", logprob=-80.0), draw("t0", 1.0, "twice", logprob=-80.0)])
    assert "drawn 2 times in 42 has a logged probability of 1.8e-35" in findings(again)[0].says


def test_honest_log_probabilities_of_many_laws_are_none():
    """A Zipf law of 400 texts, 300 files of 60 draws: none is found."""
    masses = 1 / np.arange(1.0, 401)
    masses /= masses.sum()
    ends = np.cumsum(masses)
    for coins in Streams(("tests", "zipf"), range(300)).uniform(60):
        chosen = np.minimum(np.searchsorted(ends, coins), 399)
        rows = [draw("t", i % 2, f"r{i}", logprob=float(np.log(masses[i]))) for i in chosen]
        assert "log-probabilities" not in slugs(pool(rows, law=NEUTRAL))


def test_a_likely_response_that_hardly_comes_is_found_beside_others():
    rows = [row._replace(logprob=-90.0) for row in plain()]
    rows[7] = rows[7]._replace(logprob=math.log(0.9))
    (found,) = findings(pool(rows, law=NEUTRAL))
    assert "drawn 1 time in 40 has a logged probability of 0.9 (1 prompt is" in found.says


def test_files_of_several_laws_are_told():
    laws = [Law(temperature=1.0, top_p=1.0, top_k=0, model=name) for name in "ab"]
    made = pooled([source(plain(), name=f"{law.model}.jsonl", law=law) for law in laws])
    found = [finding for finding in findings(made) if finding.slug == "several-laws"]
    assert len(found) == 1
    assert found[0].serious
    assert "not drawn by one law: model a and b." in found[0].says
    alike = pooled([source(plain(), name=name, law=laws[0]) for name in "ab"])
    assert "several-laws" not in slugs(alike)


def test_one_file_of_unknown_law_is_told_beside_a_known_one():
    made = pooled([source(plain(), law=NEUTRAL), source(plain(), name="b.jsonl")])
    found = next(finding for finding in findings(made) if finding.slug == "decoding-unknown")
    assert found.says.startswith("Not every file says")


def test_steps_of_training_are_told():
    rows = [row._replace(batch=f"step {1 + i % 3}") for i, row in enumerate(plain())]
    (found,) = findings(pool(rows, law=NEUTRAL))
    assert (found.slug, found.serious) == ("training", True)
    assert "3 steps of training, step 1 to step 3" in found.says
    (one,) = findings(pool([row._replace(batch="step 7") for row in plain()], law=NEUTRAL))
    assert (one.slug, one.serious) == ("training", False)
    assert slugs(pool([row._replace(batch="epoch 7") for row in plain()], law=NEUTRAL)) == []


def test_probabilities_that_add_up_to_more_than_one_are_found():
    rows = [row._replace(logprob=math.log(0.1)) for row in plain()]
    (found,) = findings(pool(rows, law=NEUTRAL))
    assert "add up to 4" in found.says
    positive = [row._replace(logprob=0.5 if i == 0 else -90.0) for i, row in enumerate(plain())]
    assert "1 log-probability is positive" in findings(pool(positive, law=NEUTRAL))[0].says


def test_what_has_no_score_is_counted():
    rows = [
        *plain(),
        Draw(task="t0", rewards=(math.nan,), response="?"),
        Draw(task="t9", rewards=(math.nan,)),
    ]
    (found,) = findings(pool(rows, law=NEUTRAL))
    assert found.says == "2 samples of 2 tasks have no reward."


def test_tasks_whose_samples_agree_are_counted():
    rows = [*plain(), *[draw("same", 0.0, f"x{i}") for i in range(5)], draw("single", 1.0, "y")]
    (found,) = findings(pool(rows, law=NEUTRAL))
    assert found.says == "In 1 of 3 tasks all samples have the same reward."


def test_what_readers_noticed_and_skipped_is_told_once():
    sources = [source(plain(), law=NEUTRAL, notes=["Filter strict-match was taken."], skipped=2)]
    assert slugs(pooled(sources)) == ["skipped", "file"]

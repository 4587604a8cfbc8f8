"""Whole sequences that are there twice are found; single texts that come up again are not."""

import numpy as np
import pytest
from toys import draw, pool, pooled, source

from explore_theory.foundation.streams import Streams
from explore_theory.samples.repeats import repeats, without
from explore_theory.samples.summary import measured


def samples(name, tasks=8, n=5, texts=1000):
    """Draws with responses of one of many texts."""
    coins = Streams(("tests", "repeats", name), range(tasks)).uniform(n)
    return [draw(f"t{i}", coin < 0.3, f"r{int(coin * texts)}") for i, row in enumerate(coins) for coin in row]


def test_fresh_runs_are_no_repeats():
    assert not repeats(pooled([source(samples("one")), source(samples("two"), name="b.jsonl")]))


def test_a_second_run_with_the_same_seed_is_found_and_counted_once():
    both = pooled([source(samples("one")), source(samples("one"), name="b.jsonl")])
    found = repeats(both)
    assert found.kinds == ("40 draws of 8 tasks are in b.jsonl the same as in a.jsonl, in the same order",)
    once = without(both, found.extra)
    assert len(once) == 40
    assert set(once.origin) == {0}
    assert measured(once, beta=1.0).draws.tolist() == [5] * 8


def test_a_longer_second_run_that_begins_with_the_first_is_found():
    both = pooled([source(samples("one", n=5)), source(samples("one", n=9), name="b.jsonl")])
    assert repeats(both).extra.sum() == 40


@pytest.mark.parametrize(
    ("again", "says"),
    [
        (lambda rows: rows + rows, "40 draws of 8 tasks are a block over again in a.jsonl"),
        (
            lambda rows: [row for row in rows for _ in range(3)],
            "80 draws of 8 tasks are each written 3 times in a.jsonl",
        ),
    ],
)
def test_rows_written_again_in_one_file_are_found(again, says):
    found = repeats(pool(again(samples("one"))))
    assert found.kinds == (says,)


def test_a_second_run_that_was_stopped_is_found():
    rows = samples("one", n=6)
    found = repeats(pool([*rows, *rows, *(row for i, row in enumerate(rows) if i % 6 < 3)]))
    assert found.kinds == ("72 draws of 8 tasks are a block over again in a.jsonl",)


def test_a_law_of_few_texts_repeats_itself_honestly():
    """Two texts, five draws: one task in 32 agrees by chance."""
    both = pooled([source(samples("one", texts=2)), source(samples("two", texts=2), name="b.jsonl")])
    assert not repeats(both)


def test_some_tasks_of_many_agree_by_chance():
    """Two texts, five draws, 300 tasks: nine agree, and what they could be chosen from counts."""
    runs = [source(samples(name, tasks=300, texts=2), name=f"{name}.jsonl") for name in ("one", "two")]
    assert not repeats(pooled(runs))


def test_a_task_of_one_text_stays_whole_beside_those_that_are_written_again():
    rows = samples("one")
    found = repeats(pool([*rows, *rows, *(draw("sure", 1.0, "yes") for _ in range(6))]))
    assert found.extra.sum() == 40
    assert not found.extra[80:].any()


def test_one_text_alone_is_an_atom():
    one = [draw("t", 0.0, "yes") for _ in range(50)]
    assert not repeats(pooled([source(one), source(one, name="b.jsonl")]))


def test_draws_without_text_are_not_compared():
    rows = [draw("t", value) for value in np.linspace(0, 1, 20)]
    assert not repeats(pooled([source(rows), source(rows, name="b.jsonl")]))

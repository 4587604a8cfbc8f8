"""One law a task: several are refused, and files of one draw a task that are there again are found."""

import pytest
from toys import Law, draw, pool, pooled, source

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.samples import laws
from explore_theory.samples.findings import findings
from explore_theory.samples.repeats import repeats, without
from explore_theory.samples.summary import measured


def rows(name, tasks=20, n=1, first=0):
    coins = Streams(("tests", "laws of pools", name), range(tasks)).uniform(n)
    return [draw(f"t{first + i}", coin < 0.5, f"r{coin}") for i, row in enumerate(coins) for coin in row]


def test_a_task_of_two_laws_is_refused():
    made = [
        source(rows(name, n=4), name=f"{name}.jsonl", law=Law(temperature=t))
        for name, t in (("cold", 0.5), ("warm", 1.0))
    ]
    with pytest.raises(InvalidProblem, match=r"got temperature 0\.5 and 1 in task .t0."):
        measured(pooled(made), beta=1.0)


def test_tasks_of_their_own_laws_are_told_and_measured():
    made = pooled(
        [
            source(rows("cold", n=4), law=Law(temperature=0.5)),
            source(rows("warm", n=4, first=20), name="b.jsonl", law=Law(temperature=1.0)),
        ]
    )
    found = measured(made, beta=1.0)
    assert len(found.tasks) == 40
    assert "several-laws" in [one.slug for one in found.findings]


def test_a_law_untold_is_not_another_one():
    made = [source(rows("cold", n=4), law=Law(temperature=0.5)), source(rows("warm", n=4), name="b.jsonl")]
    assert measured(pooled(made), beta=1.0).draws.sum() == 160


def test_the_second_of_three_files_may_be_the_one_apart():
    told = [Law(model="a"), Law(), Law(model="b")]
    made = [source(rows(f"{i}", n=2), name=f"{i}", law=law) for i, law in enumerate(told)]
    with pytest.raises(InvalidProblem, match="model a and b"):
        measured(pooled(made), beta=1.0)


def judged(*judges, apart=False):
    return pooled(
        [
            source(rows(f"{i}", n=2, first=20 * i * apart), name=f"{i}.jsonl", law=Law(judge=judge))
            for i, judge in enumerate(judges)
        ]
    )


def test_a_task_that_two_functions_scored_is_refused():
    """As where a reward was edited between two calls, each with a file of its own."""
    with pytest.raises(
        InvalidProblem, match=r"scored by one function, got a\.py:f 01 and a\.py:f 02 in task .t0."
    ):
        measured(judged("a.py:f 01", None, "a.py:f 02"), beta=1.0)


@pytest.mark.parametrize("told", [("a.py:f 01", "a.py:f 01"), ("a.py:f 01", None), (None, None)])
def test_a_function_that_scored_all_or_is_not_told_is_no_other_one(told):
    assert measured(judged(*told), beta=1.0).draws.sum() == 80


def test_tasks_may_have_functions_of_their_own():
    assert len(measured(judged("a.py:f 01", "b.py:g 02", apart=True), beta=1.0).tasks) == 40


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ([Law(temperature=1.0)], "No file says at which top-p and top-k it was sampled."),
        ([Law(temperature=1.0, top_p=1.0)], "No file says at which top-k it was sampled."),
        ([Law()], "No file says at which temperature, top-p and top-k it was sampled."),
        (
            [Law(temperature=1.0, top_p=1.0, top_k=0), Law(temperature=1.0)],
            "Not every file says at which top-p and top-k it was sampled.",
        ),
        ([Law(temperature=1.0, top_p=1.0, top_k=0)], ""),
    ],
)
def test_what_is_not_told_of_a_law(told, says):
    assert laws.untold(told) == says
    made = pooled([source(rows(f"{i}", n=3), name=f"{i}", law=law) for i, law in enumerate(told)])
    found = [one.says for one in findings(made) if one.slug == "decoding-unknown"]
    assert found == ([says] if says else [])


def test_what_cuts_off():
    assert laws.cut_off(Law(temperature=0.5)) == ""
    assert laws.cut_off(Law(temperature=0.0)) == "temperature 0"
    assert laws.cut_off(Law(top_p=0.9, top_k=5, min_p=0.1)) == "top-p 0.9, top-k 5, min-p 0.1"
    assert laws.cut_off(Law(top_p=1.0, top_k=-1, min_p=0.0)) == ""


def test_equal_files_of_one_draw_a_task_are_found_and_counted_once():
    both = pooled([source(rows("one")), source(rows("one"), name="b.jsonl")])
    found = repeats(both)
    assert found.kinds == (
        "20 draws of 20 tasks are in b.jsonl the same as in a.jsonl, in each task the only one",
    )
    once = without(both, found.extra)
    assert set(once.origin) == {0}
    assert len(once) == 20


def test_the_order_of_tasks_does_not_hide_an_equal_file():
    both = pooled([source(rows("one")), source(rows("one")[::-1], name="b.jsonl")])
    assert repeats(both).extra.sum() == 20


def test_fresh_files_of_one_draw_a_task_are_none():
    assert not repeats(pooled([source(rows("one")), source(rows("two"), name="b.jsonl")]))


def test_tasks_that_all_say_one_thing_show_nothing():
    same = [draw(f"t{i}", 1.0, "yes") for i in range(40)]
    assert not repeats(pooled([source(same), source(same, name="b.jsonl")]))
    few = rows("few", tasks=3)
    assert not repeats(pooled([source(few), source(few, name="b.jsonl")]))


def test_several_draws_of_sure_tasks_stay():
    """Honest: 20 tasks with an answer of their own each, which always comes."""
    sure = [draw(f"t{i}", 1.0, f"r{i}") for i in range(20) for _ in range(2)]
    assert not repeats(pooled([source(sure), source(sure, name="b.jsonl")]))


def test_one_draw_again_is_said_of_one():
    found = findings(pool([*rows("x", n=3), draw("t0", 1.0, "cut", finished=False)]))
    assert any("1 of 1 sample was cut at a limit" in one.says for one in found)

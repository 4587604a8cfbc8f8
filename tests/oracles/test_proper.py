"""The proper oracle: parameters before prompts, everything rewarded, and two laws that are one."""

import math

import numpy as np
import pytest

from explore_theory import oracles
from explore_theory.errors import BudgetExceeded, OracleMisuse
from explore_theory.formulas import planted_formula
from explore_theory.foundation.streams import Streams
from explore_theory.problems import DNF, Gaussian, HiddenNeedle
from explore_theory.statistics import dkw_margin

FORMULA, SECRET = planted_formula("hadamard", m=60, k=3, n=6, streams=Streams(("proper",), [0]))
WIDTH = 1 / math.sqrt(3)


def world(**changes):
    settings = {"formula": FORMULA, "eta": 0.25, "assignment": SECRET, "noise": Gaussian(0.01)}
    return DNF(**(settings | changes))


def opened(law="literal", replicates=8, **options):
    return oracles.open_proper(world(), law=law, replicates=replicates, **options)


def test_a_round_is_drawn_once_and_rewarded_in_full():
    oracle = opened()
    played = oracle.round(WIDTH * SECRET, np.zeros(6))
    assert played.served.all()
    ledger = oracle.ledger
    for kind, calls in (("prompt", 1), ("strong", 2), ("reward", 1), ("weak", 0)):
        assert (ledger.total(kind) == calls).all()
    literals = FORMULA.at(played.prompts)
    worth = (SECRET[np.abs(literals) - 1] * np.sign(literals)).sum(-1) / 3
    star = played.response[:, 0] == 1
    np.testing.assert_allclose(played.rewards[:, 0], np.where(star, worth, 0), atol=0.05)
    assert (np.abs(played.features[:, 0]).sum(-1) > 0).tolist() == star.tolist()


def test_there_is_no_way_to_see_a_prompt_first_or_to_redraw():
    oracle = opened()
    assert not {"prompt", "reward", "search"} & set(dir(oracle))
    sample = oracle.draw(3, WIDTH * SECRET)
    assert sample.response.shape == (8, 3)
    with pytest.raises(TypeError):
        oracle.round(np.zeros(6), np.zeros(6), ctx=sample)


def test_parameters_are_copied_when_the_round_is_played():
    oracle = opened()
    theta = WIDTH * SECRET
    oracle.round(theta, np.zeros(6))
    theta[:] = 0
    (first, second, rows) = oracle.transcript[0]
    np.testing.assert_array_equal(first, np.tile(WIDTH * SECRET, (8, 1)))
    assert not second.any()
    assert rows.all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda o: o.round(np.full(6, 0.7), np.zeros(6)), "theta must satisfy max_i |theta_i| <= 0.57735"),
        (lambda o: o.round(np.zeros(6), np.full(6, 0.7)), "theta must satisfy max_i |theta_i| <= 0.57735"),
        (lambda o: o.round(np.zeros(5), np.zeros(6)), "theta must have shape (6,) or (8, 6)"),
        (lambda o: o.round(None, np.zeros(6)), "theta must have shape"),
        (
            lambda o: o.search_signs(-1),
            "budget must be a whole number of tries >= 0, got -1.0",
        ),
        (lambda o: o.draw(1, np.full(6, 0.7)), "theta must satisfy max_i |theta_i| <= 0.57735"),
        (lambda o: o.search_signs(1.5), "budget must be a whole number of tries"),
        (lambda o: o.count(-1.0), "operations must be whole numbers >= 0, got operations=-1.0"),
    ],
)
def test_bad_calls_cost_nothing(call, message):
    oracle = opened()
    with pytest.raises(OracleMisuse) as caught:
        call(oracle)
    assert message in str(caught.value)
    assert not oracle.ledger.counts.any()
    assert not oracle.transcript


def test_signs_are_searched_only_where_they_make_sense():
    needle = HiddenNeedle.draw(responses=9, coverage=3.0, dimension=2, beta=0.5, worlds=1)
    for law, message in (("literal", "must be a box"), ("exact-law", "problem must be a DNF")):
        with pytest.raises(OracleMisuse, match=message):
            oracles.open_proper(needle, law=law).search_signs(3)


@pytest.mark.parametrize("rewarded", [True, False])
def test_the_exact_law_of_a_search_by_signs_is_the_literal_one(rewarded):
    """Rounds, what is shown, agreement of the corner with the term, and rewards: each within a DKW band."""
    runs = 3000
    found = {}
    for law in ("literal", "exact-law"):
        oracle = opened(law, runs)
        answer = oracle.search_signs(12, rewarded=rewarded)
        literals = FORMULA.at(np.maximum(answer.prompts, 0))
        agree = [
            np.where(
                answer.served,
                np.rint(np.take_along_axis(answer.theta[:, s], np.abs(literals) - 1, -1) / WIDTH)
                * np.sign(literals)
                @ np.ones(3),
                9,
            )
            for s in (0, 1)
        ]
        shown = answer.response[:, 0] + 3 * answer.response[:, 1]
        found[law] = [
            answer.used,
            answer.prompts,
            shown,
            *agree,
            np.nan_to_num(answer.rewards[:, 0], nan=9),
            answer.theta[:, 0] @ np.arange(1, 7),
        ]
        kinds = ("prompt", "reward") if rewarded else ("prompt", "strong")
        for kind in kinds:
            np.testing.assert_array_equal(oracle.ledger.total(kind), answer.used)
        assert (oracle.ledger.total("strong") == answer.used * (2 if rewarded else 1)).all()
    margin = 2 * dkw_margin(runs, 1e-4)
    for first, second in zip(found["literal"], found["exact-law"], strict=True):
        points = np.unique(np.concatenate([first, second]))
        ranks = [np.searchsorted(np.sort(x), points, side="right") / runs for x in (first, second)]
        assert np.abs(ranks[0] - ranks[1]).max() < margin


@pytest.mark.parametrize("law", ["literal", "exact-law"])
def test_a_replicate_does_not_depend_on_how_many_there_are(law):
    def play(replicates):
        oracle = opened(law, replicates)
        found = oracle.search_signs(np.arange(3, 3 + replicates))
        more = oracle.round(np.where(np.isnan(found.rewards[:, :1]), 0.0, found.theta[:, 0]), np.zeros(6))
        return found, more

    for few, many in zip(play(3), play(8), strict=True):
        for name in ("served", "prompts", "response", "features", "rewards", "theta", "used"):
            np.testing.assert_array_equal(getattr(few, name), getattr(many, name)[:3])


@pytest.mark.parametrize("law", ["literal", "exact-law"])
def test_budgets_are_kept(law):
    oracle = opened(law, 50, budgets={"reward": 4})
    found = oracle.search_signs(1000)
    assert (oracle.ledger.data <= 4).all()
    assert not found.served.all()
    np.testing.assert_array_equal(oracle.active, found.served)
    alone = opened(law, 1, budgets={"strong": 4})
    assert (alone.search_signs(0).used == 0).all()
    while alone.active.all():
        alone.search_signs(10)
    assert (alone.ledger.total("strong") <= 4).all()
    with pytest.raises(BudgetExceeded):
        opened(law, 1, budgets={"reward": 0}).round(np.zeros(6), np.zeros(6))

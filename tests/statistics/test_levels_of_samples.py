"""Every kind of sample at its boundary: wrong at most at its level, over parts, rungs, budgets and looks.

As in `test_levels_of_intervals`: a null that would be wrong more often than its level, by far, if the level
were not divided, and where an inequality is too generous for that, the level that each part is given.
"""

import math

import numpy as np
import pytest
from nulls import design, uniforms
from scipy.stats import binom

from explore_theory import statistics
from explore_theory.harness.judging.settle import Terms, settle
from explore_theory.harness.measures.bands import Means, Quantiles, Thresholds
from explore_theory.harness.measures.measurement import (
    Bound,
    Largest,
    Mean,
    OneSample,
    Resolution,
    Rungs,
    Tally,
    TwoSamples,
)
from explore_theory.harness.measures.samples import Question
from explore_theory.harness.storage.records import encode_summary
from explore_theory.harness.storage.store import Block, Outcome
from explore_theory.harness.verdicts.sequential import planned_looks
from explore_theory.harness.verdicts.summary import Reading, summarise
from explore_theory.statistics import polynomial, power, rate

ALPHA = 0.2
ASK = Question(relation="==", bound=(0.0, 0.0))


def uniform(x):
    return np.clip(x, 0.0, 1.0)


def ends(found):
    """Of a distance of laws."""
    return [found.lo, found.hi]


# --- one sample --------------------------------------------------------------------------------------------


def test_a_known_law_on_the_line_is_refuted_at_the_level_and_not_at_twice_it():
    runs, most = design(ALPHA, 0.33)
    draws = uniforms("known", runs, 500)
    wrong = sum(OneSample.real(row, uniform).enclosed(ALPHA, ASK).lo > 0 for row in draws)
    assert 0.5 * ALPHA * runs < wrong <= most


def test_a_known_law_on_outcomes_is_held_at_the_level_on_one_cell_more_than_it_has():
    """What it does not have is a cell of its own."""
    found = OneSample.finite(["a"] * 30 + ["b"] * 60, {"a": 0.5, "b": 0.5}).enclosed(ALPHA, ASK)
    printed = math.sqrt(math.log((2**3 - 2) / ALPHA) / (2 * 90))
    assert found.witness["margin"] == pytest.approx(printed, rel=1e-12)


@pytest.mark.parametrize(
    ("sample", "enclosed"),
    [
        (
            Tally(successes=30, trials=90),
            lambda: [float(end) for end in statistics.bernoulli_sequence(30, 90, ALPHA)],
        ),
        (
            Mean(values=np.linspace(1, 2, 40), low=1, high=3),
            lambda: [e[-1] for e in statistics.bounded_mean_sequence(np.linspace(1, 2, 40), 1, 3, ALPHA)],
        ),
        (
            TwoSamples.real(np.arange(50), np.arange(70) - 60),
            lambda: ends(statistics.sup_distance(np.arange(50), np.arange(70) - 60, ALPHA)),
        ),
        (
            TwoSamples.finite([1] * 90, [1] * 20 + [2] * 50, cells=3),
            lambda: ends(statistics.total_variation([90, 0, 0], ALPHA, other=[20, 50, 0])),
        ),
        (
            TwoSamples.events([[True, False]] * 300, [[False, False]] * 200, ["a", "b"]),
            lambda: ends(statistics.event_distance([300, 0], 300, [0, 0], 200, ALPHA)),
        ),
        (
            OneSample.real(np.linspace(0, 0.5, 300), uniform),
            lambda: ends(statistics.sup_distance(np.linspace(0, 0.5, 300), uniform, ALPHA)),
        ),
    ],
    ids=lambda given: getattr(given, "kind", ""),
)
def test_each_kind_is_enclosed_at_the_level_that_it_is_given(sample, enclosed):
    found = sample.enclosed(ALPHA, ASK)
    assert [found.lo, found.hi] == pytest.approx(enclosed(), rel=1e-12, abs=0)


# --- several parts -----------------------------------------------------------------------------------------


def test_the_parts_of_the_largest_distance_share_its_level():
    """Eight independent right laws: at the whole level each, some part is refuted .8 of the time."""
    runs, most = design(ALPHA, 0.6)
    draws = uniforms("parts", runs, 8 * 200).reshape(runs, 8, 200)
    samples = [
        Largest(parts={str(k): OneSample.real(row, uniform) for k, row in enumerate(d)}) for d in draws
    ]
    assert sum(sample.enclosed(ALPHA, ASK).lo > 0 for sample in samples) <= most


# --- rungs -------------------------------------------------------------------------------------------------

RUNGS = 12


def test_the_bands_of_quantiles_hold_at_all_rungs_together():
    """At the whole level at each of twelve rungs some band misses .9 of the time; at each side's, .35."""
    runs, most = design(ALPHA, 0.32)
    values = uniforms("quantiles", runs, RUNGS * 400).reshape(runs, RUNGS, 400)
    bands = [Quantiles(values=value, level=0.5).bands(ALPHA) for value in values]
    wrong = sum(bool(np.any((band.lo > 0.5) | (band.hi < 0.5))) for band in bands)
    assert 0.5 * ALPHA * runs < wrong <= most


def test_the_bands_of_means_hold_at_all_rungs_together():
    """At the whole level at each of twenty rungs some band misses .6 of the time and more."""
    rungs = 20
    runs, most = design(ALPHA, 0.5)
    values = (uniforms("rungs of means", runs * rungs, 256) < 0.5).astype(float).reshape(runs, rungs, 256)
    bands = [Means(values=value, low=0.0, high=1.0).bands(ALPHA) for value in values]
    assert sum(bool(np.any((band.lo > 0.5) | (band.hi < 0.5))) for band in bands) <= most
    assert not any(band.objection for band in bands)


@pytest.mark.parametrize(("trials", "shape"), [(6, (2, 30)), (6, (30, 2)), (7, (3, 40))])
def test_the_bands_of_thresholds_hold_at_all_budgets_of_all_rungs_together(trials, shape):
    """All budgets just suffice, so none is short: by enumeration and by simulation.

    With the level divided by the number of rungs alone, or of budgets alone, no success in so few trials
    would call a budget short, and some budget has none more often than the level.
    """
    cells = math.prod(shape)
    none = 0.5**trials
    excess = 1 - (1 - none) ** cells
    assert excess > 2 * ALPHA
    assert statistics.bernoulli_sequence(0, trials, ALPHA / min(shape))[1] < 0.5
    runs, most = design(ALPHA, excess)
    level = uniforms(f"thresholds {trials}", runs, cells)
    counts = binom.ppf(level, trials, 0.5).reshape(runs, *shape)
    budgets = np.broadcast_to(np.arange(1.0, shape[1] + 1), shape)
    tried = np.full(shape, float(trials))
    found = [
        Thresholds(budgets=budgets, successes=count, trials=tried, level=0.5).bands(ALPHA) for count in counts
    ]
    wrong = [bool(np.any(band.lo > 0)) or bool(band.objection) for band in found]
    assert sum(wrong) <= most


X = np.geomspace(10, 10**4, RUNGS)


def test_a_true_exponent_is_refuted_and_a_true_law_rejected_at_the_level_at_most():
    """What is said of all curves through bands that hold together is right whenever they do.

    Bands at the whole level at each rung would exclude the true line .6 of the time.
    """
    runs, most = design(ALPHA, 0.5)
    values = X[:, None] * np.exp(uniforms("exponents", runs, RUNGS * 200).reshape(runs, RUNGS, 200))
    rivals = (power(1), polynomial(1))
    question = Question(relation="==", bound=(1.0, 1.0), rivals=rivals)
    wrong = gone = 0
    for value in values:
        found = Rungs.quantiles(X, value).enclosed(ALPHA, question)
        wrong += not found.lo <= 1 <= found.hi
        gone += "rejects" in found.finding
    assert wrong <= most
    assert gone <= most


def test_bands_that_hold_exclude_no_true_line_however_many_points_are_dropped():
    """The burn-in rule looks at the bands, which costs nothing while they hold."""
    for row in uniforms("lines", 200, 2 * RUNGS):
        low, high = 3 * X * np.exp(-row[:RUNGS] / 5), 3 * X * np.exp(row[RUNGS:] / 5)
        found = rate(X, low, high)
        assert found.dropped == 0
        assert found.slope.lo <= 1 <= found.slope.hi


# --- looks -------------------------------------------------------------------------------------------------

TERMS = {"relation": "==", "reading": Reading(), "alpha": ALPHA, "tight": False, "rivals": (power(9),)}
LOOKS = planned_looks(128, 1)
PLANNED = [
    TwoSamples.real([0.0], [1.0]),
    TwoSamples.finite(["a"], ["b"], cells=3),
    TwoSamples.events([[True]], [[False]], ["a"]),
    OneSample.real([0.5], uniform),
    OneSample.finite(["a"], {"a": 1.0}),
    Largest(parts={"one": OneSample.real([0.5], uniform)}),
    Rungs.quantiles([1, 10, 100], np.ones((3, 1))),
]
WATCHED = [
    Tally(successes=1, trials=2),
    Mean(values=[0.5]),
    Rungs.means([1, 10, 100], np.ones((3, 1)), low=0, high=1),
    Rungs.thresholds([1, 10, 100], [1, 2], np.ones((3, 2)), 2),
    Rungs.exact([1, 10, 100], [1, 10, 100], band=0.01),
]


@pytest.mark.parametrize("sample", PLANNED, ids=lambda s: s.kind)
def test_intervals_of_one_size_share_the_level_of_their_planned_looks(sample):
    assert Terms(rows=1024, block=8, **TERMS).level(sample) == ALPHA / 8
    assert Terms(rows=1000, block=300, **TERMS).level(sample) == pytest.approx(ALPHA / 3)


@pytest.mark.parametrize("sample", WATCHED, ids=lambda s: s.kind)
def test_intervals_of_all_sizes_do_not(sample):
    assert Terms(rows=1024, block=8, **TERMS).level(sample) == ALPHA


def refuted(terms, samples, bound):
    """Whether the engine calls the statement REFUTED, given one sample for each of the planned looks."""
    stored, first = [], 0
    for sample, last in zip(samples, LOOKS, strict=True):
        block = Block(
            claim="d", tier="quick", reseed=0, variant="", check="c", case="s", first=first, last=last
        )
        payload = encode_summary(summarise(sample, Bound.of(bound), terms.reading))
        stored.append((block, Outcome(status="done", payload=payload, seconds=0.0)))
        first = last
    settled = settle(stored, terms)
    assert settled.error is None
    found = terms.enclosed(settled.summary)
    return not found.lo <= bound <= found.hi


def test_a_right_law_looked_at_eight_times_is_refuted_at_the_level():
    """Eight draws a row, of twenty equal outcomes: at the level of one look at each, half of the time."""
    runs, most = design(ALPHA, 0.42)
    terms = Terms(rows=LOOKS[-1], block=LOOKS[0], **TERMS)

    def cdf(x):
        return np.clip((np.floor(x) + 1) / 20, 0, 1)

    draws = np.floor(20 * uniforms("looks", runs, 8 * LOOKS[-1])).reshape(runs, 8, LOOKS[-1])
    wrong = sum(
        refuted(terms, [OneSample.real(part.ravel(), cdf) for part in np.split(row, LOOKS[:-1], axis=1)], 0.0)
        for row in draws
    )
    assert 0 < wrong <= most


def test_a_resolution_does_not_turn_the_level_of_a_refutation():
    """It lets a statement HOLD that is nearly right; it refutes nothing sooner."""
    terms = Terms(rows=1024, block=8, **(TERMS | {"reading": Reading(resolution=Resolution(absolute=0.01))}))
    assert terms.level(PLANNED[0]) == ALPHA / 8

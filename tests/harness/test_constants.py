"""A named constant lies between what a certified instance needs and what is proved."""

import json
import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from flint import arb

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Constant, Span, Value, best_constant, climb, one_percent_better, polish
from explore_theory.harness.claims.claim import Claim, Trial
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.audit import audit
from explore_theory.harness.judging.located import located
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.runner import run
from explore_theory.harness.running.tightening import tighten
from explore_theory.harness.storage.records import claim_record
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting import constants


def quarter(**changes):
    """``x (1 - x) <= K``: the least `K` is 1/4, attained at 1/2."""
    fields = {
        "slug": "quarter",
        "name": "K",
        "says": "x (1 - x) <= K",
        "stated": Value("1/4"),
        "best": "least",
        "coordinates": {"x": Span(0.0, 1.0)},
        "score": lambda at: at["x"] * (1 - at["x"]),
        "certified": lambda at: Fraction(at["x"]) * (1 - Fraction(at["x"])),
    }
    return Constant(**{**fields, **changes})


def two(**changes):
    """``x + 1/x >= K``: the greatest `K` is 2."""
    fields = {
        "slug": "two",
        "says": "x + 1/x >= K",
        "stated": Value("2"),
        "best": "greatest",
        "coordinates": {"x": Span(0.01, 100.0, log=True)},
        "score": lambda at: at["x"] + 1 / at["x"],
        "certified": lambda at: Fraction(at["x"]) + 1 / Fraction(at["x"]),
    }
    return quarter(**{**fields, **changes})


def sharper(**changes):
    """The same as `quarter`, stated with twice the constant."""
    return quarter(stated=Value("1/2"), proved=Value("1/4"), by="Q2", **changes)


def registered(constant, *, loose=""):
    check = best_constant(constant)
    claim = Claim(
        id="Q1",
        slug="toy",
        theorem="toys",
        title="A toy",
        statement="A toy with a constant.",
        formula="K",
        relation="<=",
        scope="One number.",
        source="A toy.",
        checks=(check,),
        false_variants=(one_percent_better(constant),),
        loose=loose,
    )
    return Registered(claim=claim, path=Path("toy.py"), digest="toy")


def verified(constant, *, loose=""):
    with Store(":memory:") as store:
        run([registered(constant, loose=loose)], store)
        (result,) = session_results(store, store.sessions()[-1])
    return result


@pytest.mark.parametrize(
    ("constant", "low", "high"),
    [(quarter(), Fraction(1, 4) * (1 - Fraction(2, 10**6)), Fraction(1, 4)), (two(), 2, 2.000004)],
)
def test_an_attained_constant_is_located_from_inside(constant, low, high):
    result = verified(constant)
    assert result.verdict.status is Status.HOLDS, result.verdict.reason
    assert result.cases[0].moved.status is Status.REFUTED
    (found,) = located(result.record, result.cases)
    assert low <= found.ends[0] <= found.ends[1] <= high
    assert found.width < 1e-5
    assert set(found.instance) == {"x"}


def test_a_proved_value_that_is_a_ball_ends_the_interval_at_its_far_side():
    (above,) = tighten(registered(quarter(stated=Value("about 1/4", lambda: arb(0.251, 0.0005)))))
    assert above.ends[1] == pytest.approx(0.2515, abs=1e-9)
    (below,) = tighten(registered(two(stated=Value("about 2", lambda: arb(1.99, 0.005)))))
    assert below.ends[0] == pytest.approx(1.985, abs=1e-9)


def test_the_interval_ends_at_the_better_value_that_another_claim_proves():
    result = verified(sharper(), loose="Q2 has a better one.")
    assert result.verdict.status is Status.HOLDS, result.verdict.reason
    (found,) = located(result.record, result.cases)
    assert found.ends[1] == Fraction(1, 4)
    assert found.sharper
    assert constants.told(found) == "stated 1/2; a sharper one, 1/4, is proved by Q2"
    # The slack of that value is no slack of this statement.
    assert result.cases[0].slack < 1.001
    assert result.slack is None


def test_an_instance_beyond_the_proved_value_refutes_it_and_locates_nothing():
    result = verified(quarter(stated=Value("1/5")))
    assert result.verdict.status is Status.REFUTED
    (found,) = located(result.record, result.cases)
    assert found.ends is None
    assert found.width is None
    assert found.instance["x"] == pytest.approx(0.5, abs=1e-6)  # the search goes on beyond it
    assert constants.best(found).startswith("an instance contradicts the proved value 1/5: measured ")


def test_an_instance_beyond_by_less_than_the_search_is_content_with_is_found():
    # A quarter is beyond by half a millionth; what comes within a millionth from below is near at hand.
    result = verified(quarter(stated=Value("0.249999875")))
    assert result.verdict.status is Status.REFUTED, result.verdict.reason


def test_where_a_constant_s_search_ends_depends_on_the_processor():
    (check,) = audit(verified(quarter())).checks
    assert check.counted
    assert not check.settled


@pytest.mark.parametrize(("share", "status"), [(1.015, Status.POWERLESS), (1.005, Status.HOLDS)])
def test_one_percent_better_survives_where_the_interval_is_wider(share, status):
    wide = quarter(stated=Value(str(Fraction(share) / 4)))
    assert verified(wide).verdict.status is status


def test_a_tight_constant_whose_instances_stay_away_is_powerless():
    far = two(kind="exponent")
    far = replace(far, coordinates={"x": Span(2.0, 3.0)})
    result = verified(far)
    assert result.verdict.status is Status.POWERLESS
    assert "survives a bound moved by 1.05" in result.verdict.reason or "not refuted" in result.verdict.reason


def test_a_score_only_guides_and_the_certificate_decides():
    wrong = quarter(score=lambda at: at["x"])
    (found,) = tighten(registered(wrong))
    assert found.verdict.status is Status.HOLDS
    assert found.ends == (0, Fraction(1, 4))  # the score leads to x = 1, where nothing is needed
    assert constants.best(found) == "best constant in [0, 0.25] (width 100 %)"


def test_tighten_finds_what_verify_stores_and_more_chains_contain_the_first():
    result = verified(two())
    (stored,) = located(result.record, result.cases)
    (same,) = tighten(registered(two()))
    assert (same.ends, same.instance, same.effort) == (stored.ends, stored.instance, stored.effort)
    (fewer,) = tighten(registered(two()), effort=1)
    (more,) = tighten(registered(two()), effort=70)  # in two blocks
    assert more.ends[1] <= same.ends[1] <= fewer.ends[1]
    assert more.effort == 70 * fewer.effort
    (other,) = tighten(registered(two()), effort=1, reseed=5)
    assert other.instance != fewer.instance


def test_the_effort_is_the_number_of_scores():
    asked = []

    def counted(at):
        asked.append(len(at["x"]))
        return at["x"] * (1 - at["x"])

    (found,) = tighten(registered(quarter(score=counted)))
    assert found.effort == sum(asked)


def test_a_record_tells_what_a_report_needs():
    (check,) = claim_record(registered(sharper(), loose="Q2").claim)["checks"]
    assert check["constant"] == {
        "name": "K",
        "says": "x (1 - x) <= K",
        "kind": "constant",
        "best": "least",
        "stated": "1/2",
        "proved": "1/4",
        "by": "Q2",
    }
    assert check["cases"][0]["tight"] is False
    assert best_constant(quarter()).cases[0].tight


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"best": "smallest"}, "best must be one of least, greatest, got 'smallest'"),
        ({"kind": "power"}, "kind must be one of constant, exponent, got 'power'"),
        ({"name": " "}, "name must say something, got ' '"),
        ({"says": ""}, "says must say something, got ''"),
        ({"stated": 2}, "stated must be a Value, got 2"),
        ({"proved": Value("1/4")}, "proved and by must be given together"),
        ({"by": "Q2"}, "proved and by must be given together"),
        ({"coordinates": {}}, "coordinates must be spans by name, got {}"),
        ({"coordinates": {"x": (0, 1)}}, "coordinates must be spans by name"),
    ],
)
def test_a_malformed_constant_is_refused_in_one_line(change, message):
    with pytest.raises(InvalidClaim, match="constant 'quarter'") as refused:
        quarter(**change)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Value(""), "value must be written in words"),
        (lambda: Value("e"), "value must be a fraction, or bring a function that gives its number, got 'e'"),
        (lambda: Value("1/0"), "value must be a fraction"),
        (lambda: Span(1.0, 1.0), "span must have low < high, both finite, got low=1.0, high=1.0"),
        (lambda: Span(0.0, float("inf")), "span must have low < high"),
        (lambda: Span(0.0, 1.0, log=True), "span must have 0 < low < high, got low=0.0"),
        (lambda: Span("0", 1.0), "span must have low < high"),
    ],
)
def test_a_malformed_value_or_span_is_refused_in_one_line(make, message):
    with pytest.raises(InvalidClaim) as refused:
        make()
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("constant", "message"),
    [
        (quarter(score=lambda at: 0.1), "score must be one number for each instance, got shape=() for 8"),
        (
            quarter(certified=lambda at: -Fraction(at["x"]) - 1),
            "certified must be at least 0, as what is located is, got -",
        ),
        (quarter(stated=Value("0")), "constant 'quarter' must be positive and finite, got 0"),
        (quarter(stated=Value("-1")), "constant 'quarter' must be positive and finite, got -1"),
        (
            quarter(stated=Value("1/5"), proved=Value("1/4"), by="Q2"),
            "constant 'quarter': proved must be below stated, got proved=1/4 and stated=1/5",
        ),
        (
            two(stated=Value("2"), proved=Value("2"), by="Q2"),
            "constant 'two': proved must be above stated, got proved=2 and stated=2",
        ),
    ],
)
def test_what_only_a_run_shows_is_an_error_in_one_line(constant, message):
    result = verified(constant)
    assert result.verdict.status is Status.ERROR
    assert message in result.verdict.reason


def test_a_span_is_covered_evenly_and_met_at_both_ends():
    places = np.array([-80.0, -1.0, 0.0, 1.0, 80.0])
    assert Span(-2.0, 4.0).at(places)[[0, 2, 4]].tolist() == [-2.0, 1.0, 4.0]
    assert np.all(np.diff(Span(-2.0, 4.0).at(places)) > 0)
    assert Span(1e-2, 1e4, log=True).at(places)[[0, 2, 4]] == pytest.approx([1e-2, 10.0, 1e4], rel=1e-12)
    assert Span(1, 6, whole=True).at(places).tolist() == [1.0, 2.0, 4.0, 5.0, 6.0]
    for span in (Span(0.1, 0.3), Span(0.1, 0.3, log=True)):
        found = span.at(np.linspace(-90, 90, 2001))
        assert found.min() == 0.1
        assert found.max() == 0.3


def test_polish_finds_optima_inside_and_at_infinity():
    def score(z):
        return -((z[:, 0] - 0.3) ** 2) + np.tanh(z[:, 1])

    assert polish(score, np.zeros((3, 2)), 40)[:, 0] == pytest.approx(0.3, abs=1e-4)
    # More than 14 steps of one away.
    assert np.tanh(polish(score, np.zeros((3, 2)), 14)[:, 1]).tolist() == [1.0] * 3


def test_polish_treats_rows_apart():
    start = np.random.default_rng(3).normal(size=(5, 3))

    def score(z):
        return -np.abs(z[:, 0] - 1) - np.abs(z[:, 1] + z[:, 0]) - z[:, 2] ** 2

    together = polish(score, start, 12)
    apart = np.concatenate([polish(score, start[k : k + 1], 12) for k in range(5)])
    assert np.array_equal(together, apart)
    assert np.all(score(together) >= score(start))


def test_the_compass_search_goes_beyond_the_climb():
    check = best_constant(two(), steps=1)
    streams = Streams(("toy",), range(6))
    world = check.instance(Trial(case=check.cases[0], streams=streams))
    climbed = climb(lambda z: -(two().score(two().instances(z))), 1, 1, Streams(("toy",), range(6)))
    needed = two().score(two().instances(climbed))
    assert np.all(two().score(world.found) <= needed)
    assert np.all(two().score(world.found) < 2.0001)
    assert not np.all(needed < 2.0001)


def test_ends_are_rounded_outwards():
    (found,) = tighten(registered(quarter()))
    cut = replace(found, ends=(1 / 3, Fraction(2, 3)))
    assert constants.interval(cut) == "[0.333333, 0.666667]"
    assert constants.interval(replace(found, ends=(2 / 3, 3.0000001e7))) == "[0.666666, 3.00001e+7]"
    assert constants.interval(replace(found, ends=(Fraction(1), Fraction(1)))) == "[1, 1]"
    assert constants.width(replace(found, ends=(Fraction(1), Fraction(1)))) == "width 0 %"
    assert constants.width(replace(found, ends=(0.99, 1.0))) == "width 1 %"
    # The nearest doubles to a tenth and to a third are above and below.
    tenth, third = Fraction(1, 10), Fraction(1, 3)
    (told,) = json.loads(constants.to_json([("Q1", replace(found, ends=(tenth, third)))]))
    assert Fraction(told["at_least"]) < tenth < third < Fraction(told["at_most"])
    assert told["at_least"] == math.nextafter(0.1, 0)
    assert told["at_most"] == math.nextafter(1 / 3, 1)


def test_an_instance_that_attains_it_says_nothing_and_the_others_do():
    """A ball around the proved value proves nothing; where all are such, the claim is open."""

    def some(at):
        exact = Fraction(at["x"]) * (1 - Fraction(at["x"]))
        return arb(0.25, 1e-12) if at["x"] > 0.5 else arb(float(exact))

    (found,) = tighten(registered(quarter(certified=some)), effort=16)
    assert found.verdict.status is Status.HOLDS, found.verdict.reason
    assert "of 16 comparisons apply" in found.verdict.reason
    every = verified(quarter(certified=lambda at: arb(0.25, 1e-12)))
    assert every.verdict.status is Status.INCONCLUSIVE
    assert "not applicable" in every.verdict.reason

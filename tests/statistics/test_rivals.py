"""Rivals: who is rejected and who is not, against linear programs."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.statistics import (
    Rival,
    exponential,
    exponential_in,
    judge_rivals,
    polynomial,
    power,
    proportional,
    rival_of,
)

X = np.array([3.0, 6, 10, 20, 40])


def test_an_exponential_in_another_quantity_is_judged_by_it():
    literals = np.array([1.0, 2, 3, 4, 5])
    rival = exponential_in("k", X, literals)
    (found,) = judge_rivals(X, 2**literals / 1.01, 2**literals * 1.01, [rival])
    assert found.member["rate"] == pytest.approx(np.log(2), rel=0.02)
    for y in (X**2, 2.0**-literals):
        assert not judge_rivals(X, y / 1.01, y * 1.01, [rival])[0].allowed
    # Bands that leave room for a flat law leave room for the slowest growth, as for `exponential`.
    assert judge_rivals(X, np.full(5, 0.9), np.full(5, 1.1), [rival])[0].allowed
    again = rival_of(json.loads(json.dumps(dict(rival.record))))
    assert again.name == "exponential in k"
    with pytest.raises(InvalidProblem, match="x must be points of the rival k"):
        judge_rivals([3.0, 7.0], [1, 1], [2, 2], [rival])
    with pytest.raises(InvalidProblem, match="values must be positive, one for each x"):
        exponential_in("k", X, literals - 1)


def verdicts(x, y, rivals, factor=1.05):
    return {
        r.name: r.allowed for r in judge_rivals(x, np.asarray(y) / factor, np.asarray(y) * factor, rivals)
    }


def test_an_exponential_planted_against_a_polynomial_is_named_as_such():
    y = 2 * np.exp(0.5 * X)
    found = judge_rivals(X, y / 1.05, y * 1.05, [polynomial(3), power(), exponential()])
    assert [r.allowed for r in found] == [False, False, True]
    assert found[0].describe() == "REJECTED polynomial of degree <= 3"
    assert found[2].describe().startswith("ALLOWED exponential (rate 0.5")
    assert found[2].member["rate"] == pytest.approx(0.5, abs=0.01)
    assert found[2].member["log scale"] == pytest.approx(np.log(2), abs=0.1)


def test_a_polynomial_planted_against_an_exponential_is_named_as_such():
    y = 5 + X + 3 * X**2
    rivals = [polynomial(2), polynomial(1), exponential(), power(2), power(1)]
    assert verdicts(X, y, rivals) == {
        "polynomial of degree <= 2": True,
        "polynomial of degree <= 1": False,
        "exponential": False,
        # At x = 3 the lower terms are a quarter of it: no pure power, within five per cent.
        "x^2": False,
        "x^1": False,
    }


@pytest.mark.parametrize("true", [1, 2, 3])
def test_exponents_are_told_apart(true):
    found = verdicts(X, 7 * X**true, [power(1), power(2), power(3)])
    assert [exponent for exponent in (1, 2, 3) if found[f"x^{exponent}"]] == [true]


def test_coverage_is_told_from_conditional_coverage_over_the_same_points():
    overall, conditional = X, X**2 / (X + 30)
    rivals = [proportional("C_cov", X, overall), proportional("C_cond", X, conditional)]
    assert verdicts(X, 4 * conditional, rivals) == {"C_cov": False, "C_cond": True}
    # In any order of the points.
    order = [3, 0, 4, 1, 2]
    shuffled = [proportional("C_cond", X[order], conditional[order])]
    assert verdicts(X[order], 4 * conditional[order], shuffled) == {"C_cond": True}


def test_wide_bands_reject_nobody_and_a_constant_is_no_exponential():
    rivals = [power(), power(3), exponential(), polynomial(1)]
    assert all(verdicts(X, X**2, rivals, factor=1e6).values())
    assert not verdicts(X, 1 / X, [exponential()])["exponential"]
    assert not verdicts(X, 1 / X, [polynomial(3)])["polynomial of degree <= 3"]


def test_bands_without_width_and_open_bands():
    found = verdicts(X, X**2, [power(), power(2), polynomial(2), proportional("v", X, X**2)], factor=1.0)
    assert all(found.values())
    open_above = judge_rivals(X, X**2, np.full(5, np.inf), [power(1), power(), exponential(), polynomial(1)])
    assert all(r.allowed for r in open_above)


def feasible(rows, lo, hi, bounds):
    from scipy.optimize import linprog

    rows = np.asarray(rows)
    constraints = np.vstack([rows, -rows]), np.concatenate([hi, -np.asarray(lo)])
    return linprog(np.zeros(rows.shape[1]), *constraints, bounds=bounds).status == 0


@given(
    st.lists(
        st.tuples(st.integers(1, 40), st.integers(-9, 9), st.floats(0.1, 9)),
        min_size=2,
        max_size=6,
        unique_by=lambda point: point[0],
    )
)
def test_each_family_agrees_with_its_linear_program(points):
    x, lo, width = (np.array(column, dtype=float) for column in zip(*sorted(points), strict=True))
    hi, log_x, one = lo + width, np.log(x), np.ones(len(x))
    free = (None, None)
    found = judge_rivals(x, np.exp(lo), np.exp(hi), [power(2), power(), exponential(), polynomial(2)])
    assert found[0].allowed == feasible(one[:, None], lo - 2 * log_x, hi - 2 * log_x, [free])
    assert found[1].allowed == feasible(np.column_stack([log_x, one]), lo, hi, [free, free])
    assert found[2].allowed == feasible(np.column_stack([x, one]), lo, hi, [(1e-9, None), free])
    # A law between exponents 0 and 2: its first value, then increments.
    steps = [(0, 2 * step) for step in np.diff(log_x)]
    assert found[3].allowed == feasible(np.tri(len(x)), lo, hi, [free, *steps])
    for result, shape in zip(found, (lambda m: 2 * log_x, lambda m: m["exponent"] * log_x), strict=False):
        if result.allowed:
            value = shape(result.member) + result.member["log scale"]
            assert np.all((lo - 1e-9 <= value) & (value <= hi + 1e-9))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: judge_rivals([1, 2], [1, 1], [2, 2], [power(1), power(1.0)]), "different names"),
        (lambda: judge_rivals([2, 2], [1, 1], [2, 2], [power(1)]), "x must hold two different points"),
        (lambda: judge_rivals([1, 2], [1, np.nan], [2, 2], [power(1)]), "lo must be finite"),
        (lambda: judge_rivals([-1, 2], [1, 1], [2, 2], [power(1)]), "x must be positive"),
        (lambda: power(np.nan), "exponent must be finite"),
        (lambda: polynomial(0), "degree must be finite and above 0"),
        (lambda: proportional("v", [1, 2], [1, 0]), "values must be positive"),
        (
            lambda: judge_rivals([1, 3], [1, 1], [2, 2], [proportional("v", [1, 2], [1, 1])]),
            "must be points of the rival",
        ),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(InvalidProblem, match=message):
        call()


def test_a_family_of_ones_own():
    """Anything that says whether a member passes is a rival."""
    between = Rival(name="ones", member=lambda x, lo, hi: {} if np.all((lo <= 0) & (hi >= 0)) else None)
    assert judge_rivals([1, 2], [0.5, 1], [1, 2], [between])[0].describe() == "ALLOWED ones"


@pytest.mark.parametrize(
    "rival",
    [power(), power(0.5), exponential(), polynomial(2), proportional("v", X, X**2)],
    ids=lambda rival: rival.name,
)
def test_a_rival_made_from_its_record_judges_alike(rival):
    again = rival_of(json.loads(json.dumps(rival.record)))
    assert again.name == rival.name
    for y in (3 * X**0.5, np.exp(X / 10), X**2):
        bands = (X, y / 1.01, y * 1.01)
        assert judge_rivals(*bands, [again]) == judge_rivals(*bands, [rival])


def test_a_record_of_no_family_is_refused():
    with pytest.raises(InvalidProblem, match="family must be one of power, exponential"):
        rival_of({"family": "logarithmic"})


def test_a_quantity_known_at_more_points_is_judged_at_some_of_them():
    rival = proportional("v", X, X**2)
    (found,) = judge_rivals(X[1:4], X[1:4] ** 2, X[1:4] ** 2, [rival])
    assert found.allowed

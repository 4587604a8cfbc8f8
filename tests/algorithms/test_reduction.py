"""Lemma H.1's program: answers by hand, its thresholds, its costs, and which learners it refuses."""

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from explore_theory import oracles
from explore_theory.algorithms import (
    Annealing,
    OnlineGreedy,
    SignSearch,
    decide,
)
from explore_theory.algorithms.proper.reduction import (
    heaviest,
    printed_accuracy,
    printed_beta,
    printed_threshold,
    sharp_threshold,
    signs_of_parameter,
)
from explore_theory.errors import InvalidProblem
from explore_theory.formulas import Conjunctions, Formula, MixedFormula, planted_formula
from explore_theory.foundation.streams import Streams
from explore_theory.policies import Base, PointMass, Softmax
from explore_theory.problems import SinglePromptDNF

#: ``x1``, ``x1 & x2``, ``!x1 & x3`` and ``x3 & !x3``.
HAND = Conjunctions.of([[1], [1, 2], [-1, 3], [3, -3]], 3, contradictory=True)


@dataclass(frozen=True, kw_only=True)
class Scripted:
    """Queries its parameters one by one, and returns the last entry."""

    plays: tuple
    end: object
    proper: bool = True
    rounds: int = 4

    def run(self, oracle):
        for theta in self.plays:
            assert not oracle.query(theta).reward.any()
        return self.end


BASE = Base()


def scripted(*plays, end=BASE):
    return Scripted(plays=plays, end=end)


def said(learner, threshold, **changes):
    return decide(HAND, learner, **({"delta": 0.5, "queries": 4, "threshold": threshold} | changes))


def test_the_parameter_with_the_most_mass_is_taken_the_final_one_included():
    # Satisfied: 2 of 4 at (+, +, .), 1 at (+, -, .), 1 at (-, ., +), 0 at (-, ., -).
    none, one, two = [-1, 1, -1], [1, -1, 1], [1, 1, 1]
    for plays, end, count in (
        ([none, one], Base(), 1),
        ([none, two, one], Softmax(np.array(none)), 2),
        ([none], Softmax(np.array(two)), 2),
        ([], Softmax(np.array(none)), 0),
        ([], Base(), 2),  # zero counts as +1
    ):
        found = said(scripted(*plays, end=end), Fraction(1, 4))
        assert found.satisfied.tolist() == [count]
        assert found.yes.tolist() == [count > 1]
        assert found.needed == 2
        assert found.parameters.tolist() == [len(plays) + 1]
        assert found.queries.tolist() == found.calls.tolist() == [len(plays)]
    beta = printed_beta(2, 0.5)
    weight = (2 + math.exp(-1 / beta) + math.exp(-1 / beta)) / 4
    mass = weight / (1 - math.exp(-1 / beta) + weight)
    assert said(scripted(two), 0).mass[0] == pytest.approx(mass, rel=1e-12)


def test_at_the_threshold_the_answer_is_no():
    two = scripted([1, 1, 1])
    assert not said(two, Fraction(1, 2)).yes[0]
    assert said(two, Fraction(1, 2) - Fraction(1, 10**12)).yes[0]
    assert said(scripted([-1, 1, -1], end=Softmax(np.array([-1.0, 1, -1]))), 0).yes.tolist() == [False]


def test_printed_parameters():
    assert printed_beta(3, 0.5) == pytest.approx(1 / (9 * math.log(32)))
    assert printed_accuracy(3, 0.5) == pytest.approx(0.25 / 16 / (9 * math.log(32)))
    assert printed_threshold(0.5, 10) == Fraction(1, 320)
    found = decide(HAND, SignSearch(rounds=5, stars=2), delta=0.5)
    assert found.threshold == Fraction(1, 320)


@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize(("delta", "queries", "k"), [(1, 1, 2), (0.5, 8, 3), (0.1, 300, 6), (1e-3, 20, 4)])
def test_the_sharp_threshold_keeps_one_half_and_no_larger_one_does(delta, queries, k, shifted):
    beta = printed_beta(k, delta)
    q, w = math.exp(-1 / beta), math.exp(-1 / (beta * k * (2 if shifted else 1)))

    def fine(tau):
        u = tau + (1 - tau) * w
        c = u / (1 - q + u)
        heavy = delta / (1 - q + delta) - math.sqrt(printed_accuracy(k, delta) / (2 * beta))
        return (1 - c) ** queries - 1 / 4 >= 1 / 2 and heavy > c

    tau = float(sharp_threshold(delta, queries, k, shifted=shifted))
    assert fine(tau)
    assert tau > printed_threshold(delta, queries)
    # Bernoulli's inequality loses a little.
    assert not fine(1.2 * tau)


def test_the_accuracy_takes_its_share_from_the_sharp_threshold():
    """So coarse an accuracy that a single query asks for less than a quarter."""
    q, w = math.exp(-10), math.exp(-5)
    c = 0.5 / (1.5 - q) - math.sqrt(0.002 / 0.2)
    assert c < 1 / 4
    tau = ((1 - q) * c / (1 - c) - w) / (1 - w)
    assert float(sharp_threshold(0.5, 1, 2, beta=0.1, accuracy=0.002)) == pytest.approx(tau, rel=1e-8)


def test_the_hypothesis_of_the_lemma_holds_at_the_printed_parameters():
    for delta in np.geomspace(1e-6, 1, 40):
        for k in range(1, 6):
            # beta is in units in which 1/beta may exceed what a double's exponential holds.
            q, w = (delta / 16) ** (k * k), (delta / 16) ** k
            for queries in {1, 2, 2**k}:
                tau = delta / (16 * queries)
                u = tau + (1 - tau) * w
                c = u / (1 - q + u)
                assert delta / (1 - q + delta) - math.sqrt(delta**2 / 32) > c
                assert (1 - c) ** queries - 1 / 4 > (0.57 if k == 1 else 2 / 3)


def test_the_answer_is_that_of_the_transcript():
    formula, _ = planted_formula("naive", m=20, k=3, n=6, streams=Streams(("r",), [0]), share=0.6)
    learner, streams = SignSearch(rounds=4, stars=20), Streams(("runs",), range(5))
    found = decide(formula, learner, delta=0.5, streams=streams)
    flat = SinglePromptDNF(formula=formula, beta=printed_beta(3, 0.5))
    oracle = oracles.open_proper(flat, law="exact-law", streams=Streams(("runs",), range(5)))
    policy = learner.run(oracle)
    for row in range(5):
        played = [a[row] for *sides, rows in oracle.transcript for a in sides if rows[row]]
        played.append(np.broadcast_to(policy.theta, (5, 6))[row])
        masses = [1 - math.exp(flat.log_law(theta)[0]) for theta in played]
        assert found.mass[row] == pytest.approx(max(masses), rel=1e-9)
        signs = np.where(played[int(np.argmax(masses))] >= 0, 1, -1)
        assert found.assignment[row].tolist() == signs.tolist()
        assert found.satisfied[row] == round(20 * formula.value(signs))
    np.testing.assert_array_equal(found.calls, oracle.ledger.compute)
    assert found.seconds >= found.learner_seconds > 0


def test_rows_that_played_nothing_are_not_counted():
    flat = SinglePromptDNF(formula=HAND, beta=0.2)
    theta = np.array([[[1.0, 1, 1]], [[-1, 1, -1]]]).repeat(2, axis=1)
    best, mass, count = heaviest(flat, (theta, np.array([[True, False], [True, True]])))
    assert best.tolist() == [[1, 1, 1], [-1, 1, -1]]
    assert count.tolist() == [2, 1]
    np.testing.assert_allclose(mass, np.exp(flat.log_clauses(best)))


def test_the_guides_formula_is_decided():
    text = (Path(__file__).parents[2] / "docs/guide/learners.md").read_text(encoding="utf-8")
    (code,) = (c for c in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL) if "decide(" in c)
    names = {}
    exec(compile(code, "learners.md", "exec"), names)
    answer = names["answer"]
    assert answer.yes.tolist() == (answer.satisfied >= 1).tolist() == [True] * 8
    assert (answer.satisfied / 4).tolist() == [names["formula"].value(signs) for signs in answer.assignment]


def test_zero_has_the_sign_plus():
    assert signs_of_parameter(np.array([0.0, -0.0, -1e-9, 2])).tolist() == [1, 1, -1, 1]


def test_shifted_rewards_have_one_more_coordinate_and_no_more_variables():
    found = said(Annealing(rounds=2, terms=6, calls=50, sweeps=2), 0, shifted=True, replicates=3)
    assert found.assignment.shape == (3, 3)
    assert (found.satisfied <= 2).all()


@pytest.mark.parametrize("one", [Fraction(1, 4), np.float32(0.25), np.float64(0.25)])
def test_a_share_of_another_type_is_the_same_share(one):
    assert printed_threshold(one, 4) == printed_threshold(0.25, 4)
    assert sharp_threshold(one, 8, 3) == sharp_threshold(0.25, 8, 3)
    assert type(printed_accuracy(3, one)) is float
    for printed in (printed_beta, printed_accuracy):
        assert printed(3, one) == printed(3, 0.25)
    found = said(scripted([1, 1, 1]), None, delta=one)
    assert (found.threshold, found.needed) == (Fraction(1, 256), 1)
    np.testing.assert_array_equal(found.mass, said(scripted([1, 1, 1]), None, delta=0.25).mass)


def test_a_share_that_is_a_fraction_is_not_rounded():
    assert decide(HAND, scripted([1, 1, 1]), delta=Fraction(1, 3), queries=4).threshold == Fraction(1, 192)


def test_rounds_of_a_learner_may_be_numbers_of_numpy():
    learner = Scripted(plays=(), end=BASE, rounds=np.int64(3))
    assert decide(HAND, learner, delta=0.5).threshold == Fraction(1, 192)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: said(OnlineGreedy(rounds=4), 0), "learner must be a proper one (proper=True), got learner="),
        (lambda: said(SignSearch, 0), "learner must be a proper one (proper=True), got learner="),
        (lambda: said(object(), 0), "learner must be a proper one (proper=True), got learner="),
        (lambda: said(scripted([1, 1, 1]), 0, delta=0), "delta must be positive"),
        (lambda: said(scripted([1, 1, 1]), 0, delta=1.5), "delta must be at most 1, got delta=1.5"),
        (lambda: said(scripted(), 0, delta=Fraction(3, 2)), "delta must be at most 1, got delta="),
        (lambda: said(scripted(), 0, delta=Fraction(0)), "delta must be at least 1e-307, got"),
        (lambda: said(scripted(), 0, delta=Fraction(1, 10**400)), "delta must be at least 1e-307, got"),
        (lambda: said(scripted(), 0, delta=1e-310), "delta must be at least 1e-307, got delta=1e-310"),
        (lambda: said(scripted(), 0, delta="1/2"), "delta must be a real number, got delta='1/2'"),
        *(
            (lambda n=n: decide(HAND, Scripted(plays=(), end=BASE, rounds=n), delta=0.5), words)
            for n, words in [
                (-2, "learner.rounds must be at least 0, got learner.rounds=-2"),
                (2.0, "learner.rounds must be a whole number, got learner.rounds=2.0"),
                (True, "learner.rounds must be a whole number, got learner.rounds=True"),
            ]
        ),
        (lambda: said(scripted([1, 1, 1]), 1), "threshold must be a number in [0, 1), got threshold=1"),
        (lambda: said(scripted([1, 1, 1]), "half"), "threshold must be a number in [0, 1), got threshold="),
        (lambda: said(scripted([1, 1, 1]), 0, queries=0), "queries must be at least 1, got queries=0"),
        (
            lambda: said(scripted(*[[1, 1, 1]] * 5), 0),
            "queries must be at least 5, which the learner has made, got queries=4",
        ),
        (
            lambda: said(scripted(end=PointMass(0)), 0),
            "learner must return a softmax policy, got a PointMass",
        ),
        (
            lambda: said(scripted(end=Softmax(np.array([2.0, 0, 0]))), 0),
            "learner must return a parameter with",
        ),
        (lambda: said(scripted(), 0, k=1), "k must lie in [2, 3], got k=1"),
        (lambda: said(scripted(), 0, k=4), "k must lie in [2, 3], got k=4"),
        (lambda: said(scripted(), 0, features="x"), "features must be"),
        (lambda: decide(MixedFormula([[1]], 1), Scripted(plays=(), end=Base(), rounds=None), delta=0.5),
         "queries must be given for a learner without rounds"),
        (lambda: decide(Formula(np.arange(1, 31)[None], 30), scripted(), delta=0.5, queries=1),
         "beta must be given where k^2 log(16/delta) is above 690: the printed one is too small for float64, "
         "got k=30, delta=0.5"),
        (lambda: sharp_threshold(2, 8, 2, beta=0.1, accuracy=1e-5), "delta must be at most 1, got delta=2"),
        (lambda: sharp_threshold(-1, 8, 2, beta=0.1, accuracy=1e-5), "delta must be positive"),
        (lambda: sharp_threshold(0.5, 8, 2.5, beta=0.1, accuracy=1e-5), "k must be a whole number"),
        (lambda: sharp_threshold(0.5, 10**6, 2), "queries must leave a threshold above 0"),
        (lambda: sharp_threshold(0.5, 8, 2, accuracy=1.0), "queries must leave a threshold above 0"),
    ],
)  # fmt: skip
def test_bad_calls(call, message):
    with pytest.raises(InvalidProblem) as caught:
        call()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)

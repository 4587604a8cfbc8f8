"""The oracle is the only door: one test per way around it that is open to public means, by both laws."""

import contextlib
import copy
import gc
import inspect
import pickle
import re
import sys
import threading
import traceback
import warnings
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import numpy as np
import pytest

from explore_theory import exact, oracles
from explore_theory.errors import BudgetExceeded, OracleFault, OracleMisuse
from explore_theory.formulas import planted_formula
from explore_theory.foundation.streams import Streams
from explore_theory.oracles import (
    Dot,
    Exploration,
    Norm,
    Relative,
    Ridge,
    Sample,
    Seen,
    SoftmaxSampler,
    Span,
    Status,
    TokenPolicy,
    Where,
)
from explore_theory.oracles.door import Door, close
from explore_theory.oracles.expressions import Condition, Constant, Feature, Term
from explore_theory.oracles.ledger import Meter
from explore_theory.oracles.tokens.protocol import Prefixes
from explore_theory.policies import Base
from explore_theory.problems import DNF, Gaussian, HiddenNeedle, NoNoise, TabularProblem
from explore_theory.problems.autoregressive import ladder_problem

LAWS = ("literal", "exact-law")
both_laws = pytest.mark.parametrize("law", LAWS)
FORMULA, SECRET = planted_formula("hadamard", m=40, k=3, n=6, streams=Streams(("door",), [0]))


def tabular(noise=None):
    """Two responses that are seen at once, and one of mass 1e-9 whose features are twice as long."""
    return TabularProblem(
        prompt_mass=[0.5, 0.5],
        base=[[0.6, 0.4 - 1e-9, 1e-9]] * 2,
        features=[[[0.5, 0.0], [0.0, 0.5], [0.0, 1.0]]] * 2,
        reward=[[0.1, 0.2, 0.4]] * 2,
        beta=0.5,
        theta_star=[0.2, 0.4],
        parameter_radius=1.0,
        noise=noise or NoNoise(),
    )


def opened(law, replicates=1, **more):
    return oracles.open(tabular(), law=law, replicates=replicates, **more)


def proper(law, replicates=2):
    world = DNF(formula=FORMULA, eta=2.0**-10, assignment=SECRET, noise=Gaussian(0.07))
    return oracles.open_proper(world, law=law, replicates=replicates)


def tokens(law, replicates=1, **more):
    return oracles.open_tokens(ladder_problem(horizon=3, beta=0.15), law=law, replicates=replicates, **more)


def policy_of(oracle, **changes):
    facts = oracle.facts
    values = {
        "theta": np.zeros((facts.horizon, facts.d)),
        "precision": np.tile(np.eye(facts.d), (facts.horizon, 1, 1)),
        "radius": 1.0,
        "draws": 2,
        "cap": 4,
    }
    return TokenPolicy(**(values | changes))


def plan_of(oracle, sampler=None, **more):
    keep = np.zeros((oracle.R, 1), dtype=np.int64)
    sampler = sampler or SoftmaxSampler(ratio=2.0, normaliser=2, tries=2)
    return Exploration(**({"rounds": 3, "sampler": sampler, "keep": keep} | more))


def ridge_of(oracle):
    return Ridge.start(oracle.R, oracle.facts.d, 1.0)


# --- 1. code in the place of a question -------------------------------------------------------------------


@pytest.mark.parametrize("base", [Condition, Term, Dot, Norm, Seen, Where])
def test_questions_have_no_new_subclasses(base):
    with pytest.raises(OracleMisuse, match="a question must be made of the terms"):
        type("Mine", (base,), {"on": lambda self, draws: draws, "named": None})


class Spy:
    """A vector, a term and a condition by its methods; it keeps what it is shown."""

    named = np.empty((1, 0), dtype=np.int64)

    def __init__(self):
        self.seen = []

    def on(self, draws):
        self.seen.append(draws)
        return draws.features

    def __array__(self, dtype=None, copy=None):
        self.seen.append("array")
        return np.zeros(2)

    def __float__(self):
        self.seen.append("float")
        return 0.0


def planted(question, field, spy):
    """`question` with its `field` replaced after it was made."""
    object.__setattr__(question, field, spy)
    return question


def plantings(spy):
    theta = np.zeros(2)
    return {
        "condition": spy,
        "vector": Dot(theta, spy) > 0,
        "norm": Norm(None, spy) > 0,
        "and": (Norm() > 0) & spy,
        "or": (Norm() > 0) | spy,
        "not": ~planted(~(Norm() > 0), "of", spy),
        "right": planted(Norm() > 0, "right", spy),
        "where": Where(spy, Norm()) > 0,
        "where term": Where(Norm() > 0, spy) > 0,
        "otherwise": planted(Where(Norm() > 0, Norm()), "otherwise", spy) > 0,
        "theta": planted(Dot(theta), "theta", spy) > 0,
        "anchor": Dot(theta, planted(Relative(theta), "anchor", spy)) > 0,
        "ids": planted(Seen([0]), "ids", spy),
        "constant": planted(Norm() > 0, "right", planted(Constant(0.0), "value", spy)),
        "method": Dot(theta, planted(Feature(), "on", spy.on)) > 9,
        "relation": planted(Norm() > 0, "relation", type("Text", (str,), {})(">")),
    }


@both_laws
@pytest.mark.parametrize("place", sorted(plantings(Spy()).keys() - {"method"}))
def test_code_in_a_question_is_refused_and_sees_nothing(law, place):
    spy = Spy()
    question = plantings(spy)[place]
    oracle = opened(law)
    ctx = oracle.prompt()
    for call in (
        lambda: oracle.search(ctx, question, 5),
        lambda: oracle.search_rounds(question, 5, 5),
    ):
        with pytest.raises(OracleMisuse):
            call()
    assert spy.seen == []
    assert oracle.ledger.compute.tolist() == [0]


@both_laws
def test_a_method_of_an_instance_is_not_called(law):
    spy = Spy()
    oracle = opened(law)
    found = oracle.search(oracle.prompt(), plantings(spy)["method"], 5)
    assert found.used.tolist() == [5]
    assert spy.seen == []


@both_laws
def test_code_in_a_weight_is_refused_and_sees_nothing(law):
    spy, oracle = Spy(), opened(law)
    ctx = oracle.prompt()
    for weight in (spy, Dot(np.zeros(2), spy), Where(Norm() > 0, spy)):
        for call in (
            lambda weight=weight: oracle.tilt(ctx, weight, 0.0, 5),
            lambda weight=weight: oracle.log_mean_exp(ctx, weight, 5),
        ):
            with pytest.raises(OracleMisuse):
                call()
    assert spy.seen == []
    assert oracle.ledger.compute.tolist() == [0]


@both_laws
def test_a_question_is_a_copy(law):
    """What is done to it in the middle of a call, or after one, is done to something else."""
    theta = np.array([1.0, 0.0])
    question = Dot(theta) > 0.4
    theta[:] = [0.0, 9.0]
    with pytest.raises(ValueError, match="WRITEABLE"):
        question.left.theta.flags.writeable = True
    oracle = opened(law, replicates=8)
    found = oracle.search(oracle.prompt(), question, 50)
    assert (found.response == 0).all()


@both_laws
def test_questions_do_not_nest_without_end(law):
    oracle = opened(law)
    ctx, question = oracle.prompt(), Norm() > 0
    for _ in range(300):
        question = ~question
    with pytest.raises(OracleMisuse, match="hit must nest at most 200 deep"):
        oracle.search(ctx, question, 1)
    assert oracle.draw(ctx).served.all()


@both_laws
def test_a_shape_that_does_not_fit_costs_nothing_and_draws_nothing(law):
    oracle, twin = opened(law), opened(law)
    ctx, other = oracle.prompt(), twin.prompt()
    for question in (Dot(np.zeros(3)) > 0, Norm(np.eye(3)) > 0, Norm() > np.zeros(4), Seen([[0], [1]])):
        with pytest.raises(OracleMisuse, match="must have"):
            oracle.search(ctx, question, 5)
    assert oracle.ledger.compute.tolist() == [0]
    np.testing.assert_array_equal(oracle.draw(ctx, 9).response, twin.draw(other, 9).response)


SHORT = {"radius": 0.5, "rounds": 1, "per_round": 1}
SAMPLER = {"ratio": 2.0, "normaliser": 1, "tries": 1}
NOTHING = {"covariance": np.eye(2)[None], "moment": np.zeros((1, 2))}


def subclass(kind, values):
    """The record that a subclass of `kind` is."""
    return type("Mine", (kind,), {})(**values)


def span(ridge=None, plan=None):
    return lambda o: o.span(ridge or ridge_of(o), plan or Span(**SHORT))


def explore(sampler=None, kind=Exploration):
    def call(oracle):
        plan = plan_of(oracle, sampler)
        values = {f.name: getattr(plan, f.name) for f in fields(Exploration)}
        oracle.explore(ridge_of(oracle), plan if kind is Exploration else subclass(Exploration, values))

    return call


@both_laws
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("sampler", explore(subclass(SoftmaxSampler, SAMPLER))),
        ("normaliser", explore(SoftmaxSampler(**(SAMPLER | {"normaliser": 0})))),
        ("plan", explore(kind=None)),
        ("plan", span(plan=subclass(Span, SHORT))),
        ("plan", span(plan=plan_of(opened("literal")))),
        ("rounds", span(plan=planted(Span(**SHORT), "rounds", -5))),
        ("ridge", span(subclass(Ridge, NOTHING))),
        ("moment", span(Ridge(**(NOTHING | {"moment": np.full((1, 2), np.nan)})))),
        ("covariance", span(Ridge(**(NOTHING | {"covariance": np.zeros((1, 2, 2))})))),
    ],
)
def test_plans_are_data(law, name, call):
    oracle = opened(law)
    with pytest.raises((OracleMisuse, ValueError), match=f"{name} must"):
        call(oracle)
    assert oracle.ledger.total().tolist() == [0]


@both_laws
def test_the_evaluator_keeps_its_atoms_from_a_policy(law):
    """A policy is run on copies without rewards: what it writes there changes no gap."""

    class Vandal:
        named = np.empty((1, 0), dtype=np.int64)

        def log_law(self, atoms, beta):
            assert np.isnan(atoms.reward).all()
            kept = atoms.log_mass.copy()
            for values in (atoms.log_mass, atoms.features):
                values[...] = np.log(1 / 3)
            return kept

    np.testing.assert_array_equal(exact.gap(tabular(), Vandal()), exact.gap(tabular(), Base()))


# --- 2. errors as answers ---------------------------------------------------------------------------------


def refusing(kind, *rest):
    raise FloatingPointError(kind)


@both_laws
def test_an_overflow_raised_on_purpose_tells_nothing(law):
    """Features of length one overflow, those of the responses seen do not."""
    twice = Dot(np.array([0.0, 1.7e308]), Relative(np.array([0.0, -0.5]))) > 1.0
    oracle, calm = opened(law, replicates=4), opened(law, replicates=4)
    ctx, quiet = oracle.prompt(), calm.prompt()
    before = np.seterrcall(refusing)
    try:
        with np.errstate(all="call"):
            found = oracle.search(ctx, twice, 3)
    finally:
        np.seterrcall(before)
    with np.errstate(all="ignore"):
        same = calm.search(quiet, twice, 3)
    for field in fields(found):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(same, field.name))
    np.testing.assert_array_equal(oracle.ledger.counts, calm.ledger.counts)


@both_laws
def test_an_overflow_does_not_warn(law):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        oracle = opened(law)
        ctx = oracle.prompt()
        big = Dot(np.array([0.0, 1.7e308]), Relative(np.array([0.0, -0.5])))
        oracle.search(ctx, big > 0, 2)
        oracle.tilt(ctx, big, 0.0, 2)
        oracle.log_mean_exp(ctx, big, 2)


@both_laws
def test_what_is_not_a_number_is_never_hit_and_is_no_weight(law):
    """``inf - inf`` at the second response: a comparison is not true of it, and it weighs nothing."""
    anchor = Relative(np.array([1.7e308, -1.7e308]))
    nan = Dot(np.array([1.7e308, 1.7e308]), anchor)
    oracle = opened(law, replicates=4)
    ctx = oracle.prompt()
    for hit in (nan > 0, nan <= 0, nan > -np.finfo(float).max):
        assert (oracle.search(ctx, hit, 5).status == Status.MISS).all()
    assert (oracle.tilt(ctx, nan, 0.0, 5).status == Status.MISS).all()
    assert (oracle.log_mean_exp(ctx, nan, 5) == -np.inf).all()
    assert (oracle.search(ctx, ~(nan > 0), 5).used == 1).all()


@both_laws
def test_a_weight_that_is_infinite_counts_only_where_it_is_drawn(law):
    rare = Where(Norm() > 0.9, Dot(np.array([0.0, 1.7e308]), Relative(np.array([0.0, -9.0]))))
    oracle = opened(law, replicates=4)
    np.testing.assert_allclose(oracle.log_mean_exp(oracle.prompt(), rare, 7), 0.0, atol=1e-15)


def frames_of(error):
    """The frames that an exception leads to."""
    while error is not None:
        trace = error.__traceback__
        while trace is not None:
            yield trace.tb_frame
            trace = trace.tb_next
        error = error.__cause__ or error.__context__


def holds_atoms(frame):
    """Whether a frame's variables are more than the learner's own and the door's."""
    return frame.f_code.co_filename.endswith(
        ("session.py", "literal.py", "exact_law.py", "expressions.py", "tabular.py", "token.py", "bulk.py")
    )


@both_laws
def test_refusals_leave_without_their_frames(law):
    oracle = opened(law, budgets={"weak": 3})
    ctx = oracle.prompt()
    calls = [
        lambda: oracle.search(ctx, 3, 5),
        lambda: oracle.draw(ctx, 4),
        lambda: oracle.reward(ctx, 0, 99),
        lambda: oracle.draw(ctx, theta=[9.0, 9.0]),
    ]
    for call in calls:
        with pytest.raises((OracleMisuse, BudgetExceeded)) as caught:
            call()
        assert not any(map(holds_atoms, frames_of(caught.value)))


class Failing(TabularProblem):
    """It has a secret in its message, and in the frame that it fails in."""

    def response_features(self, prompts, response):
        secret = 31415.9
        raise IndexError(f"index {secret} is out of range")


@both_laws
def test_an_error_inside_closes_the_oracle_and_tells_no_number(law):
    world = Failing(**{f.name: getattr(tabular(), f.name) for f in fields(TabularProblem) if f.init})
    oracle = oracles.open(world, law=law)
    ctx = oracle.prompt()
    with pytest.raises(OracleFault) as caught:
        oracle.search(ctx, Norm() > 0, 3)
    said = "".join(traceback.format_exception(caught.value))
    assert "31415" not in said
    assert "IndexError at test_door.py" in str(caught.value)
    assert not any("secret" in frame.f_locals for frame in frames_of(caught.value))
    with pytest.raises(OracleMisuse, match="oracle must be open for a call"):
        oracle.prompt()


class Shy(TabularProblem):
    """It fails when features are looked up after the call."""

    def response_features(self, prompts, response):
        raise RecursionError("31415")


@both_laws
def test_looking_up_features_goes_through_the_door_and_is_paid_for(law):
    world = Shy(**{f.name: getattr(tabular(), f.name) for f in fields(TabularProblem) if f.init})
    oracle = oracles.open(world, law=law)
    sample = oracle.draw(oracle.prompt(), 2)
    for look in (lambda: sample.features, lambda: sample.pick(0)):
        with pytest.raises(OracleFault) as caught:
            look()
        assert "31415" not in str(caught.value)
        assert not any("visit" in frame.f_locals for frame in frames_of(caught.value))
    calm = opened(law)
    sample = calm.draw(calm.prompt(), 2)
    close(calm, "is closed")
    assert sample.features.shape == (1, 2, 2)


@both_laws
@pytest.mark.parametrize(
    "bad", [[[1], [1, 2]], 2j, np.array([1j]), np.array([1, 2], dtype="m8[s]")], ids=repr
)
def test_what_is_no_array_of_numbers_does_not_close_the_oracle(law, bad):
    oracle = opened(law)
    ctx = oracle.prompt()
    for call in (
        lambda: oracle.draw(ctx, theta=bad),
        lambda: oracle.search(ctx, Norm() > 0, bad),
        lambda: oracle.reward(ctx, bad, 0),
        lambda: oracle.draw(ctx, rows=bad),
    ):
        with pytest.raises(OracleMisuse, match="must"):
            call()
    assert oracle.draw(ctx).served.all()


def test_a_call_that_does_not_fit_does_not_close_the_oracle():
    oracle = opened("literal")
    with pytest.raises(TypeError, match="unexpected keyword"):
        oracle.prompt(every=True)
    assert (oracle.prompt().prompts >= 0).all()


@both_laws
def test_a_ledger_that_cannot_pay_does_not_say_for_how_much(law):
    oracle = tokens(law, budgets={"token": 3})
    prefixes = oracle.prompts([0])
    with pytest.raises(BudgetExceeded, match="token budget must stay at most 3, got more"):
        oracle.step(prefixes, policy_of(oracle, draws=3, cap=50))


# --- 3. nothing for nothing -------------------------------------------------------------------------------


class Counting(TabularProblem):
    """It counts how often its responses are looked at."""

    looks = 0

    def _look(self):
        type(self).looks += 1

    def atoms(self, prompts, named=None):
        self._look()
        return super().atoms(prompts, named)

    def response_features(self, prompts, response):
        if (response >= 0).any() and not (response == 0).all():
            self._look()
        return super().response_features(prompts, response)


@both_laws
@pytest.mark.parametrize(
    "call",
    [
        lambda o, c: o.search(c, Norm() > 0, 0),
        lambda o, c: o.search(c, Norm() > 0, 0, pair=True),
        lambda o, c: o.search(c, Seen([0]), 0, theta=np.zeros(2)),
        lambda o, c: o.tilt(c, Norm(), 0.0, 0),
        lambda o, c: o.search_rounds(Norm() > 0, 0, 5),
        lambda o, c: o.span(ridge_of(o), Span(radius=0.5, rounds=0, per_round=1)),
        lambda o, c: o.explore(ridge_of(o), plan_of(o, rounds=0)),
    ],
)
def test_without_a_try_nothing_is_looked_at(law, call):
    world = Counting(**{f.name: getattr(tabular(), f.name) for f in fields(TabularProblem) if f.init})
    oracle = oracles.open(world, law=law, replicates=3)
    ctx = oracle.prompt()
    Counting.looks = 0
    said = call(oracle, ctx)
    assert Counting.looks == 0
    assert not oracle.ledger.compute.any()
    if hasattr(said, "status"):
        assert (said.status == Status.MISS).all()
    elif hasattr(said, "found"):
        assert (said.found.status == Status.MISS).all()
        assert not said.rounds.any()


@both_laws
def test_a_search_without_rounds_reads_the_words_it_always_did(law):
    """So that later searches are what they were, bit for bit."""
    said = []
    for rounds in ([0, 1, 0], 0):
        oracle = opened(law, replicates=3)
        oracle.search_rounds(Norm() > 0, rounds, 5)
        later = [oracle.search_rounds(Dot([1.0, 0.0]) > 0.4, 5, 5).found for _ in range(6)]
        said.append([(found.used[[0, 2]], found.response[[0, 2]]) for found in later])
    np.testing.assert_array_equal(*said)


# --- 4. the problem behind the token oracle ---------------------------------------------------------------


def test_a_policy_scores_features_and_nothing_else():
    assert list(inspect.signature(TokenPolicy.scores).parameters) == ["self", "features", "h", "beta"]


@both_laws
def test_a_token_policy_is_data(law):
    seen = []

    class Thief(TokenPolicy):
        def scores(self, *layer):
            seen.append(layer)
            return super().scores(*layer)

    oracle = tokens(law)
    prefixes = oracle.prompts([0])
    thief = Thief(**{f.name: getattr(policy_of(oracle), f.name) for f in fields(TokenPolicy)})
    whole = oracle.walks(prefixes, policy_of(oracle))[-1]
    ends = [oracle.extend(whole, [0]), oracle.extend(whole, [1])]
    for call in (
        lambda: oracle.step(prefixes, thief),
        lambda: oracle.walks(prefixes, thief),
        lambda: oracle.returns(*ends, thief, 1),
    ):
        with pytest.raises(OracleMisuse, match="policy must be a TokenPolicy, got a Thief"):
            call()
    assert seen == []


@both_laws
def test_prefixes_cannot_be_forged_or_changed(law):
    oracle = tokens(law, replicates=2)
    prefixes = oracle.prompts([0])
    with pytest.raises(OracleMisuse, match="prefixes must be drawn from an oracle"):
        Prefixes(oracle, np.array([1]), 3, np.array([0]), np.array([0]), np.array([9.0]))
    for name, value in (("rows", np.array([1])), ("length", 3)):
        with pytest.raises(AttributeError):
            setattr(prefixes, name, value)
    with pytest.raises(ValueError, match="WRITEABLE"):
        prefixes.rows.flags.writeable = True
    with pytest.raises(ValueError, match="read-only"):
        prefixes.rows[0] = 1
    with pytest.raises(OracleMisuse, match="parts must be prefixes"):
        Prefixes.joined([prefixes, Spy()])
    with pytest.raises(OracleMisuse, match="prefixes must come from this oracle"):
        tokens(law).draw(prefixes)


@both_laws
def test_prefixes_are_picked_by_one_look_at_the_index(law):
    """An index that changes its mind would join one row's ticket to another's prefix."""

    class Fickle:
        def __init__(self):
            self.asked = -1

        def __index__(self):
            self.asked += 1
            return self.asked % 2

    oracle = tokens(law, replicates=2)
    both = oracle.prompts([0, 1])
    fickle = Fickle()
    with contextlib.suppress(OracleMisuse):
        picked = both.pick(fickle)
        assert picked.count == 1
    assert fickle.asked <= 0
    with pytest.raises(OracleMisuse, match="which must be"):
        both.pick([5])


@both_laws
def test_returns_compare_responses_to_one_prompt_of_one_row(law):
    oracle = tokens(law, replicates=2)
    mine, yours = oracle.prompts([0]), oracle.prompts([1])
    longer = oracle.extend(mine, [0])
    for pair in ((mine, yours), (mine, longer)):
        with pytest.raises(OracleMisuse, match="second must answer the prompts of first"):
            oracle.returns(*pair, policy_of(oracle), 1)
    assert not oracle.ledger.compute.any()


@both_laws
def test_features_are_those_of_responses_that_were_drawn(law):
    """Neither the sample's array nor its places lead to any other."""
    oracle = opened(law)
    sample = oracle.draw(oracle.prompt(), 2)
    with pytest.raises(ValueError, match="WRITEABLE"):
        sample.response.flags.writeable = True
    with pytest.raises(AttributeError):
        sample.response = np.array([[2, 2]])
    for place in (2, -1, [0.5], True):
        with pytest.raises(ValueError, match="place"):
            sample.pick(place)
    assert set(np.unique(sample.response)) <= {0, 1}
    assert np.abs(sample.features).max() == 0.5
    assert isinstance(sample, Sample)


# --- 5. counts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", [-1.0, 0.5, np.nan, np.inf, -np.inf])
def test_the_meter_counts_in_whole_calls(amount):
    meter, rows = Meter(2), np.ones(2, dtype=bool)
    for charge in (
        lambda: meter.charge("weak", amount, rows),
        lambda: meter.charge("weak", np.array([3.0, amount]), rows),
        lambda: meter.charge_layers("token", np.array([amount]), 0, 0),
    ):
        with pytest.raises(OracleMisuse, match="calls must be whole numbers >= 0"):
            charge()
    assert not meter.counts.any()


def test_a_refund_cannot_hide_in_a_sum_over_layers():
    meter = Meter(1, layers=2)
    with pytest.raises(OracleMisuse, match="calls must be whole numbers >= 0"):
        meter.charge_layers("token", np.array([5.0, -4.0]), 0, 0)
    assert not meter.counts.any()


def test_a_budget_beyond_2_to_the_53_is_spent_at_some_time():
    """One call more is the same float there."""
    limit = 2.0**54
    meter, row = Meter(2, {"weak": limit}), np.array([True, False])
    assert meter.charge("weak", limit, row)[0]
    assert not meter.charge("weak", 1, row)[0]


@both_laws
@pytest.mark.parametrize(
    "changes",
    [{"tries": -1_000_000}, {"tries": 1.5}, {"tries": 0}, {"most": -1}, {"most": 0}, {"most": 1.0},
     {"radius": -1.0}, {"radius": np.nan}, {"precision": np.full((2, 2), np.nan)}, {"precision": np.eye(7)}],
)  # fmt: skip
def test_far_pairs_are_asked_for_in_counts(law, changes):
    oracle = tokens(law)
    d = oracle.facts.d
    asked = {"precision": np.eye(d), "radius": 0.1, "tries": 3} | changes
    prefixes = oracle.prompts([0])
    with pytest.raises(ValueError, match=f"{next(iter(changes))} must"):
        oracle.far_pairs(prefixes, **asked)
    assert not oracle.ledger.compute.any()


BAD = [-1, -1e6, 1.5, np.nan, "3", None, [1], True + 0.5, 2j]


@both_laws
@pytest.mark.parametrize("bad", BAD, ids=repr)
@pytest.mark.parametrize(
    "call",
    [
        lambda o, c, bad: o.draw(c, bad),
        lambda o, c, bad: o.search(c, Norm() > 0, bad),
        lambda o, c, bad: o.tilt(c, Norm(), 0.0, bad),
        lambda o, c, bad: o.log_mean_exp(c, Norm(), bad),
        lambda o, c, bad: o.search_rounds(Norm() > 0, bad, 3),
        lambda o, c, bad: o.search_rounds(Norm() > 0, 3, bad),
    ],
)
def test_counts_are_checked_before_anything_is_charged(law, call, bad):
    if isinstance(bad, list):
        bad = [1, 1, 1]
    oracle = opened(law, replicates=2)
    ctx = oracle.prompt()
    with pytest.raises((OracleMisuse, ValueError)):
        call(oracle, ctx, bad)
    assert not oracle.ledger.compute.any()
    assert oracle.ledger.total("prompt").tolist() == [1, 1]


@both_laws
@pytest.mark.parametrize("bad", [-1.0, 0.5, np.nan, np.inf, "3", [1.0, -1.0]], ids=repr)
def test_operations_are_counted_in_whole_numbers(law, bad):
    oracle = proper(law)
    oracle.count(5)
    with pytest.raises(OracleMisuse, match="operations must be"):
        oracle.count(bad)
    with pytest.raises(OracleMisuse, match="budget must be"):
        oracle.search_signs(np.inf)
    assert oracle.operations.tolist() == [5, 5]


# --- 6. coins ---------------------------------------------------------------------------------------------


def every_door(law):
    return opened(law, replicates=2), proper(law), tokens(law)


@both_laws
def test_coins_carry_no_keys(law):
    for oracle in (opened(law, replicates=2), proper(law)):
        for coins in (oracle.coins, oracle.coins.child("mine")):
            public = {name for name in dir(coins) if not name.startswith("_")}
            assert public == {"R", "changes_in_use", "child", "integers", "normal", "uniform"}
            assert not hasattr(coins, "__dict__")
            assert "learner" not in repr(coins)
            for copied in (copy.copy, copy.deepcopy, pickle.dumps):
                with pytest.raises(OracleMisuse, match="coins must be used as they are"):
                    copied(coins)
            with pytest.raises(AttributeError):
                coins.path = ("noise",)


@both_laws
def test_coins_are_the_streams_that_they_were(law):
    streams = Streams(("oracle",), range(3)).child("learner")
    coins = opened(law, replicates=3).coins
    np.testing.assert_array_equal(coins.uniform(5), streams.uniform(5))
    np.testing.assert_array_equal(coins.child("a").normal(5), streams.child("a").normal(5))
    np.testing.assert_array_equal(coins.integers(9, 5), streams.integers(9, 5))


@pytest.mark.parametrize(
    "toss",
    [
        lambda coins: coins.uniform(-1),
        lambda coins: coins.normal(1.5),
        lambda coins: coins.uniform(10**15),
        lambda coins: coins.integers(0, 1),
        lambda coins: coins.integers(np.array([1]), 1),
        lambda coins: coins.integers(np.array([0, 1]), 1),
        lambda coins: coins.uniform(1, np.array([True])),
        lambda coins: coins.uniform(1, Spy()),
    ],
)
def test_a_toss_that_fails_does_not_lead_to_the_key(toss):
    with pytest.raises((OracleMisuse, ValueError)) as caught:
        toss(opened("literal", replicates=2).coins)
    assert not any(frame.f_code.co_filename.endswith("streams.py") for frame in frames_of(caught.value))


@pytest.mark.parametrize("name", ["", " ", "a\x1fb", "noise\x1f0", 3])
def test_a_name_of_coins_cannot_spell_another_path(name):
    with pytest.raises(OracleMisuse, match="name must be a word"):
        opened("literal").coins.child(name)


# --- 7. what is handed out is not what is trusted -----------------------------------------------------------


def arrays_of(thing):
    if isinstance(thing, np.ndarray):
        yield thing
    elif isinstance(thing, list | tuple):
        for part in thing:
            yield from arrays_of(part)
    elif hasattr(thing, "__dataclass_fields__"):
        for field in fields(thing):
            yield from arrays_of(getattr(thing, field.name))


@both_laws
def test_answers_are_read_only(law):
    oracle, played, token = every_door(law)
    ctx = oracle.prompt()
    sample = oracle.draw(ctx, 2)
    prefixes = token.prompts([0])
    step = token.step(prefixes, policy_of(token))
    visits = token.walks(prefixes, policy_of(token))
    ends = [token.extend(visits[-1], [a]) for a in (0, 1)]
    answers = [
        ctx.prompts, sample.response, sample.served, sample.features,
        oracle.search(ctx, Norm() > 0, 5), oracle.tilt(ctx, Norm(), 0.0, 5),
        oracle.search_rounds(Norm() > 0, 3, 3), oracle.span(ridge_of(oracle), Span(**SHORT)),
        oracle.explore(ridge_of(oracle), plan_of(oracle)),
        played.round(np.zeros(6), np.zeros(6)), played.search_signs(5), played.transcript,
        token.draw(prefixes, 2), step, token.returns(*ends, policy_of(token), 2), prefixes.rows,
        token.far_pairs(prefixes, 1e9 * np.eye(token.facts.d), 0.01, 50),
    ]  # fmt: skip
    assert all(list(arrays_of(answer)) for answer in answers[:-1])
    for answer in arrays_of(answers):
        assert not answer.flags.writeable


@both_laws
def test_the_transcript_is_what_was_played(law):
    oracle = proper(law)
    played = oracle.round(np.zeros(6), np.zeros(6))
    entry = oracle.transcript[0]
    for array in entry:
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True
        assert type(array.base) is bytes
    with pytest.raises(AttributeError):
        oracle.transcript = ()
    with pytest.raises((AttributeError, FrozenInstanceError)):
        played.theta = np.ones(3)


@both_laws
def test_facts_are_a_copy(law):
    """What is done to them does not widen what is accepted."""
    oracle, played, _ = every_door(law)
    object.__setattr__(oracle.facts.parameters, "radius", 1e9)
    object.__setattr__(played.facts.parameters, "half_width", 1e9)
    with pytest.raises(OracleMisuse, match="theta must satisfy"):
        oracle.draw(oracle.prompt(), theta=[5.0, 5.0])
    with pytest.raises(OracleMisuse, match="theta must satisfy"):
        played.round(np.full(6, 5.0), np.zeros(6))
    assert not played.ledger.total().any()
    assert np.abs(played.search_signs(50).theta).max() < 1


# --- 10. calls within calls, copies -------------------------------------------------------------------------


@both_laws
@pytest.mark.parametrize("name", ["__array__", "__float__", "__index__", "__len__"])
def test_an_argument_cannot_call_the_oracle_in_the_middle_of_a_call(law, name):
    """A second reward round of one prompt would be one noise less."""
    oracle = opened(law)
    ctx, inner = oracle.prompt(), []

    def again(self, *args, **kwargs):
        inner.append(oracle.reward(ctx, 0, 1))
        return np.zeros((), dtype=np.int64) if name == "__array__" else 0

    evil = type("Evil", (), {name: again})()
    for argument in (evil, [evil]):
        with contextlib.suppress(OracleMisuse):
            oracle.reward(ctx, argument, 1)
    assert oracle.ledger.data[0] <= 1


@both_laws
def test_a_finaliser_cannot_call_the_oracle_in_the_middle_of_a_call(law):
    """Python runs one whenever it likes; here while the problem is asked for a reward."""
    refused = []

    class Late:
        def __del__(self):
            try:
                oracle.reward(ctx, 0, 1)
            except OracleMisuse as refusal:
                refused.append(str(refusal))

    class Slow(TabularProblem):
        def mean_reward(self, prompts, response):
            garbage.clear()
            gc.collect()
            return super().mean_reward(prompts, response)

    world = Slow(**{f.name: getattr(tabular(), f.name) for f in fields(TabularProblem) if f.init})
    oracle = oracles.open(world, law=law)
    ctx, garbage = oracle.prompt(), [Late()]
    oracle.reward(ctx, 0, 1)
    assert refused == ["oracle must be asked for one thing at a time, got a call during another"]
    assert oracle.ledger.data.tolist() == [1]


class Loud(np.ndarray):
    """An array that is told about everything that is done with it."""

    def __array_ufunc__(self, *args, **kwargs):
        raise AssertionError("told")

    def __array_function__(self, *args, **kwargs):
        raise AssertionError("told")


@both_laws
def test_arrays_with_a_mind_of_their_own_are_refused(law):
    oracle = opened(law, replicates=2)
    ctx = oracle.prompt()
    loud = np.zeros(2).view(Loud)
    structured = np.zeros(2, dtype=[("a", object)])
    for bad in (loud, [loud, loud], np.ma.masked_array([1.0, 2.0], [True, False]), structured):
        for call in (
            lambda bad=bad: oracle.draw(ctx, theta=bad),
            lambda bad=bad: oracle.search(ctx, Norm() > 0, bad),
            lambda bad=bad: oracle.tilt(ctx, Norm(), bad, 3),
            lambda bad=bad: oracle.draw(ctx, rows=bad),
        ):
            with pytest.raises(OracleMisuse, match="must be a"):
                call()
    assert not oracle.ledger.compute.any()


@both_laws
def test_rows_that_change_in_the_middle_of_a_call_are_a_copy(law):
    rows = np.array([True, False])

    class Meddler(TabularProblem):
        def draw_prompts(self, streams, active=None):
            rows[:] = True
            return streams.integers(2, 1, active)[:, 0]

    world = Meddler(**{f.name: getattr(tabular(), f.name) for f in fields(TabularProblem) if f.init})
    oracle = oracles.open(world, law=law, replicates=2)
    ctx = oracle.prompt(rows)
    assert rows.all()
    assert ctx.prompts[1] == -1
    assert oracle.ledger.total("prompt").tolist() == [1, 0]


@both_laws
def test_there_is_no_rehearsal(law):
    for oracle in every_door(law):
        for copied in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(OracleMisuse, match="oracle must be used as it is"):
                copied(oracle)
    oracle = opened(law)
    ctx = oracle.prompt()
    oracle.reward(ctx, 0, 1)
    again = pickle.loads(pickle.dumps(ctx.prompts))
    forged = type(ctx)(again)
    for twin in (copy.copy(ctx), copy.deepcopy(ctx), forged):
        with pytest.raises(OracleMisuse):
            oracle.reward(twin, 0, 1)
    assert oracle.ledger.data.tolist() == [1]


@both_laws
def test_a_phase_is_named_by_plain_text(law):
    compared = []

    class Name(str):
        __slots__ = ()

        def __eq__(self, other):
            compared.append(other)
            return False

        __hash__ = str.__hash__

    oracle = opened(law)
    with oracle.phase(Name("mine")):
        compared.clear()
        oracle.prompt()
        with oracle.phase("other"):
            oracle.prompt()
    assert compared == []
    assert [type(name) for name in oracle.ledger.phases] == [str, str, str]


@both_laws
def test_every_public_call_goes_through_the_door(law):
    free = {"phase"}
    for oracle in every_door(law):
        assert isinstance(oracle, Door)
        kind = type(oracle)
        calls = {
            name
            for name in dir(kind)
            if not name.startswith("_") and inspect.isfunction(inspect.getattr_static(kind, name))
        }
        assert {name for name in calls if not hasattr(getattr(kind, name), "_inner")} == free
        assert not any(hasattr(getattr(kind, name), "__wrapped__") for name in calls)


@both_laws
def test_the_wrong_door_says_so(law):
    with pytest.raises(OracleMisuse, match=r"oracle must be a proper one \(oracles.open_proper\) for round"):
        opened(law).round(np.zeros(2), np.zeros(2))
    with pytest.raises(OracleMisuse, match=r"oracle must be an ordinary one \(oracles.open\) for reward"):
        proper(law).reward(None, 0, 1)
    with pytest.raises(AttributeError):
        _ = opened(law).rewrad


def test_a_needle_is_not_to_be_had_by_any_of_this():
    """The exact law looks at the needle in every search; a learner hears of it when it has paid."""
    problem = HiddenNeedle.draw(responses=10**12, coverage=1e9, dimension=2, beta=0.5)
    oracle = oracles.open(problem, law="exact-law")
    ctx = oracle.prompt()
    spy = Spy()
    for question in (spy, Where(Norm() > 0, spy) > 0, planted(Dot(np.zeros(2)), "theta", spy) > 0):
        with pytest.raises(OracleMisuse):
            oracle.search(ctx, question, 1)
    found = oracle.search(ctx, Norm() > 0, 0)
    assert not found.features.any()
    assert spy.seen == []
    assert oracle.ledger.compute.tolist() == [0]


def test_the_guide_names_tests_that_there_are():
    tests = Path(__file__).parents[1]
    guide = (tests.parent / "docs/guide/door.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", guide))
    there = "".join(
        (tests / name).read_text() for name in ("oracles/test_door.py", "algorithms/test_running.py")
    )
    assert len(named) > 30
    assert {name for name in named if f"def {name}(" not in there} == set()


@both_laws
def test_a_phase_is_not_begun_in_the_middle_of_a_call(law):
    oracle = opened(law)
    oracle._busy = True
    with pytest.raises(OracleMisuse, match="one thing at a time"), oracle.phase("now"):
        pass


@both_laws
def test_phases_that_another_thread_begins_lose_no_charge(law):
    """Each new phase is a new column of counts; a charge in that moment went to the old ones."""
    oracle = opened(law)
    ctx, made = oracle.prompt(), 0

    def begin():
        for number in range(400):
            with oracle.phase(f"phase {number}"):
                pass

    thread, interval = threading.Thread(target=begin), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        thread.start()
        while thread.is_alive():
            oracle.draw(ctx)
            made += 1
    finally:
        sys.setswitchinterval(interval)
        thread.join()
    assert oracle.ledger.total("weak").tolist() == [made]

"""A learner plays each replicate by itself, or says that it is vectorised and is checked."""

import logging
import threading
from collections import deque
from dataclasses import dataclass, fields, replace
from typing import ClassVar

import numpy as np
import pytest

from explore_theory import algorithms, exact, oracles
from explore_theory.algorithms import OptimalDesign, PrintedSpannerSampling, ProperGreedy, SpannerSampling
from explore_theory.errors import BudgetExceeded, InvalidProblem, OracleFault, OracleMisuse
from explore_theory.foundation.streams import Streams
from explore_theory.oracles import Norm
from explore_theory.policies import Base, PointMass, Softmax
from explore_theory.problems import HiddenNeedle, NoNoise, TabularProblem
from explore_theory.problems.autoregressive import ladder_problem
from explore_theory.running.comparison import same
from explore_theory.running.playing import Playing, play
from tests.algorithms import test_baselines as baselines
from tests.algorithms import test_mtss as tokens
from tests.algorithms import test_needle_learners as needles
from tests.algorithms import test_proper_learners as formulas
from tests.algorithms import test_spanner_sampling as spanner

LAWS = ("literal", "exact-law")
PROBLEM = baselines.problem()
NEEDLES = needles.needle(64, responses=500, coverage=20.0)
FORMULA = formulas.DNF(formula=formulas.FORMULA, eta=2.0**-10, assignment=formulas.SECRET)
ONE_PROMPT = baselines.problem(prompts=1)
SPANNER = spanner.problem()
SHIPPED = (
    [(learner(12), PROBLEM, {"reward": 10}, LAWS) for learner in baselines.ALL.values()]
    + [(OptimalDesign(features=ONE_PROMPT.features[0], rounds=20), ONE_PROMPT, {"reward": 15}, LAWS)]
    + [(learner(calls=60), NEEDLES, {"weak": 40, "strong": 50}, LAWS) for learner in needles.ALL.values()]
    + [(replace(one, rounds=4), FORMULA, {"reward": 3}, LAWS) for one in formulas.LEARNERS]
    + [(ProperGreedy(rounds=4), FORMULA, {"reward": 3}, LAWS)]
    # By the literal law it takes hours.
    + [(SpannerSampling(eps=0.5, update=one), SPANNER, None, LAWS[1:]) for one in spanner.UPDATES]
    + [(PrintedSpannerSampling(eps=0.5, constant=0.1), SPANNER, None, LAWS[1:])]
)
CASES = [(law, *case) for *case, laws in SHIPPED for law in laws]


@pytest.mark.parametrize(
    ("law", "learner", "problem", "budgets"),
    CASES,
    ids=[f"{law}-{type(learner).__name__}-{n}" for n, (law, learner, *_) in enumerate(CASES)],
)
def test_shipped_learners_get_alone_what_they_get_among_64(law, learner, problem, budgets):
    """Policy, charges, transcript, bit for bit: or `play` raises."""
    assert type(learner).vectorised
    played = play(learner, problem, law=law, seed=5, replicates=64, budgets=budgets)
    assert played.checked in range(64)
    assert played.gap.shape == played.within_budget.shape == (64,)
    assert played.ledger.replicates == 64


@pytest.mark.parametrize("law", LAWS)
def test_the_token_learner_gets_alone_what_it_gets_among_others(law):
    problem = tokens.learners.told(ladder_problem(horizon=2, beta=0.3))
    learner = algorithms.MTSS.practical(problem.facts, 0.5)
    few = replace(learner, episodes=2, excursions=1, fewest=20, quality=1e-6)
    played = play(few, problem, law=law, replicates=5)
    assert played.checked in range(5)
    assert played.gap.shape == (5,)


def test_every_shipped_learner_says_that_it_is_vectorised():
    kinds = {
        kind
        for name in algorithms.__all__
        if isinstance(kind := getattr(algorithms, name), type) and "run" in vars(kind)
        if not getattr(kind, "_is_protocol", False)
    }
    assert {type(learner) for learner, *_ in SHIPPED} | {algorithms.MTSS, algorithms.PrintedMTSS} == kinds
    assert all(kind.vectorised is True for kind in kinds)


@dataclass(frozen=True)
class Plain:
    """Twenty rounds of rewards, and the mean of the first; it does not say that it is vectorised."""

    def run(self, oracle):
        total = np.zeros(oracle.R)
        for _ in range(20):
            ctx = oracle.prompt()
            drawn = oracle.draw(ctx, 2).response
            total += oracle.reward(ctx, drawn[:, 0], drawn[:, 1])[:, 0]
        return Softmax(np.clip(total[:, None] / 40 + oracle.coins.uniform(3) / 100, 0, 0.5))


@dataclass(frozen=True)
class Together(Plain):
    vectorised: ClassVar[bool] = True


@pytest.mark.parametrize("law", LAWS)
def test_one_by_one_is_what_it_is_among_64(law):
    apart, together = (play(one, PROBLEM, law=law, seed=2, replicates=64) for one in (Plain(), Together()))
    assert len(apart.policies) == 64
    theta = np.concatenate([policy.theta for policy in apart.policies])
    np.testing.assert_array_equal(theta, together.policy.theta)
    np.testing.assert_array_equal(apart.ledger.counts, together.ledger.counts)
    np.testing.assert_array_equal(apart.gap, together.gap)
    with pytest.raises(InvalidProblem, match="policy must be one of policies"):
        _ = apart.policy


@pytest.mark.parametrize("law", LAWS)
def test_a_run_has_the_law_and_the_seed_that_it_is_given(law):
    by_hand = oracles.open(PROBLEM, law=law, streams=Streams(("oracle",), range(5), 7))
    seat = Playing(Together(), PROBLEM, law=law, seed=7, replicates=5).open(range(5))
    assert type(seat.oracle) is type(by_hand)
    theta = play(Together(), PROBLEM, law=law, seed=7, replicates=5).policy.theta
    np.testing.assert_array_equal(theta, Together().run(by_hand).theta)


def test_a_learner_that_does_not_say_so_sees_one_replicate():
    seen = []

    class Looks(Plain):
        def run(self, oracle):
            seen.append((oracle.R, oracle.active.shape))
            return super().run(oracle)

    play(Looks(), PROBLEM, replicates=5)
    assert set(seen) == {(1, (1,))}
    assert len(seen) == 6


class Pools(Together):
    """Its estimate is the mean over replicates."""

    def run(self, oracle):
        theta = super().run(oracle).theta
        return Softmax(np.broadcast_to(theta.mean(axis=0), theta.shape))


class Shares(Together):
    """The replicates go on until one of them has found what it looks for."""

    def run(self, oracle):
        ctx = oracle.prompt()
        while not oracle.search(ctx, Norm() > 0, 1).ok.any() or oracle.ledger.compute[0] < oracle.R:
            pass
        return Base()


class Asks(Together):
    """It asks about another response among others than alone."""

    def run(self, oracle):
        oracle.reward(oracle.prompt(), min(oracle.R, 2), 0)
        return Base()


class Differs(Together):
    """It returns something else among others."""

    def run(self, oracle):
        return PointMass(int(oracle.R > 1))


class Plays(Together):
    """It plays another parameter among others, for the same charges."""

    proper: ClassVar[bool] = True

    def run(self, oracle):
        oracle.round(np.full(6, 0.1 * (oracle.R > 1)), np.zeros(6))
        return Base()


class Counts(Plays):
    """It counts other operations."""

    def run(self, oracle):
        oracle.count(oracle.R)
        return Base()


class Stops(Together):
    """It runs out of budget only where there are others."""

    def run(self, oracle):
        oracle.draw(oracle.prompt(), 3 if oracle.R > 1 else 2)
        return Base()


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(
    ("learner", "what"),
    [
        (Pools(), "policy"),
        (Differs(), "policy"),
        (Shares(), "ledger"),
        (Asks(), "transcript"),
        (Plays(), "transcript"),
        (Counts(), "transcript"),
    ],
)
def test_replicates_that_know_of_each_other_are_found_out(law, learner, what):
    with pytest.raises(OracleMisuse, match=rf"got another {what} of {type(learner).__name__} \(vectorised"):
        play(learner, FORMULA if isinstance(learner, Plays) else PROBLEM, law=law, replicates=8)


def test_a_replicate_that_runs_out_only_among_others_is_found_out():
    with pytest.raises(OracleMisuse, match="got another ledger of Stops"):
        play(Stops(), PROBLEM, replicates=8, budgets={"weak": 2})


class Keeps(Plain):
    """It keeps what it has learned in itself, if it can."""

    def __init__(self):
        object.__setattr__(self, "known", [])

    def run(self, oracle):
        self.known.append(super().run(oracle).theta)
        return Softmax(np.mean(self.known, axis=0))


def test_a_learner_cannot_pool_in_itself():
    learner = Keeps()
    apart, kept = play(Plain(), PROBLEM, replicates=4), play(learner, PROBLEM, replicates=4)
    assert learner.known == []
    np.testing.assert_array_equal(apart.gap, kept.gap)


class Remembers(Plain):
    """It keeps it where all of its copies find it."""

    known: ClassVar[list] = []

    def run(self, oracle):
        self.known.append(super().run(oracle).theta)
        return Softmax(np.mean(self.known, axis=0))


class Caches(Plain):
    """Only the first of its runs pays."""

    known: ClassVar[list] = []

    def run(self, oracle):
        if not self.known:
            self.known.append(super().run(oracle))
        return self.known[0]


class Tosses(Plain):
    """Its coins are not those of the oracle."""

    def run(self, oracle):
        return Softmax(np.random.default_rng().uniform(size=(oracle.R, 3)) / 10)


@pytest.mark.parametrize("learner", [Remembers(), Caches(), Tosses()], ids=["remembers", "caches", "tosses"])
def test_a_learner_that_pools_elsewhere_is_found_out(learner):
    with pytest.raises(OracleMisuse, match="learner must keep replicates apart"):
        play(learner, PROBLEM, replicates=4)


class MeanOfAll(Softmax):
    """The same in all that it holds; it pools where it is evaluated."""

    def log_law(self, atoms, beta):
        return Softmax(np.broadcast_to(self.theta.mean(axis=0), self.theta.shape)).log_law(atoms, beta)


class MeanOfKnown(Softmax):
    known: ClassVar[list] = []

    def __post_init__(self):
        super().__post_init__()
        self.known.append(self.theta)

    def log_law(self, atoms, beta):
        return Softmax(np.mean(self.known, axis=0)).log_law(atoms, beta)


class Also(Softmax):
    """It has an attribute that is no field."""

    def log_law(self, atoms, beta):
        return Softmax(self.mean).log_law(atoms, beta)


class Equal:
    """Equal to anything, if it is asked."""

    __slots__ = ("held",)
    __hash__ = None

    def __init__(self, held):
        self.held = held

    def __eq__(self, other):
        return True


@dataclass(frozen=True)
class Makes(Together):
    """What it returns is made of the estimates of all replicates."""

    make: object = None

    def run(self, oracle):
        return self.make(super().run(oracle).theta)


def also(theta):
    policy = Also(theta)
    object.__setattr__(policy, "mean", np.broadcast_to(theta.mean(axis=0), theta.shape))
    return policy


def closing_over(value):
    return lambda: value


class Carries(Base):
    """A policy with something else in it."""

    def __init__(self, held):
        object.__setattr__(self, "held", held)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (MeanOfAll, "value of its policy"),
        (also, "policy"),
        (lambda theta: Carries(Equal(theta.sum())), "policy"),
        (lambda theta: Carries({"deep": [theta.sum()]}), "policy"),
        (lambda theta: Carries(closing_over(theta.sum())), "policy"),
        (lambda theta: Carries(-0.0 if len(theta) > 1 else 0.0), "policy"),
        (lambda theta: Carries(1 if len(theta) > 1 else 1.0), "policy"),
    ],
)
def test_a_policy_that_pools_is_found_out_wherever_it_keeps_that(make, what):
    with pytest.raises(OracleMisuse, match=f"got another {what} of Makes"):
        play(Makes(make=make), PROBLEM, replicates=8)


def test_a_part_that_is_made_for_the_comparison_passes_for_no_other():
    """States of generators are made when they are asked for, and gone when they have been compared."""
    one, other = ([np.random.default_rng(seed) for seed in seeds] for seeds in (range(40), [*range(39), 99]))
    assert same(one, one)
    assert same({"a": one[:39]}, {"a": other[:39]})
    assert not same({"a": one}, {"a": other})


def test_policies_are_evaluated_before_they_can_know_of_later_ones():
    class Known(Plain):
        def run(self, oracle):
            return MeanOfKnown(super().run(oracle).theta)

    with pytest.raises(OracleMisuse, match="got another value of its policy"):
        play(Known(), PROBLEM, replicates=8)


def knot():
    held = {}
    held["itself"] = held
    return held


class Slotted:
    __slots__ = ("held",)

    def __init__(self):
        self.held = 3.0


@pytest.mark.parametrize(
    "held",
    [
        lambda oracle: Slotted(),
        lambda oracle: np.array([1.0, "two", None], dtype=object),
        lambda oracle: lambda: oracle.R * 0,
        lambda oracle: np.random.default_rng(3),
        lambda oracle: (np.float32("nan"), complex("nan"), np.datetime64("NaT")),
        lambda oracle: threading.Lock(),
        lambda oracle: iter([1]),
        lambda oracle: knot(),
        lambda oracle: deque([np.ones(2)]),
        lambda oracle: {frozenset([1]), 2},
        lambda oracle: logging.getLogger("explore-theory"),
        lambda oracle: oracle.R,
    ],
)
@pytest.mark.parametrize("vectorised", [False, True])
def test_a_policy_may_hold_what_it_likes(held, vectorised):
    class Holds(Together if vectorised else Plain):
        def run(self, oracle):
            super().run(oracle)
            return Carries(held(oracle))

    assert play(Holds(), PROBLEM, replicates=4).checked is not None


def test_streams_are_compared_by_where_they_stand():
    """Forty rows read fewer words ahead than one does."""
    together, alone = Streams(("s",), range(40)), Streams(("s",), [7])
    for streams in (together, alone):
        streams.uniform(5)
    assert same(together, alone, 7, 40)
    assert not same(together, Streams(("s",), [7]), 7, 40), "it has read nothing"
    assert not same(together, alone, 8, 40)
    for other in (Streams(("t",), [7]), Streams(("s",), [7], 1)):
        other.uniform(5)
        assert not same(together, other, 7, 40)


@pytest.mark.parametrize(
    ("learner", "problem", "message"),
    [
        (Plain, PROBLEM, "learner must be made first, got the class Plain"),
        (object(), PROBLEM, r"learner must have a method run\(oracle\), got a object"),
        (Plain(), "table.npz", "problem must be one such as TabularProblem .* got 'table.npz'"),
        (Makes(make=lambda theta: None), PROBLEM, "run must return a policy, got None from Makes"),
        (Makes(make=threading.Lock()), PROBLEM, "learner must be one that can be copied"),
    ],
)
def test_a_beginner_s_mistake_is_one_line(learner, problem, message):
    with pytest.raises(InvalidProblem, match=message):
        play(learner, problem, replicates=2)


# --- doors ------------------------------------------------------------------------------------------------


class Rounds:
    """It plays a round, whatever it says."""

    def __init__(self, proper):
        self.proper = proper

    def run(self, oracle):
        oracle.round(np.zeros(oracle.facts.d), np.zeros(oracle.facts.d))
        return Base()


class Rewards(Rounds):
    def run(self, oracle):
        oracle.reward(oracle.prompt(), 0, 1)
        return Base()


@pytest.mark.parametrize("law", LAWS)
def test_proper_opens_the_proper_door_and_no_other(law):
    assert play(Rounds(True), FORMULA, law=law).ledger.data.tolist() == [1]
    assert play(Rewards(False), FORMULA, law=law).ledger.data.tolist() == [1]
    assert play(ProperGreedy(rounds=2), FORMULA, law=law).ledger.data.tolist() == [2]
    with pytest.raises(OracleMisuse, match="oracle must be a proper one"):
        play(Rounds(False), FORMULA, law=law)
    with pytest.raises(OracleMisuse, match="oracle must be an ordinary one"):
        play(Rewards(True), FORMULA, law=law)
    with pytest.raises(InvalidProblem, match="proper must be True or False, got proper='yes'"):
        play(Rewards("yes"), FORMULA, law=law)
    with pytest.raises(OracleMisuse, match="proper must be False of a learner on an autoregressive problem"):
        play(Rounds(True), tokens.LADDER, law=law)


def test_a_learner_of_another_door_says_so_when_it_is_run_by_hand():
    with pytest.raises(OracleMisuse, match="oracle must be a proper one"):
        ProperGreedy(rounds=2).run(oracles.open(FORMULA))
    with pytest.raises(OracleMisuse, match="oracle must be an ordinary one"):
        algorithms.PassiveSampling(rounds=2).run(oracles.open_proper(PROBLEM))


class Returns(Plain):
    """A policy that goes on asking while it is evaluated."""

    def run(self, oracle):
        class Asking(Base):
            def log_law(self, atoms, beta):
                oracle.reward(oracle.prompt(), 0, 1)
                return atoms.log_mass

        return Asking()


def test_the_oracle_is_closed_when_the_run_is_over():
    with pytest.raises(OracleMisuse, match="got one that belongs to a run that is over"):
        play(Returns(), PROBLEM)


class Failing(TabularProblem):
    def mean_reward(self, prompts, response):
        raise ZeroDivisionError("in a problem of one's own")


class Hides(Plain):
    def run(self, oracle):
        try:
            return super().run(oracle)
        except OracleFault:
            return Base()


def test_a_problem_that_fails_is_shown_to_the_caller_and_voids_the_run():
    world = Failing(**{f.name: getattr(PROBLEM, f.name) for f in fields(TabularProblem) if f.init})
    for learner in (Plain(), Hides()):
        with pytest.raises(OracleFault) as caught:
            play(learner, world)
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
        assert caught.value.__cause__.__traceback__ is not None


def test_a_learner_s_own_error_is_its_own():
    class Broken(Plain):
        def run(self, oracle):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        play(Broken(), PROBLEM)


def test_worlds_are_played_one_by_one():
    worlds = HiddenNeedle.draw(responses=50, coverage=5.0, dimension=2, beta=0.5, worlds=6)
    for row in range(6):
        one = worlds.world(row)
        assert one.worlds == 1
        np.testing.assert_array_equal(one.directions[0], worlds.directions[row])

    class Searches(Plain):
        def run(self, oracle):
            found = oracle.search(oracle.prompt(), Norm() > 0, 10)
            return PointMass(np.maximum(found.response, 0)) if found.ok.all() else Base()

    played = play(Searches(), worlds, replicates=6)
    for row, policy in enumerate(played.policies):
        if isinstance(policy, PointMass):
            assert policy.response[0] == worlds.needles[row]
            assert np.isfinite(exact.gap(worlds.world(row), policy)).all()


def test_a_budget_is_that_of_one_replicate():
    class Draws(Plain):
        def run(self, oracle):
            oracle.draw(oracle.prompt(), 3)
            return Base()

    with pytest.raises(BudgetExceeded):
        play(Draws(), PROBLEM, replicates=3, budgets={"weak": 2})
    assert play(Draws(), PROBLEM, replicates=3, budgets={"weak": 3}).within_budget.all()


def test_a_vectorised_learner_idles_alone_as_it_does_among_others():
    played = play(algorithms.PassiveSampling(rounds=9), PROBLEM, replicates=4, budgets={"reward": 5})
    assert not played.within_budget.any()
    assert played.ledger.data.tolist() == [5] * 4
    with pytest.raises(BudgetExceeded):
        play(algorithms.PassiveSampling(rounds=9), PROBLEM, budgets={"reward": 5})


def test_ledgers_are_joined_by_phase():
    class Phases(Plain):
        def run(self, oracle):
            few = oracle.coins.uniform(1)[0, 0] < 0.5
            with oracle.phase("few" if few else "many"):
                oracle.draw(oracle.prompt(), 1 if few else 9)
            return Base()

    ledger = play(Phases(), PROBLEM, replicates=16).ledger
    assert set(ledger.phases) == {"main", "few", "many"}
    few, many = ledger.total("weak", phase="few"), ledger.total("weak", phase="many")
    assert (9 * few + many == 9).all()
    assert few.any()
    assert many.any()


def test_noiseless_problems_play_too():
    assert play(Together(), replace(PROBLEM, noise=NoNoise()), replicates=3).gap.shape == (3,)

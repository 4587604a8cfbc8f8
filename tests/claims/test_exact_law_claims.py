"""The claims about the exact law: enumerations by hand, a second opinion on each, and what bends them."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from installed_claims import installed

from explore_theory.foundation.streams import Streams
from explore_theory.harness import Evidence
from explore_theory.harness.claims.claim import Case, Trial
from explore_theory.harness.measures.samples import Question
from explore_theory.oracles.answers import Status
from proofs_checks.exact_law import bulk_enumeration as bulk
from proofs_checks.exact_law import comparison, explorations, literal_rounds
from proofs_checks.exact_law import rounds_enumeration as rounds
from proofs_checks.exact_law import sampler_enumeration as sampler
from proofs_checks.exact_law import x2_rounds as x2
from proofs_checks.exact_law import x3_means as x3
from proofs_checks.exact_law import x5_bulk as x5
from proofs_checks.exact_law import x6_whole_algorithm as x6
from proofs_checks.exact_law.averages_enumeration import Draws, one_by_one

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


def trial(**params):
    return Trial(case=Case(slug="test", params=params), streams=Streams(("test",), range(1)))


def test_bands_that_are_coarse_say_so_at_either_tier_and_no_others():
    found = [
        (registered.claim.id, check.slug, check.resolution.absolute, bool(check.coarse))
        for registered in installed().claims
        if registered.claim.theorem == "exact_law"
        for check in registered.claim.checks
        if check.evidence is Evidence.STATISTICAL
    ]
    assert len(found) >= 20
    assert [one for one in found if one[3] != (one[2] > 0.02)] == []


# --- X2 ----------------------------------------------------------------------------------------------------


def test_rounds_by_hand():
    """Prompts a (finds with 1/2) and b (never); two rounds of one try, one call short."""
    coin = ((0, HALF), (1, HALF))
    world = rounds.Rounds(
        rho=(THIRD, 1 - THIRD),
        laws=(coin, coin),
        targets=(frozenset([1]), frozenset()),
        rounds=3,
        per_round=1,
        prompts=3,
        calls=2,
    )
    miss = Fraction(5, 6)
    by_hand = {
        (Status.OK, 0, 1, 1, 1): Fraction(1, 6),
        (Status.OK, 0, 1, 2, 2): miss / 6,
        (Status.EXHAUSTED, None, None, 3, 2): miss**2,
    }
    assert rounds.round_by_round(world) == by_hand
    assert rounds.at_once(world) == by_hand


def test_prompts_run_out_before_a_round_begins_and_calls_within_it():
    coin = ((0, HALF), (1, HALF))
    world = rounds.Rounds((Fraction(1),), (coin,), (frozenset(),), 3, 2, 2, 99)
    assert rounds.round_by_round(world) == {(Status.EXHAUSTED, None, None, 2, 4): 1}
    short = rounds.Rounds((Fraction(1),), (coin,), (frozenset(),), 3, 2, 2, 3)
    assert rounds.round_by_round(short) == {(Status.EXHAUSTED, None, None, 2, 3): 1}


def test_the_laws_of_rounds_sum_to_one():
    for world in itertools.islice(rounds.tiny(2, 2, 2, True), 0, None, 7):
        assert sum(rounds.round_by_round(world).values()) == 1
        assert sum(rounds.at_once(world).values()) == 1


@pytest.mark.parametrize("law", ["literal", "exact-law"])
@pytest.mark.parametrize("purse", ["none", "limited"])
def test_simulated_rounds_have_outcomes_of_the_enumerated_law(law, purse):
    sim = x2.simulation_of(trial(law=law, purse=purse, draws=300))
    possible = set(x2.coded(rounds.round_by_round(sim.world)))
    assert {tuple(row) for row in x2.drawn(sim).tolist()} <= possible


# --- X3 ----------------------------------------------------------------------------------------------------


def test_an_average_by_hand():
    draws = Draws((THIRD, 1 - THIRD), (1, 4), 2)
    by_hand = {
        Fraction(1): Fraction(1, 9),
        Fraction(5, 2): Fraction(4, 9),
        Fraction(4): Fraction(4, 9),
    }
    assert draws.averages() == by_hand
    assert draws.by_counts(sampler.multinomial_mass) == by_hand


def test_conditional_binomials_multiply_to_a_multinomial_whatever_the_order_of_masses():
    for law in itertools.permutations((Fraction(1, 6), Fraction(1, 3), HALF)):
        assert one_by_one((2, 0, 3), law) == sampler.multinomial_mass((2, 0, 3), law)


def test_the_certified_logarithm_agrees_with_scipy_where_that_is_good():
    from scipy.stats import binom

    from explore_theory.oracles.kernels import counting

    for n, p, k in ((20, 0.3, 7), (1000, 0.01, 0), (10**6, 0.5, 499_000), (5, 0.9, 5)):
        assert counting.log_mass(float(k), float(n), p) == pytest.approx(binom.logpmf(k, n, p), rel=1e-9)


def test_a_logarithm_that_is_off_by_a_billionth_is_found_out():
    world = x3.places(trial(step=64))

    def off(k, n, p):
        from explore_theory.oracles.kernels import counting

        return counting.log_mass(k, n, p) * (1 + 1e-9)

    assert np.all(x3.log_masses(world).hi <= x3.ROUNDING)
    assert np.any(x3.log_masses(world, off).lo > x3.ROUNDING)


# --- X4 ----------------------------------------------------------------------------------------------------


def test_a_rejection_by_hand():
    """Weights 1 and 3 under a cap of 2: the first is accepted half of the time, the second clips."""
    world = sampler.Rejection((HALF, HALF), (Fraction(1), Fraction(3)), Fraction(2), budget=2, purse=2)
    quarter = Fraction(1, 4)
    by_hand = {
        (Status.OK, 0, 1, False): quarter,
        (Status.OK, 1, 1, True): HALF,
        (Status.OK, 0, 2, False): quarter**2,
        (Status.OK, 1, 2, True): quarter * HALF,
        (Status.MISS, None, 2, False): quarter**2,
    }
    assert sampler.candidate_by_candidate(world) == by_hand
    assert sampler.at_once(world) == by_hand
    # One third and two thirds, not one quarter and three quarters.
    assert world.tilted(1) == Fraction(3, 4)


def test_a_sampler_that_estimates_from_one_draw_by_hand():
    """``Zhat`` is 1 or 3, M = 1, one candidate: under 3 a weight of 1 is accepted with chance 1/3."""
    world = sampler.Sampler((HALF, HALF), (Fraction(1), Fraction(3)), Fraction(1), normaliser=1, tries=1)
    law = sampler.draw_by_draw(world)
    assert law[1, 2, True, False] == Fraction(1, 4)
    assert law[0, 2, False, False] == Fraction(1, 4) + Fraction(1, 4) * THIRD
    assert law[0, 3, False, True] == law[1, 3, False, True] == Fraction(1, 4) * (1 - THIRD) / 2
    assert sum(law.values()) == 1
    assert {k: v for k, v in sampler.answered(world).items() if v} == law


def test_a_sampler_that_reuses_its_draws_always_accepts_the_only_one():
    world = sampler.Sampler((HALF, HALF), (Fraction(1), Fraction(3)), Fraction(1), normaliser=1, tries=1)
    assert set(sampler.draw_by_draw(world, reuse=True)) == {(0, 1, False, False), (1, 1, False, False)}


# --- X5 ----------------------------------------------------------------------------------------------------


def test_the_order_of_three_rounds_by_hand():
    """Rounds a, a, b that add 1, 1, 2, above 1: they stop after b, after ab or after aa."""
    world = bulk.Order((2, 1), (1, 2), 1)
    by_hand = {(0, 1): THIRD, (1, 1): THIRD, (2, 0): THIRD}
    assert bulk.in_order(world) == by_hand
    assert bulk.by_halves(world) == by_hand


def test_sums_of_capped_waiting_times_by_hand():
    world = bulk.Waits(2, HALF, 2)
    by_hand = {2: Fraction(4, 9), 3: Fraction(4, 9), 4: Fraction(1, 9)}
    assert bulk.by_convolution(world) == by_hand
    assert bulk.by_bits(world) == by_hand


@pytest.mark.parametrize("cap", [1, 2, 3, 7, 12, 13])
def test_bits_sum_to_one_and_have_the_mean_of_the_law(cap):
    world = bulk.Waits(3, Fraction(1, 5), cap)
    law = bulk.by_bits(world)
    assert sum(law.values()) == 1
    weights = [Fraction(4, 5) ** k for k in range(cap)]
    mean = sum((k + 1) * w for k, w in enumerate(weights)) / sum(weights)
    assert sum(total * mass for total, mass in law.items()) == 3 * mean


def test_the_kernel_of_the_switch_has_the_law_of_a_random_order():
    """`_until_switch` itself, on three rounds whose gains add up in a one-dimensional ``Sigma``."""
    from explore_theory.oracles.kernels import segments
    from explore_theory.oracles.kernels.turns import table_of
    from explore_theory.oracles.phases.tables import tables_of
    from explore_theory.problems import TabularProblem

    problem = TabularProblem(
        prompt_mass=np.ones(1),
        base=np.full((1, 3), 1 / 3),
        features=np.array([[[0.0], [math.sqrt(0.5)], [1.0]]]),
        reward=np.zeros((1, 3)),
        beta=1.0,
    )
    table = table_of(tables_of(problem), 0)
    generator = Streams(("tests", "switch"), range(1)).generators()[0]
    counts = {}
    for _ in range(3000):
        # Anchor 0; responses 1 (twice) and 2 (once) add 1/2 and 1; beyond 2.25 in all, from 1.
        key, number = np.array([2, 4, 0]), np.array([2, 1, 0])
        kept_key, kept_number = np.zeros(64, dtype=np.int64), np.zeros(64, dtype=np.int64)
        covariance = np.ones((1, 1))
        cells = segments._until_switch(
            generator, table, math.log(1.75), covariance, key, number, 2, kept_key, kept_number
        )
        found = (
            int(kept_number[:cells][kept_key[:cells] == 2].sum()),
            int(kept_number[:cells][kept_key[:cells] == 4].sum()),
        )
        assert covariance[0, 0] == pytest.approx(1 + found[0] / 2 + found[1])
        counts[found] = counts.get(found, 0) + 1
    world = bulk.Order((2, 1), (1, 2), 1)
    outcomes = np.array([outcome for outcome, n in counts.items() for _ in range(n)])
    assert enclosed(comparison.to_law(outcomes, bulk.in_order(world))).lo == 0
    assert set(counts) == set(bulk.in_order(world))


def test_segments_sum_to_one():
    for world in x5.segments(trial(rounds=2, normaliser=1, tries=2)):
        assert sum(bulk.round_by_round(world).values()) == 1
        assert sum(bulk.in_bulk(world).values()) == 1


@pytest.mark.parametrize("growth", [None, 1.3])
@pytest.mark.parametrize("limited", [False, True])
def test_explorations_agree_on_what_chance_has_no_part_in(growth, limited):
    asked = explorations.Rounds(2, "coins", growth, limited, "exact-law", False, 12, 64, ("agree",), 0)
    simulated = [explorations.explored(asked, law) for law in ("literal", "exact-law")]
    for found in (*simulated, explorations.by_definition(asked, 64)):
        calls, prompts, played, active = found[:, :4].T
        assert np.all(played == 12) if not limited else np.all(played <= prompts)
        assert np.all((played == 12) | (active == 0))
        if limited:
            assert calls.max() <= 100
            assert len({int(p) for p in played}) > 3


# --- rounds as they are defined ----------------------------------------------------------------------------


def test_one_round_by_hand():
    """One prompt, two responses of weights 1 and 3, one draw for the estimate, one candidate."""
    theta = 0.5 * math.log(3.0)
    world = literal_rounds.World(
        rho=np.ones(1),
        base=np.array([[0.5, 0.5]]),
        features=np.array([[[0.0], [1.0]]]),
        reward=np.array([[0.25, 0.75]]),
        beta=0.5,
        scale=1e-9,
    )
    count = 40_000
    plan = literal_rounds.Plan(
        rounds=1, ratio=1.0, normaliser=1, tries=1, radius=5.0, inverse=np.eye(1), growth=None
    )
    runs = literal_rounds.Runs(
        world,
        np.random.Generator(np.random.Philox(key=5)),
        np.ones((count, 1, 1)),
        np.full((count, 1), theta),
        np.full((count, 3), np.inf),
    )
    done = literal_rounds.explore(runs, plan)
    # Relative to either anchor: an estimate by the larger weight, a candidate of the other.
    assert done.missed.mean() == pytest.approx(1 / 4 * 2 / 3, abs=0.01)
    np.testing.assert_array_equal(runs.spent[:, 0], 3 + done.missed)
    # The larger weight under the smaller estimate clips.
    assert done.clipped.mean() == pytest.approx(1 / 4, abs=0.01)
    gained = runs.moment[:, 0] - theta
    second = runs.covariance[:, 0, 0] - 1
    np.testing.assert_allclose(gained, 0.5 * second, atol=1e-7)


def test_a_purse_ends_a_run_at_the_call_it_cannot_pay():
    world = explorations.world(2, "coins")
    purse = np.array([[9.0, np.inf, np.inf], [np.inf, 3.0, np.inf], [np.inf, np.inf, 2.0]])
    start = np.tile(np.eye(2), (3, 1, 1)), np.zeros((3, 2))
    runs = literal_rounds.Runs(world, np.random.Generator(np.random.Philox(key=5)), *start, purse)
    plan = literal_rounds.Plan(
        rounds=9, ratio=2.0, normaliser=3, tries=2, radius=5.0, inverse=np.eye(2), growth=None
    )
    done = literal_rounds.explore(runs, plan)
    assert not runs.live.any()
    assert (runs.spent <= purse).all()
    assert runs.spent[1].tolist()[1:] == [3, 3]
    assert runs.spent[2].tolist()[1:] == [3, 2]
    assert done.rounds[0] == 1


# --- X6 and comparisons ------------------------------------------------------------------------------------


@pytest.mark.parametrize("update", ["every-round", "rarely-switching"])
def test_limited_runs_stop_in_every_phase(update):
    found = x6.outcomes(x6.Runs(update, True, "exact-law", 256, ("tests", "x6"), 0))
    response, explored, planned = found[:, 0], found[:, 5], x6.schedule(update).explore_rounds
    assert np.any(response >= 0)
    assert np.any(response < 0)
    assert np.any(explored < planned)
    assert np.any(explored == planned)


def enclosed(sample):
    """What the engine makes of a sample, at the level of one comparison."""
    return sample.enclosed(4e-9, Question(relation="==", bound=(0.0, 0.0)))


def test_a_distance_has_its_margin_around_the_truth():
    law = {(0,): HALF, (1,): HALF}
    fair = np.array([[0]] * 500 + [[1]] * 500)
    assert enclosed(comparison.to_law(fair, law)).lo == 0
    biased = np.array([[0]] * 900 + [[2]] * 100)
    found = enclosed(comparison.to_law(biased, law))
    assert found.lo < 0.5 < found.hi
    assert found.lo > 0.2


def test_samples_that_differ_in_one_column_only_are_told_apart_by_it():
    first = np.array(list(itertools.product(range(2), repeat=3)) * 200)
    second = first.copy()
    second[:, 2] = 0
    found = enclosed(comparison.of_samples(first, second, ("a", "b", "c")))
    assert found.lo > 0.2
    assert found.witness["by"] == "c"
    assert enclosed(comparison.of_samples(first, first[::-1], ("a", "b", "c"))).lo == 0

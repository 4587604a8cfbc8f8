"""What a stranger changed in the claims of appendices D to N and nobody noticed, held by hand."""

import itertools
import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from explore_theory import exact, oracles
from explore_theory.algorithms import PrintedSchedule, PrintedSpannerSampling
from explore_theory.errors import InvalidClaim
from explore_theory.foundation.least_squares import within_ball
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Bound, Check, Evidence, Measurement, PaperItem, PrintedForm
from explore_theory.harness.claims.claim import Case, Claim, FalseVariant, Trial
from explore_theory.harness.claims.numbering import numbered
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.running.printed import run_printed
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.oracles.kernels import fitting
from explore_theory.reporting.errata import Entry, markdown
from proofs_checks.coverage_lower_bound import (
    blank_game,
    blank_hunts,
    blank_thresholds,
    cut_calls,
    le1_blind_output,
    le2_cut_call,
)
from proofs_checks.coverage_lower_bound.strong_calls import Point
from proofs_checks.proper_policy_hardness import (
    clauses,
    lh2_formula_masses,
    lh3_pinsker,
    lh4_cloning,
    lh5_dnf_embedding,
)
from proofs_checks.spanner_sampling import (
    all_pairs,
    constrained_play,
    lg3_constrained_least_squares,
    lg7_regret_decomposition,
    lg9_uncovered_prompts,
    lg11_sampler_cost,
    printed_ladders,
    printed_runs,
    t31_printed_theorem,
)
from proofs_checks.spanner_sampling.constrained_play import Setting
from proofs_checks.spanner_sampling.rare_best import rare_best
from proofs_checks.technical_tools import (
    clipped_tilts,
    ld1_azuma,
    ld2_freedman,
    ld6_logarithmic,
    lf1_sampler_distances,
    printed_ratio,
    sampler_distances,
    sampler_law,
    tf1_softmax_sampler_density,
)
from proofs_checks.token_level_improvement import (
    ln1_divergence,
    ln2_density_ratio,
    ln3_two_sided,
    ln7_anchors,
    tj1_mtss_budget,
)

T31 = t31_printed_theorem.CLAIM


@dataclass(frozen=True)
class Made:
    """What LN3 asks of a state, with the base policy as the estimate's."""

    log_base: Any
    reward: Any
    inside: Any
    beta: Any

    @property
    def log_best(self):
        scores = self.log_base + self.reward / self.beta[:, None]
        return scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))

    @property
    def log_policy(self):
        return self.log_base


def trial(rows=1, **params):
    case = Case(slug="test", params=params, rows=rows)
    return Trial(case=case, streams=Streams(("test",), range(rows)))


# --- LF1 ----------------------------------------------------------------------------------------------------


def test_parts_of_the_printed_ratio_leave_no_gap_and_their_powers_are_allowed():
    """`M` from 4 to 20 without a gap; the power of `v` is at most ``N (1 - 1/M)``."""
    reached = 4.0
    for (low, high), _ in sorted(printed_ratio.PARTS.values()):
        assert low <= reached
        reached = max(reached, high)
    assert reached >= 20
    for name, ((low, high), power) in printed_ratio.PARTS.items():
        count = printed_ratio.LEAST if name == "least" else 4 * low * math.log(4)
        assert power <= count * (1 - 1 / low)
        if name == "least":
            # Up to here ``4 M log 4`` rounded up is at most the least number of samples.
            assert 4 * high * math.log(4) >= printed_ratio.LEAST


@pytest.mark.parametrize("gain", [Fraction(3, 2), Fraction(10), Fraction(10**4)])
def test_the_square_s_bound_takes_the_smaller_of_both(gain):
    s = sampler_distances.tilted(Fraction(1, 3), gain, Fraction(4) * gain**2, Fraction(1, 2))
    o = sampler_law.Outcome(
        clipped=_ball(Fraction(1, 8)), exhausted=_ball(Fraction(1, 8)), first=_ball(s.target)
    )
    # Half the range of ``log pi_f/pi_ref``, here log(gain^2)/2.
    u = math.log(gain)
    assert float(lf1_sampler_distances.of_square(s, o)) == pytest.approx(min(2 * u, u * u / 2) / 4)


def test_the_printed_bounds_have_their_logarithm_and_their_samples():
    s = sampler_distances.tilted(Fraction(1, 3), Fraction(8), Fraction(8), Fraction(1, 2))
    world = sampler_law.World(samplers=[s], delta=Fraction(1, 2))
    assert float(lf1_sampler_distances.printed_ratio_bound(world).lo[0]) == pytest.approx(8 * s.samples)
    found = float(lf1_sampler_distances.printed_bound(world, 4).lo[0])
    assert found == pytest.approx(4 * (math.log(8) + math.log(s.samples)) / 2)


def test_sides_of_clipped_tilts_one_by_one():
    world = clipped_tilts.decoded(Streams(("sides",), range(12)).normal(8), 12)
    left, right = (side.T for side in clipped_tilts.sides(world))
    for k in range(12):
        base = np.exp(world.log_base[k])
        laws_at = []
        for clip in (world.low[k], world.high[k], np.inf):
            weight = base * np.exp(np.minimum(world.score[k], clip))
            laws_at.append(weight / weight.sum())
        low, high, target = laws_at

        def kl(p, q):
            return float((p * np.log(p / q)).sum())

        close = {"rel": 1e-8, "abs": 1e-12}
        assert left[:, k] == pytest.approx([kl(low, base), kl(high, target), max(high / target)], **close)
        assert right[:, k] == pytest.approx([kl(high, base), kl(low, target), max(low / target)], **close)


def test_the_clip_search_is_after_each_inequality_in_turn(monkeypatch):
    z = Streams(("turn",), range(6)).normal(8)
    heard = []

    def heard_climb(score, width, steps, streams):
        heard.append(score(z))
        return z

    monkeypatch.setattr(clipped_tilts, "climb", heard_climb)
    clipped_tilts.searched(trial(rows=6, n=3, steps=1))
    left, right = (side.T for side in clipped_tilts.sides(clipped_tilts.decoded(z, 1)))
    ratio = (left + 1e-9) / (right + 1e-9)
    assert heard[0] == pytest.approx([ratio[k % 3, k] for k in range(6)])


# --- TF1 ----------------------------------------------------------------------------------------------------


def test_samplers_that_are_rounded_up_are():
    world = tf1_softmax_sampler_density.up_only(trial(delta="1/2", **{"most ratio": 5}))
    assert world.samplers
    for s in world.samplers:
        assert s.samples >= 4 * s.multiplier * math.log(8)
        assert s.multiplier == 4 * s.ratio**2


def test_laws_of_good_calls_are_compared_from_a_quarter_of_the_normaliser_on():
    world = tf1_softmax_sampler_density.small(trial(**{"most draws": 3}))
    counts = sum(4 * s.estimate(k) >= 1 for s in world.samplers for k in range(s.samples + 1))
    assert len(tf1_softmax_sampler_density.law_when_good(world).lo) == counts


# --- appendix D ---------------------------------------------------------------------------------------------


def moves_of(monkeypatch, module, **params):
    heard = []

    def played(_, moves, units, **more):
        heard.append((list(map(list, moves)), units))

    monkeypatch.setattr(module, "played", played)
    module.game(trial(**params))
    return heard[0]


def test_moves_of_azuma_are_centred_on_both_sides(monkeypatch):
    moves, units = moves_of(monkeypatch, ld1_azuma, grid=3)
    ups = set()
    for move in moves:
        total = sum(weight for weight, _ in move)
        assert sum(weight * change for weight, change in move) == 0
        assert max(c for _, c in move) - min(c for _, c in move) in (0, 2 * units)
        ups.add(Fraction(max(c for _, c in move), units))
        assert total == 2 * 3
    assert ups == {Fraction(0), *(1 - Fraction(j, 3) for j in range(-2, 3))}


def test_moves_of_freedman_have_their_mean_and_square(monkeypatch):
    """``X - factor E X^2`` has mean ``-factor E X^2``, and ``E X^2 = a b/L^2``."""
    grid = 3
    moves, units = moves_of(monkeypatch, ld2_freedman, grid=grid, threshold=1, rounds=1)
    for (a, b), move in zip(itertools.product(range(1, grid + 1), repeat=2), moves[1:], strict=True):
        total = sum(weight for weight, _ in move)
        mean = Fraction(sum(weight * change for weight, change in move), total * units)
        assert mean == -ld2_freedman.FACTOR * Fraction(a * b, grid**2)
        assert Fraction(move[0][1] - move[1][1], units) == Fraction(a + b, grid)


def asked(monkeypatch, module, name, call):
    """The intervals that a certified check hands to the prover."""
    heard = []
    monkeypatch.setattr(module, name, lambda *given, **more: heard.append(given))
    call()
    return heard[0]


def test_the_freedman_step_looks_far_on_both_sides(monkeypatch):
    for side, end in (("down", 5.0), ("up", math.log(0.5))):
        given = trial(u="1/2", side=side)
        called = asked(monkeypatch, ld2_freedman, "ratio_in_log", partial(ld2_freedman.step, given))
        assert called[1:] == (-2.5, end)


def test_the_logarithmic_inequality_is_proved_to_e_to_the_sixty(monkeypatch):
    from explore_theory.certify import boxes

    given = asked(monkeypatch, boxes, "largest_ratio", lambda: ld6_logarithmic.logarithms(trial()))
    assert given[1] == {"log y": (0.0, 60.0)}


# --- LG3 ----------------------------------------------------------------------------------------------------


def test_a_ratchet_by_hand_where_r_and_b_differ():
    """Two dimensions, ``B = 3``: who stays on a coordinate, the norm, and ``log det(I + Sigma/lambda)``."""
    setting = Setting(d=2, rounds=6, rule="ratchet", edge=True, delta=0.3, parameter_radius=3.0)
    streams = Streams(("ratchet",), range(8))
    found = constrained_play.largest_closeness(setting, streams, lg3_constrained_least_squares.radius, 1.0)
    uniform = streams.child("noise").uniform(6)
    ridge, truth, lengths = 1 / 9, np.array([3.0, 0.0]), (1 / 3, 2.0)
    stayed = 0
    for row in range(8):
        gram, moment, at, largest = np.zeros((2, 2)), np.zeros(2), 0, 0.0
        phi, noise = np.zeros(2), 0.0
        for n in range(7):
            error = within_ball(gram[None], moment[None], 3.0)[0] - truth
            full = gram + ridge * np.eye(2)
            growth = math.log(np.linalg.det(np.eye(2) + gram / ridge))
            gamma = math.sqrt(growth + 2 * math.log(1 / 0.3))
            reach = math.sqrt(error @ full @ error)
            largest = max(largest, reach / (gamma / 2 + math.sqrt(gamma**2 / 4 + 4)))
            if n:
                # Noise that pushed the estimate further off is followed.
                here = (at + 1) % 2 if noise * (phi @ error) <= 0 else at
                stayed += here == at
                at = here
            if n < 6:
                phi = np.eye(2)[at] * lengths[at]
                mean = phi @ truth
                noise = (1.0 if uniform[row, n] < (1 + mean) / 2 else -1.0) - mean
                gram = gram + np.outer(phi, phi)
                moment = moment + (mean + noise) * phi
        assert found[row] == pytest.approx(largest, rel=1e-9)
    assert stayed > 5


def test_runs_of_the_learner_are_measured_with_their_own_growth():
    """What LG3 allows is told ``log det Sigma``, and a run counts if one of its estimates is beyond it."""
    given = trial(rows=6, d=2, beta=0.5, constant=0.1, outputs=16, delta=0.1)
    streams = Streams((*given.streams.path, "world"), (0,), given.streams.reseed)
    problem = rare_best(streams, d=2, beta=0.5, sigma=1.0, coverage=2.0, others=4)
    oracle = oracles.open(problem, law="exact-law", streams=given.streams.child("oracle"))
    policy = PrintedSpannerSampling(eps=0.1, delta=0.25, constant=0.1, outputs=16).run(oracle)
    error = policy.thetas - problem.theta_star
    size = np.sqrt(np.einsum("rsi,rsij,rsj->rs", error, policy.covariances, error))
    heard = []
    level = float(np.median(size.max(axis=1)))

    def allowed(growth, setting):
        heard.append(growth)
        return np.full(growth.shape, level)

    found = lg3_constrained_least_squares.learned(given, allowed)
    assert heard[0] == pytest.approx(np.log(np.linalg.det(policy.covariances)))
    assert found.successes == int((size.max(axis=1) > level).sum()) == 3


# --- LG7, LG9, LG11 -----------------------------------------------------------------------------------------


def test_the_far_mass_may_be_one_plus_e_times_the_optimum_s():
    x = np.random.default_rng(5).normal(size=(20, all_pairs.width(4, 2)))
    world = all_pairs.decode(x, 4, 2, effort=20)
    bound = lg7_regret_decomposition.allowed_mass(world)
    optimal = lg7_regret_decomposition.far_masses(world)[1]
    assert (optimal > 0).any()
    assert bound.lo == pytest.approx((1 + math.e) * optimal, rel=1e-9)


def test_tails_are_those_of_the_binomial_law_where_the_statement_speaks():
    found = lg9_uncovered_prompts.tails(trial())
    for k, (rounds, most, pairs, delta) in enumerate(lg9_uncovered_prompts.TAILS):
        chance = (2 * (most - 1) + 1.256 * math.log(1 / delta)) / rounds
        assert found.applicable[k] == (chance / (1 - (1 - 1 / pairs) ** pairs) <= 1)
        if found.applicable[k]:
            tail = binom.cdf(most - 1, rounds, chance) / float(delta)
            assert float(found.lo[k]) == pytest.approx(tail, rel=1e-7)


def test_two_groups_by_their_definition():
    found = lg11_sampler_cost.two_groups(trial())
    for k, n in enumerate((10, 100, 1000, 10_000)):
        base, other = (1 - Fraction(1, n), Fraction(1, n)), Fraction(1, 2) + Fraction(1, n)
        best = (1 - other, other)
        # Pairs of different groups are far: y ~ pi*, y' ~ pi_ref.
        far = sum(base[j] * best[1 - j] for j in (0, 1))
        bad = sum(base[j] for j in (0, 1) if best[1 - j] > Fraction(1, 2))
        assert found.lo[k] == bad / (2 * far)


# --- T31 ----------------------------------------------------------------------------------------------------


def test_the_order_of_the_calls_has_the_constants_of_its_words():
    given = trial(eps=0.1, beta=1.0)
    t = printed_ladders.schedules(0.1, 1.0)[0].explore_rounds
    expected = 2 * (1 + 1 / t) ** 2 + (4 + 64 * math.e**2 * math.log(4 * t)) / t
    assert float(printed_ladders.order_with_logarithm(given).lo[0]) == pytest.approx(expected)


@pytest.fixture(scope="module")
def run():
    """A world of T31 in which the spanner accepts some sixty pairs, and what its learner came to."""
    (case,) = (c for c in T31.check("runs").cases if c.slug == "d2")
    given = Trial(case=case, streams=Streams(("run",), range(3)))
    world = printed_runs.world(given)
    found = printed_runs.ran(world)
    return given, world, found


def test_gaps_pairs_calls_and_prompts_are_those_of_both_phases(run):
    given, world, found = run
    ledger = world.oracle.ledger
    phases = ("span", "explore")
    weak, data, prompts = (
        sum(ledger.total(kind, phase=phase) for phase in phases) for kind in ("weak", "reward", "prompt")
    )
    assert (ledger.total("reward", phase="span") > 0).all()
    assert (ledger.total("weak", phase="explore") > 0).all()
    assert found.data.tolist() == data.tolist()
    assert found.calls.tolist() == weak.tolist()
    assert found.prompts.tolist() == prompts.tolist()
    again = printed_runs.world(given)
    gaps = printed_runs.each_gap(again.problem, again.learner.run(again.oracle))
    assert found.average == pytest.approx(gaps.mean(axis=1), rel=1e-9)
    assert found.response.tolist() == ledger.total("weak", phase="output").tolist()


def test_every_policy_is_truncated_by_the_pairs_of_its_own_run(run):
    given, _, _ = run
    world = printed_runs.world(given)
    policy = replace(world.learner, outputs=3).run(world.oracle)
    phi = world.problem.features[0]
    steps = (phi[:, None] - phi[None]).reshape(-1, phi.shape[-1])
    lengths = np.sqrt(np.einsum("ni,rij,nj->rn", steps, policy.inverse, steps))
    # So short that some pair is near in one run and far in another.
    chosen = np.argmax(np.abs(lengths[0] - lengths[1]))
    radius = float(lengths[:2, chosen].mean())
    assert (lengths[0] > radius).tolist() != (lengths[1] > radius).tolist()
    short = type(policy)(**{**vars(policy), "radius": radius})
    gaps = printed_runs.each_gap(world.problem, short)
    for s in range(3):
        alone = np.zeros_like(policy.weights)
        alone[:, s] = 1.0
        one = type(policy)(**{**vars(short), "weights": alone})
        assert gaps[:, s] == pytest.approx(exact.gap(world.problem, one), rel=1e-9, abs=1e-12)


def test_a_run_is_dearer_only_where_both_reach_the_accuracy(run, monkeypatch):
    given, world, _ = run
    eps = world.learner.eps
    averages = np.array([eps / 2, 2 * eps, eps / 2, eps / 2])
    own = np.array([eps / 2, eps / 2, 2 * eps, eps / 2])
    calls = np.array([30.0, 30.0, 30.0, 10.0])

    def made(average, calls):
        return printed_runs.Ran(average=average, data=calls, calls=calls, prompts=calls, response=calls)

    monkeypatch.setattr(t31_printed_theorem, "ran", lambda _: made(averages, calls))
    monkeypatch.setattr(t31_printed_theorem, "ours", lambda *_: made(own, np.ones(4)))
    found = t31_printed_theorem.dearer(t31_printed_theorem.Beside(world=world, trial=given, factor=20.0))
    assert (found.successes, found.trials) == (1, 4)


def test_a_learner_may_be_told_another_coverage(run):
    _, world, _ = run
    facts = world.oracle.facts
    assert facts.coverage is not None
    for told in (facts.coverage / 2 + 1, 3 * facts.coverage):
        assert PrintedSchedule.of(facts, eps=0.1, delta=0.25, coverage=told).coverage == told


# --- appendix H ---------------------------------------------------------------------------------------------


def test_a_contradictory_clause_has_no_feature_whatever_else_it_says():
    clause = frozenset({1, -1, 2})
    assert clauses.clause_steps(clause, (1, 1), None, False) == clauses.STEPS


def test_lower_weights_of_unsatisfied_clauses():
    kind = lh2_formula_masses.Kind(Fraction(1, 2), 1, Fraction(1, 4), False, ())
    q = Fraction(1, 2) ** 12
    assert lh2_formula_masses.lower(kind) == Fraction(1, 4) + Fraction(3, 4) * q**2
    assert lh2_formula_masses.lower(replace(kind, shifted=True)) == Fraction(1, 4) + Fraction(3, 4) * q


def test_the_shift_is_that_of_all_clauses_together():
    base = (Fraction(1, 2), Fraction(1, 4), Fraction(1, 4))
    policy = (Fraction(1, 8), Fraction(6, 8), Fraction(1, 8))
    play = lh3_pinsker.Play(base, (Fraction(1),) * 3, policy, "")
    assert lh3_pinsker.squares([play]).lo[0] == 2 * (Fraction(7, 8) - Fraction(1, 2)) ** 2


def test_every_parameter_and_every_predicate_is_looked_at():
    formulas = len(list(clauses.all_formulas([*clauses.all_clauses(2, 2), lh4_cloning.NEVER], 1)))
    assert lh4_cloning.embeddings(trial(n=2, k=2, m=1)).effort == formulas * 3**2
    predicates = {accepting for accepting, _ in lh5_dnf_embedding.worlds(trial(n=1, k=2, m=1))}
    assert len(predicates) == 2**4


# --- LE1, LE2, LN1 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "sides"),
    [
        (
            lambda: le1_blind_output.value(trial()),
            {"e0": (Fraction(1, 10**6), Fraction(1, 2)), "e^{-1/beta}": (0, Fraction(1, 4))},
        ),
        (
            lambda: le1_blind_output.blank(trial()),
            {"e0": (Fraction(1, 10**6), Fraction(1, 2)), "t^{-1/2}/e0": (Fraction(1, 1000), 1)},
        ),
        (lambda: le2_cut_call.constant(trial(x="from log 2 to 4")), {"x": (Fraction("0.693147"), 4)}),
        (
            lambda: blank_thresholds.largest_rate(trial(x="from .13 to log 2")),
            {"x": (Fraction("0.13"), Fraction("0.693148"))},
        ),
        (
            lambda: blank_thresholds.largest_rate(trial(x="from log 2 to 4")),
            {"x": (Fraction("0.693147"), Fraction(4))},
        ),
        (lambda: ln3_two_sided.far_action(trial()), {"s": (4.0, 6.0), "W": (400.0, 700.0)}),
    ],
)
def test_what_is_proved_is_proved_on_all_that_the_scope_says(monkeypatch, call, sides):
    from explore_theory.certify import boxes

    class Heard(Exception):
        pass

    def largest_ratio(_, given, **more):
        raise Heard(given)

    monkeypatch.setattr(boxes, "largest_ratio", largest_ratio)
    with pytest.raises(Heard) as found:
        call()
    assert found.value.args[0] == sides


@pytest.mark.parametrize(("dimension", "coverage", "beta"), [(2, 5.0, 0.3), (2, 2.0, 0.9)])
def test_the_bound_by_the_cap_that_there_is(dimension, coverage, beta):
    """On the circle ``P(u_1 > beta)`` is ``acos(beta)/pi``; ``g`` is what a call hits at its edge."""
    g = math.e / (math.e + coverage - 1)
    expected = g + math.acos(beta) / math.pi
    assert float(cut_calls.by_own_cap(Point(dimension, coverage, beta))) == pytest.approx(expected)


def test_norms_of_features_and_of_parameters_are_dual():
    state = ln1_divergence.State(
        base=(Fraction(1, 2),) * 2,
        features=((Fraction(1), Fraction(2)), (Fraction(0), Fraction(3))),
        sigma=(Fraction(1), Fraction(4)),
        nu=Fraction(3, 2),
        beta=Fraction(1),
        theta=(Fraction(0), Fraction(0)),
        other=(Fraction(1), Fraction(3)),
    )
    assert [state.square(f) for f in state.features] == [1 + 1, Fraction(9, 4)]
    assert state.truncated == state.features
    assert state.distance == 1 + 9 * 4


def test_some_states_are_at_the_edge_of_the_hypothesis():
    found = ln1_divergence.states(trial(states="grid"))
    assert max(s.distance * s.nu**2 / s.beta**2 for s in found) == 1


def test_the_divergence_s_bound_counts_short_features_alone():
    (state,) = (
        s
        for s in ln1_divergence.states(trial(states="grid"))
        if s.base[0] == Fraction(1, 3)
        and s.beta == 3
        and s.sigma == (1, 1)
        and s.features[1:] == ((1, 0), (1, -1))
        and s.theta == (1, Fraction(-1, 2))
        and s.distance == 9
        and s.other[1] == s.theta[1]
    )
    assert state.truncated[1:] == ((1, 0), (0, 0))
    # ``pi`` of the second action, whose feature is one long; the third is cut.
    policy = math.exp(1 / 3) / (2 + math.exp(1 / 3))
    found = float(ln1_divergence.second_order([state]).lo[0])
    assert found == pytest.approx((math.e - 2) * policy * 9 / 9)


def test_off_the_kept_set_the_anchor_s_coverage_counts():
    """``e^c (pi*/pi_ref)(anchor)/pi*(I)`` and ``e^{2c} (pi*/pi_ref)(a)/pi*(I)``, ``e^c = 3/2``."""
    base = (Fraction(1, 2), Fraction(1, 4), Fraction(1, 4))
    state = ln2_density_ratio.State(
        base, (Fraction(1), Fraction(10), Fraction(1, 10)), (True, True, False), (Fraction(1),) * 3
    )
    total = Fraction(1, 2) + Fraction(10, 4) + Fraction(1, 40)
    kept = (Fraction(1, 2) + Fraction(10, 4)) / total
    assert ln2_density_ratio.off(state, 2) == Fraction(3, 2) / total / kept
    assert ln2_density_ratio.on(state, 1) == Fraction(9, 4) * 10 / total / kept
    limit = Fraction(9, 4) * (10 / total) / (1 - 10 / total / 4)
    assert ln2_density_ratio.everywhere(state, 1) == limit


def test_far_actions_cost_the_largest_gain():
    """``W`` is the largest size of a reward of the state, over beta."""
    z = np.random.default_rng(2).normal(size=(5, 4))
    log_base = np.log(np.full((5, 4), 0.25))
    world = Made(log_base=log_base, reward=z, inside=np.arange(4) < 2, beta=np.full(5, 0.5))
    left = ln3_two_sided.right_side(world, divergence=0.0)
    for k in range(5):
        best = np.exp(2 * z[k]) / np.exp(2 * z[k]).sum()
        assert left[k] == pytest.approx(2 * np.abs(z[k]).max() * (best[2:].sum() + 0.5), rel=1e-9)


def test_every_small_multiset_of_pairs_and_every_function():
    # Four pairs: 4, 10 and 20 multisets of one to three of them, and 3^4 functions.
    assert len(ln7_anchors.sums(trial())) == (4 + 10 + 20) * 3**4


def test_the_budget_is_looked_at_up_to_the_largest_accuracy():
    found = tj1_mtss_budget.settings(trial())
    assert max(s.eps / s.beta**2 for s in found) == Fraction(1, 4)


# --- T21 ----------------------------------------------------------------------------------------------------


def test_the_published_instance_has_the_larger_of_two_base_masses():
    """``e0 = max{1/C*, e^{-1/(2 beta)}}``, where they differ."""
    for tilt, coverage, mass in ((16, 2, "1/2"), (4, 5, "1/2"), (100, 5, "1/5")):
        found = blank_game.no_query(trial(**{"e^{1/beta}": tilt, "C*": coverage, "draws": 1}))
        assert found.witness(0)["e0"] == mass


def test_the_figure_s_form_is_the_published_one():
    for coverage, beta, form in ((10.0, 0.03, 10.0), (1e9, 0.03, math.exp(4.5)), (1e9, 0.2, math.exp(2.5))):
        notes = blank_thresholds.needed(trial(coverage=coverage, dimension=10**4, beta=beta)).notes
        assert notes["published form"] == pytest.approx(0.694 * form)
        assert notes["weak sampling"] == pytest.approx(-math.log(4) / math.log1p(-1 / coverage), rel=1e-6)


def test_hunters_of_few_responses_name_one_more_for_their_guess(monkeypatch):
    heard = []
    monkeypatch.setattr(blank_hunts, "learner", lambda *given: heard.append(given))
    (case,) = (c for c in blank_hunts.hunters() if c.slug == "names")
    blank_hunts.hunt(Trial(case=case, streams=Streams(("names",), range(2))))
    assert heard == [("remembering", blank_hunts.too_few(65, 20.0, 1000, 0.15, 8), 9, 4)]


# --- forms and numbers --------------------------------------------------------------------------------------


def test_forms_run_all_rows_of_the_quick_tier(tmp_path):
    """Five rows in blocks of two, the last of which refutes, where the full tier has more."""
    seen = []

    def measure(given):
        seen.extend(given.rows)
        return Measurement.exact([Fraction(1 + (row == 4)) for row in given.rows])

    check = Check(
        slug="printed",
        evidence=Evidence.CERTIFIED,
        cases=(Case(slug="rows", rows={"quick": 5, "full": 9}, block=2),),
        measure=measure,
        bound=lambda _: Bound.of(1),
    )
    form = PrintedForm(slug="f", item="Lemma A.1", page=1, says="one", holds=False, check=check, mended="two")
    words = dict.fromkeys(("title", "statement", "formula", "scope", "source"), "words")
    own = Check(
        slug="own",
        evidence=Evidence.EXHAUSTIVE,
        cases=(Case(slug="one", tight=True),),
        measure=lambda _: Measurement.exact([Fraction(1)]),
        bound=lambda _: Bound.of(1),
    )
    lie = FalseVariant(slug="lie", why="a half", check="own", bound=lambda _: Bound.of(Fraction(1, 2)))
    made = Claim(
        id="A1", slug="a", theorem="toys", relation="<=", checks=(own,), false_variants=(lie,),
        printed=(form,), **words,
    )  # fmt: skip
    (found,) = run_printed(Registered(claim=made, path=tmp_path, digest="d"))
    assert sorted(seen) == [0, 1, 2, 3, 4]
    assert found.verdict.status is Status.REFUTED


def test_a_refuted_item_needs_a_claim_and_numbers_may_have_blanks_around():
    with pytest.raises(InvalidClaim, match="claims must name what shows it"):
        PaperItem(number="Lemma G.7", page=1, says="words", stands="refuted", open="later")
    assert numbered("  Lemma G.7 ") == ("lemma", "g.7", "")


@pytest.mark.parametrize("status", [Status.INCONCLUSIVE, Status.ERROR])
def test_no_form_is_left_out_of_the_errata_page(status):
    form = SimpleNamespace(
        item="Lemma A.1", page=1, step=False, says="one", mended="", slug="f", cases=(), as_expected=False,
        expected=Status.HOLDS, verdict=SimpleNamespace(status=status, reason="words"),
    )  # fmt: skip
    page = markdown([Entry(claim="A1", form=form)])
    assert "### Lemma A.1, page 1" in page
    assert f"is {status}: words" in page


def test_the_compiled_estimate_without_data_is_zero():
    theta = np.array([3.0, -1.0])
    fitting.constrained(0.5 * np.eye(2), 0.5, 1.0, np.zeros(2), theta)
    assert theta.tolist() == [0.0, 0.0]


def _ball(value):
    from explore_theory.certify.balls import ball

    return ball(value)

"""LN4, LN5, LN6: what their exact processes, measurements and bounds are, each found a second way."""

import math
from fractions import Fraction

import numpy as np
import pytest

from explore_theory.exact import processes
from explore_theory.foundation import laws
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Case, Evidence, Trial
from explore_theory.harness.verdicts.summary import summarise
from explore_theory.harness.verdicts.verdict import Status, combine, decide, moved
from explore_theory.problems.processes import DecisionProcess, Stage
from proofs_checks.token_level_improvement import ln4_soft_bellman as ln4
from proofs_checks.token_level_improvement import ln5_from_the_start as ln5
from proofs_checks.token_level_improvement import ln6_from_a_state_on as ln6
from proofs_checks.token_level_improvement import pairs_of_policies, solved_processes
from proofs_checks.token_level_improvement import rational_processes as exact

CLAIMS = {module.CLAIM.id: module.CLAIM for module in (ln4, ln5, ln6)}
CHECKS = [(claim.id, check.slug) for claim in CLAIMS.values() for check in claim.checks]
COLUMNS = np.array([1.0, *np.log(exact.PRIMES)])


def trial(rows=3, **params):
    given = {"horizon": 3, "states": 3, "actions": 2} | params
    return Trial(case=Case(slug="one", params=given, rows=rows), streams=Streams(("test",), range(rows)))


def number(value):
    """A value as a float."""
    return float(COLUMNS @ value.astype(float))


def numbers(values):
    """Coefficients `[K]` of several values as floats."""
    return np.asarray(values, dtype=float).reshape(-1, 5) @ COLUMNS


def packaged(process):
    """The same process as the package's record."""
    stages = tuple(
        Stage(
            base=np.array(process.base[h], dtype=float),
            reward=np.array([[number(r) for r in row] for row in process.reward[h]]),
            features=np.zeros((len(process.states), len(process.actions), 1)),
            moves=np.array(process.moves[h], dtype=float) if h + 1 < process.horizon else None,
        )
        for h in range(process.horizon)
    )
    return DecisionProcess(
        start=np.array(process.start, dtype=float), stages=stages, beta=float(process.beta)
    )


def tables(policy):
    with np.errstate(divide="ignore"):
        return tuple(np.log(np.array(stage, dtype=float)) for stage in policy)


def verdicts(check, relation, cases=(), **changes):
    for case in check.cases_at("quick"):
        if not cases or case.slug in cases:
            # One row: what is exact is exact in each.
            at = Trial(case=case, streams=Streams(("test",), range(1)))
            world = check.instance(at) if check.instance else at
            measure, bound = changes.get("measure", check.measure), changes.get("bound", check.bound)
            summary = summarise(measure(world), bound(world), check.reading)
            yield case, summary, decide(summary, relation, check.resolution)


# --- claims -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "slug"), CHECKS)
def test_each_check_holds_and_its_tight_cases_break(name, slug):
    check = CLAIMS[name].check(slug)
    assert any(case.tight for case in check.cases)
    for case, summary, verdict in verdicts(check, "=="):
        assert verdict.status is Status.HOLDS, case.slug
        if case.tight:
            assert moved(summary, "==", check.resolution, 1.05).status is Status.REFUTED, case.slug


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_forms_as_printed_have_the_verdicts_they_declare(claim):
    for form in claim.printed:
        found = combine([verdict for _, _, verdict in verdicts(form.check, "==")])
        assert found.status is (Status.HOLDS if form.holds else Status.REFUTED), form.slug
        assert form.holds or form.check.evidence in (Evidence.EXHAUSTIVE, Evidence.CERTIFIED)


# --- numbers of logarithms ----------------------------------------------------------------------------------


def test_logarithms_of_fractions_are_whole_combinations():
    assert exact.log(Fraction(12, 35)).tolist() == [0, 2, 1, -1, -1]
    assert number(exact.log(Fraction(12, 35))) == pytest.approx(math.log(12 / 35))
    assert exact.exponential(3 * exact.log(Fraction(2, 7))) == Fraction(8, 343)
    with pytest.raises(ValueError, match="ratio must be a fraction of"):
        exact.log(Fraction(11, 2))
    for value in (exact.number(1), exact.log(Fraction(2)) / 2):
        with pytest.raises(ValueError, match="value must be the logarithm of a fraction"):
            exact.exponential(value)


def test_drawn_processes_are_laws_with_rewards_in_the_unit_interval():
    for pair in pairs_of_policies.pairs(trial(rows=20)):
        process = pair.process
        assert sum(process.start) == 1
        for policy in (process.base, pair.policy, pair.other):
            assert all(sum(law) == 1 and min(law) >= 0 for stage in policy for law in stage)
        assert all(sum(law) == 1 for stage in process.moves for row in stage for law in row)
        assert all(p > 0 for stage in process.base for law in stage for p in law)
        rewards = [number(r) for stage in process.reward for row in stage for r in row]
        assert min(rewards) >= 0
        assert max(rewards) <= 1


def test_drawn_processes_have_random_and_certain_moves_and_thin_policies():
    found = pairs_of_policies.pairs(trial(rows=20))
    largest = [max(law) for p in found for stage in p.process.moves for row in stage for law in row]
    assert 0 < sum(most == 1 for most in largest) < len(largest)
    thin = [0 in law for p in found for stage in p.policy for law in stage]
    assert 0 < sum(thin) < len(thin)


# --- against the package ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 2, 2), (3, 3, 2), (3, 2, 3)])
def test_values_by_trajectories_are_those_of_the_package(shape):
    params = dict(zip(("horizon", "states", "actions"), shape, strict=True))
    for pair in pairs_of_policies.pairs(trial(**params)):
        made, policy = packaged(pair.process), tables(pair.policy)
        found = processes.policy_values(made, policy)
        for h, s in pair.process.places():
            assert number(exact.value_by_paths(pair.process, pair.policy, h, s)) == pytest.approx(
                found.value[h][s], abs=1e-12
            )
            for a in pair.process.actions:
                own = exact.action_value_by_paths(pair.process, pair.policy, h, s, a)
                assert number(own) == pytest.approx(found.q[h][s, a], abs=1e-12)
                assert np.array_equal(own, exact.action_values(pair.process, pair.policy)[h][s][a])
        visited = exact.occupancy(pair.process, pair.policy, 0, pair.process.start)
        for ours, theirs in zip(visited, processes.occupancies(made, policy), strict=True):
            assert np.array(ours, dtype=float) == pytest.approx(np.exp(theirs), abs=1e-12)


def test_ln5_and_ln6_measure_and_state_differences_of_values():
    found = pairs_of_policies.pairs(trial())
    states, starts = [], []
    for pair in found:
        made = packaged(pair.process)
        own, other = (processes.policy_values(made, tables(p)).value for p in (pair.policy, pair.other))
        states += [own[h][s] - other[h][s] for h, s in pair.process.places()]
        starts.append(made.start @ (own[0] - other[0]))
    for module, expected in ((ln6, states), (ln5, starts)):
        assert numbers(module.measured(found).lo) == pytest.approx(expected, abs=1e-9)
        assert numbers(module.stated(found).lo) == pytest.approx(expected, abs=1e-9)


def test_ln4_solves_its_processes_as_the_package_does():
    for world in solved_processes.solved(trial()):
        made = packaged(world.process)
        best = processes.optimum(made)
        values = solved_processes.optimal_values(world.process)
        for h, s in world.process.places():
            assert best.value[h][s] == pytest.approx(
                number(world.process.beta * exact.log(world.scale[h][s])), abs=1e-9
            )
            law = np.array(world.best[h][s], dtype=float)
            assert np.exp(best.log_policy[h][s]) == pytest.approx(law, abs=1e-9)
            for a in world.process.actions:
                assert best.q[h][s, a] == pytest.approx(number(values[h][s][a]), abs=1e-9)
                assert np.array_equal(values[h][s][a], world.optimal_value(h, s, a))


def test_ln4_measures_what_is_lost_and_states_later_divergences():
    found = solved_processes.solved(trial())
    lost, steps = [], []
    for world in found:
        made, policy = packaged(world.process), tables(world.policy)
        best, own = processes.optimum(made), processes.policy_values(made, policy)
        lost += [best.q[h][s, a] - own.q[h][s, a] for h, s in world.process.places() for a in (0, 1)]
        apart = [made.beta * laws.kl(p, q) for p, q in zip(policy, best.log_policy, strict=True)]
        steps += [best.value[h][s] - apart[h][s] for h, s in world.process.places()]
    assert min(lost) > -1e-9
    assert max(lost) > 0.1
    assert numbers(ln4.losses(found).lo) == pytest.approx(lost, abs=1e-9)
    assert numbers(ln4.divergences(found).lo) == pytest.approx(lost, abs=1e-9)
    assert numbers(ln4.one_step(found).lo) == pytest.approx(steps, abs=1e-9)
    assert numbers(ln4.best_step(found).lo) == pytest.approx(steps, abs=1e-9)
    assert np.array_equal(ln4.attained(found).lo, ln4.bellman(found).lo)


# --- as printed ---------------------------------------------------------------------------------------------


def test_the_two_slips_of_the_proofs_by_hand():
    """No rewards: `Q*` is 0 and (170) says 1. The last line of (174) is short by half of the later reward."""
    nothing = ln4.no_rewards(trial())
    assert float(ln4.first_value(nothing).lo[0]) == 0
    assert float(ln4.without_logarithm(nothing).lo[0]) == 1
    pair = ln6.two_stages(trial())
    # pi: half of the time the second action, then 1. pi': always, then 1, less log 2 for the choice.
    assert numbers(ln6.measured_at_start(pair).lo) == pytest.approx([0.5 - 1 + math.log(2)])
    # The later stage counts pi's visits twice: its own 1/2 - 1, and in Q^pi another 1/2 - 1.
    assert numbers(ln6.last_line(pair).lo) == pytest.approx([2 * (0.5 - 1) + math.log(2)])


# --- long ---------------------------------------------------------------------------------------------------


def test_long_processes_are_long_random_and_within_their_rounding():
    found = pairs_of_policies.long_pairs(trial(horizon=8, states=4, actions=3))
    for pair in found:
        assert pair.process.horizon == 8
        assert 0.05 <= pair.process.beta <= 1
        moves = pair.process.stages[0].moves
        assert np.all(moves[:, ::2].max(axis=-1) == 1)
        assert np.all(moves[:, 1].max(axis=-1) < 1)
        assert all(stage.reward.min() >= 0 and stage.reward.max() <= 1 for stage in pair.process.stages)
        assert 0 < pair.rounding() < pairs_of_policies.RESOLUTION.absolute
    at = np.asarray(ln5.gaps(found).lo, dtype=float)
    assert np.all(at > 0.01)

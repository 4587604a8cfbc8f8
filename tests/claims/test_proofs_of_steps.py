"""The proofs of steps: how instances are written in Coq, and what their bridges hold."""

import math
from fractions import Fraction
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from explore_theory.claims import REALS
from explore_theory.harness.formal.bridge import bridged_of
from proofs_checks.formal import terms

ROOT = Path(import_module("proofs_checks").__file__).parent

STEPS = (
    "spanner_sampling.s2_acceptances",
    "spanner_sampling.s3_elliptical_potential",
    "spanner_sampling.s4_tilt_divergence",
    "spanner_sampling.s5_truncated_divergence",
    "spanner_sampling.s5s_sharpest_divergence",
    "spanner_sampling.s6_density_ratio",
    "token_level_improvement.ln1_divergence",
    "token_level_improvement.ln2_density_ratio",
    "exact_law.x1_search",
    "exact_law.x4_rejection",
    "technical_tools.lf4_rejection",
    "proper_policy_hardness.lh2_formula_masses",
)


def the_proof(step):
    (proof,) = import_module(f"proofs_checks.{step}").CLAIM.proofs
    return proof


# --- terms -------------------------------------------------------------------------------------------------


def test_rationals_are_written_with_sign_and_denominator():
    assert terms.real(Fraction(-3, 7)) == "(- (3 / 7))"
    assert terms.real(Fraction(3, 7)) == "(3 / 7)"
    assert terms.real(2) == "(2)"


def test_lists_keep_their_order():
    assert terms.reals([Fraction(1, 2), Fraction(2)]) == "(cons (1 / 2) (cons (2) nil))"
    assert terms.numbers(3) == "(cons 0%nat (cons 1%nat (cons 2%nat nil)))"
    assert terms.numbers(2, first=5) == "(cons 5%nat (cons 6%nat nil))"
    assert (
        terms.table2([[Fraction(1)], [Fraction(2)]])
        == "(Sums.table2 (cons (cons (1) nil) (cons (cons (2) nil) nil)))"
    )


def test_sets_are_written_with_the_truth_values_of_coq():
    assert terms.chosen([True, False]) == "(fun i => List.nth i (cons true (cons false nil)) false)"


def test_fractions_are_distinct_and_within_their_ends():
    found = terms.fractions(np.random.default_rng(0), 7, -3, 3, 5)
    assert sorted(found) == [Fraction(k, 5) for k in range(-3, 4)]
    ends = {terms.fraction(np.random.default_rng(seed), 1, 2, 3) for seed in range(20)}
    assert ends == {Fraction(1, 3), Fraction(2, 3)}


def test_masses_are_a_law_of_unequal_masses():
    for seed in range(20):
        law = terms.masses(np.random.default_rng(seed), 4)
        assert sum(law) == 1
        assert min(law) > 0
        assert len(set(law)) == 4


def test_one_instance_is_a_row():
    assert terms.floats([Fraction(1, 2), Fraction(1, 4)]).tolist() == [[0.5, 0.25]]


# --- bridges -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
def test_bridges_follow_their_random_numbers_alone(step):
    proof = the_proof(step)
    first, again, other = (bridged_of(proof, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again
    assert [one.term for one in first] != [one.term for one in other]
    assert all(math.isfinite(one.value) for one in first)
    # A mistake in one digit of a term would move a number that is not tiny.
    assert max(abs(one.value) for one in first) > 1e-3


@pytest.mark.parametrize("step", STEPS)
def test_proofs_rest_on_the_reals_alone_and_are_short(step):
    proof = the_proof(step)
    assert proof.axioms == REALS
    file = ROOT / step.split(".")[0] / proof.file
    assert len(file.read_text().splitlines()) < 400


def test_what_s5_sums_is_what_its_bridge_holds():
    """The three summands at an instance small enough for a pencil: pi_t = (2/3, 1/3), pi* = (4/5, 1/5)."""
    from proofs_checks.spanner_sampling.truncated import Truncated, summands

    world = Truncated(
        log_base=np.log([[2 / 3, 1 / 3]]),
        reward=np.array([[0.0, -2 * math.log(2)]]),
        estimate=np.zeros((1, 2)),
        inside=np.array([[True, False]]),
        beta=np.array([2.0]),
        effort=1,
    )
    squares, missed, clipped = (float(value[0]) for value in summands(world))
    assert squares == 0
    assert missed == pytest.approx(1 / 5, rel=1e-12)
    assert clipped == pytest.approx(1 / 3, rel=1e-12)
    everywhere = Truncated(
        log_base=world.log_base,
        reward=world.reward,
        estimate=world.estimate,
        inside=np.array([[True, True]]),
        beta=world.beta,
        effort=1,
    )
    squares, missed, clipped = (float(value[0]) for value in summands(everywhere))
    assert squares == pytest.approx(math.log(2) ** 2 / 3, rel=1e-12)
    assert missed == clipped == 0


def test_outcomes_are_named_by_how_a_search_ended():
    from explore_theory.oracles.answers import Status
    from proofs_checks.exact_law.formal.proved_searches import indicator

    assert indicator(Status.OK, 2, 3) == "(Searches.is_found 2 3)"
    assert indicator(Status.MISS, None, 3) == "(Searches.is_missed 3)"
    assert indicator(Status.EXHAUSTED, None, 0) == "(Searches.is_exhausted 0)"


def test_literals_count_variables_from_zero():
    from proofs_checks.proper_policy_hardness.formal.proved_formulas import pair

    assert pair(1) == "(0%nat, true)"
    assert pair(-3) == "(2%nat, false)"


def test_vectors_are_counted_after_their_dimension():
    from proofs_checks.spanner_sampling.formal.proved_potential import lists

    for one in lists(np.random.default_rng(0)):
        (_, n, d), (ridge,) = one.pairs.vectors.shape, one.pairs.ridge
        assert one.count_in("f").split()[:2] == ["f", str(d)]
        assert one.count_in("f").split()[-2:] == [str(n), "2"]
        assert one.vectors_in("f").endswith(f" {n}")
        assert one.ridge == terms.real(Fraction(ridge).limit_denominator(100))

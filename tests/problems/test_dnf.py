"""Terms as prompts: closed forms, the two worlds, log space, and prompts that are never listed."""

import math
import sys

import numpy as np
import pytest

from explore_theory import exact, oracles
from explore_theory.errors import InvalidProblem, OracleMisuse
from explore_theory.formulas import Copies, Formula, planted_formula
from explore_theory.foundation.streams import Streams
from explore_theory.policies import Base, Softmax
from explore_theory.problems import DNF, Gaussian

HAND = Formula([[1, 2], [-1, 3], [1, -3]], 3)
SECRET = np.array([1, 1, -1])


def problem(**changes):
    return DNF(**({"formula": HAND, "eta": 0.25, "assignment": SECRET} | changes))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: problem(eta=0), "eta must lie in (0, 0.25], got eta=0"),
        (lambda: problem(eta=0.26), "eta must lie in (0, 0.25], got eta=0.26"),
        (lambda: problem(eta=math.nan), "eta must lie in (0, 0.25]"),
        (lambda: problem(eta=1e-60), "eta must keep (4k-2) log(1/eta) at most 690, got eta=1e-60 at k=2"),
        (lambda: problem(assignment=[1, 1]), "assignment must be 3 signs"),
        (lambda: DNF(formula=Copies(HAND, 30), eta=0.25).prompt_mass, "m must be at most 2^24"),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(InvalidProblem) as caught:
        call()
    assert message in str(caught.value)


def test_constants_are_those_of_the_construction():
    facts = problem().facts
    assert facts.beta == pytest.approx(1 / (8 * math.log(4)))
    assert facts.coverage == pytest.approx(4.0**6)
    assert math.exp(-(1 - 1 / 4) / facts.beta) == pytest.approx(4.0**-6)
    assert facts.parameter_radius == pytest.approx(math.sqrt(3 / 2))
    assert facts.d == 3
    atoms = problem().atoms(np.arange(3)[None])
    np.testing.assert_allclose((atoms.features**2).sum(-1)[0], [[0, 1], [0, 1], [0, 1]])
    np.testing.assert_allclose(atoms.reward[0], [[0, 1], [0, -1], [0, 1]])
    assert not problem(assignment=None).atoms(np.arange(3)[None]).reward.any()


def test_the_star_of_a_softmax_policy_by_its_closed_form():
    world = problem()
    atoms = world.atoms(np.arange(3)[None])
    for theta in ([1, 1, -1], [0, 0.5, 1], [-1, -1, -1]):
        law = Softmax(np.array(theta) / math.sqrt(2)).log_law(atoms, world.beta)
        agreement = [theta[0] + theta[1], -theta[0] + theta[2], theta[0] - theta[2]]
        np.testing.assert_allclose(law[0, :, 1], world.log_star(agreement), rtol=1e-12)
        odds = [4.0**-6 / (1 - 4.0**-6) * 4.0 ** (4 * a) for a in agreement]
        np.testing.assert_allclose(np.exp(law[0, :, 1]), [o / (1 + o) for o in odds], rtol=1e-12)


def test_exact_evaluation_sees_the_worlds_apart():
    planted, flat = problem(), problem(assignment=None)
    best = Softmax(SECRET / math.sqrt(2))
    assert exact.gap(planted, best)[0] == pytest.approx(0, abs=1e-12)
    assert exact.gap(flat, Base())[0] == pytest.approx(0, abs=1e-12)
    assert exact.gap(planted, Base())[0] > 1 / 16
    assert exact.gap(flat, best)[0] > 1 / 16
    q1 = 1 / (1 + (1 - 4.0**-6) / 16)
    assert exact.coverage(planted)[0] == pytest.approx(q1 * 4.0**6)


def test_prompts_evaluated_in_parts_are_the_same_prompts(monkeypatch):
    formula, secret = planted_formula("hadamard", m=50, k=3, n=6, streams=Streams(("t",), [0]))
    world = DNF(formula=formula, eta=0.1, assignment=secret)
    policy = Softmax(np.array([0.5 * secret, secret]) / math.sqrt(3))
    quantities = (
        lambda: exact.gap(world, policy),
        lambda: exact.kl(world, policy, Base()),
        lambda: exact.log_coverage(world),
        lambda: exact.soft_value(world),
    )
    whole = [q() for q in quantities]
    monkeypatch.setattr(sys.modules[exact.gap.__module__], "_CHUNK", 7)
    for expected, quantity in zip(whole, quantities, strict=True):
        np.testing.assert_allclose(quantity(), expected, rtol=1e-12, atol=1e-15)


def test_inverse_coverage_of_1e194_is_no_obstacle():
    formula, secret = planted_formula("parity", m=200, k=12, n=20, streams=Streams(("t",), [0]))
    world = DNF(formula=formula, eta=2.0**-14, assignment=secret)
    assert world.facts.coverage == pytest.approx(2.0**644)
    assert exact.gap(world, Softmax(secret / math.sqrt(12)))[0] == pytest.approx(0, abs=1e-12)
    assert np.isfinite(exact.gap(world, Base())[0])
    oracle = oracles.open(world, law="exact-law", replicates=3)
    found = oracle.search(oracle.prompt(), oracles.Norm() > 0, 1e190)
    assert not found.ok.any()
    assert (found.used == 1e190).all()
    sure = oracle.search(oracle.prompt(), oracles.Norm() > 0, 1e197)
    assert sure.ok.all()
    assert ((sure.used > 1e190) & (sure.used < 1e197)).all()


@pytest.mark.parametrize("law", ["literal", "exact-law"])
def test_an_oracle_draws_prompts_from_terms_that_are_never_listed(law):
    copies = Copies(HAND, 30)
    world = DNF(formula=copies, eta=0.25, assignment=np.tile(SECRET, 30), noise=Gaussian(0.1))
    oracle = oracles.open(world, law=law, replicates=200)
    ctx = oracle.prompt()
    assert len(set(ctx.prompts.tolist())) == 200
    assert (ctx.prompts > copies.m // 2).mean() == pytest.approx(0.5, abs=0.2)
    sample = oracle.draw(ctx, 2, theta=np.tile(SECRET, 30) / math.sqrt(60))
    agreement = np.abs(sample.features).sum(-1) * math.sqrt(60)
    assert set(np.round(agreement.ravel(), 9)) <= {0.0, 60.0}
    rewards = oracle.reward(ctx, sample.response[:, 0], sample.response[:, 1])
    assert rewards.shape == (200, 2)


def test_the_box_is_enforced():
    oracle = oracles.open(problem())
    ctx = oracle.prompt()
    with pytest.raises(OracleMisuse, match=r"theta must satisfy max_i \|theta_i\| <= 0.707107"):
        oracle.draw(ctx, theta=np.array([0.8, 0, 0]))

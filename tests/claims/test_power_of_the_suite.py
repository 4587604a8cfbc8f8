"""Does the suite find bugs? Break the code a claim rests on and watch a verdict turn."""

import os

import numpy as np
import pytest
from installed_claims import installed

from explore_theory.foundation import laws
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.export import to_json

REGISTRY = installed()
TURN, TURNS = map(int, os.environ.get("EXPLORE_THEORY_TURN", "1/1").split("/"))
NOT_NOW = pytest.mark.skip(reason=f"EXPLORE_THEORY_TURN={TURN}/{TURNS}: another run has its turn")


def verify(*selectors, **options):
    with Store(":memory:") as store:
        run(REGISTRY.select(selectors), store, **options)
        return session_results(store, store.sessions()[-1])


def doubled_temperature_gap(log_policy, log_base, reward, beta):
    best = laws.objective(laws.optimal(log_base, reward, 2 * np.asarray(beta)), log_base, reward, beta)
    return best - laws.objective(log_policy, log_base, reward, beta)


EVALUATED = laws.evaluated


def unweighted_objective(policy, base, reward, beta):
    return EVALUATED(policy, base, reward, np.ones_like(beta))


def signless_kl(log_first, log_second):
    return laws.expectation(log_first, np.abs(np.asarray(log_first) - np.asarray(log_second)))


@pytest.mark.parametrize(
    ("name", "broken", "selector"),
    [
        ("gap", doubled_temperature_gap, "F1"),
        ("evaluated", unweighted_objective, "F1"),
        ("kl", signless_kl, "F1"),
    ],
)
def test_a_broken_quantity_turns_a_verdict(monkeypatch, name, broken, selector):
    monkeypatch.setattr(laws, name, broken)
    (result,) = verify(selector)
    assert result.verdict.status is Status.REFUTED


@pytest.mark.slow
def test_a_search_does_not_depend_on_rows_run_together():
    assert to_json(verify("F1", block=7), timing=False) == to_json(verify("F1", block=64), timing=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "selector",
    [
        pytest.param(registered.claim.id, marks=[] if number % TURNS == TURN - 1 else [NOT_NOW])
        for number, registered in enumerate(REGISTRY.claims)
    ],
)
def test_no_claim_depends_on_rows_run_together(selector):
    assert to_json(verify(selector, block=7), timing=False) == to_json(verify(selector), timing=False)


@pytest.mark.slow
def test_no_claim_depends_on_those_before_it():
    """Those of this turn, which stand beside each other and so share most."""
    ends = [turn * len(REGISTRY.claims) // TURNS for turn in (TURN - 1, TURN)]
    together = verify(*(registered.claim.id for registered in REGISTRY.claims[slice(*ends)]))
    assert together
    for expected in reversed(together):
        assert to_json(verify(expected.id), timing=False) == to_json([expected], timing=False)

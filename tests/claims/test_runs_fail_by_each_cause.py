"""A run that several things can spoil is spoilt by each of them alone."""

from types import SimpleNamespace

import numpy as np

from explore_theory import exact
from proofs_checks.spanner_sampling import st_spanner_sampling as st
from proofs_checks.spanner_sampling import stc_comparison as stc


def test_a_run_of_st_succeeds_if_gap_data_and_computation_are_within_what_is_stated(monkeypatch):
    monkeypatch.setattr(exact, "gap", lambda problem, policy: np.array([0.1, 0.11, 0.1, 0.1]))
    ledger = SimpleNamespace(data=np.array([50.0, 50, 51, 50]), compute=np.array([900.0, 900, 900, 901]))
    world = SimpleNamespace(
        learner=SimpleNamespace(eps=0.1, run=lambda oracle: None),
        oracle=SimpleNamespace(ledger=ledger),
        problem=None,
        data=50.0,
        compute=900.0,
    )
    found = st.successes(world)
    assert (found.successes, found.trials) == (1, 4)


class Played:
    """Runs that have been made."""

    goal = 0.1
    problem = SimpleNamespace(coverage=100.0)

    def __init__(self, gaps, data=1.0, compute=1.0):
        self._gaps = np.array(gaps)
        self._ledger = SimpleNamespace(
            data=np.broadcast_to(data, self._gaps.shape), compute=np.broadcast_to(compute, self._gaps.shape)
        )

    def played(self):
        return self._gaps, self._ledger


def test_a_run_of_stc_fails_by_its_gap_or_by_its_rounds():
    runs = Played([0.1, 0.11, 0.1], data=np.array([stc.ENOUGH, stc.ENOUGH, stc.ENOUGH + 1]))
    found = stc.failures(SimpleNamespace(runs=runs))
    assert (found.successes, found.trials) == (2, 3)


def test_a_comparison_is_lost_only_where_both_get_there_and_the_price_is_that_much_higher(monkeypatch):
    own = Played([0.1, 0.1, 0.2, 0.1], compute=np.array([70.0, 70.0, 70.0, 69.0]))
    own.streams = SimpleNamespace(child=lambda name: None)
    passive = Played([0.1, 0.2, 0.1, 0.1], compute=10.0)
    monkeypatch.setattr(stc, "replace", lambda runs, **changes: passive)
    found = stc.losses(SimpleNamespace(runs=own, rounds=128), factor=7.0)
    assert (found.successes, found.trials) == (1, 4)

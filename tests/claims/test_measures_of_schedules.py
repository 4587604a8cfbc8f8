"""The shares of S9 at the schedule, and the calls of P6s on either side of what they may be."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from explore_theory.foundation.streams import Streams
from explore_theory.harness import Case
from explore_theory.harness.claims.claim import Trial
from proofs_checks.proper_policy_hardness import p6s_spanner_data, spanner_runs
from proofs_checks.spanner_sampling import schedule_cases, schedule_terms


def trial(**params):
    return Trial(case=Case(slug="one", params=params), streams=Streams(("test",), (0,)))


@pytest.mark.parametrize("update", ["every", "rarely"])
@pytest.mark.parametrize("setting", list(schedule_cases.SETTINGS))
def test_the_shares_add_up_at_every_schedule(setting, update):
    found = schedule_terms.at_the_schedule(trial(setting=setting, update=update))
    # Half for exploration, uncovered mass at kappa = eps/45R, 4/100 for the sampler, rounded.
    e = math.e
    stated = 0.5 + e / (e - 1) * (6 + 2 * math.log(2) + 2 * e) / 45 + 0.04
    assert found.hi[0] == pytest.approx(stated / 0.991, abs=0.005)


def test_calls_below_and_above_their_range_are_counted(monkeypatch):
    n, k = 6, 2
    unit = n * k * k * 2.0 ** ((k + 2) * (4 * k - 2))
    calls = unit * np.array([100.0, 300.0, 700.0, 900.0, 150.0])
    monkeypatch.setattr(spanner_runs, "spanner", lambda *_, **__: SimpleNamespace(calls=calls))
    found = p6s_spanner_data.unlike_coverage(p6s_spanner_data.calls(trial(n=n, k=k)))
    assert (found.successes, found.trials) == (3, 5)

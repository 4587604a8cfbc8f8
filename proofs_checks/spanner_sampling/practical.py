"""Runs of SpannerSampling by a practical schedule: rounds of choice, everything else as in the theorem.

The theorem's schedule is so long that the gap is far below `eps` by its end. To see how the gap falls, phases
are shortened and the radius ``nu`` is widened; `explore_factor` is solved for the number of rounds asked for.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from explore_theory import exact, oracles
from explore_theory.algorithms import Schedule, SpannerPolicy, SpannerSampling
from explore_theory.algorithms.spanner.spanner_sampling import exploration_phase, spanner_phase
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.oracles import Oracle
from explore_theory.problems import TabularProblem

#: Long enough to cover what the sampler can reach, on these problems.
_SPAN = 0.02
_RARELY = "rarely-switching"


def schedule_of(
    problem: TabularProblem,
    rounds: int,
    *,
    eps: float = 0.1,
    radius_factor: float = 8.0,
    ratio: float | None = None,
    update: str = _RARELY,
    span: float = 1.0,
) -> Schedule:
    """A schedule with about `rounds` rounds of exploration; sampler ratio `ratio`, or the theorem's.

    The spanner phase is `span` times as long as it is by default.
    """
    found = Schedule.of(
        problem.facts,
        eps=eps,
        delta=0.25,
        update=update,
        span_factor=_SPAN * span,
        radius_factor=radius_factor,
    )
    if ratio is not None:
        found = replace(found, ratio_factor=ratio / found.sampler.ratio)
    # Rounds enter their own number by a logarithm, so a few corrections settle it.
    for _ in range(6):
        found = replace(found, explore_factor=found.explore_factor * rounds / found.explore_rounds)
    return found


def gaps_after_one_spanner_phase(
    problem: TabularProblem, schedules: Sequence[Schedule], streams: Streams
) -> list[np.ndarray]:
    """Exact gaps `[R]` for each of `schedules`, which differ in their exploration alone.

    Each has the law of a run of its own; they share the spanner phase, by far the longer part of a run whose
    radius is small.

    Raises
    ------
    InvalidProblem
        If the schedules do not have one spanner phase.
    """
    phases = {(s.d, s.ridge, s.radius, s.span_rounds, s.per_round) for s in schedules}
    if len(phases) != 1:
        raise InvalidProblem(f"schedules must have one spanner phase, got {sorted(phases)}")
    oracle = oracles.open(problem, law="exact-law", streams=streams)
    spanned = spanner_phase(oracle, schedules[0])
    return [
        exact.gap(problem, exploration_phase(oracle, s, spanned, outputs=None, growth=s.growth))
        for s in schedules
    ]


def run(
    problem: TabularProblem, schedule: Schedule, streams: Streams
) -> tuple[np.ndarray, SpannerPolicy, Oracle]:
    """Exact gaps `[R]`, the policy, and the oracle with its ledger."""
    oracle = oracles.open(problem, law="exact-law", streams=streams)
    policy = SpannerSampling(schedule=schedule, update=_RARELY).run(oracle)
    return exact.gap(problem, policy), policy, oracle

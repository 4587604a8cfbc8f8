"""`run LEARNER --instance FILE`: which kind of problem a file holds, and so which learners may play."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explore_theory import instances
from explore_theory.algorithms import (
    MTSS,
    BestOfN,
    Learner,
    PrintedSpannerSampling,
    SpannerPolicy,
    SpannerSampling,
)
from explore_theory.algorithms.spanner.spanner_sampling import Phases
from explore_theory.errors import InvalidProblem
from explore_theory.foundation import memory
from explore_theory.foundation.brief import brief
from explore_theory.foundation.compiled import threads
from explore_theory.foundation.validation import one_of
from explore_theory.oracles.ledger import KINDS
from explore_theory.problems import AutoregressiveProblem, TabularProblem
from explore_theory.reporting import runs as words
from explore_theory.reporting import token_runs as token_words
from explore_theory.running import responses as runs
from explore_theory.running import row_blocks
from explore_theory.running import tokens as token_runs
from explore_theory.running.playing import Outcome, Playing, Seat
from explore_theory.running.row_blocks import Part

#: Rows of a block hold about so many bytes in all.
_TOGETHER = 2**28
#: Words of the random streams of one row, and phases that a ledger tells apart.
_STREAMS, _PHASES = 2**12, 4


@brief
@dataclass(frozen=True, kw_only=True)
class Plan:
    """A run that has not started.

    Parameters
    ----------
    said
        What there is to say of it, by name.
    replicates, together
        `R`, and how many of them move side by side.
    playing, part
        The learner that plays; and what is kept of what came of some rows.
    outcome, lines
        What came of some rows by name; and the same as text.
    """

    said: dict[str, Any]
    replicates: int
    together: int
    playing: Playing
    part: Callable[[Outcome], Part]
    outcome: Callable[[Part], dict[str, Any]]
    lines: Callable[[dict[str, Any], Part], list[str]]

    def blocks(self) -> Iterator[range]:
        """The rows, block by block."""
        if not self.playing.vectorised:
            return (range(row, row + 1) for row in range(self.replicates))
        return row_blocks.cut(self.replicates, self.together)

    def open(self, rows: range) -> Seat:
        """An oracle for `rows`."""
        return self.playing.open(rows)

    def play(self, seat: Seat) -> Part:
        """What the replicates of `seat` make of it."""
        return self.part(self.playing.play(seat))


def load(path: str) -> TabularProblem | AutoregressiveProblem:
    """The problem in the file at `path`, of any form that `instances.load` reads.

    Raises
    ------
    InvalidProblem
        One line that names the file and what is wrong, whatever the file holds.
    """
    problem = instances.load(path)
    if not isinstance(problem, TabularProblem | AutoregressiveProblem):
        raise InvalidProblem(
            f"instance must be a tabular or token problem for a run, got a {type(problem).__name__} "
            f"in {path}; "
            "proper learners are played on formulas from Python (explore_theory.play)"
        )
    return problem


def planned(
    learner: str,
    instance: str,
    *,
    settings: Mapping[str, str],
    law: str,
    seed: int,
    replicates: int,
    budgets: Mapping[str, float],
) -> Plan:
    """What it takes to run `learner` on the problem at `instance`; arguments as for `running.play`.

    Raises
    ------
    InvalidProblem
        For a file, learner or setting that will not do, or more replicates than memory holds.
    """
    # Says which learners there are, before anything is read.
    known = (*runs.learners(), *token_runs.TOKEN_LEARNERS)
    learner = one_of("learner", runs.spelled(learner, known), known)
    problem = load(instance)
    if isinstance(problem, AutoregressiveProblem) != (learner in token_runs.TOKEN_LEARNERS):
        right = token_runs.TOKEN_LEARNERS if isinstance(problem, AutoregressiveProblem) else runs.learners()
        raise InvalidProblem(
            f"learner must be one of {', '.join(right)} for the problem in {instance}, "
            f"got learner={learner!r}"
        )
    # Twice what is kept of a replicate: parts are joined at the end.
    memory.require("replicates", replicates, 16 * (len(KINDS) * _PHASES * problem.facts.horizon + 8))
    how = {"law": law, "seed": seed, "replicates": replicates, "budgets": budgets}
    if isinstance(problem, AutoregressiveProblem):
        if learner == "printed-mtss":
            return _of_processes(problem, settings, how)
        return _of_tokens(token_runs.token_learner(learner, problem.facts, settings), problem, how)
    return _of_responses(runs.learner(learner, settings, problem=problem), problem, how)


def _playing(learner: Any, problem: Any, how: dict[str, Any]) -> Playing:
    playing = Playing(learner, problem, **how)
    # A law or a budget that there is not is refused before the plan is printed.
    playing.open(range(1))
    return playing


def _of_responses(learner: Learner, problem: TabularProblem, how: dict[str, Any]) -> Plan:
    def part(run: Outcome) -> Part:
        counts = {}
        if isinstance(run.policy, SpannerPolicy):
            counts = {
                "accepted pairs": run.policy.accepted,
                "clipped rounds": run.policy.clipped,
                "rounds without an accepted candidate": run.policy.missed,
            }
        return Part(gap=run.gap, ledger=run.ledger, within_budget=run.active, counts=counts)

    playing, replicates, facts = _playing(learner, problem, how), how["replicates"], problem.facts
    row = 8 * (_STREAMS + (facts.d + 8) * (facts.responses or 1))
    together = _TOGETHER // row
    schedule: Phases | None = None
    if isinstance(learner, BestOfN):
        learner.require_drawable(replicates)
    if isinstance(learner, SpannerSampling | PrintedSpannerSampling):
        schedule = learner.plan(playing.open(range(1)).oracle)
        if how["law"] == "exact-law":
            # Kernels play row after row, so that few at a time are as quick as all.
            together = 2 * threads() + 1
        # An estimate and its covariance each, twice, and the words that its round is drawn by.
        each = 8 * min(together, replicates) * (2 * facts.d * (facts.d + 1) + 8)
        memory.require("outputs", learner.outputs, each)
    return Plan(
        said=words.planned(learner, problem, replicates, schedule),
        replicates=replicates,
        together=together,
        playing=playing,
        part=part,
        outcome=lambda part: words.outcome(part, schedule),
        lines=lambda said, part: words.outcome_lines(said, part, schedule),
    )


def _of_tokens(learner: MTSS, problem: AutoregressiveProblem, how: dict[str, Any]) -> Plan:
    def part(run: Outcome) -> Part:
        counts = {
            "tuples": run.policy.tuples.sum(axis=-1).astype(np.float64),
            "epochs": run.policy.epochs.astype(np.float64),
        }
        return Part(gap=run.gap, ledger=run.ledger, within_budget=run.active, counts=counts)

    return Plan(
        said=token_words.planned(learner, problem, how["replicates"]),
        replicates=how["replicates"],
        together=row_blocks.LEAST,
        playing=_playing(learner, problem, how),
        part=part,
        outcome=lambda part: token_words.outcome(part, learner.eps, problem),
        lines=lambda said, part: token_words.outcome_lines(said, part, learner.eps),
    )


def _of_processes(problem: AutoregressiveProblem, settings: Mapping[str, str], how: dict[str, Any]) -> Plan:
    learner, process, eps = token_runs.printed_learner(problem, settings)

    def part(run: Outcome) -> Part:
        counts = {
            "iterations": run.policy.iterations.astype(np.float64),
            "certified": run.policy.certified.astype(np.float64),
        }
        return Part(gap=run.gap, ledger=run.ledger, within_budget=run.active, counts=counts)

    return Plan(
        said=token_words.planned(learner, problem, how["replicates"]),
        replicates=how["replicates"],
        together=row_blocks.LEAST,
        playing=_playing(learner, process, how),
        part=part,
        outcome=lambda part: token_words.outcome(part, eps, problem),
        lines=lambda said, part: token_words.outcome_lines(said, part, eps),
    )

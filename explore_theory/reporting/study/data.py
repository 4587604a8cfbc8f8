"""A study as data: what `study --json` prints and the page's tables are made of."""

import math
from typing import Any

from explore_theory.reporting.study import words
from explore_theory.studies.growth import DELTA, DOUBLINGS, FRACTIONS, Outcome, Point, Study

FORMAT, VERSION = "explore-theory study", 1


def record(study: Study) -> dict[str, Any]:
    """Everything: calls are counted in tokens, gaps in units of reward; None for what no double holds."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "runs": study.runs,
        "seed": study.seed,
        "accuracies_over_base_gap": list(FRACTIONS),
        "delta": DELTA,
        "points": [_point(point) for point in study.points],
        "meaning": {points[0].family: words.meaning(points) for points in study.families()},
    }


def _point(point: Point) -> dict[str, Any]:
    return {
        "model": point.family,
        "H": point.horizon,
        "beta": point.beta,
        "R": point.reward_range,
        "base_gap": point.base_gap,
        "eps": point.eps,
        "log_c_cov": point.log_coverage,
        "log_c_cond": point.log_conditional,
        "c_cov": _number(point.log_coverage),
        "c_cond": _number(point.log_conditional),
        "log_least_draws": point.log_least_draws,
        "mtss_rollouts_a_tuple": {
            "practical_at_least": point.practical_rounds,
            "derived": point.derived_rounds,
        },
        "misfit": point.misfit,
        "mtss_gap_bound": point.gap_bound,
        "best_of_n": {
            "least_n": point.least_best_of,
            "n_up_to": 2**DOUBLINGS,
            "gap_by_doublings": [float(gap) for gap in point.best_of],
        },
        "outcomes": [_outcome(one) for one in point.outcomes],
    }


def _outcome(one: Outcome) -> dict[str, Any]:
    return {
        "learner": one.learner,
        "eps": one.eps,
        "token_calls": [float(value) for value in one.calls],
        "reward_rounds": [float(value) for value in one.rounds],
        "gap": [float(value) for value in one.gap],
        "missing": one.missing or None,
    }


def _number(log: float) -> float | None:
    return math.exp(log) if log < 700 else None

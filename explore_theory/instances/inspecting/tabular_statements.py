"""Which statements apply to a table of prompts by responses, and what they say with its numbers.

Rewards of the statements have range ``R = 1``; here ``beta/R`` stands for their ``beta``.
"""

import math
from dataclasses import dataclass

from explore_theory.instances.inspecting.realised import Fit
from explore_theory.instances.inspecting.records import (
    Assumption,
    Statement,
    compared,
    exponential,
    of_logarithms,
    said,
)
from explore_theory.problems.tabular import LINEAR, TabularProblem

#: T21 (2) as published: calls are at least this times the least of three.
NECESSARY = 0.694


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The numbers of a problem that statements rest on; prompts of positive mass and supports only."""

    reward_range: float
    log_coverage: float
    base_gap: float
    fit: Fit
    worst: tuple[int, int]
    worst_base: float


def statements(problem: TabularProblem, measured: Measured) -> list[Statement]:
    """What the theory says of `problem`."""
    return [
        *_always(problem, measured),
        _class(problem, measured),
        _lower(problem, measured),
        _necessary(problem, measured),
        _upper(problem, measured),
    ]


def _always(problem: TabularProblem, measured: Measured) -> list[Statement]:
    ratio = measured.reward_range / problem.beta
    x, y = measured.worst
    q = math.exp(min(0.0, measured.log_coverage + measured.worst_base))
    missed = -problem.beta * math.log1p(-q) if q < 1 else math.inf
    rho = float(problem.prompt_mass[x])
    return [
        Statement(
            claims=("F1", "F3", "F4"),
            title="gaps are divergences to pi*",
            says=(
                f"a policy is {said(problem.beta)} KL(pi || pi*) from the optimum; pi_ref "
                f"{said(measured.base_gap)}"
            ),
        ),
        Statement(
            claims=("F2",),
            title="coverage lies between one and exp(R/beta)",
            says=f"C_cov = {said(exponential(measured.log_coverage))} <= {said(exponential(ratio))}",
        ),
        Statement(
            claims=("C4",),
            title="missing a response costs a binary divergence",
            says=(
                f"a policy that never answers {y} at prompt {x}, which pi* does with chance "
                f"{q:.4g}, has a gap of "
                f"{said(rho * missed)} at least; pi_ref takes "
                f"{said(exponential(-measured.worst_base))} draws to "
                "meet it on average"
            ),
        ),
    ]


def _class(problem: TabularProblem, measured: Measured) -> Statement:
    return Statement(
        claims=("LG1",),
        title="rewards are linear, so that pi* is a softmax policy",
        says="reward differences are <theta*, feature differences>, for learners that know features only",
        assumptions=(realised(problem, measured),),
    )


def realised(problem: TabularProblem, measured: Measured) -> Assumption:
    """Whether ``pi*`` is in the softmax class."""
    error, limit = measured.fit.error, LINEAR * max(1.0, measured.reward_range)
    holds = True if error <= limit else False if measured.fit.least > limit else None
    words = f"pi* is a softmax policy: the best linear fit found misses reward differences by {error:.3g}"
    return Assumption(words, holds)


def _scaled(problem: TabularProblem, measured: Measured) -> float:
    return problem.beta / measured.reward_range if measured.reward_range else math.inf


def _lower(problem: TabularProblem, measured: Measured) -> Statement:
    beta = _scaled(problem, measured)
    half = 1 / (2 * beta) if beta else math.inf
    calls = math.exp(min(measured.log_coverage, 690)) / math.e / 16
    return Statement(
        claims=("CT",),
        title="below about C calls no algorithm finds what is not covered",
        says=(
            f"some problem with this C_cov and beta (a hidden needle in high dimension among many responses) "
            f"leaves every algorithm a gap of R/4 on average below {said(calls)} calls"
        ),
        assumptions=(
            compared("beta/R", beta, "<=", "1/8", 0.125),
            of_logarithms("C_cov", measured.log_coverage, ">=", "2", math.log(2)),
            of_logarithms("C_cov", measured.log_coverage, "<=", "exp(R/(2 beta))", half),
        ),
        about="problems like it",
    )


def _necessary(problem: TabularProblem, measured: Measured) -> Statement:
    beta, d = _scaled(problem, measured), problem.features.shape[-1]
    logs = {
        "C_cov": measured.log_coverage,
        "exp(R/(2 beta))": 1 / (2 * beta),
        "exp(beta^2 d/(2 R^2))": beta**2 * d / 2,
    }
    least = min(logs, key=lambda name: logs[name])
    return Statement(
        claims=("T21",),
        title=(
            "Theorem 2.1: calls are at least a constant times min{C*, exp(R/(2 beta)), exp(beta^2 d/(2 R^2))}"
        ),
        says=(
            f"some problem of these numbers takes {NECESSARY} x {said(exponential(logs[least]))} "
            f"calls ({least} is "
            "the least), unless a learner may name an eighth of all responses"
        ),
        assumptions=(
            compared("beta/R", beta, "<=", "1/(2 log 2)", 1 / (2 * math.log(2))),
            of_logarithms("C_cov", measured.log_coverage, ">=", "2", math.log(2)),
            compared("responses", problem.base.shape[1], ">=", "9", 9),
        ),
        about="problems like it",
    )


def _upper(problem: TabularProblem, measured: Measured) -> Statement:
    radius = problem.parameter_radius
    return Statement(
        claims=("ST", "T31"),
        title="SpannerSampling reaches any gap, with data that do not grow with coverage and calls that do",
        says=(
            "`explore-theory run spanner-sampling` prints its rounds and calls before it starts; "
            "it is to be told "
            f"coverage of at least {said(exponential(measured.log_coverage))}"
        ),
        assumptions=(
            compared("beta/R", _scaled(problem, measured), "<=", "1", 1.0),
            realised(problem, measured),
            Assumption(
                "B is declared (parameter_radius): "
                + (
                    "it is not"
                    if radius is None
                    else f"here {radius:.4g}, and |theta| of the fit is {measured.fit.length:.4g}"
                ),
                radius is not None
                and (problem.theta_star is not None or measured.fit.length <= radius * (1 + 1e-9)),
            ),
        ),
    )

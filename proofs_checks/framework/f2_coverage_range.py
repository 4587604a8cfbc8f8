"""F2: coverage is at least one and at most exponential in the reward range over the temperature.

Statement. ``1 <= C_cov <= exp(R / beta)``, where ``C_cov = sup_{x,y} pi*(y|x) / pi_ref(y|x)``,
``pi* ∝ pi_ref exp(r/beta)`` and rewards of one prompt differ by at most `R`.

What is checked. Both inequalities over boxes of two-response problems, by branch and bound with outward
rounding: base mass `p` of the better response from e^-700 to 1, ``t = (reward difference)/beta`` from 1e-9 to
1000. Then a search for a counter-example among problems of up to 64 responses, coverage taken from its
definition.

*From N responses to two.* Only reward differences matter, so let the best reward be 0, `p` its base mass (of
one best response) and ``-D_i <= 0`` the other rewards. Coverage is attained at the best response and equals
``1 / E_{pi_ref} e^{r/beta} = 1 / (p + (1-p) w)``, where `w` is the base average of ``e^{-D_i/beta}`` over the
others, a number in ``[e^{-R/beta}, 1]``. So ``w = e^{-t}`` with ``0 <= t <= R/beta``: coverage is that of the
two-response problem with base masses ``(p, 1-p)`` and reward difference ``t beta``, whose own range is at
most `R`. There
    ``C_cov / e^t = e^{-t} / (p + (1-p) e^{-t}) = 1 / (1 + p (e^t - 1))``,
    ``1 / C_cov   = p + (1-p) e^{-t}          = 1 - (1-p)(1 - e^{-t})``,
and the right-hand sides, which use each coordinate once, are what the boxes see.

``prompts``: of whole problems with prompts of uneven mass, one of them zero, the coverage that the package
reports is the largest over prompts of positive mass, computed entry by entry.

``whole``: the bound for problems of one or two prompts, drawn by strategies and driven towards it, where `R`
is the range over the support of the base policy at prompts of positive mass.

What is not. ``t < 1e-9`` or ``p > 1 - 1e-9`` on the lower side: on the edges ``t = 0`` and ``p = 1`` both
sides equal one by definition. Prompts: the supremum over prompts of numbers in an interval is in it.

Why trust it. A violation of either inequality anywhere in the boxes would have to hide from an enclosure of
the supremum; the search knows nothing of the reduction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory import exact
from explore_theory.foundation import laws
from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Resolution,
    Trial,
    best_constant,
)
from explore_theory.strategies import Search
from proofs_checks.framework import best_constants, given, instances, prompts, whole_problems
from proofs_checks.framework.formal import proved_framework
from proofs_checks.framework.instances import Bandits
from proofs_checks.framework.prompts import Instance

Floats = npt.NDArray[np.float64]


# --- two responses, by branch and bound --------------------------------------------------------------------

#: e^-700 and e^-1000 must be told from zero beside one: 1000 / log 2 bits and some to spare.
BITS = 1600
#: Ends of `t`.
TILT = (1e-9, 1000.0)


def excess_over_range(x: Sequence[Any], exponent: float = 1.0) -> Any:
    """``log C_cov - exponent t`` at ``(log p, log t)``."""
    p, t = x[0].exp(), x[1].exp()
    return -(p * t.expm1()).log1p() + (1 - exponent) * t


def shortfall_below_one(x: Sequence[Any]) -> Any:
    """``-log C_cov`` at ``(log(-log p), log t)``."""
    log_p, t = -x[0].exp(), x[1].exp()
    return (-(log_p.expm1() * (-t).expm1())).log1p()


def measure_boxes(trial: Trial) -> Measurement:
    """The largest ``C_cov / exp(t)``, or the largest ``1 / C_cov``."""
    from explore_theory.certify.boxes import largest_ratio, log_box

    if trial.case.params["side"] == "upper":
        return largest_ratio(excess_over_range, upper_box(), bits=BITS)
    return largest_ratio(
        shortfall_below_one, log_box({"log(-log p)": (1e-9, 700.0), "log t": TILT}), bits=BITS
    )


def upper_box() -> dict[str, tuple[Any, Any]]:
    """All ``(log p, log t)``."""
    from explore_theory.certify.boxes import log_box

    return {"log p": (-700.0, 0.0), **log_box({"log t": TILT})}


def measure_half_exponent(_: Trial) -> Measurement:
    """The largest ``C_cov / exp(t/2)``."""
    from explore_theory.certify.boxes import largest_ratio

    return largest_ratio(lambda x: excess_over_range(x, exponent=0.5), upper_box(), bits=BITS)


def measure_worst_response(_: Trial) -> Measurement:
    """The largest ``pi_ref(y) / pi*(y)`` at the *worse* response: ``log(p e^t + 1 - p)``."""
    from explore_theory.certify.boxes import largest_ratio

    return largest_ratio(lambda x: (x[0].exp() * x[1].exp().expm1()).log1p(), upper_box(), bits=BITS)


# --- up to 64 responses, by search --------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """`K` bandits and the side that is checked."""

    bandits: Bandits
    side: str


def log_coverage(b: Bandits, temperature: float = 1.0) -> Floats:
    """``log C_cov``, `[K]`, from the definition; ``pi*`` is tilted by ``exp(r / (temperature beta))``."""
    return laws.coverage(laws.optimal(b.log_base, b.reward, temperature * b.beta), b.log_base)


def log_bound(b: Bandits) -> Floats:
    """``R / beta``, `[K]`, with `R` the range of the rewards."""
    return np.asarray(np.ptp(b.reward, axis=-1) / b.beta)


def instance(trial: Trial, *, stretch: float = 1.0) -> World:
    """The instances on which the search came closest to a violation; rewards fill ``[1 - stretch, 1]``."""
    n, side = int(trial.case.params["n"]), str(trial.case.params["side"])

    def decode(z: Floats, effort: int) -> Bandits:
        bandits = instances.decode(z, n, effort=effort)
        return replace(bandits, reward=1 - stretch * (1 - bandits.reward))

    def score(z: Floats) -> Floats:
        bandits = decode(z, 0)
        value, limit = log_coverage(bandits), log_bound(bandits)
        return -value if side == "lower" else np.where(limit > 0, value / np.maximum(limit, 1e-300), 0.0)

    points, effort = instances.search(trial, score, instances.width(n))
    return World(decode(points, effort), side)


def measure(world: World, temperature: float = 1.0) -> Measurement:
    """``log C_cov`` (upper side) or ``1 / C_cov`` (lower side)."""
    b = world.bandits
    value, error = log_coverage(b, temperature), b.rounding() / b.beta
    if world.side == "lower":
        value, error = np.exp(-value), np.exp(-value) * np.expm1(error)
    return Measurement.exact(
        value,
        error=error,
        effort=b.effort,
        unit="instances",
        witness=b.describe,
    )


def bound(world: World) -> Bound:
    """``R / beta`` (upper side) or 1 (lower side)."""
    return Bound.of(log_bound(world.bandits) if world.side == "upper" else np.ones_like(world.bandits.beta))


def reported(world: list[Instance]) -> Measurement:
    """``log C_cov`` of each problem, as the package has it."""
    return prompts.measured([float(exact.log_coverage(i.problem)[0]) for i in world])


#: Twice the rounding of a log-probability at its largest: `Bandits.rounding` over beta, 2e-9 at beta = 1e-3.
RESOLUTION = Resolution(absolute=5e-9)

# --- whole problems, by strategies --------------------------------------------------------------------------


def part_of_range(problem: Any) -> float:
    """How much of ``R/beta`` the log-coverage is."""
    range_ = max(whole_problems.prompt_ranges(problem)) / problem.beta
    return whole_problems.part_of(float(exact.log_coverage(problem)[0]), range_)


CLAIM = Claim(
    id="F2",
    slug="coverage-range",
    theorem="framework",
    title="Coverage lies between one and exp(R/beta)",
    statement="If rewards of one prompt differ by at most R, then 1 <= C_cov <= exp(R/beta).",
    formula=r"1 \le C_{\mathrm{cov}} = \sup_{x,y} \frac{\pi^\star(y\mid x)}{\pi_{\mathrm{ref}}(y\mid x)} "
    r"\le e^{R/\beta}",
    relation="<=",
    scope="All two-response problems with pi_ref(best) >= e^-700 and R/beta <= 1000, to which any number of "
    "responses reduces; searched to 64 responses without the reduction.",
    source="Standard; about the coverage coefficient of Foster, Mhammedi and Rohatgi, Is a Good Foundation "
    "Necessary for Efficient Reinforcement Learning? (COLT 2025, arXiv 2503.07453v2).",
    checks=(
        Check(
            slug="boxes",
            evidence=Evidence.CERTIFIED,
            cases=(
                Case(slug="upper", params={"side": "upper"}, tight=True),
                Case(slug="lower", params={"side": "lower"}, tight=True),
            ),
            measure=measure_boxes,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(
            slug="search",
            evidence=Evidence.ADVERSARIAL,
            cases=tuple(
                Case(
                    slug=f"{side}-n{n}",
                    params={"n": n, "side": side, "steps": 60},
                    rows={"quick": 64, "full": 1024},
                    tight=side == "upper" and n < 64,
                )
                for side in ("upper", "lower")
                for n in (2, 8, 64)
            ),
            instance=instance,
            measure=measure,
            bound=bound,
            resolution=RESOLUTION,
            problem=lambda world, k: world.bandits.problem(k),
        ),
        Check(
            slug="prompts",
            evidence=Evidence.ADVERSARIAL,
            cases=(Case(slug="uneven", rows={"quick": 32, "full": 256}, tight=True),),
            instance=prompts.instances,
            measure=reported,
            bound=lambda world: Bound.of([i.log_coverage() for i in world], error=prompts.ERROR),
            relation="==",
            resolution=prompts.RESOLUTION,
        ),
        best_constant(best_constants.RANGE),
        best_constant(best_constants.LEAST),
        Check(
            slug="whole",
            evidence=Evidence.ADVERSARIAL,
            cases=(Case(slug="any", rows={"quick": 12, "full": 100}, tight=True),),
            search=Search(whole_problems.problems, score=part_of_range, effort={"quick": 12, "full": 100}),
            measure=lambda world: whole_problems.measured([float(exact.log_coverage(p)[0]) for p in world]),
            bound=lambda world: Bound.of([max(whole_problems.prompt_ranges(p)) / p.beta for p in world]),
            resolution=Resolution(absolute=1e-9, relative=1e-9),
            problem=lambda world, k: world[k],
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="half-the-range",
            why="R is the largest distance of a reward from the middle of a prompt's",
            check="whole",
            bound=lambda world: Bound.of([max(whole_problems.prompt_ranges(p)) / 2 / p.beta for p in world]),
        ),
        FalseVariant(
            slug="smallest-range",
            why="coverage is at most exp(R/beta) with R the smallest range of a prompt",
            check="prompts",
            bound=lambda world: Bound.of(
                [np.ptp(i.problem.reward, axis=1).min() / i.problem.beta for i in world]
            ),
        ),
        FalseVariant(
            slug="half-exponent",
            why="exp(R/(2 beta)) in place of exp(R/beta)",
            check="boxes",
            measure=measure_half_exponent,
            cases=("upper",),
        ),
        FalseVariant(
            slug="infimum-for-supremum",
            why="the ratio pi*/pi_ref is claimed to be at least one at the worse response too",
            check="boxes",
            measure=measure_worst_response,
            cases=("lower",),
        ),
        FalseVariant(
            slug="temperature-halved",
            why="pi* is tilted at temperature beta/2",
            check="search",
            measure=lambda world: measure(world, temperature=0.5),
            cases=("upper-n2",),
        ),
        FalseVariant(
            slug="size-for-range",
            why="R bounds |r| with rewards in [-1, 1], not their differences",
            check="search",
            instance=lambda trial: instance(trial, stretch=2.0),
            bound=lambda world: Bound.of(np.abs(world.bandits.reward).max(axis=-1) / world.bandits.beta),
            cases=("upper-n2",),
        ),
    ),
    on=(
        given.RANGE,
        given.LEAST,
    ),
    proofs=(proved_framework.COVERAGE_RANGE,),
)

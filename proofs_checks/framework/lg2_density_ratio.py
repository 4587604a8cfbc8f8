"""LG2: a softmax policy's density ratio, by how far its score rises above its base average.

Statement. For ``pi_f ∝ pi_ref e^{f/beta}``,
    ``log sup pi_f/pi_ref <= (max f - E_{pi_ref} f)/beta``,
with equality as the score becomes constant; it is at most F2's ``R/beta``.

Why. The ratio at the best response is ``1/E_{pi_ref} e^{(f - max f)/beta}``, and Jensen's inequality takes
the average into the exponent.

What is checked. Scores of two values by branch and bound: with top mass `p` and gap ``u beta`` the two sides
are ``-log(p + (1 - p) e^{-u})`` and ``(1 - p) u``. Scores of up to 12 values by a search over base laws,
scores and ``beta``. ``whole``: scores ``<theta, phi>`` of problems of one or two prompts, drawn by strategies
and driven towards equality, with the largest of the bounds of their prompts.

What is not. More than 12 values.

Why trust it. The search takes the ratio from the normalised law.
"""

from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory import exact
from explore_theory.claims import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Resolution,
    Search,
    Trial,
    climb,
    laws,
)
from proofs_checks.framework import given, instances, whole_problems
from proofs_checks.framework.instances import Bandits

Floats = npt.NDArray[np.float64]


def algebra(trial: Trial, *, share: Any = 1) -> Measurement:
    """One plus ``log sup pi_f/pi_ref`` over one plus its bound, for `n` responses, the first on top.

    Scores are ``f_i/beta = -log(1 + s_i)``, so the bound is ``sum b_i log(1 + s_i)``, and what it leaves is
    ``KL(pi_ref || pi_f)``. The false variant allows a `share` of the bound.
    """
    import sympy as sp

    from explore_theory.claims import symbolic

    n = int(trial.case.params["n"])
    base, below = symbolic.law("b", n), symbolic.weights("s", n - 1)
    tilt = [sp.Integer(1), *(1 / (1 + s) for s in below)]
    best = symbolic.tilted(base, tilt)
    left = 1 + sp.log(best[0] / base[0])
    right = 1 + share * sum(b * sp.log(1 + s) for b, s in zip(base[1:], below, strict=True))
    if share != 1:
        return symbolic.largest_ratio(left, right, equal_at={})
    excess = symbolic.divergence_terms(base, best)
    return symbolic.largest_ratio(left, right, excess=excess, equal_at=dict.fromkeys(below, 0))


def log_coverage(world: Bandits) -> Floats:
    """``log sup pi_f/pi_ref`` `[K]`."""
    best = laws.optimal(world.log_base, world.reward, world.beta)
    return laws.coverage(best, world.log_base)


def rise(world: Bandits, average: str = "base") -> Floats:
    """``(max f - E f)/beta`` `[K]`, the average under the base policy, or under ``pi_f``."""
    law = {"base": world.log_base, "best": laws.optimal(world.log_base, world.reward, world.beta)}[average]
    mean = (np.exp(law) * world.reward).sum(axis=-1)
    return np.asarray((world.reward.max(axis=-1) - mean) / world.beta)


def searched(trial: Trial, average: str = "base") -> Bandits:
    """The instances where the log-ratio is the largest part of its bound."""
    n, steps = int(trial.case.params["n"]), 200

    def score(z: Floats) -> Floats:
        world = instances.decode(z, n, effort=len(z))
        return np.asarray(log_coverage(world) / (rise(world, average) + 1e-3))

    chains = climb(score, instances.width(n), steps, trial.streams)
    return instances.decode(chains, n, effort=len(chains) * (steps + 1))


def measured(world: Bandits) -> Measurement:
    """``log sup pi_f/pi_ref``, with its rounding."""
    value = log_coverage(world)
    return Measurement.exact(value, error=rounding(world), effort=world.effort, unit="instances")


def allowed(world: Bandits, average: str = "base") -> Bound:
    """``(max f - E f)/beta``."""
    return Bound.of(rise(world, average), error=rounding(world))


def rounding(world: Bandits) -> Floats:
    """What float64 may do to a logarithm of size ``R/beta + max |log base|`` `[K]`."""
    size = np.ptp(world.reward, axis=-1) / world.beta - world.log_base.min(axis=-1) + 1
    return np.asarray(8 * np.finfo(float).eps * size * world.log_base.shape[-1])


def part_of_rise(instance: Any) -> float:
    """How much of its bound the log-ratio of an instance is."""
    return whole_problems.part_of(
        float(exact.log_coverage(*instance)[0]), max(whole_problems.prompt_rises(*instance))
    )


def whole_rise(world: Any, *, share: float = 1.0) -> Bound:
    """The largest of the bounds of prompts, or a `share` of it."""
    rises = [max(whole_problems.prompt_rises(*instance)) for instance in world]
    return Bound.of(share * np.array(rises), error=1e-12)


CLAIM = Claim(
    id="LG2",
    slug="softmax-density-ratio",
    theorem="framework",
    title="A softmax policy's density ratio is at most the exponential of its score's rise",
    statement="For pi_f ∝ pi_ref e^{f/beta}, log sup pi_f/pi_ref <= (max f - E_{pi_ref} f)/beta.",
    formula=(
        r"\sup_y \frac{\pi_f(y)}{\pi_{\mathrm{ref}}(y)} \le "
        r"\exp\left(\frac{\max f - \mathbb{E}_{\pi_{\mathrm{ref}}} f}{\beta}\right)"
    ),
    relation="<=",
    scope="Proved by algebra for 2 and 3 responses, searched to 12; what is left is KL(pi_ref || pi_f).",
    source="Lemma G.2 (page 45) of Foster, Mhammedi and Rohatgi (COLT 2025).",
    checks=(
        Check(
            slug="algebra",
            evidence=Evidence.SYMBOLIC,
            cases=tuple(Case(slug=f"n{n}", params={"n": n}, tight=True) for n in (2, 3)),
            measure=algebra,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(
            slug="search",
            evidence=Evidence.ADVERSARIAL,
            cases=tuple(
                Case(slug=f"n{n}", params={"n": n}, rows={"quick": 48, "full": 512}, block=512)
                for n in (2, 4, 12)
            ),
            instance=searched,
            measure=measured,
            bound=allowed,
            resolution=Resolution(absolute=1e-9, relative=1e-9),
        ),
        Check(
            slug="whole",
            evidence=Evidence.ADVERSARIAL,
            cases=(Case(slug="any", rows={"quick": 12, "full": 100}, tight=True),),
            search=Search(whole_problems.with_parameter, score=part_of_rise, effort={"quick": 8, "full": 60}),
            measure=lambda world: whole_problems.measured([float(exact.log_coverage(*i)[0]) for i in world]),
            bound=whole_rise,
            resolution=Resolution(absolute=1e-9, relative=1e-9),
            problem=lambda world, k: world[k][0],
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="half-the-rise-of-whole-problems",
            why="half of the exponent, for the largest of the bounds of prompts",
            check="whole",
            bound=lambda world: whole_rise(world, share=0.5),
        ),
        FalseVariant(
            slug="nine-tenths",
            why="nine tenths of the exponent",
            check="algebra",
            measure=lambda trial: algebra(trial, share=Fraction(9, 10)),
        ),
        FalseVariant(
            slug="own-average",
            why="the average under pi_f",
            check="search",
            instance=lambda trial: searched(trial, "best"),
            bound=lambda world: allowed(world, "best"),
            cases=("n4",),
        ),
        FalseVariant(
            slug="half-the-rise",
            why="half of the exponent",
            check="search",
            bound=lambda world: Bound.of(rise(world) / 2, error=rounding(world)),
            cases=("n2", "n12"),
        ),
    ),
    on=(given.RISE,),
)

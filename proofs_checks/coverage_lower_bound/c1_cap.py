"""C1: a uniform direction is rarely close to a given one.

Statement. For `u` uniform on the unit sphere of R^d (``+1`` or ``-1`` for ``d = 1``) and ``0 <= t <= 1``,
``P(u_1 >= t) <= exp(-d t^2 / 2)``; for ``d >= 2`` even ``P(u_1 >= t) <= (1/2) exp(-d t^2 / 2)``, with
equality at ``t = 0``.

What is checked. For each ``d`` from 1 to 64 and 10^2, 10^3, ..., 10^6, the supremum over *all* ``t`` in [0,
1] of the ratio of the two sides, by branch and bound with outward rounding, for both forms. Also how far the
exponent could go: ``exp(-d t^2)`` is a true bound for ``2 <= d <= 8`` and for no other dimension tried.

``known-supremum``: in R^3, where the cap is ``(1 - t)/2``, the largest ``P e^{3 t^2}`` is at
``t = (1 + 3^{-1/2})/2``, inside, and from .85 to .9, where it falls, at .85; what branch and bound
returns contains both. ``far-caps``: the enclosure by Mills' ratio is within an eighth of the incomplete beta
function.

What is not. Dimensions between the powers of ten and beyond.

Why trust it. The cap is the regularised incomplete beta function, its definition, in ball arithmetic, and
where ``d t^2 > 9`` an enclosure by Mills' ratio, one integration by parts from the definition. Near ``t =
0``, where the sharper form is an equality, the engine proves from the slope that the ratio falls.
"""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory.harness import Bound, Case, Check, Claim, Evidence, FalseVariant, Measurement, Trial

#: Boxes for one dimension; 10^6 needs 2,400.
BUDGET = 20_000


def log_ratio(dimension: int, t: Any, *, exponent: float = 0.5, sides: int = 1) -> Any:
    """``log (sides P(u_1 >= t)) + exponent d t^2``; with two sides exactly zero at ``t = 0``."""
    from explore_theory.certify.sphere import log_cap

    return log_cap(dimension, t, sides=sides) + t * t * (exponent * dimension)


def dimensions(trial: Trial) -> range:
    """The dimensions of the case."""
    return range(int(trial.case.params["least d"]), int(trial.case.params["most d"]) + 1)


def largest(trial: Trial, ratio: Callable[[int, Any], Any], *, accuracy: float = 1e-4) -> Measurement:
    """For each dimension of the case the largest ``exp(ratio(d, t))`` over ``t`` in [0, 1]."""
    from explore_theory.certify.boxes import largest_ratio

    def over_heights(d: int) -> Measurement:
        def at(x: Sequence[Any]) -> Any:
            return ratio(d, x[0])

        return largest_ratio(at, {"t": (0.0, 1.0)}, accuracy=accuracy, budget=BUDGET)

    return together(dimensions(trial), over_heights)


def together(sizes: range, measured: Callable[[int], Measurement]) -> Measurement:
    """One comparison per dimension."""
    parts = [measured(d) for d in sizes]
    witnesses = [dict(part.witness(0)) if part.witness else {} for part in parts]
    return Measurement(
        lo=np.concatenate([part.lo for part in parts]),
        hi=np.concatenate([part.hi for part in parts]),
        effort=sum(part.effort for part in parts),
        unit=parts[0].unit,
        witness=lambda k: {"d": sizes[k], **witnesses[k]},
    )


def stated(trial: Trial) -> Measurement:
    """The cap over ``exp(-d t^2 / 2)``."""
    return largest(trial, log_ratio)


def sharper(trial: Trial) -> Measurement:
    """The cap over ``(1/2) exp(-d t^2 / 2)``."""
    return largest(trial, lambda d, t: log_ratio(d, t, sides=2))


def doubled(trial: Trial) -> Measurement:
    """The cap over ``exp(-d t^2)``."""
    return largest(trial, lambda d, t: log_ratio(d, t, exponent=1.0), accuracy=1e-3)


def doubled_at_its_worst(trial: Trial) -> Measurement:
    """``exp(-d t^2)`` over the cap at the ``t`` where a search found it smallest: below one, no bound."""
    from explore_theory.certify.boxes import supremum
    from explore_theory.certify.intervals import interval
    from explore_theory.certify.jets import Jet

    def at_worst(d: int) -> Measurement:
        def ratio(x: Sequence[Any]) -> Any:
            return log_ratio(d, x[0], exponent=1.0)

        found = supremum(ratio, [(0.0, 1.0)], target=0.0, budget=BUDGET)
        there = -ratio([Jet(interval(found.point[0]))])
        lo, hi = there.exp().value.floats()
        return Measurement(
            lo=np.array([lo]),
            hi=np.array([hi]),
            effort=found.boxes,
            unit="boxes",
            witness=lambda _: {"t": found.point[0]},
        )

    return together(dimensions(trial), at_worst)


def known_supremum(_: Trial) -> Measurement:
    """Ends of the enclosures of the largest ``log P + 3 t^2`` in R^3, two boxes; lower ones with a minus."""
    from explore_theory.certify.boxes import supremum

    def ratio(x: Sequence[Any]) -> Any:
        return log_ratio(3, x[0], exponent=1.0)

    found = [
        supremum(ratio, [(Fraction(least), Fraction(most))], target=0.0, accuracy=1e-4, budget=BUDGET)
        for least, most in (("0", "1"), ("17/20", "9/10"))
    ]
    ends = [end for f in found for end in (f.hi, -f.lo)]
    return Measurement.exact(ends, effort=sum(f.boxes for f in found), unit="boxes")


def by_calculus(_: Any, shift: float = 0.0) -> Bound:
    """Both by the derivative, ``6 t (1 - t) = 1`` at the first; ends of the balls, moved by `shift`."""
    from explore_theory.certify.balls import ball, ends, precision

    low, high = [], []
    with precision(128):
        for t in ((1 + 1 / ball(3).sqrt()) / 2, ball(Fraction(17, 20))):
            lo, hi = ends(((1 - t) / 2).log() + 3 * t * t)
            low += [lo + shift, -hi - shift]
            high += [hi + shift, -lo - shift]
    # The second box starts at the double below .85, whose value may be larger by this.
    rounding = np.array([0.0, 0.0, 0.0, 1e-15])
    return Bound(lo=np.array(low) - rounding, hi=np.array(high) - rounding)


def far_caps(_: Trial, dimensions_more: int = 0) -> Measurement:
    """The largest distance of logarithms of a cap by Mills' ratio and by the incomplete beta function."""
    from explore_theory.certify.balls import ends, precision
    from explore_theory.certify.jets import coordinates
    from explore_theory.certify.sphere import cap_probability, log_cap

    distances = []
    for d, square in ((10, 9.5), (100, 9.5), (100, 25.0), (10**4, 9.5), (10**6, 16.0)):
        height = math.sqrt(square / d)
        with precision(128):
            lo, hi = log_cap(d + dimensions_more, coordinates([(height, height)])[0]).value.floats()
            low, high = ends(cap_probability(d, height).log())
        distances.append(max(hi - low, high - lo))
    return Measurement.exact(distances, effort=len(distances), unit="caps")


def cases(first: int, *, quick: tuple[int, ...], tight: bool = False) -> tuple[Case, ...]:
    """Every dimension from `first` to 64, then powers of ten; groups that end in `quick` in both tiers."""
    groups = [(low, high) for low, high in ((first, 8), (max(first, 9), 16), (17, 64)) if low <= high]
    return tuple(
        group(low, high, tight=tight, tiers=("quick", "full") if high in quick else ("full",))
        for low, high in groups + [(10**k, 10**k) for k in range(2, 7)]
    )


def group(low: int, high: int, **more: Any) -> Case:
    """The dimensions from `low` to `high`."""
    slug = f"d-{low}" if low == high else f"d-{low}-to-{high}"
    return Case(slug=slug, params={"least d": low, "most d": high}, **more)


ONE = Bound.of(1.0)

CLAIM = Claim(
    id="C1",
    slug="spherical-cap",
    theorem="coverage_lower_bound",
    title="A uniform direction is within a cap with probability exp(-d t^2/2)",
    statement=(
        "For u uniform on the unit sphere of R^d and 0 <= t <= 1: P(u_1 >= t) <= exp(-d t^2/2), and for "
        "d >= 2 P(u_1 >= t) <= (1/2) exp(-d t^2/2), an equality at t = 0."
    ),
    formula=r"P(u_1 \ge t) \le e^{-d t^2/2}, \qquad P(u_1 \ge t) \le \tfrac12 e^{-d t^2/2} \quad (d \ge 2)",
    relation="<=",
    scope=(
        "All t in [0, 1] for each d in 1..64 and 10^2, ..., 10^6. Also certified: exp(-d t^2) bounds the cap "
        "for 2 <= d <= 8, and fails for d = 1, every d in 9..64 and each power of ten."
    ),
    source=(
        "Standard (K. Ball, An elementary introduction to modern convex geometry, 1997, Lemma 2.2); used for "
        "Theorem 2.1 of Foster, Mhammedi and Rohatgi (COLT 2025, arXiv 2503.07453v2). The half is ours."
    ),
    checks=(
        Check(
            slug="stated",
            evidence=Evidence.CERTIFIED,
            cases=cases(1, quick=(8, 16, 100, 10**4)),
            measure=stated,
            bound=lambda _: ONE,
        ),
        Check(
            slug="sharper",
            evidence=Evidence.CERTIFIED,
            cases=cases(2, quick=(8, 16, 100, 10**6), tight=True),
            measure=sharper,
            bound=lambda _: ONE,
        ),
        Check(
            slug="doubled-exponent-to-eight",
            evidence=Evidence.CERTIFIED,
            cases=(group(2, 8),),
            measure=doubled,
            bound=lambda _: ONE,
        ),
        Check(
            slug="doubled-exponent-elsewhere",
            evidence=Evidence.CERTIFIED,
            cases=(group(1, 1), *cases(9, quick=(16, 64, 100, 10**4, 10**6))),
            measure=doubled_at_its_worst,
            bound=lambda _: ONE,
        ),
        Check(
            slug="known-supremum",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="d-3"),),
            measure=known_supremum,
            bound=by_calculus,
            relation=">=",
        ),
        Check(
            slug="far-caps",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="both-routes"),),
            measure=far_caps,
            bound=lambda _: Bound.of(0.125),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="supremum-elsewhere",
            why="a supremum larger by a thousandth",
            check="known-supremum",
            bound=lambda world: by_calculus(world, shift=1e-3),
        ),
        FalseVariant(
            slug="far-caps-of-more-dimensions",
            why="Mills' ratio in two dimensions more",
            check="far-caps",
            measure=lambda trial: far_caps(trial, dimensions_more=2),
        ),
        FalseVariant(
            slug="doubled-exponent-at-nine",
            why="exp(-d t^2) is claimed for d = 9 too",
            check="doubled-exponent-to-eight",
            instance=lambda trial: Trial(case=group(9, 9), streams=trial.streams),
        ),
        FalseVariant(
            slug="doubled-exponent-fails-at-eight",
            why="exp(-d t^2) is said to fail for d = 8 already",
            check="doubled-exponent-elsewhere",
            instance=lambda trial: Trial(case=group(8, 8), streams=trial.streams),
            cases=("d-1",),
        ),
        FalseVariant(
            slug="doubled-exponent",
            why="exp(-d t^2) in place of exp(-d t^2/2), false from d = 9 on",
            check="stated",
            measure=doubled,
            cases=("d-9-to-16", "d-100", "d-10000"),
        ),
        FalseVariant(
            slug="half-for-a-sign",
            why="the sharper form is claimed for d = 1, where u is a sign",
            check="sharper",
            instance=lambda trial: Trial(case=group(1, 1), streams=trial.streams),
            cases=("d-2-to-8",),
        ),
        FalseVariant(
            slug="a-third",
            why="a third in place of a half",
            check="sharper",
            measure=lambda trial: largest(trial, lambda d, t: log_ratio(d, t) + math.log(3)),
        ),
        FalseVariant(
            slug="one-dimension-fewer",
            why="the direction lives in a hyperplane, and the bound does not know",
            check="sharper",
            measure=lambda trial: largest(trial, lambda d, t: log_ratio(d - 1, t, sides=2) + 0.5 * t * t),
            cases=("d-2-to-8",),
        ),
    ),
)

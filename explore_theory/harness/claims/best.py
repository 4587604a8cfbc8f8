"""A check that locates the best value of a named constant: instances from below, the proof from above."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.harness.claims.adversary import climb, polish
from explore_theory.harness.claims.cases import Case, Trial
from explore_theory.harness.claims.checks import Check, Evidence
from explore_theory.harness.claims.claim import FalseVariant
from explore_theory.harness.claims.constants import Constant, Floats, Instances
from explore_theory.harness.measures.columns import as_float
from explore_theory.harness.measures.measurement import Bound, Measurement

#: How often the search climbs, and the rounds of the compass search after each climb: on the ridge of a
#: minimum of two no single coordinate leads further, and a step of several does.
CLIMBS, ROUNDS = 3, 20
#: The search is content so close to the proved value, relatively: an instance where it is attained would have
#: a ball around the value itself, and balls that overlap prove nothing.
CONTENT = 1e-6
#: Beyond the proved value by this much, relatively, a score is no rounding.
_ROUNDING = 1e-9


@brief
@dataclass(frozen=True)
class Pushed:
    """What the search found: an instance for each chain, and how many scores it took."""

    found: Instances
    effort: int


def best_constant(
    constant: Constant,
    *,
    rows: int | Mapping[str, int] | None = None,
    steps: int = 60,
) -> Check:
    """The check that locates `constant`; where its statement has the best proved value, it is tight.

    Each row is a chain of the search, with a stream of its own: three times a climb of `steps` steps and a
    compass search after it. What is measured is the certified value that its last instance needs, the bound
    is the proved one. The statement is nearly an equality there (the case is `tight`), unless a better
    constant is proved elsewhere: then the claim must carry `one_percent_better` as a false variant.

    Parameters
    ----------
    constant
        What is located.
    rows
        Chains for each tier; by default 8 at the quick one and 64 at the full one.
    steps
        Steps of each climb.
    """

    def instance(trial: Trial) -> Pushed:
        return _pushed(constant, int(trial.case.params["steps"]), trial)

    def measure(world: Pushed) -> Measurement:
        points = [constant.instance(world.found, k) for k in range(len(_first(world.found)))]
        found = Measurement.exact(
            [constant.certified(point) for point in points],
            effort=world.effort,
            unit="instances",
            witness=points.__getitem__,
        )
        found = replace(found, applicable=~_around(found, _proved(constant)))
        for k in np.flatnonzero(np.asarray(found.hi < 0, dtype=bool)):
            raise InvalidClaim(
                f"constant {constant.slug!r}: certified must be at least 0, as what is located is, "
                f"got {as_float(found.hi[k]):g} at {points[k]}"
            )
        return found

    chains = {"quick": 8, "full": 64} if rows is None else rows
    return Check(
        slug=constant.slug,
        # What it finds is certified; that there is nothing beyond is only searched.
        evidence=Evidence.ADVERSARIAL,
        cases=(Case(slug="best", params={"steps": steps}, rows=chains, tight=constant.proved is None),),
        instance=instance,
        measure=measure,
        bound=lambda _: _proved(constant),
        relation=constant.relation,
        constant=constant,
    )


def one_percent_better(constant: Constant) -> FalseVariant:
    """The false variant that claims one per cent more than is proved: REFUTED if the interval is narrow."""
    share = Fraction(99, 100) if constant.best == "least" else Fraction(101, 100)

    def bound(_: Any) -> Bound:
        proved = _proved(constant)
        ends = [[Fraction(end) * share for end in side] for side in (proved.lo, proved.hi)]
        return Bound(lo=np.array(ends[0], dtype=object), hi=np.array(ends[1], dtype=object))

    return FalseVariant(
        slug=f"{constant.slug}-one-percent-better",
        why=f"{as_float(share):g} times {constant.known.text} in {constant.says}",
        check=constant.slug,
        bound=bound,
    )


def _proved(constant: Constant) -> Bound:
    bound = Bound.of([constant.known.exactly()])
    if not (bound.lo[0] > 0 and as_float(bound.hi[0]) < float("inf")):
        raise InvalidClaim(
            f"constant {constant.slug!r} must be positive and finite, got {constant.known.text} in "
            f"[{as_float(bound.lo[0]):g}, {as_float(bound.hi[0]):g}]"
        )
    if constant.proved is not None:
        _require_sharper(constant, bound)
    return bound


def _around(found: Measurement, proved: Bound) -> npt.NDArray[np.bool_]:
    """`[K]`: where the ball of an instance reaches around the proved value, so that it says nothing."""
    with np.errstate(invalid="ignore"):  # what is not a number is refused elsewhere
        return np.array((found.hi > proved.lo) & (found.lo < proved.hi), dtype=bool)


def _require_sharper(constant: Constant, proved: Bound) -> None:
    """Refuse a proved value that is no better than the stated one, of which nothing would be known then."""
    stated = Bound.of([constant.stated.exactly()])
    least = constant.best == "least"
    lower, upper = (proved, stated) if least else (stated, proved)
    if not lower.hi[0] < upper.lo[0]:
        raise InvalidClaim(
            f"constant {constant.slug!r}: proved must be {'below' if least else 'above'} stated, "
            f"got proved={constant.known.text} and stated={constant.stated.text}"
        )


def _pushed(constant: Constant, steps: int, trial: Trial) -> Pushed:
    proved = _proved(constant)
    goal = as_float(proved.lo[0])
    sign = 1.0 if constant.best == "least" else -1.0

    def push(places: Floats) -> Floats:
        """The score, one and the same wherever it is close enough to the proved value."""
        score = np.asarray(constant.score(constant.instances(places)), dtype=np.float64)
        if score.shape != places.shape[:1]:
            raise InvalidClaim(
                f"constant {constant.slug!r}: score must be one number for each instance, "
                f"got shape={score.shape} for {len(places)}"
            )
        short = sign * (goal - score) / goal
        close = (short < CONTENT) & (short >= -_ROUNDING)
        return np.where(close, sign * goal * (1 - sign * CONTENT), sign * score)

    dimension = len(constant.coordinates)
    found = None
    for _ in range(CLIMBS):
        found = polish(push, climb(push, dimension, steps, trial.streams, found), ROUNDS)
    assert found is not None
    effort = len(found) * CLIMBS * (2 + steps + 2 * ROUNDS * dimension)
    return Pushed(found=constant.instances(found), effort=effort)


def _first(found: Instances) -> Floats:
    return next(iter(found.values()))

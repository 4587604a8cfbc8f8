"""The short form for an exponent: `rate`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from explore_theory.claims.runs import numbers, runs_of
from explore_theory.claims.sides import one_number
from explore_theory.claims.variants import Variant, instead, require_variants
from explore_theory.claims.words import (
    Cases,
    Rows,
    Words,
    made,
    made_cases,
    named,
    one_of,
    require_cases,
    require_extreme,
    require_function,
    with_params,
)
from explore_theory.errors import InvalidClaim
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.cases import Trial
from explore_theory.harness.claims.checks import Check, Evidence
from explore_theory.harness.claims.claim import Claim, FalseVariant
from explore_theory.harness.measures.measurement import Bound, Resolution, Rungs
from explore_theory.statistics.rivals import Rival

ROWS = {"quick": 1024, "full": 8192}
#: Of an exponent from runs, and from exact numbers.
RESOLUTION, FINE = 0.05, 0.005
#: Exact numbers follow a law where it stays within so much of them, relatively.
BAND = 1e-3
_BLOCK = 256
_RELATIONS = {"at_most": "<=", "at_least": ">=", "equals": "=="}
_LEVEL = "at_most=, at_least= or equals=, the exponent or a function of a case's parameters that gives it"
_QUANTITY = (
    "value=, a function value(x) of exact numbers, run=, a function run(generator, x) of one run, or runs=, "
    "a function runs(streams, x) of a block of runs"
)
_INSTEAD = (("value", "run", "runs"), tuple(_RELATIONS))


def rate(
    *,
    x: Any = None,
    value: Callable[..., Any] | None = None,
    run: Callable[..., Any] | None = None,
    runs: Callable[..., Any] | None = None,
    mean: tuple[float, float] | None = None,
    at_most: Any = None,
    at_least: Any = None,
    equals: Any = None,
    rivals: Any = None,
    band: float = BAND,
    cases: Cases | None = None,
    rows: Rows | None = None,
    resolution: float | None = None,
    tight: Any = None,
    loose: str = "",
    false_variants: Any = None,
    **words: Unpack[Words],
) -> Claim:
    """A quantity that grows like a power of `x`, with an exponent at most, at least, or equal to so much.

    Parameters
    ----------
    x
        The rungs: increasing positive numbers, three over a decade at least.
    value
        ``value(x, **params)``: the quantity itself, an exact positive number.
    run
        In place of it, ``run(generator, x, **params)``: what one run gave, a positive number, infinite for a
        run that gave up. All randomness comes from the NumPy generator. The quantity is the median.
    runs
        ``runs(streams, x, **params)``: the same for all rows of a block, `[R]`; row by row from the streams
        alone.
    mean
        ``(low, high)``: the quantity is the mean of what runs gave, which lies in this range.
    at_most, at_least, equals
        The exponent: a number, or a function of the parameters of a case that gives one.
    rivals
        Laws that the data must reject before the rate is believed: ``(power(2), exponential())``.
    band
        Relative: laws so near to exact numbers count as theirs. At most .05; for `value` alone.
    cases
        Parameters by case, ``{"n-8": {"n": 8}}``; one case, ``"all"``, if left out.
    rows
        Runs at each rung: a number, or one per tier.
    resolution
        To this the exponent is told: by default .05 from runs, the most, and .005 from exact numbers.
    tight, loose
        True, or the cases where it is nearly an equality; or why there is none.
    false_variants
        At least one ``variant(slug, why, at_most=..)``; each changes `value`, `run`, `runs`, `at_most`,
        `at_least` or `equals`.
    words
        See `inequality`.

    Raises
    ------
    InvalidClaim
        If something is missing, or is not what it must be: one line that says how to give it.
    """
    own = {"value": value, "run": run, "runs": runs}
    own |= {"at_most": at_most, "at_least": at_least, "equals": equals}
    others = [*own, "x", "mean", "rivals", "band", "cases", "rows", "resolution", "tight", "loose"]
    who = named("rate", words, dict.fromkeys([*others, "false_variants"]))
    given = require_cases(who, cases)
    shape = _Shape(x=_points(who, x), mean=_range(who, mean), band=band)
    found = _read(who, own, shape, given)
    variants = require_variants(who, false_variants, own, example="at_most=..")
    extreme, why = require_extreme(who, tight, loose, list(given))
    check = Check(
        slug="exponent",
        evidence=Evidence.RATE,
        cases=made_cases(given, rows=_rows(found, rows), block=_BLOCK, tight=extreme),
        instance=found.play,
        measure=found.measure,
        bound=found.bound,
        resolution=Resolution(
            absolute=(FINE if found.exact else RESOLUTION) if resolution is None else resolution
        ),
        rivals=_rivals(who, rivals),
    )
    return made(
        words,
        relation=found.relation,
        scope=f"{len(shape.x)} points from {shape.x[0]:g} to {shape.x[-1]:g}.",
        check=check,
        false_variants=[_variant(who, one, own, shape, given) for one in variants],
        loose=why,
    )


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """What is measured where."""

    x: tuple[float, ...]
    mean: tuple[float, float] | None
    band: float


@dataclass(frozen=True, kw_only=True)
class _Played:
    """What runs gave at every rung, `[K, R]`, or the numbers there, `[K]`, and the parameters of the case."""

    values: npt.NDArray[np.float64]
    params: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Read:
    who: str
    source: Any
    shape: _Shape
    exponent: Any
    name: str

    @property
    def author(self) -> Callable[..., Any]:
        """What an error is traced to."""
        found: Callable[..., Any] = self.source if self.exact else self.source.function
        return found

    @property
    def relation(self) -> str:
        return _RELATIONS[self.name]

    @property
    def exact(self) -> bool:
        return callable(self.source)

    def play(self, trial: Trial) -> _Played:
        """What there is at every rung; each has streams of its own."""
        params = trial.case.params
        if self.exact:
            found = [one_number(f"{self.who}: value", self.source(x, **params)) for x in self.shape.x]
            return _Played(values=numbers(self.who, "value", found), params=params)
        rungs = [
            numbers(self.who, self.source.name, self.source.outcomes(params, self._streams(trial, k), x))
            for k, x in enumerate(self.shape.x)
        ]
        return _Played(values=np.array(rungs), params=params)

    def measure(self, world: _Played) -> Rungs:
        """The rungs."""
        x = self.shape.x
        if self.exact:
            return Rungs.exact(x, world.values, band=self.shape.band)
        if self.shape.mean is not None:
            low, high = self.shape.mean
            return Rungs.means(x, world.values, low=low, high=high)
        return Rungs.quantiles(x, world.values)

    def bound(self, world: _Played) -> Bound:
        """The exponent."""
        return Bound.of(_exponent(self.who, self.name, with_params(self.exponent, world.params)))

    def _streams(self, trial: Trial, k: int) -> Streams:
        return trial.streams.child(f"rung {k}")


def _variant(who: str, one: Variant, own: Mapping[str, Any], shape: _Shape, cases: Cases) -> FalseVariant:
    read = _read(f"{who}, variant {one.slug!r}", instead(own, one.changes, _INSTEAD), shape, cases)
    played, level = (any(name in one.changes for name in names) for names in _INSTEAD)
    return FalseVariant(
        slug=one.slug,
        why=one.why,
        check="exponent",
        instance=read.play if played else None,
        measure=read.measure if played else None,
        bound=read.bound if level else None,
        relation=read.relation if level else None,
    )


def _read(who: str, given: Mapping[str, Any], shape: _Shape, cases: Cases) -> _Read:
    name, exponent = one_of(who, {key: given[key] for key in _RELATIONS}, _LEVEL)
    if callable(exponent):
        require_function(who, name, exponent, cases=cases)
    else:
        _exponent(who, name, exponent)
    kind, function = one_of(who, {key: given[key] for key in _INSTEAD[0]}, _QUANTITY)
    if kind == "value":
        if shape.mean is not None:
            raise InvalidClaim(f"{who}: mean must be left to runs, got it for exact numbers")
        require_function(who, "value", function, "x", cases=cases)
    source = function if kind == "value" else runs_of(who, given, cases, "x")
    return _Read(who=who, source=source, shape=shape, exponent=exponent, name=name)


def _rows(found: _Read, rows: Rows | None) -> Rows:
    if found.exact:
        return 1
    return ROWS if rows is None else rows


def _points(who: str, x: Any) -> tuple[float, ...]:
    try:
        points = tuple(float(point) for point in x)
    except TypeError:
        points = ()
    increasing = all(0 < a < b for a, b in pairwise(points))
    if len(points) < 3 or not increasing or not 10 * points[0] <= points[-1] < float("inf"):
        raise InvalidClaim(
            f"{who} must be given x=, increasing positive numbers, three over a decade at least, such as "
            f"x=(10, 100, 1000), got x={x!r:.60}"
        )
    return points


def _range(who: str, mean: Any) -> tuple[float, float] | None:
    if mean is None:
        return None
    if not isinstance(mean, tuple | list) or len(mean) != 2:
        raise InvalidClaim(f"{who}: mean must be (low, high), the range of what runs give, got {mean!r:.60}")
    return float(mean[0]), float(mean[1])


def _rivals(who: str, rivals: Any) -> tuple[Rival, ...]:
    given = (rivals,) if isinstance(rivals, Rival) else rivals
    if not isinstance(given, tuple | list) or not given or not all(isinstance(one, Rival) for one in given):
        raise InvalidClaim(
            f"{who} must name laws that its data reject: rivals=(power(2), exponential()), got {rivals!r:.60}"
        )
    return tuple(given)


def _exponent(who: str, name: str, exponent: Any) -> Any:
    number = hasattr(exponent, "__float__") and not isinstance(exponent, bool | str)
    if not number or not abs(float(exponent)) < float("inf"):
        raise InvalidClaim(f"{who}: {name} must be an exponent, a finite number, got {exponent!r:.60}")
    return exponent

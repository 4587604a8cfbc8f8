"""The two sides of an inequality, functions of one instance: called, checked, and held against each other."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from numbers import Rational
from typing import Any

import numpy as np

from explore_theory.claims.bits import same
from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.checks import Assumption
from explore_theory.harness.isolation.worlds import Kept
from explore_theory.harness.measures.measurement import Bound, Measurement

#: Beside the larger side; where both are far below it an instance counts as no violation at all.
_FLOOR = 1e-6
#: So many instances that all say the same are no accident.
_MANY = 8
#: Numbers that differ by more than this part of one of them are two.
_TOLD = 1e-3
#: Numbers of an array that a witness writes out.
_WRITTEN = 64


@dataclass(frozen=True, kw_only=True)
class Sides:
    """``left(instance) relation right(instance)``, each known to within `rounding`.

    Floats are taken to be off by `rounding`, relative above one and absolute below; whole numbers, fractions
    and balls are what they are.
    """

    who: str
    left: Callable[[Any], Any]
    right: Callable[[Any], Any]
    relation: str
    rounding: float
    assumptions: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)

    @property
    def author(self) -> Callable[..., Any]:
        """What an error is traced to: what its author wrote."""
        return self.left

    def measure(self, world: Sequence[Any]) -> Measurement:
        """The left side of every instance."""
        values = [self._at("left", instance) if self._applies(instance) else math.nan for instance in world]

        @cache
        def remark() -> Mapping[str, str]:
            return self._everywhere_else(values, world)

        return Measurement.exact(
            values,
            error=[self._error(value) for value in values],
            effort=len(values),
            unit="instances",
            witness=lambda k: {**described(world[k]), **remark()},
        )

    def bound(self, world: Sequence[Any]) -> Bound:
        """The right side of every instance."""
        values = [self._at("right", instance) if self._applies(instance) else math.nan for instance in world]
        return Bound.of(values, error=[self._error(value) for value in values])

    def hypotheses(self) -> tuple[Assumption, ...]:
        """The assumptions, on worlds of instances."""
        return tuple(
            Assumption(name=name, holds=partial(_each, f"{self.who}: assumption {name!r}", holds))
            for name, holds in self.assumptions.items()
        )

    def score(self, instance: Any) -> float:
        """How near `instance` is to a violation: above one for one; not a number where a side is none.

        One that the statement does not speak of is the furthest from it.
        """
        kept = Kept(instance)
        if not self._applies(instance):
            return -math.inf
        left, right = (float(self._at(side, instance)) for side in ("left", "right"))
        kept.require_unchanged()
        if self.relation == "==":
            return abs(left - right) / (max(abs(left), abs(right)) + _FLOOR)
        return _part(left, right) if self.relation == "<=" else _part(right, left)

    def require_sound(self, world: Sequence[Any]) -> None:
        """Refuse sides that are no functions of an instance, or the same number in every one of many.

        Raises
        ------
        InvalidClaim
            If one gives two numbers for one instance of `world`, or an inequality is an equality there.
        """
        spoken_of = [instance for instance in world if self._applies(instance)]
        kept = Kept(spoken_of)
        pairs = [(self._at("left", instance), self._at("right", instance)) for instance in spoken_of]
        kept.require_unchanged()
        for side, first in zip(("left", "right"), pairs[0] if pairs else (), strict=False):
            if not same(first, second := self._at(side, spoken_of[0])):
                raise InvalidClaim(
                    f"{self.who}: {side} must be a function of its instance alone, got {first} and {second} "
                    f"for one instance; draw in the instance, or use frequency(..) where chance decides"
                )
        if self.relation == "==" or len(pairs) < _MANY:
            return
        if all(self._equal(left, right) for left, right in pairs):
            raise InvalidClaim(
                f"{self.who}: left and right must be two things, got equal numbers in all {len(pairs)} "
                f"instances drawn; is one computed from the other? State an equality by equality(..)"
            )

    def _equal(self, left: Any, right: Any) -> bool:
        """Whether two numbers are one but for their rounding; not where they are too small to be told."""
        near = abs(left - right) <= self._error(left) + self._error(right)
        return bool(left == right or (near and abs(left - right) <= _TOLD * abs(left)))

    def _applies(self, instance: Any) -> bool:
        return all(assumption.holds([instance])[0] for assumption in self.hypotheses())

    def _at(self, side: str, instance: Any) -> Any:
        return one_number(f"{self.who}: {side}", (self.left if side == "left" else self.right)(instance))

    def _error(self, value: Any) -> float:
        if not isinstance(value, float | np.floating) or not math.isfinite(value):
            return 0.0
        return self.rounding * max(1.0, abs(float(value)))

    def _everywhere_else(self, values: Sequence[Any], world: Sequence[Any]) -> Mapping[str, str]:
        """A remark for the witness where no instance is as stated."""
        if self.relation == "==" or len(world) < _MANY:
            return {}
        sign = 1 if self.relation == "<=" else -1
        for left, instance in zip(values, world, strict=True):
            if not self._applies(instance):
                continue
            right = self._at("right", instance)
            if not sign * (left - right) > self._error(left) + self._error(right):
                return {}
        return {"note": f"so in all {len(world)} instances of its block: is {self.relation} the wrong way?"}


def _each(who: str, holds: Callable[[Any], Any], world: Sequence[Any]) -> list[bool]:
    told = [holds(instance) for instance in world]
    if odd := [one for one in told if not isinstance(one, bool | np.bool_)]:
        raise InvalidClaim(f"{who} must say True or False, got {odd[0]!r:.60}")
    return [bool(one) for one in told]


def one_number(name: str, value: Any) -> Any:
    """`value`, or the one entry of an array.

    Raises
    ------
    InvalidClaim
        If it is no single number.
    """
    if isinstance(value, np.ndarray) and value.size == 1 and not isinstance(value, np.ma.MaskedArray):
        value = value.reshape(-1)[0]
    if value is None:
        raise InvalidClaim(f"{name} must return a number, got None: is a `return` missing?")
    if isinstance(value, np.ndarray):
        raise InvalidClaim(
            f"{name} must return one number for one instance, got an array of shape {value.shape}; sum over "
            f"all of its axes, or write a Check for functions of many instances at once"
        )
    if isinstance(value, list | tuple | dict | str | bytes | bool | np.bool_ | complex | np.complexfloating):
        raise InvalidClaim(f"{name} must return one real number, got {type(value).__name__}: {value!r:.60}")
    return value


def described(instance: Any) -> dict[str, Any]:
    """`instance` as a reader may follow it, by name where it has names."""
    told = _told(instance)
    return told if isinstance(told, dict) and told else {"instance": told}


def _told(thing: Any) -> Any:
    if isinstance(thing, np.ndarray | np.generic):
        return _told(thing.tolist()) if thing.size <= _WRITTEN else f"an array of shape {thing.shape}"
    if isinstance(thing, Mapping):
        return {str(name): _told(part) for name, part in thing.items()}
    if isinstance(thing, list | tuple):
        return [_told(part) for part in thing[:_WRITTEN]] + [".."] * (len(thing) > _WRITTEN)
    if thing is None or isinstance(thing, bool | int | str):
        return thing
    if isinstance(thing, float):
        return thing if math.isfinite(thing) else repr(thing)
    return str(thing) if isinstance(thing, Rational) else repr(thing)


def _part(less: float, more: float) -> float:
    """How much of `more` the number `less` is; the same for numbers below zero, where more is nearer."""
    if more > 0:
        return less / (more + _FLOOR)
    if less < 0:
        return -more / (-less + _FLOOR)
    return 2.0 + (less - more) / _FLOOR if less > more else less - more

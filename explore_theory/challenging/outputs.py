"""What a learner returns, as data that can be sent; whatever code hangs on it stays behind.

For the learner's own process: nothing of the package is imported. The oracle's process checks it all again
(`judged.policy`).
"""

import math
import operator
from typing import Any, NamedTuple


class Output(NamedTuple):
    """A policy by its kind and its numbers, as `ScalarOracle` makes them."""

    kind: str
    theta: tuple[float, ...] = ()
    draws: int = 0
    mass: tuple[tuple[int, float], ...] = ()


class NoOutput(Exception):
    """What was returned is no policy; the message is one line."""


def described(returned: Any) -> dict[str, Any]:
    """`returned` as data: an `Output`, a policy of `explore_theory.policies`, a response, or probabilities.

    Raises
    ------
    NoOutput
        If it is none of these, or a number in it is not finite.
    """
    if isinstance(returned, Output):
        return {
            "kind": returned.kind,
            "theta": list(returned.theta),
            "draws": returned.draws,
            "mass": [*map(list, returned.mass)],
        }
    if type(returned).__module__.startswith("explore_theory.policies"):
        return described(_of_policy(returned))
    if isinstance(returned, dict):
        return described(table(returned))
    if isinstance(returned, bool) or not hasattr(type(returned), "__index__"):
        got = "None" if returned is None else f"a {type(returned).__name__}"
        raise NoOutput(
            f"run must return a policy (oracle.softmax(theta), oracle.best_of(theta, n), oracle.base()), a "
            f"response, or a dict of probabilities by response, got {got}"
        )
    return described(table({returned: 1.0}))


def softmax(theta: Any) -> Output:
    """``pi_theta``."""
    return Output("softmax", theta=vector("theta", theta))


def best_of(theta: Any, draws: Any) -> Output:
    """The best of some draws by ``<theta, phi>``."""
    return Output("best-of", theta=vector("theta", theta), draws=counted("draws", draws))


def table(mass: Any) -> Output:
    """Responses by their probabilities."""
    return Output(
        "table", mass=tuple((counted("response", y), number("probability", p)) for y, p in mass.items())
    )


def vector(name: str, values: Any) -> tuple[float, ...]:
    """`values` as finite numbers; ``[1, d]`` counts as ``[d]``."""
    try:
        parts = list(values)
        if len(parts) == 1 and hasattr(parts[0], "__len__"):
            parts = list(parts[0])
        return tuple(number(f"{name}[{k}]", value) for k, value in enumerate(parts))
    except TypeError:
        raise NoOutput(f"{name} must be a sequence of numbers, got {name}={values!r:.60}") from None


def number(name: str, value: Any) -> float:
    """`value` as a finite float."""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        raise NoOutput(f"{name} must be a number, got {name}={value!r:.60}") from None
    if not math.isfinite(found):
        raise NoOutput(f"{name} must be finite, got {name}={found!r}")
    return found


def counted(name: str, value: Any) -> int:
    """`value` as a whole number."""
    if isinstance(value, bool):
        raise NoOutput(f"{name} must be a whole number, got {name}={value!r}")
    try:
        return operator.index(value)
    except TypeError:
        raise NoOutput(f"{name} must be a whole number, got {name}={value!r:.60}") from None


def _of_policy(policy: Any) -> Output:
    kind = type(policy).__name__
    if kind == "Base":
        return Output("base")
    if kind == "Softmax":
        return softmax(policy.theta)
    if kind == "BestOf":
        return best_of(policy.theta, policy.draws)
    if kind == "PointMass":
        return table({int(policy.response[0]): 1.0})
    raise NoOutput(
        f"run must return a Base, Softmax, BestOf or PointMass of explore_theory.policies, got a {kind}"
    )

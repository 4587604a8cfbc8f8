"""What a learner's output is worth: checked as the data that it is, charged, and evaluated exactly.

Letters: `R` replicates, `d` feature dimension.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explore_theory import exact
from explore_theory.challenging.table import parameter, refusal
from explore_theory.policies import Base, BestOf, LawPolicy, Mixture, PointMass, Softmax
from explore_theory.problems.protocol import Facts, Floats

_SUM = 1e-9
#: The most responses of a table.
_LONGEST = 256


class BadOutput(Exception):
    """An output that is no policy, or not one that may be returned; one line."""


@dataclass(frozen=True)
class Judged:
    """A policy as data, and the calls that one response of it takes."""

    kind: str
    calls: int
    theta: tuple[float, ...] = ()
    draws: int = 0
    mass: tuple[tuple[int, float], ...] = ()


def judged(said: Any, facts: Facts, *, proper: bool) -> Judged:
    """`said`, from a learner's process, as a policy.

    Raises
    ------
    BadOutput
        If it is none, if its parameter lies outside of ``Theta``, or if it is no softmax policy and the
        learner said that it is proper.
    """
    match said:
        case {"kind": str(kind), "theta": list(theta), "draws": int(draws), "mass": list(mass)} if (
            len(said) == 4
        ):
            pass
        case _:
            raise BadOutput(f"run must return a policy as data, got {said!r:.60}")
    if proper and kind != "softmax":
        raise BadOutput(
            f"run must return a softmax policy from a learner that says proper=True, got {kind!r:.20}"
        )
    if kind == "base":
        return Judged("base", 1)
    if kind in ("softmax", "best-of"):
        try:
            given = tuple(parameter(theta, facts).tolist())
        except Exception as error:
            if (line := refusal(error)) is None:
                raise
            raise BadOutput(f"run must return a policy of the class: {line}") from None
        if kind == "softmax":
            return Judged("softmax", 1, theta=given)
        if type(draws) is not int or not 1 <= draws <= 2**53:
            raise BadOutput(f"draws must be a whole number from 1 to 2^53, got {draws!r:.40}")
        return Judged("best-of", draws, theta=given, draws=draws)
    if kind == "table":
        return Judged("table", 0, mass=_table(mass, facts))
    raise BadOutput(f"run must return a policy as data, got a kind {kind!r:.20}")


def _table(mass: Sequence[Any], facts: Facts) -> tuple[tuple[int, float], ...]:
    if facts.responses is None or not 1 <= len(mass) <= _LONGEST:
        raise BadOutput(
            f"probabilities must be of 1 to {_LONGEST} responses that can be named, got {len(mass)}"
        )
    found: dict[int, float] = {}
    for entry in mass:
        match entry:
            case [int(y), int() | float() as p] if type(y) is int and type(p) is not bool:
                pass
            case _:
                raise BadOutput(f"probabilities must be pairs of a response and a number, got {entry!r:.60}")
        if not 0 <= y < facts.responses or y in found:
            raise BadOutput(f"response must be one below {facts.responses}, named once, got {y}")
        if not 0 <= p <= 1:
            raise BadOutput(f"probabilities must lie in [0, 1], got {p!r}")
        found[y] = float(p)
    if not abs(math.fsum(found.values()) - 1) <= _SUM:
        raise BadOutput(f"probabilities must sum to one, got a sum of {math.fsum(found.values())!r:.24}")
    return tuple(found.items())


def gaps(problem: Any, outputs: Mapping[int, Judged], signs: Floats) -> Floats:
    """`[R]`: ``J(pi*) - J(pi)`` of the outputs, by replicate; infinite where there is none.

    Parameters are multiplied by the `signs` `[R, d]` that replicates see them through.
    """
    replicates = len(signs)
    found = np.full(replicates, np.inf)

    def put(rows: Sequence[int], policy: LawPolicy) -> None:
        if rows:
            found[rows] = np.broadcast_to(exact.gap(problem, policy), (replicates,))[rows]

    def thetas(rows: Sequence[int]) -> Floats:
        theta = np.zeros_like(signs)
        for row in rows:
            theta[row] = outputs[row].theta or 0.0
        return theta * signs

    def of(*kinds: str) -> list[int]:
        return [row for row, out in outputs.items() if out.kind in kinds]

    put(tilted := of("softmax", "base"), Softmax(thetas(tilted)))
    for draws in {outputs[row].draws for row in of("best-of")}:
        rows = [row for row in of("best-of") if outputs[row].draws == draws]
        put(rows, BestOf(thetas(rows), draws))
    points = {row: outputs[row].mass[0][0] for row in of("table") if len(outputs[row].mass) == 1}
    response = np.zeros(replicates, dtype=np.int64)
    response[list(points)] = list(points.values())
    put(list(points), PointMass(response))
    for row in of("table"):
        if row not in points:
            found[row] = _of_table(problem, outputs[row], row)
    return found


def _of_table(problem: Any, out: Judged, row: int) -> float:
    world = problem.world(row) if problem.worlds > 1 else problem
    kept = [(y, p) for y, p in out.mass if p > 0]
    parts = tuple(PointMass(np.array([y])) for y, _ in kept)
    total = math.fsum(p for _, p in kept)
    return float(exact.gap(world, Mixture(np.array([p / total for _, p in kept]), parts))[0])


def base_gap(problem: Any) -> float:
    """The gap of the base policy, the smallest over worlds."""
    return float(np.min(exact.gap(problem, Base())))

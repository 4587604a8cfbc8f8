"""Searches of an oracle as whole numbers, and the law that they should have, enumerated draw by draw.

Two prompts and four responses in the plane. Base masses are sixteenths and the strong calls' ``theta`` has
``<theta, phi>/beta`` a multiple of log 2, so that ``pi_ref`` and ``pi_theta`` are rational. After a search
one more response is drawn by the same policy.
"""

import itertools
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory import oracles
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Sample, Trial
from explore_theory.oracles.answers import NO_RESPONSE, Status
from explore_theory.oracles.expressions import Dot, Norm
from explore_theory.problems import TabularProblem
from proofs_checks.exact_law import comparison
from proofs_checks.exact_law.enumeration import Search, draw_by_draw

_RHO = (Fraction(11, 16), Fraction(5, 16))
_SIXTEENTHS = ((8, 5, 2, 1), (1, 6, 4, 5))
_HALVES = (((2, 0), (-1, 1), (0, 0), (0, -1)), ((1, 1), (0, 1), (-1, -1), (1, 0)))
_BETA, _BUDGET = 0.4, 4
#: ``<theta, phi>/beta`` is this times halves of features, in logarithms of two.
_POWERS = (1, -2)
#: Calls that are paid for, per call of a try: no limit, just enough for the search, and for less. Where a try
#: is a pair one call more is left over.
PURSES = {"none": None, "exact": _BUDGET, "less": _BUDGET - 1}
#: Replicates that move side by side.
TOGETHER = 16_384


@dataclass(frozen=True)
class Searches:
    """Searches of one kind under `law`, `draws` of them: ``weak``, ``strong``, or for a ``pair``.

    No more than `calls` are paid for.
    """

    law: str
    kind: str
    calls: int | None
    draws: int
    path: tuple[str, ...]
    reseed: int


def searches(trial: Trial) -> comparison.Drawn:
    """The searches of the case, as an oracle makes them."""
    asked = searches_of(trial)
    return comparison.Drawn(asked, drawn(asked))


def searches_of(trial: Trial) -> Searches:
    """What the case asks for."""
    params, kind = trial.case.params, str(trial.case.params["kind"])
    purse = PURSES[str(params["purse"])]
    calls = None if purse is None else 2 * purse + 1 if kind == "pair" else purse
    path = (*trial.streams.path, str(trial.streams.rows[0]))
    return Searches(str(params["law"]), kind, calls, int(params["draws"]), path, trial.streams.reseed)


def _hits(kind: str, x: int, y: int, z: int | None = None) -> bool:
    """Whether a response, or a pair, lies in the set that is looked for."""
    (a, b), (c, d) = _HALVES[x][y], (0, 0) if z is None else _HALVES[x][z]
    if kind == "strong":
        return a - b <= 0
    return (a - c) ** 2 + (b - d) ** 2 > (6 if kind == "pair" else 1)


def policy(x: int, kind: str, factor: int = 1) -> list[Fraction]:
    """``pi_ref``, or ``pi_theta`` at `factor` times the ``theta`` of strong calls."""
    mass = [Fraction(n, 16) for n in _SIXTEENTHS[x]]
    if kind == "strong":
        powers = [factor * (a * _POWERS[0] + b * _POWERS[1]) for a, b in _HALVES[x]]
        mass = [q * Fraction(2) ** k for q, k in zip(mass, powers, strict=True)]
    return [q / sum(mass) for q in mass]


def law(world: Searches, factor: int = 1) -> comparison.Law:
    """Prompt, status, what was found, tries, weak and strong calls, the response drawn after it."""
    per, found = 2 if world.kind == "pair" else 1, dict[Any, Fraction]()
    for x, rho in enumerate(_RHO):
        single = dict(enumerate(policy(x, world.kind, factor)))
        tries = {
            drawn: math.prod((single[y] for y in drawn), start=Fraction(1))
            for drawn in itertools.product(single, repeat=per)
        }
        target = frozenset(drawn for drawn in tries if _hits(world.kind, x, *drawn))
        purse = _BUDGET + 1 if world.calls is None else world.calls // per
        for (status, drawn, used), mass in draw_by_draw(Search(tries, target, _BUDGET, purse)).items():
            left = math.inf if world.calls is None else world.calls - per * used
            one_more = status is not Status.EXHAUSTED and left >= 1
            spent = per * used + one_more
            calls = (0, spent) if world.kind == "strong" else (spent, 0)
            seen = (drawn or (NO_RESPONSE,) * per) + (NO_RESPONSE,) * (2 - per)
            for after, chance in single.items() if one_more else [(NO_RESPONSE, Fraction(1))]:
                key = (x, int(status), *seen, used, *calls, after)
                found[key] = found.get(key, Fraction(0)) + rho * mass * chance
    return found


def drawn(world: Searches) -> comparison.Outcomes:
    """Outcomes of an oracle's searches."""
    pairs, strong = world.kind == "pair", world.kind == "strong"
    problem = TabularProblem(
        prompt_mass=np.array([float(q) for q in _RHO]),
        base=np.array(_SIXTEENTHS) / 16,
        features=np.array(_HALVES) / 2,
        reward=np.zeros((2, 4)),
        beta=_BETA,
        parameter_radius=2.0,
    )
    # Between the values that there are.
    hit = Dot(np.array([1.0, -1.0])) < 0.25 if strong else Norm() > (1.2 if pairs else 0.6)
    theta = np.array(_POWERS) * 2 * _BETA * np.log(2.0) if strong else None
    budgets = None if world.calls is None else {"strong" if strong else "weak": world.calls}
    batches = []
    for first in range(0, world.draws, TOGETHER):
        streams = Streams(world.path, range(first, min(first + TOGETHER, world.draws)), world.reseed)
        oracle = oracles.open(problem, law=world.law, budgets=budgets, streams=streams)
        ctx = oracle.prompt()
        found = oracle.search(ctx, hit, _BUDGET, theta=theta, pair=pairs)
        after = oracle.draw(ctx, 1, theta, rows=oracle.active).response[:, 0]
        seen = found.response if pairs else np.stack([found.response, found.response * 0 - 1], axis=-1)
        weak, strongly = (oracle.ledger.total(kind) for kind in ("weak", "strong"))
        batches.append(np.column_stack([ctx.prompts, found.status, seen, found.used, weak, strongly, after]))
    return comparison.whole(np.concatenate(batches))


def searched(world: comparison.Drawn) -> Sample:
    """Distance of an oracle's searches from the enumerated law."""
    return comparison.to_law(world.outcomes, law(world.asked))


# --- false variants ----------------------------------------------------------------------------------------


def theta_doubled(world: comparison.Drawn) -> Sample:
    """Strong calls are held against the policy at twice their ``theta``."""
    return comparison.to_law(world.outcomes, law(world.asked, factor=2))


def misses_free(world: comparison.Drawn) -> Sample:
    """A search that finds nothing is not charged."""
    outcomes = world.outcomes.copy()
    missed = outcomes[:, 1] != int(Status.OK)
    outcomes[missed, 5] -= outcomes[missed, 4]
    return comparison.to_law(outcomes, law(world.asked))

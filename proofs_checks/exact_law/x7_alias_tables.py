"""X7: an alias table gives every outcome its mass, and none to an outcome without mass.

Statement. `fill_tables` turns masses ``m_1 .. m_C >= 0``, not all zero, into `keep` and `other`; cell `c`
is chosen uniformly, and the outcome is `c` with probability ``keep[c]`` and ``other[c]`` else. The
outcome is `c` with probability ``m_c/(m_1 + .. + m_C)``.

Proof (Vose 1991). Cells have the scaled mass ``C m_c/sum`` to give; a cell that is short is filled from
one that is not, which goes on with what it has left. The sum of what is left is the number of cells that
are left, so a cell that is not short is there as long as one is short.

What is checked. (1) ``tables``: the law that `keep` and `other` state, as a sum of rationals, against the
masses: all masses of a whole sum on few outcomes, in every order; and masses over fourteen decades, with
zeros. (2) ``choice``: what `chosen` makes of each of the uniforms on a grid so fine that all decisions
fall between its points, counted, against the masses.

What is not. Cells beyond 64 in number; the compiled loop's own look into its tables, which X9 compares.

Why trust it. Both laws are counted from what the code returns, in rationals; the statement is the masses.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Trial,
    agreement,
)

Floats = npt.NDArray[np.float64]

#: What is shown: twice what rounding may do with 64 cells, and a little more.
ACCURACY = 4e-14


@dataclass(frozen=True, eq=False)
class Tables:
    """Masses `[T, C]` and what was made of them."""

    mass: Floats
    keep: Floats
    other: npt.NDArray[np.int32]


def filled(mass: Floats) -> Tables:
    """The tables of `mass` `[T, C]`."""
    from explore_theory.oracles.kernels import alias

    keep, other = np.ones(mass.shape), np.zeros(mass.shape, dtype=np.int32)
    alias.fill_tables(mass, keep, other)
    return Tables(mass, keep, other)


def whole(trial: Trial) -> Tables:
    """All masses of the case: whole numbers of one sum, in every order."""
    count, total = (int(trial.case.params[name]) for name in ("outcomes", "sum"))
    masses = [m for m in product(range(total + 1), repeat=count) if sum(m) == total]
    return filled(np.array(masses, dtype=np.float64))


def decades(trial: Trial) -> Tables:
    """Masses over fourteen decades, about a fifth of them zero."""
    tables, count = (int(trial.case.params[name]) for name in ("tables", "outcomes"))
    u = trial.streams.uniform(2 * tables * count)[0].reshape(2, tables, count)
    mass = np.where(u[1] < 0.2, 0.0, 10.0 ** (-14 * u[0]))
    # One outcome of each table has mass.
    mass[:, 0] = np.maximum(mass[:, 0], 1e-14)
    return filled(mass)


def masses(trial: Trial) -> Tables:
    """The tables of the case."""
    return decades(trial) if "tables" in trial.case.params else whole(trial)


def stated(world: Tables, *, shared: bool = False, aliased: bool = True) -> list[Fraction]:
    """``P(c)`` of every table: what cell `c` keeps, and what others give it.

    False variants: what is not kept is `shared` evenly; it is lost (not `aliased`).
    """
    found: list[Fraction] = []
    for keep, other in zip(world.keep.tolist(), world.other.tolist(), strict=True):
        count = len(keep)
        law = [Fraction(k) for k in keep]
        if shared:
            more = sum((1 - p for p in law), Fraction(0)) / count
            law = [p + more for p in law]
        elif aliased:
            for k, c in zip(keep, other, strict=True):
                law[c] += 1 - Fraction(k)
        found += [p / count for p in law]
    return found


def counted(world: Tables, *, reversed_: bool = False) -> list[Fraction]:
    """``P(c)`` of every table: how many of the uniforms of a grid `chosen` turns into `c`.

    Scaled masses are ``C m/sum`` with `C` and `sum` powers of two, so what a cell keeps is a multiple of
    ``C/sum`` and the midpoints of ``sum`` times `C` intervals decide as all uniforms do. False variant: the
    fraction that is left decides the other way round.
    """
    from explore_theory.oracles.kernels import alias

    tables, count = world.mass.shape
    points = count * int(world.mass[0].sum())
    level = (np.arange(points) + 0.5) / points
    rows = np.repeat(np.arange(tables), points)
    keep = 1 - world.keep if reversed_ else world.keep
    outcome = alias.chosen(keep, world.other, rows, np.tile(level, tables))
    numbers = np.bincount(rows * count + outcome, minlength=tables * count)
    return [Fraction(int(n), points) for n in numbers]


def rounding(world: Tables) -> float:
    """Two subtractions a cell round numbers of at most `C`, divided by `C` in the end; three more operations
    scale the masses.
    """
    return float(2 * world.mass.shape[1] + 3) * 2.0**-53


def exactly(values: list[Fraction]) -> Any:
    """Fractions as a column."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def measured(
    law: Callable[[Tables], list[Fraction]], error: Callable[[Tables], float] = lambda _: 0.0
) -> Callable[[Tables], Measurement]:
    """The law of every table, to within `error`."""

    def measure(world: Tables) -> Measurement:
        count = world.mass.shape[1]
        return Measurement.exact(
            exactly(law(world)),
            error=error(world),
            effort=len(world.mass),
            unit="tables",
            witness=lambda k: {"masses": world.mass[k // count].tolist(), "outcome": k % count},
        )

    return measure


def given(world: Tables) -> Bound:
    """The masses, over their sums."""
    found: list[Fraction] = []
    for row in world.mass.tolist():
        exact = [Fraction(m) for m in row]
        found += [m / sum(exact) for m in exact]
    return Bound.of(exactly(found))


def without_mass(world: Tables, *, shared: bool = False) -> Measurement:
    """What outcomes without mass are given."""
    law = stated(world, shared=shared)
    places = np.flatnonzero(world.mass.ravel() == 0)
    return Measurement.exact(exactly([law[k] for k in places]), effort=len(world.mass), unit="tables")


def held(law: Callable[[Tables], list[Fraction]]) -> Callable[[Tables], Measurement]:
    """The law of every table held against its masses, to `ACCURACY`."""
    return agreement(measured(law, rounding), given, ACCURACY)


def _whole(count: int, total: int, *tiers: str, tight: bool = False) -> Case:
    return Case(
        slug=f"c-{count}-sum-{total}",
        params={"outcomes": count, "sum": total},
        tiers=tiers or ("quick", "full"),
        tight=tight,
    )


def _decades(tables: int, count: int, *tiers: str) -> Case:
    return Case(
        slug=f"decades-c-{count}",
        params={"outcomes": count, "tables": tables},
        tiers=tiers or ("quick", "full"),
    )


CLAIM = Claim(
    id="X7",
    slug="alias-tables",
    theorem="exact_law",
    title="An alias table gives every outcome its mass",
    statement=(
        "For masses m_1 .. m_C >= 0 that are not all zero, the cell floor(u C) of an alias table, kept where "
        "the fraction that is left is below keep and replaced by other else, is c with probability "
        "m_c/sum; an outcome without mass is never given."
    ),
    formula=r"\frac1C \Big( \mathrm{keep}_c + \sum_{b:\, \mathrm{other}_b = c} (1 - \mathrm{keep}_b) \Big)"
    r" = \frac{m_c}{\sum_b m_b}",
    relation="==",
    scope=(
        "All masses of whole sums on up to 6 outcomes, in every order, by counting; up to 64 outcomes with "
        "masses over fourteen decades, to 4e-14."
    ),
    source="Walker (1977); the construction is Vose's (1991).",
    checks=(
        Check(
            slug="tables",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                _whole(3, 12),
                _whole(4, 8),
                _decades(60, 27),
                _whole(4, 16, "full"),
                _whole(6, 8, "full"),
                _decades(100, 64, "full"),
            ),
            instance=masses,
            measure=held(stated),
            bound=lambda _: Bound.of(1.0),
            relation="<=",
        ),
        Check(
            slug="no-mass",
            evidence=Evidence.EXHAUSTIVE,
            cases=(_whole(4, 8), _decades(60, 27), _decades(100, 64, "full")),
            instance=masses,
            measure=without_mass,
            bound=lambda _: Bound.of(Fraction(0)),
        ),
        Check(
            slug="choice",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                _whole(4, 8, tight=True),
                _whole(4, 16, "full", tight=True),
            ),
            instance=masses,
            measure=measured(counted),
            bound=given,
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="no-alias",
            why="What a cell does not keep is lost.",
            check="tables",
            measure=held(partial(stated, aliased=False)),
            cases=("c-4-sum-8",),
        ),
        FalseVariant(
            slug="shared-evenly",
            why="What a cell does not keep is shared by all.",
            check="tables",
            measure=held(partial(stated, shared=True)),
            cases=("decades-c-27",),
        ),
        FalseVariant(
            slug="shared-with-outcomes-without-mass",
            why="What a cell does not keep is shared by all.",
            check="no-mass",
            measure=partial(without_mass, shared=True),
            cases=("c-4-sum-8",),
        ),
        FalseVariant(
            slug="other-way-round",
            why="A cell is kept where the fraction that is left is above what it keeps.",
            check="choice",
            measure=measured(partial(counted, reversed_=True)),
            cases=("c-4-sum-8",),
        ),
    ),
)

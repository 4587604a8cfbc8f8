"""Lemma K.1 as printed, for LK1: its probabilities, and two slips of its proof.

Letters: `N` rollouts of each stored pair, `n` base draws at the end of each; ``delta'``, ``zeta`` as there.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory.harness import Bound, Case, Check, Evidence, Measurement, PrintedForm, Trial

#: ``H |C|``, lambda, delta', zeta, N and n, such that the printed probabilities are below one.
SETTINGS = (
    (1, "9/10", "9/10", "49/100", 40, 20),
    (4, "1/2", "1/2", "1/4", 100, 50),
    (1000, "1/1000", "1/100", "1/8", 500, 2000),
)


def printed_logs(setting: tuple[Any, ...]) -> tuple[Any, Any]:
    """``4 log(16 H|C|/(lambda delta zeta))`` and ``4 log(32 H N |C|/(lambda delta zeta))``, as balls."""
    from explore_theory.certify.balls import ball

    size, ridge, delta, zeta, rollouts, _ = setting
    inside = 16 * size / (Fraction(ridge) * Fraction(delta) * Fraction(zeta))
    return 4 * ball(inside).log(), 4 * ball(2 * rollouts * inside).log()


def printed_failures(_: Trial, *, states: bool) -> Measurement:
    """The largest probability of failing: that of the law that attains the statement."""
    from explore_theory.certify.balls import ball, ends, precision

    rows = []
    with precision(128):
        for setting in SETTINGS:
            short, long = printed_logs(setting)
            rollouts, draws = setting[-2:]
            hit = long / rollouts * (1 - (1 - short / draws) ** draws) if states else short / rollouts
            rows.append(ends(ball(1 - hit) ** rollouts))
    names = ("H|C|", "lambda", "delta'", "zeta", "N", "n")
    lows, highs = zip(*rows, strict=True)
    return Measurement(
        lo=np.array(lows),
        hi=np.array(highs),
        effort=len(rows),
        unit="settings",
        witness=lambda k: dict(zip(names, map(str, SETTINGS[k]), strict=True)),
    )


def allowed_failures(_: Trial) -> Bound:
    """``delta'``."""
    return Bound.of([Fraction(setting[2]) for setting in SETTINGS])


WITNESS = {"law": "length^2 = gamma surely", "N": 100, "H|C|": 1, "delta'": "1/2", "|Gamma|": 32}


def atom(_: Trial) -> Measurement:
    """``P[length^2 >= gamma]`` where the length squared is gamma, surely."""
    return Measurement.exact([Fraction(1)], unit="laws", witness=lambda _: WITNESS)


def atom_allowed(_: Trial) -> Bound:
    """``(2/N) #{length^2 > gamma} + 4 log(2 H|C| |Gamma|/delta')/N`` of 100 draws of that law."""
    from explore_theory.certify.balls import ball, precision

    with precision(128):
        return Bound.of(4 * ball(2 * 32 * 2).log() / 100)


def empty_set(_: Trial) -> Measurement:
    """The probability of the set of page 87 where every action is the anchor."""
    witness = {"states": 1, "actions": "the anchor", "longer than found": 0, "N = n": 100}
    return Measurement.exact([Fraction(0)], unit="worlds", witness=lambda _: witness)


def nearly_all(_: Trial) -> Bound:
    """``1 - (4/N) log(32 H N |C|/(lambda delta' zeta))`` at ``N = 100``."""
    from explore_theory.certify.balls import ball, precision

    with precision(128):
        return Bound.of(1 - 4 * ball(Fraction(32 * 100 * 16)).log() / 100)


def printed(slug: str, page: int, says: str, mended: str, check: Check, **more: bool) -> PrintedForm:
    """A form of Lemma K.1."""
    return PrintedForm(slug=slug, item="Lemma K.1", page=page, says=says, mended=mended, check=check, **more)


PRINTED = (
    printed(
        "missed-actions",
        85,
        "beyond twice the longest found, and 2 zeta: at most 4 log(16 H|C|/(lambda delta' zeta))/N",
        "Beyond the longest found itself, at most log(1/delta')/N: no factor, H, |C|, lambda or zeta.",
        Check(
            slug="printed-actions",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="settings"),),
            measure=lambda trial: printed_failures(trial, states=False),
            bound=allowed_failures,
        ),
        holds=True,
    ),
    printed(
        "missed-states",
        85,
        "states where the base policy has more than 4 log(16 H|C|/(lambda delta' zeta))/n beyond that have "
        "probability at most 4 log(32 H N|C|/(lambda delta' zeta))/N",
        "1/n, and 1.582 log(1/delta')/N. Its proof has 32 H N in the first logarithm too.",
        Check(
            slug="printed-states",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="settings"),),
            measure=lambda trial: printed_failures(trial, states=True),
            bound=allowed_failures,
        ),
        holds=True,
    ),
    printed(
        "from-gamma-on",
        85,
        "(86): P[length^2 >= gamma] <= (2/N) #{length^2 > gamma} + 4 log(2 H|C||Gamma|/delta')/N",
        "P[length^2 > gamma] on the left, which is what the proof uses; Lemma K.1 survives.",
        Check(
            slug="printed-atom",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="one-length"),),
            measure=atom,
            bound=atom_allowed,
        ),
        holds=False,
        step=True,
    ),
    printed(
        "good-states-are-bad",
        87,
        "X_span, the states with more than 4 log(..)/n beyond, has probability 1 - (4/N) log(..) or more",
        "The states with at most as much, its complement; Lemma K.1 survives.",
        Check(
            slug="printed-set",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="only-the-anchor"),),
            measure=empty_set,
            bound=nearly_all,
            relation=">=",
        ),
        holds=False,
        step=True,
    ),
)

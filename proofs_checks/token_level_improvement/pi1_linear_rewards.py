"""PI1: linear rewards whose optimal policy no autoregressive linear softmax policy comes near.

Statement. Two tokens of two values, base policy uniform, ``beta = 1``, features ``phi_1 = e_1`` whatever the
first token is, ``phi_2(2, 1) = e_1`` and ``phi_2 = e_2`` otherwise, ``theta*_1 = theta*_2 = B e_1`` with ``B
= log(3/delta)``. The reward ``<theta*_1, phi_1> + <theta*_2, phi_2>`` makes the optimal policy give ``(2,
1)``
    (a) ``e^B/(3 + e^B) = 1/(1 + delta)``, while every autoregressive linear softmax policy gives it
    (b) at most 1/2, which is approached, and loses
    (c) at least ``log((3 + e^B)/4) - (1/2) log((1 + e^B)/2)`` of regularised reward, which is attained.
(c) is not in the paper: the loss grows like ``(1/2) log(3/delta)``, so that realisability cannot be weakened
to "nearly" by a bound on `B`.

Why. (a) Up to a constant the reward is `B` on ``(2, 1)`` and 0 elsewhere. (b) ``phi_1`` is constant, so the
first token is uniform. (c) ``J*`` is ``log E e^r`` (F3); with the first token uniform the best is the mean of
the two values of the second layer, ``0`` and ``log((1 + e^B)/2)``, and its law is linear softmax.

As printed, ``theta*_h = B e_i`` with ``h`` in {1, 2} and an index `i` that nothing sets: right for ``i = 1``,
and with ``i = 2`` the response ``(2, 1)`` is the one that is not rewarded.

What is checked. All by computer algebra, for every ``delta`` and every parameter: (b) falls short of 1/2 by
``1/(2 (1 + e^t))``, `t` the second coordinate's tilt, and what is lost beyond (c) is half a divergence. (b)
also over a grid of parameters, in rationals.

What is not. Longer responses: T3.

Why trust it. Laws and values are sums over the four responses.
"""

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    PrintedForm,
    Trial,
)

#: The four responses, first token first.
RESPONSES = ((1, 1), (1, 2), (2, 1), (2, 2))
GOOD = (2, 1)
#: ``e^{theta}`` of one coordinate over the other.
TILTS = tuple(Fraction(2) ** k for k in (-40, -10, -2, 0, 2, 10, 40))


def sequence_law(tilt: Any, index: int = 1) -> dict[tuple[int, int], Any]:
    """The optimal law over responses, for ``e^B = tilt`` and ``theta*_h = B e_index``."""
    good = {response: (response == GOOD) == (index == 1) for response in RESPONSES}
    weights = {response: tilt if good[response] else 1 for response in RESPONSES}
    total = sum(weights.values())
    return {response: weight / total for response, weight in weights.items()}


def autoregressive(first: Any, second: Any, *, constant: bool = True) -> dict[tuple[int, int], Any]:
    """An autoregressive law: ``e^{theta}`` of ``e_1`` over ``e_2`` in the second layer is `second`.

    `first` tilts the first token only where ``phi_1`` is not `constant`, which is false.
    """
    start = {1: Fraction(1, 2), 2: Fraction(1, 2)}
    if not constant:
        start = {1: 1 / (1 + first), 2: first / (1 + first)}
    then: dict[tuple[int, int], Any] = {(1, 1): Fraction(1, 2), (1, 2): Fraction(1, 2)}
    then |= {(2, 1): second / (1 + second), (2, 2): 1 / (1 + second)}
    return {response: start[response[0]] * then[response] for response in RESPONSES}


def optimal_mass(trial: Trial, *, thirds: int = 3) -> Measurement:
    """``pi*(2, 1) (1 + delta)`` for ``e^B = thirds/delta``, as a ratio that is one."""
    import sympy as sp

    from explore_theory.certify import symbolic

    delta = sp.Symbol("delta", positive=True)
    return symbolic.ratio(sequence_law(thirds / delta)[GOOD], 1 / (1 + delta))


def masses(trial: Trial, *, constant: bool = True) -> Measurement:
    """The mass of ``(2, 1)`` over all tilts of both layers, and in the limit of the largest."""
    found = [autoregressive(a, b, constant=constant)[GOOD] for a, b in product(TILTS, TILTS)]
    return Measurement.exact(
        np.array(found, dtype=object),
        unit="policies",
        witness=lambda k: {"tilts": str(list(product(TILTS, TILTS))[k])},
    )


def mass_algebra(trial: Trial, *, constant: bool = True) -> Measurement:
    """The mass of ``(2, 1)`` and what it falls short of 1/2 by, over 1/2: one, for all parameters."""
    import sympy as sp

    from explore_theory.certify import symbolic

    first, second = sp.symbols("first second", positive=True)
    half = sp.Rational(1, 2)
    mass = autoregressive(first, second, constant=constant)[GOOD]
    return symbolic.ratio(mass + half / (1 + second), half)


def printed_excess(trial: Trial) -> Measurement:
    """``pi*(2, 1) - (1 - delta)`` over ``delta^2/(1 + delta) > 0``: one, for every ``delta``."""
    import sympy as sp

    from explore_theory.certify import symbolic

    delta = sp.Symbol("delta", positive=True)
    return symbolic.ratio(sequence_law(3 / delta)[GOOD] - (1 - delta), delta**2 / (1 + delta))


def loss(trial: Trial, *, share: Fraction = Fraction(1, 2), thirds: int = 3) -> Measurement:
    """``J* - J`` over ``log((3 + e^B)/4) - log((1 + e^B)/2)/2 + KL/2``, as a ratio that is one.

    `KL` is of the second layer's law after the token 2 to its best, so (c) is where it vanishes. False
    variants take another `share` of both halves, or another number of unrewarded responses.
    """
    import sympy as sp

    from explore_theory.certify import symbolic

    tilt, second = sp.symbols("tilt second", positive=True)
    value: Any = 0
    for law, sign in ((sequence_law(tilt), 1), (autoregressive(Fraction(1), second), -1)):
        for response, mass in law.items():
            reward = sp.log(tilt) if response == GOOD else 0
            value += sign * mass * (reward - sp.log(4 * mass))
    after, best = ([x / (1 + x), 1 / (1 + x)] for x in (second, tilt))
    weight = sp.Rational(share.numerator, share.denominator)
    stated = sp.log((thirds + tilt) / 4) - weight * sp.log((1 + tilt) / 2)
    return symbolic.ratio(value, stated + weight * symbolic.kl(after, best))


def misread_mass(trial: Trial) -> Measurement:
    """``pi*(2, 1)`` with ``theta*_h = B e_2``, at ``delta = 1/3``: ``e^B = 9``."""
    return Measurement.exact(
        [sequence_law(Fraction(9), index=2)[GOOD]],
        witness=lambda _: {"responses": 4, "delta": "1/3", "e^B": 9, "i": 2, "pi*(2, 1)": "1/28"},
    )


CLAIM = Claim(
    id="PI1",
    slug="linear-rewards",
    theorem="token_level_improvement",
    title="Linear rewards whose optimum no autoregressive linear softmax policy comes near",
    statement=(
        "Two tokens, constant first features: the optimum for linear rewards gives one response 1/(1 + "
        "delta), every autoregressive linear softmax policy at most 1/2, and loses log((3 + e^B)/4) - "
        "log((1 + e^B)/2)/2 at least, B = log(3/delta)."
    ),
    formula=(
        r"\pi^\star_{\mathrm{seq}}(2, 1) = \frac{1}{1 + \delta}, \quad \pi^{\mathrm{auto}}_\theta(2, 1) \le "
        r"\frac12, \quad J(\pi^\star) - J(\pi^{\mathrm{auto}}_\theta) \ge \log\frac{3 + e^B}{4} - "
        r"\frac12 \log\frac{1 + e^B}{2}"
    ),
    relation="<=",
    scope="All delta and all parameters, by algebra.",
    source="Proposition I.1 (page 75) of Foster, Mhammedi and Rohatgi (COLT 2025); the loss is ours.",
    uses=("T3", "F3"),
    checks=(
        Check(
            slug="optimum",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="every-delta", tight=True),),
            measure=optimal_mass,
            bound=lambda _: Bound.of(1.0),
            relation="==",
        ),
        Check(
            slug="mass",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="grid", tight=True),),
            measure=masses,
            bound=lambda _: Bound.of(Fraction(1, 2)),
        ),
        Check(
            slug="mass-algebra",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="every-parameter", tight=True),),
            measure=mass_algebra,
            bound=lambda _: Bound.of(1.0),
            relation="==",
        ),
        Check(
            slug="loss",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="every-delta", tight=True),),
            measure=loss,
            bound=lambda _: Bound.of(1.0),
            relation="==",
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="two-over-delta",
            why="B = log(2/delta)",
            check="optimum",
            measure=lambda trial: optimal_mass(trial, thirds=2),
        ),
        FalseVariant(
            slug="first-features-differ",
            why="first features that tell the tokens apart",
            check="mass",
            measure=lambda trial: masses(trial, constant=False),
        ),
        FalseVariant(
            slug="first-features-differ-in-algebra",
            why="first features that tell the tokens apart, for all parameters",
            check="mass-algebra",
            measure=lambda trial: mass_algebra(trial, constant=False),
        ),
        FalseVariant(
            slug="a-third-of-the-second-layer",
            why="a third in place of a half of the second layer",
            check="loss",
            measure=lambda trial: loss(trial, share=Fraction(1, 3)),
        ),
        FalseVariant(
            slug="four-unrewarded",
            why="4 + e^B in place of 3 + e^B",
            check="loss",
            measure=lambda trial: loss(trial, thirds=4),
        ),
    ),
    printed=(
        PrintedForm(
            slug="every-delta",
            item="Proposition I.1",
            page=75,
            says="for every delta in (0, 1/2) the optimum gives (2, 1) at least 1 - delta",
            holds=True,
            check=Check(
                slug="every-delta-as-printed",
                evidence=Evidence.SYMBOLIC,
                cases=(Case(slug="excess", tight=True),),
                measure=printed_excess,
                bound=lambda _: Bound.of(1.0),
                relation="==",
            ),
            mended="1/(1 + delta), which is 1 - delta + delta^2/(1 + delta), for every delta > 0.",
        ),
        PrintedForm(
            slug="either-index",
            item="Proposition I.1",
            page=75,
            says="with theta*_1 = theta*_2 = B e_i, i in {1, 2}, the optimum gives (2, 1) more than 1/2",
            step=True,
            holds=False,
            check=Check(
                slug="second-index",
                evidence=Evidence.EXHAUSTIVE,
                cases=(Case(slug="delta-third"),),
                measure=misread_mass,
                bound=lambda _: Bound.of(Fraction(1, 2)),
                relation=">=",
            ),
            mended="i = 1: the proposition holds as stated, with 1/(1 + delta).",
        ),
    ),
)

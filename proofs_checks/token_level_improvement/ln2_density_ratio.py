"""LN2: the truncated softmax policy stays within conditional coverage of the base policy at every action.

Statement. At one state, `I` is the set of actions whose features relative to the anchor are at most `nu`,
``c = nu |theta - theta*|_Sigma / beta``, ``pi ∝ pi_ref e^{<theta, phi> 1_I/beta}`` and
``C = max pi*/pi_ref``. Then
    ``pi(a)/pi_ref(a) <= e^{2c} (pi*(a)/pi_ref(a)) / pi*(I)`` on `I`,
    ``pi(a)/pi_ref(a) <= e^c (pi*(anchor)/pi_ref(anchor)) / pi*(I)`` off `I`,
so ``max_a pi/pi_ref <= e^{2c} C / (1 - C P_ref(I^c))`` where this is positive. None of the exponents can be
smaller.

Why. Off `I` the ratio is ``1/Z``, on it at most ``e^c e^{g/beta}/Z``, with `g` the score relative to the
anchor and ``Z >= e^{-c} E_ref[e^{g/beta} 1_I] = e^{-c} Z* pi*(I)``; ``1/Z* = pi*(anchor)/pi_ref(anchor)``.
Last, ``pi*(I^c) <= C P_ref(I^c)``.

As printed (Lemma N.2), one bound for all actions, ``e^{4c} (pi*(a)/pi_ref(a)) / (1 - C P_ref(I^c))``: false
off `I`, where the policy does not know how bad an action is. Anchor and one truncated action of base mass
1/4 and tilt 1/10: the ratio is 1, the bound 4/21. What is used of it, the coverage of ``pi`` (137) and (155),
survives: for ``c <= 1/4`` and ``C P_ref(I^c) <= 1/4`` it is at most ``(4/3) e^{1/2} C < 2.2 C``, below the
``2 e C`` that is used.

What is checked. Both ratios by computer algebra (any number of actions: the anchor, `a`, the rest of `I`, the
rest). All three, in rationals, for three actions: every set `I` with the anchor, base probabilities down to
1e-6, tilts from 1/10 to 10, errors at 0 and at both ends.

What is not. That `theta` is close to theta*.

Why trust it. The grid has policies, coverage and masses from their definitions.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

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
from proofs_checks.token_level_improvement.formal import proved_truncation

#: ``e^c`` on the grid.
STEP = Fraction(3, 2)
Law = tuple[Fraction, ...]


# --- any number of actions, by computer algebra -------------------------------------------------------------


def algebra(trial: Trial, *, errors: int = 1) -> Measurement:
    """The ratio over its bound; the anchor, `a` or what is off `I`, and the rest of `I`; ``e^c = 1 + w``.

    A false variant has errors of `errors` times `c`, and looks where the statement is an equality.
    """
    import sympy as sp

    from explore_theory.certify import symbolic

    w, x, y = sp.symbols("w x y", positive=True)
    step = 1 + w
    base, masses = symbolic.law("b", 4), symbolic.weights("b", 4)
    tilt = [sp.Integer(1), *symbolic.weights("t", 3)]
    best = symbolic.tilted(base, tilt)
    inside = best[0] + best[1] + best[2]
    above, below = step**errors / (1 + x), (1 + y) / step**errors
    policy = symbolic.tilted(base, [sp.Integer(1), tilt[1] * above, tilt[2] * below, sp.Integer(1)])
    if trial.case.params["where"] == "on":
        left, right = policy[1] / base[1], step**2 * best[1] / base[1] / inside
        limit = {masses[0]: 0, masses[1]: 0, masses[3]: 0, x: 0, y: 0}
    else:
        left, right = policy[3] / base[3], step * best[0] / base[0] / inside
        # One action of `I` besides the anchor says as much as two.
        left, right = left.subs(masses[1], 0), right.subs(masses[1], 0)
        limit = {masses[0]: 0, masses[3]: 0, y: 0}
    if errors == 1:
        return symbolic.largest_ratio(left, right, equal_at=limit)
    there = [sp.cancel(side.subs(limit, simultaneous=True)) for side in (left, right)]
    return symbolic.largest_ratio(there[0], there[1], equal_at={})


# --- three actions, in rationals ----------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """Base law, ``e^{g/beta}`` (1 at the anchor, which is action 0), `I`, and ``e^{error/beta}`` on it."""

    base: Law
    tilt: Law
    inside: tuple[bool, ...]
    error: Law

    @cached_property
    def best(self) -> Law:
        """``pi*``."""
        return normal(b * t for b, t in zip(self.base, self.tilt, strict=True))

    @cached_property
    def covered(self) -> Law:
        """``pi*/pi_ref``."""
        return tuple(p / b for p, b in zip(self.best, self.base, strict=True))

    def ratios(self, *, truncated: bool = True) -> Law:
        """``pi/pi_ref`` for the estimate's policy."""
        scores = [
            t * e if inside or not truncated else Fraction(1)
            for t, e, inside in zip(self.tilt, self.error, self.inside, strict=True)
        ]
        policy = normal(b * s for b, s in zip(self.base, scores, strict=True))
        return tuple(p / b for p, b in zip(policy, self.base, strict=True))

    def mass(self, law: Law) -> Fraction:
        """The mass that `law` gives to `I`."""
        return sum((p for p, inside in zip(law, self.inside, strict=True) if inside), Fraction(0))


def normal(weights: Any) -> Law:
    """The law in proportion to `weights`."""
    found = tuple(weights)
    total = sum(found)
    return tuple(w / total for w in found)


LITTLE = Fraction(1, 10**6)
BASES: tuple[Law, ...] = (
    (Fraction(1, 3),) * 3,
    (Fraction(1, 2), Fraction(1, 4), Fraction(1, 4)),
    (Fraction(1, 10), Fraction(1, 10), Fraction(4, 5)),
    (LITTLE, LITTLE, 1 - 2 * LITTLE),
)
TILTS = tuple(map(Fraction, ("1/10", "1", "10")))


def states(trial: Trial) -> list[State]:
    """The grid, with some action on the side of the truncation that the case is about."""
    where = str(trial.case.params["where"])
    found = []
    for base, flags in itertools.product(BASES, itertools.product((True, False), repeat=2)):
        if where == "off" and all(flags):
            continue
        for tilts in itertools.product(TILTS, repeat=2):
            for errors in itertools.product((1 / STEP, Fraction(1), STEP), repeat=2):
                one = Fraction(1)
                found.append(State(base, (one, *tilts), (True, *flags), (one, *errors)))
    return [state for state in found if where != "all" or denominator(state) > 0]


def denominator(state: State) -> Fraction:
    """``1 - C P_ref(I^c)``."""
    return 1 - max(state.covered) * (1 - state.mass(state.base))


def places(state: State, where: str) -> list[int]:
    """The actions on `I`, off it, or all of them."""
    wanted = {"on": (True,), "off": (False,), "all": (True, False)}[where]
    return [a for a in range(len(state.base)) if state.inside[a] in wanted]


@dataclass(frozen=True)
class Placed:
    """States, and the side that is looked at."""

    states: list[State]
    where: str


def placed(trial: Trial) -> Placed:
    """The states of the case."""
    return Placed(states(trial), str(trial.case.params["where"]))


Limit = Callable[[State, int], Fraction]


def on(state: State, action: int) -> Fraction:
    """``e^{2c} (pi*/pi_ref)(a)/pi*(I)``."""
    return STEP**2 * state.covered[action] / state.mass(state.best)


def off(state: State, action: int) -> Fraction:
    """``e^c (pi*/pi_ref)(anchor)/pi*(I)``."""
    return STEP * state.covered[0] / state.mass(state.best)


def everywhere(state: State, action: int) -> Fraction:
    """``e^{2c} C/(1 - C P_ref(I^c))``."""
    return STEP**2 * max(state.covered) / denominator(state)


LIMITS: dict[str, Limit] = {"on": on, "off": off, "all": everywhere}


def measured(world: Placed, *, truncated: bool = True) -> Measurement:
    """``pi(a)/pi_ref(a)`` at every action of the side."""
    rows = [(state, a) for state in world.states for a in places(state, world.where)]

    def witness(j: int) -> dict[str, Any]:
        state, a = rows[j]
        shown = {
            name: ", ".join(map(str, getattr(state, name))) for name in ("base", "tilt", "error", "inside")
        }
        return {**shown, "action": a}

    once = [state.ratios(truncated=truncated) for state in world.states]
    ratios = [
        found[a] for state, found in zip(world.states, once, strict=True) for a in places(state, world.where)
    ]
    return Measurement.exact(ratios, unit="actions", witness=witness)


def allowed(world: Placed, limit: Limit | None = None) -> Bound:
    """What the statement allows there."""
    used = limit or LIMITS[world.where]
    return Bound.of([used(state, a) for state in world.states for a in places(state, world.where)])


# --- what is printed ----------------------------------------------------------------------------------------


def truncated_action(_: Trial) -> Placed:
    """The anchor and one truncated action, base probability 1/4, tilt 1/10, and no error at all."""
    one = Fraction(1)
    base, tilt = (Fraction(3, 4), Fraction(1, 4)), (one, Fraction(1, 10))
    return Placed([State(base, tilt, (True, False), (one, one))], "off")


def printed_limit(state: State, action: int) -> Fraction:
    """``(pi*/pi_ref)(a)/(1 - C P_ref(I^c))`` at ``c = 0``; ``e^{2B/beta}`` is 100 there and larger."""
    return min(state.covered[action] / denominator(state), Fraction(100))


def rarely_truncated_action(_: Trial) -> Placed:
    """The same with base probability 1/100 and tilt 1/100: ``C P_ref(I^c)`` is .0101, at most a quarter."""
    one = Fraction(1)
    base, tilt = (Fraction(99, 100), Fraction(1, 100)), (one, Fraction(1, 100))
    return Placed([State(base, tilt, (True, False), (one, one))], "off")


def printed_twice(state: State, action: int) -> Fraction:
    """``2 (pi*/pi_ref)(a)``, what Lemma M.3 makes of it where ``C P_ref(I^c) <= 1/4``, at ``c = 0``."""
    return 2 * state.covered[action]


ONE = Bound.of(1.0)

CLAIM = Claim(
    id="LN2",
    slug="conditional-coverage-kept",
    theorem="token_level_improvement",
    title="The truncated policy keeps within conditional coverage at every action",
    statement=(
        "With c = nu |theta - theta*|/beta: pi/pi_ref <= e^{2c} (pi*/pi_ref)(a)/pi*(I) on I and <= e^c "
        "(pi*/pi_ref)(anchor)/pi*(I) off I, so max pi/pi_ref <= e^{2c} C/(1 - C P_ref(I^c)), C = max "
        "pi*/pi_ref; no exponent can be smaller."
    ),
    formula=(
        r"\frac{\pi(a)}{\pi_{\mathrm{ref}}(a)} \le \frac{e^{2c}}{\pi^\star(I)} "
        r"\frac{\pi^\star(a)}{\pi_{\mathrm{ref}}(a)} \; (a \in I), \quad "
        r"\frac{\pi(a)}{\pi_{\mathrm{ref}}(a)} \le \frac{e^{c}}{\pi^\star(I)} "
        r"\frac{\pi^\star(\bar a)}{\pi_{\mathrm{ref}}(\bar a)} \; (a \notin I)"
    ),
    relation="<=",
    scope=(
        "Any number of actions by computer algebra; three actions on a grid in rationals, with every set I "
        "that contains the anchor."
    ),
    source="Lemma N.2 of Foster, Mhammedi, Rohatgi, COLT 2025, mended off the truncation.",
    uses=("S6",),
    checks=(
        Check(
            slug="algebra",
            evidence=Evidence.SYMBOLIC,
            cases=tuple(Case(slug=where, params={"where": where}, tight=True) for where in ("on", "off")),
            measure=algebra,
            bound=lambda _: ONE,
        ),
        Check(
            slug="three-actions",
            evidence=Evidence.EXHAUSTIVE,
            cases=tuple(
                Case(slug=where, params={"where": where}, tight=True) for where in ("on", "off", "all")
            ),
            instance=placed,
            measure=measured,
            bound=allowed,
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="twice-the-error",
            why="errors up to 2 c, with the constants for c",
            check="algebra",
            measure=lambda trial: algebra(trial, errors=2),
        ),
        FalseVariant(
            slug="one-bound-for-all",
            why="the bound for I at truncated actions",
            check="three-actions",
            bound=lambda world: allowed(world, on),
            cases=("off",),
        ),
        FalseVariant(
            slug="once-c",
            why="e^c on I",
            check="three-actions",
            bound=lambda world: allowed(world, lambda state, a: on(state, a) / STEP),
            cases=("on",),
        ),
        FalseVariant(
            slug="no-error-off",
            why="1 in place of e^c off I",
            check="three-actions",
            bound=lambda world: allowed(world, lambda state, a: off(state, a) / STEP),
            cases=("off",),
        ),
        FalseVariant(
            slug="mass-forgotten",
            why="without the mass of I",
            check="three-actions",
            bound=lambda world: allowed(world, lambda state, a: STEP * state.covered[0]),
            cases=("off",),
        ),
        FalseVariant(
            slug="not-truncated",
            why="the policy of the estimate that is not truncated",
            check="three-actions",
            measure=lambda world: measured(world, truncated=False),
            cases=("off",),
        ),
    ),
    printed=(
        PrintedForm(
            slug="same-bound-off-the-truncation",
            item="Lemma N.2",
            page=109,
            says=(
                "pi_theta(a)/pi_ref(a) <= min{(pi*(a)/pi_ref(a)) e^{4 nu |theta-theta*|/beta}/(1 - C_cond "
                "P_ref(|phi| > nu)), e^{2B/beta}} at every action a"
            ),
            holds=False,
            check=Check(
                slug="ratio-as-printed",
                evidence=Evidence.EXHAUSTIVE,
                cases=(Case(slug="two-actions"),),
                instance=truncated_action,
                measure=measured,
                bound=lambda world: allowed(world, printed_limit),
            ),
            mended=(
                "On I with e^{2c} for e^{4c}; off I with the anchor's ratio and e^c. With C_cond in place of "
                "the ratios it holds at every action, so (137) and (155) survive, with 2.2 C_cond."
            ),
        ),
        PrintedForm(
            slug="twice-the-ratio-off-the-truncation",
            item="Lemma M.3",
            page=104,
            says=(
                "where C_cond P_ref(|phi| > nu) <= 1/4, pi_theta(a)/pi_ref(a) <= 2 e^{4 nu "
                "|theta-theta*|/beta} (pi*(a)/pi_ref(a)) at every action a"
            ),
            holds=False,
            check=Check(
                slug="ratio-of-the-helper",
                evidence=Evidence.EXHAUSTIVE,
                cases=(Case(slug="two-actions"),),
                instance=rarely_truncated_action,
                measure=measured,
                bound=lambda world: allowed(world, printed_twice),
            ),
            mended=(
                "As for Lemma N.2, on which it rests: 2 e^{2c} C_cond in place of the ratio, at every action."
            ),
        ),
    ),
    proofs=(proved_truncation.kept_coverage(State, State.ratios, lambda state: state.mass(state.best)),),
)

"""T3: when the optimal policy is autoregressive linear softmax.

Statement. Fix features ``phi_h(x, a_{1:h})`` and a set `Theta`. There are ``theta_h`` in `Theta` with
``pi*_h ∝ pi_{h,ref} exp(<theta_h, phi_h>/beta)`` for all `h` if and only if, for each `h`, one ``theta_h`` in
`Theta`, the same for all prefixes of positive base probability, makes differences of ``Q_h`` over last tokens
in the support of the base policy equal ``<theta_h, differences of phi_h>``; and it is then the same
``theta_h``.

Proof. A law proportional to ``pi_{h,ref} exp(g/beta)`` is determined by the ratios of ``law/pi_{h,ref}`` over
supported tokens, ``exp((g(a) - g(a'))/beta)``. Those of ``pi*_h``, the conditionals of ``pi*``, are
``exp((Q_h(a) - Q_h(a'))/beta)``, an identity between sums over responses. Both sides of the equivalence
therefore say that ``<theta_h, phi_h(a) - phi_h(a')> = Q_h(a) - Q_h(a')``.

What is checked. The identity, at every prefix of trees of two tokens with up to six layers, for all base laws
and rewards at once, by computer algebra (``algebra``). The equivalence, in both directions, on families of
trees whose token ratios are powers of two, so that the linear systems for ``theta_h`` are solved in
rationals, for every ``theta`` on a grid: realisable ones, and ones that fail at one prefix, at unsupported
tokens only, or only because ``theta`` would have to depend on the prefix (``equivalence``).

What is not. More than two tokens, which the identity does not need: it compares two tokens at a time.

Why trust it. ``pi*`` and its conditionals come from sums over responses, ``Q_h`` from conditional means of
``exp(r/beta)`` under the base policy.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory.harness import Bound, Case, Check, Claim, Evidence, FalseVariant, Measurement, Trial
from proofs_checks.token_level_improvement.rational import RationalTree, Response, tree

KINDS = ("realisable", "one-prefix-fails", "unsupported-fails", "theta-by-prefix")


# --- the identity, by computer algebra ---------------------------------------------------------------------


def measure_algebra(trial: Trial, *, without_base: bool = False) -> Measurement:
    """Ratio of the two sides of the identity at every prefix: one where their cross-products agree.

    Responses have free symbols for base mass and tilt. ``[pi*_h(a)/pi_{h,ref}(a)] /
    [pi*_h(a')/pi_{h,ref}(a')]`` against ``exp(Q_h(a)/beta) / exp(Q_h(a')/beta)``. If `without_base`,
    ``pi*_h(a)/pi*_h(a')``.
    """
    from sympy import ZZ
    from sympy.polys.rings import ring

    horizon = int(trial.case.params["horizon"])
    count = 2**horizon
    _, *symbols = ring([*(f"m{y}" for y in range(count)), *(f"e{y}" for y in range(count))], ZZ)
    mass, tilt = symbols[:count], symbols[count:]

    def base(low: int, high: int) -> Any:
        return sum(mass[low:high], 0 * mass[0])

    def best(low: int, high: int) -> Any:
        return sum((m * e for m, e in zip(mass[low:high], tilt[low:high], strict=True)), 0 * mass[0])

    values = []
    for h in range(horizon):
        size = count >> (h + 1)
        for low in range(0, count, 2 * size):
            one, two, both = (low, low + size), (low + size, low + 2 * size), (low, low + 2 * size)
            # Conditionals of pi* and of pi_ref, as pairs (numerator, denominator).
            star = [(best(*part), best(*both)) for part in (one, two)]
            ref = [(base(*part), base(*both)) for part in (one, two)]
            q = [(best(*part), base(*part)) for part in (one, two)]
            left = _quotient(
                [star[0], *([] if without_base else [ref[1]])], [star[1], *([] if without_base else [ref[0]])]
            )
            values.append(_ratio(left, _quotient([q[0]], [q[1]])))
    return Measurement.exact(_exactly(values), effort=len(values), unit="identities")


def _quotient(above: Sequence[Any], below: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """A product of fractions over another, as factors above and below, equal factors struck out."""
    return _struck(
        [n for n, _ in above] + [d for _, d in below], [d for _, d in above] + [n for n, _ in below]
    )


def _struck(top: list[Any], bottom: list[Any]) -> tuple[list[Any], list[Any]]:
    """Factors above and below without those that are both: polynomials have no zero divisors."""
    top, bottom = list(top), list(bottom)
    for factor in list(bottom):
        if factor in top:
            top.remove(factor)
            bottom.remove(factor)
    return top, bottom


def _ratio(left: tuple[list[Any], list[Any]], right: tuple[list[Any], list[Any]]) -> Fraction:
    """One if the two quotients are equal as rational functions, else their ratio at a rational point."""
    # What both products share is struck out first: at a correct identity nothing is left to multiply out.
    factors = _struck([*left[0], *right[1]], [*left[1], *right[0]])
    if factors == ([], []):
        return Fraction(1)
    one = (left[0] + left[1] + right[0] + right[1])[0].ring.one
    sides = [_product([one, *part]) for part in factors]
    if sides[0] == sides[1]:
        return Fraction(1)
    point = [(symbol, 1 + (7 * i) % 11) for i, symbol in enumerate(sides[0].ring.gens)]
    top, bottom = (Fraction(int(side.evaluate(point))) for side in sides)
    return top / bottom


def _product(factors: Sequence[Any]) -> Any:
    total = factors[0]
    for factor in factors[1:]:
        total = total * factor
    return total


# --- the equivalence, in rationals -------------------------------------------------------------------------


@dataclass(frozen=True)
class Instance:
    """A tree with features ``phi_h(prefix, a)`` (integers), by the prefix with its last token."""

    tree: RationalTree
    features: Mapping[Response, tuple[int, ...]]


def instances(trial: Trial) -> tuple[Instance, ...]:
    """The tree of one kind for every ``theta`` on a grid: ``{-1, 0, 1}^2`` per layer, or three of its
    points.
    """
    horizon, kind = int(trial.case.params["horizon"]), str(trial.case.params["kind"])
    grid = list(itertools.product((-1, 0, 1), repeat=2)) if horizon < 4 else [(1, 0), (0, 1), (1, -1)]
    return tuple(_instance(theta, kind) for theta in itertools.product(grid, repeat=horizon))


def _instance(theta: Sequence[Sequence[int]], kind: str) -> Instance:
    """``exp(Q_h/beta)`` is `c(prefix)` times two to a whole power, linear in the features up to the kind."""
    horizon, tokens = len(theta), 3
    features: dict[Response, tuple[int, ...]] = {}
    laws: list[list[Fraction]] = []
    # exp(Q_{h-1}(prefix)/beta); the root's is free.
    value: dict[Response, Fraction] = {(): Fraction(1)}
    for h in range(horizon):
        following: dict[Response, Fraction] = {}
        for prefix in itertools.product(range(tokens), repeat=h):
            zero = kind == "unsupported-fails" and h == horizon - 1
            law = [Fraction(1, 2), Fraction(0) if zero else Fraction(1, 4), Fraction(1, 4)]
            law = [p / sum(law) for p in law]
            laws.append(law)
            turn = prefix[0] if kind == "theta-by-prefix" and h == 1 else 0
            parameter = [t + turn for t in theta[h]]
            power = []
            for a in range(tokens):
                # Three tokens whose feature differences span the plane, so that theta_h is determined.
                phi = (1 + a % 2, 1 + a // 2 + (sum(prefix) + h) % 3 * (a % 2))
                features[(*prefix, a)] = phi
                power.append(sum(t * x for t, x in zip(parameter, phi, strict=True)))
            if kind == "one-prefix-fails" and h == horizon - 1 and prefix == (0,) * h:
                power[2] += 1
            if zero and prefix == (0,) * h:
                power[1] += 1
            scale = value[prefix] / sum(p * Fraction(2) ** k for p, k in zip(law, power, strict=True))
            for a in range(tokens):
                following[(*prefix, a)] = scale * Fraction(2) ** power[a]
        value = following
    return Instance(tree(horizon, tokens, laws, list(value.values())), features)


Exponents = Callable[[Instance, Response], dict[int, int | None]]


def exponents_of_policy(world: Instance, prefix: Response) -> dict[int, int | None]:
    """``log2`` of ``pi*_h(a)/pi_{h,ref}(a)`` relative to the first supported token, from sums over
    responses.
    """
    masses = world.tree.masses
    ratio = {}
    for a in range(world.tree.tokens):
        if (here := masses.get((*prefix, a))) is not None:
            base, best = here
            ratio[a] = (best / masses[prefix][1]) / (base / masses[prefix][0])
    first = next(iter(ratio.values()))
    return {a: _log2(value / first) for a, value in ratio.items()}


def exponents_of_q(world: Instance, prefix: Response, *, everywhere: bool = False) -> dict[int, int | None]:
    """``(Q_h(a) - Q_h(a'))/(beta log 2)``, `a'` the first supported token, from means under the base policy.

    False variant: tokens outside the support too (`everywhere`), whose responses are averaged evenly.
    """
    t = world.tree
    value = {}
    for a in range(t.tokens):
        chosen = [y for y in t.base if y[: len(prefix) + 1] == (*prefix, a)]
        mass = sum((t.base[y] for y in chosen), Fraction(0))
        if mass:
            value[a] = sum((t.base[y] * t.tilt[y] for y in chosen), Fraction(0)) / mass
        elif everywhere:
            value[a] = sum((t.tilt[y] for y in chosen), Fraction(0)) / len(chosen)
    first = next(iter(value.values()))
    return {a: _log2(q / first) for a, q in value.items()}


def solvable(world: Instance, exponents: Exponents, *, by_prefix: bool = False, values: bool = False) -> bool:
    """Whether for each `h` one ``theta_h/(beta log 2)`` gives the exponents of every supported prefix.

    False variants: one ``theta_h`` for each prefix (`by_prefix`); ``<theta_h, phi_h>`` is the value itself
    and not only its differences (`values`).
    """
    t = world.tree
    for h in range(t.horizon):
        systems: list[list[tuple[tuple[int, ...], int | None]]] = []
        for prefix in (p for p in t.masses if len(p) == h):
            found = exponents(world, prefix)
            anchor = (0, 0) if values else world.features[(*prefix, next(iter(found)))]
            rows = [
                (tuple(x - y for x, y in zip(world.features[(*prefix, a)], anchor, strict=True)), k)
                for a, k in found.items()
            ]
            systems.append(rows)
        if not by_prefix:
            systems = [[row for rows in systems for row in rows]]
        if not all(_consistent(rows) for rows in systems):
            return False
    return True


def _consistent(rows: Sequence[tuple[tuple[int, ...], int | None]]) -> bool:
    """Whether a linear system has a solution, by elimination in rationals."""
    if any(k is None for _, k in rows):
        return False
    work = [[*map(Fraction, row), Fraction(k or 0)] for row, k in rows]
    width = len(work[0]) - 1
    for column in range(width):
        pivot = next((row for row in work if row[column]), None)
        if pivot is None:
            continue
        work.remove(pivot)
        work = [
            [x - row[column] / pivot[column] * y for x, y in zip(row, pivot, strict=True)] for row in work
        ]
    return all(row[-1] == 0 for row in work)


def _log2(value: Fraction) -> int | None:
    """The whole `k` with ``value = 2^k``, or None."""
    k = value.numerator.bit_length() - value.denominator.bit_length()
    return k if Fraction(2) ** k == value else None


def measure(worlds: tuple[Instance, ...]) -> Measurement:
    """Whether ``pi*`` is linear softmax, by its token laws."""
    return Measurement.exact(
        _exactly([Fraction(solvable(world, exponents_of_policy)) for world in worlds]),
        effort=len(worlds),
        unit="trees",
        witness=lambda k: worlds[k].tree.describe(),
    )


def bound(*, everywhere: bool = False, **how: bool) -> Callable[[tuple[Instance, ...]], Bound]:
    """Whether differences of ``Q_h`` are linear in the features."""

    def exponents(world: Instance, prefix: Response) -> dict[int, int | None]:
        return exponents_of_q(world, prefix, everywhere=everywhere)

    return lambda worlds: Bound.of(
        _exactly([Fraction(solvable(world, exponents, **how)) for world in worlds])
    )


def _exactly(values: Sequence[Fraction]) -> Any:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


CLAIM = Claim(
    id="T3",
    slug="linear-softmax",
    theorem="token_level_improvement",
    title="When the optimal policy is autoregressive linear softmax",
    statement=(
        "pi*_h is proportional to pi_{h,ref} exp(<theta_h, phi_h>/beta) for some theta_h in Theta if and "
        "only if that theta_h makes differences of Q_h over supported last tokens, at every supported "
        "prefix, equal <theta_h, differences of phi_h>."
    ),
    formula=r"\pi^\star_h \propto \pi_{h,\mathrm{ref}}\, e^{\langle \theta_h, \phi_h \rangle / \beta} "
    r"\iff Q_h(a) - Q_h(a') = \langle \theta_h, \phi_h(a) - \phi_h(a') \rangle",
    relation="==",
    scope="The identity behind it at all prefixes of binary trees to H = 6, by algebra; both directions on "
    "rational trees to H = 4, with supported and unsupported tokens.",
    source="Ours, for the realisability assumption of Theorem 5.1 of Foster, Mhammedi and Rohatgi (COLT "
    "2025, arXiv 2503.07453v2).",
    uses=("T1",),
    checks=(
        Check(
            slug="algebra",
            evidence=Evidence.SYMBOLIC,
            cases=(
                Case(slug="h2", params={"horizon": 2}, tight=True),
                Case(slug="h4", params={"horizon": 4}, tight=True),
                Case(slug="h6", params={"horizon": 6}, tight=True),
            ),
            measure=measure_algebra,
            bound=lambda trial: Bound.of(
                _exactly([Fraction(1)] * (2 ** int(trial.case.params["horizon"]) - 1))
            ),
        ),
        Check(
            slug="equivalence",
            evidence=Evidence.EXHAUSTIVE,
            cases=tuple(
                Case(
                    slug=f"{kind}-h{horizon}",
                    params={"horizon": horizon, "kind": kind},
                    tiers=("quick", "full") if horizon == 2 else ("full",),
                    tight=kind in ("realisable", "unsupported-fails"),
                )
                for kind in KINDS
                for horizon in (2, 3, 4)
            ),
            instance=instances,
            measure=measure,
            bound=bound(),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="ratio-to-nothing",
            why="the ratios of pi*_h, not divided by those of the base policy, are exp of differences of Q_h",
            check="algebra",
            measure=lambda trial: measure_algebra(trial, without_base=True),
            cases=("h2",),
        ),
        FalseVariant(
            slug="values-not-differences",
            why="<theta_h, phi_h> must equal Q_h relative to one token, not only its differences",
            check="equivalence",
            bound=bound(values=True),
            cases=("realisable-h2",),
        ),
        FalseVariant(
            slug="theta-by-prefix",
            why="theta_h may depend on the prefix",
            check="equivalence",
            bound=bound(by_prefix=True),
            cases=("theta-by-prefix-h2",),
        ),
        FalseVariant(
            slug="unsupported-tokens",
            why="tokens outside the support of the base policy count",
            check="equivalence",
            bound=bound(everywhere=True),
            cases=("unsupported-fails-h2",),
        ),
    ),
)

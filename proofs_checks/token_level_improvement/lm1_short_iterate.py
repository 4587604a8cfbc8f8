"""LM1: some iterate of MTSS has no long pair in any layer, after iterations linear in the horizon.

Statement. In each iteration one pair ``u_h`` of norm at most ``L`` is found in each of `H` layers and joins
``Sigma_h``, which began at ``lambda I``. An iterate is *short* if ``|u_h|_{Sigma_h^{-1}} <= nu/2`` in all
layers. There is a short one among any ``1 + H K`` iterations, `K` the most pairs of one layer that can be
long: S2s at threshold ``nu/2``, with no logarithm of the iterations in it. In one dimension that is one more
than ``log(4 L^2/(nu^2 lambda))/log(1 + nu^2/4)`` at most, and ``H K`` iterations without a short one exist.

Why. Leave out the short pairs of a layer: Sigma is smaller then, so its long pairs are long for the smaller
one, and at most `K`. Each iteration without a short iterate has a long pair in some layer. *Attained* by
layers that take turns: one plays its `K` long pairs while the others are at the anchor.

As printed (Lemma M.1), the sum of all ``min(1, |u|)`` is at most ``H sqrt(2 T d log(1 + T/lambda))`` (125),
and so ``T >= 8 nu^{-4} d H^2 log(1 + T/lambda)`` iterations do. (125) takes ``|u| <= 1`` where differences of
features have norm 2, and is false in one dimension after three pairs; with ``log(1 + 4T/(d lambda))`` it
holds (LD4). The condition suffices all the same, with room: ``nu^{-2}`` would do, and `H` in place of its
square.

What is checked. Runs of all layers, pair by pair: in one dimension in rationals, the layers in turn; in more,
with the attacks of S2 in each layer at once or in turn. The printed condition against ``1 + H K`` in balls,
at 135 settings, ``nu`` from .01 to .99.

What is not. More than the attacks: that none beats `K` is S2s.

Why trust it. Runs keep every layer's Sigma, short pairs too, and look at lengths only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
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
from proofs_checks.spanner_sampling import acceptance
from proofs_checks.spanner_sampling.acceptance import Spanner
from proofs_checks.spanner_sampling.regression import LONGEST
from proofs_checks.spanner_sampling.s2s_sharp_count import sharp_count

#: By this much, relatively, a square passes the threshold in rationals.
JUST = 1 + Fraction(1, 10**9)
LONGEST_SQUARED = Fraction(4)


# --- one dimension, in rationals ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """MTSS in one dimension: `H` layers, ``nu^2`` and ``lambda``."""

    horizon: int
    nu_squared: Fraction
    ridge: Fraction


LINES = tuple(
    Line(horizon, Fraction(nu), Fraction(ridge))
    for horizon in (1, 2, 5)
    for nu, ridge in (("1/4", "1/100"), ("1", "1/2"), ("4", "1/10"), ("9/4", "1/1000"), ("1/4", "9/10"))
)


def iterations(line: Line, level: Fraction) -> int:
    """Iterations in a row with a pair whose square exceeds `level` in some layer, the layers in turn.

    The layer whose turn it is shows a square that just passes, as long as that is at most ``L^2``; the others
    show the anchor.
    """
    sigma = [line.ridge] * line.horizon
    count = 0
    for layer in range(line.horizon):
        while (square := _short(level * sigma[layer] * JUST)) <= LONGEST_SQUARED:
            shown = [square if h == layer else Fraction(0) for h in range(line.horizon)]
            if max(u / s for u, s in zip(shown, sigma, strict=True)) <= level:
                break
            sigma = [s + u for s, u in zip(sigma, shown, strict=True)]
            count += 1
    return count


def _short(value: Fraction) -> Fraction:
    """A fraction of few digits, above `value` by less than 10^-12."""
    scale = 10**12
    return Fraction(-(-value.numerator * scale // value.denominator), scale)


def on_lines(_: Trial, *, part: Fraction = Fraction(1, 4)) -> Measurement:
    """The iterations without a short iterate, of every line; short is at most ``part nu^2``."""
    values = [Fraction(iterations(line, part * line.nu_squared)) for line in LINES]
    return Measurement.exact(
        values, unit="runs", witness=lambda k: {n: str(v) for n, v in vars(LINES[k]).items()}
    )


def layers_times_count(_: Trial, *, horizon: Callable[[int], int] = lambda h: h, **changes: Any) -> Bound:
    """``H K``."""
    return Bound.of(
        [
            Fraction(
                horizon(line.horizon)
                * sharp_count(1, float(line.nu_squared) ** 0.5 / 2, float(line.ridge), **changes)
            )
            for line in LINES
        ]
    )


# --- more dimensions ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Layers:
    """`H` layers under attack, all at once or in turn."""

    layer: Spanner
    horizon: int
    in_turn: bool


def layers(trial: Trial) -> Layers:
    """The layers of a case."""
    params = trial.case.params
    return Layers(
        layer=acceptance.spanner(trial), horizon=int(params["H"]), in_turn=params["order"] == "in turn"
    )


def longest_run(world: Layers, threshold: float) -> float:
    """Iterations in a row without a short iterate, `u` long if its norm exceeds `threshold`.

    Every layer keeps its Sigma. The layer that plays shows the attack's vector, scaled to just pass, if that
    is no longer than ``L``; all play, or one after another, the others at the anchor.
    """
    spanner, size = world.layer, world.horizon
    attack = acceptance.ATTACKS[spanner.attack]
    sigma = np.broadcast_to(spanner.ridge * np.eye(spanner.d), (size, spanner.d, spanner.d)).copy()
    turns = np.arange(size)[:, None] if world.in_turn else np.arange(size)[None, :]
    count = 0
    for players in turns:
        number = 0
        while True:
            values, vectors = np.linalg.eigh(sigma)
            phi = attack(spanner, values, vectors, number, spanner.streams)
            phi = phi * ((1 + acceptance.MARGIN) * threshold / _norms(phi, sigma))[:, None]
            plays = np.isin(np.arange(size), players) & ((phi * phi).sum(axis=-1) <= LONGEST**2)
            phi[~plays] = 0.0
            if _norms(phi, sigma).max() <= threshold:
                break
            sigma += phi[:, :, None] * phi[:, None, :]
            count, number = count + 1, number + 1
    return float(count)


def _norms(phi: Any, sigma: Any) -> Any:
    """``|u|_{Sigma^{-1}}`` of every layer."""
    return np.sqrt((phi * np.linalg.solve(sigma, phi[:, :, None])[:, :, 0]).sum(axis=-1))


def runs(world: Layers) -> Measurement:
    """How long the layers go without a short iterate; the spanner's threshold is ``nu/2``."""
    found = longest_run(world, world.layer.threshold)
    return Measurement.exact([found], effort=int(found), unit="iterations")


def counted(world: Layers, *, horizon: bool = True, less: int = 0, **changes: Any) -> Bound:
    """``H K``; a false variant forgets `H`, or the last pair."""
    spanner = world.layer
    most = sharp_count(spanner.d, spanner.threshold, spanner.ridge, **changes)
    return Bound.of(float((world.horizon if horizon else 1) * (most - less)))


# --- as printed ---------------------------------------------------------------------------------------------


def three_pairs(_: Trial) -> Measurement:
    """``sum min(1, |u|)`` in one dimension: squares lambda, twice and four times that, each of norm one."""
    ridge = Fraction(99, 100)
    sigma, total = ridge, Fraction(0)
    for factor in (1, 2, 4):
        square = factor * ridge
        # The square of the norm is one, and so is the norm.
        total += min(Fraction(1), square / sigma)
        sigma += square
    witness = {"H": 1, "d": 1, "T": 3, "lambda": "99/100", "|u|^2": "99/100, 99/50, 99/25"}
    return Measurement.exact([total], unit="sequences", witness=lambda _: witness)


def printed_sum(_: Trial) -> Bound:
    """``H sqrt(2 T d log(1 + T/lambda))`` there."""
    from explore_theory.certify.balls import ball, precision

    with precision(128):
        return Bound.of((6 * ball(1 + 3 / Fraction(99, 100)).log()).sqrt())


#: `d`, `H`, ``lambda`` and ``nu`` of the printed condition.
CONDITIONS = tuple(
    (d, horizon, ridge, nu)
    for d in (1, 2, 3, 10, 100)
    for horizon in (1, 4, 30)
    for ridge in ("9/10", "1/100", "1/100000000")
    for nu in ("99/100", "1/2", "1/100")
)


def needed(_: Trial) -> Measurement:
    """``1 + H K``."""
    found = [
        float(1 + horizon * sharp_count(d, float(Fraction(nu)) / 2, float(Fraction(ridge))))
        for d, horizon, ridge, nu in CONDITIONS
    ]
    names = ("d", "H", "lambda", "nu")
    return Measurement.exact(
        found, unit="settings", witness=lambda k: dict(zip(names, map(str, CONDITIONS[k]), strict=True))
    )


def least_printed(_: Trial) -> Bound:
    """The least `T` with ``T >= 8 nu^{-4} d H^2 log(1 + T/lambda)``, by bisection, from below."""
    from explore_theory.certify.balls import ball, precision

    found = []
    with precision(64):
        for d, horizon, ridge, nu in CONDITIONS:
            size = Fraction(8 * d * horizon**2) / Fraction(nu) ** 4

            def too_few(t: int, size: Fraction = size, ridge: str = ridge) -> bool:
                return bool(ball(t) < ball(size) * ball(1 + t / Fraction(ridge)).log())

            low, high = 1, 2
            while too_few(high):
                low, high = high, 2 * high
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if too_few(middle) else (low, middle)
            found.append(float(low))
    return Bound.of(found)


PRINTED = (
    PrintedForm(
        slug="sum-of-norms",
        item="Lemma M.1",
        page=99,
        says="(125): the sum of min(1, |u|) over T iterations is at most H sqrt(2 T d log(1 + T/lambda))",
        holds=False,
        step=True,
        check=Check(
            slug="printed-sum",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="three-pairs"),),
            measure=three_pairs,
            bound=printed_sum,
        ),
        mended=(
            "log(1 + 4T/(d lambda)): differences of features have norm up to 2. Lemma M.1 survives, as nu "
            "is at most 1/2."
        ),
    ),
    PrintedForm(
        slug="enough-iterations",
        item="Lemma M.1",
        page=99,
        says=(
            "T >= 8 nu^-4 d H^2 log(1 + T/lambda) iterations have a short iterate, here at nu = .01, 1/2 "
            "and .99"
        ),
        holds=True,
        check=Check(
            slug="printed-iterations",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="settings"),),
            measure=needed,
            bound=least_printed,
        ),
        mended="1 + H K are enough, K of S2s at nu/2: linear in H, and no logarithm of T.",
    ),
)


def attacked(slug: str, order: str, d: int, nu_half: float, ridge: float, *, tight: bool) -> Case:
    """Three layers under the padded attack."""
    params: dict[str, int | float | str] = {
        "H": 3,
        "order": order,
        "attack": "padded",
        "d": d,
        "nu": nu_half,
        "ridge": ridge,
    }
    return Case(slug=slug, params=params, tight=tight)


CLAIM = Claim(
    id="LM1",
    slug="short-iterate",
    theorem="token_level_improvement",
    title="MTSS has a short iterate after iterations linear in the horizon",
    statement=(
        "Among any 1 + H K iterations of MTSS there is one whose pairs have |u_h| <= nu/2 in all H layers, K "
        "the most long pairs of one layer (S2s at nu/2, independent of the number of iterations). In one "
        "dimension H K iterations without one exist."
    ),
    formula=r"T \ge 1 + H\, K_d(\nu/2, \lambda) \;\Rightarrow\; \exists t \, \forall h: \|u_h^t\| \le \nu/2",
    relation="<=",
    scope=(
        "One dimension in rationals, attained; three layers in 2 and 4 dimensions under S2's best attack, in "
        "turn and at once. At each of 135 settings, nu .01 to .99, it asks for fewer iterations than Lemma "
        "M.1, with H for its square."
    ),
    source="Lemma M.1 (page 99) of Foster, Mhammedi and Rohatgi (COLT 2025), sharper: ours.",
    uses=("S2s", "LD4"),
    checks=(
        Check(
            slug="lines",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="in-turn", tight=True),),
            measure=on_lines,
            bound=layers_times_count,
        ),
        Check(
            slug="attacks",
            evidence=Evidence.ADVERSARIAL,
            cases=(
                attacked("d2-in-turn", "in turn", 2, 0.5, 1.0, tight=True),
                attacked("d4-in-turn", "in turn", 4, 0.5, 1.0, tight=True),
                attacked("d2-at-once", "at once", 2, 0.25, 0.1, tight=False),
            ),
            instance=layers,
            measure=runs,
            bound=counted,
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="layers-share",
            why="K iterations for all layers together",
            check="lines",
            bound=lambda trial: layers_times_count(trial, horizon=lambda _: 1),
        ),
        FalseVariant(
            slug="layers-but-one",
            why="(H - 1) K",
            check="lines",
            bound=lambda trial: layers_times_count(trial, horizon=lambda h: h - 1),
        ),
        FalseVariant(
            slug="long-at-a-third",
            why="a pair is long beyond nu/3, counted as if beyond nu/2",
            check="lines",
            measure=lambda trial: on_lines(trial, part=Fraction(1, 9)),
        ),
        FalseVariant(
            slug="features-of-norm-one",
            why="L = 1, the norm of a feature, where differences have norm 2",
            check="lines",
            bound=lambda trial: layers_times_count(trial, longest=1.0),
        ),
        FalseVariant(
            slug="one-layer-counts",
            why="K in place of H K, in more dimensions",
            check="attacks",
            bound=lambda world: counted(world, horizon=False),
            cases=("d2-in-turn", "d4-in-turn"),
        ),
        FalseVariant(
            slug="short-features",
            why="L = 1, in more dimensions",
            check="attacks",
            bound=lambda world: counted(world, longest=1.0),
            cases=("d2-in-turn", "d4-in-turn"),
        ),
    ),
    printed=PRINTED,
)

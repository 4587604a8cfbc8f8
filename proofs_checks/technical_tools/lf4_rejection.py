"""LF4: rejection sampling accepts within ``(M - 1/2) log(1/delta)`` draws, and then exactly.

Statement. ``sup dnu/dmu <= M``, ``M > 1``. Draws from ``mu`` are accepted with probability ``(dnu/dmu)/M``
until one is, or `N` are rejected. The chance that none is accepted is exactly ``(1 - 1/M)^N``, at most
``delta`` if ``N >= (M - 1/2) log(1/delta)``; 1/2 cannot be larger for large ``M``. The first accepted has law
``nu`` exactly.

Proof. Each draw is `y` and accepted with probability ``nu(y)/M``, so accepted with ``1/M``, whatever ``nu``
is. And ``-log(1 - 1/M) >= 1/(M - 1/2)``: with ``M = 1/(1 - e^{-s})``, ``M - 1/2`` is half the hyperbolic
cotangent of ``s/2``, and ``tanh(s/2) <= s/2``.

What is checked. For laws on three responses, in rationals, draw by draw: the law of the first accepted, and
the chance of none. The inequality for ``M`` from 1.01 to 8.

What is not. More responses; larger `M`, where both sides differ by ``1/(12 M^2)``.

Why trust it. Nothing is rounded but the inequality, which is in ball arithmetic.
"""

import math
from dataclasses import dataclass, replace
from fractions import Fraction
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
from proofs_checks.technical_tools.formal import proved_rejection
from proofs_checks.technical_tools.sampler_law import BITS
from proofs_checks.technical_tools.tail_bounds import ratio_in_log

Law = tuple[Fraction, ...]
HALF = Fraction(1, 2)


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """Laws ``mu`` and ``nu``, the multiplier `M` and the most draws."""

    proposal: Law
    target: Law
    multiplier: Fraction
    draws: int

    def run(self) -> tuple[Law, Fraction]:
        """Chances that the first accepted is each response, and that none is; drawn one by one."""
        pairs = zip(self.proposal, self.target, strict=True)
        accepted = [min(Fraction(1), t / (p * self.multiplier)) for p, t in pairs]
        found, alive = [Fraction(0)] * len(accepted), Fraction(1)
        for _ in range(self.draws):
            hits = [alive * p * a for p, a in zip(self.proposal, accepted, strict=True)]
            found = [f + hit for f, hit in zip(found, hits, strict=True)]
            alive -= sum(hits)
        return tuple(found), alive

    def describe(self) -> dict[str, Any]:
        """The parameters, for the record."""
        return {
            "mu": [str(p) for p in self.proposal],
            "nu": [str(p) for p in self.target],
            "M": str(self.multiplier),
            "N": self.draws,
        }


def laws(parts: int) -> list[Law]:
    """Laws on three responses with masses that are positive multiples of ``1/parts``."""
    cuts = [(i, j) for i in range(1, parts - 1) for j in range(1, parts - i)]
    return [tuple(Fraction(n, parts) for n in (i, j, parts - i - j)) for i, j in cuts]


def pairs(trial: Trial, *, share: Fraction = Fraction(1)) -> list[Rejection]:
    """All pairs of laws on a grid; ``M`` a `share` of the largest density ratio, and 5."""
    found = laws(int(trial.case.params["parts"]))
    worlds = []
    for proposal in found:
        for target in found:
            ratio = max(t / p for p, t in zip(proposal, target, strict=True))
            worlds += [
                Rejection(proposal=proposal, target=target, multiplier=m, draws=4)
                for m in {share * ratio, share * 5}
                if m > share and m >= share * ratio
            ]
    return worlds


def law_of_accepted(worlds: list[Rejection]) -> Measurement:
    """The total variation distance of the first accepted from ``nu``."""
    distances = []
    for world in worlds:
        found, none = world.run()
        parts = zip(found, world.target, strict=True)
        distances.append(sum(abs(f / (1 - none) - t) for f, t in parts) / 2)
    return Measurement.exact(distances, unit="pairs of laws", witness=lambda k: worlds[k].describe())


def stated(trial: Trial, *, less: Fraction = HALF) -> list[Rejection]:
    """Pairs of laws with ``N = ceil((M - less) log(1/delta))``."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        size = ball(1 / delta_in(trial)).log()
        # The products are irrational, so that some precision settles every ceiling.
        return [
            replace(w, draws=int((ball(w.multiplier - less) * size).ceil().unique_fmpz()))
            for w in pairs(trial)
        ]


def none_accepted(worlds: list[Rejection]) -> Measurement:
    """The chance that no draw is accepted."""
    chances = [world.run()[1] for world in worlds]
    return Measurement.exact(chances, unit="pairs of laws", witness=lambda k: worlds[k].describe())


def delta_in(trial: Trial) -> Fraction:
    """``delta`` of the case."""
    return Fraction(str(trial.case.params["delta"]))


def exponent(_: Trial, *, less: Fraction = HALF) -> Measurement:
    """The largest ``1 / (-(M - less) log(1 - 1/M))`` for ``M - 1`` from .01 to 7."""

    def log_ratio(z: Any) -> Any:
        m = 1 + z.exp()
        # -log(1 - 1/M) = log(1 + 1/(M - 1)).
        return -(m - less).log() - (-z).exp().log1p().log()

    return ratio_in_log(log_ratio, math.log(0.01), math.log(7.0))


CLAIM = Claim(
    id="LF4",
    slug="rejection",
    theorem="technical_tools",
    title="Rejection sampling accepts within (M - 1/2) log(1/delta) draws, and then exactly",
    statement=(
        "If sup dnu/dmu <= M, no draw is accepted with probability (1 - 1/M)^N, at most delta if N >= "
        "(M - 1/2) log(1/delta); the first accepted has law nu."
    ),
    formula=r"N \ge (M - \tfrac12)\log(1/\delta) \;\Rightarrow\; (1 - 1/M)^N \le \delta",
    relation="<=",
    scope="Laws on three responses on a grid, draw by draw; the inequality for M from 1.01 to 8.",
    source="Lemma F.4 of Foster, Mhammedi and Rohatgi (COLT 2025), sharper; see X4 for the code's sampler.",
    checks=(
        Check(
            slug="law",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                Case(slug="fifths", params={"parts": 5}),
                Case(slug="eighths", params={"parts": 8}, tiers=("full",)),
            ),
            instance=pairs,
            measure=law_of_accepted,
            bound=lambda _: Bound.of([Fraction(0)]),
        ),
        Check(
            slug="none",
            evidence=Evidence.EXHAUSTIVE,
            cases=tuple(
                Case(slug=f"delta-{slug}", params={"parts": 5, "delta": delta})
                for delta, slug in ((0.3, "three-tenths"), (0.01, "one-in-a-hundred"))
            ),
            measure=lambda trial: none_accepted(stated(trial)),
            bound=lambda trial: Bound.of([delta_in(trial)]),
        ),
        Check(
            slug="exponent",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="all", tight=True),),
            measure=exponent,
            bound=lambda _: Bound.of(1.0),
        ),
    ),
    printed=(
        PrintedForm(
            slug="m-draws",
            item="Lemma F.4",
            page=38,
            says="N >= M log(1/delta): some draw is accepted with probability 1 - delta",
            holds=True,
            check=Check(
                slug="printed-none",
                evidence=Evidence.EXHAUSTIVE,
                cases=(Case(slug="delta-three-tenths", params={"parts": 5, "delta": 0.3}),),
                measure=lambda trial: none_accepted(stated(trial, less=Fraction(0))),
                bound=lambda trial: Bound.of([delta_in(trial)]),
            ),
            mended="Holds with M - 1/2 in place of M.",
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="clipped",
            why="M half of the largest density ratio",
            check="law",
            instance=lambda trial: pairs(trial, share=HALF),
            cases=("fifths",),
        ),
        FalseVariant(
            slug="six-tenths-of-a-draw-less",
            why="M - .6 in place of M - 1/2",
            check="exponent",
            measure=lambda trial: exponent(trial, less=Fraction(6, 10)),
        ),
        FalseVariant(
            slug="twice-the-acceptance",
            why="delta squared, as if a draw were accepted twice as often",
            check="none",
            bound=lambda trial: Bound.of([delta_in(trial) ** 2]),
        ),
    ),
    proofs=(proved_rejection.rejection(Rejection),),
)

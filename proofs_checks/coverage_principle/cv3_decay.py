"""CV3: where coverage decays like ``1/log N``, the divergence is bounded: the converse of CV1, attained.

Statement. Let ``W = sup first/second`` be finite and ``C = sup_{N >= 1} Cov_N log N``. If ``C > 0``, then
``KL(first || second) <= C (1 + log(log W/C))``. For every `C` and `W` it is attained in a limit.

Proof. With ``Z = log(first/second)``, ``KL = E Z <= E max(Z, 0) = int_0^{log W} P[Z > t] dt``, where ``P[Z >
t] <= min{1, C/t}``; ``C <= log W``. Equality where ``P[Z >= t] = C/t`` between `C` and ``log W``: a law on a
fine geometric grid of `t`, with what the second law has left put elsewhere.

As printed (Chen et al. 2026, Proposition F.3) the statement holds. Its proof writes ``E[Z 1{Z > d}] =
int_d^{log W} P[Z > t] dt``, which forgets ``d P[Z > d]``: for one response of mass 1/8 and ``d = 1``, 2.08
against 1.08.

What is checked. All pairs of laws with positive masses on grids on two and three responses; geometric laws
whose ratios of the two sides rise to .995.

What is not. More responses: the proof covers them.

Why trust it. `C` and `W` are maxima over the responses, by definition: ``Cov_N log N`` is largest where `N`
is a ratio. All is in balls.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from explore_theory.claims import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    PrintedForm,
    Trial,
    ball,
    precision,
)
from proofs_checks.coverage_principle.profiles import BITS, ONE, ZERO, laws, text


@dataclass(frozen=True)
class Profile:
    """``P[Z = z]`` for each value of the log-ratio: masses, and balls."""

    masses: tuple[Fraction, ...]
    logs: tuple[Any, ...]
    words: str


def pairs(trial: Trial) -> tuple[Profile, ...]:
    """All pairs of different laws with positive masses on a grid."""
    size, grid = int(trial.case.params["responses"]), int(trial.case.params["grid"])
    known = tuple(laws(size, grid, 1))
    with precision(BITS):
        return tuple(
            Profile(t, tuple(ball(a / b).log() for a, b in zip(t, p, strict=True)), f"{text(t)} / {text(p)}")
            for t in known
            for p in known
            if t != p
        )


def geometric(trial: Trial) -> tuple[Profile, ...]:
    """``P[Z >= C s^j] = s^-j`` for ``j = 0 .. n``: the decay that the bound allows, on a grid of `t`."""
    step, n = Fraction(str(trial.case.params["step"])), int(trial.case.params["steps"])
    tails = [step**-j for j in range(n + 1)]
    masses = [a - b for a, b in zip(tails, [*tails[1:], ZERO], strict=True)]
    with precision(BITS):
        return tuple(
            Profile(tuple(masses), tuple(ball(c * step**j) for j in range(n + 1)), f"C = {c}")
            for c in (Fraction(1, 2), Fraction(3))
        )


def divergences(world: tuple[Profile, ...]) -> Measurement:
    """``KL``: the mean of the log-ratio."""
    with precision(BITS):
        values = [
            sum((ball(m) * z for m, z in zip(each.masses, each.logs, strict=True)), ball(0)) for each in world
        ]
    return Measurement.exact(values, unit="pairs of laws", witness=lambda k: {"laws": world[k].words})


def largest(values: list[Any]) -> Any:
    """The largest of some balls, as a ball."""
    found = values[0]
    for value in values[1:]:
        found = found.max(value)
    return found


def extremes(each: Profile) -> tuple[Any, Any]:
    """``C`` and ``log W``."""
    decays = []
    for z in each.logs:
        # Where two ratios are one number, their balls are the same: it is computed from the same fraction.
        tail = sum((m for m, other in zip(each.masses, each.logs, strict=True) if not other < z), ZERO)
        decays.append(ball(tail) * z)
    return largest(decays), largest(list(each.logs))


def stated(world: tuple[Profile, ...], plus: Fraction = ONE) -> Bound:
    """``C (plus + log(log W/C))``."""
    with precision(BITS):
        both = [extremes(each) for each in world]
        return Bound.of([c * (ball(plus) + (w / c).log()) for c, w in both])


def without_division(world: tuple[Profile, ...]) -> Bound:
    """False where ``C < 1``: ``C (1 + log log W)``."""
    with precision(BITS):
        both = [extremes(each) for each in world]
        return Bound.of([c * (1 + w.log()) for c, w in both])


def decay_alone(world: tuple[Profile, ...]) -> Bound:
    """False: `C`."""
    with precision(BITS):
        return Bound.of([extremes(each)[0] for each in world])


def whole_tail(_: Trial) -> Measurement:
    """``E[Z 1{Z > 1}]`` where `Z` is always log 8."""
    with precision(BITS):
        return Measurement.exact(
            [ball(8).log()], unit="pairs of laws", witness=lambda _: {"first": "1, 0", "second": "1/8, 7/8"}
        )


def integrated_tail(_: Trial) -> Bound:
    """``int_1^{log 8} P[Z > t] dt`` of the same."""
    with precision(BITS):
        return Bound.of([ball(8).log() - 1])


GRIDS = (
    Case(slug="two-responses", params={"responses": 2, "grid": 30}),
    Case(slug="three-responses", params={"responses": 3, "grid": 9}),
    Case(slug="three-finer", params={"responses": 3, "grid": 14}, tiers=("full",)),
)

CLAIM = Claim(
    id="CV3",
    slug="divergence-of-coverage",
    theorem="coverage_principle",
    title="Coverage that decays like 1/log N bounds the divergence",
    statement=(
        "For all laws with W = sup first/second finite and C = sup_{N >= 1} Cov_N log N > 0, KL(first || "
        "second) <= C (1 + log(log W/C)); for every C and W it is attained in a limit."
    ),
    formula=r"\mathrm{KL} \le C\left(1 + \log\frac{\log W}{C}\right), \quad C = \sup_N \mathrm{Cov}_N \log N",
    relation="<=",
    scope="All pairs of laws on grids to three responses; geometric laws that nearly attain it.",
    source="Chen et al., The coverage principle (arXiv 2510.15020; ICLR 2026), Proposition F.3.",
    checks=(
        Check(
            slug="pairs",
            evidence=Evidence.EXHAUSTIVE,
            cases=GRIDS,
            instance=pairs,
            measure=divergences,
            bound=stated,
        ),
        Check(
            slug="geometric",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="fine", params={"step": "51/50", "steps": 150}, tight=True),),
            instance=geometric,
            measure=divergences,
            bound=stated,
        ),
    ),
    printed=(
        PrintedForm(
            slug="tail-without-its-foot",
            item="chen2025: Proposition F.3",
            page=None,
            says="E[Z 1{Z > d}] = the integral of P[Z > t] from d to log W, for any d > 0",
            holds=False,
            step=True,
            check=Check(
                slug="one-response",
                evidence=Evidence.CERTIFIED,
                cases=(Case(slug="mass-1-8-d-1"),),
                measure=whole_tail,
                bound=integrated_tail,
                relation="==",
            ),
            mended=(
                "E[max(Z - d, 0)] is that integral; d P[Z > d] is missing. E Z <= d + E max(Z - d, 0) is all "
                "that is used, with d = C: Proposition F.3 stands, and is attained."
            ),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="logarithm-of-the-largest-ratio",
            why="C (1 + log log W), without dividing by C",
            check="geometric",
            bound=without_division,
        ),
        FalseVariant(
            slug="nine-tenths-for-one",
            why="C (.9 + log(log W/C))",
            check="geometric",
            bound=lambda world: stated(world, Fraction(9, 10)),
        ),
        FalseVariant(
            slug="decay-alone",
            why="C, without the logarithm of how long it decays",
            check="pairs",
            bound=decay_alone,
            cases=("three-responses",),
        ),
    ),
)

"""LF3: changing the softmax policy for its sampler, in the mean of a bounded function.

Statement. Prompts ``x ~ rho``, one sampler with ``M`` and ``N = ceil(4 M log(4/delta))`` for all of them,
``C_x = sup pi_f/pi_ref`` at `x`, and ``P_x`` the chance that a call at `x` is not good (TF1). For every ``g``
with values in [0, 1],

    ``|E_{pi_f} g - E_{pi^} g| <= E_x P_x (1 - 1/C_x) <= .0067 delta + E_x (1 - 1/C_x) 1{M < 4 C_x}``.

Proof. The left side is at most ``E_x TV(pi^, pi_f)``, which is LF1; ``P_x <= .0067 delta`` where ``M >= 4
C_x`` (TF1).

What is checked. The worst `g`, the indicator of where ``pi_f`` exceeds ``pi^``: for two prompts of two
responses each, with the exact binomial law, of which one, both or none have ``M >= 4 C_x``.

What is not. More prompts: both sides are means over prompts.

Why trust it. Laws are found count by count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
from proofs_checks.spanner_sampling.rejection import Sampler
from proofs_checks.technical_tools import sampler_law
from proofs_checks.technical_tools.sampler_law import BITS, enclosures, outcome

#: What a call fails with where ``M >= 4 C``, over delta (TF1).
FAILS = Fraction(67, 10**4)
#: Probabilities of the first prompt.
SHARES = tuple(map(Fraction, ("1/10", "1/2", "9/10")))


@dataclass(frozen=True, kw_only=True)
class Prompts:
    """Pairs of prompts with their samplers; the first has probability `shares`."""

    pairs: Sequence[tuple[Sampler, Sampler]]
    shares: Sequence[Fraction]
    delta: Fraction

    def describe(self, k: int) -> dict[str, Any]:
        """Pair `k`."""
        return {
            "rho(first)": str(self.shares[k]),
            **{f"prompt {i + 1}": str(s.describe()) for i, s in enumerate(self.pairs[k])},
        }

    def means(self, value: Any) -> list[Any]:
        """The mean of a value of the sampler over both prompts, for every pair; a ball each."""
        from explore_theory.certify.balls import ball

        samplers = {id(s): s for pair in self.pairs for s in pair}
        known = {name: value(s) for name, s in samplers.items()}
        return [
            ball(share) * known[id(one)] + ball(1 - share) * known[id(two)]
            for (one, two), share in zip(self.pairs, self.shares, strict=True)
        ]


def prompts(trial: Trial) -> Prompts:
    """Every two of some prompts, from easy to far beyond ``M = 8``."""
    delta = Fraction(str(trial.case.params["delta"]))
    kinds = [
        ("1/2", "3/2"),
        ("9/10", "2"),
        ("999999/1000000", "2"),
        ("9/10", "5"),
        ("999999/1000000", "1000000"),
    ]
    samplers = [
        sampler_law.rounded(Fraction(target), Fraction(ratio), Fraction(8), delta) for target, ratio in kinds
    ]
    found = [(one, two, share) for one in samplers for two in samplers for share in SHARES]
    return Prompts(
        pairs=[(one, two) for one, two, _ in found], shares=[share for *_, share in found], delta=delta
    )


def difference(world: Prompts) -> Measurement:
    """``E_x`` of the difference of the two means for the worst `g`: the total variation distance."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        lo, hi = enclosures(world.means(lambda s: abs(outcome(s).first - ball(s.target))))
    return Measurement(lo=lo, hi=hi, effort=lo.size, unit="pairs of prompts", witness=world.describe)


def uncovered(s: Sampler) -> bool:
    """Whether ``M < 4 C``."""
    return s.multiplier < 4 * s.ratio


def at_most(world: Prompts, fails: Fraction, beyond: Any) -> Bound:
    """``fails delta`` plus the mean of `beyond` over prompts with ``M < 4 C``."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        rest = world.means(lambda s: ball(beyond(s) if uncovered(s) else Fraction(0)))
        lo, hi = enclosures([ball(fails * world.delta) + mean for mean in rest])
    return Bound(lo=lo, hi=hi)


def stated(world: Prompts, fails: Fraction = FAILS) -> Bound:
    """``.0067 delta + E (1 - 1/C) 1{M < 4 C}``."""
    return at_most(world, fails, lambda s: 1 - 1 / s.ratio)


def failing(world: Prompts, share: Fraction = Fraction(1)) -> Bound:
    """``share E P (1 - 1/C)``."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        lo, hi = enclosures(world.means(lambda s: outcome(s).fails * ball(share * (1 - 1 / s.ratio))))
    return Bound(lo=lo, hi=hi)


CASES = (
    Case(slug="delta-1", params={"delta": "1"}, tight=True),
    Case(slug="delta-1-100", params={"delta": "1/100"}, tight=True),
)

CLAIM = Claim(
    id="LF3",
    slug="change-of-measure",
    theorem="technical_tools",
    title="Means under the softmax policy and under its sampler",
    statement=(
        "For g in [0, 1]: |E_{rho, pi_f} g - E_{rho, pi^} g| <= E_x P_x (1 - 1/C_x) <= .0067 delta + "
        "E_x (1 - 1/C_x) 1{M < 4 C_x}."
    ),
    formula=(
        r"|\mathbb{E}_{\rho,\pi_f} g - \mathbb{E}_{\rho,\hat\pi} g| \le "
        r".0067\,\delta + \mathbb{E}_x (1 - 1/C_x)\,1\{M < 4C_x\}"
    ),
    relation="<=",
    scope="Two prompts of two responses, all counts, C to 1e6 at M = 8.",
    source="Lemma F.3 of Foster, Mhammedi and Rohatgi (COLT 2025), sharper.",
    uses=("LF1", "TF1"),
    checks=(
        Check(
            slug="by-failures",
            evidence=Evidence.EXHAUSTIVE,
            cases=CASES,
            instance=prompts,
            measure=difference,
            bound=failing,
        ),
        Check(
            slug="by-coverage",
            evidence=Evidence.EXHAUSTIVE,
            cases=CASES,
            instance=prompts,
            measure=difference,
            bound=stated,
        ),
    ),
    printed=(
        PrintedForm(
            slug="delta-and-coverage",
            item="Lemma F.3",
            page=38,
            says="|E g under pi_f - E g under the sampler| <= delta + P[M < 4 C_cond(pi_f | x)]",
            holds=True,
            check=Check(
                slug="printed-change",
                evidence=Evidence.EXHAUSTIVE,
                cases=(Case(slug="delta-1-100", params={"delta": "1/100"}),),
                instance=prompts,
                measure=difference,
                bound=lambda world: at_most(world, Fraction(1), lambda _: Fraction(1)),
            ),
            mended="Holds with .0067 delta, and with (1 - 1/C_x) 1{M < 4 C_x} in the mean over prompts.",
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="coverage-forgotten",
            why=".0067 delta alone",
            check="by-coverage",
            bound=lambda world: at_most(world, FAILS, lambda _: Fraction(0)),
        ),
        FalseVariant(
            slug="failures-forgotten",
            why="the second term alone, as if a call never failed where M >= 4 C",
            check="by-coverage",
            bound=lambda world: stated(world, Fraction(0)),
        ),
        FalseVariant(
            slug="half-of-the-uncovered",
            why="(1 - 1/C)/2 for prompts with M < 4 C",
            check="by-coverage",
            bound=lambda world: at_most(world, FAILS, lambda s: (1 - 1 / s.ratio) / 2),
        ),
        FalseVariant(
            slug="half-the-failures-here",
            why="E P (1 - 1/C)/2",
            check="by-failures",
            bound=lambda world: failing(world, Fraction(1, 2)),
        ),
    ),
)

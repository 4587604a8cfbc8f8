"""X3: an average over draws is a function of multinomial counts, and the counts can be drawn at once.

Statement. For independent ``y_1..y_m ~ pi_ref`` and weights ``w``, the law of ``(1/m) sum_i w(y_i)`` is that
of ``(1/m) sum_y n_y w(y)`` with ``(n_y) ~ Multinomial(m, pi_ref)``; and with the atoms in any order, here the
rarest first,

    P(n) = prod_k P( Binomial(m - n_1 - .. - n_(k-1), pi_k / (pi_k + pi_(k+1) + ..)) = n_k ).

So an average of ``exp(f/beta)`` over `m` draws takes one binomial per atom, however large `m`.

What is checked. (1) ``average``: the law of the average, by enumeration of all sequences of draws in
rationals, against the multinomial formula. (2) ``conditional-binomials``: the product above, in the order and
with the quotients that the simulator uses, against the probability of the counts, in rationals. (3)
``log-mass``: the simulator's logarithm of a binomial probability, on which its rejection sampling rests,
against ball arithmetic for `n` up to 2^53, in units of ``2^-52 (1 + |log P| + |k - n p| / (1 - p))``, the
last term being what a rounding of `p` alone would cost. (4) ``binomial`` and ``multinomial``: 10^6 draws
against the exact law. (5) ``kernel-law``: the masses that the binomial sampler itself gives to counts, found
by feeding it its uniforms, to 1e-7. (6) ``simulator``: `log_mean_exp` of an oracle of either law against (1).

What is not. Randomness of the generator itself.

Why trust it. (1) to (3) are exact or certified; (4) and (6) state the distances that they leave open; (5)
needs no draws, and sees a constant of the sampler that is off.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory import oracles
from explore_theory.foundation.streams import Streams
from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Resolution,
    Sample,
    Trial,
    agreement,
)
from explore_theory.oracles.expressions import Dot
from explore_theory.problems import TabularProblem
from proofs_checks.exact_law import comparison, scripted
from proofs_checks.exact_law.averages_enumeration import Draws, one_by_one, product
from proofs_checks.exact_law.enumeration import partitions
from proofs_checks.exact_law.sampler_enumeration import ONE, compositions, multinomial_mass

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
#: Binomial and multinomial draws: the quick tier's 200,000 have margins below .012.
CLOSE = Resolution(absolute=0.015)
#: Averages by an oracle: 16,384 draws have a margin of .025.
BAND = Resolution(absolute=0.04)
#: 100,000 have one of .01.
FINE = Resolution(absolute=0.015)
#: In the units of `log-mass`: about a dozen operations, and a table of differences of logarithms below 30.
ROUNDING = 16.0

# --- averages and counts, in rationals ---------------------------------------------------------------------


_WEIGHTS = {2: ((1, 3),), 3: ((1, 2, 4), (3, 3, 1)), 4: ((1, 2, 4, 8), (1, 1, 5, 5))}


def draws_of(trial: Trial) -> list[Draws]:
    """All laws of denominator 6, weights and numbers of draws of the case."""
    count, most = (int(trial.case.params[name]) for name in ("responses", "draws"))
    return [
        Draws(tuple(Fraction(q, 6) for q in law), weights, m)
        for law in partitions(6, count)
        for weights in _WEIGHTS[count]
        for m in range(1, most + 1)
    ]


def averaged(world: list[Draws]) -> Measurement:
    """The probability of every average that the process can have."""
    rows = [(w, value, mass) for w in world for value, mass in w.averages().items()]
    return Measurement.exact(
        [mass for _, _, mass in rows],
        unit="averages",
        witness=lambda k: {
            "law": str([str(q) for q in rows[k][0].law]),
            "weights": str(rows[k][0].weights),
            "draws": rows[k][0].count,
            "average": str(rows[k][1]),
        },
    )


def stated_by(formula: Callable[[Draws], dict[Fraction, Fraction]]) -> Callable[[list[Draws]], Bound]:
    """What `formula` gives to the averages of the process; it sums to one, so no other has mass."""

    def bound(world: list[Draws]) -> Bound:
        laws = [(formula(w), w.averages()) for w in world]
        return Bound.of([stated.get(value, Fraction(0)) for stated, own in laws for value in own])

    return bound


def products(
    world: list[Draws], share: Callable[[Fraction, Fraction], Fraction] | None = None
) -> Measurement:
    """The probability of every vector of counts, one conditional binomial after another."""
    rows = [(w.law, counts) for w in world for counts in compositions(w.count, len(w.law))]
    return Measurement.exact(
        [product(counts, law, share) if share else one_by_one(counts, law) for law, counts in rows],
        unit="counts",
        witness=lambda k: {"law": str([str(q) for q in rows[k][0]]), "counts": str(rows[k][1])},
    )


def multinomial(world: list[Draws]) -> Bound:
    """``m! / prod n_y! prod pi_y^n_y``."""
    return Bound.of(
        [multinomial_mass(counts, w.law) for w in world for counts in compositions(w.count, len(w.law))]
    )


# --- the logarithm of a binomial probability ---------------------------------------------------------------

_SIZES = (1, 2, 5, 20, 100, 10**4, 10**6, 10**9, 10**12, 10**15, 2**53 - 1)
_CHANCES = (0.5, 0.3, 0.05, 1e-3, 1e-6, 1e-12, 5e-15, 0.9, 1 - 2.0**-20)
LogMass = Callable[[float, float, float], float]


def places(trial: Trial) -> list[tuple[int, int, float]]:
    """Triples ``(k, n, p)``: about the mean, far from it, and at the ends."""
    step = int(trial.case.params["step"])
    found = []
    for n, p in itertools.product(_SIZES, _CHANCES):
        mean, spread = n * p, math.sqrt(n * p * (1 - p))
        near = {round(mean + z / 8 * spread) for z in range(-64, 65, step)}
        found += [(k, n, p) for k in sorted(near | {0, 1, 10, n // 2, n - 1, n}) if 0 <= k <= n]
    return found


def log_masses(world: list[tuple[int, int, float]], log_mass: LogMass | None = None) -> Measurement:
    """How far the simulator's logarithm is from the true one, in units of its rounding."""
    from explore_theory.certify.balls import ball, ends, precision
    from explore_theory.oracles.kernels import counting

    compute = counting.log_mass if log_mass is None else log_mass
    lows, highs = [], []
    with precision(256):
        for k, n, p in world:
            # p is taken as the number that float64 holds.
            chance, size = ball(p), ball(n)
            truth = (size + 1).lgamma() - ball(k + 1).lgamma() - ball(n - k + 1).lgamma()
            truth += (k * chance.log() if k else 0) + ((n - k) * (-chance).log1p() if n > k else 0)
            unit = ball(2.0**-52) * (1 + abs(truth) + abs(k - size * chance) / (1 - chance))
            lo, hi = ends((ball(float(compute(float(k), float(n), p))) - truth) / unit)
            lows.append(max(lo, -hi, 0.0))
            highs.append(max(hi, -lo))
    return Measurement(
        lo=np.array(lows),
        hi=np.array(highs),
        effort=len(world),
        unit="probabilities",
        witness=lambda i: dict(zip("knp", world[i], strict=True)),
    )


# --- draws -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sampled:
    """`draws` counts ``Binomial(n, p)``, or `draws` averages under `law`."""

    trial: Trial
    draws: int

    @property
    def generator(self) -> np.random.Generator:
        """The generator of the only row."""
        return self.trial.streams.generators()[0]


def sampled(trial: Trial) -> Sampled:
    """The draws of the case."""
    return Sampled(trial, int(trial.case.params["draws"]))


def binomials(world: Sampled, draw: Callable[[Any, int, float, Floats], None] | None = None) -> Sample:
    """Distance of the simulator's binomials from the law, whose masses are those of `log-mass`."""
    from explore_theory.oracles.kernels import counting

    n, p = int(world.trial.case.params["n"]), float(world.trial.case.params["p"])
    found = np.empty(world.draws)
    (counting.binomials if draw is None else draw)(world.generator, n, p, found)
    reach = 12 * math.sqrt(n * p * (1 - p)) + 100
    first, last = max(0, math.floor(n * p - reach)), min(n, math.ceil(n * p + reach))
    masses = np.empty(last - first + 1)
    counting.log_masses(first, float(n), p, masses)
    below = np.concatenate([[0.0], np.minimum(np.cumsum(np.exp(masses)), 1.0)])

    def cdf(k: Floats) -> Floats:
        return np.asarray(below[np.clip(np.floor(k) - first + 1, 0, below.size - 1).astype(np.int64)])

    return comparison.to_cdf(found.astype(np.int64), cdf)


_MASS = np.array([0.5, 0.125, 0.375])


def multinomials(world: Sampled, mass: Floats = _MASS) -> Sample:
    """Distance of the simulator's counts of four draws from the law."""
    from explore_theory.oracles.kernels import counting

    order, tail = np.argsort(mass, kind="stable"), np.empty(mass.size)
    counting.tails(mass, order, tail)
    counts = np.zeros((world.draws, mass.size))
    counting.multinomials(world.generator, 4, mass, order, tail, counts)
    law = tuple(Fraction(float(q)) for q in _MASS)
    return comparison.to_law(
        counts.astype(np.int64), {c: multinomial_mass(c, law) for c in compositions(4, mass.size)}
    )


_AVERAGED = Draws((Fraction(1, 2), Fraction(1, 8), Fraction(3, 8)), (1, 2, 4), 3)


def log_means(world: Sampled) -> Floats:
    """`[draws]`: what `log_mean_exp` answers."""
    problem = TabularProblem(
        prompt_mass=np.ones(1),
        base=np.array([_MASS]),
        features=np.array([[[0.0], [0.5], [1.0]]]),
        reward=np.zeros((1, 3)),
        beta=1.0,
    )
    streams, law = world.trial.streams, str(world.trial.case.params["law"])
    rows = Streams((*streams.path, str(streams.rows[0])), range(world.draws), streams.reseed)
    oracle = oracles.open(problem, law=law, streams=rows)
    return oracle.log_mean_exp(oracle.prompt(), Dot(np.array([2 * np.log(2.0)])), _AVERAGED.count)


def means(world: Sampled, known: bool = False) -> Sample:
    """Distance of `log_mean_exp` from the enumerated law; with `known` the true mean is given instead."""
    found = np.full(world.draws, np.log(_MASS @ _AVERAGED.weights)) if known else log_means(world)
    total = np.rint(np.exp(found) * _AVERAGED.count).astype(np.int64)
    law_of_total = {(int(average * _AVERAGED.count),): q for average, q in _AVERAGED.averages().items()}
    return comparison.to_law(total[:, None], law_of_total)


# --- false variants ----------------------------------------------------------------------------------------


def independent(world: Draws) -> dict[Fraction, Fraction]:
    """Every count is a binomial of its own, whatever the others are."""
    return world.by_counts(
        lambda counts, law: math.prod(
            (
                math.comb(world.count, n) * q**n * (1 - q) ** (world.count - n)
                for n, q in zip(counts, law, strict=True)
            ),
            start=ONE,
        )
    )


def known(world: Draws) -> dict[Fraction, Fraction]:
    """The average is its expectation."""
    return {sum((q * w for q, w in zip(world.law, world.weights, strict=True)), Fraction(0)): ONE}


def by_gamma(k: float, n: float, p: float) -> float:
    """Differences of log-gamma functions, which lose all digits at large `n`."""
    ends = (k * math.log(p) if k else 0.0) + ((n - k) * math.log1p(-p) if n > k else 0.0)
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + ends


def poisson(generator: np.random.Generator, n: int, p: float, found: Floats) -> None:
    """Poisson draws of the same mean."""
    found[:] = generator.poisson(n * p, found.size)


def shifted(generator: np.random.Generator, n: int, p: float, found: Floats) -> None:
    """One more than a binomial."""
    found[:] = generator.binomial(n, p, found.size) + 1


def _binomial(slug: str, n: int, p: float, *tiers: str) -> tuple[Case, ...]:
    sizes = {"quick": 200_000, "full": 1_000_000}
    return tuple(
        Case(slug=f"{slug}-{tier}", params={"n": n, "p": p, "draws": sizes[tier]}, tiers=(tier,))
        for tier in tiers or ("quick", "full")
    )


def _tight(n: int, draws: int, *tiers: str) -> Case:
    params = {"responses": n, "draws": draws}
    return Case(slug=f"n-{n}-draws-{draws}", params=params, tight=True, tiers=tiers or ("quick", "full"))


def _simulated(slug: str, resolution: Resolution, draws: int, *tiers: str) -> Check:
    return comparison.one_law(
        slug=slug,
        cases=tuple(
            Case(slug=law, params={"law": law, "draws": draws}, tiers=tiers)
            for law in ("literal", "exact-law")
        ),
        instance=sampled,
        measure=means,
        resolution=resolution,
    )


CLAIM = Claim(
    id="X3",
    slug="means-from-counts",
    theorem="exact_law",
    title="An average over draws is a function of multinomial counts",
    statement=(
        "For every pi_ref, weights and m, the average weight of m draws has the law of (1/m) sum_y n_y w(y), "
        "n ~ Multinomial(m, pi_ref), and the counts are conditional binomials, rarest atom first. The "
        "simulator's logarithm of a binomial probability is right to 16 units of 2^-52 (1 + |log P| + "
        "|k - np|/(1-p)) for n < 2^53, and its binomials, multinomials and averages have these laws."
    ),
    formula=(
        r"\frac1m \sum_i w(y_i) \sim \frac1m \sum_y n_y w(y),\quad n \sim \mathrm{Mult}(m, \pi_{ref}) = "
        r"\prod_k \mathrm{Bin}\Big(m - \sum_{j<k} n_j, \frac{\pi_k}{\sum_{j \ge k} \pi_j}\Big)"
    ),
    relation="==",
    scope=(
        "In rationals for N <= 4 and m <= 6; the logarithm in ball arithmetic to n = 2^53 and p = 5e-15; "
        "draws to a distance of .015 (full: 10^6 draws, margins .003 to .005); the sampler's own law to 1e-7 "
        "for n to 1000; averages of an oracle to .04 (full: .015)."
    ),
    source=(
        "Binomials: Hoermann (1993), algorithm BTRS; their probabilities: Loader (2000). The conditional "
        "method for multinomials: Devroye (1986), section XI.1."
    ),
    checks=(
        Check(
            slug="average",
            evidence=Evidence.EXHAUSTIVE,
            cases=(_tight(2, 6), _tight(3, 4), _tight(3, 6, "full"), _tight(4, 5, "full")),
            instance=draws_of,
            measure=averaged,
            bound=stated_by(lambda w: w.by_counts(multinomial_mass)),
        ),
        Check(
            slug="conditional-binomials",
            evidence=Evidence.EXHAUSTIVE,
            cases=(_tight(3, 4), _tight(4, 4), _tight(4, 6, "full")),
            instance=draws_of,
            measure=products,
            bound=multinomial,
        ),
        Check(
            slug="log-mass",
            evidence=Evidence.CERTIFIED,
            cases=(
                Case(slug="grid", params={"step": 16}, tiers=("quick",)),
                Case(slug="fine", params={"step": 1}, tiers=("full",)),
            ),
            instance=places,
            measure=log_masses,
            bound=lambda _: Bound.of(ROUNDING),
            relation="<=",
        ),
        comparison.one_law(
            slug="binomial",
            cases=(
                *_binomial("few", 20, 0.3),
                *_binomial("rare", 10**15, 5e-15),
                *_binomial("middle", 40, 0.5),
                *_binomial("upper", 10**6, 0.7),
                *_binomial("thousand", 1000, 0.3, "full"),
                *_binomial("many", 10**10, 0.01, "full"),
            ),
            instance=sampled,
            measure=binomials,
            resolution=CLOSE,
        ),
        comparison.one_law(
            slug="multinomial",
            cases=(
                Case(slug="four", params={"draws": 200_000}, tiers=("quick",)),
                Case(slug="four-many", params={"draws": 1_000_000}, tiers=("full",)),
            ),
            instance=sampled,
            measure=multinomials,
            resolution=CLOSE,
        ),
        Check(
            slug="kernel-law",
            evidence=Evidence.ADVERSARIAL,
            cases=tuple(
                Case(slug=f"n-{n}-p-{100 * p:.0f}", params={"n": n, "p": p}, tiers=tiers)
                for n, p, tiers in (
                    (20, 0.3, ("quick", "full")),
                    (25, 0.41, ("quick", "full")),
                    (40, 0.5, ("quick", "full")),
                    (1000, 0.05, ("quick", "full")),
                    (100, 0.3, ("full",)),
                    (1000, 0.3, ("full",)),
                )
            ),
            instance=scripted.binomial,
            measure=agreement(scripted.masses, scripted.law, scripted.ACCURACY),
            bound=lambda _: Bound.of(1.0),
            relation="<=",
        ),
        _simulated("simulator", BAND, 16_384, "quick", "full"),
        _simulated("simulator-fine", FINE, 100_000, "full"),
    ),
    false_variants=(
        FalseVariant(
            slug="independent-counts",
            why="Every atom's count is drawn by itself.",
            check="average",
            bound=stated_by(independent),
        ),
        FalseVariant(
            slug="known-normaliser",
            why="The average is replaced by its expectation.",
            check="average",
            bound=stated_by(known),
        ),
        FalseVariant(
            slug="unconditional",
            why="Binomials are drawn with pi_k in place of its share of what is left.",
            check="conditional-binomials",
            measure=partial(products, share=lambda own, tail: own),
        ),
        FalseVariant(
            slug="by-log-gamma",
            why="The logarithm of a probability by differences of log-gamma functions.",
            check="log-mass",
            measure=partial(log_masses, log_mass=by_gamma),
        ),
        FalseVariant(
            slug="poisson",
            why="Binomials are replaced by Poisson draws.",
            check="binomial",
            measure=partial(binomials, draw=poisson),
            cases=("few-quick", "middle-quick", "middle-full"),
        ),
        FalseVariant(
            slug="shifted",
            why="Counts are one too large.",
            check="binomial",
            measure=partial(binomials, draw=shifted),
            cases=("few-quick", "few-full"),
        ),
        FalseVariant(
            slug="other-masses",
            why="Counts are drawn by masses of which one is off by a tenth.",
            check="multinomial",
            measure=partial(multinomials, mass=np.array([0.45, 0.175, 0.375])),
        ),
        FalseVariant(
            slug="simulator-knows-normaliser",
            why="An oracle answers with the true mean.",
            check="simulator",
            measure=partial(means, known=True),
            cases=("exact-law",),
        ),
        FalseVariant(
            slug="fine-knows-normaliser",
            why="The same, as finely as the full tier tells.",
            check="simulator-fine",
            measure=partial(means, known=True),
            cases=("exact-law",),
        ),
        FalseVariant(
            slug="squeezed-too-far",
            why="The kernel accepts at once up to a level that is too high.",
            check="kernel-law",
            measure=agreement(
                partial(scripted.masses, threshold=scripted.squeezed), scripted.law, scripted.ACCURACY
            ),
            cases=("n-25-p-41", "n-40-p-50"),
        ),
    ),
)

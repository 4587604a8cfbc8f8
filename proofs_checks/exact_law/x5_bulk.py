"""X5: rounds of exploration can be drawn in bulk, with the joint law of data, cost and switches.

Statement. While ``theta`` is frozen, rounds ``(x, y', y)`` are independent and alike, and share one estimate
of the normaliser per prompt and ``y'``. Among `n` of them (a) the numbers of anchors ``y'`` are multinomial;
of the `k` rounds of one anchor, given its estimate, ``Binomial(k, (1-p)^tries)`` accept nothing, the accepted
responses are ``Multinomial(pi_ref alpha/p)`` and the others ``Multinomial(pi_ref)``; (b) accepted rounds cost
a sum of waiting times ``Geometric(p)`` given that each is at most ``tries``, which is a sum of independent
bits over the intervals that the binary digits of ``tries`` cut; (c) given the counts, the round after which
``log det Sigma`` has grown by the factor is found by halving: each cell has ``Binomial(count, 1/2)`` of its
rounds in the first half of time, and the half that holds the switch is split again. The law of what has
happened by then is that of a uniformly random order.

What is checked. In rationals, for equality: (1) ``order``: all orders of up to 6 rounds of up to 3 cells,
every limit, against halving. (2) ``waiting``: sums of up to 4 capped waiting times, caps to 13, by
convolution against bits. (3) ``segment``: two and three rounds of the sampler, draw by draw, estimates
included, against (a) and (b). As simulated: (4) ``totals``: sums of waiting times against their law, and
``cells``: a million rounds of a frozen ``theta`` against (a). (5) ``one-by-one``, ``in-bulk``, ``literal``,
``fine``: rounds of the compiled exact law, of prompts in a list and in blocks, one by one and in bulk, and of
the literal oracle, against rounds drawn as they are defined (`literal_rounds`): joint law of calls, data,
regression, clipping, misses, policies and segments, with several refreshes, many prompts, Gaussian rewards
and coins, purses that run out anywhere or are just enough.

What is not. More than 72 rounds: beyond, the steps are the same.

Why trust it. The enumerations draw candidate by candidate and order by order; the rounds that simulators are
held against share no line with either of them; what (4) and (5) leave open is stated.
"""

import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial
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
    Resolution,
    Sample,
    Trial,
)
from proofs_checks.exact_law import comparison, explorations, frozen_cells
from proofs_checks.exact_law.bulk_enumeration import (
    Order,
    Played,
    Segment,
    Sums,
    Waits,
    by_bits,
    by_convolution,
    by_halves,
    in_bulk,
    in_order,
    round_by_round,
)
from proofs_checks.exact_law.sampler_enumeration import Sampler

#: What 30,000 runs of a simulator and four times as many by the definition tell.
BAND = Resolution(absolute=0.045)
#: What 300,000 and 1,200,000 tell.
FINE = Resolution(absolute=0.01)
#: 200,000 sums have a margin of .01 in total variation.
CLOSE = Resolution(absolute=0.015)

# --- the order of rounds, in rationals ---------------------------------------------------------------------


def orders(trial: Trial) -> list[Order]:
    """All counts of the case's cells, up to `rounds` in all, and every limit that they exceed."""
    cells, rounds = (int(trial.case.params[name]) for name in ("cells", "rounds"))
    gains = tuple(range(1, cells + 1))
    return [
        Order(counts, gains, limit)
        for counts in itertools.product(range(1, rounds + 1), repeat=cells)
        if sum(counts) <= rounds
        for limit in range(sum(n * g for n, g in zip(counts, gains, strict=True)))
    ]


def ordered(world: list[Order]) -> Measurement:
    """The probability of every set of rounds up to the last, over all orders."""
    rows = [(w, counts, mass) for w in world for counts, mass in in_order(w).items()]
    return Measurement.exact(
        [mass for _, _, mass in rows],
        unit="prefixes",
        witness=lambda k: {
            "counts": str(rows[k][0].counts),
            "gains": str(rows[k][0].gains),
            "limit": rows[k][0].limit,
            "prefix": str(rows[k][1]),
        },
    )


def halved(world: list[Order], whole_half: bool = False) -> Bound:
    """What halving gives to them."""
    laws = [(by_halves(w, whole_half), in_order(w)) for w in world]
    return Bound.of([stated.get(c, Fraction(0)) for stated, own in laws for c in own])


# --- sums of waiting times, in rationals -------------------------------------------------------------------


def waits(trial: Trial) -> list[Waits]:
    """Sums of up to `count` waiting times under every cap up to 13."""
    chances = (Fraction(1, 2), Fraction(1, 3), Fraction(1, 10), Fraction(9, 10), Fraction(1))
    counts = range(1, int(trial.case.params["count"]) + 1)
    return [Waits(n, p, cap) for n in counts for p in chances for cap in range(1, 14)]


def convolved(world: list[Waits]) -> Measurement:
    """The probability of every sum."""
    rows = [(w, total, mass) for w in world for total, mass in by_convolution(w).items()]
    return Measurement.exact(
        [mass for _, _, mass in rows],
        unit="sums",
        witness=lambda k: {
            "count": rows[k][0].count,
            "p": str(rows[k][0].p),
            "cap": rows[k][0].cap,
            "sum": rows[k][1],
        },
    )


def summed_by(formula: Callable[[Waits], Sums]) -> Callable[[list[Waits]], Bound]:
    """What `formula` gives to them."""

    def bound(world: list[Waits]) -> Bound:
        laws = [(formula(w), by_convolution(w)) for w in world]
        return Bound.of([stated.get(total, Fraction(0)) for stated, own in laws for total in own])

    return bound


# --- rounds of a frozen theta, in rationals ----------------------------------------------------------------


def segments(trial: Trial) -> list[Segment]:
    """Two responses, hence two anchors; weights relative to either, ratios that clip and that do not."""
    rounds, normaliser, tries = (int(trial.case.params[name]) for name in ("rounds", "normaliser", "tries"))
    found = []
    for q, ratio in itertools.product((Fraction(1, 2), Fraction(1, 3)), (Fraction(1), Fraction(5, 2))):
        base = (q, 1 - q)
        weights = ((Fraction(1), Fraction(3)), (Fraction(1, 3), Fraction(1)))
        found.append(Segment(tuple(Sampler(base, w, ratio, normaliser, tries) for w in weights), rounds))
    return found


def played(world: list[Segment]) -> Measurement:
    """The probability of every outcome, draw by draw."""
    rows = [(w, outcome, mass) for w in world for outcome, mass in round_by_round(w).items()]
    return Measurement.exact(
        [mass for _, _, mass in rows],
        unit="outcomes",
        witness=lambda k: {
            "law": str([str(q) for q in rows[k][0].base]),
            "M": str(rows[k][0].samplers[0].ratio),
            "cells (anchor, response, missed)": str(rows[k][1][0]),
            "calls": rows[k][1][1],
        },
    )


def played_by(formula: Callable[[Segment], dict[Played, Fraction]]) -> Callable[[list[Segment]], Bound]:
    """What `formula` gives to them."""

    def bound(world: list[Segment]) -> Bound:
        laws = [(formula(w), round_by_round(w)) for w in world]
        return Bound.of([stated.get(outcome, Fraction(0)) for stated, own in laws for outcome in own])

    return bound


# --- simulated sums ----------------------------------------------------------------------------------------

_WAITS = Waits(3, Fraction(1, 4), 5)


def totals(trial: Trial, cap: int = _WAITS.cap) -> Sample:
    """Distance of the simulator's sums from the law; it draws them under `cap`."""
    from explore_theory.oracles.kernels import counting

    found = np.empty(int(trial.case.params["draws"]))
    counting.capped_totals(trial.streams.generators()[0], _WAITS.count, float(_WAITS.p), cap, found)
    law = {(total,): mass for total, mass in by_convolution(_WAITS).items()}
    return comparison.to_law(found.astype(np.int64)[:, None], law)


# --- false variants ----------------------------------------------------------------------------------------


def from_zero(world: Waits) -> Sums:
    """Waiting times count misses."""
    return {total - world.count: mass for total, mass in by_convolution(world).items()}


def uncapped(world: Waits) -> Sums:
    """Waiting times are not capped: a negative binomial law."""
    n, p = world.count, world.p
    if not n:
        return {0: Fraction(1)}
    most = n * world.cap
    return {k: math.comb(k - 1, n - 1) * p**n * (1 - p) ** (k - n) for k in range(n, most + 1)}


def power_of_two(world: Waits) -> Sums:
    """Bits for the cap rounded up to a power of two."""
    return by_bits(Waits(world.count, world.p, 1 << (world.cap - 1).bit_length()))


def _exhaustive(slug: str, *tiers: str, **params: Any) -> Case:
    return Case(slug=slug, params=params, tight=True, tiers=tiers or ("quick", "full"))


def _exploration(
    slug: str, draws: int, *tiers: str, law: str = "exact-law", drawn: str = "from a list", **given: Any
) -> Case:
    params: dict[str, Any] = {"noise": "gaussian", "updates": "rarely", "growth": 1.3, "purse": "none"}
    more: dict[str, Any] = {"law": law, "prompts drawn": drawn, "draws": draws}
    return Case(slug=slug, params={**params, "rounds": 12, **given, **more}, tiers=tiers or ("quick", "full"))


def _explored(slug: str, resolution: Resolution, *cases: Case) -> Check:
    return comparison.one_law(
        slug=slug,
        cases=cases,
        instance=explorations.rounds,
        measure=comparison.alike,
        resolution=resolution,
    )


#: Rounds as they come, and with a policy that stays for some; the second are drawn in bulk, without purses.
_EVERY: dict[str, Any] = {"prompts": 9, "updates": "every-round"}
_RARELY: dict[str, Any] = {"prompts": 2}
_PURSES: dict[str, Any] = {"prompts": 2, "noise": "coins", "purse": "drawn"}
_BLOCKS: dict[str, Any] = {"prompts": 2, "purse": "drawn", "drawn": "by the problem"}
#: A segment that does not end with the first bulk of 64 rounds.
_LONG: dict[str, Any] = {"prompts": 2, "rounds": 72, "growth": 6.0}


CLAIM = Claim(
    id="X5",
    slug="bulk-rounds",
    theorem="exact_law",
    title="Rounds of exploration can be drawn in bulk with the joint law of data, cost and switches",
    statement=(
        "While theta is frozen, the cells (x, y', y) of n rounds are multinomial, rounds without acceptance "
        "binomial, and the calls of the others sums of capped geometric waiting times, which are sums of "
        "independent bits over the intervals cut by the binary digits of the cap; halving in time finds the "
        "round of the switch with the law of a uniformly random order. The simulator's rounds, in bulk and "
        "one by one, have the law of the literal ones."
    ),
    formula=(
        r"\sum_{i \le n} (T_i - 1) = \sum_I \Big( n_I a_I + \sum_b 2^b\, "
        r"\mathrm{Bin}\big(n_I, \tfrac{r^{2^b}}{1 + r^{2^b}}\big) \Big),\quad r = 1 - p"
    ),
    relation="==",
    scope=(
        "In rationals: orders of 4 rounds, 2 waiting times with caps to 13, segments of 2 rounds (full: 6, "
        "4, 3). Simulated: sums and cells to a distance of .015, explorations of 12 and 72 rounds to .045 "
        "(full: .01)."
    ),
    source="Ours; independent bits of a geometric law: Devroye (1986), section X.2 and exercises.",
    uses=("X3", "X4"),
    checks=(
        Check(
            slug="order",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                _exhaustive("cells-2-rounds-4", cells=2, rounds=4),
                _exhaustive("cells-2-rounds-6", "full", cells=2, rounds=6),
                _exhaustive("cells-3-rounds-6", "full", cells=3, rounds=6),
            ),
            instance=orders,
            measure=ordered,
            bound=halved,
        ),
        Check(
            slug="waiting",
            evidence=Evidence.EXHAUSTIVE,
            cases=(_exhaustive("count-2", count=2), _exhaustive("count-4", "full", count=4)),
            instance=waits,
            measure=convolved,
            bound=summed_by(by_bits),
        ),
        Check(
            slug="segment",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                _exhaustive("rounds-2-m-2", rounds=2, normaliser=2, tries=2),
                _exhaustive("rounds-2-m-2-tries-3", "full", rounds=2, normaliser=2, tries=3),
                _exhaustive("rounds-3-m-1", "full", rounds=3, normaliser=1, tries=2),
            ),
            instance=segments,
            measure=played,
            bound=played_by(in_bulk),
        ),
        comparison.one_law(
            slug="totals",
            cases=(
                Case(slug="three", params={"draws": 200_000}, tiers=("quick",)),
                Case(slug="three-many", params={"draws": 1_000_000}, tiers=("full",)),
            ),
            measure=totals,
            resolution=CLOSE,
        ),
        comparison.one_law(
            slug="cells",
            cases=(Case(slug="given-caps", params={"draws": 1_000_000}),),
            measure=frozen_cells.counted,
            resolution=CLOSE,
        ),
        _explored(
            "one-by-one",
            BAND,
            _exploration("every-round", 30_000, **_EVERY),
            _exploration("purses", 30_000, **_PURSES),
            _exploration("blocks", 30_000, **_BLOCKS),
        ),
        _explored(
            "in-bulk",
            BAND,
            _exploration("short", 30_000, **_RARELY),
            _exploration("many-prompts", 20_000, prompts=9),
            _exploration("long", 20_000, **_LONG),
        ),
        _explored(
            "literal",
            BAND,
            _exploration("purses", 30_000, law="literal", **_PURSES),
            _exploration("every-round", 30_000, "full", law="literal", **_EVERY),
            _exploration("rarely", 60_000, "full", law="literal", **_RARELY),
        ),
        _explored(
            "fine",
            FINE,
            _exploration("bulk", 400_000, "full", **_RARELY),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="half-kept-whole",
            why="What comes after the switch in its half of time is kept.",
            check="order",
            bound=partial(halved, whole_half=True),
        ),
        FalseVariant(
            slug="shifted",
            why="Waiting times count misses.",
            check="waiting",
            bound=summed_by(from_zero),
        ),
        FalseVariant(
            slug="uncapped",
            why="Waiting times are not capped.",
            check="waiting",
            bound=summed_by(uncapped),
        ),
        FalseVariant(
            slug="power-of-two",
            why="The cap is rounded up to a power of two.",
            check="waiting",
            bound=summed_by(power_of_two),
        ),
        FalseVariant(
            slug="calls-uncapped",
            why="Accepted rounds of a segment cost waiting times without a cap.",
            check="segment",
            bound=played_by(partial(in_bulk, sums=uncapped)),
        ),
        FalseVariant(
            slug="estimate-per-round",
            why="Every round of a segment pays for an estimate of its own.",
            check="segment",
            bound=played_by(partial(in_bulk, estimates=lambda n: n)),
        ),
        FalseVariant(
            slug="simulated-cap-off-by-one",
            why="The simulator's waiting times may reach one more than their cap.",
            check="totals",
            measure=partial(totals, cap=_WAITS.cap + 1),
        ),
        FalseVariant(
            slug="missed-like-accepted",
            why="The response of a round without acceptance has the law of accepted ones.",
            check="cells",
            measure=partial(frozen_cells.counted, like_accepted=True),
        ),
        FalseVariant(
            slug="known-normaliser",
            why="The simulated rounds use the true normaliser, at the cost of an estimate.",
            check="one-by-one",
            measure=explorations.without_estimate,
            cases=("every-round",),
        ),
        FalseVariant(
            slug="radius-unsquared",
            why="Squared norms are held against the radius.",
            check="one-by-one",
            measure=explorations.unsquared,
            cases=("every-round",),
        ),
        FalseVariant(
            slug="free-fallback",
            why="The simulator's draw after a round without acceptance is not charged.",
            check="one-by-one",
            measure=explorations.without_fallback,
            cases=("purses",),
        ),
        FalseVariant(
            slug="switches-late",
            why="The simulator's theta is refreshed when the determinant has grown twice as far.",
            check="in-bulk",
            measure=explorations.late,
            cases=("short",),
        ),
        FalseVariant(
            slug="noise-halved",
            why="The simulated reward differences have half their variance.",
            check="in-bulk",
            measure=explorations.half_of_the_noise,
            cases=("short",),
        ),
        FalseVariant(
            slug="estimates-apart",
            why="Anchors of equal features do not share an estimate.",
            check="in-bulk",
            measure=explorations.unshared,
            cases=("short",),
        ),
        FalseVariant(
            slug="literal-free-fallback",
            why="The literal oracle's draw after a round without acceptance is not charged.",
            check="literal",
            measure=explorations.without_fallback,
            cases=("purses",),
        ),
        FalseVariant(
            slug="fine-free-fallback",
            why="The same, as finely as the full tier tells.",
            check="fine",
            measure=explorations.without_fallback,
            cases=("bulk",),
        ),
    ),
)

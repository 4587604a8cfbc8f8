"""S8: the softmax sampler draws from its target, except with probability at most .26 of what it was given.

Statement. ``SoftmaxSampler(f, M, delta)``, ``0 < delta <= 1``: ``m = ceil(4 M log(4/delta))`` weak samples
give ``Zhat`` for ``Z = E_{pi_ref} e^{f/beta}``; then at most `m` fresh candidates, `y` accepted with
probability ``min{1, e^{f(y)/beta}/(Zhat M)}``; if none is accepted, a fresh base sample. If ``sup pi_f/pi_ref
<= M/2``:

1. given ``Zhat >= Z/2``, nothing clips, and the output has law ``(1-e) pi_f + e pi_ref`` exactly, `e` the
   chance that no candidate is accepted;
2. ``P(Zhat < Z/2) <= exp(-.3068 m/M)`` and ``P(Zhat > 2Z) <= exp(-.7725 m/M)``, for every number `m` of
   samples;
3. given ``Zhat <= 2Z``, ``e <= (delta/4)^2``;
4. a call fails (``Zhat < Z/2``, or no acceptance) with probability at most ``.26 delta``, which therefore
   bounds the total variation distance of its output law from ``pi_f``;
5. (sharper, ours) if the weak samples of the normaliser serve again as the candidates, then given ``Zhat``
   they are not base draws and 1 is false, but the output law is still within ``.26 delta`` of ``pi_f``, at
   half the calls.

Proof. Divide by `Z`: the weights are ``g = pi_f/pi_ref`` in ``[0, M/2]``, of mean one, and the sampler stays
the same. (1) ``g/(Zhat M) <= (M/2)/(M/2)``; each candidate is accepted as `y` with probability ``pi_ref(y)
g(y)/(Zhat M) = pi_f(y)/(Zhat M)``. (2) ``2g/M`` lies in [0, 1] and has mean ``2/M``, so by the chord bound on
its exponential moments the sum of `m` of them obeys Chernoff's bounds for a Poisson variable of mean ``mu =
2m/M``: ``exp(-mu (1/2 + (1/2) log(1/2)))`` for half the mean and ``exp(-mu (2 log 2 - 1))`` for twice. The
constants are twice .15342 and twice .38629, rounded down. (3) The chance of acceptance falls as ``Zhat``
grows, and is ``1/(2M)`` at ``2Z``: ``(1 - 1/(2M))^m <= exp(-2 log(4/delta))``. (4) With ``x = delta/4 <=
1/4``, the three add up to ``x^1.2272 + x^3.09 + x^2 <= 1.04 x``, the ratio to `x` being largest at ``x =
1/4``. (5) With ``c = 1/(M Zhat)``, held between ``1/(2M)`` and ``2/M`` at the cost of the events in 2, sample
`i` is accepted with probability ``c g_i``, the first accepted is uniform among the accepted, and so is `y`
with probability ``E sum_i 1{y_i = y} g_i int_0^c prod_{l != i} (1 - s g_l) ds``. Were `c` the constant
``1/(2M)``, that would be ``pi_f(y) (1 - (1 - c)^m)``; beyond it the integral, summed over `y`, adds at most
``E prod (1 - g_l/(2M)) = (1 - 1/(2M))^m``. So what depends on ``Zhat`` is no more than 3 allows, and the
three add up as before.

What is checked. For two responses, all counts of the weak samples: 1 in rationals, with the law of the output
found draw by draw; 2 to 5 for the exact binomial law, in balls, `m` to 2e4 (5: to 170). The exponents of 2 as
`m/M` grows to 1e4: they are attained. The constants and the sum in 4 by ball arithmetic and boxes.

What is not. More than two responses: the weights enter 2 by their range and mean alone, and 1 and 3 response
by response.

Why trust it. Nothing is simulated and nothing is rounded: probabilities are rationals or balls around them.

Sharper, seen here: the exact failure probability is at most .042 at ``delta = 1``, six times below the bound,
and at ``delta = 1e-3`` 140 times below it.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from explore_theory.harness import Bound, Case, Check, Claim, Evidence, FalseVariant, Measurement, Trial
from proofs_checks.spanner_sampling import estimate_tails, given_estimate, rejection
from proofs_checks.spanner_sampling.binomial import BITS
from proofs_checks.spanner_sampling.estimate_tails import HIGH, LOW
from proofs_checks.spanner_sampling.given_estimate import HALF, TARGETS, TWO, World, enclosures
from proofs_checks.spanner_sampling.rejection import Sampler

#: What a call may fail with, over what it was given.
FAILS = Fraction(26, 100)


# --- 3: no acceptance --------------------------------------------------------------------------------------


def acceptances(trial: Trial, *, logs: bool = True) -> World:
    """Samplers with the stated cap, or without its logarithm; the first can estimate exactly ``2 Z``."""
    delta = Fraction(str(trial.case.params["delta"]))
    shapes = [(Fraction(9, 10), Fraction(10), 225)]
    shapes += [(t, Fraction(r), m) for t in TARGETS for r in (2, 10, 50) for m in (1, 10, 100)]
    samplers = []
    for target, ratio, samples in shapes:
        cap = rejection.budget(2 * ratio, delta) if logs else math.ceil(8 * ratio)
        samplers.append(Sampler(target=target, ratio=ratio, multiplier=2 * ratio, samples=samples, cap=cap))
    return World(samplers=samplers, delta=delta)


def no_acceptance(world: World) -> Measurement:
    """The largest chance of no acceptance over the counts with ``Zhat <= 2Z``."""
    from explore_theory.certify.balls import ball, precision

    worst, effort = [], 0
    with precision(BITS):
        for s in world.samplers:
            counts = range(min(s.samples + 1, s.first_above(TWO)))
            worst.append(ball(1 - min(sum(s.draw(k)) for k in counts)) ** s.cap)
            effort += len(counts)
        lo, hi = enclosures(worst)
    return Measurement(lo=lo, hi=hi, effort=effort, unit="counts", witness=world.describe)


# --- 4: one call -------------------------------------------------------------------------------------------


def calls(
    trial: Trial, *, multiplier: Fraction = TWO, samples_log: bool = True, cap_log: bool = True
) -> World:
    """The sampler as stated; or ``M`` another multiple of the density ratio; or budgets without logarithm."""
    params = trial.case.params
    delta = Fraction(str(params["delta"]))
    samplers = []
    for target in TARGETS:
        for ratio in (Fraction(r) for r in (2, 10, 40, 120, 300) if r <= int(params["most ratio"])):
            s = rejection.stated(target, ratio, delta, multiplier=multiplier * ratio)
            short = math.ceil(4 * s.multiplier)
            samplers.append(
                replace(s, samples=s.samples if samples_log else short, cap=s.cap if cap_log else short)
            )
    return World(samplers=samplers, delta=delta)


def failures(world: World) -> Measurement:
    """The failure probability of every sampler, then the distance of its output law from ``pi_f``."""
    from explore_theory.certify.balls import precision

    with precision(BITS):
        found = [rejection.call(s) for s in world.samplers]
        lo, hi = enclosures([c.low + c.exhausted for c in found] + [c.distance for c in found])
    largest = max(s.samples for s in world.samplers)
    return Measurement(
        lo=lo,
        hi=hi,
        effort=sum(s.samples + 1 for s in world.samplers),
        unit="counts",
        witness=world.describe,
        notes={"delta": float(world.delta), "largest failure probability": float(hi.max()), "m": largest},
    )


def reusing(trial: Trial, *, logs: bool = True) -> World:
    """One sampler with the stated budget of weak samples, or without its logarithm."""
    delta, ratio = (Fraction(str(trial.case.params[name])) for name in ("delta", "ratio"))
    s = rejection.stated(HALF, ratio, delta)
    return World(samplers=[s if logs else replace(s, samples=math.ceil(4 * s.multiplier))], delta=delta)


def reused(world: World) -> Measurement:
    """The distance from ``pi_f`` if the weak samples of the normaliser serve as candidates."""
    from explore_theory.certify.balls import precision

    with precision(BITS):
        lo, hi = enclosures([rejection.reused_distance(s) for s in world.samplers])
    effort = sum((s.samples + 1) ** 2 for s in world.samplers)
    return Measurement(lo=lo, hi=hi, effort=effort, unit="counts", witness=world.describe)


def failure_sum(_: Trial, fails: Fraction = FAILS) -> Measurement:
    """The largest ``(x^{4 (.3068)} + x^{4 (.7725)} + x^2) / (.26 delta)`` at ``x = delta/4``."""
    from explore_theory.certify.balls import ball, precision
    from explore_theory.certify.boxes import largest_ratio

    with precision(128):
        log_four = ball(4).log()

    def log_ratio(x: Sequence[Any]) -> Any:
        size = x[0] - log_four
        # Every term over x: the ratio is a sum of increasing functions of delta.
        total = sum(((power - 1) * size).exp() for power in (4 * LOW, 4 * HIGH, TWO))
        return (total * (1 / (4 * fails))).log()

    return largest_ratio(log_ratio, {"log delta": (math.log(1e-12), 0.0)})


def delta_cases(delta: str, quick: int) -> tuple[Case, ...]:
    """One failure probability, with density ratios up to `quick`, and up to 300."""
    slug = "delta-" + delta.replace("/", "-")
    return (
        Case(slug=slug, params={"delta": delta, "most ratio": quick}),
        Case(slug=slug + "-to-2e4", params={"delta": delta, "most ratio": 300}, tiers=("full",)),
    )


def deltas_of(world: World, factor: Fraction) -> Bound:
    """``factor delta``."""
    return Bound.of([factor * world.delta])


CLAIM = Claim(
    id="S8",
    slug="softmax-sampler",
    theorem="spanner_sampling",
    title="The softmax sampler draws from its target, except with probability .26 delta",
    statement=(
        "If sup pi_f/pi_ref <= M/2: given Zhat >= Z/2 nothing clips and the output law is "
        "(1-e) pi_f + e pi_ref; P(Zhat < Z/2) <= exp(-.3068 m/M) and P(Zhat > 2Z) <= exp(-.7725 m/M); given "
        "Zhat <= 2Z no candidate is accepted with probability at most (delta/4)^2; a call fails with "
        "probability at most .26 delta, and its output law is within .26 delta of pi_f, also if the weak "
        "samples of the normaliser are used again as candidates."
    ),
    formula=(
        r"\mathbb{P}(\hat Z < Z/2) \le e^{-.3068 m/M}, \quad "
        r"\mathbb{P}(\hat Z > 2Z) \le e^{-.7725 m/M}, \quad "
        r"\mathrm{TV}(\text{output}, \pi_f) \le \mathbb{P}(\text{fail}) \le .26\,\delta"
    ),
    relation="<=",
    scope=(
        "Two responses, all counts of up to 2e4 weak samples, density ratios to 300, delta from 1e-3 to 1; "
        "the exponents at m/M to 1e4; the constants for all delta in [1e-12, 1]."
    ),
    source="Ours; rejection sampling with an estimated normaliser, and Chernoff's bound (1952).",
    checks=(
        Check(
            slug="clipping",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="counts", params={"most draws": 8}, tight=True),),
            instance=given_estimate.half_estimates,
            measure=given_estimate.clipping,
            bound=lambda _: Bound.of([Fraction(1)]),
        ),
        Check(
            slug="law-given-estimate",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                Case(slug="draws-to-4", params={"most draws": 4}),
                Case(slug="draws-to-8", params={"most draws": 8}, tiers=("full",)),
            ),
            instance=given_estimate.small,
            measure=given_estimate.law,
            bound=lambda _: Bound.of([Fraction(0)]),
        ),
        Check(
            slug="tails",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                Case(slug="ratios-to-20", params={"most ratio": 20}),
                Case(slug="ratios-to-100", params={"most ratio": 100}, tiers=("full",)),
            ),
            instance=estimate_tails.multiples,
            measure=estimate_tails.tails,
            bound=estimate_tails.tail_bounds,
        ),
        Check(
            slug="exponents",
            evidence=Evidence.CERTIFIED,
            cases=(
                Case(slug="m-over-m-10", params={"ratio": 100, "m/M": 10}),
                Case(slug="m-over-m-1000", params={"ratio": 1000, "m/M": 1000}, tight=True),
                Case(slug="m-over-m-1e4", params={"ratio": 2000, "m/M": 10**4}, tight=True),
            ),
            instance=estimate_tails.rare,
            measure=estimate_tails.exponents,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(
            slug="constants",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="chernoff", tight=True),),
            measure=estimate_tails.constants,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(
            slug="no-acceptance",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                Case(slug="delta-1", params={"delta": "1"}, tight=True),
                Case(slug="delta-1-100", params={"delta": "1/100"}),
            ),
            instance=acceptances,
            measure=no_acceptance,
            bound=lambda world: Bound.of([(world.delta / 4) ** 2]),
        ),
        Check(
            slug="failure",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                *delta_cases("1", 40),
                *delta_cases("1/10", 10),
                *delta_cases("1/1000", 10),
            ),
            instance=calls,
            measure=failures,
            bound=lambda world: deltas_of(world, FAILS),
        ),
        Check(
            slug="reused",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                Case(slug="delta-1", params={"delta": "1", "ratio": 2}),
                Case(slug="delta-1-100", params={"delta": "1/100", "ratio": 2}),
                Case(slug="delta-1-10", params={"delta": "1/10", "ratio": 6}, tiers=("full",)),
            ),
            instance=reusing,
            measure=reused,
            bound=lambda world: deltas_of(world, FAILS),
        ),
        Check(
            slug="failure-sum",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="all-delta", tight=True),),
            measure=failure_sum,
            bound=lambda _: Bound.of(1.0),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="multiplier-a-tenth",
            why="M is a tenth of 2 sup pi_f/pi_ref, so the likeliest responses are clipped",
            check="failure",
            instance=lambda trial: calls(trial, multiplier=TWO / 10),
            cases=("delta-1-10", "delta-1-1000"),
        ),
        FalseVariant(
            slug="last-rejected-returned",
            why="on exhaustion the last rejected draw is returned, which is not a base sample",
            check="law-given-estimate",
            measure=lambda world: given_estimate.law(world, given_estimate.last_rejected_law),
            cases=("draws-to-4",),
        ),
        FalseVariant(
            slug="normaliser-reused",
            why="the weak samples of the normaliser serve as candidates: the law given Zhat is another",
            check="law-given-estimate",
            measure=lambda world: given_estimate.law(world, given_estimate.reused_law),
            cases=("draws-to-4",),
        ),
        FalseVariant(
            slug="reused-without-logarithm",
            why="4 M weak samples, used twice, whatever delta",
            check="reused",
            instance=lambda trial: reusing(trial, logs=False),
            cases=("delta-1-100",),
        ),
        FalseVariant(
            slug="cap-without-logarithm",
            why="4 M candidates whatever delta",
            check="no-acceptance",
            instance=lambda trial: acceptances(trial, logs=False),
            cases=("delta-1-100",),
        ),
        FalseVariant(
            slug="exhaustion-too-often",
            why="4 M candidates whatever delta: a call fails more often than .26 delta",
            check="failure",
            instance=lambda trial: calls(trial, cap_log=False),
            cases=("delta-1-1000",),
        ),
        FalseVariant(
            slug="samples-without-logarithm",
            why="4 M weak samples whatever delta",
            check="failure",
            instance=lambda trial: calls(trial, samples_log=False),
            cases=("delta-1-1000",),
        ),
        FalseVariant(
            slug="no-room-for-the-estimate",
            why="M is sup pi_f/pi_ref itself: an estimate below Z clips",
            check="clipping",
            instance=lambda trial: given_estimate.half_estimates(trial, multiplier=1),
        ),
        FalseVariant(
            slug="exponent-rounded-up",
            why=".31 in place of .3068, wrong by one percent",
            check="exponents",
            measure=lambda world: estimate_tails.exponents(world, low=Fraction(31, 100)),
            cases=("m-over-m-1e4",),
        ),
        FalseVariant(
            slug="tail-of-a-smaller-range",
            why="twice the exponents, as if weights lay in [0, M/4]",
            check="tails",
            bound=lambda world: estimate_tails.tail_bounds(world, 2 * LOW, 2 * HIGH),
        ),
        FalseVariant(
            slug="constant-rounded-up",
            why=".3069 is above Chernoff's constant",
            check="constants",
            measure=lambda trial: estimate_tails.constants(trial, low=Fraction(3069, 10**4)),
        ),
        FalseVariant(
            slug="a-quarter",
            why=".25 in place of .26, false at delta = 1 for the sum of the three bounds",
            check="failure-sum",
            measure=lambda trial: failure_sum(trial, Fraction(1, 4)),
        ),
    ),
)

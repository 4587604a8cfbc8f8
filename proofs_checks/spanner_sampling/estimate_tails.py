"""How often the estimate of the normaliser is far off, exactly.

Theory section 2, S8.
"""

from fractions import Fraction

from explore_theory.harness import Bound, Measurement, Trial
from proofs_checks.spanner_sampling import rejection
from proofs_checks.spanner_sampling.binomial import BITS
from proofs_checks.spanner_sampling.given_estimate import TARGETS, World, enclosures
from proofs_checks.spanner_sampling.rejection import Sampler

#: The constants of the statement.
LOW, HIGH = Fraction(3068, 10**4), Fraction(7725, 10**4)


def multiples(trial: Trial) -> World:
    """Samplers with ``m = (m/M) M`` samples."""
    params = trial.case.params
    return World(
        samplers=[
            Sampler(target=t, ratio=Fraction(r), multiplier=Fraction(2 * r), samples=2 * r * share, cap=1)
            for t in TARGETS
            for r in range(2, int(params["most ratio"]), 7)
            for share in (1, 4, 16, 64)
        ]
    )


def tails(world: World) -> Measurement:
    """``P(Zhat < Z/2)`` of every sampler, then ``P(Zhat > 2Z)`` of every sampler."""
    from explore_theory.certify.balls import precision

    with precision(BITS):
        low = [rejection.low_estimate(s) for s in world.samplers]
        high = [rejection.high_estimate(s) for s in world.samplers]
        lo, hi = enclosures(low + high)
    return Measurement(lo=lo, hi=hi, effort=lo.size, unit="tails", witness=world.describe)


def tail_bounds(world: World, low: Fraction = LOW, high: Fraction = HIGH) -> Bound:
    """``exp(-.3068 m/M)`` and ``exp(-.7725 m/M)``."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        found = [(-ball(c * s.samples / s.multiplier)).exp() for c in (low, high) for s in world.samplers]
        return Bound(**dict(zip(("lo", "hi"), enclosures(found), strict=True)))


def rare(trial: Trial) -> World:
    """One rare response that carries all of the normaliser: the worst case of both tails."""
    ratio, share = int(trial.case.params["ratio"]), int(trial.case.params["m/M"])
    sampler = Sampler(
        target=1 - Fraction(1, 10**9),
        ratio=Fraction(ratio),
        multiplier=Fraction(2 * ratio),
        samples=2 * ratio * share,
        cap=1,
    )
    return World(samplers=[sampler])


def exponents(world: World, low: Fraction = LOW, high: Fraction = HIGH) -> Measurement:
    """The stated exponents over the true ones, ``-log P / (m/M)``."""
    from explore_theory.certify.balls import ball, precision

    (s,) = world.samplers
    with precision(BITS):
        size = ball(s.samples / s.multiplier)
        true = [
            -rejection.low_estimate(s).log() / size,
            -rejection.high_estimate(s).log() / size,
        ]
        lo, hi = enclosures([ball(c) / rate for c, rate in zip((low, high), true, strict=True)])
    return Measurement(lo=lo, hi=hi, effort=2, unit="exponents", witness=world.describe)


def constants(_: Trial, low: Fraction = LOW, high: Fraction = HIGH) -> Measurement:
    """The stated constants over Chernoff's, ``1 + log(1/2)`` and ``2 (2 log 2 - 1)``."""
    from explore_theory.certify.balls import ball, precision

    with precision(BITS):
        log_two = ball(2).log()
        lo, hi = enclosures([ball(low) / (1 - log_two), ball(high) / (4 * log_two - 2)])
    return Measurement(lo=lo, hi=hi, effort=2, unit="constants")

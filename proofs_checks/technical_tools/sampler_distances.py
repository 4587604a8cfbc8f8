"""Distances of the softmax sampler's output law from its target and from the base policy, as balls.

Letters: two responses; `w = Zhat/Z`; ``P`` the chance that a weight is clipped or nothing is accepted.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from explore_theory.harness import Bound, Measurement, Trial
from proofs_checks.spanner_sampling.rejection import Sampler
from proofs_checks.technical_tools import sampler_law
from proofs_checks.technical_tools.sampler_law import BITS, Outcome, World, enclosures, outcome


def tilted(mass: Fraction, gain: Fraction, multiplier: Fraction, delta: Fraction) -> Sampler:
    """``pi_ref = (1 - mass, mass)``, ``f = (R, -R)`` with ``e^{R/beta} = gain``, and `N` rounded up."""
    normaliser = (1 - mass) * gain + mass / gain
    return sampler_law.rounded((1 - mass) * gain / normaliser, gain / normaliser, multiplier, delta)


def any_budget(trial: Trial) -> World:
    """Samplers of every kind: `M` from far below the largest weight on, few candidates and many."""
    most = int(trial.case.params["most samples"])
    shares = {
        ratio: [Fraction(1, 2), Fraction(1), Fraction(4)]
        for ratio in map(Fraction, ("3/2", "3", "20", "400"))
    }
    shares[Fraction(20)].append(Fraction(1, 10))
    return World(
        samplers=[
            Sampler(target=target, ratio=ratio, multiplier=share * ratio, samples=count, cap=cap)
            for target in sampler_law.TARGETS
            for ratio, chosen in shares.items()
            for share in chosen
            for count, cap in ((1, 1), (10, 3), (most, most))
        ]
    )


def divergence(first: Any, second: Any) -> Any:
    """``KL((p, 1 - p) || (q, 1 - q))`` of two balls."""
    return first * (first / second).log() + (1 - first) * ((1 - first) / (1 - second)).log()


def each(world: World, *values: Callable[[Sampler, Outcome], Any]) -> list[Any]:
    """Every value of every sampler, in lists after one another."""
    outcomes = [outcome(s) for s in world.samplers]
    return [value(s, o) for value in values for s, o in zip(world.samplers, outcomes, strict=True)]


def measuring(*values: Callable[[Sampler, Outcome], Any]) -> Callable[[World], Measurement]:
    """The measurement of some values."""

    def measure(world: World) -> Measurement:
        from explore_theory.certify.balls import precision

        with precision(BITS):
            return sampler_law.measured(world, each(world, *values))

    return measure


def bounding(*values: Callable[[Sampler, Outcome], Any]) -> Callable[[World], Bound]:
    """The bound by some values."""

    def bound(world: World) -> Bound:
        from explore_theory.certify.balls import precision

        with precision(BITS):
            lo, hi = enclosures(each(world, *values))
        return Bound(lo=lo, hi=hi)

    return bound


# --- the values ---------------------------------------------------------------------------------------------


def to_base(s: Sampler, o: Outcome) -> Any:
    """``KL(pi^ || pi_ref)``."""
    return divergence(o.first, _ball(s.mass))


def target_to_base(s: Sampler, _: Outcome) -> Any:
    """``KL(pi_f || pi_ref)``."""
    return divergence(_ball(s.target), _ball(s.mass))


def to_target(s: Sampler, o: Outcome) -> Any:
    """``KL(pi^ || pi_f)``."""
    return divergence(o.first, _ball(s.target))


def base_to_target(s: Sampler, _: Outcome) -> Any:
    """``KL(pi_ref || pi_f)``."""
    return divergence(_ball(s.mass), _ball(s.target))


def variation(s: Sampler, o: Outcome) -> Any:
    """The total variation distance of ``pi^`` from ``pi_f``."""
    return abs(o.first - _ball(s.target))


def hellinger(s: Sampler, o: Outcome) -> Any:
    """``sum (sqrt pi^ - sqrt pi_f)^2``."""
    target = _ball(s.target)
    both = ((o.first, target), (1 - o.first, 1 - target))
    return sum((p.sqrt() - q.sqrt()) ** 2 for p, q in both)


def largest_ratio(s: Sampler, o: Outcome) -> Any:
    """``max_y pi^(y)/pi_f(y)``."""
    target = _ball(s.target)
    first, second = o.first / target, (1 - o.first) / (1 - target)
    return first.max(second)


def half_range(s: Sampler) -> Any:
    """``R/beta`` for the least `R` with ``|f| <= R``, `f` shifted: half the range of ``log pi_f/pi_ref``."""
    return _ball(s.ratio / s.other).log() / 2


def _ball(value: Fraction) -> Any:
    from explore_theory.certify.balls import ball

    return ball(value)

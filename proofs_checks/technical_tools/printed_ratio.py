"""Up to which ``R/beta`` the bound ``e^{R/beta} N`` on the sampler's density ratio holds, certified.

By LF1 the ratio is at most ``1 + P e^{2u}/C``, ``u = R/beta``, since ``pi_ref/pi_f <= e^{2u}/C``. Over
``e^u`` that is convex in `u` and fine at zero, so it is at most `N` for all ``u <= u0`` once ``P e^{u0} <= C
(N - e^{-u0})``. Where ``M >= 20`` that is so by TF1: ``P <= .0067`` and ``N >= 4 M log 4 >= 110``. Below,
more is known of `P` than in TF1. The tangent at ``w = 1`` of ``N log(1 - 1/(M w))``, which is concave, and
the chord bound on exponential moments give, with ``s = 1/(M - 1)``,

    ``P(nothing is accepted) <= [(1 - 1/M) e^{-s} (1 + h)]^N``, ``h = (e^{C s} - 1)/C``,

with equality at ``C = 1``. Over `C` that is log-convex in `C`: ``h'' >= s^3/3``, and ``h' <= .63 s^2`` as ``C
s <= 1/3``, so ``h'' (1 + h) >= h'^2``. So it is largest at ``C = 1`` or ``C = M/4``. That a weight is
clipped, ``w < C/M``, is likeliest at ``C = M/4``: its probability is at most ``4^{N/M} (v M/(M-1))^{N
(1-1/M)}``, ``v = 1 - 4/M``, and at most ``e^{-1.6136 N/M}``. All of these fall as `N` grows, and `N` is at
least 23 and at least ``4 M log 4``: what remains is a function of `M` alone, at either end and in four parts.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from explore_theory.harness import Measurement, Trial

#: The least number of samples: ``N > 16 log 4 > 22``.
LEAST = 23
#: `M` in each part, and the whole power of `v` in the bound on clipping (0: the exponential): the least power
#: is ``23 (3/4)``, ``16 log 4 (3/4)`` and ``4 (5.2 - 1) log 4``.
PARTS = {
    "least": ((4.0, 4.148), 17),
    "low": ((4.0, 5.2), 16),
    "middle": ((5.2, 6.2), 23),
    "high": ((6.2, 20.0), 0),
}
ENDS = ("one", "quarter")
#: The logarithm of what is measured is enclosed to this.
_FINE = 0.005


def reach(trial: Trial, *, most: Fraction = Fraction(947, 100)) -> Measurement:
    """The largest bound on ``P e^{u0} / (C (N - e^{-u0}))`` in one part, `C` at one end; ``u0 = most``."""
    from explore_theory.certify.balls import ball
    from explore_theory.certify.boxes import largest_ratio

    part, end = str(trial.case.params["part"]), str(trial.case.params["C"])
    sides, power = PARTS[part]

    def log_ratio(x: Sequence[Any]) -> Any:
        m = x[0]
        coverage = Fraction(1, 4) * m if end == "quarter" else 1 + 0 * m
        count = ball(LEAST) + 0 * m if part == "least" else m * (4 * ball(4).log())
        failing = (rejected(coverage, m) * count).exp() / coverage + clipping(m, count, power)
        return failing.log() - (count - (-ball(most)).exp()).log() + ball(most)

    return largest_ratio(log_ratio, {"M": sides}, accuracy=_FINE)


def rejected(coverage: Any, m: Any) -> Any:
    """The logarithm of the bound on no acceptance, over ``N``."""
    step = (m - 1).reciprocal()
    return (-m.reciprocal()).log1p() - step + ((coverage * step).expm1() / coverage).log1p()


def clipping(m: Any, count: Any, power: int) -> Any:
    """The bound on the chance that a weight is clipped, at ``C = M/4``."""
    from explore_theory.certify.balls import ball

    share = m.reciprocal()
    if not power:
        return (-(Fraction(16136, 10**4) * (count * share))).exp()
    rest = 1 - share
    logs = (count * share) * ball(4).log() - rest.log() * (count * rest)
    return logs.exp() * (1 - 4 * share) ** power

"""The law of SoftmaxSampler for a score of two values, exactly, and what it costs in regularised reward.

Responses fall into a top group of base mass `p` and the rest; the score is ``log t`` on the top and 0 on the
rest, in units of beta (``t > 0`` may be below one); within a group all laws below agree, so two numbers tell
everything. `N` base draws estimate ``Z = 1 + (t - 1) p`` by ``Z^ = 1 + (t - 1) K/N``, `K` binomial; a
candidate is accepted with chance ``min(1, weight/(Z^ M))``; after `N` candidates a fresh base draw is taken.

Letters: `K` instances side by side, `N` draws.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.harness import Trial, climb

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """`K` instances: `p`, `t`, `threshold` (M), `gain` (of the top over the rest, over beta) `[K]`."""

    p: Floats
    t: Floats
    threshold: Floats
    gain: Floats
    draws: int
    effort: int

    @property
    def target(self) -> Floats:
        """``pi_f`` of the top `[K]`."""
        return np.asarray(self.p * self.t / (1 + (self.t - 1) * self.p))

    @cached_property
    def outcomes(self) -> tuple[Floats, Floats, Floats]:
        """For each count of top draws `[K, N + 1]`: its mass, the law's mass on the top, chance of failing.

        Failing means that an acceptance chance had to be clipped at one, or that no candidate was accepted.
        """
        from scipy.stats import binom

        count = np.arange(self.draws + 1)
        mass = binom.pmf(count, self.draws, self.p[:, None])
        t, p = self.t[:, None], self.p[:, None]
        scale = (1 + (t - 1) * count / self.draws) * self.threshold[:, None]
        top, rest = np.minimum(1.0, t / scale), np.minimum(1.0, 1.0 / scale)
        accept = p * top + (1 - p) * rest
        # Sure acceptance has no logarithm of the rest to take.
        missed = np.exp(self.draws * np.log1p(-np.minimum(accept, 1 - 1e-16)))
        law = (1 - missed) * p * top / accept + missed * p
        clipped = np.maximum(t, 1.0) > scale
        return mass, np.asarray(law), np.where(clipped, 1.0, missed)

    @property
    def law(self) -> Floats:
        """``pi^_f`` of the top `[K]`."""
        mass, law, _ = self.outcomes
        return np.asarray(np.clip((mass * law).sum(axis=-1), 0.0, 1.0))

    @property
    def failing(self) -> Floats:
        """The chance of failing `[K]`."""
        mass, _, failing = self.outcomes
        return np.asarray((mass * failing).sum(axis=-1))

    def value(self, top: Floats) -> Floats:
        """``E r - KL(pi || pi_ref)`` in units of beta, for a policy of mass `top` on the top `[K]`."""
        return np.asarray(self.gain * top - self.divergence(top))

    def divergence(self, top: Floats) -> Floats:
        """``KL(pi || pi_ref)`` of that policy `[K]`."""
        from scipy.special import xlog1py, xlogy

        return np.asarray(xlogy(top, top / self.p) + xlog1py(1 - top, -top) - xlog1py(1 - top, -self.p))

    @property
    def range(self) -> Floats:
        """``R/beta`` `[K]`."""
        return np.abs(self.gain)

    def describe(self, k: int) -> dict[str, Any]:
        """Instance `k` in full, for the record."""
        found = {"p": self.p, "t": self.t, "M": self.threshold, "gain/beta": self.gain}
        return {name: float(values[k]) for name, values in found.items()} | {"N": self.draws}

    def rounding(self) -> Floats:
        """`[K]`: what float64 may do to a mass, relatively, or a divergence of size ``log t + |log p|``."""
        size = 1 + np.abs(np.log(self.t)) - np.log(self.p) - np.log1p(-self.p)
        return np.asarray(16 * np.finfo(float).eps * size * (self.draws + 1))


def hunted(trial: Trial, excess: Any) -> Sampled:
    """The instances where `excess` of a `Sampled`, `[K]`, is largest; the case names the draws."""
    draws, steps = int(trial.case.params["N"]), int(trial.case.params["steps"])

    def decode(x: Floats, effort: int) -> Sampled:
        return Sampled(
            p=1 / (1 + np.exp(np.clip(4 * x[:, 0], -25, 25))),
            t=np.exp(np.clip(6 * x[:, 1], -30, 30)),
            threshold=1 + np.exp(np.clip(4 * x[:, 2], -10, 25)),
            gain=np.sign(x[:, 4]) * np.exp(np.clip(4 * x[:, 3], -3, 12)),
            draws=draws,
            effort=effort,
        )

    chains = climb(lambda x: np.asarray(excess(decode(x, len(x)))), 5, steps, trial.streams)
    return decode(chains, len(chains) * (steps + 1))

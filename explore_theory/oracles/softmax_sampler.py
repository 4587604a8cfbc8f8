"""SoftmaxSampler: one response from a tilted base policy by rejection, its normaliser estimated.

Letters: `R` replicates, `d` feature dimension.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import positive, whole
from explore_theory.oracles.answers import Ctx, Found, Sample, Status
from explore_theory.oracles.expressions import Term
from explore_theory.problems.protocol import Bools, Floats, Ints

#: Below it ``4/delta`` is no double.
_LEAST = 1e-307


class WeakCalls(Protocol):
    """What the sampler needs of an oracle; `protocol.Oracle` says what each is."""

    @property
    def active(self) -> Bools:
        """`[R]`."""

    def draw(self, ctx: Ctx, m: int = 1, *, rows: Bools | None = None) -> Sample:
        """Fresh responses of ``pi_ref``."""

    def tilt(
        self,
        ctx: Ctx,
        log_weight: Term,
        log_cap: npt.ArrayLike,
        budget: npt.ArrayLike,
        *,
        rows: Bools | None = None,
    ) -> Found:
        """Rejection sampling."""

    def log_mean_exp(self, ctx: Ctx, log_weight: Term, m: int, *, rows: Bools | None = None) -> Floats:
        """Log of an average, `[R]`."""


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """Responses of a sampler.

    Parameters
    ----------
    response, features
        `[R]` and `[R, d]`; zero features in rows that were not served.
    served
        `[R]`: rows that were paid for to the end.
    missed
        `[R]`: rows where no candidate was accepted, so that the response is a fresh one of ``pi_ref``.
    clipped
        `[R]`: rows whose response was accepted with a weight above the cap.
    """

    response: Ints
    features: Floats
    served: Bools
    missed: Bools
    clipped: Bools


@dataclass(frozen=True, kw_only=True)
class SoftmaxSampler:
    """Rejection sampling from ``pi_f`` proportional to ``pi_ref exp(f/beta)`` with weak calls only.

    `normaliser` fresh responses give an estimate ``Zhat`` of ``Z = E_{pi_ref} exp(f/beta)``; of at most
    `tries` fresh candidates, `y` is accepted with probability ``min(1, exp(f(y)/beta) / (Zhat ratio))``; if
    none is, the answer is a fresh response of ``pi_ref``. If ``sup pi_f/pi_ref <= ratio/2`` and
    ``Zhat >= Z/2`` nothing clips, and what is accepted follows ``pi_f``.

    Parameters
    ----------
    ratio
        ``M``, at least 1.
    normaliser
        Weak calls per estimate. Zero stands for the true normaliser, which only the exact law can provide,
        and only inside `explore`: a yardstick, not an algorithm, for oracles opened with ``yardsticks``.
    tries
        The most candidates.
    """

    ratio: float
    normaliser: int
    tries: int

    def __post_init__(self) -> None:
        positive("ratio", self.ratio)
        if self.ratio < 1:
            raise InvalidProblem(f"ratio must be at least 1, got ratio={self.ratio!r}")
        whole("normaliser", self.normaliser, least=0)
        whole("tries", self.tries, least=1)

    @classmethod
    def accurate(cls, ratio: float, delta: float) -> "SoftmaxSampler":
        """``ceil(4 M log(4/delta))`` calls for the normaliser, and as many candidates.

        One call then departs from ``pi_f`` with probability at most ``.26 delta`` if
        ``sup pi_f/pi_ref <= M/2`` (step S8).
        """
        chance = positive("delta", delta, below=1)
        # The first is exact to the last bit where there is such a number, and what runs rest on.
        log = math.log(4 / chance) if chance > _LEAST else math.log(4) - math.log(chance)
        if not (count := 4 * positive("ratio", ratio) * log) < math.inf:
            raise InvalidProblem(f"ratio must leave a finite number of calls, got ratio={ratio!r}")
        calls = math.ceil(count)
        return cls(ratio=ratio, normaliser=calls, tries=calls)

    @property
    def most_calls(self) -> float:
        """Weak calls of one response, at most: the estimate, all candidates and the fallback."""
        return float(self.normaliser) + float(self.tries) + 1

    def estimate(self, oracle: WeakCalls, ctx: Ctx, log_weight: Term, rows: Bools) -> Floats:
        """``log Zhat``, `[R]`, from `normaliser` weak calls; `log_weight` is ``f/beta``."""
        if not self.normaliser:
            raise InvalidProblem("normaliser must be at least 1 where calls are made, got normaliser=0")
        return oracle.log_mean_exp(ctx, log_weight, self.normaliser, rows=rows)

    def sample(
        self,
        oracle: WeakCalls,
        ctx: Ctx,
        log_weight: Term,
        rows: Bools,
        log_normaliser: npt.ArrayLike | None = None,
    ) -> Drawn:
        """One response per row of `rows`; `log_normaliser` `[R]` replaces a fresh estimate."""
        if log_normaliser is None:
            log_normaliser = self.estimate(oracle, ctx, log_weight, rows)
        live = rows & oracle.active
        log_cap = np.where(live, np.asarray(log_normaliser) + math.log(self.ratio), 0.0)
        found = oracle.tilt(ctx, log_weight, log_cap, float(self.tries), rows=live)
        missed = np.asarray(found.status == Status.MISS)
        response, features, served = found.response, found.features, found.ok
        if missed.any():
            fresh = oracle.draw(ctx, rows=missed)
            response = np.where(missed, fresh.response[:, 0], response)
            features = np.where(missed[:, None], fresh.features[:, 0], features)
            served = served | (missed & fresh.served)
        return Drawn(
            response=response,
            features=features,
            served=served,
            missed=missed & served,
            clipped=found.clipped,
        )

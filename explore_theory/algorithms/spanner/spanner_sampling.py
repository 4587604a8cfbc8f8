"""SpannerSampling: exploration at inference time, with the sampling oracle only."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from explore_theory.algorithms.spanner.schedule import UPDATES, Schedule
from explore_theory.algorithms.spanner.truncated import TruncatedSoftmax
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import one_of, positive, whole
from explore_theory.oracles.plans import Exploration, Explored, Ridge, Span, Spanned
from explore_theory.oracles.protocol import Oracle
from explore_theory.problems.protocol import Bools, Floats, Ints


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class SpannerPolicy(TruncatedSoftmax):
    """What SpannerSampling returns: a policy, and how the run went.

    Parameters
    ----------
    finished
        `[R]`: replicates that completed both phases; the others ran out of budget, and mix over the estimates
        they had (the base policy if they had none).
    accepted
        `[R]`: pairs that the spanner phase took.
    clipped, missed
        `[R]`: exploration rounds whose response was accepted above the sampler's cap (coverage larger than
        was claimed), and rounds in which all candidates were rejected.
    schedule
        What was run.
    covariances
        `[R, S, d, d]`: ``Sigma`` when each of the estimates was made; the last one of the run in `final`.
    """

    finished: Bools
    accepted: Floats
    clipped: Floats
    missed: Floats
    schedule: Schedule
    covariances: Floats
    final: Floats


@brief
@dataclass(frozen=True, kw_only=True)
class SpannerSampling:
    """Foster, Mhammedi, Rohatgi, COLT 2025 (arXiv 2503.07453v2), section 3; constants as in `Schedule`.

    *Spanner phase*: look for pairs of base responses whose relative feature is long in the inverse of the
    covariance of those found. *Exploration phase*: pairs ``(y, y')``, ``y' ~ pi_ref`` and `y` from the
    softmax policy of the ridge estimate, truncated to what the spanner covers. The policy returned draws one
    of the estimates, a fresh ``y'``, and a response in the same way.

    Parameters
    ----------
    eps, delta
        Accuracy, in units of reward, and failure probability.
    coverage
        Replaces the problem's bound on ``C_cov``.
    update, growth
        See `Schedule`.
    outputs
        With every-round updates, the number `K` of rounds (drawn before the run, with replacement) whose
        estimates the policy mixes over. A round's gap is at most `R` on the events of the theorem (claim
        S9), so compared with a mixture over all rounds of mean gap ``g`` this costs more than
        ``sqrt(2 g R log(1/delta')/K) + R log(1/delta')/(3K)`` with probability ``delta'`` at most
        (Bernstein's inequality, claim ST). With rare updates all estimates are used, weighted by their
        rounds, at no cost.
    schedule
        Replaces the theorem's schedule altogether.
    truncate
        False: regress without truncation, for experiments that show what it is for.
    """

    eps: float = field(default=0.1)
    delta: float = field(default=0.1)
    coverage: float | None = None
    update: str = "every-round"
    growth: float = 2.0
    outputs: int = 64
    schedule: Schedule | None = None
    truncate: bool = True
    vectorised: ClassVar[bool] = True
    proper: bool = False

    def __post_init__(self) -> None:
        positive("eps", self.eps)
        positive("delta", self.delta, below=1.0)
        one_of("update", self.update, UPDATES)
        whole("outputs", self.outputs, least=1)

    def plan(self, oracle: Oracle) -> Schedule:
        """The schedule for the problem behind `oracle`."""
        if self.schedule is not None:
            return self.schedule
        return Schedule.of(
            oracle.facts,
            eps=self.eps,
            delta=self.delta,
            coverage=self.coverage,
            update=self.update,
            growth=self.growth,
        )

    def run(self, oracle: Oracle) -> SpannerPolicy:
        """Both phases, in the ledger as ``span`` and ``explore``.

        Raises
        ------
        InvalidProblem
            If the theorem does not apply (see `Schedule`).
        BudgetExceeded
            With one replicate, if its budget does not pay for a phase; what was spent is in the ledger.
        """
        schedule = self.plan(oracle)
        if oracle.facts.d != schedule.d:
            raise InvalidProblem(f"schedule must be for d={oracle.facts.d}, got schedule.d={schedule.d}")
        ridge = Ridge.start(oracle.R, schedule.d, schedule.ridge)
        with oracle.phase("span"):
            spanned = oracle.span(
                ridge,
                Span(radius=schedule.radius, rounds=schedule.span_rounds, per_round=schedule.per_round),
            )
        inverse = spanned.ridge.inverse if self.truncate else None
        plan = Exploration(
            rounds=schedule.explore_rounds,
            sampler=schedule.sampler,
            radius=schedule.radius if self.truncate else np.inf,
            inverse=inverse,
            growth=schedule.growth if schedule.rarely else None,
            keep=None if schedule.rarely else self._rounds_kept(oracle, schedule),
        )
        with oracle.phase("explore"):
            explored = oracle.explore(spanned.ridge, plan)
        return _policy(schedule, plan, spanned, explored, oracle.active)

    def _rounds_kept(self, oracle: Oracle, schedule: Schedule) -> Ints:
        return np.sort(oracle.coins.integers(schedule.explore_rounds, self.outputs), axis=-1)


def _policy(
    schedule: Schedule, plan: Exploration, spanned: Spanned, explored: Explored, active: Bools
) -> SpannerPolicy:
    weights = explored.weights.copy()
    # Without an estimate f is zero, and the truncated softmax is the base policy.
    weights[weights.sum(axis=-1) == 0, 0] = 1.0
    return SpannerPolicy(
        thetas=explored.thetas,
        weights=weights,
        inverse=plan.inverse,
        radius=float(plan.radius),
        sampler=plan.sampler,
        finished=active & (explored.rounds == plan.rounds),
        accepted=spanned.accepted,
        clipped=explored.clipped,
        missed=explored.missed,
        schedule=schedule,
        covariances=explored.covariances,
        final=explored.ridge.covariance,
    )

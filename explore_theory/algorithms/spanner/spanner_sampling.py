"""SpannerSampling: exploration at inference time, with the sampling oracle only."""

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np

from explore_theory.algorithms.spanner.schedule import UPDATES, Schedule
from explore_theory.algorithms.spanner.truncated import TruncatedSoftmax
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import one_of, positive, whole
from explore_theory.oracles.plans import Exploration, Explored, Ridge, Span, Spanned
from explore_theory.oracles.protocol import Oracle
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems.protocol import Bools, Floats


class Phases(Protocol):
    """What a schedule says of the two phases, under the names that `Schedule` explains."""

    @property
    def d(self) -> int:
        """Feature dimension."""

    @property
    def coverage(self) -> float:
        """The bound on ``C_cov``."""

    @property
    def eps(self) -> float:
        """Accuracy."""

    @property
    def delta(self) -> float:
        """Failure probability."""

    @property
    def ridge(self) -> float:
        """``lambda``."""

    @property
    def radius(self) -> float:
        """``nu``."""

    @property
    def span_rounds(self) -> int:
        """Rounds of the spanner phase."""

    @property
    def per_round(self) -> int:
        """The most pairs of each."""

    @property
    def explore_rounds(self) -> int:
        """``T_exp``."""

    @property
    def sampler(self) -> SoftmaxSampler:
        """How responses are drawn."""

    @property
    def data_bound(self) -> float:
        """The most reward rounds."""

    def compute_bound(self, responses: int = 0) -> float:
        """The most weak calls, with `responses` of the output policy."""


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
    schedule: Phases
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
        return both_phases(
            oracle,
            schedule,
            outputs=None if schedule.rarely else self.outputs,
            growth=schedule.growth if schedule.rarely else None,
            truncate=self.truncate,
        )


def both_phases(
    oracle: Oracle,
    schedule: Phases,
    *,
    outputs: int | None,
    growth: float | None = None,
    truncate: bool = True,
    ridge: float = 0.0,
    within: float = np.inf,
) -> SpannerPolicy:
    """Play `schedule`; see `Exploration` for `growth`, `ridge` and `within`.

    Parameters
    ----------
    outputs
        The number of rounds, drawn with replacement, whose estimates are kept; None with a `growth`, where
        all are.

    Raises
    ------
    InvalidProblem
        If the schedule is for another dimension.
    """
    spanned = spanner_phase(oracle, schedule)
    return exploration_phase(
        oracle,
        schedule,
        spanned,
        outputs=outputs,
        growth=growth,
        truncate=truncate,
        ridge=ridge,
        within=within,
    )


def spanner_phase(oracle: Oracle, schedule: Phases) -> Spanned:
    """The first phase of `schedule`, in the ledger as ``span``.

    Raises
    ------
    InvalidProblem
        If the schedule is for another dimension.
    """
    if oracle.facts.d != schedule.d:
        raise InvalidProblem(f"schedule must be for d={oracle.facts.d}, got schedule.d={schedule.d}")
    with oracle.phase("span"):
        return oracle.span(
            Ridge.start(oracle.R, schedule.d, schedule.ridge),
            Span(radius=schedule.radius, rounds=schedule.span_rounds, per_round=schedule.per_round),
        )


def exploration_phase(
    oracle: Oracle,
    schedule: Phases,
    spanned: Spanned,
    *,
    outputs: int | None,
    growth: float | None = None,
    truncate: bool = True,
    ridge: float = 0.0,
    within: float = np.inf,
) -> SpannerPolicy:
    """The second phase of `schedule` after `spanned`, in the ledger as ``explore``; see `both_phases`.

    It leaves `spanned` as it is, and draws anew each time: after one spanner phase several explorations
    depend on each other through that phase alone, and each has the law that it would have by itself.
    """
    keep = None
    if outputs is not None:
        keep = np.sort(oracle.coins.integers(schedule.explore_rounds, outputs), axis=-1)
    plan = Exploration(
        rounds=schedule.explore_rounds,
        sampler=schedule.sampler,
        radius=schedule.radius if truncate else np.inf,
        inverse=spanned.ridge.inverse if truncate else None,
        growth=growth,
        keep=keep,
        ridge=ridge,
        within=within,
    )
    with oracle.phase("explore"):
        explored = oracle.explore(spanned.ridge, plan)
    return _policy(schedule, plan, spanned, explored, oracle.active)


def _policy(
    schedule: Phases, plan: Exploration, spanned: Spanned, explored: Explored, active: Bools
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

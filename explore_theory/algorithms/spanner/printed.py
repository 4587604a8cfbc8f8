"""SpannerSampling as the paper prints it (Algorithm 3), beside the explicit form that this package runs."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from explore_theory.algorithms.spanner.schedule import LEAST_DELTA, most_accepted, required, rounded_up
from explore_theory.algorithms.spanner.spanner_sampling import SpannerPolicy, both_phases
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import above, positive, whole
from explore_theory.oracles.protocol import Oracle
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems.protocol import Facts


@brief
@dataclass(frozen=True, kw_only=True)
class PrintedSchedule:
    """The parameters of Algorithm 3, with the choices of the proof of Theorem 3.1 (pages 44, 54 and 58).

    Printed: ``eps_stat^2 = c d R^2 log(B T_exp/(R delta))``, ``lambda = (R/B)^2``, ``nu = beta/eps_stat``,
    ``M_rej = 8 e^2 C_cov``, ``delta_rej = 1/T_exp``, ``T_prompt = (R^2/beta^2) T_exp``, ``T_span = C_cov
    T_exp``. The last two are printed up to logarithms, and are taken here without any; ``T_exp`` is the least
    at which the leading term of the regret, ``eps_stat^2 d log(B T_exp/(R delta))/(beta T_exp)``, is at most
    ``eps``. The paper leaves ``c`` open: it is the parameter `constant`. Claim LG3 has 6.7 for the estimate,
    where `T` counts all pairs; nothing is proved of the regret at any value.

    Names differ from `Schedule`: what the paper calls ``T_prompt`` rounds of up to ``T_span`` pairs are
    `span_rounds` rounds of up to `per_round` pairs here and there (``T_span`` and ``N_span`` of `Schedule`).

    Parameters
    ----------
    d, beta, reward_range, parameter_radius, coverage, eps, delta
        As in `Schedule`.
    constant
        ``c``.

    Raises
    ------
    InvalidProblem
        If an argument is out of range, ``beta <= R <= B`` does not hold, or numbers of rounds are too large.
    """

    d: int
    beta: float
    reward_range: float
    parameter_radius: float
    coverage: float
    eps: float
    delta: float
    constant: float = 1.0

    def __post_init__(self) -> None:
        whole("d", self.d, least=1)
        for name in ("beta", "reward_range", "parameter_radius", "eps", "constant"):
            positive(name, getattr(self, name))
        if positive("delta", self.delta, below=1.0) < LEAST_DELTA:
            raise InvalidProblem(f"delta must be at least {LEAST_DELTA:g}, got delta={self.delta!r}")
        if not 1 <= self.coverage < math.inf:
            raise InvalidProblem(f"coverage must be at least 1 and finite, got coverage={self.coverage!r}")
        if self.beta > self.reward_range:
            raise InvalidProblem(f"beta must be at most R={self.reward_range:g}, got beta={self.beta!r}")
        # Up to rounding of a range that is read off a table.
        if self.reward_range > self.parameter_radius * (1 + 1e-9):
            raise InvalidProblem(
                f"parameter_radius must be at least R={self.reward_range:g}, "
                f"got parameter_radius={self.parameter_radius!r}"
            )

    @classmethod
    def of(
        cls, facts: Facts, *, eps: float, delta: float, constant: float = 1.0, coverage: float | None = None
    ) -> "PrintedSchedule":
        """The schedule for what a learner is told; `coverage` replaces the problem's own bound.

        Raises
        ------
        InvalidProblem
            If the problem declares no linear reward, or no bound on coverage is known.
        """
        radius, known = required(facts, coverage)
        return cls(
            d=facts.d,
            beta=facts.beta,
            reward_range=facts.reward_range,
            parameter_radius=radius,
            coverage=known,
            eps=eps,
            delta=delta,
            constant=constant,
        )

    @property
    def ridge(self) -> float:
        """``lambda = (R/B)^2``."""
        return (self.reward_range / self.parameter_radius) ** 2

    @cached_property
    def explore_rounds(self) -> int:
        """``T_exp``, the least whole `T` with ``c d^2 R^2 log^2(B T/(R delta)) <= beta eps T``.

        The map is nondecreasing and grows like ``log^2 T``, so iterating it from one ends at the least fixed
        point.
        """
        scale = self.constant * (self.d * self.reward_range) ** 2 / (self.beta * self.eps)
        rounds = 1
        while (need := rounded_up(self.eps, "T_exp", scale * self._log(rounds) ** 2)) > rounds:
            rounds = need
        return rounds

    @property
    def accuracy(self) -> float:
        """``eps_stat``, in units of reward."""
        return math.sqrt(self.constant * self.d * self._log(self.explore_rounds)) * self.reward_range

    @property
    def radius(self) -> float:
        """``nu = beta/eps_stat``."""
        return self.beta / self.accuracy

    @property
    def span_rounds(self) -> int:
        """``T_prompt = (R^2/beta^2) T_exp``, rounded up."""
        return rounded_up(self.eps, "T_prompt", (self.reward_range / self.beta) ** 2 * self.explore_rounds)

    @property
    def per_round(self) -> int:
        """``T_span = C_cov T_exp``, rounded up."""
        return rounded_up(self.eps, "T_span", self.coverage * self.explore_rounds)

    @cached_property
    def sampler(self) -> SoftmaxSampler:
        """SoftmaxSampler at ``M_rej = 8 e^2 C_cov`` and ``delta_rej = 1/T_exp``."""
        return SoftmaxSampler.accurate(8 * math.e**2 * self.coverage, 1 / self.explore_rounds)

    @property
    def most_accepted(self) -> int:
        """No more pairs than this can be accepted by the spanner phase (Lemma G.8, before it is loosened)."""
        return most_accepted(self.eps, self.d, self.ridge, self.radius)

    @property
    def data_bound(self) -> float:
        """``T_data``, counted in pairs, is at most ``n_acc + T_exp``; the paper counts two for a pair."""
        return float(self.most_accepted + self.explore_rounds)

    @property
    def prompts(self) -> float:
        """``T_prompt + T_exp``: every round of either phase has a prompt of its own."""
        return float(self.span_rounds + self.explore_rounds)

    def compute_bound(self, responses: int = 0) -> float:
        """``T_comp`` is at most ``2 T_prompt T_span + (T_exp + n_out)(2 + 2 ceil(4 M_rej log(4 T_exp)))``.

        `responses` (``n_out``) of the output policy included.
        """
        each = 1 + self.sampler.most_calls
        return 2.0 * self.per_round * self.span_rounds + (self.explore_rounds + responses) * each

    def _log(self, rounds: float) -> float:
        return math.log(self.parameter_radius * rounds / (self.reward_range * self.delta))


@brief
@dataclass(frozen=True, kw_only=True)
class PrintedSpannerSampling:
    """Algorithm 3 of Foster, Mhammedi, Rohatgi, COLT 2025 (PMLR 291, page 44), to be held beside ours.

    It differs from `SpannerSampling` in its schedule (`PrintedSchedule`) and in its estimate: least squares
    over both data sets *constrained* to ``|theta| <= B``, afresh in every round, in place of ridge
    regression. The two phases, the truncation and the sampler are the same.

    Parameters
    ----------
    eps, delta
        Accuracy, in units of reward, and failure probability.
    constant
        ``c`` of the schedule, which the paper leaves open. Small ones are for experiments.
    coverage
        Replaces the problem's bound on ``C_cov``.
    outputs
        The policy returned mixes over the estimates of so many rounds, drawn uniformly before the run, with
        replacement; the printed one mixes over all ``T_exp``.
    schedule
        Replaces the printed schedule altogether.
    """

    eps: float = field(default=0.1)
    delta: float = field(default=0.1)
    constant: float = field(default=1.0)
    coverage: float | None = None
    outputs: int = 64
    schedule: PrintedSchedule | None = None
    vectorised: ClassVar[bool] = True
    proper: bool = False

    def __post_init__(self) -> None:
        positive("eps", self.eps)
        positive("delta", self.delta, below=1.0)
        above("constant", self.constant, 0.0)
        whole("outputs", self.outputs, least=1)

    def plan(self, oracle: Oracle) -> PrintedSchedule:
        """The schedule for the problem behind `oracle`."""
        if self.schedule is not None:
            return self.schedule
        return PrintedSchedule.of(
            oracle.facts, eps=self.eps, delta=self.delta, constant=self.constant, coverage=self.coverage
        )

    def run(self, oracle: Oracle) -> SpannerPolicy:
        """Both phases, in the ledger as ``span`` and ``explore``.

        Raises
        ------
        InvalidProblem
            If Algorithm 3 does not apply (see `PrintedSchedule`).
        BudgetExceeded
            With one replicate, if its budget does not pay for a phase; what was spent is in the ledger.
        """
        schedule = self.plan(oracle)
        return both_phases(
            oracle,
            schedule,
            outputs=self.outputs,
            ridge=schedule.ridge,
            within=schedule.parameter_radius,
        )

"""How long SpannerSampling runs, and with what constants: the schedule of its explicit theorem.

Every constant of the statement (ST) is a property of `Schedule`; a practical schedule multiplies the numbers
of rounds and the sampler's ratio by factors of the user's choice, and then proves nothing.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import above, one_of, positive, whole
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems.protocol import Facts

#: When ``theta`` is estimated afresh: in every round, as the paper has it, or when ``det Sigma`` has grown.
UPDATES = ("every-round", "rarely-switching")
_LONGEST = 2.0
#: Rounds are counted by 64-bit integers in the kernels; no machine plays as many.
MOST_ROUNDS = 2**62
#: Smaller failure probabilities leave ``4/delta`` without a double.
LEAST_DELTA = 1e-300


@brief
@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Rounds, radii and sampler of SpannerSampling for a gap of `eps` with probability ``1 - delta``.

    With *rarely switching* updates ``theta`` stands still until ``det Sigma`` has grown by `growth`. Then
    ``|phi|^2`` in the inverse of the older ``Sigma`` is at most `growth` times that in the current one, which
    is the factor of the potential in `explore_rounds`. An estimate of a normaliser serves all rounds of its
    segment, and how long a segment lasts may depend on its estimates; so the fourth bad event is that in
    some segment estimates fail on prompts and ``y'`` of mass more than ``delta_rej``. Failures of mass
    ``delta_rej delta / (4 segments)`` are expected in each at most, and Markov's inequality in each of the
    `segments` keeps that event below ``delta/4`` (claim S9r).

    Parameters
    ----------
    d, beta, reward_range, parameter_radius, sigma
        As in `Facts`: dimension, ``beta``, `R`, `B`, noise of a reward difference; units of reward.
    coverage
        Any upper bound on ``C_cov``.
    eps, delta
        Accuracy, in units of reward, and failure probability.
    update, growth
        See above.
    span_factor, explore_factor, ratio_factor, radius_factor
        Multiply the rounds of the two phases, the sampler's ratio and the radius ``nu``: one in the theorem.

    Raises
    ------
    InvalidProblem
        If an argument is out of range; ``beta > R`` is outside the theorem. The numbers of rounds raise it
        too, when they are asked for, where they exceed `MOST_ROUNDS`.
    """

    d: int
    beta: float
    reward_range: float
    parameter_radius: float
    sigma: float
    coverage: float
    eps: float
    delta: float
    update: str = "every-round"
    growth: float = 2.0
    span_factor: float = 1.0
    explore_factor: float = 1.0
    ratio_factor: float = 1.0
    radius_factor: float = 1.0

    def __post_init__(self) -> None:
        whole("d", self.d, least=1)
        for name in ("beta", "reward_range", "parameter_radius", "eps", "explore_factor", "ratio_factor"):
            positive(name, getattr(self, name))
        if positive("delta", self.delta, below=1.0) < LEAST_DELTA:
            raise InvalidProblem(f"delta must be at least {LEAST_DELTA:g}, got delta={self.delta!r}")
        positive("radius_factor", self.radius_factor)
        if self.sigma < 0 or not math.isfinite(self.sigma):
            raise InvalidProblem(f"sigma must be at least 0 and finite, got sigma={self.sigma!r}")
        if self.span_factor < 0 or not math.isfinite(self.span_factor):
            raise InvalidProblem(
                f"span_factor must be at least 0 and finite, got span_factor={self.span_factor!r}"
            )
        if not 1 <= self.coverage < math.inf:
            raise InvalidProblem(f"coverage must be at least 1 and finite, got coverage={self.coverage!r}")
        if self.beta > self.reward_range:
            raise InvalidProblem(
                f"beta must be at most R={self.reward_range:g} (above it the theorem says nothing, and the "
                f"base policy's gap is at most R^2/(8 beta)), got beta={self.beta!r}"
            )
        one_of("update", self.update, UPDATES)
        above("growth", self.growth, 1.0)

    @classmethod
    def of(
        cls, facts: Facts, *, eps: float, delta: float, coverage: float | None = None, **more: object
    ) -> "Schedule":
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
            sigma=facts.sigma,
            coverage=known,
            eps=eps,
            delta=delta,
            **more,  # type: ignore[arg-type]
        )

    @property
    def ridge(self) -> float:
        """``lambda = R^2/B^2``."""
        return (self.reward_range / self.parameter_radius) ** 2

    @property
    def rarely(self) -> bool:
        """Whether updates are rare."""
        return self.update == "rarely-switching"

    @property
    def kappa(self) -> float:
        """``eps/(45 R)``: what the spanner may leave uncovered."""
        return self.eps / (45 * self.reward_range)

    @property
    def delta_rej(self) -> float:
        """``eps/(100 R)``, at most one: how often the sampler may fail."""
        return min(1.0, self.eps / (100 * self.reward_range))

    @property
    def per_round(self) -> int:
        """``N_span = ceil(C_cov)``: pairs per round of the spanner phase."""
        return math.ceil(self.coverage)

    @cached_property
    def sampler(self) -> SoftmaxSampler:
        """SoftmaxSampler at ``M = 4 e^2 C_cov``, for `delta_rej` or what keeps rare switching below it."""
        ratio = max(1.0, 4 * math.e**2 * self.coverage * self.ratio_factor)
        kept = self.delta / (4 * self.segments) if self.rarely else 1.0
        return SoftmaxSampler.accurate(ratio, self.delta_rej * kept)

    def log_growth(self, n: float) -> float:
        """``d log(1 + n L^2/(d lambda))``: ``log det`` of any `n` pairs, relative to none."""
        return self.d * math.log1p(n * _LONGEST**2 / (self.d * self.ridge))

    def gamma(self, n: float) -> float:
        """``sigma sqrt(2 log(3/delta) + d log(1 + n L^2/(d lambda))) + sqrt(lambda) B``, as a reward."""
        wide = 2 * self._log_parts + self.log_growth(n)
        return self.sigma * math.sqrt(wide) + math.sqrt(self.ridge) * self.parameter_radius

    @property
    def pairs(self) -> int:
        """``n = n_acc + T_exp``, the least fixed point of the schedule: ``T_data`` is at most this."""
        return self._fixed[0]

    @property
    def radius(self) -> float:
        """``nu = beta/gamma(n)``, at most one."""
        return self._radius(self.pairs)

    @property
    def most_accepted(self) -> int:
        """``n_acc``: no more pairs than this can be accepted by the spanner phase."""
        return self._fixed[1]

    @property
    def segments(self) -> int:
        """The most estimates of ``theta`` of a run with rare updates.

        ``1 + floor(d log(1 + n L^2/(d lambda)) / log(growth))``: all but the first wait for that growth.
        """
        return 1 + math.floor(self.log_growth(self.pairs) / math.log(self.growth))

    @property
    def span_rounds(self) -> int:
        """``T_span = ceil((e/(e-1)) (n_acc + log(3/delta)) / kappa)``."""
        rounds = math.e / (math.e - 1) * (self.most_accepted + self._log_parts) / self.kappa
        return rounded_up(self.eps, "T_span", self.span_factor * rounds)

    @property
    def explore_rounds(self) -> int:
        """``T_exp = ceil((4 gamma^2/(beta eps)) (2 d log(1 + n L^2/(d lambda)) + nu^2 log(3/delta)))``."""
        return self._fixed[2]

    @property
    def data_bound(self) -> float:
        """``T_data`` is at most ``n_acc + T_exp``."""
        return float(self.most_accepted + self.explore_rounds)

    def compute_bound(self, responses: int = 0) -> float:
        """``T_comp`` is at most ``2 N_span T_span + (T_exp + n_out)(2 + 2 ceil(4 M log(4/delta_rej)))``.

        `responses` (``n_out``) of the output policy included. A response costs one call for ``y'``, those of
        the normaliser, at most as many candidates, and one more if all of them are rejected.
        """
        each = 1 + self.sampler.most_calls
        return 2.0 * self.per_round * self.span_rounds + (self.explore_rounds + responses) * each

    @property
    def _log_parts(self) -> float:
        return math.log((4 if self.rarely else 3) / self.delta)

    @cached_property
    def _fixed(self) -> tuple[int, int, int]:
        """``(n, n_acc, T_exp)``: the map is nondecreasing in `n` and grows like ``log^2 n``, so this ends."""
        n = 0
        while True:
            accepted = self._accepted(n)
            explore = self._explore(n)
            if accepted + explore <= n:
                return n, accepted, explore
            n = accepted + explore

    def _radius(self, n: float) -> float:
        return min(1.0, self.beta / self.gamma(n)) * self.radius_factor

    def _accepted(self, n: float) -> int:
        return most_accepted(self.eps, self.d, self.ridge, self._radius(n))

    def _explore(self, n: float) -> int:
        potential = 2 * self.log_growth(n) * (self.growth if self.rarely else 1.0)
        inside = potential + self._radius(n) ** 2 * self._log_parts
        scale = self.explore_factor * 4 * self.gamma(n) ** 2 / (self.beta * self.eps)
        return rounded_up(self.eps, "T_exp", scale * inside)


def required(facts: Facts, coverage: float | None) -> tuple[float, float]:
    """The parameter radius and the bound on coverage that a schedule needs: the learner's own bound, if any.

    Raises
    ------
    InvalidProblem
        If the problem declares no linear reward, or no bound on coverage is known.
    """
    known = facts.coverage if coverage is None else coverage
    if facts.parameter_radius is None:
        raise InvalidProblem("parameter_radius must be declared by the problem, got parameter_radius=None")
    if known is None:
        raise InvalidProblem(
            "coverage must be declared by the problem or given to the learner, got coverage=None"
        )
    return facts.parameter_radius, known


def most_accepted(eps: float, d: int, ridge: float, radius: float) -> int:
    """The largest `k` with ``k log(1 + radius^2) <= d log(1 + k L^2/(d ridge))``.

    Every pair longer than `radius` multiplies ``det Sigma`` by ``1 + radius^2`` at least (claim S2).
    """
    each = math.log1p(radius**2)
    return _largest(eps, "n_acc", lambda k: k * each <= d * math.log1p(k * _LONGEST**2 / (d * ridge)))


def rounded_up(eps: float, name: str, count: float) -> int:
    """`count`, the number `name` of a schedule for `eps`, rounded up.

    Raises
    ------
    InvalidProblem
        If it exceeds `MOST_ROUNDS`.
    """
    # Written so that NaN is refused too.
    if not count <= MOST_ROUNDS:
        raise InvalidProblem(
            f"eps must leave a schedule of at most {MOST_ROUNDS:.2g} rounds (raise it, or lower the"
            f" factors), got eps={eps!r} and {name}={count:.3g}"
        )
    return math.ceil(count)


def _largest(eps: float, name: str, holds: Callable[[int], bool]) -> int:
    """The largest `k >= 0` that `holds`, for a condition true at 0 and false from some point on."""
    top = 1
    while holds(top):
        top = rounded_up(eps, name, 2 * top)
    low = top // 2
    while top - low > 1:
        middle = (low + top) // 2
        low, top = (middle, top) if holds(middle) else (low, middle)
    return low

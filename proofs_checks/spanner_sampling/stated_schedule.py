"""The schedule of ST, typed once more from its statement, in ball arithmetic: what `Schedule` is held
against.

Theory section 2, ST. Nothing is shared with `explore_theory.algorithms`: inputs are rationals, every number
is a ball or a whole number whose rounding is proved, and ``n_acc`` comes from Lambert's function in place of
a search.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

#: Enough for schedules of 1e20 rounds to be rounded up with proof.
BITS = 256
#: ``L``: features have norm at most one, so their differences at most this.
LONGEST = 2


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What ST says for its inputs.

    Parameters
    ----------
    d, beta, reward_range, parameter_radius, sigma, coverage, eps, delta
        As in the statement: ``beta``, `R`, `B`, ``sigma`` and ``eps`` in units of reward, ``coverage`` any
        bound on ``C_cov``.
    growth
        None: an estimate in every round. Else that of ``det Sigma`` between estimates.
    """

    d: int
    beta: Fraction
    reward_range: Fraction
    parameter_radius: Fraction
    sigma: Fraction
    coverage: Fraction
    eps: Fraction
    delta: Fraction
    growth: Fraction | None = None

    @property
    def events(self) -> int:
        """Among how many events ``delta`` is shared: ellipsoid, spanner, martingale, and kept estimates."""
        return 3 if self.growth is None else 4

    @property
    def ridge(self) -> Fraction:
        """``lambda = R^2/B^2``."""
        return self.reward_range**2 / self.parameter_radius**2

    @property
    def kappa(self) -> Fraction:
        """``eps/(45 R)``."""
        return self.eps / (45 * self.reward_range)

    @property
    def delta_rej(self) -> Fraction:
        """``eps/(100 R)``, at most one."""
        return min(Fraction(1), self.eps / (100 * self.reward_range))

    @property
    def pairs_a_round(self) -> int:
        """``N_span = ceil(C_cov)``."""
        return math.ceil(self.coverage)

    @cached_property
    def fixed_point(self) -> tuple[int, int]:
        """``(n_acc, T_exp)`` at the least `n` with ``n_acc + T_exp <= n``.

        The map is nondecreasing: no `n` between two of its iterates is a fixed point.
        """
        n = 0
        with _precision():
            while sum(found := (self._accepted(n), self._explored(n))) > n:
                n = sum(found)
        return found

    @property
    def data(self) -> int:
        """``n_acc + T_exp``."""
        return sum(self.fixed_point)

    @cached_property
    def span_rounds(self) -> int:
        """``T_span = ceil((e/(e-1)) (n_acc + log(3/delta))/kappa)``."""
        with _precision():
            e = _ball(1).exp()
            return _up(e / (e - 1) * (self.fixed_point[0] + self._log_parts) / _ball(self.kappa))

    @cached_property
    def segments(self) -> int:
        """The most estimates of a run: ``1 + floor(d log(1 + n L^2/(d lambda)) / log(growth))``; else one."""
        if self.growth is None:
            return 1
        with _precision():
            return 1 + int((self._log_det(self.data) / _ball(self.growth).log()).floor().unique_fmpz())

    @cached_property
    def calls_for_estimate(self) -> int:
        """``m = ceil(4 M log(4/delta'))`` at ``delta_rej``, or ``delta_rej delta/(4 segments)``."""
        kept = 1 if self.growth is None else self.delta / (4 * self.segments)
        with _precision():
            return _up(4 * self.ratio * _ball(4 / (self.delta_rej * kept)).log())

    @property
    def ratio(self) -> Any:
        """``M = 4 e^2 C_cov``, a ball."""
        return 4 * _ball(2).exp() * _ball(self.coverage)

    def compute(self, responses: int = 0) -> int:
        """``2 N_span T_span + (T_exp + n_out)(2 + 2 m)``, `responses` (``n_out``) of the output included."""
        rounds = self.fixed_point[1] + responses
        return 2 * self.pairs_a_round * self.span_rounds + rounds * (2 + 2 * self.calls_for_estimate)

    def radius(self) -> Any:
        """``nu = beta/gamma(n)``, at most one, a ball, at the fixed point."""
        return self._radius(self.data)

    def gamma(self, n: int) -> Any:
        """``sigma sqrt(2 log(3/delta) + d log(1 + n L^2/(d lambda))) + sqrt(lambda) B``, a ball.

        ``sqrt(lambda) B`` is `R`.
        """
        wide = (2 * self._log_parts + self._log_det(n)).sqrt()
        return _ball(self.sigma) * wide + _ball(self.reward_range)

    @property
    def _log_parts(self) -> Any:
        return _ball(self.events / self.delta).log()

    def _log_det(self, n: int) -> Any:
        return self.d * (1 + _ball(n * LONGEST**2 / (self.d * self.ridge))).log()

    def _radius(self, n: int) -> Any:
        return (_ball(self.beta) / self.gamma(n)).min(_ball(1))

    def _accepted(self, n: int) -> int:
        """The largest `k` with ``k a <= d log(1 + k b)``, ``a = log(1 + nu^2)``, ``b = L^2/(d lambda)``.

        With ``t = 1 + k b`` and ``r = a/(b d)`` equality is ``-r t e^{-r t} = -r e^{-r}``: the branch of
        Lambert's function below -1 gives the root that is not ``t = 1``, if ``r < 1``.
        """
        b = _ball(LONGEST**2 / (self.d * self.ridge))
        r = (1 + self._radius(n) ** 2).log() / (b * self.d)
        if r >= 1:
            return 0
        t = -(-r * (-r).exp()).lambertw(-1) / r
        return int(((t - 1) / b).floor().unique_fmpz())

    def _explored(self, n: int) -> int:
        growth = 1 if self.growth is None else self.growth
        inside = 2 * _ball(growth) * self._log_det(n) + self._radius(n) ** 2 * self._log_parts
        return _up(4 * self.gamma(n) ** 2 / _ball(self.beta * self.eps) * inside)


def _precision() -> Any:
    from explore_theory.certify.balls import precision

    return precision(BITS)


def _ball(value: Any) -> Any:
    from explore_theory.certify.balls import ball

    return ball(value)


def _up(value: Any) -> int:
    return int(value.ceil().unique_fmpz())

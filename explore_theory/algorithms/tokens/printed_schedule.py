"""The numbers of MTSS as printed (J.1.4, page 83), as mended (TJ1), and some that are seen to work."""

import math
from dataclasses import dataclass
from typing import Literal

from explore_theory.algorithms.tokens.printed import PrintedMTSS
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import one_of, positive, whole
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems.processes import ProcessFacts

#: ``e - 2``: ``KL <= kappa beta^{-2} E|phi|^2 eps_reg^2`` (LN1), which is printed with ``beta^{-1}``.
KAPPA = math.e - 2


@brief
@dataclass(frozen=True, kw_only=True)
class PrintedMTSSSchedule:
    """J.1.4: every number is a monomial, so that it is a float here; `learner` needs whole ones that fit.

    ``nu = 1/2``, ``T_prompt = d H^2 c``, ``lambda = eps_reg^2/(c B^2)``, ``M_rej = C_cond^2 T^2 H^2 B^4
    c/eps_reg^2``, ``delta_rej = eps_reg^2/(H^2 B^3 T c)``, ``T H^4 B^4 C_cond c/eps_reg^2`` base draws per
    end, ``T H^2 B^4 c/eps_reg^2`` walks and ``H^2 B^4 d T c/eps_reg^2`` rollouts; printed ``eps_reg^2 =
    eps``.

    Parameters
    ----------
    d, horizon, beta, parameter_radius, conditional_coverage
        What learners are told.
    eps
        Accuracy, in units of reward.
    constant
        ``c``, which stands for powers of logarithms in the paper and is left open there.
    accuracy
        ``"printed"``, or ``"mended"``: ``eps_reg^2 = min{2 beta eps/((e-2) H), beta^2/(4800 (e-2)^2 c d
        H^4)}`` (TJ1), and ``1.3e7 c`` times as many walks, without which a term of M.2 as it is printed
        exceeds ``eps_reg^2`` at every ``c`` (the term is not needed, LM2: they are on the safe side).

    Raises
    ------
    InvalidProblem
        If an argument is out of range.
    """

    d: int
    horizon: int
    beta: float
    parameter_radius: float
    conditional_coverage: float
    eps: float
    constant: float = 1.0
    accuracy: Literal["printed", "mended"] = "printed"

    def __post_init__(self) -> None:
        whole("d", self.d, least=1)
        whole("horizon", self.horizon, least=1)
        for name in ("beta", "parameter_radius", "eps"):
            positive(name, getattr(self, name))
        for name in ("conditional_coverage", "constant"):
            if not 1 <= getattr(self, name) < math.inf:
                raise InvalidProblem(
                    f"{name} must be at least 1 and finite, got {name}={getattr(self, name)!r}"
                )
        one_of("accuracy", self.accuracy, ("printed", "mended"))

    @classmethod
    def of(
        cls,
        facts: ProcessFacts,
        *,
        eps: float,
        constant: float = 1.0,
        accuracy: Literal["printed", "mended"] = "printed",
    ) -> "PrintedMTSSSchedule":
        """The schedule for what a learner is told.

        Raises
        ------
        InvalidProblem
            If the problem declares no ``C_cond`` or no ``B``.
        """
        radius, coverage = told(facts)
        return cls(
            d=facts.d,
            horizon=facts.horizon,
            beta=facts.beta,
            parameter_radius=radius,
            conditional_coverage=coverage,
            eps=eps,
            constant=constant,
            accuracy=accuracy,
        )

    @property
    def squared_accuracy(self) -> float:
        """``eps_reg^2``."""
        if self.accuracy == "printed":
            return self.eps
        steps, c = self.horizon, self.constant
        return min(
            2 * self.beta * self.eps / (KAPPA * steps),
            self.beta**2 / (4800 * KAPPA**2 * c * self.d * steps**4),
        )

    @property
    def radius(self) -> float:
        """``nu``."""
        return 0.5

    @property
    def iterations(self) -> float:
        """``T_prompt``."""
        return self.d * self.horizon**2 * self.constant

    @property
    def ridge(self) -> float:
        """``lambda``."""
        return self.squared_accuracy / (self.constant * self.parameter_radius**2)

    @property
    def ratio(self) -> float:
        """``M_rej``."""
        return (self.conditional_coverage * self.iterations) ** 2 * self._unit

    @property
    def failure(self) -> float:
        """``delta_rej``."""
        steps, c = self.horizon, self.constant
        return self.squared_accuracy / (steps**2 * self.parameter_radius**3 * self.iterations * c)

    @property
    def walks(self) -> float:
        """``N_span``. Mended: M.2's ``38400 H^2 T 16 (8/N_span) (eps_reg^2/lambda)^2`` is ``eps_reg^2``
        times 3/8 at most.
        """
        more = 1.0 if self.accuracy == "printed" else 1.3e7 * self.constant
        return more * self.iterations * self._unit

    @property
    def tests(self) -> float:
        """``N_span`` barred, base draws at the end of a walk."""
        return self.iterations * self.horizon**2 * self.conditional_coverage * self._unit

    @property
    def rollouts(self) -> float:
        """``N_reg``."""
        return self.d * self.iterations * self._unit

    @property
    def _unit(self) -> float:
        """``H^2 B^4 c/eps_reg^2``."""
        return self.horizon**2 * self.parameter_radius**4 * self.constant / self.squared_accuracy

    @property
    def base_draws(self) -> float:
        """``4 M_rej log(4/delta_rej)``: draws for ``Zhat``, and candidates at most, of one step."""
        return 4 * self.ratio * math.log(4 / self.failure)

    @property
    def transitions(self) -> float:
        """Transitions of a run, to leading order in ``T``: ``T^2 (N_reg H (H-1) + N_span H (H^2-1)/6)``.

        In iteration `t` layer `h` has ``2 t`` pairs, from each of which `N_reg` pairs of rollouts go to the
        end, and `N_span` walks to every later layer.
        """
        steps = self.horizon
        each = self.rollouts * steps * (steps - 1) + self.walks * steps * (steps * steps - 1) / 6
        return self.iterations**2 * each

    @property
    def token_calls(self) -> float:
        """``T_comp`` to leading order: an estimate of `base_draws` at each step of a rollout or walk, and
        `tests` at each of the ``T^2 N_span H (H-1)/2`` ends.
        """
        steps = self.horizon
        ends = self.iterations**2 * self.walks * steps * (steps - 1) / 2
        return self.transitions * self.base_draws + ends * self.tests

    def learner(self) -> PrintedMTSS:
        """The learner with these numbers, rounded up.

        Raises
        ------
        InvalidProblem
            If one of them is 2^62 or more.
        """
        numbers = {
            name: _rounded(name, getattr(self, name)) for name in ("iterations", "rollouts", "walks", "tests")
        }
        _rounded("base_draws", self.base_draws)
        return PrintedMTSS(
            ridge=self.ridge,
            radius=self.radius,
            parameter_radius=self.parameter_radius,
            sampler=SoftmaxSampler.accurate(max(self.ratio, 1.0), min(self.failure, 0.5)),
            iterations=numbers["iterations"],
            rollouts=numbers["rollouts"],
            walks=numbers["walks"],
            tests=numbers["tests"],
        )


def practical(facts: ProcessFacts, eps: float, *, literal: bool = True) -> PrintedMTSS:
    """Numbers that are seen to work (heuristic).

    ``nu = 1``, so that a certificate asks for ``|phi|^2 <= 1/4``, what our MTSS covers; ``lambda`` as there,
    ``4 eps beta/(9 H B^2)``; ``M = 4 C_cond``, ``delta_rej = 1/20``; ``8 d + 2 H`` iterations, of which
    ``4 d + 1`` go to the dimensions of a layer. With `v` the variance of a difference of two returns, taken
    to be ``H sigma^2 + 2 beta^2``, a score with ``|phi|^2 = nu^2/4`` is off by a variance of ``nu^2 v/(4
    N)``, which costs an eighth of it over ``beta`` where two actions are apart: ``N = nu^2 v H/(16 beta
    eps)`` rollouts for ``eps/2`` in all `H` layers.

    Raises
    ------
    InvalidProblem
        If the problem declares no ``C_cond`` or no ``B``.
    """
    radius, coverage = told(facts)
    steps, nu, beta = facts.horizon, 1.0, facts.beta
    spread = steps * facts.sigma**2 + 2 * beta**2
    return PrintedMTSS(
        iterations=8 * facts.d + 2 * steps,
        rollouts=max(4, math.ceil(nu**2 * spread * steps / (16 * beta * positive("eps", eps)))),
        walks=8,
        tests=math.ceil(4 * coverage),
        ridge=4 * eps * beta / (9 * steps * radius**2),
        radius=nu,
        parameter_radius=radius,
        sampler=SoftmaxSampler.accurate(4 * coverage, 0.05),
        literal=literal,
    )


def told(facts: ProcessFacts) -> tuple[float, float]:
    """``B`` and ``C_cond``.

    Raises
    ------
    InvalidProblem
        If either is not declared.
    """
    if facts.conditional_coverage is None or facts.parameter_radius is None:
        raise InvalidProblem(
            "facts must declare conditional_coverage and parameter_radius for a schedule, got "
            f"{facts.conditional_coverage!r} and {facts.parameter_radius!r}"
        )
    return facts.parameter_radius, facts.conditional_coverage


def _rounded(name: str, value: float) -> int:
    if not value < 2.0**62:
        raise InvalidProblem(f"{name} must be below 2^62 to be run, got {name}={value!r:.12}")
    return math.ceil(value)

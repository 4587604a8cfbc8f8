"""Problems with several prompts of uneven mass, and what is said of them, summed entry by entry.

The searches of this folder see one prompt at a time. Here the package evaluates whole problems: prompts of
uneven mass (one of mass zero), `beta` and reward ranges other than one, policies that differ from prompt to
prompt. The second route is this file's: plain sums over prompts and responses with `math.fsum`.

Letters: `K` problems, `X` prompts, `N` responses, `T` policies.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.harness import Measurement, Resolution, Trial
from explore_theory.policies import Mixture, Tabular
from explore_theory.problems import TabularProblem

PROMPTS, RESPONSES, POLICIES = 4, 5, 3
#: Sums of a few dozen float64 numbers up to 60 (``beta`` times a divergence), each side.
RESOLUTION = Resolution(absolute=1e-11, relative=1e-10)
ERROR = 1e-12


@dataclass(frozen=True)
class Instance:
    """A problem, `T` policies as tables `[T, X, N]` and their weights `[T]`."""

    problem: TabularProblem
    policies: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]

    def table(self, t: int) -> Tabular:
        """Policy `t`."""
        return Tabular(np.log(self.policies[t]))

    @property
    def mixture(self) -> Mixture:
        """All of them by their weights."""
        return Mixture(self.weights, tuple(self.table(t) for t in range(len(self.policies))))

    # What follows is summed here, from the arrays alone.

    def average(self, of_prompt: Callable[[int], float], masses: Any = None) -> float:
        """``E_x`` of a number per prompt; under other `masses` if they are given."""
        rho = self.problem.prompt_mass if masses is None else masses
        return math.fsum(float(rho[x]) * of_prompt(x) for x in range(PROMPTS) if rho[x] > 0)

    def log_partition(self, x: int) -> float:
        """``log sum_y pi_ref(y|x) exp(r(x, y)/beta)``."""
        tilts = self.problem.reward[x] / self.problem.beta
        top = float(tilts.max())
        return top + math.log(
            math.fsum(
                float(b) * math.exp(float(t) - top) for b, t in zip(self.problem.base[x], tilts, strict=True)
            )
        )

    def log_optimal(self, x: int, y: int) -> float:
        """``log pi*(y|x)``."""
        p = self.problem
        return math.log(p.base[x, y]) + float(p.reward[x, y]) / p.beta - self.log_partition(x)

    def divergence(self, policy: npt.NDArray[np.float64], x: int) -> float:
        """``KL(pi || pi*)`` at a prompt, of a table `[X, N]`."""
        return math.fsum(
            float(policy[x, y]) * (math.log(policy[x, y]) - self.log_optimal(x, y)) for y in range(RESPONSES)
        )

    def log_coverage(self) -> float:
        """``log sup pi*/pi_ref`` over prompts of positive mass."""
        p = self.problem
        return max(
            self.log_optimal(x, y) - math.log(p.base[x, y])
            for x in range(PROMPTS)
            if p.prompt_mass[x] > 0
            for y in range(RESPONSES)
        )


def instances(trial: Trial) -> list[Instance]:
    """One random instance per row."""
    return [_instance(generator) for generator in trial.streams.generators()]


def _instance(rng: np.random.Generator) -> Instance:
    rho = rng.dirichlet(np.ones(PROMPTS))
    # The last prompt has mass zero and the largest rewards: it must not count.
    rho = np.append(rho[:-1] / rho[:-1].sum(), 0.0)
    reward = rng.uniform(-1.5, 1.0, (PROMPTS, RESPONSES))
    reward[-1] *= 2
    size = 3.0
    problem = TabularProblem(
        prompt_mass=rho,
        base=rng.dirichlet(np.ones(RESPONSES), PROMPTS),
        reward=reward,
        features=reward[..., None] / size,
        theta_star=np.array([size]),
        parameter_radius=size,
        beta=float(np.exp(rng.uniform(math.log(0.1), math.log(4.0)))),
    )
    policies = rng.dirichlet(np.ones(RESPONSES), (POLICIES, PROMPTS))
    return Instance(problem, policies, rng.dirichlet(np.ones(POLICIES)))


def measured(values: list[float]) -> Measurement:
    """`values` with their rounding."""
    return Measurement.exact(values, error=ERROR, effort=len(values), unit="problems")

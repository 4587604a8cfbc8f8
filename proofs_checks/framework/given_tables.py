"""Problems that a user brings, for the claims about all problems: policies on them, and what rounding does.

Sizes are not known here, so both sides are compared in units of ``max(R, beta)``, and errors are computed
from the problem. A token problem is taken as the table of its responses, where there are few enough to list.

Letters: `X` prompts, `N` responses, `T` policies.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.claims import (
    Bound,
    Case,
    Check,
    Evidence,
    FalseVariant,
    Measurement,
    OnInstance,
    Resolution,
    Trial,
    laws,
)
from explore_theory.policies import Tabular
from explore_theory.problems import AutoregressiveProblem, TabularProblem

Floats = npt.NDArray[np.float64]

#: In units of ``max(R, beta)``. Errors are 1e-12 and less for rewards about zero and ``R/beta`` to 1e4; what
#: rounds more is INCONCLUSIVE, as it must be.
RESOLUTION = Resolution(absolute=1e-9, relative=1e-9)
#: Responses to a prompt that a token problem may have, and numbers of all policies together.
MOST_RESPONSES, MOST_NUMBERS = 2**12, 2**24
RANDOM, SPREAD = 8, 3.0


@dataclass(frozen=True, eq=False)
class Table:
    """A problem as a table, and `T` policies on it as logarithms `[X, N]`."""

    problem: TabularProblem
    policies: tuple[Floats, ...]

    @property
    def log_base(self) -> Floats:
        """``log pi_ref``, `[X, N]`."""
        return np.asarray(self.problem.atoms(np.arange(len(self.problem.base))[None]).log_mass[0])

    @property
    def counted(self) -> npt.NDArray[np.bool_]:
        """`[X]`: prompts of positive mass."""
        return np.asarray(self.problem.prompt_mass > 0)

    def ranges(self) -> Floats:
        """``R`` of each prompt of positive mass, over the support of the base policy."""
        rows = zip(self.log_base[self.counted], self.problem.reward[self.counted], strict=True)
        return np.array([np.ptp(reward[base > -np.inf]) for base, reward in rows])

    @property
    def scale(self) -> float:
        """``max(R, beta)``: what rewards, gaps and divergences times ``beta`` are measured in."""
        return max(float(self.ranges().max()), self.problem.beta)

    def size(self) -> float:
        """How large a log-probability is: base, optimal, or of a policy that is drawn here."""
        finite = self.log_base[np.isfinite(self.log_base)]
        deepest = -float(finite.min()) + 8 * SPREAD
        steep = float(self.ranges().max()) / self.problem.beta
        return steep + deepest + float(np.log(self.log_base.shape[-1]))

    def rounding(self) -> float:
        """What float64 may do to an objective, or to beta times a divergence, in units of `scale`.

        A log-probability of size `L`, and relatively a probability, is off by a few ``eps L``; an objective
        weighs them with rewards and with ``beta`` times logarithms of size `L`. Each prompt by itself.
        """
        worth = float(np.abs(self.problem.reward[self.counted]).max()) + self.problem.beta * self.size()
        return float(4 * np.finfo(float).eps * self.size() * worth / self.scale)

    def tables(self) -> list[Tabular]:
        """The policies, for exact evaluation."""
        return [Tabular(policy) for policy in self.policies]

    def measured(self, values: Sequence[float], unit: str = "policies", *, error: float = 0.0) -> Measurement:
        """`values` in units of `scale`, with their rounding and another `error` in units of reward."""
        found = np.array(values, dtype=np.float64) / self.scale
        off = self.rounding() + error / self.scale
        return Measurement.exact(found, error=off, effort=len(found), unit=unit)

    def bound(self, values: Sequence[float]) -> Bound:
        """`values` in units of `scale`, with their rounding."""
        return Bound.of(np.array(values, dtype=np.float64) / self.scale, error=self.rounding())


def table_of(problem: Any) -> TabularProblem:
    """A problem as a table of responses: itself, or all sequences of tokens, with features zero."""
    if isinstance(problem, TabularProblem):
        return problem
    from explore_theory.exact import soft_dynamics

    assert isinstance(problem, AutoregressiveProblem)
    logs = soft_dynamics.sequence_laws(problem, soft_dynamics.base_policy(problem))
    return TabularProblem(
        prompt_mass=problem.prompt_mass,
        log_base=logs,
        reward=soft_dynamics.sequence_rewards(problem),
        features=np.zeros((*logs.shape, 1)),
        beta=problem.beta,
    )


def listed(problem: Any) -> str:
    """Why a problem is not taken as a table; empty if it is."""
    if isinstance(problem, AutoregressiveProblem):
        count = problem.vocabulary**problem.horizon
        if count > MOST_RESPONSES:
            return f"responses to a prompt must be at most {MOST_RESPONSES} to be listed, got {count:.4g}"
    return ""


def drawn(trial: Trial, problem: TabularProblem) -> list[Floats]:
    """Random policies, `[X, N]` each: the base policy tilted by normal logits of deviation to `SPREAD`."""
    shape = problem.base.shape
    many = max(2, min(RANDOM, MOST_NUMBERS // problem.base.size))
    logs = Table(problem, ()).log_base
    noise = trial.streams.normal(many * problem.base.size).reshape(many, *shape)
    spreads = np.geomspace(0.1, SPREAD, many)
    return [laws.log_normalise(logs + spread * z) for spread, z in zip(spreads, noise, strict=True)]


def table(trial: Trial) -> Table:
    """The problem with policies: base, uniform on its support, tilted too much and too little, random."""
    problem = table_of(trial.given)
    logs = Table(problem, ()).log_base
    uniform = laws.log_normalise(np.where(logs > -np.inf, 0.0, -np.inf))
    beta = problem.beta
    tilts = [laws.optimal(logs, problem.reward, heat * beta) for heat in (0.5, 2.0)]
    return Table(problem, (logs, uniform, *tilts, *drawn(trial, problem)))


def on_table(
    slug: str,
    *,
    measure: Callable[[Any], Measurement],
    bound: Callable[[Any], Bound],
    variants: Sequence[tuple[str, str, dict[str, Any]]],
    relation: str | None = None,
    world: Callable[[Trial], Any] = table,
    applies: Callable[[Any], str] = listed,
    kinds: tuple[str, ...] = ("tabular", "tokens"),
    **more: Any,
) -> OnInstance:
    """A statement about one problem and policies on it; `variants` are (slug, why, changes)."""
    return OnInstance(
        kinds=kinds,
        applies=applies,
        check=Check(
            slug=slug,
            evidence=Evidence.ADVERSARIAL,
            cases=(Case(slug="given"),),
            instance=world,
            measure=measure,
            bound=bound,
            relation=relation,
            **{"resolution": RESOLUTION, **more},
        ),
        variants=tuple(
            FalseVariant(slug=name, why=why, check=slug, **changes) for name, why, changes in variants
        ),
    )

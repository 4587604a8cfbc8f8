"""MTSS runs for the claims of this folder, and MTSS with a part taken out or broken.

Families are made so that a factor of two in ``theta`` matters at the accuracies asked for: the prize of the
ladder is what climbing costs, and two ``beta`` more.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.algorithms.tokens.mtss import MTSS
from explore_theory.exact import soft_dynamics
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Trial
from explore_theory.oracles.tokens.opening import open_tokens
from explore_theory.oracles.tokens.protocol import Returns
from explore_theory.oracles.tokens.sampler import TokenPolicies, token_tables
from explore_theory.problems import Gaussian
from explore_theory.problems.autoregressive import (
    AutoregressiveProblem,
    forced_problem,
    ladder_problem,
    product_problem,
    random_markov_problem,
)

Floats = npt.NDArray[np.float64]
Change = Callable[[AutoregressiveProblem], AutoregressiveProblem]

#: Noise of a reward, and ``beta = HEAT/H``.
SCALE, HEAT = 0.3, 1 / 1.5


def instance(
    family: str, horizon: int, *, vocabulary: int | None = None, seed: int = 0, scale: float = SCALE
) -> AutoregressiveProblem:
    """The family's instance at one horizon, with ``beta = 1/(1.5 H)``, telling learners its ``C_cond``.

    The `seed` is that of the random chains; noise of a reward has standard deviation `scale`.
    """
    beta, noise = HEAT / horizon, Gaussian(scale)
    if family == "markov":
        found = random_markov_problem(
            horizon=horizon, vocabulary=vocabulary or 4, dimension=4, beta=beta, seed=seed, noise=noise
        )
    elif family == "forced":
        found = forced_problem(horizon=horizon, beta=beta, vocabulary=vocabulary or 4, noise=noise)
    elif family == "ladder":
        tokens = vocabulary or 2
        found = ladder_problem(
            horizon=horizon, beta=beta, prize=prize(horizon, tokens), vocabulary=tokens, noise=noise
        )
    else:
        tokens = vocabulary or 2
        weight = 2 * beta if tokens == 2 else beta * math.log(tokens)
        found = product_problem(horizon=horizon, weight=weight, beta=beta, vocabulary=tokens, noise=noise)
    return told(found)


def prize(horizon: int, vocabulary: int) -> float:
    """``beta (H log A + 2)``: the base policy climbs the ladder once in ``A^H``, which costs the first."""
    return HEAT / horizon * (horizon * math.log(vocabulary) + 2)


def told(problem: AutoregressiveProblem) -> AutoregressiveProblem:
    """The same problem, with ``C_cond`` (rounded up) among what learners are told."""
    coverage = float(np.exp(soft_dynamics.log_conditional_coverage(problem)))
    return replace(problem, conditional_coverage=coverage * (1 + 1e-9))


def two_features(problem: AutoregressiveProblem) -> AutoregressiveProblem:
    """All but the first two features are lost, and ``Q_h`` is no longer linear in what is left."""
    layers = tuple(replace(layer, features=layer.features[..., :2]) for layer in problem.layers)
    return replace(problem, layers=layers, theta=None)


@dataclass(frozen=True)
class Run:
    """One batch of runs: gaps `[R]` in units of ``eps``, calls and rounds `[R]`, ``theta`` `[R, H, d]` and
    numbers of tuples `[R, H]`.
    """

    relative_gap: Floats
    calls: Floats
    rounds: Floats
    theta: Floats
    tuples: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """The streams of some rows, named so that what was run on them can be kept."""

    path: tuple[str, ...]
    rows: tuple[int, ...]
    reseed: int

    @classmethod
    def of(cls, streams: Streams) -> "Rows":
        """Those of `streams`."""
        return cls(streams.path, tuple(streams.rows), streams.reseed)

    def streams(self, *names: str) -> Streams:
        """The streams, or others of their own for what is called `names`."""
        return Streams((*self.path, *names), self.rows, self.reseed)


def run(problem: AutoregressiveProblem, learner: MTSS, streams: Streams) -> Run:
    """Run `learner` on `problem`, one row per stream, and evaluate its policies exactly."""
    oracle = open_tokens(problem, streams=streams)
    learned = learner.run(oracle)
    gaps = soft_dynamics.gap(problem, token_tables(problem, TokenPolicies.joined(learned.policies)))
    return Run(
        gaps / learner.eps,
        oracle.ledger.compute,
        oracle.ledger.data,
        np.array([policy.theta for policy in learned.policies]),
        learned.tuples,
    )


def accuracy(problem: AutoregressiveProblem, fraction: float) -> float:
    """``eps`` as a fraction of the gap of the base policy."""
    return fraction * float(soft_dynamics.gap(problem, soft_dynamics.base_policy(problem)))


def world(trial: Trial, kind: type[MTSS] = MTSS, change: Change | None = None, **numbers: Any) -> Run:
    """The runs of a case; false variants bring another `kind` of learner, other `numbers` or another
    problem.
    """
    params = trial.case.params
    more = {name: int(params[name]) for name in ("vocabulary", "seed") if name in params}
    problem = instance(str(params["family"]), int(params["horizon"]), **more)
    eps = accuracy(problem, float(params["fraction"]))
    learner = kind.practical(problem.facts, eps)
    if change is not None:
        problem = change(problem)
    return run(problem, replace(learner, **numbers), trial.streams)


class WithoutCorrection(MTSS):
    """Rewards in place of returns: the KL that later steps cost is forgotten."""

    def _target(self, found: Returns, beta: float) -> Floats:
        return found.reward


class FirstLayerFirst(MTSS):
    """Layers are fitted in the order of the tokens: each sees the later layers of the epoch before."""

    def _order(self, horizon: int) -> range:
        return range(horizon)


class OneStepLookahead(MTSS):
    """Completions by the base policy: the values of what follows are those of a policy that learned
    nothing.
    """

    def _completion(self, policies: TokenPolicies) -> TokenPolicies:
        return replace(policies, theta=np.zeros_like(policies.theta))

"""Whole problems for the searches of this folder, from strategies: prompts and responses come and go.

Where `instances` climbs on coordinates of a fixed number of responses to one prompt, these have one or two
prompts, one of which may have no mass, responses outside the support of the base policy, tiny masses, and
policies that differ from prompt to prompt. A violation is made simple: few responses, rewards 0 and 1.

Letters: `X` prompts, `N` responses, `T` policies.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from explore_theory import exact
from explore_theory.harness import Measurement
from explore_theory.policies import Mixture, Softmax, Tabular
from explore_theory.problems import TabularProblem

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

#: Rounding of a gap or of beta times a divergence: `instances.Bandits.rounding` is 2e-12 at beta 1e-3, and
#: 8e-12 at 10, for base masses of 1e-12.
ERROR = 1e-11


def problems(params: Mapping[str, Any]) -> "SearchStrategy[TabularProblem]":
    """One or two prompts of two to five responses, anywhere on the edge."""
    from explore_theory import strategies

    return strategies.tabular((2, 5), dimension=1, prompts=(1, 2), zeros=True)


def with_table(params: Mapping[str, Any]) -> "SearchStrategy[tuple[TabularProblem, Tabular]]":
    """A problem and a policy, each with a support of its own."""
    from hypothesis import strategies as st

    from explore_theory import strategies

    return problems(params).flatmap(lambda p: st.tuples(st.just(p), strategies.tables(p, zeros=True)))


def with_mixture(params: Mapping[str, Any]) -> "SearchStrategy[tuple[TabularProblem, Mixture]]":
    """A problem of full support and a mixture of one to three policies, of weights down to 1e-12."""
    from hypothesis import strategies as st

    from explore_theory import strategies

    problem = strategies.tabular((2, 4), dimension=1, prompts=(1, 2))
    return problem.flatmap(lambda p: st.tuples(st.just(p), strategies.mixtures(p)))


def with_parameter(params: Mapping[str, Any]) -> "SearchStrategy[tuple[TabularProblem, Softmax]]":
    """A problem with features in one or two dimensions and a softmax policy."""
    from hypothesis import strategies as st

    from explore_theory import strategies

    problem = strategies.tabular((2, 4), dimension=(1, 2), prompts=(1, 2), zeros=True)
    return problem.flatmap(lambda p: st.tuples(st.just(p), strategies.softmax_policies(p)))


def gap(problem: TabularProblem, policy: Any) -> float:
    """``J(pi*) - J(pi)``, as the package has it."""
    return float(exact.gap(problem, policy)[0])


def prompt_ranges(problem: TabularProblem) -> list[float]:
    """The range of rewards of each prompt of positive mass, over the support of the base policy."""
    masses = zip(problem.prompt_mass, problem.base, problem.reward, strict=True)
    return [float(np.ptp(reward[base > 0])) for mass, base, reward in masses if mass > 0]


def prompt_rises(problem: TabularProblem, policy: Softmax) -> list[float]:
    """``(max f - E_{pi_ref} f)/beta``, ``f = <theta, phi>`` on the support, of prompts of positive mass."""
    score = (problem.features * policy.theta).sum(axis=-1)
    masses = zip(problem.prompt_mass, problem.base, score, strict=True)
    rises = [f[base > 0].max() - (base * f).sum() for mass, base, f in masses if mass > 0]
    return [float(rise) / problem.beta for rise in rises]


def part_of(measured: float, bound: float) -> float:
    """How much of its bound a measurement is; nothing where the two say nothing."""
    return measured / bound if 1e-6 < bound < np.inf else 0.0


def measured(values: Sequence[float], error: float = ERROR) -> Measurement:
    """`values`, one per instance, with their rounding."""
    return Measurement.exact(np.array(values), error=error, effort=len(values), unit="problems")

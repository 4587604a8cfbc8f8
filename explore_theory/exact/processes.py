"""Exact values of policies of decision processes, in log space, stage by stage.

The soft dynamic programme itself is in `problems.processes.dynamics`; its names are handed on here. What
`exact.soft_dynamics` is for tokens this is with random transitions.

Letters: `H` stages, `S` states of a stage, `S'` of the next, `A` actions, ``...`` any leading axes
(replicates) of a policy. Stages count from zero. Logarithms are natural; values are in units of reward. A
policy is one table of log-probabilities `[..., S, A]` per stage.
"""

from dataclasses import dataclass

import numpy as np

from explore_theory.foundation import laws
from explore_theory.foundation.brief import brief
from explore_theory.problems.autoregressive.dynamics import Optimum, Tables
from explore_theory.problems.processes.dynamics import (
    Staged,
    base_policy,
    checked,
    following,
    log_conditional_coverage,
    log_coverage,
    optimum,
    reachable,
    reward_range,
)
from explore_theory.problems.protocol import Floats, log_of

__all__ = [
    "Optimum",
    "PolicyValues",
    "Tables",
    "base_policy",
    "checked",
    "gap",
    "log_conditional_coverage",
    "log_coverage",
    "objective",
    "occupancies",
    "optimum",
    "policy_values",
    "reachable",
    "reward_range",
    "stage_divergences",
]


@brief
@dataclass(frozen=True, eq=False)
class PolicyValues:
    """``Q^pi_h`` `[..., S, A]` and ``V^pi_h`` `[..., S]` of each stage, and bounds `[..., S]` on errors of
    ``V``.
    """

    q: tuple[Floats, ...]
    value: tuple[Floats, ...]
    error: tuple[Floats, ...]


def policy_values(process: Staged, policy: Tables) -> PolicyValues:
    """``Q^pi_h`` of Definition I.1 and ``V^pi_h(s) = E_{a~pi}[Q^pi_h(s, a) - beta log pi_h/pi_{h,ref}]``.

    ``Q^pi_h(s, a)`` counts the rewards from stage `h` on and the log-ratios after it. Minus infinity where
    the policy leaves the support of the base policy. The errors of later stages add up along the policy; see
    `laws.evaluated` for those of one.
    """
    tables = checked(process, policy)
    value: Floats = np.zeros(1)
    error: Floats = np.zeros(1)
    beta = np.asarray(process.beta)
    found: list[tuple[Floats, Floats, Floats]] = []
    for h in range(process.horizon - 1, -1, -1):
        stage, table = process.stages[h], laws.masses(f"policy[{h}]", tables[h])
        q = stage.reward + following(stage, value)
        # Where the policy does not go, later values may be infinite; they do not count.
        reward = np.where(table[1] > 0, q, 0.0)
        value, here = laws.evaluated(table, (stage.log_base, stage.base), reward, beta)
        error = here + laws.mean(table[1], following(stage, error))
        found.append((q, value, error))
    q_of, value_of, error_of = zip(*found[::-1], strict=True)
    return PolicyValues(q_of, value_of, error_of)


def objective(process: Staged, policy: Tables) -> Floats:
    """``J(pi) = E_pi[sum_h r_h - beta log pi_h/pi_{h,ref}]``, `[...]`; minus infinity off its support."""
    return _over_starts(process, policy_values(process, policy).value[0])


def gap(process: Staged, policy: Tables) -> Floats:
    """``J(pi*) - J(pi)``, `[...]`: the difference of two objectives from every start.

    Never negative and never NaN: what rounding leaves below zero is zero, see `exact.soft_dynamics.gap`. Plus
    infinity where the policy leaves the support of the base policy.
    """
    best = policy_values(process, optimum(process).log_policy)
    own = policy_values(process, policy)
    short = laws.shortfall((best.value[0], best.error[0]), (own.value[0], own.error[0]))
    return _over_starts(process, short)


def occupancies(process: Staged, policy: Tables) -> tuple[Floats, ...]:
    """Log-probability `[..., S]` of being in each state of each stage, under `policy`."""
    tables = checked(process, policy)
    found = [log_of(process.start)]
    for stage, table in zip(process.stages[:-1], tables, strict=False):
        assert stage.moves is not None
        joint = (found[-1][..., None] + table)[..., None] + log_of(stage.moves)
        lead = joint.shape[:-3]
        flat = joint.reshape(*lead, -1, stage.moves.shape[-1])
        found.append(laws.log_sum_exp(np.moveaxis(flat, -1, -2)))
    return tuple(found)


def stage_divergences(process: Staged, policy: Tables) -> Floats:
    """``beta E_{s~pi} KL(pi_h(.|s) || pi*_h(.|s))``, `[..., H]`; the gap is their sum (LN5)."""
    best, weights = optimum(process).log_policy, occupancies(process, policy)
    parts = [
        process.beta * laws.expectation(weight, laws.kl(table, star))
        for weight, table, star in zip(weights, checked(process, policy), best, strict=True)
    ]
    return np.stack(np.broadcast_arrays(*parts), axis=-1)


def _over_starts(process: Staged, values: Floats) -> Floats:
    """``E`` over the start of the values `[..., S]` of the first stage."""
    return laws.mean(process.start, values)

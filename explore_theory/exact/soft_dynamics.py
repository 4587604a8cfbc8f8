"""Exact values of policies of autoregressive problems, in log space, layer by layer.

The soft dynamic programme itself is in `problems.autoregressive.dynamics`; its names are handed on here.

Letters: `H` layers, `S` states of a layer, `A` tokens, `X` prompts, ``...`` any leading axes (replicates) of
a policy. Layers count from zero. Logarithms are natural; values are in units of reward. A policy is one table
of log-probabilities `[..., S, A]` per layer.
"""

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.foundation import laws
from explore_theory.problems.autoregressive.dynamics import (
    MOST_SEQUENCES,
    Automaton,
    Optimum,
    Tables,
    base_policy,
    checked,
    following_states,
    log_conditional_coverage,
    log_coverage,
    optimum,
    reachable,
    sequence_laws,
    sequence_rewards,
    sequence_states,
)
from explore_theory.problems.autoregressive.layer import Layer
from explore_theory.problems.protocol import Floats

__all__ = [
    "MOST_SEQUENCES",
    "Optimum",
    "Tables",
    "base_policy",
    "checked",
    "gap",
    "log_conditional_coverage",
    "log_coverage",
    "objective",
    "occupancies",
    "optimum",
    "reachable",
    "sequence_laws",
    "sequence_rewards",
    "sequence_states",
    "token_divergences",
    "uncovered_prefix",
]


def objective(problem: Automaton, policy: Tables) -> Floats:
    """``J(pi) = E_pi[sum_h w_h - beta log pi_h/pi_{h,ref}]``, `[...]`; minus infinity off its support."""
    return _over_prompts(problem, _evaluated(problem, policy)[0])


def gap(problem: Automaton, policy: Tables) -> Floats:
    """``J(pi*) - J(pi)``, `[...]`: the difference of two objectives at every prompt.

    Never negative and never NaN: what rounding leaves below zero, at most about
    ``1e-14 H (max|Q_h| + beta (KL + 3))``, is zero. Plus infinity where the policy leaves the base's support.
    """
    best = _evaluated(problem, optimum(problem).log_policy)
    return _over_prompts(problem, laws.shortfall(best, _evaluated(problem, policy)))


def _evaluated(problem: Automaton, policy: Tables) -> tuple[Floats, Floats]:
    """``J`` from each state `[..., S]` of the first layer on, and a bound on its error.

    The errors of later layers add up along the policy; see `laws.evaluated` for those of one.
    """
    tables = checked(problem, policy)
    following = error = np.zeros(1)
    beta = np.asarray(problem.beta)
    for h in range(problem.horizon - 1, -1, -1):
        layer, table = problem.layers[h], laws.masses(f"policy[{h}]", tables[h])
        later = following[..., following_states(problem, h)]
        base = layer.log_base, layer.base
        # Where the policy does not go, later values may be infinite; they do not count.
        goes = table[1] > 0
        reward = np.where(goes, layer.reward + np.where(goes, later, 0.0), 0.0)
        following, here = laws.evaluated(table, base, reward, beta)
        error = here + laws.mean(table[1], error[..., following_states(problem, h)])
    return following, error


def occupancies(problem: Automaton, policy: Tables) -> tuple[Floats, ...]:
    """Log-probability `[..., S]` that the prefix is in each state of each layer, under `policy`."""
    tables = checked(problem, policy)
    first = np.full(problem.layers[0].states, -np.inf)
    with np.errstate(divide="ignore"):
        np.logaddexp.at(first, problem.start, np.log(problem.prompt_mass))
    found = [first]
    for h in range(problem.horizon - 1):
        joint = found[-1][..., None] + tables[h]
        found.append(_gathered(joint, problem.layers[h], problem.layers[h + 1].states))
    return tuple(found)


def token_divergences(problem: Automaton, policy: Tables) -> Floats:
    """``beta E_{a_{<h}~pi} KL(pi_h || pi*_h)``, `[..., H]`; the gap is their sum (T4)."""
    best, weights = optimum(problem).log_policy, occupancies(problem, policy)
    parts = [
        problem.beta * laws.expectation(weight, laws.kl(table, star))
        for weight, table, star in zip(weights, policy, best, strict=True)
    ]
    return np.stack(np.broadcast_arrays(*parts), axis=-1)


def uncovered_prefix(problem: Automaton, policy: Tables) -> tuple[int, tuple[int, ...]] | None:
    """A prompt and a shortest prefix that `policy` ([S, A] tables) may produce and the base policy cannot.

    None if there is none, and coverage is then finite. Otherwise both coverages are infinite, and a bound
    that contains them says nothing (NOT APPLICABLE).
    """
    policy = checked(problem, policy)
    if policy[0].ndim != 2:
        raise InvalidProblem(f"policy must be one policy of [S, A] tables, got {policy[0].shape}")
    seen: dict[int, tuple[int, tuple[int, ...]]] = {}
    for x in np.flatnonzero(problem.prompt_mass > 0).tolist():
        seen.setdefault(int(problem.start[x]), (x, ()))
    for layer, table in zip(problem.layers, policy, strict=True):
        after: dict[int, tuple[int, tuple[int, ...]]] = {}
        for state, (prompt, prefix) in seen.items():
            for token in np.flatnonzero(table[state] > -np.inf).tolist():
                if not layer.supported[state, token]:
                    return prompt, (*prefix, token)
                after.setdefault(int(layer.next[state, token]), (prompt, (*prefix, token)))
        seen = after
    return None


def _gathered(joint: Floats, layer: Layer, states: int) -> Floats:
    """``log sum exp`` of `joint` `[..., S, A]` over what leads to each of `states`, `[..., states]`."""
    lead = joint.shape[:-2]
    flat, there = joint.reshape(*lead, -1), layer.next.reshape(-1)
    # Per target, the largest term comes off first: deep states may have probability 1e-300 and less.
    peak = np.full((*lead, states), -np.inf)
    np.maximum.at(np.moveaxis(peak, -1, 0), there, np.moveaxis(flat, -1, 0))
    peak = np.where(np.isfinite(peak), peak, 0.0)
    mass = np.zeros((*lead, states))
    np.add.at(np.moveaxis(mass, -1, 0), there, np.moveaxis(np.exp(flat - peak[..., there]), -1, 0))
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(mass) + peak)


def _over_prompts(problem: Automaton, values: Floats) -> Floats:
    """``E_x`` of the values `[..., S]` of the first layer."""
    rho = problem.prompt_mass
    here = np.where(rho > 0, values[..., problem.start], 0.0)
    return np.asarray(np.sum(rho * here, axis=-1))

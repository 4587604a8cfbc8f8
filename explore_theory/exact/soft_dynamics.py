"""The soft dynamic programme: exact values, laws and coverages of autoregressive problems, in log space.

With states in place of prefixes (`problems.autoregressive.layers`) and rewards counted from the state on,
``Q_h(s, a) = w_h(s, a) + V_{h+1}(next)``, ``V_h(s) = beta log E_{a~pi_{h,ref}} exp(Q_h(s, a)/beta)``,
``V_{H+1} = 0`` and ``pi*_h ∝ pi_{h,ref} exp(Q_h/beta)``; the reward of the tokens already chosen is the same
for every continuation, and ``Q_h(x, a_{1:h})`` of the theory adds it. Costs ``O(H S A)``.

Letters: `H` layers, `S` states of a layer, `A` tokens, `X` prompts, ``...`` any leading axes (replicates) of
a policy. Layers count from zero. Logarithms are natural; values are in units of reward. A policy is one table
of log-probabilities `[..., S, A]` per layer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation import laws
from explore_theory.foundation.validation import real_array

if TYPE_CHECKING:
    from explore_theory.problems.autoregressive.layers import AutoregressiveProblem, Layer

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Tables = Sequence[Floats]

#: The most sequences per prompt that anything here enumerates.
MOST_SEQUENCES = 1 << 14


@dataclass(frozen=True, eq=False)
class Optimum:
    """``Q_h`` `[S, A]`, ``V_h`` `[S]` and ``log pi*_h`` `[S, A]` of each layer, from the state on."""

    q: tuple[Floats, ...]
    value: tuple[Floats, ...]
    log_policy: tuple[Floats, ...]


def optimum(problem: "AutoregressiveProblem") -> Optimum:
    """Optimal values and token laws, by the soft dynamic programme; computed once per problem."""
    known: Optimum | None = problem.__dict__.get("_optimum")
    if known is not None:
        return known
    following = np.zeros(1)
    rows: list[tuple[Floats, Floats, Floats]] = []
    for h in range(problem.horizon - 1, -1, -1):
        layer = problem.layers[h]
        q = layer.reward + following[_next(problem, h)]
        beta = np.full(layer.states, problem.beta)
        following = laws.soft_value(layer.log_base, q, beta)
        rows.append((q, following, laws.tilted(layer.log_base, q, beta)))
    q_of, value_of, policy_of = zip(*rows[::-1], strict=True)
    found = Optimum(q_of, value_of, policy_of)
    # A problem is frozen, so what was computed from it stays true.
    problem.__dict__["_optimum"] = found
    return found


def base_policy(problem: "AutoregressiveProblem") -> tuple[Floats, ...]:
    """``log pi_{h,ref}`` as a policy."""
    return tuple(layer.log_base for layer in problem.layers)


def checked(problem: "AutoregressiveProblem", policy: Tables) -> tuple[Floats, ...]:
    """`policy` as float64 tables.

    Raises
    ------
    InvalidProblem
        If there is not one table per layer of the layer's shape, or a row does not sum to one.
    """
    if len(policy) != problem.horizon:
        raise InvalidProblem(f"policy must have one table per layer ({problem.horizon}), got {len(policy)}")
    tables = tuple(real_array(f"policy[{h}]", table) for h, table in enumerate(policy))
    for h, (layer, table) in enumerate(zip(problem.layers, tables, strict=True)):
        if table.shape[-2:] != layer.base.shape or table.ndim < 2:
            raise InvalidProblem(
                f"policy must have tables of the layer's shape {layer.base.shape}, "
                f"got policy[{h}].shape={table.shape}"
            )
        laws.masses(f"policy[{h}]", table)
    return tables


def objective(problem: "AutoregressiveProblem", policy: Tables) -> Floats:
    """``J(pi) = E_pi[sum_h w_h - beta log pi_h/pi_{h,ref}]``, `[...]`; minus infinity off its support."""
    return _over_prompts(problem, _evaluated(problem, policy)[0])


def gap(problem: "AutoregressiveProblem", policy: Tables) -> Floats:
    """``J(pi*) - J(pi)``, `[...]`: the difference of two objectives at every prompt.

    Never negative and never NaN: what rounding leaves below zero, at most about
    ``1e-14 H (max|Q_h| + beta (KL + 3))``, is zero. Plus infinity where the policy leaves the base's support.
    """
    best = _evaluated(problem, optimum(problem).log_policy)
    return _over_prompts(problem, laws.shortfall(best, _evaluated(problem, policy)))


def _evaluated(problem: "AutoregressiveProblem", policy: Tables) -> tuple[Floats, Floats]:
    """``J`` from each state `[..., S]` of the first layer on, and a bound on its error.

    The errors of later layers add up along the policy; see `laws.evaluated` for those of one.
    """
    tables = checked(problem, policy)
    following = error = np.zeros(1)
    beta = np.asarray(problem.beta)
    for h in range(problem.horizon - 1, -1, -1):
        layer, table = problem.layers[h], laws.masses(f"policy[{h}]", tables[h])
        later = following[..., _next(problem, h)]
        base = layer.log_base, layer.base
        # Where the policy does not go, later values may be infinite; they do not count.
        goes = table[1] > 0
        reward = np.where(goes, layer.reward + np.where(goes, later, 0.0), 0.0)
        following, here = laws.evaluated(table, base, reward, beta)
        error = here + laws.mean(table[1], error[..., _next(problem, h)])
    return following, error


def occupancies(problem: "AutoregressiveProblem", policy: Tables) -> tuple[Floats, ...]:
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


def token_divergences(problem: "AutoregressiveProblem", policy: Tables) -> Floats:
    """``beta E_{a_{<h}~pi} KL(pi_h || pi*_h)``, `[..., H]`; the gap is their sum (T4)."""
    best, weights = optimum(problem).log_policy, occupancies(problem, policy)
    parts = [
        problem.beta * laws.expectation(weight, laws.kl(table, star))
        for weight, table, star in zip(weights, policy, best, strict=True)
    ]
    return np.stack(np.broadcast_arrays(*parts), axis=-1)


def reachable(problem: "AutoregressiveProblem") -> tuple[Bools, ...]:
    """`[S]` per layer: the states that some prefix in the support of the base policy leads to."""
    first = np.zeros(problem.layers[0].states, dtype=bool)
    first[problem.start[problem.prompt_mass > 0]] = True
    found = [first]
    for h in range(problem.horizon - 1):
        layer = problem.layers[h]
        there = np.zeros(problem.layers[h + 1].states, dtype=bool)
        there[layer.next[(layer.base > 0) & found[-1][:, None]]] = True
        found.append(there)
    return tuple(found)


def log_conditional_coverage(problem: "AutoregressiveProblem", policy: Tables | None = None) -> Floats:
    """``log max_h sup pi_h(a|prefix)/pi_{h,ref}(a|prefix)``, `[...]`; of ``pi*`` if `policy` is None.

    The sup is over prefixes in the support of the base policy; plus infinity where the policy leaves it, and
    then `uncovered_prefix` says where.
    """
    tables = optimum(problem).log_policy if policy is None else checked(problem, policy)
    parts = [
        np.where(here, laws.coverage(table, layer.log_base), -np.inf).max(axis=-1)
        for here, table, layer in zip(reachable(problem), tables, problem.layers, strict=True)
    ]
    return np.asarray(np.stack(np.broadcast_arrays(*parts), axis=-1).max(axis=-1))


def log_coverage(problem: "AutoregressiveProblem", policy: Tables | None = None) -> Floats:
    """``log sup_{x, y} pi(y|x)/pi_ref(y|x)``, `[...]`, by max-product; of ``pi*`` if `policy` is None.

    A ratio is the product of token ratios, so the largest is the heaviest path through the states. Plus
    infinity where the policy leaves the support of the base policy.
    """
    tables = optimum(problem).log_policy if policy is None else checked(problem, policy)
    following = np.zeros(1)
    for h in range(problem.horizon - 1, -1, -1):
        chosen = tables[h] > -np.inf
        with np.errstate(invalid="ignore"):
            ratio = tables[h] - problem.layers[h].log_base + following[..., _next(problem, h)]
        following = np.where(chosen, ratio, -np.inf).max(axis=-1)
    here = np.where(problem.prompt_mass > 0, following[..., problem.start], -np.inf)
    return np.asarray(here.max(axis=-1))


def uncovered_prefix(problem: "AutoregressiveProblem", policy: Tables) -> tuple[int, tuple[int, ...]] | None:
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
                if layer.base[state, token] == 0:
                    return prompt, (*prefix, token)
                after.setdefault(int(layer.next[state, token]), (prompt, (*prefix, token)))
        seen = after
    return None


def sequence_laws(problem: "AutoregressiveProblem", policy: Tables) -> Floats:
    """Log-probabilities `[..., X, A^H]` of all responses, first token slowest.

    Raises
    ------
    InvalidProblem
        If there are more than `MOST_SEQUENCES` of them.
    """
    state = sequence_states(problem)
    total: Floats = np.zeros((problem.start.size, 1))
    for here, table in zip(state, checked(problem, policy), strict=True):
        joint = total[..., None] + table[..., here, :]
        total = joint.reshape(*joint.shape[:-2], -1)
    return total


def sequence_rewards(problem: "AutoregressiveProblem") -> Floats:
    """Rewards `[X, A^H]` of all responses, first token slowest; at most `MOST_SEQUENCES` of them."""
    state = sequence_states(problem)
    total: Floats = np.zeros((problem.start.size, 1))
    for h, layer in enumerate(problem.layers):
        total = (total[..., None] + layer.reward[state[h]]).reshape(problem.start.size, -1)
    return total


def sequence_states(problem: "AutoregressiveProblem") -> list[npt.NDArray[np.int64]]:
    """`[X, A^h]` for each layer `h` from zero: the state that each prefix leads to, first token slowest."""
    count = problem.vocabulary**problem.horizon
    if count > MOST_SEQUENCES:
        raise InvalidProblem(
            f"vocabulary^horizon must be at most {MOST_SEQUENCES} to list all responses, got "
            f"{problem.vocabulary}^{problem.horizon}"
        )
    state = [problem.start[:, None]]
    for layer in problem.layers[:-1]:
        state.append(layer.next[state[-1]].reshape(problem.start.size, -1))
    return state


def _next(problem: "AutoregressiveProblem", h: int) -> npt.NDArray[np.int64]:
    """`[S, A]`: where the tokens of layer `h` lead; after the last layer there is one state, number 0."""
    layer = problem.layers[h]
    return layer.next if h + 1 < problem.horizon else np.zeros_like(layer.next)


def _gathered(joint: Floats, layer: "Layer", states: int) -> Floats:
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


def _over_prompts(problem: "AutoregressiveProblem", values: Floats) -> Floats:
    """``E_x`` of the values `[..., S]` of the first layer."""
    rho = problem.prompt_mass
    here = np.where(rho > 0, values[..., problem.start], 0.0)
    return np.asarray(np.sum(rho * here, axis=-1))

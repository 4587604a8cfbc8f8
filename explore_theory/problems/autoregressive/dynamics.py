"""The soft dynamic programme of an autoregressive problem, and what follows from it: coverages, sequences.

With states in place of prefixes (`layers`) and rewards counted from the state on,
``Q_h(s, a) = w_h(s, a) + V_{h+1}(next)``, ``V_h(s) = beta log E_{a~pi_{h,ref}} exp(Q_h(s, a)/beta)``,
``V_{H+1} = 0`` and ``pi*_h ∝ pi_{h,ref} exp(Q_h/beta)``; the reward of the tokens already chosen is the same
for every continuation, and ``Q_h(x, a_{1:h})`` of the theory adds it. Costs ``O(H S A)``.

Letters: `H` layers, `S` states of a layer, `A` tokens, `X` prompts, ``...`` any leading axes (replicates) of
a policy. Layers count from zero. Logarithms are natural; values are in units of reward. A policy is one table
of log-probabilities `[..., S, A]` per layer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.foundation import laws
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import real_array
from explore_theory.problems.autoregressive.layer import Layer
from explore_theory.problems.protocol import Bools, Floats, Ints

Tables = Sequence[Floats]

#: The most sequences per prompt that anything here enumerates.
MOST_SEQUENCES = 1 << 14


class Automaton(Protocol):
    """What the programme needs of a problem; `layers.AutoregressiveProblem` says what each is."""

    @property
    def prompt_mass(self) -> Floats:
        """`[X]`."""

    @property
    def start(self) -> Ints:
        """`[X]`."""

    @property
    def layers(self) -> Sequence[Layer]:
        """`H` of them."""

    @property
    def beta(self) -> float:
        """KL regularisation."""

    @property
    def horizon(self) -> int:
        """`H`."""

    @property
    def vocabulary(self) -> int:
        """`A`."""


@brief
@dataclass(frozen=True, eq=False)
class Optimum:
    """``Q_h`` `[S, A]`, ``V_h`` `[S]` and ``log pi*_h`` `[S, A]` of each layer, from the state on."""

    q: tuple[Floats, ...]
    value: tuple[Floats, ...]
    log_policy: tuple[Floats, ...]


def optimum(problem: Automaton) -> Optimum:
    """Optimal values and token laws, by the soft dynamic programme; computed once per problem."""
    if not hasattr(problem, "layers"):
        raise InvalidProblem(f"problem must be an AutoregressiveProblem, got a {type(problem).__name__}")
    known: Optimum | None = problem.__dict__.get("_optimum")
    if known is not None:
        return known
    following = np.zeros(1)
    rows: list[tuple[Floats, Floats, Floats]] = []
    for h in range(problem.horizon - 1, -1, -1):
        layer = problem.layers[h]
        q = layer.reward + following[following_states(problem, h)]
        beta = np.full(layer.states, problem.beta)
        following = laws.soft_value(layer.log_base, q, beta)
        rows.append((q, following, laws.tilted(layer.log_base, q, beta)))
    q_of, value_of, policy_of = zip(*rows[::-1], strict=True)
    found = Optimum(q_of, value_of, policy_of)
    # A problem is frozen, so what was computed from it stays true.
    problem.__dict__["_optimum"] = found
    return found


def base_policy(problem: Automaton) -> tuple[Floats, ...]:
    """``log pi_{h,ref}`` as a policy."""
    return tuple(layer.log_base for layer in problem.layers)


def checked(problem: Automaton, policy: Tables) -> tuple[Floats, ...]:
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


def reachable(problem: Automaton) -> tuple[Bools, ...]:
    """`[S]` per layer: the states that some prefix in the support of the base policy leads to."""
    first = np.zeros(problem.layers[0].states, dtype=bool)
    first[problem.start[problem.prompt_mass > 0]] = True
    found = [first]
    for h in range(problem.horizon - 1):
        layer = problem.layers[h]
        there = np.zeros(problem.layers[h + 1].states, dtype=bool)
        there[layer.next[layer.supported & found[-1][:, None]]] = True
        found.append(there)
    return tuple(found)


def log_conditional_coverage(problem: Automaton, policy: Tables | None = None) -> Floats:
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


def log_coverage(problem: Automaton, policy: Tables | None = None) -> Floats:
    """``log sup_{x, y} pi(y|x)/pi_ref(y|x)``, `[...]`, by max-product; of ``pi*`` if `policy` is None.

    A ratio is the product of token ratios, so the largest is the heaviest path through the states. Plus
    infinity where the policy leaves the support of the base policy.
    """
    tables = optimum(problem).log_policy if policy is None else checked(problem, policy)
    following = np.zeros(1)
    for h in range(problem.horizon - 1, -1, -1):
        chosen = tables[h] > -np.inf
        with np.errstate(invalid="ignore"):
            ratio = tables[h] - problem.layers[h].log_base + following[..., following_states(problem, h)]
        following = np.where(chosen, ratio, -np.inf).max(axis=-1)
    here = np.where(problem.prompt_mass > 0, following[..., problem.start], -np.inf)
    return np.asarray(here.max(axis=-1))


def sequence_laws(problem: Automaton, policy: Tables) -> Floats:
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


def sequence_rewards(problem: Automaton) -> Floats:
    """Rewards `[X, A^H]` of all responses, first token slowest; at most `MOST_SEQUENCES` of them."""
    state = sequence_states(problem)
    total: Floats = np.zeros((problem.start.size, 1))
    for h, layer in enumerate(problem.layers):
        total = (total[..., None] + layer.reward[state[h]]).reshape(problem.start.size, -1)
    return total


def sequence_states(problem: Automaton) -> list[Ints]:
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


def following_states(problem: Automaton, h: int) -> Ints:
    """`[S, A]`: where the tokens of layer `h` lead; after the last layer there is one state, number 0."""
    layer = problem.layers[h]
    return layer.next if h + 1 < problem.horizon else np.zeros_like(layer.next)

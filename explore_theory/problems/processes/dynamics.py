"""The soft dynamic programme of a decision process, and the coverages that follow from it.

``Q*_h(s, a) = r*_h(s, a) + E_{s'~P_h(s, a)} V*_{h+1}(s')``, ``V*_h(s) = beta log E_{a~pi_{h,ref}}
exp(Q*_h(s, a)/beta)``, ``V*_{H+1} = 0`` and ``pi*_h ∝ pi_{h,ref} exp(Q*_h/beta)`` (Definition I.2 and
equation (72) of Foster, Mhammedi and Rohatgi, COLT 2025; claim LN4). Costs ``O(H S A S')``.

Letters: `H` stages, `S` states of a stage, `S'` of the next, `A` actions, ``...`` any leading axes
(replicates) of a policy. Stages count from zero. Logarithms are natural; values are in units of reward. A
policy is one table of log-probabilities `[..., S, A]` per stage.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation import laws
from explore_theory.foundation.validation import real_array
from explore_theory.problems.autoregressive.dynamics import Optimum, Tables
from explore_theory.problems.processes.stage import Stage
from explore_theory.problems.protocol import Bools, Floats


class Staged(Protocol):
    """What the programme needs of a problem; `process.DecisionProcess` says what each is."""

    @property
    def start(self) -> npt.NDArray[np.float64]:
        """`[S]`."""

    @property
    def stages(self) -> Sequence[Stage]:
        """`H` of them."""

    @property
    def beta(self) -> float:
        """KL regularisation."""

    @property
    def horizon(self) -> int:
        """`H`."""


def following(stage: Stage, values: Floats) -> Floats:
    """``E_{s'~P_h(s, a)}`` of `values` `[..., S']`, `[..., S, A]`; zero after a last stage.

    Infinite values do not count where no mass leads.
    """
    if stage.moves is None:
        return np.zeros((*values.shape[:-1], stage.states, stage.actions))
    return laws.mean(stage.moves, values[..., None, None, :])


def optimum(process: Staged) -> Optimum:
    """Optimal values and laws of each stage, by the soft dynamic programme; computed once per process."""
    if not hasattr(process, "stages"):
        raise InvalidProblem(f"process must be a DecisionProcess, got a {type(process).__name__}")
    known: Optimum | None = process.__dict__.get("_optimum")
    if known is not None:
        return known
    value = np.zeros(1)
    rows: list[tuple[Floats, Floats, Floats]] = []
    for stage in reversed(process.stages):
        q = stage.reward + following(stage, value)
        beta = np.full(stage.states, process.beta)
        value = laws.soft_value(stage.log_base, q, beta)
        rows.append((q, value, laws.tilted(stage.log_base, q, beta)))
    q_of, value_of, policy_of = zip(*rows[::-1], strict=True)
    found = Optimum(q_of, value_of, policy_of)
    # A process is frozen, so what was computed from it stays true.
    process.__dict__["_optimum"] = found
    return found


def base_policy(process: Staged) -> tuple[Floats, ...]:
    """``log pi_{h,ref}`` as a policy."""
    return tuple(stage.log_base for stage in process.stages)


def checked(process: Staged, policy: Tables) -> tuple[Floats, ...]:
    """`policy` as float64 tables.

    Raises
    ------
    InvalidProblem
        If there is not one table per stage of the stage's shape, or a row does not sum to one.
    """
    if not isinstance(policy, Sequence | np.ndarray):
        raise InvalidProblem(
            f"policy must have one table of log-probabilities per stage ({process.horizon}), "
            f"got a {type(policy).__name__}"
        )
    if len(policy) != process.horizon:
        raise InvalidProblem(f"policy must have one table per stage ({process.horizon}), got {len(policy)}")
    tables = tuple(real_array(f"policy[{h}]", table) for h, table in enumerate(policy))
    for h, (stage, table) in enumerate(zip(process.stages, tables, strict=True)):
        if table.ndim < 2 or table.shape[-2:] != stage.base.shape:
            raise InvalidProblem(
                f"policy must have tables of the stage's shape {stage.base.shape}, "
                f"got policy[{h}].shape={table.shape}"
            )
        laws.masses(f"policy[{h}]", table)
    return tables


def reachable(process: Staged) -> tuple[Bools, ...]:
    """`[S]` per stage: the states that the base policy reaches with positive probability."""
    found = [np.asarray(process.start > 0)]
    for stage in process.stages[:-1]:
        assert stage.moves is not None
        taken = stage.supported & found[-1][:, None]
        found.append(np.asarray((stage.moves[taken] > 0).any(axis=0)))
    return tuple(found)


def log_conditional_coverage(process: Staged, policy: Tables | None = None) -> Floats:
    """``log C_cond = log max_h sup pi_h(a|s)/pi_{h,ref}(a|s)``, `[...]`; of ``pi*`` if `policy` is None.

    Definition I.4, with the sup over states that the base policy reaches; plus infinity where the policy
    leaves its support there.
    """
    tables = optimum(process).log_policy if policy is None else checked(process, policy)
    parts = [
        np.where(here, laws.coverage(table, stage.log_base), -np.inf).max(axis=-1)
        for here, table, stage in zip(reachable(process), tables, process.stages, strict=True)
    ]
    return np.asarray(np.stack(np.broadcast_arrays(*parts), axis=-1).max(axis=-1))


def log_coverage(process: Staged, policy: Tables | None = None) -> Floats:
    """``log C_cov``, `[...]`: the largest ratio of the laws of trajectories, of ``pi*`` if `policy` is None.

    Transitions are common to both laws, so a ratio is the product of ``pi_h/pi_{h,ref}`` along states and
    actions, and the largest is that of the heaviest path. Plus infinity where the policy leaves the support
    of the base policy in a state that it reaches.
    """
    tables = optimum(process).log_policy if policy is None else checked(process, policy)
    value: Floats = np.zeros(1)
    for stage, table in zip(reversed(process.stages), reversed(tables), strict=True):
        best: Floats = np.zeros(stage.base.shape)
        if stage.moves is not None:
            best = np.where(stage.moves > 0, value[..., None, None, :], -np.inf).max(axis=-1)
        with np.errstate(invalid="ignore"):
            ratio = table - stage.log_base + best
        value = np.where(table > -np.inf, ratio, -np.inf).max(axis=-1)
    return np.asarray(np.where(process.start > 0, value, -np.inf).max(axis=-1))


def reward_range(process: Staged) -> float:
    """``R``: the largest difference of two summed mean rewards of trajectories from one start.

    Over trajectories of positive probability under the base policy.
    """
    high: Floats = np.zeros(1)
    low: Floats = np.zeros(1)
    for stage in reversed(process.stages):
        over, under = np.zeros(stage.base.shape), np.zeros(stage.base.shape)
        if stage.moves is not None:
            goes = stage.moves > 0
            over = np.where(goes, high, -np.inf).max(axis=-1)
            under = np.where(goes, low, np.inf).min(axis=-1)
        high = np.where(stage.supported, stage.reward + over, -np.inf).max(axis=-1)
        low = np.where(stage.supported, stage.reward + under, np.inf).min(axis=-1)
    return float(np.max((high - low)[process.start > 0]))

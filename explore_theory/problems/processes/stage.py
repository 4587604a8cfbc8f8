"""One stage of a decision process: what is chosen between in each state, what it pays, where it leads.

Letters: `S` states, `A` actions, `S'` states of the next stage, `d` feature dimension.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import floats, probabilities, real_array, whole
from explore_theory.problems.protocol import Bools
from explore_theory.problems.rounded import base_policy, unit_vectors


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """One stage: what is chosen between in each state, what it pays, where it leads.

    Parameters
    ----------
    base
        ``pi_{h,ref}(a|s)``, `[S, A]`, probabilities along the last axis, zero or at least 2.2e-308;
        ``A >= 2``.
    log_base
        ``log pi_{h,ref}(a|s)``, `[S, A]`, in place of `base`: for masses that no double holds, see
        `problems.autoregressive.Layer`.
    reward
        ``r*_h(s, a)``, `[S, A]`: the mean of what choosing `a` pays at once, in units of reward.
    features
        ``phi_h(s, a)``, `[S, A, d]`, of Euclidean norm at most one.
    moves
        ``P_h(s'|s, a)``, `[S, A, S']`, probabilities along the last axis (rows are divided by their sums);
        None in a last stage, which leads nowhere.

    Raises
    ------
    InvalidProblem
        If any of this fails.
    """

    base: npt.NDArray[np.float64] = field(default=None)  # type: ignore[arg-type]  # none given: see log_base
    log_base: npt.NDArray[np.float64] = field(default=None)  # type: ignore[arg-type]  # none given: see base
    reward: npt.NDArray[np.float64]
    features: npt.NDArray[np.float64]
    moves: npt.NDArray[np.float64] | None = None
    #: Whether the base policy was given by logarithms.
    in_logs: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        base, log_base, in_logs = base_policy(self.base, self.log_base, (None, None))
        put(self, "base", base)
        put(self, "log_base", log_base)
        put(self, "in_logs", in_logs)
        states, actions = self.base.shape
        whole("actions", actions, least=2)
        put(self, "reward", floats("reward", self.reward, (states, actions)))
        put(self, "features", unit_vectors("features", self.features, (states, actions, None)))
        if self.moves is not None:
            shape = real_array("moves", self.moves).shape
            if shape[:-1] != (states, actions):
                raise InvalidProblem(f"moves must be {states} x {actions} laws, got moves.shape={shape}")
            put(self, "moves", probabilities("moves", self.moves, (states, actions, None)))

    @property
    def supported(self) -> Bools:
        """`[S, A]`: the support of the base policy, with masses that no double holds."""
        return np.asarray(self.log_base > -np.inf)

    @property
    def states(self) -> int:
        """`S`."""
        return int(self.base.shape[0])

    @property
    def actions(self) -> int:
        """`A`."""
        return int(self.base.shape[1])

    @property
    def d(self) -> int:
        """The feature dimension."""
        return int(self.features.shape[2])

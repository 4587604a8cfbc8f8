"""One token position of an autoregressive problem: what is chosen between in each state, and where it leads.

Letters: `S` states, `A` tokens in the vocabulary, `d` feature dimension.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import (
    floats,
    whole,
    whole_array,
)
from explore_theory.problems.protocol import Bools
from explore_theory.problems.rounded import base_policy, unit_vectors


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """One token position: what is chosen between in each state, and where it leads.

    Parameters
    ----------
    base
        ``pi_{h,ref}(a|s)``, `[S, A]`, probabilities along the last axis, zero or at least 2.2e-308;
        ``A >= 2``. Rows are divided by their sums, which may miss one by rounding (of the type they have).
    log_base
        ``log pi_{h,ref}(a|s)``, `[S, A]`, in place of `base`: for masses that no double holds. Minus infinity
        is outside the support. `base` is then what doubles hold of them, for draws; everything exact is
        computed from the logarithms, which a layer has in either case.
    reward
        `[S, A]`: what choosing `a` adds to the reward, which is paid at the end of the response.
    features
        ``phi_h(s, a)``, `[S, A, d]`, of Euclidean norm at most one.
    next
        `[S, A]`: the state of the next layer (anything below zero in a last layer, where there is none).

    Raises
    ------
    InvalidProblem
        If any of this fails.
    """

    base: npt.NDArray[np.float64] = field(default=None)  # type: ignore[arg-type]  # none given: see log_base
    log_base: npt.NDArray[np.float64] = field(default=None)  # type: ignore[arg-type]  # none given: see base
    reward: npt.NDArray[np.float64]
    features: npt.NDArray[np.float64]
    next: npt.NDArray[np.int64]
    #: Whether the base policy was given by logarithms.
    in_logs: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        base, log_base, in_logs = base_policy(self.base, self.log_base, (None, None))
        put(self, "base", base)
        put(self, "log_base", log_base)
        put(self, "in_logs", in_logs)
        states, tokens = self.base.shape
        whole("vocabulary", tokens, least=2)
        put(self, "reward", floats("reward", self.reward, (states, tokens)))
        put(self, "features", unit_vectors("features", self.features, (states, tokens, None)))
        there = whole_array("next", self.next, least=-(2**63))
        if there.shape != self.base.shape:
            raise InvalidProblem(f"next must hold {states} x {tokens} states, got next.shape={there.shape}")
        there.flags.writeable = False
        put(self, "next", there)

    @property
    def supported(self) -> Bools:
        """`[S, A]`: the support of the base policy, with masses that no double holds."""
        return np.asarray(self.log_base > -np.inf)

    @property
    def states(self) -> int:
        """`S`."""
        return int(self.base.shape[0])

    @property
    def vocabulary(self) -> int:
        """`A`."""
        return int(self.base.shape[1])

    @property
    def d(self) -> int:
        """The feature dimension."""
        return int(self.features.shape[2])

"""Optimal design with enumeration: the learner that coverage does not bound, because it may list responses.

Letters: `R` replicates, `N` responses, `d` feature dimension, `s` responses in the support of a design.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from explore_theory.algorithms.enumeration.design import Design, design_again, least_squares, leverage
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import floats, whole
from explore_theory.oracles.protocol import Oracle
from explore_theory.policies import LawPolicy, Softmax


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class OptimalDesign:
    """Reward rounds on a D-optimal design over all relative features, least squares, softmax policy.

    It is outside the oracle model: it is *told* the features of every response of the one prompt, seen or
    not. It makes no sampling call at all, and nothing it does depends on the base policy.

    The design is over ``phi(y) - phi(a)``, `a` the anchor; round `k` of a response `y` in its support queries
    the pair ``(y, a)``. With weights ``w`` and support size `s`, response `y` gets ``ceil((n - s) w_y)``
    rounds, so at most `n` are used and the covariance is at least ``(n - s) V(w)``.

    Parameters
    ----------
    features
        `[N, d]`: what it is told.
    rounds
        `n`, more than the size of the support of the design.
    anchor
        `a`, the response that every other is compared with.
    """

    features: npt.NDArray[np.float64]
    rounds: int
    anchor: int = 0
    vectorised: ClassVar[bool] = True
    proper: bool = False
    #: The design over relative features, its rank and its proof.
    design: Design = field(init=False, repr=False)

    def __post_init__(self) -> None:
        features = floats("features", self.features, (None, None))
        object.__setattr__(self, "features", features)
        whole("anchor", self.anchor, least=0, most=len(features) - 1)
        relative = features - features[self.anchor]
        object.__setattr__(self, "design", design_again(relative))
        support = np.flatnonzero(self.weights)
        whole("rounds", self.rounds, least=support.size + 1)

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        """`[N]`: those of the design."""
        return self.design.weights

    def plan(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The support `[s]` and the rounds of each of its responses `[s]`."""
        support = np.flatnonzero(self.weights)
        share = (self.rounds - support.size) * self.weights[support]
        return support, np.ceil(share).astype(np.int64)

    def worst_variance(self) -> float:
        """``max_y |phi(y) - phi(a)|^2`` in the inverse covariance of the rounds of `plan`."""
        support, counts = self.plan()
        weights = np.zeros(len(self.features))
        weights[support] = counts
        return float(np.max(leverage(self.features - self.features[self.anchor], weights)))

    def run(self, oracle: Oracle) -> LawPolicy:
        """Query by the design and regress; idle replicates keep what they have."""
        if oracle.facts.d != self.features.shape[1] or oracle.facts.responses != len(self.features):
            raise InvalidProblem(
                f"features must be those of the {oracle.facts.responses} responses in dimension "
                f"{oracle.facts.d}, got features.shape={self.features.shape}"
            )
        support, counts = self.plan()
        sums = np.zeros((oracle.R, support.size))
        for i, (response, count) in enumerate(zip(support, counts, strict=True)):
            for _ in range(count):
                reward = oracle.reward(oracle.prompt(), response, self.anchor)
                sums[:, i] += np.nan_to_num(reward[:, 0] - reward[:, 1])
        dual = least_squares(self.features[support] - self.features[self.anchor], counts)
        return Softmax((sums[:, None, :] * dual).sum(axis=-1))

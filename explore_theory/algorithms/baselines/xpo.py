"""XPO: the loss of DPO with a bonus for policies that avoid what the base policy shows."""

from dataclasses import dataclass
from typing import ClassVar

from explore_theory.algorithms.baselines.online import explore
from explore_theory.algorithms.baselines.pair_losses import FEEDBACK, Optimism, pair_loss
from explore_theory.foundation.validation import one_of, positive, whole
from explore_theory.oracles.protocol import Oracle
from explore_theory.policies import LawPolicy


@dataclass(frozen=True, kw_only=True)
class XPO:
    """Exploratory preference optimisation on pairs ``y ~ pi_theta``, ``y' ~ pi_ref``.

    Source: Xie, Foster, Krishnamurthy, Rosset, Awadallah and Rakhlin, *Exploratory preference optimization:
    harnessing implicit Q*-approximation for sample-efficient RLHF*, 2024, arXiv 2405.21046, Algorithm 1.
    After round `t` the next policy minimises over ``Theta``::

        optimism * sum_i log pi_theta(y'_i|x_i)
            - sum_i log sigmoid(beta log(pi_theta/pi_ref)(y+_i|x_i) - beta log(pi_theta/pi_ref)(y-_i|x_i))

    with the second line replaced by least squares where reward differences are observed. What differs from
    the source: refits follow a schedule; the normaliser in the first line, which no oracle tells, is
    estimated from `draws` more weak calls a round, which are charged; the sum need not be convex, and a
    stationary point is found from the previous fit on, by steps none of which increases it (see
    `pair_losses`); and the last policy is returned, where the source takes the best of all rounds by their
    values on fresh data.

    A round costs one strong call, ``1 + draws`` weak calls and one reward round.

    Parameters
    ----------
    rounds
        Reward rounds, one fresh prompt and one pair each.
    optimism
        ``alpha``: without units for preferences, in units of squared reward for differences. The analysis of
        the source lets it fall like ``1 / sqrt(rounds)``.
    draws
        Weak calls per round for the normaliser.
    feedback
        ``"differences"``: the observed ``r - r'``. ``"preferences"``: one bit of each, a Bradley-Terry label.
    every
        Refit after every so many rounds; None: after rounds 1, 2, 4, 8, ..; the last fit always has all
        pairs.
    ridge
        Times ``|theta|^2 / 2``, added to the objective.
    """

    rounds: int
    optimism: float
    draws: int = 8
    feedback: str = "differences"
    every: int | None = None
    ridge: float = 1e-6
    vectorised: ClassVar[bool] = True
    proper: bool = False

    def __post_init__(self) -> None:
        whole("rounds", self.rounds, least=0)
        positive("optimism", self.optimism)
        whole("draws", self.draws, least=1)
        one_of("feedback", self.feedback, FEEDBACK)
        if self.every is not None:
            whole("every", self.every, least=1)
        positive("ridge", self.ridge)

    def run(self, oracle: Oracle) -> LawPolicy:
        """Sample, query, minimise, and sample again; return ``pi_theta`` at the last fit."""
        loss = pair_loss(self.feedback, oracle, self.rounds, self.ridge)
        bonus = Optimism(oracle, self.rounds, self.draws, self.optimism)
        return explore(oracle, loss, rounds=self.rounds, every=self.every, bonus=bonus)

"""Online DPO: both responses from the current policy, and the loss of DPO."""

from dataclasses import dataclass
from typing import ClassVar

from explore_theory.algorithms.baselines.online import explore
from explore_theory.algorithms.baselines.pair_losses import FEEDBACK, pair_loss
from explore_theory.foundation.validation import one_of, positive, whole
from explore_theory.oracles.protocol import Oracle
from explore_theory.policies import LawPolicy


@dataclass(frozen=True, kw_only=True)
class OnlineDPO:
    """Pairs ``y, y' ~ pi_theta`` of the current policy, labelled and learnt from as they come.

    Source: Guo et al., *Direct language model alignment from online AI feedback*, 2024, arXiv 2402.04792,
    whose rounds these are, with the loss of Rafailov et al., 2023, arXiv 2305.18290::

        -sum_i log sigmoid(beta log(pi/pi_ref)(y+_i|x_i) - beta log(pi/pi_ref)(y-_i|x_i))

    which here is a logistic regression (see `pair_losses`, also for what the labels assume). The source takes
    a gradient step per batch; this learner minimises over all pairs so far, on a schedule. With reward
    differences instead of preferences the loss is least squares. A round costs two strong calls and one
    reward round.

    Parameters
    ----------
    rounds
        Reward rounds, one fresh prompt and one pair each.
    feedback
        ``"differences"``: the observed ``r - r'``. ``"preferences"``: one bit of each, a Bradley-Terry label.
    every
        Refit after every so many rounds; None: after rounds 1, 2, 4, 8, ..; the last fit always has all
        pairs.
    ridge
        Times ``|theta|^2 / 2``, added to the loss.
    """

    rounds: int
    feedback: str = "differences"
    every: int | None = None
    ridge: float = 1e-6
    vectorised: ClassVar[bool] = True
    proper: bool = False

    def __post_init__(self) -> None:
        whole("rounds", self.rounds, least=0)
        one_of("feedback", self.feedback, FEEDBACK)
        if self.every is not None:
            whole("every", self.every, least=1)
        positive("ridge", self.ridge)

    def run(self, oracle: Oracle) -> LawPolicy:
        """Sample, query, minimise, and sample again; return ``pi_theta`` at the last fit."""
        loss = pair_loss(self.feedback, oracle, self.rounds, self.ridge)
        return explore(oracle, loss, rounds=self.rounds, every=self.every, on_policy=True)

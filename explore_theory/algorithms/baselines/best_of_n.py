"""Best-of-N: a reward model from passive data, and at inference the best of N draws by it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from explore_theory.algorithms.baselines.passive import PassiveSampling
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import positive, whole
from explore_theory.oracles.protocol import Oracle
from explore_theory.policies import BestOf, LawPolicy

#: Candidates of all answers and replicates together: they are drawn one by one, about 4e6 a second.
MOST_DRAWN = 10**9
#: So many are held at once.
_TOGETHER = 1 << 20


@dataclass(frozen=True, kw_only=True)
class BestOfN:
    """`PassiveSampling` for `theta`, then of `draws` from ``pi_ref`` the one of highest ``<theta, phi>``.

    Its policy is not in the class, and its gap does not vanish with the data: `draws` sets how far it goes
    from ``pi_ref``, by at most ``log N - (N - 1)/N`` nats (Beirami et al., *Theoretical guarantees on the
    best-of-n alignment policy*, 2024, arXiv 2401.01879). For its need of coverage see Huang et al., *Is
    best-of-N the best of them?*, 2025, arXiv 2503.21878.

    Calls that produce responses count too: the `draws` candidates of `outputs` answers are drawn and charged
    for, in the phase ``output``. They do not depend on `theta` and are drawn first, so that a row which runs
    out while it learns has paid for its answers; one that cannot pay for them is left with ``pi_ref``. Only
    their number counts here, so they are drawn some at a time and not kept: the law of an answer is exact.

    Parameters
    ----------
    rounds
        Reward rounds, one fresh prompt and one pair each; in the phase ``training``.
    draws
        `N`, weak calls per response of the output policy.
    ridge
        Added to the covariance, in units of squared features.
    outputs
        Responses to charge for.
    """

    rounds: int
    draws: int
    ridge: float = 1e-6
    outputs: int = 1
    vectorised: ClassVar[bool] = True
    proper: bool = False

    def __post_init__(self) -> None:
        whole("rounds", self.rounds, least=0)
        whole("draws", self.draws, least=1, most=2**53)
        positive("ridge", self.ridge)
        whole("outputs", self.outputs, least=0)

    def require_drawable(self, replicates: int) -> None:
        """Refuse more candidates than anybody waits for.

        Raises
        ------
        InvalidProblem
            If `replicates` replicates have more than `MOST_DRAWN` candidates to draw.
        """
        answers = replicates * self.outputs
        if answers * self.draws > MOST_DRAWN:
            raise InvalidProblem(
                f"draws must be at most {MOST_DRAWN // answers} for the {answers} answers that are charged"
                f" ({MOST_DRAWN:.0e} candidates in all; outputs=0 charges for none and returns the same law),"
                f" got draws={self.draws}"
            )

    def run(self, oracle: Oracle) -> LawPolicy:
        """Draw the candidates that are charged for, learn to score, and return the law of one answer.

        Raises
        ------
        InvalidProblem
            If there are more than `MOST_DRAWN` candidates to draw.
        """
        self.require_drawable(oracle.R)
        with oracle.phase("output"):
            for _ in range(self.outputs):
                self._answer(oracle)
        paid = oracle.active
        with oracle.phase("training"):
            theta = PassiveSampling(rounds=self.rounds, ridge=self.ridge).estimate(oracle)
        return BestOf(np.where(paid[:, None], theta, 0.0), self.draws)

    def _answer(self, oracle: Oracle) -> None:
        """Draw the candidates of one answer: all that a row can pay for, or none."""
        ctx = oracle.prompt()
        able = oracle.active & (oracle.ledger.remaining("weak") >= self.draws)
        if np.any(short := oracle.active & ~able):
            oracle.draw(ctx, self.draws, rows=short)
        if not np.any(able):
            return
        together = max(1, _TOGETHER // oracle.R)
        for first in range(0, self.draws, together):
            oracle.draw(ctx, min(together, self.draws - first), rows=able)

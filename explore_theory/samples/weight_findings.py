"""What stands behind the weights of draws, and whether they can be any."""

import numpy as np

from explore_theory.samples.draws import many
from explore_theory.samples.finding import LEVEL, Finding
from explore_theory.samples.laws import cut_off
from explore_theory.samples.pool import Pool
from explore_theory.samples.reweighting import mean_from_below

#: Weights of logged log-probabilities average one up to this, by the rounding of single precision.
_ROUNDING = 1e-3


def of_weights(pool: Pool) -> list[Finding]:
    """Findings of a pool whose draws all have weights."""
    cuts = sorted({words for origin in pool.origins if (words := cut_off(origin.law))})
    return [_cut(cuts) if cuts else _plain(), *_impossible(pool)]


def _plain() -> Finding:
    return Finding(
        slug="reweighted",
        serious=False,
        says="Each draw counts by how much likelier the model makes it than the law that it was drawn from.",
        touches=(
            "Numbers are about the model's own law, if logprob is the log-probability by it and "
            "sampling_logprob that by the law that was drawn from."
        ),
    )


def _cut(cuts: list[str]) -> Finding:
    return Finding(
        slug="reweighted",
        serious=True,
        says=f"Each draw counts by its weight, and what {'; '.join(cuts)} cuts off was never drawn.",
        touches=(
            "The model's mass that is missing is taken for as bad and for as good as can be: ends are true "
            "of the model's own law, and stay apart however many draws there are."
        ),
    )


def _impossible(pool: Pool) -> list[Finding]:
    """Weights whose mean is above one, the mass of the model's law: some log-probability is of another."""
    logs = pool.log_weights
    assert logs is not None
    of_tasks = [one for one in pool.split(logs) if len(one)]
    least = [mean_from_below(one, len(one), LEVEL / len(of_tasks)) for one in of_tasks]
    wrong = sum(log > _ROUNDING for log in least)
    if not wrong:
        return []
    return [
        Finding(
            slug="weights",
            serious=True,
            says=(
                f"In {many(wrong, 'task')} the model's probability over that of the law drawn from is "
                f"{np.exp(min(max(least), 690.0)):.3g} on average or more; it cannot be more than 1."
            ),
            touches="One of the two is not what it is said to be, and no number here can be believed.",
        )
    ]

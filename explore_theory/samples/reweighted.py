"""Weighted draws of many tasks: coverage and success of the model's own law, and what the draws are worth."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explore_theory.samples import reweighting
from explore_theory.samples.coverage import Enclosed, Floats, Range
from explore_theory.samples.reweighting import Ends, Task
from explore_theory.samples.success import Average


@dataclass(frozen=True, kw_only=True, eq=False)
class Reweighted:
    """How far weighted draws tell of the model's law.

    Parameters
    ----------
    effective
        `[T]`, Kish's effective numbers of draws: what is lost to weights that differ.
    reached
        `[T]`, lower limits of the model's mass where the draws could be, each at `Measured.alpha`.
    heaviest
        The largest weight that there can be, as declared, or None.
    """

    effective: Floats
    reached: Floats
    heaviest: float | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Weighted:
    """All tasks, `T` of them."""

    tasks: tuple[Task, ...]
    heaviest: float | None

    def __len__(self) -> int:
        return len(self.tasks)

    def log_normalisers(self, beta: float, alpha: float, known: Range) -> Enclosed:
        """``log Z`` of each task under the model's law."""
        return self._each(alpha, lambda task: reweighting.log_normaliser(task, beta, alpha, known))

    def log_coverages(self, beta: float, alpha: float, known: Range) -> Enclosed:
        """``log C`` of each task under the model's law."""
        return self._each(alpha, lambda task: reweighting.log_coverage(task, beta, alpha, known))

    def _each(self, alpha: float, one: Callable[[Task], Ends]) -> Enclosed:
        ends = np.array([one(task) for task in self.tasks])
        return Enclosed(lo=ends[:, 0], hi=ends[:, 1], alpha=alpha)

    def pass_at(self, k: int, passes: float, draws: npt.NDArray[np.int64], alpha: float) -> Average:
        """The mean over tasks with `k` draws of ``1 - (1 - p)^k``, between the ends of each at a share of
        `alpha`; the value puts the weighted share of passes for `p`, which is not unbiased beyond ``k = 1``.
        """
        kept = [task for task, n in zip(self.tasks, draws, strict=True) if n >= k]
        ends = [reweighting.success(task, passes, alpha / len(kept)) for task in kept]
        seen = [
            float(np.mean(np.where(task.rewards >= passes, np.exp(task.log_weights), 0.0))) for task in kept
        ]
        value, lo, hi = (
            float(np.mean([-math.expm1(k * math.log1p(-min(p, 1.0))) if p < 1 else 1.0 for p in some]))
            for some in (seen, [lo for lo, _ in ends], [hi for _, hi in ends])
        )
        left = len(self.tasks) - len(kept)
        return Average(
            value=min(max(value, lo), hi), lo=lo, hi=hi, tasks=len(kept), left_out=left, alpha=alpha
        )

    def told(self, alpha: float) -> Reweighted:
        """How far they tell of the model's law."""
        return Reweighted(
            effective=np.array([task.effective for task in self.tasks]),
            reached=np.array([min(1.0, reweighting.reached(task, alpha)) for task in self.tasks]),
            heaviest=self.heaviest,
        )


def weighted(rewards: Sequence[Floats], log_weights: Sequence[Floats], heaviest: float | None) -> Weighted:
    """Tasks of `rewards` and logarithms of weights, `[n_i]` each; `heaviest` as in `Reweighted`."""
    log_most = None if heaviest is None else math.log(heaviest)
    return Weighted(
        tasks=tuple(
            Task(rewards=values, log_weights=logs, log_most=log_most)
            for values, logs in zip(rewards, log_weights, strict=True)
        ),
        heaviest=heaviest,
    )

"""Clipped tilts: what clipping the weights of a tilt does to its divergences, searched for a counter-example.

``pi_c ∝ pi_ref min(e^f, e^c)``, which is ``pi_ref`` for ``c <= min f`` and ``pi_f`` for ``c >= max f``.

Letters: `K` instances side by side, `N` responses.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.foundation import laws
from explore_theory.harness import Bound, Measurement, Resolution, Trial, climb

Floats = npt.NDArray[np.float64]

#: The largest logarithms of masses and weights that the search meets, nearly always.
_SPREAD = 6.0
#: What rounding does to a side over one more than it: 64 units in the last place of logarithms of size 200.
_ERROR = 64 * 200 * 2.0**-52
#: Four such errors.
ROUNDING = Resolution(absolute=2e-11, relative=2e-11)


@dataclass(frozen=True, kw_only=True)
class Clipped:
    """`log_base` and `score` are `[K, N]`; clips `low` <= `high` are `[K]`; `effort` instances were tried."""

    log_base: Floats
    score: Floats
    low: Floats
    high: Floats
    effort: int

    def at(self, clip: Floats) -> Floats:
        """``log pi_c`` `[K, N]`."""
        return laws.tilted(self.log_base, np.minimum(self.score, clip[:, None]), 1.0)

    @property
    def target(self) -> Floats:
        """``log pi_f`` `[K, N]`."""
        return laws.tilted(self.log_base, self.score, 1.0)

    def describe(self, k: int) -> dict[str, Any]:
        """The instance of comparison `k`, three to an instance, in full."""
        row = k // 3
        return {
            "log base": self.log_base[row].tolist(),
            "f/beta": self.score[row].tolist(),
            "clips": [float(self.low[row]), float(self.high[row])],
        }


def decoded(z: Floats, effort: int) -> Clipped:
    """Instances from standard coordinates `[K, 2N + 2]`."""
    n = z.shape[1] // 2 - 1
    score = _SPREAD * z[:, n : 2 * n]
    least, most = np.min(score, axis=1), np.max(score, axis=1)
    place = 1 / (1 + np.exp(-2 * z[:, 2 * n :]))
    clips = least[:, None] + np.sort(place, axis=1) * (most - least)[:, None]
    base = laws.log_normalise(_SPREAD * z[:, :n])
    return Clipped(log_base=base, score=score, low=clips[:, 0], high=clips[:, 1], effort=effort)


def sides(world: Clipped) -> tuple[Floats, Floats]:
    """What falls and what rises along the clip: both ends of three inequalities `[K, 3]`.

    ``KL(pi_c || pi_ref)`` rises, ``KL(pi_c || pi_f)`` falls, and so does ``max pi_c/pi_f``.
    """
    low, high, target = world.at(world.low), world.at(world.high), world.target
    left = [laws.kl(low, world.log_base), laws.kl(high, target), np.exp(np.max(high - target, axis=-1))]
    right = [laws.kl(high, world.log_base), laws.kl(low, target), np.exp(np.max(low - target, axis=-1))]
    return np.stack(left, axis=-1), np.stack(right, axis=-1)


def searched(trial: Trial) -> Clipped:
    """Instances at which some inequality came closest to fail, relatively."""
    n, steps = int(trial.case.params["n"]), int(trial.case.params["steps"])
    turn = np.arange(len(trial.rows)) + trial.rows[0]

    def score(z: Floats) -> Floats:
        left, right = sides(decoded(z, 1))
        ratio = (left + 1e-9) / (right + 1e-9)
        return np.asarray(ratio[np.arange(len(ratio)), turn % 3])

    return decoded(climb(score, 2 * n + 2, steps, trial.streams), len(trial.rows) * (1 + steps))


def measured(world: Clipped, *, swapped: bool = False) -> Measurement:
    """The sides that must be smaller; or, for what is false, the larger ones."""
    value = sides(world)[1 if swapped else 0].ravel()
    return Measurement.exact(
        value, error=_ERROR * (1 + value), effort=world.effort, unit="instances", witness=world.describe
    )


def allowed(world: Clipped, *, swapped: bool = False) -> Bound:
    """The other sides."""
    value = sides(world)[0 if swapped else 1].ravel()
    return Bound.of(value, error=_ERROR * (1 + value))

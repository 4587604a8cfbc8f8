"""Every coordinate played equally often, for up to 10^12 rounds, watched most closely where it counts.

Even play with ``|phi| = L`` makes the determinant as large as `n` pairs can: ``Sigma = (lambda + m L^2) I``
after `m` rounds of each of the `d` coordinates. With Gaussian noise the sum of `k` rounds of a coordinate is
Gaussian, so `k` rounds are drawn at once, exactly. The confidence event is looked at after each such batch,
and batches shrink as the error nears the radius: what is counted is a failure at some look, which is a
failure at some `n`.

Letters: `K` rows of `J` lanes that share the row's stream, each of which does one run after another; `d`
dimension; `m` rounds of each coordinate.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explore_theory.foundation import last_axis
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Tally, Trial
from proofs_checks.spanner_sampling.regression import LONGEST, Floats, Radius, Setting

#: Lanes of a row.
_ABREAST = 64
#: Looks whose noise is drawn at once.
_LOOKS = 16
#: A batch moves the error by this part of its distance to the radius (in standard deviations of the batch).
_PACE = 0.25
#: The least distance that the size of a single shrunken pair is taken from, in units of sigma.
_NEAREST = 0.003


@dataclass(frozen=True, kw_only=True)
class Lanes:
    """Runs of even play.

    Parameters
    ----------
    setting
        Only its numbers count; ``rounds`` is how many runs each lane does.
    span
        A run ends when ``log(1 + m L^2/lambda)`` reaches this.
    single
        In place of batches of whole rounds, one pair each time, short near the radius (``d = 1``).
    """

    setting: Setting
    span: float
    single: bool
    streams: Streams


def lanes(trial: Trial, **changes: Any) -> Lanes:
    """The lanes of a case; its `ridge` is in units of ``L^2``, and ``R = 1``."""
    p = trial.case.params
    setting = Setting(
        d=int(p["d"]),
        rounds=int(p["runs"]),
        parameter_radius=1 / (LONGEST * float(p["ridge"]) ** 0.5),
        sigma=float(p["sigma"]),
        delta=float(p["delta"]),
    )
    return Lanes(
        setting=replace(setting, **changes),
        span=float(p["span"]),
        single=bool(p.get("single", 0)),
        streams=trial.streams,
    )


def departures(world: Lanes, radius: Radius) -> Tally:
    """How many runs had ``|theta_n - theta*|_{Sigma_n}`` above the radius at some look."""
    s, rows = world.setting, len(world.streams.rows)
    size = rows * _ABREAST
    left = np.full(size, s.rounds)
    pull, played, count = fresh(s, size)
    # A row's generator gives Gaussians at a fifth of what inverting their distribution function costs.
    generators = world.streams.generators()
    ahead = np.empty((rows, _LOOKS, _ABREAST, s.d))
    failures = looks = step = 0
    while (active := left > 0).any():
        information = s.ridge + played * LONGEST**2
        log_det = s.d * np.log(information / s.ridge)
        limit = radius(count, log_det, s)
        error = np.sqrt(last_axis.total(pull * pull) / information)
        outside = active & (error > limit)
        over = outside | (active & (log_det >= s.d * world.span))
        failures, looks = failures + int(outside.sum()), looks + int(active.sum())
        left -= over
        again = np.flatnonzero(over)
        pull[again], played[again], count[again] = fresh(s, again.size)
        if (place := step % _LOOKS) == 0:
            # A row draws for all its lanes until the last is done; what is left over then is not used.
            for row in np.flatnonzero(np.any(active.reshape(rows, _ABREAST), axis=-1)):
                generators[row].standard_normal(out=ahead[row])
        noise = ahead[:, place].reshape(size, s.d)
        step += 1
        active &= ~over
        batch = np.where(active, batches(world, information, (limit - error) / s.sigma), 0.0)
        pull = pull + s.volume * s.sigma * LONGEST * np.sqrt(batch)[:, None] * noise
        played = played + batch
        count = count + np.where(active, 1.0 if world.single else s.d * batch, 0.0)
    return Tally(successes=failures, trials=size * s.rounds, effort=looks, unit="looks")


def fresh(setting: Setting, size: int) -> tuple[Floats, Floats, Floats]:
    """`w` ``= -lambda theta*`` `[K J, d]`, rounds of each coordinate and pairs played, before the first."""
    pull = np.zeros((size, setting.d))
    pull[:, 0] = -setting.ridge * setting.parameter_radius
    return pull, np.zeros(size), np.zeros(size)


def batches(world: Lanes, information: Floats, distance: Floats) -> Floats:
    """`[K J]`: rounds of each coordinate until the next look; a part of one for a single short pair."""
    if world.single:
        step = np.minimum(_PACE * np.maximum(distance, _NEAREST), 1.0)
        return np.minimum(step**2 * information / LONGEST**2, 1.0)
    step = np.minimum(_PACE * np.maximum(distance, 0.0), 1.0)
    return np.maximum(np.floor(step**2 * information / LONGEST**2), 1.0)

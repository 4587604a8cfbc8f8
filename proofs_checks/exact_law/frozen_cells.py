"""Cells of rounds under a frozen ``theta``, as the kernel counts them, and the law that they should have.

A cell is a prompt, an anchor, a response, and whether nothing was accepted. The caps of the sampler are
given, so rounds are independent. Weights are powers of two and caps are rational, so the law is rational; one
pair is truncated, some weights are clipped, and two responses to the second prompt have equal features.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory.harness import Sample, Trial
from proofs_checks.exact_law import comparison

_RHO = (Fraction(11, 16), Fraction(5, 16))
_SIXTEENTHS = ((8, 5, 3), (2, 6, 8))
#: Features in halves; ``theta/beta`` times a half is log 2.
_STEPS = ((0, 1, -1), (1, 0, 1))
_KINDS = ((0, 1, 2), (0, 1, 0))
#: By prompt and kind of anchor.
_CAPS = ((Fraction(3, 2), Fraction(5, 4), Fraction(9, 4)), (Fraction(7, 4), Fraction(13, 8), Fraction(2)))
_BETA, _TRIES = 0.4, 2
#: Prompt, anchor and response of the pair that is truncated.
_TRUNCATED = (0, 2, 1)
#: Rounds of one bulk: some counts are small, some large.
_ROUNDS = 1000


def law(like_accepted: bool = False) -> comparison.Law:
    """``P(x, y', y, missed)``; with `like_accepted` a missed round answers as an accepted one does."""
    found: dict[Any, Fraction] = {}
    for x, rho in enumerate(_RHO):
        mass = [Fraction(n, 16) for n in _SIXTEENTHS[x]]
        for anchor, first in enumerate(mass):
            steps = [
                0 if (x, anchor, y) == _TRUNCATED else step - _STEPS[x][anchor]
                for y, step in enumerate(_STEPS[x])
            ]
            cap = _CAPS[x][_KINDS[x][anchor]]
            taken = [q * min(Fraction(1), Fraction(2) ** s / cap) for q, s in zip(mass, steps, strict=True)]
            hit = sum(taken, Fraction(0))
            missed = (1 - hit) ** _TRIES
            for y, q in enumerate(mass):
                accepted = taken[y] / hit
                found[x, anchor, y, 0] = rho * first * (1 - missed) * accepted
                found[x, anchor, y, 1] = rho * first * missed * (accepted if like_accepted else q)
    return found


def counted(trial: Trial, like_accepted: bool = False) -> Sample:
    """Distance of the kernel's cells from the law."""
    from explore_theory.oracles.kernels import exploration, segments

    rho, mass = np.array([float(q) for q in _RHO]), np.array(_SIXTEENTHS) / 16
    features = np.array(_STEPS)[..., None] / 2
    rho_order, order = np.argsort(rho), np.argsort(mass, axis=1)
    table = exploration.Table.locked(
        rho=rho,
        rho_sum=np.cumsum(rho),
        rho_order=rho_order,
        rho_tail=np.cumsum(rho[rho_order][::-1])[::-1].copy(),
        mass=mass,
        mass_sum=np.cumsum(mass, axis=1),
        order=order,
        tail=np.cumsum(np.take_along_axis(mass, order, axis=1)[:, ::-1], axis=1)[:, ::-1].copy(),
        features=features,
        reward=np.zeros_like(mass),
        kind=np.array(_KINDS),
    )
    terms = exploration.Terms(
        beta=_BETA, ratio=1.0, normaliser=1.0, tries=float(_TRIES), noise=exploration.NO_NOISE, scale=0.0
    )
    allowed = np.ones((*mass.shape, mass.shape[1]), dtype=np.uint8)
    allowed[_TRUNCATED] = 0
    theta = np.array([2 * _BETA * np.log(2.0)])
    log_cap = np.log(np.array(_CAPS, dtype=np.float64))
    key, number = np.empty(2 * allowed.size, dtype=np.int64), np.empty(2 * allowed.size)
    total = np.zeros(key.size)
    generator = trial.streams.generators()[0]
    for _ in range(int(trial.case.params["draws"]) // _ROUNDS):
        cells = segments.cells_of(
            generator, table, terms, allowed, theta, _ROUNDS, log_cap, np.empty_like(mass), key, number
        )
        np.add.at(total, key[:cells], number[:cells])
    places = np.stack([*np.unravel_index(np.arange(total.size), (*allowed.shape, 2))], axis=1)
    found = zip(map(tuple, places.tolist()), total.astype(np.int64).tolist(), strict=True)
    return comparison.counts_to_law({cell: number for cell, number in found if number}, law(like_accepted))

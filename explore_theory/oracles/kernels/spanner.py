"""The compiled loops of a spanner phase of one replicate: by searches over all prompts, and round by round.

Letters: `X` prompts, `B` rounds, `K` atoms, `d` feature dimension.
"""

import math

import numpy as np

from explore_theory.foundation.compiled import compiled
from explore_theory.oracles.kernels.counting import Generator, capped_waiting, waiting
from explore_theory.oracles.kernels.exploration import (
    AFRESH,
    PROMPT,
    REWARD,
    WEAK,
    Floats,
    Table,
    Terms,
    add_pair,
    chosen,
    difference,
    invert,
)


@compiled
def pair_norms(features: Floats, inverse: Floats, square: Floats) -> None:
    """Fill `square` `[X, K, K]` above the diagonal: ``|phi(x, i) - phi(x, j)|^2`` in `inverse`."""
    prompts, count, d = features.shape
    image = np.empty((count, d))
    own = np.empty(count)
    for x in range(prompts):
        for k in range(count):
            own[k] = 0.0
            for i in range(d):
                total = 0.0
                for j in range(d):
                    total += inverse[i, j] * features[x, k, j]
                image[k, i] = total
                own[k] += total * features[x, k, i]
        for a in range(count):
            for b in range(a + 1, count):
                cross = 0.0
                for i in range(d):
                    cross += image[a, i] * features[x, b, i]
                square[x, a, b] = own[a] + own[b] - 2.0 * cross


@compiled
def long_mass(table: Table, square: Floats, limit: float, per_round: float, p: Floats, s: Floats) -> None:
    """Fill `p` `[X]`, the chance that a squared norm exceeds `limit`, and `s`, that a round has one."""
    prompts, count = table.mass.shape
    for x in range(prompts):
        total = 0.0
        for a in range(count):
            for b in range(a + 1, count):
                if square[x, a, b] > limit:
                    total += table.mass[x, a] * table.mass[x, b]
        p[x] = min(1.0, 2.0 * total)
        s[x] = -math.expm1(per_round * math.log1p(-p[x])) if p[x] < 1.0 else 1.0


@compiled
def spans(
    gen: Generator,
    table: Table,
    terms: Terms,
    rounds: int,
    per_round: float,
    radius: float,
    covariance: Floats,
    moment: Floats,
    purse: Floats,
    spent: Floats,
) -> tuple[float, float, bool]:
    """A spanner phase; returns pairs accepted, rounds begun, and whether the purse ran out.

    While ``Sigma`` stands still rounds are alike, so the next one that accepts is ``Geometric(E_x s_x)``, its
    prompt has mass proportional to ``rho_x s_x``, and its number of pairs is geometric, capped.
    """
    prompts, count, d = table.features.shape
    inverse, square = np.empty((d, d)), np.zeros((prompts, count, count))
    phi, image, along = np.empty(d), np.empty(d), np.empty(count)
    joined = np.empty(d)
    p, s, place = np.empty(prompts), np.empty(prompts), np.empty(prompts)
    limit = radius * radius
    accepted, begun = 0.0, 0.0
    updates = 0
    while begun < rounds:
        if updates % AFRESH == 0:
            invert(covariance, inverse)
            pair_norms(table.features, inverse, square)
        long_mass(table, square, limit, per_round, p, s)
        total, none = 0.0, 0.0
        for x in range(prompts):
            total += table.rho[x] * s[x]
            none += table.rho[x] * (1.0 - s[x])
            place[x] = total
        skipped = waiting(1.0 - gen.random(), min(1.0, total), none) - 1.0
        # Rounds without a pair that can be begun, and those that can be paid for in full.
        empty = min(skipped, float(rounds) - begun, purse[PROMPT] - spent[PROMPT])
        paid = min(empty, np.floor((purse[WEAK] - spent[WEAK]) / (2.0 * per_round)))
        begun += paid
        spent[PROMPT] += paid
        spent[WEAK] += 2.0 * per_round * paid
        if begun >= rounds:
            break
        if purse[PROMPT] - spent[PROMPT] < 1.0:
            return accepted, begun, True
        begun += 1.0
        spent[PROMPT] += 1.0
        cap = np.floor((purse[WEAK] - spent[WEAK]) / 2.0)
        if paid < skipped:
            # A round that finds nothing, and cannot be paid for to its end.
            spent[WEAK] += 2.0 * min(cap, per_round)
            return accepted, begun, True
        x = chosen(place, gen.random())
        tries = capped_waiting(1.0 - gen.random(), p[x], per_round)
        if tries > cap:
            spent[WEAK] += 2.0 * cap
            return accepted, begun, True
        spent[WEAK] += 2.0 * tries
        first, second = _long_pair(gen.random() * p[x] / 2.0, table.mass[x], square[x], limit)
        if gen.random() < 0.5:
            first, second = second, first
        if purse[REWARD] - spent[REWARD] < 1.0:
            return accepted, begun, True
        spent[REWARD] += 1.0
        for i in range(d):
            phi[i] = table.features[x, first, i] - table.features[x, second, i]
        for i in range(d):
            image[i] = 0.0
            for j in range(d):
                image[i] += inverse[i, j] * phi[j]
        gain = difference(gen, terms, table.reward[x, first], table.reward[x, second])
        norm = add_pair(phi, gain, covariance, inverse, moment, joined)
        _shorten(table.features, image, norm, along, square)
        accepted += 1.0
        updates += 1
    return accepted, begun, False


@compiled
def _long_pair(target: float, mass: Floats, square: Floats, limit: float) -> tuple[int, int]:
    """The pair at which the sums of masses of long pairs exceed `target`; the last one if rounding does."""
    first, second, total = 0, 1, 0.0
    for a in range(mass.size):
        for b in range(a + 1, mass.size):
            if square[a, b] > limit and mass[a] * mass[b] > 0.0:
                first, second = a, b
                total += mass[a] * mass[b]
                if total > target:
                    return first, second
    return first, second


@compiled
def _shorten(features: Floats, image: Floats, norm: float, along: Floats, square: Floats) -> None:
    """What one more pair does to all norms: ``|v|^2`` falls by ``<image, v>^2 / (1 + norm)``."""
    prompts, count, d = features.shape
    for x in range(prompts):
        for k in range(count):
            along[k] = 0.0
            for i in range(d):
                along[k] += image[i] * features[x, k, i]
        for a in range(count):
            for b in range(a + 1, count):
                gap = along[a] - along[b]
                square[x, a, b] -= gap * gap / (1.0 + norm)


# --- prompts in the order of their rounds ------------------------------------------------------------------


@compiled
def squares(features: Floats, inverse: Floats, image: Floats, square: Floats) -> None:
    """Fill `square` `[K, K]` above the diagonal: ``|phi_a - phi_b|^2`` in `inverse`, for `features` `[K, d]`.

    `image` `[K, d]` is scratch. Coordinates that are zero cost nothing.
    """
    count, d = features.shape
    for k in range(count):
        for i in range(d):
            image[k, i] = 0.0
        for j in range(d):
            if features[k, j] != 0.0:
                for i in range(d):
                    image[k, i] += features[k, j] * inverse[j, i]
    for a in range(count):
        for b in range(a + 1, count):
            total = 0.0
            for i in range(d):
                total += (image[a, i] - image[b, i]) * (features[a, i] - features[b, i])
            square[a, b] = total


@compiled
def spans_in_order(
    gen: Generator,
    table: Table,
    terms: Terms,
    per_round: float,
    radius: float,
    accepted: float,
    begun: float,
    inverse: Floats,
    covariance: Floats,
    moment: Floats,
    purse: Floats,
    spent: Floats,
) -> tuple[float, float, bool]:
    """`B` rounds of a spanner phase, whose prompts are those of the table in their order.

    Returns pairs accepted and rounds begun, counted on from `accepted` and `begun`, and whether the purse ran
    out. `inverse` `[d, d]` is carried from one block to the next; the first round of a phase computes it.

    In a round with prompt `x` a pair is long with probability ``p_x``, so the first one that is comes after
    ``Geometric(p_x)`` pairs; beyond `per_round` the round finds nothing and has cost ``2 per_round`` calls.
    A pair of responses whose masses have a product below 1e-308 counts as impossible.
    """
    rounds, count, d = table.features.shape
    image, square = np.empty((count, d)), np.zeros((count, count))
    phi, joined = np.empty(d), np.empty(d)
    limit = radius * radius
    for x in range(rounds):
        if begun == 0.0:
            invert(covariance, inverse)
        if purse[PROMPT] - spent[PROMPT] < 1.0:
            return accepted, begun, True
        spent[PROMPT] += 1.0
        begun += 1.0
        squares(table.features[x], inverse, image, square)
        half = 0.0
        for a in range(count):
            for b in range(a + 1, count):
                if square[a, b] > limit:
                    half += table.mass[x, a] * table.mass[x, b]
        p = min(1.0, 2.0 * half)
        tries = waiting(1.0 - gen.random(), p, 1.0 - p)
        payable = np.floor((purse[WEAK] - spent[WEAK]) / 2.0)
        spent[WEAK] += 2.0 * min(tries, per_round, payable)
        if tries > min(per_round, payable):
            if payable < per_round:
                return accepted, begun, True
            continue
        first, second = _long_pair(gen.random() * half, table.mass[x], square, limit)
        if gen.random() < 0.5:
            first, second = second, first
        if purse[REWARD] - spent[REWARD] < 1.0:
            return accepted, begun, True
        spent[REWARD] += 1.0
        for i in range(d):
            phi[i] = table.features[x, first, i] - table.features[x, second, i]
        gain = difference(gen, terms, table.reward[x, first], table.reward[x, second])
        add_pair(phi, gain, covariance, inverse, moment, joined)
        accepted += 1.0
        if accepted % AFRESH == 0.0:
            invert(covariance, inverse)
    return accepted, begun, False

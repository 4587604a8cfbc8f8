"""The compiled loop of a spanner phase over prompts in the order of its rounds, for one replicate.

Letters: `B` rounds, `K` atoms, `d` feature dimension.
"""

import numpy as np

from explore_theory.compiled import compiled
from explore_theory.oracles.counting import Generator, waiting
from explore_theory.oracles.kernels import (
    AFRESH,
    PROMPT,
    REWARD,
    WEAK,
    Floats,
    Table,
    Terms,
    add_pair,
    difference,
    invert,
    long_pair,
)


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
def spans(
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
    phi = np.empty(d)
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
        first, second = long_pair(gen.random() * half, table.mass[x], square, limit)
        if gen.random() < 0.5:
            first, second = second, first
        if purse[REWARD] - spent[REWARD] < 1.0:
            return accepted, begun, True
        spent[REWARD] += 1.0
        for i in range(d):
            phi[i] = table.features[x, first, i] - table.features[x, second, i]
        gain = difference(gen, terms, table.reward[x, first], table.reward[x, second])
        add_pair(phi, gain, covariance, inverse, moment)
        accepted += 1.0
        if accepted % AFRESH == 0.0:
            invert(covariance, inverse)
    return accepted, begun, False

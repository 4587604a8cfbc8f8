"""Rarely switching exploration in bulk: the rounds between two refreshes of ``theta`` drawn together.

While ``theta`` is frozen rounds are independent and alike, so how often each cell ``(x, y', y)`` occurs among
`n` of them is a multinomial count. The round after which ``theta`` is refreshed is found by *splitting in
time*: give every round an independent uniform time; then each cell has ``Binomial(count, 1/2)`` of its rounds
in the first half of an interval, the order in time is a uniformly random order, and the half that contains
the switch is split again until it holds one round. What was drawn beyond the switch is dropped: it says
nothing about what comes before it. Rewards and numbers of tries are drawn for the rounds that remain, given
their cells.

Letters: `X` prompts, `K` atoms, `d` feature dimension, `C` cells, `S` policies kept.
"""

import math

import numpy as np

from explore_theory.foundation.compiled import compiled
from explore_theory.oracles.kernels.counting import Generator, binomial, scatter, total_capped_waiting
from explore_theory.oracles.kernels.exploration import (
    BERNOULLI,
    FULL,
    GAUSSIAN,
    Bytes,
    Floats,
    Ints,
    Table,
    Terms,
    accept,
    invert,
    log_normaliser,
    weigh,
)
from explore_theory.oracles.kernels.fitting import fit

#: The first bulk of a run; later ones are as large as what is done already.
_FIRST = 64


@compiled
def cells_of(
    gen: Generator,
    table: Table,
    terms: Terms,
    allowed: Bytes,
    theta: Floats,
    rounds: int,
    log_cap: Floats,
    chance: Floats,
    key: Ints,
    number: Floats,
) -> int:
    """Fill `key` and `number` `[C]`: the cells of `rounds` rounds and how often each occurs; returns `C`.

    A key is ``2 ((x K + anchor) K + response) + missed``. `log_cap` and `chance` `[X, K]` belong to a kind of
    anchor; where they are NaN the normaliser has not been estimated under this ``theta``.
    """
    prompts, count = table.mass.shape
    score, weight, cumulative = np.empty(count), np.empty(count), np.empty(count)
    counts, anchors, visits = np.zeros(count), np.zeros(count), np.zeros(prompts)
    law, tail = np.empty(count), np.empty(count)
    scatter(gen, rounds, table.rho, table.rho_order, table.rho_tail, visits)
    cells = 0
    for x in range(prompts):
        if visits[x] == 0:
            continue
        scatter(gen, visits[x], table.mass[x], table.order[x], table.tail[x], anchors)
        for a in range(count):
            if anchors[a] == 0:
                continue
            kind = table.kind[x, a]
            top = weigh(table, x, a, theta, allowed, terms.beta, score, weight)
            if math.isnan(log_cap[x, kind]):
                log_z = log_normaliser(gen, table, x, terms.normaliser, score, weight, top, counts)
                log_cap[x, kind] = log_z + math.log(terms.ratio)
            hit, miss = accept(table, x, score, weight, top, log_cap[x, kind], cumulative)
            chance[x, kind] = min(1.0, hit)
            log_miss = math.log1p(-hit) if hit < 0.5 else (math.log(miss) if miss > 0.0 else -math.inf)
            missed = binomial(gen, anchors[a], math.exp(terms.tries * log_miss))
            previous = 0.0
            for k in range(count):
                law[k] = cumulative[k] - previous
                previous = cumulative[k]
            order = np.argsort(law)
            left = 0.0
            for k in range(count - 1, -1, -1):
                left += law[order[k]]
                tail[k] = left
            scatter(gen, anchors[a] - missed, law, order, tail, counts)
            cells = _note(x, a, 0, counts, key, number, cells)
            if missed > 0:
                scatter(gen, missed, table.mass[x], table.order[x], table.tail[x], counts)
                cells = _note(x, a, 1, counts, key, number, cells)
    return cells


@compiled
def _note(x: int, a: int, missed: int, counts: Floats, key: Ints, number: Floats, cells: int) -> int:
    count = counts.size
    for k in range(count):
        if counts[k] > 0:
            key[cells] = 2 * ((x * count + a) * count + k) + missed
            number[cells] = counts[k]
            cells += 1
    return cells


@compiled
def _gain(table: Table, key: Ints, number: Floats, cells: int, phi: Floats, covariance: Floats) -> None:
    """Add ``sum number phi phi^T`` over the cells to `covariance`."""
    count = table.mass.shape[1]
    d = phi.size
    for c in range(cells):
        place = key[c] // 2
        response, pair = place % count, place // count
        x, anchor = pair // count, pair % count
        for i in range(d):
            phi[i] = table.features[x, response, i] - table.features[x, anchor, i]
        for i in range(d):
            for j in range(d):
                covariance[i, j] += number[c] * phi[i] * phi[j]


@compiled
def _book(
    gen: Generator,
    table: Table,
    terms: Terms,
    score_cap: Floats,
    theta: Floats,
    allowed: Bytes,
    key: Ints,
    number: Floats,
    cells: int,
    moment: Floats,
    accepted: Floats,
    charged: Bytes,
    tally: Floats,
) -> tuple[float, float]:
    """Rewards of the cells into `moment`, accepted responses per anchor, clipped and missed rounds.

    Returns rounds, and weak calls other than accepted candidates.
    """
    count = table.mass.shape[1]
    rounds, weak = 0.0, 0.0
    for c in range(cells):
        missed, place = key[c] % 2, key[c] // 2
        response, pair = place % count, place // count
        x, anchor = pair // count, pair % count
        kind = table.kind[x, anchor]
        n = number[c]
        rounds += n
        weak += n
        if not charged[x, kind]:
            charged[x, kind] = 1
            weak += terms.normaliser
        score = 0.0
        if allowed[x, anchor, response]:
            for i in range(moment.size):
                score += theta[i] * (table.features[x, response, i] - table.features[x, anchor, i])
        if missed:
            tally[1] += n
            weak += n * (terms.tries + 1.0)
        else:
            accepted[x, anchor] += n
            if score / terms.beta > score_cap[x, kind]:
                tally[0] += n
        one, two = table.reward[x, response], table.reward[x, anchor]
        total = n * (one - two)
        if terms.noise == GAUSSIAN:
            total += terms.scale * math.sqrt(2.0 * n) * gen.standard_normal()
        elif terms.noise == BERNOULLI:
            total = binomial(gen, n, one) - binomial(gen, n, two)
        for i in range(moment.size):
            moment[i] += total * (table.features[x, response, i] - table.features[x, anchor, i])
    return rounds, weak


@compiled
def _until_switch(
    gen: Generator,
    table: Table,
    limit: float,
    covariance: Floats,
    key: Ints,
    number: Floats,
    cells: int,
    kept_key: Ints,
    kept_number: Floats,
) -> int:
    """The rounds up to the one after which ``log det`` exceeds `limit`, into `kept_*`; returns their cells.

    They are added to `covariance`. All rounds together must exceed the limit. `FULL` if `kept_*` are too
    short.
    """
    d = covariance.shape[0]
    phi, inverse, trial = np.empty(d), np.empty((d, d)), np.empty((d, d))
    first_key, first_number = np.empty(cells, dtype=np.int64), np.empty(cells)
    kept, total = 0, 0.0
    for c in range(cells):
        total += number[c]
    while total > 1:
        first, rest, half = 0, 0, 0.0
        for c in range(cells):
            early = binomial(gen, number[c], 0.5)
            late = number[c] - early
            if early > 0:
                first_key[first], first_number[first] = key[c], early
                first += 1
                half += early
            if late > 0:
                # Never ahead of what is still to be read.
                key[rest], number[rest] = key[c], late
                rest += 1
        trial[:] = covariance
        _gain(table, first_key, first_number, first, phi, trial)
        if invert(trial, inverse) > limit:
            cells, total = first, half
            key[:first] = first_key[:first]
            number[:first] = first_number[:first]
        elif kept + first + cells > kept_key.size:
            return FULL
        else:
            covariance[:] = trial
            kept_key[kept : kept + first] = first_key[:first]
            kept_number[kept : kept + first] = first_number[:first]
            kept += first
            cells, total = rest, total - half
    _gain(table, key, number, cells, phi, covariance)
    kept_key[kept : kept + cells] = key[:cells]
    kept_number[kept : kept + cells] = number[:cells]
    return kept + cells


@compiled
def play_in_bulk(
    gen: Generator,
    table: Table,
    terms: Terms,
    allowed: Bytes,
    rounds: int,
    log_growth: float,
    covariance: Floats,
    moment: Floats,
    spent: Floats,
    thetas: Floats,
    covariances: Floats,
    weights: Floats,
    tally: Floats,
) -> int:
    """All rounds of a rarely switching exploration; adds weak calls, prompts and rewards to `spent` `[3]`.

    Fills `thetas` `[S, d]`, `covariances` `[S, d, d]` and `weights` `[S]`, and returns the number of
    policies, or `FULL` if there are more than room for them.
    """
    prompts, count = table.mass.shape
    d = moment.size
    room = 2 * prompts * count * count
    # Splits keep pieces of a cell apart: at most one more per halving.
    key, number = np.empty(room, dtype=np.int64), np.empty(room)
    kept_key, kept_number = np.empty(64 * room, dtype=np.int64), np.empty(64 * room)
    phi, inverse, trial = np.empty(d), np.empty((d, d)), np.empty((d, d))
    log_cap, chance = np.empty((prompts, count)), np.empty((prompts, count))
    charged = np.zeros((prompts, count), dtype=np.uint8)
    accepted = np.zeros((prompts, count))
    theta = np.zeros(d)
    done, segment = 0, 0
    switch = True
    limit = 0.0
    while done < rounds:
        if switch:
            limit = invert(covariance, inverse) + log_growth
            fit(terms.within, terms.ridge, covariance, inverse, moment, theta)
            if segment >= weights.size:
                return FULL
            thetas[segment] = theta
            covariances[segment] = covariance
            log_cap[:] = np.nan
            charged[:] = 0
        bulk = min(rounds - done, max(_FIRST, done))
        cells = cells_of(gen, table, terms, allowed, theta, bulk, log_cap, chance, key, number)
        trial[:] = covariance
        _gain(table, key, number, cells, phi, trial)
        switch = invert(trial, inverse) > limit
        accepted[:] = 0
        if switch:
            cells = _until_switch(gen, table, limit, covariance, key, number, cells, kept_key, kept_number)
            if cells == FULL:
                return FULL
            played, weak = _book(
                gen, table, terms, log_cap, theta, allowed, kept_key, kept_number, cells, moment,
                accepted, charged, tally,
            )  # fmt: skip
        else:
            covariance[:] = trial
            played, weak = _book(
                gen, table, terms, log_cap, theta, allowed, key, number, cells, moment, accepted,
                charged, tally,
            )  # fmt: skip
        for x in range(prompts):
            for a in range(count):
                if accepted[x, a] > 0:
                    p = chance[x, table.kind[x, a]]
                    weak += total_capped_waiting(gen, accepted[x, a], p, terms.tries)
        spent[0] += weak
        spent[1] += played
        spent[2] += played
        weights[segment] += played
        done += int(played)
        if switch:
            segment += 1
    return segment + (0 if switch else 1)

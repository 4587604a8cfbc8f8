"""The compiled loops of the exact law: what a table of a problem is, and exploration rounds of one replicate.

Each function is the process of `oracles.phases.rounds` for one replicate, drawn without waiting times.
Kernels see numbers only; `oracles.phases.bulk` prepares them and books the results. Rounds that a ledger
cannot pay for end where the literal process ends: `purse` holds what may be spent on weak calls, prompts and
reward rounds (infinity if there is no limit), and `spent` counts what is.

Letters: `X` prompts, `K` atoms, `d` feature dimension, `S` policies kept.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.compiled import compiled
from explore_theory.oracles.kernels.counting import (
    Generator,
    scatter,
    waiting,
)
from explore_theory.oracles.kernels.fitting import fit
from explore_theory.oracles.kernels.tries import MOST, plain, sums, tries

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

WEAK, PROMPT, REWARD = 0, 1, 2
NO_NOISE, GAUSSIAN, BERNOULLI = 0, 1, 2
#: What a kernel returns that has no room for what it found; compiled code does not check where it writes.
FULL = -1
#: Inverses are computed afresh after so many rank-one updates, before rounding can grow.
AFRESH = 4096


class Table(NamedTuple):
    """A problem as numbers: `rho`, its sums, ascending order and tails `[X]`; the same of masses `[X, K]`.

    `features` `[X, K, d]`, mean `reward` `[X, K]`, and `kind`: atoms of one prompt with equal features have
    equal kinds, numbered by the first of them `[X, K]`.
    """

    rho: Floats
    rho_sum: Floats
    rho_order: Ints
    rho_tail: Floats
    mass: Floats
    mass_sum: Floats
    order: Ints
    tail: Floats
    features: Floats
    reward: Floats
    kind: Ints

    @classmethod
    def locked(cls, **fields: Floats | Ints) -> "Table":
        """The table of these fields, all read-only: one type of table, so that kernels compile once.

        A kernel is compiled anew for an array that may be written where one before might not.
        """
        views: dict[str, Any] = {name: np.ascontiguousarray(array).view() for name, array in fields.items()}
        for view in views.values():
            view.flags.writeable = False
        return cls(**views)


class Terms(NamedTuple):
    """What a round is played by: `beta`, the sampler's M, calls and tries, the noise law and its scale.

    Calls and tries are whole numbers that may lie beyond any int64. `within` is the radius of the ball that
    the estimate is constrained to, after `ridge` is taken off ``Sigma``; infinite for the ridge estimate.
    """

    beta: float
    ratio: float
    normaliser: float
    tries: float
    noise: int
    scale: float
    ridge: float = 0.0
    within: float = math.inf


@compiled
def chosen(cumulative: Floats, level: float) -> int:
    """The first index with ``cumulative > level * cumulative[-1]``."""
    target = level * cumulative[-1]
    low, high = 0, cumulative.size - 1
    while low < high:
        middle = (low + high) // 2
        if cumulative[middle] <= target:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def invert(matrix: Floats, inverse: Floats) -> float:
    """Fill `inverse` `[d, d]` of a symmetric positive definite `matrix`; returns ``log det matrix``."""
    d = matrix.shape[0]
    work = matrix.copy()
    log_det = 0.0
    for i in range(d):
        for j in range(d):
            inverse[i, j] = 1.0 if i == j else 0.0
    for k in range(d):
        pivot = work[k, k]
        log_det += math.log(pivot)
        for j in range(d):
            work[k, j] /= pivot
            inverse[k, j] /= pivot
        for i in range(d):
            if i != k:
                factor = work[i, k]
                for j in range(d):
                    work[i, j] -= factor * work[k, j]
                    inverse[i, j] -= factor * inverse[k, j]
    return log_det


@compiled
def add_pair(
    phi: Floats, gain: float, covariance: Floats, inverse: Floats, moment: Floats, image: Floats
) -> float:
    """One more pair, by rank-one updates (Sherman and Morrison, 1950); ``|phi|^2`` in the old inverse.

    `image` `[d]` is room to work in.
    """
    d = phi.size
    norm = 0.0
    for i in range(d):
        total = 0.0
        for j in range(d):
            total += inverse[i, j] * phi[j]
        image[i] = total
        norm += total * phi[i]
        moment[i] += gain * phi[i]
    for i in range(d):
        for j in range(d):
            covariance[i, j] += phi[i] * phi[j]
            inverse[i, j] -= image[i] * image[j] / (1.0 + norm)
    return norm


@compiled
def difference(gen: Generator, terms: Terms, first: float, second: float) -> float:
    """An observed reward difference with means `first` and `second`."""
    if terms.noise == GAUSSIAN:
        return first - second + terms.scale * math.sqrt(2.0) * gen.standard_normal()
    if terms.noise == BERNOULLI:
        one = 1.0 if gen.random() < first else 0.0
        two = 1.0 if gen.random() < second else 0.0
        return one - two
    return first - second


@compiled
def weigh(
    table: Table,
    x: int,
    anchor: int,
    theta: Floats,
    allowed: Bytes,
    beta: float,
    score: Floats,
    weight: Floats,
) -> float:
    """Fill `score` (``f/beta``) and `weight` (``exp(f/beta - top)``), `[K]` each; returns the top."""
    d = theta.size
    count = score.size
    base = 0.0
    for i in range(d):
        base += theta[i] * table.features[x, anchor, i]
    top = -math.inf
    for k in range(count):
        score[k] = 0.0
        if allowed[x, anchor, k]:
            total = -base
            for i in range(d):
                total += theta[i] * table.features[x, k, i]
            score[k] = total / beta
        if table.mass[x, k] > 0.0:
            top = max(top, score[k])
    for k in range(count):
        # An atom without mass may lie so far above the top that its weight would be infinite.
        weight[k] = math.exp(score[k] - top) if table.mass[x, k] > 0.0 else 0.0
    return top


@compiled
def log_normaliser(
    gen: Generator,
    table: Table,
    x: int,
    calls: float,
    score: Floats,
    weight: Floats,
    top: float,
    counts: Floats,
) -> float:
    """``log Zhat`` from `calls` draws; the true ``log Z`` if `calls` is zero."""
    total = 0.0
    if calls == 0.0:
        for k in range(weight.size):
            total += table.mass[x, k] * weight[k]
        return math.log(total) + top
    scatter(gen, calls, table.mass[x], table.order[x], table.tail[x], counts)
    for k in range(weight.size):
        total += counts[k] * weight[k]
    if total > 0.0:
        return math.log(total / calls) + top
    # All that was drawn is below the top by more than a float64 can tell: shift by what was drawn.
    seen = -math.inf
    for k in range(weight.size):
        if counts[k] > 0:
            seen = max(seen, score[k])
    for k in range(weight.size):
        if counts[k] > 0:
            total += counts[k] * math.exp(score[k] - seen)
    return math.log(total / calls) + seen


@compiled
def accept(
    table: Table,
    x: int,
    score: Floats,
    weight: Floats,
    top: float,
    log_cap: float,
    cumulative: Floats,
) -> tuple[float, float]:
    """Fill `cumulative` `[K]` with sums of ``mass * chance``; returns chances of acceptance and rejection."""
    scale = math.exp(min(top - log_cap, 700.0))
    hit, miss = 0.0, 0.0
    for k in range(score.size):
        chance = min(1.0, weight[k] * scale)
        hit += table.mass[x, k] * chance
        miss += table.mass[x, k] * (1.0 - chance)
        cumulative[k] = hit
    return hit, miss


@compiled
def play(  # noqa: PLR0911, PLR0912, PLR0915 - a kernel is one loop
    gen: Generator,
    table: Table,
    terms: Terms,
    allowed: Bytes,
    first: int,
    end: int,
    log_growth: float,
    keep: Ints,
    place: Ints,
    known: Floats,
    inverse: Floats,
    theta: Floats,
    marks: Floats,
    covariance: Floats,
    moment: Floats,
    purse: Floats,
    spent: Floats,
    thetas: Floats,
    covariances: Floats,
    weights: Floats,
    tally: Floats,
) -> int:
    """Exploration round by round, from `first` to before `end`; returns the round that was not rewarded,
    or `FULL` if there are more policies than room for them.

    With `log_growth` zero the estimate is that of every round and those of the rounds `keep` `[S]` are kept;
    above zero it is refreshed when ``log det`` has grown by more, and all are kept. Fills `thetas` `[S, d]`,
    `covariances` `[S, d, d]`
    and `weights` `[S]`, adds what is spent, at most `purse` `[3]`, to `spent`, and clipped and missed rounds
    to `tally` `[2]`.

    Without `place` prompts are drawn from the table. With it `[end - first]` the table holds the prompts of
    these rounds in order, and `place` says where in `known` a prompt stands. What one call leaves for the
    next is in `known` (``log Zhat``, NaN where there is none), `inverse` `[d, d]`, `theta` `[d]` and `marks`
    `[4]`: ``log det`` at the last refresh and now, the segment, and how many are kept.
    """
    d, count = moment.size, table.mass.shape[1]
    score, weight, cumulative = np.empty(count), np.empty(count), np.empty(count)
    counts, chances = np.zeros(count), np.empty(MOST)
    phi, image = np.empty(d), np.empty(d)
    rarely = log_growth > 0.0
    drawn = place.size > 0
    if first == 0:
        marks[0] = invert(covariance, inverse)
    refreshed, log_det = marks[0], marks[1]
    segment, next_kept = int(marks[2]), int(marks[3])
    for t in range(first, end):
        if t % AFRESH == 0:
            log_det = invert(covariance, inverse)
        if not rarely or t == 0 or log_det > refreshed + log_growth:
            if rarely and t > 0:
                segment += 1
                refreshed = log_det
                known[:] = np.nan
            fit(terms.within, terms.ridge, covariance, inverse, moment, theta)
            if rarely:
                if segment >= weights.size:
                    return FULL
                thetas[segment] = theta
                covariances[segment] = covariance
        if purse[PROMPT] - spent[PROMPT] < 1.0:
            return t
        spent[PROMPT] += 1.0
        x = t - first if drawn else chosen(table.rho_sum, gen.random())
        at = place[x] if drawn else x
        if purse[WEAK] - spent[WEAK] < 1.0:
            return t
        spent[WEAK] += 1.0
        anchor = chosen(table.mass_sum[x], gen.random())
        top = weigh(table, x, anchor, theta, allowed, terms.beta, score, weight)
        kind = table.kind[x, anchor]
        log_z, total, quick = 0.0, 0.0, False
        if rarely and not math.isnan(known[at, kind]):
            log_z = known[at, kind]
        else:
            if purse[WEAK] - spent[WEAK] < terms.normaliser:
                return t
            spent[WEAK] += terms.normaliser
            quick = not rarely and terms.normaliser > 0.0
            if quick:
                total, least = sums(table.mass[x], weight, cumulative)
                quick = plain(total, least, terms.ratio, terms.normaliser)
            if not quick:
                log_z = log_normaliser(gen, table, x, terms.normaliser, score, weight, top, counts)
                known[at, kind] = log_z
        if quick:
            # Nothing clips, and the estimate shows in the number of candidates alone.
            log_cap = math.inf
            taken = tries(gen, table.mass[x], weight, total, terms.ratio, terms.normaliser, chances)
        else:
            log_cap = log_z + math.log(terms.ratio)
            hit, miss = accept(table, x, score, weight, top, log_cap, cumulative)
            taken = waiting(1.0 - gen.random(), hit, miss)
        cap = min(float(terms.tries), purse[WEAK] - spent[WEAK])
        missed = taken > cap
        spent[WEAK] += min(taken, cap)
        if missed:
            if cap < terms.tries or purse[WEAK] - spent[WEAK] < 1.0:
                return t
            spent[WEAK] += 1.0
            response = chosen(table.mass_sum[x], gen.random())
        else:
            response = chosen(cumulative, gen.random())
        if purse[REWARD] - spent[REWARD] < 1.0:
            return t
        spent[REWARD] += 1.0
        if missed:
            tally[1] += 1.0
        elif score[response] > log_cap:
            tally[0] += 1.0
        # What is kept is what this round was played by: before its own pair joins.
        while not rarely and next_kept < keep.size and keep[next_kept] == t:
            thetas[next_kept] = theta
            covariances[next_kept] = covariance
            weights[next_kept] = 1.0
            next_kept += 1
        for i in range(d):
            phi[i] = table.features[x, response, i] - table.features[x, anchor, i]
        gain = difference(gen, terms, table.reward[x, response], table.reward[x, anchor])
        norm = add_pair(phi, gain, covariance, inverse, moment, image)
        if rarely:
            log_det += math.log1p(norm)
            weights[segment] += 1.0
    marks[0], marks[1], marks[2], marks[3] = refreshed, log_det, segment, next_kept
    return end

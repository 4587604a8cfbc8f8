"""The exact law of whole phases: what the kernels need of a problem, and what they leave in the books.

Letters: `R` replicates, `W` worlds, `X` prompts, `K` atoms, `d` feature dimension, `S` policies kept.
"""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from explore_theory.compiled import threads
from explore_theory.errors import InvalidProblem
from explore_theory.oracles import kernels, segments
from explore_theory.oracles.ledger import KINDS, Meter
from explore_theory.oracles.rounds import Exploration, Explored, Ridge, Span, Spanned
from explore_theory.problems.noise import Bernoulli, Gaussian, NoiseLaw, NoNoise
from explore_theory.problems.protocol import Bools, Floats, Ints, Problem

#: Where a kernel's `purse` holds what.
_KINDS = {"weak": kernels.WEAK, "prompt": kernels.PROMPT, "reward": kernels.REWARD}
_LONGEST = 2.0  # |phi(x, y, y')|, since |phi| <= 1


def span(
    problem: Problem,
    meter: Meter,
    generators: Sequence[np.random.Generator],
    ridge: Ridge,
    plan: Span,
    rows: Bools,
) -> Spanned:
    """`rounds.span`, drawn at once between acceptances."""
    books = _Books(problem, meter, ridge, rows)
    terms = _terms(problem.noise, problem.facts.beta, 1.0, 0, 1)
    accepted, begun = np.zeros(rows.size), np.zeros(rows.size)
    exhausted = np.zeros(rows.size, dtype=bool)

    def one(row: int) -> None:
        accepted[row], begun[row], exhausted[row] = kernels.spans(
            generators[row],
            books.table(row),
            terms,
            plan.rounds,
            plan.per_round,
            float(plan.radius),
            books.covariance[row],
            books.moment[row],
            books.purse[row],
            books.spent[row],
        )

    books.play(one)
    books.settle(exhausted)
    return Spanned(ridge=books.ridge, accepted=accepted, rounds=begun)


def explore(
    problem: Problem,
    meter: Meter,
    generators: Sequence[np.random.Generator],
    ridge: Ridge,
    plan: Exploration,
    rows: Bools,
) -> Explored:
    """`rounds.explore`, drawn by compiled rounds, or in bulk where ``theta`` rarely changes."""
    books = _Books(problem, meter, ridge, rows)
    count, d = rows.size, problem.facts.d
    sampler = plan.sampler
    terms = _terms(problem.noise, problem.facts.beta, sampler.ratio, sampler.normaliser, sampler.tries)
    most = _most_policies(ridge, plan) if plan.keep is None else plan.keep.shape[1]
    thetas, weights = np.zeros((count, most, d)), np.zeros((count, most))
    covariances = np.zeros((count, most, d, d))
    tally, done = np.zeros((count, 2)), np.zeros(count)
    log_growth = 0.0 if plan.growth is None else math.log(plan.growth)
    limited = not np.all(np.isinf(books.purse))

    def one(row: int) -> None:
        table = books.table(row)
        allowed = _allowed(table.features, plan, row)
        shared = books.covariance[row], books.moment[row]
        kept = thetas[row], covariances[row], weights[row], tally[row]
        if plan.growth is not None and not limited:
            segments.play_in_bulk(
                generators[row],
                table,
                terms,
                allowed,
                plan.rounds,
                log_growth,
                *shared,
                books.spent[row],
                *kept,
            )
            done[row] = plan.rounds
            return
        keep = np.empty(0, dtype=np.int64) if plan.keep is None else np.sort(plan.keep[row])
        done[row] = kernels.play(
            generators[row],
            table,
            terms,
            allowed,
            plan.rounds,
            log_growth,
            keep,
            *shared,
            books.purse[row],
            books.spent[row],
            *kept,
        )

    books.play(one)
    books.settle(done < plan.rounds)
    used = max(1, int((weights > 0).any(axis=0).sum())) if plan.keep is None else most
    return Explored(
        ridge=books.ridge,
        rounds=done,
        thetas=thetas[:, :used],
        covariances=covariances[:, :used],
        weights=weights[:, :used],
        clipped=tally[:, 0],
        missed=tally[:, 1],
    )


class _Books:
    """The regression and the purses of the replicates while kernels work on them."""

    def __init__(self, problem: Problem, meter: Meter, ridge: Ridge, rows: Bools) -> None:
        self._meter, self._served = meter, meter.charge("weak", 0, rows)
        self._tables = _Tables(problem)
        self.covariance, self.moment = ridge.covariance.copy(), ridge.moment.copy()
        spent = meter.counts.sum(axis=(-2, -1))
        self.purse = np.empty((rows.size, len(_KINDS)))
        for kind, place in _KINDS.items():
            self.purse[:, place] = meter.budgets.get(kind, math.inf) - spent[:, KINDS.index(kind)]
        self.spent = np.zeros_like(self.purse)

    @property
    def ridge(self) -> Ridge:
        """The regression as it stands."""
        return Ridge(covariance=self.covariance, moment=self.moment)

    def table(self, row: int) -> kernels.Table:
        """The problem of replicate `row`."""
        return self._tables.of(row)

    def play(self, one: Callable[[int], None]) -> None:
        """Run `one` for every row that is served, on all processors of this process."""
        rows = np.flatnonzero(self._served).tolist()
        for row in rows[:1]:
            # Compiles before threads start.
            one(row)
        with ThreadPoolExecutor(threads()) as pool:
            for _ in pool.map(one, rows[1:]):
                pass

    def settle(self, exhausted: Bools) -> None:
        """Charge what was spent; rows that are `exhausted` idle from now on, or raise as any call would."""
        for kind, place in _KINDS.items():
            self._meter.charge(kind, self.spent[:, place], self._served)
        self._meter.exhaust(exhausted & self._served)


class _Tables:
    """The atoms of a problem as the kernels read them: one table for all rows, or one per world."""

    def __init__(self, problem: Problem) -> None:
        prompts = np.arange(problem.facts.prompts, dtype=np.int64)[None, :]
        self._atoms = problem.atoms(prompts)
        self._rho = np.ascontiguousarray(problem.prompt_mass)
        self._mass = np.exp(self._atoms.log_mass)
        self._known: dict[int, kernels.Table] = {}

    def of(self, row: int) -> kernels.Table:
        """The table of replicate `row`."""
        shared = len(self._mass) == len(self._atoms.features) == 1
        if (key := 0 if shared else row) not in self._known:
            self._known[key] = self._build(key)
        return self._known[key]

    def _build(self, row: int) -> kernels.Table:
        mass, features, reward = (
            np.ascontiguousarray(table[min(row, len(table) - 1)])
            for table in (self._mass, self._atoms.features, self._atoms.reward)
        )
        order = np.argsort(mass, axis=-1, kind="stable")
        rho_order = np.argsort(self._rho, kind="stable")
        return kernels.Table(
            rho=self._rho,
            rho_sum=np.cumsum(self._rho),
            rho_order=rho_order,
            rho_tail=_tail(self._rho, rho_order),
            mass=mass,
            mass_sum=np.cumsum(mass, axis=-1),
            order=order,
            tail=np.stack([_tail(m, o) for m, o in zip(mass, order, strict=True)]),
            features=features,
            reward=reward,
            kind=np.stack([_kinds(phi) for phi in features]),
        )


def _tail(mass: Floats, order: Ints) -> Floats:
    return np.ascontiguousarray(np.cumsum(mass[order][::-1])[::-1])


def _kinds(features: Floats) -> Ints:
    """`[K]`: the first response with the same features."""
    _, first, which = np.unique(features, axis=0, return_index=True, return_inverse=True)
    return np.ascontiguousarray(first[which.ravel()].astype(np.int64))


def _allowed(features: Floats, plan: Exploration, row: int) -> kernels.Bytes:
    """`[X, K, K]`: whether ``phi(x, y, y')``, indexed ``[x, y', y]``, is short enough not to be truncated."""
    prompts, count, _ = features.shape
    if plan.inverse is None:
        return np.ones((prompts, count, count), dtype=np.uint8)
    square = np.zeros((prompts, count, count))
    kernels.pair_norms(features, np.ascontiguousarray(plan.inverse[row]), square)
    square += np.swapaxes(square, -1, -2)
    return (square <= plan.radius * plan.radius).astype(np.uint8)


def _terms(noise: NoiseLaw, beta: float, ratio: float, normaliser: int, tries: int) -> kernels.Terms:
    law, scale = _noise(noise)
    return kernels.Terms(
        beta=beta, ratio=float(ratio), normaliser=normaliser, tries=tries, noise=law, scale=scale
    )


def _noise(noise: NoiseLaw) -> tuple[int, float]:
    if isinstance(noise, Gaussian):
        return kernels.GAUSSIAN, noise.scale
    if isinstance(noise, Bernoulli):
        return kernels.BERNOULLI, 0.0
    if isinstance(noise, NoNoise):
        return kernels.NO_NOISE, 0.0
    raise InvalidProblem(
        f"noise must be gaussian, bernoulli or none under the exact law, got noise={noise!r}; "
        f"the literal law takes any"
    )


def _most_policies(ridge: Ridge, plan: Exploration) -> int:
    """No run has more: every refresh takes a factor of ``det Sigma``, which grows as the trace allows."""
    assert plan.growth is not None
    d = ridge.covariance.shape[-1]
    trace = np.trace(ridge.covariance, axis1=-2, axis2=-1) + _LONGEST**2 * plan.rounds
    log_growth = d * np.log(trace / d) - ridge.log_det
    return 2 + int(np.max(log_growth) / math.log(plan.growth))

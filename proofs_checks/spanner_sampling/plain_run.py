"""SpannerSampling as theory section 2 writes it, draw by draw, in plain arrays: a program of its own.

Nothing of `explore_theory` but the numbers of a schedule and of a problem enters. Runs move side by side,
every base response that the algorithm asks for is drawn, and what is counted is what was drawn.

Letters: `R` runs, `X` prompts, `K` responses, `d` dimension, `N` pairs, `m` draws.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Of a problem: `mass` `[X]`, `base` and `reward` `[X, K]`, `features` `[X, K, d]`, ``beta``, ``lambda``,
    and the deviation of the noise of a reward difference. Of a plan: see ST; `growth` None for an estimate in
    every round.
    """

    mass: Floats
    base: Floats
    features: Floats
    reward: Floats
    beta: float
    ridge: float
    noise: float
    nu: float
    span_rounds: int
    pairs_a_round: int
    explore_rounds: int
    ratio: float
    draws: int
    growth: float | None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What runs ended with, `[R]` each.

    Weak calls of the two phases and of one response, pairs accepted, rounds without an accepted candidate, a
    linear image of the estimates in use and ``log det Sigma`` when they were made (of one round, or averaged
    over all of them), and the response that the policy gave, with its prompt.
    """

    span_calls: Ints
    explore_calls: Ints
    output_calls: Ints
    accepted: Ints
    missed: Ints
    estimate: Floats
    log_det: Floats
    response: Ints


#: The linear image of an estimate: coordinates weigh differently.
def image(theta: Floats) -> Floats:
    """``sum_i (i + 1) theta_i``, of `[..., d]`."""
    return np.asarray((theta * np.arange(1.0, theta.shape[-1] + 1)).sum(axis=-1))


def runs(n: Numbers, count: int, rng: np.random.Generator) -> Outcome:
    """`count` runs, and one response of what each returns."""
    world = _World(n, count, rng)
    sigma, moment, span_calls, accepted = _span(world)
    span_inverse = np.asarray(np.linalg.inv(sigma), dtype=np.float64)
    rows = np.arange(count)
    theta = _solved(sigma, moment)
    log_det = np.linalg.slogdet(sigma)[1]
    known = np.full((count, *n.base.shape), np.nan)
    thetas, log_dets = [], []
    calls, misses = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    for _ in range(n.explore_rounds):
        now = np.linalg.slogdet(sigma)[1]
        renew = np.ones(count, dtype=bool) if n.growth is None else now > log_det + np.log(n.growth)
        theta = np.where(renew[:, None], _solved(sigma, moment), theta)
        log_det = np.where(renew, now, log_det)
        known[renew] = np.nan
        thetas.append(theta)
        log_dets.append(log_det)
        x = world.prompt()
        anchor = world.base(x, 1)[:, 0]
        weight = world.weights(theta, span_inverse, x, anchor)
        kind = world.first_alike(x, anchor)
        fresh = np.isnan(known[rows, x, kind])
        estimate = np.where(fresh, world.estimate(weight, x), known[rows, x, kind])
        known[rows, x, kind] = estimate
        y, tries, missed = world.rejection(weight, estimate, x)
        calls += 1 + fresh * n.draws + tries + missed
        misses += missed
        sigma, moment = world.add(sigma, moment, x, y, anchor, np.ones(count, dtype=bool))
    chosen = rng.integers(n.explore_rounds, size=count)
    used = np.array(thetas)[chosen, rows]
    x = world.prompt()
    anchor = world.base(x, 1)[:, 0]
    weight = world.weights(used, span_inverse, x, anchor)
    y, tries, missed = world.rejection(weight, world.estimate(weight, x), x)
    all_of_them = n.growth is not None
    return Outcome(
        span_calls=span_calls,
        explore_calls=calls,
        output_calls=1 + n.draws + tries + missed,
        accepted=accepted,
        missed=misses,
        estimate=image(np.array(thetas).mean(axis=0) if all_of_them else used),
        log_det=np.array(log_dets).mean(axis=0) if all_of_them else np.array(log_dets)[chosen, rows],
        response=x * n.base.shape[1] + y,
    )


def _solved(sigma: Floats, moment: Floats) -> Floats:
    """The estimates ``Sigma^{-1} moment``, `[R, d]`."""
    return np.asarray(np.linalg.solve(sigma, moment[..., None])[..., 0], dtype=np.float64)


def _span(world: "_World") -> tuple[Floats, Floats, Ints, Ints]:
    """``Sigma``, the moment, weak calls and pairs accepted after the spanner phase."""
    n, count = world.n, world.count
    d = n.features.shape[-1]
    sigma, moment = np.broadcast_to(n.ridge * np.eye(d), (count, d, d)), np.zeros((count, d))
    calls, accepted = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    for _ in range(n.span_rounds):
        x = world.prompt()
        first, second = (world.base(x, n.pairs_a_round) for _ in range(2))
        relative = n.features[x[:, None], first] - n.features[x[:, None], second]
        square = np.einsum("rni,rij,rnj->rn", relative, np.linalg.inv(sigma), relative)
        tries, at, found = _first(square > n.nu**2)
        rows = np.arange(count)
        sigma, moment = world.add(sigma, moment, x, first[rows, at], second[rows, at], found)
        calls += 2 * tries
        accepted += found
    return sigma, moment, calls, accepted


def _first(hits: Bools) -> tuple[Ints, Ints, Bools]:
    """Draws until the first hit (all, if there is none), its place, and whether there is one."""
    found, at = np.asarray(hits.any(axis=-1)), np.asarray(hits.argmax(axis=-1))
    return np.where(found, at + 1, hits.shape[1]), at, found


@dataclass(frozen=True)
class _World:
    """The problem, for `count` runs that draw from `rng`."""

    n: Numbers
    count: int
    rng: np.random.Generator

    def prompt(self) -> Ints:
        """``x ~ rho``, `[R]`."""
        return np.asarray(self.rng.choice(self.n.mass.size, size=self.count, p=self.n.mass))

    def base(self, x: Ints, m: int) -> Ints:
        """`m` draws of ``pi_ref(.|x)`` for each run, `[R, m]`."""
        sums = np.cumsum(self.n.base, axis=-1)[x]
        level = self.rng.random((self.count, m)) * sums[:, -1:]
        return np.asarray((level[..., None] >= sums[:, None, :]).sum(axis=-1))

    def weights(self, theta: Floats, inverse: Floats, x: Ints, anchor: Ints) -> Floats:
        """``exp(f/beta)`` of all responses, `[R, K]`, `f` truncated at ``nu``."""
        relative = self.n.features[x] - self.n.features[x, anchor][:, None, :]
        square = np.einsum("rki,rij,rkj->rk", relative, inverse, relative)
        score = np.einsum("rki,ri->rk", relative, theta)
        return np.asarray(np.exp(np.where(square <= self.n.nu**2, score, 0.0) / self.n.beta))

    def first_alike(self, x: Ints, anchor: Ints) -> Ints:
        """The first response with the features of the `anchor`, `[R]`: they share an estimate."""
        alike = (self.n.features[x] == self.n.features[x, anchor][:, None, :]).all(axis=-1)
        return np.asarray(alike.argmax(axis=-1))

    def estimate(self, weight: Floats, x: Ints) -> Floats:
        """``Zhat``, `[R]`."""
        drawn = self.base(x, self.n.draws)
        return np.asarray(np.take_along_axis(weight, drawn, axis=-1).mean(axis=-1))

    def rejection(self, weight: Floats, estimate: Floats, x: Ints) -> tuple[Ints, Ints, Ints]:
        """Responses, candidates, and whether none was accepted, `[R]` each."""
        drawn = self.base(x, self.n.draws)
        chance = np.take_along_axis(weight, drawn, axis=-1) / (estimate * self.n.ratio)[:, None]
        tries, at, found = _first(self.rng.random(drawn.shape) < np.minimum(1.0, chance))
        other = self.base(x, 1)[:, 0]
        response = np.where(found, drawn[np.arange(self.count), at], other)
        return response, tries, np.asarray(~found, dtype=np.int64)

    def add(
        self, sigma: Floats, moment: Floats, x: Ints, y: Ints, other: Ints, rows: Bools
    ) -> tuple[Floats, Floats]:
        """The regression with one more rewarded pair ``(y, y')`` in each of `rows`."""
        phi = np.where(rows[:, None], self.n.features[x, y] - self.n.features[x, other], 0.0)
        noise = self.n.noise * self.rng.standard_normal(self.count)
        gain = self.n.reward[x, y] - self.n.reward[x, other] + noise
        return sigma + phi[:, :, None] * phi[:, None, :], moment + gain[:, None] * phi

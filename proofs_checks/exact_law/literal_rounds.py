"""Rounds of SpannerSampling as the text defines them, many runs side by side: a second route to simulators.

Nothing here comes from the package: every prompt, response, coin and reward is drawn, one after another, by
NumPy, and the regression is solved afresh. What a round does follows the algorithm (theory, section 2); where
a purse runs out follows the meters: a call that cannot be paid for is not made, and ends the run. A step is
taken by the runs that take it and by no other: they come as their places `rows` `[m]` among all.

Letters: `n` runs, `m` of them, `X` prompts, `K` responses, `d` feature dimension, at most 2.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from proofs_checks.exact_law import small_matrices

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
WEAK, PROMPT, REWARD = 0, 1, 2


@dataclass(frozen=True, eq=False)
class World:
    """A problem: `rho` `[X]`, `base` and mean `reward` `[X, K]`, `features` `[X, K, d]`, `beta`.

    Rewards are observed with Gaussian noise of standard deviation `scale`, or tossed as coins if it is None.
    """

    rho: Floats
    base: Floats
    features: Floats
    reward: Floats
    beta: float
    scale: float | None

    @cached_property
    def alike(self) -> Ints:
        """`[X, K]`: the first response with the same features."""
        same = (self.features[:, :, None] == self.features[:, None, :]).all(axis=-1)
        return np.asarray(same.argmax(axis=-1))

    @cached_property
    def base_sums(self) -> Floats:
        """`[K - 1, X]`: the mass of the first responses to a prompt, all but the last sum."""
        return np.ascontiguousarray(np.cumsum(self.base, axis=1)[:, :-1].T)

    @cached_property
    def differences(self) -> Floats:
        """`[X, K, K, d]`: the feature of a response less that of the anchor, which comes first."""
        return np.asarray(self.features[:, None, :] - self.features[:, :, None])


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """Exploration: `rounds`, the sampler's M, draws and tries, the truncation, and when ``theta`` changes.

    `inverse` is `[d, d]`, or `[n, d, d]` where runs differ.
    ``theta`` is the estimate of every round if `growth` is None, else it is kept until ``det Sigma`` has
    grown by more than the factor.
    """

    rounds: int
    ratio: float
    normaliser: int
    tries: int
    radius: float
    inverse: Floats
    growth: float | None


@dataclass(eq=False)
class Runs:
    """`n` runs in progress: regressions `[n, d, d]` and `[n, d]`, purses `[n, 3]`, what is spent of them."""

    world: World
    generator: np.random.Generator
    covariance: Floats
    moment: Floats
    purse: Floats
    live: Bools = field(init=False)
    spent: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.live = np.ones(len(self.moment), dtype=bool)
        # A kind's purses lie side by side.
        self.purse = np.asfortranarray(self.purse)
        self.spent = np.zeros_like(self.purse)

    def theta(self, rows: Ints) -> Floats:
        """The ridge estimates, `[m, d]`."""
        inverse = small_matrices.inverse(self.covariance[rows])
        return np.asarray((inverse * self.moment[rows, None, :]).sum(axis=-1))

    def measured(self, rows: Ints) -> Floats:
        """The ``Sigma`` that pairs of a spanner phase are held against, `[m, d, d]`."""
        return self.covariance[rows]

    def going(self) -> Ints:
        """The runs that are not over."""
        return np.flatnonzero(self.live)

    def pay(self, kind: int, calls: int, rows: Ints) -> Ints:
        """Pay for `calls` in the runs `rows`; those that cannot are over. Returns who paid."""
        able = self.purse[rows, kind] - self.spent[rows, kind] >= calls
        if not able.all():
            self.live[rows[~able]] = False
            rows = rows[able]
        self.spent[rows, kind] += calls
        return rows

    def prompts(self, count: int) -> Ints:
        """``x ~ rho``, `[count]`."""
        sums = np.cumsum(self.world.rho)[:-1]
        return np.asarray(np.searchsorted(sums, self.generator.random(count), "right"))

    def responses(self, x: Ints) -> Ints:
        """``y ~ pi_ref(.|x)``, `[m]` as `x`."""
        level, response = self.generator.random(x.size), np.zeros(x.size, dtype=np.int64)
        for sums in self.world.base_sums:
            response += level >= sums[x]
        return response

    def learn(self, x: Ints, first: Ints, second: Ints, rows: Ints) -> None:
        """Rewards of a pair of responses to `x` `[m]` join the regression of `rows`."""
        reward, scale = self.world.reward, self.world.scale
        phi = self.world.differences[x, second, first]
        means = np.stack([reward[x, first], reward[x, second]], axis=1)
        if scale is None:
            seen = (self.generator.random(means.shape) < means).astype(float)
        else:
            seen = means + scale * self.generator.standard_normal(means.shape)
        self.covariance[rows] += phi[:, :, None] * phi[:, None, :]
        self.moment[rows] += phi * (seen[:, 0] - seen[:, 1])[:, None]


def span(runs: Runs, rounds: int, per_round: int, radius: float) -> tuple[Floats, Floats]:
    """A spanner phase: pairs accepted and rounds begun, `[n]` each."""
    accepted, begun = np.zeros(len(runs.moment)), np.zeros(len(runs.moment))
    for _ in range(rounds):
        rows = runs.pay(PROMPT, 1, runs.going())
        begun[rows] += 1
        x, inverse = runs.prompts(rows.size), small_matrices.inverse(runs.measured(rows))
        here = np.arange(rows.size)  # those that still look, among `rows`
        for _ in range(per_round):
            paid = runs.pay(WEAK, 2, rows[here])
            here = here[runs.live[rows[here]]]
            first, second = runs.responses(x[here]), runs.responses(x[here])
            phi = runs.world.differences[x[here], second, first]
            long = small_matrices.squared_norms(inverse[here], phi) > radius**2
            found = runs.pay(REWARD, 1, paid[long])
            told = long & runs.live[paid]
            runs.learn(x[here][told], first[told], second[told], found)
            accepted[found] += 1
            here = here[~long]
    return accepted, begun


@dataclass(frozen=True, eq=False)
class Explored:
    """What exploration leaves, beside the regression.

    Rounds that were rewarded, clipped and missed `[n]`; by round, ``theta`` `[rounds, n, d]`, ``Sigma`` when
    it was estimated `[rounds, n, d, d]`, and which rounds it is the first of its kind `[rounds, n]`.
    """

    rounds: Floats
    clipped: Floats
    missed: Floats
    thetas: Floats
    covariances: Floats
    segments: Ints


def short_pairs(world: World, plan: Plan) -> Bools:
    """`[X, K, K]`, or `[n, X, K, K]` if runs differ: whether a response is not truncated beside an anchor."""
    inverse = plan.inverse if plan.inverse.ndim == 2 else plan.inverse[:, None, None, None]
    return np.asarray(small_matrices.squared_norms(inverse, world.differences) <= plan.radius**2)


def answer(
    runs: Runs, plan: Plan, short: Bools, x: Ints, anchor: Ints, theta: Floats, estimate: Floats, rows: Ints
) -> tuple[Ints, Bools, Bools]:
    """SoftmaxSampler relative to the responses `anchor` to `x`, in the runs `rows`, all `[m]`.

    `short` is that of `short_pairs`; `estimate` `[m]` is that of the normaliser, filled where it is NaN.
    Returns the responses, -1 where a purse ran out, and which of them are answers to no acceptance, and were
    accepted above the cap.
    """
    world, count = runs.world, x.size
    allowed = short[x, anchor] if short.ndim == 3 else short[rows, x, anchor]
    score = (world.differences[x, anchor] * theta[:, None, :]).sum(axis=-1)
    weight = np.exp(np.where(allowed, score, 0.0) / world.beta)
    fresh = np.flatnonzero(np.isnan(estimate))
    runs.pay(WEAK, plan.normaliser, rows[fresh])
    fresh = fresh[runs.live[rows[fresh]]]
    total = np.zeros(fresh.size)
    for _ in range(plan.normaliser):
        total += weight[fresh, runs.responses(x[fresh])]
    estimate[fresh] = total / plan.normaliser
    cap = plan.ratio * estimate
    looking, response = np.flatnonzero(runs.live[rows]), np.full(count, -1)
    for _ in range(plan.tries):
        runs.pay(WEAK, 1, rows[looking])
        looking = looking[runs.live[rows[looking]]]
        candidate = runs.responses(x[looking])
        level = runs.generator.random(looking.size)
        taken = level * cap[looking] < weight[looking, candidate]
        response[looking[taken]] = candidate[taken]
        looking = looking[~taken]
    runs.pay(WEAK, 1, rows[looking])
    looking = looking[runs.live[rows[looking]]]
    response[looking] = runs.responses(x[looking])
    missed = np.zeros(count, dtype=bool)
    missed[looking] = True
    return response, missed, (response >= 0) & ~missed & (weight[np.arange(count), response] > cap)


def explore(runs: Runs, plan: Plan) -> Explored:
    """Rounds of exploration."""
    world, (n, d) = runs.world, runs.moment.shape
    everyone, alike, short = np.arange(n), world.alike, short_pairs(world, plan)
    counts = np.zeros((3, n))
    thetas, covariances = np.zeros((plan.rounds, n, d)), np.zeros((plan.rounds, n, d, d))
    segments = np.full((plan.rounds, n), -1)
    theta, since, segment = runs.theta(everyone), runs.covariance.copy(), np.zeros(n, dtype=np.int64)
    before = small_matrices.determinant(since)
    known = np.full((n, *world.base.shape), np.nan)
    for t in range(plan.rounds):
        if t:
            now = small_matrices.determinant(runs.covariance)
            grown = everyone if plan.growth is None else np.flatnonzero(now > plan.growth * before)
            theta[grown], since[grown], before[grown] = runs.theta(grown), runs.covariance[grown], now[grown]
            if plan.growth is not None:
                segment[grown] += 1
                known[grown] = np.nan
        rows = runs.pay(WEAK, 1, runs.pay(PROMPT, 1, runs.going()))
        x = runs.prompts(rows.size)
        anchor = runs.responses(x)
        place = rows, x, alike[x, anchor]
        # An estimate of every round is that round's own.
        estimate = known[place] if plan.growth is not None else np.full(rows.size, np.nan)
        response, missed, clipped = answer(runs, plan, short, x, anchor, theta[rows], estimate, rows)
        if plan.growth is not None:
            known[place] = estimate
        answered = np.flatnonzero(response >= 0)
        runs.pay(REWARD, 1, rows[answered])
        answered = answered[runs.live[rows[answered]]]
        played = rows[answered]
        thetas[t], covariances[t] = theta, since
        segments[t, played] = segment[played]
        counts[0, played] += 1
        counts[1, played] += clipped[answered]
        counts[2, played] += missed[answered]
        runs.learn(x[answered], response[answered], anchor[answered], played)
    return Explored(counts[0], counts[1], counts[2], thetas, covariances, segments)

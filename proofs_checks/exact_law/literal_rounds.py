"""Rounds of SpannerSampling as the text defines them, many runs side by side: a second route to simulators.

Nothing here comes from the package: every prompt, response, coin and reward is drawn, one after another, by
NumPy, and the regression is solved afresh. What a round does follows the algorithm (theory, section 2); where
a purse runs out follows the meters: a call that cannot be paid for is not made, and ends the run. A step is
taken by the runs that take it and by no other: they come as their places `rows` `[m]` among all, in order.

Numbers of one kind lie side by side in memory, those of a run do not: a step goes through one kind at a time.

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

    @cached_property
    def steps(self) -> Floats:
        """`[d, K, X K]`: the same by coordinate, response, and prompt with anchor (see `place`)."""
        return np.ascontiguousarray(
            np.moveaxis(self.differences, (3, 2), (0, 1)).reshape(self.d, self.count, -1)
        )

    @property
    def count(self) -> int:
        """`K`."""
        return int(self.base.shape[1])

    @property
    def d(self) -> int:
        """`d`."""
        return int(self.features.shape[2])

    def place(self, x: Ints, anchor: Ints) -> Ints:
        """`[m]`: where the pair of a prompt and an anchor stands among all."""
        return x * self.count + anchor


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
        self.covariance, self.moment = by_kind(self.covariance), by_kind(self.moment)
        self.purse = by_kind(self.purse)
        self.spent = np.zeros_like(self.purse)

    def at(self, rows: Ints) -> Ints | slice:
        """`rows` as an index: all of them need not be looked up one by one."""
        return slice(None) if rows.size == len(self.live) else rows

    def theta(self, rows: Ints) -> Floats:
        """The ridge estimates, `[m, d]`."""
        at = self.at(rows)
        inverse = small_matrices.inverse(self.covariance[at])
        return np.asarray((inverse * self.moment[at][:, None, :]).sum(axis=-1))

    def measured(self, rows: Ints) -> Floats:
        """The ``Sigma`` that pairs of a spanner phase are held against, `[m, d, d]`."""
        return np.asarray(self.covariance[self.at(rows)])

    def going(self) -> Ints:
        """The runs that are not over."""
        return np.flatnonzero(self.live)

    def pay(self, kind: int, calls: int, rows: Ints) -> Ints:
        """Pay for `calls` in the runs `rows`; those that cannot are over. Returns who paid."""
        purse, spent = self.purse[:, kind], self.spent[:, kind]
        able = purse[at := self.at(rows)] - spent[at] >= calls
        if not able.all():
            self.live[rows[~able]] = False
            rows = rows[able]
        spent[self.at(rows)] += calls
        return rows

    def prompts(self, count: int) -> Ints:
        """``x ~ rho``, `[count]`."""
        sums = np.cumsum(self.world.rho)[:-1]
        return np.asarray(np.searchsorted(sums, self.generator.random(count), "right"))

    def responses(self, x: Ints) -> Ints:
        """``y ~ pi_ref(.|x)``, `[m]` as `x`."""
        level, response = self.generator.random(x.size), np.zeros(x.size, dtype=np.int64)
        for sums in self.world.base_sums:
            response += level >= sums.take(x)
        return response

    def learn(self, x: Ints, first: Ints, second: Ints, rows: Ints) -> None:
        """Rewards of a pair of responses to `x` `[m]` join the regression of `rows`."""
        world, scale, at = self.world, self.world.scale, self.at(rows)
        place = world.place(x, second)
        means = np.stack([world.reward.take(world.place(x, first)), world.reward.take(place)], axis=1)
        if scale is None:
            seen = (self.generator.random(means.shape) < means).astype(float)
        else:
            seen = means + scale * self.generator.standard_normal(means.shape)
        gain, phi = seen[:, 0] - seen[:, 1], [step[first, place] for step in world.steps]
        for i, one in enumerate(phi):
            self.moment[:, i][at] += one * gain
            for j, other in enumerate(phi):
                self.covariance[:, i, j][at] += one * other


def by_kind(values: Floats) -> Floats:
    """A copy of `values` `[n, ...]` in which the numbers of one kind, `[n]`, lie side by side."""
    return np.asfortranarray(values).copy(order="F")


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
            place = runs.world.place(x[here], second)
            phi = np.stack([step[first, place] for step in runs.world.steps]).T
            looked = inverse if here.size == rows.size else inverse[here]
            long = small_matrices.squared_norms(looked, phi) > radius**2
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
    place = world.place(x, anchor)
    # By response and run, `[K, m]`.
    if short.ndim == 3:
        allowed = np.ascontiguousarray(short.reshape(-1, world.count).T).take(place, axis=1)
    else:
        allowed = short[rows, x, anchor].T
    score = sum(step.take(place, axis=1) * one for step, one in zip(world.steps, theta.T, strict=True))
    weight = np.exp(np.where(allowed, score, 0.0) / world.beta)
    fresh = np.flatnonzero(np.isnan(estimate))
    runs.pay(WEAK, plan.normaliser, rows[fresh])
    fresh = fresh[runs.live[rows[fresh]]]
    total = np.zeros(fresh.size)
    for _ in range(plan.normaliser):
        total += weight[runs.responses(x[fresh]), fresh]
    estimate[fresh] = total / plan.normaliser
    cap = plan.ratio * estimate
    looking, response = np.flatnonzero(runs.live[rows]), np.full(count, -1)
    for _ in range(plan.tries):
        runs.pay(WEAK, 1, rows[looking])
        looking = looking[runs.live[rows[looking]]]
        candidate = runs.responses(x[looking])
        level = runs.generator.random(looking.size)
        taken = level * cap[looking] < weight[candidate, looking]
        response[looking[taken]] = candidate[taken]
        looking = looking[~taken]
    runs.pay(WEAK, 1, rows[looking])
    looking = looking[runs.live[rows[looking]]]
    response[looking] = runs.responses(x[looking])
    missed = np.zeros(count, dtype=bool)
    missed[looking] = True
    return response, missed, (response >= 0) & ~missed & (weight[response, np.arange(count)] > cap)


def explore(runs: Runs, plan: Plan) -> Explored:
    """Rounds of exploration."""
    world, (n, d) = runs.world, runs.moment.shape
    everyone, alike, short = np.arange(n), world.alike, short_pairs(world, plan)
    counts = np.zeros((3, n))
    thetas = np.moveaxis(np.zeros((plan.rounds, d, n)), 2, 1)
    covariances = np.moveaxis(np.zeros((plan.rounds, d, d, n)), 3, 1)
    segments = np.full((plan.rounds, n), -1)
    theta, since = by_kind(runs.theta(everyone)), by_kind(runs.covariance)
    segment = np.zeros(n, dtype=np.int64)
    before = small_matrices.determinant(since)
    known = np.full((n, world.base.size), np.nan)
    for t in range(plan.rounds):
        if t:
            now = small_matrices.determinant(runs.covariance)
            grown = everyone if plan.growth is None else np.flatnonzero(now > plan.growth * before)
            at = runs.at(grown)
            theta[at], since[at], before[at] = runs.theta(grown), runs.covariance[at], now[at]
            if plan.growth is not None:
                segment[grown] += 1
                known[grown] = np.nan
        rows = runs.pay(WEAK, 1, runs.pay(PROMPT, 1, runs.going()))
        x = runs.prompts(rows.size)
        anchor = runs.responses(x)
        place = rows * world.base.size + world.place(x, alike[x, anchor])
        # An estimate of every round is that round's own.
        estimate = known.take(place) if plan.growth is not None else np.full(rows.size, np.nan)
        response, missed, clipped = answer(runs, plan, short, x, anchor, theta[runs.at(rows)], estimate, rows)
        if plan.growth is not None:
            known.put(place, estimate)
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

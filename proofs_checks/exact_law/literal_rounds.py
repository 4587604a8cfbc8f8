"""Rounds of SpannerSampling as the text defines them, many runs side by side: a second route to simulators.

Nothing here comes from the package: every prompt, response, coin and reward is drawn, one after another, by
NumPy, and the regression is solved afresh. What a round does follows the algorithm (theory, section 2); where
a purse runs out follows the meters: a call that cannot be paid for is not made, and ends the run.

Letters: `n` runs, `X` prompts, `K` responses, `d` feature dimension, `S` rounds kept.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

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

    @property
    def alike(self) -> Ints:
        """`[X, K]`: the first response with the same features."""
        same = (self.features[:, :, None] == self.features[:, None, :]).all(axis=-1)
        return np.asarray(same.argmax(axis=-1))


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
        self.spent = np.zeros_like(self.purse)

    @property
    def theta(self) -> Floats:
        """The ridge estimates, `[n, d]`."""
        return np.asarray(np.linalg.solve(self.covariance, self.moment[..., None])[..., 0])

    @property
    def measured(self) -> Floats:
        """The ``Sigma`` that pairs of a spanner phase are held against, `[n, d, d]`."""
        return self.covariance

    def pay(self, kind: int, calls: int, asked: Bools) -> Bools:
        """Pay for `calls` in the runs `asked`; those that cannot are over. Returns who paid."""
        able = asked & (self.purse[:, kind] - self.spent[:, kind] >= calls)
        self.live &= able | ~asked
        self.spent[:, kind] += calls * able
        return able

    def prompts(self) -> Ints:
        """``x ~ rho``, `[n]`."""
        return self._pick(np.cumsum(self.world.rho)[None, :])

    def responses(self, x: Ints) -> Ints:
        """``y ~ pi_ref(.|x)``, `[n]`."""
        return self._pick(np.cumsum(self.world.base, axis=1)[x])

    def _pick(self, cumulative: Floats) -> Ints:
        level = self.generator.random((len(self.moment), 1))
        return np.asarray(np.minimum((level >= cumulative).sum(axis=1), cumulative.shape[1] - 1))

    def learn(self, x: Ints, first: Ints, second: Ints, rows: Bools) -> None:
        """Rewards of a pair of responses join the regression."""
        features, reward, scale = self.world.features, self.world.reward, self.world.scale
        phi = np.where(rows[:, None], features[x, first] - features[x, second], 0.0)
        means = np.stack([reward[x, first], reward[x, second]], axis=1)
        if scale is None:
            seen = (self.generator.random(means.shape) < means).astype(float)
        else:
            seen = means + scale * self.generator.standard_normal(means.shape)
        self.covariance += phi[:, :, None] * phi[:, None, :]
        self.moment += phi * (seen[:, 0] - seen[:, 1])[:, None]


def span(runs: Runs, rounds: int, per_round: int, radius: float) -> tuple[Floats, Floats]:
    """A spanner phase: pairs accepted and rounds begun, `[n]` each."""
    accepted, begun = np.zeros(len(runs.moment)), np.zeros(len(runs.moment))
    for _ in range(rounds):
        going = runs.pay(PROMPT, 1, runs.live)
        begun += going
        x = runs.prompts()
        inverse = np.linalg.inv(runs.measured)
        for _ in range(per_round):
            going = runs.pay(WEAK, 2, going)
            first, second = runs.responses(x), runs.responses(x)
            phi = runs.world.features[x, first] - runs.world.features[x, second]
            long = going & (np.einsum("ni,nij,nj->n", phi, inverse, phi) > radius**2)
            paid = runs.pay(REWARD, 1, long)
            runs.learn(x, first, second, paid)
            accepted += paid
            going &= ~long
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


def answer(
    runs: Runs, plan: Plan, x: Ints, anchor: Ints, theta: Floats, estimate: Floats, going: Bools
) -> tuple[Ints, Bools, Bools]:
    """SoftmaxSampler relative to the responses `anchor`, in the runs `going`.

    `estimate` `[n]` is that of the normaliser, filled where it is NaN. Returns the responses, -1 where a
    purse ran out, and which of them are answers to no acceptance, and were accepted above the cap.
    """
    world, everyone, n = runs.world, np.arange(len(x)), len(x)
    phi = world.features[x] - world.features[x, anchor][:, None, :]
    inverse = np.broadcast_to(plan.inverse, runs.covariance.shape)
    short = np.einsum("nki,nij,nkj->nk", phi, inverse, phi) <= plan.radius**2
    weight = np.exp(np.where(short, np.einsum("nki,ni->nk", phi, theta), 0.0) / world.beta)
    paid = runs.pay(WEAK, plan.normaliser, going & np.isnan(estimate))
    total = np.zeros(n)
    for _ in range(plan.normaliser):
        total += weight[everyone, runs.responses(x)]
    estimate[paid] = total[paid] / plan.normaliser
    cap = plan.ratio * estimate
    looking, response = going & runs.live, np.full(n, -1)
    for _ in range(plan.tries):
        looking = runs.pay(WEAK, 1, looking)
        candidate = runs.responses(x)
        taken = looking & (runs.generator.random(n) * cap < weight[everyone, candidate])
        response = np.where(taken, candidate, response)
        looking &= ~taken
    missed = runs.pay(WEAK, 1, looking)
    response = np.where(missed, runs.responses(x), response)
    return response, missed, (response >= 0) & ~missed & (weight[everyone, response] > cap)


def explore(runs: Runs, plan: Plan) -> Explored:
    """Rounds of exploration."""
    world, (n, d) = runs.world, runs.moment.shape
    everyone, alike = np.arange(n), world.alike
    counts = np.zeros((3, n))
    thetas, covariances = np.zeros((plan.rounds, n, d)), np.zeros((plan.rounds, n, d, d))
    segments = np.full((plan.rounds, n), -1)
    theta, since, segment = runs.theta, runs.covariance.copy(), np.zeros(n, dtype=np.int64)
    known = np.full((n, *world.base.shape), np.nan)
    for t in range(plan.rounds):
        if plan.growth is None:
            theta, since = runs.theta, runs.covariance.copy()
            known[:] = np.nan
        elif t:
            grown = np.linalg.det(runs.covariance) > plan.growth * np.linalg.det(since)
            theta = np.where(grown[:, None], runs.theta, theta)
            since = np.where(grown[:, None, None], runs.covariance, since)
            segment += grown
            known[grown] = np.nan
        going = runs.pay(WEAK, 1, runs.pay(PROMPT, 1, runs.live))
        x = runs.prompts()
        anchor = runs.responses(x)
        kind = alike[x, anchor]
        estimate = known[everyone, x, kind]
        response, missed, clipped = answer(runs, plan, x, anchor, theta, estimate, going)
        known[everyone, x, kind] = estimate
        played = runs.pay(REWARD, 1, response >= 0)
        thetas[t], covariances[t] = theta, since
        segments[t] = np.where(played, segment, -1)
        counts[0] += played
        counts[1] += played & clipped
        counts[2] += played & missed
        runs.learn(x, response, anchor, played)
    return Explored(counts[0], counts[1], counts[2], thetas, covariances, segments)

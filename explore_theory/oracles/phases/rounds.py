"""Whole phases of an algorithm as one question: rounds whose law is known once their plan is.

What is here draws round by round, with the oracle's own calls: it is the definition of each phase, and the
literal law. The exact law draws the same phases by compiled kernels (`oracles.phases.bulk`).

- `search_rounds`: rounds of a fresh prompt and a search, until one finds something.
- `span`: rounds that look for pairs with a relative feature longer than ``nu`` in the norm of ``Sigma^{-1}``;
  each pair found is rewarded and joins ``Sigma``.
- `explore`: rounds of a pair ``(y, y')``, ``y' ~ pi_ref`` and `y` from the softmax policy of a truncated
ridge
  regression of all data so far.

Letters: `R` replicates, `d` feature dimension, `S` policies kept.
"""

import math
from typing import Any

import numpy as np

from explore_theory.oracles.answers import Found, Rounds, Status
from explore_theory.oracles.expressions import Condition, Norm, Term
from explore_theory.oracles.plans import Exploration, Explored, Ridge, Span, Spanned
from explore_theory.oracles.protocol import Oracle
from explore_theory.problems.protocol import Bools, Floats


def search_rounds(
    oracle: Any, hit: Condition, limit: Floats, per_round: float, pair: bool, asked: Bools
) -> Rounds:
    """Round by round; `limit` `[R]` rounds at most."""
    count, used = np.zeros(oracle.R), np.zeros(oracle.R)
    status = np.full(oracle.R, Status.IDLE)
    status[asked & oracle.active] = Status.MISS
    shape = (oracle.R, 2) if pair else (oracle.R,)
    response, features = np.full(shape, -1), np.zeros((*shape, oracle.facts.d))
    prompts = np.zeros(oracle.R, dtype=np.int64)
    while (live := (status == Status.MISS) & (count < limit)).any():
        # Like a search, this says that a ledger ran out, and does not raise.
        broke = live & (oracle.ledger.remaining("prompt") < 1)
        oracle._meter.retire(broke)
        status[broke] = Status.EXHAUSTED
        ctx = oracle.prompt(live & ~broke)
        found = oracle.search(ctx, hit, per_round, pair=pair, rows=live & oracle.active)
        count += ctx.prompts >= 0
        used += found.used
        response[found.ok], features[found.ok] = found.response[found.ok], found.features[found.ok]
        prompts = np.where(found.ok, ctx.prompts, prompts)
        status[found.ok] = Status.OK
        status[live & ~oracle.active] = Status.EXHAUSTED
    ok = status == Status.OK
    found = Found(
        status=status, response=response, features=features, used=used, clipped=np.zeros(oracle.R, dtype=bool)
    )
    return Rounds(found=found, ctx=oracle._issue(prompts, ok), rounds=count)


def span(oracle: Any, ridge: Ridge, plan: Span, asked: Bools) -> Spanned:
    """Pair by pair."""
    accepted, rounds = np.zeros(oracle.R), np.zeros(oracle.R)
    live = asked & oracle.active
    while (live := live & oracle.active & (rounds < plan.rounds)).any():
        found = oracle.search_rounds(
            Norm(ridge.inverse) > plan.radius,
            np.where(live, plan.rounds - rounds, 0),
            plan.per_round,
            pair=True,
            rows=live,
        )
        rounds += found.rounds
        live = np.asarray(found.found.ok)
        pair = found.found.response
        reward = oracle.reward(found.ctx, pair[:, 0], pair[:, 1], live)
        paid = live & oracle.active
        feature = found.found.features[:, 0] - found.found.features[:, 1]
        ridge = ridge.with_pairs(feature, reward[:, 0] - reward[:, 1], paid)
        accepted += paid
    return Spanned(ridge=ridge, accepted=accepted, rounds=rounds)


def explore(oracle: Oracle, ridge: Ridge, plan: Exploration, asked: Bools) -> Explored:
    """Round by round."""
    walk = _Walk(oracle, ridge, plan, asked & oracle.active)
    for t in range(plan.rounds):
        if not walk.live.any():
            break
        walk.step(t)
    return walk.done()


class _Walk:
    """The state of an exploration between rounds."""

    def __init__(self, oracle: Oracle, ridge: Ridge, plan: Exploration, live: Bools) -> None:
        self.oracle, self.ridge, self.plan, self.live = oracle, ridge, plan, live
        self.rounds, self.clipped, self.missed = (np.zeros(oracle.R) for _ in range(3))
        self.theta, self.covariance = plan.estimate(ridge), ridge.covariance
        self.refreshed = ridge.log_det
        self.segments = _Segments(oracle.R, oracle.facts.d)
        self.estimates: list[dict[tuple[int, bytes], float]] = [{} for _ in range(oracle.R)]
        if plan.keep is not None:
            d = oracle.facts.d
            self.kept = np.zeros((*plan.keep.shape, d))
            self.kept_covariance = np.zeros((*plan.keep.shape, d, d))
            self.reached = np.zeros(plan.keep.shape)

    def step(self, t: int) -> None:
        """One round."""
        oracle, plan, live = self.oracle, self.plan, self.live
        if plan.growth is None:
            self.theta, self.covariance = plan.estimate(self.ridge), self.ridge.covariance
        ctx = oracle.prompt(live)
        first = oracle.draw(ctx, rows=live & oracle.active)
        anchor = first.features[:, 0]
        log_weight = plan.log_weight(self.theta, anchor, oracle.facts.beta)
        rows = first.served & oracle.active
        known = None if plan.growth is None else self._known(ctx, anchor, log_weight, rows)
        drawn = plan.sampler.sample(oracle, ctx, log_weight, rows & oracle.active, known)
        reward = oracle.reward(ctx, drawn.response, first.response[:, 0], drawn.served)
        paid = drawn.served & oracle.active
        self.ridge = self.ridge.with_pairs(drawn.features - anchor, reward[:, 0] - reward[:, 1], paid)
        self.rounds += paid
        self.clipped += paid & drawn.clipped
        self.missed += paid & drawn.missed
        self._keep(t, paid)
        self.live = paid

    def done(self) -> Explored:
        """What is left."""
        if self.plan.keep is None:
            thetas, covariances, weights = self.segments.padded()
        else:
            thetas, covariances, weights = self.kept, self.kept_covariance, self.reached
        return Explored(
            ridge=self.ridge,
            rounds=self.rounds,
            thetas=thetas,
            covariances=covariances,
            weights=weights,
            clipped=self.clipped,
            missed=self.missed,
        )

    def _known(self, ctx: Any, anchor: Floats, log_weight: Term, rows: Bools) -> Floats:
        """``log Zhat``, estimated where this ``theta``, prompt and feature of ``y'`` are met first."""
        keys = [(int(x), a.tobytes()) for x, a in zip(ctx.prompts, anchor, strict=True)]
        fresh = rows & np.array([key not in seen for key, seen in zip(keys, self.estimates, strict=True)])
        if fresh.any():
            estimate = self.plan.sampler.estimate(self.oracle, ctx, log_weight, fresh)
            for row in np.flatnonzero(fresh & self.oracle.active):
                self.estimates[row][keys[row]] = float(estimate[row])
        return np.array([seen.get(key, 0.0) for key, seen in zip(keys, self.estimates, strict=True)])

    def _keep(self, t: int, paid: Bools) -> None:
        if self.plan.keep is not None:
            here = (self.plan.keep == t) & paid[:, None]
            self.kept = np.where(here[..., None], self.theta[:, None], self.kept)
            self.kept_covariance = np.where(
                here[..., None, None], self.covariance[:, None], self.kept_covariance
            )
            self.reached += here
            return
        self.segments.add(self.theta, self.covariance, paid)
        assert self.plan.growth is not None
        grown = paid & (self.ridge.log_det > self.refreshed + math.log(self.plan.growth))
        if grown.any():
            self.refreshed = np.where(grown, self.ridge.log_det, self.refreshed)
            self.theta = np.where(grown[:, None], self.plan.estimate(self.ridge), self.theta)
            self.covariance = np.where(grown[:, None, None], self.ridge.covariance, self.covariance)
            for row in np.flatnonzero(grown):
                self.estimates[row].clear()


class _Segments:
    """The estimates that rounds were played by, in turn, and how many rounds each; zero beyond the last."""

    def __init__(self, count: int, d: int) -> None:
        self._number = np.zeros(count, dtype=np.int64)
        self._thetas, self._weights = np.zeros((count, 1, d)), np.zeros((count, 1))
        self._covariances = np.zeros((count, 1, d, d))

    def add(self, theta: Floats, covariance: Floats, paid: Bools) -> None:
        """One more round by `theta` `[R, d]` in the rows `paid`; of the segment before if it is the same."""
        rows = np.flatnonzero(paid)
        last = self._number[rows] - 1
        same = (last >= 0) & (self._thetas[rows, last] == theta[rows]).all(axis=-1)
        fresh = rows[~same]
        self._number[fresh] += 1
        place = self._number - 1
        if self._number.max(initial=0) > self._weights.shape[1]:
            self._thetas, self._covariances, self._weights = (
                np.concatenate([part, np.zeros_like(part[:, :1])], axis=1)
                for part in (self._thetas, self._covariances, self._weights)
            )
        self._thetas[fresh, place[fresh]] = theta[fresh]
        self._covariances[fresh, place[fresh]] = covariance[fresh]
        self._weights[rows, place[rows]] += 1

    def padded(self) -> tuple[Floats, Floats, Floats]:
        """Thetas `[R, S, d]`, covariances `[R, S, d, d]` and weights `[R, S]`."""
        return self._thetas, self._covariances, self._weights

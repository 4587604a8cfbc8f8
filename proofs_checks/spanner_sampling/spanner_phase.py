"""The spanner phase on small tabular families, with the rounds that add nothing skipped.

Theory section 2. In a round a prompt is drawn, then at most `N` pairs from ``pi_ref x pi_ref`` until one has
norm above ``nu`` in ``Sigma^{-1}``; that pair is added to ``Sigma``. While ``Sigma`` stands still a round
adds a pair with probability ``S = E_x s_x``, ``s_x = 1 - (1 - p_x)^N``, so the wait for the next one is
geometric, its prompt has probability ``∝ rho_x s_x`` and its pair the base law on the pairs above ``nu`` (X1,
X2).

Letters: `K` runs, `X` prompts, `P` pairs of responses, `d` dimensions.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.streams import Streams
from explore_theory.oracles.sampling import conditional, geometric

Floats = npt.NDArray[np.float64]

LARGEST_NORM = 2.0


@dataclass(frozen=True, kw_only=True)
class Family:
    """Prompts with mass `prompt_mass` `[X]`, pairs with mass `pair_mass` `[X, P]` and relative features
    `relative` `[X, P, d]` of norm at most 2.
    """

    prompt_mass: Floats
    pair_mass: Floats
    relative: Floats

    @classmethod
    def of(cls, prompt_mass: Floats, base: Floats, features: Floats) -> "Family":
        """From base policies `[X, N]` and features `[X, N, d]` of norm at most one."""
        count, responses, d = features.shape
        pairs = responses * responses
        relative = features[:, :, None, :] - features[:, None, :, :]
        return cls(
            prompt_mass=prompt_mass / prompt_mass.sum(),
            pair_mass=(base[:, :, None] * base[:, None, :]).reshape(count, pairs),
            relative=relative.reshape(count, pairs, d),
        )


def well_spread() -> Family:
    """Four prompts, six equally likely responses with directions all over the sphere of R^4."""
    found = Streams(("spanner families", "well spread"), range(4)).normal(24).reshape(4, 6, 4)
    features = found / np.linalg.norm(found, axis=-1, keepdims=True)
    return Family.of(np.ones(4), np.full((4, 6), 1 / 6), features)


def one_rare() -> Family:
    """Two prompts, in the plane: four common responses close together, and a rare one of mass 1e-6."""
    angles = np.array([[0.0, 0.05, 0.1, 0.15], [0.02, 0.07, 0.12, 0.17]])
    common = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    features = np.concatenate([common, np.full((2, 1, 2), -math.sqrt(0.5))], axis=1)
    base = np.concatenate([np.full((2, 4), (1 - 1e-6) / 4), np.full((2, 1), 1e-6)], axis=1)
    return Family.of(np.array([1.0, 3.0]), base, features)


def many_prompts() -> Family:
    """Thirty-two prompts in R^8, each with a rare response of its own axis and size, masses .1 to 1e-6."""
    count, d = 32, 8
    mass: Floats = np.power(10.0, -np.linspace(1, 6, count))
    # Neighbours in rarity have different axes and sizes.
    size = 0.4 + 0.6 * ((5 * np.arange(count)) % 7) / 6
    features = np.zeros((count, 3, d))
    features[np.arange(count), 1, (3 * np.arange(count)) % d] = size
    features[:, 2, :] = 0.02
    base = np.stack([(1 - mass) / 2, mass, (1 - mass) / 2], axis=1)
    prompt_mass = np.asarray(1.0 / np.arange(1, count + 1), dtype=np.float64)
    return Family.of(prompt_mass, base, features)


#: Two prompts and three responses in the plane, for enumeration: nothing is one, no two numbers are alike.
SMALL_MASS = (0.65, 0.35)
SMALL_BASE = ((0.6, 0.3, 0.1), (0.25, 0.5, 0.25))
SMALL_FEATURES = (((0.0, 0.0), (0.9, 0.0), (0.5, 0.8)), ((0.0, 0.1), (0.6, 0.4), (-0.3, 0.9)))


def small() -> Family:
    """`SMALL_MASS`, `SMALL_BASE` and `SMALL_FEATURES`."""
    return Family.of(20 * np.array(SMALL_MASS), np.array(SMALL_BASE), np.array(SMALL_FEATURES))


FAMILIES: dict[str, Callable[[], Family]] = {
    "well-spread": well_spread,
    "one-rare": one_rare,
    "many-prompts": many_prompts,
    "small": small,
}


@dataclass(frozen=True, kw_only=True)
class Phase:
    """`rounds` rounds of at most `pairs` pairs, with threshold ``nu`` and ridge ``lambda``."""

    rounds: int
    pairs: int
    nu: float
    ridge: float


def most_accepted(dimension: int, nu: float, ridge: float) -> int:
    """The largest `n` with ``n log(1 + nu^2) <= d log(1 + n L^2/(d lambda))``: S2's bound."""

    def allowed(n: int) -> bool:
        growth = LARGEST_NORM**2 / (dimension * ridge)
        return n * math.log1p(nu * nu) <= dimension * math.log1p(n * growth)

    # The difference of the two sides is convex in n, so the n that are allowed are an initial range.
    most = 1
    while allowed(2 * most):
        most *= 2
    step = most
    while step:
        if allowed(most + step):
            most += step
        step //= 2
    return most if allowed(most) else 0


def uncovered(family: Family, phase: Phase, streams: Streams, *, stores: bool = True) -> Floats:
    """``p(x; Sigma)`` at the end of the phase, `[K, X]`; unless it `stores`, ``Sigma`` never grows."""
    runs, (prompts, _, d) = len(streams.rows), family.relative.shape
    outer = (family.relative[..., :, None] * family.relative[..., None, :]).reshape(prompts, -1, d * d)
    inverse = np.broadcast_to(np.eye(d) / phase.ridge, (runs, d, d)).copy()
    left = np.full(runs, float(phase.rounds))
    while True:
        # Sums over the last axis, so that a run does not depend on the runs beside it.
        norms = (outer[None] * inverse.reshape(runs, 1, 1, d * d)).sum(axis=-1)
        hits = np.where(norms > phase.nu**2, family.pair_mass, 0.0)
        p: Floats = hits.sum(axis=-1)
        accepts = (family.prompt_mass * chance_to_accept(p, phase.pairs)).sum(axis=-1)
        with np.errstate(divide="ignore"):
            wait = geometric(streams.uniform(1)[:, 0], np.log(accepts), np.log1p(-np.minimum(accepts, 1.0)))
        going = (wait <= left) & stores
        if not going.any():
            return p
        left = np.where(going, left - wait, -1.0)
        level = streams.uniform(2)
        with np.errstate(divide="ignore"):
            prompt = conditional(np.log(family.prompt_mass * chance_to_accept(p, phase.pairs)), level[:, 0])
            pair = conditional(np.log(hits[np.arange(runs), prompt]), level[:, 1])
        added = np.where(going[:, None], family.relative[prompt, pair], 0.0)
        inverse = _with_rank_one(inverse, added)


def chance_to_accept(p: Floats, pairs: int) -> Floats:
    """``1 - (1 - p)^N``, accurate for small `p`."""
    with np.errstate(divide="ignore"):
        return np.asarray(-np.expm1(pairs * np.log1p(-np.minimum(p, 1.0))))


def _with_rank_one(inverse: Floats, vector: Floats) -> Floats:
    """``(Sigma + v v^T)^{-1}`` from ``Sigma^{-1}`` (Sherman and Morrison)."""
    image = (inverse * vector[:, None, :]).sum(axis=-1)
    scale = 1.0 + (image * vector).sum(axis=-1)
    return np.asarray(inverse - image[:, :, None] * image[:, None, :] / scale[:, None, None])

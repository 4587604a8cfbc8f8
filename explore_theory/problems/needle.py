"""The hidden needle: one response among `N` is worth one, and only a base policy that covers it finds it.

The instance behind the coverage lower bound of Foster, Mhammedi, Rohatgi (COLT 2025, arXiv 2503.07453v2,
Theorem 2.1), with every constant written out. Letters: `W` worlds, `A` a replicate axis of length 1 or `W`,
`n` named responses, `d` the dimension, `m` draws.
"""

import math
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import above, floats, frozen, positive, whole, whole_array
from explore_theory.problems.display import facts_html
from explore_theory.problems.noise import NoiseLaw, NoNoise, admit
from explore_theory.problems.protocol import Atoms, Ball, Bools, Facts, Floats, Ints, log_of

#: How far a direction given by the caller may be from unit length.
UNIT = 1e-9
_NEEDLE, _BULK = 0, 1


@dataclass(frozen=True, kw_only=True, eq=False)
class HiddenNeedle:
    """One prompt, `N` responses, a secret needle ``y*`` and a secret unit direction ``u``.

    ``pi_ref(y*) = 1/C`` and every other response has probability ``(1 - 1/C)/(N - 1)``; ``phi(y*) = u`` and
    ``phi(y) = 0`` otherwise; ``theta* = u``, so ``r*(y) = 1{y = y*}``; ``Theta`` is the unit ball;
    ``R = B = 1``. Nothing enumerates the responses: there are two atoms, the needle and the rest.

    Parameters
    ----------
    responses
        `N`, from 2 to ``2**63``.
    coverage
        ``C > 1``, the inverse base probability of the needle; ``C_cov = C pi*(y*) <= C``.
    dimension
        `d >= 1`.
    beta
        KL regularisation, in units of reward.
    needles
        `[W]`: the secret ``y*`` of each world, in ``range(N)``.
    directions
        `[W, d]`: the secret ``u`` of each world, unit vectors (``+1`` or ``-1`` if `d = 1`).
    noise
        The law of observed rewards.

    Raises
    ------
    InvalidProblem
        If a parameter is out of its range or the secrets do not fit it.
    """

    responses: int
    coverage: float
    dimension: int
    beta: float
    needles: npt.NDArray[np.int64] = field(repr=False)
    directions: npt.NDArray[np.float64] = field(repr=False)
    noise: NoiseLaw = field(default_factory=NoNoise)
    #: The least response that may be the needle.
    first: ClassVar[int] = 0

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "responses", whole("responses", self.responses, least=2, most=2**63))
        put(self, "coverage", above("coverage", self.coverage, 1.0))
        put(self, "dimension", whole("dimension", self.dimension, least=1))
        put(self, "beta", positive("beta", self.beta))
        put(self, "directions", self._checked_directions())
        put(self, "needles", self._checked_needles())
        admit(self.noise, np.array([0.0, 1.0]))

    @classmethod
    def draw(
        cls,
        *,
        responses: int,
        coverage: float,
        dimension: int,
        beta: float,
        worlds: int = 1,
        seed: int = 0,
        streams: Streams | None = None,
        noise: NoiseLaw = NoNoise(),  # noqa: B008 -- frozen, holds no state
    ) -> Self:
        """Needles uniform on the responses and directions uniform on the sphere, one pair per world.

        World `r` depends on (`seed`, `r`) only, not on how many there are. `streams` replaces `worlds` and
        `seed` by streams of the caller's own.
        """
        n = whole("responses", responses, least=2, most=2**63)
        d = whole("dimension", dimension, least=1)
        if streams is None:
            streams = Streams(("needle",), range(whole("worlds", worlds, least=1)), seed)
        gaussian = streams.child("direction").normal(d)
        return cls(
            responses=n,
            coverage=coverage,
            dimension=d,
            beta=beta,
            needles=cls.first + streams.child("needle").integers(n - cls.first, 1)[:, 0],
            directions=gaussian / np.sqrt((gaussian * gaussian).sum(axis=-1, keepdims=True)),
            noise=noise,
        )

    @property
    def optimal_mass(self) -> float:
        """``q = pi*(y*) = e^{1/beta} / (e^{1/beta} + C - 1)``."""
        return 1.0 / (1.0 + (self.coverage - 1.0) * math.exp(-1.0 / self.beta))

    @property
    def optimal_coverage(self) -> float:
        """``C_cov = C q``: below `C`, and below ``e^{1/beta}``."""
        return self.coverage * self.optimal_mass

    @property
    def worlds(self) -> int:
        """`W`."""
        return int(self.needles.size)

    def world(self, row: int) -> Self:
        """World number `row`, alone."""
        here = [whole("row", row, least=0, most=self.worlds - 1)]
        return replace(self, needles=self.needles[here], directions=self.directions[here])

    @property
    def prompt_mass(self) -> Floats:
        """`[1]`: there is one prompt."""
        return frozen([1.0])

    def _repr_html_(self) -> str:
        """For notebooks: what a learner is told."""
        return facts_html(self)

    @property
    def facts(self) -> Facts:
        """What a learner is told: everything but the two secrets."""
        return Facts(
            d=self.dimension,
            beta=self.beta,
            reward_range=1.0,
            parameter_radius=1.0,
            parameters=Ball(1.0),
            sigma=self.noise.sigma,
            coverage=self.coverage,
            prompts=1,
            responses=self.responses,
        )

    def atoms(self, prompts: Ints, named: Ints | None = None) -> Atoms:
        """The needle, the rest, then each of the responses `named` `[A, ..., n]`, `K = 2 + n`.

        A named response that is the needle, was named before or does not exist (-1) is an empty atom.
        """
        lead = np.broadcast_shapes(prompts.shape, (self.worlds,) + (1,) * (prompts.ndim - 1))
        if named is None:
            named = np.empty((*prompts.shape, 0), dtype=np.int64)
        lead = np.broadcast_shapes(lead, named.shape[:-1])
        needle = np.broadcast_to(self._per_world(self.needles, len(lead)), lead)
        named = np.broadcast_to(named, (*lead, named.shape[-1]))
        alone = self._alone(named, needle[..., None]) >= 0
        rest = self.responses - 1 - alone.sum(axis=-1)
        size = np.concatenate(
            [np.ones((*lead, 1)), rest[..., None].astype(np.float64), alone.astype(np.float64)], axis=-1
        )
        log_mass = math.log1p(-1.0 / self.coverage) + log_of(size / (self.responses - 1))
        log_mass[..., _NEEDLE] = -math.log(self.coverage)
        features = np.zeros((*size.shape, self.dimension))
        features[..., _NEEDLE, :] = self._per_world(self.directions, len(lead))
        reward = np.zeros(size.shape)
        reward[..., _NEEDLE] = 1.0
        unnamed = np.full((*lead, 1), -1, dtype=np.int64)
        return Atoms(
            prompts=np.broadcast_to(prompts, lead),
            log_mass=log_mass,
            features=features,
            reward=reward,
            size=size,
            id=np.concatenate([needle[..., None], unnamed, np.where(alone, named, -1)], axis=-1),
        )

    def member(
        self,
        prompts: Ints,
        atom: Ints,
        streams: Streams,
        active: Bools | None = None,
        named: Ints | None = None,
    ) -> Ints:
        """`[R, m]`: the needle for atom 0, for atom 1 a response uniform on the others, then those named."""
        needle = self.needles[:, None]
        if named is None or named.shape[-1] == 0:
            other = streams.integers(self.responses - 1, atom.shape[-1], active)
            return np.where(atom == _NEEDLE, needle, other + (other >= needle))
        named = np.broadcast_to(named, (len(atom), named.shape[-1]))
        gone = np.concatenate([np.broadcast_to(needle, (len(atom), 1)), self._alone(named, needle)], axis=-1)
        rest = self.responses - 1 - (gone[:, 1:] >= 0).sum(axis=-1)
        other = streams.integers(np.maximum(rest, 1), atom.shape[-1], active)
        # The j-th response that is not gone: step over the gone ones from the smallest up.
        for column in np.sort(gone, axis=-1).T:
            other += (column[:, None] >= 0) & (other >= column[:, None])
        own = np.take_along_axis(named, np.maximum(atom - 2, 0), axis=-1)
        return np.where(atom == _NEEDLE, needle, np.where(atom == _BULK, other, own))

    def response_features(self, prompts: Ints, response: Ints) -> Floats:
        """`[R, m, d]`: ``u`` at the needle, zero elsewhere."""
        hit = response == self.needles[:, None]
        return np.where(hit[..., None], self.directions[:, None, :], 0.0)

    def mean_reward(self, prompts: Ints, response: Ints) -> Floats:
        """`[R, m]`: one at the needle, zero elsewhere."""
        return np.asarray(response == self.needles[:, None], dtype=np.float64)

    def _alone(self, named: Ints, needle: Ints) -> Ints:
        """`named` `[..., n]`, with -1 in place of what is no atom of its own."""
        alone = _first_mentions(named) & (named != needle)
        alone &= (named >= 0) & (named <= self.responses - 1)
        return np.where(alone, named, -1)

    def _per_world(self, values: npt.NDArray[np.generic], lead: int) -> npt.NDArray[np.generic]:
        """`values` `[W, ...]` with the axes between the world and the rest that `lead` axes ask for."""
        return values.reshape(self.worlds, *(1,) * (lead - 1), *values.shape[1:])

    def _checked_directions(self) -> Floats:
        directions = floats("directions", self.directions, (None, self.dimension))
        length = np.sqrt((directions * directions).sum(axis=-1))
        if np.any(np.abs(length - 1) > UNIT):
            worst = int(np.argmax(np.abs(length - 1)))
            raise InvalidProblem(
                f"directions must be unit vectors, got |directions[{worst}]|={float(length[worst])!r}"
            )
        return directions

    def _checked_needles(self) -> Ints:
        needles = whole_array("needles", self.needles, least=self.first, most=self.responses - 1)
        if needles.shape != self.directions.shape[:1]:
            raise InvalidProblem(
                f"needles must be one per row of directions ({self.directions.shape[0]}), "
                f"got needles.shape={needles.shape}"
            )
        needles.flags.writeable = False
        return needles


def _first_mentions(named: Ints) -> Bools:
    """`[..., n]`: False where the response stands earlier in its row already."""
    order = np.argsort(named, axis=-1, kind="stable")
    ranked = np.take_along_axis(named, order, axis=-1)
    fresh = np.ones(named.shape, dtype=bool)
    fresh[..., 1:] = ranked[..., 1:] != ranked[..., :-1]
    first = np.empty(named.shape, dtype=bool)
    np.put_along_axis(first, order, fresh, axis=-1)
    return first

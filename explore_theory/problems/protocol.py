"""What a problem is, for the simulator and the evaluator; a learner holds only its `Facts`.

Letters: `R` replicates side by side, `W` worlds (1, or one per replicate), `X` prompts, `K` atoms, `d`
feature dimension, `m` draws per replicate, `n` named responses. `A` is a replicate axis of length 1 or `R`.
Rewards, `beta` and `sigma` share one unit.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.brief import brief
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import positive
from explore_theory.problems.noise import NoiseLaw

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: A parameter scaled to the boundary of its set by the caller may miss it by rounding, not by more.
BOUNDARY = 1e-12
#: A problem that scores its responses by itself lists their features up to as many numbers a prompt.
MOST_FEATURES = 1 << 22


@dataclass(frozen=True)
class Ball:
    """The parameters ``|theta|_2 <= radius``."""

    radius: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "radius", positive("radius", self.radius))

    def contains(self, theta: Floats) -> Bools:
        """`[...]`: which of the parameters `theta` `[..., d]` belong to the set (never a non-finite one)."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(np.sqrt((theta * theta).sum(axis=-1)) <= self.radius * (1 + BOUNDARY))

    def __str__(self) -> str:
        return f"|theta|_2 <= {self.radius:g}"


@dataclass(frozen=True)
class Box:
    """The parameters ``max_i |theta_i| <= half_width``."""

    half_width: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "half_width", positive("half_width", self.half_width))

    def contains(self, theta: Floats) -> Bools:
        """`[...]`: which of the parameters `theta` `[..., d]` belong to the set (never a non-finite one)."""
        return np.asarray(np.all(np.abs(theta) <= self.half_width * (1 + BOUNDARY), axis=-1))

    def __str__(self) -> str:
        return f"max_i |theta_i| <= {self.half_width:g}"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a learner is told for free.

    Parameters
    ----------
    d
        Dimension of the features ``phi(x, y)``, ``|phi|_2 <= 1``.
    beta
        Strength of the KL regularisation, in units of reward.
    reward_range
        ``R``: reward differences of one prompt lie in ``[-R, R]``.
    parameter_radius
        ``B >= |theta*|_2``, or None if the problem declares no linear reward.
    parameters
        ``Theta``, what the strong oracle accepts; None if it accepts nothing.
    sigma
        Sub-Gaussian parameter of the noise of a reward *difference*, in units of reward.
    coverage
        A known upper bound on ``C_cov = sup pi*(y|x)/pi_ref(y|x)``, or None.
    prompts
        The number of prompts; a prompt is an index below it.
    responses
        A response is an index below it; None where responses cannot be named without being seen.
    horizon
        Tokens per response; 1 where a response is drawn at once.
    """

    d: int
    beta: float
    reward_range: float
    parameter_radius: float | None
    parameters: Ball | Box | None
    sigma: float
    coverage: float | None
    prompts: int
    responses: int | None
    horizon: int = 1


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Atoms:
    """The responses of one prompt (per leading index), in groups that nothing tells apart.

    Responses of one atom share features and reward, and have equal base probability. A problem with `N`
    enumerated responses has `K = N` singletons; one with 10^18 responses may have two atoms.

    Parameters
    ----------
    prompts
        `[A, ...]`: whose responses these are.
    log_mass
        `[A, ..., K]`: log of the base probability of the whole atom; minus infinity for an empty one.
    features
        `[A, ..., K, d]`.
    reward
        `[A, ..., K]`: mean rewards. NaN in the view that a policy is given.
    size
        `[A, ..., K]`: the number of responses, as a float (0 for an empty atom).
    id
        `[A, ..., K]`: the response if the atom is a singleton that has a name, else -1.
    scores
        ``theta -> <theta, phi>``, `[..., d]` to `[..., K]`, the same at every prompt here; None where it is
        the product with `features`. A problem that gives it may leave features NaN beyond `MOST_FEATURES`.
    """

    prompts: Ints
    log_mass: Floats
    features: Floats
    reward: Floats
    size: Floats
    id: Ints
    scores: Callable[[Floats], Floats] | None = None

    def without_reward(self) -> "Atoms":
        """The same atoms with the rewards blanked: a policy must not learn them when it is evaluated."""
        return replace(self, reward=np.full(self.reward.shape, np.nan))


class Problem(Protocol):
    """Frozen mathematics: prompts, base policy, features, rewards, noise; it knows nothing of learners.

    Where an argument has a replicate axis `A` and the problem has `W > 1` worlds, row `r` is in world `r`,
    and `A` is 1 or `W`.
    """

    @property
    def facts(self) -> Facts:
        """What a learner is told for free."""

    @property
    def noise(self) -> NoiseLaw:
        """The law of an observed reward given its mean."""

    @property
    def worlds(self) -> int:
        """`W`: 1, or the number of replicates, each of which then has its own secret."""

    @property
    def prompt_mass(self) -> Floats:
        """``rho``, `[X]`."""

    def atoms(self, prompts: Ints, named: Ints | None = None) -> Atoms:
        """The atoms at `prompts` `[A, ...]`; the responses `named` `[A, ..., n]` stand alone (-1: none)."""

    def member(
        self,
        prompts: Ints,
        atom: Ints,
        streams: Streams,
        active: Bools | None = None,
        named: Ints | None = None,
    ) -> Ints:
        """`[R, m]`: a uniform member of each atom of ``atoms(prompts, named)``.

        `prompts` `[R]`, `atom` `[R, m]`, `named` `[R, n]`. An empty atom may give anything. Every draw takes
        the same number of words of `streams`, all read in one call, so that they can be put back.
        """

    def response_features(self, prompts: Ints, response: Ints) -> Floats:
        """``phi(x, y)``, `[R, m, d]`, for `prompts` `[R]` and `response` `[R, m]`."""

    def mean_reward(self, prompts: Ints, response: Ints) -> Floats:
        """``r*(x, y)``, `[R, m]`, for `prompts` `[R]` and `response` `[R, m]`."""


@runtime_checkable
class DrawsPrompts(Protocol):
    """A problem that draws its prompts itself, because there are too many to list ``rho``."""

    def draw_prompts(self, streams: Streams, active: Bools | None = None) -> Ints:
        """`[R]`: a prompt ``x ~ rho`` for each of `active`; the same number of words for every prompt."""


def log_of(mass: Any) -> Floats:
    """Logarithm with ``log 0 = -inf`` and no warning."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(mass), dtype=np.float64)

"""Any finite problem: a table of prompts by responses.

Letters: `X` prompts, `N` responses per prompt, `d` feature dimension, `R` replicates, `A` a replicate axis of
length 1 or `R`, `m` draws.
"""

import math
import os
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation import laws
from explore_theory.foundation.brief import brief
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import (
    SETTLED,
    floats,
    frozen,
    positive,
    probabilities,
    real_array,
    slack,
)
from explore_theory.problems.display import facts_html
from explore_theory.problems.members import HEADER, header_of, noise_of, require_members, scalar
from explore_theory.problems.noise import NoiseLaw, NoNoise, admit
from explore_theory.problems.protocol import BOUNDARY, Atoms, Ball, Bools, Facts, Floats, Ints
from explore_theory.problems.rounded import base_policy, linear_rewards, unit_vectors
from explore_theory.problems.storage import Array, read_arrays, write_arrays

FORMAT = "explore-theory tabular problem"
VERSION = 1
#: Of a file that holds logarithms of base masses.
LOG_VERSION = 2
#: Reward differences may miss ``<theta*, feature differences>`` by this much, in units of reward.
LINEAR = 1e-9
#: What may be mended where it is rounded, and what rounding shows in whether rewards are linear.
_MENDED = ("prompt_mass", "base", "log_base", "features", "theta_star", "reward")
_LAWS = ("prompt_mass", "base")
_OF_REWARDS = ("features", "theta_star", "reward")
_NUMBERS = ("prompt_mass", "base", "features", "reward", "beta")
_LOG_NUMBERS = ("prompt_mass", "log_base", "features", "reward", "beta")
_OPTIONAL = ("theta_star", "parameter_radius", "coverage")
_SCALARS = ("beta", "parameter_radius", "coverage")


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class TabularProblem:
    """A finite problem, valid by construction.

    A response with ``base = 0`` is outside the support of the base policy: it is never drawn, the optimal
    policy gives it nothing, ``C_cov`` does not run over it, and a policy that gives it mass has infinite KL
    and gap. It may still be named in a reward round.

    Parameters
    ----------
    prompt_mass
        ``rho``, `[X]`, probabilities.
    base
        ``pi_ref(y|x)``, `[X, N]`, probabilities along the last axis. Zeros are outside the support; what is
        no normal double (below 2.2e-308) has lost its digits, and must come by `log_base`.
    log_base
        ``log pi_ref(y|x)``, `[X, N]`, in place of `base`: for masses that no double holds, such as those of
        long responses. Minus infinity is outside the support. `base` is then what doubles hold of them, for
        draws; everything exact is computed from the logarithms.
    features
        ``phi(x, y)``, `[X, N, d]`, of Euclidean norm at most one.
    reward
        ``r*(x, y)``, `[X, N]`, mean rewards.
    beta
        KL regularisation, positive, in units of reward.
    theta_star
        `[d]` or None. If given, reward differences within a prompt must equal
        ``<theta*, phi(x, y) - phi(x, y')>`` to `LINEAR`, and `parameter_radius` must be given.
    parameter_radius
        ``B >= |theta*|_2``; the strong oracle then accepts ``|theta|_2 <= B``. Without it, nothing.
    coverage
        An upper bound on ``C_cov`` that learners are told, or None.
    noise
        The law of observed rewards.

    Attributes
    ----------
    adjusted
        By array, what was mended and how much: by how far rows of a law missed one (they are divided by their
        sums), the largest change of an entry of others (if they come as float32 or float16, vectors that are
        too long by rounding are shortened, and rewards made linear). Empty where all is as it was given.

    Raises
    ------
    InvalidProblem
        If any of this fails; the message names the array and the entry.
    """

    prompt_mass: npt.NDArray[np.float64]
    base: npt.NDArray[np.float64] = field(default=None)  # type: ignore[arg-type]  # none given: see log_base
    features: npt.NDArray[np.float64]
    reward: npt.NDArray[np.float64]
    beta: float
    log_base: npt.NDArray[np.float64] | None = None
    theta_star: npt.NDArray[np.float64] | None = None
    parameter_radius: float | None = None
    coverage: float | None = None
    noise: NoiseLaw = field(default_factory=NoNoise)
    adjusted: dict[str, float] = field(init=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        given = {name: getattr(self, name) for name in _MENDED}
        put(self, "prompt_mass", probabilities("prompt_mass", self.prompt_mass, (None,)))
        base, log_base, in_logs = base_policy(self.base, self.log_base, (self.prompt_mass.size, None))
        put(self, "base", base)
        put(self, "log_base", log_base if in_logs else None)
        put(self, "_log_base", log_base)
        shape = self.base.shape
        put(self, "features", unit_vectors("features", self.features, (*shape, None)))
        put(self, "reward", floats("reward", self.reward, shape))
        put(self, "beta", positive("beta", self.beta))
        self._check_ranges()
        if self.parameter_radius is not None:
            put(self, "parameter_radius", positive("parameter_radius", self.parameter_radius))
        if self.theta_star is not None:
            put(self, "theta_star", floats("theta_star", self.theta_star, self.features.shape[2:]))
            self._check_linear(max(slack(given[name], "length") for name in _OF_REWARDS))
        if self.coverage is not None:
            put(self, "coverage", positive("coverage", self.coverage))
            self._check_coverage()
        put(self, "adjusted", {name: change for name in given if (change := self._change(name, given[name]))})

    @property
    def worlds(self) -> int:
        """One: every replicate meets the same problem."""
        return 1

    @property
    def reward_range(self) -> float:
        """``R``: the largest difference of two rewards of one prompt."""
        return float(np.max(np.ptp(self.reward, axis=-1)))

    def _repr_html_(self) -> str:
        """For notebooks: what a learner is told."""
        return facts_html(self)

    @property
    def facts(self) -> Facts:
        """What a learner is told for free."""
        radius = self.parameter_radius
        return Facts(
            d=self.features.shape[-1],
            beta=self.beta,
            reward_range=self.reward_range,
            parameter_radius=radius,
            parameters=None if radius is None else Ball(radius),
            sigma=self.noise.sigma,
            coverage=self.coverage,
            prompts=self.base.shape[0],
            responses=self.base.shape[1],
        )

    def atoms(self, prompts: Ints, named: Ints | None = None) -> Atoms:
        """Every response stands alone, `K = N`; `named` changes nothing."""
        lead, (_, count) = prompts.shape, self.base.shape

        def at(table: Any) -> Any:
            # One prompt needs no copy of its features per replicate.
            return np.broadcast_to(table[0], (*lead, *table.shape[1:])) if len(table) == 1 else table[prompts]

        return Atoms(
            prompts=prompts,
            log_mass=at(self.__dict__["_log_base"]),
            features=at(self.features),
            reward=at(self.reward),
            size=np.ones((*lead, count)),
            id=np.broadcast_to(np.arange(count, dtype=np.int64), (*lead, count)),
        )

    def member(
        self,
        prompts: Ints,
        atom: Ints,
        streams: Streams,
        active: Bools | None = None,
        named: Ints | None = None,
    ) -> Ints:
        """`[R, m]`: the atom itself; no randomness is used."""
        return atom

    def response_features(self, prompts: Ints, response: Ints) -> Floats:
        """``phi(x, y)``, `[R, m, d]`."""
        return self.features[prompts[:, None], response]

    def mean_reward(self, prompts: Ints, response: Ints) -> Floats:
        """``r*(x, y)``, `[R, m]`."""
        return self.reward[prompts[:, None], response]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the problem to `path` (an ``.npz`` archive), atomically.

        Raises
        ------
        InvalidProblem
            If the noise law is not one of this package.
        """
        in_logs = self.log_base is not None
        arrays = header_of(FORMAT, LOG_VERSION if in_logs else VERSION, self.noise)
        for name in (*(_LOG_NUMBERS if in_logs else _NUMBERS), *_OPTIONAL):
            if (value := getattr(self, name)) is not None:
                arrays[name] = value
        write_arrays(path, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a problem that `save` wrote, or that ``numpy.savez`` wrote with the same members.

        Members: the parameters of this class that are not None, ``format`` as in this module, ``version`` 1
        (with ``base``) or 2 (with ``log_base`` in its place), ``noise`` (``"none"``, ``"bernoulli"`` or
        ``"gaussian"``) and, for the last, ``noise_scale``.

        Raises
        ------
        InvalidProblem
            One line that names the file and what is wrong, whatever the file holds.
        """
        arrays = read_arrays(path)
        try:
            return cls.of_members(arrays)
        except InvalidProblem as error:
            raise InvalidProblem(f"{os.fspath(path)}: {error}") from None

    @classmethod
    def of_members(cls, arrays: dict[str, Array]) -> Self:
        """The problem that the members of a file hold; see `load`.

        Raises
        ------
        InvalidProblem
            If they hold none, or are of a later version.
        """
        in_logs = "log_base" in arrays
        needed, version = (_LOG_NUMBERS, LOG_VERSION) if in_logs else (_NUMBERS, VERSION)
        require_members(arrays, FORMAT, version, needed, _OPTIONAL, newest=LOG_VERSION)
        values: dict[str, Any] = {
            name: scalar(name, array) if name in _SCALARS else array
            for name, array in arrays.items()
            if name not in HEADER
        }
        return cls(**values, noise=noise_of(arrays))

    def _check_ranges(self) -> None:
        with np.errstate(over="ignore"):
            spread = np.ptp(self.reward, axis=-1) / self.beta
        if not np.all(np.isfinite(spread)):
            raise InvalidProblem(
                f"reward must have a finite range over beta in every prompt, got {float(spread.max())!r} "
                f"in prompt {int(np.argmax(spread))}"
            )
        admit(self.noise, self.reward)

    def _check_linear(self, rounded: float) -> None:
        """Hold rewards against parameter and features, which may be off by `rounded` and are mended then."""
        assert self.theta_star is not None
        if self.parameter_radius is None:
            raise InvalidProblem("parameter_radius must be given with theta_star, got parameter_radius=None")
        length = math.sqrt(float((self.theta_star * self.theta_star).sum()))
        if length > self.parameter_radius * (1 + max(BOUNDARY, rounded)):
            raise InvalidProblem(
                f"parameter_radius must be at least |theta_star|={length!r}, "
                f"got parameter_radius={self.parameter_radius!r}"
            )
        if length > self.parameter_radius * (1 + BOUNDARY):
            object.__setattr__(self, "theta_star", frozen(self.theta_star * (self.parameter_radius / length)))
        # All differences within a prompt agree exactly when the residual is constant there.
        residual = np.ptp(self.reward - (self.features * self.theta_star).sum(axis=-1), axis=-1)
        scale = max(length, float(np.abs(self.reward).max()))
        if np.any(residual > max(LINEAR, rounded * scale)):
            x = int(np.argmax(residual))
            raise InvalidProblem(
                f"reward must have differences <theta_star, feature differences> to {LINEAR:g}, "
                f"got an error of {float(residual[x])!r} in prompt {x}"
            )
        if np.any(residual > LINEAR):
            object.__setattr__(self, "reward", linear_rewards(self.reward, self.features, self.theta_star))
            admit(self.noise, self.reward)

    def _change(self, name: str, given: Any) -> float:
        """By how much rows of what was `given` as the array `name` miss one, or its entries have changed."""
        if given is None or (name == "base" and self.log_base is not None):
            return 0.0
        before = real_array(name, given)
        if name in _LAWS or name == "log_base":
            totals = before.sum(axis=-1) - 1 if name in _LAWS else laws.log_sum_exp(before)
            return miss if (miss := float(np.abs(totals).max())) > SETTLED else 0.0
        return float(np.abs(getattr(self, name) - before).max())

    def _check_coverage(self) -> None:
        log_base = self.__dict__["_log_base"]
        log_ratio = laws.coverage(laws.optimal(log_base, self.reward, self.beta), log_base)
        least = float(np.max(log_ratio[self.prompt_mass > 0]))
        if math.log(float(self.coverage or 0)) < least - LINEAR:
            raise InvalidProblem(
                f"coverage must be at least C_cov=exp({least!r}), got coverage={self.coverage!r}"
            )

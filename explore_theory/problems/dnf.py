"""Prompts that are terms of a formula: a softmax policy meets the good response only by satisfying terms.

The instance behind the hardness of proper exploration of Foster, Mhammedi, Rohatgi (COLT 2025, arXiv
2503.07453v2, Theorem 4.1), with every constant written out. Letters: `m` terms of `k` literals on `n`
variables, `A` a replicate axis.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.formulas.formula import Terms, signs_of
from explore_theory.formulas.mixed import require_one_width
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import frozen, positive
from explore_theory.problems.display import facts_html
from explore_theory.problems.noise import NoiseLaw, NoNoise, admit
from explore_theory.problems.protocol import Atoms, Bools, Box, Facts, Floats, Ints

NULL, STAR = 0, 1

#: ``rho`` is listed for at most this many prompts; draws need no list.
MOST_LISTED = 2**24
#: ``log(1/p0)`` beyond this has no ``1/p0`` in float64.
_LONGEST = 690.0


@dataclass(frozen=True, kw_only=True, eq=False)
class DNF:
    """Prompt ``x_j`` is term `j` of a formula, uniform; responses are `null` (0) and `star` (1).

    ``phi(x_j, null) = 0`` and ``phi(x_j, star) = k^(-1/2) sum_i s_ji e_v(ji)``, `s` the signs and `v` the
    variables of the term's literals. ``p0 = pi_ref(star|x) = eta^(4k-2)``, ``beta = 1/(4k log(1/eta))``,
    ``Theta`` is the box ``|theta_v| <= k^(-1/2)``. ``theta* = k^(-1/2) sigma*`` for an `assignment`
    ``sigma*``, and ``theta* = 0`` in the world without one; the noise is the same. So ``r*(x, null) = 0`` and
    ``r*(x_j, star) = 1 - 2u/k`` where ``sigma*`` violates `u` literals of the term. ``R = 1``,
    ``B = sqrt(n/k)``, ``C_cov <= 1/p0``.

    Parameters
    ----------
    formula
        The terms; they are looked up by number and never listed.
    eta
        In (0, 1/4], with ``(4k-2) log(1/eta)`` at most 690, so that ``1/p0`` is a double.
    assignment
        `[n]` signs ``sigma*``, or None for the world ``theta* = 0``.
    noise
        The law of observed rewards.

    Raises
    ------
    InvalidProblem
        If a parameter is out of its range.
    """

    formula: Terms
    eta: float
    assignment: npt.NDArray[np.int8] | None = field(default=None, repr=False)
    noise: NoiseLaw = field(default_factory=NoNoise)

    def __post_init__(self) -> None:
        require_one_width(self.formula)
        object.__setattr__(self, "eta", positive("eta", self.eta, below=0.25))
        if -self.log_base_star > _LONGEST:
            raise InvalidProblem(
                f"eta must keep (4k-2) log(1/eta) at most {_LONGEST:g}, got eta={self.eta!r} at k={self.k}"
            )
        if self.assignment is not None:
            signs = signs_of(self.assignment, self.formula.n)
            signs.flags.writeable = False
            object.__setattr__(self, "assignment", signs)
        admit(self.noise, np.array([-1.0, 1.0] if self.assignment is not None else [0.0]))

    @property
    def k(self) -> int:
        """Literals per term."""
        return self.formula.k

    @property
    def beta(self) -> float:
        """``1/(4k log(1/eta))``."""
        return 1.0 / (4 * self.k * math.log(1 / self.eta))

    @property
    def log_base_star(self) -> float:
        """``log p0 = (4k-2) log eta``, which is ``-(1 - 1/(2k))/beta``."""
        return (4 * self.k - 2) * math.log(self.eta)

    def _repr_html_(self) -> str:
        """For notebooks: what a learner is told."""
        return facts_html(self)

    @property
    def facts(self) -> Facts:
        """What a learner is told: neither the terms nor the world."""
        n, k = self.formula.n, self.k
        return Facts(
            d=n,
            beta=self.beta,
            reward_range=1.0,
            parameter_radius=math.sqrt(n / k),
            parameters=Box(1 / math.sqrt(k)),
            sigma=self.noise.sigma,
            coverage=math.exp(-self.log_base_star),
            prompts=self.formula.m,
            responses=2,
        )

    @property
    def worlds(self) -> int:
        """One formula and one assignment for all replicates."""
        return 1

    @cached_property
    def prompt_mass(self) -> Floats:
        """``rho``, `[m]`: uniform.

        Raises
        ------
        InvalidProblem
            If there are too many terms to list.
        """
        if (m := self.formula.m) > MOST_LISTED:
            raise InvalidProblem(f"m must be at most 2^24 for sums over all prompts, got m={m}")
        return frozen(np.full(m, 1 / m))

    def draw_prompts(self, streams: Streams, active: Bools | None = None) -> Ints:
        """`[R]`: uniform term numbers, two words each."""
        return self.draw_many_prompts(streams, 1, active)[:, 0]

    def draw_many_prompts(self, streams: Streams, count: int, active: Bools | None = None) -> Ints:
        """`[R, count]`: as many calls of `draw_prompts` in one; the words are read in the same order."""
        return streams.integers(self.formula.m, count, active)

    def log_star(self, agreement: npt.ArrayLike) -> Floats:
        """``log pi_theta(star|x_j)`` at ``agreement = sum_i s_ji k^(1/2) theta_v(ji)``, in ``[-k, k]``."""
        return np.asarray(-np.logaddexp(0.0, -self._logit(agreement)))

    def log_null(self, agreement: npt.ArrayLike) -> Floats:
        """``log pi_theta(null|x_j)``, likewise; full digits where `star` is nearly sure."""
        return np.asarray(-np.logaddexp(0.0, self._logit(agreement)))

    def _logit(self, agreement: npt.ArrayLike) -> Floats:
        """``log(pi_theta(star|x)/pi_theta(null|x))``: that of ``p0``, plus ``<theta, phi>/beta``."""
        tilt = 4 * math.log(1 / self.eta) * np.asarray(agreement, dtype=np.float64)
        return np.asarray(self.log_base_star - math.log1p(-math.exp(self.log_base_star)) + tilt)

    def atoms(self, prompts: Ints, named: Ints | None = None) -> Atoms:
        """`null` and `star`, `K = 2`; `named` changes nothing."""
        lead = prompts.shape
        literals = self.formula.at(prompts)
        log_mass = np.empty((*lead, 2))
        log_mass[..., NULL] = math.log1p(-math.exp(self.log_base_star))
        log_mass[..., STAR] = self.log_base_star
        features = np.zeros((*lead, 2, self.formula.n))
        features[..., STAR, :] = self._star_features(literals)
        reward = np.zeros((*lead, 2))
        reward[..., STAR] = self._star_reward(literals)
        return Atoms(
            prompts=prompts,
            log_mass=log_mass,
            features=features,
            reward=reward,
            size=np.ones((*lead, 2)),
            id=np.broadcast_to(np.arange(2, dtype=np.int64), (*lead, 2)),
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
        star = self._star_features(self.formula.at(prompts))
        return np.where((response == STAR)[..., None], star[:, None, :], 0.0)

    def mean_reward(self, prompts: Ints, response: Ints) -> Floats:
        """``r*(x, y)``, `[R, m]`."""
        star = self._star_reward(self.formula.at(prompts))
        return np.where(response == STAR, star[:, None], 0.0)

    def _star_features(self, literals: Ints) -> Floats:
        """`[..., n]` for `literals` `[..., k]`."""
        features = np.zeros((*literals.shape[:-1], self.formula.n))
        np.put_along_axis(features, np.abs(literals) - 1, np.sign(literals) / math.sqrt(self.k), axis=-1)
        return features

    def _star_reward(self, literals: Ints) -> Floats:
        """`[...]`: ``1 - 2u/k``; zero in the world without an assignment."""
        if self.assignment is None:
            return np.zeros(literals.shape[:-1])
        agree = self.assignment[np.abs(literals) - 1] * np.sign(literals)
        return np.asarray(agree.sum(axis=-1) / self.k)

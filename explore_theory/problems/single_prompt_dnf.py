"""One prompt, whose responses are the clauses of a formula: the instance of the paper's own hardness proof.

Source: Foster, Mhammedi, Rohatgi (COLT 2025), appendix H.2, the instance ``I(phi)`` of a Max-k-DNF formula;
its footnote 17 for rewards in [0, 1]. Letters: `m` clauses of at most `k` literals on `n` variables, `R`
replicates, `d` feature dimension (`n`, or ``n + 1`` where rewards are shifted), `A` a replicate axis.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.formulas.conjunctions import Conjunctions
from explore_theory.formulas.formula import Formula, signs_of
from explore_theory.formulas.mixed import MixedFormula
from explore_theory.foundation import laws
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import frozen, one_of, positive, real_array, whole
from explore_theory.problems.display import facts_html
from explore_theory.problems.noise import NoiseLaw, NoNoise, admit
from explore_theory.problems.protocol import MOST_FEATURES, Atoms, Bools, Box, Facts, Floats, Ints

#: ``1/beta`` beyond this has no ``e^{1/beta}`` in float64.
LONGEST = 690.0
FEATURES = ("mended", "printed")


@dataclass(frozen=True, kw_only=True, eq=False)
class SinglePromptDNF:
    """Response 0 is worth nothing; response `i` is clause `i`, worth ``<theta*, phi(i)>``.

    ``pi_ref(i) = q/m``, ``pi_ref(0) = 1 - q``, ``q = e^{-1/beta}``. ``phi(0) = 0``; ``phi(i)`` has the signs
    of the clause's literals over their number (`features` ``"mended"``) or over `k` (``"printed"``) on their
    variables, and is 0 for a contradictory clause. ``Theta`` is the cube ``[-1, 1]^d``, ``B = sqrt(d)``.
    ``theta*`` is an `assignment`, or 0 in the world without one. Rewards lie in ``[-1, 1]``, and differences
    of two clauses' in ``[-2, 2]``: ``R = 2``. With `shifted` features are halved and one more coordinate is
    1/2 at every clause, where ``theta*`` is 1 (0 without an assignment): rewards in ``[0, 1]``, ``R = 1``.

    Divided by `k`, a satisfied clause of fewer literals is worth less than one, and Lemma H.2 fails (LH2);
    ``"mended"`` repairs it. Nothing here depends on whether the assignment is a best one.

    Parameters
    ----------
    formula
        Clauses of any widths; contradictory ones by `Conjunctions`.
    beta
        In units of reward, at least 1/690.
    assignment
        `[n]` signs, or None for the world where nothing is worth anything.
    k
        At least the width of every clause and at most `n`; the largest width if None.
    features, shifted, noise
        As above; the law of observed rewards.

    Raises
    ------
    InvalidProblem
        If a parameter is out of its range.
    """

    formula: Formula | MixedFormula | Conjunctions
    beta: float
    assignment: npt.NDArray[np.int8] | None = field(default=None, repr=False)
    k: int | None = None
    features: str = "mended"
    shifted: bool = False
    noise: NoiseLaw = field(default_factory=NoNoise)

    def __post_init__(self) -> None:
        put = object.__setattr__
        if not isinstance(self.formula, Formula | MixedFormula | Conjunctions):
            raise InvalidProblem(
                f"formula must be a Formula, MixedFormula or Conjunctions, got formula={self.formula!r:.80}"
            )
        put(self, "beta", positive("beta", self.beta))
        if 1 / self.beta > LONGEST:
            raise InvalidProblem(
                f"beta must be at least 1/{LONGEST:g}, so that e^(1/beta) is a double, got beta={self.beta!r}"
            )
        one_of("features", self.features, FEATURES)
        if not isinstance(self.shifted, bool):
            raise InvalidProblem(f"shifted must be True or False, got shifted={self.shifted!r}")
        widest = self.formula.k if isinstance(self.formula, Conjunctions) else self.formula.table.shape[1]
        put(self, "k", widest if self.k is None else whole("k", self.k, least=widest, most=self.formula.n))
        if self.assignment is not None:
            signs = signs_of(self.assignment, self.formula.n)
            signs.flags.writeable = False
            put(self, "assignment", signs)
        admit(self.noise, self.reward)

    @property
    def m(self) -> int:
        """The number of clauses."""
        return self.formula.m

    @property
    def d(self) -> int:
        """`n`, or ``n + 1`` where rewards are shifted."""
        return self.formula.n + self.shifted

    @property
    def log_null(self) -> float:
        """``log pi_ref(0) = log(1 - q)``."""
        return math.log(-math.expm1(-1 / self.beta))

    @property
    def listed(self) -> bool:
        """Whether features are few enough for atoms to list them; scores and laws need no list."""
        return (self.m + 1) * self.d <= MOST_FEATURES

    def _repr_html_(self) -> str:
        """For notebooks: what a learner is told."""
        return facts_html(self)

    @property
    def facts(self) -> Facts:
        """What a learner is told: neither the clauses nor the world."""
        q = math.exp(-1 / self.beta)
        # E_ref e^{r/beta} >= 1 - q + q e^{-1/beta}, or 1 where no reward is negative.
        least = 1.0 if self.shifted else 1 - q + q * q
        return Facts(
            d=self.d,
            beta=self.beta,
            reward_range=1.0 if self.shifted else 2.0,
            parameter_radius=math.sqrt(self.d),
            parameters=Box(1.0),
            sigma=self.noise.sigma,
            coverage=math.exp(1 / self.beta) / least,
            prompts=1,
            responses=self.m + 1,
        )

    @property
    def worlds(self) -> int:
        """One formula and one assignment for all replicates."""
        return 1

    @cached_property
    def prompt_mass(self) -> Floats:
        """``rho``, `[1]`."""
        return frozen(np.ones(1))

    @cached_property
    def reward(self) -> Floats:
        """``r*``, `[m + 1]`."""
        if self.assignment is None:
            return frozen(np.zeros(self.m + 1))
        theta = self.assignment.astype(np.float64)
        return frozen(self.scores(np.append(theta, 1.0) if self.shifted else theta))

    @cached_property
    def log_base(self) -> Floats:
        """``log pi_ref``, `[m + 1]`."""
        found = np.full(self.m + 1, -1 / self.beta - math.log(self.m))
        found[0] = self.log_null
        return frozen(found)

    def scores(self, theta: npt.ArrayLike) -> Floats:
        """``<theta, phi(y)>`` of every response, `[..., m + 1]`, for `theta` `[..., d]`, from literals."""
        return self._scores(theta)

    def log_law(self, theta: npt.ArrayLike) -> Floats:
        """``log pi_theta``, `[..., m + 1]`, for `theta` `[..., d]`."""
        return laws.tilted(self.log_base, self.scores(theta), self.beta)

    def log_clauses(self, theta: npt.ArrayLike) -> Floats:
        """``log sum_i pi_theta(i)`` over the clauses, `[...]`, for `theta` `[..., d]`."""
        tilt = (self.scores(theta)[..., 1:] - 1) / self.beta
        log_weight = laws.log_sum_exp(tilt) - math.log(self.m)
        return np.asarray(-np.logaddexp(0.0, self.log_null - log_weight))

    def atoms(self, prompts: Ints, named: Ints | None = None) -> Atoms:
        """Every response stands alone, ``K = m + 1``; `named` changes nothing.

        Where features are not `listed` they are NaN, and only `Atoms.scores` tells.
        """
        lead, K = prompts.shape, self.m + 1
        features = self._features if self.listed else np.broadcast_to(np.nan, (K, self.d))
        return Atoms(
            prompts=prompts,
            log_mass=np.broadcast_to(self.log_base, (*lead, K)),
            features=np.broadcast_to(features, (*lead, K, self.d)),
            reward=np.broadcast_to(self.reward, (*lead, K)),
            size=np.broadcast_to(1.0, (*lead, K)),
            id=np.broadcast_to(np.arange(K, dtype=np.int64), (*lead, K)),
            scores=self._scores,
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
        """``phi(y)``, `[R, m, d]`."""
        clause = np.maximum(response, 1) - 1
        found = np.zeros((*response.shape, self.d))
        variables, signs, scale = self._scores.variables, self._scores.signs, self._scores.scale
        for variable, sign in zip(variables, signs, strict=True):
            at = variable[clause][..., None]
            # Added, since what fills a short clause is a zero at variable 0.
            old = np.take_along_axis(found, at, axis=-1)
            np.put_along_axis(found, at, old + (sign[clause] / scale[clause])[..., None], axis=-1)
        if self.shifted:
            found *= 0.5
            found[..., -1] = 0.5
        return np.where((response > 0)[..., None], found, 0.0)

    def mean_reward(self, prompts: Ints, response: Ints) -> Floats:
        """``r*(y)``, `[R, m]`."""
        return self.reward[response]

    @cached_property
    def _features(self) -> Floats:
        """`[m + 1, d]`."""
        every = np.arange(self.m + 1, dtype=np.int64)
        return frozen(self.response_features(np.zeros(1, dtype=np.int64), every[None, :])[0])

    @cached_property
    def _scores(self) -> "ClauseScores":
        table = np.ascontiguousarray(self.formula.table.T)
        assert self.k is not None
        if self.features == "printed":
            scale = np.full(self.m, float(self.k))
        else:
            scale = np.maximum((table != 0).sum(axis=0), 1).astype(np.float64)
        return ClauseScores(
            variables=np.maximum(np.abs(table) - 1, 0).astype(np.int64),
            signs=np.sign(table).astype(np.float64),
            scale=scale,
            d=self.d,
            shifted=self.shifted,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class ClauseScores:
    """``theta -> <theta, phi(y)>``; a policy is handed this, so it knows nothing of rewards.

    Parameters
    ----------
    variables, signs
        `[w, m]` each: literals of every clause, variables from 0; both zero where a clause is shorter.
    scale
        `[m]`: what the signs of each clause are divided by.
    d, shifted
        As for the problem.
    """

    variables: Ints
    signs: Floats
    scale: Floats
    d: int
    shifted: bool

    def __call__(self, theta: npt.ArrayLike) -> Floats:
        """`[..., m + 1]`, for `theta` `[..., d]`, which must be finite."""
        given = real_array("theta", theta)
        if given.ndim == 0 or given.shape[-1] != self.d:
            raise InvalidProblem(f"theta must have shape (.., {self.d}), got theta.shape={given.shape}")
        if not np.all(finite := np.isfinite(given)):
            where = tuple(map(int, np.argwhere(~finite)[0]))
            place = ", ".join(map(str, where))
            raise InvalidProblem(f"theta must be finite, got theta[{place}]={float(given[where])!r}")
        found = np.zeros((*given.shape[:-1], len(self.scale) + 1))
        inner = found[..., 1:]
        for variable, sign in zip(self.variables, self.signs, strict=True):
            inner += given[..., variable] * sign
        # Divided at the end, so that satisfied clauses score exactly one.
        inner /= self.scale
        if self.shifted:
            inner += given[..., -1:]
            inner *= 0.5
        return found

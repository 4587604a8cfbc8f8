"""Policies that are laws: data only, so that exact evaluation can run them on the evaluator's own atoms.

Letters: `R` replicates, `A` a replicate axis of length 1 or `R`, `X` prompts, `N` responses, `K` atoms,
`d` feature dimension, `T` components. ``beta`` is in units of reward.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation import laws
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import (
    SETTLED,
    SUM_TOLERANCE,
    floats,
    frozen,
    if_rounded,
    probabilities,
    real_array,
    require_normal,
    slack,
    whole,
    whole_array,
)
from explore_theory.policies.order_statistics import best_of
from explore_theory.problems.protocol import Atoms, Floats, Ints, log_of

Number = TypeVar("Number", np.float64, np.int64)
_NOBODY = np.empty((1, 0), dtype=np.int64)


class LawPolicy(Protocol):
    """A policy whose probabilities are a function of base probabilities and features.

    Within an atom it is proportional to the base policy, so a policy that tells apart responses that the
    problem does not must list them in `named`.
    """

    @property
    def named(self) -> Ints:
        """`[A, n]`: responses that must be atoms of their own (-1: none)."""

    def log_law(self, atoms: Atoms, beta: float) -> Floats:
        """Log-probability of each atom, `[A, ..., K]`; rows sum to one."""


@dataclass(frozen=True)
class Base:
    """The base policy ``pi_ref``."""

    @property
    def named(self) -> Ints:
        """Nothing."""
        return _NOBODY

    def log_law(self, atoms: Atoms, beta: float) -> Floats:
        """The base masses themselves."""
        return atoms.log_mass


@brief
@dataclass(frozen=True, eq=False)
class Softmax:
    """``pi_theta(y|x)`` proportional to ``pi_ref(y|x) exp(<theta, phi(x, y)> / beta)``.

    Parameters
    ----------
    theta
        `[d]`, or `[R, d]` with one parameter per replicate; in units of reward per feature.
    """

    theta: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "theta", _checked_theta(self.theta))

    @property
    def named(self) -> Ints:
        """Nothing."""
        return _NOBODY

    def log_law(self, atoms: Atoms, beta: float) -> Floats:
        """The tilt of the base masses by ``<theta, phi>``."""
        return laws.tilted(atoms.log_mass, _score(self.theta, atoms), beta)


@brief
@dataclass(frozen=True, eq=False)
class Tabular:
    """A table of log-probabilities, for problems that enumerate their responses.

    Parameters
    ----------
    log_probs
        `[X, N]`, or `[R, X, N]` per replicate; minus infinity allowed. Rows sum to one to
        `SUM_TOLERANCE`, or to the rounding of float32 or float16 if they come so, and are normalised.
    """

    log_probs: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        table = real_array("log_probs", self.log_probs)
        tolerance = max(SUM_TOLERANCE, slack(self.log_probs, "logs"))
        if table.ndim not in (2, 3) or 0 in table.shape:
            raise InvalidProblem(
                f"log_probs must have shape [X, N] or [R, X, N], got log_probs.shape={table.shape}"
            )
        if np.any(np.isnan(table) | (table > tolerance)):
            raise InvalidProblem(
                f"log_probs must hold logarithms of probabilities, got an entry {float(table.max())!r}"
            )
        totals = laws.log_sum_exp(table)
        if np.any(np.abs(totals) > tolerance):
            worst = float(totals.flat[int(np.argmax(np.abs(totals)))])
            raise InvalidProblem(
                f"log_probs must have rows whose probabilities sum to one, got a row with "
                f"log-sum {worst!r}{if_rounded(worst)}"
            )
        settled = np.abs(totals[..., None]) <= SETTLED
        object.__setattr__(self, "log_probs", frozen(np.where(settled, table, table - totals[..., None])))

    @property
    def named(self) -> Ints:
        """Nothing: every response of the problem must stand alone already."""
        return _NOBODY

    def log_law(self, atoms: Atoms, beta: float) -> Floats:
        """The table's rows at the atoms' prompts and responses."""
        prompts, responses = self.log_probs.shape[-2:]
        if np.any((atoms.id < 0) & (atoms.size > 0)) or atoms.id.shape[-1] != responses:
            raise InvalidProblem(
                f"log_probs must have one column for each enumerated response, got {responses} columns "
                f"for {atoms.id.shape[-1]} atoms"
            )
        if np.any(atoms.prompts >= prompts):
            raise InvalidProblem(f"log_probs must have one row per prompt, got {prompts} rows")
        if self.log_probs.ndim == 2:
            return self.log_probs[atoms.prompts[..., None], atoms.id]
        _require_rows("log_probs", len(self.log_probs), atoms)
        rows = np.arange(len(self.log_probs)).reshape(-1, *(1,) * (atoms.id.ndim - 1))
        return self.log_probs[rows, atoms.prompts[..., None], atoms.id]


@brief
@dataclass(frozen=True, eq=False)
class PointMass:
    """Always the same response, whatever the prompt.

    Parameters
    ----------
    response
        An index, or `[R]` with one per replicate.
    """

    response: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        response = whole_array("response", self.response, least=0)
        if response.ndim > 1 or response.size == 0:
            raise InvalidProblem(
                f"response must be an index or one per replicate, got response={self.response!r}"
            )
        response = response.reshape(-1)
        response.flags.writeable = False
        object.__setattr__(self, "response", response)

    @property
    def named(self) -> Ints:
        """The response."""
        return self.response[:, None]

    def log_law(self, atoms: Atoms, beta: float) -> Floats:
        """Zero at the response, minus infinity elsewhere."""
        response = _spread("response", self.response[:, None], atoms)
        here = atoms.id == response
        if not np.all(here.any(axis=-1)):
            raise InvalidProblem(
                f"response must be one of the problem's responses, got response={self.response.tolist()!r}"
            )
        return np.where(here, 0.0, -np.inf)


@brief
@dataclass(frozen=True, eq=False)
class BestOf:
    """Best of `draws` responses of the base policy by the score ``<theta, phi(x, y)>``.

    Ties are broken among the draws that tie, so they are decided by the base policy.

    Parameters
    ----------
    theta
        `[d]`, or `[R, d]` with one parameter per replicate; only its direction matters, and zero means
        ``pi_ref``.
    draws
        `N`, weak calls per response.
    """

    theta: npt.NDArray[np.float64]
    draws: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "theta", _checked_theta(self.theta))
        whole("draws", self.draws, least=1, most=2**53)

    @property
    def named(self) -> Ints:
        """Nothing."""
        return _NOBODY

    def log_law(self, atoms: Atoms, beta: float) -> Floats:
        """``log(F(s)^N - F(s-)^N)`` shared within a tie by base mass, see `policies.order_statistics`."""
        return best_of(atoms.log_mass, _score(self.theta, atoms), self.draws)


@brief
@dataclass(frozen=True, eq=False)
class Mixture:
    """``sum_t w_t pi_t``: choose a component, then respond from it.

    Parameters
    ----------
    weights
        `[T]`, or `[R, T]` per replicate: probabilities; None where `log_weights` are given.
    policies
        The `T` components.
    log_weights
        Logarithms of the weights, in their place: for weights that no double holds.
    """

    weights: npt.NDArray[np.float64] | None
    policies: tuple[LawPolicy, ...]
    log_weights: npt.NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "policies", tuple(self.policies))
        if (self.weights is None) == (self.log_weights is None):
            got = "neither" if self.weights is None else "both"
            raise InvalidProblem(f"exactly one of weights and log_weights must be given, got {got}")
        if self.log_weights is not None:
            logs = real_array("log_weights", self.log_weights)
            if logs.ndim not in (1, 2) or logs.shape[-1] != len(self.policies):
                raise InvalidProblem(
                    f"log_weights must have shape [T] or [R, T] for T={len(self.policies)}, "
                    f"got log_weights.shape={logs.shape}"
                )
            tolerance = max(SUM_TOLERANCE, slack(self.log_weights, "logs"))
            laws.masses("log_weights", logs, tolerance=tolerance)
            settled = np.abs(laws.log_sum_exp(logs)[..., None]) <= SETTLED
            put(self, "log_weights", frozen(np.where(settled, logs, laws.log_normalise(logs))))
            return
        given = real_array("weights", self.weights)
        lead = (None,) if given.ndim == 2 else ()
        weights = probabilities("weights", self.weights, (*lead, len(self.policies)))  # type: ignore[arg-type]
        require_normal("weights", weights, "zeros, or give log_weights")
        put(self, "weights", weights)

    @property
    def named(self) -> Ints:
        """The responses that some component names."""
        return all_named(self.policies)

    def log_law(self, atoms: Atoms, beta: float) -> Floats:
        """``log sum_t w_t exp(log_law_t)``, without leaving log space."""
        log_weights = log_of(self.weights) if self.log_weights is None else self.log_weights
        if log_weights.ndim == 2:
            log_weights = _spread("weights", log_weights, atoms)[..., None, :]
        parts = np.broadcast_arrays(*(policy.log_law(atoms, beta) for policy in self.policies))
        return laws.log_sum_exp(np.stack(parts, axis=-1) + log_weights)


def all_named(policies: Sequence[LawPolicy]) -> Ints:
    """`[A, n]`: the responses that some of `policies` names."""
    parts = [policy.named for policy in policies] or [_NOBODY]
    rows = max(len(part) for part in parts)
    if bad := [len(part) for part in parts if len(part) not in (1, rows)]:
        raise InvalidProblem(f"policies must have one number of replicates, got {bad[0]} and {rows}")
    return np.concatenate([np.broadcast_to(part, (rows, part.shape[1])) for part in parts], axis=-1)


def _checked_theta(theta: npt.ArrayLike) -> Floats:
    """`theta` as finite `[d]` or `[R, d]`."""
    given = real_array("theta", theta)
    return floats("theta", given, (None,) * (2 if given.ndim == 2 else 1))


def _score(theta: Floats, atoms: Atoms) -> Floats:
    """``<theta, phi>``, `[R, ..., K]`, for `theta` `[d]` or `[R, d]`."""
    if (d := atoms.features.shape[-1]) != theta.shape[-1]:
        raise InvalidProblem(f"theta must have {d} coordinates, got theta.shape={theta.shape}")
    if atoms.scores is not None:
        found = atoms.scores(theta)
        if theta.ndim == 2:
            found = _spread("theta", found, atoms)
        return np.broadcast_to(found, np.broadcast_shapes(found.shape, atoms.log_mass.shape))
    if theta.ndim == 2:
        theta = _spread("theta", theta, atoms)[..., None, :]
    # A product and a sum over the last axis: unlike a matrix product, a row does not see its peers.
    return np.asarray((atoms.features * theta).sum(axis=-1))


def _spread(name: str, values: npt.NDArray[Number], atoms: Atoms) -> npt.NDArray[Number]:
    """`values` `[R, s]` with the axes that the atoms have between the first and the last, `[R, ..., s]`."""
    _require_rows(name, len(values), atoms)
    return values.reshape(len(values), *(1,) * (atoms.log_mass.ndim - 2), values.shape[1])


def _require_rows(name: str, rows: int, atoms: Atoms) -> None:
    have = atoms.log_mass.shape[0]
    if rows != have and 1 not in (rows, have):
        raise InvalidProblem(f"{name} must have one row per replicate ({have}), got {rows} rows")

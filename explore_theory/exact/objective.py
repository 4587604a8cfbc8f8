"""The regularised objective of a problem, its optimum and what is defined from it: sums, no estimates.

``J(pi) = E_x[E_{y~pi} r*(x, y) - beta KL(pi(.|x) || pi_ref(.|x))]``, averaged over prompts by ``rho``
(Foster, Mhammedi, Rohatgi, COLT 2025, arXiv 2503.07453v2, section 1). Sums run over atoms, so `N = 10^18`
responses cost as little as two, and over prompts some thousand at a time. Every function returns `[R]`: one
value per replicate of the policy or world of the problem (`R = 1` if there is one of each). Letters: `X`
prompts, `K` atoms.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.exact import laws

if TYPE_CHECKING:
    from explore_theory.policies import LawPolicy, Tabular
    from explore_theory.problems.protocol import Atoms, Ints, Problem

Floats = npt.NDArray[np.float64]
#: Prompts whose atoms are held at a time: problems may have 10^6 prompts, with features each.
_CHUNK = 4096


def optimal_policy(problem: "Problem") -> "Tabular":
    """``pi*(y|x) = pi_ref(y|x) exp(r*(x, y)/beta) / Z(x)`` as a table.

    Raises
    ------
    InvalidProblem
        If the problem does not enumerate its responses; its optimum is then a softmax policy at ``theta*``.
    """
    from explore_theory.policies import Tabular

    atoms = _atoms(problem, np.arange(problem.facts.prompts, dtype=np.int64)[None, :])
    if np.any(atoms.id < 0):
        raise InvalidProblem(
            f"problem must enumerate its responses for a table of its optimal policy, "
            f"got {type(problem).__name__}"
        )
    return Tabular(_optimal(problem, atoms)[0])


def objective(problem: "Problem", policy: "LawPolicy") -> Floats:
    """``J(pi)``, `[R]`, in units of reward; minus infinity where the policy leaves the base's support."""
    return _average(
        problem, lambda atoms: _objective(problem, atoms, _log_law(problem, atoms, policy)), policy
    )


def optimal_objective(problem: "Problem") -> Floats:
    """``J(pi*)``, `[R]`, in units of reward."""
    return _average(problem, lambda atoms: _objective(problem, atoms, _optimal(problem, atoms)))


def gap(problem: "Problem", policy: "LawPolicy") -> Floats:
    """``J(pi*) - J(pi)``, `[R]`, in units of reward: the difference of two objectives, by definition.

    Good to about ``1e-16 (max|r| + beta KL)``, so it may come out that much below zero; plus infinity where
    the policy leaves the base's support.
    """

    def best(atoms: "Atoms") -> Floats:
        return _objective(problem, atoms, _optimal(problem, atoms))

    return np.asarray(_average(problem, best, policy) - objective(problem, policy))


def kl(problem: "Problem", first: "LawPolicy", second: "LawPolicy") -> Floats:
    """``E_x KL(first(.|x) || second(.|x))``, `[R]`, in nats."""

    def divergence(atoms: "Atoms") -> Floats:
        return laws.kl(_log_law(problem, atoms, first), _log_law(problem, atoms, second))

    return _average(problem, divergence, first, second)


def soft_value(problem: "Problem") -> Floats:
    """``E_x beta log E_{y~pi_ref} exp(r*(x, y)/beta)``, `[R]`, in units of reward."""
    beta = problem.facts.beta
    return _average(problem, lambda atoms: laws.soft_value(atoms.log_mass, atoms.reward, beta))


def log_coverage(problem: "Problem", policy: "LawPolicy | None" = None) -> Floats:
    """``log sup_{x, y} pi(y|x)/pi_ref(y|x)``, `[R]`; of the optimal policy if `policy` is None.

    The sup runs over prompts of positive mass and responses in the support of the base policy; plus infinity
    where the policy leaves that support.
    """
    highest = []
    for rho, atoms in _parts(problem, *(() if policy is None else (policy,))):
        log_law = _optimal(problem, atoms) if policy is None else _log_law(problem, atoms, policy)
        ratios = laws.coverage(log_law, atoms.log_mass)
        highest.append(np.max(np.where(rho > 0, ratios, -np.inf), axis=-1))
    return np.asarray(np.max(highest, axis=0))


def coverage(problem: "Problem", policy: "LawPolicy | None" = None) -> Floats:
    """``sup_{x, y} pi(y|x)/pi_ref(y|x)``, `[R]`: the exponential of `log_coverage` (infinite above 1e308)."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(log_coverage(problem, policy)))


def _parts(problem: "Problem", *policies: "LawPolicy") -> "Iterator[tuple[Floats, Atoms]]":
    """All prompts, some at a time: ``rho`` `[X']` and atoms `[A, X', K]`, fine enough for `policies`."""
    rho = problem.prompt_mass
    for start in range(0, rho.size, _CHUNK):
        prompts = np.arange(start, min(start + _CHUNK, rho.size), dtype=np.int64)
        yield rho[prompts], _atoms(problem, prompts[None, :], *policies)


def _atoms(problem: "Problem", prompts: "Ints", *policies: "LawPolicy") -> "Atoms":
    """The atoms of `prompts` `[1, X]`, `[A, X, K]`, fine enough for each of `policies`."""
    from explore_theory.policies import all_named

    named = all_named(policies)
    if named.shape[-1] == 0:
        return problem.atoms(prompts)
    if len(named) not in (1, problem.worlds) and problem.worlds > 1:
        raise InvalidProblem(
            f"policy must have one row per world of the problem ({problem.worlds}), got {len(named)} rows"
        )
    return problem.atoms(
        prompts, np.broadcast_to(named[:, None], (len(named), prompts.size, named.shape[-1]))
    )


def _log_law(problem: "Problem", atoms: "Atoms", policy: "LawPolicy") -> Floats:
    return policy.log_law(atoms.without_reward(), problem.facts.beta)


def _optimal(problem: "Problem", atoms: "Atoms") -> Floats:
    return laws.optimal(atoms.log_mass, atoms.reward, problem.facts.beta)


def _objective(problem: "Problem", atoms: "Atoms", log_law: Floats) -> Floats:
    return laws.objective(log_law, atoms.log_mass, atoms.reward, problem.facts.beta)


def _average(problem: "Problem", value: "Callable[[Atoms], Floats]", *policies: "LawPolicy") -> Floats:
    """``E_x`` of `value` `[R, X]`; a prompt of mass zero does not count, even at an infinite value."""
    total: Any = 0.0
    for rho, atoms in _parts(problem, *policies):
        values = value(atoms)
        total = total + np.sum(np.where(rho > 0, rho * np.where(rho > 0, values, 0.0), 0.0), axis=-1)
    return np.asarray(total)

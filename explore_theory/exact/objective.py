"""The regularised objective of a problem, its optimum and what is defined from it: sums, no estimates.

``J(pi) = E_x[E_{y~pi} r*(x, y) - beta KL(pi(.|x) || pi_ref(.|x))]``, averaged over prompts by ``rho``
(Foster, Mhammedi, Rohatgi, COLT 2025, arXiv 2503.07453v2, section 1). Sums run over atoms, so `N = 10^18`
responses cost as little as two, and over prompts some thousand at a time. Every function returns `[R]`: one
value per replicate of the policy or world of the problem (`R = 1` if there is one of each).

Nothing is taken on trust: at every prompt the base masses and what the policy returns must be laws on the
same atoms, rewards finite and ``beta`` positive, or one line says which row fails. Letters: `X` prompts, `K`
atoms.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.foundation import laws
from explore_theory.foundation.validation import SUM_TOLERANCE, Floats, positive, real_array

if TYPE_CHECKING:
    from explore_theory.policies import LawPolicy, Tabular
    from explore_theory.problems.protocol import Atoms, Ints, Problem

#: Log-masses and masses, `[A, X, K]` each.
Law = tuple[Floats, Floats]
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
    return Tabular(laws.optimal(atoms.log_mass, atoms.reward, problem.facts.beta)[0])


def objective(problem: "Problem", policy: "LawPolicy") -> Floats:
    """``J(pi)``, `[R]`, in units of reward; minus infinity where the policy leaves the base's support."""
    return _average(
        problem,
        lambda atoms, base: _evaluated(problem, atoms, base, _law(problem, atoms, policy))[0],
        policy,
    )


def optimal_objective(problem: "Problem") -> Floats:
    """``J(pi*)``, `[R]`, in units of reward."""
    return _average(problem, lambda atoms, base: _evaluated(problem, atoms, base, _best(problem, atoms))[0])


def gap(problem: "Problem", policy: "LawPolicy") -> Floats:
    """``J(pi*) - J(pi)``, `[R]`, in units of reward: the difference of two objectives at every prompt.

    Never negative and never NaN: what rounding leaves below zero at a prompt, at most about
    ``1e-14 (max|r| + beta (KL + 3))`` (`laws.evaluated`), is zero. Plus infinity where the policy leaves the
    base's support.

    Raises
    ------
    InvalidProblem
        If the policy returns something else than a law on the atoms of each prompt.

    Examples
    --------
    What the base policy loses that gives the better of two responses once in ten times:

    >>> from explore_theory import TabularProblem, exact, policies
    >>> problem = TabularProblem(
    ...     prompt_mass=[1.0],
    ...     base=[[0.9, 0.1]],
    ...     features=[[[0.0], [1.0]]],
    ...     reward=[[0.0, 1.0]],
    ...     beta=0.5,
    ... )
    >>> print(exact.gap(problem, policies.Base()).round(6))
    [0.147014]
    >>> print(exact.gap(problem, policies.Softmax(theta=[1.0])).round(6))
    [0.]
    """

    def gaps(atoms: "Atoms", base: Law) -> Floats:
        own = _evaluated(problem, atoms, base, _law(problem, atoms, policy))
        return laws.shortfall(_evaluated(problem, atoms, base, _best(problem, atoms)), own)

    return _average(problem, gaps, policy)


def kl(problem: "Problem", first: "LawPolicy", second: "LawPolicy") -> Floats:
    """``E_x KL(first(.|x) || second(.|x))``, `[R]`, in nats."""

    def divergence(atoms: "Atoms", base: Law) -> Floats:
        return laws.divergence(*_law(problem, atoms, first), *_law(problem, atoms, second))

    return _average(problem, divergence, first, second)


def soft_value(problem: "Problem") -> Floats:
    """``E_x beta log E_{y~pi_ref} exp(r*(x, y)/beta)``, `[R]`, in units of reward."""
    beta = problem.facts.beta
    return _average(problem, lambda atoms, base: laws.soft_value(base[0], atoms.reward, beta))


def log_coverage(problem: "Problem", policy: "LawPolicy | None" = None) -> Floats:
    """``log sup_{x, y} pi(y|x)/pi_ref(y|x)``, `[R]`; of the optimal policy if `policy` is None.

    The sup runs over prompts of positive mass and responses in the support of the base policy; plus infinity
    where the policy leaves that support.
    """
    highest = []
    for rho, atoms, base in _parts(problem, *(() if policy is None else (policy,))):
        law = _best(problem, atoms) if policy is None else _law(problem, atoms, policy)
        ratios = laws.largest_ratio(law[0], base[0])
        highest.append(np.max(np.where(rho > 0, ratios, -np.inf), axis=-1))
    return np.asarray(np.max(highest, axis=0))


def coverage(problem: "Problem", policy: "LawPolicy | None" = None) -> Floats:
    """``sup_{x, y} pi(y|x)/pi_ref(y|x)``, `[R]`: the exponential of `log_coverage` (infinite above 1e308).

    Of the optimal policy, `C_cov`, if none is given.

    Examples
    --------
    >>> from explore_theory import TabularProblem, exact, policies
    >>> problem = TabularProblem(
    ...     prompt_mass=[1.0],
    ...     base=[[0.9, 0.1]],
    ...     features=[[[0.0], [1.0]]],
    ...     reward=[[0.0, 1.0]],
    ...     beta=0.5,
    ... )
    >>> print(exact.coverage(problem).round(4))
    [4.5085]
    >>> print(exact.coverage(problem, policies.BestOf(theta=[1.0], draws=5)).round(4))
    [4.0951]
    """
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(log_coverage(problem, policy)))


def _parts(problem: "Problem", *policies: "LawPolicy") -> "Iterator[tuple[Floats, Atoms, Law]]":
    """All prompts, some at a time: ``rho`` `[X']`, and atoms fine enough for `policies` with their law."""
    if not hasattr(problem, "atoms"):
        raise InvalidProblem(
            "problem must be one of whole responses (`exact.soft_dynamics` is for tokens, `exact.processes` "
            f"for decision processes), got a {type(problem).__name__}"
        )
    positive("beta", problem.facts.beta)
    rho = real_array("prompt_mass", problem.prompt_mass)
    if not (abs(float(rho.sum()) - 1) <= SUM_TOLERANCE and rho.min() >= 0):
        raise InvalidProblem(
            f"prompt_mass must be a law, got masses >= {float(rho.min())!r} that sum to {float(rho.sum())!r}"
        )
    for start in range(0, rho.size, _CHUNK):
        prompts = np.arange(start, min(start + _CHUNK, rho.size), dtype=np.int64)
        atoms = _atoms(problem, prompts[None, :], *policies)
        if not np.isfinite(atoms.reward).all():
            raise InvalidProblem(f"reward must be finite, got reward={atoms.reward!r:.80}")
        yield rho[prompts], atoms, _checked("the base policy", atoms.log_mass, atoms)


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


def _law(problem: "Problem", atoms: "Atoms", policy: "LawPolicy") -> Law:
    """What `policy` returns for `atoms`, refused unless it is a law on them."""
    # Copies: a policy may be somebody's code, and these atoms are what it is held against.
    kept = ("reward", "scores") if atoms.scores is None else ("reward", "scores", "features")
    copies: dict[str, Any] = {
        f.name: np.array(getattr(atoms, f.name)) for f in fields(atoms) if f.name not in kept
    }
    shown = replace(atoms, **copies)
    log_law = policy.log_law(shown.without_reward(), problem.facts.beta)
    return _checked(f"policy {type(policy).__name__}", log_law, atoms)


def _best(problem: "Problem", atoms: "Atoms") -> Law:
    best = laws.optimal(atoms.log_mass, atoms.reward, problem.facts.beta)
    return _checked("the optimal policy", best, atoms)


def _checked(name: str, log_law: Any, atoms: "Atoms") -> Law:
    """`laws.masses` of a law `[R, X, K]` on the atoms `[A, X, K]`, in the words of replicates and prompts."""
    logs = real_array(f"{name} at the atoms", log_law)
    have, want = logs.shape, atoms.log_mass.shape
    if have[1:] != want[1:] or len(have) != len(want) or (have[0] != want[0] and 1 not in (have[0], want[0])):
        raise InvalidProblem(f"{name} must give log-masses of shape (any, {want[1]}, {want[2]}), got {have}")
    try:
        return laws.masses(name, logs)
    except InvalidProblem:
        with np.errstate(over="ignore"):
            totals = np.exp(logs).sum(axis=-1)
        r, x = (int(i) for i in np.argwhere(~(np.abs(totals - 1) <= SUM_TOLERANCE))[0])
        raise InvalidProblem(
            f"{name} must give a law at every prompt, got masses that sum to {float(totals[r, x])!r} "
            f"in replicate {r} at prompt {int(atoms.prompts[min(r, len(atoms.prompts) - 1), x])}"
        ) from None


def _evaluated(problem: "Problem", atoms: "Atoms", base: Law, law: Law) -> tuple[Floats, Floats]:
    return laws.evaluated(law, base, atoms.reward, np.asarray(problem.facts.beta, dtype=np.float64))


def _average(problem: "Problem", value: "Callable[[Atoms, Law], Floats]", *policies: "LawPolicy") -> Floats:
    """``E_x`` of `value` `[R, X]`; a prompt of mass zero does not count, even at an infinite value."""
    total: Any = 0.0
    for rho, atoms, base in _parts(problem, *policies):
        values = value(atoms, base)
        total = total + np.sum(np.where(rho > 0, rho * np.where(rho > 0, values, 0.0), 0.0), axis=-1)
    return np.asarray(total)

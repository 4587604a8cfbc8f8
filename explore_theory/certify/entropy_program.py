"""Relative-entropy programs with certified optima.

The program
    maximise ``<r, p> - beta KL(p || b)`` over ``p >= 0``, ``sum p = 1``, ``A p = c``,
with ``KL(p || b) = sum_i p_i log(p_i / b_i)`` for any positive masses `b`, is solved by an interior-point
method, and its optimum is then enclosed *outside* the solver, in ball arithmetic:

*Lower end.* Any feasible point bounds the maximum from below. The solver's `p` is moved onto the feasible set
in rational arithmetic: all but as many of the largest entries as there are equalities keep their value, those
are solved for exactly, and the point is used only if none comes out negative.

*Upper end.* For any multipliers ``mu = (mu_0, mu')`` of ``sum p = 1`` and ``A p = c``, and any feasible `p`,
    ``<r, p> - beta KL(p || b) = mu_0 + <mu', c> + sum_i [p_i s_i - beta p_i log(p_i / b_i)]``,
    ``s_i = r_i - mu_0 - (A^T mu')_i``,
because ``sum p = 1`` and ``A p = c``. Each bracket is concave in ``p_i`` with derivative
``s_i - beta log(p_i / b_i) - beta``, so it is largest at ``p_i = b_i exp(s_i / beta - 1)``, where it equals
``beta p_i``. Hence weak duality,
    ``optimum <= mu_0 + <mu', c> + beta sum_i b_i exp(s_i / beta - 1)``      for *every* `mu`;
a bad multiplier gives a weak bound, never a wrong one. No multiplier is polished after the solver.

The solver sees the program divided by `beta` and shifted: maximise ``<t, p> + sum_i entr(p_i)``,
``entr(x) = -x log x`` (exponential cones), with ``t_i = r_i / beta + log b_i`` less its largest entry. It
only has to guess well.

Certified width of the enclosure, seen over random programs with ``N <= 32``, rewards in [0, 1], masses down
to 1e-12, `beta` from 1e-3 to 10, with and without one mass fixed (at zero and one too): at most 2e-6 beta,
and 4e-7 in units of reward, at one to three milliseconds a program.

Shapes: `N` responses, `k` equalities besides normalisation. Units: `reward`, `beta` and optima in units of
reward.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np

from explore_theory.certify.balls import Ball, ball, ends, precision
from explore_theory.errors import InvalidProblem, NumericalError
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import Floats, floats, positive

_BITS = 192
#: Solver entries below a floor are tried as exact zeros: needed where equalities leave no interior.
_FLOORS = (0.0, 1e-12, 1e-9, 1e-6)
#: A compiled program holds its parameters, so only one thread may fill and solve it at a time.
_LOCK = Lock()


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class EntropyProgram:
    """Maximise ``<reward, p> - beta KL(p || base)`` over laws `p` with ``rows @ p = values``.

    Parameters
    ----------
    reward, base
        `[N]`; `base` positive masses, taken as they are (they need not sum to one).
    beta
        Positive, in units of reward.
    rows, values
        `[k, N]` and `[k]`: equalities besides ``sum p = 1``; none by default.

    Raises
    ------
    InvalidProblem
        If shapes disagree, a number is not finite, or `base` or `beta` is not positive.
    """

    reward: Floats
    base: Floats
    beta: float
    rows: Floats = field(default_factory=lambda: np.empty((0, 0)))
    values: Floats = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        reward = floats("reward", self.reward, (None,))
        base = floats("base", self.base, (reward.size,))
        if np.any(base <= 0):
            raise InvalidProblem(f"base must hold positive masses, got min(base)={float(base.min())!r}")
        object.__setattr__(self, "reward", reward)
        object.__setattr__(self, "base", base)
        object.__setattr__(self, "beta", positive("beta", self.beta))
        if np.size(self.rows) or np.size(self.values):
            object.__setattr__(self, "rows", floats("rows", self.rows, (None, reward.size)))
            object.__setattr__(self, "values", floats("values", self.values, (len(self.rows),)))

    @property
    def equalities(self) -> Floats:
        """`[1 + k, N]`: the row of ones, then `rows`."""
        return np.vstack([np.ones((1, self.reward.size)), self.rows.reshape(-1, self.reward.size)])

    @property
    def targets(self) -> Floats:
        """`[1 + k]`: one, then `values`."""
        return np.concatenate([[1.0], self.values])


@dataclass(frozen=True, kw_only=True)
class Enclosure:
    """``lo <= optimum <= hi``; the whole line, with the `reason`, where nothing is certified."""

    lo: float
    hi: float
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Guess:
    """What the solver says: a policy `[N]` and multipliers `[1 + k]`, not to be believed unchecked."""

    policy: Floats
    multipliers: Floats


def enclose(program: EntropyProgram) -> Enclosure:
    """The certified enclosure of the optimum of `program`.

    An infeasible or unconverged program, or a number that is not one, gives the whole line and a reason.
    """
    reduced = independent(program)
    if reduced is None:
        return Enclosure(lo=-math.inf, hi=math.inf, reason="infeasible: the equalities contradict each other")
    program = reduced
    guess = solve(program)
    if isinstance(guess, str):
        return Enclosure(lo=-math.inf, hi=math.inf, reason=guess)
    policy = feasible(program, guess.policy)
    if policy is None:
        return Enclosure(lo=-math.inf, hi=math.inf, reason="no feasible point near the solver's")
    with precision(_BITS):
        lo, _ = ends(objective(program, policy))
        _, hi = ends(dual(program, guess.multipliers))
    if lo > hi:
        raise NumericalError(f"the optimum must lie between its bounds, got [{lo!r}, {hi!r}]")
    return Enclosure(lo=lo, hi=hi, reason="" if hi < math.inf else "the dual value is not finite")


def independent(program: EntropyProgram) -> EntropyProgram | None:
    """`program` without the equalities that follow from those before them; None if some contradict.

    In rational arithmetic, every double taken exactly: a row that is twice another only up to rounding is
    another row. Dependent rows leave neither a feasible point to solve for nor a multiplier to converge to.
    """
    from flint import fmpq_mat

    table = [
        [_exact(a) for a in (*row, target)]
        for row, target in zip(program.equalities, program.targets, strict=True)
    ]
    # Of the transpose, the pivots of the reduced form are the first rows that are independent.
    rows = fmpq_mat([row[:-1] for row in table]).transpose()
    kept = _pivots(*rows.rref())
    if fmpq_mat(table).rank() > len(kept):
        return None
    if len(kept) == len(table):
        return program
    chosen = [i - 1 for i in kept if i > 0]
    return replace(program, rows=program.rows[chosen], values=program.values[chosen])


def _pivots(reduced: Any, rank: int) -> list[int]:
    """The columns of the leading ones of a reduced row echelon form."""
    return [next(j for j in range(reduced.ncols()) if reduced[i, j] != 0) for i in range(rank)]


def _exact(value: float) -> Any:
    from flint import fmpq

    return fmpq(*float(value).as_integer_ratio())


def objective(program: EntropyProgram, policy: Sequence[Any]) -> Ball:
    """``<r, p> - beta KL(p || b)`` at a `policy` of `N` fractions or balls, in units of reward.

    Raises
    ------
    InvalidProblem
        If `policy` is no law: fractions must sum to one exactly, balls must contain a law.
    """
    total = sum(policy) if all(isinstance(p, Fraction) for p in policy) else sum(map(ball, policy), ball(0))
    sums = total == 1 if isinstance(total, Fraction) else total.contains(1)
    if len(policy) != program.reward.size or not sums or any(p < 0 for p in policy):
        raise InvalidProblem(
            f"policy must be a law on {program.reward.size} responses, got a sum of {total!s}"
        )
    beta = ball(program.beta)
    total = ball(0)
    for p, r, b in zip(policy, program.reward, program.base, strict=True):
        if p == 0:  # 0 log 0 = 0; a ball that merely contains zero makes the objective not a number
            continue
        mass = ball(p)
        total += mass * (ball(float(r)) - beta * (mass / ball(float(b))).log())
    return total


def dual(program: EntropyProgram, multipliers: Sequence[float] | Floats) -> Ball:
    """The dual function at `[1 + k]` multipliers, in units of reward: never below the optimum."""
    beta = ball(program.beta)
    mu = [ball(float(m)) for m in multipliers]
    total = sum((m * ball(float(c)) for m, c in zip(mu, program.targets, strict=True)), ball(0))
    for r, b, column in zip(program.reward, program.base, program.equalities.T, strict=True):
        price = sum((m * ball(float(a)) for m, a in zip(mu, column, strict=True)), ball(0))
        total += beta * ball(float(b)) * ((ball(float(r)) - price) / beta - 1).exp()
    return total


def tilted_masses(program: EntropyProgram, *, temperature: float = 1.0) -> list[Ball]:
    """``b_i exp(r_i / (temperature beta))``, `[N]`; at temperature 1 proportional to the optimal policy.

    At an infinite temperature the base masses.
    """
    if not temperature > 0:
        raise InvalidProblem(f"temperature must be positive, got temperature={temperature!r}")
    scale = ball(temperature) * ball(program.beta)
    pairs = zip(program.base, program.reward, strict=True)
    return [ball(float(b)) * (ball(float(r)) / scale).exp() for b, r in pairs]


def feasible(program: EntropyProgram, guess: Floats) -> list[Fraction] | None:
    """An exactly feasible policy near `guess`, or None; see the module docstring."""
    for floor in _FLOORS:
        kept = [Fraction(float(g)) if g > floor else Fraction(0) for g in guess]
        point = _solved_for_largest(program, kept)
        if point is not None and min(point) >= 0:
            return point
    return None


def _solved_for_largest(program: EntropyProgram, kept: list[Fraction]) -> list[Fraction] | None:
    """`kept` with as many of its largest entries as there are equalities replaced so that all hold."""
    from flint import fmpq, fmpq_mat

    rows, targets = program.equalities, program.targets
    order = sorted(range(len(kept)), key=lambda i: kept[i], reverse=True)
    columns = [[_exact(a) for a in rows[:, i]] for i in order]
    reduced, rank = fmpq_mat([list(row) for row in zip(*columns, strict=True)]).rref()
    if rank < len(targets):
        return None
    pivots = _pivots(reduced, rank)
    rest = [j for j in range(len(kept)) if j not in pivots]
    remainder = [
        _exact(value) - sum((columns[j][i] * _rational(kept[order[j]]) for j in rest), fmpq(0))
        for i, value in enumerate(targets)
    ]
    basis = fmpq_mat([[columns[j][i] for j in pivots] for i in range(rank)])
    solution = basis.solve(fmpq_mat([[value] for value in remainder]))
    point = list(kept)
    for i, j in enumerate(pivots):
        point[order[j]] = Fraction(int(solution[i, 0].p), int(solution[i, 0].q))
    return point


def _rational(value: Fraction) -> Any:
    from flint import fmpq

    return fmpq(value.numerator, value.denominator)


def solve(program: EntropyProgram) -> Guess | str:
    """The solver's answer in the units of `program`, or why there is none."""
    import cvxpy as cp

    tilt = program.reward / program.beta + np.log(program.base)
    top = float(tilt.max())
    with _LOCK:
        problem, p, equalities, parameters = _compiled(*program.equalities.shape)
        parameters["tilt"].value = tilt - top
        parameters["rows"].value, parameters["values"].value = program.equalities, program.targets
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an inaccurate solution is reported below, by its status
                # Never warm: the answer must not depend on the program solved before.
                problem.solve(solver=cp.CLARABEL, warm_start=False)
        except cp.SolverError as error:
            return f"solver failed: {error}"
        if problem.status != cp.OPTIMAL:
            return f"solver status: {problem.status}"
        # CVXPY's multiplier of `A p == c` in a maximisation is the gradient of the optimum in c.
        policy, multipliers = np.array(p.value), np.array(equalities.dual_value)
    multipliers[0] += top
    if not (np.all(np.isfinite(policy)) and np.all(np.isfinite(multipliers))):
        return "solver returned a number that is not finite"
    return Guess(policy=policy, multipliers=program.beta * multipliers)


@lru_cache(maxsize=64)
def _compiled(equalities: int, n: int) -> tuple[Any, Any, Any, dict[str, Any]]:
    """The parametrised program for one shape: compiled once, since compiling costs more than solving."""
    import cvxpy as cp

    p = cp.Variable(n)
    tilt = cp.Parameter(n)
    rows, values = cp.Parameter((equalities, n)), cp.Parameter(equalities)
    constraint = rows @ p == values
    problem = cp.Problem(cp.Maximize(tilt @ p + cp.sum(cp.entr(p))), [constraint])
    return problem, p, constraint, {"tilt": tilt, "rows": rows, "values": values}

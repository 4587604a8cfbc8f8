"""C4 on a problem that a user brings: what it costs to miss the mass of the response that pays."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from explore_theory import exact
from explore_theory.claims import Bound, Measurement, Trial, laws
from explore_theory.policies import Tabular
from explore_theory.problems import TabularProblem
from proofs_checks.framework.given_tables import Table, listed, on_table, table_of

#: Masses on the response: shares of the optimal one, and of what is missing to one.
SHARES = (-0.99, -0.9, -0.5, 0.5, 0.9)


@dataclass(frozen=True, eq=False)
class Needle:
    """The problem at one prompt; `response` ``y*`` and the optimal law there; masses `p` that are tried."""

    table: Table
    prompt: int
    response: int
    log_best: Any
    masses: tuple[float, ...]


def chosen(problem: Any) -> tuple[Table, Any, int, int]:
    """The problem as a table, ``log pi*``, and the prompt and response with the largest ratio to the base."""
    found = Table(table_of(problem), ())
    best = laws.optimal(found.log_base, found.problem.reward, found.problem.beta)
    with np.errstate(invalid="ignore"):
        ratio = np.where(found.log_base > -np.inf, best - found.log_base, -np.inf)
    ratio[~found.counted] = -np.inf
    x, y = (int(i) for i in np.unravel_index(int(np.argmax(ratio)), ratio.shape))
    return found, best, x, y


def apart(problem: Any) -> str:
    """Why no mass can be missed; empty if some can."""
    if why := listed(problem):
        return why
    found, _, x, _ = chosen(problem)
    alone = int((found.log_base[x] > -np.inf).sum()) < 2
    return f"the response that is covered worst, at prompt {x}, must not be the only one there" * alone


def needle(trial: Trial) -> Needle:
    """The response with the largest ratio ``pi*/pi_ref``, over prompts of positive mass."""
    found, best, x, y = chosen(trial.given)
    q = float(np.exp(best[x, y]))
    masses = [q * (1 + share) if share < 0 else q + share * (1 - q) for share in SHARES]
    return Needle(found, x, y, best[x], tuple(mass for mass in masses if 0 < mass < 1))


def gaps(world: Needle) -> Measurement:
    """The gap of the best policy of each mass on ``y*``, the optimal one off it; of the one prompt alone."""
    problem, x, y = world.table.problem, world.prompt, world.response
    alone = TabularProblem(
        prompt_mass=np.ones(1),
        log_base=world.table.log_base[x : x + 1],
        reward=problem.reward[x : x + 1],
        features=np.zeros((1, problem.base.shape[1], 1)),
        beta=problem.beta,
    )
    off = world.log_best.copy()
    off[y] = -np.inf
    rest = laws.log_normalise(off)
    found = []
    for mass in world.masses:
        law = rest + np.log1p(-mass)
        law[y] = np.log(mass)
        found.append(float(exact.gap(alone, Tabular(law[None]))[0]))
    return world.table.measured(found)


def divergences(world: Needle, *, swapped: bool = False, of_base: bool = False, scaled: bool = True) -> Bound:
    """``beta kl(p || q)`` of each mass; wrong as a false variant says."""
    problem = world.table.problem
    law = world.table.log_base[world.prompt] if of_base else world.log_best
    others = np.delete(law, world.response)
    # Both faces of the coin by their logarithms: one may be nearer to 1 than any double.
    q = float(law[world.response]), float(np.logaddexp.reduce(others))
    found = []
    for mass in world.masses:
        p = float(np.log(mass)), float(np.log1p(-mass))
        first, second = (q, p) if swapped else (p, q)
        divergence = sum(np.exp(a) * (a - b) for a, b in zip(first, second, strict=True))
        found.append((problem.beta if scaled else 1.0) * float(divergence))
    return world.table.bound(found)


MASS = on_table(
    "given",
    world=needle,
    applies=apart,
    measure=gaps,
    bound=divergences,
    variants=(
        (
            "given-swapped",
            "kl(q || p) in place of kl(p || q)",
            {"bound": lambda w: divergences(w, swapped=True)},
        ),
        (
            "given-base-mass",
            "q is the base policy's mass, as if the reward tilted nothing",
            {"bound": lambda w: divergences(w, of_base=True)},
        ),
        (
            "given-unscaled",
            "the divergence is not multiplied by beta",
            {"bound": lambda w: divergences(w, scaled=False)},
        ),
    ),
)

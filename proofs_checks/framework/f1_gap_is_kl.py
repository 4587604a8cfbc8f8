"""F1: the suboptimality gap is the regularised divergence to the optimal policy.

Statement. For every policy, ``J(pi*) - J(pi) = beta E_x KL(pi(.|x) || pi*(.|x))``, where
``J(pi) = E_x[E_pi r - beta KL(pi || pi_ref)]`` and ``pi* ∝ pi_ref exp(r/beta)``; both sides may be infinite.

What is checked. For two and three responses, all policies with full support, all rewards and all ``beta`` at
once, by computer algebra. Beyond that a search for a counter-example among policies, base policies (masses
down to 1e-12), rewards in [0, 1] and ``beta`` in [1e-3, 10], up to 64 responses, among them policies that
leave the support of the base policy (both sides infinite) and policies within 3e-2 of the logits of ``pi*``.

That is one prompt at a time; ``prompts`` holds what the package says of whole problems, with prompts of
uneven mass (one of them zero), against sums of this folder's own: the gap and the divergence, averaged by
``rho``.

``whole``: problems of one or two prompts, drawn by strategies, whose policies differ from prompt to prompt
and have supports of their own; a violation would be made simple.

What is not. More than 64 responses.

Why trust it. The gap is measured as the difference of two objectives, each summed from its definition; the
divergence never enters it.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory import exact
from explore_theory.foundation import laws
from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Resolution,
    Trial,
)
from explore_theory.strategies import Search
from proofs_checks.framework import given, instances, prompts, whole_problems
from proofs_checks.framework.formal import proved_framework
from proofs_checks.framework.instances import Bandits
from proofs_checks.framework.prompts import Instance

Floats = npt.NDArray[np.float64]


# --- two and three responses, by computer algebra ----------------------------------------------------------


def _symbolic_sides(n: int, *, reverse: bool = False) -> tuple[Any, Any]:
    """Gap and ``beta KL(pi || pi*)`` (or its reverse) as expressions in positive symbols."""
    import sympy as sp

    from explore_theory.certify import symbolic

    beta = sp.Symbol("beta", positive=True)
    policy, base, tilt = symbolic.law("a", n), symbolic.law("b", n), symbolic.weights("e", n)
    reward = [beta * sp.log(e) for e in tilt]
    best = symbolic.tilted(base, tilt)
    gap = symbolic.objective(best, base, reward, beta) - symbolic.objective(policy, base, reward, beta)
    return gap, beta * (symbolic.kl(best, policy) if reverse else symbolic.kl(policy, best))


def measure_symbolic(trial: Trial, *, reverse: bool = False) -> Measurement:
    """The ratio of the two sides, proved to be one."""
    from explore_theory.certify import symbolic

    return symbolic.ratio(*_symbolic_sides(int(trial.case.params["n"]), reverse=reverse))


# --- up to 64 responses, by search --------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """`K` bandits and, for each, one policy as log-probabilities `[K, N]`."""

    bandits: Bandits
    log_policy: Floats


def gap(world: World) -> Floats:
    """``J(pi*) - J(pi)``, `[K]`, from the definition."""
    b = world.bandits
    return laws.gap(world.log_policy, b.log_base, b.reward, b.beta)


def divergence(world: World, temperature: float = 1.0) -> Floats:
    """``beta KL(pi || pi*)``, `[K]`, with ``pi*`` tilted by ``exp(r / (temperature beta))``."""
    b = world.bandits
    return b.beta * laws.kl(world.log_policy, laws.optimal(b.log_base, b.reward, temperature * b.beta))


def decode(z: Floats, n: int, flavour: str, effort: int) -> World:
    """Bandits and policies from search coordinates."""
    bandits = instances.decode(z, n, effort=effort)
    tail = z[:, instances.width(n) :]
    if flavour == "near-optimal":
        best = laws.optimal(bandits.log_base, bandits.reward, bandits.beta)
        return World(bandits, laws.log_normalise(best + 3e-2 * tail))
    if flavour == "off-support":
        # The base policy loses the first response and the policy keeps it: both sides are infinite.
        log_base = bandits.log_base.copy()
        log_base[:, 0] = -np.inf
        bandits = replace(bandits, log_base=laws.log_normalise(log_base))
    return World(bandits, laws.log_normalise(6.0 * tail))


def instance(trial: Trial) -> World:
    """The instances on which the search drove the two sides furthest apart."""
    n, flavour = int(trial.case.params["n"]), str(trial.case.params["policy"])

    def distance(z: Floats) -> Floats:
        world = decode(z, n, flavour, 0)
        left, right = gap(world), divergence(world)
        equal = left == right  # two infinities are equal
        scale = RESOLUTION.absolute + RESOLUTION.relative * np.abs(right)
        return np.where(equal, 0.0, np.abs(np.where(equal, 0.0, left) - np.where(equal, 0.0, right)) / scale)

    points, effort = instances.search(trial, distance, instances.width(n) + n)
    return decode(points, n, flavour, effort)


def measure(world: World) -> Measurement:
    """The gap, with its rounding error."""

    def witness(k: int) -> dict[str, Any]:
        return {"policy": np.exp(world.log_policy[k]).tolist(), **world.bandits.describe(k)}

    b = world.bandits
    return Measurement.exact(
        gap(world), error=b.rounding(), effort=b.effort, unit="instances", witness=witness
    )


def cases(flavour: str, quick: int, full: int, *, tight: bool = False) -> tuple[Case, ...]:
    """One case per number of responses."""
    return tuple(
        Case(
            slug=f"{flavour}-n{n}",
            params={"n": n, "policy": flavour, "steps": 50},
            rows={"quick": quick, "full": full},
            tight=tight,
        )
        for n in (2, 8, 64)
    )


#: Four times the rounding of one side at its largest (`Bandits.rounding`: 2e-12 at beta 1e-3, 3e-11 at 10).
RESOLUTION = Resolution(absolute=1.3e-10, relative=1e-9)

# --- several prompts ----------------------------------------------------------------------------------------


def evaluated(world: list[Instance]) -> Measurement:
    """The gap of each instance's first policy, and ``beta`` times its divergence, as the package has them."""
    found = []
    for i in world:
        policy = i.table(0)
        divergence = float(exact.kl(i.problem, policy, exact.optimal_policy(i.problem))[0])
        found += [float(exact.gap(i.problem, policy)[0]), i.problem.beta * divergence]
    return prompts.measured(found)


def summed(world: list[Instance], masses: Any = None) -> Bound:
    """``beta E_x KL(pi || pi*)`` entry by entry, twice."""

    def summed_up(i: Instance) -> float:
        return i.problem.beta * i.average(lambda x: i.divergence(i.policies[0], x), masses)

    return Bound.of(np.repeat([summed_up(i) for i in world], 2), error=prompts.ERROR)


# --- whole problems, by strategies --------------------------------------------------------------------------


def whole_divergence(world: Any, *, reverse: bool = False) -> Bound:
    """``beta E_x KL(pi || pi*)`` of each instance, or the other way round."""
    found = []
    for problem, policy in world:
        pair = (policy, exact.optimal_policy(problem))
        found.append(problem.beta * float(exact.kl(problem, *(pair[::-1] if reverse else pair))[0]))
    return Bound.of(np.array(found), error=whole_problems.ERROR)


CLAIM = Claim(
    id="F1",
    slug="gap-is-kl",
    theorem="framework",
    title="The gap is beta times the divergence to the optimal policy",
    statement="For every policy pi, J(pi*) - J(pi) = beta E_x KL(pi || pi*), also when both are infinite.",
    formula=r"J(\pi^\star) - J(\pi) = \beta\, \mathbb{E}_{x}\,"
    r"\mathrm{KL}(\pi(\cdot\mid x) \,\Vert\, \pi^\star(\cdot\mid x))",
    relation="==",
    scope="All laws on 2 and 3 responses by algebra; searched to 64 responses, beta 1e-3 to 10, "
    "masses to 1e-12; whole problems of four prompts of uneven mass.",
    source="Standard for KL-regularised objectives; used throughout Foster, Mhammedi and Rohatgi (COLT "
    "2025), arXiv 2503.07453v2.",
    checks=(
        Check(
            slug="algebra",
            evidence=Evidence.SYMBOLIC,
            cases=(
                Case(slug="n2", params={"n": 2}, tight=True),
                Case(slug="n3", params={"n": 3}, tight=True),
            ),
            measure=measure_symbolic,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(
            slug="search",
            evidence=Evidence.ADVERSARIAL,
            cases=(
                *cases("any", 64, 1024, tight=True),
                *cases("near-optimal", 64, 1024, tight=True),
                *cases("off-support", 64, 256),
            ),
            instance=instance,
            measure=measure,
            bound=lambda world: Bound.of(divergence(world), error=world.bandits.rounding()),
            resolution=RESOLUTION,
            infinite_means_equal=True,
            problem=lambda world, k: world.bandits.problem(k),
        ),
        Check(
            slug="prompts",
            evidence=Evidence.ADVERSARIAL,
            cases=(Case(slug="uneven", rows={"quick": 32, "full": 256}, tight=True),),
            instance=prompts.instances,
            measure=evaluated,
            bound=summed,
            resolution=prompts.RESOLUTION,
        ),
        Check(
            slug="whole",
            evidence=Evidence.ADVERSARIAL,
            cases=(Case(slug="any", rows={"quick": 40, "full": 600}, tight=True),),
            search=Search(whole_problems.with_table),
            measure=lambda world: whole_problems.measured([whole_problems.gap(*each) for each in world]),
            bound=whole_divergence,
            resolution=RESOLUTION,
            infinite_means_equal=True,
            problem=lambda world, k: world[k][0],
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="reversed-at-every-prompt",
            why="E_x KL(pi* || pi) in place of E_x KL(pi || pi*)",
            check="whole",
            bound=lambda world: whole_divergence(world, reverse=True),
        ),
        FalseVariant(
            slug="prompts-alike",
            why="every prompt counts the same, whatever its mass",
            check="prompts",
            bound=lambda world: summed(world, np.full(prompts.PROMPTS, 1 / prompts.PROMPTS)),
        ),
        FalseVariant(
            slug="temperature-doubled",
            why="pi* is tilted at temperature 2 beta",
            check="search",
            bound=lambda world: Bound.of(divergence(world, temperature=2.0)),
            cases=("any-n8",),
        ),
        FalseVariant(
            slug="beta-forgotten",
            why="the divergence is not multiplied by beta",
            check="search",
            bound=lambda world: Bound.of(divergence(world) / world.bandits.beta),
            cases=("any-n8",),
        ),
        FalseVariant(
            slug="reversed-divergence",
            why="KL(pi* || pi) in place of KL(pi || pi*)",
            check="algebra",
            measure=lambda trial: measure_symbolic(trial, reverse=True),
            cases=("n2",),
        ),
    ),
    on=(given.GAP_IS_KL,),
    proofs=(proved_framework.GAP_IS_KL,),
)

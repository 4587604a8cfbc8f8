"""F4: a mixture of policies is no further from the optimal policy than its parts on average.

Statement. For policies ``pi_1..pi_T`` and weights ``w`` that sum to one,
``KL(sum_t w_t pi_t || pi*) <= sum_t w_t KL(pi_t || pi*)``.

What is checked. For two and three responses and two and three policies, all laws and weights at once, by
computer algebra: the difference of the two sides is ``sum_t w_t KL(pi_t || mixture)`` (the compensation
identity), and each such divergence is a sum of positive weights times Gibbs terms ``x log x - x + 1 >= 0``;
with equal policies the two sides agree. Beyond that a search for a counter-example among problems of up to 64
responses, ``beta`` in [1e-3, 10] and base masses down to 1e-12, with up to 8 policies: arbitrary ones, nearly
equal ones, and one that leaves the support of the base policy (both sides infinite).

In the search both sides are multiplied by ``beta``, so that by F1 they are gaps, in units of reward.
``prompts``: of whole problems with prompts of uneven mass, the gap of a mixture of three policies as the
package has it is the divergence of the mixed table, summed entry by entry; ``parts``: and at most the average
of the gaps of its parts.
``whole``: the same of problems of one or two prompts, drawn by strategies and driven towards equality, with
weights down to 1e-12.

What is not. More than 64 responses or 8 policies.

Why trust it. Each side is summed from the definition of the divergence; the identity never enters the search.
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


def _symbolic_sides(n: int, t: int, power: int = 1) -> tuple[Any, Any, dict[str, Any]]:
    """Both sides, their excess as Gibbs terms, and where they meet; weights enter the right to `power`."""
    from explore_theory.certify import symbolic

    letters = [f"p{i}_" for i in range(t)]
    policies, weights = [symbolic.law(letter, n) for letter in letters], symbolic.law("w", t)
    best = symbolic.law("s", n)
    pairs = list(zip(weights, policies, strict=True))
    mixture = [sum(w * policy[i] for w, policy in pairs) for i in range(n)]
    right = sum(w**power * symbolic.kl(policy, best) for w, policy in pairs)
    excess = [term for w, policy in pairs for term in symbolic.divergence_terms(policy, mixture, w)]
    first = symbolic.weights(letters[0], n)
    others = [symbolic.weights(letter, n) for letter in letters[1:]]
    equal = {symbol: first[i] for other in others for i, symbol in enumerate(other)}
    known = {
        "excess": excess,
        "left_excess": symbolic.divergence_terms(mixture, best),
        "equal_at": equal,
    }
    return symbolic.kl(mixture, best), right, known


def measure_symbolic(trial: Trial, power: int = 1) -> Measurement:
    """The supremum of left over right, over all laws and weights."""
    from explore_theory.certify import symbolic

    n, t = int(trial.case.params["n"]), int(trial.case.params["policies"])
    left, right, known = _symbolic_sides(n, t, power)
    return symbolic.largest_ratio(left, right, **known)


def false_proofs(trial: Trial, sign: int = -1) -> Measurement:
    """How many proofs of the *reverse* inequality are accepted: its excess is the same terms with a minus."""
    from explore_theory.certify import symbolic

    n, t = int(trial.case.params["n"]), int(trial.case.params["policies"])
    left, right, known = _symbolic_sides(n, t)
    sides = (right, left) if sign < 0 else (left, right)
    excess = [(sign * weight, x) for weight, x in known["excess"]]
    accepted = symbolic.proved_at_most(*sides, excess)
    return Measurement.exact([float(accepted)], effort=1, unit="proofs")


# --- up to 64 responses, by search --------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """`K` bandits; for each, `T` policies as log-probabilities `[K, T, N]` and log-weights `[K, T]`."""

    bandits: Bandits
    log_policies: Floats
    log_weights: Floats


def mixture_divergence(world: World) -> Floats:
    """``beta KL(sum_t w_t pi_t || pi*)``, `[K]`."""
    b = world.bandits
    weighted = world.log_weights[:, :, None] + world.log_policies
    log_mixture = laws.log_sum_exp(np.ascontiguousarray(weighted.transpose(0, 2, 1)))
    return b.beta * laws.kl(log_mixture, laws.optimal(b.log_base, b.reward, b.beta))


def divergences(world: World) -> Floats:
    """``beta KL(pi_t || pi*)``, `[K, T]`."""
    b = world.bandits
    best = laws.optimal(b.log_base, b.reward, b.beta)
    return b.beta[:, None] * laws.kl(world.log_policies, best[:, None, :])


def average(world: World) -> Floats:
    """``sum_t w_t beta KL(pi_t || pi*)``, `[K]`."""
    return np.asarray(np.sum(np.exp(world.log_weights) * divergences(world), axis=-1))


def decode(z: Floats, n: int, t: int, flavour: str, effort: int) -> World:
    """Bandits, policies and weights from search coordinates."""
    start = instances.width(n)
    bandits = instances.decode(z, n, effort=effort)
    tail = z[:, start : start + t * n].reshape(-1, t, n)
    log_weights = laws.log_normalise(3.0 * z[:, start + t * n :])
    if flavour == "nearly-equal":
        tail = tail[:, :1] + 1e-3 * (tail - tail[:, :1])
    if flavour == "off-support":
        # The base policy loses the first response and every policy keeps it: both sides are infinite.
        log_base = bandits.log_base.copy()
        log_base[:, 0] = -np.inf
        bandits = replace(bandits, log_base=laws.log_normalise(log_base))
    return World(bandits, laws.log_normalise(6.0 * tail), log_weights)


def instance(trial: Trial) -> World:
    """The instances on which the search made left over right largest."""
    params = trial.case.params
    n, t, flavour = int(params["n"]), int(params["policies"]), str(params["flavour"])

    def score(z: Floats) -> Floats:
        world = decode(z, n, t, flavour, 0)
        left, right = mixture_divergence(world), average(world)
        usual = np.isfinite(right) & (right > 0)
        # Two infinities agree; a right-hand side of zero forces every policy to be pi*.
        return np.where(usual, np.where(usual, left, 0.0) / np.where(usual, right, 1.0), 0.0)

    points, effort = instances.search(trial, score, instances.width(n) + t * n + t)
    return decode(points, n, t, flavour, effort)


def measure(world: World) -> Measurement:
    """``beta`` times the divergence of the mixture, with its rounding error."""
    b = world.bandits

    def witness(k: int) -> dict[str, Any]:
        policies = np.exp(world.log_policies[k]).tolist()
        return {"policies": policies, "weights": np.exp(world.log_weights[k]).tolist(), **b.describe(k)}

    return Measurement.exact(
        mixture_divergence(world), error=b.rounding(), effort=b.effort, unit="instances", witness=witness
    )


def cases(flavour: str, *, tight: bool = False) -> tuple[Case, ...]:
    """One case per number of responses and of policies."""
    return tuple(
        Case(
            slug=f"{flavour}-n{n}-t{t}",
            params={"n": n, "policies": t, "flavour": flavour, "steps": 40},
            rows={"quick": 64, "full": 512},
            tight=tight,
        )
        for n, t in ((2, 2), (8, 3), (64, 8))
    )


# --- several prompts ----------------------------------------------------------------------------------------


def mixture_gap(world: list[Instance]) -> Measurement:
    """The gap of each instance's mixture, as the package has it."""
    return prompts.measured([float(exact.gap(i.problem, i.mixture)[0]) for i in world])


def mixed_table(world: list[Instance], weights: Floats | None = None) -> Bound:
    """``beta E_x KL(sum_t w_t pi_t || pi*)`` entry by entry; other `weights` if they are given."""

    def summed(i: Instance) -> float:
        table = np.tensordot(i.weights if weights is None else weights, i.policies, axes=1)
        return i.problem.beta * i.average(lambda x: i.divergence(table, x))

    return Bound.of([summed(i) for i in world], error=prompts.ERROR)


def average_gap(world: list[Instance], share: float = 1.0) -> Bound:
    """``share sum_t w_t gap(pi_t)``, as the package has it."""
    return Bound.of(
        [
            share * sum(w * float(exact.gap(i.problem, i.table(t))[0]) for t, w in enumerate(i.weights))
            for i in world
        ],
        error=prompts.ERROR,
    )


# --- whole problems, by strategies --------------------------------------------------------------------------


def part_gaps(instance: Any) -> Floats:
    """The gaps of the parts of a mixture `[T]`."""
    problem, mixture = instance
    return np.array([whole_problems.gap(problem, part) for part in mixture.policies])


def whole_average(instance: Any) -> float:
    """``sum_t w_t gap(pi_t)``."""
    return float((instance[1].weights * part_gaps(instance)).sum())


def part_of_average(instance: Any) -> float:
    """How much of the average gap of its parts the gap of a mixture is."""
    return whole_problems.part_of(whole_problems.gap(*instance), whole_average(instance))


#: Twice the rounding of both sides at its largest (`Bandits.rounding`: 2e-12 at beta = 1e-3, 6e-12 at 10),
#: and float64's relative error in summing the weights.
RESOLUTION = Resolution(absolute=3e-11, relative=1e-9)

CLAIM = Claim(
    id="F4",
    slug="mixture-divergence",
    theorem="framework",
    title="A mixture is no further from the optimal policy than its parts on average",
    statement="For all policies and weights, KL(sum_t w_t pi_t || pi*) <= sum_t w_t KL(pi_t || pi*).",
    formula=r"\mathrm{KL}\left(\sum_t w_t \pi_t \,\Vert\, \pi^\star\right) \le "
    r"\sum_t w_t\, \mathrm{KL}(\pi_t \Vert \pi^\star)",
    relation="<=",
    scope="All laws on 2 and 3 responses, mixed from 2 or 3 policies, by algebra; searched to 64 responses "
    "and 8 policies, beta 1e-3 to 10, masses to 1e-12.",
    source="Standard (convexity of relative entropy; the compensation identity is Topsoe's, 1967).",
    checks=(
        Check(
            slug="algebra",
            evidence=Evidence.SYMBOLIC,
            cases=(
                Case(slug="n2-t2", params={"n": 2, "policies": 2}, tight=True),
                Case(slug="n3-t2", params={"n": 3, "policies": 2}, tight=True),
                Case(slug="n2-t3", params={"n": 2, "policies": 3}, tight=True, tiers=("full",)),
                Case(slug="n3-t3", params={"n": 3, "policies": 3}, tight=True, tiers=("full",)),
            ),
            measure=measure_symbolic,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(
            slug="reverse-unproved",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="n2-t2", params={"n": 2, "policies": 2}),),
            measure=false_proofs,
            bound=lambda _: Bound.of(0.0),
        ),
        Check(
            slug="search",
            evidence=Evidence.ADVERSARIAL,
            cases=(*cases("any"), *cases("nearly-equal", tight=True), *cases("off-support")),
            instance=instance,
            measure=measure,
            bound=lambda world: Bound.of(average(world), error=world.bandits.rounding()),
            resolution=RESOLUTION,
            infinite_means_equal=True,
            problem=lambda world, k: world.bandits.problem(k),
        ),
        Check(
            slug="prompts",
            evidence=Evidence.ADVERSARIAL,
            cases=(Case(slug="uneven", rows={"quick": 32, "full": 256}, tight=True),),
            instance=prompts.instances,
            measure=mixture_gap,
            bound=mixed_table,
            relation="==",
            resolution=prompts.RESOLUTION,
        ),
        Check(
            slug="parts",
            evidence=Evidence.ADVERSARIAL,
            cases=(Case(slug="uneven", rows={"quick": 32, "full": 256}),),
            instance=prompts.instances,
            measure=mixture_gap,
            bound=average_gap,
            resolution=prompts.RESOLUTION,
        ),
        Check(
            slug="whole",
            evidence=Evidence.ADVERSARIAL,
            cases=(Case(slug="any", rows={"quick": 10, "full": 100}, tight=True),),
            search=Search(
                whole_problems.with_mixture, score=part_of_average, effort={"quick": 4, "full": 60}
            ),
            measure=lambda world: whole_problems.measured([whole_problems.gap(*each) for each in world]),
            bound=lambda world: Bound.of([whole_average(i) for i in world], error=whole_problems.ERROR),
            resolution=RESOLUTION,
            problem=lambda world, k: world[k][0],
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="best-part-of-whole-problems",
            why="the gap of a mixture is claimed to be at most that of its best part",
            check="whole",
            # As they are drawn: those driven towards equality have parts that are alike.
            instance=Search(whole_problems.with_mixture).draw,
            bound=lambda world: Bound.of(
                [part_gaps(i)[i[1].weights > 0].min() for i in world], error=whole_problems.ERROR
            ),
        ),
        FalseVariant(
            slug="parts-alike",
            why="every part of the mixture counts the same, whatever its weight",
            check="prompts",
            bound=lambda world: mixed_table(world, np.full(prompts.POLICIES, 1 / prompts.POLICIES)),
        ),
        FalseVariant(
            slug="half-of-the-parts",
            why="half of the average gap of the parts",
            check="parts",
            bound=lambda world: average_gap(world, 0.5),
        ),
        FalseVariant(
            slug="no-proof-at-all",
            why="the inequality itself is said to have no proof either",
            check="reverse-unproved",
            measure=lambda trial: false_proofs(trial, sign=1),
        ),
        FalseVariant(
            slug="squared-weights",
            why="the weights enter the right-hand side squared",
            check="algebra",
            measure=lambda trial: measure_symbolic(trial, power=2),
            cases=("n2-t2",),
        ),
        FalseVariant(
            slug="half-the-average",
            why="half the average divergence is claimed to suffice",
            check="search",
            bound=lambda world: Bound.of(average(world) / 2, error=world.bandits.rounding()),
            cases=("nearly-equal-n8-t3",),
        ),
        FalseVariant(
            slug="best-part",
            why="the mixture is claimed to be as close as the best of its parts",
            check="search",
            bound=lambda world: Bound.of(divergences(world).min(axis=-1), error=world.bandits.rounding()),
            cases=("any-n8-t3",),
        ),
        FalseVariant(
            slug="concave",
            why="the inequality is claimed the other way round",
            check="search",
            relation=">=",
            cases=("any-n8-t3",),
        ),
    ),
    on=(given.MIXTURES,),
    proofs=(proved_framework.MIXTURE_DIVERGENCE,),
)

"""T4: the gap is the sum over tokens of the divergence to the optimal token law, along the policy's prefixes.

Statement. For every policy, ``J(pi*) - J(pi) = beta sum_h E_{a_{<h} ~ pi} KL(pi_h(.|a_{<h}) ||
pi*_h(.|a_{<h}))``; both sides may be infinite.

What is checked. For two layers of two tokens, all policies and base policies with full support, all rewards
and all ``beta``, by computer algebra. Beyond that a search for a counter-example among trees of up to 2^14
responses, among them policies within .1 of the optimal token laws and policies that leave the support of
the base policy (both sides infinite). And problems of four prompts of masses 1/8, 0, 5/8 and 1/4, a random
tree each: what `soft_dynamics.token_divergences` returns (``prompts``), and the gap of `soft_dynamics.gap`,
which is that of learners (``gap``), against the mean over prompts of gaps of whole responses.
``automata``: problems whose states are shared by several prefixes, drawn by strategies, which would make a
violation simple.

What is not. Infinite vocabularies.

Why trust it. The gap is the difference of two objectives, each a sum over whole responses; no token enters
it. The other side is what `soft_dynamics.token_divergences` returns.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from explore_theory.exact import soft_dynamics
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
from proofs_checks.token_level_improvement import algebra, given, trees
from proofs_checks.token_level_improvement.forests import Forest, forest, forests
from proofs_checks.token_level_improvement.formal import proved_tokens
from proofs_checks.token_level_improvement.trees import Trees

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Floats = npt.NDArray[np.float64]


def measure_algebra(_: Trial, *, prefixes: str = "policy") -> Measurement:
    """The ratio of the two sides for ``H = A = 2``, proved to be one; prefixes from the law named."""
    import sympy as sp

    from explore_theory.certify import symbolic

    beta = sp.Symbol("beta", positive=True)
    policy, base, tilt = symbolic.law("a", 4), symbolic.law("b", 4), symbolic.weights("e", 4)
    reward = [beta * sp.log(e) for e in tilt]
    best = symbolic.tilted(base, tilt)
    gap = symbolic.objective(best, base, reward, beta) - symbolic.objective(policy, base, reward, beta)
    first, second = algebra.optimal_tokens(base, tilt)
    weight = algebra.first_token({"policy": policy, "optimal": best}[prefixes])
    later = sum(weight[a] * symbolic.kl(algebra.second_token(policy, a), second[a]) for a in range(2))
    return symbolic.ratio(gap, beta * (symbolic.kl(algebra.first_token(policy), first) + later))


def gap(world: Trees) -> Floats:
    """``J(pi*) - J(pi)``, `[K]`, summed over responses."""
    log_base, log_policy = trees.leaves(world.log_base), trees.leaves(world.log_policy)
    return laws.gap(log_policy, log_base, world.reward, world.beta)


def decomposition(world: Trees) -> Floats:
    """``beta sum_h E_pi KL(pi_h || pi*_h)``, `[K]`, by the soft dynamic programme."""
    return np.array(
        [
            soft_dynamics.token_divergences(world.problem(k), world.policy(k)).sum()
            for k in range(len(world.beta))
        ]
    )


def by_layers(world: Trees, *, prefixes: str = "policy", reverse: bool = False) -> Floats:
    """The same `[K]`, all trees at once; false variants: ``base`` prefixes, the `reverse` divergence."""
    log_best = trees.conditionals(
        laws.optimal(trees.leaves(world.log_base), world.reward, world.beta), world.horizon, world.tokens
    )
    tables = {"policy": world.log_policy, "base": world.log_base}[prefixes]
    mass, total = np.zeros((len(world.beta), 1)), np.zeros(len(world.beta))
    for table, own, best in zip(tables, world.log_policy, log_best, strict=True):
        divergence = laws.kl(best, own) if reverse else laws.kl(own, best)
        total = total + world.beta * laws.expectation(mass, divergence)
        mass = (mass[..., None] + table).reshape(len(mass), -1)
    return total


# --- several prompts ---------------------------------------------------------------------------------------


def mean_gap(world: Forest) -> Measurement:
    """``J(pi*) - J(pi)``, `[G]`: the mean over prompts of what is summed over responses."""
    return Measurement.exact(
        world.mean(gap(world.trees)),
        error=world.rounding(),
        effort=world.count,
        unit="problems",
        witness=world.describe,
    )


def package_gap(world: Forest) -> Measurement:
    """`soft_dynamics.gap` of every problem."""
    return Measurement.exact(
        np.array([float(soft_dynamics.gap(world.problem(g), world.policy(g))) for g in range(world.count)]),
        error=world.rounding(),
        unit="problems",
        witness=world.describe,
    )


def prompt_decomposition(world: Forest) -> Bound:
    """``beta sum_h E_pi KL(pi_h || pi*_h)`` of every problem, prompts and all."""
    found = [
        soft_dynamics.token_divergences(world.problem(g), world.policy(g)).sum() for g in range(world.count)
    ]
    return Bound.of(np.array(found), error=world.rounding())


def stated_gap(world: Forest, *, even: bool = False) -> Bound:
    """The mean over prompts of gaps of whole responses."""
    return Bound.of(world.mean(gap(world.trees), even=even), error=world.rounding())


def even_decomposition(world: Forest) -> Bound:
    """The divergences of tokens, prompts counted evenly."""
    return Bound.of(world.mean(by_layers(world.trees), even=True), error=world.rounding())


# --- states that prefixes share, by strategies -------------------------------------------------------------


def automata(params: Mapping[str, Any]) -> "SearchStrategy[Any]":
    """A token problem of up to three steps and two states, and a policy."""
    from hypothesis import strategies as st

    from explore_theory import strategies

    return strategies.autoregressive((1, 3), vocabulary=2, states=(1, 2)).flatmap(
        lambda problem: st.tuples(st.just(problem), strategies.step_policies(problem))
    )


def gaps_of_responses(world: Any) -> Measurement:
    """``J(pi*) - J(pi)`` of each instance, summed over its responses."""
    found = []
    for problem, policy in world:
        law, base = (
            soft_dynamics.sequence_laws(problem, tables)[0]
            for tables in (policy, soft_dynamics.base_policy(problem))
        )
        reward = soft_dynamics.sequence_rewards(problem)[0]
        found.append(float(laws.gap(law[None], base[None], reward[None], np.array([problem.beta]))[0]))
    return Measurement.exact(np.array(found), error=1e-11, effort=len(found), unit="problems")


def divergences(world: Any, steps: int | None = None) -> Bound:
    """``beta sum_h E_pi KL(pi_h || pi*_h)`` of each instance, over all its steps or the first `steps`."""
    found = [soft_dynamics.token_divergences(*instance)[..., :steps].sum() for instance in world]
    return Bound.of(np.array(found), error=1e-11)


# --- the search --------------------------------------------------------------------------------------------


def instance(trial: Trial) -> Trees:
    """The trees on which the search drove the two sides furthest apart."""

    def distance(world: Trees) -> Floats:
        left, right = gap(world), by_layers(world)
        equal = left == right
        difference = np.where(equal, 0.0, left) - np.where(equal, 0.0, right)
        return np.asarray(np.abs(difference) / world.rounding())

    return trees.search(trial, distance)


def measure(world: Trees) -> Measurement:
    """The gap, with its rounding error."""
    return Measurement.exact(
        gap(world), error=world.rounding(), effort=world.effort, unit="trees", witness=world.describe
    )


def wrong(**how: Any) -> Any:
    """A bound that is wrong as `how` says."""
    return lambda world: Bound.of(by_layers(world, **how), error=world.rounding())


#: Twice the rounding of one side at its largest, 14 layers and beta = 10: 4 x 14 eps x 270 x 2700 = 9e-9.
RESOLUTION = Resolution(absolute=2e-8)
SMALL = trees.SHAPES[:3]

CLAIM = Claim(
    id="T4",
    slug="gap-by-tokens",
    theorem="token_level_improvement",
    title="The gap decomposes over tokens",
    statement=(
        "For every policy, J(pi*) - J(pi) = beta sum_h E_{a_{<h} ~ pi} KL(pi_h || pi*_h), also when both are "
        "infinite."
    ),
    formula=r"J(\pi^\star) - J(\pi) = \beta \sum_{h=1}^{H} \mathbb{E}_{a_{<h} \sim \pi}\, "
    r"\mathrm{KL}(\pi_h \,\Vert\, \pi^\star_h)",
    relation="==",
    scope="All problems and policies with H = A = 2 by algebra; trees of up to 2^14 responses searched; "
    "problems of four prompts of unequal mass.",
    source="Chain rule of the divergence with F1; used in section 5 of Foster, Mhammedi and Rohatgi (COLT "
    "2025, arXiv 2503.07453v2).",
    uses=("F1", "T1"),
    checks=(
        Check(
            slug="algebra",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="h2-a2", tight=True),),
            measure=measure_algebra,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(
            slug="search",
            evidence=Evidence.ADVERSARIAL,
            cases=(
                *trees.cases(),
                *trees.cases("near-optimal", tight=False, shapes=SMALL),
                *trees.cases("off-support", tight=False, shapes=SMALL[:1]),
            ),
            instance=instance,
            measure=measure,
            bound=lambda world: Bound.of(decomposition(world), error=world.rounding()),
            resolution=RESOLUTION,
            infinite_means_equal=True,
            problem=lambda world, k: world.problem(k),
        ),
        Check(
            slug="prompts",
            evidence=Evidence.ADVERSARIAL,
            cases=forests("any", "near-optimal", tight=False),
            instance=forest,
            measure=mean_gap,
            bound=prompt_decomposition,
            resolution=RESOLUTION,
            problem=lambda world, k: world.problem(k),
        ),
        Check(
            slug="gap",
            evidence=Evidence.ADVERSARIAL,
            cases=forests("any", "near-optimal", tight=False),
            instance=forest,
            measure=package_gap,
            bound=stated_gap,
            resolution=RESOLUTION,
            problem=lambda world, k: world.problem(k),
        ),
        Check(
            slug="automata",
            evidence=Evidence.ADVERSARIAL,
            cases=(Case(slug="any", rows={"quick": 40, "full": 600}),),
            search=Search(automata),
            measure=gaps_of_responses,
            bound=divergences,
            # Three layers and masses of 1e-12: 4 x 3 eps x 90 x 900 = 2e-10 at beta = 10.
            resolution=Resolution(absolute=1e-9),
            problem=lambda world, k: world[k][0],
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="first-token-alone",
            why="the divergence of the first token only",
            check="automata",
            bound=lambda world: divergences(world, 1),
        ),
        FalseVariant(
            slug="prefixes-of-the-base-policy",
            why="prefixes are drawn from the base policy",
            check="search",
            bound=wrong(prefixes="base"),
            cases=("any-h6-a2",),
        ),
        FalseVariant(
            slug="even-prompts",
            why="prompts count evenly",
            check="prompts",
            bound=even_decomposition,
        ),
        FalseVariant(
            slug="gap-over-even-prompts",
            why="the gap is that of prompts that count evenly",
            check="gap",
            bound=partial(stated_gap, even=True),
        ),
        FalseVariant(
            slug="prefixes-of-the-optimal-policy",
            why="prefixes are drawn from the optimal policy",
            check="algebra",
            measure=lambda trial: measure_algebra(trial, prefixes="optimal"),
        ),
        FalseVariant(
            slug="reversed-divergence",
            why="KL(pi*_h || pi_h) in place of KL(pi_h || pi*_h)",
            check="search",
            bound=wrong(reverse=True),
            cases=("any-h6-a2", "near-optimal-h2-a2"),
        ),
    ),
    on=(given.GAP,),
    proofs=(proved_tokens.GAP_BY_TOKENS,),
)

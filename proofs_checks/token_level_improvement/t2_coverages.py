"""T2: coverage of responses against coverage of tokens.

Statement. For every problem, with the sup over the support of the base policy,

    C_cov  <= C_cond^H,
    C_cond <= C_cov / inf_{prefix} [pi*(a_{<h})/pi_ref(a_{<h})] <= C_cov exp(R/beta).

It is *not* true that ``C_cond <= C_cov``: with a uniform base policy, ``H = A = 2`` and ``exp(r/beta) = (1,
2, 2, 2)``, ``C_cond = 4/3`` and ``C_cov = 8/7``. The ratio ``C_cond/C_cov`` has no bound that does not grow
with ``R/beta``: for every ``K > 1`` a tree with ``H = A = 2`` and tilts 1 and `K` has ratio at least ``K -
1``.

Proof. ``pi*(y)/pi_ref(y)`` is the product of its `H` token ratios. A token ratio is the quotient of the
ratios ``pi*/pi_ref`` of the prefixes with and without the token; the first is an average of ratios of
responses, so at most ``C_cov``, and the second is ``E_ref[exp(r/beta) | prefix] / E_ref exp(r/beta) >=
exp(-R/beta)``.

What is checked. All trees with token laws and tilts on a grid, in rationals: two layers of two tokens, two of
three, three of two. Equality in the first inequality on the product family, and with four tokens ``C_cond =
2`` and ``C_cov = 2^H``, exactly (`four_tokens`). Trees that come within a factor ``1 - 1/K`` of the last
bound, and so exhibit that the ratio is unbounded, to ``K = 10^12``.

The first inequality for every policy in the support of the base policy, on trees that a search chose.

What is not. The inequalities for all trees at once: the proof above is three lines, the grid is its check. A
policy that leaves the support of the base policy has infinite coverage of both kinds, and the bounds say
nothing: that case is NOT APPLICABLE (`soft_dynamics.uncovered_prefix` names a prompt and a prefix).

Why trust it. Everything is enumerated in rationals from the definitions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.exact import soft_dynamics
from explore_theory.foundation import laws
from explore_theory.harness import (
    Assumption,
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
from proofs_checks.token_level_improvement import four_tokens, given, trees
from proofs_checks.token_level_improvement.formal import proved_tokens
from proofs_checks.token_level_improvement.rational import RationalTree, all_trees, tree
from proofs_checks.token_level_improvement.trees import Trees

Floats = npt.NDArray[np.float64]
Reading = Callable[[RationalTree], Fraction]

HALF = Fraction(1, 2)
#: Token laws and tilts of the grids, by number of tokens; a law with a zero loses a branch.
LAWS = {
    2: [[HALF, HALF], [Fraction(1, 10), Fraction(9, 10)], [Fraction(0), Fraction(1)]],
    3: [[Fraction(1, 3)] * 3, [Fraction(1, 10), Fraction(2, 10), Fraction(7, 10)]],
}
TILTS = {2: [Fraction(1), Fraction(2), Fraction(9)], 3: [Fraction(1), Fraction(5)]}


@dataclass(frozen=True)
class Forest:
    """Trees that are compared one by one."""

    trees: tuple[RationalTree, ...]


def grid(trial: Trial) -> Forest:
    """All trees of the case's shape; of three layers, those with one law per layer."""
    return _grid(int(trial.case.params["horizon"]), int(trial.case.params["tokens"]))


@lru_cache(maxsize=4)
def _grid(horizon: int, tokens: int) -> Forest:
    if horizon < 3:
        found = all_trees(horizon, tokens, LAWS[tokens], TILTS[tokens])
        # The grid of three tokens is thinned by taking every eleventh tree, a step prime to its sides.
        return Forest(tuple(t for i, t in enumerate(found) if tokens == 2 or i % 11 == 0))
    laws, tilts = LAWS[tokens][:2], TILTS[tokens][::2]
    trees = []
    for code in range(2**horizon * 2 ** (tokens**horizon)):
        law = [laws[code >> h & 1] for h in range(horizon) for _ in range(tokens**h)]
        values = [tilts[code >> (horizon + y) & 1] for y in range(tokens**horizon)]
        trees.append(tree(horizon, tokens, law, values))
    return Forest(tuple(trees))


def product(trial: Trial) -> Forest:
    """The product family in rationals: uniform binary tokens, ``exp(w/beta)`` per token 0."""
    horizon = int(trial.case.params["horizon"])
    trees = []
    for tilt in (Fraction(2), Fraction(9), Fraction(1000)):
        inner, leaves = 2**horizon - 1, 2**horizon
        values = [tilt ** (horizon - bin(y).count("1")) for y in range(leaves)]
        trees.append(tree(horizon, 2, [[HALF, HALF]] * inner, values))
    return Forest(tuple(trees))


def counterexample(_: Trial) -> Forest:
    """Uniform, ``H = A = 2``, tilts (1, 2, 2, 2)."""
    return Forest((tree(2, 2, [[HALF, HALF]] * 3, [Fraction(1), Fraction(2), Fraction(2), Fraction(2)]),))


def extreme(trial: Trial) -> Forest:
    """A prefix that the optimal policy shuns, with one good token that the base policy hardly knows.

    The first token is 0 with probability ``1/K^2``; after it token 0, of tilt `K`, has probability ``1/K^2``
    and token 1 tilt 1. After the first token 1 every tilt is `K`. So ``C_cond = K/(1 + (K-1)/K^2) > K/(1 +
    1/K)`` and ``C_cov < 1/(1 - 1/K^2)``: the ratio exceeds ``K - 1``.
    """
    trees = []
    for power in range(1, int(trial.case.params["decades"]) + 1):
        k = Fraction(10**power)
        rare = [1 / k**2, 1 - 1 / k**2]
        trees.append(tree(2, 2, [rare, rare, [HALF, HALF]], [k, Fraction(1), k, k]))
    return Forest(tuple(trees))


def measured(reading: Reading, unit: str = "trees") -> Callable[[Forest], Measurement]:
    """A quantity of each tree, as an exact measurement."""

    def measure(world: Forest) -> Measurement:
        return Measurement.exact(
            _exactly([reading(t) for t in world.trees]),
            effort=len(world.trees),
            unit=unit,
            witness=lambda k: world.trees[k].describe(),
        )

    return measure


def stated(reading: Reading) -> Callable[[Forest], Bound]:
    """A quantity of each tree, as the bound."""
    return lambda world: Bound.of(_exactly([reading(t) for t in world.trees]))


def _exactly(values: list[Fraction]) -> Any:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


# --- any policy, by search ---------------------------------------------------------------------------------


def instance(trial: Trial) -> Trees:
    """The trees and policies whose ``log C_cov`` comes closest to ``H log C_cond``."""

    def closeness(world: Trees) -> Floats:
        tokens = [
            laws.coverage(own, base).max(axis=-1)
            for own, base in zip(world.log_policy, world.log_base, strict=True)
        ]
        largest = np.maximum(np.stack(tokens).max(axis=0), 1e-9)
        inside = np.isfinite(largest)
        ratio = np.where(inside, by_responses(world), 0.0) / np.where(inside, largest, 1.0)
        return np.asarray(ratio / world.horizon)

    return trees.search(trial, closeness)


def by_responses(world: Trees) -> Floats:
    """``log C_cov(pi)``, `[K]`, over whole responses."""
    return laws.coverage(trees.leaves(world.log_policy), trees.leaves(world.log_base))


def measure_policies(world: Trees) -> Measurement:
    """``log C_cov(pi)``, with its rounding error."""
    return Measurement.exact(
        by_responses(world),
        error=4 * world.horizon * np.finfo(float).eps * world.size(),
        effort=world.effort,
        unit="trees",
        witness=world.describe,
    )


def bound_policies(world: Trees, layers: int = 0) -> Bound:
    """``H log C_cond(pi)``, `[K]`, by the soft dynamic programme; false variant: of `layers` fewer."""
    found = [
        float(soft_dynamics.log_conditional_coverage(world.problem(k), world.policy(k)))
        for k in range(len(world.beta))
    ]
    return Bound.of((world.horizon - layers) * np.array(found))


def covered(world: Trees) -> Any:
    """`[K]`: whether the policy stays in the support of the base policy."""
    return np.array(
        [
            soft_dynamics.uncovered_prefix(world.problem(k), world.policy(k)) is None
            for k in range(len(world.beta))
        ]
    )


#: Twice the rounding of a log-ratio of six tokens, each a few eps of 1/beta + 6 log 1e8.
ROUNDING = Resolution(absolute=1e-11)


def shapes(*, full: bool = True) -> tuple[Case, ...]:
    """The grids."""
    found = [
        Case(slug="h2-a2", params={"horizon": 2, "tokens": 2}),
        Case(slug="h3-a2", params={"horizon": 3, "tokens": 2}, tiers=("full",)),
        Case(slug="h2-a3", params={"horizon": 2, "tokens": 3}, tiers=("full",)),
    ]
    return tuple(found if full else found[:1])


def coverage(t: RationalTree) -> Fraction:
    """``C_cov``."""
    return t.coverage


def conditional(t: RationalTree) -> Fraction:
    """``C_cond``."""
    return t.conditional_coverage


CLAIM = Claim(
    id="T2",
    slug="coverages",
    theorem="token_level_improvement",
    title="Sequence and token coverage",
    statement=(
        "C_cov <= C_cond^H, and C_cond <= C_cov / inf_prefix [pi*(a_{<h})/pi_ref(a_{<h})] <= C_cov "
        "exp(R/beta); C_cond <= C_cov fails, by any factor."
    ),
    formula=r"C_{\mathrm{cov}} \le C_{\mathrm{cond}}^{H}, \qquad C_{\mathrm{cond}} \le "
    r"\frac{C_{\mathrm{cov}}}{\inf_{a_{<h}} \pi^\star(a_{<h}) / \pi_{\mathrm{ref}}(a_{<h})} "
    r"\le C_{\mathrm{cov}}\, e^{R/\beta}",
    relation="<=",
    scope="Trees of up to nine responses on grids of token laws and tilts, all of them, in rationals; the "
    "product family to H = 8; ratios C_cond/C_cov exhibited to 10^12.",
    source="Ours; the coverages are those of section 5 of Foster, Mhammedi and Rohatgi (COLT 2025, arXiv "
    "2503.07453v2).",
    uses=("T1",),
    checks=(
        Check(
            slug="power",
            evidence=Evidence.EXHAUSTIVE,
            cases=shapes(),
            instance=grid,
            measure=measured(coverage),
            bound=stated(lambda t: t.conditional_coverage**t.horizon),
        ),
        Check(
            slug="policies",
            evidence=Evidence.ADVERSARIAL,
            cases=(
                *trees.cases(tight=False, shapes=((2, 2), (6, 2), (2, 8))),
                *trees.cases("off-support", tight=False, shapes=((2, 2),)),
            ),
            instance=instance,
            measure=measure_policies,
            bound=bound_policies,
            assumptions=(
                Assumption(name="the policy stays in the support of the base policy", holds=covered),
            ),
            resolution=ROUNDING,
        ),
        Check(
            slug="product",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                Case(slug="h4", params={"horizon": 4}, tight=True),
                Case(slug="h8", params={"horizon": 8}, tight=True, tiers=("full",)),
            ),
            instance=product,
            measure=measured(coverage),
            bound=stated(lambda t: t.conditional_coverage**t.horizon),
        ),
        Check(
            slug="prefix",
            evidence=Evidence.EXHAUSTIVE,
            cases=shapes(),
            instance=grid,
            measure=measured(conditional),
            bound=stated(lambda t: t.coverage / t.rarest_prefix),
        ),
        Check(
            slug="range",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                *shapes(),
                Case(slug="counterexample", params={"decades": 0}),
                Case(slug="extreme", params={"decades": 4}, tight=True),
                Case(slug="extreme-12", params={"decades": 12}, tight=True, tiers=("full",)),
            ),
            instance=lambda trial: (
                grid(trial)
                if "horizon" in trial.case.params
                else extreme(trial)
                if trial.case.params["decades"]
                else counterexample(trial)
            ),
            measure=measured(conditional),
            bound=stated(lambda t: t.coverage * t.reward_range),
        ),
        Check(
            slug="unbounded",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                Case(slug="extreme", params={"decades": 4}, tight=True),
                Case(slug="extreme-12", params={"decades": 12}, tight=True, tiers=("full",)),
            ),
            instance=extreme,
            measure=measured(lambda t: t.reward_range - 1),
            bound=stated(lambda t: t.conditional_coverage / t.coverage),
        ),
        four_tokens.EXACTLY,
    ),
    false_variants=(
        FalseVariant(
            slug="tokens-below-responses",
            why="C_cond <= C_cov: 4/3 and 8/7 on the counter-example",
            check="range",
            bound=stated(coverage),
            cases=("counterexample",),
        ),
        FalseVariant(
            slug="one-layer-less-for-policies",
            why="C_cov <= C_cond^(H-1) for every policy",
            check="policies",
            bound=lambda world: bound_policies(world, layers=1),
            cases=("any-h2-a2",),
        ),
        FalseVariant(
            slug="twice-the-coverage",
            why="C_cond <= 2 C_cov: a constant factor is not enough",
            check="range",
            bound=stated(lambda t: 2 * t.coverage),
            cases=("extreme",),
        ),
        FalseVariant(
            slug="one-layer-less",
            why="C_cov <= C_cond^(H-1)",
            check="product",
            bound=stated(lambda t: t.conditional_coverage ** (t.horizon - 1)),
        ),
        FalseVariant(
            slug="root-of-the-range",
            why="C_cond <= C_cov exp(R/(2 beta)), in squares",
            check="range",
            measure=measured(lambda t: t.conditional_coverage**2),
            bound=stated(lambda t: t.coverage**2 * t.reward_range),
            cases=("extreme",),
        ),
        FalseVariant(
            slug="one-layer-less-on-the-grid",
            why="C_cov <= C_cond^(H-1)",
            check="power",
            bound=stated(lambda t: t.conditional_coverage ** (t.horizon - 1)),
            cases=("h2-a2",),
        ),
        FalseVariant(
            slug="commonest-prefix",
            why="the least ratio of a prefix is replaced by the largest",
            check="prefix",
            bound=stated(lambda t: t.coverage / max(r for y, r in t.ratios.items() if len(y) < t.horizon)),
            cases=("h2-a2",),
        ),
        FalseVariant(
            slug="ratio-beyond-the-range",
            why="C_cond/C_cov exceeds exp(R/beta) on these trees",
            check="unbounded",
            measure=measured(lambda t: t.reward_range),
        ),
        *four_tokens.VARIANTS,
    ),
    printed=(four_tokens.AS_PRINTED,),
    on=(given.COVERAGES,),
    proofs=(proved_tokens.COVERAGES,),
)

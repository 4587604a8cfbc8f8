"""T1: the optimal policy is the product of the optimal token laws.

Statement. Let ``Q_h(x, a_{1:h}) = beta log E_{pi_ref}[exp(r*/beta) | x, a_{1:h}]`` and
``pi*_h ∝ pi_{h,ref} exp(Q_h/beta)``. Then ``prod_h pi*_h(a_h | x, a_{<h}) = pi*(a_{1:H} | x)``, the policy
that maximises ``E r - beta KL`` over all laws on responses.

What is checked. For two layers of two tokens, all base policies with full support, all rewards and all
``beta`` at once, by computer algebra. Beyond that a search for the tree and the response where the two sides
differ most, up to 2^14 responses, base probabilities of tokens down to 1e-8 and ``beta`` in [1e-2, 10].

For problems of four prompts, a random tree each, at every prompt (``prompts``).

What is not. Infinite vocabularies.

Why trust it. The left-hand side is the tilt of the law on responses and has no tokens in it; the right-hand
side is the soft dynamic programme.
"""

from functools import partial
from typing import Any

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
from proofs_checks.token_level_improvement import algebra, given, trees
from proofs_checks.token_level_improvement.forests import Forest, forest, forests
from proofs_checks.token_level_improvement.formal import proved_tokens
from proofs_checks.token_level_improvement.trees import Trees

Floats = npt.NDArray[np.float64]


def measure_algebra(_: Trial, *, blind: bool = False) -> Measurement:
    """The ratio of ``pi*(y)`` and the product, for each of the four responses: proved to be one."""
    from explore_theory.certify import symbolic

    base, tilt = symbolic.law("b", 4), symbolic.weights("e", 4)
    best = symbolic.tilted(base, tilt)
    first, second = algebra.optimal_tokens(base, tilt, blind=blind)
    return trees.joined(
        [symbolic.ratio(best[y], first[y // 2] * second[y // 2][y % 2]) for y in range(4)], "identities"
    )


def by_responses(world: Trees) -> Floats:
    """``log pi*``, `[K, N]`, from the tilt of the base law on responses."""
    return laws.optimal(trees.leaves(world.log_base), world.reward, world.beta)


def by_tokens(world: Trees, *, heat: float = 1.0, average: bool = False, blind: bool = False) -> Floats:
    """Logs of the products `[K, N]` by backward induction, `K` at a time.

    False variants: values at `heat` times the temperature; values that are `average` rewards under the base
    policy; layers before the last `blind` to what follows.
    """
    q, found = world.reward.reshape(len(world.beta), -1, world.tokens), []
    for table in world.log_base[::-1]:
        found.append(laws.tilted(table, q, world.beta[:, None]))
        value = (
            laws.expectation(table, q) if average else laws.soft_value(table, q, heat * world.beta[:, None])
        )
        q = (0.0 if blind else 1.0) * value.reshape(len(value), -1, world.tokens) if value.shape[1] > 1 else q
    return trees.leaves(found[::-1])


def by_dynamics(world: Trees) -> Floats:
    """Logs of the products `[K, N]`, by the soft dynamic programme of the package."""
    rows = []
    for k in range(len(world.beta)):
        problem = world.problem(k)
        rows.append(soft_dynamics.sequence_laws(problem, soft_dynamics.optimum(problem).log_policy)[0])
    return np.stack(rows)


def instance(trial: Trial) -> Trees:
    """The trees on which the search drove the two sides furthest apart."""
    return trees.search(trial, lambda world: np.abs(by_responses(world) - by_tokens(world)).max(axis=-1))


def worst(world: Trees) -> Any:
    """`[K]`: the response of each tree where the two sides differ most."""
    return np.abs(by_responses(world) - by_dynamics(world)).argmax(axis=-1)


def at(values: Floats, response: Any) -> Floats:
    """`[K]`: `values` `[K, N]` at one response each."""
    return np.asarray(np.take_along_axis(values, response[:, None], axis=-1)[:, 0])


def rounding(world: Trees) -> Floats:
    """`[K]`: a log-probability of size `size` is good to a few eps of it, once per layer."""
    return np.asarray(4 * world.horizon * np.finfo(float).eps * world.size())


def measure(world: Trees) -> Measurement:
    """``log pi*(y)`` at the worst response."""
    return Measurement.exact(
        at(by_responses(world), worst(world)),
        error=rounding(world),
        effort=world.effort,
        unit="trees",
        witness=world.describe,
    )


def bound(world: Trees) -> Bound:
    """``sum_h log pi*_h`` there."""
    return Bound.of(at(by_dynamics(world), worst(world)), error=rounding(world))


def by_prompts(world: Forest, *, astray: bool = False) -> Floats:
    """``sum_h log pi*_h``, `[K, N]`, of the trees of all problems, by the soft dynamic programme.

    False variant: every prompt starts where the next one does (`astray`).
    """
    found = []
    for g in range(world.count):
        problem = world.problem(g)
        rows = soft_dynamics.sequence_laws(problem, soft_dynamics.optimum(problem).log_policy)
        found.append(np.roll(rows, 1, axis=0) if astray else rows)
    return np.concatenate(found)


def prompt_law(world: Forest) -> Measurement:
    """``log pi*`` of every prompt at the response where the two sides differ most."""
    return Measurement.exact(
        at(by_responses(world.trees), worst_of_prompts(world)),
        error=rounding(world.trees),
        unit="trees",
        witness=world.trees.describe,
    )


def prompt_product(world: Forest, *, astray: bool = False) -> Bound:
    """``sum_h log pi*_h`` there."""
    return Bound.of(
        at(by_prompts(world, astray=astray), worst_of_prompts(world)), error=rounding(world.trees)
    )


def worst_of_prompts(world: Forest) -> Any:
    """`[K]`: the response of each tree where the two sides differ most."""
    return np.abs(by_responses(world.trees) - by_prompts(world)).argmax(axis=-1)


def other(**how: Any) -> Any:
    """The bound with token laws that are wrong in a stated way, at the response where it shows most."""

    def wrong(world: Trees) -> Bound:
        return Bound.of(at(by_tokens(world, **how), worst_of(world, how)), error=rounding(world))

    return wrong


def worst_of(world: Trees, how: dict[str, Any]) -> Any:
    """`[K]`: the response where the product of the wrong token laws is furthest from ``pi*``."""
    return np.abs(by_responses(world) - by_tokens(world, **how)).argmax(axis=-1)


def measured_for(how: dict[str, Any]) -> Any:
    """The measurement at the response of `worst_of`."""

    def changed(world: Trees) -> Measurement:
        return Measurement.exact(
            at(by_responses(world), worst_of(world, how)), error=rounding(world), unit="trees"
        )

    return changed


def lie(slug: str, why: str, **how: Any) -> FalseVariant:
    """A false variant: token laws that are wrong as `how` says."""
    return FalseVariant(
        slug=slug,
        why=why,
        check="search",
        measure=measured_for(how),
        bound=other(**how),
        cases=("any-h6-a2",),
    )


#: Twice the rounding of one side at its largest: 4 x 14 eps x (1/beta + 14 log 1e8 + ..) = 5e-12.
RESOLUTION = Resolution(absolute=1e-11)

CLAIM = Claim(
    id="T1",
    slug="product-of-tokens",
    theorem="token_level_improvement",
    title="The optimal policy is the product of the optimal token laws",
    statement=(
        "With Q_h = beta log E_ref[exp(r/beta) | a_{1:h}] and pi*_h proportional to pi_{h,ref} "
        "exp(Q_h/beta), the product over h of pi*_h(a_h | a_{<h}) is pi*(a_{1:H})."
    ),
    formula=r"\prod_{h=1}^{H} \pi^\star_h(a_h \mid x, a_{<h}) = \pi^\star(a_{1:H} \mid x)",
    relation="==",
    scope="All problems with H = A = 2 by algebra; trees of up to 2^14 responses searched; four prompts.",
    source="Standard for KL-regularised objectives; section 5 of Foster, Mhammedi and Rohatgi (COLT 2025, "
    "arXiv 2503.07453v2).",
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
            cases=trees.cases(),
            instance=instance,
            measure=measure,
            bound=bound,
            resolution=RESOLUTION,
        ),
        Check(
            slug="prompts",
            evidence=Evidence.ADVERSARIAL,
            cases=forests("any"),
            instance=forest,
            measure=prompt_law,
            bound=prompt_product,
            resolution=RESOLUTION,
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="unweighted-value",
            why="exp(Q_1/beta) averages over next tokens without their base probabilities",
            check="algebra",
            measure=lambda trial: measure_algebra(trial, blind=True),
        ),
        FalseVariant(
            slug="other-prompt",
            why="every prompt starts where the next one does",
            check="prompts",
            bound=partial(prompt_product, astray=True),
        ),
        lie("mean-value", "Q_h is the mean reward of the base policy, not its soft value", average=True),
        lie("other-temperature", "soft values at temperature 2 beta", heat=2.0),
        lie("one-step-lookahead", "only the last token is tilted", blind=True),
    ),
    on=(given.PRODUCT,),
    proofs=(proved_tokens.PRODUCT,),
)

"""T5: errors at later layers enter earlier ones to second order, and from one side.

Statement. For every policy and every prefix ``a_{1:h}``, with ``Q*_h = beta log E_ref[exp(r/beta) |
a_{1:h}]`` and ``Q^pi_h = E_pi[r - beta sum_{h'>h} log(pi_{h'}/pi_{h',ref}) | a_{1:h}]``,

    Q*_h - Q^pi_h = beta sum_{h'>h} E_pi[ KL(pi_{h'} || pi*_{h'}) | a_{1:h} ]  >= 0.

If the policy draws a base token ``a' ~ pi_{h,ref}`` first and then ``a ~ pi_h(.|prefix, a')``, and its return
counts the log-ratio *given* ``a'``, the same holds with ``E_{a'} KL(pi_{h'}(.|a') || pi*_{h'})``.

What is checked. For one later layer of two tokens, with and without a base token, everything at once by
computer algebra. Then a search for a counter-example at every prefix of trees of up to 2^14 responses, and at
every prefix of trees with base tokens.

What is not. That a regression attains such a policy: that is MTSS's (TT).

Why trust it. Both values on the left are sums over the responses below the prefix (with base tokens: over all
sequences of base tokens and tokens); no divergence between token laws enters them.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

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
from proofs_checks.token_level_improvement import trees
from proofs_checks.token_level_improvement.trees import Trees

Floats = npt.NDArray[np.float64]


# --- one later layer, by computer algebra ------------------------------------------------------------------


def measure_algebra(trial: Trial, *, marginal: bool = False) -> Measurement:
    """The ratio of the two sides with one later layer of two tokens, proved to be one.

    With base tokens the policy is one law per base token; if `marginal`, the return counts the log-ratio of
    the law that forgets the base token.
    """
    import sympy as sp

    from explore_theory.certify import symbolic

    beta = sp.Symbol("beta", positive=True)
    base, tilt = symbolic.law("b", 2), symbolic.weights("e", 2)
    reward, best = [beta * sp.log(e) for e in tilt], symbolic.tilted(base, tilt)
    soft = beta * sp.log(sum(p * e for p, e in zip(base, tilt, strict=True)))
    if trial.case.params["base token"] == 0:
        policies, weight = [symbolic.law("a", 2)], [sp.Integer(1)]
    else:
        policies, weight = [symbolic.law("a", 2), symbolic.law("c", 2)], base
    mixed = [sum(w * law[y] for w, law in zip(weight, policies, strict=True)) for y in range(2)]
    value = divergence = sp.Integer(0)
    for w, law in zip(weight, policies, strict=True):
        value += w * symbolic.objective(law, base, reward, beta)
        divergence += w * beta * symbolic.kl(law, best)
    if marginal:
        value = symbolic.objective(mixed, base, reward, beta)
    return symbolic.ratio(soft - value, divergence)


# --- all prefixes of a tree, by search ---------------------------------------------------------------------


def paired(world: Trees, log_given: tuple[Floats, ...]) -> Trees:
    """The tree over pairs ``(a', a)``: the base policy draws both, the policy `a` given `a'`.

    `log_given` holds ``log pi_h(a | prefix, a')``, `[K, A^h, A', A]`; prefixes are of tokens `a` only, so
    laws and rewards repeat over base tokens. Sums over leaves of this tree are sums over all sequences of
    pairs.
    """
    count, tokens = len(world.beta), world.tokens
    place = np.zeros((1,), dtype=np.int64)
    base, policy = [], []
    for table, given in zip(world.log_base, log_given, strict=True):
        here, law = table[:, place], given[:, place]
        base.append((here[..., :, None] + here[..., None, :]).reshape(count, place.size, -1))
        policy.append((here[..., :, None] + law).reshape(count, place.size, -1))
        after = place[:, None, None] * tokens + np.arange(tokens)[None, None, :]
        place = np.broadcast_to(after, (place.size, tokens, tokens)).reshape(-1)
    return replace(world, log_base=tuple(base), log_policy=tuple(policy), reward=world.reward[:, place])


def loss_by_responses(world: Trees) -> list[Floats]:
    """``Q* - Q^pi`` at every prefix, `[K, A^h]` per length h from 1, from sums over the responses below
    it.
    """
    log_base, log_policy = trees.leaves(world.log_base), trees.leaves(world.log_policy)
    found = []
    for h in range(1, world.horizon):
        shape = (len(world.beta), world.tokens**h, -1)
        base, policy = (
            laws.log_normalise(log_base.reshape(shape)),
            laws.log_normalise(log_policy.reshape(shape)),
        )
        reward, beta = world.reward.reshape(shape), world.beta[:, None]
        found.append(laws.soft_value(base, reward, beta) - laws.objective(policy, base, reward, beta))
    return found


def loss_by_tokens(
    world: Trees,
    log_given: tuple[Floats, ...] | None = None,
    *,
    reverse: bool = False,
    first_only: bool = False,
    factor: float = 1.0,
) -> list[Floats]:
    """``beta sum_{h'>h} E_pi KL(pi_{h'} || pi*_{h'})`` at every prefix, `[K, A^h]` per length h from 1.

    With `log_given`, the policies given base tokens and ``E_{a'} KL(pi(.|a') || pi*)``. False variants: the
    `reverse` divergence, the next layer `first_only`, a `factor` too many.
    """
    best = trees.conditionals(
        laws.optimal(trees.leaves(world.log_base), world.reward, world.beta), world.horizon, world.tokens
    )
    following: Floats = np.zeros((len(world.beta), world.tokens**world.horizon))
    found: list[Floats] = []
    for h in range(world.horizon - 1, 0, -1):
        later = following.reshape(len(following), -1, world.tokens)
        if log_given is None:
            law = world.log_policy[h]
            here = laws.kl(best[h], law) if reverse else laws.kl(law, best[h])
        else:
            given, base = log_given[h], world.log_base[h]
            here = laws.expectation(base, laws.kl(given, best[h][:, :, None, :]))
            law = laws.log_sum_exp(np.swapaxes(base[..., :, None] + given, -1, -2))
        rest = 0.0 if first_only else laws.expectation(law, later)
        following = factor * world.beta[:, None] * here + rest
        found.append(following)
    return found[::-1]


def given_base_tokens(world: Trees) -> tuple[Floats, ...]:
    """Policies given base tokens, `[K, A^h, A', A]`: the tree's policy, its logits turned by the base
    token.
    """
    return tuple(
        laws.log_normalise(
            np.stack([np.roll(table, shift, axis=-1) for shift in range(world.tokens)], axis=-2)
        )
        for table in world.log_policy
    )


def sides(world: Trees, with_base_tokens: bool) -> tuple[list[Floats], list[Floats]]:
    """Both sides at every prefix, `[K, A^h]` per length."""
    if not with_base_tokens:
        return loss_by_responses(world), loss_by_tokens(world)
    given = given_base_tokens(world)
    # A prefix of pairs stands for each prefix of its tokens; they all have one value, so the first is taken.
    left = []
    for h, values in enumerate(loss_by_responses(paired(world, given)), start=1):
        shape = (len(values), *(world.tokens, world.tokens) * h)
        left.append(values.reshape(shape)[(slice(None), *(0, slice(None)) * h)].reshape(len(values), -1))
    return left, loss_by_tokens(world, given)


def with_base_tokens(trial: Trial) -> bool:
    """Whether the case is about policies given base tokens."""
    return bool(trial.case.params.get("base token", 0))


def instance(trial: Trial) -> tuple[Trees, bool]:
    """The trees on which the search drove the two sides furthest apart."""
    asked = with_base_tokens(trial)

    def distance(world: Trees) -> Floats:
        left, right = (np.concatenate(side, axis=-1) for side in sides(world, asked))
        return np.asarray(np.abs(left - right).max(axis=-1) / world.rounding())

    return trees.search(trial, distance), asked


def measure(instance: tuple[Trees, bool]) -> Measurement:
    """``Q* - Q^pi`` at the worst prefix of each tree."""
    world, asked = instance
    left, right = (np.concatenate(side, axis=-1) for side in sides(world, asked))
    return _at_worst(world, left, right)


def bound(instance: tuple[Trees, bool]) -> Bound:
    """The sum of divergences there."""
    world, asked = instance
    left, right = (np.concatenate(side, axis=-1) for side in sides(world, asked))
    return Bound.of(_picked(right, left, right), error=world.rounding())


def _at_worst(world: Trees, left: Floats, right: Floats) -> Measurement:
    return Measurement.exact(
        _picked(left, left, right),
        error=world.rounding(),
        effort=world.effort,
        unit="trees",
        witness=world.describe,
    )


def _picked(values: Floats, left: Floats, right: Floats) -> Floats:
    place = np.abs(left - right).argmax(axis=-1)
    return np.asarray(np.take_along_axis(values, place[:, None], axis=-1)[:, 0])


def lie(slug: str, why: str, **how: Any) -> FalseVariant:
    """A false variant of the search: the right-hand side is wrong as `how` says, where it shows most."""

    def both(instance: tuple[Trees, bool]) -> tuple[Floats, Floats]:
        world = instance[0]
        wrong = np.concatenate(loss_by_tokens(world, **how), axis=-1)
        return np.concatenate(loss_by_responses(world), axis=-1), wrong

    def wrong_bound(instance: tuple[Trees, bool]) -> Bound:
        left, right = both(instance)
        return Bound.of(_picked(right, left, right), error=instance[0].rounding())

    return FalseVariant(
        slug=slug,
        why=why,
        check="search",
        measure=lambda instance: _at_worst(instance[0], *both(instance)),
        bound=wrong_bound,
        cases=("any-h6-a2",),
    )


def base_token_cases() -> tuple[Case, ...]:
    """Trees whose pairs of tokens have at most 2^12 sequences."""
    shapes = ((2, 2), (4, 2), (3, 3), (6, 2))
    return tuple(
        Case(
            slug=f"base-token-h{h}-a{a}",
            params={"horizon": h, "tokens": a, "steps": 10, "base token": 1},
            rows={"quick": 4, "full": 64} if a**h > 16 else {"quick": 16, "full": 256},
            tight=True,
        )
        for h, a in shapes
    )


#: Twice the rounding of one side at its largest, 14 layers and beta = 10: 4 x 14 eps x 270 x 2700 = 9e-9.
RESOLUTION = Resolution(absolute=2e-8)

CLAIM = Claim(
    id="T5",
    slug="later-errors",
    theorem="token_level_improvement",
    title="Later errors enter earlier layers to second order",
    statement=(
        "For every policy and prefix, Q*_h - Q^pi_h = beta sum_{h'>h} E_pi KL(pi_{h'} || pi*_{h'}); for "
        "policies given a base token a', whose returns count log-ratios given a', the same with E_{a'} "
        "KL(pi(.|a') || pi*)."
    ),
    formula=r"Q^\star_h - Q^\pi_h = \beta \sum_{h'>h} \mathbb{E}_\pi\, \mathbb{E}_{a'}\,"
    r"\mathrm{KL}(\pi_{h'}(\cdot \mid a') \,\Vert\, \pi^\star_{h'})",
    relation="==",
    scope="One later layer of two tokens by algebra, with and without base tokens; every prefix of trees of "
    "up to 2^14 responses searched, up to 4^6 sequences of pairs with base tokens.",
    source="Ours, for MTSS; the chain rule of the divergence from a prefix on, with F1.",
    uses=("F1", "T4"),
    checks=(
        Check(
            slug="algebra",
            evidence=Evidence.SYMBOLIC,
            cases=(
                Case(slug="plain", params={"base token": 0}, tight=True),
                Case(slug="base-token", params={"base token": 1}, tight=True),
            ),
            measure=measure_algebra,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(
            slug="search",
            evidence=Evidence.ADVERSARIAL,
            cases=(*trees.cases(), *base_token_cases()),
            instance=instance,
            measure=measure,
            bound=bound,
            resolution=RESOLUTION,
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="marginal-log-ratio",
            why="the return counts the log-ratio of the law that forgets the base token",
            check="algebra",
            measure=lambda trial: measure_algebra(trial, marginal=True),
            cases=("base-token",),
        ),
        lie("reversed-divergence", "KL(pi* || pi) in place of KL(pi || pi*)", reverse=True),
        lie("next-layer-only", "only the next layer's error counts", first_only=True),
        lie("twice-the-divergence", "every divergence counts twice", factor=2.0),
    ),
)

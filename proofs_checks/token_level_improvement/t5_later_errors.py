"""T5: errors at later layers enter earlier ones to second order, and from one side.

Statement. For every policy and every prefix ``a_{1:h}``, with ``Q*_h = beta log E_ref[exp(r/beta) |
a_{1:h}]`` and ``Q^pi_h = E_pi[r - beta sum_{h'>h} log(pi_{h'}/pi_{h',ref}) | a_{1:h}]``,

    Q*_h - Q^pi_h = beta sum_{h'>h} E_pi[ KL(pi_{h'} || pi*_{h'}) | a_{1:h} ]  >= 0.

If the policy first draws something `z` by a law that depends on the prefix only, and then ``a ~
pi_h(.|prefix, z)``, and its return counts the log-ratio *given* `z`, the same holds with ``E_z
KL(pi_{h'}(.|z) || pi*_{h'})``. In MTSS `z` is the base token and the ceiling of a step, and whether its
sampler gave up (then the law of the token is the base law).

What is checked. For one later layer of two tokens, with nothing, a base token, or anything of two values
drawn first, everything at once by computer algebra. Then a search for a counter-example at every prefix of
trees of up to 2^14 responses, at every prefix of trees with base tokens, and with base tokens, ceilings of
two draws and a sampler that gives up after one candidate.

What is not. That a regression attains such a policy: that is MTSS's (TT).

Why trust it. Both values on the left are sums over the responses below the prefix (with base tokens: over all
sequences of base tokens and tokens); no divergence between token laws enters them.
"""

from dataclasses import dataclass, replace
from itertools import product
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
from proofs_checks.token_level_improvement.formal import proved_tokens
from proofs_checks.token_level_improvement.trees import Trees

Floats = npt.NDArray[np.float64]


# --- one later layer, by computer algebra ------------------------------------------------------------------


def measure_algebra(trial: Trial, *, marginal: bool = False) -> Measurement:
    """The ratio of the two sides with one later layer of two tokens, proved to be one.

    With something drawn first, by the base law or by any law, the policy is one law for each of its values;
    if `marginal`, the return counts the log-ratio of the law that forgets it.
    """
    import sympy as sp

    from explore_theory.certify import symbolic

    beta = sp.Symbol("beta", positive=True)
    base, tilt = symbolic.law("b", 2), symbolic.weights("e", 2)
    reward, best = [beta * sp.log(e) for e in tilt], symbolic.tilted(base, tilt)
    soft = beta * sp.log(sum(p * e for p, e in zip(base, tilt, strict=True)))
    if trial.case.params["first"] == "nothing":
        policies, weight = [symbolic.law("a", 2)], [sp.Integer(1)]
    else:
        policies = [symbolic.law("a", 2), symbolic.law("c", 2)]
        weight = base if trial.case.params["first"] == "base token" else symbolic.law("w", 2)
    mixed = [sum(w * law[y] for w, law in zip(weight, policies, strict=True)) for y in range(2)]
    value = divergence = sp.Integer(0)
    for w, law in zip(weight, policies, strict=True):
        value += w * symbolic.objective(law, base, reward, beta)
        divergence += w * beta * symbolic.kl(law, best)
    if marginal:
        value = symbolic.objective(mixed, base, reward, beta)
    return symbolic.ratio(soft - value, divergence)


# --- all prefixes of a tree, by search ---------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """What is drawn before a token, `[K, A^h, Z]` per layer, and the token given it, `[K, A^h, Z, A]`."""

    log_weight: tuple[Floats, ...]
    log_given: tuple[Floats, ...]


def paired(world: Trees, drawn: Drawn) -> Trees:
    """The tree over pairs ``(z, a)``: the base policy draws both apart, the policy `a` given `z`.

    Prefixes are of tokens `a` only, so laws and rewards repeat over `z`. Sums over leaves of this tree are
    sums over all sequences of pairs.
    """
    count, tokens = len(world.beta), world.tokens
    place = np.zeros((1,), dtype=np.int64)
    base, policy = [], []
    for table, weight, given in zip(world.log_base, drawn.log_weight, drawn.log_given, strict=True):
        here, first, law = table[:, place], weight[:, place], given[:, place]
        base.append((first[..., :, None] + here[..., None, :]).reshape(count, place.size, -1))
        policy.append((first[..., :, None] + law).reshape(count, place.size, -1))
        after = place[:, None, None] * tokens + np.arange(tokens)[None, None, :]
        place = np.broadcast_to(after, (place.size, weight.shape[-1], tokens)).reshape(-1)
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
    drawn: Drawn | None = None,
    *,
    reverse: bool = False,
    first_only: bool = False,
    factor: float = 1.0,
) -> list[Floats]:
    """``beta sum_{h'>h} E_pi KL(pi_{h'} || pi*_{h'})`` at every prefix, `[K, A^h]` per length h from 1.

    With what is `drawn` first, ``E_z KL(pi(.|z) || pi*)``. False variants: the `reverse` divergence,
    the next layer `first_only`, a `factor` too many.
    """
    best = trees.conditionals(
        laws.optimal(trees.leaves(world.log_base), world.reward, world.beta), world.horizon, world.tokens
    )
    following: Floats = np.zeros((len(world.beta), world.tokens**world.horizon))
    found: list[Floats] = []
    for h in range(world.horizon - 1, 0, -1):
        later = following.reshape(len(following), -1, world.tokens)
        if drawn is None:
            law = world.log_policy[h]
            here = laws.kl(best[h], law) if reverse else laws.kl(law, best[h])
        else:
            given, weight = drawn.log_given[h], drawn.log_weight[h]
            here = laws.expectation(weight, laws.kl(given, best[h][:, :, None, :]))
            law = laws.log_sum_exp(np.swapaxes(weight[..., :, None] + given, -1, -2))
        rest = 0.0 if first_only else laws.expectation(law, later)
        following = factor * world.beta[:, None] * here + rest
        found.append(following)
    return found[::-1]


def turned(table: Floats) -> Floats:
    """`[K, S, A', A]`: the logits of `table` `[K, S, A]`, turned by the base token."""
    tokens = table.shape[-1]
    return np.stack([np.roll(table, shift, axis=-1) for shift in range(tokens)], axis=-2)


def base_tokens(world: Trees) -> Drawn:
    """A base token first; then the tree's policy, its logits turned by it."""
    return Drawn(world.log_base, tuple(laws.log_normalise(turned(table)) for table in world.log_policy))


def ceilings(world: Trees) -> Drawn:
    """What a step of the token oracle draws: base token, the better of two more, and whether it gives up.

    Scores are the logits of the tree's policy, turned by the base token. One candidate is drawn; it is
    accepted with chance `.9 min(1, e^(score - ceiling))`, so that giving up is always possible, and replaced
    by a base token else.
    """
    weights, givens = [], []
    for base, table in zip(world.log_base, world.log_policy, strict=True):
        score = turned(table)
        shape, tokens = score.shape[:3], score.shape[-1]
        better = np.full(score.shape, -np.inf)
        for one, two in product(range(tokens), repeat=2):
            top = np.where(score[..., one] >= score[..., two], one, two)[..., None]
            mass = np.broadcast_to((base[..., one] + base[..., two])[..., None], shape)
            here = np.take_along_axis(better, top, axis=-1)
            np.put_along_axis(better, top, np.logaddexp(here, mass[..., None]), axis=-1)
        log_accept = np.log(0.9) + np.minimum(score[..., None, :] - score[..., :, None], 0.0)
        joint = base[..., None, None, :] + log_accept
        p = np.exp(laws.log_sum_exp(joint))
        gives_up = np.log1p(-p)
        first = base[..., :, None] + better
        weight = np.stack([first + np.log(p), first + gives_up], axis=-1)
        fresh = np.broadcast_to(base[..., None, None, :], joint.shape)
        given = np.stack([laws.log_normalise(joint), fresh], axis=-2)
        weights.append(weight.reshape(*base.shape[:2], -1))
        givens.append(given.reshape(*base.shape[:2], -1, tokens))
    return Drawn(tuple(weights), tuple(givens))


FIRST = {"base token": base_tokens, "step": ceilings}


def sides(world: Trees, first: str) -> tuple[list[Floats], list[Floats]]:
    """Both sides at every prefix, `[K, A^h]` per length."""
    if first not in FIRST:
        return loss_by_responses(world), loss_by_tokens(world)
    drawn = FIRST[first](world)
    values = drawn.log_weight[0].shape[-1]
    # Prefixes of pairs with the same tokens have the same value, so the first of each is taken.
    left = []
    for h, loss in enumerate(loss_by_responses(paired(world, drawn)), start=1):
        shape = (len(loss), *(values, world.tokens) * h)
        left.append(loss.reshape(shape)[(slice(None), *(0, slice(None)) * h)].reshape(len(loss), -1))
    return left, loss_by_tokens(world, drawn)


def drawn_first(trial: Trial) -> str:
    """What the policies of the case draw before a token."""
    return str(trial.case.params.get("first", "nothing"))


def instance(trial: Trial) -> tuple[Trees, str]:
    """The trees on which the search drove the two sides furthest apart."""
    asked = drawn_first(trial)

    def distance(world: Trees) -> Floats:
        left, right = (np.concatenate(side, axis=-1) for side in sides(world, asked))
        return np.asarray(np.abs(left - right).max(axis=-1) / world.rounding())

    return trees.search(trial, distance), asked


def measure(instance: tuple[Trees, str]) -> Measurement:
    """``Q* - Q^pi`` at the worst prefix of each tree."""
    world, asked = instance
    left, right = (np.concatenate(side, axis=-1) for side in sides(world, asked))
    return _at_worst(world, left, right)


def bound(instance: tuple[Trees, str]) -> Bound:
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

    def both(instance: tuple[Trees, str]) -> tuple[Floats, Floats]:
        world = instance[0]
        wrong = np.concatenate(loss_by_tokens(world, **how), axis=-1)
        return np.concatenate(loss_by_responses(world), axis=-1), wrong

    def wrong_bound(instance: tuple[Trees, str]) -> Bound:
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
    """Trees whose pairs have at most 2^12 sequences; of steps, which have `A^2` ceilings twice, 2^8."""
    shapes = [("base-token", *shape) for shape in ((2, 2), (4, 2), (3, 3), (6, 2))]
    return tuple(
        Case(
            slug=f"{first}-h{h}-a{a}",
            params={"horizon": h, "tokens": a, "steps": 10, "first": first.replace("-", " ")},
            rows={"quick": 4, "full": 64} if a**h > 16 or first == "step" else {"quick": 16, "full": 256},
            tight=True,
        )
        for first, h, a in [*shapes, ("step", 2, 2)]
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
        "policies that draw some z by a law of the prefix first (a step's base token, ceiling and giving up) "
        "and whose returns count log-ratios given z, the same with E_z KL(pi(.|z) || pi*)."
    ),
    formula=r"Q^\star_h - Q^\pi_h = \beta \sum_{h'>h} \mathbb{E}_\pi\, \mathbb{E}_{z}\,"
    r"\mathrm{KL}(\pi_{h'}(\cdot \mid z) \,\Vert\, \pi^\star_{h'})",
    relation="==",
    scope="One later layer of two tokens by algebra, with anything of two values drawn first; every prefix "
    "of trees of up to 2^14 responses searched, up to 4^6 sequences of pairs with base tokens; whole steps "
    "on two layers.",
    source="Ours, for MTSS; the chain rule of the divergence from a prefix on, with F1.",
    uses=("F1", "T4"),
    checks=(
        Check(
            slug="algebra",
            evidence=Evidence.SYMBOLIC,
            cases=(
                Case(slug="plain", params={"first": "nothing"}, tight=True),
                Case(slug="base-token", params={"first": "base token"}, tight=True),
                Case(slug="any-first", params={"first": "anything"}, tight=True),
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
            why="the return counts the log-ratio of the law that forgets what was drawn first",
            check="algebra",
            measure=lambda trial: measure_algebra(trial, marginal=True),
            cases=("base-token", "any-first"),
        ),
        lie("reversed-divergence", "KL(pi* || pi) in place of KL(pi || pi*)", reverse=True),
        lie("next-layer-only", "only the next layer's error counts", first_only=True),
        lie("twice-the-divergence", "every divergence counts twice", factor=2.0),
    ),
    proofs=(proved_tokens.later_errors(sides),),
)

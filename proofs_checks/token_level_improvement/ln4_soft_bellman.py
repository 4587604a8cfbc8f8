"""LN4: soft Bellman optimality with rewards at every step and random moves, and what any other policy loses.

Statement. Let ``Q*_h(x, a) = r_h(x, a) + E[V*_{h+1}(x_{h+1}) | x, a]``, ``V*_h(x) = beta log E_{a~ref} exp(
Q*_h(x, a)/beta)``, ``V*_{H+1} = 0`` (Definition I.2), ``pi*_h ∝ pi_{h,ref} exp(Q*_h/beta)``, and ``Q^pi_h``
as in Definition I.1. For every policy, stage, state and action, and every law `p` on actions,

    (a) Q*_h(x, a) - Q^pi_h(x, a) = beta sum_{l>h} E_pi[KL(pi_l || pi*_l)(x_l) | x_h = x, a_h = a]  >= 0,
    (b) sum_a p(a) (Q*_h(x, a) - beta log(p(a)/pi_{h,ref}(a|x))) = V*_h(x) - beta KL(p || pi*_h(.|x)).

So ``Q*`` is the largest ``Q^pi`` and attained by ``pi*`` (Lemma N.4, first part), and ``pi*_h`` is the
maximiser of (b) and the only one (second part). (a) is T5 where moves are certain.

Why. (b): ``Q*_h(x, a) = V*_h(x) + beta log(pi*_h/pi_{h,ref})``. (a): ``Q*_h - Q^pi_h = E[V*_{h+1} -
V^pi_{h+1}]``, and ``V*_h - V^pi_h`` is ``beta KL(pi_h || pi*_h)``, by (b), and the mean over ``pi_h`` of
``Q*_h - Q^pi_h``.

As printed (Lemma N.4): the suprema; they hold. The last lines of the proof (170) have the mean over moves of
``Z = sum_a pi_{h,ref} exp(Q*_h/beta)`` where ``beta log Z`` is meant: with no rewards at all ``Q*`` is 0, and
that line 1.

What is checked. (a) and (b) on drawn processes of up to four stages exactly (`solved_processes`): ``Q^pi`` by
listing all trajectories, ``Q*`` by its definition. With one later stage of two states everything in symbols.
Processes of up to 32 stages as the package solves them: ``Q*`` against ``Q^{pi*}``.

What is not. Infinite state or action spaces.

Why trust it. ``Q^pi`` is a sum over trajectories; no divergence enters it.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory.exact import processes
from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    PrintedForm,
    Trial,
)
from proofs_checks.token_level_improvement import rational_processes as exact
from proofs_checks.token_level_improvement.pairs_of_policies import (
    RESOLUTION,
    LongPair,
    long_cases,
    long_pairs,
    roundings,
)
from proofs_checks.token_level_improvement.solved_processes import Solved, optimal_values, partition, solved

# --- in symbols ---------------------------------------------------------------------------------------------


def measure_algebra(_: Trial, *, outside: bool = False, certain: bool = False) -> Measurement:
    """The ratio of the two sides of (a) with one later stage of two states, proved to be one.

    False variants: the logarithm `outside` the mean over moves, ``beta log E_{x'} E_a exp(Q*/beta)``; moves
    as if `certain`.
    """
    import sympy as sp

    from explore_theory.certify import symbolic

    beta, moves = sp.Symbol("beta", positive=True), symbolic.law("m", 2)
    goes = [1, 0] if certain else moves
    soft = value = apart = heat = sp.Integer(0)
    for s, letter in enumerate("xy"):
        base, policy = symbolic.law(f"b{letter}", 2), symbolic.law(f"p{letter}", 2)
        tilt = symbolic.weights(f"e{letter}", 2)
        z = sum(p * e for p, e in zip(base, tilt, strict=True))
        soft += goes[s] * beta * sp.log(z)
        heat += goes[s] * z
        value += moves[s] * symbolic.objective(policy, base, [beta * sp.log(e) for e in tilt], beta)
        apart += moves[s] * beta * symbolic.kl(policy, symbolic.tilted(base, tilt))
    return symbolic.ratio((beta * sp.log(heat) if outside else soft) - value, apart)


# --- exact --------------------------------------------------------------------------------------------------


def losses(found: list[Solved]) -> Measurement:
    """``Q*_h - Q^pi_h`` at every stage, state and action: by Definition I.2, and by trajectories."""
    values = []
    for world in found:
        best = optimal_values(world.process)
        for h, s in world.process.places():
            for a in world.process.actions:
                own = exact.action_value_by_paths(world.process, world.policy, h, s, a)
                values.append(best[h][s][a] - own)
    return _measured(found, values)


def divergences(
    found: list[Solved], *, reverse: bool = False, next_only: bool = False, certain: bool = False
) -> Bound:
    """The right-hand side of (a), by induction over stages.

    False variants: the `reverse` divergence; the next stage only; as if actions led to their likeliest state
    for `certain`.
    """
    values: list[Any] = []
    for world in found:
        process = world.process
        tables: list[list[list[Any]]] = []
        after: list[Any] = [exact.ZERO for _ in process.states]
        for h in reversed(range(process.horizon)):
            later = [
                [_later(process, h, s, a, after, certain) for a in process.actions] for s in process.states
            ]
            after = []
            for s in process.states:
                first, second = (world.best, world.policy) if reverse else (world.policy, world.best)
                own = process.divergence(first, second, h, s)
                rest = exact.total(p * later[s][a] for a, p in enumerate(world.policy[h][s]) if p)
                after.append(own if next_only else own + rest)
            tables.insert(0, later)
        values.extend(tables[h][s][a] for h, s in process.places() for a in process.actions)
    return Bound.of(exact.flat(values))


def _later(process: exact.Process, h: int, s: int, a: int, after: list[Any], certain: bool) -> Any:
    if h + 1 == process.horizon or not certain:
        return process.expected(h, s, a, after)
    return after[exact.likeliest(process.moves[h][s][a]).index(Fraction(1))]


def one_step(found: list[Solved]) -> Measurement:
    """The left-hand side of (b) for the policy's law, at every stage and state."""
    values = []
    for world in found:
        best = optimal_values(world.process)
        for h, s in world.process.places():
            values.append(
                exact.total(
                    p * (best[h][s][a] - world.process.cost(world.policy, h, s, a))
                    for a, p in enumerate(world.policy[h][s])
                    if p
                )
            )
    return _measured(found, values)


def best_step(found: list[Solved], *, free: bool = False) -> Bound:
    """The right-hand side of (b), by the solution; false if the divergence is `free`, and the law is best."""
    return Bound.of(
        exact.flat(
            [
                world.process.beta * exact.log(world.scale[h][s])
                - (exact.ZERO if free else world.process.divergence(world.policy, world.best, h, s))
                for world in found
                for h, s in world.process.places()
            ]
        )
    )


def attained(found: list[Solved]) -> Measurement:
    """``Q^{pi*}_h`` at every stage, state and action, by trajectories."""
    return _measured(
        found,
        [
            exact.action_value_by_paths(world.process, world.best, h, s, a)
            for world in found
            for h, s in world.process.places()
            for a in world.process.actions
        ],
    )


def bellman(found: list[Solved]) -> Bound:
    """``Q*_h`` there, by Definition I.2."""
    return Bound.of(
        exact.flat(
            [
                value
                for world in found
                for stage in optimal_values(world.process)
                for state in stage
                for value in state
            ]
        )
    )


def _measured(found: list[Solved], values: list[Any]) -> Measurement:
    numbers = exact.flat(values)
    each = numbers.size // len(found)
    return Measurement.exact(
        numbers, effort=len(values), unit="values", witness=lambda k: found[k // each].describe()
    )


def solved_cases(*shapes: tuple[int, int, int], support: str = "any") -> tuple[Case, ...]:
    """Cases by ``(H, S, A)``."""
    return tuple(
        Case(
            slug=f"{support}-h{h}-s{s}-a{a}",
            params={"horizon": h, "states": s, "actions": a, "support": support},
            rows={"quick": 4 if h < 4 else 1, "full": 32 if h < 4 else 8},
            tight=True,
        )
        for h, s, a in shapes
    )


# --- long ---------------------------------------------------------------------------------------------------


def solved_values(found: list[LongPair]) -> Measurement:
    """``Q*_h`` at every stage, state and action, as the package solves it."""
    rows = [np.concatenate([q.reshape(-1) for q in processes.optimum(pair.process).q]) for pair in found]
    return Measurement.exact(
        np.concatenate(rows),
        error=roundings(found, len(rows[0])),
        unit="values",
        witness=lambda k: found[k // len(rows[0])].describe(),
    )


def values_of_the_best(found: list[LongPair], *, base: bool = False) -> Bound:
    """``Q^{pi*}_h`` there, as the package evaluates policies; false for the `base` policy."""
    rows = []
    for pair in found:
        best = processes.base_policy(pair.process) if base else processes.optimum(pair.process).log_policy
        q_of = processes.policy_values(pair.process, best).q
        rows.append(np.concatenate([q.reshape(-1) for q in q_of]))
    return Bound.of(np.concatenate(rows), error=roundings(found, len(rows[0])))


# --- as printed ---------------------------------------------------------------------------------------------


def no_rewards(_: Trial) -> exact.Process:
    """Two stages of one state and two actions, uniform base policy, no rewards."""
    half = exact.law((1, 1))
    return exact.Process(
        beta=Fraction(1),
        start=(Fraction(1),),
        base=[[half], [half]],
        reward=[[[exact.ZERO] * 2]] * 2,
        moves=[[[(Fraction(1),)] * 2]],
    )


def first_value(process: exact.Process) -> Measurement:
    """``Q*_1``, by Definition I.2: a rational number here."""
    return Measurement.exact(
        [optimal_values(process)[0][0][0][0]],
        witness=lambda _: {"stages": 2, "states": 1, "actions": 2, "rewards": "0", "Q*_1": "0"},
    )


def without_logarithm(process: exact.Process) -> Bound:
    """(170): ``r_1 + E sum_a pi_ref exp(Q*_2/beta)``."""
    reward = process.reward[0][0][0][0]
    return Bound.of([reward + partition(process, optimal_values(process)[1][0], 1, 0)])


CLAIM = Claim(
    id="LN4",
    slug="soft-bellman",
    theorem="token_level_improvement",
    title="Soft Bellman optimality with random moves, and what any policy loses",
    statement=(
        "In any decision process, Q*_h - Q^pi_h = beta sum_{l>h} E_pi[KL(pi_l || pi*_l) | x_h, a_h] for "
        "every policy, Q* by the soft Bellman recursion; and sum_a p(a)(Q*_h - beta log p/ref) = V*_h - "
        "beta KL(p || pi*_h) for every law p: so Q* is the largest Q^pi, and pi* attains it."
    ),
    formula=(
        r"Q^\star_h(x, a) - Q^\pi_h(x, a) = \beta \sum_{\ell > h} \mathbb{E}_\pi\big[\mathrm{KL}(\pi_\ell "
        r"\,\Vert\, \pi^\star_\ell)(x_\ell) \,\big|\, x_h = x, a_h = a\big] \ge 0"
    ),
    relation="==",
    scope="One later stage in symbols; drawn processes of up to four stages exactly; up to 32 in float64.",
    source="Lemma N.4 of Foster, Mhammedi, Rohatgi, COLT 2025; what is lost is ours, T5 with random moves.",
    uses=("F1",),
    checks=(
        Check(
            slug="algebra",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="one-later-stage", tight=True),),
            measure=measure_algebra,
            bound=lambda _: Bound.of(1.0),
        ),
        Check(
            slug="trajectories",
            evidence=Evidence.CERTIFIED,
            cases=(
                *solved_cases((2, 2, 2), (3, 3, 2), (4, 2, 3)),
                *solved_cases((3, 2, 2), support="full"),
            ),
            instance=solved,
            measure=losses,
            bound=divergences,
        ),
        Check(
            slug="one-step",
            evidence=Evidence.CERTIFIED,
            cases=solved_cases((2, 3, 3), (4, 2, 2)),
            instance=solved,
            measure=one_step,
            bound=best_step,
        ),
        Check(
            slug="long",
            evidence=Evidence.ADVERSARIAL,
            cases=long_cases(),
            instance=long_pairs,
            measure=solved_values,
            bound=values_of_the_best,
            resolution=RESOLUTION,
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="logarithm-outside",
            why="beta log E_{x'} E_a exp(Q*/beta): the logarithm outside the mean over moves",
            check="algebra",
            measure=lambda trial: measure_algebra(trial, outside=True),
        ),
        FalseVariant(
            slug="likeliest-moves",
            why="later divergences as if every action led to its likeliest state",
            check="trajectories",
            bound=lambda found: divergences(found, certain=True),
            cases=("any-h3-s3-a2",),
        ),
        FalseVariant(
            slug="next-stage-only",
            why="only the next stage's divergence counts",
            check="trajectories",
            bound=lambda found: divergences(found, next_only=True),
            cases=("any-h3-s3-a2",),
        ),
        FalseVariant(
            slug="reversed-divergence",
            why="KL(pi* || pi)",
            check="trajectories",
            bound=lambda found: divergences(found, reverse=True),
            cases=("full-h3-s2-a2",),
        ),
        FalseVariant(
            slug="every-law-is-best",
            why="without the divergence of the law in (b)",
            check="one-step",
            bound=lambda found: best_step(found, free=True),
        ),
        FalseVariant(
            slug="base-policy-attains",
            why="Q of the base policy in place of pi*'s",
            check="long",
            bound=lambda found: values_of_the_best(found, base=True),
        ),
    ),
    printed=(
        PrintedForm(
            slug="attained",
            item="Lemma N.4",
            page=113,
            says="pi* attains the largest Q^pi, which is Q*, and is the maximiser of the step",
            holds=True,
            check=Check(
                slug="attained",
                evidence=Evidence.CERTIFIED,
                cases=solved_cases((3, 2, 2)),
                instance=solved,
                measure=attained,
                bound=bellman,
            ),
            mended="(a) and (b) say by how much any other policy or law falls short.",
        ),
        PrintedForm(
            slug="without-logarithm",
            item="Lemma N.4",
            page=114,
            says="(170): the largest value is r + E sum_a pi_ref exp(Q*/beta)",
            step=True,
            holds=False,
            check=Check(
                slug="no-rewards",
                evidence=Evidence.EXHAUSTIVE,
                cases=(Case(slug="two-stages"),),
                instance=no_rewards,
                measure=first_value,
                bound=without_logarithm,
            ),
            mended="beta log of that sum inside the mean, as in Definition I.2; the lemma is not touched.",
        ),
    ),
)

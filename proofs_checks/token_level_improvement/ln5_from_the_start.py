"""LN5: the difference of two policies' regularised objectives, stage by stage; and what a gap is.

Statement. In any decision process with rewards at every step and random moves, for all policies ``pi``,
``pi'`` within the support of the base policy, with ``Q^pi_h`` as in Definition I.1,

    (a) J(pi) - J(pi') = sum_h E_pi'[ sum_a pi_h(a|x_h) (Q^pi_h(x_h, a) - beta log(pi_h/pi_{h,ref}))
                                    - sum_a pi'_h(a|x_h) (Q^pi_h(x_h, a) - beta log(pi'_h/pi_{h,ref})) ],
    (b) J(pi*) - J(pi) = beta sum_h E_pi[ KL(pi_h(.|x_h) || pi*_h(.|x_h)) ].

Why. (a) is LN6 at the first stage, in the mean over the start. (b) is (a) for ``pi*`` and ``pi' = pi``: by
``Q*_h = beta log(pi*_h/pi_{h,ref}) + V*_h(x)`` (LN4) the difference of the two sums over actions is ``beta
KL(pi_h || pi*_h)``. (b) is what the paper uses, and is T4 where moves are certain.

As printed (Lemma N.5): (a), for all policies; beyond the support of the base policy see LN6.

What is checked. (a) on drawn processes exactly, the left-hand side by listing all trajectories; (a) and (b)
on processes of up to 32 stages as the package evaluates them: `exact.processes.objective`, `gap`,
`occupancies` and `stage_divergences`.

What is not. Infinite state or action spaces.

Why trust it. Objectives are sums over trajectories, or backward inductions; what they are compared with goes
forward, by the laws of the states that are visited.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.exact import processes
from explore_theory.foundation import laws
from explore_theory.harness import (
    Bound,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    PrintedForm,
)
from proofs_checks.token_level_improvement import rational_processes as exact
from proofs_checks.token_level_improvement.pairs_of_policies import (
    RESOLUTION,
    RIGHT,
    LongPair,
    Pair,
    Wrong,
    difference,
    exact_cases,
    long_cases,
    long_pairs,
    pairs,
    roundings,
)

Floats = npt.NDArray[np.float64]


# --- exact --------------------------------------------------------------------------------------------------


def measured(found: list[Pair]) -> Measurement:
    """``J(pi) - J(pi')``, by trajectories from every start."""
    values = [_objective(pair, pair.policy) - _objective(pair, pair.other) for pair in found]
    return Measurement.exact(
        exact.flat(values),
        effort=len(found),
        unit="pairs of policies",
        witness=lambda k: found[k // len(exact.ZERO)].describe(),
    )


def _objective(pair: Pair, policy: exact.Policy) -> exact.Value:
    return exact.total(
        p * exact.value_by_paths(pair.process, policy, 0, s) for s, p in enumerate(pair.process.start) if p
    )


def stated(found: list[Pair], wrong: Wrong = RIGHT) -> Bound:
    """The right-hand side of (a), by induction."""
    return Bound.of(exact.flat([difference(pair, 0, pair.process.start, wrong) for pair in found]))


def lie(slug: str, why: str, **how: bool) -> FalseVariant:
    """A false variant of the exact check."""
    return FalseVariant(
        slug=slug,
        why=why,
        check="trajectories",
        bound=lambda found: stated(found, Wrong(**how)),
        cases=("h3-s3-a2",),
    )


# --- long ---------------------------------------------------------------------------------------------------


def objectives(found: list[LongPair]) -> Measurement:
    """``J(pi) - J(pi')``, as the package evaluates objectives."""
    values = [
        float(processes.objective(pair.process, pair.policy) - processes.objective(pair.process, pair.other))
        for pair in found
    ]
    return _long(found, values)


def by_visits(found: list[LongPair], *, swapped: bool = False, even: bool = False) -> Bound:
    """The right-hand side of (a), states weighed by `exact.processes.occupancies`.

    False variants: states as ``pi`` visits them (`swapped`); states counted evenly at the start (`even`).
    """
    values = []
    for pair in found:
        beta = pair.process.beta
        q_of = processes.policy_values(pair.process, pair.policy).q
        visited = processes.occupancies(pair.process, pair.policy if swapped else pair.other)
        sides = []
        for tables in (pair.policy, pair.other):
            rows = [
                (np.exp(table) * (q - beta * (table - stage.log_base))).sum(axis=-1)
                for table, q, stage in zip(tables, q_of, pair.process.stages, strict=True)
            ]
            weights = [np.exp(weight) for weight in visited]
            if even:
                weights[0] = np.full(len(weights[0]), 1 / len(weights[0]))
            sides.append(sum(float(w @ row) for w, row in zip(weights, rows, strict=True)))
        values.append(sides[0] - sides[1])
    return Bound.of(np.array(values), error=roundings(found))


def gaps(found: list[LongPair]) -> Measurement:
    """``J(pi*) - J(pi)``, as the package evaluates gaps."""
    return _long(found, [float(processes.gap(pair.process, pair.policy)) for pair in found])


def by_divergences(found: list[LongPair], *, reverse: bool = False, optimal: bool = False) -> Bound:
    """The right-hand side of (b), by `exact.processes.stage_divergences`.

    False variants: the `reverse` divergence, states as the `optimal` policy visits them; these are summed
    here.
    """
    values = []
    for pair in found:
        if not (reverse or optimal):
            values.append(float(processes.stage_divergences(pair.process, pair.policy).sum()))
            continue
        best = processes.optimum(pair.process).log_policy
        visited = processes.occupancies(pair.process, best if optimal else pair.policy)
        apart = [
            laws.kl(star, own) if reverse else laws.kl(own, star)
            for own, star in zip(pair.policy, best, strict=True)
        ]
        total = sum(float(np.exp(w) @ each) for w, each in zip(visited, apart, strict=True))
        values.append(pair.process.beta * total)
    return Bound.of(np.array(values), error=roundings(found))


def _long(found: list[LongPair], values: list[float]) -> Measurement:
    return Measurement.exact(
        np.array(values),
        error=roundings(found),
        unit="pairs of policies",
        witness=lambda k: found[k].describe(),
    )


def long_lie(slug: str, why: str, check: str, bound: Any) -> FalseVariant:
    """A false variant of a check of long processes."""
    return FalseVariant(slug=slug, why=why, check=check, bound=bound)


CLAIM = Claim(
    id="LN5",
    slug="from-the-start",
    theorem="token_level_improvement",
    title="Two policies' regularised objectives, stage by stage, with random moves",
    statement=(
        "In any decision process, for policies within the support of the base policy, J(pi) - J(pi') = "
        "sum_h E_pi'[sum_a pi_h (Q^pi_h - beta log pi_h/ref) - sum_a pi'_h (Q^pi_h - beta log pi'_h/ref)]; "
        "so J(pi*) - J(pi) = beta sum_h E_pi KL(pi_h || pi*_h)."
    ),
    formula=(
        r"J(\pi^\star) - J(\pi) = \beta \sum_{h=1}^{H} \mathbb{E}_{x_h \sim \pi}\, \mathrm{KL}(\pi_h(\cdot "
        r"\mid x_h) \,\Vert\, \pi^\star_h(\cdot \mid x_h))"
    ),
    relation="==",
    scope="Drawn processes of up to four stages exactly; up to 32 stages in float64.",
    source="Lemma N.5 of Foster, Mhammedi, Rohatgi, COLT 2025; (b) is how it is used there.",
    uses=("LN6", "LN4"),
    checks=(
        Check(
            slug="trajectories",
            evidence=Evidence.CERTIFIED,
            cases=exact_cases((2, 2, 2), (3, 3, 2), (4, 2, 3)),
            instance=pairs,
            measure=measured,
            bound=stated,
        ),
        Check(
            slug="objectives",
            evidence=Evidence.ADVERSARIAL,
            cases=long_cases(),
            instance=long_pairs,
            measure=objectives,
            bound=by_visits,
            resolution=RESOLUTION,
        ),
        Check(
            slug="gap",
            evidence=Evidence.ADVERSARIAL,
            cases=long_cases(),
            instance=long_pairs,
            measure=gaps,
            bound=by_divergences,
            resolution=RESOLUTION,
        ),
    ),
    false_variants=(
        lie("own-occupancy", "states are visited as by pi, not by pi'", swapped=True),
        lie("likeliest-moves", "as if every action led to its likeliest state", certain=True),
        lie("last-stage-unpaid", "Q^pi without the log-ratio of the last stage", unpaid=True),
        long_lie(
            "even-starts",
            "starts counted evenly",
            "objectives",
            lambda found: by_visits(found, even=True),
        ),
        long_lie(
            "own-occupancy-long",
            "states are visited as by pi",
            "objectives",
            lambda found: by_visits(found, swapped=True),
        ),
        long_lie(
            "reversed-divergence",
            "KL(pi* || pi)",
            "gap",
            lambda found: by_divergences(found, reverse=True),
        ),
        long_lie(
            "optimal-occupancy",
            "states are visited as by pi*",
            "gap",
            lambda found: by_divergences(found, optimal=True),
        ),
    ),
    printed=(
        PrintedForm(
            slug="as-printed",
            item="Lemma N.5",
            page=114,
            says="(a), for all policies",
            holds=True,
            check=Check(
                slug="printed",
                evidence=Evidence.CERTIFIED,
                cases=exact_cases((3, 2, 2)),
                instance=pairs,
                measure=measured,
                bound=stated,
            ),
            mended="pi has to stay within the support of the base policy where pi' goes, see LN6.",
        ),
    ),
)

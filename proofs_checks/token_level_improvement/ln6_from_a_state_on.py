"""LN6: the difference of two policies' regularised values from a state on, stage by stage.

Statement. In any decision process with rewards ``r_l`` at every step, for all policies ``pi``, ``pi'`` within
the support of the base policy, every stage `h` and state `x`, with ``c_l = beta log(pi_l/pi_{l,ref})``,
``c'_l`` alike and ``Q^pi_l`` as in Definition I.1 (it counts ``c`` after stage `l` only),

    E_pi[sum_{l>=h} r_l - c_l | x_h = x] - E_pi'[sum_{l>=h} r_l - c'_l | x_h = x]
      = sum_{l>=h} E_pi'[ sum_a pi_l(a|x_l) (Q^pi_l(x_l, a) - c_l)
                          - sum_a pi'_l(a|x_l) (Q^pi_l(x_l, a) - c'_l) | x_h = x ].

Why. With ``V_l(x) = sum_a pi_l(a|x)(Q^pi_l(x, a) - c_l)``, ``V_{H+1} = 0`` and ``Q^pi_l = r_l + E[V_{l+1}]``,
the right-hand side is ``sum_l E_pi'[V_l(x_l) - r_l - V_{l+1}(x_{l+1}) + c'_l]``, which telescopes to the
left-hand one. What the costs are does not matter: it holds for any ``c``, ``c'``, and log-ratios are an
instance. Nor need ``pi`` take what ``pi'`` takes, as in the printed proof (its (173) has ``log pi'/pi``).

As printed (Lemma N.6): so, "for all policies". Beyond the support of the base policy it may say nothing: let
``pi`` leave it in a state that ``pi'`` reaches and ``pi`` does not; the left-hand side is a number, and the
right-hand one has ``+infinity`` from the stage before and ``-infinity`` from this one. A step of the proof,
the last line of (174), has the rewards after stage `j` under ``pi'`` up to `j` - 1 in place of `j`.

What is checked. Two stages with two states each and random moves, everything in symbols. Drawn processes of
up to four stages, at every stage and state, both sides exactly (combinations of one and logarithms): the left
by listing all trajectories, the right by induction over stages; policies leave out actions of each other's.
And processes of up to 32 stages as the package evaluates them.

What is not. Infinite state or action spaces: the telescoping is the same.

Why trust it. The left-hand side is a sum over trajectories and knows nothing of ``Q``.
"""

from fractions import Fraction
from itertools import product
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


def measure_algebra(_: Trial, *, certain: bool = False, own: bool = False) -> Measurement:
    """The ratio of the two sides for two stages, two states and two actions, and any costs: proved to be one.

    False variants: moves as if `certain` (to the first state) in the second stage; ``Q^pi`` pays its `own`
    log-ratio.
    """
    import sympy as sp

    from explore_theory.certify import symbolic

    # The stage and state: the first, then the two of the second stage.
    policy, other = ([symbolic.law(f"{name}{part}", 2) for part in "xyz"] for name in ("p", "q"))
    reward, cost, other_cost = (
        [symbolic.weights(f"{name}{part}", 2) for part in "xyz"] for name in ("r", "c", "d")
    )
    moves = [symbolic.law(f"m{part}", 2) for part in "xy"]

    def by_paths(law: Any, paid: Any) -> Any:
        found = sp.Integer(0)
        for a, s, b in product(range(2), repeat=3):
            earned = reward[0][a] - paid[0][a] + reward[1 + s][b] - paid[1 + s][b]
            found += law[0][a] * moves[a][s] * law[1 + s][b] * earned
        return found

    value = [sum(policy[k][b] * (reward[k][b] - cost[k][b]) for b in range(2)) for k in (1, 2)]
    q = [[reward[0][a] + sum(moves[a][s] * value[s] for s in range(2)) for a in range(2)], *reward[1:]]
    goes = [[1, 0], [1, 0]] if certain else moves
    weight = [1, *(sum(other[0][a] * goes[a][s] for a in range(2)) for s in range(2))]
    right = sp.Integer(0)
    for k, a in product(range(3), range(2)):
        counted = q[k][a] - cost[k][a] if own else q[k][a]
        right += weight[k] * policy[k][a] * (counted - cost[k][a])
        right -= weight[k] * other[k][a] * (counted - other_cost[k][a])
    return symbolic.ratio(by_paths(policy, cost) - by_paths(other, other_cost), right)


def measured(found: list[Pair]) -> Measurement:
    """The difference of the values of the two policies, at every stage and state, by trajectories."""
    values = [
        exact.value_by_paths(pair.process, pair.policy, h, s)
        - exact.value_by_paths(pair.process, pair.other, h, s)
        for pair in found
        for h, s in pair.process.places()
    ]
    each = exact.flat(values).size // len(found)
    return Measurement.exact(
        exact.flat(values),
        effort=len(values),
        unit="states",
        witness=lambda k: found[k // each].describe(),
    )


def stated(found: list[Pair], wrong: Wrong = RIGHT) -> Bound:
    """The right-hand side there, by induction."""
    return Bound.of(
        exact.flat(
            [
                difference(pair, h, exact.point(pair.process, s), wrong)
                for pair in found
                for h, s in pair.process.places()
            ]
        )
    )


def long_measured(found: list[LongPair]) -> Measurement:
    """``V^pi - V^pi'`` at every state of the first stage, by the package."""
    rows = [
        processes.policy_values(pair.process, pair.policy).value[0]
        - processes.policy_values(pair.process, pair.other).value[0]
        for pair in found
    ]
    return Measurement.exact(
        np.concatenate(rows),
        error=roundings(found, len(rows[0])),
        unit="states",
        witness=lambda k: found[k // len(rows[0])].describe(),
    )


def long_stated(found: list[LongPair], *, swapped: bool = False) -> Bound:
    """The right-hand side there: the package's ``Q^pi``, and states as ``pi'`` visits them."""
    rows = [_by_stages(pair, swapped) for pair in found]
    return Bound.of(np.concatenate(rows), error=roundings(found, len(rows[0])))


def _by_stages(pair: LongPair, swapped: bool) -> Any:
    """`[S]`: from every first state, backward: what stage `l` adds, and then as ``pi'`` moves."""
    q_of = processes.policy_values(pair.process, pair.policy).q
    ahead: Any = np.zeros(1)
    for stage, q, own, other in reversed(
        list(zip(pair.process.stages, q_of, pair.policy, pair.other, strict=True))
    ):
        here = np.exp(own) * (q - pair.process.beta * (own - stage.log_base))
        there = np.exp(other) * (q - pair.process.beta * (other - stage.log_base))
        goes = np.exp(own if swapped else other)
        later = 0.0 if stage.moves is None else (goes * (stage.moves @ ahead)).sum(axis=-1)
        ahead = here.sum(axis=-1) - there.sum(axis=-1) + later
    return ahead


def lie(slug: str, why: str, **how: bool) -> FalseVariant:
    """A false variant of the exact check."""
    return FalseVariant(
        slug=slug,
        why=why,
        check="trajectories",
        bound=lambda found: stated(found, Wrong(**how)),
        cases=("h3-s3-a2",),
    )


# --- as printed ---------------------------------------------------------------------------------------------


def two_stages(_: Trial) -> Pair:
    """Two stages of two states and actions, uniform base policy; only ``pi'`` differs, at the first stage."""
    half, first, second = exact.law((1, 1)), exact.law((1, 0)), exact.law((0, 1))
    even = [[half, half], [half, half]]
    return Pair(
        exact.Process(
            beta=Fraction(1),
            start=first,
            base=even,
            reward=[
                [[exact.ZERO, exact.ZERO]] * 2,
                [[exact.number(0)] * 2, [exact.number(1)] * 2],
            ],
            moves=[[[first, second], [first, second]]],
        ),
        even,
        [[second, half], [half, half]],
    )


def measured_at_start(pair: Pair) -> Measurement:
    """The left-hand side of (174) for ``h = j = 1``: the difference of the two values of the first state."""
    value = exact.value_by_paths(pair.process, pair.policy, 0, 0) - exact.value_by_paths(
        pair.process, pair.other, 0, 0
    )
    return Measurement.exact(
        value,
        witness=lambda k: {
            "coefficient of": ("1", "log 2", "log 3", "log 5", "log 7")[k],
            "pi'": "takes the second action at the first stage, base and pi take either",
            "reward": "1 at the second stage after the second action",
        },
    )


def last_line(pair: Pair) -> Bound:
    """The last line of (174) as printed: the rewards after stage `j` under ``pi`` from stage `j` on."""
    process, policy, other = pair.process, pair.policy, pair.other
    q_of = exact.action_values(process, policy)
    here = exact.ZERO
    for law, sign in ((policy, 1), (other, -1)):
        for a, p in enumerate(law[0][0]):
            if p:
                here = here + sign * p * (q_of[0][0][a] - process.cost(policy, 0, 0, a))
    for a, p in enumerate(other[0][0]):
        if p:
            here = here + p * process.beta * exact.log(p / policy[0][0][a])
    later = exact.ZERO
    for law, sign in ((policy, 1), (other, -1)):
        for s, weight in enumerate(exact.occupancy(process, law, 0, exact.point(process, 0))[1]):
            later = later + sign * weight * exact.value_by_paths(process, law, 1, s)
    return Bound.of(here + later)


def exact_check(slug: str, *cases: Case) -> Check:
    """Both sides exactly, on drawn processes."""
    return Check(
        slug=slug,
        evidence=Evidence.CERTIFIED,
        cases=cases,
        instance=pairs,
        measure=measured,
        bound=stated,
    )


CLAIM = Claim(
    id="LN6",
    slug="from-a-state-on",
    theorem="token_level_improvement",
    title="Two policies' regularised values from a state on, stage by stage",
    statement=(
        "In any decision process, for policies within the support of the base policy, V^pi_h(x) - "
        "V^pi'_h(x) = sum_{l>=h} E_pi'[sum_a pi_l (Q^pi_l - beta log pi_l/ref) - sum_a pi'_l (Q^pi_l - beta "
        "log pi'_l/ref) | x_h = x]; for any costs in place of the log-ratios too."
    ),
    formula=(
        r"V^\pi_h(x) - V^{\pi'}_h(x) = \sum_{\ell \ge h} \mathbb{E}_{\pi'}\Big[\sum_a \pi_\ell(a) "
        r"\big(Q^\pi_\ell - \beta \log\tfrac{\pi_\ell}{\pi_{\ell,\mathrm{ref}}}\big) - \sum_a \pi'_\ell(a) "
        r"\big(Q^\pi_\ell - \beta \log\tfrac{\pi'_\ell}{\pi_{\ell,\mathrm{ref}}}\big) \,\Big|\, x_h = x\Big]"
    ),
    relation="==",
    scope="Two stages in symbols; drawn processes of up to four stages exactly; up to 32 stages in float64.",
    source="Lemma N.6 of Foster, Mhammedi, Rohatgi, COLT 2025; that any costs do is ours.",
    checks=(
        Check(
            slug="algebra",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="two-stages", tight=True),),
            measure=measure_algebra,
            bound=lambda _: Bound.of(1.0),
        ),
        exact_check("trajectories", *exact_cases((2, 2, 2), (3, 3, 2), (4, 2, 3))),
        Check(
            slug="long",
            evidence=Evidence.ADVERSARIAL,
            cases=long_cases(),
            instance=long_pairs,
            measure=long_measured,
            bound=long_stated,
            resolution=RESOLUTION,
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="likeliest-in-symbols",
            why="the second stage is visited as if moves were certain",
            check="algebra",
            measure=lambda trial: measure_algebra(trial, certain=True),
        ),
        lie("own-occupancy", "states are visited as by pi, not by pi'", swapped=True),
        lie("likeliest-moves", "as if every action led to its likeliest state", certain=True),
        lie("last-stage-unpaid", "Q^pi without the log-ratio of the last stage", unpaid=True),
        lie("own-log-ratio", "Q^pi pays the log-ratio of its own stage too", own=True),
        FalseVariant(
            slug="own-occupancy-long",
            why="states are visited as by pi",
            check="long",
            bound=lambda found: long_stated(found, swapped=True),
        ),
    ),
    printed=(
        PrintedForm(
            slug="as-printed",
            item="Lemma N.6",
            page=114,
            says="for all policies, every stage and state",
            holds=True,
            check=exact_check("printed", *exact_cases((3, 2, 2))),
            mended=(
                "pi has to stay within the support of the base policy where pi' goes: else the right-hand "
                "side may be infinity minus infinity. Any costs in place of the log-ratios do."
            ),
        ),
        PrintedForm(
            slug="later-rewards",
            item="Lemma N.6",
            page=116,
            says="(174): rewards after stage j under pi' before stage j, pi from j on",
            step=True,
            holds=False,
            check=Check(
                slug="last-line",
                evidence=Evidence.CERTIFIED,
                cases=(Case(slug="two-stages"),),
                instance=two_stages,
                measure=measured_at_start,
                bound=last_line,
            ),
            mended="under pi' up to stage j, as two lines before; the lemma is not touched.",
        ),
    ),
)

"""LH1: Lemma H.1's program, run: a proper learner that is told that nothing pays decides about a formula.

Statement. A proper learner makes at most `T` reward queries on the embedding of a formula of clauses of up to
`k` literals (LH2, features ``f_i/|S_i|``), and has regret above ``epsilon`` with probability at most ``zeta``
where an assignment of share `v` is worth something. `Alg'` runs it with rewards 0; of all parameters played
and the returned one it takes one with the most mass off response 0, and says YES if its signs satisfy more
than a share ``tau`` of the clauses. With ``q = e^{-1/beta}``,

1. YES shows an assignment of share above ``tau``: where there is none it says NO, always;
2. if ``v/(1 - q + v) - (epsilon/(2 beta))^(1/2) > c``, ``c = u/(1 - q + u)``, ``u = tau + (1 - tau)
   e^{-1/(beta k)}``, it says YES with probability at least ``(1 - c)^T - zeta``, which is attained;
3. it makes the learner's calls and no more, and looks at no more than ``T + 1`` parameters;
4. printed are ``tau = delta/(16 T)``, ``beta = 1/(k^2 log(16/delta))``, ``epsilon = delta^2 beta/16``: for ``v
   >= delta``, ``T <= 2^k``, ``zeta = 1/4`` (2) gives at least .57, and 2/3 for ``k >= 2``; with rewards in
   [0, 1] and ``k >= 2`` at least .49. Printed is 1/4.

Why. (1) and (3) by construction. (2) Both worlds show the same until the first clause. NO implies that all
parameters have mass at most `c` (LH2). That a clause is shown before a heavier one is played has probability
at most ``1 - (1 - c)^T``. Without a clause the learner returns what it would where the assignment pays, and
a policy of mass at most `c` has regret above ``epsilon`` there (LH2, and LH3 with its factor 2).
*Attained* by a learner that plays a parameter of mass `c` and returns ``theta*`` unless a clause did not pay.
(4) `c` increases with ``delta``, so ``delta = 1`` is the worst. The hypothesis of (2): ``delta/(1 + delta) -
delta/32^(1/2) > .32 delta``, and ``c <= u <= delta/8``, since ``u >= q``. ``T <= 2^k`` is needed only to keep
``T c`` small: at ``tau`` of (4) any ``T`` well below ``(16/delta)^k`` will do. `sharp_threshold` keeps 1/2
at the largest ``tau``, near ``1/(4 T)``: without the factor ``delta/4``.

As printed, features are divided by `k`. Then a formula of short clauses is not decided: on ``!x1`` with ``k =
2`` the base policy has regret ``beta delta^2/256`` at most, so that a learner may return it, and NO is certain.
Footnote 17 takes mass ``1/(4 T)`` as proof of a share above ``delta/(16 T)`` for all ``k >= 2``: at ``k = 2``,
``delta = .99`` it is none. For ``k >= 3`` it is, as ``T u <= 1/16 + 2^{-k}``. At ``k = 1``, ``delta > 2/3``
the last inequality of page 65 fails, though what it is to show is true. The lemma survives all three, by (4).

What is checked. (2) for every learner that plays parameters in ``{-1, 0, 1}^n``, on every formula of up to 3
clauses on 1 and 2 variables, in rationals, beta .12 and .79 (``games``). ``yes``: (2) for runs of proper
learners of ours, where they are seen to keep their promise; ``sound`` and ``cost``: (1) and (3) in every run.
(4) exactly, ``k <= 6`` and every `T`. Formulas: values by all assignments (`planted`, `spread`), planted
beyond (`large`), by construction (`repeated` squares, `patterns`, `contradictory`) or by integer programming
(`bounded`); 200 and more in the full tier.

What is not. Hard formulas, and learners that need few queries there: there are none under rETH.

Why trust it. Games sum over what a learner sees; runs count literals, and know no masses.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory import exact
from explore_theory.algorithms import decide
from explore_theory.algorithms.proper.reduction import printed_accuracy
from explore_theory.formulas import MixedFormula
from explore_theory.harness import (
    Assumption,
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    PrintedForm,
    Resolution,
    Tally,
    Trial,
)
from explore_theory.policies import Base
from proofs_checks.proper_policy_hardness.clauses import Clause, all_clauses, all_formulas
from proofs_checks.proper_policy_hardness.hunts import BaseOnly
from proofs_checks.proper_policy_hardness.reduction_games import (
    Answer,
    Instance,
    Learner,
    described,
    heaviest,
    learners,
    lightest,
    only_final,
    says_yes,
    success,
    thresholds,
    without_final,
)
from proofs_checks.proper_policy_hardness.reduction_runs import DELTA, Group, groups

NEVER: Clause = frozenset({1, -1})
SIZES = (Fraction(1, 2), Fraction(9, 10))
QUARTER, ONE = Fraction(1, 4), Fraction(1)


# --- every small learner ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Game:
    """A learner on an instance, its threshold, and the probability that it fails."""

    instance: Instance
    learner: Learner
    tau: Fraction
    k: int
    zeta: Fraction

    @property
    def stated(self) -> Fraction:
        """``(1 - c)^T - zeta``."""
        return (1 - self.instance.bound(self.tau, self.k)) ** len(self.learner.plays) - self.zeta


def games(trial: Trial, *, failing: bool = False) -> list[Game]:
    """All formulas and learners of the case, at all thresholds ``j/m`` that are allowed.

    Those that fail so often that the statement is empty are left out, if not `failing`.
    """
    n, k, m, T = (int(trial.case.params[name]) for name in ("n", "k", "m", "T"))
    found: list[Game] = []
    for formula in all_formulas([*all_clauses(n, k), NEVER], m):
        for t in SIZES:
            instance = Instance(formula, n, t)
            if taus := thresholds(instance, k):
                for learner in learners(n, T):
                    zeta = 1 - success(instance, learner)
                    every = (Game(instance, learner, tau, k, zeta) for tau in taus)
                    found += [game for game in every if failing or game.stated > 0]
    return found


def yes_in_games(found: list[Game], answer: Answer = heaviest) -> Measurement:
    """The probability of YES where nothing pays."""
    return Measurement.exact(
        [says_yes(game.instance, game.learner, game.tau, answer) for game in found],
        unit="games",
        witness=lambda j: described(found[j].instance, found[j].learner, found[j].tau),
    )


def stated_in_games(found: list[Game]) -> Bound:
    """``(1 - c)^T - zeta``."""
    return Bound.of([game.stated for game in found])


def without_failures(found: list[Game]) -> Bound:
    """False: ``(1 - c)^T``, whatever the learner's failures."""
    return Bound.of([game.stated + game.zeta for game in found])


def without_floor(found: list[Game]) -> Bound:
    """False: `c` at ``u = tau``."""
    floorless: list[Fraction] = []
    for game in found:
        q = game.instance.t**12
        c = game.tau / (1 - q + game.tau)
        floorless.append((1 - c) ** len(game.learner.plays) - game.zeta)
    return Bound.of(floorless)


# --- the printed constants ----------------------------------------------------------------------------------


def printed_confidence(trial: Trial, power: int = 1) -> Measurement:
    """``(1 - c)^T - 1/4`` at the printed parameters, ``delta = 1``, for every ``T <= 2^k``."""
    k = int(trial.case.params["k"])
    shifted = trial.case.params["rewards"] == "0 to 1"
    q = Fraction(1, 16 ** (k * k))
    found: list[Fraction] = []
    for T in range(1, 2 ** (k * power) + 1):
        # e^{-1/(2 beta k)} = 4^{-k}, where rewards are shifted.
        w, tau = Fraction(1, (4 if shifted else 16) ** k), Fraction(1, 16 * T)
        u = tau + (1 - tau) * w
        found.append((1 - u / (1 - q + u)) ** T - QUARTER)
    return Measurement.exact(found, unit="numbers of queries", witness=lambda j: {"k": k, "T": j + 1})


def confidence(trial: Trial) -> Bound:
    """What (4) says: .57, 2/3, or .49."""
    if trial.case.params["rewards"] == "0 to 1":
        return Bound.of(Fraction(49, 100))
    return Bound.of(Fraction(57, 100) if int(trial.case.params["k"]) == 1 else Fraction(2, 3))


# --- runs ---------------------------------------------------------------------------------------------------


def yes(world: tuple[Group, ...]) -> Tally:
    """How often the answer is YES."""
    said = np.concatenate([group.decision.yes for group in world])
    return Tally(successes=int(said.sum()), trials=said.size)


def stated_for_runs(world: tuple[Group, ...]) -> Bound:
    """``(1 - c)^T - 1/4``, the least of the formulas."""
    least = []
    for group in world:
        assert group.problem.k is not None
        tau = float(group.decision.threshold)
        q = np.exp(-1 / group.problem.beta)
        u = tau + (1 - tau) * np.exp(-1 / (group.problem.beta * group.problem.k))
        least.append((1 - u / (1 - q + u)) ** group.queries - 0.25)
    return Bound.of(float(min(least)))


def keeps_promise(world: tuple[Group, ...]) -> bool:
    """Accurate in three runs of four where the assignment pays."""
    return bool(np.mean(np.concatenate([group.alone(pays=True)[0] for group in world])) >= 0.75)


def valuable(world: tuple[Group, ...]) -> bool:
    """Every formula has an assignment of share ``delta``."""
    return all(group.known.least >= DELTA * group.known.formula.m for group in world)


Rule = Callable[[Group], tuple[Any, int]]


def as_decided(group: Group) -> tuple[Any, int]:
    """The answers, and the least number of clauses above the threshold."""
    exceed = group.decision.threshold * group.known.formula.m
    return group.decision.yes, exceed.numerator // exceed.denominator + 1


def at_the_threshold(group: Group) -> tuple[Any, int]:
    """False: YES at the threshold already."""
    _, needed = as_decided(group)
    share = [Fraction(int(found), group.known.formula.m) for found in group.decision.satisfied]
    return np.array([x >= group.decision.threshold for x in share]), needed


def gap_dropped(group: Group) -> tuple[Any, int]:
    """False: YES is taken for a share of ``delta``."""
    return group.decision.yes, int(np.ceil(DELTA * group.known.formula.m))


def proved_by_yes(world: tuple[Group, ...], rule: Rule = as_decided) -> Measurement:
    """In every row the clauses that YES promises, twice; 0 after NO."""
    promised: list[int] = []
    for group in world:
        said, needed = rule(group)
        for answer in said:
            promised += [needed * bool(answer)] * 2
    return Measurement.exact(promised, effort=len(promised) // 2, unit="runs")


def known_of_formula(world: tuple[Group, ...]) -> Bound:
    """In every row the clauses that the assignment shown satisfies, and the most that any does."""
    return Bound.of(
        [
            count
            for group in world
            for signs in group.decision.assignment
            for count in (group.known.count(signs), group.known.most)
        ]
    )


def spent(world: tuple[Group, ...]) -> Measurement:
    """In every row parameters compared, reward queries, and oracle calls."""
    columns = [(g.decision.parameters, g.decision.queries, g.decision.calls) for g in world]
    rows = np.concatenate([np.stack(group, axis=-1) for group in columns])
    return Measurement.exact(rows.ravel(), effort=len(rows), unit="runs")


def allowed(world: tuple[Group, ...], *, final: int = 1, factor: float = 1.0) -> Bound:
    """``T + 1``, `T`, and the calls of the learner alone."""
    found: list[float] = []
    for group in world:
        for calls in group.alone(pays=False)[1].compute:
            found += [group.queries + final, group.queries, factor * calls]
    return Bound.of(found)


def swapped(world: tuple[Group, ...]) -> Tally:
    """False: YES if the share is at most the threshold."""
    honest = yes(world)
    return replace(honest, successes=honest.trials - honest.successes)


def run(
    kind: str,
    learner: str,
    rounds: int,
    sizes: tuple[int, int, int],
    *,
    quick: int = 0,
    full: int,
    threshold: str = "sharp",
    tight: bool = False,
) -> Case:
    """Rows of a learner on formulas of a kind, ``(m, k, n)``, four to a formula."""
    rows = {"full": full} | ({"quick": quick} if quick else {})
    m, k, n = sizes
    return Case(
        slug=f"{kind}-{learner}" + ("-printed" if threshold == "printed" else ""),
        params={
            "kind": kind,
            "learner": learner,
            "rounds": rounds,
            "threshold": threshold,
            "m": m,
            "k": k,
            "n": n,
        },
        rows=rows,
        tiers=tuple(rows),
        tight=tight,
    )


# --- what is printed ----------------------------------------------------------------------------------------

#: For ``k = 1, 2`` a `t` at which ``e^{-1/beta} = (delta/16)^{k^2}`` makes ``delta`` rational, near .95.
PRINTED_SIZES = {1: Fraction(79, 100), 2: Fraction(39, 100)}


def games_as_printed(trial: Trial) -> list[Game]:
    """Learners that succeed with probability 3/4, at the printed beta and threshold, ``v >= delta``."""
    n, k, m, T = (int(trial.case.params[name]) for name in ("n", "k", "m", "T"))
    t = PRINTED_SIZES[k]
    delta = 16 * t ** (12 // (k * k))
    found: list[Game] = []
    for formula in all_formulas([*all_clauses(n, k), NEVER], m):
        instance = Instance(formula, n, t)
        if instance.shares[instance.ones] >= delta:
            for learner in learners(n, T):
                if (zeta := 1 - success(instance, learner)) <= QUARTER:
                    found.append(Game(instance, learner, delta / (16 * T), k, zeta))
    return found


def footnote(_: Trial) -> Measurement:
    """The share of ``x1 & x2`` and 99 clauses ``x1 & !x3``, ``k = 2``, where a theta has mass ``1/(4 T)``."""
    delta, T, m = Fraction(99, 100), 4, 100
    q, w = (delta / 16) ** 4, delta / 16
    # theta = (1, 1, 0): <theta, phi> is 1 on the first clause and 3/4 on the others, features halved.
    weight = (1 + (m - 1) * w) / m
    heavy = weight / (1 - q + weight) >= Fraction(1, 4 * T)
    return Measurement.exact(
        [Fraction(1, m)],
        applicable=np.array([heavy]),
        unit="instances",
        witness=lambda _: {
            "formula": "x1 & x2, and 99 times x1 & !x3",
            "k": 2,
            "T": T,
            "delta": str(delta),
            "theta": "(1, 1, 0), sgn 0 = 1",
            "mass": f"{float(weight / (1 - q + weight)):.4f} >= 1/16",
            "share": "1/100",
        },
    )


def short_clause(_: Trial) -> Measurement:
    """How often `Alg'` says YES to the formula ``!x1`` at ``k = 2``, features over `k`; the value is 1."""
    formula, delta = MixedFormula([[-1]], 2), 0.99
    from explore_theory.algorithms.proper.reduction import printed_beta
    from explore_theory.problems import SinglePromptDNF

    signs = np.array([-1, 1], dtype=np.int8)
    world = SinglePromptDNF(
        formula=formula, beta=printed_beta(2, delta), k=2, features="printed", assignment=signs
    )
    gap = float(exact.gap(world, Base())[0])
    said = decide(formula, BaseOnly(rounds=2), delta=delta, k=2, features="printed", replicates=64).yes
    return Measurement.exact(
        [Fraction(int(said.sum()), said.size)],
        applicable=np.array([gap <= printed_accuracy(2, delta)]),
        effort=said.size,
        unit="runs",
        witness=lambda _: {
            "formula": "!x1",
            "k": 2,
            "delta": delta,
            "pays": "x1 = -1",
            "played, returned": "theta = 0, sgn 0 = 1",
            "regret": f"{gap:.1e}",
            "epsilon": f"{printed_accuracy(2, delta):.1e}",
        },
    )


def game(n: int, k: int, m: int, T: int, *, full: bool = False) -> Case:
    """All learners of `T` queries on all formulas of a size."""
    return Case(
        slug=f"n{n}-k{k}-m{m}-t{T}",
        params={"n": n, "k": k, "m": m, "T": T},
        tight=True,
        tiers=("full",) if full else ("quick", "full"),
    )


PROBABILITY = Resolution(absolute=0.02)

CLAIM = Claim(
    id="LH1",
    slug="formula-decision",
    theorem="proper_policy_hardness",
    title="A proper learner that is told that nothing pays decides about a formula",
    statement=(
        "Alg' runs a proper learner of T reward queries on the embedding of a formula with all rewards 0, "
        "takes of all its parameters one with the most mass off 0, and says YES if its signs satisfy more "
        "than a share tau of the clauses. No such assignment: NO. If the learner has regret above eps with "
        "probability at most zeta where an assignment of share v pays, and v/(1-q+v) - sqrt(eps/(2 beta)) > "
        "c = u/(1-q+u), u = tau + (1-tau) e^{-1/(beta k)}: YES with probability at least (1-c)^T - zeta, "
        "attained; at the printed parameters at least .57, and 2/3 for k >= 2. It costs the learner's own "
        "calls, and T + 1 masses."
    ),
    formula=(
        r"P(\text{YES}) \ge (1 - c)^T - \zeta, \qquad c = \frac{u}{1 - q + u}, \quad "
        r"u = \tau + (1 - \tau) e^{-1/(\beta k)}"
    ),
    relation=">=",
    scope=(
        "Every learner on a grid of parameters on every formula of up to 3 clauses on 1 and 2 variables, in "
        "rationals; learners of ours on formulas of seven kinds (planted, large, repeated, spread, patterns, "
        "contradictory, bounded), m to 400, n to 30. Reduction verified; hardness conditional on rETH."
    ),
    source="Lemma H.1 of Foster, Mhammedi, Rohatgi, COLT 2025, with other features; the sharp form: ours.",
    uses=("LH2", "LH3"),
    checks=(
        Check(
            slug="games",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                game(1, 1, 3, 2),
                game(2, 1, 2, 1),
                game(2, 2, 3, 1),
                game(2, 2, 2, 2, full=True),
            ),
            instance=games,
            measure=yes_in_games,
            bound=stated_in_games,
        ),
        Check(
            slug="printed-constants",
            evidence=Evidence.EXHAUSTIVE,
            cases=tuple(
                Case(
                    slug=f"k{k}-shifted" if rewards == "0 to 1" else f"k{k}",
                    params={"k": k, "rewards": rewards},
                    tight=k < 3 or rewards != "0 to 1",
                )
                for k, rewards in (
                    *((k, "-1 to 1") for k in range(1, 7)),
                    *((k, "0 to 1") for k in range(2, 7)),
                )
            ),
            measure=printed_confidence,
            bound=confidence,
        ),
        Check(
            slug="yes",
            evidence=Evidence.STATISTICAL,
            cases=(
                run("planted", "signs", 96, (24, 3, 6), quick=48, full=272),
                run("planted", "signs", 96, (24, 3, 6), full=64, threshold="printed"),
                run("planted", "annealing", 8, (24, 4, 6), full=64),
                run("planted", "exhaustive", 8, (24, 4, 6), full=64),
                run("large", "annealing", 8, (30, 4, 25), full=32),
                run("repeated", "annealing", 8, (36, 4, 4), quick=48, full=272, threshold="printed"),
                run("repeated", "signs", 48, (36, 4, 6), full=272),
                run("repeated", "bonus", 48, (36, 4, 6), full=64),
            ),
            instance=groups,
            measure=yes,
            bound=stated_for_runs,
            resolution=PROBABILITY,
            assumptions=(
                Assumption(name="the learner keeps its promise", holds=keeps_promise),
                Assumption(name="val >= delta m", holds=valuable),
            ),
        ),
        Check(
            slug="sound",
            evidence=Evidence.ADVERSARIAL,
            cases=(
                run("patterns", "signs", 4, (256, 8, 10), quick=32, full=128, threshold="printed"),
                run("patterns", "xpo", 4, (256, 8, 10), quick=8, full=64, threshold="printed"),
                run("patterns", "bonus", 4, (32, 5, 8), quick=8, full=64, threshold="printed", tight=True),
                run("contradictory", "ensemble", 4, (400, 3, 8), quick=16, full=128),
                run("spread", "signs", 2, (200, 6, 8), quick=16, full=64),
                run("spread", "annealing", 2, (200, 6, 8), full=16),
                run("bounded", "greedy", 2, (40, 8, 30), quick=8, full=64),
                run("bounded", "bonus", 2, (40, 8, 30), full=64),
            ),
            instance=groups,
            measure=proved_by_yes,
            bound=known_of_formula,
            relation="<=",
        ),
        Check(
            slug="cost",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                run("repeated", "exhaustive", 8, (36, 4, 4), quick=8, full=32, tight=True),
                run("patterns", "bonus", 4, (32, 5, 8), quick=8, full=32, tight=True),
                run("spread", "greedy", 8, (200, 6, 8), quick=8, full=32, tight=True),
            ),
            instance=groups,
            measure=spent,
            bound=allowed,
            relation="<=",
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="lightest",
            why="the parameter with the least mass is taken",
            check="games",
            measure=lambda found: yes_in_games(found, lightest),
            cases=("n2-k1-m2-t1",),
        ),
        FalseVariant(
            slug="final-forgotten",
            why="the returned parameter is not looked at",
            check="games",
            measure=lambda found: yes_in_games(found, without_final),
            cases=("n2-k1-m2-t1",),
        ),
        FalseVariant(
            slug="only-final",
            why="only the returned parameter is looked at",
            check="games",
            measure=lambda found: yes_in_games(found, only_final),
            cases=("n1-k1-m3-t2",),
        ),
        FalseVariant(
            slug="failures-forgotten",
            why="(1 - c)^T for every learner, such as one whose output ignores all that it sees",
            check="games",
            instance=lambda trial: games(trial, failing=True),
            bound=without_failures,
            cases=("n2-k1-m2-t1",),
        ),
        FalseVariant(
            slug="no-floor",
            why="c at u = tau: violated clauses weigh nothing",
            check="games",
            bound=without_floor,
            cases=("n1-k1-m3-t2",),
        ),
        FalseVariant(
            slug="as-many-queries-as-squared",
            why="T up to 4^k",
            check="printed-constants",
            measure=lambda trial: printed_confidence(trial, power=2),
            cases=("k2-shifted",),
        ),
        FalseVariant(
            slug="shifted-as-unshifted",
            why="2/3 where rewards lie in [0, 1] too",
            check="printed-constants",
            bound=lambda _: Bound.of(Fraction(2, 3)),
            cases=("k2-shifted",),
        ),
        FalseVariant(
            slug="answers-swapped",
            why="YES at or below the threshold",
            check="yes",
            measure=swapped,
            cases=("planted-signs",),
        ),
        FalseVariant(
            slug="at-the-threshold",
            why="YES where the share equals the threshold",
            check="sound",
            measure=lambda world: proved_by_yes(world, at_the_threshold),
            cases=("patterns-signs-printed",),
        ),
        FalseVariant(
            slug="gap-dropped",
            why="YES wherever it is said shows a share of delta",
            check="sound",
            measure=lambda world: proved_by_yes(world, gap_dropped),
            cases=("patterns-bonus-printed",),
        ),
        FalseVariant(
            slug="as-many-as-queries",
            why="T parameters: the returned one is not counted",
            check="cost",
            bound=lambda world: allowed(world, final=0),
            cases=("patterns-bonus",),
        ),
        FalseVariant(
            slug="half-of-the-calls",
            why="half of what the learner alone would make",
            check="cost",
            bound=lambda world: allowed(world, factor=0.5),
            cases=("patterns-bonus",),
        ),
    ),
    printed=(
        PrintedForm(
            slug="yes-once-in-four",
            item="Lemma H.1",
            page=61,
            says="YES with probability 1/4 if val >= delta m, T <= 2^k; NO if val <= delta m/(16 T)",
            holds=True,
            check=Check(
                slug="yes-as-printed",
                evidence=Evidence.EXHAUSTIVE,
                cases=(game(1, 1, 3, 1), game(1, 1, 3, 2), game(2, 2, 2, 1)),
                instance=games_as_printed,
                measure=yes_in_games,
                bound=lambda _: Bound.of(QUARTER),
            ),
            mended=(
                "(1 - c)^T - zeta: at least .57, and 2/3 for k >= 2; T <= 2^k is not needed where T c is "
                "small; tau near 1/(4 T) keeps 1/2."
            ),
        ),
        PrintedForm(
            slug="short-clauses",
            item="Lemma H.1",
            page=64,
            says="the program on I(phi), features f_i/k, says YES with probability 1/4, whatever |S_i| <= k",
            holds=False,
            step=True,
            check=Check(
                slug="short-clauses-as-printed",
                evidence=Evidence.EXHAUSTIVE,
                cases=(Case(slug="one-short-clause"),),
                measure=short_clause,
                bound=lambda _: Bound.of(QUARTER),
            ),
            mended="Features f_i/|S_i| (LH2); the lemma survives.",
        ),
        PrintedForm(
            slug="footnote-17",
            item="Lemma H.1",
            page=62,
            says="rewards in [0, 1], k >= 2, T <= 2^k: mass 1/(4 T) shows a share above delta/(16 T)",
            holds=False,
            step=True,
            check=Check(
                slug="footnote-as-printed",
                evidence=Evidence.EXHAUSTIVE,
                cases=(Case(slug="k2-t4"),),
                measure=footnote,
                bound=lambda _: Bound.of(Fraction(99, 6400)),
                relation=">=",
            ),
            mended=(
                "True for k >= 3, and at k = 2 for delta <= 4/5. The lemma survives: (1 - c)^T - 1/4 is at "
                "least .49 for all k >= 2."
            ),
        ),
    ),
)

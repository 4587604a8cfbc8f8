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
4. printed are ``tau = delta/(16 T)``, ``beta = 1/(k^2 log(16/delta))``, ``epsilon = delta^2 beta/16``: for
   ``v >= delta``, ``T <= 2^k``, ``zeta = 1/4`` (2) gives at least .57, and 2/3 for ``k >= 2``; with rewards
   in [0, 1] and ``k >= 2`` at least .49. Printed is 1/4.

Why. (1) and (3) by construction. (2) Both worlds show the same until the first clause. NO implies that all
parameters have mass at most `c` (LH2). That a clause is shown before a heavier one is played has probability
at most ``1 - (1 - c)^T``. Without a clause the learner returns what it would where the assignment pays, and
a policy of mass at most `c` has regret above ``epsilon`` there (LH2, and LH3 with its factor 2).
*Attained* by a learner that plays a parameter of mass `c` and returns ``theta*`` unless a clause did not pay.
(4) `c` increases with ``delta``, so ``delta = 1`` is the worst. The hypothesis of (2): ``delta/(1 + delta) -
delta/32^(1/2) > .32 delta``, and ``c <= u <= delta/8``, since ``u >= q``. ``T <= 2^k`` is needed only to keep
``T c`` small: at ``tau`` of (4) any ``T`` well below ``(16/delta)^k`` will do. `sharp_threshold` keeps 1/2
at the largest ``tau``, near ``1/(4 T)``: without the factor ``delta/4``.

As printed, features are divided by `k`. Then a formula of short clauses is not decided: on ``!x1`` with
``k = 2`` the base policy has regret ``beta delta^2/256`` at most, so that a learner may return it, and NO is
certain. Footnote 17 takes mass ``1/(4 T)`` as proof of a share above ``delta/(16 T)`` for all ``k >= 2``: at
``k = 2``, ``delta = .99`` it is none. For ``k >= 3`` it is, as ``T u <= 1/16 + 2^{-k}``. At ``k = 1``,
``delta > 2/3``, ``T = 2`` the last inequality of page 65 fails, though what it is to show is true. The lemma
survives all three, by (4).

What is checked. (2) for every learner that plays parameters in ``{-1, 0, 1}^n``, on every formula of up to 3
clauses on 1 and 2 variables, in rationals, beta .12 and .79 (``games``). ``yes``: (2) for runs of proper
learners of ours, where they are seen to keep their promise; ``sound`` and ``cost``: (1) and (3) in every run.
(4) exactly, ``k <= 6`` and every `T`. Formulas: values by all assignments (`planted`, `spread`), by
integer programming (`large`, planted; `bounded`), or by construction (`repeated` squares, `patterns`,
`contradictory`); more than 200 in the full tier.

What is not. Hard formulas, and learners that need few queries there: there are none under rETH.

Why trust it. Games sum over what a learner sees; runs count literals, and know no masses.
"""

from fractions import Fraction

from explore_theory.harness import (
    Assumption,
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    PrintedForm,
    Resolution,
)
from proofs_checks.proper_policy_hardness.reduction_games import (
    games,
    lightest,
    only_final,
    stated_in_games,
    without_failures,
    without_final,
    without_floor,
    yes_in_games,
)
from proofs_checks.proper_policy_hardness.reduction_measures import (
    allowed,
    at_the_threshold,
    gap_dropped,
    keeps_promise,
    known_of_formula,
    proved_by_yes,
    spent,
    stated_for_runs,
    swapped,
    valuable,
    yes,
)
from proofs_checks.proper_policy_hardness.reduction_printed import (
    QUARTER,
    confidence,
    footnote,
    games_as_printed,
    printed_confidence,
    short_clause,
)
from proofs_checks.proper_policy_hardness.reduction_runs import groups


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
    """Rows of a learner on formulas of a kind, ``(m, k, n)``, two to a formula."""
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
        "contradictory, bounded), m to 400, n to 30; the printed parameters for k to 6. Reduction "
        "verified; hardness conditional on rETH."
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
                run("planted", "annealing", 8, (24, 4, 6), full=40),
                run("planted", "exhaustive", 8, (24, 4, 6), full=40),
                run("large", "annealing", 8, (30, 4, 25), full=40),
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
                run("bounded", "greedy", 2, (40, 8, 30), quick=8, full=32),
                run("bounded", "bonus", 2, (40, 8, 30), full=32),
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

"""T41: what a proper learner must play if it succeeds where nothing pays and where an assignment does.

Statement. One prompt; responses 0 and the `m` clauses of a formula (1 to `k` literals, possibly
contradictory), embedded as in LH2; ``q = e^{-1/beta}``. A proper learner (Definition 4.1: each of its `T`
rewarded responses is a draw of a ``pi_theta``, theta in the cube, chosen from all that it has been shown)
outputs any policy, and with probability ``1 - delta'`` its gap is below T41o's value, in the world ``theta*
= 0`` and in a world whose ``theta*`` satisfies clauses. Run it *blind*: each rewarded response is 0 and pays
nothing but noise. For every `tau` in [0, 1), with probability at least
    ``(s^T - 2 delta')/(s^T - r^T) >= 1 - 2 delta'/s^T``,
    ``s = (1-q)/(1-q+u)``, ``u = tau + (1-tau) q^{1/k}``,
it names a theta whose signs satisfy a share above ``tau`` of the clauses, ``1 - r`` the largest mass off 0
of any theta, if ``s > r``; else ``r^T <= 2 delta'``. Attained, but for what LH2 leaves. Run instead in the
world ``theta* = 0``, it does so before a clause is shown with probability at least ``(s^T - 2 delta')/s``.

At ``delta' = 1/4``: with probability 1/4 the share exceeds ``((1-q)((3/2)^{1/T} - 1) - q^{1/k})/(1 -
q^{1/k})``. At the paper's ``beta = 1/(k^2 log(16/delta))``, ``k >= 2``, ``T <= 2^k``, that is above
``2/(5T)``: `T` times it is at least ``(1-q) log(3/2) - 8^{-k}``, enough for ``k >= 3``, and ``k = 2`` has
four `T`. And ``eps = (9/20) delta beta`` will do (T41o). Lemma H.1 prints ``delta/(16T)`` and ``delta^2
beta/16``, for proper outputs.

Why. Until a clause is shown the rewarded responses are 0 and pay nothing in either world, and draws without
a reward have one law in both. So laws of transcripts agree on that event, of probability ``E S``, ``S =
prod_t (1 - mu_t)`` over the masses off 0 of what the blind run names. No output is good in both worlds
(T41o), so the probabilities of success add up to at most ``2 (1 - E S) + E S``: ``E S <= 2 delta'``. And ``S
>= s^T`` where no share is above ``tau`` (LH2), ``S >= r^T`` in any case. *Attained*: name a theta of mass ``1
- s`` in all queries, or with some probability one of mass ``1 - r``; of the worlds name the one that has been
seen, else toss a coin. *In the flat world*: if the blind run first names a share above ``tau`` at query `t`,
that comes before a clause with probability at least ``s^{t-1}``, and `s` times it is at least ``s^T``; else
``S >= s^T``. So ``E S`` and `s` times the probability are together at least ``s^T``.

So Theorem 4.1 follows as the paper gets Theorem H.1 from Lemma H.1 (``chain``), without a proper output and
so without behaviour cloning (Lemma H.4, LH4), without sampling rewarded responses, and at a regret of order
delta, not its square. The program: run the learner blind; YES iff some signs named satisfy more than
``2m/(5T)``.

What is checked. (1) ``same-data``: every strategy of 1 or 2 queries on small formulas, transcripts enumerated
in both worlds: total variation against ``1 - S``. (2) ``program``: the dynamic program against them. (3)
``learners``: by it *all* adaptive learners on ``{-1, 0, 1}^n``: the least ``2 delta'`` where no share above
``tau`` is named until a clause is shown, for each value ``tau``, against ``s^T``; ``whatever``: where any may
be, against ``r^T``; every learner is a mixture of the two. (4) ``sampled``: in the flat world. (5)
``attained``: the mixtures, as an equality. (6) ``constants``: ``T`` times the share, in ball arithmetic;
``shifted``: with rewards in [0, 1] it is above 3/16 (T41o's value is the same there: it depends on `q` and on
`b`, which is at least as large). (7) ``chain``: Theorem H.1's arithmetic with these constants, from an
explicit `d` on.

What is not. Thetas off the grid: ``S`` is bounded for them by LH2. Draws without a reward: coins that the
learner might as well have tossed. Whether signs are hard to find: rETH.

Why trust it. The games know softmax, rewards and likelihood ratios; no masses, shares or events. Their
learners know the formula and every probability: what an oracle could reveal besides adds nothing.
"""

from dataclasses import replace
from fractions import Fraction

from explore_theory.harness import Bound, Case, Check, Claim, Evidence, FalseVariant
from proofs_checks.proper_policy_hardness import two_world_constants, two_world_runs

HALF = Fraction(1, 2)

# --- cases --------------------------------------------------------------------------------------------------

BOTH, FULL = ("quick", "full"), ("full",)


def size(n: int, k: int, m: int, queries: int, tiers: tuple[str, ...] = BOTH, **more: str) -> Case:
    """All formulas up to a size."""
    slug = "-".join([f"n{n}-k{k}-m{m}-t{queries}", *more.values()])
    return Case(slug=slug, params={"n": n, "k": k, "m": m, "T": queries, **more}, tiers=tiers)


def tight(case: Case) -> Case:
    """The same, as nearly an equality."""
    return replace(case, tight=True)


STRATEGIES = (
    tight(size(1, 1, 2, 2, looks="all", kind="all-pay")),
    tight(size(2, 2, 2, 1)),
    size(1, 1, 2, 2, noise="bell"),
    tight(size(2, 2, 1, 2, FULL)),
)
GAMES = (
    tight(size(1, 1, 3, 4)),
    tight(size(2, 2, 2, 2)),
    size(2, 2, 2, 2, FULL, noise="bell"),
    tight(size(2, 2, 2, 3, FULL)),
    tight(size(2, 2, 3, 4, FULL)),
    tight(size(3, 3, 2, 2, FULL)),
)

CLAIM = Claim(
    id="T41",
    slug="two-worlds-one-prompt",
    theorem="proper_policy_hardness",
    title="A successful proper learner names good assignments, whatever it outputs",
    statement=(
        "On a formula's instance with one prompt, a proper learner with T rewarded queries and gap below "
        "T41o's value with probability 1-d' where nothing pays and where theta* does names, run on zeros "
        "only, with probability >= (s^T-2d')/(s^T-r^T) a theta whose signs satisfy a share above tau; "
        "s = (1-q)/(1-q+u), u = tau+(1-tau) q^{1/k}, r the least mass of 0. At the paper's beta, k >= 2, "
        "T <= 2^k, d' = 1/4: a share above 2/(5T) with probability 1/4."
    ),
    formula=(
        r"P_{\mathrm{blind}}\Bigl(\max_{t \le T} \mathrm{share}(\mathrm{sign}\,\theta_t) > \tau\Bigr) \ge "
        r"\frac{s^T - 2\delta'}{s^T - r^T}, \quad s = \frac{1-q}{1-q+u},\ u = \tau + (1-\tau) q^{1/k}"
    ),
    relation=">=",
    scope=(
        "All adaptive learners on {-1, 0, 1}^n, in rationals, for every formula of up to 3 clauses on 2 "
        "variables (T <= 4) and 2 on 3 (T <= 2); whole transcripts of every strategy on smaller ones; the "
        "constant 2/5 for every T <= 2^k, k <= 6, and powers of two for k = 8, 12. Reduction verified; "
        "hardness conditional on rETH."
    ),
    source=(
        "Ours, in place of Lemma H.1, Theorem H.1 and Lemma H.4 in the proof of Theorem 4.1 of Foster, "
        "Mhammedi, Rohatgi, COLT 2025."
    ),
    uses=("LH2", "T41o"),
    checks=(
        Check(
            slug="same-data",
            evidence=Evidence.EXHAUSTIVE,
            cases=STRATEGIES,
            instance=two_world_runs.played,
            measure=two_world_runs.variations,
            bound=two_world_runs.shown,
            relation="<=",
        ),
        Check(
            slug="program",
            evidence=Evidence.EXHAUSTIVE,
            cases=(size(1, 1, 2, 2, looks="all"), size(2, 2, 2, 1), size(2, 2, 1, 2, FULL)),
            measure=two_world_runs.largest_variation,
            bound=two_world_runs.by_program,
            relation="==",
        ),
        Check(
            slug="learners",
            evidence=Evidence.EXHAUSTIVE,
            cases=GAMES,
            instance=two_world_runs.limits,
            measure=two_world_runs.least_failure,
            bound=two_world_runs.survivals,
        ),
        Check(
            slug="whatever",
            evidence=Evidence.EXHAUSTIVE,
            cases=GAMES[:4],
            instance=two_world_runs.free,
            measure=two_world_runs.least_failure,
            bound=two_world_runs.best_survivals,
        ),
        Check(
            slug="sampled",
            evidence=Evidence.EXHAUSTIVE,
            cases=GAMES,
            instance=two_world_runs.limits,
            measure=two_world_runs.least_sampled,
            bound=two_world_runs.survivals,
        ),
        Check(
            slug="attained",
            evidence=Evidence.EXHAUSTIVE,
            cases=tuple(Case(slug=f"t{T}", params={"T": T}, tight=True) for T in (1, 2)),
            instance=two_world_runs.mixtures,
            measure=two_world_runs.chances,
            bound=two_world_runs.least_chance,
            relation="==",
        ),
        Check(
            slug="constants",
            evidence=Evidence.CERTIFIED,
            cases=two_world_constants.CONSTANTS,
            measure=two_world_constants.shares_named,
            bound=lambda _: Bound.of([Fraction(2, 5)]),
        ),
        Check(
            slug="shifted",
            evidence=Evidence.CERTIFIED,
            cases=two_world_constants.SHIFTED_CONSTANTS,
            measure=two_world_constants.shares_named,
            bound=lambda _: Bound.of([Fraction(3, 16)]),
        ),
        Check(
            slug="chain",
            evidence=Evidence.CERTIFIED,
            cases=two_world_constants.OUR_CHAIN,
            measure=two_world_constants.our_chain,
            bound=lambda _: Bound.of(1.0),
            relation="<=",
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="zero-pays-too",
            why="response 0 pays in the planted world: zeros tell the worlds apart",
            check="same-data",
            instance=lambda trial: two_world_runs.played(trial, lambda world: replace(world, zero_pays=HALF)),
            cases=("n2-k2-m2-t1",),
        ),
        FalseVariant(
            slug="last-query-for-free",
            why="S over all queries but the last",
            check="same-data",
            bound=lambda found: two_world_runs.shown(found, -1),
            cases=("n1-k1-m2-t2-all-all-pay",),
        ),
        FalseVariant(
            slug="a-query-more",
            why="the program has a query more than the strategies",
            check="program",
            bound=lambda trial: two_world_runs.by_program(trial, 1),
            cases=("n2-k2-m2-t1",),
        ),
        FalseVariant(
            slug="one-query-fewer",
            why="s^{T-1}",
            check="learners",
            bound=lambda found: two_world_runs.survivals(found, fewer=1),
            cases=("n2-k2-m2-t2",),
        ),
        FalseVariant(
            slug="value-alone",
            why="u = tau: violated clauses weigh nothing",
            check="learners",
            bound=lambda found: two_world_runs.survivals(found, floor=0),
            cases=("n2-k2-m2-t2",),
        ),
        FalseVariant(
            slug="even-base-policy",
            why="pi_ref gives the clauses 1/2 in place of e^{-1/beta}",
            check="learners",
            instance=lambda trial: two_world_runs.limits(trial, lambda world: replace(world, base=HALF)),
            cases=("n2-k2-m2-t2",),
        ),
        FalseVariant(
            slug="redraws-until-a-clause",
            why="responses are redrawn until they are clauses: not proper",
            check="learners",
            instance=lambda trial: two_world_runs.limits(
                trial, lambda world: replace(world, until_clause=True)
            ),
            cases=("n2-k2-m2-t2",),
        ),
        FalseVariant(
            slug="one-query-fewer-at-best",
            why="r^{T-1}",
            check="whatever",
            bound=lambda found: two_world_runs.best_survivals(found, fewer=1),
            cases=("n2-k2-m2-t2",),
        ),
        FalseVariant(
            slug="twice-as-often",
            why="run in the flat world it names such a theta with probability 2 (s^T - 2 delta')/s",
            check="sampled",
            measure=lambda found: two_world_runs.least_sampled(found, HALF),
            cases=("n2-k2-m2-t2",),
        ),
        FalseVariant(
            slug="clauses-for-sure",
            why="r = 0 as an equality: some theta shows a clause for sure",
            check="attained",
            bound=lambda found: two_world_runs.least_chance(found, best=False),
        ),
        FalseVariant(
            slug="five-twelfths",
            why="5/12 in place of 2/5: above log(3/2)",
            check="constants",
            bound=lambda _: Bound.of([Fraction(5, 12)]),
            cases=("k2", "k12"),
        ),
        FalseVariant(
            slug="one-literal",
            why="2/(5T) for k = 1 too",
            check="constants",
            measure=lambda _: two_world_constants.scaled_shares(1, [1, 2], Fraction(1)),
            cases=("k2",),
        ),
        FalseVariant(
            slug="from-a-tenth-of-it",
            why="the chain holds from a tenth of that d on",
            check="chain",
            measure=lambda trial: two_world_constants.our_chain(trial, earlier=Fraction(23, 10)),
        ),
    ),
    printed=two_world_constants.FORMS,
)

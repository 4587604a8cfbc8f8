"""PK1: ``1 - C(n - c, k)/C(n, k)`` is the unbiased estimator of pass@k, the only one and the best.

Statement. Of `n` independent attempts that pass with chance `p` each, `c` pass; ``1 <= k <= n``, ``theta = 1
- (1 - p)^k``. Then ``g(c) = 1 - C(n - c, k)/C(n, k)``

1. has mean `theta` for every `p`, and no other function of `c` has;
2. has the least variance of all unbiased estimators that may look at the attempts one by one;
3. has a variance between ``(k^2/n) p (1 - p)^(2k - 1)`` and ``(k/n) theta (1 - theta)``, with equalities on
   both sides at ``k = 1``, and above at ``k = n``.

Proof. (1) `g` is the chance that a random set of `k` attempts holds a pass, and any fixed set does with
chance `theta`. The mean of a function of `c` is a polynomial in `p` of degree `n`, of whose ``n + 1``
Bernstein coefficients its values are multiples. (2) Averaging over the order of the attempts leaves a
function of `c` of the same mean, which is `g`, and lowers the variance (Rao, Blackwell). (3) Hoeffding
(1948), for U-statistics.

What is checked. (1) In rationals for ``n <= 9`` at ``n + 1`` values of `p` each, which settles polynomials of
degree `n`; that the ``n + 1`` binomial laws there are linearly independent. (2) The first `k` attempts alone,
and means over blocks of `k`, from all ``2^n`` outcomes. (3) For ``n <= 9``, nine values of `p`.

What is not. Larger `n`: the proof covers them.

Why trust it. Means are sums over the binomial law, in rationals.
"""

from collections.abc import Callable
from fractions import Fraction

from explore_theory.claims import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Trial,
)
from proofs_checks.pass_at_k.attempts import (
    Question,
    bounds,
    chances,
    mean,
    measured,
    outcomes,
    plug_in,
    questions,
    variance,
    without_replacement,
)

Order = tuple[int, ...]
Estimator = Callable[[Order, int], Fraction]


def all_degrees(trial: Trial) -> tuple[Question, ...]:
    """For each ``k <= n``, ``n + 1`` values of `p`."""
    most = int(trial.case.params["n"])
    return tuple(
        Question(n, k, Fraction(j, n))
        for n in range(1, most + 1)
        for k in range(1, n + 1)
        for j in range(n + 1)
    )


def on_grid(trial: Trial) -> tuple[Question, ...]:
    """For each ``k <= n``, `p` on a grid without its ends."""
    return tuple(q for q in questions(int(trial.case.params["n"]), 10) if 0 < q.p < 1)


def spread(each: Question) -> Fraction:
    """The variance of the estimator."""
    return variance(without_replacement(each.n, each.k), each.p)


def most(each: Question) -> Fraction:
    """``(k/n) theta (1 - theta)``."""
    return Fraction(each.k, each.n) * each.theta * (1 - each.theta)


def least(each: Question) -> Fraction:
    """``(k^2/n) p (1 - p)^(2k - 1)``."""
    return Fraction(each.k**2, each.n) * each.p * (1 - each.p) ** (2 * each.k - 1)


def ranks(trial: Trial) -> Measurement:
    """The rank of the ``n + 1`` binomial laws at ``p = 0, 1/n, .., 1``, for each `n`."""
    sizes = range(1, int(trial.case.params["n"]) + 1)
    found = [rank([chances(n, Fraction(j, n)) for j in range(n + 1)]) for n in sizes]
    return Measurement.exact([Fraction(r) for r in found], unit="matrices", witness=lambda k: {"n": k + 1})


def rank(rows: list[list[Fraction]]) -> int:
    """By elimination, in rationals."""
    rows, found = [list(row) for row in rows], 0
    for column in range(len(rows[0])):
        pivot = next((i for i in range(found, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for i in range(found + 1, len(rows)):
            factor = rows[i][column] / rows[found][column]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[found], strict=True)]
        found += 1
    return found


# --- other unbiased estimators ------------------------------------------------------------------------------


def first_k(order: Order, k: int) -> Fraction:
    """Whether one of the first `k` attempts passes."""
    return Fraction(max(order[:k]))


def blocks(order: Order, k: int) -> Fraction:
    """The share of the blocks of `k` attempts, one after the other, that hold a pass."""
    count = len(order) // k
    return Fraction(sum(max(order[j * k : (j + 1) * k]) for j in range(count)), count)


def spreads(trial: Trial) -> tuple[tuple[Question, Fraction], ...]:
    """The variance of each of them, at some `p`, from all outcomes."""
    n = int(trial.case.params["n"])
    rows = []
    for k in range(1, n + 1):
        for estimator in (first_k, blocks):
            table = [(sum(order), estimator(order, k)) for order in outcomes(n)]
            for p in map(Fraction, ("1/10", "1/2", "4/5")):
                masses = [(p**passed * (1 - p) ** (n - passed), value) for passed, value in table]
                average = sum((m * v for m, v in masses), Fraction(0))
                square = sum((m * v * v for m, v in masses), Fraction(0))
                rows.append((Question(n, k, p), square - average**2))
    return tuple(rows)


SIZES = (
    Case(slug="n-to-9", params={"n": 9}, tight=True),
    Case(slug="n-to-14", params={"n": 14}, tight=True, tiers=("full",)),
)

CLAIM = Claim(
    id="PK1",
    slug="unbiased-pass-at-k",
    theorem="pass_at_k",
    title="The unbiased estimator of pass@k: the only one, the best, and its variance",
    statement=(
        "For 1 <= k <= n and every p, E[1 - C(n-c, k)/C(n, k)] = 1 - (1-p)^k =: theta; it is the only "
        "unbiased function of c, of least variance, and (k^2/n) p (1-p)^(2k-1) <= Var <= (k/n) theta "
        "(1-theta)."
    ),
    formula=(
        r"\mathbb{E}\Big[1 - \tbinom{n-c}{k}\big/\tbinom{n}{k}\Big] = 1 - (1-p)^k, \qquad "
        r"\mathrm{Var} \le \tfrac{k}{n}\,\theta(1-\theta)"
    ),
    relation="==",
    scope="All k <= n <= 9 at n + 1 values of p, exactly: an identity of polynomials. Variances on a grid.",
    source=(
        "Chen et al., Evaluating large language models trained on code (arXiv 2107.03374), equation (1); "
        "Halmos (1946), Hoeffding (1948) for what is best and for the variance."
    ),
    checks=(
        Check(
            slug="means",
            evidence=Evidence.EXHAUSTIVE,
            cases=SIZES,
            instance=all_degrees,
            measure=measured(lambda q: mean(without_replacement(q.n, q.k), q.p)),
            bound=bounds(lambda q: q.theta),
        ),
        Check(
            slug="only",
            evidence=Evidence.EXHAUSTIVE,
            cases=SIZES,
            measure=ranks,
            bound=lambda trial: Bound.of([n + 1 for n in range(1, int(trial.case.params["n"]) + 1)]),
        ),
        Check(
            slug="others",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="n-7", params={"n": 7}, tight=True),),
            instance=spreads,
            measure=lambda world: Measurement.exact(
                [value for _, value in world], unit="estimators", witness=lambda k: world[k][0].words()
            ),
            bound=lambda world: Bound.of([spread(each) for each, _ in world]),
            relation=">=",
        ),
        Check(
            slug="variance",
            evidence=Evidence.EXHAUSTIVE,
            cases=SIZES,
            instance=on_grid,
            measure=measured(spread),
            bound=bounds(most),
            relation="<=",
        ),
        Check(
            slug="variance-from-below",
            evidence=Evidence.EXHAUSTIVE,
            cases=SIZES,
            instance=on_grid,
            measure=measured(spread),
            bound=bounds(least),
            relation=">=",
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="plug-in",
            why="1 - (1 - c/n)^k",
            check="means",
            measure=measured(lambda q: mean(plug_in(q.n, q.k), q.p)),
            cases=("n-to-9",),
        ),
        FalseVariant(
            slug="passes-for-failures",
            why="1 - C(c, k)/C(n, k)",
            check="means",
            measure=measured(lambda q: mean(without_replacement(q.n, q.k)[::-1], q.p)),
            cases=("n-to-9",),
        ),
        FalseVariant(
            slug="as-of-n-groups",
            why="theta (1 - theta)/n, as if there were n independent sets of k",
            check="variance",
            bound=bounds(lambda q: q.theta * (1 - q.theta) / q.n),
            cases=("n-to-9",),
        ),
        FalseVariant(
            slug="blocks-are-as-good",
            why="others have no larger a variance",
            check="others",
            relation="<=",
        ),
        FalseVariant(
            slug="k-for-k-squared",
            why="(k/n) theta (1 - theta) from below too",
            check="variance-from-below",
            bound=bounds(most),
            cases=("n-to-9",),
        ),
        FalseVariant(
            slug="one-law-more",
            why="n + 2 independent binomial laws",
            check="only",
            bound=lambda trial: Bound.of([n + 2 for n in range(1, int(trial.case.params["n"]) + 1)]),
            cases=("n-to-9",),
        ),
    ),
)

"""PK2: ``1 - (1 - c/n)^k`` is too small, on average by at most ``k (k - 1)/(2n) p (1 - p)``.

Statement. For all `n`, ``k >= 1`` and `p`, also for ``k > n``:

1. ``0 <= theta - E[1 - (1 - c/n)^k] <= k (k - 1)/(2n) p (1 - p)``, ``theta = 1 - (1 - p)^k``; equalities on
the left at ``k = 1``, on the right at ``k = 2``;
2. for ``k <= n`` it is at most ``1 - C(n - c, k)/C(n, k)`` for *every* `c`;
3. it is what one gets by drawing `k` of the `n` attempts *with* replacement.

So with ``n = k = 10`` attempts of which one passed it says .65, where a pass is among them for certain.

Proof. (3) is plain, (2) follows: a set drawn without replacement misses the passes with chance ``prod (n - c
- i)/(n - i) <= (1 - c/n)^k``. For (1) let `D` be how many different attempts `k` draws with replacement hit:
given which, the chance that none passes is ``q^D``, so ``E[(1 - c/n)^k] = E q^D``. Now ``0 <= q^D - q^k = q^D
(1 - q^(k-D)) <= q (k - D)(1 - q)``, and ``k - D`` is at most the number of pairs of draws that coincide,
whose mean is ``k (k - 1)/(2n)``.

What is checked. All ``n, k <= 8`` and eleven values of `p`; (3) over all ``n^k`` tuples for ``n, k <= 4``.

What is not. Larger ones: the proof covers them.

Why trust it. Everything is rational.
"""

import itertools
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
    mean,
    measured,
    plug_in,
    without_replacement,
)

Table = tuple[tuple[int, int, int], ...]


def every_k(trial: Trial) -> tuple[Question, ...]:
    """All `n` and `k` up to a size."""
    sizes = range(1, int(trial.case.params["most"]) + 1)
    points = [Fraction(j, 10) for j in range(11)]
    return tuple(Question(n, k, p) for n, k, p in itertools.product(sizes, sizes, points))


def two_of_n(_: Trial) -> tuple[Question, ...]:
    """``k = 2``."""
    return tuple(Question(n, 2, Fraction(j, 10)) for n in (1, 2, 5, 20) for j in range(1, 10))


def shortfall(each: Question) -> Fraction:
    """``theta - E[1 - (1 - c/n)^k]``."""
    return each.theta - mean(plug_in(each.n, each.k), each.p)


def stated(each: Question, *, halved: bool = True) -> Fraction:
    """``k (k - 1)/(2n) p (1 - p)``."""
    return Fraction(each.k * (each.k - 1), (1 + halved) * each.n) * each.p * (1 - each.p)


def counts(trial: Trial) -> Table:
    """All ``c <= n`` and ``k <= n``."""
    most = int(trial.case.params["most"])
    return tuple((n, k, c) for n in range(1, most + 1) for k in range(1, n + 1) for c in range(n + 1))


def small_counts(trial: Trial) -> Table:
    """All `c`, and every `k`, ``k > n`` too."""
    sizes = range(1, int(trial.case.params["most"]) + 1)
    return tuple((n, k, c) for n in sizes for k in sizes for c in range(n + 1))


def of_counts(values: list[Fraction], world: Table) -> Measurement:
    """Numbers by ``(n, k, c)``."""
    return Measurement.exact(
        values, unit="counts", witness=lambda j: dict(zip(("n", "k", "c"), world[j], strict=True))
    )


def with_replacement(world: Table) -> Measurement:
    """The share of tuples of `k` of the `n` attempts, repetitions allowed, that hold one of the first `c`."""
    found = []
    for n, k, c in world:
        tuples = list(itertools.product(range(n), repeat=k))
        found.append(Fraction(sum(min(each) < c for each in tuples), len(tuples)))
    return of_counts(found, world)


def plugged(world: Table) -> list[Fraction]:
    """The plug-in estimates."""
    return [plug_in(n, k)[c] for n, k, c in world]


SIZES = (
    Case(slug="to-8", params={"most": 8}),
    Case(slug="to-14", params={"most": 14}, tiers=("full",)),
)

CLAIM = Claim(
    id="PK2",
    slug="plug-in-pass-at-k",
    theorem="pass_at_k",
    title="1 - (1 - c/n)^k understates pass@k, by how much",
    statement=(
        "For all n, k >= 1 and p, 0 <= theta - E[1 - (1 - c/n)^k] <= k(k-1)/(2n) p(1-p), an equality at k = "
        "2; it is at most 1 - C(n-c, k)/C(n, k) for every c, and is drawing k attempts with replacement."
    ),
    formula=(r"0 \le \theta - \mathbb{E}\big[1 - (1 - \tfrac{c}{n})^k\big] \le \tfrac{k(k-1)}{2n}\, p(1-p)"),
    relation="<=",
    scope="All n and k to 8 and eleven values of p, exactly; tuples with replacement to 4.",
    source=(
        "That it is biased downwards: Chen et al., Evaluating large language models trained on code (arXiv "
        "2107.03374), appendix A; by how much: ours."
    ),
    checks=(
        Check(
            slug="shortfall",
            evidence=Evidence.EXHAUSTIVE,
            cases=SIZES,
            instance=every_k,
            measure=measured(shortfall),
            bound=bounds(stated),
        ),
        Check(
            slug="two",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="k-2", tight=True),),
            instance=two_of_n,
            measure=measured(shortfall),
            bound=bounds(stated),
            relation="==",
        ),
        Check(
            slug="downwards",
            evidence=Evidence.EXHAUSTIVE,
            cases=SIZES,
            instance=every_k,
            measure=measured(lambda q: mean(plug_in(q.n, q.k), q.p)),
            bound=bounds(lambda q: q.theta),
        ),
        Check(
            slug="every-count",
            evidence=Evidence.EXHAUSTIVE,
            cases=SIZES,
            instance=counts,
            measure=lambda world: of_counts(plugged(world), world),
            bound=lambda world: Bound.of([without_replacement(n, k)[c] for n, k, c in world]),
        ),
        Check(
            slug="with-replacement",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="to-4", params={"most": 4}, tight=True),),
            instance=small_counts,
            measure=with_replacement,
            bound=lambda world: Bound.of(plugged(world)),
            relation="==",
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="no-bias",
            why="E[1 - (1 - c/n)^k] = theta",
            check="downwards",
            relation="==",
            cases=("to-8",),
        ),
        FalseVariant(
            slug="bias-over-n-squared",
            why="k(k - 1)/(2 n^2) p(1 - p)",
            check="shortfall",
            bound=bounds(lambda q: stated(q) / q.n),
            cases=("to-8",),
        ),
        FalseVariant(
            slug="not-halved",
            why="k(k - 1)/n p(1 - p), at k = 2",
            check="two",
            bound=bounds(lambda q: stated(q, halved=False)),
        ),
        FalseVariant(
            slug="an-upper-estimate",
            why="at least the unbiased estimate for every c",
            check="every-count",
            relation=">=",
            cases=("to-8",),
        ),
        FalseVariant(
            slug="without-replacement",
            why="it is drawing without replacement",
            check="with-replacement",
            bound=lambda world: Bound.of(
                [without_replacement(n, k)[c] if k <= n else Fraction(1) for n, k, c in world]
            ),
        ),
    ),
)

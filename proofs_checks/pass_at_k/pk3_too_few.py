"""PK3: for ``k > n`` nothing is unbiased, and the usual guard says 1 whatever was seen.

Statement. 1. The usual code for ``1 - C(n - c, k)/C(n, k)`` begins with ``if n - c < k: return 1``. For ``k >
n`` that is always so, also where nothing passed: its mean is 1 and it is too large by ``(1 - p)^k``, which is
1 at ``p = 0``. For ``k <= n`` it is right, and its product formula is the same number.

2. For ``k > n`` no function of `c` is unbiased. For ``k = n + 1`` every one is off by at least ``2/4^k`` for
some `p`, and one is off by no more for any.

Proof. (2) With ``q = 1 - p`` the mean of a function of `c` is one minus a polynomial of degree `n` in `q`,
any one, and ``theta = 1 - q^k``. What is left of ``q^(n+1)`` after a polynomial of degree `n` is largest,
somewhere in [0, 1], by at least ``2/4^(n+1)``, with equality for the Chebyshev polynomial ``T(2q - 1)/2^(2k -
1)`` alone.

What is checked. (1) All ``n < k <= 9``, and ``k <= n <= 9``. (2) For ``k <= 9``: the estimator, a table of
rationals, whose squared bias and ``4 q (1 - q) U(2q - 1)^2/4^(2k - 1)`` add up to ``4/16^k``, coefficient by
coefficient; that no estimator does better, by a combination of values at ``k + 1`` rational points near those
where the Chebyshev polynomial is largest, which vanishes on polynomials of degree `n`: to a part in ``10^9``.

What is not. That the lower bound is attained exactly at those points, which are irrational: Chebyshev's
theorem.

Why trust it. Rationals throughout; the tables are converted back to polynomials from their own numbers.
"""

import math
from dataclasses import dataclass
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
    guarded,
    mean,
    measured,
    without_replacement,
)

Polynomial = list[Fraction]


def product(first: Polynomial, second: Polynomial) -> Polynomial:
    """The product of two polynomials, coefficients from the constant on."""
    found = [Fraction(0)] * (len(first) + len(second) - 1)
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            found[i + j] += a * b
    return found


def total(first: Polynomial, second: Polynomial) -> Polynomial:
    """Their sum."""
    size = max(len(first), len(second))
    padded = [each + [Fraction(0)] * (size - len(each)) for each in (first, second)]
    return [a + b for a, b in zip(*padded, strict=True)]


def scaled(factor: Fraction, polynomial: Polynomial) -> Polynomial:
    """A multiple."""
    return [factor * a for a in polynomial]


def chebyshev(k: int, kind: int) -> Polynomial:
    """``T_k(2q - 1)`` for the first kind, ``U_k(2q - 1)`` for the second."""
    shift = [Fraction(-1), Fraction(2)]
    before, last = [Fraction(1)], scaled(Fraction(kind), shift)
    for _ in range(k):
        before, last = last, total(scaled(Fraction(2), product(shift, last)), scaled(Fraction(-1), before))
    return before


def nearest(k: int) -> list[Fraction]:
    """The table over `c` of the estimator for ``n = k - 1`` whose largest bias is least.

    Its mean is one minus ``q^k - T(2q - 1)/2^(2k - 1)``, of degree `n`, written in Bernstein's polynomials.
    """
    n = k - 1
    power = [Fraction(0)] * k + [Fraction(1)]
    left = total(power, scaled(-Fraction(1, 2 ** (2 * k - 1)), chebyshev(k, 1)))[:k]
    # q^j = sum over failures f of C(f, j)/C(n, j) times the chance of f failures.
    missed = [
        sum((a * Fraction(math.comb(f, j), math.comb(n, j)) for j, a in enumerate(left)), Fraction(0))
        for f in range(n + 1)
    ]
    return [1 - missed[n - c] for c in range(n + 1)]


def bias(table: list[Fraction], k: int) -> Polynomial:
    """``E g - theta`` as a polynomial in `q`, from the table."""
    n = len(table) - 1
    found: Polynomial = [Fraction(-1)] + [Fraction(0)] * (k - 1) + [Fraction(1)]
    for c, g in enumerate(table):
        term = [Fraction(0)] * (n - c) + [g * math.comb(n, c)]
        for _ in range(c):
            term = product(term, [Fraction(1), Fraction(-1)])
        found = total(found, term)
    return found


@dataclass(frozen=True)
class Coefficients:
    """Coefficients of polynomials one after the other, with the `k` and the degree of each."""

    values: tuple[Fraction, ...]
    stated: tuple[Fraction, ...]
    places: tuple[tuple[int, int], ...]


def squares(trial: Trial) -> Coefficients:
    """Of the squared bias and ``4 q (1 - q) U^2/4^(2k - 1)``, together; and of ``4/16^k``."""
    values: list[Fraction] = []
    stated: list[Fraction] = []
    places: list[tuple[int, int]] = []
    for k in range(1, int(trial.case.params["k"]) + 1):
        off = bias(nearest(k), k)
        second = chebyshev(k - 1, 2)
        rest = product([Fraction(0), Fraction(4), Fraction(-4)], product(second, second))
        both = total(product(off, off), scaled(Fraction(4, 16**k), rest))
        values += both
        stated += [Fraction(4, 16**k)] + [Fraction(0)] * (len(both) - 1)
        places += [(k, degree) for degree in range(len(both))]
    return Coefficients(tuple(values), tuple(stated), tuple(places))


def coefficients(world: Coefficients) -> Measurement:
    """What was added up."""
    return Measurement.exact(
        list(world.values),
        unit="coefficients",
        witness=lambda j: dict(zip(("k", "degree"), world.places[j], strict=True)),
    )


def unavoidable(trial: Trial) -> Measurement:
    """``4^k/2`` times the largest bias that no estimator avoids, from ``k + 1`` points for each `k`."""
    found = []
    sizes = range(1, int(trial.case.params["k"]) + 1)
    for k in sizes:
        points = [Fraction(round(10**9 * (1 + math.cos(j * math.pi / k)) / 2), 10**9) for j in range(k + 1)]
        # Divided differences: zero on polynomials of degree k - 1, one on q^k.
        weights = [1 / math.prod((x - y for y in points if y != x), start=Fraction(1)) for x in points]
        found.append(Fraction(4**k, 2) / sum(map(abs, weights)))
    return Measurement.exact(found, unit="certificates", witness=lambda j: {"k": sizes[j]})


def too_few(trial: Trial) -> tuple[Question, ...]:
    """``n < k``."""
    most = int(trial.case.params["k"])
    return tuple(
        Question(n, k, Fraction(j, 10)) for k in range(2, most + 1) for n in range(1, k) for j in range(11)
    )


def enough(trial: Trial) -> tuple[tuple[int, int, int], ...]:
    """``k <= n`` and every count."""
    most = int(trial.case.params["k"])
    return tuple((n, k, c) for n in range(1, most + 1) for k in range(1, n + 1) for c in range(n + 1))


SIZES = (Case(slug="k-to-9", params={"k": 9}, tight=True),)
CLOSE = 1 - Fraction(1, 10**9)

CLAIM = Claim(
    id="PK3",
    slug="too-few-attempts",
    theorem="pass_at_k",
    title="For k > n nothing is unbiased, and the usual guard says 1",
    statement=(
        "For k > n the usual code returns 1 whatever passed, too large by (1-p)^k on average; no function of "
        "c is unbiased, and for k = n + 1 the least possible largest bias is 2/4^k. For k <= n the code is "
        "right."
    ),
    formula=r"\min_g \max_p \left|\mathbb{E}\,g(c) - \theta\right| = 2 \cdot 4^{-k} \qquad (k = n + 1)",
    relation="==",
    scope="All n < k <= 9, exactly; the least bias to a part in a billion from below.",
    source=(
        "The guard: the code printed in figure 3 of Chen et al. (arXiv 2107.03374), meant for k <= n; the "
        "least bias: Chebyshev's polynomials, ours."
    ),
    checks=(
        Check(
            slug="guard",
            evidence=Evidence.EXHAUSTIVE,
            cases=SIZES,
            instance=too_few,
            measure=measured(lambda q: mean(guarded(q.n, q.k), q.p) - q.theta),
            bound=bounds(lambda q: (1 - q.p) ** q.k),
        ),
        Check(
            slug="code",
            evidence=Evidence.EXHAUSTIVE,
            cases=SIZES,
            instance=enough,
            measure=lambda world: Measurement.exact(
                [guarded(n, k)[c] for n, k, c in world],
                unit="counts",
                witness=lambda j: dict(zip(("n", "k", "c"), world[j], strict=True)),
            ),
            bound=lambda world: Bound.of([without_replacement(n, k)[c] for n, k, c in world]),
        ),
        Check(
            slug="nearest",
            evidence=Evidence.EXHAUSTIVE,
            cases=SIZES,
            instance=squares,
            measure=coefficients,
            bound=lambda world: Bound.of(list(world.stated)),
        ),
        Check(
            slug="unavoidable",
            evidence=Evidence.EXHAUSTIVE,
            cases=SIZES,
            measure=unavoidable,
            bound=lambda _: Bound.of([CLOSE]),
            relation=">=",
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="the-guard-is-unbiased",
            why="a bias of zero for k > n",
            check="guard",
            bound=bounds(lambda _: Fraction(0)),
        ),
        FalseVariant(
            slug="guard-for-nothing-passed",
            why="the guard's value is the product's, with k attempts in place of n",
            check="code",
            bound=lambda world: Bound.of([without_replacement(n + 1, k)[c] for n, k, c in world]),
        ),
        FalseVariant(
            slug="half-of-the-bias",
            why="a largest bias of 1/4^k",
            check="nearest",
            bound=lambda world: Bound.of([value / 4 for value in world.stated]),
        ),
        FalseVariant(
            slug="nobody-within-twice",
            why="every estimator is off by 4/4^k",
            check="unavoidable",
            bound=lambda _: Bound.of([2 * CLOSE]),
        ),
    ),
)

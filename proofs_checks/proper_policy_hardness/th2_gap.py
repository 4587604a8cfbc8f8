"""TH2: the gap ``1/n`` against ``n^-c`` of Max-k-DNF needs ``k(n) = K log2(n)`` with ``K > c``, and no more.

Statement (a reduction, conditional on rETH and on Chan's theorem, TH3). Let ``c >= 1`` and ``K > c``. Take a
code of ``2^r`` words of arity `k0`, ``k0 < 2^r``, with ``(k0 - 2)/r > c`` and ``k0/r <= K``: ``r >= 3/(K -
c)`` and ``k0 = floor(K r)`` do. Put ``eps = 2^{r - k0}``, ``a = (1 - eps)/2^r``, ``b = 2^{-k0} + eps/2^r``,
``c' = (k0 - 2)/r`` and ``t = floor(log n / log(1/a))``. Then (1) ``b <= a^{c'}``; (2) ``a^t >= 1/n``, and
``b^t <= n^-c`` as soon as ``t >= c/(c' - c)``; (3) clauses have ``k0 t <= (k0/r) log2 n`` literals at most,
and there are ``(2^r m)^t <= n m^t``, which is ``2^{O(log^2 n)}`` for ``m <= n``. So an algorithm that tells
``val >= m/n`` (YES with chance 1/4; three runs make it 1/2) from ``val <= m/n^c`` in ``K log2(n)``-DNF
formulas in time ``poly(2^{n^eta}, m)``, ``eta = gamma(k0, eps)/2``, would refute rETH. (4) Below ``k(n) = c
log2 n`` there is nothing to tell apart: every formula of clauses that somebody satisfies has ``val >= 2^{-k}
m > m/n^c``.

Why. (1) ``b = 2^{1 - k0}``, and ``(1 - eps)^{c'} >= 1 - c' eps >= 1/2`` since ``c' = 1 + (k0 - r - 2)/r <= k0
- r - 1 <= 2^{k0 - r - 1}``. (2) ``1/n > a^{t+1}``, so ``n^-c >= a^{c(t+1)} >= a^{c' t} >= b^t`` if ``c (t +
1) <= c' t``. (3) ``2^{r t} <= a^-t <= n``. (4) A uniform assignment satisfies a clause with chance ``2^{-k}``
at least.

As printed (Theorem H.2), ``k(n) >= C c^2 log n``, by ``k0 <= C c^2``, ``eps0 = 2^{-C c^2}`` and inequality
(67), ``2^{-k0} + eps0 <= ((1 - eps0)/(2 k0))^{2c}``. Such a `C` exists: 9.83 will do for all ``c >= 1``, and
9.82 will not. But the right order is `c`, not its square: ``k0/r`` may be as near to `c` as one likes. One
step of the proof counts ``2 k0 m`` clauses where Lemma H.5 makes one for each accepted word, ``(k0 + 1) m``
for ``k0 = 2^r - 1``: with ``val_P <= (2 k0/2^{k0} + eps0) m`` the share then exceeds ``2^{-k0} + eps0``.
Chan's own threshold ``2^r/2^{k0}`` repairs it, or ``2 k0 - 2^r`` contradictory clauses for each constraint.

What is checked. (1) for all codes up to ``r = 12``, exactly; that ``k0/r`` is the exponent as eps falls, by
computer algebra. (2) and (3) by computer algebra for all `t`, and for some `c` and codes at the first and
last `n` of each `t`, exactly. (4) for small formulas, one by one. The order of the time. (67) with C = 9.83:
for ``c <= 2`` by ball arithmetic over boxes, beyond by computer algebra.

What is not. Chan's theorem and rETH; ``gamma(k0, eps)``, which has no formula.

Why trust it. Shares and `t` are computed as the reduction would, in whole numbers.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory.formulas import PredicateFormula, hadamard_predicate
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
from proofs_checks.proper_policy_hardness import equation67
from proofs_checks.proper_policy_hardness.clauses import Clause, all_clauses, all_formulas, text, value
from proofs_checks.proper_policy_hardness.gap import Gap

#: Repetitions looked at, beginning with the least that does.
STEPS = 6


def codes(most: int = 12) -> Iterator[Gap]:
    """Every code with ``r + 2 <= k0 <= 2^r - 1``, up to ``k0 = 4 r + 8``."""
    for r in range(2, most + 1):
        for k0 in range(r + 2, min(2**r - 1, 4 * r + 8) + 1):
            yield Gap(c=Fraction(1), k0=k0, r=r)


def powers(_: Trial, spare: int = 2) -> Measurement:
    """``(b / a^{c'})^r`` for every code, at ``c' = (k0 - spare)/r``."""
    every = list(codes())
    found = [gap.no**gap.r / gap.yes ** (gap.k0 - spare) for gap in every]
    return Measurement.exact(
        found, unit="codes", witness=lambda j: {"k0": every[j].k0, "r": every[j].r, "eps": str(every[j].eps)}
    )


def exponent(_: Trial) -> Measurement:
    """The limit of ``log b / log a`` as eps falls to zero, over ``k0/r``."""
    import sympy as sp

    from explore_theory.certify import symbolic

    k0, r, eps = sp.symbols("k0 r eps", positive=True)
    b, a = sp.Integer(2) ** -k0 + eps * sp.Integer(2) ** -r, (1 - eps) * sp.Integer(2) ** -r
    found = sp.limit(sp.log(b) / sp.log(a), eps, 0, "+")
    return symbolic.ratio(sp.simplify(found), k0 / r)


def repetitions(_: Trial, enough: Callable[[Any, Any], Any] = lambda c, w: c / w) -> Measurement:
    """``c (t + 1)`` over ``c' t`` at ``c' = c + w`` and ``t = enough + z``."""
    import sympy as sp

    from explore_theory.certify import symbolic

    c, w, z = sp.symbols("c w z", positive=True)
    t = enough(c, w) + z
    return symbolic.largest_ratio(sp.expand(c * (t + 1)), sp.expand((c + w) * t), equal_at={z: 0})


def gap_of(trial: Trial) -> Gap:
    """The case's `c` and code."""
    numerator, denominator, k0, r = (int(trial.case.params[name]) for name in ("p", "q", "k0", "r"))
    return Gap(c=Fraction(numerator, denominator), k0=k0, r=r)


def runs(gap: Gap) -> range:
    """The numbers of repetitions looked at."""
    return range(gap.least_t, gap.least_t + STEPS)


def shares_of_yes(gap: Gap, more: int = 0) -> Measurement:
    """``n a^t`` at the first `n` for which `t` is taken."""
    places = [gap.first(t) for t in runs(gap)]
    found = [n * gap.yes ** (gap.repetitions(n) + more) for n in places]
    return Measurement.exact(found, unit="numbers of variables", witness=lambda j: {"n": str(places[j])})


def shares_of_no(gap: Gap, earlier: int = 0) -> Measurement:
    """``(n^c b^t)^q`` at the last `n` for which `t` is taken, with ``c = p/q``."""
    places = [gap.last(t - earlier) for t in runs(gap)]
    found = [
        gap.no ** (gap.repetitions(n) * gap.c.denominator) * Fraction(n) ** gap.c.numerator for n in places
    ]
    return Measurement.exact(found, unit="numbers of variables", witness=lambda j: {"n": str(places[j])})


def factors(gap: Gap, words: Callable[[Gap], int] = lambda gap: 2**gap.r) -> Measurement:
    """``2^{r t}/n``: the share of `n` that one factor of the number of clauses takes, and ``2^{k0 t r/k0}``."""
    places = [gap.first(t) for t in runs(gap)]
    return Measurement.exact(
        [Fraction(words(gap) ** gap.repetitions(n), n) for n in places], unit="numbers of variables"
    )


def order_of_time(_: Trial) -> Measurement:
    """The least whole order of ``log n`` that bounds the logarithm of the number of clauses at ``m = n``."""
    import sympy as sp

    r, lost, L = sp.symbols("r lost L", positive=True)
    clauses = L / (r * sp.log(2) + lost) * (r * sp.log(2) + L)
    order = next(p for p in range(10) if sp.limit(clauses / L**p, L, sp.oo) != sp.oo)
    return Measurement.exact([Fraction(order)], unit="limits")


def chance(trial: Trial) -> Measurement:
    """The chance that one of so many runs says YES, if each does with chance 1/4."""
    return Measurement.exact([1 - Fraction(3, 4) ** int(trial.case.params["runs"])], unit="laws")


# --- nothing to tell apart below c log2 n -------------------------------------------------------------------


def small_formulas(trial: Trial) -> list[tuple[Clause, ...]]:
    """All formulas of the case's size, without contradictory clauses."""
    n, k, m = (int(trial.case.params[name]) for name in ("n", "k", "m"))
    return list(all_formulas(all_clauses(n, k), m))


def largest_shares(trial: Trial) -> Measurement:
    """The largest share of satisfied clauses of each formula."""
    found = small_formulas(trial)
    return Measurement.exact(
        [Fraction(value(formula, int(trial.case.params["n"])), len(formula)) for formula in found],
        unit="formulas",
        witness=lambda j: {"formula": text(found[j])},
    )


def random_shares(trial: Trial, less: int = 0) -> Bound:
    """``2^{-k}``, with the length of the longest clause."""
    return Bound.of([Fraction(1, 2 ** (max(map(len, f)) - less)) for f in small_formulas(trial)])


# --- a step of the printed proof ----------------------------------------------------------------------------


def counted_share(_: Trial) -> Measurement:
    """The best share of the ``4 * 4`` clauses of four Hadamard constraints of which three can hold."""
    signs = np.ones((4, 3), dtype=np.int64)
    signs[3, 0] = -1
    made = PredicateFormula(hadamard_predicate(3), np.tile([1, 2, 3], (4, 1)), signs, 3)
    terms = made.conjunctions()
    return Measurement.exact(
        [terms.optimum().value],
        unit="formulas",
        witness=lambda _: {
            "constraints": "x1x2x3 = 1 thrice, = -1 once",
            "k0": 3,
            "val_P": "3 of 4 = 2 k0/2^k0",
            "clauses": terms.m,
            "2 k0 m": 24,
            "val_DNF": int(terms.optimum().value * terms.m),
        },
    )


ONE = Bound.of([Fraction(1)])


def code(p: int, q: int, k0: int, r: int) -> Case:
    """The gap ``c = p/q`` by a code of ``2^r`` words of arity `k0`."""
    slug = f"c{p}-k{k0}-r{r}" if q == 1 else f"c{p}-{q}-k{k0}-r{r}"
    return Case(slug=slug, params={"p": p, "q": q, "k0": k0, "r": r})


def tight(cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """The same cases, as nearly equalities."""
    return tuple(Case(slug=case.slug, params=dict(case.params), tight=True) for case in cases)


CODES = (code(3, 2, 7, 3), code(2, 1, 11, 4), code(4, 1, 31, 5), code(4, 1, 27, 6), code(5, 2, 15, 5))
#: With ``(1 - eps)^t`` near one.
FINE = (code(4, 1, 31, 5), code(3, 1, 40, 6))


CLAIM = Claim(
    id="TH2",
    slug="gap",
    theorem="proper_policy_hardness",
    title="The gap 1/n against n^-c needs K log2(n) literals, K > c, and no more",
    statement=(
        "With a code of 2^r words of arity k0, (k0-2)/r > c, eps = 2^(r-k0) and t = floor(log n/log(1/a)), the "
        "repeated formula has shares a^t >= 1/n or b^t <= n^-c once t >= c/(c'-c), clauses of at most (k0/r) "
        "log2 n literals and 2^(O(log^2 n)) of them; k0/r may be any K > c, and below c log2 n literals every "
        "formula has val > m/n^c."
    ),
    formula=(
        r"a = \tfrac{1-\varepsilon}{2^r},\ b = 2^{-k_0} + \tfrac{\varepsilon}{2^r} \le a^{(k_0-2)/r}: \quad "
        r"a^t \ge \tfrac{1}{n}, \quad b^t \le n^{-c}, \quad k_0 t \le \tfrac{k_0}{r} \log_2 n"
    ),
    relation="<=",
    scope=(
        "Codes to r = 12 exactly, all t by computer algebra, n exactly where t changes; (67) for every c >= 1 "
        "by ball arithmetic and algebra. Reduction verified; hardness conditional on rETH."
    ),
    source=(
        "Theorem H.2 and inequality (67) (pages 68-71) of Foster, Mhammedi and Rohatgi (COLT 2025); the order c "
        "in place of c^2, and that it is best possible: ours."
    ),
    uses=("TH3", "LH5", "LH6"),
    checks=(
        Check(
            slug="codes",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="r-to-12"),),
            measure=powers,
            bound=lambda _: ONE,
        ),
        Check(
            slug="exponent",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="all", tight=True),),
            measure=exponent,
            bound=lambda _: ONE,
            relation="==",
        ),
        Check(
            slug="repetitions",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="all", tight=True),),
            measure=repetitions,
            bound=lambda _: ONE,
        ),
        Check(
            slug="yes",
            evidence=Evidence.EXHAUSTIVE,
            cases=tight(CODES),
            instance=gap_of,
            measure=shares_of_yes,
            bound=lambda _: ONE,
            relation=">=",
        ),
        Check(
            slug="no",
            evidence=Evidence.EXHAUSTIVE,
            cases=CODES,
            instance=gap_of,
            measure=shares_of_no,
            bound=lambda _: ONE,
        ),
        Check(
            slug="lengths",
            evidence=Evidence.EXHAUSTIVE,
            cases=tight(FINE),
            instance=gap_of,
            measure=factors,
            bound=lambda _: ONE,
        ),
        Check(
            slug="time",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="all", tight=True),),
            measure=order_of_time,
            bound=lambda _: Bound.of([Fraction(2)]),
        ),
        Check(
            slug="runs",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="three", params={"runs": 3}),),
            measure=chance,
            bound=lambda _: Bound.of([Fraction(1, 2)]),
            relation=">=",
        ),
        Check(
            slug="nothing-below",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                Case(slug="n1-k1", params={"n": 1, "k": 1, "m": 4}, tight=True),
                Case(slug="n2-k2", params={"n": 2, "k": 2, "m": 4}, tight=True),
                Case(slug="n3-k3", params={"n": 3, "k": 3, "m": 2}),
            ),
            measure=largest_shares,
            bound=random_shares,
            relation=">=",
        ),
        *equation67.CHECKS,
    ),
    false_variants=(
        FalseVariant(
            slug="one-word-to-spare",
            why="c' = (k0 - 1)/r with the same eps",
            check="codes",
            measure=lambda trial: powers(trial, spare=1),
        ),
        FalseVariant(
            slug="fewer-repetitions",
            why="t >= c/c' is enough",
            check="repetitions",
            measure=lambda trial: repetitions(trial, lambda c, w: c / (c + w)),
        ),
        FalseVariant(
            slug="rounded-up",
            why="t = ceil(log n / log(1/a))",
            check="yes",
            measure=lambda gap: shares_of_yes(gap, more=1),
            cases=("c2-k11-r4",),
        ),
        FalseVariant(
            slug="for-every-n",
            why="the gap is there from t = 1 on",
            check="no",
            measure=lambda gap: shares_of_no(gap, earlier=gap.least_t - 1),
            cases=("c4-k27-r6", "c3-2-k7-r3"),
        ),
        FalseVariant(
            slug="twice-the-arity",
            why="2 k0 clauses for each constraint are still no more than n",
            check="lengths",
            measure=lambda gap: factors(gap, lambda gap: 2 * gap.k0),
            cases=("c4-k31-r5",),
        ),
        FalseVariant(
            slug="polynomially-many-clauses",
            why="log of the number of clauses is of order log n",
            check="time",
            bound=lambda _: ONE,
        ),
        FalseVariant(
            slug="two-runs",
            why="two runs make the chance one half",
            check="runs",
            measure=lambda _: Measurement.exact([1 - Fraction(3, 4) ** 2], unit="laws"),
        ),
        FalseVariant(
            slug="one-literal-less",
            why="every formula has a share 2^(1-k)",
            check="nothing-below",
            bound=lambda trial: random_shares(trial, less=1),
            cases=("n2-k2",),
        ),
        *equation67.VARIANTS,
    ),
    printed=(
        equation67.PRINTED,
        PrintedForm(
            slug="two-k-clauses-for-each-constraint",
            item="Theorem H.2",
            page=71,
            says="val_P <= (2k0/2^k0 + eps0) m leaves a share of at most 2^-k0 + eps0 of the clauses",
            holds=False,
            step=True,
            check=Check(
                slug="share-as-printed",
                evidence=Evidence.EXHAUSTIVE,
                cases=(Case(slug="three-of-four"),),
                measure=counted_share,
                bound=lambda _: Bound.of([Fraction(1, 8) + Fraction(1, 100)]),
            ),
            mended=(
                "Lemma H.5 makes 2^r m clauses, not 2 k0 m. With Chan's own threshold 2^r/2^k0 + eps0 the share "
                "is 2^-k0 + eps0/2^r, and all that follows stands; Theorem H.2 survives."
            ),
        ),
    ),
)

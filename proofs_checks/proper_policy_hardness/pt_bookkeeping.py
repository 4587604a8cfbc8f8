"""PT: the exponents of the conditional hardness add up.

Statement (a reduction, conditional on rETH). Fix a polynomial degree ``C >= 1``. Gap Max-k0-AND asks to
tell formulas of value at least ``c0`` from formulas of value at most ``s0``, with ``c0 = 2^(-a sqrt k0)``,
``s0 = 2^(-k0 + b sqrt k0)`` for constants `a`, `b`; take `k0` so large that ``s0 <= c0^(2C+1)``. Take ``q =
A log n / log(1/c0)`` disjoint copies with one term of each conjoined, ``A >= 1``: ``d = n q``, ``k = q
k0``, values at least ``c = c0^q = n^-A`` or at most ``s = s0^q <= c^(2C+1)``; prompts are drawn by choosing
a term per copy and never listed. A proper learner with ``T <= (d/(beta eps))^C`` rounds, ``eps = c/(8k)``
and ``eta = n^-B``, ``2B > C(1 + A)``, would by P5 play an assignment of value above ``1/(8T) - eta^2 >=
1/(16T) > s``, and tell the two apart. It would take ``T_comp <= (d exp(1/beta)/eps)^C = n^(O(log n))``:
quasi-polynomial, which rETH excludes.

The source. Samorodnitsky and Trevisan (STOC 2000) check proofs with ``k0 = l^2 + 2l`` queries of which ``2l``
are free, accept right ones with probability ``1 - e`` and wrong ones with at most ``2^{-l^2}``, for every
``e > 0``. A test accepts ``2^{2l}`` views, each a term of `k0` literals, of which an assignment satisfies one
at most: ``c0 = (1 - e) 2^{-2l} >= 2^{-2 sqrt k0}`` for ``e <= 1/2``, ``s0 <= 2^{-k0}``, so ``a = 2`` and any
``b > 0`` will do. The paper's chain is another (PTc): Chan's predicates, repetition on the same variables,
one prompt.

What is checked. Exponents, as limits by computer algebra, for all ``C, A, a, b`` at once: (1)
``soundness``: the `k0` that suffices; (2) ``data``: `T` grows slower than ``1/s``; (3) ``noise-floor``:
``eta^2`` falls at least as fast as ``1/T``; (4) ``time``: ``log T_comp`` is of order ``(log n)^2``. And (5)
``copies``: the largest value of `q` copies is the `q`-th power, exhaustively for small formulas, and
(6) ``copies-by-program``: on 26 variables by an integer program, its assignment and its bound. (7)
``source``: ``2l + 1 <= 2 sqrt k0`` for all ``l >= 1/4``.

What is not. rETH, the PCP theorem behind gap Max-k0-AND, and whether the problem is hard: this is
bookkeeping, and says that the reduction's parameters fit, no more.

Why trust it. Each exponent is the limit of the logarithm of the quantity as it is written above.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from explore_theory.formulas import Copies, Formula, exact_optimum, planted_formula, random_formula
from explore_theory.formulas.milp import by_program
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Bound, Case, Check, Claim, Evidence, FalseVariant, Measurement, Trial
from proofs_checks.proper_policy_hardness.rational import formulas


def symbols() -> Any:
    """``C, A, a, b``, a slack ``z``, and ``L = log n``: all positive."""
    import sympy as sp

    return sp.symbols("C A a b z L", positive=True)


def soundness(trial: Trial, degree: Callable[[Any], Any] = lambda c: 2 * c + 1) -> Measurement:
    """``(2C+1) log(1/c0) / log(1/s0)`` at ``sqrt k0 = degree(C) a + b + z``."""
    from explore_theory.certify import symbolic

    C, _, a, b, z, _ = symbols()
    root = degree(C) * a + b + z
    left, right = (2 * C + 1) * a * root, root**2 - b * root
    return symbolic.largest_ratio(left.expand(), right.expand(), equal_at={z: 0})


def source(trial: Trial, a: int = 2) -> Measurement:
    """``(2l + 1)^2`` over ``a^2 k0``, ``k0 = l^2 + 2l``, ``l = 1/4 + z``: ``log2(1/c0)`` at ``e = 1/2``."""
    import sympy as sp

    from explore_theory.certify import symbolic

    z = symbols()[-2]
    free = sp.Rational(1, 4) + z
    left, right = (2 * free + 1) ** 2, a**2 * (free**2 + 2 * free)
    return symbolic.largest_ratio(left.expand(), right.expand(), equal_at={z: 0})


def orders(copies: Callable[[Any], Any] = lambda z: 1 + z) -> dict[str, Any]:
    """``log`` of each quantity of the statement in terms of ``L = log n``, with ``A = copies(z)``."""
    import sympy as sp

    C, _, a, b, z, L = symbols()
    A = copies(z)
    # Logarithms to base e; log(1/c0) = a sqrt(k0) log 2 and k0 are constants of the reduction.
    k0 = sp.Symbol("k0", positive=True)
    q = A * L / (a * sp.sqrt(k0) * sp.log(2))
    k, d = q * k0, sp.exp(L) * q
    B = (C * (1 + A) + b) / 2  # any excess b > 0
    inverse_beta, log_c = 4 * k * B * L, -A * L
    log_inverse_eps = sp.log(8 * k) - log_c
    log_d = sp.expand_log(sp.log(d), force=True)
    return {
        "A": A,
        "B": B,
        "log T": C * (log_d + sp.log(inverse_beta) + log_inverse_eps),
        "log compute": C * (log_d + inverse_beta + log_inverse_eps),
    }


def growth(expression: Any, order: int = 1) -> Any:
    """The limit of ``expression / L^order``."""
    import sympy as sp

    L = symbols()[-1]
    return sp.limit(sp.expand_log(expression / L**order, force=True), L, sp.oo)


def data(
    trial: Trial,
    power: Callable[[Any], Any] = lambda c: 2 * c + 1,
    copies: Callable[[Any], Any] = lambda z: 1 + z,
) -> Measurement:
    """The exponent of `T` over that of ``1/s``."""
    from explore_theory.certify import symbolic

    C, *_ = symbols()
    found = orders(copies)
    return symbolic.largest_ratio(growth(found["log T"]), found["A"] * power(C), equal_at={})


def noise_floor(trial: Trial, share: int = 2) -> Measurement:
    """The exponent of `T` over that of ``eta^-2``."""
    from explore_theory.certify import symbolic

    *_, b, _, _ = symbols()
    found = orders()
    return symbolic.largest_ratio(
        growth(found["log T"]).expand(), (share * found["B"]).expand(), equal_at={b: 0}
    )


def time(trial: Trial) -> Measurement:
    """The least whole order of ``log n`` that bounds ``log T_comp``."""
    import sympy as sp

    found = orders()["log compute"]
    order = next(p for p in range(10) if growth(found, p) != sp.oo)
    return Measurement.exact([Fraction(order)], unit="limits")


def largest_value(trial: Trial) -> Measurement:
    """The largest value of `q` copies, by trying all assignments of theirs."""
    copies = int(trial.case.params["q"])
    found = [exact_optimum(Copies(formula, copies).listed()).value for formula in small(trial)]
    return Measurement.exact(found, unit="formulas")


def power_of_value(trial: Trial, more: int = 0) -> Bound:
    """The `q`-th power of the largest value."""
    copies = int(trial.case.params["q"]) + more
    return Bound.of([exact_optimum(formula).value ** copies for formula in small(trial)])


def small(trial: Trial) -> list[Any]:
    """All formulas of the case's size."""
    return list(formulas(*(int(trial.case.params[name]) for name in ("n", "k", "m"))))


def planted(trial: Trial) -> Formula:
    """A formula of the case's kind, so large that copies of it are beyond trying all assignments."""
    kind, sizes = str(trial.case.params["kind"]), [int(trial.case.params[name]) for name in ("n", "k", "m")]
    n, k, m = sizes
    streams = Streams(("formulas to copy", kind), [0])
    return (
        random_formula(m=m, k=k, n=n, streams=streams)
        if kind == "random"
        else planted_formula(kind, m=m, k=k, n=n, streams=streams)[0]
    )


def by_integer_program(trial: Trial) -> Measurement:
    """The largest value of the copies by an integer program: of its assignment, and its upper bound."""
    found = by_program(Copies(planted(trial), int(trial.case.params["q"])).listed(), seconds=60.0)
    return Measurement.exact([found.value, found.bound], unit="programs")


def power_of_planted(trial: Trial) -> Bound:
    """The `q`-th power of the largest value, of one copy by trying all assignments."""
    value = exact_optimum(planted(trial)).value ** int(trial.case.params["q"])
    return Bound.of([value, value])


def programs(kind: str, n: int, k: int, m: int, q: int) -> Case:
    """Copies with ``q n > 24`` variables."""
    return Case(slug=f"{kind}-q-{q}", params={"kind": kind, "n": n, "k": k, "m": m, "q": q}, tight=True)


ONE = Bound.of(1.0)

CLAIM = Claim(
    id="PT",
    slug="bookkeeping",
    theorem="proper_policy_hardness",
    title="The exponents of the conditional hardness of proper exploration add up",
    statement=(
        "With gap Max-k0-AND at s0 <= c0^(2C+1), q = A log n / log(1/c0) conjoined copies and eta = n^-B, "
        "2B > C(1+A), a proper learner with T <= (d/(beta eps))^C and T_comp <= (d exp(1/beta)/eps)^C "
        "would tell the cases apart in time n^(O(log n)), which rETH excludes."
    ),
    formula=(
        r"T \le n^{C(1+A) + o(1)} \ll n^{A(2C+1)} \le 1/s, \qquad \eta^2 \le \tfrac{1}{16T}, \qquad "
        r"\log T_{\mathrm{comp}} = O(\log^2 n)"
    ),
    relation="<=",
    scope=(
        "Exponents for all C, a, b and A >= 1, by computer algebra; values of copies for n <= 3, and for 26 "
        "variables by an integer program. "
        "Reduction verified; hardness conditional on rETH."
    ),
    source=(
        "Theorem 4.1 of Foster, Mhammedi, Rohatgi, COLT 2025, arXiv 2503.07453v2; gap Max-k-AND after "
        "Samorodnitsky and Trevisan, A PCP characterization of NP with optimal amortized query complexity "
        "(STOC 2000). The parameters are ours, and not the paper's chain, which is PTc."
    ),
    explicit=False,
    uses=("P4", "P5"),
    checks=(
        Check(
            slug="soundness",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="all", tight=True),),
            measure=soundness,
            bound=lambda _: ONE,
        ),
        Check(
            slug="source",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="all", tight=True),),
            measure=source,
            bound=lambda _: ONE,
        ),
        Check(
            slug="data",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="all"),),
            measure=data,
            bound=lambda _: ONE,
        ),
        Check(
            slug="noise-floor",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="all", tight=True),),
            measure=noise_floor,
            bound=lambda _: ONE,
        ),
        Check(
            slug="time",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="all", tight=True),),
            measure=time,
            bound=lambda _: Bound.of([Fraction(2)]),
        ),
        Check(
            slug="copies",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                Case(slug="q-2", params={"n": 3, "k": 3, "m": 3, "q": 2}, tight=True),
                Case(slug="q-3", params={"n": 3, "k": 3, "m": 3, "q": 3}, tight=True, tiers=("full",)),
            ),
            measure=largest_value,
            bound=power_of_value,
            relation="==",
        ),
        Check(
            slug="copies-by-program",
            evidence=Evidence.CERTIFIED,
            cases=(
                programs("hadamard", 13, 3, 8, 2),
                programs("parity", 13, 2, 10, 2),
                programs("random", 13, 2, 8, 2),
            ),
            measure=by_integer_program,
            bound=power_of_planted,
            relation="==",
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="one-power-less",
            why="s0 <= c0^(2C) is all that k0 is chosen for.",
            check="soundness",
            measure=lambda trial: soundness(trial, lambda c: 2 * c),
        ),
        FalseVariant(
            slug="one-bit-per-root",
            why="c0 >= 2^(-sqrt k0): as many free bits as l.",
            check="source",
            measure=lambda trial: source(trial, a=1),
        ),
        FalseVariant(
            slug="gap-of-degree-c",
            why="s <= c^C: a gap of the learner's own degree does not suffice.",
            check="data",
            measure=lambda trial: data(trial, lambda c: c),
        ),
        FalseVariant(
            slug="few-copies",
            why="A <= 1/2: values that fall no faster than n^(-1/2).",
            check="data",
            measure=lambda trial: data(trial, copies=lambda z: 1 / (2 + z)),
        ),
        FalseVariant(
            slug="eta-for-its-square",
            why="eta, not its square, is below 1/(16T).",
            check="noise-floor",
            measure=lambda trial: noise_floor(trial, share=1),
        ),
        FalseVariant(
            slug="polynomial-time",
            why="T_comp is a polynomial: log T_comp of order log n.",
            check="time",
            bound=lambda _: Bound.of([Fraction(1)]),
        ),
        FalseVariant(
            slug="one-copy-more",
            why="The largest value of q copies is the power q + 1.",
            check="copies",
            bound=lambda trial: power_of_value(trial, more=1),
        ),
    ),
)

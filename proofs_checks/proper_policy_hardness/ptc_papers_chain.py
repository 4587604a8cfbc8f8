"""PTc: the exponents of the paper's own chain add up, from Chan's theorem to Theorem 4.1.

Statement (a reduction, conditional on rETH). The chain: Chan's sparse predicates (TH3), terms for constraints
(LH5), serial repetition (LH6), the gap ``1/n`` against ``n^-c`` in ``K log2(n)``-DNF formulas, ``K > c``
(TH2), and the learner that is run on them (Lemma H.1, Theorem H.1, Lemma H.4). Let a proper learner have ``T
<= (d/(beta eps))^C`` and run in time ``(d e^{1/beta} |Y|/eps)^C``. On a formula of `n` variables and ``m =
2^{O(log^2 n)}`` clauses put ``d = n``, ``delta = 1/n``, ``k = K log2 n``, ``beta = 1/(k^2 log(16/delta))``.
The learner tells ``val >= m/n`` from ``val <= m/n^c``, with ``T <= 2^k``, as soon as ``K > c > 1`` (TH2) and,
for large `n`,
    ``c > 3C + 1``     if its output is proper: Lemma H.1, ``eps = delta^2 beta/16``, NO at ``delta m/(16T)``;
    ``c > 3C + 1``     if it is cloned with this instance's `W` (LH4), `eps` over ``(1/beta + L + log 2)^2``;
    ``c > 7C/2 + 1``   if it is cloned as printed, `eps` divided by ``B L``, ``B = n^{1/2}``;
    ``c > 4C + 1``     if it is cloned as mended (LH4), `eps` divided by ``(B/beta + L)^2``;
    ``c > 2C``         by two worlds (T41): ``eps = (9/20) delta beta``, NO at ``2m/(5T)``, any output,
where ``L = log(1/min pi_ref) = 1/beta + log m``. It takes time ``2^{O(log^3 n)}``; ``2^{n^eta}`` is what TH2
says no algorithm does.

Why. ``1/beta``, `k` and `L` are powers of ``log n``; so ``1/(beta eps)`` is ``n^2``, times 1, ``n^{1/2}``,
`n` or ``n^-1`` in the other rows, up to these. And ``T <= n^c <= 2^k``.

As printed (proof of Theorem H.1, page 66), ``16 T <= d^{4 c1}`` with ``c1 = C`` is said to make the answer
NO where ``val <= m/d^{4 c1}``. Lemma H.1 says NO below ``delta m/(16T)``: the factor ``delta = 1/d`` is lost,
and ``16 T/delta <= d^{4 c1}`` is false for all large `d` if ``c1 <= 1``. It is true for ``c1 > 1``, which one
may assume, since ``d/(beta eps) >= 1``: Theorem H.1 survives.

What is checked. (1) ``exponents`` and (2) ``few``: limits by computer algebra, for every `C`. (3) ``time``:
the order of its logarithm. (4) ``explicit``: at C = 1 and 2 the `n` from which on the first row is true, by
ball arithmetic: ``log n >= 35.81`` at ``C = 1, c = 5``, and it is not much earlier.

What is not. rETH and Chan's theorem; Lemma H.1 itself (LH1, T41); (1) to (3) say nothing of any one `n`.
Beyond ``log n = 10^6`` (4) rests on ``(log x)/x`` falling.

Why trust it. Each exponent is the limit of the logarithm of the quantity as it is written above.
"""

from fractions import Fraction
from functools import cache
from typing import Any

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
from proofs_checks.proper_policy_hardness.pt_bookkeeping import growth

KINDS = ("proper", "cloned-here", "cloned-as-printed", "cloned-as-mended", "two-worlds")


def symbols() -> Any:
    """``C``, the rate `K` of `k`, that of ``log m``, a slack ``z``, and ``L = log n``: all positive."""
    import sympy as sp

    return sp.symbols("C K M z L", positive=True)


def logarithms(kind: str) -> dict[str, Any]:
    """``log`` of each quantity of the statement, in terms of ``L = log n``."""
    import sympy as sp

    C, K, M, _, L = symbols()
    log_m, k = M * L**2, K * L / sp.log(2)
    inverse_beta = k**2 * (sp.log(16) + L)
    smallest = inverse_beta + log_m  # log(1/min pi_ref), up to log 1
    log_inverse_beta = 2 * sp.log(k) + sp.log(sp.log(16) + L)
    proper = sp.log(16) + 2 * L + log_inverse_beta
    # Constants of behaviour cloning have no logarithm that grows: left out.
    inverse_eps = {
        "proper": proper,
        "cloned-here": proper + 2 * sp.log(inverse_beta + smallest + sp.log(2)),
        "cloned-as-printed": proper + L / 2 + sp.log(smallest),
        "cloned-as-mended": proper + L + 2 * sp.log(inverse_beta + smallest * sp.exp(-L / 2)),
        "two-worlds": sp.log(sp.Rational(20, 9)) + L + log_inverse_beta,
    }[kind]
    queries = C * (L + log_inverse_beta + inverse_eps)
    lost = sp.log(sp.Rational(5, 2)) if kind == "two-worlds" else sp.log(16) + L
    return {
        "T": queries,
        "threshold": queries + lost,
        "time": C * (L + inverse_beta + log_m + inverse_eps),
    }


@cache
def limit(kind: str, name: str, order: int = 1) -> Any:
    """The limit of that logarithm over ``L^order``; slow, and asked for again by false variants."""
    return growth(logarithms(kind)[name], order)


def stated(kind: str) -> Any:
    """The exponents of the statement."""
    import sympy as sp

    C = symbols()[0]
    half = sp.Rational(1, 2)
    return {
        "proper": 3 * C + 1,
        "cloned-here": 3 * C + 1,
        "cloned-as-printed": 7 * half * C + 1,
        "cloned-as-mended": 4 * C + 1,
        "two-worlds": 2 * C,
    }[kind]


def exponents(trial: Trial, less: int = 0, times: int = 0) -> Measurement:
    """The exponent of ``1/`` the share where NO is said, over the stated one less ``less + times C``."""
    from explore_theory.certify import symbolic

    kind = str(trial.case.params["kind"])
    return symbolic.ratio(limit(kind, "threshold"), stated(kind) - less - times * symbols()[0])


def few(trial: Trial, rate: int | None = None) -> Measurement:
    """The exponent of `T` over `K`, the stated exponent and a slack; or ``rate C`` and the slack."""
    from explore_theory.certify import symbolic

    kind, (C, *_, z, _) = str(trial.case.params["kind"]), symbols()
    found = limit(kind, "T")
    enough = (stated(kind) if rate is None else rate * C) + z
    tight = {z: 0} if kind == "two-worlds" else {}
    return symbolic.largest_ratio(found, enough, equal_at=tight)


def time(trial: Trial) -> Measurement:
    """The least whole order of ``log n`` that bounds the logarithm of the runtime."""
    import sympy as sp

    kind = str(trial.case.params["kind"])
    order = next(p for p in range(10) if limit(kind, "time", p) != sp.oo)
    return Measurement.exact([Fraction(order)], unit="limits")


def explicit(trial: Trial, earlier: Fraction = Fraction(1)) -> Measurement:
    """``log(16 T n)`` over ``c log n`` from the case's ``log n`` on, ``k = K log2(n) + 1``, to a million."""
    from explore_theory.certify import balls, boxes

    C, c, K = (Fraction(str(trial.case.params[name])) for name in ("C", "c", "K"))
    least = Fraction(str(trial.case.params["from log n"])) / earlier

    def log_ratio(point: Any) -> Any:
        x, sixteen, two = point[0], balls.ball(16).log(), balls.ball(2).log()
        k = x * (balls.ball(K) / two) + 1
        inverse_beta = 2 * k.log() + (x + sixteen).log()
        queries = balls.ball(C) * (3 * x + sixteen + 2 * inverse_beta)
        return (sixteen + x + queries).log() - (x * balls.ball(c)).log()

    return boxes.largest_ratio(log_ratio, {"log n": (least, 10**6)}, accuracy=1e-4)


def printed_exponent(_: Trial) -> Measurement:
    """The exponent of ``16 T/delta`` at ``c1 = 1/2``."""
    import sympy as sp

    found = limit("proper", "threshold").subs(symbols()[0], sp.Rational(1, 2))
    return Measurement.exact(
        [Fraction(int(found.p), int(found.q))],
        unit="limits",
        witness=lambda _: {
            "c1": "1/2",
            "T": "d^(3/2) up to logarithms",
            "16 T/delta": "d^(5/2)",
            "d^(4 c1)": "d^2",
        },
    )


def of_kinds(*kinds: str, tight: bool = False) -> tuple[Case, ...]:
    """One case for each way to deal with the output."""
    return tuple(Case(slug=kind, params={"kind": kind}, tight=tight) for kind in kinds)


def start(degree: str, c: str, K: str, least: str) -> Case:
    """From ``log n = least`` on, the first row is true."""
    params = {"C": degree, "c": c, "K": K, "from log n": least}
    return Case(slug=f"degree-{degree}-c-{c}".replace("/", "-"), params=params, tight=True)


ONE = Bound.of(1.0)

CLAIM = Claim(
    id="PTc",
    slug="papers-chain",
    theorem="proper_policy_hardness",
    title="The paper's own chain, from Chan's theorem to Theorem 4.1: its exponents add up",
    statement=(
        "With T <= (d/(beta eps))^C, delta = 1/n, k = K log2 n and K > c > 1, Lemma H.1 (or T41) tells val "
        ">= m/n from val <= m/n^c for c > 3C+1 (proper output, or cloned with this instance's ratios), "
        "7C/2+1 (cloned as printed), 4C+1 (as mended for any instance) or 2C (two worlds, T41), with T <= "
        "2^k, in time 2^(O(log^3 n)), which by TH2 would refute rETH."
    ),
    formula=(
        r"\tfrac{16T}{\delta} = n^{3C + 1 + o(1)} \le n^c \le 2^k, \qquad "
        r"\log T_{\mathrm{comp}} = O(\log^3 n) \ll n^\eta"
    ),
    relation="<=",
    scope=(
        "Exponents for every C by computer algebra, an explicit n for C = 1, 2 by ball arithmetic. Reduction "
        "verified; hardness conditional on rETH."
    ),
    source=(
        "Theorems H.1 to H.3 and Theorem 4.1 (pages 60-71) of Foster, Mhammedi and Rohatgi (COLT 2025); the "
        "exponents, and the factor delta that page 66 loses: ours."
    ),
    explicit=False,
    uses=("TH2", "LH1", "LH2", "LH3", "LH4", "T41"),
    checks=(
        Check(
            slug="exponents",
            evidence=Evidence.SYMBOLIC,
            cases=of_kinds(*KINDS, tight=True),
            measure=exponents,
            bound=lambda _: ONE,
            relation="==",
        ),
        Check(
            slug="few",
            evidence=Evidence.SYMBOLIC,
            cases=(*of_kinds(*KINDS[:-1]), *of_kinds(KINDS[-1], tight=True)),
            measure=few,
            bound=lambda _: ONE,
        ),
        Check(
            slug="time",
            evidence=Evidence.SYMBOLIC,
            cases=of_kinds(*KINDS, tight=True),
            measure=time,
            bound=lambda _: Bound.of([Fraction(3)]),
        ),
        Check(
            slug="explicit",
            evidence=Evidence.CERTIFIED,
            cases=(
                start("1", "5", "6", "35.81"),
                start("1", "9/2", "5", "79.57"),
                start("2", "8", "9", "81.83"),
            ),
            measure=explicit,
            bound=lambda _: ONE,
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="delta-lost",
            why="c > 3C is enough: NO below m/(16T), as on page 66",
            check="exponents",
            measure=lambda trial: exponents(trial, less=1),
            cases=("proper",),
        ),
        FalseVariant(
            slug="cloning-costs-nothing",
            why="a cloned output is as cheap as a proper one: 3C + 1",
            check="exponents",
            measure=lambda trial: exponents(trial, times=1),
            cases=("cloned-as-mended",),
        ),
        FalseVariant(
            slug="cloning-is-for-nothing",
            why="a cloned output needs no more data than two worlds do",
            check="exponents",
            measure=lambda trial: exponents(trial, less=1, times=1),
            cases=("cloned-here",),
        ),
        FalseVariant(
            slug="accuracy-of-order-delta",
            why="with Lemma H.1 too an accuracy of order delta is enough: 2C + 1",
            check="exponents",
            measure=lambda trial: exponents(trial, times=1),
            cases=("proper",),
        ),
        FalseVariant(
            slug="half-the-literals",
            why="k = C log2 n literals are enough for T <= 2^k",
            check="few",
            measure=lambda trial: few(trial, rate=1),
            cases=("proper", "two-worlds"),
        ),
        FalseVariant(
            slug="time-of-order-two",
            why="log T_comp is of order log^2 n",
            check="time",
            bound=lambda _: Bound.of([Fraction(2)]),
            cases=("proper", "two-worlds"),
        ),
        FalseVariant(
            slug="from-earlier-on",
            why="the first row is true from nine tenths of that log n on",
            check="explicit",
            measure=lambda trial: explicit(trial, Fraction(10, 9)),
        ),
    ),
    printed=(
        PrintedForm(
            slug="answer-no-without-delta",
            item="Theorem H.1",
            page=66,
            says="for every c1 > 0 and large d the answer is NO below m/d^(4 c1): 16 T/delta <= d^(4 c1)",
            holds=False,
            step=True,
            check=Check(
                slug="no-as-printed",
                evidence=Evidence.SYMBOLIC,
                cases=(Case(slug="half"),),
                measure=printed_exponent,
                bound=lambda _: Bound.of([Fraction(2)]),
            ),
            mended=(
                "The exponent of 16 T/delta is 3 c1 + 1, below 4 c1 for c1 > 1, which may be assumed. "
                "Theorem H.1 and Theorem 4.1 survive."
            ),
        ),
    ),
)

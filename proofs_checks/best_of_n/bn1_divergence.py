"""BN1: ``KL(best-of-N || pi_ref) <= log N - (N - 1)/N``, however the draws are ranked and ties are broken.

Statement. Let `Q` be the law of a response that is selected, by any rule whatsoever, among `N` independent
draws from `pi_ref`. Then ``KL(Q || pi_ref) <= log N - (N - 1)/N``. For a reward without ties whose values
have a continuous law it is an equality; on finitely many responses and ``N >= 2`` it never is. The factor of
``(N - 1)/N`` cannot be larger than 1.

Proof (ours for rules that are no ranking). For a set `A` of responses ``Q(A) <= 1 - (1 - pi_ref(A))^N``:
somebody must have drawn from `A`. Put the responses in the order of ``Q/pi_ref``, the largest last: then the
mass that `Q` gives to the last part of `pi_ref`-mass `u` is at most ``1 - (1 - u)^N``, which is what the
maximum of `N` uniform numbers gives to it. So `Q` is majorised by that maximum's density ``N u^(N-1)``, and a
divergence, the mean of a convex function of the density, is at most ``int_0^1 N u^(N-1) log(N u^(N-1)) du =
log N - (N - 1)/N``. It is strictly convex: equality needs the density itself, which takes infinitely many
values.

As quoted (Gao, Schulman and Hilton 2022, section 2: distances of best-of-n "are computed analytically", from
appendix G.3 of Stiennon et al. 2020) it is an *equality*. For two responses, the better one of mass .1, and
``N = 4`` the divergence is .2174, and the formula says .6363; for two responses it is bounded by ``log 2``
at mass 1/2 while the formula grows without bound. Beirami et al. (2024) give the correction.

What is checked. `orders`: all laws with masses in multiples of 1/10 on two to four responses, in all orders
(so all fixed rules for ties), `N` to 32. `rules`: *every* rule that returns one of the draws, on two
responses with ``N <= 3`` and on three with ``N = 2``, on grids; the divergence is convex, so mixtures of
rules are covered. `two`: all laws on two responses at once, by branch and bound. `uniform`: 256 equal
responses.

What is not. More responses than four off the uniform law, but for the proof.

Why trust it. Laws are exact rationals (in `rules`, sums over tuples of draws), divergences balls.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.claims import (
    Bound,
    Case,
    Check,
    Claim,
    Constant,
    Evidence,
    FalseVariant,
    Measurement,
    PrintedForm,
    Span,
    Trial,
    Value,
    ball,
    best_constant,
    precision,
    supremum,
)
from proofs_checks.best_of_n.formal import proved_best_of_n
from proofs_checks.best_of_n.selection import Law, best_of, divergence, laws, quoted, rules, selected, uniform

BITS = 128
#: Coordinates of two responses: the worse one has mass ``e^-t``; beyond, it is drawn less than once in e^26.
MOST = 60.0


@dataclass(frozen=True)
class Selected:
    """What was selected, by which law of the draws, and of how many."""

    found: tuple[Law, ...]
    drawn: tuple[Law, ...]
    draws: tuple[int, ...]


def gathered(rows: Iterator[tuple[Law, Law, int]]) -> Selected:
    """Rows ``(selected, drawn from, draws)`` as columns."""
    return Selected(*map(tuple, zip(*rows, strict=True)))


def orders(trial: Trial) -> Selected:
    """The best of `N` draws, of all laws on a grid in all orders."""
    grid, most = int(trial.case.params["grid"]), int(trial.case.params["most responses"])
    sizes = [law for size in range(2, most + 1) for law in laws(size, grid)]
    return gathered((best_of(law, n), law, n) for law, n in itertools.product(sizes, (1, 2, 4, 32)))


def every_rule(trial: Trial) -> Selected:
    """What every rule returns, of all laws on a grid."""
    size, n, grid = (int(trial.case.params[name]) for name in ("responses", "N", "grid"))
    pairs = itertools.product(laws(size, grid), rules(size, n))
    return gathered((selected(law, n, rule), law, n) for law, rule in pairs)


def equal_masses(trial: Trial) -> Selected:
    """The best of some draws from a uniform law."""
    law = uniform(int(trial.case.params["responses"]))
    return gathered((best_of(law, n), law, n) for n in (2, 4, 16))


def distances(world: Selected) -> Measurement:
    """``KL(Q || pi_ref)``, from its definition."""
    return _measured(world, divergence)


def backwards(world: Selected) -> Measurement:
    """False: ``KL(pi_ref || Q)``."""
    return _measured(world, lambda found, drawn: divergence(drawn, found))


def _measured(world: Selected, distance: Callable[[Law, Law], Any]) -> Measurement:
    with precision(BITS):
        values = [distance(q, p) for q, p in zip(world.found, world.drawn, strict=True)]

    def witness(k: int) -> dict[str, Any]:
        return {"pi_ref, worst first": ", ".join(map(str, world.drawn[k])), "N": world.draws[k]}

    return Measurement.exact(values, unit="laws", witness=witness)


def stated(world: Selected) -> Bound:
    """``log N - (N - 1)/N``."""
    return _of_draws(world, quoted)


def _of_draws(world: Selected, value: Callable[[int], Any]) -> Bound:
    with precision(BITS):
        known = {n: value(n) for n in set(world.draws)}
        return Bound.of([known[n] for n in world.draws])


# --- all laws on two responses ------------------------------------------------------------------------------

DRAWS = (2, 4, 8)


def two_responses(_: Trial) -> Measurement:
    """The largest divergence over all laws on two responses, for some `N`."""

    def distance(n: int) -> Callable[[Sequence[Any]], Any]:
        def at(z: Sequence[Any]) -> Any:
            # The worse response has mass q = e^-t and is selected with q^n; ratios are q^(n-1) and
            # (1 - q^n)/(1 - q) = 1 + q + .. + q^(n-1).
            missed = (-n * z[0]).exp()
            geometric = sum(((-j * z[0]).exp() for j in range(1, n)), 1 + 0 * z[0])
            return (1 - missed) * geometric.log() - missed * (n - 1) * z[0]

        return at

    found = [supremum(distance(n), [(0.0, MOST)], target=np.log(n), accuracy=1e-5) for n in DRAWS]
    return Measurement(
        lo=np.array([each.lo for each in found]),
        hi=np.array([each.hi for each in found]),
        effort=sum(each.boxes for each in found),
        unit="boxes",
        witness=lambda k: {"N": DRAWS[k], "mass of the worse": f"e^-{found[k].point[0]:.4f}"},
    )


def of_two(value: Callable[[int], Any] = quoted) -> Bound:
    """What is stated for each `N` of `two_responses`."""
    with precision(BITS):
        return Bound.of([value(n) for n in DRAWS])


# --- the best constant --------------------------------------------------------------------------------------


def needed(at: Mapping[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """``(log N - KL) / ((N - 1)/N)`` of uniform laws, `[K]`, in doubles."""
    rows = []
    for n, size in zip(at["N"], at["responses"], strict=True):
        powers = (np.arange(size + 1) / size) ** n
        mass = np.diff(powers)
        rows.append((np.log(n) - float((mass * np.log(mass * size)).sum())) / ((n - 1) / n))
    return np.array(rows)


def certified(at: Mapping[str, Any]) -> Any:
    """The same of one instance, a ball."""
    n, law = int(at["N"]), uniform(int(at["responses"]))
    with precision(BITS):
        return (ball(n).log() - divergence(best_of(law, n), law)) / ball(Fraction(n - 1, n))


FACTOR = Constant(
    slug="factor",
    name="K",
    says="KL(best-of-N || pi_ref) <= log N - K (N - 1)/N",
    stated=Value("1"),
    best="greatest",
    coordinates={"N": Span(2, 16, whole=True), "responses": Span(2, 256, whole=True)},
    score=needed,
    certified=certified,
)

#: Two responses, the better one of mass .1, and four draws.
EXAMPLE = Selected(
    found=(best_of((Fraction(9, 10), Fraction(1, 10)), 4),),
    drawn=((Fraction(9, 10), Fraction(1, 10)),),
    draws=(4,),
)

CLAIM = Claim(
    id="BN1",
    slug="best-of-n-divergence",
    theorem="best_of_n",
    title="Best-of-N is within log N - (N - 1)/N of the policy that it draws from",
    statement=(
        "For every finite law, every N >= 1 and every rule that returns one of N draws, rankings with any "
        "tie-breaking among them, KL(Q || pi_ref) <= log N - (N - 1)/N; for finitely many responses and N >= "
        "2 it is no equality."
    ),
    formula=r"\mathrm{KL}(\pi_{\mathrm{BoN}} \,\|\, \pi_{\mathrm{ref}}) \le \log N - \frac{N-1}{N}",
    relation="<=",
    scope="All laws on grids to four responses, every rule on small ones, all laws on two responses.",
    source=(
        "Beirami, Agarwal, Berant, D'Amour, Eisenstein, Nagpal and Suresh, Theoretical guarantees on the "
        "best-of-n alignment policy (arXiv 2401.01879), Theorem 3.1; for rules that rank nothing: ours."
    ),
    checks=(
        Check(
            slug="orders",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                Case(slug="grid-10", params={"grid": 10, "most responses": 4}),
                Case(slug="grid-16", params={"grid": 16, "most responses": 5}, tiers=("full",)),
            ),
            instance=orders,
            measure=distances,
            bound=stated,
        ),
        Check(
            slug="rules",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                Case(slug="two-of-two", params={"responses": 2, "N": 2, "grid": 12}),
                Case(slug="three-of-two", params={"responses": 2, "N": 3, "grid": 6}),
                Case(slug="two-of-three", params={"responses": 3, "N": 2, "grid": 5}),
            ),
            instance=every_rule,
            measure=distances,
            bound=stated,
        ),
        Check(
            slug="two",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="all-laws"),),
            measure=two_responses,
            bound=lambda _: of_two(),
        ),
        Check(
            slug="uniform",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="m256", params={"responses": 256}, tight=True),),
            instance=equal_masses,
            measure=distances,
            bound=stated,
        ),
        best_constant(FACTOR),
    ),
    printed=(
        PrintedForm(
            slug="as-an-equality",
            item="gao2022: Section 2",
            page=4,
            says="KL_bon = log n - (n - 1)/n, computed analytically",
            holds=False,
            check=Check(
                slug="two-responses",
                evidence=Evidence.EXHAUSTIVE,
                cases=(Case(slug="one-in-ten"),),
                instance=lambda _: EXAMPLE,
                measure=distances,
                bound=stated,
                relation="==",
            ),
            mended=(
                "An upper bound, and an equality only where rewards have a continuous law: where many "
                "responses share a reward, or a few have all the mass, distances read off the formula are "
                "too large. What is plotted against it moves to the left; comparisons at equal n survive."
            ),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="a-whole-nat-less",
            why="log N - 1",
            check="orders",
            bound=lambda world: _of_draws(world, lambda n: ball(n).log() - 1),
        ),
        FalseVariant(
            slug="one-draw-less",
            why="the same for N - 1",
            check="uniform",
            bound=lambda world: _of_draws(world, lambda n: quoted(n - 1)),
        ),
        FalseVariant(
            slug="the-other-way-round",
            why="KL(pi_ref || best-of-N)",
            check="uniform",
            measure=backwards,
        ),
        FalseVariant(
            slug="rules-cost-half",
            why="half of it, for any rule",
            check="rules",
            bound=lambda world: _of_draws(world, lambda n: quoted(n) / 2),
        ),
        FalseVariant(
            slug="two-responses-cost-half",
            why="half of it, for two responses",
            check="two",
            bound=lambda _: of_two(lambda n: quoted(n) / 2),
        ),
    ),
    proofs=(proved_best_of_n.DIVERGENCE,),
)

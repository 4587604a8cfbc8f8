"""X1: a search can be drawn at once, with the joint law of result and meter of the draw-by-draw process.

Statement. Draw from a law ``pi`` until a response lies in a set ``A``, ``p = pi(A)``, at most `budget` tries,
and no more than the ledger can pay for, `purse` of them: ``cap = min(budget, purse)``. Then

    P(found, y, used = k) = (1 - p)^(k-1) p * pi(y)/p       (y in A, 1 <= k <= cap),
    P(not found, used = cap) = (1 - p)^cap,

so the number of tries is geometric and capped, and the response follows the conditional law on ``A``,
whatever the number. For pairs the same holds with ``pi x pi`` in place of ``pi``, at two calls a pair. The
search ends OK, as a MISS (``cap = budget``), or EXHAUSTED (``cap = purse < budget``).

What is checked. (1) The joint law of (status, response, used) of the draw-by-draw process, by enumeration of
every sequence of draws, in rationals, against the formula: all laws with denominator 6 up to the order of
responses, every set ``A``, on ``N <= 4`` responses, budgets to 6, smaller purses; pairs for ``N = 2``.
(2) The map from a uniform to the number of tries that the simulator uses: the mass it gives to each number,
found by locating, among the 2^52 uniforms there are, where the map changes, for ``p`` from 1 down to 1e-200
and up to 1e202 tries. (3) The same for the map to the response.

What is not. A learner that remembers what a search rejected: for it the two laws differ, and it is not told.

Why trust it. The enumeration knows nothing of geometric laws; the maps are the functions the simulator calls,
and their masses are counted, not sampled.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Trial,
    agreement,
)
from explore_theory.oracles.answers import Status
from explore_theory.oracles.sampling import conditional, geometric
from proofs_checks.exact_law.enumeration import Law, Search, at_once, draw_by_draw, searches_of

Floats = npt.NDArray[np.float64]
#: There are this many uniforms, ``(j + 1/2) / GRID``.
GRID = 2**52
#: A cumulative mass is off by half a cell of the grid, by the rounding of logarithms (4 eps; where they are
#: not monotone, it is within that), and by that of ``log p``, the form in which probabilities are kept.
ACCURACY = 2.0**-42


def error(log_p: npt.ArrayLike) -> Floats:
    """The rounding of a mass, see `ACCURACY`."""
    return np.asarray((6 + np.abs(log_p)) * 2.0**-52)


# --- the joint law, in rationals ---------------------------------------------------------------------------


def searches(trial: Trial) -> list[Search]:
    """All searches of the case."""
    params = trial.case.params
    return searches_of(int(params["responses"]), int(params["most tries"]), bool(params["pairs"]))


def enumerated(world: list[Search]) -> Measurement:
    """The probability of every outcome in the process itself."""
    rows = [(search, outcome, mass) for search in world for outcome, mass in draw_by_draw(search).items()]
    return Measurement.exact(
        [mass for _, _, mass in rows],
        effort=len(rows),
        unit="outcomes",
        witness=lambda k: {
            "law": ", ".join(str(q) for q in rows[k][0].law.values()),
            "set": str(sorted(rows[k][0].target)),
            "budget": rows[k][0].budget,
            "purse": rows[k][0].purse,
            "outcome": f"{rows[k][1][0].name} {rows[k][1][1]} after {rows[k][1][2]}",
        },
    )


def stated_by(formula: Callable[[Search], Law]) -> Callable[[list[Search]], Bound]:
    """What `formula` gives to the outcomes of the process; it sums to one, so no other has mass."""

    def bound(world: list[Search]) -> Bound:
        return Bound.of(
            [
                stated.get(outcome, Fraction(0))
                for search in world
                for stated in [formula(search)]
                for outcome in draw_by_draw(search)
            ]
        )

    return bound


# --- the maps from uniforms --------------------------------------------------------------------------------

Count = Callable[[Floats, Floats, Floats], Floats]


@dataclass(frozen=True)
class Tries:
    """Numbers of tries `k` whose cumulative mass is asked for, under hit probabilities `p`; `[K]` each."""

    p: Floats
    k: Floats


def tries(trial: Trial) -> Tries:
    """Small numbers at ordinary `p`, or ``k p`` of order one at `p` down to 1e-200."""
    if trial.case.params["range"] == "small":
        p = [1.0, 1 - 2.0**-40, 0.999, 0.75, 0.5, 1 / 3, 0.1, 0.01, 1e-3]
        pairs = [(q, float(k)) for q in p for k in range(1, 13)]
    else:
        step = int(trial.case.params["step"])
        pairs = [
            (10.0**-e, math.ceil(x * 10.0**e))
            for e in range(4, 201, step)
            for x in (1e-3, 0.1, 0.5, 1.0, 3.0, 20.0, 30.0)
        ]
    return Tries(*(np.array(column) for column in zip(*pairs, strict=True)))


def cumulative(count: Count) -> Callable[[Tries], Measurement]:
    """``P(number <= k)`` under the map `count`: where it changes, among all uniforms there are."""

    def measure(world: Tries) -> Measurement:
        log_p = np.log(world.p)
        with np.errstate(divide="ignore"):
            log_miss = np.log1p(-world.p)

        def enough(j: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
            return count((j + 0.5) / GRID, log_p, log_miss) <= world.k

        # The number of tries falls as the uniform grows.
        first = _first(enough, world.p.size)
        return Measurement.exact(
            1 - first / GRID,
            error=error(log_p),
            effort=int(54 * world.p.size),
            unit="evaluations",
            witness=lambda i: {"p": float(world.p[i]), "k": float(world.k[i])},
        )

    return measure


def geometric_law(world: Tries) -> Bound:
    """``1 - (1 - p)^k = -expm1(k log(1 - p))``, in ball arithmetic."""
    from explore_theory.certify.balls import ball, ends, precision

    with precision(128):
        # p and k are numbers that float64 holds exactly.
        values = [
            ends(-(ball(k) * (-ball(p)).log1p()).expm1()) if p < 1 else (1.0, 1.0)
            for p, k in zip(world.p.tolist(), world.k.tolist(), strict=True)
        ]
    lo, hi = (np.array(column) for column in zip(*values, strict=True))
    return Bound(lo=lo, hi=hi)


Choice = Callable[[Floats, Floats], npt.NDArray[np.int64]]


@dataclass(frozen=True)
class Responses:
    """Sets of responses `[K, T]` by weight (whole numbers) times a scale ``10^-e`` `[K]`."""

    weights: Floats
    exponent: Floats


def responses(trial: Trial) -> Responses:
    """Weights 1 to 4 on up to four responses, at every scale."""
    step = int(trial.case.params["step"])
    weights = [w for w in itertools.product(range(5), repeat=4) if sum(w) and len(set(w)) > 1]
    scales = range(0, 201, step)
    rows = [(w, e) for e in scales for w in weights]
    return Responses(np.array([w for w, _ in rows], dtype=float), np.array([float(e) for _, e in rows]))


def chosen_by(choice: Choice) -> Callable[[Responses], Measurement]:
    """``P(response <= 1)`` under the map `choice`, counted like numbers of tries."""

    def measure(world: Responses) -> Measurement:
        with np.errstate(divide="ignore"):
            log_weight = np.log(world.weights) - world.exponent[:, None] * math.log(10)
        first = _first(lambda j: choice(log_weight, (j + 0.5) / GRID) > 1, len(log_weight))
        return Measurement.exact(
            first / GRID,
            error=error(world.exponent * math.log(10)),
            effort=54 * len(log_weight),
            unit="evaluations",
            witness=lambda i: {"weights": str(world.weights[i]), "scale": f"1e-{world.exponent[i]:g}"},
        )

    return measure


def conditional_law(world: Responses) -> Bound:
    """The weight of the first two over that of all."""
    return Bound.of(world.weights[:, :2].sum(axis=1) / world.weights.sum(axis=1))


def _first(
    holds: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.bool_]], size: int
) -> npt.NDArray[np.int64]:
    """`[K]`: the first `j` of the grid with ``holds``, which goes from False to True once; else `GRID`."""
    low, high = np.zeros(size, dtype=np.int64), np.full(size, GRID, dtype=np.int64)
    while np.any(low < high):
        middle = (low + high) // 2
        here = holds(np.minimum(middle, GRID - 1))
        open_ = low < high
        high = np.where(open_ & here, middle, high)
        low = np.where(open_ & ~here, middle + 1, low)
    return low


# --- false variants ----------------------------------------------------------------------------------------


def shifted(search: Search) -> Law:
    """The number of misses before the hit, taken for the number of tries."""
    moved = replace_budget(search, search.cap)
    p = sum((search.law[y] for y in search.target), Fraction(0))
    return {o: mass * (1 - p) if o[0] is Status.OK else mass for o, mass in at_once(moved).items()}


def replace_budget(search: Search, budget: int) -> Search:
    """The same search with another budget and a purse to match."""
    return Search(search.law, search.target, budget, budget)


def uncapped(search: Search) -> Law:
    """The search goes on until it finds something."""
    return {o: mass for o, mass in at_once(search).items() if o[0] is Status.OK}


def unconditioned(search: Search) -> Law:
    """The response follows ``pi`` restricted to the set, and is not renormalised."""
    p = sum((search.law[y] for y in search.target), Fraction(0))
    return {o: mass * p if o[0] is Status.OK else mass for o, mass in at_once(search).items()}


def one_try_more(search: Search) -> Law:
    """A miss is found out by one try beyond the cap."""
    return at_once(Search(search.law, search.target, search.budget + 1, search.purse + 1))


def without_log1p(level: Floats, log_hit: Floats, log_miss: Floats) -> Floats:
    """``log(1 - p)`` computed from ``1 - p``."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.ceil(np.log(level) / np.log(1 - np.exp(log_hit))))


def saturating(level: Floats, log_hit: Floats, log_miss: Floats) -> Floats:
    """Counts kept in 64-bit integers."""
    return np.minimum(geometric(level, log_hit, log_miss), 2.0**63 - 1)


def misses_only(level: Floats, log_hit: Floats, log_miss: Floats) -> Floats:
    """Geometric from zero."""
    return geometric(level, log_hit, log_miss) - 1


def any_of_the_set(log_hits: Floats, level: Floats) -> npt.NDArray[np.int64]:
    """A response uniform on the set, whatever its mass."""
    return conditional(np.where(np.isneginf(log_hits), -np.inf, 0.0), level)


def joint(count: int, most: int, *, pairs: int = 0, **more: Any) -> Case:
    """All searches on `count` responses with at most `most` tries."""
    kind = "pairs" if pairs else "n"
    return Case(
        slug=f"{kind}-{count}-tries-{most}",
        params={"responses": count, "most tries": most, "pairs": pairs},
        tight=True,
        **more,
    )


CLAIM = Claim(
    id="X1",
    slug="search-at-once",
    theorem="exact_law",
    title="A search can be drawn at once with the joint law of result and meter",
    statement=(
        "For every law pi, set A with p = pi(A), budget and purse, the search for A that draws one by one "
        "finds y after k <= cap = min(budget, purse) tries with probability (1-p)^(k-1) p pi(y)/p and gives "
        "up after cap tries with probability (1-p)^cap. The simulator's maps from uniforms have these laws."
    ),
    formula=(
        r"P(y, k) = (1-p)^{k-1}\, p \cdot \frac{\pi(y)}{p}\ (k \le \mathrm{cap}), \qquad "
        r"P(\text{none}) = (1-p)^{\mathrm{cap}}"
    ),
    relation="==",
    scope=(
        "Joint law by enumeration of all draws, in rationals, for N <= 4 and 6 tries; the simulator's maps "
        "by counting over all 2^52 uniforms, p from 1 to 1e-200, to 2^-42. Learners that remember rejected "
        "draws are not covered."
    ),
    source="Ours; the inverse-CDF method for geometric laws is Devroye (1986), section X.2.",
    checks=(
        Check(
            slug="joint-law",
            evidence=Evidence.EXHAUSTIVE,
            cases=(
                joint(2, 6),
                joint(3, 4),
                joint(2, 3, pairs=1),
                joint(3, 6, tiers=("full",)),
                joint(4, 6, tiers=("full",)),
            ),
            instance=searches,
            measure=enumerated,
            bound=stated_by(at_once),
        ),
        Check(
            slug="numbers-of-tries",
            evidence=Evidence.CERTIFIED,
            cases=(
                Case(slug="small", params={"range": "small"}),
                Case(slug="far", params={"range": "far", "step": 7}),
                Case(slug="far-all", params={"range": "far", "step": 1}, tiers=("full",)),
            ),
            instance=tries,
            measure=agreement(cumulative(geometric), geometric_law, ACCURACY),
            bound=lambda _: Bound.of(1.0),
            relation="<=",
        ),
        Check(
            slug="responses",
            evidence=Evidence.CERTIFIED,
            cases=(
                Case(slug="scales", params={"step": 50}),
                Case(slug="all-scales", params={"step": 5}, tiers=("full",)),
            ),
            instance=responses,
            measure=agreement(chosen_by(conditional), conditional_law, ACCURACY),
            bound=lambda _: Bound.of(1.0),
            relation="<=",
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="shifted",
            why="The geometric law counts misses, one less than tries.",
            check="joint-law",
            bound=stated_by(shifted),
        ),
        FalseVariant(
            slug="uncapped",
            why="The search never gives up.",
            check="joint-law",
            bound=stated_by(uncapped),
        ),
        FalseVariant(
            slug="not-renormalised",
            why="The response follows pi restricted to the set, of total mass p.",
            check="joint-law",
            bound=stated_by(unconditioned),
        ),
        FalseVariant(
            slug="miss-costs-more",
            why="A search that gives up is charged one try more than it may make.",
            check="joint-law",
            bound=stated_by(one_try_more),
        ),
        FalseVariant(
            slug="numbers-from-zero",
            why="The simulator's number of tries starts at zero.",
            check="numbers-of-tries",
            measure=agreement(cumulative(misses_only), geometric_law, ACCURACY),
        ),
        FalseVariant(
            slug="without-log1p",
            why="log(1 - p) is taken of a rounded 1 - p, which is one for p below 1e-16.",
            check="numbers-of-tries",
            measure=agreement(cumulative(without_log1p), geometric_law, ACCURACY),
            cases=("far",),
        ),
        FalseVariant(
            slug="saturating",
            why="Numbers of tries are kept in 64-bit integers.",
            check="numbers-of-tries",
            measure=agreement(cumulative(saturating), geometric_law, ACCURACY),
            cases=("far",),
        ),
        FalseVariant(
            slug="uniform-response",
            why="The response is uniform on the set.",
            check="responses",
            measure=agreement(chosen_by(any_of_the_set), conditional_law, ACCURACY),
        ),
    ),
)

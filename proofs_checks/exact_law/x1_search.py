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
(2) The maps from a uniform to a number of tries that the simulators use, of arrays and of kernels, capped and
not: the mass they give to each number, found by locating, among the 2^52 uniforms there are, where a map
changes, for ``p`` from 1 down to 1e-200 and up to 1e202 tries. (3) The same for the maps to a response. (4)
``simulator``: searches of an oracle of either law, with weak calls, strong calls and pairs, with purses that
are large enough, just enough and too small: the joint law of prompt, status, what is found, tries, both
meters and one more draw, against the enumeration.

What is not. A learner that remembers what a search rejected: for it the two laws differ, and it is not told.

Why trust it. The enumeration knows nothing of geometric laws; the maps are the functions the simulators call,
and their masses are counted, not sampled; what (4) leaves open is stated.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Resolution,
    Trial,
    agreement,
)
from explore_theory.oracles.answers import Status
from explore_theory.oracles.sampling import capped_geometric, conditional, geometric
from proofs_checks.exact_law import comparison, maps
from proofs_checks.exact_law import searches as simulated
from proofs_checks.exact_law.enumeration import Law, Search, at_once, draw_by_draw, searches_of
from proofs_checks.exact_law.formal import proved_searches
from proofs_checks.exact_law.maps import ACCURACY

#: 32,768 searches have a margin of .024 in total variation.
BAND = Resolution(absolute=0.04)
#: 250,000 have one of .013.
FINE = Resolution(absolute=0.02)

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


# --- false variants ----------------------------------------------------------------------------------------


def shifted(search: Search) -> Law:
    """The number of misses before the hit, taken for the number of tries."""
    return {(o[0], o[1], o[2] - (o[0] is Status.OK)): mass for o, mass in at_once(search).items()}


def uncapped(search: Search) -> Law:
    """The search goes on until it finds something."""
    return {o: mass for o, mass in at_once(search).items() if o[0] is Status.OK}


def unconditioned(search: Search) -> Law:
    """The response is a fresh one, in the set or not."""
    law: Law = {}
    for (status, y, k), mass in at_once(search).items():
        fresh = search.law.items() if status is Status.OK else [(y, Fraction(1))]
        for z, chance in fresh:
            law[status, z, k] = law.get((status, z, k), Fraction(0)) + mass * chance
    return law


def one_try_more(search: Search) -> Law:
    """A miss is found out by one try beyond the cap."""
    return at_once(Search(search.law, search.target, search.budget + 1, search.purse + 1))


def joint(count: int, most: int, *, pairs: int = 0, **more: Any) -> Case:
    """All searches on `count` responses with at most `most` tries."""
    kind = "pairs" if pairs else "n"
    return Case(
        slug=f"{kind}-{count}-tries-{most}",
        params={"responses": count, "most tries": most, "pairs": pairs},
        tight=True,
        **more,
    )


def _case(kind: str, purse: str, law: str, draws: int, *tiers: str) -> Case:
    params: dict[str, Any] = {"kind": kind, "purse": purse, "law": law, "draws": draws}
    return Case(slug=f"{kind}-{purse}-{law}", params=params, tiers=tiers or ("quick", "full"))


def _simulated(slug: str, resolution: Resolution, *cases: Case) -> Check:
    return comparison.one_law(
        slug=slug,
        cases=cases,
        instance=simulated.searches,
        measure=simulated.searched,
        resolution=resolution,
    )


def _map(slug: str, law: Any, bound: Any, *cases: Case, instance: Any = maps.tries) -> Check:
    """A map held against its law, to `ACCURACY`."""
    return Check(
        slug=slug,
        evidence=Evidence.CERTIFIED,
        cases=cases,
        instance=instance,
        measure=agreement(law, bound, ACCURACY),
        bound=lambda _: Bound.of(1.0),
        relation="<=",
    )


_SMALL = Case(slug="small", params={"range": "small"})
_FAR = Case(slug="far", params={"range": "far", "step": 7})
_SCALES = Case(slug="scales", params={"step": 50})

CLAIM = Claim(
    id="X1",
    slug="search-at-once",
    theorem="exact_law",
    title="A search can be drawn at once with the joint law of result and meter",
    statement=(
        "For every law pi, set A with p = pi(A), budget and purse, the search for A that draws one by one "
        "finds y after k <= cap = min(budget, purse) tries with probability (1-p)^(k-1) p pi(y)/p and gives "
        "up after cap tries with probability (1-p)^cap. The simulators' maps from uniforms have these laws, "
        "and their searches, with weak calls, strong calls and pairs, the enumerated joint law."
    ),
    formula=(
        r"P(y, k) = (1-p)^{k-1}\, p \cdot \frac{\pi(y)}{p}\ (k \le \mathrm{cap}), \qquad "
        r"P(\text{none}) = (1-p)^{\mathrm{cap}}"
    ),
    relation="==",
    scope=(
        "Joint law by enumeration of all draws, in rationals, for N <= 3 and 6 tries (full: N <= 4); maps by "
        "counting over all 2^52 uniforms, p from 1 to 1e-200, to 2^-42; searches of an oracle to a "
        "distance of .04 (full: .02). Learners that remember rejected draws are not covered."
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
        _map(
            "numbers-of-tries",
            maps.cumulative(geometric),
            maps.geometric_law,
            *(_SMALL, _FAR, Case(slug="far-all", params={"range": "far", "step": 1}, tiers=("full",))),
        ),
        _map("kernel-numbers", maps.cumulative(maps.waiting), maps.geometric_law, _SMALL, _FAR),
        _map(
            "capped-numbers",
            maps.capped_cumulative(capped_geometric),
            maps.capped_law,
            *(_SMALL, _FAR),
            instance=maps.capped_tries,
        ),
        _map(
            "kernel-capped-numbers",
            maps.capped_cumulative(maps.capped_waiting),
            maps.capped_law,
            *(_SMALL, _FAR),
            instance=maps.capped_tries,
        ),
        _map(
            "responses",
            maps.chosen_by(conditional),
            maps.conditional_law,
            *(_SCALES, Case(slug="all-scales", params={"step": 5}, tiers=("full",))),
            instance=maps.responses,
        ),
        _map(
            "kernel-responses",
            maps.chosen_by(maps.chosen),
            maps.conditional_law,
            _SCALES,
            instance=maps.responses,
        ),
        _simulated(
            "simulator",
            BAND,
            _case("weak", "less", "literal", 65_536),
            _case("weak", "less", "exact-law", 32_768),
            _case("strong", "less", "literal", 32_768),
            _case("strong", "none", "exact-law", 65_536),
            _case("pair", "less", "literal", 32_768),
            _case("pair", "exact", "exact-law", 65_536),
        ),
        _simulated(
            "simulator-fine",
            FINE,
            _case("weak", "exact", "exact-law", 300_000, "full"),
            _case("strong", "exact", "literal", 250_000, "full"),
            _case("strong", "exact", "exact-law", 250_000, "full"),
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
            why="The response is a fresh one, in the set or not.",
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
            measure=agreement(maps.cumulative(maps.misses_only), maps.geometric_law, ACCURACY),
        ),
        FalseVariant(
            slug="without-log1p",
            why="log(1 - p) is taken of a rounded 1 - p, which is one for p below 1e-16.",
            check="numbers-of-tries",
            measure=agreement(maps.cumulative(maps.without_log1p), maps.geometric_law, ACCURACY),
            cases=("far",),
        ),
        FalseVariant(
            slug="saturating",
            why="Numbers of tries are kept in 64-bit integers.",
            check="numbers-of-tries",
            measure=agreement(maps.cumulative(maps.saturating), maps.geometric_law, ACCURACY),
            cases=("far",),
        ),
        FalseVariant(
            slug="uniform-response",
            why="The response is uniform on the set.",
            check="responses",
            measure=agreement(maps.chosen_by(maps.any_of_the_set), maps.conditional_law, ACCURACY),
        ),
        FalseVariant(
            slug="kernel-numbers-from-zero",
            why="The kernels' waiting times start at zero.",
            check="kernel-numbers",
            measure=agreement(
                maps.cumulative(lambda *given: maps.waiting(*given) - 1), maps.geometric_law, ACCURACY
            ),
        ),
        FalseVariant(
            slug="capped-too-late",
            why="Numbers are conditioned on a cap that is one more, and cut off.",
            check="capped-numbers",
            measure=agreement(maps.capped_cumulative(maps.capped_too_late), maps.capped_law, ACCURACY),
            cases=("small",),
        ),
        FalseVariant(
            slug="kernel-uncapped",
            why="The kernels' capped waiting times are waiting times cut off at the cap.",
            check="kernel-capped-numbers",
            measure=agreement(maps.capped_cumulative(maps.cut_off), maps.capped_law, ACCURACY),
            cases=("small",),
        ),
        FalseVariant(
            slug="kernel-uniform-response",
            why="The kernels' response is uniform on the set.",
            check="kernel-responses",
            measure=agreement(maps.chosen_by(maps.any_of_the_set), maps.conditional_law, ACCURACY),
        ),
        FalseVariant(
            slug="strong-theta-doubled",
            why="Strong calls are held against the policy at twice their theta.",
            check="simulator",
            measure=simulated.theta_doubled,
            cases=("strong-less-literal", "strong-none-exact-law"),
        ),
        FalseVariant(
            slug="misses-free",
            why="A search that finds nothing is not charged.",
            check="simulator",
            measure=simulated.misses_free,
            cases=("weak-less-exact-law",),
        ),
        FalseVariant(
            slug="fine-theta-doubled",
            why="Strong calls at twice their theta, as finely as the full tier tells.",
            check="simulator-fine",
            measure=simulated.theta_doubled,
            cases=("strong-exact-exact-law",),
        ),
    ),
    proofs=(proved_searches.search(),),
)

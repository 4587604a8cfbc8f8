"""C3e: the exact value of the hidden-needle game with the weak oracle alone.

Statement. One response ``y*`` among ``N >= 2``, uniform, is the needle. A call to the weak oracle returns it
with probability ``1/C``, ``C > 1``, and each other response with ``(1 - 1/C)/(N - 1)``. A player with ``T``
calls and ``n`` names (responses of its own choice that it may ask about), in any order and adaptively, meets
the needle with probability at most

    V = 1 - (1 - 1/C)^T E_K[ (1 - n/(N - K))_+ ],

``K`` the number of distinct values among ``T`` uniform draws from ``N - 1``, and attains it by calling first
and naming responses it has not seen. What the base policy does not cover costs calls:
``V <= T/C + n E[1/(N - K)]``.

What is checked. Three computations of ``V``, in rationals, for equality with no tolerance: (1) brute force
over every adaptive strategy, from the definition of the base policy by Bayes' rule with one weight per
response and no use of symmetry, for all ``N <= 8`` and ``T + n <= 7``; (2) backward induction on (calls left,
names left, responses eliminated); (3) the closed form, held against (2) also where brute force cannot go:
``N`` up to 40 and ``T + n`` up to 16.

What is not. The strong oracle (``theta`` other than 0), and the step from "the needle was not met" to a gap.
Randomised players need no check: their value is an average over deterministic ones.

Why trust it. The two recursions share no code and no state: one carries a posterior, the other a count.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from explore_theory.exact.games import (
    brute_force_game,
    sampling_first_value,
    weak_game_value,
)
from explore_theory.harness import Bound, Case, Check, Claim, Evidence, FalseVariant, Measurement, Trial

Value = Callable[[int, Fraction, int, int], Fraction]


@dataclass(frozen=True)
class Game:
    """``N`` responses, coverage ``C``, ``T`` calls, ``n`` names."""

    responses: int
    coverage: Fraction
    calls: int
    names: int

    def value(self, value: Value) -> Fraction:
        """`value` at this game."""
        return value(self.responses, self.coverage, self.calls, self.names)


def games(trial: Trial) -> list[Game]:
    """Every game of the case: all ``N`` and all ``T + n`` up to its limits, at its coverage."""
    params = trial.case.params
    coverage = Fraction(str(params["coverage"]))
    moves = range(int(params["max_moves"]) + 1)
    return [
        Game(responses, coverage, calls, names)
        for responses in range(2, int(params["max_responses"]) + 1, int(params.get("step", 1)))
        for calls in moves
        for names in moves
        if calls + names < len(moves)
    ]


def cases(
    max_responses: int, max_moves: int, *coverages: str, step: int = 1, **more: Any
) -> tuple[Case, ...]:
    """One case per coverage."""
    return tuple(
        Case(
            slug=f"n-{max_responses}-moves-{max_moves}-c-{coverage.replace('/', '-')}",
            params={
                "coverage": coverage,
                "max_responses": max_responses,
                "max_moves": max_moves,
                "step": step,
            },
            tight=True,
            **more,
        )
        for coverage in coverages
    )


def measured(values: list[Fraction], world: list[Game]) -> Measurement:
    """`values`, each with the game it belongs to."""
    return Measurement.exact(
        values,
        unit="games",
        witness=lambda k: {
            "N": world[k].responses,
            "C": str(world[k].coverage),
            "T": world[k].calls,
            "n": world[k].names,
        },
    )


def by_brute_force(world: list[Game]) -> Measurement:
    """All adaptive strategies; the games of one ``N`` and ``C`` share the positions that have been solved."""
    solvers = {key: brute_force_game(*key) for key in dict.fromkeys((g.responses, g.coverage) for g in world)}
    return measured([solvers[g.responses, g.coverage](g.calls, g.names) for g in world], world)


def by_induction(world: list[Game]) -> Measurement:
    """Backward induction on (calls left, names left, eliminated)."""
    return measured([game.value(weak_game_value) for game in world], world)


def bounded_by(value: Value) -> Callable[[list[Game]], Bound]:
    """The bound that is `value` at every game."""
    return lambda world: Bound.of([game.value(value) for game in world])


# --- false variants ----------------------------------------------------------------------------------------


def half(responses: int, coverage: Fraction, calls: int, names: int) -> Fraction:
    """Half the true value."""
    return weak_game_value(responses, coverage, calls, names) / 2


def one_call_more(responses: int, coverage: Fraction, calls: int, names: int) -> Fraction:
    """The value with one call more than the player has."""
    return weak_game_value(responses, coverage, calls + 1, names)


def name_first(world: list[Game]) -> Measurement:
    """A player that names before it calls: each name hits one of ``N - j``, then each call hits ``1/C``."""
    values = []
    for game in world:
        miss = (1 - 1 / game.coverage) ** game.calls
        for j in range(min(game.names, game.responses)):
            miss *= 1 - Fraction(1, game.responses - j)
        values.append(1 - miss)
    return measured(values, world)


def forgetful(responses: int, coverage: Fraction, calls: int, names: int) -> Fraction:
    """Misses eliminate nothing: ``n/N`` in place of ``n/(N - K)``."""
    return 1 - (1 - 1 / coverage) ** calls * max(Fraction(0), 1 - Fraction(names, responses))


def all_distinct(responses: int, coverage: Fraction, calls: int, names: int) -> Fraction:
    """``K = min(T, N - 1)``: draws with replacement counted as if they never repeated."""
    seen = min(calls, responses - 1)
    missed = max(Fraction(0), 1 - Fraction(names, responses - seen))
    return 1 - (1 - 1 / coverage) ** calls * missed


CLAIM = Claim(
    id="C3e",
    slug="weak-game-value",
    theorem="coverage_lower_bound",
    title="The weak-oracle needle game has an exact value",
    statement=(
        "For all N >= 2, C > 1, T and n, the largest probability with which a player with T calls to the "
        "weak oracle and n names meets the hidden needle is 1 - (1 - 1/C)^T E_K[(1 - n/(N - K))_+], K the "
        "number of distinct values among T uniform draws from N - 1. Calling first, then naming, attains it."
    ),
    formula=(
        r"\max_{\text{adaptive}} P(y^\star \text{ met}) = "
        r"1 - \left(1 - \tfrac1C\right)^T \mathbb{E}_K\left(1 - \frac{n}{N-K}\right)_+"
    ),
    relation="==",
    scope=(
        "Every adaptive strategy for N <= 8 and T + n <= 7 by Bayes' rule, in rationals; the closed form "
        "against backward induction to N = 40. The two recursions share no state. The strong oracle is not "
        "covered."
    ),
    source=(
        "Explicit instantiation of the coverage lower bound of Foster, Mhammedi, Rohatgi, COLT 2025, "
        "arXiv 2503.07453v2, Theorem 2.1; the game and its value are ours."
    ),
    checks=(
        Check(
            slug="all-strategies",
            evidence=Evidence.EXHAUSTIVE,
            cases=cases(5, 5, "3/2", "10") + cases(8, 7, "3/2", "2", "10", "1000", tiers=("full",)),
            instance=games,
            measure=by_brute_force,
            bound=bounded_by(weak_game_value),
        ),
        Check(
            slug="closed-form",
            evidence=Evidence.EXHAUSTIVE,
            cases=cases(8, 7, "3/2", "2", "10", "1000")
            + cases(40, 16, "3/2", "1000000", step=19, tiers=("full",)),
            instance=games,
            measure=by_induction,
            bound=bounded_by(sampling_first_value),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="half-the-value",
            why="The bound is half of what the best strategy attains.",
            check="all-strategies",
            bound=bounded_by(half),
        ),
        FalseVariant(
            slug="one-call-more",
            why="The bound is the value of a game with one more call.",
            check="all-strategies",
            bound=bounded_by(one_call_more),
        ),
        FalseVariant(
            slug="naming-first",
            why="A player that names before it calls names responses that its misses would have ruled out.",
            check="closed-form",
            measure=name_first,
        ),
        FalseVariant(
            slug="forgetful",
            why="Misses eliminate nothing: n/N in place of n/(N - K).",
            check="closed-form",
            bound=bounded_by(forgetful),
        ),
        FalseVariant(
            slug="all-distinct",
            why="T draws with replacement are counted as T distinct ones.",
            check="closed-form",
            bound=bounded_by(all_distinct),
        ),
    ),
)

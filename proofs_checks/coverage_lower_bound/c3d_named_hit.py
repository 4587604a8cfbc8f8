"""C3d: naming a response that has not been seen is a blind guess.

Statement. In the hidden-needle game with ``T`` strong calls and ``n`` names, given any history of misses, a
name hits with probability at most ``1/(N - T - n + 1)``: before the last name at most ``T + n - 1`` responses
have been ruled out, and the needle is uniform on the others. It follows that names, and a guess made after
all of them, hit with probability at most ``1/(N - T - n)``, the form as first stated; the j-th name (from 0)
hits with probability at most ``1/(N - T - j)``.

What is checked. In rationals, over *every* history of calls (all responses returned, every ``theta`` of the
half-integer grid, in any order with names): the joint posterior of needle and direction by Bayes' rule, and
the largest probability of any response under it. For ``N <= 8`` and ``T + n <= 7``: that it *equals* the
bound ``1/(N - T - n + 1)`` wherever that many responses can be ruled out, and stays below the form as first
stated.

What is not. Budgets with ``T + n >= N``, where the bound says nothing.

Why trust it. The posterior is carried with one weight per needle and direction; that it is uniform is what
comes out, not what is put in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from explore_theory.exact.strong_game import Half, StrongGame, half_grid, largest_named_hit
from explore_theory.harness import Bound, Case, Check, Claim, Evidence, FalseVariant, Measurement, Trial

#: ``theta`` in halves: a few of every kind, since the histories are many.
PARAMETERS: dict[int, tuple[Half, ...]] = {
    1: half_grid(1),
    2: ((0, 0), (2, 0), (1, -1)),
}


@dataclass(frozen=True)
class Histories:
    """A game and its budgets."""

    game: StrongGame
    calls: int
    names: int


def worlds(trial: Trial, kind: type[StrongGame] = StrongGame) -> list[Histories]:
    """Every number of responses and every budget of the case that leaves a response to name."""
    params = trial.case.params
    dimension, moves = int(params["d"]), int(params["max T + n"])
    thetas = PARAMETERS[dimension][:: int(params["thin"])]
    found = []
    for responses in range(2, int(params["max N"]) + 1):
        game = kind(
            responses=responses,
            dimension=dimension,
            coverage=Fraction(str(params["C"])),
            half_tilt=Fraction(3),
            parameters=thetas,
        )
        budgets = ((t, n) for t in range(moves) for n in range(1, moves + 1 - t) if t + n < responses)
        found += [Histories(game, calls, names) for calls, names in budgets]
    return found


def largest_hits(world: list[Histories]) -> Measurement:
    """For each budget the largest probability with which some name hits after some history."""
    found = [largest_named_hit(h.game, h.calls, h.names) for h in world]
    return Measurement.exact(
        [value for value, _ in found],
        effort=sum(positions for _, positions in found),
        unit="posteriors",
        witness=lambda k: {"N": world[k].game.responses, "T": world[k].calls, "n": world[k].names},
    )


def bounded_by(remaining: Callable[[int, int, int], int]) -> Callable[[list[Histories]], Bound]:
    """One over `remaining(N, T, n)`."""
    return lambda world: Bound.of([Fraction(1, remaining(h.game.responses, h.calls, h.names)) for h in world])


def sharper(responses: int, calls: int, names: int) -> int:
    """Responses left before the last name: ``N - T - n + 1``."""
    return responses - calls - names + 1


def stated(responses: int, calls: int, names: int) -> int:
    """Responses left after the last name: ``N - T - n``."""
    return responses - calls - names


class NeighbouringMisses(StrongGame):
    """A wrong world: half of the misses fall on the response after the needle, and so betray it."""

    def miss_law(self, needle: int, direction: int) -> list[Fraction]:
        """`[N]`: half on the next response, the rest uniform."""
        law = [p / 2 for p in super().miss_law(needle, direction)]
        law[(needle + 1) % self.responses] += Fraction(1, 2)
        return law


def case(
    slug: str, dimension: int, coverage: str, responses: int, moves: int, thin: int = 1, **more: Any
) -> Case:
    """All games up to a size."""
    return Case(
        slug=slug,
        params={"d": dimension, "C": coverage, "max N": responses, "max T + n": moves, "thin": thin},
        **more,
    )


def cases(*, tight: bool) -> tuple[Case, ...]:
    """Small games in both tiers, larger ones in the full tier."""
    return (
        case("line-n-5", 1, "5", 5, 4, tight=tight),
        case("plane-n-4", 2, "20", 4, 3, tight=tight),
        case("line-n-8", 1, "10", 8, 7, thin=2, tight=tight, tiers=("full",)),
        case("plane-n-5", 2, "3/2", 5, 4, tight=tight, tiers=("full",)),
    )


CLAIM = Claim(
    id="C3d",
    slug="named-hit",
    theorem="coverage_lower_bound",
    title="A named response not yet seen is the needle with probability at most 1/(N - T - n + 1)",
    statement=(
        "With T strong calls and n names against the hidden needle, T + n < N: given any history of "
        "misses, a name hits with probability at most 1/(N - T - n + 1), with equality for some history; "
        "hence a name, or a guess after the last of them, with probability at most 1/(N - T - n)."
    ),
    formula=r"P(y^\star = y \mid \text{misses}) \le \frac{1}{N - T - n + 1} \le \frac{1}{N - T - n}",
    relation="<=",
    scope=(
        "Every history with N <= 8 and T + n <= 7 in one dimension, N <= 5 and T + n <= 4 in two, by Bayes' "
        "rule in rationals."
    ),
    source=(
        "Explicit instantiation of Foster, Mhammedi, Rohatgi, COLT 2025, arXiv 2503.07453v2, Theorem 2.1; "
        "both constants are ours."
    ),
    checks=(
        Check(
            slug="sharper",
            evidence=Evidence.EXHAUSTIVE,
            cases=cases(tight=True),
            instance=worlds,
            measure=largest_hits,
            bound=bounded_by(sharper),
        ),
        Check(
            slug="attained",
            evidence=Evidence.EXHAUSTIVE,
            cases=cases(tight=True)[:2],
            instance=worlds,
            measure=largest_hits,
            bound=bounded_by(sharper),
            relation=">=",
        ),
        Check(
            slug="stated",
            evidence=Evidence.EXHAUSTIVE,
            cases=cases(tight=False)[:2],
            instance=worlds,
            measure=largest_hits,
            bound=bounded_by(stated),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="two-names-too-few",
            why="1/(N - T - n + 2), held against the stated form's cases",
            check="stated",
            bound=bounded_by(lambda responses, calls, names: stated(responses, calls, names) + 2),
        ),
        FalseVariant(
            slug="one-sharper-still",
            why="1/(N - T - n + 2): one response fewer ruled out than a player can",
            check="sharper",
            bound=bounded_by(lambda responses, calls, names: sharper(responses, calls, names) + 1),
        ),
        FalseVariant(
            slug="names-forgotten",
            why="1/(N - T): earlier names rule nothing out",
            check="sharper",
            bound=bounded_by(lambda responses, calls, _: responses - calls),
        ),
        FalseVariant(
            slug="calls-forgotten",
            why="1/(N - n + 1): missed calls rule nothing out",
            check="sharper",
            bound=bounded_by(lambda responses, _, names: responses - names + 1),
        ),
        FalseVariant(
            slug="misses-betray",
            why="half of the misses fall next to the needle",
            check="sharper",
            instance=lambda trial: worlds(trial, NeighbouringMisses),
            cases=("line-n-5", "plane-n-4"),
        ),
    ),
)

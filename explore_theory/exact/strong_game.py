"""The game against the hidden needle with the strong oracle, small enough to be solved in rationals.

The needle ``y*`` is uniform on `N` responses and the secret direction `u` uniform on the ``2d`` signed unit
vectors of R^d. A *call* at ``theta`` returns the needle with probability ``h(<theta, u>)``,
``h(s) = e^{s/beta} / (e^{s/beta} + C - 1)``, and otherwise one of the other ``N - 1`` responses, uniformly. A
*name* asks about a response of the player's choice. The player has `T` calls and `n` names, in any order,
adaptively, and wins if the needle is ever returned or named. `AdaptivePlay` also solves the game in which
finding the needle by a call is worth less than by a name: there the order of the moves matters.

Parameters are half-integer vectors, so with ``e^{1/(2 beta)}`` rational every probability is rational.
`best_adaptive` and `largest_named_hit` carry the joint posterior of ``(y*, u)`` by Bayes' rule and use no
symmetry; `closed_form` is a formula.

Source of the game: an instantiation of Theorem 2.1 of Foster, Mhammedi and Rohatgi (COLT 2025, arXiv
2503.07453v2); the game and its value are ours.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from itertools import combinations_with_replacement, product

from explore_theory.errors import InvalidProblem
from explore_theory.exact.games import distinct_law, require_worth
from explore_theory.foundation.validation import whole

#: A parameter of a call in units of one half: ``theta = half / 2``.
Half = tuple[int, ...]
#: Whole weights of the joint law of needle and direction, ``(z, u) -> z * 2d + u``, without common divisor.
Belief = tuple[int, ...]


def half_grid(dimension: int, radius: Fraction | int = 1) -> tuple[Half, ...]:
    """Every half-integer vector of length at most `radius`: zero, ``±e_i``, ``±e_i/2``, diagonals."""
    whole("dimension", dimension, least=1)
    if isinstance(radius, bool) or not isinstance(radius, Fraction | int) or radius < 0:
        raise InvalidProblem(f"radius must be a whole number or Fraction >= 0, got radius={radius!r}")
    reach = math.floor(2 * Fraction(radius))
    square = 4 * Fraction(radius) ** 2
    candidates = product(range(-reach, reach + 1), repeat=dimension)
    return tuple(half for half in candidates if sum(k * k for k in half) <= square)


@dataclass(frozen=True, kw_only=True)
class StrongGame:
    """One game, before the budgets.

    Parameters
    ----------
    responses, dimension
        ``N >= 2`` and ``d >= 1``.
    coverage
        ``C > 1``.
    half_tilt
        ``e^{1/(2 beta)} > 1``, so ``h(k/2) = half_tilt^k / (half_tilt^k + C - 1)``.
    parameters
        The ``theta`` that a call may use, in halves.

    Raises
    ------
    InvalidProblem
        If a parameter is out of its range.
    """

    responses: int
    dimension: int
    coverage: Fraction
    half_tilt: Fraction
    parameters: tuple[Half, ...]

    def __post_init__(self) -> None:
        whole("responses", self.responses, least=2)
        whole("dimension", self.dimension, least=1)
        for name in ("coverage", "half_tilt"):
            value = getattr(self, name)
            if not isinstance(value, Fraction) or value <= 1:
                raise InvalidProblem(f"{name} must be a Fraction above 1, got {name}={value!r}")
        if not self.parameters:
            raise InvalidProblem("parameters must hold one vector at least, got parameters=()")
        self.require("parameters", self.parameters)

    def require(self, name: str, vectors: Sequence[Half]) -> None:
        """Refuse vectors that are not `dimension` whole numbers of halves."""
        for half in vectors:
            if len(half) != self.dimension or any(type(k) is not int for k in half):
                raise InvalidProblem(
                    f"{name} must be vectors of {self.dimension} whole numbers of halves, got {half!r}"
                )

    def hit(self, half: Half, direction: int) -> Fraction:
        """``h(<theta, u>)`` for direction `u` = ``e_0, -e_0, e_1, -e_1, ...``, by number."""
        inner = half[direction // 2] * (1 if direction % 2 == 0 else -1)
        mass = self.half_tilt**inner
        return mass / (mass + self.coverage - 1)

    def miss_law(self, needle: int, direction: int) -> list[Fraction]:
        """`[N]`: the law of what a call returns, given needle and direction and that the needle is not."""
        other = Fraction(1, self.responses - 1)
        return [Fraction(0) if y == needle else other for y in range(self.responses)]

    @property
    def prior(self) -> Belief:
        """Needle and direction uniform and independent."""
        return (1,) * (self.responses * 2 * self.dimension)

    @cached_property
    def _calls(self) -> list[tuple[list[int], list[list[int]]]]:
        """For each parameter the weights of a hit `[S]` and of a miss at each response `[N][S]`.

        Indexed by the `S` joint states, all in multiples of one fraction.
        """
        tables = [self._call(half) for half in self.parameters]
        numbers = [p for hits, misses in tables for row in (hits, *misses) for p in row]
        scale = math.lcm(*(p.denominator for p in numbers))
        return [
            ([int(p * scale) for p in hits], [[int(p * scale) for p in row] for row in misses])
            for hits, misses in tables
        ]

    def _call(self, half: Half) -> tuple[list[Fraction], list[list[Fraction]]]:
        directions = range(2 * self.dimension)
        hits = [self.hit(half, u) for u in directions] * self.responses
        laws = [[self.miss_law(z, u) for u in directions] for z in range(self.responses)]
        misses = [
            [laws[z][u][y] * (1 - hits[u]) for z in range(self.responses) for u in directions]
            for y in range(self.responses)
        ]
        return hits, misses

    def called(self, belief: Belief) -> Iterable[tuple[Fraction, list[Belief]]]:
        """For each parameter: the probability of a hit, and the joint law with each miss."""
        for hits, misses in self._calls:
            won = sum(b * w for b, w in zip(belief, hits, strict=True))
            after = [tuple(b * m for b, m in zip(belief, row, strict=True)) for row in misses]
            yield Fraction(won, won + sum(map(sum, after))), after

    def named(self, belief: Belief) -> Iterable[tuple[Fraction, Belief]]:
        """For each response that is named: the probability of a hit, and the joint law with a miss."""
        width, total = 2 * self.dimension, sum(belief)
        for first in range(0, len(belief), width):
            last = first + width
            missed = belief[:first] + (0,) * width + belief[last:]
            yield Fraction(sum(belief[first:last]), total), missed


class AdaptivePlay:
    """Values over all adaptive strategies of one game; positions solved once are remembered.

    Parameters
    ----------
    game
        The game.
    worth
        What it is worth to find the needle by a call, from 0 to 1; by a name, 1.
    """

    def __init__(self, game: StrongGame, worth: Fraction | int = 1) -> None:
        require_worth(worth)
        self._game, self._worth = game, Fraction(worth)
        self._solved: dict[tuple[int, int, Belief], Fraction] = {}

    def value(self, calls: int, names: int) -> Fraction:
        """The largest expected worth (the probability of winning) with `calls` calls and `names` names."""
        whole("calls", calls, least=0)
        whole("names", names, least=0)
        return self._best(calls, names, self._game.prior)

    def _best(self, calls: int, names: int, belief: Belief) -> Fraction:
        if calls == names == 0:
            return Fraction(0)
        position = calls, names, belief
        if position not in self._solved:
            options = []
            if calls > 0:
                for won, after in self._game.called(belief):
                    later = self._after(after, calls - 1, names)
                    options.append(self._worth * won + (1 - won) * later)
            if names > 0:
                for won, missed in self._game.named(belief):
                    options.append(won + (1 - won) * self._after([missed], calls, names - 1))
            self._solved[position] = max(options)
        return self._solved[position]

    def _after(self, misses: list[Belief], calls: int, names: int) -> Fraction:
        """The expected value after a miss: zero where nothing is left to play."""
        if calls == names == 0:
            return Fraction(0)
        weights = [sum(missed) for missed in misses]
        values = (
            weight * self._best(calls, names, _reduced(missed))
            for weight, missed in zip(weights, misses, strict=True)
            if weight
        )
        return sum(values, Fraction(0)) / (sum(weights) or 1)


def largest_named_hit(game: StrongGame, calls: int, names: int) -> tuple[Fraction, int]:
    """The largest probability with which any name can hit, given any history of misses.

    Over every history of at most ``T = calls`` calls (any parameters, any responses) and ``n - 1`` earlier
    names, ``n = names >= 1``, and every response that may be named next.

    Returns
    -------
    tuple
        The probability, and the number of distinct (history, posterior) positions examined.
    """
    whole("calls", calls, least=0)
    whole("names", names, least=1)
    frontier = {(calls, names - 1, game.prior)}
    seen = set(frontier)
    largest = Fraction(0)
    while frontier:
        following = set()
        for calls_left, names_left, belief in frontier:
            responses = list(game.named(belief))
            largest = max(largest, *(won for won, _ in responses))
            if calls_left:
                for _, after in game.called(belief):
                    following |= {(calls_left - 1, names_left, _reduced(m)) for m in after if any(m)}
            if names_left:
                following |= {(calls_left, names_left - 1, _reduced(m)) for _, m in responses if any(m)}
        frontier = following - seen
        seen |= frontier
    return largest, len(seen)


def played(game: StrongGame, sequence: Sequence[Half], names: int) -> Fraction:
    """The probability of winning by a fixed sequence of calls, then naming responses not returned.

    Every needle, direction and run of misses is enumerated; the names are the first that were not returned.
    """
    whole("names", names, least=0)
    game.require("sequence", sequence)
    directions, everyone = range(2 * game.dimension), range(game.responses)
    lost = Fraction(0)
    for needle in everyone:
        # The runs that leave the needle unnamed do not depend on the direction, their probabilities may.
        runs = [
            run
            for run in product(everyone, repeat=len(sequence))
            if needle not in run and needle not in [y for y in everyone if y not in run][:names]
        ]
        unfound: dict[tuple[Fraction, ...], Fraction] = {}
        for u in directions:
            law = tuple(game.miss_law(needle, u))
            if law not in unfound:
                products = (math.prod((law[y] for y in run), start=Fraction(1)) for run in runs)
                unfound[law] = sum(products, Fraction(0))
            lost += unfound[law] * math.prod((1 - game.hit(half, u) for half in sequence), start=Fraction(1))
    return 1 - lost / (game.responses * len(directions))


def closed_form(game: StrongGame, sequence: Sequence[Half], names: int) -> Fraction:
    """``1 - E_u prod_i (1 - h(<theta_i, u>)) E_K[(1 - n/(N - K))_+]``.

    ``K`` is the number of distinct values among ``T`` uniform draws from ``N - 1``.
    """
    return 1 - missed_by_calls(game, sequence) * missed_by_names(game.responses, len(sequence), names)


def missed_by_calls(game: StrongGame, sequence: Sequence[Half]) -> Fraction:
    """``E_u prod_i (1 - h(<theta_i, u>))``."""
    game.require("sequence", sequence)
    directions = range(2 * game.dimension)
    products = (
        math.prod((1 - game.hit(half, u) for half in sequence), start=Fraction(1)) for u in directions
    )
    return sum(products, Fraction(0)) / len(directions)


def missed_by_names(responses: int, calls: int, names: int) -> Fraction:
    """``E_K[(1 - n/(N - K))_+]``."""
    whole("names", names, least=0)
    law = distinct_law(whole("responses", responses, least=2) - 1, calls)
    return sum(
        (p * max(Fraction(0), 1 - Fraction(names, responses - k)) for k, p in enumerate(law)), Fraction(0)
    )


@cache
def best_fixed(game: StrongGame, calls: int) -> tuple[Half, ...]:
    """The sequence of `calls` parameters with the smallest ``E_u prod_i (1 - h(<theta_i, u>))``."""
    sequences = combinations_with_replacement(game.parameters, whole("calls", calls, least=0))
    return min(sequences, key=lambda sequence: missed_by_calls(game, sequence))


def _reduced(weights: Belief) -> Belief:
    """`weights` without their common divisor."""
    divisor = math.gcd(*weights)
    return tuple(w // divisor for w in weights)

"""The game a learner plays against the hidden needle with the weak oracle alone: exact values, in rationals.

The needle ``y*`` is uniform on `N` responses. A *call* returns a response, the needle with probability
``1/C`` and each other response with ``(1 - 1/C)/(N - 1)``, and says whether it is the needle; a *name* asks
the same of a response of the player's choice. The player has `T` calls and `n` names, in any order,
adaptively, and wins if the needle is ever returned or named. The value is the largest probability of winning.
Where finding the needle by a call is worth less than by a name (`worth`), it is the largest expected worth:
then calling first is no longer best, so that a recursion that leaves out orders gives itself away.

`weak_game_value` and `brute_force_value` solve the same game independently; `sampling_first_value` is a
formula.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import whole

Coverage = Fraction | int


def weak_game_value(
    responses: int, coverage: Coverage, calls: int, names: int, *, worth: Coverage = 1
) -> Fraction:
    """The value, by backward induction on (calls left, names left, responses eliminated).

    Given only misses the needle is uniform on the ``N - k`` responses not eliminated: a miss at ``y`` has
    likelihood ``(1 - 1/C)/(N - 1)`` under every needle but ``y``. So ``k`` is all the player must remember.

    Parameters
    ----------
    responses, coverage
        ``N >= 2`` and ``C > 1``.
    calls, names
        ``T`` and ``n``, at least 0.
    worth
        What it is worth to find the needle by a call, from 0 to 1; by a name, 1.

    Returns
    -------
    Fraction
        The largest probability of winning; in general the largest expected worth.
    """
    _check_game(responses, coverage, calls, names)
    require_worth(worth)
    hit = 1 / Fraction(coverage)
    # One more than the largest reachable k; every response but one can be eliminated, the needle never.
    most = min(responses - 1, calls + names)
    # value[n][k] for the current number of calls left; nothing is eliminated beyond `most`.
    value = [[Fraction(0)] * (most + 1) for _ in range(names + 1)]
    for t in range(calls + 1):
        before = value
        value = [[Fraction(0)] * (most + 1) for _ in range(names + 1)]
        for n in range(names + 1):
            for k in range(most + 1):
                further = min(k + 1, most)
                options = [Fraction(0)]
                if t > 0:
                    known = Fraction(k, responses - 1)
                    later = known * before[n][k] + (1 - known) * before[n][further]
                    options.append(worth * hit + (1 - hit) * later)
                if n > 0:
                    guess = Fraction(1, responses - k)
                    options.append(guess + (1 - guess) * value[n - 1][further])
                value[n][k] = max(options)
    return value[names][0]


def sampling_first_value(responses: int, coverage: Coverage, calls: int, names: int) -> Fraction:
    """``1 - (1 - 1/C)^T E_K[(1 - n/(N - K))_+]``: make every call, then name what has not been seen.

    ``K`` is the number of distinct values among ``T`` uniform draws from ``N - 1``: the misses, given that
    all calls miss. This order is optimal because a call hits with probability ``1/C`` whatever was named,
    while a name hits with probability ``1/(N - k)``, which misses only raise.
    """
    _check_game(responses, coverage, calls, names)
    missed = sum(
        (
            probability * max(Fraction(0), 1 - Fraction(names, responses - k))
            for k, probability in enumerate(distinct_law(responses - 1, calls))
        ),
        Fraction(0),
    )
    return 1 - (1 - 1 / Fraction(coverage)) ** calls * missed


def distinct_law(values: int, draws: int) -> list[Fraction]:
    """``P(K = k)``, `k = 0..min(values, draws)`: distinct values among uniform draws with replacement."""
    values = whole("values", values, least=1)
    law = [Fraction(1)]
    for _ in range(whole("draws", draws, least=0)):
        stay = [p * Fraction(k, values) for k, p in enumerate(law)] + [Fraction(0)]
        move = [Fraction(0)] + [p * Fraction(values - k, values) for k, p in enumerate(law)]
        law = [a + b for a, b in zip(stay, move, strict=True)][: values + 1]
    return law


def brute_force_value(responses: int, coverage: Coverage, calls: int, names: int) -> Fraction:
    """The value, over all adaptive strategies, from Bayes' rule and nothing else.

    The state is the posterior of the needle, one weight per response, computed from the definition of the
    base policy; no symmetry of the game is used. Meant for ``N <= 8`` and ``T + n <= 7``.
    """
    _check_game(responses, coverage, calls, names)
    return brute_force_game(responses, coverage)(calls, names)


def brute_force_game(
    responses: int, coverage: Coverage, *, worth: Coverage = 1
) -> Callable[[int, int], Fraction]:
    """`brute_force_value` as a function of (calls, names) that remembers the positions it has solved.

    `worth` as for `weak_game_value`.
    """
    _check_game(responses, coverage, 0, 0)
    require_worth(worth)
    everyone = range(responses)
    # base[z][y] / scale is the probability that a call returns y when the needle is z.
    exact = [[_base(z, y, responses, Fraction(coverage)) for y in everyone] for z in everyone]
    scale = math.lcm(*(p.denominator for row in exact for p in row))
    base = [[int(p * scale) for p in row] for row in exact]

    @cache
    def best(calls: int, names: int, belief: tuple[int, ...]) -> Fraction:
        """Largest probability of winning; the needle is `z` with probability ``belief[z]/sum(belief)``."""
        options = [Fraction(0)]
        if calls > 0:
            options.append(
                after(
                    [(belief[y] * base[y][y], call_miss(belief, y)) for y in everyone],
                    calls - 1,
                    names,
                    sum(belief) * scale,
                    worth,
                )
            )
        for a in everyone if names > 0 else ():
            missed = tuple(0 if z == a else weight for z, weight in enumerate(belief))
            options.append(after([(belief[a], missed)], calls, names - 1, sum(belief)))
        return max(options)

    def call_miss(belief: tuple[int, ...], y: int) -> tuple[int, ...]:
        """Joint weights of the needle and of a call that returns `y` and is a miss."""
        return tuple(0 if z == y else weight * base[z][y] for z, weight in enumerate(belief))

    def after(
        branches: list[tuple[int, tuple[int, ...]]],
        calls: int,
        names: int,
        total: int,
        prize: Coverage = 1,
    ) -> Fraction:
        """Expected value over observations: the weight that wins now, and the position each miss leads to."""
        value = prize * Fraction(sum(won for won, _ in branches), total)
        for _, missed in branches:
            if (weight := sum(missed)) > 0:
                divisor = math.gcd(*missed)
                posterior = tuple(w // divisor for w in missed)
                value += Fraction(weight, total) * best(calls, names, posterior)
        return value

    def value(calls: int, names: int) -> Fraction:
        _check_game(responses, coverage, calls, names)
        return best(calls, names, (1,) * responses)

    return value


def _base(needle: int, response: int, responses: int, coverage: Fraction) -> Fraction:
    """``pi_ref(response)`` when the needle is `needle`."""
    return 1 / coverage if response == needle else (1 - 1 / coverage) / (responses - 1)


def require_worth(worth: Coverage) -> None:
    """Refuse what is no rational number from 0 to 1."""
    if isinstance(worth, bool) or not isinstance(worth, Fraction | int) or not 0 <= worth <= 1:
        raise InvalidProblem(f"worth must be a whole number or Fraction in [0, 1], got worth={worth!r}")


def _check_game(responses: int, coverage: Coverage, calls: int, names: int) -> None:
    whole("responses", responses, least=2)
    whole("calls", calls, least=0)
    whole("names", names, least=0)
    if isinstance(coverage, bool) or not isinstance(coverage, Fraction | int) or coverage <= 1:
        raise InvalidProblem(
            f"coverage must be a whole number or Fraction above 1, got coverage={coverage!r}"
        )

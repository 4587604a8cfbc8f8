"""The worst adaptive strategy against a tail bound, by backward induction in whole numbers.

In each of `T` rounds the adversary, knowing the past, plays one of some moves: a law on changes of the state,
which starts at zero. It wins once the state leaves ``[low, high]``. Every bound here is a bound for all
``T' <= T`` at once, so that it is enough to have won in some round.
"""

from collections.abc import Sequence
from fractions import Fraction

#: Pairs of a weight and a change of the state; the weights of every move have one sum.
Move = Sequence[tuple[int, int]]


def worst(rounds: int, moves: Sequence[Move], high: int, low: int | None = None) -> Fraction:
    """The largest probability of leaving ``[low, high]`` (without `low`: of passing `high`)."""
    total = sum(weight for weight, _ in moves[0])
    assert all(sum(weight for weight, _ in move) == total for move in moves)
    changes = {change for move in moves for _, change in move}
    rise, fall = max(changes), min(changes)

    def undecided(state: int, left: int) -> bool:
        """Whether the game goes on at `state`: not yet won, and still to be won."""
        if state > high or (low is not None and state < low):
            return False
        return state + left * rise > high or (low is not None and state + left * fall < low)

    met = [{0}]
    for left in range(rounds - 1, 0, -1):
        met.append({s for state in met[-1] for c in changes if undecided(s := state + c, left)})
    # value[s] / total^left, for the states at which the game goes on.
    value: dict[int, int] = {}
    for left, states in enumerate(reversed(met), 1):
        before, value, sure = value, {}, total ** (left - 1)
        for state in states:
            chances = [
                sum(
                    weight * (sure if _won(state + change, high, low) else before.get(state + change, 0))
                    for weight, change in move
                )
                for move in moves
            ]
            value[state] = max(chances)
    return Fraction(value[0], total**rounds)


def _won(state: int, high: int, low: int | None) -> bool:
    return state > high or (low is not None and state < low)

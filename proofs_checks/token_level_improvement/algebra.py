"""Two tokens, two layers, in symbols: every base policy, reward and policy on four responses at once.

Responses are numbered (1,1), (1,2), (2,1), (2,2). A law on responses is four fractions; the optimal policy is
tilted by ``e_y = exp(r(y)/beta)``, ``e`` positive symbols.
"""

from collections.abc import Sequence
from typing import Any

Law = Sequence[Any]


def first_token(law: Law) -> list[Any]:
    """The law of the first token."""
    return [law[0] + law[1], law[2] + law[3]]


def second_token(law: Law, first: int) -> list[Any]:
    """The law of the second token given the first (0 or 1)."""
    pair = law[2 * first : 2 * first + 2]
    total = pair[0] + pair[1]
    return [part / total for part in pair]


def optimal_tokens(base: Law, tilt: Law, *, blind: bool = False) -> tuple[list[Any], list[list[Any]]]:
    """``pi*_1`` and ``pi*_2`` given each first token, from ``exp(Q_h/beta)``, sums over responses.

    With `blind`, ``exp(Q_1/beta)`` averages the tilts of the two responses without their base probabilities.
    """
    from explore_theory.certify import symbolic

    seconds = [second_token(base, a) for a in range(2)]
    values = [
        (tilt[2 * a] + tilt[2 * a + 1]) / 2
        if blind
        else sum(p * e for p, e in zip(seconds[a], tilt[2 * a : 2 * a + 2], strict=True))
        for a in range(2)
    ]
    return (
        symbolic.tilted(first_token(base), values),
        [symbolic.tilted(seconds[a], tilt[2 * a : 2 * a + 2]) for a in range(2)],
    )

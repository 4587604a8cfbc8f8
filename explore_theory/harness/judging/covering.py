"""Which of the blocks in a store are counted, where blocks of several sizes overlap."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

#: The first row of a block, and the one behind its last.
Rows = tuple[int, int]


def cover(blocks: Iterable[Rows], rows: int) -> tuple[list[Rows], list[Rows]]:
    """Disjoint `blocks` that cover as much of ``range(rows)`` as any do, and the gaps.

    Blocks of different sizes may be in a store (another ``--block``); none is counted twice. A block more
    never covers less: what one run has finished stays so, whatever another one adds.
    """
    within = sorted({block for block in blocks if block[1] <= rows}, key=lambda block: (block[0], -block[1]))
    chosen: list[Rows] = []
    for block in within:
        if not chosen or block[0] >= chosen[-1][1]:
            chosen.append(block)
    gaps = _gaps(chosen, rows)
    if gaps and len(chosen) < len(within):
        # From left to right, a long block may have hidden the shorter ones that fit together.
        chosen = _most(within)
        gaps = _gaps(chosen, rows)
    return chosen, gaps


def _gaps(chosen: Sequence[Rows], rows: int) -> list[Rows]:
    """What lies between the `chosen`, and before and behind them."""
    edges = pairwise([(0, 0), *chosen, (rows, rows)])
    return [(before[1], after[0]) for before, after in edges if before[1] < after[0]]


def _most(within: Sequence[Rows]) -> list[Rows]:
    """Those of the blocks that together have most rows, by dynamic programming over where they end."""
    ordered = sorted(within, key=lambda block: (block[1], block[0]))
    ends = [last for _, last in ordered]
    # most[k]: the most rows of disjoint ones among the first k; before[k]: how many end before k begins.
    most, before = [0], list[int]()
    for k, (first, last) in enumerate(ordered):
        before.append(bisect_right(ends, first, 0, k))
        most.append(max(most[k], most[before[k]] + last - first))
    chosen, k = list[Rows](), len(ordered)
    while k:
        if most[k] == most[k - 1]:
            k -= 1
        else:
            chosen.append(ordered[k - 1])
            k = before[k - 1]
    return chosen[::-1]

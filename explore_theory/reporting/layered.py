"""Laying out what rests on what: layers from above to below, few crossings, nothing on top of anything else.

The usual three steps for directed graphs without circles: layers by longest paths; an order in each layer by
means of neighbours; places by least squares with room to each side. A line that passes a layer gets a place
in it, so that it goes between nodes and not behind them.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: Nodes in a layer; where there are more, those that nothing is below sink to the next one.
MOST = 6
#: What a node and a passing line take up, in widths of a node.
NODE, LINE, GAP = 1.0, 0.1, 0.12
_SWEEPS = 24

#: A node by its name, or where the line between two nodes passes the layer of that number.
Place = str | tuple[str, str, int]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where things are: `x` in widths of a node from the left edge, `layer` from above.

    Parameters
    ----------
    width, layers
        Of everything.
    nodes
        ``(x, layer)`` of the middle of each node.
    lines
        For each edge ``(upper, lower)`` the points that it goes through, in layer order, its ends included.
    """

    width: float
    layers: int
    nodes: Mapping[str, tuple[float, int]]
    lines: Mapping[tuple[str, str], tuple[tuple[float, int], ...]]


def laid_out(nodes: Sequence[str], below: Mapping[str, Sequence[str]]) -> Layout:
    """The layout of `nodes`, with what is `below` each of them; there must be no circle."""
    layer = _layers(nodes, below)
    depth = max(layer.values(), default=-1) + 1
    rows: list[list[Place]] = [[] for _ in range(depth)]
    for node in nodes:
        rows[layer[node]].append(node)
    chains: dict[tuple[str, str], list[Place]] = {}
    for upper in nodes:
        for lower in below.get(upper, ()):
            passing: list[Place] = []
            for k in range(layer[upper] + 1, layer[lower]):
                passing.append((upper, lower, k))
                rows[k].append(passing[-1])
            chains[upper, lower] = [upper, *passing, lower]
    links: dict[Place, dict[int, list[Place]]] = {place: {-1: [], 1: []} for row in rows for place in row}
    for chain in chains.values():
        for over, under in itertools.pairwise(chain):
            links[over][1].append(under)
            links[under][-1].append(over)
    _untangle(rows, links)
    x = _placed(rows, links)
    left = min((x[node] - _wide(node) / 2 for node in x), default=0.0)
    right = max((x[node] + _wide(node) / 2 for node in x), default=0.0)
    at = {place: (x[place] - left, k) for k, row in enumerate(rows) for place in row}
    return Layout(
        width=right - left,
        layers=depth,
        nodes={node: at[node] for node in nodes},
        lines={edge: tuple(at[place] for place in chain) for edge, chain in chains.items()},
    )


def _layers(nodes: Sequence[str], below: Mapping[str, Sequence[str]]) -> dict[str, int]:
    layer = dict.fromkeys(nodes, 0)
    for _ in nodes:
        for upper in nodes:
            for lower in below.get(upper, ()):
                layer[lower] = max(layer[lower], layer[upper] + 1)
    used = {lower for upper in nodes for lower in below.get(upper, ())}
    for node in nodes:
        # What nothing uses comes down to what it uses.
        if node not in used and below.get(node):
            layer[node] = min(layer[lower] for lower in below[node]) - 1
    ends = [node for node in reversed(nodes) if not below.get(node)]
    k = 0
    while k <= max(layer.values(), default=-1):
        for node in ends:
            if layer[node] == k and sum(other == k for other in layer.values()) > MOST:
                layer[node] += 1
        k += 1
    return layer


def _crossings(rows: Sequence[Sequence[Place]], links: Mapping[Place, Mapping[int, Sequence[Place]]]) -> int:
    """How often lines between neighbouring layers cross."""
    crossed = 0
    for over, under in itertools.pairwise(rows):
        rank = {place: k for k, place in enumerate(under)}
        ends = [rank[low] for place in over for low in sorted(links[place][1], key=rank.__getitem__)]
        crossed += sum(a > b for k, a in enumerate(ends) for b in ends[k + 1 :])
    return crossed


def _untangle(rows: list[list[Place]], links: Mapping[Place, Mapping[int, Sequence[Place]]]) -> None:
    """Order each of `rows`, in place, by the mean rank of neighbours, from above and from below in turn."""
    best, kept = _crossings(rows, links), [list(row) for row in rows]
    for sweep in range(_SWEEPS):
        side = -1 if sweep % 2 == 0 else 1
        numbers = range(1, len(rows)) if side < 0 else range(len(rows) - 2, -1, -1)
        for k in numbers:
            rank = {place: i for i, place in enumerate(rows[k + side])}
            own = {place: i for i, place in enumerate(rows[k])}
            # Relative ranks, so that what has no neighbour there stays where it is.
            scale = max(len(rank) - 1, 1), max(len(own) - 1, 1)
            mean = {}
            for place in rows[k]:
                near = [rank[other] / scale[0] for other in links[place][side]]
                mean[place] = sum(near) / len(near) if near else own[place] / scale[1]
            rows[k].sort(key=mean.__getitem__)
        if (crossed := _crossings(rows, links)) < best:
            best, kept = crossed, [list(row) for row in rows]
    rows[:] = kept


def _wide(place: Place) -> float:
    return NODE if isinstance(place, str) else LINE


def _placed(
    rows: Sequence[Sequence[Place]], links: Mapping[Place, Mapping[int, Sequence[Place]]]
) -> dict[Place, float]:
    """A place across for everything: near the mean of its neighbours, with room to each side."""
    x: dict[Place, float] = {}
    for row in rows:
        steps = _steps(row)
        for place, step in zip(row, steps, strict=True):
            x[place] = step - steps[-1] / 2
    for sweep in range(_SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = []
            for place in row:
                near = [x[other] for side in (-1, 1) for other in links[place][side]]
                wanted.append(sum(near) / len(near) if near else x[place])
            x.update(zip(row, _apart(wanted, _steps(row)), strict=True))
    return x


def _steps(row: Sequence[Place]) -> list[float]:
    """Places from the first of `row` on that are as near as may be."""
    steps = [0.0]
    for left, right in itertools.pairwise(row):
        steps.append(steps[-1] + (_wide(left) + _wide(right)) / 2 + GAP)
    return steps[: len(row)]


def _apart(wanted: Sequence[float], steps: Sequence[float]) -> list[float]:
    """The places nearest to those `wanted`, in least squares, that are at least `steps` apart.

    Less the steps they must rise: pool what does not (isotonic regression).
    """
    pools: list[tuple[float, int]] = []
    for want, step in zip(wanted, steps, strict=True):
        mean, size = want - step, 1
        while pools and pools[-1][0] > mean:
            other, others = pools.pop()
            mean, size = (mean * size + other * others) / (size + others), size + others
        pools.append((mean, size))
    flat = [mean for mean, size in pools for _ in range(size)]
    return [value + step for value, step in zip(flat, steps, strict=True)]

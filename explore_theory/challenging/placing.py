"""Where learners stand: the smallest budget that suffices, and what is spent with it.

Letters: `R` replicates.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explore_theory import exact, oracles
from explore_theory.algorithms import (
    XPO,
    BestOfN,
    CoordinateSweep,
    OnlineDPO,
    OnlineGreedy,
    PassiveSampling,
    RandomDirections,
    SignSearch,
    WeakSampling,
)
from explore_theory.challenging.findings import Placement
from explore_theory.challenging.games import LEVEL, FormulaGame, Game, LinearGame, NeedleGame
from explore_theory.challenging.player import Plays
from explore_theory.foundation.streams import Streams
from explore_theory.statistics import Threshold, smallest_budget

#: Draws of the best-of-N that is placed among others.
DRAWS = 16


@dataclass(frozen=True, kw_only=True)
class Search:
    """How budgets are looked for: from the least to the greatest, at steps of `ratio`, at an error level."""

    first: int
    last: int
    ratio: float
    alpha: float
    rows: int


@dataclass
class _Spent:
    """Sums over the runs at one budget."""

    runs: int = 0
    calls: float = 0.0
    data: float = 0.0


def place(
    name: str,
    game: Game,
    search: Search,
    run: Callable[[int, Sequence[int]], tuple[Any, Any, Any]],
    *,
    own: bool,
) -> Placement:
    """The placement of a learner whose `run` gives gaps, calls and rounds, `[R]`, of rows at a budget."""
    spent: dict[int, _Spent] = {}

    def successes(budget: int, first: int, rows: int) -> int:
        gap, calls, data = run(budget, range(first, first + rows))
        here = spent.setdefault(budget, _Spent())
        here.runs += rows
        here.calls += float(np.sum(calls))
        here.data += float(np.sum(data))
        return int(np.sum(gap <= game.eps))

    found = smallest_budget(
        successes,
        level=LEVEL,
        alpha=search.alpha,
        first=search.first,
        last=search.last,
        ratio=search.ratio,
        most_rows=search.rows,
        block=min(128, search.rows),
    )
    return _placed(name, game, found, spent, own)


def _placed(name: str, game: Game, found: Threshold, spent: dict[int, _Spent], own: bool) -> Placement:
    def mean(budget: float, what: str) -> float:
        here = spent.get(int(budget)) if math.isfinite(budget) else None
        return getattr(here, what) / here.runs if here else math.nan

    return Placement(
        learner=name,
        own=own,
        family=game.family,
        coverage=game.coverage,
        lo=found.lo,
        hi=found.hi,
        calls=mean(found.hi, "calls"),
        calls_short=mean(found.lo, "calls"),
        data=mean(found.hi, "data"),
        trials=found.trials,
    )


def challenged(player: Plays, game: Game) -> Callable[[int, Sequence[int]], tuple[Any, Any, Any]]:
    """How the learner that is challenged runs."""

    def run(budget: int, rows: Sequence[int]) -> tuple[Any, Any, Any]:
        runs = player.play(game, game.budget(budget), rows, purpose=f"place {budget}")
        if runs.failures:
            raise Failed(runs.failures[0].line, runs.failures[0].trace)
        return runs.gap, runs.calls, runs.rewards

    return run


class Failed(Exception):
    """A run went wrong in the middle of a search."""

    def __init__(self, line: str, trace: str) -> None:
        super().__init__(line)
        self.trace = trace


def built_in(game: Game) -> dict[str, Callable[[int], Any]]:
    """Learners of ours for `game`, by name; made with a budget of the game's."""
    if isinstance(game, NeedleGame):
        if not game.strong:
            return {"weak sampling": lambda calls: WeakSampling(calls=calls - 1)}
        return {
            "weak sampling": lambda calls: WeakSampling(calls=calls - 1),
            "random directions": lambda calls: RandomDirections(calls=calls - 1, block=max(1, calls // 4)),
            "coordinates": lambda calls: CoordinateSweep(calls=calls - 1, block=max(1, calls // 4)),
        }
    if isinstance(game, FormulaGame):
        return {"sign search": lambda calls: SignSearch(rounds=max(1, calls // 2), stars=64)}
    return {
        "passive sampling": lambda rounds: PassiveSampling(rounds=rounds),
        "online greedy": lambda rounds: OnlineGreedy(rounds=rounds),
        "online DPO": lambda rounds: OnlineDPO(rounds=rounds),
        "XPO": lambda rounds: XPO(rounds=rounds, optimism=0.02 * rounds**-0.5),
        f"best of {DRAWS}": lambda rounds: BestOfN(rounds=rounds, draws=DRAWS),
    }


def ours(
    name: str, make: Callable[[int], Any], game: Game, seed: int
) -> Callable[[int, Sequence[int]], tuple[Any, Any, Any]]:
    """How a learner of ours runs, here, by the exact law; a response of its output costs what it costs."""

    def run(budget: int, rows: Sequence[int]) -> tuple[Any, Any, Any]:
        gap, calls, data = _once(make(budget), game, rows, f"built in {name} {budget}", seed)
        extra = DRAWS if name.startswith("best of") else 1
        return gap, calls + extra, data

    return run


def _once(learner: Any, game: Game, rows: Sequence[int], purpose: str, seed: int) -> tuple[Any, Any, Any]:
    problem = game.problem(rows, seed, purpose)
    path = ("challenge", game.name, purpose)
    opened = oracles.open_proper if game.proper else oracles.open
    oracle: Any = opened(problem, law="exact-law", streams=Streams(path, rows, seed), idles=True)
    gap = np.broadcast_to(exact.gap(problem, learner.run(oracle)), (len(rows),))
    return gap, oracle.ledger.compute, oracle.ledger.data


def search_of(game: Game, alpha: float, *, rows: int, wide: bool) -> Search:
    """Where budgets are looked for on `game`."""
    if isinstance(game, NeedleGame):
        c = int(game.coverage)
        return Search(
            first=max(2, c // 4), last=8 * c, ratio=2**0.25 if wide else 2**0.5, alpha=alpha, rows=rows
        )
    if isinstance(game, FormulaGame):
        return Search(first=2, last=128 * 2**game.k, ratio=2.0, alpha=alpha, rows=rows)
    assert isinstance(game, LinearGame)
    return Search(first=4, last=2048 if wide else 128, ratio=2.0, alpha=alpha, rows=rows)

"""Whether a run depends on its own oracle and coins alone, bit by bit; and whether the two laws agree.

A sample of replicates plays five times: among others in a process that has played before, among other others
in another order, alone in a fresh process, alone once more, and at the very end. What differs between the
last two differs under the same coins; what differs only in company was kept from one replicate to the next.
That is at one budget of two games. Of all else that is played one replicate a play is repeated alone
(`spots_apart`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from explore_theory.challenging.findings import Finding
from explore_theory.challenging.games import Game
from explore_theory.challenging.player import Plays
from explore_theory.challenging.table import Budget
from explore_theory.foundation.streams import Streams
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.statistics import event_distance, sup_distance

#: Replicates that are compared, those of them that play alone, and how many play in company.
COMPARED, ALONE, COMPANY = 24, 4, 64
STATEMENT = "A run depends on its own oracle and coins alone."


@dataclass(frozen=True, kw_only=True)
class Apart:
    """What a first comparison leaves for a last one: the finding, and digests by replicate."""

    game: Game
    budget: Budget
    rows: tuple[int, ...]
    digests: Mapping[int, str]
    finding: Finding


def kept_apart(player: Plays, game: Game, budget: Budget) -> Apart:
    """The comparison on one game; the player goes on in a fresh process."""
    rows = _shuffled(player, game, 2 * COMPANY)
    # In the second half of what one process plays: what it keeps, it has by then.
    player.renew()
    one = _played(player, game, budget, rows)
    player.renew()
    sample = rows[COMPANY : COMPANY + COMPARED]
    others = [2 * COMPANY + k for k in range(COMPANY - COMPARED)]
    order = [(sample + others)[k] for k in _shuffled(player, game, COMPANY, "again")]
    other = _played(player, game, budget, order)
    alone: list[dict[int, str]] = []
    for _ in range(2):
        found: dict[int, str] = {}
        for row in sample[:ALONE]:
            player.renew()
            found |= _played(player, game, budget, [row])
        alone.append(found)
    player.renew()
    restless = [row for row in alone[0] if alone[0][row] != alone[1][row]]
    company = [row for row in sample if one[row] != other[row]]
    lonely = [row for row in alone[0] if alone[0][row] != one[row]]
    alone_in = "in fresh processes too" if player.isolated else "too"
    finding = _judged(game, sample, restless, company, lonely, alone_in)
    return Apart(game=game, budget=budget, rows=tuple(sample), digests=one, finding=finding)


def still_apart(player: Plays, before: Apart) -> Finding:
    """The same replicates once more, where all the rest was played: `before`, unless they differ."""
    now = _played(player, before.game, before.budget, before.rows)
    changed = sum(now[row] != before.digests[row] for row in before.rows)
    if before.finding.status is not Status.HOLDS or not changed:
        return before.finding
    return replace(
        before.finding,
        status=Status.REFUTED,
        reason=(
            f"it keeps something from one replicate to another: {changed} of {len(before.rows)} "
            "replicates differ "
            "after all the rest was played from what they were before"
        ),
    )


def spots_apart(player: Plays) -> Finding | None:
    """Whether a replicate of each play is alone, in a fresh process, what it was in company.

    None where none was noted.
    """
    noted, changed = list(player.noted), []
    for spot in noted:
        player.renew()
        runs = player.play(
            spot.game, spot.budget, [spot.row], law=spot.law, purpose=spot.purpose, watched=True
        )
        if runs.digests[0] != spot.digest:
            changed.append(spot)
    if not noted:
        return None
    if changed:
        first = changed[0]
        status = Status.REFUTED
        reason = (
            f"it keeps something from one replicate to another: of {len(noted)} replicates, one of each "
            f"game, budget and block, {len(changed)} differ alone in a fresh process from what they were in "
            "company, "
            f"first in {first.game.name}, {first.budget.calls} calls"
        )
    else:
        status = Status.HOLDS
        reason = (
            f"{len(noted)} replicates, one of each game, budget and block, asked, were charged and "
            "answered the "
            "same bit by bit alone in a fresh process"
        )
    return Finding(
        kind="integrity",
        about="all that was played",
        statement=STATEMENT,
        claims=(),
        status=status,
        reason=reason,
        trials=len(noted),
    )


def _played(player: Plays, game: Game, budget: Budget, rows: Sequence[int]) -> dict[int, str]:
    """Digests of `rows`, by replicate."""
    runs = player.play(game, budget, rows, purpose="apart", watched=True, together=COMPANY)
    return dict(zip(runs.rows, runs.digests, strict=True))


def _judged(
    game: Game,
    sample: Sequence[int],
    restless: list[int],
    company: list[int],
    lonely: list[int],
    alone_in: str,
) -> Finding:
    status = Status.REFUTED
    if restless:
        reason = (
            f"its answers differ under the same coins, in {len(restless)} of {ALONE} replicates "
            "played alone twice: "
            "randomness must come from oracle.coins, and nothing from clocks, files or numpy.random"
        )
    elif company or lonely:
        parts = []
        if company:
            parts.append(
                f"{len(company)} of {len(sample)} replicates differ by the company that they play in"
            )
        if lonely:
            parts.append(f"{len(lonely)} of {ALONE} differ alone")
        reason = f"it keeps something from one replicate to another: {' and '.join(parts)}"
    else:
        status = Status.HOLDS
        reason = (
            f"{len(sample)} replicates asked, were charged and answered the same bit by bit among "
            "others in two "
            f"orders and after all the rest, {ALONE} of them alone {alone_in}, twice"
        )
    return Finding(
        kind="integrity",
        about=game.name,
        statement=STATEMENT,
        claims=(),
        status=status,
        reason=reason,
        trials=len(sample),
    )


def laws_agree(
    player: Plays, game: Game, budget: Budget, runs: int, alpha: float, resolution: float
) -> Finding:
    """Whether literal draws and the exact law give a learner one law of calls and of successes.

    Half of `alpha` for the largest difference of distribution functions of the calls, half for the
    probability of success; HOLDS if neither distance can exceed `resolution`, REFUTED if one is not zero.
    """
    played = [
        player.play(game, budget, range(runs), law=law, purpose=law) for law in ("literal", "exact-law")
    ]
    calls = sup_distance(played[0].calls, played[1].calls, alpha / 2)
    hits = event_distance(
        [played[0].successes(game.eps)], runs, [played[1].successes(game.eps)], runs, alpha / 2
    )
    lo, hi = max(calls.lo, hits.lo), max(calls.hi, hits.hi)
    status = Status.REFUTED if lo > 0 else Status.HOLDS if hi <= resolution else Status.INCONCLUSIVE
    return Finding(
        kind="laws",
        about=game.name,
        statement=f"Under both laws of the oracle calls and successes have laws within {resolution:g}.",
        claims=("X1",),
        status=status,
        reason=f"calls: {calls.describe()}; success: {hits.describe()}; {runs:,} runs by each law",
        lo=lo,
        hi=hi,
        bound=resolution,
        trials=2 * runs,
    )


def _shuffled(player: Plays, game: Game, count: int, what: str = "order") -> list[int]:
    """``range(count)`` in an order of the seed's."""
    streams = Streams(player.path(game, "apart", what), [0], player.seed)
    return [int(k) for k in np.argsort(streams.uniform(count)[0], kind="stable")]

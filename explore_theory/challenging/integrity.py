"""Whether a run depends on its own oracle and coins alone, bit by bit; and whether the two laws agree.

A sample of replicates plays four times: among others in a process that has played before, among other others in
another order, alone in a fresh process, and alone once more. What differs between the last two differs under the
same coins; what differs only in company was kept from one replicate to the next.
"""

from collections.abc import Sequence

import numpy as np

from explore_theory.challenging.findings import Finding
from explore_theory.challenging.games import Game
from explore_theory.challenging.player import Player, Runs
from explore_theory.challenging.table import Budget
from explore_theory.foundation.streams import Streams
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.statistics import event_distance, sup_distance

#: Replicates that are compared, those of them that play alone, and how many play in company.
COMPARED, ALONE, COMPANY = 24, 4, 64
STATEMENT = "A run depends on its own oracle and coins alone."


def kept_apart(player: Player, game: Game, budget: Budget) -> Finding:
    """The comparison on one game; the player goes on in a fresh process."""
    rows = _shuffled(player, game, 2 * COMPANY)
    # In the second half of what one process plays: what it keeps, it has by then.
    player.renew()
    first = player.play(game, budget, rows, purpose="apart", watched=True, together=COMPANY)
    player.renew()
    sample = rows[COMPANY : COMPANY + COMPARED]
    others = [2 * COMPANY + k for k in range(COMPANY - COMPARED)]
    mixed = _shuffled(player, game, COMPANY, "again")
    order = [(sample + others)[k] for k in mixed]
    second = player.play(game, budget, order, purpose="apart", watched=True, together=COMPANY)
    alone: list[dict[int, str]] = []
    for _ in range(2):
        found: dict[int, str] = {}
        for row in sample[:ALONE]:
            player.renew()
            found |= _digests(player.play(game, budget, [row], purpose="apart", watched=True))
        alone.append(found)
    player.renew()
    one, other = _digests(first), _digests(second)
    restless = [row for row in alone[0] if alone[0][row] != alone[1][row]]
    company = [row for row in sample if one[row] != other[row]]
    lonely = [row for row in alone[0] if alone[0][row] != one[row]]
    return _judged(game, sample, restless, company, lonely)


def _judged(
    game: Game, sample: Sequence[int], restless: list[int], company: list[int], lonely: list[int]
) -> Finding:
    status, reason = Status.REFUTED, ""
    if restless:
        reason = (
            f"its answers differ under the same coins, in {len(restless)} of {ALONE} replicates played alone twice: "
            "randomness must come from oracle.coins, and nothing from clocks, files or numpy.random"
        )
    elif company or lonely:
        parts = []
        if company:
            parts.append(f"{len(company)} of {len(sample)} replicates differ by the company that they play in")
        if lonely:
            parts.append(f"{len(lonely)} of {ALONE} differ alone")
        reason = f"it keeps something from one replicate to another: {' and '.join(parts)}"
    else:
        status = Status.HOLDS
        reason = (
            f"{len(sample)} replicates asked, were charged and answered the same bit by bit among others in two "
            f"orders, {ALONE} of them alone in fresh processes too, twice"
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


def laws_agree(player: Player, game: Game, budget: Budget, runs: int, alpha: float, resolution: float) -> Finding:
    """Whether literal draws and the exact law give a learner one law of calls and of successes.

    Half of `alpha` for the largest difference of distribution functions of the calls, half for the probability
    of success; HOLDS if neither distance can exceed `resolution`, REFUTED if one is not zero.
    """
    played = [player.play(game, budget, range(runs), law=law, purpose=law) for law in ("literal", "exact-law")]
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


def _shuffled(player: Player, game: Game, count: int, what: str = "order") -> list[int]:
    """``range(count)`` in an order of the seed's."""
    streams = Streams(player.path(game, "apart", what), [0], player.seed)
    return [int(k) for k in np.argsort(streams.uniform(count)[0], kind="stable")]


def _digests(runs: Runs) -> dict[int, str]:
    return dict(zip(runs.rows, runs.digests, strict=True))

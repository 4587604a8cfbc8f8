"""The literal law: every sample a learner pays for is drawn.

Letters: `R` replicates, `K` atoms, `d` feature dimension.
"""

import numpy as np

from explore_theory.foundation.streams import Streams
from explore_theory.oracles.answers import NO_RESPONSE
from explore_theory.oracles.expressions import Condition, Draws, Term
from explore_theory.oracles.ledger import Meter
from explore_theory.oracles.session import Hunt, Session, Visit
from explore_theory.policies import Base
from explore_theory.problems.protocol import Bools, Floats, Ints, Problem

#: This many numbers (draws times dimension) are looked at together.
_CHUNK = 1 << 16


class LiteralOracle(Session):
    """Answers by drawing: an atom by inverse CDF on its mass, then a member of the atom."""

    def __init__(self, problem: Problem, streams: Streams, meter: Meter) -> None:
        super().__init__(problem, streams, meter)
        self._chances = streams.child("accept")

    def _first_hit(self, hunt: Hunt) -> tuple[Floats, Ints]:
        """Tries are drawn some at a time.

        The words of those after the first hit are put back, so that a search is draw by draw what a loop over
        `draw` would be.
        """
        visit, per = hunt.visit, hunt.per
        cdf = self._cdf(visit, hunt.policy)
        read = (self._atoms, self._members, self._chances)
        used, found = np.zeros(self._R), np.full((self._R, per), NO_RESPONSE)
        searching, tries = hunt.rows, 16
        while np.any(searching):
            tries = max(1, min(2 * tries, _CHUNK // self._facts.d))
            before = [stream.position for stream in read]
            response = self._respond(visit, cdf, tries * per, searching)
            number = np.minimum(tries, hunt.cap - used)
            hits = self._accepts(hunt, hunt.draws(self._features(visit, response), response), searching)
            hits &= (np.arange(tries) < number[:, None]) & searching[:, None]
            success, first = np.asarray(hits.any(axis=-1)), hits.argmax(axis=-1)
            number = np.where(searching, np.where(success, first + 1, number), 0).astype(np.int64)
            for stream, start in zip(read, before, strict=True):
                stream.put_back((stream.position - start) // tries * (tries - number) * searching)
            used += number
            places = per * first[:, None] + np.arange(per)
            found = np.where(success[:, None], np.take_along_axis(response, places, axis=-1), found)
            searching = searching & ~success & (used < hunt.cap)
        return used, found

    def _accepts(self, hunt: Hunt, draws: Draws, searching: Bools) -> Bools:
        """`[R, t]`: which tries are accepted."""
        log_chance = hunt.log_chance(draws)
        if isinstance(hunt.asked, Condition):
            return np.asarray(log_chance == 0)
        coin = self._chances.uniform(log_chance.shape[-1], searching)
        # A chance of one accepts whatever the coin, and a coin is never zero: rows that idle read zeros.
        return np.asarray(np.log(coin, out=np.full(coin.shape, -np.inf), where=coin > 0) < log_chance)

    def _log_mean(self, visit: Visit, log_weight: Term, m: int, served: Bools) -> Floats:
        cdf = self._cdf(visit, Base())
        top, total, left = np.full(self._R, -np.inf), np.zeros(self._R), m
        while left:
            count = min(left, max(1, _CHUNK // self._facts.d))
            response = self._respond(visit, cdf, count, served)
            values = log_weight.on(Draws(self._features(visit, response), response))
            # NaN is no weight.
            values = np.where(np.isnan(values), -np.inf, values)
            higher = np.maximum(top, values.max(axis=-1))
            safe = np.where(np.isfinite(higher), higher, 0.0)
            total = total * np.exp(top - safe) + np.exp(values - safe[:, None]).sum(axis=-1)
            top, left = higher, left - count
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(total / m) + np.where(np.isfinite(top), top, 0.0))

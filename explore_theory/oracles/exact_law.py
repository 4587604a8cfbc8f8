"""The exact law: the same process without its waiting times.

The simulator, never the learner, knows the law of a draw. A search for a set of probability `p` within `cap`
tries is therefore drawn at once: the number of tries is ``Geometric(p)``; above the cap the search is a miss
that cost `cap`; otherwise the response follows the conditional law on the set and is independent of the
number. The joint law of what the learner sees and of what it is charged is that of the literal process,
because a learner is not told what a search rejected.

Letters: `R` replicates, `K` atoms, `d` feature dimension.
"""

import numpy as np

from explore_theory.exact import laws
from explore_theory.oracles.ledger import Meter
from explore_theory.oracles.literal import Hunt, LiteralOracle
from explore_theory.oracles.protocol import NO_RESPONSE
from explore_theory.oracles.sampling import conditional, geometric
from explore_theory.problems.protocol import Atoms, Floats, Ints, Problem
from explore_theory.streams import Streams


class ExactLawOracle(LiteralOracle):
    """A literal oracle whose searches cost the same whatever their number of tries.

    Streams: a search reads one word for its number of tries, one for the atom that was hit, and what a member
    of the atom takes; the draws of `draw` are untouched by it.
    """

    def __init__(self, problem: Problem, streams: Streams, meter: Meter) -> None:
        super().__init__(problem, streams, meter)
        self._tries, self._hits, self._found = (
            streams.child(f"search {name}") for name in ("tries", "atom", "member")
        )

    def _first_hit(self, hunt: Hunt) -> tuple[Floats, Ints]:
        named = np.broadcast_to(hunt.hit.named, (self._R, hunt.hit.named.shape[-1]))
        prompts, rows = hunt.visit.prompts, hunt.rows
        atoms = hunt.visit.atoms(self._problem)
        if named.shape[-1]:
            atoms = self._problem.atoms(prompts, named).without_reward()
        log_law = np.broadcast_to(
            hunt.policy.log_law(atoms, self._facts.beta), (self._R, atoms.log_mass.shape[-1])
        )
        log_tries, place = _tries(log_law, hunt.per)
        hits = hunt.asked_of(*self._of_tries(atoms, place))
        log_hits = np.where(hits, log_tries, -np.inf)
        count = geometric(
            self._tries.uniform(1, rows)[:, 0],
            laws.log_sum_exp(log_hits),
            laws.log_sum_exp(np.where(hits, -np.inf, log_tries)),
        )
        used = np.where(rows, np.minimum(count, hunt.cap), 0.0)
        ok = rows & (count <= hunt.cap)
        chosen = conditional(log_hits, self._hits.uniform(1, ok)[:, 0])
        response = self._problem.member(prompts, place[chosen], self._found, ok, named)
        return used, np.where(ok[:, None], response, NO_RESPONSE)

    def _of_tries(self, atoms: Atoms, place: Ints) -> tuple[Floats, Ints]:
        """Features `[R, T * per, d]` and responses `[R, T * per]` of the atoms `place` `[T, per]`."""
        features = np.broadcast_to(atoms.features, (self._R, *atoms.features.shape[-2:]))
        response = np.broadcast_to(atoms.id, features.shape[:-1])
        if place.shape[1] == 1:
            return features, response
        return features[:, place.ravel()], response[:, place.ravel()]


def _tries(log_law: Floats, per: int) -> tuple[Floats, Ints]:
    """Log-probability `[R, T]` of each try and its atoms `[T, per]`: ``T = K``, or ``K^2`` for pairs."""
    count = log_law.shape[-1]
    if per == 1:
        return log_law, np.arange(count)[:, None]
    first, second = np.divmod(np.arange(count * count), count)
    return log_law[:, first] + log_law[:, second], np.stack([first, second], axis=-1)

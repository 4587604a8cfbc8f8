"""The exact law: the same process without its waiting times.

The simulator, never the learner, knows the law of a draw. A search for a set of probability `p` within `cap`
tries is therefore drawn at once: the number of tries is ``Geometric(p)``; above the cap the search is a miss
that cost `cap`; otherwise the response follows the conditional law on the set and is independent of the
number. Rejection sampling is the same with a chance of acceptance per response in place of a set; an average
over `m` draws is a function of multinomial counts. The joint law of what the learner sees and of what it is
charged is that of the literal process, because a learner is not told what was rejected or counted.

Whole phases of regression (`span`, `explore`) are drawn by compiled kernels, see `oracles.phases.bulk`, and
`oracles.phases.drawn` where there are too many prompts to list.

Letters: `R` replicates, `K` atoms, `d` feature dimension.
"""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from explore_theory.foundation import laws
from explore_theory.foundation.row_generators import RowGenerators, Rows, Seat, Words
from explore_theory.foundation.streams import Streams
from explore_theory.oracles import arguments
from explore_theory.oracles.answers import NO_RESPONSE, Ctx, Found, Rounds, Status
from explore_theory.oracles.door import answers, inside
from explore_theory.oracles.expressions import Condition, Draws, Term
from explore_theory.oracles.ledger import Meter
from explore_theory.oracles.phases import rounds as one_by_one
from explore_theory.oracles.phases.rounds import search_rounds
from explore_theory.oracles.plans import Exploration, Explored, Ridge, Span, Spanned
from explore_theory.oracles.sampling import capped_geometric, conditional, geometric
from explore_theory.oracles.session import Hunt, Session, Visit
from explore_theory.policies import Base
from explore_theory.problems.protocol import Atoms, Bools, DrawsPrompts, Floats, Ints, Problem

#: A problem that draws its own prompts is tabulated up to this many of them, see `oracles.phases.drawn`.
MOST_TABULATED = 1024


class ExactLawOracle(Session):
    """An oracle whose searches cost the same whatever their number of tries.

    Streams: a search reads one word for its number of tries, one for the atom that was hit, and what a member
    of the atom takes; the draws of `draw` are untouched by it. Averages and whole phases draw from a
    generator per replicate.
    """

    def __init__(self, problem: Problem, streams: Streams, meter: Meter) -> None:
        super().__init__(problem, streams, meter)
        self._tries, self._hits, self._found = (
            streams.child(f"search {name}") for name in ("tries", "atom", "member")
        )
        self._bulk_streams = streams.child("bulk")

    @cached_property
    def _in_blocks(self) -> bool:
        problem = self._problem
        return isinstance(problem, DrawsPrompts) and problem.facts.prompts > MOST_TABULATED

    @cached_property
    def _generators(self) -> RowGenerators:
        return self._bulk_streams.row_generators()

    @answers
    def search_rounds(
        self,
        hit: Condition,
        rounds: npt.ArrayLike,
        per_round: int,
        *,
        pair: bool = False,
        rows: Bools | None = None,
    ) -> Rounds:
        """Rounds of a fresh prompt and a search, until one finds something; drawn at once.

        In a round with prompt `x` a try hits with probability ``p_x``, so the round finds something with
        probability ``s_x = 1 - (1 - p_x)^cap``. Rounds are alike until one does: its number is
        ``Geometric(E_x s_x)``, its prompt has mass proportional to ``rho_x s_x``, its number of tries is
        geometric, capped; every round before it cost all of its tries.
        """
        hit = self._condition(hit, pair)
        limit, cap, per = self._rounds_asked(rounds, per_round, pair, rows)
        if self._in_blocks:
            # Too many prompts for a sum over them: round by round, each search at once.
            return search_rounds(inside(self), hit, limit, cap, pair, arguments.asked_rows(rows, self._R))
        served = self._meter.charge("prompt", 0, arguments.asked_rows(rows, self._R))
        if not np.any(served & (limit > 0)):
            self._tries.uniform(2, served)
            return search_rounds(inside(self), hit, limit, cap, pair, served)
        log_hit, log_miss = self._log_hits_by_prompt(hit, per)
        with np.errstate(divide="ignore"):
            # Above one half `log_miss` counts, since ``1 - p`` cancels.
            rest = np.log1p(-np.exp(np.minimum(log_hit, -np.log(2.0))))
            log_none = cap * np.where(log_hit > -np.log(2.0), log_miss, rest)
            log_some = np.log(-np.expm1(log_none)) + np.log(self._problem.prompt_mass)
            log_none = log_none + np.log(self._problem.prompt_mass)
        level = self._tries.uniform(2, served)
        skipped = (
            geometric(
                np.where(served, level[:, 0], 0.5), laws.log_sum_exp(log_some), laws.log_sum_exp(log_none)
            )
            - 1
        )
        # Rounds that find nothing: those that may be begun, and those that can be paid for to their end.
        prompts_left, weak_left = self._ledger.remaining("prompt"), self._ledger.remaining("weak")
        begun = np.minimum(np.minimum(skipped, limit), prompts_left)
        begun = np.where(served, np.minimum(begun, np.floor(weak_left / (per * cap))), 0.0)
        weak = per * cap * begun
        status = np.where(served, Status.EXHAUSTED, Status.IDLE)
        status[served & (begun >= limit)] = Status.MISS
        going = served & (begun < limit) & (prompts_left - begun >= 1)
        affordable = np.minimum(np.floor((weak_left - weak) / per), cap)
        hits = going & (begun >= skipped)
        chosen = conditional(log_some, self._hits.uniform(1, hits)[:, 0])
        at = np.take_along_axis(log_hit, chosen[:, None], axis=-1)[:, 0]
        tries = capped_geometric(np.where(hits, level[:, 1], 0.5), np.where(hits, at, 0.0), cap)
        ok = hits & (tries <= affordable)
        status[ok] = Status.OK
        used = np.where(ok, tries, np.where(going, affordable, 0.0))
        self._meter.charge("prompt", begun + going, served)
        self._meter.charge("weak", weak + per * used, served)
        self._meter.retire(status == Status.EXHAUSTED)
        ctx = self._issue(chosen, ok)
        response = self._response_at(ctx, hit, per, ok)
        features = self._features(self._visits[ctx], response)
        if per == 1:
            response, features = response[:, 0], features[:, 0]
        found = Found(
            status=status,
            response=response,
            features=features,
            used=weak / per + used,
            clipped=np.zeros(self._R, dtype=bool),
        )
        return Rounds(found=found, ctx=ctx, rounds=begun + going)

    @answers
    def span(self, ridge: Ridge, plan: Span, rows: Bools | None = None) -> Spanned:
        """The spanner phase of `plan`, starting from `ridge`; see `oracles.phases.rounds`."""
        from explore_theory.oracles.phases import bulk, drawn

        ridge, plan = self._phase_asked(ridge, plan, Span)
        known, asked = (self._problem, self._meter), arguments.asked_rows(rows, self._R)
        if not plan.rounds:
            return one_by_one.span(inside(self), ridge, plan, self._meter.charge("weak", 0, asked))
        if self._in_blocks:
            return drawn.span(*known, self._prompts, self._generators, ridge, plan, asked)
        return bulk.span(*known, self._generators, ridge, plan, asked)

    @answers
    def explore(self, ridge: Ridge, plan: Exploration, rows: Bools | None = None) -> Explored:
        """The exploration rounds of `plan`, starting from `ridge`; see `oracles.phases.rounds`."""
        from explore_theory.oracles.phases import bulk, drawn

        ridge, plan = self._phase_asked(ridge, plan, Exploration)
        known, asked = (self._problem, self._meter), arguments.asked_rows(rows, self._R)
        if not plan.rounds:
            return one_by_one.explore(inside(self), ridge, plan, self._meter.charge("weak", 0, asked))
        if self._in_blocks:
            return drawn.explore(*known, self._prompts, self._generators, ridge, plan, asked)
        return bulk.explore(*known, self._generators, ridge, plan, asked)

    def _first_hit(self, hunt: Hunt) -> tuple[Floats, Ints]:
        named = np.broadcast_to(hunt.asked.named, (self._R, hunt.asked.named.shape[-1]))
        prompts, rows = hunt.visit.prompts, hunt.rows
        atoms = hunt.visit.atoms(self._problem)
        if named.shape[-1]:
            atoms = self._problem.atoms(prompts, named).without_reward()
        log_law = np.broadcast_to(
            hunt.policy.log_law(atoms, self._facts.beta), (self._R, atoms.log_mass.shape[-1])
        )
        log_tries, place = tries_of(log_law, hunt.per)
        log_chance = hunt.log_chance(hunt.draws(*self._of_tries(atoms, place)))
        log_hits = log_tries + log_chance
        with np.errstate(divide="ignore"):
            log_misses = log_tries + np.log(-np.expm1(log_chance))
        count = geometric(
            self._tries.uniform(1, rows)[:, 0], laws.log_sum_exp(log_hits), laws.log_sum_exp(log_misses)
        )
        used = np.where(rows, np.minimum(count, hunt.cap), 0.0)
        ok = rows & (count <= hunt.cap)
        chosen = conditional(log_hits, self._hits.uniform(1, ok)[:, 0])
        response = self._problem.member(prompts, place[chosen], self._found, ok, named)
        return used, np.where(ok[:, None], response, NO_RESPONSE)

    def _log_mean(self, visit: Visit, log_weight: Term, m: int, served: Bools) -> Floats:
        from explore_theory.oracles.kernels.seats import multinomials_of

        named = np.broadcast_to(log_weight.named, (self._R, log_weight.named.shape[-1]))
        atoms = visit.atoms(self._problem)
        if named.shape[-1]:
            atoms = self._problem.atoms(visit.prompts, named).without_reward()
        mass = np.exp(np.broadcast_to(atoms.log_mass, (self._R, atoms.log_mass.shape[-1])))
        features = np.broadcast_to(atoms.features, (self._R, *atoms.features.shape[-2:]))
        response = np.broadcast_to(atoms.id, features.shape[:-1])
        values = log_weight.on(Draws(features, response))
        counts = np.zeros(mass.shape)
        order = np.argsort(mass, axis=-1, kind="stable")

        def draw(seat: Seat, states: Words, rows: Rows) -> None:
            multinomials_of(seat, states, rows, float(m), mass, order, counts)

        self._generators.take_turns(draw, np.flatnonzero(served))
        # An atom that was not drawn does not matter, however large its weight; NaN is no weight.
        drawn = (counts > 0) & ~np.isnan(values)
        with np.errstate(divide="ignore"):
            return np.asarray(laws.log_sum_exp(np.where(drawn, values + np.log(counts / float(m)), -np.inf)))

    def _log_hits_by_prompt(self, hit: Condition, per: int) -> tuple[Floats, Floats]:
        """Log-probabilities `[R, X]` that one try hits, and that it does not, at each prompt."""
        columns = [
            self._log_hits(np.full(self._R, x, dtype=np.int64), hit, per) for x in range(self._facts.prompts)
        ]
        log_hit = np.stack([laws.log_sum_exp(hits) for hits, _, _ in columns], axis=-1)
        log_miss = np.stack([laws.log_sum_exp(misses) for _, misses, _ in columns], axis=-1)
        return np.minimum(log_hit, 0.0), np.minimum(log_miss, 0.0)

    def _log_hits(self, prompts: Ints, hit: Condition, per: int) -> tuple[Floats, Floats, Ints]:
        """Log-probabilities `[R, T]` of tries that hit, of those that do not, and their atoms `[T, per]`."""
        named = np.broadcast_to(hit.named, (self._R, hit.named.shape[-1]))
        atoms = self._problem.atoms(prompts, named if named.shape[-1] else None).without_reward()
        log_law = np.broadcast_to(atoms.log_mass, (self._R, atoms.log_mass.shape[-1]))
        log_tries, place = tries_of(log_law, per)
        visit = Visit(prompts=prompts, rows=np.ones(self._R, dtype=bool), rewarded=np.zeros(0, dtype=bool))
        hunt = Hunt(visit, Base(), hit, np.zeros(self._R), per)
        yes = hunt.log_chance(hunt.draws(*self._of_tries(atoms, place))) == 0
        return np.where(yes, log_tries, -np.inf), np.where(yes, -np.inf, log_tries), place

    def _response_at(self, ctx: Ctx, hit: Condition, per: int, ok: Bools) -> Ints:
        """`[R, per]`: responses to the prompts of `ctx` that hit, in the rows `ok`."""
        prompts = np.maximum(ctx.prompts, 0)
        log_hits, _, place = self._log_hits(prompts, hit, per)
        chosen = conditional(log_hits, self._hits.uniform(1, ok)[:, 0])
        named = np.broadcast_to(hit.named, (self._R, hit.named.shape[-1]))
        response = self._problem.member(prompts, place[chosen], self._found, ok, named)
        return np.where(ok[:, None], response, NO_RESPONSE)

    def _of_tries(self, atoms: Atoms, place: Ints) -> tuple[Floats, Ints]:
        """Features `[R, T * per, d]` and responses `[R, T * per]` of the atoms `place` `[T, per]`."""
        features = np.broadcast_to(atoms.features, (self._R, *atoms.features.shape[-2:]))
        response = np.broadcast_to(atoms.id, features.shape[:-1])
        if place.shape[1] == 1:
            return features, response
        return features[:, place.ravel()], response[:, place.ravel()]


def tries_of(log_law: Floats, per: int) -> tuple[Floats, Ints]:
    """Log-probability `[R, T]` of each try and its atoms `[T, per]`: ``T = K``, or ``K^2`` for pairs."""
    count = log_law.shape[-1]
    if per == 1:
        return log_law, np.arange(count)[:, None]
    first, second = np.divmod(np.arange(count * count), count)
    return log_law[:, first] + log_law[:, second], np.stack([first, second], axis=-1)

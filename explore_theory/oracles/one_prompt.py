"""The door for proper learners where there is one prompt: Definition 4.1 of the paper as printed.

There a learner queries rewards at responses ``y_i ~ pi_{theta_i}``, one by one, each ``theta_i`` chosen from
all responses and rewards before it. With one prompt nothing is learned by seeing it, so this is `query`;
rounds of two responses, whose parameters are named together, are `round`, as everywhere. (With several
prompts the definition also lets a learner see the prompt first, which `ProperOracle` does not: see ADR 0010
and 0019.)

Letters: `R` replicates, `d` feature dimension.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explore_theory.errors import OracleMisuse
from explore_theory.foundation.brief import brief
from explore_theory.foundation.streams import Streams
from explore_theory.oracles.answers import NO_RESPONSE
from explore_theory.oracles.door import answers
from explore_theory.oracles.ledger import Meter
from explore_theory.oracles.proper import ProperOracle, Round
from explore_theory.oracles.sampling import inverse_cdf
from explore_theory.oracles.session import Session
from explore_theory.policies import Softmax
from explore_theory.problems.protocol import Bools, Floats, Ints, Problem
from explore_theory.problems.single_prompt_dnf import SinglePromptDNF

#: Tries of a search times responses that are looked at together.
_CHUNK = 1 << 16


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Query:
    """What one reward query shows, in the rows that were served.

    Parameters
    ----------
    served
        `[R]`: the rows that were charged and answered.
    response, features, reward
        `[R]`, `[R, d]`, `[R]`: `NO_RESPONSE`, zero and NaN in other rows.
    log_prob
        `[R]`: ``log pi_theta(y)`` (Definition C.1); NaN unless it was asked for.
    """

    served: Bools
    response: Ints
    features: Floats
    reward: Floats
    log_prob: Floats


class OnePromptOracle(ProperOracle):
    """A proper oracle that also answers single queries; opened by `oracles.open_proper` for one prompt."""

    def __init__(self, problem: Problem, oracle: Session, meter: Meter, streams: Streams) -> None:
        super().__init__(problem, oracle, meter, streams)
        self._single = np.zeros(oracle.R)

    @property
    def queries(self) -> Floats:
        """`[R]`: reward queries as the paper counts ``T_data``: two a round, one a `query`."""
        return 2 * self.ledger.data - self._single

    @answers
    def query(self, theta: npt.ArrayLike, rows: Bools | None = None, *, log_probs: bool = False) -> Query:
        """One response from ``pi_theta``, and its reward; a *prompt*, a *strong* and a *reward* call.

        Parameters
        ----------
        theta
            `[d]` or `[R, d]`, in ``Theta``; zero is ``pi_ref``. It stands twice in the `transcript`.
        rows
            `[R]`: the replicates to ask; None for all.
        log_probs
            Reveal ``log pi_theta(y)`` too.

        Raises
        ------
        OracleMisuse
            If `theta` is not in ``Theta``; nothing is drawn or charged.
        """
        chosen = self._admitted(theta, rows)
        ctx = self._oracle.prompt(rows)
        sample = self._oracle.draw(ctx, theta=chosen, rows=ctx.prompts != NO_RESPONSE)
        response = sample.response[:, 0]
        rewards = self._oracle.reward(ctx, response, response, rows=sample.served)
        served = sample.served & ~np.isnan(rewards[:, 0])
        self._single = self._single + served
        self._keep(chosen, chosen, served)
        found = Query(
            served=served,
            response=np.where(served, response, NO_RESPONSE),
            features=np.where(served[:, None], sample.features[:, 0], 0.0),
            reward=np.where(served, rewards[:, 0], np.nan),
            log_prob=self._log_prob(chosen, response, served if log_probs else np.zeros_like(served)),
        )
        for array in (found.served, found.response, found.features, found.reward, found.log_prob):
            array.flags.writeable = False
        return found

    def _log_prob(self, theta: Floats, response: Ints, rows: Bools) -> Floats:
        """``log pi_theta(y)`` in `rows`, else NaN, `[R]`: that of the atom which holds the response alone."""
        found = np.full(self.R, np.nan)
        if rows.any():
            named = np.where(rows, response, -1)[:, None]
            atoms = self._problem.atoms(np.zeros(self.R, dtype=np.int64), named).without_reward()
            law = np.broadcast_to(Softmax(theta).log_law(atoms, self._oracle._facts.beta), atoms.id.shape)
            place = np.argmax(atoms.id == named, axis=-1)[:, None]
            found[rows] = np.take_along_axis(law, place, axis=-1)[rows, 0]
        return found


class ExactOnePromptOracle(OnePromptOracle):
    """One whose searches by signs draw many tries at once; the joint law is that of the tries one by one."""

    def __init__(self, problem: Problem, oracle: Session, meter: Meter, streams: Streams) -> None:
        super().__init__(problem, oracle, meter, streams)
        self._levels, self._noise = streams.child("sign law"), streams.child("sign noise")

    @answers
    def search_signs(
        self, budget: npt.ArrayLike, *, rewarded: bool = True, rows: Bools | None = None
    ) -> Round:
        """As in `ProperOracle`; the transcript keeps every round."""
        if not isinstance(problem := self._problem, SinglePromptDNF):
            raise OracleMisuse(
                f"problem must be a DNF or a SinglePromptDNF for a search by signs by the exact law, "
                f"got {type(problem).__name__}"
            )
        sides = 2 if rewarded else 1
        live, most, cap = self._limits(budget, sides, rewarded, rows)
        left, used, found = live & (cap > 0), np.zeros(self.R), self._nothing()
        most_tries, count = max(1, _CHUNK // (sides * (problem.m + 1 + problem.d))), 4
        while left.any():
            count = min(2 * count, most_tries)
            coins = self._signs.uniform(count * sides * problem.d, left)
            theta = np.where(coins < 0.5, -1.0, 1.0).reshape(self.R, count * sides, problem.d)
            response = self._responses(problem, theta, left)
            features = problem.response_features(np.zeros(self.R, dtype=np.int64), response)
            tries = np.minimum(count, cap - used)
            shows = (features != 0).any(axis=-1).reshape(self.R, count, sides).any(axis=-1)
            shows &= left[:, None] & (np.arange(count) < tries[:, None])
            hit, first = shows.any(axis=-1), shows.argmax(axis=-1)
            made = np.where(left, np.where(hit, first + 1.0, tries), 0.0)
            used = used + made
            if rewarded:
                for j in range(int(made.max())):
                    self._keep(theta[:, 2 * j], theta[:, 2 * j + 1], made > j)
            for side in range(sides):
                at = first * sides + side
                found.response[hit, side] = response[hit, at[hit]]
                found.features[hit, side] = features[hit, at[hit]]
                found.theta[hit, side] = theta[hit, at[hit]]
            found.served[:] |= hit
            left = left & ~hit & (used < cap)
        return self._paid(problem, found, used, sides, live & ~found.served & (cap < most), live)

    def _responses(self, problem: SinglePromptDNF, theta: Floats, rows: Bools) -> Ints:
        """`[R, c]`: a response to each parameter `[R, c, d]`."""
        level = self._levels.uniform(theta.shape[1], rows)
        found = np.zeros(level.shape, dtype=np.int64)
        for row in np.flatnonzero(rows):
            cdf = np.cumsum(np.exp(problem.log_law(theta[row])), axis=-1)
            found[row] = inverse_cdf(cdf, level[row, :, None] * cdf[:, -1:])[:, 0]
        return found

    def _paid(
        self,
        problem: SinglePromptDNF,
        found: Round,
        used: Floats,
        sides: int,
        retired: Bools,
        rows: Bools,
    ) -> Round:
        """The answer, charged; rewards are observed for it."""
        ok = found.served
        self._meter.charge("prompt", used, rows)
        self._meter.charge("strong", sides * used, rows)
        if sides == 2:
            self._meter.charge("reward", used, rows)
            mean = problem.mean_reward(found.prompts, np.maximum(found.response, 0))
            seen = problem.noise.observe(mean, self._noise, ok)
            found.rewards[:] = np.where(ok[:, None], seen, np.nan)
        self._meter.retire(retired)
        found.used[:] = used
        found.prompts[:] = np.where(ok, 0, NO_RESPONSE)
        return found._locked()

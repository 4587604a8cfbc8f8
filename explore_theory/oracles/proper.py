"""The door for proper learners: parameters are fixed before the prompt is drawn.

In a round the learner names ``theta`` and ``theta'`` in ``Theta``; then the prompt is drawn, one response
from each policy, and both are rewarded. There is no way to see the prompt first, to redraw a response, or
to leave one without its reward. Draws that are not rewarded are free of rules (and paid for): each comes
with a fresh prompt of its own, which no round can use. What was played is kept in
`ProperOracle.transcript`.

Letters: `R` replicates, `d` feature dimension, `m` draws, `k` literals per term.
"""

import math
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from explore_theory.errors import OracleMisuse
from explore_theory.foundation.brief import brief
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import whole
from explore_theory.oracles import arguments
from explore_theory.oracles.answers import NO_RESPONSE, Sample
from explore_theory.oracles.coins import Coins
from explore_theory.oracles.door import Door, answers, fixed, inside
from explore_theory.oracles.ledger import Ledger, Meter
from explore_theory.oracles.sampling import conditional, geometric
from explore_theory.oracles.session import Session
from explore_theory.problems.dnf import DNF, NULL, STAR
from explore_theory.problems.protocol import Bools, Facts, Floats, Ints, Problem


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Round:
    """What a round of a proper learner shows, in the rows that were served.

    Parameters
    ----------
    served
        `[R]`: the rows that played the round, or whose search found something.
    prompts
        `[R]`: `NO_RESPONSE` in other rows, as for `response`.
    response, features, rewards
        `[R, 2]`, `[R, 2, d]`, `[R, 2]`: of ``theta`` and of ``theta'``; features are zero and rewards NaN in
        other rows.
    theta
        `[R, 2, d]`: what was played.
    used
        `[R]`: rounds played.
    """

    served: Bools
    prompts: Ints
    response: Ints
    features: Floats
    rewards: Floats
    theta: Floats
    used: Floats

    def _locked(self) -> Self:
        """Itself, once nobody writes to its arrays any more."""
        for field in fields(self):
            getattr(self, field.name).flags.writeable = False
        return self


class ProperOracle(Door):
    """Wraps an oracle so that only proper learning is possible; opened by `oracles.open_proper`."""

    #: It charges its ledger and advances its streams with every call; see `harness.isolation.worlds`.
    changes_in_use = True
    #: What others ask.
    _elsewhere = dict.fromkeys(
        ("prompt", "search", "tilt", "log_mean_exp", "search_rounds", "span", "explore", "reward"),
        "an ordinary one (oracles.open)",
    ) | dict.fromkeys(("query", "queries"), "one of a problem with one prompt")

    def __init__(self, problem: Problem, oracle: Session, meter: Meter, streams: Streams) -> None:
        super().__init__()
        self._problem, self._oracle, self._meter = problem, oracle, meter
        self._signs = streams.child("signs")
        self._played: list[tuple[Floats, Floats, Bools]] = []
        self._operations = np.zeros(oracle.R)

    @property
    def facts(self) -> Facts:
        """What is known for free."""
        return self._oracle.facts

    @property
    def R(self) -> int:
        """The number of replicates."""
        return self._oracle.R

    @property
    def active(self) -> Bools:
        """`[R]`: False for replicates that have run out of some budget."""
        return self._oracle.active

    @property
    def ledger(self) -> Ledger:
        """What has been spent on calls; see `operations` for the rest of ``T_comp``."""
        return self._oracle.ledger

    @property
    def coins(self) -> Coins:
        """The learner's own randomness."""
        return self._oracle.coins

    @property
    def operations(self) -> Floats:
        """`[R]`: elementary operations that the learner has counted, see `count`."""
        return self._operations.copy()

    @property
    def transcript(self) -> tuple[tuple[Floats, Floats, Bools], ...]:
        """For each round ``theta`` and ``theta'``, `[R, d]`, and the rows that played it, `[R]`.

        By the exact law it lacks the rounds that a search skipped (with one prompt it has them all).
        """
        return tuple(self._played)

    def _keep(self, first: Floats, second: Floats, served: Bools) -> None:
        """Enter a round into the transcript; what is handed out of it cannot be written to."""
        self._played.append((fixed(first), fixed(second), fixed(served)))

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Count what is spent inside the block under `name`."""
        return self._oracle.phase(name)

    def _heard(self) -> dict[str, Any]:
        """What the row that is watched has played and counted."""
        row = self._watched
        played = [(first[row], second[row]) for first, second, served in self._played if served[row]]
        return {"transcript": played, "operations": float(self._operations[row])}

    @answers
    def count(self, operations: float | Floats) -> None:
        """Add elementary operations of the search over parameters: arithmetic on one coordinate each.

        Raises
        ------
        OracleMisuse
            If a number is negative, fractional or not finite.
        """
        amount = np.asarray(operations)
        right = amount.dtype.kind in "iuf" and amount.shape in ((), (self.R,))
        if not right or not np.all(np.isfinite(amount) & (amount >= 0) & (np.floor(amount) == amount)):
            raise OracleMisuse(f"operations must be whole numbers >= 0, got operations={operations!r}")
        self._operations = self._operations + amount

    @answers
    def round(self, theta: npt.ArrayLike, theta2: npt.ArrayLike, rows: Bools | None = None) -> Round:
        """Play one round: ``theta`` and ``theta'`` are fixed, then a prompt is drawn, then all the rest.

        Parameters
        ----------
        theta, theta2
            `[d]` or `[R, d]`, in ``Theta``; zero is ``pi_ref``.
        rows
            `[R]`: the replicates to play; None for all.

        Raises
        ------
        OracleMisuse
            If a parameter is not in ``Theta``; nothing is drawn or charged.
        """
        first, second = self._admitted(theta, rows), self._admitted(theta2, rows)
        ctx = self._oracle.prompt(rows)
        held = ctx.prompts != NO_RESPONSE
        samples = [self._oracle.draw(ctx, theta=side, rows=held) for side in (first, second)]
        response = np.concatenate([sample.response for sample in samples], axis=-1)
        rewards = self._oracle.reward(ctx, response[:, 0], response[:, 1], rows=samples[1].served)
        served = samples[1].served & ~np.isnan(rewards[:, 0])
        self._keep(first, second, served)
        return Round(
            served=served,
            prompts=ctx.prompts,
            response=response,
            features=np.concatenate([sample.features for sample in samples], axis=1),
            rewards=rewards,
            theta=np.stack([first, second], axis=1),
            used=served.astype(np.float64),
        )._locked()

    @answers
    def draw(self, m: int = 1, theta: npt.ArrayLike | None = None, rows: Bools | None = None) -> Sample:
        """`m` responses to one fresh prompt, never rewarded; *weak* calls, or *strong* ones at `theta`.

        Raises
        ------
        OracleMisuse
            If `theta` is not in ``Theta``; nothing is drawn or charged.
        """
        whole("m", m, least=1)
        if theta is not None:
            theta = self._admitted(theta, rows)
        ctx = self._oracle.prompt(rows)
        return self._oracle.draw(ctx, m, theta=theta, rows=ctx.prompts != NO_RESPONSE)

    @answers
    def search_signs(
        self, budget: npt.ArrayLike, *, rewarded: bool = True, rows: Bools | None = None
    ) -> Round:
        """Play rounds at uniform random signs until one shows a response with features.

        At most `budget` rounds, a number or `[R]`. In each, ``theta`` and ``theta'`` are fresh independent
        uniform corners of the box ``Theta``. Rounds that show two responses of feature zero are charged and
        forgotten. Not `rewarded`, a try is one strong call at a fresh prompt and a fresh corner, and the
        second half of the answer is empty.

        Returns
        -------
        Round
            ``served``: the rows that found something. A row whose ledger cannot pay for `budget` rounds plays
            as many as it can, and idles from then on if they were in vain; a search never raises for that.
        """
        live, most, cap = self._limits(budget, 2 if rewarded else 1, rewarded, rows)
        left, found, own = live, self._nothing(), inside(self)
        for tries in range(int(cap.max(initial=0))):
            left = left & (tries < cap)
            if not left.any():
                break
            theta = self._corner(left)
            tried = own.round(theta, self._corner(left), left) if rewarded else self._unrewarded(theta, left)
            hit = left & np.asarray((tried.features != 0).any(axis=(1, 2)))
            found = _merged(found, tried, hit, found.used + tried.used)
            left = left & ~hit
        self._meter.retire(live & ~found.served & (cap < most))
        return found._locked()

    def _limits(
        self, budget: npt.ArrayLike, sides: int, rewarded: bool, rows: Bools | None
    ) -> tuple[Bools, Floats, Floats]:
        """The rows that search, the tries they are allowed, and those they can pay for too, `[R]` each."""
        live = arguments.asked_rows(rows, self.R) & self.active
        most = arguments.limits(budget, live)
        limits = [most, self.ledger.remaining("prompt"), np.floor(self.ledger.remaining("strong") / sides)]
        if rewarded:
            limits.append(self.ledger.remaining("reward"))
        cap = np.where(live, np.minimum.reduce(np.broadcast_arrays(*limits)), 0.0)
        if np.any(endless := np.isinf(cap)):
            raise OracleMisuse(
                f"budget must be finite where the ledger sets no limit, got budget=inf in replicate "
                f"{int(np.argmax(endless))}"
            )
        return live, most, cap

    def _unrewarded(self, theta: Floats, rows: Bools) -> Round:
        ctx = self._oracle.prompt(rows)
        sample = self._oracle.draw(ctx, theta=theta, rows=ctx.prompts != NO_RESPONSE)
        nothing = self._nothing()
        return Round(
            served=sample.served,
            prompts=ctx.prompts,
            response=np.concatenate([sample.response, nothing.response[:, 1:]], axis=-1),
            features=np.concatenate([sample.features, nothing.features[:, 1:]], axis=1),
            rewards=nothing.rewards,
            theta=np.stack([theta, np.zeros_like(theta)], axis=1),
            used=sample.served.astype(np.float64),
        )

    def _corner(self, rows: Bools) -> Floats:
        """Uniform corners of the box, `[R, d]`."""
        facts = self._oracle._facts
        width = getattr(facts.parameters, "half_width", None)
        if width is None:
            raise OracleMisuse(
                f"parameters must be a box for a search by signs, got parameters={facts.parameters}"
            )
        return np.asarray(np.where(self._signs.uniform(facts.d, rows) < 0.5, -width, width))

    def _admitted(self, theta: npt.ArrayLike, rows: Bools | None) -> Floats:
        """A copy of `theta` as `[R, d]`, checked before anything is drawn."""
        live = arguments.asked_rows(rows, self.R) & self.active
        # Not what the learner has been shown: that is a copy of its own.
        return arguments.admitted(theta, self._oracle._facts, live)

    def _nothing(self) -> Round:
        R, d = self.R, self._oracle._facts.d
        return Round(
            served=np.zeros(R, dtype=bool),
            prompts=np.full(R, NO_RESPONSE, dtype=np.int64),
            response=np.full((R, 2), NO_RESPONSE, dtype=np.int64),
            features=np.zeros((R, 2, d)),
            rewards=np.full((R, 2), np.nan),
            theta=np.zeros((R, 2, d)),
            used=np.zeros(R),
        )


class ExactProperOracle(ProperOracle):
    """A proper oracle whose searches by signs cost the same whatever their number of rounds.

    On terms of a formula (`DNF`), a uniform corner agrees with any term in a binomial number of literals,
    whatever the formula, and the two corners of a round are independent given the prompt. So rounds until a
    star are geometric, and corner and prompt given a star are drawn by agreement first: the joint law of what
    the learner sees and pays is that of the rounds one by one, for a learner that is not told what was
    skipped.
    """

    def __init__(self, problem: Problem, oracle: Session, meter: Meter, streams: Streams) -> None:
        super().__init__(problem, oracle, meter, streams)
        self._law, self._noise = streams.child("sign law"), streams.child("sign noise")

    @answers
    def search_signs(
        self, budget: npt.ArrayLike, *, rewarded: bool = True, rows: Bools | None = None
    ) -> Round:
        """As in `ProperOracle`; refused unless the problem is a `DNF`."""
        if not isinstance(problem := self._problem, DNF):
            raise OracleMisuse(
                f"problem must be a DNF for a search by signs by the exact law, got {type(problem).__name__}"
            )
        sides = 2 if rewarded else 1
        live, most, cap = self._limits(budget, sides, rewarded, rows)
        log_star, log_null = star_by_signs(problem)
        # Which sides show a star: (yes), or (yes, no), (no, yes), (yes, yes).
        log_hits = np.array([log_star] if sides == 1 else [log_star + log_null] * 2 + [2 * log_star])
        log_hit = np.logaddexp.reduce(log_hits)
        log_hits = np.broadcast_to(log_hits, (self.R, log_hits.size))
        level = self._law.uniform(2 + sides, live)
        count = geometric(level[:, 0], log_hit, sides * log_null)
        used, ok = np.where(live, np.minimum(count, cap), 0.0), live & (count <= cap)
        self._charge(used, sides, rewarded, live)
        self._meter.retire(live & ~ok & (cap < most))
        pattern = conditional(log_hits, level[:, 1])
        shows = np.stack([pattern != 1, pattern != 0], axis=-1)[:, :sides]
        prompts = np.where(ok, problem.draw_prompts(self._law, ok), 0)
        theta = np.stack(
            [
                self._corner_given(problem, prompts, shows[:, side], level[:, 2 + side], ok)
                for side in range(sides)
            ],
            axis=1,
        )
        return self._answer(problem, ok, prompts, shows, theta, used, rewarded)

    def _charge(self, used: Floats, sides: int, rewarded: bool, rows: Bools) -> None:
        self._meter.charge("prompt", used, rows)
        self._meter.charge("strong", sides * used, rows)
        if rewarded:
            self._meter.charge("reward", used, rows)

    def _corner_given(self, problem: DNF, prompts: Ints, star: Bools, level: Floats, rows: Bools) -> Floats:
        """`[R, d]`: a uniform corner given that it shows a star, or that it does not."""
        k, width = problem.k, 1 / math.sqrt(problem.k)
        log_mass, log_star, log_null = _by_agreement(problem)
        weights = np.where(star[:, None], log_mass + log_star, log_mass + log_null)
        wrong = conditional(weights, level)
        # The literals of the `wrong` smallest of k uniforms are violated; all other variables are free.
        order = np.argsort(np.argsort(self._signs.uniform(k, rows), axis=-1), axis=-1)
        literals = problem.formula.at(prompts)
        signs = np.sign(literals) * np.where(order < wrong[:, None], -1, 1)
        theta = self._corner(rows)
        np.put_along_axis(theta, np.abs(literals) - 1, signs * width, axis=-1)
        return theta

    def _answer(
        self,
        problem: DNF,
        ok: Bools,
        prompts: Ints,
        shows: Bools,
        theta: Floats,
        used: Floats,
        rewarded: bool,
    ) -> Round:
        found, sides = self._nothing(), shows.shape[1]
        response = np.where(shows, STAR, NULL)
        features = np.where(ok[:, None, None], problem.response_features(prompts, response), 0.0)
        found.response[:, :sides] = np.where(ok[:, None], response, NO_RESPONSE)
        found.features[:, :sides] = features
        found.theta[:, :sides] = np.where(ok[:, None, None], theta, 0.0)
        if rewarded:
            seen = problem.noise.observe(problem.mean_reward(prompts, response), self._noise, ok)
            found.rewards[:] = np.where(ok[:, None], seen, np.nan)
            self._keep(found.theta[:, 0], found.theta[:, 1], ok)
        return Round(
            served=ok,
            prompts=np.where(ok, prompts, NO_RESPONSE),
            response=found.response,
            features=found.features,
            rewards=found.rewards,
            theta=found.theta,
            used=used,
        )._locked()


def _by_agreement(problem: DNF) -> tuple[Floats, Floats, Floats]:
    """`[k + 1]` by violated literals: log-probability of that many, of a star then, and of none."""
    k = problem.k
    wrong = np.arange(k + 1)
    log_mass = np.array([math.log(math.comb(k, int(u))) - k * math.log(2) for u in wrong])
    return log_mass, problem.log_star(k - 2 * wrong), problem.log_null(k - 2 * wrong)


def star_by_signs(problem: DNF) -> tuple[float, float]:
    """Log-probability that a uniform corner shows a star at a uniform prompt, and that it does not.

    A corner agrees with each of the `k` literals of a term with probability 1/2, independently, whatever the
    formula.
    """
    log_mass, log_star, log_null = _by_agreement(problem)
    return float(np.logaddexp.reduce(log_mass + log_star)), float(np.logaddexp.reduce(log_mass + log_null))


def _merged(old: Round, new: Round, rows: Bools, used: Floats) -> Round:
    """`new` in `rows`, else `old`."""
    one, two, three = rows, rows[:, None], rows[:, None, None]
    return Round(
        served=np.where(one, new.served, old.served),
        prompts=np.where(one, new.prompts, old.prompts),
        response=np.where(two, new.response, old.response),
        features=np.where(three, new.features, old.features),
        rewards=np.where(two, new.rewards, old.rewards),
        theta=np.where(three, new.theta, old.theta),
        used=used,
    )

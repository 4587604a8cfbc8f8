"""MTSS, multi-turn spanner sampling: exploration token by token, with coverage of tokens, not of responses.

Per layer `h` a spanner of tuples (prefix, `a`, `a'`), their relative features in ``Sigma_h``, and
``theta_h``. Epochs, until one adds no tuple:

1. *Backward*, from the last layer: for each tuple compare completions by the current policy of the prefix
   with `a` and with `a'`. A return is the reward minus ``beta`` times the unbiased log-ratios of the later
   steps (T8), so its mean is ``Q^pi_h(a) - Q^pi_h(a')``; ``theta_h`` is ridge regression on the relative
   features.
2. *Forward*: along episodes of the current policy, and along rollouts of it from both tokens of every tuple,
   look at each prefix for a pair of base tokens whose relative feature is longer than `radius` in
   ``Sigma_h^{-1}``, and add the first one found.

The policy at a prefix is a *step* (`oracles.tokens.sampler`): a base token, scores relative to it where the
spanner covers them, rejection sampling under a ceiling.

Proved: each tuple multiplies ``det Sigma_h`` by at least ``1 + radius^2``, so epochs end; errors of later
layers enter to second order (T5), returns are unbiased up to the cap (T8). Heuristic: that the practical
schedule's numbers of rollouts and tests suffice; TT measures that they do.

Source: the algorithm of Theorem 5.1 of Foster, Mhammedi, Rohatgi (COLT 2025, arXiv 2503.07453v2) as in the
theory's section 4, with a maximum for the normaliser (`tokens.sampler`), and a pilot before the last epoch.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import positive, whole
from explore_theory.oracles.tokens.literal import TokenOracle
from explore_theory.oracles.tokens.protocol import Prefixes, Returns
from explore_theory.oracles.tokens.sampler import TokenPolicies, TokenPolicy
from explore_theory.problems.autoregressive.layers import TokenFacts
from explore_theory.problems.protocol import Floats


@brief
@dataclass(frozen=True)
class TokenLearned:
    """What a run of MTSS returns: a policy, the number of tuples per layer `[H]` and of epochs, per row."""

    policies: tuple[TokenPolicy, ...]
    tuples: npt.NDArray[np.int64]
    epochs: npt.NDArray[np.int64]


@dataclass
class _Row:
    """The state of one replicate: tuples and the regression of each layer."""

    d: int
    horizon: int
    ridge: float
    first: list[list[Prefixes]] = field(default_factory=list)
    second: list[list[Prefixes]] = field(default_factory=list)
    #: Of each layer `[n, d]`, and ``Sigma_h`` `[d, d]`: worked out where tuples come, since they stand still
    #: for most regressions.
    relative: list[Floats] = field(default_factory=list)
    sigma: list[Floats] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("first", "second"):
            setattr(self, name, [[] for _ in range(self.horizon)])
        self.relative = [np.empty((0, self.d))] * self.horizon
        self.sigma = [self.ridge * np.eye(self.d)] * self.horizon
        self.theta = np.zeros((self.horizon, self.d))
        self.precision = np.tile(np.eye(self.d) / self.ridge, (self.horizon, 1, 1))
        self.variance = np.zeros(self.horizon)

    def add(self, h: int, first: Prefixes, second: Prefixes, relative: Floats) -> None:
        """Tuples of layer `h`: prefixes with either token, and the differences of their features `[n, d]`."""
        self.first[h].append(first)
        self.second[h].append(second)
        x = self.relative[h] = np.concatenate([self.relative[h], relative])
        self.sigma[h] = self.ridge * np.eye(self.d) + x.T @ x
        for one in relative:
            # Sherman and Morrison.
            along = self.precision[h] @ one
            self.precision[h] -= np.outer(along, along) / (1 + one @ along)

    def regress(self, h: int, target: Floats) -> None:
        """``theta_h = Sigma_h^{-1} sum x y``."""
        self.theta[h] = np.linalg.solve(self.sigma[h], self.relative[h].T @ target)


@dataclass(frozen=True, kw_only=True)
class MTSS:
    """The learner; `MTSS.practical` chooses the numbers.

    Parameters
    ----------
    eps
        The gap to reach, in units of reward.
    ridge
        Added to ``Sigma_h``, in units of squared features.
    draws, cap
        Of each step (`TokenPolicy`).
    tries
        Pairs looked at per visited prefix.
    episodes, excursions
        Walks per epoch: from prompts, and from either token of every tuple.
    quality
        ``c`` in the number of rounds per tuple of the last epochs,
        ``max(fewest, c v radius^2 H/(beta eps))`` with `v` the observed variance of a round; the epochs
        before use a sixteenth. A covered score is then off by a variance of at most ``radius^2 v`` over the
        rounds, which costs ``beta KL`` of at most an eighth of it over ``beta`` where two tokens are apart
        (T4, Hoeffding's lemma): ``eps/(8 c)`` in all `H` layers, half of `eps`.
    fewest
        The least number of rounds per tuple.
    radius
        How long a relative feature may be in ``Sigma_h^{-1}`` before it is added.
    most_epochs
        Where to give up (a bound on the number of epochs follows from the determinant; it is far larger).
    """

    vectorised: ClassVar[bool] = True
    proper: ClassVar[bool] = False

    eps: float
    ridge: float
    draws: int
    cap: int
    tries: int
    episodes: int
    excursions: int
    quality: float = 0.25
    fewest: int = 50
    radius: float = 0.5
    most_epochs: int = 1000

    def __post_init__(self) -> None:
        for name in ("eps", "ridge", "quality", "radius"):
            positive(name, getattr(self, name))
        for name in ("draws", "cap", "tries", "episodes", "fewest", "most_epochs"):
            whole(name, getattr(self, name), least=1)
        whole("excursions", self.excursions, least=0)

    @classmethod
    def practical(cls, facts: TokenFacts, eps: float) -> Self:
        """Numbers that are seen to work (heuristic): the ridge keeps its bias below a third of the error
        allowed.

        ``error = sqrt(eps beta/H)`` per layer, ``ridge = (error/(3 radius B))^2``, ceilings from
        ``4 C_cond log(4H)`` draws, at most ``16 C_cond log(400 H)`` candidates.

        Raises
        ------
        InvalidProblem
            If the problem declares no ``C_cond`` or no ``B``.
        """
        if facts.conditional_coverage is None or facts.parameter_radius is None:
            raise InvalidProblem(
                "facts must declare conditional_coverage and parameter_radius for a schedule, got "
                f"{facts.conditional_coverage!r} and {facts.parameter_radius!r}"
            )
        steps, coverage = facts.horizon, facts.conditional_coverage
        error = math.sqrt(positive("eps", eps) * facts.beta / steps)
        draws = math.ceil(4 * coverage * math.log(4 * steps))
        return cls(
            eps=eps,
            ridge=(error / (3 * 0.5 * facts.parameter_radius)) ** 2,
            draws=draws,
            cap=math.ceil(16 * coverage * math.log(400 * steps)),
            tries=draws,
            episodes=64 + 8 * steps,
            excursions=16,
        )

    @classmethod
    def derived(cls, facts: TokenFacts, eps: float, delta: float) -> Self:
        """The numbers of the theory's section 4; far larger than what is needed (heuristic where marked).

        With ``nu = 1/2``, `n` tuples per layer, `E = 1 + H n` epochs and ``l = log(1 + 4n/(d lambda)) + log(H
        E/delta)``: error per layer ``e = min(sqrt(eps beta/H), beta/(3 H sqrt(d l)))``, ``lambda = (e/(3 nu
        B))^2``, ``9 nu^2 v d l/e^2`` rounds with ``v = 2 (sigma^2 + beta^2 H pi^2/6 + R^2/4)``, and
        ``16 H R log(4 H E/delta)/eps`` walks. `n` is the least fixed point of the determinant's bound
        ``n log(1 + nu^2) <= d log(1 + 4n/(d lambda))``. Proved: that bound, and that the error of ``e`` costs
        at most ``eps`` in all by T4 and T5 if every visited prefix is covered. Heuristic: that so many walks
        see to that.

        Raises
        ------
        InvalidProblem
            As `practical`; also if `delta` is not in (0, 1).
        """
        start = cls.practical(facts, eps)
        delta, steps, d, radius = positive("delta", delta, below=1.0), facts.horizon, facts.d, 0.5
        assert facts.conditional_coverage is not None
        assert facts.parameter_radius is not None
        tuples, log, error, ridge = 1.0, 0.0, 0.0, 1.0
        # Both maps grow at most logarithmically, so this settles within a few rounds.
        for _ in range(64):
            epochs = 1 + steps * tuples
            log = math.log1p(4 * tuples / (d * ridge)) + math.log(steps * epochs / delta)
            error = min(math.sqrt(eps * facts.beta / steps), facts.beta / (3 * steps * math.sqrt(d * log)))
            ridge = (error / (3 * radius * facts.parameter_radius)) ** 2
            tuples = max(1.0, d * math.log1p(4 * tuples / (d * ridge)) / math.log1p(radius * radius))
        spread = facts.sigma**2 + facts.beta**2 * steps * math.pi**2 / 6 + facts.reward_range**2 / 4
        ceiling = math.ceil(4 * math.e**2 * facts.conditional_coverage)
        walks = 16 * steps * facts.reward_range * math.log(4 * steps * (1 + steps * tuples) / delta) / eps
        return cls(
            eps=eps,
            ridge=ridge,
            draws=math.ceil(ceiling * math.log(4 / delta)),
            cap=math.ceil(ceiling * math.log(4 / delta)),
            tries=ceiling,
            episodes=math.ceil(walks),
            excursions=start.excursions,
            fewest=math.ceil(9 * radius**2 * 2 * spread * d * log / error**2),
            radius=radius,
        )

    def run(self, oracle: TokenOracle) -> TokenLearned:
        """Learn a policy per row; *token* and *reward* calls in the phases ``survey``, ``pilot`` and
        ``regress``.

        Rows go from epoch to epoch together, each as it would alone.
        """
        facts = oracle.facts
        states = [_Row(facts.d, facts.horizon, self.ridge) for _ in range(oracle.R)]
        epochs = np.zeros(oracle.R, dtype=np.int64)
        live, final = list(range(oracle.R)), np.zeros(oracle.R, dtype=bool)
        while live:
            epochs[live] += 1
            for phase, rows in (
                ("pilot", [row for row in live if not final[row]]),
                ("regress", [row for row in live if final[row]]),
            ):
                if rows:
                    with oracle.phase(phase):
                        self._backward(oracle, states, rows, final=phase == "regress")
            with oracle.phase("survey"):
                added = self._forward(oracle, states, live)
            ended = [row for row in live if self._ends(added[row] > 0, bool(final[row]), epochs[row])]
            # The first epoch that adds nothing is followed by the last regressions.
            final = added == 0
            live = [row for row in live if row not in ended]
        policies = tuple(self._policy(state) for state in states)
        counts = [[len(part) for part in state.relative] for state in states]
        return TokenLearned(policies, np.array(counts), epochs)

    def _ends(self, added: bool, final: bool, epoch: int) -> bool:
        """Whether a row has made its last epoch."""
        if not added and final:
            return True
        return epoch >= self.most_epochs

    def _policy(self, state: _Row) -> TokenPolicy:
        return TokenPolicy(
            theta=state.theta,
            precision=state.precision,
            radius=self.radius,
            draws=self.draws,
            cap=self.cap,
        )

    def _policies(self, states: Sequence[_Row]) -> TokenPolicies:
        return TokenPolicies(
            theta=np.stack([state.theta for state in states]),
            precision=np.stack([state.precision for state in states]),
            radius=self.radius,
            draws=self.draws,
            cap=self.cap,
        )

    def _backward(self, oracle: TokenOracle, states: Sequence[_Row], rows: list[int], final: bool) -> None:
        """Regress every layer of `rows` that has tuples, in the order of `_order`."""
        facts = oracle.facts
        for h in self._order(facts.horizon):
            some = [states[row] for row in rows if len(states[row].relative[h])]
            if not some:
                continue
            rounds = [self._rounds(state.variance[h], facts, final) for state in states]
            found = oracle.returns_each(
                Prefixes.joined([part for state in some for part in state.first[h]]),
                Prefixes.joined([part for state in some for part in state.second[h]]),
                self._completion(self._policies(states)),
                np.array(rounds),
            )
            target, low = self._target(found, facts.beta), 0
            for state in some:
                mine = slice(low, low + len(state.relative[h]))
                state.variance[h] = float(found.variance[mine].mean())
                state.regress(h, target[mine])
                low = mine.stop

    def _completion(self, policies: TokenPolicies) -> TokenPolicies:
        """The policies that complete the tuples' prefixes: the current ones."""
        return policies

    def _rounds(self, variance: float, facts: TokenFacts, final: bool) -> int:
        wanted = self.quality * variance * self.radius**2 * facts.horizon / (facts.beta * self.eps)
        return max(self.fewest, math.ceil(wanted if final else wanted / 16))

    def _order(self, horizon: int) -> range:
        """Layers in the order of their regressions: the last one first."""
        return range(horizon - 1, -1, -1)

    def _target(self, found: Returns, beta: float) -> Floats:
        """``Q^pi_h(a) - Q^pi_h(a')``, without bias: rewards minus ``beta`` times the log-ratios."""
        return np.asarray(found.reward - beta * found.log_ratio)

    def _forward(self, oracle: TokenOracle, states: Sequence[_Row], rows: list[int]) -> npt.NDArray[np.int64]:
        """Look for tuples of `rows` that are missing; the numbers added, `[R]`."""
        added = np.zeros(len(states), dtype=np.int64)
        for h, parts in enumerate(self._visits(oracle, states, rows)):
            prefixes = Prefixes.joined(parts).by_rows()
            precision = np.stack([state.precision[h] for state in states])
            found = oracle.far_pairs_each(prefixes, precision, self.radius, self.tries)
            if not found.place.size:
                continue
            here, features = prefixes.pick(found.place), found.features
            first, second = (oracle.extend(here, found.tokens[:, side]) for side in (0, 1))
            relative = features[:, 0] - features[:, 1]
            for row in np.unique(here.rows).tolist():
                mine = np.flatnonzero(here.rows == row)
                states[row].add(h, first.pick(mine), second.pick(mine), relative[mine])
            added += np.bincount(here.rows, minlength=added.size)
        return added

    def _visits(self, oracle: TokenOracle, states: Sequence[_Row], rows: list[int]) -> list[list[Prefixes]]:
        """Prefixes visited at each layer: by episodes, and by rollouts from both tokens of every tuple."""
        policies, horizon = self._policies(states), oracle.facts.horizon
        visits: list[list[Prefixes]] = [[] for _ in range(horizon)]
        starts = [oracle.prompts(np.repeat(rows, self.episodes))]
        if self.excursions:
            for h in range(horizon - 1):
                both = [part for row in rows for part in (*states[row].first[h], *states[row].second[h])]
                if both:
                    starts.append(Prefixes.joined(both).repeated(self.excursions))
        for start in starts:
            for visited in oracle.walks_each(start, policies):
                visits[visited.length].append(visited)
        return visits

"""The token oracle by its exact law: the same joint law of answers and charges, without the waiting times.

Rollouts are drawn by `token_walks`; a search for a far pair visits prefixes by their states: the pairs drawn
after a prefix until the first far one are ``Geometric(p)``, `p` the probability of a far pair in its state
(theory, X1).
"""

import numpy as np

from explore_theory.errors import OracleMisuse
from explore_theory.oracles.ledger import Meter
from explore_theory.oracles.sampling import geometric, inverse_cdf
from explore_theory.oracles.token import TokenOracle, nothing
from explore_theory.oracles.token_protocol import FoundPair, Prefixes, Returns, Steps
from explore_theory.oracles.token_sampler import TokenPolicy, step_law
from explore_theory.oracles.token_walks import PolicyTables, walk
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem
from explore_theory.problems.protocol import Floats, Ints
from explore_theory.streams import Streams
from explore_theory.validation import whole


class ExactLawTokenOracle(TokenOracle):
    """A literal oracle whose rollouts and searches are drawn at once."""

    compiled = True

    def __init__(self, problem: AutoregressiveProblem, streams: Streams, meter: Meter) -> None:
        super().__init__(problem, streams, meter)
        self._tables: PolicyTables | None = None
        self._held: list[tuple[bytes, bytes, float] | None] = [None] * problem.horizon

    def step(self, prefixes: Prefixes, policy: TokenPolicy) -> Steps:
        """See `TokenOracle.step`; five uniforms per prefix, whatever the number of candidates."""
        layer = self._layer(prefixes)
        self._check(policy)
        h, state = prefixes.length, prefixes._state
        law = step_law(layer, policy, h, self.facts.beta)
        u = self._uniform(prefixes.rows, 5)
        anchor = (u[:, :1] >= law.base_cdf[state]).sum(axis=-1)
        rank = (u[:, 1:2] < law.miss[state, anchor]).sum(axis=-1) - 1
        token = (u[:, 2:3] >= law.cdf[state, anchor, rank]).sum(axis=-1)
        with np.errstate(divide="ignore"):
            tries = np.maximum(np.ceil(np.log(u[:, 3]) / law.log_reject[state, anchor, rank]), 1.0)
        failed = ~(tries <= policy.cap)
        tries = np.where(failed, policy.cap, tries)
        harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1.0, tries.max(initial=1.0) + 1))])
        accept = law.log_accept[state, anchor, rank, token] + harmonic[(tries - 1).astype(np.int64)]
        fallback = (u[:, 4:] >= law.base_cdf[state]).sum(axis=-1)
        self._charge("token", prefixes.rows, 1.0 + policy.draws + tries + failed, h)
        return Steps(np.where(failed, fallback, token), np.where(failed, 0.0, accept))

    def walks(self, prefixes: Prefixes, policy: TokenPolicy) -> list[Prefixes]:
        """A rollout of `policy` from each prefix, all of one row; see `TokenOracle.walks`."""
        self._layer(prefixes)
        self._check(policy)
        first, last = prefixes.length, self._problem.horizon
        tables = self._tables_of(policy, first)
        done = walk(
            tables,
            prefixes._state,
            first,
            self._fresh_key(_row(prefixes)),
            keep_states=True,
            compiled=self.compiled,
        )
        assert done.states is not None
        assert done.gains is not None
        # The last layer is visited and not left, as in the literal law.
        self._meter.charge_layers("token", done.calls[first : last - 1], _row(prefixes), first)
        return [
            prefixes
            if h == first
            else Prefixes(
                self,
                prefixes.rows,
                h,
                prefixes._prompt,
                done.states[:, h],
                prefixes._gain + done.gains[:, h],
            )
            for h in range(first, last)
        ]

    def returns(self, first: Prefixes, second: Prefixes, policy: TokenPolicy, rounds: int) -> Returns:
        """See `TokenOracle.returns`; both batches belong to one row."""
        rounds = whole("rounds", rounds, least=1)
        self._check(policy)
        for ticket in (first, second):
            self._own(ticket)
        row, length, steps = _row(first), first.length, self._problem.horizon
        ratio, reward = np.zeros((2, first.count * rounds)), np.zeros((2, first.count * rounds))
        for side, start in enumerate((first, second)):
            here = start.repeated(rounds)
            reward[side] = here._gain
            if length == steps:
                continue
            tables = self._tables_of(policy, length)
            done = walk(tables, here._state, length, self._fresh_key(row), compiled=self.compiled)
            reward[side] += done.reward
            ratio[side] = done.log_ratio
            self._meter.charge_layers("token", done.calls[length:], row, length)
        self._charge("reward", first.rows, np.full(first.count, float(rounds)), 0)
        seen = self._observed(np.full(reward.shape[1], row), np.ascontiguousarray(reward.T))
        return self._summed(seen[:, 0] - seen[:, 1], ratio[0] - ratio[1], rounds)

    def first_pair(self, prefixes: Prefixes, precision: Floats, radius: float, tries: int) -> FoundPair:
        """See `TokenOracle.first_pair`."""
        layer = self._layer(prefixes)
        states = np.flatnonzero(np.bincount(prefixes._state))
        place_of = np.zeros(layer.states, dtype=np.int64)
        place_of[states] = np.arange(states.size)
        place_of = place_of[prefixes._state]
        relative = layer.features[states, :, None, :] - layer.features[states, None, :, :]
        norm = ((relative[..., None, :] * precision).sum(axis=-1) * relative).sum(axis=-1)
        joint = layer.base[states, :, None] * layer.base[states, None, :]
        far = np.where(norm > radius * radius, joint, 0.0).reshape(len(states), -1)
        chance = far.sum(axis=-1)
        with np.errstate(divide="ignore"):
            log_hit = np.log(chance)[place_of]
            log_miss = np.log(np.maximum(joint.reshape(far.shape).sum(axis=-1) - chance, 0.0))[place_of]
        candidates = np.flatnonzero(np.isfinite(log_hit))
        used = np.full(prefixes.count, float(tries))
        if candidates.size:
            level = self._uniform(prefixes.rows[candidates], 1)[:, 0]
            count = geometric(level, log_hit[candidates], log_miss[candidates])
            hits = np.flatnonzero(count <= tries)
            if hits.size:
                place = int(candidates[hits[0]])
                used[place] = count[hits[0]]
                self._charge("token", prefixes.rows[: place + 1], 2 * used[: place + 1], prefixes.length)
                cdf = np.cumsum(far[place_of[place]])
                level = self._uniform(prefixes.rows[[place]], 1) * cdf[-1]
                pair = divmod(int(inverse_cdf(cdf[None], level)[0, 0]), layer.vocabulary)
                return self._found(prefixes, place, np.array(pair))
        self._charge("token", prefixes.rows, 2 * used, prefixes.length)
        return nothing(prefixes.count, layer.d)

    def _tables_of(self, policy: TokenPolicy, first: int) -> PolicyTables:
        """Tables of `policy` from layer `first` on; layers that have not changed are kept."""
        tables = self._tables
        if tables is None or (tables.draws, tables.cap) != (policy.draws, policy.cap):
            tables = self._tables = PolicyTables(self._problem, policy.draws, policy.cap)
            self._held = [None] * self._problem.horizon
        for h in range(first, self._problem.horizon):
            now = (policy.theta[h].tobytes(), policy.precision[h].tobytes(), policy.radius)
            if self._held[h] != now:
                tables.put(h, step_law(self._problem.layers[h], policy, h, self.facts.beta))
                self._held[h] = now
        return tables


def _row(prefixes: Prefixes) -> int:
    """The one row that all of `prefixes` belong to."""
    rows: Ints = np.unique(prefixes.rows)
    if rows.size != 1:
        raise OracleMisuse(f"prefixes must belong to one row here, got rows={rows.tolist()!r}")
    return int(rows[0])

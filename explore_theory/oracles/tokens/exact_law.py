"""The token oracle by its exact law: the same joint law of answers and charges, without the waiting times.

Rollouts are drawn by `walks`, searches for pairs that are far apart by `kernels.pairs`.
"""

import numpy as np

from explore_theory.errors import OracleMisuse
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import whole
from explore_theory.oracles.door import answers
from explore_theory.oracles.ledger import Meter
from explore_theory.oracles.tokens.literal import TokenOracle
from explore_theory.oracles.tokens.protocol import FoundPair, Prefixes, Returns, Steps
from explore_theory.oracles.tokens.sampler import TokenPolicy, step_law
from explore_theory.oracles.tokens.walks import PolicyTables, walk
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem
from explore_theory.problems.protocol import Floats, Ints


class ExactLawTokenOracle(TokenOracle):
    """A literal oracle whose rollouts and searches are drawn at once."""

    compiled = True

    def __init__(self, problem: AutoregressiveProblem, streams: Streams, meter: Meter) -> None:
        super().__init__(problem, streams, meter)
        self._tables: PolicyTables | None = None
        self._held: list[tuple[bytes, bytes, float] | None] = [None] * problem.horizon

    @answers
    def step(self, prefixes: Prefixes, policy: TokenPolicy) -> Steps:
        """See `TokenOracle.step`; five uniforms per prefix, whatever the number of candidates."""
        layer = self._layer(prefixes)
        policy = self._checked(policy)
        h, state = prefixes.length, prefixes._state
        law = step_law(layer, policy, h, self._problem.beta)
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
        self._charge("token", prefixes.rows, 1.0 + policy.draws + tries + failed, h, drawn=True)
        return Steps(np.where(failed, fallback, token), np.where(failed, 0.0, accept))

    @answers
    def walks(self, prefixes: Prefixes, policy: TokenPolicy) -> list[Prefixes]:
        """A rollout of `policy` from each prefix, all of one row; see `TokenOracle.walks`."""
        self._layer(prefixes)
        policy = self._checked(policy)
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
            else Prefixes._issued(
                self,
                prefixes.rows,
                h,
                prefixes._prompt,
                done.states[:, h],
                prefixes._gain + done.gains[:, h],
            )
            for h in range(first, last)
        ]

    @answers
    def returns(self, first: Prefixes, second: Prefixes, policy: TokenPolicy, rounds: int) -> Returns:
        """See `TokenOracle.returns`; both batches belong to one row."""
        rounds = whole("rounds", rounds, least=1)
        policy = self._checked(policy)
        self._comparable(first, second)
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

    @answers
    def far_pairs(
        self, prefixes: Prefixes, precision: Floats, radius: float, tries: int, most: int | None = None
    ) -> list[FoundPair]:
        """See `TokenOracle.far_pairs`; two uniforms per prefix, all of one row."""
        from explore_theory.oracles.kernels import pairs

        layer = self._layer(prefixes)
        precision, radius, tries, most = self._far(precision, radius, tries, most)
        if not prefixes.count:
            return []
        row = _row(prefixes)
        found = np.empty((prefixes.count, 3), dtype=np.int64)
        count, drawn = pairs.far_pairs(
            prefixes._state.astype(np.int64),
            np.array(layer.base),
            np.array(layer.features),
            precision,
            float(radius * radius),
            float(tries),
            prefixes.count if most is None else most,
            self._uniform(prefixes.rows, 2),
            found,
        )
        self._charge("token", np.array([row]), np.array([2.0 * drawn]), prefixes.length, drawn=True)
        return [self._found(prefixes, int(place), pair) for place, *pair in found[:count]]

    def _tables_of(self, policy: TokenPolicy, first: int) -> PolicyTables:
        """Tables of `policy` from layer `first` on; layers that have not changed are kept."""
        tables = self._tables
        if tables is None or (tables.draws, tables.cap) != (policy.draws, policy.cap):
            tables = self._tables = PolicyTables(self._problem, policy.draws, policy.cap)
            self._held = [None] * self._problem.horizon
        for h in range(first, self._problem.horizon):
            now = (policy.theta[h].tobytes(), policy.precision[h].tobytes(), policy.radius)
            if self._held[h] != now:
                tables.put(h, step_law(self._problem.layers[h], policy, h, self._problem.beta))
                self._held[h] = now
        return tables


def _row(prefixes: Prefixes) -> int:
    """The one row that all of `prefixes` belong to."""
    rows: Ints = np.unique(prefixes.rows)
    if rows.size != 1:
        raise OracleMisuse(f"prefixes must belong to one row here, got rows={rows.tolist()!r}")
    return int(rows[0])

"""The token oracle by its exact law: the same joint law of answers and charges, without the waiting times.

Rollouts are drawn by `walks`, searches for pairs that are far apart by `kernels.pairs`.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from explore_theory.errors import OracleMisuse
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import floats, positive, whole
from explore_theory.oracles.door import answers
from explore_theory.oracles.ledger import Meter
from explore_theory.oracles.tokens.literal import TokenOracle
from explore_theory.oracles.tokens.moments import moments, noisy_moments
from explore_theory.oracles.tokens.protocol import FoundPair, FoundPairs, Prefixes, Returns, Steps
from explore_theory.oracles.tokens.sampler import TokenPolicies, TokenPolicy, step_law
from explore_theory.oracles.tokens.walks import PolicyTables, walk, walk_each
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem
from explore_theory.problems.noise import Gaussian
from explore_theory.problems.protocol import Floats, Ints

#: Rollouts of several rows that are held in memory together.
TOGETHER = 1 << 17


class ExactLawTokenOracle(TokenOracle):
    """A literal oracle whose rollouts and searches are drawn at once."""

    compiled = True

    def __init__(self, problem: AutoregressiveProblem, streams: Streams, meter: Meter) -> None:
        super().__init__(problem, streams, meter)
        self._tables: PolicyTables | None = None
        self._held: list[tuple[bytes, bytes, float] | None] = [None] * problem.horizon
        self._tables_of_rows: PolicyTables | None = None
        self._held_of_rows: dict[int, tuple[Floats, Floats, float]] = {}

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
        return self._compared(first.rows, reward, ratio, np.full(first.count, rounds))

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

    # --- many rows with a policy each -----------------------------------------------------------------------

    @answers
    def walks_each(self, prefixes: Prefixes, policy: TokenPolicies) -> list[Prefixes]:
        """See `TokenOracle.walks_each`; all rows are walked at once, each as `walks` would alone."""
        self._layer(prefixes)
        rows = self._each(prefixes, policy)
        first, last = prefixes.length, self._problem.horizon
        tables = self._tables_each(policy, first)
        offset = prefixes.rows * tables.each
        done = walk_each(
            tables,
            prefixes._state + offset,
            np.bincount(prefixes.rows, minlength=self.R),
            first,
            self._keys_of(rows),
            keep_states=True,
            compiled=self.compiled,
        )
        assert done.states is not None
        assert done.gains is not None
        # The last layer is visited and not left.
        self._meter.charge_each("token", done.calls[:, first : last - 1], first)
        later = [
            Prefixes._issued(
                self,
                prefixes.rows,
                h,
                prefixes._prompt,
                done.states[:, h] - offset,
                prefixes._gain + done.gains[:, h],
            )
            for h in range(first + 1, last)
        ]
        return [prefixes, *later]

    @answers
    def returns_each(self, first: Prefixes, second: Prefixes, policy: TokenPolicies, rounds: Ints) -> Returns:
        """See `TokenOracle.returns_each`; rows are completed together, each as `returns` would alone."""
        self._comparable(first, second)
        rows, times = self._each(first, policy), self._times(rounds)
        counts = np.bincount(first.rows, minlength=self.R)
        self._charge("reward", first.rows, times[first.rows].astype(np.float64), 0)
        found: list[Returns] = []
        for part in _parts(rows, counts * times):
            here = np.isin(first.rows, part)
            found.append(self._returns_of(part, first.pick(here), second.pick(here), policy, times))
        return Returns(
            np.concatenate([part.reward for part in found]),
            np.concatenate([part.log_ratio for part in found]),
            np.concatenate([part.variance for part in found]),
        )

    def _returns_of(
        self, rows: list[int], first: Prefixes, second: Prefixes, policy: TokenPolicies, times: Ints
    ) -> Returns:
        """Those of some `rows`, which are held in memory together."""
        length, steps = first.length, self._problem.horizon
        rounds = times[first.rows]
        counts = np.bincount(first.rows, weights=rounds, minlength=self.R).astype(np.int64)
        reward, ratio = np.zeros((2, rounds.sum())), np.zeros((2, rounds.sum()))
        for side, start in enumerate((first, second)):
            reward[side] = np.repeat(start._gain, rounds)
            if length == steps:
                continue
            tables = self._tables_each(policy, length)
            done = walk_each(
                tables,
                np.repeat(start._state + start.rows * tables.each, rounds),
                counts,
                length,
                self._keys_of(rows),
                compiled=self.compiled,
            )
            reward[side] += done.reward
            ratio[side] = done.log_ratio
            self._meter.charge_each("token", done.calls[:, length:], length)
        return self._compared(first.rows, reward, ratio, rounds)

    @answers
    def far_pairs_each(self, prefixes: Prefixes, precision: Floats, radius: float, tries: int) -> FoundPairs:
        """See `TokenOracle.far_pairs_each`; two uniforms per prefix."""
        from explore_theory.oracles.kernels import pairs

        layer = self._layer(prefixes)
        rows, d = self._each(prefixes), layer.d
        # A copy: the search adds what it finds.
        inverse = np.array(floats("precision", precision, (self.R, d, d)))
        radius, tries = positive("radius", radius), whole("tries", tries, least=1)
        levels, states = self._uniform(prefixes.rows, 2), prefixes._state.astype(np.int64)
        base, features = np.array(layer.base), np.array(layer.features)
        found, drawn = np.empty((prefixes.count, 3), dtype=np.int64), np.zeros(self.R)
        count = pairs.far_pairs_of_rows(
            np.array(rows),
            np.cumsum(np.bincount(prefixes.rows, minlength=self.R)),
            states,
            base,
            features,
            inverse,
            float(radius * radius),
            float(tries),
            levels,
            found,
            drawn,
        )
        self._meter.charge_each("token", 2.0 * drawn[:, None], prefixes.length)
        place, *tokens = found[:count].T
        both = np.stack(tokens, axis=1)
        return FoundPairs(place.copy(), both, features[prefixes._state[place][:, None], both])

    def _tables_each(self, policy: TokenPolicies, first: int) -> PolicyTables:
        """Tables of all rows' policies from layer `first` on; what has not changed is kept."""
        tables, held = self._tables_of_rows, self._held_of_rows
        if tables is None or (tables.draws, tables.cap) != (policy.draws, policy.cap):
            tables = self._tables_of_rows = PolicyTables(self._problem, policy.draws, policy.cap, self.R)
            held.clear()
        for h in range(first, self._problem.horizon):
            now = policy.theta[:, h], policy.precision[:, h], policy.radius
            changed = np.arange(self.R)
            if (before := held.get(h)) is not None and before[2] == now[2]:
                same = (before[0] == now[0]).all(axis=-1) & (before[1] == now[1]).all(axis=(-2, -1))
                changed = np.flatnonzero(~same)
            if changed.size:
                some = replace(policy, theta=policy.theta[changed], precision=policy.precision[changed])
                tables.put(h, step_law(self._problem.layers[h], some, h, self._problem.beta), changed)
                held[h] = now
        return tables

    def _keys_of(self, rows: list[int]) -> npt.NDArray[np.uint64]:
        """`[R]`: a key for a batch of rollouts of each of `rows`, and zero for the others."""
        keys = np.zeros(self.R, dtype=np.uint64)
        keys[rows] = self._fresh_keys(np.array(rows))
        return keys

    def _compared(self, rows: Ints, reward: Floats, ratio: Floats, rounds: Ints) -> Returns:
        """What `k` pairs of `rows` `[k]` are told of so many rounds `[k]` each, whose sides have mean rewards
        and log-ratios ``[2, sum of rounds]``.

        Gaussian noise is drawn for the mean and the variance of a pair's rounds at once (`noisy_moments`),
        any other law round by round.
        """
        noise, ratios = self._problem.noise, ratio[0] - ratio[1]
        if type(noise) is not Gaussian:
            seen = self._observed(np.repeat(rows, rounds), np.ascontiguousarray(reward.T))
            return moments(seen[:, 0] - seen[:, 1], ratios, self._problem.beta, rounds)
        found = moments(reward[0] - reward[1], ratios, self._problem.beta, rounds)
        told = noisy_moments(found, noise.sigma, rounds, self._uniform(rows, 3))
        if self._watched is not None and np.any(mine := rows == self._watched):
            self._told.append((told.reward[mine].tobytes(), told.variance[mine].tobytes()))
        return told

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


def _parts(rows: list[int], sizes: Ints) -> Iterator[list[int]]:
    """`rows` cut into stretches of at most `TOGETHER` rollouts, but of one row at least."""
    part: list[int] = []
    total = 0
    for row in rows:
        if part and total + sizes[row] > TOGETHER:
            yield part
            part, total = [], 0
        part.append(row)
        total += int(sizes[row])
    yield part


def _row(prefixes: Prefixes) -> int:
    """The one row that all of `prefixes` belong to."""
    rows: Ints = np.unique(prefixes.rows)
    if rows.size != 1:
        raise OracleMisuse(f"prefixes must belong to one row here, got rows={rows.tolist()!r}")
    return int(rows[0])

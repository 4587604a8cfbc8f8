"""The token oracle: a prefix in, tokens and their features out, and back to any stored prefix.

A language model can be prompted with any prefix, so a learner may keep prefixes and return to them; rewards
come only at the end of a response, two responses named per round. The learner holds prefixes as tickets,
whose private fields are the simulator's.

Calls are of kind *token* and are counted per layer, the position of the token that was drawn; a response
costs at least one call per layer. An operation on many prefixes belongs to their rows: the randomness of a
row is its own (hashes of the row's key and a running count), so what happens to it does not depend on its
peers.

Letters: `R` replicates (rows), `k` prefixes of one call, `H` layers, `d` feature dimension, `m` draws.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem, OracleMisuse
from explore_theory.foundation.streams import Streams, derived_key
from explore_theory.foundation.validation import floats, positive, whole, whole_array
from explore_theory.oracles.constants import GOLDEN
from explore_theory.oracles.door import Door, answers, inside, plain
from explore_theory.oracles.ledger import Ledger, Meter
from explore_theory.oracles.tokens.noise import RowsNoise
from explore_theory.oracles.tokens.protocol import (
    FoundPair,
    FoundPairs,
    Prefixes,
    Returns,
    Steps,
    TokenSample,
)
from explore_theory.oracles.tokens.sampler import TokenPolicies, TokenPolicy
from explore_theory.oracles.tokens.walks import mixed
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem, TokenFacts
from explore_theory.problems.protocol import Bools, Floats, Ints

Words = npt.NDArray[np.uint64]
_GOLDEN = np.uint64(GOLDEN)


class TokenOracle(Door):
    """Answers by drawing every token. Opened by `open_tokens`.

    Raises
    ------
    BudgetExceeded
        Where a row cannot pay for a call (whatever the number of replicates).
    """

    #: It charges its ledger and advances its streams with every call; see `harness.isolation.worlds`.
    changes_in_use = True

    def __init__(self, problem: AutoregressiveProblem, streams: Streams, meter: Meter) -> None:
        super().__init__()
        self._problem = problem
        self._shown = deepcopy(problem.facts)
        self._meter = meter
        self._ledger = Ledger(meter)
        self._streams = streams
        self._keys = np.array(
            [
                derived_key((*streams.path, "token"), row, streams.reseed) & (2**64 - 1)
                for row in streams.rows
            ],
            dtype=np.uint64,
        )
        self._position = np.zeros(len(streams.rows), dtype=np.uint64)
        self._noise = RowsNoise(problem.noise, streams)

    @property
    def facts(self) -> TokenFacts:
        """What is known for free."""
        return self._shown

    @property
    def R(self) -> int:
        """The number of replicates."""
        return len(self._streams.rows)

    @property
    def ledger(self) -> Ledger:
        """What has been spent."""
        return self._ledger

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Count what is spent inside the block under `name`."""
        return self._phase_of(self._meter, name)

    @answers
    def prompts(self, rows: Sequence[int] | Ints) -> Prefixes:
        """A fresh prompt ``x ~ rho`` for each of `rows` (a row may stand several times); *prompt* calls."""
        who = whole_array("rows", rows, least=0, most=self.R - 1)
        if who.ndim != 1:
            raise InvalidProblem(f"rows must be replicates below {self.R}, got rows={rows!r}")
        self._charge("prompt", who, np.ones(who.size), 0)
        mass = np.cumsum(self._problem.prompt_mass)
        level = self._uniform(who, 1)[:, 0] * mass[-1]
        prompt = np.searchsorted(mass, level, side="right")
        return Prefixes._issued(self, who, 0, prompt, self._problem.start[prompt], np.zeros(who.size))

    @answers
    def draw(self, prefixes: Prefixes, m: int = 1) -> TokenSample:
        """`m` tokens ``a ~ pi_{h,ref}`` after each prefix, with their features; `m` *token* calls each."""
        layer = self._layer(prefixes)
        m = whole("m", m, least=1)
        self._charge("token", prefixes.rows, np.full(prefixes.count, float(m)), prefixes.length)
        tokens = self._base_tokens(prefixes, m)
        return TokenSample(tokens, layer.features[prefixes._state[:, None], tokens])

    @answers
    def extend(self, prefixes: Prefixes, tokens: npt.ArrayLike) -> Prefixes:
        """The prefixes with one token `[k]` appended; free, since any prefix may be named."""
        layer = self._layer(prefixes)
        token = np.asarray(tokens)
        if token.dtype.kind not in "iu" or token.shape != (prefixes.count,):
            raise OracleMisuse(
                f"tokens must be {prefixes.count} tokens, got {token.dtype} of shape {token.shape}"
            )
        if np.any((token < 0) | (token >= self._problem.vocabulary)):
            raise OracleMisuse(f"tokens must be below {self._problem.vocabulary}, got {int(token.max())}")
        state = prefixes._state
        return Prefixes._issued(
            self,
            prefixes.rows,
            prefixes.length + 1,
            prefixes._prompt,
            layer.next[state, token],
            prefixes._gain + layer.reward[state, token],
        )

    @answers
    def step(self, prefixes: Prefixes, policy: TokenPolicy) -> Steps:
        """One step of `policy` at each prefix (see `sampler`); *token* calls as it draws."""
        layer = self._layer(prefixes)
        policy = self._checked(policy)
        h, k = prefixes.length, np.arange(prefixes.count)
        score = policy.scores(layer.features, h, self._problem.beta)
        anchor = self._base_tokens(prefixes, 1)[:, 0]
        own = score[prefixes._state, anchor]
        seen = self._base_tokens(prefixes, policy.draws)
        ceiling = np.take_along_axis(own, seen, axis=-1).max(axis=-1)
        accept = np.minimum(own - ceiling[:, None], 0.0)
        token, tries = np.zeros(prefixes.count, dtype=np.int64), np.zeros(prefixes.count)
        waiting = np.ones(prefixes.count, dtype=bool)
        for _ in range(policy.cap):
            if not waiting.any():
                break
            here = prefixes.pick(waiting)
            candidate = self._base_tokens(here, 1)[:, 0]
            coin = self._uniform(here.rows, 1)[:, 0]
            tries[waiting] += 1
            taken = coin < np.exp(accept[k[waiting], candidate])
            token[k[waiting][taken]] = candidate[taken]
            waiting[k[waiting][taken]] = False
        harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1.0, tries.max(initial=1.0) + 1))])
        ratio = np.where(waiting, 0.0, accept[k, token] + harmonic[np.maximum(tries - 1, 0).astype(int)])
        if waiting.any():
            token[waiting] = self._base_tokens(prefixes.pick(waiting), 1)[:, 0]
        self._charge("token", prefixes.rows, 1.0 + policy.draws + tries + waiting, h, drawn=True)
        return Steps(token, ratio)

    @answers
    def reward(self, first: Prefixes, second: Prefixes) -> Floats:
        """Noisy rewards `[k, 2]` of two whole responses each to one prompt; one *reward* round per pair."""
        steps = self._problem.horizon
        for name, ticket in (("first", first), ("second", second)):
            self._own(ticket)
            if ticket.length != steps:
                raise OracleMisuse(f"{name} must be whole responses of {steps} tokens, got {ticket.length}")
        self._comparable(first, second)
        self._charge("reward", first.rows, np.ones(first.count), 0)
        return self._observed(first.rows, np.stack([first._gain, second._gain], axis=-1))

    @answers
    def walks(self, prefixes: Prefixes, policy: TokenPolicy) -> list[Prefixes]:
        """A rollout of `policy` from each prefix: the prefixes it visits, those of `prefixes` first.

        One entry per layer from ``prefixes.length`` to ``H - 1``, each in the order of `prefixes`.
        """
        self._layer(prefixes)
        policy = self._checked(policy)
        found, own = [prefixes], inside(self)
        while found[-1].length + 1 < self._problem.horizon:
            found.append(own.extend(found[-1], own.step(found[-1], policy).token))
        return found

    @answers
    def returns(self, first: Prefixes, second: Prefixes, policy: TokenPolicy, rounds: int) -> Returns:
        """Complete both prefixes by `policy` and compare their rewards, `rounds` times for each of `k`
        pairs.
        """
        rounds = whole("rounds", rounds, least=1)
        policy = self._checked(policy)
        self._comparable(first, second)
        ends, ratios, own = [], [], inside(self)
        for start in (first, second):
            here, total = start.repeated(rounds), np.zeros(start.count * rounds)
            while here.length < self._problem.horizon:
                steps = own.step(here, policy)
                total = total + steps.log_ratio
                here = own.extend(here, steps.token)
            ends.append(here)
            ratios.append(total)
        reward = own.reward(*ends)
        return self._summed(reward[:, 0] - reward[:, 1], ratios[0] - ratios[1], rounds)

    @answers
    def far_pairs(
        self, prefixes: Prefixes, precision: Floats, radius: float, tries: int, most: int | None = None
    ) -> list[FoundPair]:
        """Draw pairs of base tokens after each prefix in turn, at most `tries`, until one is far apart.

        Far apart: ``phi(a) - phi(a')`` is longer than `radius` in the norm of `precision` `[d, d]`, to which
        the pairs found before have been added. Two *token* calls per pair; the prefixes after the `most`-th
        pair are not visited.
        """
        layer = self._layer(prefixes)
        precision, radius, tries, most = self._far(precision, radius, tries, most)
        found: list[FoundPair] = []
        for place in range(prefixes.count):
            here = prefixes.pick([place])
            used, pair = self._first_far(layer.features[here._state[0]], here, precision, radius, tries)
            self._charge("token", here.rows, np.array([2.0 * used]), prefixes.length, drawn=True)
            if pair is None:
                continue
            found.append(self._found(prefixes, place, pair))
            if len(found) == most:
                break
            relative = found[-1].features[0] - found[-1].features[1]
            along = precision @ relative
            precision -= np.outer(along, along) / (1 + relative @ along)
        return found

    # --- many rows with a policy each -----------------------------------------------------------------------

    @answers
    def walks_each(self, prefixes: Prefixes, policy: TokenPolicies) -> list[Prefixes]:
        """`walks` for each row by its own policy; `prefixes` stand row by row (`Prefixes.by_rows`)."""
        self._layer(prefixes)
        rows, own = self._each(prefixes, policy), inside(self)
        parts = [own.walks(prefixes.pick(prefixes.rows == row), policy.of(row)) for row in rows]
        return [Prefixes.joined(layer) for layer in zip(*parts, strict=True)]

    @answers
    def returns_each(self, first: Prefixes, second: Prefixes, policy: TokenPolicies, rounds: Ints) -> Returns:
        """`returns` for each row by its own policy and so many `rounds` `[R]`; prefixes stand row by row."""
        self._comparable(first, second)
        rows, own = self._each(first, policy), inside(self)
        times = self._times(rounds)
        parts = []
        for row in rows:
            mine = first.rows == row
            sides = first.pick(mine), second.pick(mine)
            parts.append(own.returns(*sides, policy.of(row), int(times[row])))
        return Returns(
            np.concatenate([part.reward for part in parts]),
            np.concatenate([part.log_ratio for part in parts]),
            np.concatenate([part.variance for part in parts]),
        )

    @answers
    def far_pairs_each(self, prefixes: Prefixes, precision: Floats, radius: float, tries: int) -> FoundPairs:
        """`far_pairs` for each row by its own `precision` `[R, d, d]`; `prefixes` stand row by row."""
        layer = self._layer(prefixes)
        own, d = inside(self), layer.d
        inverse = floats("precision", precision, (self.R, d, d))
        places, tokens, features = [], [], []
        for row in self._each(prefixes):
            mine = np.flatnonzero(prefixes.rows == row)
            for pair in own.far_pairs(prefixes.pick(mine), inverse[row], radius, tries):
                places.append(mine[pair.place])
                tokens.append(pair.tokens)
                features.append(pair.features)
        return FoundPairs(
            np.array(places, dtype=np.int64),
            np.array(tokens, dtype=np.int64).reshape(-1, 2),
            np.array(features).reshape(-1, 2, d),
        )

    def _first_far(
        self, features: Floats, here: Prefixes, precision: Floats, radius: float, tries: int
    ) -> tuple[int, Any]:
        """How many pairs were drawn after the one prefix `here`, and the last of them if it is far apart."""
        for used in range(1, tries + 1):
            pair = self._base_tokens(here, 2)[0]
            relative = features[pair[0]] - features[pair[1]]
            if relative @ precision @ relative > radius * radius:
                return used, pair
        return tries, None

    # --- shared by both laws -------------------------------------------------------------------------------

    def _found(self, prefixes: Prefixes, place: int, pair: Any) -> FoundPair:
        features = self._problem.layers[prefixes.length].features[prefixes._state[place], pair]
        return FoundPair(place, (int(pair[0]), int(pair[1])), features)

    def _summed(self, difference: Floats, log_ratio: Floats, rounds: int) -> Returns:
        reward, ratio = difference.reshape(-1, rounds), log_ratio.reshape(-1, rounds)
        each = reward - self._problem.beta * ratio
        return Returns(
            reward.mean(axis=-1),
            ratio.mean(axis=-1),
            each.var(axis=-1, ddof=1) if rounds > 1 else np.zeros(len(each)),
        )

    def _observed(self, rows: Ints, mean: Floats) -> Floats:
        """Noisy versions of `mean` `[k, 2]`; the noise of a row is read from its own stream."""
        seen = self._noise.of(rows, mean)
        if self._watched is not None and np.any(mine := rows == self._watched):
            self._told.append((seen[mine].tobytes(),))
        return seen

    def _heard(self) -> dict[str, Any]:
        """What the row that is watched has been told: its rewards, and how much was drawn for it."""
        return {"rewards": self._told, "position": int(self._position[self._watched])}

    def _base_tokens(self, prefixes: Prefixes, m: int) -> Ints:
        layer = self._problem.layers[prefixes.length]
        cdf = np.cumsum(layer.base, axis=-1)[prefixes._state]
        level = self._uniform(prefixes.rows, m) * cdf[:, -1:]
        return np.asarray((level[:, :, None] >= cdf[:, None, :]).sum(axis=-1))

    def _uniform(self, rows: Ints, m: int) -> Floats:
        """`[k, m]` uniforms on the midpoints of a grid of 2^52, each from its row's running count."""
        count = np.bincount(rows, minlength=self.R)
        order = np.argsort(rows, kind="stable")
        rank = np.empty(rows.size, dtype=np.int64)
        rank[order] = np.arange(rows.size) - np.repeat(np.cumsum(count) - count, count)
        with np.errstate(over="ignore"):
            first = self._position[rows] + np.uint64(m) * rank.astype(np.uint64)
            place = first[:, None] + np.arange(1, m + 1, dtype=np.uint64)
            words = mixed(mixed(self._keys[rows])[:, None] + place * _GOLDEN)
            self._position += np.uint64(m) * count.astype(np.uint64)
        return ((words >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52

    def _fresh_key(self, row: int) -> int:
        """A 64-bit key for a batch of rollouts of one row."""
        return int(self._fresh_keys(np.array([row]))[0])

    def _fresh_keys(self, rows: Ints) -> Words:
        """`_fresh_key` of each of `rows`, which differ."""
        with np.errstate(over="ignore"):
            self._position[rows] += np.uint64(1)
            return np.asarray(mixed(mixed(self._keys[rows] ^ _GOLDEN) + self._position[rows] * _GOLDEN))

    def _charge(self, kind: str, rows: Ints, amount: Floats, layer: int, *, drawn: bool = False) -> None:
        total = np.bincount(rows, weights=amount, minlength=self.R).astype(np.float64)
        asked: Bools = np.bincount(rows, minlength=self.R) > 0
        self._meter.charge(kind, total, asked, layer, drawn=drawn)

    def _own(self, prefixes: Prefixes) -> None:
        if type(prefixes) is not Prefixes or prefixes._owner is not self:
            raise OracleMisuse(f"prefixes must come from this oracle, got prefixes={prefixes!r}")

    def _layer(self, prefixes: Prefixes) -> Any:
        self._own(prefixes)
        if prefixes.length >= self._problem.horizon:
            raise OracleMisuse(
                f"prefixes must have at most {self._problem.horizon - 1} tokens to be continued, "
                f"got {prefixes.length}"
            )
        return self._problem.layers[prefixes.length]

    def _comparable(self, first: Prefixes, second: Prefixes) -> None:
        for ticket in (first, second):
            self._own(ticket)
        same = first.length == second.length and np.array_equal(first.rows, second.rows)
        if not same or not np.array_equal(first._prompt, second._prompt):
            raise OracleMisuse("second must answer the prompts of first, got responses to other prompts")

    def _far(
        self, precision: Floats, radius: float, tries: int, most: int | None
    ) -> tuple[Floats, float, int, int | None]:
        """The numbers of a search for pairs that are far apart, checked; `precision` is a copy."""
        d = self._problem.layers[0].d
        return (
            np.array(floats("precision", precision, (d, d))),
            positive("radius", radius),
            whole("tries", tries, least=1),
            None if most is None else whole("most", most, least=1),
        )

    def _each(self, prefixes: Prefixes, policy: TokenPolicies | None = None) -> list[int]:
        """The rows of `prefixes`, which must stand row by row, and have a policy each if one is needed."""
        if np.any(prefixes.rows[1:] < prefixes.rows[:-1]):
            raise OracleMisuse("prefixes must stand row by row, got others; see Prefixes.by_rows")
        if policy is not None:
            if type(policy) is not TokenPolicies:
                raise OracleMisuse(f"policy must be TokenPolicies, got a {type(policy).__name__}")
            want = (self.R, self._problem.horizon, self._problem.layers[0].d)
            if policy.theta.shape != want:
                raise OracleMisuse(f"theta must have shape {want}, got theta.shape={policy.theta.shape}")
        return np.unique(prefixes.rows).tolist()  # type: ignore[no-any-return]

    def _times(self, rounds: Ints) -> Ints:
        """The numbers of rounds of all rows, `[R]`, of which those are read that have prefixes."""
        times = whole_array("rounds", rounds, least=1)
        if times.shape != (self.R,):
            raise OracleMisuse(f"rounds must have shape {(self.R,)}, got rounds.shape={times.shape}")
        return times

    def _checked(self, policy: TokenPolicy) -> TokenPolicy:
        """A copy of `policy`, checked once more: data, and no code of a subclass."""
        if type(policy) is not TokenPolicy:
            raise OracleMisuse(f"policy must be a TokenPolicy, got a {type(policy).__name__}")
        told = {f.name: plain(f.name, getattr(policy, f.name)) for f in fields(TokenPolicy)}
        policy, want = TokenPolicy(**told), (self._problem.horizon, self._problem.layers[0].d)
        if policy.theta.shape != want:
            raise OracleMisuse(f"theta must have shape {want}, got theta.shape={policy.theta.shape}")
        return policy

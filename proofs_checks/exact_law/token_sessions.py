"""A small autoregressive problem in rationals, a policy for it, and how samples are held against known laws.

Nothing in it is symmetric: three prompts of unequal mass, two states a layer, base laws with and without
zeros, features, slopes and precisions that differ from layer to layer, rewards that tell tokens apart.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory.foundation.streams import Streams
from explore_theory.harness import Largest, OneSample, Trial
from explore_theory.oracles.tokens.exact_law import ExactLawTokenOracle
from explore_theory.oracles.tokens.literal import TokenOracle
from explore_theory.oracles.tokens.opening import open_tokens
from explore_theory.oracles.tokens.protocol import Prefixes, Returns
from explore_theory.oracles.tokens.sampler import TokenPolicies, TokenPolicy
from explore_theory.problems.noise import Bernoulli
from explore_theory.problems.protocol import Floats, Ints
from proofs_checks.exact_law.comparison import Outcomes, different
from proofs_checks.exact_law.token_enumeration import Policy, State, Tokens

BETA = 0.4
#: Rows of one oracle: of the literal law, of rollouts under the exact law, and where each is asked alone.
TOGETHER, MANY, FEW = 4096, 512, 32
#: So many rows of the exact law are asked alone.
ALONE = 256


def _vector(*quarters: int) -> tuple[Fraction, ...]:
    return tuple(Fraction(q, 4) for q in quarters)


def _state(base: Sequence[int], features: Sequence[Sequence[int]], reward: Sequence[int], *to: int) -> State:
    """Base masses over their sum, features in quarters, rewards in sixteenths."""
    return State(
        base=tuple(Fraction(b, sum(base)) for b in base),
        features=tuple(_vector(*row) for row in features),
        reward=tuple(Fraction(r, 16) for r in reward),
        next=to,
    )


WORLD = Tokens(
    rho=(Fraction(5, 8), Fraction(1, 8), Fraction(2, 8)),
    start=(1, 0, 1),
    layers=(
        (
            _state((3, 4, 1), ((0, 0), (1, 2), (3, 0)), (1, 0, 2), 0, 1, 1),
            _state((2, 1, 5), ((2, 0), (0, 1), (1, 3)), (0, 3, 1), 1, 0, 1),
        ),
        (
            _state((1, 0, 3), ((0, 2), (1, 1), (2, 2)), (4, 0, 0), 1, 0, 0),
            _state((4, 3, 1), ((1, 0), (0, 3), (2, 1)), (0, 2, 5), 0, 1, 0),
        ),
        (
            _state((5, 1, 2), ((0, 0), (2, 1), (0, 3)), (0, 8, 4), 0, 0, 0),
            _state((1, 3, 4), ((1, 1), (3, 0), (0, 0)), (6, 0, 3), 0, 0, 0),
        ),
    ),
)
POLICY = Policy(
    slope=((Fraction(8), Fraction(-4)), (Fraction(-4), Fraction(8)), (Fraction(8), Fraction(4))),
    precision=(
        (_vector(8, 1), _vector(1, 4)),
        (_vector(8, -2), _vector(-2, 4)),
        (_vector(4, 0), _vector(0, 6)),
    ),
    square=Fraction(1),
    draws=2,
    cap=2,
)


@dataclass(frozen=True)
class Sessions:
    """So many `draws` of something, each in a row of its own, under `law`."""

    law: str
    draws: int
    path: tuple[str, ...]
    reseed: int

    def oracles(
        self, together: int = TOGETHER, first: int = 0, end: int | None = None
    ) -> Iterator[TokenOracle]:
        """Oracles whose rows are the sessions from `first` to before `end` (none: all), so many `together`;
        rewards are coins.
        """
        problem, last = WORLD.problem(BETA, Bernoulli()), self.draws if end is None else end
        for start in range(first, last, together):
            rows = range(start, min(start + together, last))
            streams = Streams((*self.path, self.law), rows, self.reseed)
            yield open_tokens(problem, law=self.law, streams=streams)

    def played(self, session: Callable[[TokenOracle, Ints], Outcomes], *, few: bool = False) -> Outcomes:
        """What `session` shows of each row, `[draws, c]`.

        Many rows at once, see `walks` and `returns`; the first ones of the exact law each alone. Sessions
        that ask for each row by itself are `few`: a call costs as much as there are rows.
        """
        found = []
        alone = 0 if few or self.law == "literal" else min(ALONE, self.draws)
        for oracle in self.oracles(FEW, 0, alone):
            found += [session(oracle, np.array([row])) for row in range(oracle.R)]
        together = FEW if few else TOGETHER if self.law == "literal" else MANY
        for oracle in self.oracles(together, alone):
            found.append(session(oracle, np.arange(oracle.R)))
        return np.concatenate(found)


def walks(oracle: TokenOracle, prefixes: Prefixes, policy: TokenPolicy) -> list[Prefixes]:
    """`TokenOracle.walks`, or `walks_each` where several rows are asked of the exact law."""
    if not _each(oracle, prefixes):
        return oracle.walks(prefixes, policy)
    return oracle.walks_each(prefixes, TokenPolicies.joined([policy] * oracle.R))


def returns(
    oracle: TokenOracle, first: Prefixes, second: Prefixes, policy: TokenPolicy, rounds: int
) -> Returns:
    """`TokenOracle.returns`, or `returns_each` where several rows are asked of the exact law."""
    if not _each(oracle, first):
        return oracle.returns(first, second, policy, rounds)
    policies = TokenPolicies.joined([policy] * oracle.R)
    return oracle.returns_each(first, second, policies, np.full(oracle.R, rounds))


def _each(oracle: TokenOracle, prefixes: Prefixes) -> bool:
    """Whether rows are drawn one by one under this law, and there are several."""
    return isinstance(oracle, ExactLawTokenOracle) and bool(np.ptp(prefixes.rows) > 0)


def sessions(trial: Trial) -> Sessions:
    """The sessions of the case."""
    params, streams = trial.case.params, trial.streams
    path = (*streams.path, str(streams.rows[0]))
    return Sessions(str(params["law"]), int(params["draws"]), path, streams.reseed)


def seen_states(h: int, tokens: Ints, features: Floats) -> Ints:
    """`[n]`: the states of layer `h` in which `tokens` `[n]` have these `features` `[n, d]`."""
    known = np.array([state.features for state in WORLD.layers[h]], dtype=np.float64)
    same = (known[:, tokens] == features).all(axis=-1)
    if not np.all(same.sum(axis=0) == 1):
        raise RuntimeError(f"features must tell the states of layer {h} apart")
    return np.asarray(same.argmax(axis=0))


def to_law(outcomes: Outcomes, law: Mapping[tuple[int, ...], Any], names: Sequence[str]) -> Largest:
    """Distance of the law of `outcomes` `[n, c]` from `law`, the largest over columns, called `names`.

    As `in_one_order`, with the named column first and the others behind it in turn.
    """
    parts = {}
    for column, name in enumerate(names):
        turned = {(*key[column:], *key[:column]): mass for key, mass in law.items()}
        parts[name] = in_one_order(np.roll(outcomes, -column, axis=1), turned)
    return Largest(parts=parts, unit="draws")


def in_one_order(outcomes: Outcomes, law: Mapping[tuple[int, ...], Any]) -> OneSample:
    """The largest difference of probabilities that an outcome comes no later in the lexicographic order.

    It tells any two laws apart, and its margin does not grow with the number of outcomes.
    """
    rows, counts = different(outcomes)
    drawn = [tuple(row) for row in rows.tolist()]
    support = sorted(law.keys() | set(drawn))
    place = {outcome: i for i, outcome in enumerate(support)}
    cdf = np.minimum(np.cumsum([float(law.get(outcome, 0)) for outcome in support]), 1.0)

    def at(points: Floats) -> Floats:
        number = np.floor(points).astype(np.int64)
        return np.where(number >= 0, cdf[np.maximum(number, 0)], 0.0)

    return OneSample.real(np.repeat([place[row] for row in drawn], counts), at, unit="draws")

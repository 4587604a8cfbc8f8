"""Sessions of rollouts on the small problem of `token_sessions`, and the laws of what they show.

A session is played on an oracle for some of its rows; its law is that of X8's steps, one after another. A
law is a dictionary of masses by outcome, in parts that are compared one by one: what two rollouts show
together has too many outcomes for one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from explore_theory.oracles.ledger import KINDS
from explore_theory.oracles.tokens.literal import TokenOracle
from explore_theory.oracles.tokens.protocol import Prefixes
from explore_theory.problems.protocol import Floats, Ints
from proofs_checks.exact_law import comparison
from proofs_checks.exact_law.token_enumeration import (
    HONEST,
    OFF,
    PLACES,
    Changes,
    Walk,
    marginal,
    placed,
    rollouts,
)
from proofs_checks.exact_law.token_sessions import BETA, POLICY, WORLD, Sessions, returns, seen_states, walks

Law = dict[tuple[Any, ...], float]
_LAST = len(WORLD.layers) - 1
_TOKEN = KINDS.index("token")


@dataclass(frozen=True)
class Lies:
    """How a false law differs: in a step; two rollouts are one; rewards share noise; prompts are even."""

    step: Changes = HONEST
    shared_draws: bool = False
    shared_noise: bool = False
    even_prompts: bool = False
    free_layer: int | None = None
    repeated: bool = False


TRUE = Lies()


def starts(lies: Lies) -> Law:
    """The law of the state of the first layer."""
    law: Law = defaultdict(float)
    for mass, s in zip(WORLD.rho, WORLD.start, strict=True):
        law[s,] += 1 / len(WORLD.rho) if lies.even_prompts else float(mass)
    return law


def coins(first: float, second: float, lies: Lies) -> Law:
    """The law of two noisy rewards of these means."""
    both = min(first, second) if lies.shared_noise else first * second
    return {(1, 1): both, (1, 0): first - both, (0, 1): second - both, (0, 0): 1 - first - second + both}


def together(first: Law, second: Law, lies: Lies = TRUE) -> Iterator[tuple[Any, Any, float]]:
    """Two outcomes and their mass; where rollouts share their draws the second is the first."""
    for one, mass in first.items():
        if lies.shared_draws and first == second:
            yield one, one, mass
            continue
        for two, other in second.items():
            yield one, two, mass * other


def seen_of(s: int, first: int, last: int, key: Callable[[Walk], Any], lies: Lies) -> Law:
    """The law of what `key` shows of a rollout."""
    found = marginal(rollouts(WORLD, POLICY, s, first, last, lies.step), key)
    return {outcome: float(mass) for outcome, mass in found.items()}


def summed(laws: list[Law]) -> Law:
    """The law of the sum of independent vectors."""
    total, *others = laws
    for law in others:
        after: Law = defaultdict(float)
        for one, two, mass in together(total, law):
            after[tuple(a + b for a, b in zip(one, two, strict=True))] += mass
        total = after
    return total


def _calls(oracle: TokenOracle, rows: Ints) -> Floats:
    """`[k, H]`: token calls of `rows` so far."""
    return np.asarray(oracle.ledger.counts[rows][:, _TOKEN].sum(axis=1))


def _placed(log_ratio: Floats) -> Floats:
    return np.rint(log_ratio * PLACES + OFF)


# --- walks -------------------------------------------------------------------------------------------------


def two_rollouts(oracle: TokenOracle, rows: Ints) -> comparison.Outcomes:
    """`[k, 10]`: state of the prompt, four states after it, calls of the layers, two noisy rewards."""
    before = _calls(oracle, rows)
    visited = walks(oracle, oracle.prompts(rows).repeated(2), POLICY.data(BETA))
    calls = _calls(oracle, rows) - before
    states = []
    for h, here in enumerate(visited):
        shown = oracle.draw(here)
        states.append(seen_states(h, shown.tokens[:, 0], shown.features[:, 0]).reshape(-1, 2))
    ends = oracle.extend(visited[-1], shown.tokens[:, 0])
    reward = oracle.reward(ends.pick(slice(0, None, 2)), ends.pick(slice(1, None, 2)))
    # Both start in the state of one prompt; a difference is an outcome that no law has.
    start = np.where(states[0][:, 0] == states[0][:, 1], states[0][:, 0], -1)
    return comparison.whole(np.column_stack([start, *states[1:], calls, reward]))


def walk_parts(table: comparison.Outcomes) -> dict[str, comparison.Outcomes]:
    """What of `two_rollouts` is compared; every column leads some part, since the last ones weigh little."""
    start, ends, calls, rewards = (table[:, a:b] for a, b in ((0, 1), (3, 5), (5, 8), (8, 10)))
    return {
        "paths": table[:, :5],
        "calls": np.hstack([calls[:, [2, 0, 1]], start]),
        "later calls": np.hstack([calls[:, 1:2], start]),
        "ends and calls": np.hstack([start, ends, calls]),
        "rewards": np.hstack([rewards, start, ends]),
    }


@cache
def walk_laws(lies: Lies = TRUE) -> dict[str, Law]:
    """Their laws."""
    found: dict[str, Law] = {name: defaultdict(float) for name in walk_parts(np.zeros((1, 10), dtype=int))}
    for (s,), mass in starts(lies).items():
        law = seen_of(s, 0, _LAST, lambda walk: (walk.states[1:], walk.calls, walk.reward), lies)
        means: dict[Any, float] = defaultdict(float)
        for one, two, chance in together(law, law, lies):
            both = mass * chance
            bill = [a + b for a, b in zip(one[1], two[1], strict=True)] + [0]
            if lies.free_layer is not None:
                bill[lies.free_layer] = 0
            ends = (one[0][1], two[0][1])
            found["paths"][s, one[0][0], two[0][0], *ends] += both
            found["calls"][bill[2], bill[0], bill[1], s] += both
            found["later calls"][bill[1], s] += both
            found["ends and calls"][s, *ends, *bill] += both
            means[ends, one[2], two[2]] += both
        for (ends, gain, other), chance in means.items():
            for a, b, p in together(_last_reward(ends[0], gain), _last_reward(ends[1], other)):
                for noisy, q in coins(a[0], b[0], lies).items():
                    found["rewards"][*noisy, s, *ends] += chance * p * q
    return found


def _last_reward(s: int, gain: Fraction) -> Law:
    """The law of the whole reward after a base token of the last layer."""
    state = WORLD.layers[_LAST][s]
    return {(float(gain + r),): float(p) for r, p in zip(state.reward, state.base, strict=True) if p}


# --- returns -----------------------------------------------------------------------------------------------

#: Tokens before the last layer of the first and second prefix of two pairs; those of one pair are the same.
PAIRS = (((0, 0), (0, 0)), ((0, 1), (0, 2)))


def _after(start: Prefixes, oracle: TokenOracle, tokens: list[tuple[int, ...]]) -> Prefixes:
    """The prefixes of `start`, each so many times, with the tokens of one of `tokens` after it."""
    here = start.repeated(len(tokens))
    for place in range(len(tokens[0])):
        here = oracle.extend(here, np.tile([one[place] for one in tokens], start.count))
    return here


def two_pairs(oracle: TokenOracle, rows: Ints) -> comparison.Outcomes:
    """`[k, 6]`: of two pairs one token from the end difference of noisy rewards and of reports; token calls
    of the last layer; reward rounds.
    """
    start, policy = oracle.prompts(rows), POLICY.data(BETA)
    first, second = (_after(start, oracle, [pair[side] for pair in PAIRS]) for side in (0, 1))
    found = returns(oracle, first, second, policy, 1)
    shown = np.stack([found.reward, _placed(found.log_ratio)], axis=-1).reshape(rows.size, 4)
    return comparison.whole(
        np.column_stack([shown, _calls(oracle, rows)[:, _LAST], oracle.ledger.total("reward")[rows]])
    )


def pair_parts(table: comparison.Outcomes) -> dict[str, comparison.Outcomes]:
    """What of `two_pairs` is compared."""
    signs = np.column_stack([table[:, 0], np.sign(table[:, 1]), table[:, 2], np.sign(table[:, 3])])
    return {
        "same prefix": table[:, :2],
        "two prefixes": table[:, 2:4],
        "both pairs": signs,
        "bill": table[:, [5, 4, 0]],
    }


@cache
def pair_laws(lies: Lies = TRUE) -> dict[str, Law]:
    """Their laws."""
    found: dict[str, Law] = {name: defaultdict(float) for name in pair_parts(np.zeros((1, 6), dtype=int))}
    for (s,), mass in starts(lies).items():
        laws = [_pair(s, *pair, lies) for pair in PAIRS]
        parts: list[Law] = []
        for name, law in zip(("same prefix", "two prefixes"), laws, strict=True):
            short: Law = defaultdict(float)
            for (reward, ratio, calls), chance in law.items():
                found[name][reward, ratio] += mass * chance
                short[reward, int(np.sign(ratio)), calls] += chance
            parts.append(short)
        for one, two, chance in together(parts[0], parts[1]):
            found["both pairs"][*one[:2], *two[:2]] += mass * chance
            found["bill"][2, one[2] + two[2], one[0]] += mass * chance
    return found


def _pair(s: int, first: tuple[int, ...], second: tuple[int, ...], lies: Lies) -> Law:
    """The law of difference of rewards, of reports, and calls of one pair after the state `s`."""
    sides = []
    for tokens in (first, second):
        state, gain = s, Fraction(0)
        for h, token in enumerate(tokens):
            here = WORLD.layers[h][state]
            gain, state = gain + here.reward[token], here.next[token]
        shown = seen_of(state, _LAST, _LAST + 1, lambda walk: _shown(walk, 0), lies)
        sides.append({(float(gain) + one[0], *one[1:]): mass for one, mass in shown.items()})
    found: Law = defaultdict(float)
    for one, two, mass in together(sides[0], sides[1], lies):
        for (a, b), chance in coins(one[0], two[0], lies).items():
            found[a - b, placed(one[1] - two[1], one[2] - two[2]), one[3] + two[3]] += mass * chance
    return found


def _shown(walk: Walk, since: int) -> tuple[Any, ...]:
    """Reward, the two parts of the report, and calls in all."""
    return float(walk.reward), walk.power, walk.harmonic, sum(walk.calls[since:])


# --- rounds ------------------------------------------------------------------------------------------------


#: The first token of either side of a pair; the second pair is the first one turned round.
TURNED = (0, 2)


def rounds(oracle: TokenOracle, rows: Ints) -> comparison.Outcomes:
    """`[k, 7]`: two tokens from the end, reports of one round and of another; then of two pairs two rounds:
    the sums of their differences of rewards, the calls of either layer, and all reward rounds.
    """
    start, policy = oracle.prompts(rows), POLICY.data(BETA)
    first, second = (_after(start, oracle, [(token,)]) for token in TURNED)
    one, two = (_placed(returns(oracle, first, second, policy, 1).log_ratio) for _ in range(2))
    before = _calls(oracle, rows)
    turned = [_after(start, oracle, [(token,) for token in tokens]) for tokens in (TURNED, TURNED[::-1])]
    reward = 2 * returns(oracle, turned[0], turned[1], policy, 2).reward.reshape(-1, 2)
    calls = (_calls(oracle, rows) - before)[:, 1:]
    return comparison.whole(np.column_stack([one, two, reward, calls, oracle.ledger.total("reward")[rows]]))


def round_parts(table: comparison.Outcomes) -> dict[str, comparison.Outcomes]:
    """What of `rounds` is compared."""
    return {
        "report": table[:, :1],
        "reports agree": (table[:, :1] == table[:, 1:2]).astype(np.int64),
        "rewards": table[:, 2:4],
        "bill": table[:, [6, 4, 5]],
        "later bill": table[:, 5:6],
    }


@cache
def round_laws(lies: Lies = TRUE) -> dict[str, Law]:
    """Their laws."""
    found: dict[str, Law] = {name: defaultdict(float) for name in round_parts(np.zeros((1, 7), dtype=int))}
    for (s,), mass in starts(lies).items():
        here = WORLD.layers[0][s]
        sides = [(here.next[token], here.reward[token]) for token in TURNED]
        reports = [seen_of(state, 1, _LAST + 1, lambda w: (w.power, w.harmonic), lies) for state, _ in sides]
        law: Law = defaultdict(float)
        for one, two, chance in together(reports[0], reports[1]):
            law[placed(one[0] - two[0], one[1] - two[1]),] += chance
        for outcome, chance in law.items():
            found["report"][outcome] += mass * chance
        agree = 1.0 if lies.repeated else sum(chance * chance for chance in law.values())
        found["reports agree"][1,] += mass * agree
        found["reports agree"][0,] += mass * (1 - agree)
        # A noisy reward has the mean of the reward it is a coin of, whatever else there is.
        means = [
            float(gain) + sum(m * p[0] for p, m in _rewards(state, lies).items()) for state, gain in sides
        ]
        one_round: Law = defaultdict(float)
        for (a, b), chance in coins(means[0], means[1], lies).items():
            one_round[a - b,] += chance
        calls = [seen_of(state, 1, _LAST + 1, lambda w: w.calls, lies) for state, _ in sides]
        for outcome, chance in summed([*calls, *calls] * 2).items():
            found["bill"][6, *outcome] += mass * chance
            found["later bill"][outcome[1],] += mass * chance
        pair = summed([one_round] * 2)
        for one, two, chance in together(pair, pair):
            # The second pair is the first one turned round.
            found["rewards"][one[0], -two[0]] += mass * chance
    return found


def _rewards(state: int, lies: Lies) -> Law:
    return seen_of(state, 1, _LAST + 1, lambda w: (float(w.reward),), lies)


#: What a session shows, in parts, and their laws.
KINDS_OF_SESSIONS: Mapping[str, tuple[Any, Any, Any]] = {
    "walks": (two_rollouts, walk_parts, walk_laws),
    "returns": (two_pairs, pair_parts, pair_laws),
    "rounds": (rounds, round_parts, round_laws),
}


def played(world: Sessions, kind: str) -> dict[str, comparison.Outcomes]:
    """The sessions of one kind, in parts."""
    session, parts, _ = KINDS_OF_SESSIONS[kind]
    found: dict[str, comparison.Outcomes] = parts(world.played(session))
    return found

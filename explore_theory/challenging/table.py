"""The oracle's side of a block of runs: every question checked, charged and answered, for its own replicate.

The learner's process sends whatever it likes; here it is data. A question names a replicate and speaks of
that one alone: prompts are numbers of those that this replicate was given, and what it costs is looked at
before the oracle is asked, which charges before it answers. Questions of one kind are answered by one call.

Letters: `R` replicates, `d` feature dimension, `m` draws.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explore_theory.errors import InvalidProblem, OracleMisuse
from explore_theory.oracles import Dot, Norm, Oracle
from explore_theory.oracles.answers import NO_RESPONSE, Ctx
from explore_theory.problems.protocol import Ball, Bools, Floats

#: The most draws of one call.
MOST_DRAWS = 1 << 16
#: Calls that were refused for want of budget, after which a replicate is told no more.
MOST_REFUSED = 1000
#: Prompts are free, and a learner may draw so many for each call and reward round of its budget, and some.
PROMPTS_EACH, PROMPTS_MORE = 2, 64


class Violation(Exception):
    """A message that no client sends; one line."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What one replicate may spend: calls, `strong` ones among them or not, and reward rounds."""

    calls: int
    rewards: int
    strong: bool = True

    @property
    def prompts(self) -> int:
        """The most prompts."""
        return PROMPTS_EACH * (self.calls + self.rewards) + PROMPTS_MORE


class Refused(Exception):
    """A question that is not answered; `budget` says whether for want of it."""

    def __init__(self, why: str, *, budget: bool = False) -> None:
        super().__init__(why)
        self.budget = budget


class Table:
    """`R` replicates at one oracle; `answer` takes their questions, by replicate."""

    def __init__(self, oracle: Oracle, budget: Budget) -> None:
        self._oracle, self._budget = oracle, budget
        self._facts = oracle.facts
        self._R, self._d = oracle.R, oracle.facts.d
        #: By replicate, the tickets that it was given, and which of them have been rewarded.
        self._tickets: list[list[Ctx]] = [[] for _ in range(self._R)]
        self._rewarded: list[set[int]] = [set() for _ in range(self._R)]
        self._refused = [0] * self._R
        #: Calls and reward rounds of each replicate, as charged.
        self.calls, self.rewards = [0] * self._R, [0] * self._R
        #: Calls of the strong oracle, all replicates together.
        self.strong_calls = 0
        #: By verb: how a question is checked, how a group of them is answered, and how many arguments it has.
        self._verbs: Mapping[str, tuple[Callable[..., Any], Callable[..., None], int]] = {
            "prompt": (self._ask_prompt, self._do_prompt, 0),
            "draw": (self._ask_draw, self._do_draw, 3),
            "search": (self._ask_search, self._do_search, 5),
            "reward": (self._ask_reward, self._do_reward, 3),
        }

    def answer(self, asked: Mapping[int, Sequence[Any]]) -> dict[int, list[Any]]:
        """The answers to `asked`, a question for each of some replicates.

        Raises
        ------
        Violation
            If a question is none that the client asks.
        """
        answers: dict[int, list[Any]] = {}
        groups: dict[Any, dict[int, Any]] = {}
        for row, question in asked.items():
            try:
                key, what = self._read(row, question)
                groups.setdefault(key, {})[row] = what
            except Refused as error:
                answers[row] = self._no(row, error)
        for key, rows in groups.items():
            self._verbs[key[0]][1](key, rows, answers)
        return answers

    def _no(self, row: int, error: Refused) -> list[Any]:
        if error.budget:
            self._refused[row] += 1
            if self._refused[row] > MOST_REFUSED:
                raise Violation(f"a replicate asked {MOST_REFUSED:,} times for more than its budget")
        return ["budget" if error.budget else "no", str(error)]

    def _read(self, row: int, question: Sequence[Any]) -> tuple[Any, Any]:
        if not question or type(question[0]) is not str or question[0] not in self._verbs:
            raise Violation(f"a question must be one of {', '.join(self._verbs)}, got {question!r:.60}")
        ask, _, arguments = self._verbs[question[0]]
        if len(question) - 1 != arguments:
            raise Violation(f"{question[0]} must have {arguments} arguments, got {len(question) - 1}")
        return ask(row, *question[1:])  # type: ignore[no-any-return]

    # --- prompts -------------------------------------------------------------------------------------------

    def _ask_prompt(self, row: int) -> Any:
        if len(self._tickets[row]) >= self._budget.prompts:
            raise Refused(f"prompts must stay at most {self._budget.prompts}, got one more", budget=True)
        return ("prompt",), None

    def _do_prompt(self, key: Any, rows: dict[int, Any], answers: dict[int, list[Any]]) -> None:
        ctx = self._oracle.prompt(self._mask(rows))
        for row in rows:
            self._tickets[row].append(ctx)
            answers[row] = ["ok", [int(ctx.prompts[row]), len(self._tickets[row]) - 1]]

    # --- draws ---------------------------------------------------------------------------------------------

    def _ask_draw(self, row: int, ticket: Any, m: Any, theta: Any) -> Any:
        ctx, m = self._ctx(row, ticket), _whole("m", m, 1, MOST_DRAWS)
        parameter = self._parameter(theta)
        self._can_pay(row, m)
        return ("draw", id(ctx), m, parameter is not None), (ctx, parameter)

    def _do_draw(self, key: Any, rows: dict[int, Any], answers: dict[int, list[Any]]) -> None:
        _, _, m, strong = key
        ctx = next(iter(rows.values()))[0]
        sample = self._oracle.draw(
            ctx, m, theta=self._thetas(rows) if strong else None, rows=self._mask(rows)
        )
        response, features = sample.response, sample.features
        self.strong_calls += m * len(rows) * strong
        for row in rows:
            self.calls[row] += m
            answers[row] = ["ok", [response[row].tolist(), sparse(features[row])]]
        self._forget(ctx)

    def _ask_search(self, row: int, ticket: Any, tries: Any, theta: Any, along: Any, above: Any) -> Any:
        ctx, tries = self._ctx(row, ticket), _whole("tries", tries, 1, 2**53)
        parameter = self._parameter(theta)
        direction = None if along is None else _vector("along", along, self._d)
        self._can_pay(row, 1)
        cap = min(tries, self._budget.calls - self.calls[row])
        what = (ctx, parameter, cap, direction, _number("above", above))
        return ("search", id(ctx), parameter is not None, direction is not None), what

    def _do_search(self, key: Any, rows: dict[int, Any], answers: dict[int, list[Any]]) -> None:
        ctx = next(iter(rows.values()))[0]
        mask, limit, least = self._mask(rows), np.zeros(self._R), np.zeros(self._R)
        directions = np.zeros((self._R, self._d))
        for row, (_, _, cap, direction, above) in rows.items():
            limit[row], least[row] = cap, above
            directions[row] = 0.0 if direction is None else direction
        hit = Dot(directions) > least if key[3] else Norm() > 0
        theta = self._thetas(rows) if key[2] else None
        found = self._oracle.search(ctx, hit, limit, theta=theta, rows=mask)
        for row in rows:
            used = int(found.used[row])
            self.calls[row] += used
            self.strong_calls += used * key[2]
            response = int(found.response[row])
            none = response == NO_RESPONSE
            features = None if none else sparse(found.features[row][None])
            answers[row] = ["ok", [None if none else response, features and features[0], used]]
        self._forget(ctx)

    # --- rewards -------------------------------------------------------------------------------------------

    def _ask_reward(self, row: int, ticket: Any, first: Any, second: Any) -> Any:
        ctx, most = self._ctx(row, ticket), self._facts.responses
        if most is None:
            raise Refused("responses must be drawn to be rewarded here")
        pair = [_whole("response", y, 0, most - 1) for y in (first, second)]
        if ticket in self._rewarded[row]:
            raise Refused(
                "prompt must be a fresh one in every reward round, got one that was rewarded; call "
                "oracle.prompt() again"
            )
        if self.rewards[row] >= self._budget.rewards:
            raise Refused(
                f"reward rounds must stay at most {self._budget.rewards}, got one more", budget=True
            )
        return ("reward", id(ctx)), (ctx, ticket, pair)

    def _do_reward(self, key: Any, rows: dict[int, Any], answers: dict[int, list[Any]]) -> None:
        ctx = next(iter(rows.values()))[0]
        pairs = np.zeros((2, self._R), dtype=np.int64)
        for row, (_, ticket, pair) in rows.items():
            pairs[:, row] = pair
            self._rewarded[row].add(ticket)
            self.rewards[row] += 1
        seen = self._oracle.reward(ctx, pairs[0], pairs[1], rows=self._mask(rows))
        for row in rows:
            answers[row] = ["ok", seen[row].tolist()]

    # --- what they share -----------------------------------------------------------------------------------

    def _mask(self, rows: Mapping[int, Any]) -> Bools:
        mask = np.zeros(self._R, dtype=bool)
        mask[list(rows)] = True
        return mask

    def _thetas(self, rows: Mapping[int, Any]) -> Floats:
        theta = np.zeros((self._R, self._d))
        for row, what in rows.items():
            theta[row] = what[1]
        return theta

    def _ctx(self, row: int, ticket: Any) -> Ctx:
        given = self._tickets[row]
        if type(ticket) is not int or not 0 <= ticket < len(given):
            raise Refused(f"prompt must be one that this replicate was given, got ticket={ticket!r:.40}")
        return given[ticket]

    def _parameter(self, theta: Any) -> Floats | None:
        if theta is None:
            return None
        if not self._budget.strong:
            raise Refused(
                "theta must be None where the strong oracle is not part of the game, got a parameter"
            )
        return parameter(theta, self._facts)

    def _can_pay(self, row: int, calls: int) -> None:
        if self.calls[row] + calls > self._budget.calls:
            raise Refused(
                f"calls must stay at most {self._budget.calls}, got {self.calls[row] + calls}", budget=True
            )

    def _forget(self, ctx: Ctx) -> None:
        """Atoms of a prompt are computed again when they are needed: thousands of prompts may be held."""
        visits: Any = getattr(self._oracle, "_visits", None)
        if visits is not None and ctx in visits:
            visits[ctx]._atoms = None


def parameter(theta: Any, facts: Any) -> Floats:
    """`theta` as a parameter in ``Theta``.

    Raises
    ------
    OracleMisuse
        If it is none.
    """
    found = _vector("theta", theta, facts.d)
    if facts.parameters is None or not bool(facts.parameters.contains(found)):
        size = (
            float(np.sqrt((found * found).sum()))
            if isinstance(facts.parameters, Ball)
            else float(np.abs(found).max())
        )
        raise Refused(f"theta must lie in {facts.parameters}, got one of size {size:.6g}")
    return found


def refusal(error: Exception) -> str | None:
    """The line of a refusal of this file's checks; None for other errors."""
    return str(error) if isinstance(error, Refused | OracleMisuse | InvalidProblem) else None


def _vector(name: str, values: Any, d: int) -> Floats:
    if type(values) is not list or len(values) != d:
        got = f"{len(values)} of them" if type(values) is list else f"{values!r:.40}"
        raise Refused(f"{name} must be {d} numbers, got {got}")
    return np.array([_number(f"{name}[{k}]", value) for k, value in enumerate(values)])


def _number(name: str, value: Any) -> float:
    # JSON has integers beyond every double.
    if type(value) not in (int, float) or not abs(value) <= 1e300 or not math.isfinite(value):
        raise Refused(f"{name} must be a finite number, got {value!r:.40}")
    return float(value)


def _whole(name: str, value: Any, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise Refused(f"{name} must be a whole number from {least} to {most}, got {value!r:.40}")
    return value


def sparse(features: Floats) -> list[Any] | None:
    """`features` `[m, d]` by rows, with None for a row of zeros, and for nothing but such rows."""
    some = np.asarray(features.any(axis=-1))
    if not some.any():
        return None
    return [row.tolist() if here else None for row, here in zip(features, some, strict=True)]

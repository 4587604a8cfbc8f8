"""Runs of a learner in its own process, many side by side, and what is kept of them.

The process is sent replicates by numbers that mean nothing to it, some at a time, and asked for one step of
each in turn; which problem a number stands for, and by which seed, stays here.

Letters: `R` replicates.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Protocol, Self

import numpy as np

from explore_theory import oracles
from explore_theory.challenging.games import Game
from explore_theory.challenging.judged import BadOutput, Judged, gaps, judged
from explore_theory.challenging.process import Declared, Died, Limits, Process
from explore_theory.challenging.proper_table import ProperTable
from explore_theory.challenging.table import Budget, Table, Violation
from explore_theory.foundation.brief import brief
from explore_theory.foundation.streams import Streams
from explore_theory.problems.protocol import Ball, Bools, Facts, Floats

#: Replicates that a process runs side by side.
TOGETHER = 64
#: Of so many that are played for one purpose, one is noted, to be played alone when all is over.
_NOTED = 32


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A run that went wrong: the replicate, a line, and the traceback if there is one."""

    row: int
    line: str
    trace: str


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Runs:
    """`R` runs at one budget.

    Parameters
    ----------
    rows
        The replicates.
    gap
        `[R]`, in units of reward; infinite where nothing was returned that counts.
    calls, rewards
        `[R]`: what was charged, one response of the output included in the calls.
    out, over
        `[R]`: runs that ended with a refusal for want of budget, and those whose output the rest of it does
        not pay for.
    digests
        What each was told, asked and returned, in short, for comparisons bit by bit.
    failures
        Runs that went wrong.
    strong
        Whether any asked the strong oracle.
    """

    rows: tuple[int, ...]
    gap: Floats
    calls: Floats
    rewards: Floats
    out: Bools
    over: Bools
    digests: tuple[str, ...]
    failures: tuple[Failure, ...]
    strong: bool

    def successes(self, eps: float) -> int:
        """How many have a gap of at most `eps`."""
        return int((self.gap <= eps).sum())


@dataclass(frozen=True, kw_only=True)
class Noted:
    """One replicate of those that were played for a purpose, and its digest in that company."""

    game: Game
    budget: Budget
    law: str
    purpose: str
    row: int
    digest: str


class Plays(Protocol):
    """What plays a learner: here one that makes scalar calls, `array_player` one that holds arrays."""

    isolated: bool
    declared: Declared
    questions: int
    seed: int
    noted: list[Noted]

    def renew(self) -> None:
        """Go on in a fresh process."""

    def path(self, game: Game, purpose: str, what: str) -> tuple[str, ...]:
        """The path of streams."""

    def play(
        self,
        game: Game,
        budget: Budget,
        rows: Sequence[int],
        *,
        law: str = ...,
        purpose: str = ...,
        watched: bool = ...,
        together: int = ...,
    ) -> Runs:
        """The runs of replicates `rows`."""


class Player:
    """A learner, and the process that it runs in; a context manager."""

    #: Whether runs are in a process of their own.
    isolated = True

    def __init__(self, learner: str, settings: Mapping[str, Any], limits: Limits, seed: int) -> None:
        self._learner, self._settings, self._limits, self.seed = learner, dict(settings), limits, seed
        self._process: Process | None = None
        self.declared = self._alive().declared
        #: Questions that were answered.
        self.questions = 0
        #: A replicate of each play that was not watched as a whole.
        self.noted: list[Noted] = []

    def _alive(self) -> Process:
        if self._process is None:
            self._process = Process(self._learner, self._settings, self._limits)
        return self._process

    def renew(self) -> None:
        """Go on in a fresh process."""
        if self._process is not None:
            self._process.end()
        self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.renew()

    def play(
        self,
        game: Game,
        budget: Budget,
        rows: Sequence[int],
        *,
        law: str = "exact-law",
        purpose: str = "",
        watched: bool = False,
        together: int = TOGETHER,
    ) -> Runs:
        """The runs of replicates `rows`, in that order, `together` side by side.

        If they are `watched`, all that each is told, asks and returns goes into its digest; else that of one
        of them in the later half, which nobody can tell from the others, and it is `noted`. What a replicate
        meets depends on the seed, the game, the `purpose` and its number alone.

        Raises
        ------
        Died
            If the process did not get to the end.
        """
        blocks = [rows[k : k + together] for k in range(0, len(rows), together)]
        spot = None if watched or len(rows) < _NOTED else self._spot(game, purpose, rows)
        seen = frozenset(rows if watched else () if spot is None else (spot,))
        try:
            parts = [_Block(self, game, budget, block, law, purpose, seen).run() for block in blocks]
        except Violation as error:
            broken = self._alive().broken(str(error))
            self.renew()
            raise broken from None
        except Died:
            self.renew()
            raise
        runs = joined(parts)
        if spot is not None:
            digest = runs.digests[runs.rows.index(spot)]
            self.noted.append(
                Noted(game=game, budget=budget, law=law, purpose=purpose, row=spot, digest=digest)
            )
        return runs

    def _spot(self, game: Game, purpose: str, rows: Sequence[int]) -> int:
        """One of the later half of `rows`, by the seed."""
        streams = Streams(self.path(game, purpose, "spot"), [rows[0]], self.seed)
        later = rows[len(rows) // 2 :]
        return later[int(len(later) * streams.uniform(1)[0, 0])]

    def path(self, game: Game, purpose: str, what: str) -> tuple[str, ...]:
        """The path of streams."""
        return ("challenge", game.name, purpose, what)


class _Block:
    """Some replicates from beginning to end."""

    def __init__(
        self,
        player: Player,
        game: Game,
        budget: Budget,
        rows: Sequence[int],
        law: str,
        purpose: str,
        watched: frozenset[int],
    ) -> None:
        self._player, self._game, self._budget, self._rows = player, game, budget, tuple(rows)
        seed = player.seed
        streams = Streams(player.path(game, purpose, "oracle"), self._rows, seed)
        self._coins = Streams(player.path(game, purpose, "coins"), self._rows, seed).words(1)[:, 0].tolist()
        self._table: Table | ProperTable
        self._problem = game.problem(self._rows, seed, purpose)
        self._facts = self._problem.facts
        # Through which a replicate sees parameters and features.
        self._signs = np.ones((len(rows), self._facts.d))
        if game.proper:
            coins = Streams(player.path(game, purpose, "signs"), self._rows, seed).uniform(self._facts.d)
            self._signs = np.where(coins < 0.5, -1.0, 1.0)
            opened = oracles.open_proper(self._problem, law=law, streams=streams, idles=True)
            self._table = ProperTable(opened, budget, self._signs)
        else:
            ordinary = oracles.open(self._problem, law=law, streams=streams, idles=True)
            self._table = Table(ordinary, budget)
        self._watched = watched
        self._notes = [blake2b(digest_size=16) for _ in self._rows]
        self._outputs: dict[int, Judged] = {}
        self._out, self._over = np.zeros((2, len(rows)), dtype=bool)
        self._failures: list[Failure] = []

    def run(self) -> Runs:
        process = self._player._alive()
        process.say(
            {
                "facts": _sent(self._facts),
                "budget": {"calls": self._budget.calls, "rewards": self._budget.rewards},
                "slots": [[k, f"{coins:x}"] for k, coins in enumerate(self._coins)],
            }
        )
        left = list(range(len(self._rows)))
        while left:
            asked = self._asked(process.hear(), left)
            left = [k for k in left if not self._ended(k, asked[k])]
            if not left:
                break
            answers = self._table.answer({k: asked[k] for k in left})
            self._player.questions += len(left)
            for k in left:
                if self._rows[k] in self._watched:
                    self._notes[k].update(json.dumps([asked[k], answers[k]]).encode())
            process.say([answers[k] for k in left])
        return self._runs()

    def _asked(self, message: Any, left: list[int]) -> dict[int, list[Any]]:
        """What each of the replicates `left` says, in one message that has all of them once."""
        match message:
            case ["asks", list(entries)] if len(entries) == len(left):
                pass
            case _:
                raise Violation(
                    f"it must say something for each of {len(left)} replicates, got {message!r:.60}"
                )
        asked: dict[int, list[Any]] = {}
        for k, entry in zip(left, entries, strict=True):
            if type(entry) is not list or len(entry) < 2 or type(entry[0]) is not int or entry[0] != k:
                raise Violation(f"it must say what replicate {k} asks, got {entry!r:.60}")
            asked[k] = entry[1:]
        return asked

    def _ended(self, k: int, said: list[Any]) -> bool:
        """Whether this is the last that replicate `k` says; then it is judged."""
        match said:
            case ["done", output]:
                self._notes[k].update(json.dumps(output).encode())
                try:
                    found = judged(output, self._facts, proper=self._game.proper)
                except BadOutput as error:
                    self._fail(k, str(error), "")
                    return True
                self._table.calls[k] += found.calls
                if self._table.calls[k] > self._budget.calls:
                    self._over[k] = True
                else:
                    self._outputs[k] = found
                return True
            case ["out"]:
                self._out[k] = True
                return True
            case ["failed", str(kind), str(line), str(trace)]:
                self._fail(
                    k,
                    line[:400] if kind == "refusal" else f"run must end without an error, got {line[:400]}",
                    trace[:8000],
                )
                return True
        return False

    def _fail(self, k: int, line: str, trace: str) -> None:
        self._failures.append(Failure(row=self._rows[k], line=line, trace=trace))

    def _runs(self) -> Runs:
        table = self._table
        return Runs(
            rows=self._rows,
            gap=gaps(self._problem, self._outputs, self._signs),
            calls=np.array(table.calls, dtype=np.float64),
            rewards=np.array(table.rewards, dtype=np.float64),
            out=self._out,
            over=self._over,
            digests=tuple(note.hexdigest() for note in self._notes),
            failures=tuple(self._failures),
            strong=table.strong_calls > 0,
        )


def joined(parts: Sequence[Runs]) -> Runs:
    """Several, one after the other."""

    def all_of(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    return Runs(
        rows=tuple(row for part in parts for row in part.rows),
        gap=all_of("gap"),
        calls=all_of("calls"),
        rewards=all_of("rewards"),
        out=all_of("out"),
        over=all_of("over"),
        digests=tuple(digest for part in parts for digest in part.digests),
        failures=tuple(failure for part in parts for failure in part.failures),
        strong=any(part.strong for part in parts),
    )


def _sent(facts: Facts) -> dict[str, Any]:
    """What a learner is told for free."""
    theta = facts.parameters
    return {
        "d": facts.d,
        "beta": facts.beta,
        "reward_range": facts.reward_range,
        "radius": 0.0 if theta is None else theta.radius if isinstance(theta, Ball) else theta.half_width,
        "shape": "box" if not isinstance(theta, Ball) else "ball",
        "sigma": facts.sigma,
        "coverage": facts.coverage,
        "prompts": facts.prompts,
        "responses": facts.responses,
    }

"""A challenge from beginning to end: what is played, and against what; how the error level is shared."""

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explore_theory.challenging import placing
from explore_theory.challenging.array_player import ArrayPlayer
from explore_theory.challenging.challenged import Challenged
from explore_theory.challenging.findings import Finding, Placement
from explore_theory.challenging.games import FormulaGame, Game, LinearGame, NeedleGame
from explore_theory.challenging.guard import unreadable
from explore_theory.challenging.integrity import Apart, kept_apart, laws_agree, spots_apart, still_apart
from explore_theory.challenging.judging import against, confirmed, threshold
from explore_theory.challenging.player import Failure, Player, Plays, Runs
from explore_theory.challenging.process import Died, Limits
from explore_theory.challenging.table import Budget
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import one_of, whole
from explore_theory.harness.discovery.budget import ALPHA, require_alpha
from explore_theory.harness.verdicts.verdict import Status

#: Runs that look for mistakes before anything is counted.
_TRIED = 8


@dataclass(frozen=True, kw_only=True)
class Tier:
    """How much is played."""

    runs: int
    needles: tuple[float, ...]
    rungs: tuple[float, ...]
    scarcities: tuple[float, ...]
    widths: tuple[int, ...]
    search: int
    laws: int
    distance: float
    wide: bool


TIERS = {
    "quick": Tier(
        runs=1536, needles=(8.0, 32.0), rungs=(8.0, 16.0, 32.0), scarcities=(3.0, 10.0, 30.0), widths=(3, 4),
        search=512, laws=1024, distance=0.25, wide=False,
    ),
    "full": Tier(
        runs=8192, needles=(8.0, 16.0, 32.0, 54.0), rungs=(4.0, 8.0, 16.0, 32.0, 54.0),
        scarcities=(3.0, 10.0, 30.0, 100.0), widths=(3, 4, 5), search=2048, laws=4096, distance=0.125,
        wide=True,
    ),
}  # fmt: skip

#: Of a learner that holds arrays.
NOT_ISOLATED: tuple[str, ...] = (
    "It holds arrays, so it ran in the oracle's process, and nothing but the door of the oracle kept the "
    "problem from it: frames, gc and ctypes reach it. A learner of scalar calls has a process of its own.",
)
Told = Callable[[str], None]


def challenge(
    learner: Any,
    *,
    tier: str = "quick",
    seed: int | None = None,
    alpha: float = ALPHA,
    settings: Mapping[str, Any] | None = None,
    seconds: float = 20.0,
    memory: int = 4 << 30,
    told: Told | None = None,
) -> Challenged:
    """Play `learner`, in a process of its own, and hold what it finds against what no algorithm can exceed.

    Parameters
    ----------
    learner
        ``"module:Name"``, ``"path/to/file.py:Name"``, or a function or class that is written in a file.
    tier
        ``"quick"`` or ``"full"``.
    seed
        None for one that the operating system draws, and that nobody knows before the end.
    alpha
        The chance that any verdict is wrong, shared evenly by all tests.
    settings
        Parameters of a class, by name.
    seconds, memory
        What its process may use: seconds of its own between two messages, bytes of memory.
    told
        Is called with a line for each part that begins.

    Raises
    ------
    InvalidProblem
        If there is no such learner, or an argument is out of range. What goes wrong later is a verdict.
    """
    chosen = TIERS[one_of("tier", tier, TIERS)]
    require_alpha(alpha)
    drawn = int.from_bytes(os.urandom(7), "little") if seed is None else whole("seed", seed, least=0)
    if not (isinstance(seconds, int | float) and 0 < seconds < math.inf):
        raise InvalidProblem(f"seconds must be positive and finite, got seconds={seconds!r}")
    where = _place_of(learner)
    chosen_player: Plays
    limits = Limits(seconds=float(seconds), memory=whole("memory", memory, least=1 << 28))
    begun = time.perf_counter()
    with unreadable() as isolation, Player(where, dict(settings or {}), limits, drawn) as player:
        if player.declared.arrays:
            player.renew()
            if player.declared.proper:
                raise InvalidProblem(
                    f"learner must make scalar calls if it is proper, got {player.declared.name}, which says "
                    "`vectorised`; explore_theory.play plays it"
                )
            chosen_player = ArrayPlayer(where, dict(settings or {}), player.declared, drawn)
        else:
            chosen_player = player
        session = _Session(chosen_player, chosen, alpha, told or (lambda line: None))
        session.play()
        return Challenged(
            learner=where,
            name=player.declared.name,
            proper=player.declared.proper,
            seed=drawn,
            known=seed is not None,
            tier=tier,
            alpha=alpha,
            tests=session.tests,
            seconds=time.perf_counter() - begun,
            questions=chosen_player.questions,
            findings=tuple(session.findings),
            placements=tuple(session.placements),
            lines=session.lines(),
            notes=tuple(session.notes),
            isolation=isolation if chosen_player.isolated else NOT_ISOLATED,
            again=_again(where, tier, drawn, alpha, settings or {}),
        )


class _Session:
    """What a challenge does, in order."""

    def __init__(self, player: Plays, tier: Tier, alpha: float, told: Told) -> None:
        self._player, self._tier, self._told = player, tier, told
        self.findings: list[Finding] = []
        self.placements: list[Placement] = []
        self.notes: list[str] = []
        self._bad: set[str] = set()
        #: Bounds that were exceeded, and the successes and runs of the second time.
        self._excesses: list[tuple[Finding, int, int]] = []
        #: Set once it is known whether the learner asks the strong oracle.
        self._strong = False
        self._alpha_in_all = alpha
        self.tests = 1

    @property
    def _alpha(self) -> float:
        return self._alpha_in_all / self.tests

    def play(self) -> None:
        """Everything; an error of a run ends the game that it happens in, and one of the process all."""
        try:
            if self._player.declared.proper:
                self._all(self._formulas(), self._formulas(), FormulaGame(k=self._tier.widths[0]), None)
            else:
                self._strong = self._asks_strong()
                if self._strong:
                    self.notes.append(
                        "It asks the strong oracle, so it plays the games that have one, and no others."
                    )
                needles = list(self._needles())
                placed: list[Game] = [NeedleGame(coverage=c, strong=self._strong) for c in self._tier.rungs]
                placed += [LinearGame(scarcity=s, seed=self._player.seed) for s in self._tier.scarcities]
                searched = NeedleGame(coverage=8.0, strong=self._strong)
                shared = LinearGame(scarcity=self._tier.scarcities[0], seed=self._player.seed)
                self._all(needles, placed, searched, shared)
        except Died as error:
            self._error("process", "The learner's process stays until it is done.", str(error), error.trace)

    def _all(self, tested: Sequence[Game], placed: Sequence[Game], small: Game, shared: Game | None) -> None:
        budgets = [(game, budget) for game in tested for budget in _budgets(game)]
        builtin = sum(len(placing.built_in(game)) for game in placed)
        self.tests = len(budgets) + len(placed) + builtin + 1
        apart: list[Apart] = []
        for game in filter(None, (small, shared)):
            if self._sound(game, game.budget(8)):
                self._told(f"alone and in company: {game.name}")
                apart.append(kept_apart(self._player, game, game.budget(8)))
                self.findings.append(apart[-1].finding)
        for game, budget in budgets:
            if self._sound(game, budget):
                self._told(f"against the bound: {game.name}, {budget.calls} calls")
                self._bound(game, budget)
        if small.name not in self._bad:
            self._told(f"both laws: {small.name}")
            runs = self._tier.laws
            self.findings.append(
                laws_agree(self._player, small, small.budget(8), runs, self._alpha, self._tier.distance)
            )
        for game in placed:
            self._told(f"smallest budgets: {game.name}")
            self._place(game)
        for before in apart:
            after = still_apart(self._player, before)
            self.findings = [after if finding is before.finding else finding for finding in self.findings]
        self._told("one of each game and budget, alone")
        if (spots := spots_apart(self._player)) is not None:
            self.findings.insert(len(apart), spots)
        for excess, good, trials in self._excesses:
            told = confirmed(excess, good, trials, self.findings)
            self.findings = [told if finding is excess else finding for finding in self.findings]

    def _needles(self) -> Iterator[NeedleGame]:
        for blank in (False, True):
            for coverage in self._tier.needles:
                yield NeedleGame(coverage=coverage, blank=blank, strong=self._strong)
        # As few responses as can be named one by one.
        yield NeedleGame(coverage=20.0, blank=True, strong=self._strong, responses=65, rewards=4)

    def _formulas(self) -> list[Game]:
        return [FormulaGame(k=k) for k in self._tier.widths]

    def _asks_strong(self) -> bool:
        game = NeedleGame(coverage=8.0, strong=True)
        return self._player.play(game, game.budget(16), range(_TRIED), purpose="tried").strong

    def _sound(self, game: Game, budget: Budget) -> bool:
        """Whether some runs end without a mistake; an ERROR if not, once for each game."""
        if game.name in self._bad:
            return False
        runs = self._player.play(game, budget, range(_TRIED), purpose="tried")
        return self._fine(game, runs)

    def _fine(self, game: Game, runs: Runs) -> bool:
        if not runs.failures:
            return True
        first: Failure = runs.failures[0]
        often = f"in {len(runs.failures)} of {len(runs.rows)} runs"
        self._error(game.name, "Every run ends with a policy.", f"{first.line} ({often})", first.trace)
        self._bad.add(game.name)
        return False

    def _error(self, about: str, statement: str, line: str, trace: str) -> None:
        self.findings.append(
            Finding(
                kind="error",
                about=about,
                statement=statement,
                claims=(),
                status=Status.ERROR,
                reason=line,
                trace=trace,
            )
        )

    def _bound(self, game: Game, budget: Budget) -> None:
        runs = self._player.play(game, budget, range(self._tier.runs), purpose=f"bound {budget.calls}")
        if not self._fine(game, runs):
            return
        finding = against(game, budget, runs, self._alpha)
        if finding.status is Status.REFUTED:
            again = self._player.play(game, budget, range(self._tier.runs), purpose=f"again {budget.calls}")
            self._excesses.append((finding, again.successes(game.eps), len(again.rows)))
        self.findings.append(finding)

    def _place(self, game: Game) -> None:
        search = placing.search_of(game, self._alpha, rows=self._tier.search, wide=self._tier.wide)
        for name, make in placing.built_in(game).items():
            run = placing.ours(name, make, game, self._player.seed)
            self.placements.append(placing.place(name, game, search, run, own=False))
        if not self._sound(game, game.budget(search.first)):
            return
        try:
            mine = placing.place(
                self._player.declared.name, game, search, placing.challenged(self._player, game), own=True
            )
        except placing.Failed as error:
            self._error(game.name, "Every run ends with a policy.", str(error), error.trace)
            return
        self.placements.append(mine)
        if (needed := game.least_calls()) is not None:
            self.findings.append(threshold(game, mine, needed))

    def lines(self) -> dict[str, tuple[tuple[float, float], ...]]:
        """By family, the calls that any algorithm needs."""
        placed: list[Game] = [
            *(NeedleGame(coverage=c, strong=strong) for strong in (False, True) for c in self._tier.rungs),
            *self._formulas(),
        ]
        shown = {p.family for p in self.placements}
        found: dict[str, tuple[tuple[float, float], ...]] = {}
        for game in placed:
            needed = game.least_calls()
            if game.family in shown and needed is not None:
                found[game.family] = (*found.get(game.family, ()), (game.coverage, needed))
        return found


def _budgets(game: Game) -> list[Budget]:
    """A budget below what suffices, and one of the order of what does."""
    if isinstance(game, NeedleGame) and game.rewards is not None:
        return [game.budget(5)]
    if isinstance(game, FormulaGame):
        # From here on what calls find by chance is all that the bound allows.
        return [game.budget(calls) for calls in sorted({2, int(game.coverage) // 4})]
    return [game.budget(int(game.coverage) // 2), game.budget(int(game.coverage))]


def _place_of(learner: Any) -> str:
    """`learner` as ``path:Name``."""
    if isinstance(learner, str):
        return learner
    import inspect

    name = getattr(learner, "__qualname__", "")
    try:
        source = inspect.getsourcefile(learner)
    except TypeError:
        source = None
    if not source or not Path(source).is_file() or "<" in name:
        raise InvalidProblem(
            "learner must be 'module:Name', 'path/to/file.py:Name', or a function or class at the "
            "top of a file "
            f"(its process reads that file), got {learner!r:.80}"
        )
    return f"{source}:{name}"


def _again(where: str, tier: str, seed: int, alpha: float, settings: Mapping[str, Any]) -> str:
    """The command that does the same once more."""
    from shlex import quote

    options = [f"--seed {seed}"]
    if tier != "quick":
        options.insert(0, f"--tier {tier}")
    if alpha != ALPHA:
        options.append(f"--alpha {alpha:g}")
    options += [f"--set {quote(f'{key}={value}')}" for key, value in settings.items()]
    return f"explore-theory challenge {quote(where)} {' '.join(options)}"

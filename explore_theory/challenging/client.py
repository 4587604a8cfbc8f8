"""The learner's process: finds the learner, runs it on what it is sent, and sends what it asks.

Started by `process.Process` as ``python -m explore_theory.challenging.client``. The pipe is standard input
and output; the learner itself finds an empty input, and what it prints goes to standard error.
"""

import os
import sys
import threading
import traceback
from typing import Any, BinaryIO

from explore_theory.challenging import outputs, turns, wire
from explore_theory.challenging.loading import Found, NoLearner, find
from explore_theory.challenging.scalar import Facts, Left, ProperScalarOracle, ScalarOracle
from explore_theory.errors import BudgetExceeded, OracleMisuse

_LONGEST = 8000


def main() -> None:
    """Serve until the other end closes the pipe."""
    hear, say = _pipe()
    order = wire.receive(hear, wire.MOST_SAID)
    _limit(order["memory"])
    _settle()
    sys.path[:] = order["path"]
    threading.stack_size(turns.STACK)
    try:
        found = find(order["learner"], order["settings"])
    except BaseException as error:
        _put(say, ["refused", *_told(error)])
        return
    _put(say, ["ready", wire.VERSION, {"name": found.name, "proper": found.proper, "arrays": found.arrays}])
    while True:
        try:
            order = wire.receive(hear, wire.MOST_SAID)
        except wire.Ended:
            return
        _play(hear, say, found, order)


def _play(hear: BinaryIO, say: BinaryIO, found: Found, order: dict[str, Any]) -> None:
    """Run all replicates of `order` side by side."""
    facts, budget = Facts(**order["facts"]), Left(**order["budget"])
    kind = ProperScalarOracle if found.proper else ScalarOracle

    def body(coins: int) -> Any:
        return lambda turn: _run(found, kind(turn.ask, facts, budget, coins))

    left = [turns.Turn(slot, body(int(coins, 16))) for slot, coins in order["slots"]]
    while left:
        turns.step(left)
        _put(say, ["asks", [[turn.slot, *turn.asked] for turn in left]])
        left = [turn for turn in left if not turn.done]
        if not left:
            return
        for turn, answer in zip(left, wire.receive(hear, wire.MOST_SAID), strict=True):
            turn.answer = answer


def _run(found: Found, oracle: Any) -> list[Any]:
    """One run to its end, as the last thing that it says."""
    try:
        run = found.fresh(oracle.budget._asdict())
        return ["done", outputs.described(run(oracle))]
    except BudgetExceeded:
        return ["out"]
    except BaseException as error:
        return ["failed", *_told(error)]


def _told(error: BaseException) -> list[str]:
    """What went wrong: a kind, a line, and the whole."""
    whole = "".join(traceback.format_exception(error))[-_LONGEST:]
    if isinstance(error, NoLearner | outputs.NoOutput | OracleMisuse):
        return ["refusal", str(error)[:_LONGEST], whole]
    own = [
        f
        for f in traceback.extract_tb(error.__traceback__)
        if "explore_theory" not in f.filename.split(os.sep)
    ]
    where = f" at {os.path.basename(own[-1].filename)}:{own[-1].lineno}" if own else ""
    said = " ".join(str(error).split())[:200]
    return ["error", f"{type(error).__name__}{f': {said}' * bool(said)}{where}", whole]


def _put(say: BinaryIO, message: Any) -> None:
    say.write(wire.frame(message))
    say.flush()


def _pipe() -> tuple[BinaryIO, BinaryIO]:
    """The two ends that the process was started with, out of the way of whoever prints or reads."""
    hear, say = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return hear, say


def _limit(memory: int) -> None:
    """At most so many bytes of memory, and no core files, where the system can say so."""
    try:
        import resource
    except ImportError:  # pragma: no cover -- Windows
        return
    for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(what)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, allowed))


def _settle() -> None:
    """One processor for the process: runs move one at a time, and handing over within one costs least."""
    if hasattr(os, "sched_setaffinity"):
        there = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {there[os.getpid() % len(there)]})


if __name__ == "__main__":
    main()

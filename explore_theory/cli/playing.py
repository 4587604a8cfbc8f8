"""Running a learner from the command line: its plan first, then progress, and an answer to Ctrl-C at once.

Compiled loops do not notice signals, so they run in a thread beside the one that listens.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import click

from explore_theory.cli.mistakes import INTERRUPTED
from explore_theory.cli.saying import say
from explore_theory.foundation import memory
from explore_theory.reporting.instances import Plan
from explore_theory.reporting.runs import counted, number, plan_lines, to_json
from explore_theory.running.playing import Seat
from explore_theory.running.row_blocks import Part, joined

#: Seconds between two looks at the thread that works.
_TICK = 0.1


class _Progress:
    """What has been done, as the thread that works leaves it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.parts: list[Part] = []
        self.at_work: Seat | None = None
        self.error: BaseException | None = None
        self._shown = ""
        self._start = time.monotonic()

    def work(self) -> None:
        """Play all rows, block by block."""
        try:
            for rows in self.plan.blocks():
                self.at_work = self.plan.open(rows)
                self.parts.append(self.plan.play(self.at_work))
                self.at_work = None
        except BaseException as error:  # it is raised where somebody listens
            self.error = error

    @property
    def done(self) -> int:
        """Replicates that have ended."""
        return sum(part.gap.size for part in self.parts)

    def spent(self) -> str:
        """``6 of 16 replicates done``, and what those at work have been charged so far."""
        line = f"{self.done} of {counted(self.plan.replicates, 'replicate')} done"
        if self.plan.playing.checking:
            line += "; one of them plays alone first, to be compared"
        elif (oracle := self.at_work) is not None:
            ledger = oracle.ledger
            calls, rounds = float(ledger.compute.mean()), float(ledger.data.mean())
            line += f"; {ledger.replicates} at work, {number(calls)} calls and"
            line += f" {number(rounds)} rounds each so far"
        return line

    def show(self) -> None:
        """A line on the terminal, overwritten by the next."""
        if sys.stderr is None or not sys.stderr.isatty():
            return
        line = f"{self.spent()}, {time.monotonic() - self._start:.0f} s"
        if line != self._shown:
            click.echo(f"\r{line:<{len(self._shown)}}", err=True, nl=False)
            self._shown = line

    def wipe(self) -> None:
        """Leave the line as if nothing had been there."""
        if self._shown:
            click.echo(f"\r{'':<{len(self._shown)}}\r", err=True, nl=False)


def play(plan: Plan, *, as_json: bool) -> None:
    """Say what is planned, run it, say what came of it; Ctrl-C ends the process after what is done."""
    progress = _Progress(plan)
    thread = threading.Thread(target=progress.work, daemon=True)
    try:
        if not as_json:
            _say("\n".join(plan_lines(plan.said)))
        with memory.limited():
            thread.start()
            while thread.is_alive():
                thread.join(_TICK)
                progress.show()
    except KeyboardInterrupt:
        # Once is enough: a second one must not stop what is printed now.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _leave(lambda: _tell(progress, as_json=as_json, interrupted=True))
    progress.wipe()
    if progress.error is not None:
        raise progress.error
    _tell(progress, as_json=as_json)


def _tell(progress: _Progress, *, as_json: bool, interrupted: bool = False) -> None:
    """What came of the replicates that are done."""
    plan = progress.plan
    if interrupted:
        progress.wipe()
    if progress.parts:
        part = joined(progress.parts)
        said = {**plan.said, "replicates": int(part.gap.size), **plan.outcome(part)}
        if as_json:
            _say(to_json({**said, "interrupted": True} if interrupted else said, part))
        else:
            if interrupted:
                _say(f"of the {counted(progress.done, 'replicate')} done:")
            _say("\n".join(plan.lines(said, part)))
    if interrupted:
        click.echo(f"explore-theory: interrupted; {progress.spent()}", err=True)


def _leave(last: Callable[[], None]) -> None:
    """End this process after `last`, whatever other threads are doing: nobody waits for a loop to end."""
    try:
        # What cannot be printed must not keep the process either.
        with suppress(Exception):
            last()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
    finally:
        os._exit(INTERRUPTED)


def _say(text: str) -> None:
    say(text, lines=True)
    if sys.stdout is not None:
        sys.stdout.flush()

"""How far a study is, while it runs: a bar, and a line for each length that is done."""

import time

from rich.progress import Progress

from explore_theory.reporting.progress import at_work
from explore_theory.reporting.study.words import NAMES
from explore_theory.reporting.terminal import say
from explore_theory.studies.growth import Point, Step


class Shown:
    """What `studies.parallel.studied_by` tells, on `bar`; a `bar` that is off shows nothing.

    Parameters
    ----------
    bar
        Of `reporting.progress`, begun.
    """

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._start = time.monotonic()
        self._task = bar.add_task(at_work("starting"), total=None)

    def begin(self, what: str, steps: int | None = None) -> None:
        """Say what is at work; `steps`: how many there will be, once that is known."""
        self._bar.update(self._task, description=at_work(what), total=steps)

    def step(self, step: Step) -> None:
        """A learner begins at one accuracy, or has ended."""
        if step.ended:
            self._bar.advance(self._task)
            return
        self.begin(f"{step.family} H = {step.horizon} {NAMES[step.learner]}")

    def point(self, point: Point) -> None:
        """A line above the bar for a length that is done, which stays."""
        if not self._bar.disable:
            taken = time.monotonic() - self._start
            say(self._bar.console, f"{point.family}, H = {point.horizon}: done after {taken:.0f} s")

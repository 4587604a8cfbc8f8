"""Many runs side by side in one process, one step each: their questions travel together.

A run is ordinary code that waits for answers, so each has a thread; only one of them moves at any time, and
they take turns in a fixed order, so that what a run does cannot depend on how threads are scheduled.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any

#: Bytes of stack of a run.
STACK = 4 << 20


class Turn:
    """One run: its number, what it asks for, and what it was told."""

    def __init__(self, slot: int, body: "Callable[[Turn], list[Any]]") -> None:
        self.slot, self._body = slot, body
        self.asked: list[Any] = []
        self.done = False
        self.answer: list[Any] = []
        self._go = threading.Lock()
        self._go.acquire()
        self._next: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._live, daemon=True)

    def begin(self, then: Callable[[], None]) -> None:
        """Move until the next question, and then let `then` move."""
        self._next = then
        if self._thread.ident is None:
            self._thread.start()
        else:
            self._go.release()

    def ask(self, question: list[Any]) -> list[Any]:
        """Ask, and wait for the answer; for the run itself."""
        if threading.get_ident() != self._thread.ident:
            return ["no", "oracle must be asked by the thread that runs the learner, got another one"]
        self.asked = question
        self._next()
        self._go.acquire()
        return self.answer

    def _live(self) -> None:
        self.asked = self._body(self)
        self.done = True
        self._next()


def step(turns: Sequence[Turn]) -> None:
    """Let each of `turns` move to its next question, or to its end."""
    home = threading.Lock()
    home.acquire()

    def then(k: int) -> Callable[[], None]:
        return home.release if k == len(turns) else lambda: turns[k].begin(then(k + 1))

    then(0)()
    home.acquire()

"""A command that is asked to end, as schedulers, service managers and `kill` ask, ends as by Ctrl-C."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ends_as_by_ctrl_c() -> Iterator[None]:
    """Inside, SIGTERM is a `KeyboardInterrupt`: what is done is kept, workers and their folders go.

    Only where nobody else has an answer to it, and where an answer can be given.
    """
    listens = threading.current_thread() is threading.main_thread()
    if not listens or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt

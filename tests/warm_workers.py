"""Worker processes for tests that are not about processes: forked from an interpreter that is warm.

A worker of the package is a fresh interpreter, which imports NumPy and the engine before its first block; in
a test of toy claims that is nearly all that it does. Here workers are forked from a server, itself a fresh
interpreter that has imported what every worker imports and nothing more. They run the same code, in processes
of their own that may die, over a pipe of their own, with the environment and the folder of the caller.

Not the same: what a worker prints goes where the server printed when it started. Tests of what processes
inherit, of their deaths and of their output are marked ``cold_workers``.
"""

import multiprocessing
import os
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from typing import Any

#: What a worker of the package has imported when it begins its first block.
_IMPORTED = ["explore_theory.harness.running.worker", "explore_theory.foundation.compiled", "numpy.ma"]


class WarmWorkers(ForkServerContext):
    """Processes as `multiprocessing.get_context` gives them, forked from a warm server."""

    def Process(self, *, target: Callable[..., object], args: tuple[Any, ...], **more: Any) -> BaseProcess:
        """A process that runs ``target(*args)`` in the environment that the caller has now."""
        return super().Process(target=_called, args=(dict(os.environ), target, args), **more)


def get_context(method: str) -> WarmWorkers:
    """Stands in for `multiprocessing.get_context`, for modules that ask it for fresh interpreters."""
    assert method == "spawn", f"only fresh interpreters have a warm stand-in, got method={method!r}"
    multiprocessing.set_forkserver_preload(_IMPORTED)
    return WarmWorkers()


def available() -> bool:
    """Whether processes can be forked here."""
    return "forkserver" in multiprocessing.get_all_start_methods()


def _called(environment: Mapping[str, str], target: Callable[..., object], args: tuple[Any, ...]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    target(*args)

"""A learner that somebody else wrote, in a process of its own: what it finds, held against what no one can.

`explore_theory.challenge` and ``explore_theory challenge`` are the two ways in. The name below loads on first
use: the learner's own process imports `challenging.client`, and nothing that knows a problem.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explore_theory.challenging.challenge import challenge

__all__ = ["challenge"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(f"{__name__}.challenge"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""A learner on a problem: through the door that it says it needs, each replicate by itself.

The names below load on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explore_theory.running.playing import Played, play

__all__ = ["Played", "play"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(f"{__name__}.playing"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

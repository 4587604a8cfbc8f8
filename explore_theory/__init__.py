"""explore-theory: theorems about exploration with a base language model, as checks that run.

The public names below load on first use, so ``import explore_theory`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from explore_theory import _moved
from explore_theory._package import VERSION as __version__

if TYPE_CHECKING:
    from explore_theory import algorithms, claims, exact, oracles, policies
    from explore_theory.algorithms import SpannerSampling
    from explore_theory.challenging.challenge import challenge
    from explore_theory.instances import load, save
    from explore_theory.problems import DNF, HiddenNeedle, TabularProblem
    from explore_theory.reporting.results import results
    from explore_theory.reporting.written import report
    from explore_theory.running.playing import play

_moved.install(__name__)

_SUBMODULES = ("algorithms", "claims", "exact", "oracles", "policies", "problems")
_NAMES = {
    "DNF": "problems",
    "TabularProblem": "problems",
    "HiddenNeedle": "problems",
    "SpannerSampling": "algorithms",
    "challenge": "challenging.challenge",
    "load": "instances",
    "play": "running",
    "report": "reporting.written",
    "results": "reporting.results",
    "save": "instances",
}

__all__ = [
    "DNF",
    "HiddenNeedle",
    "SpannerSampling",
    "TabularProblem",
    "__version__",
    "algorithms",
    "challenge",
    "claims",
    "exact",
    "load",
    "oracles",
    "play",
    "policies",
    "problems",
    "report",
    "results",
    "save",
]


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    if name in _NAMES:
        return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_SUBMODULES, *_NAMES})

"""The door for authors of claims: everything that a file of claims imports from the engine.

Such a file begins with one of::

    from explore_theory.claims import Bound, Case, Check, Claim, Evidence, FalseVariant, Measurement
    from explore_theory.claims import equality, frequency, inequality, rate, variant

Short forms build a `Claim` of one check for the common shapes: `inequality` and `equality` between two
functions of an instance, `frequency` for a success probability, `rate` for an exponent. Names load on first
use, and importing this module costs nothing.

**Stability.** The names of this module stay, and so does what they mean. New names and new keyword arguments
with defaults may come at any time; a name that goes is announced in the change log, and works, with a
`DeprecationWarning`, for at least one release with a new minor version before it does. A claim that was
refused may be accepted later; one that was accepted is refused only where it could not be believed. Numbers
may change with every release: what is stored is keyed by the version. Of `laws` and `symbolic`, which are
modules, the public functions stay. Everything else that a claim may use is public where it is documented:
`explore_theory`, `explore_theory.strategies`, `.problems`, `.formulas`, `.policies`, `.exact`, `.oracles`,
`.algorithms`, `.models`, `.samples` and `.studies`. Any other module of the package is private, and moves
without notice.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explore_theory.certify import symbolic
    from explore_theory.claims.certified import ball, ends, largest_ratio, log_box, precision, supremum
    from explore_theory.claims.frequencies import frequency
    from explore_theory.claims.inequalities import equality, inequality
    from explore_theory.claims.rates import rate
    from explore_theory.claims.variants import Variant, variant
    from explore_theory.errors import InvalidClaim
    from explore_theory.foundation import laws
    from explore_theory.foundation.streams import Streams
    from explore_theory.harness import (
        MACHINE_NUMBERS,
        REALS,
        Assumption,
        Bound,
        Bridged,
        Case,
        Check,
        Claim,
        Constant,
        Curve,
        Evidence,
        FalseVariant,
        Figure,
        Largest,
        Mean,
        Measurement,
        OneSample,
        OnInstance,
        Paper,
        PaperItem,
        PaperProof,
        PrintedForm,
        Proof,
        Resolution,
        Rungs,
        Sample,
        Span,
        Statement,
        Tally,
        Trial,
        TwoSamples,
        Value,
        agreement,
        best_constant,
        climb,
        one_percent_better,
        polish,
    )
    from explore_theory.statistics.rivals import (
        Rival,
        exponential,
        exponential_in,
        polynomial,
        power,
        proportional,
    )
    from explore_theory.statistics.thresholds import geometric_budgets, smallest_budget
    from explore_theory.strategies.search import Search

#: Where names come from, below the package; all others from `explore_theory.harness`, which has them too.
_FILES = {
    "claims.certified": ("ball", "ends", "largest_ratio", "log_box", "precision", "supremum"),
    "claims.frequencies": ("frequency",),
    "claims.inequalities": ("equality", "inequality"),
    "claims.rates": ("rate",),
    "claims.variants": ("Variant", "variant"),
    "errors": ("InvalidClaim",),
    "foundation.streams": ("Streams",),
    "statistics.rivals": (
        "Rival",
        "exponential",
        "exponential_in",
        "polynomial",
        "power",
        "proportional",
    ),
    "statistics.thresholds": ("geometric_budgets", "smallest_budget"),
    "strategies.search": ("Search",),
}
_NAMES = {name: file for file, names in _FILES.items() for name in names}
#: Whole modules.
_MODULES = {"laws": "foundation.laws", "symbolic": "certify.symbolic"}

__all__ = [
    "MACHINE_NUMBERS",
    "REALS",
    "Assumption",
    "Bound",
    "Bridged",
    "Case",
    "Check",
    "Claim",
    "Constant",
    "Curve",
    "Evidence",
    "FalseVariant",
    "Figure",
    "InvalidClaim",
    "Largest",
    "Mean",
    "Measurement",
    "OnInstance",
    "OneSample",
    "Paper",
    "PaperItem",
    "PaperProof",
    "PrintedForm",
    "Proof",
    "Resolution",
    "Rival",
    "Rungs",
    "Sample",
    "Search",
    "Span",
    "Statement",
    "Streams",
    "Tally",
    "Trial",
    "TwoSamples",
    "Value",
    "Variant",
    "agreement",
    "ball",
    "best_constant",
    "climb",
    "ends",
    "equality",
    "exponential",
    "exponential_in",
    "frequency",
    "geometric_budgets",
    "inequality",
    "largest_ratio",
    "laws",
    "log_box",
    "one_percent_better",
    "polish",
    "polynomial",
    "power",
    "precision",
    "proportional",
    "rate",
    "smallest_budget",
    "supremum",
    "symbolic",
    "variant",
]

_NAMES |= dict.fromkeys(set(__all__) - _NAMES.keys() - _MODULES.keys(), "harness")

_PACKAGE = __name__.rpartition(".")[0]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(f"{_PACKAGE}.{_NAMES[name]}"), name)
    if name in _MODULES:
        return import_module(f"{_PACKAGE}.{_MODULES[name]}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

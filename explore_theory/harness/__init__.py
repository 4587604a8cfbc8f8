"""The verification engine; what a program that runs claims imports is here.

The author of a claim imports from `explore_theory.claims`, which says what stays; the same names stay here.

The names below load on first use. Its rooms, from the ground up: `measures`, `verdicts`, `claims`, `storage`,
`isolation`, `discovery`, `judging`, `running`, `auditing`; each imports only from those before it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explore_theory.harness.claims.adversary import climb, polish
    from explore_theory.harness.claims.best import best_constant, one_percent_better
    from explore_theory.harness.claims.chain import PaperProof
    from explore_theory.harness.claims.claim import (
        Assumption,
        Case,
        Check,
        Claim,
        Evidence,
        FalseVariant,
        OnInstance,
        PrintedForm,
        Trial,
    )
    from explore_theory.harness.claims.constants import Constant, Span, Value
    from explore_theory.harness.claims.figure import Curve, Figure
    from explore_theory.harness.claims.proof import MACHINE_NUMBERS, REALS, Bridged, Proof
    from explore_theory.harness.claims.statements import Paper, PaperItem, Statement
    from explore_theory.harness.discovery.registry import discover
    from explore_theory.harness.judging.results import latest_results, session_results
    from explore_theory.harness.measures.measurement import (
        Bound,
        Largest,
        Mean,
        Measurement,
        OneSample,
        Resolution,
        Rungs,
        Sample,
        Tally,
        TwoSamples,
        agreement,
    )
    from explore_theory.harness.running.runner import Options, run
    from explore_theory.harness.storage.store import Store
    from explore_theory.harness.verdicts.verdict import Status, Verdict

_NAMES = {
    "MACHINE_NUMBERS": "claims.proof",
    "REALS": "claims.proof",
    "Assumption": "claims.claim",
    "Bound": "measures.measurement",
    "Bridged": "claims.proof",
    "Case": "claims.claim",
    "Check": "claims.claim",
    "Claim": "claims.claim",
    "Constant": "claims.constants",
    "Curve": "claims.figure",
    "Evidence": "claims.claim",
    "FalseVariant": "claims.claim",
    "Figure": "claims.figure",
    "Largest": "measures.measurement",
    "Mean": "measures.measurement",
    "Measurement": "measures.measurement",
    "OnInstance": "claims.claim",
    "OneSample": "measures.measurement",
    "Options": "running.runner",
    "Paper": "claims.statements",
    "PaperItem": "claims.statements",
    "PaperProof": "claims.chain",
    "PrintedForm": "claims.printed",
    "Proof": "claims.proof",
    "Resolution": "measures.measurement",
    "Rungs": "measures.measurement",
    "Sample": "measures.measurement",
    "Span": "claims.constants",
    "Statement": "claims.statements",
    "Status": "verdicts.verdict",
    "Store": "storage.store",
    "Tally": "measures.measurement",
    "Trial": "claims.claim",
    "TwoSamples": "measures.measurement",
    "Value": "claims.constants",
    "Verdict": "verdicts.verdict",
    "agreement": "measures.measurement",
    "best_constant": "claims.best",
    "climb": "claims.adversary",
    "discover": "discovery.registry",
    "latest_results": "judging.results",
    "one_percent_better": "claims.best",
    "polish": "claims.adversary",
    "run": "running.runner",
    "session_results": "judging.results",
}

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
    "Largest",
    "Mean",
    "Measurement",
    "OnInstance",
    "OneSample",
    "Options",
    "Paper",
    "PaperItem",
    "PaperProof",
    "PrintedForm",
    "Proof",
    "Resolution",
    "Rungs",
    "Sample",
    "Span",
    "Statement",
    "Status",
    "Store",
    "Tally",
    "Trial",
    "TwoSamples",
    "Value",
    "Verdict",
    "agreement",
    "best_constant",
    "climb",
    "discover",
    "latest_results",
    "one_percent_better",
    "polish",
    "run",
    "session_results",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_NAMES})

"""Keep the violations that show what the engine catches: of false variants and refuted printed forms.

Run as ``python -m tests.violations.keep`` after a claim or a form below has been renamed; what is kept is
replayed by the pytest plugin and by ``tests/harness/test_violations.py``.
"""

from pathlib import Path

from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running import violations
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store

FOLDER = Path(__file__).parent
#: Claims, and the false variants and printed forms whose first violation is kept.
KEPT = {
    "F1": ("beta-forgotten", "prompts-alike", "reversed-divergence"),
    "LH2": ("longest-length", "at-least-half-the-value", "no-floor"),
    "LK1": ("one-base-draw-more", "from-gamma-on"),
    "S3": ("constant-one-searched", "constant-below-the-best"),
    "T2": ("tokens-below-responses", "two-tokens"),
}


def keep():
    for claim, parts in KEPT.items():
        (registered,) = discover().select([claim])
        with Store(":memory:") as store:
            (result,) = session_results(store, run([registered], store))
        found = {part.slug: part.cases for part in (*result.variants, *result.printed)}
        for part in parts:
            case = next(case for case in found[part] if case.block is not None)
            violations.write(violations.of(registered, case, part), FOLDER)


if __name__ == "__main__":
    keep()

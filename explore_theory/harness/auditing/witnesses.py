"""Who notices a fault: checks of claims, which REFUTE, and tests, by an assertion that fails."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from explore_theory.harness.auditing.copies import Copy, has_repository, search_path
from explore_theory.harness.auditing.patches import Fault
from explore_theory.harness.discovery.registry import Registered

#: One claim or test may take so many seconds.
LIMIT = 600.0
#: Failures of these kinds are crashes of the patched code, not something that a test has noticed.
CRASHES = ("SyntaxError", "NameError", "UnboundLocalError", "ImportError", "ModuleNotFoundError",
           "AttributeError", "TypeError")  # fmt: skip
_VERDICTS = "explore_theory.harness.auditing.verdicts"


@dataclass(frozen=True)
class Sight:
    """What somebody made of a copy.

    Parameters
    ----------
    kind
        ``noticed``, ``quiet``, ``broken`` or ``skipped``.
    words
        Why.
    checks
        The checks of a claim that are REFUTED.
    files
        What of the copy a claim took, as paths below it.
    """

    kind: str
    words: str = ""
    checks: tuple[str, ...] = ()
    files: frozenset[str] = frozenset()


def is_test(entry: str) -> bool:
    """Whether an entry of ``noticed`` names a test, and not a check of a claim."""
    return ".py::" in entry


def observe(
    copy: Copy, fault: Fault | None, noticed: Iterable[str], claims: Sequence[Registered]
) -> dict[str, Sight]:
    """What each entry of `noticed` makes of the copy with `fault`; checks are those of `claims`.

    Raises
    ------
    InvalidClaim
        If the patch does not apply.
    """
    entries = list(dict.fromkeys(noticed))
    known = {name: r for r in claims for name in (r.claim.id, r.label)}
    seen: dict[str, Sight] = {}
    with copy.holding(fault):
        for entry in entries:
            label, _, check = entry.rpartition(":")
            if is_test(entry):
                seen[entry] = seen_by_test(copy, entry)
            elif label not in known:
                seen[entry] = Sight("skipped", f"no claim {label} is here")
            else:
                (seen[entry],) = verified(copy, [(known[label], [check])])
    return seen


def verified(
    copy: Copy, wanted: Sequence[tuple[Registered, Sequence[str] | None]], limit: float = LIMIT
) -> list[Sight]:
    """What claims make of the copy as it stands, by the checks named, or by all (None), in one process."""
    requests = [_request(copy, key, r, checks) for key, (r, checks) in enumerate(wanted)]
    asked, answers = (copy.root.parent / name for name in ("request.json", "answers.jsonl"))
    asked.write_text(json.dumps(requests), encoding="utf-8")
    answers.unlink(missing_ok=True)
    try:
        done = copy.run(
            "-m", _VERDICTS, str(asked), str(answers), limit=limit * len(requests), path=search_path()
        )  # fmt: skip
        silence = f"not verified: {(done.stderr.strip().splitlines() or ['no word'])[-1]}"
    except subprocess.TimeoutExpired:
        silence = f"no answer within {limit * len(requests):.0f} s"
    lines = answers.read_text(encoding="utf-8").splitlines() if answers.exists() else []
    told = {line["key"]: _sight(line, copy.root) for line in map(json.loads, lines)}
    return [told.get(key, Sight("broken", silence)) for key in range(len(wanted))]


def _request(copy: Copy, key: int, r: Registered, checks: Sequence[str] | None) -> dict[str, Any]:
    return {
        "key": key,
        "path": str(copy.moved(r.path)),
        "home": str(copy.moved(r.home)),
        "namespace": r.namespace,
        "share": r.share,
        "variant_share": r.variant_share,
        "checks": None if checks is None else list(checks),
    }


def _sight(line: Mapping[str, Any], root: Path) -> Sight:
    files = frozenset(
        Path(file).relative_to(root).as_posix() for file in line["files"] if Path(file).is_relative_to(root)
    )
    if line["broken"]:
        return Sight("broken", line["broken"], files=files)
    cases = line["cases"]
    words = "; ".join(f"{check} {case} {status} ({reason})" for check, case, status, reason in cases)
    refuted = [(check, case, reason) for check, case, status, reason in cases if status == "REFUTED"]
    if refuted:
        first = "; ".join(f"{check} {case} REFUTED ({reason})" for check, case, reason in refuted[:3])
        return Sight("noticed", first, tuple(dict.fromkeys(check for check, _, _ in refuted)), files)
    amiss = [case for case in cases if case[2] not in ("HOLDS", "NOT APPLICABLE")]
    if amiss:
        words = "; ".join(f"{check} {case} {status} ({reason})" for check, case, status, reason in amiss[:3])
    return Sight("broken" if amiss else "quiet", words, files=files)


def seen_by_test(copy: Copy, entry: str, limit: float = LIMIT) -> Sight:
    """What a test of the repository makes of the copy as it stands."""
    if not has_repository():
        return Sight("skipped", "tests are in the repository, and this package is installed without it")
    report = copy.root.parent / "junit.xml"
    report.unlink(missing_ok=True)
    try:
        done = copy.run(
            "-m", "pytest", "-q", "-n", "0", "-m", "", "-p", "no:cacheprovider", f"--junitxml={report}",
            entry, limit=limit,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Sight("broken", f"no answer within {limit:.0f} s")
    if not report.exists():
        return Sight("broken", f"pytest ended with {done.returncode}: {done.stdout[-300:]}")
    suites = list(ElementTree.parse(report).getroot().iter("testsuite"))
    failures = [f.get("message", "") for suite in suites for f in suite.iter("failure")]
    errors = [e.get("message", "") for suite in suites for e in suite.iter("error")]
    told = [message for message in failures if not message.startswith(CRASHES)]
    if told:
        return Sight("noticed", told[0])
    if failures or errors:
        return Sight("broken", f"a crash, not a notice: {(failures + errors)[0][:300]}")
    ran = sum(int(suite.get("tests", 0)) - int(suite.get("skipped", 0)) for suite in suites)
    return Sight("quiet" if ran else "broken", f"{ran} tests pass")

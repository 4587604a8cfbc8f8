"""Verify checks of claims at the quick tier, as the sources in the path have them: a process of an audit.

``python -m explore_theory.harness.auditing.verdicts REQUEST ANSWERS`` reads a JSON list of claims (``key``,
``path``, ``home``, ``namespace``, ``share``, ``variant_share`` and ``checks``, null for all) and adds a line
of JSON to ANSWERS for each: its ``cases`` ``[check, case, status, reason]`` and the ``files`` of Python that
it took, or ``broken``, why it could not be verified. A claim keeps its share of the error level, so a status
here is the one that `verify` gives; variants stay out.
"""

import json
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from explore_theory.errors import InvalidClaim
from explore_theory.harness.discovery.registry import Registered, load_from
from explore_theory.harness.discovery.roots import Root
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.executors import Serial
from explore_theory.harness.running.runner import Options, begin, plan
from explore_theory.harness.storage.store import Store


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """The line for one claim."""
    registered, broken = None, ""
    try:
        registered = _loaded(request)
        found = cases(registered, request["checks"])
    except InvalidClaim as error:
        found, broken = [], str(error)
    modules = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    covered = registered.covers.files if registered is not None and registered.covers is not None else ()
    files = sorted({str(file) for file in (*modules, *covered) if file})
    return {"key": request["key"], "cases": found, "broken": broken, "files": files}


def cases(registered: Registered, checks: Sequence[str] | None = None) -> list[tuple[str, str, str, str]]:
    """``(check, case, status, reason)`` of each case of `checks`, which are all if none is named.

    Raises
    ------
    InvalidClaim
        If the claim has no such check.
    """
    claim, options = registered.claim, Options()
    slugs = {claim.check(slug).slug for slug in (checks or [check.slug for check in claim.checks])}
    with Store(":memory:") as store:
        session = begin([registered], store, options)
        failed = {}
        while jobs := deque(
            job
            for job in plan(registered, store, options)
            if not job.block.variant and job.block.check in slugs and job.block not in failed
        ):
            for job, outcome in Serial().run(jobs):
                store.put(job.block, outcome, session)
                if outcome.status == "error":
                    failed[job.block] = outcome
        store.finish(session, failed.items())
        (result,) = session_results(store, session)
        return [
            (case.check, case.case, str(case.verdict.status), case.verdict.reason)
            for case in result.cases
            if case.check in slugs
        ]


def _loaded(request: Mapping[str, Any]) -> Registered:
    root = Root(Path(request["home"]), request["namespace"])
    loaded = load_from(root, [Path(request["path"])])
    if not loaded.claims:
        reason = loaded.broken[0].reason if loaded.broken else "it defines no CLAIM"
        raise InvalidClaim(f"a claim must load, got {request['path']}: {reason}")
    return replace(loaded.claims[0], share=request["share"], variant_share=request["variant_share"])


def main(request: str, answers: str) -> None:
    """Answer the requests in one file into another, claim by claim."""
    with Path(answers).open("a", encoding="utf-8") as file:
        for one in json.loads(Path(request).read_text(encoding="utf-8")):
            file.write(json.dumps(answer(one)) + "\n")
            file.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])

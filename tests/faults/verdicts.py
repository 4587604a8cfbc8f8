"""Verify one check of a claim at the quick tier, as the sources in the path have it, and print its cases.

``verdicts.py CLAIM CHECK`` ends with a line of JSON, ``[[case, status, reason], ...]``. The claim keeps
its share of the error level, so a status here is the one that `verify` gives; variants and other checks
stay out.
"""

import json
import sys

from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.executors import Serial
from explore_theory.harness.running.runner import Options, begin, plan
from explore_theory.harness.storage.store import Store


def cases(claim: str, check: str) -> list[tuple[str, str, str]]:
    """``(case, status, reason)`` of each case of `check`."""
    (registered,) = discover().select([claim])
    registered.claim.check(check)
    options = Options()
    with Store(":memory:") as store:
        session = begin([registered], store, options)
        while jobs := [
            job
            for job in plan(registered, store, options)
            if (job.block.variant, job.block.check) == ("", check)
        ]:
            failed = {}
            for job, outcome in Serial().run(jobs):
                store.put(job.block, outcome, session)
                if outcome.status == "error":
                    failed[job.block] = outcome
            if failed:
                break
        store.finish(session, failed.items() if jobs else [])
        (result,) = session_results(store, session)
        mine = [case for case in result.cases if case.check == check]
        return [(case.case, str(case.verdict.status), case.verdict.reason) for case in mine]


if __name__ == "__main__":
    print(json.dumps(cases(*sys.argv[1:])))

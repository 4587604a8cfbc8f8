"""Running claims from the command line: progress on standard error, Ctrl-C that loses nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.outcomes import Result
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running import counterexamples
from explore_theory.harness.running.executors import Executor
from explore_theory.harness.running.runner import Options, begin, carry_out
from explore_theory.harness.storage.store import Block, Outcome, Session, Store
from explore_theory.reporting import text
from explore_theory.reporting.progress import at_work, bar


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What a run left: results, whether Ctrl-C cut it short, blocks run, and how many of them failed."""

    results: list[Result]
    interrupted: bool
    blocks: int
    errors: int


def run_with_progress(
    claims: Sequence[Registered],
    store: Store,
    *,
    executor: Executor,
    **options: Any,
) -> Finished:
    """Run `claims` into `store`, showing progress."""
    chosen = Options(**options)
    session: Session | None = None
    names = {r.digest: r.label for r in claims}
    interrupted = False
    statuses: list[str] = []
    with bar() as shown:
        task = shown.add_task("starting", total=None)

        def advance(done: Block, outcome: Outcome, count: int, total: int) -> None:
            statuses.append(outcome.status)
            what = f"{names[done.claim]} {done.check}/{done.case}" + (
                f" not {done.variant}" * bool(done.variant)
            )
            shown.update(task, completed=count, total=total, description=at_work(what))

        try:
            session = begin(claims, store, chosen)
            carry_out(claims, store, session, chosen, executor=executor, progress=advance)
        except KeyboardInterrupt:
            interrupted = True
    return Finished(
        results=session_results(store, session) if session is not None else [],
        interrupted=interrupted,
        blocks=len(statuses),
        errors=statuses.count("error"),
    )


def save_witnesses(claims: Sequence[Registered], results: Sequence[Result], folder: Path) -> Iterator[str]:
    """Save the counter-example of every refuted case; a line for each file."""
    registered = {claim.digest: claim for claim in claims}
    for result in results:
        for variant, case in result.failures:
            for place in counterexamples.save(registered[result.digest], case, variant, folder):
                yield f"counter-example of {text.label(result)} {case.check}/{case.case}: {place}"

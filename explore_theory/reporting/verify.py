"""Running claims from the command line: progress on standard error, Ctrl-C that loses nothing."""

from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from explore_theory.harness.registry import Registered
from explore_theory.harness.results import Result, session_results
from explore_theory.harness.runner import run
from explore_theory.harness.store import Block, Outcome, Store


def run_with_progress(
    claims: Sequence[Registered], store: Store, *, tier: str, reseed: int, block: int | None
) -> tuple[list[Result], bool]:
    """Run `claims` into `store` and return their results and whether Ctrl-C cut the run short."""
    names = {r.digest: r.claim.id for r in claims}
    before = len(store.sessions())
    columns = (
        TextColumn("{task.description}", justify="left"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    interrupted = False
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def advance(done: Block, outcome: Outcome, count: int, total: int) -> None:
            what = f"{names[done.claim]} {done.check}/{done.case}" + (
                f" not {done.variant}" * bool(done.variant)
            )
            bar.update(task, completed=count, total=total, description=f"{what:<36.36}")

        try:
            run(claims, store, tier=tier, reseed=reseed, block=block, progress=advance)
        except KeyboardInterrupt:
            interrupted = True
    sessions = store.sessions()
    if len(sessions) == before:
        return [], interrupted
    return session_results(store, sessions[-1]), interrupted

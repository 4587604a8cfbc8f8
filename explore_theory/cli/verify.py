"""`verify`: run claims and print their verdicts."""

import sys
from pathlib import Path
from shlex import quote
from typing import Any

import click

from explore_theory.cli.chosen import counted, discovered, warn_others
from explore_theory.cli.mistakes import INTERRUPTED, Whole, one_line_errors
from explore_theory.cli.on_cluster import on
from explore_theory.cli.options import DEFAULT_STORE, claims_option, jobs_option, store_option
from explore_theory.cli.saying import say
from explore_theory.foundation.brief import shown


@click.command()
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@click.option("--tier", type=click.Choice(["quick", "full"]), default="quick", show_default=True)
@store_option
@click.option("--reseed", type=Whole(min=0), default=0, help="Fresh random streams (default: derived).")
@click.option(
    "--block",
    type=Whole(min=1),
    metavar="ROWS",
    help="Rows run together; results do not depend on it.",
)
@jobs_option("Worker processes; 0 runs here, for a debugger.")
@click.option(
    "--executor",
    metavar="URL",
    help="dask://host:port: run on the Dask cluster of that scheduler, in place of --jobs.",
)
@click.option("--block-time", type=float, metavar="SECONDS", help="A block that takes longer is an ERROR.")
@click.option(
    "--block-memory", type=float, metavar="GIB", help="Memory that one block may use, 0.5 at least."
)
@click.option(
    "--alpha", type=float, default=1e-3, show_default=True, help="Chance of any wrong verdict in the session."
)
@click.option("--shard", metavar="I/N", help="Run the I-th of N parts of the work; merge the stores later.")
@click.option("--fresh", is_flag=True, help="Run again what the store holds of these claims already.")
@claims_option
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print one line per case, as CSV.")
@click.option("--traceback", "traces", is_flag=True, help="Print what each ERROR raised, in full.")
@click.option(
    "--witness", metavar="DIR", help="Save the violation of each REFUTED case into DIR, for `replay`."
)
@click.option(
    "--instance", metavar="FILE", help="Hold the claims that can be against the problem in FILE alone."
)
@one_line_errors
def verify(
    selectors: tuple[str, ...],
    tier: str,
    store: str,
    reseed: int,
    block: int | None,
    jobs: int,
    executor: str | None,
    block_time: float | None,
    block_memory: float | None,
    alpha: float,
    shard: str | None,
    fresh: bool,
    claims: tuple[str, ...],
    as_json: bool,
    as_csv: bool,
    traces: bool,
    witness: str | None,
    instance: str | None,
) -> None:
    """Run claims and print their verdicts.

    SELECTOR is an id (F1), a slug (gap-is-kl), a theorem (spanner-sampling), a number of the paper ('Lemma
    G.7', 2.1) or a glob, of any package of claims or of one (bon:B1, bon:*). What is in the store is not run
    again; Ctrl-C (or SIGTERM) keeps what is done, and the same call (without --fresh)
    resumes.

    With --instance FILE (see `inspect`) claims about any problem speak of that one alone: whether the
    statement holds there, and which of its false variants that problem tells from it.

    \b
    Exit code: 0 all hold; 1 some REFUTED, POWERLESS or ERROR; 2 usage;
    3 some INCONCLUSIVE; 130 interrupted; 141 nobody reads on.
    """
    from explore_theory.errors import InvalidClaim
    from explore_theory.harness.running import counterexamples
    from explore_theory.harness.running.executors import Limits
    from explore_theory.harness.storage.store import Store
    from explore_theory.harness.verdicts.verdict import Status
    from explore_theory.reporting import text
    from explore_theory.reporting.table import print_table, tracebacks
    from explore_theory.reporting.terminal import console
    from explore_theory.reporting.verify import run_with_progress, save_witnesses

    if as_json and as_csv:
        raise click.UsageError("--json and --csv must not be given together")
    if instance is not None:
        from explore_theory.cli.on_instance import verify_on_instance

        verify_on_instance(
            instance,
            selectors,
            store=store,
            claims=claims,
            as_json=as_json,
            options={"tier": tier, "reseed": reseed, "alpha": alpha, "fresh": fresh},
            traces=traces,
        )
    part = _shard(shard)
    workers = on(executor, jobs, Limits(seconds=block_time, memory=block_memory))
    registry = discovered(claims, selectors)
    chosen = registry.choose(selectors)
    broken = chosen.broken
    warn_others(chosen)
    if not chosen.claims and not broken:
        where = " ".join(claims) or "what is installed"
        raise InvalidClaim(f"claims must hold at least one claim, got none in {where}")
    if witness is not None:
        counterexamples.require_folder(Path(witness))
    with Store(store) as opened:
        done = run_with_progress(
            chosen.claims,
            opened,
            executor=workers,
            tier=tier,
            reseed=reseed,
            block=block,
            shard=part,
            alpha=alpha,
            fresh=fresh,
        )
    if as_json or as_csv:
        _exported(done.results, broken, as_json=as_json)
    elif shard is None:
        again = "".join(f" --claims {quote(source)}" for source in claims)
        again += f" --store {quote(store)}" * (store != DEFAULT_STORE)
        print_table(console(), done.results, broken, tier, store, alpha, again)
    if traces:
        for trace in tracebacks(done.results, broken):
            say(trace + "\n", err=True, lines=True)
    if witness is not None:
        for line in save_witnesses(chosen.claims, done.results, Path(witness)):
            say(line, err=True)
    if done.interrupted:
        call = "the same call without --fresh" if fresh else "the same call"
        click.echo(f"explore-theory: interrupted; finished blocks are kept, {call} resumes", err=True)
        sys.exit(INTERRUPTED)
    if shard is not None:
        say(
            f"shard {shard} complete: {counted({'blocks': done.blocks})} run now, {done.errors} failed;"
            f" merge the shards for verdicts; results in {shown(store)}",
            err=as_json or as_csv,
        )
        sys.exit(1 if done.errors or broken else 0)
    statuses = [*(r.verdict.status for r in done.results), *(Status.ERROR for _ in broken)]
    sys.exit(text.exit_code(statuses))


def _exported(results: Any, broken: Any, *, as_json: bool) -> None:
    """Print the results for other programs."""
    from explore_theory.reporting.export import to_csv, to_json

    if as_json:
        click.echo(to_json(results, broken))
    else:
        click.echo(to_csv(results, broken), nl=False)


def _shard(text: str | None) -> tuple[int, int]:
    """``"2/5"`` as (2, 5)."""
    from explore_theory.errors import InvalidClaim

    if text is None:
        return 1, 1
    index, slash, number = text.partition("/")
    if not (slash and index.isdecimal() and number.isdecimal() and 1 <= int(index) <= int(number)):
        raise InvalidClaim(f"shard must be I/N with 1 <= I <= N, got shard={text!r}")
    return int(index), int(number)

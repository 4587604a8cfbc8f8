"""The command line. Heavy imports happen inside commands, so ``--help`` is quick."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from explore_theory import __version__
from explore_theory.reporting.mistakes import INTERRUPTED, Commands, Whole, one_line_errors, shown

if TYPE_CHECKING:
    from explore_theory.harness.discovery.registry import Chosen, Registry

DEFAULT_STORE = "explore-theory.sqlite"
DEFAULT_OUT = "reports"
#: Each worker is a process with all libraries in it.
MOST_JOBS = 256

claims_option = click.option(
    "--claims",
    multiple=True,
    metavar="PATH",
    help="Package, folder or file of claims (repeatable; default: all installed).",
)
store_option = click.option(
    "--store", default=DEFAULT_STORE, show_default=True, metavar="FILE", help="The result store."
)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="explore-theory")
def main() -> None:
    """Hold the theory of exploration with base language models against measurement.

    \b
    explore-theory verify              check every claim, print the verdicts
    explore-theory verify F1 'C*'      some of them
    explore-theory report              write an HTML report of what is stored
    """
    # What a terminal cannot show becomes a question mark, never a traceback.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    # Results must not depend on thread scheduling inside BLAS; one thread per process.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


@main.command()
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
@click.option(
    "--jobs",
    type=Whole(min=0, max=MOST_JOBS),
    default=1,
    show_default=True,
    help="Worker processes; 0 runs here, for a debugger.",
)
@click.option("--block-time", type=float, metavar="SECONDS", help="A block that takes longer is an ERROR.")
@click.option("--block-memory", type=float, metavar="GIB", help="Memory that one block may use.")
@click.option(
    "--alpha", type=float, default=1e-3, show_default=True, help="Chance of any wrong verdict in the session."
)
@click.option("--shard", metavar="I/N", help="Run the I-th of N parts of the work; merge the stores later.")
@click.option("--fresh", is_flag=True, help="Run again what the store holds of these claims already.")
@claims_option
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print one line per case, as CSV.")
@click.option("--traceback", "traces", is_flag=True, help="Print what each ERROR raised, in full.")
@click.option("--witness", metavar="DIR", help="Save the counter-example of each REFUTED case into DIR.")
@one_line_errors
def verify(
    selectors: tuple[str, ...],
    tier: str,
    store: str,
    reseed: int,
    block: int | None,
    jobs: int,
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
) -> None:
    """Run claims and print their verdicts.

    SELECTOR is an id (F1), a slug (gap-is-kl), a theorem (spanner-sampling) or a glob, of any package of
    claims or of one (bon:B1, bon:*). What is in the store is not run again; Ctrl-C keeps what is done, and
    the same call (without --fresh) resumes.

    \b
    Exit code: 0 all hold; 1 some REFUTED, POWERLESS or ERROR; 2 usage;
    3 some INCONCLUSIVE; 130 interrupted; 141 nobody reads on.
    """
    from rich.console import Console

    from explore_theory.errors import InvalidClaim
    from explore_theory.harness.running import counterexamples
    from explore_theory.harness.running.executors import Limits, executor
    from explore_theory.harness.storage.store import Store
    from explore_theory.harness.verdicts.verdict import Status
    from explore_theory.reporting import text
    from explore_theory.reporting.table import print_table, tracebacks
    from explore_theory.reporting.verify import run_with_progress, save_witnesses

    if as_json and as_csv:
        raise click.UsageError("--json and --csv must not be given together")
    part = _shard(shard)
    workers = executor(jobs, Limits(seconds=block_time, memory=block_memory))
    registry = _discover(claims)
    chosen = registry.choose(selectors)
    broken = chosen.broken
    _warn_others(chosen)
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
    if as_json:
        from explore_theory.reporting.export import to_json

        click.echo(to_json(done.results, broken))
    elif as_csv:
        from explore_theory.reporting.export import to_csv

        click.echo(to_csv(done.results, broken), nl=False)
    elif shard is None:
        again = "".join(f" --claims {source}" for source in claims)
        again += f" --store {store}" * (store != DEFAULT_STORE)
        print_table(Console(), done.results, broken, tier, store, alpha, again)
    if traces:
        for trace in tracebacks(done.results, broken):
            click.echo(trace + "\n", err=True)
    if witness is not None:
        for line in save_witnesses(chosen.claims, done.results, Path(witness)):
            click.echo(line, err=True)
    if done.interrupted:
        call = "the same call without --fresh" if fresh else "the same call"
        click.echo(f"explore-theory: interrupted; finished blocks are kept, {call} resumes", err=True)
        sys.exit(INTERRUPTED)
    if shard is not None:
        click.echo(
            f"shard {shard} complete: {_counted({'blocks': done.blocks})} run now, {done.errors} failed;"
            f" merge the shards for verdicts; results in {shown(store)}",
            err=as_json or as_csv,
        )
        sys.exit(1 if done.errors or broken else 0)
    statuses = [*(r.verdict.status for r in done.results), *(Status.ERROR for _ in broken)]
    sys.exit(text.exit_code(statuses))


@main.command(name="list")
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@click.option("--statements", is_flag=True, help="Every statement of the theory, and how far it is covered.")
@claims_option
@one_line_errors
def list_claims(selectors: tuple[str, ...], statements: bool, claims: tuple[str, ...]) -> None:
    """List the claims."""
    from rich.console import Console

    from explore_theory.reporting.catalogue import ledger, listing

    registry = _discover(claims)
    if statements:
        Console().print(ledger(registry))
    chosen = registry.choose(selectors)
    if not statements:
        Console().print(listing(chosen.claims))
    _warn_broken(chosen)


@main.command()
@click.argument("selector")
@claims_option
@one_line_errors
def show(selector: str, claims: tuple[str, ...]) -> None:
    """Show a claim: its statement, cases, and the false variants it must refute.

    A SELECTOR that several claims match gives a table of them.
    """
    from rich.console import Console

    from explore_theory.reporting.catalogue import listing, page

    chosen = _discover(claims).choose([selector])
    console = Console()
    if len(chosen.claims) == 1:
        console.print(page(chosen.claims[0]))
    elif chosen.claims:
        console.print(listing(chosen.claims))
        first = chosen.claims[0].label
        console.print(
            f"\n{len(chosen.claims)} claims; one in full: explore-theory show {first}", markup=False
        )
    _warn_broken(chosen)
    sys.exit(0 if chosen.claims else 1)


@main.command()
@store_option
@click.option(
    "--out",
    default=DEFAULT_OUT,
    show_default=True,
    metavar="DIR",
    help="Folder for the report (made if missing).",
)
@one_line_errors
def report(store: str, out: str) -> None:
    """Write a self-contained HTML report of everything in the store."""
    from explore_theory.harness.storage.store import Store
    from explore_theory.reporting.html import write_report

    with Store(store, must_exist=True) as opened:
        path = write_report(opened, Path(out))
    click.echo(f"report written to {path}")


@main.command(name="run")
@click.argument("learner", metavar="LEARNER")
@click.option("--instance", required=True, metavar="FILE", help="A problem written by `save`.")
@click.option("--law", default="exact-law", show_default=True, metavar="LAW", help="literal or exact-law.")
@click.option("--replicates", type=Whole(min=1), default=16, show_default=True)
@click.option("--seed", type=Whole(min=0), default=0, show_default=True)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter (repeatable).")
@click.option("--budget", "budgets", multiple=True, metavar="KIND=CALLS", help="The most calls (repeatable).")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@one_line_errors
def run_command(
    learner: str,
    instance: str,
    law: str,
    replicates: int,
    seed: int,
    settings: tuple[str, ...],
    budgets: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run LEARNER on a problem: what it spends, and the exact gap of what it returns.

    The plan is printed first. Ctrl-C ends the run at once and prints what is done; no file is written.

    \b
    explore-theory run spanner-sampling --instance my_problem.npz --set eps=0.05
    explore-theory run mtss --instance my_tokens.npz --set eps=0.05
    """
    from explore_theory.reporting.instances import planned
    from explore_theory.reporting.playing import play

    plan = planned(
        learner,
        instance,
        settings=_pairs("set", settings),
        law=law,
        seed=seed,
        replicates=replicates,
        budgets={kind: _calls(kind, text) for kind, text in _pairs("budget", budgets).items()},
    )
    play(plan, as_json=as_json)


@main.command()
@click.argument("out", metavar="OUT")
@click.argument("shards", nargs=-1, required=True, metavar="SHARD...")
@one_line_errors
def merge(out: str, shards: tuple[str, ...]) -> None:
    """Merge the stores SHARD... into the store OUT, all of them or nothing.

    Merging again changes nothing; two stores that disagree on a result, or on which source of a claim is the
    latest, are refused.
    """
    from explore_theory.harness.storage.merging import merge_stores

    counts = merge_stores(out, shards)
    click.echo(f"{len(shards)} merged: {shown(out)} holds {_counted(counts)}")


@main.group()
def db() -> None:
    """Look after a result store."""


@db.command(name="check")
@store_option
@click.option("--salvage", metavar="NEW", help="Copy every intact row into the new store NEW.")
@one_line_errors
def db_check(store: str, salvage: str | None) -> None:
    """Look for damage, without changing the store; exit code 1 if there is any."""
    from explore_theory.harness.judging import upkeep

    health = upkeep.check(store)
    for problem in health.problems:
        click.echo(problem)
    state = _counted({"problems": len(health.problems)}) if health.problems else "intact"
    click.echo(f"{shown(store)}: {state}, {_counted(health.counts)}")
    if salvage is not None:
        click.echo(f"{shown(salvage)} holds {_counted(upkeep.salvage(store, salvage))}")
    sys.exit(1 if health.problems else 0)


@db.command(name="compact")
@store_option
@one_line_errors
def db_compact(store: str) -> None:
    """Drop results of outdated claims and reclaim the space."""
    from explore_theory.harness.judging.upkeep import compact

    dropped, before, after = compact(store)
    blocks = _counted({"outdated blocks": dropped})
    click.echo(f"{shown(store)}: {blocks} dropped, {before:,} bytes before, {after:,} after")


def _pairs(name: str, texts: tuple[str, ...]) -> dict[str, str]:
    """``("eps=0.1",)`` as ``{"eps": "0.1"}``."""
    from explore_theory.errors import InvalidProblem

    pairs = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals and value) or key in pairs:
            raise InvalidProblem(f"{name} must be NAME=VALUE, each NAME once, got {name}={text!r}")
        pairs[key] = value
    return pairs


def _calls(kind: str, text: str) -> float:
    from explore_theory.errors import InvalidProblem

    try:
        return float(text)
    except ValueError:
        raise InvalidProblem(f"budget must be KIND=CALLS, got budget={kind}={text!r}") from None


def _counted(counts: dict[str, int]) -> str:
    """``2 sessions, 1 claim``, given the plurals."""
    words = {word: word.removesuffix("s") if number == 1 else word for word, number in counts.items()}
    return ", ".join(f"{number:,} {words[word]}" for word, number in counts.items())


def _shard(text: str | None) -> tuple[int, int]:
    """``"2/5"`` as (2, 5)."""
    from explore_theory.errors import InvalidClaim

    if text is None:
        return 1, 1
    index, slash, number = text.partition("/")
    if not (slash and index.isdecimal() and number.isdecimal() and 1 <= int(index) <= int(number)):
        raise InvalidClaim(f"shard must be I/N with 1 <= I <= N, got shard={text!r}")
    return int(index), int(number)


def _discover(claims: tuple[str, ...]) -> "Registry":
    from explore_theory.harness.discovery.registry import discover

    return discover(claims)


def _warn_broken(chosen: "Chosen") -> None:
    for module in chosen.broken:
        where = module.line or module.path
        click.echo(f"explore-theory: {where} could not be loaded: {module.reason}", err=True)
    _warn_others(chosen)


def _warn_others(chosen: "Chosen") -> None:
    """One line about modules that could not be loaded and that nobody asked for."""
    if chosen.others:
        names = ", ".join(shown(module.where) for module in chosen.others)
        click.echo(f"explore-theory: could not load, and did not select: {names}", err=True)

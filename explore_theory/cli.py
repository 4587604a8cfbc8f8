"""The command line. Heavy imports happen inside commands, so ``--help`` is quick."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from explore_theory import __version__
from explore_theory.errors import ExploreTheoryError

if TYPE_CHECKING:
    from explore_theory.harness.registry import Registry

DEFAULT_STORE = "explore-theory.sqlite"
DEFAULT_OUT = "reports"
USAGE = 2
INTERRUPTED = 130

claims_option = click.option(
    "--claims",
    multiple=True,
    metavar="PATH",
    help="Package, folder or file of claims (repeatable; default: all installed).",
)
store_option = click.option(
    "--store", default=DEFAULT_STORE, show_default=True, metavar="FILE", help="The result store."
)


def one_line_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """A user's mistake is one line on standard error and exit code 2, never a traceback."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except ExploreTheoryError as error:
            click.echo(f"explore-theory: {error}", err=True)
            sys.exit(USAGE)

    return wrapped


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="explore-theory")
def main() -> None:
    """Hold the theory of exploration with base language models against measurement.

    \b
    explore-theory verify              check every claim, print the verdicts
    explore-theory verify F1 'C*'      some of them
    explore-theory report              write an HTML report of what is stored
    """
    # Results must not depend on thread scheduling inside BLAS; one thread per process.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


@main.command()
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@click.option("--tier", type=click.Choice(["quick", "full"]), default="quick", show_default=True)
@store_option
@click.option(
    "--reseed", type=click.IntRange(min=0), default=0, help="Fresh random streams (default: derived)."
)
@click.option(
    "--block",
    type=click.IntRange(min=1),
    metavar="ROWS",
    help="Rows run together; results do not depend on it.",
)
@claims_option
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@one_line_errors
def verify(
    selectors: tuple[str, ...],
    tier: str,
    store: str,
    reseed: int,
    block: int | None,
    claims: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run claims and print their verdicts.

    SELECTOR is an id (F1), a slug (gap-is-kl), a theorem (spanner-sampling) or a glob. What is in the store
    is not run again; Ctrl-C keeps what is done, and the same call resumes.

    \b
    Exit code: 0 all hold; 1 some REFUTED, POWERLESS or ERROR; 2 usage;
    3 some INCONCLUSIVE; 130 interrupted.
    """
    from rich.console import Console

    from explore_theory.harness.store import Store
    from explore_theory.reporting import text
    from explore_theory.reporting.table import print_table
    from explore_theory.reporting.verify import run_with_progress

    registry = _discover(claims)
    chosen = registry.select(selectors)
    broken = () if selectors else registry.broken
    with Store(store) as opened:
        results, interrupted = run_with_progress(chosen, opened, tier=tier, reseed=reseed, block=block)
    if as_json:
        from explore_theory.reporting.export import to_json

        click.echo(to_json(results, broken))
    else:
        print_table(Console(), results, broken, tier, store)
    if interrupted:
        click.echo("explore-theory: interrupted; finished blocks are kept, the same call resumes", err=True)
        sys.exit(INTERRUPTED)
    from explore_theory.harness.verdict import Status

    sys.exit(text.exit_code([*(r.verdict.status for r in results), *(Status.ERROR for _ in broken)]))


@main.command(name="list")
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@claims_option
@one_line_errors
def list_claims(selectors: tuple[str, ...], claims: tuple[str, ...]) -> None:
    """List the claims."""
    from rich.console import Console

    from explore_theory.reporting.catalogue import listing

    registry = _discover(claims)
    Console().print(listing(registry.select(selectors)))
    _warn_broken(registry)


@main.command()
@click.argument("selector")
@claims_option
@one_line_errors
def show(selector: str, claims: tuple[str, ...]) -> None:
    """Show a claim: its statement, cases, and the false variants it must refute."""
    from rich.console import Console

    from explore_theory.reporting.catalogue import page

    registry = _discover(claims)
    console = Console()
    for registered in registry.select([selector]):
        console.print(page(registered))
    _warn_broken(registry)


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
    from explore_theory.harness.store import Store
    from explore_theory.reporting.html import write_report

    with Store(store, must_exist=True) as opened:
        path = write_report(opened, Path(out))
    click.echo(f"report written to {path}")


def _discover(claims: tuple[str, ...]) -> "Registry":
    from explore_theory.harness.registry import discover

    return discover(claims)


def _warn_broken(registry: "Registry") -> None:
    for module in registry.broken:
        click.echo(f"explore-theory: {module.path} could not be loaded: {module.reason}", err=True)

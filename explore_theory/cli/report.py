"""`report`: an HTML report of a store, its results as JSON, and what a paper takes from it."""

import sys
from pathlib import Path
from shlex import quote

import click

from explore_theory.cli.mistakes import one_line_errors
from explore_theory.cli.options import DEFAULT_OUT, claims_option, store_option
from explore_theory.errors import StoreError
from explore_theory.foundation.brief import shown


@click.command()
@store_option
@click.option(
    "--out",
    default=DEFAULT_OUT,
    show_default=True,
    metavar="DIR",
    help="Folder for the report: new, empty, or one that a report was written into.",
)
@click.option(
    "--against",
    metavar="OLD",
    help="Also say what changed since OLD, a store, a results.json or what `verify --json` printed; exit 1 if"
    " worse.",
)
@click.option(
    "--paper", is_flag=True, help="Also write DIR/paper: figures, tables, numbers and an appendix for LaTeX."
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of results.json, and do nothing else.")
@claims_option
@one_line_errors
def report(
    store: str, out: str, against: str | None, paper: bool, schema: bool, claims: tuple[str, ...]
) -> None:
    """Write a self-contained HTML report of everything in the store, with the ledger of the claims' paper.

    Beside index.html lies results.json, the same for programs.

    \b
    Exit code: 0 written; 1 something is worse than in OLD (a claim or case gone or
    no longer held, a false variant no longer refuted, a proof gone, wrong or no
    longer checked, weaker evidence, a slack or resolution that has grown beyond
    noise, fewer comparisons or instances); 2 usage; 130 interrupted.
    """
    from explore_theory.reporting.export import schema_text

    if schema:
        click.echo(schema_text(), nl=False)
        return
    from explore_theory.harness.discovery.papers import discover_papers
    from explore_theory.harness.discovery.presence import gone
    from explore_theory.harness.judging.results import latest_results
    from explore_theory.harness.storage.store import Store
    from explore_theory.reporting.against import read, since
    from explore_theory.reporting.export import RESULTS, to_json
    from explore_theory.reporting.folder import put, require_own
    from explore_theory.reporting.html import write_report
    from explore_theory.reporting.text import label

    folder = Path(out)
    require_own(folder)
    if paper:
        from explore_theory.reporting.paper.write import FOLDER

        require_own(folder / FOLDER)
    both = [Path(file) for file in (against, store) if file is not None and Path(file).exists()]
    if len(both) > 1 and both[0].samefile(both[1]):
        raise StoreError(f"against must be another file than the store, got {shown(both[0])} for both")
    earlier = read(Path(against)) if against is not None else None
    with Store(store, must_exist=True) as opened:
        results = latest_results(opened)
        told = since(against, results, earlier) if against is not None and earlier is not None else None
        registry = discover_papers(claims)
        names = {(str(r.record["namespace"]), r.id): label(r) for r in results}
        missing = {names[claim] for claim in gone(names, claims)}
        path = write_report(
            opened,
            folder,
            registry,
            results=results,
            since=told,
            gone=missing,
            claims=[quote(source) for source in claims],
        )
        put(folder, RESULTS, f"{to_json(results, timing=False)}\n".encode())
        click.echo(f"report written to {shown(path)}")
        if paper:
            from explore_theory.harness.discovery.registry import discover
            from explore_theory.reporting.paper.material import material
            from explore_theory.reporting.paper.write import write_paper

            everything = [registered.label for registered in discover(claims).claims]
            again = "".join(f" --claims {quote(source)}" for source in claims)
            made = material(opened, registry, results=results, everything=everything, again=again)
            written = write_paper(made, folder)
            click.echo(f"paper written to {shown(written.path)}: {written.figures} files of figures")
            for line in written.left_out:
                click.echo(f"explore-theory: {' '.join(line.split())}", err=True)
    if told is not None:
        for change in told.changes:
            click.echo(shown(change))
        click.echo(f"since {shown(told.name)}: {told.summary}")
        sys.exit(int(told.worse))

"""`new`: a module of claims to start from, with its test."""

import click

from explore_theory.cli.mistakes import one_line_errors


@click.command()
@click.argument("name")
@click.option("--long", is_flag=True, help="With Claim, Check and Case written out.")
@click.option("--id", "id_", metavar="ID", help="Its id (default: the first of N1, N2, .. that is free).")
@click.option("--folder", metavar="FOLDER", help="Where claims lie (default: claims).")
@click.option(
    "--theorem", metavar="NAME", help="In explore-theory's repository: the folder in proofs_checks."
)
@one_line_errors
def new(name: str, long: bool, id_: str | None, folder: str | None, theorem: str | None) -> None:
    """Write a claim NAME that holds, with its false variants and its test, to be changed into yours.

    Nothing is overwritten. In an empty folder a pyproject.toml is written too, by which pytest collects the
    claim. The commands that are printed then check it, test it and report it.
    """
    from explore_theory.cli import starting

    found = starting.start(name, long=long, id=id_, theorem=theorem, folder=folder)
    starting.write(found)
    for path in found.files:
        click.echo(f"wrote {path}")
    click.echo("\nnext:")
    for command in found.commands:
        click.echo(f"  {command}")
    for remark in found.remarks:
        click.echo(f"\n{remark}")

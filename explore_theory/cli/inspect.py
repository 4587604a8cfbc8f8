"""`inspect`: what there is to know of a problem or formula in a file."""

import click

from explore_theory.cli.mistakes import one_line_errors


@click.command(name="inspect")
@click.argument("file", metavar="FILE", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print what is found as JSON.")
@click.option(
    "--schema", is_flag=True, help="Print the JSON Schema of problems in JSON, and do nothing else."
)
@one_line_errors
def inspect_command(file: str | None, as_json: bool, schema: bool) -> None:
    """Read FILE, a problem or a formula, and say what it is and what the theory says of it.

    Sizes, coverage, divergences, the base policy's gap and the optimum's value; whether the optimal policy
    is in the softmax class; which theorems apply, assumption by assumption with the numbers of this problem;
    which learners can be run. FILE is .npz, JSON, JSON lines, DIMACS (p dnf, p cnf) or a written-out formula,
    plain or packed by gzip, bzip2 or xz.

    \b
    explore-theory inspect my_problem.json
    explore-theory inspect uf20-01.cnf
    """
    from explore_theory.instances import read
    from explore_theory.reporting import inspected
    from explore_theory.reporting.terminal import console

    if schema:
        click.echo(inspected.schema_text(), nl=False)
        return
    if file is None:
        raise click.UsageError("Missing argument 'FILE'.")
    instance = read(file)
    if as_json:
        click.echo(inspected.to_json(instance))
    else:
        inspected.print_inspected(console(), instance)

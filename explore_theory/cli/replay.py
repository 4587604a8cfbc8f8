"""`replay`: violations that were found before, run again."""

import sys

import click

from explore_theory.cli.chosen import discovered
from explore_theory.cli.mistakes import one_line_errors
from explore_theory.cli.options import claims_option
from explore_theory.cli.saying import say


@click.command()
@click.argument("places", nargs=-1, required=True, metavar="FILE|FOLDER...")
@claims_option
@click.option("--json", "as_json", is_flag=True, help="Print the outcomes as JSON.")
@one_line_errors
def replay(places: tuple[str, ...], claims: tuple[str, ...], as_json: bool) -> None:
    """Run violations again that `verify --witness` wrote, on this machine and by the claims of today.

    REPRODUCED: the same numbers to the last bit. DIFFERS: a violation still, with other numbers. GONE: no
    violation any more, or nothing of that name is there. ERROR: what the claim raised.

    \b
    Exit code: 0 all are violations still; 1 some GONE or ERROR; 2 usage, or a file that is no violation.
    """
    from explore_theory.reporting import replays

    registry = discovered(claims)
    known = [registered.claim for registered in registry.claims]
    done = []
    for entry in replays.replay_all(places, registry):
        done.append(entry)
        if not as_json and entry.violation is not None:
            say(replays.line(entry, known))
        elif entry.violation is None:
            say(f"explore-theory: {replays.line(entry)}", err=True)
    if as_json:
        click.echo(replays.to_json(done))
    sys.exit(replays.exit_code(done))

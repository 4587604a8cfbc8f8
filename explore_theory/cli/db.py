"""`db check` and `db compact`: looking after a result store."""

import sys

import click

from explore_theory.cli.chosen import counted
from explore_theory.cli.mistakes import one_line_errors
from explore_theory.cli.options import store_option
from explore_theory.cli.saying import say
from explore_theory.foundation.brief import shown


@click.group()
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
        say(problem)
    state = counted({"problems": len(health.problems)}) if health.problems else "intact"
    say(f"{shown(store)}: {state}, {counted(health.counts)}")
    if salvage is not None:
        say(f"{shown(salvage)} holds {counted(upkeep.salvage(store, salvage))}")
    sys.exit(1 if health.problems else 0)


@db.command(name="compact")
@store_option
@one_line_errors
def db_compact(store: str) -> None:
    """Drop results of outdated claims and reclaim the space."""
    from explore_theory.harness.judging.upkeep import compact

    dropped, before, after = compact(store)
    blocks = counted({"outdated blocks": dropped})
    say(f"{shown(store)}: {blocks} dropped, {before:,} bytes before, {after:,} after")

"""`merge`: the stores of shards into one."""

import click

from explore_theory.cli.chosen import counted
from explore_theory.cli.mistakes import one_line_errors
from explore_theory.cli.saying import say
from explore_theory.foundation.brief import shown


@click.command()
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
    say(f"{len(shards)} merged: {shown(out)} holds {counted(counts)}")

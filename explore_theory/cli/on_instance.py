"""`verify --instance FILE`: claims against the one problem that a user brings."""

import sys
from collections.abc import Mapping
from typing import Any, NoReturn

import click

from explore_theory.cli.chosen import discovered, warn_others
from explore_theory.cli.mistakes import INTERRUPTED, stands
from explore_theory.cli.saying import say

#: Options of `verify` that are about blocks of rows, of which one problem has none, or about other output.
_OTHERS = {
    "block": "--block",
    "jobs": "--jobs",
    "executor": "--executor",
    "block_time": "--block-time",
    "block_memory": "--block-memory",
    "shard": "--shard",
    "as_csv": "--csv",
    "witness": "--witness",
}


def verify_on_instance(
    path: str,
    selectors: tuple[str, ...],
    *,
    store: str,
    claims: tuple[str, ...],
    as_json: bool,
    traces: bool,
    options: Mapping[str, Any],
) -> NoReturn:
    """Run what claims say of the problem at `path`, print it, and exit with the code of what it is."""
    from explore_theory.harness.running.executors import Serial
    from explore_theory.harness.running.on_file import take
    from explore_theory.harness.storage.store import Store
    from explore_theory.instances import read
    from explore_theory.reporting.on_instance import exit_code, print_on_instance, to_json
    from explore_theory.reporting.table import tracebacks
    from explore_theory.reporting.terminal import console
    from explore_theory.reporting.verify import run_with_progress

    if wrong := [option for name, option in _OTHERS.items() if stands(name)]:
        raise click.UsageError(
            f"--instance must be given without {', '.join(wrong)}: it is run here and at once"
        )
    instance = read(path)
    registry = discovered(claims, selectors)
    chosen = registry.choose(selectors)
    warn_others(chosen)
    taken = take(chosen.claims, instance.problem, instance.kind, instance.digest)
    with Store(store) as opened:
        done = run_with_progress(taken.claims, opened, executor=Serial(), **options)
    if as_json:
        click.echo(to_json(instance, taken, done.results, chosen.broken))
    else:
        print_on_instance(console(), instance, taken, done.results, chosen.broken, store)
    if traces:
        for trace in tracebacks(done.results, chosen.broken):
            say(trace + "\n", err=True, lines=True)
    if done.interrupted:
        click.echo("explore-theory: interrupted; finished claims are kept, the same call resumes", err=True)
        sys.exit(INTERRUPTED)
    sys.exit(exit_code(done.results, chosen.broken))

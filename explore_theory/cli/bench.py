"""`bench`: how fast this machine runs what the package does."""

from typing import TYPE_CHECKING

import click

from explore_theory.cli.mistakes import one_line_errors
from explore_theory.cli.saying import say

if TYPE_CHECKING:
    from explore_theory.bench.benchmark import Figure, Growth


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--quick", is_flag=True, help="Small sizes and few repeats: whether all of it runs.")
@click.option("--json", "out", metavar="FILE", help="Write what was found into this file.")
@click.option(
    "--history", "kept", metavar="FILE", help="Compare with the last run in this file, and add this one."
)
@click.option("--list", "listed", is_flag=True, help="Say what is measured, and measure nothing.")
@one_line_errors
def bench(names: tuple[str, ...], quick: bool, out: str | None, kept: str | None, listed: bool) -> None:
    """Measure speed, as ratios within one run and as exponents of growth.

    Seconds depend on the machine and on what else it does; ratios of work that is done in turn hardly do.
    Without a NAME everything is measured, which takes some minutes.

    \b
    explore-theory bench --list
    explore-theory bench exploration grow-mtss
    explore-theory bench --json speed.json --history speed.jsonl

    \b
    Exit code: 0, also where a figure is slower than it was or than is aimed at; 2 usage; 130 interrupted.
    """
    from pathlib import Path

    from explore_theory.bench.catalogue import catalogue, chosen
    from explore_theory.bench.compare import changes, comparable
    from explore_theory.bench.record import append, history, record, text
    from explore_theory.bench.tables import where
    from explore_theory.bench.timing import Effort
    from explore_theory.bench.told import line
    from explore_theory.errors import InvalidProblem
    from explore_theory.foundation.files import written_whole

    asked = chosen(names, catalogue())
    if listed:
        width = max(len(one.name) for one in asked)
        for one in asked:
            say(f"{one.name:<{width}}  {one.says}")
        return
    # What is wrong with the call is said before minutes are spent.
    for name, path in (("json", out), ("history", kept)):
        if path is not None and (Path(path).is_dir() or not Path(path).absolute().parent.is_dir()):
            raise InvalidProblem(f"{name} must be a file in a folder that exists, got {name}={path!r}")
    earlier = history(kept) if kept is not None else []
    effort = Effort.short() if quick else Effort()
    found: dict[str, list[Figure | Growth]] = {}
    for one in asked:
        found[one.name] = []
        for figure in one.measure(effort):
            found[one.name].append(figure)
            say(line(figure))
    newest = record(found, quick=quick)
    say(f"Measured {where(newest)}.")
    if out is not None:
        with written_whole(out) as stream:
            stream.write(text(newest).encode())
        say(f"Written: {out}")
    if kept is not None:
        before = comparable(newest, earlier)
        if before is None:
            say(f"no earlier run of this kind on such a machine in {kept}")
        else:
            moved = changes(newest, before)
            for change in moved:
                say(change)
            say(f"{len(moved)} figures differ from those of {where(before)}")
        append(kept, earlier, newest)

"""`coverage`: how well a base model covers good responses, from samples of it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from explore_theory.cli.mistakes import Whole, one_line_errors
from explore_theory.cli.saying import say, written_over

if TYPE_CHECKING:
    from explore_theory.samples.coverage import Range
    from explore_theory.samples.draws import Source
    from explore_theory.samples.summary import Measured

#: Options by the names that the library has for them.
_OPTIONS = {
    "least": "--r-min",
    "most": "--r-max",
    "support": "--r-values",
    "r-values": "--r-values",
    "passes": "--pass-from",
    "heaviest": "--w-max",
    "k": "--k",
    "beta": "--beta",
    "alpha": "--alpha",
    "reward": "--reward",
    "prefer": "--prefer",
}
#: Where a refusal names an argument: what must be, and what was got.
_NAMED = re.compile(rf"^({'|'.join(_OPTIONS)})(?= must )|\b({'|'.join(_OPTIONS)})(?==)")
#: Draws between two lines of progress on a terminal.
_OFTEN = 100_000


@click.command()
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option("--samples", "more", multiple=True, metavar="FILE", help="The same as an argument.")
@click.option(
    "--beta", type=float, required=True, help="Temperature of the regularised optimum, in units of reward."
)
@click.option("--reward", metavar="NAME", help="Which reward (default: the first that the file has).")
@click.option("--r-max", type=float, metavar="R", help="No reward can be larger.")
@click.option("--r-min", type=float, metavar="R", help="No reward can be smaller.")
@click.option("--r-values", metavar="R,R,...", help="All values that a reward can have.")
@click.option(
    "--pass-from", type=float, metavar="R", help="A sample passes from this reward on (default: the largest)."
)
@click.option(
    "--k", "sizes", metavar="K,K,...", help="The k of pass@k and N of best-of-N (default: powers of two)."
)
@click.option(
    "--as-drawn", is_flag=True, help="About the law that was drawn from, also where draws could be weighted."
)
@click.option(
    "--w-max",
    type=float,
    metavar="W",
    help="No response is W times as likely by the model as by the law that was drawn from.",
)
@click.option("--alpha", type=float, default=0.05, show_default=True, help="Chance that an interval misses.")
@click.option(
    "--tasks", "listed", type=Whole(min=0), default=10, show_default=True, help="Tasks that are listed."
)
@click.option("--skip-bad", is_flag=True, help="Pass over malformed records, and count them.")
@click.option(
    "--once", is_flag=True, help="Count draws that are there again once; they are refused otherwise."
)
@click.option(
    "--prefer",
    "preferences",
    multiple=True,
    metavar="NAME=VALUE",
    help="filter, errors or task (repeatable).",
)
@click.option("--out", metavar="DIR", help="Write a page into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@one_line_errors
def coverage(
    files: tuple[str, ...],
    more: tuple[str, ...],
    beta: float,
    reward: str | None,
    r_max: float | None,
    r_min: float | None,
    r_values: str | None,
    pass_from: float | None,
    sizes: str | None,
    as_drawn: bool,
    w_max: float | None,
    alpha: float,
    listed: int,
    skip_bad: bool,
    once: bool,
    preferences: tuple[str, ...],
    out: str | None,
    as_json: bool,
) -> None:
    """Measure how well a base model covers good responses, from samples of it with their rewards.

    A FILE is one that an evaluation or a training run left: JSON lines with prompt, response and reward, or
    what human-eval, EvalPlus, lm-evaluation-harness, Inspect, verl or TRL write. It is told by its content; a
    folder means all files in it.

    \b
    explore-theory coverage results.jsonl --beta 0.1
    explore-theory coverage run-1.jsonl run-2.jsonl --beta 0.05 --r-max 1 --out page

    \b
    Exit code: 0; 2 for a mistake in the call or a file that is no samples; 130 interrupted.
    """
    from explore_theory.foundation.validation import above
    from explore_theory.statistics.arguments import error_level

    # What is wrong with the call is said before a file is read that may be large.
    with _by_options():
        above("beta", beta, 0.0)
        error_level(alpha)
        known = _range(r_min, r_max, r_values)
        asked = None if sizes is None else [_whole(part) for part in sizes.split(",")]
    if out is not None:
        from pathlib import Path

        from explore_theory.reporting.folder import require_own

        require_own(Path(out))
    with _by_options():
        sources = _opened((*files, *more), skip_bad=skip_bad, preferences=preferences)
        found = _measured(
            sources,
            reward=reward,
            once=once,
            beta=beta,
            alpha=alpha,
            known=known,
            passes=pass_from,
            sizes=asked,
            as_drawn=as_drawn,
            heaviest=w_max,
        )
    written = None
    if out is not None:
        from explore_theory.reporting.coverage.page import write

        # Before anything is printed, as whoever reads that may leave.
        written = write(found, out)
    if as_json:
        import json

        from explore_theory.reporting.coverage.data import record

        say(json.dumps(record(found), indent=1, allow_nan=False), lines=True)
    else:
        from explore_theory.reporting.coverage.told import print_measured
        from explore_theory.reporting.terminal import console

        print_measured(console(), found, listed=listed)
    if written is not None:
        say(f"Written: {written}", err=as_json)


@contextmanager
def _by_options() -> Iterator[None]:
    """Refusals of the library by the names of the options: ``--r-max must ..``, not ``most must ..``."""
    from explore_theory.errors import InvalidProblem

    try:
        yield
    except InvalidProblem as error:
        said = _NAMED.sub(lambda found: _OPTIONS[found[1] or found[2]], str(error))
        raise InvalidProblem(said) from None


def _measured(
    sources: "list[Source]",
    *,
    reward: str | None,
    once: bool,
    **how: Any,
) -> "Measured":
    """What the pooled samples say; draws that are there again are refused, or counted once."""
    from explore_theory.errors import InvalidProblem
    from explore_theory.samples.pool import pooled
    from explore_theory.samples.repeats import repeats, without
    from explore_theory.samples.summary import measured

    with written_over() as show:
        heard = None if show is None else lambda seen: _progress(show, seen)
        pool = pooled(sources, reward=reward, progress=heard)
    again = repeats(pool)
    if again and not once:
        raise InvalidProblem(
            f"samples must be independent draws, got {'; '.join(again.kinds)}; --once counts each once"
        )
    if again:
        for line in again.kinds:
            say(f"explore-theory: {line}; each is counted once", err=True)
        pool = without(pool, again.extra)
    return measured(pool, **how)


def _opened(files: tuple[str, ...], *, skip_bad: bool, preferences: tuple[str, ...]) -> "list[Source]":
    from explore_theory.errors import InvalidProblem
    from explore_theory.samples.readers import open_samples, sample_files

    if not files:
        raise InvalidProblem("FILE must be given, one at least, got none")
    prefer = {}
    for text in preferences:
        name, equals, value = text.partition("=")
        if not (name and equals and value) or name in prefer:
            raise InvalidProblem(f"prefer must be NAME=VALUE, each NAME once, got prefer={text!r}")
        prefer[name] = value
    paths = [path for name in files for path in sample_files(name)]
    if len({path.resolve() for path in paths}) < len(paths):
        raise InvalidProblem(f"FILE must name each file once, got {' '.join(files)}")
    return [open_samples(path, skip_bad=skip_bad, prefer=prefer) for path in paths]


def _range(r_min: float | None, r_max: float | None, r_values: str | None) -> "Range | None":
    """What is declared of rewards; None if nothing is, and the format alone knows."""
    from explore_theory.errors import InvalidProblem
    from explore_theory.samples.coverage import Range

    if r_values is None:
        return None if r_min is None and r_max is None else Range(least=r_min, most=r_max)
    if r_min is not None or r_max is not None:
        raise InvalidProblem("r-values must stand alone, since they hold the smallest and the largest, too")
    try:
        values = tuple(float(part) for part in r_values.split(","))
    except ValueError:
        raise InvalidProblem(
            f"r-values must be numbers parted by commas, got r-values={r_values!r}"
        ) from None
    return Range(support=values)


def _whole(part: str) -> int:
    from explore_theory.errors import InvalidProblem

    try:
        return int(part)
    except ValueError:
        raise InvalidProblem(f"k must be whole numbers parted by commas, got {part!r}") from None


def _progress(show: Callable[[str], None], seen: int) -> None:
    """Now and then."""
    if seen % _OFTEN < 1 << 14:
        show(f"{seen:,} samples read")

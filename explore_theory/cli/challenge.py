"""`challenge`: a learner of one's own against what no algorithm can exceed."""

import sys

import click

from explore_theory.cli.mistakes import Whole, one_line_errors
from explore_theory.cli.saying import say


@click.command()
@click.argument("learner", metavar="LEARNER")
@click.option("--tier", type=click.Choice(["quick", "full"]), default="quick", show_default=True)
@click.option(
    "--seed", type=Whole(min=0), help="Play this once more (default: one that nobody knows before the end)."
)
@click.option("--alpha", type=float, default=1e-3, show_default=True, help="Chance of any wrong verdict.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter (repeatable).")
@click.option(
    "--time",
    "seconds",
    type=float,
    default=20.0,
    show_default=True,
    help="Seconds that it may take for a step.",
)
@click.option(
    "--memory", type=float, default=4.0, show_default=True, metavar="GIB", help="Memory of its process."
)
@click.option("--out", default="challenge", show_default=True, metavar="DIR", help="Folder for the page.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON; no page is written.")
@click.option("--traceback", "traces", is_flag=True, help="Print what each ERROR raised, in full.")
@one_line_errors
def challenge(
    learner: str,
    tier: str,
    seed: int | None,
    alpha: float,
    settings: tuple[str, ...],
    seconds: float,
    memory: float,
    out: str,
    as_json: bool,
    traces: bool,
) -> None:
    """Play LEARNER against problems that it cannot see, and write a page of what it finds.

    LEARNER is module:Name or path/to/file.py:Name, a function of an oracle or a class with a method
    run(oracle): as few as ten lines on oracle.prompt(), oracle.draw(x) and oracle.reward(x, y). It runs in a
    process of its own. Its success is held against lower bounds, its runs are compared alone and in company,
    and its budgets are placed beside those of other learners.

    \b
    explore-theory challenge my_learner.py:run

    \b
    Exit code: 0 all hold; 1 some REFUTED or ERROR; 2 usage; 3 some INCONCLUSIVE;
    130 interrupted.
    """
    from pathlib import Path

    from explore_theory.challenging.challenge import challenge as challenged
    from explore_theory.challenging.challenged import Challenged
    from explore_theory.challenging.process import Died
    from explore_theory.errors import InvalidProblem
    from explore_theory.reporting.folder import require_own

    if not 0.25 <= memory <= 2**20:
        raise InvalidProblem(f"memory must lie in [0.25, 1048576] GiB, got memory={memory!r}")
    if not as_json:
        require_own(Path(out))
    shows = sys.stderr.isatty()
    try:
        found: Challenged = challenged(
            learner,
            tier=tier,
            seed=seed,
            alpha=alpha,
            settings=_settings(settings),
            seconds=seconds,
            memory=int(memory * 2**30),
            told=(lambda line: say(line, err=True)) if shows else None,
        )
    except Died as error:
        if traces and error.trace:
            say(error.trace, err=True, lines=True)
        raise
    if as_json:
        import json

        say(json.dumps(found.data(), indent=1, allow_nan=False), lines=True)
    else:
        _printed(found)
        say(f"page written to {found.write(out)}")
    if traces:
        for finding in found.findings:
            if finding.trace:
                say(finding.trace, err=True, lines=True)
    sys.exit({"HOLDS": 0, "INCONCLUSIVE": 3}.get(str(found.status), 1))


def _printed(found: "Challenged") -> None:  # type: ignore[name-defined]  # noqa: F821 -- loads NumPy
    """The verdicts, a line each, and how to see them again."""
    for finding in found.findings:
        say(f"{finding.status!s:<13} {finding.about}: {finding.reason}")
    for place in (p for p in found.placements if p.own):
        needs = f"({place.lo:g}, {place.hi:g}]"
        say(f"{'':<13} {place.family}, coverage {place.coverage:.4g}: smallest budget in {needs}")
    say("")
    for note in found.notes:
        say(note)
    say(found.headline)
    say(
        f"seed {found.seed}{', which was given' if found.known else ', which nobody knew'}; again: "
        f"{found.again}"
    )


def _settings(texts: tuple[str, ...]) -> dict[str, object]:
    """``("gamma=0.1",)`` as ``{"gamma": 0.1}``: numbers, truth values and words."""
    import json

    from explore_theory.errors import InvalidProblem

    found: dict[str, object] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals and value) or key in found:
            raise InvalidProblem(f"set must be NAME=VALUE, each NAME once, got set={text!r}")
        try:
            found[key] = json.loads(value, parse_constant=lambda word: word)
        except ValueError:
            found[key] = value
    return found

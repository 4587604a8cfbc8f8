"""What a store has found about one claim, for `show`: its verdicts, and its first figure in characters."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from explore_theory.foundation.brief import shown
from explore_theory.foundation.legible import encodable
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.outcomes import Result
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting import proofs, text
from explore_theory.reporting.table import BADGE, STYLES
from explore_theory.reporting.terminal import words

#: Where a claim says what the store has to be told again.
CHANGED = "the code has changed since: explore-theory verify"


def found(
    registered: Registered,
    results: Sequence[Result],
    store: str,
    *,
    width: int,
    plot: bool = True,
    again: str = "",
) -> Group:
    """The verdict on a claim at each tier in `store`, and a plot of the fullest one with points.

    What was found with other code than there is now says so, and by which command it is brought up to date;
    `again` is what that needs besides, such as ``" --claims FOLDER"``.
    """
    place = shown(Path(store))
    if not results:
        return Group(Text(""), words(f"Not in {place}"))
    parts: list[Text | Padding] = [Text(""), words(f"Found in {place}:")]
    for result in results:
        parts.extend(Padding(line, (0, 0, 0, 2)) for line in _verdict(registered, result, again))
    if plot:
        parts.extend(_plot(results, width))
    return Group(*parts)


def _verdict(registered: Registered, result: Result, again: str) -> list[Text]:
    status = result.verdict.status
    line = Text(status, style=STYLES[status])
    for badge, _ in text.worn(result.record, result.tier):
        line.append(f" {badge}", style=BADGE)
    reseed = f", reseed {result.reseed}" if result.reseed else ""
    numbers = f"slack {text.slack(result)}; {text.power(result)} false variants refuted"
    line.append_text(words(f" at the {result.tier} tier{reseed}; {numbers}; {text.kinds(result)}"))
    lines = [line]
    if status is not Status.HOLDS:
        lines.append(words(text.reason(result), STYLES[status]))
    lines.extend(proofs.found(result))
    if result.digest != registered.digest:
        lines.append(words(f"{CHANGED} {registered.label} --tier {result.tier}{again}", BADGE))
    return lines


def _plot(results: Sequence[Result], width: int) -> list[Text]:
    """The first figure that has points, of the fullest result that has some."""
    from explore_theory.reporting.figures import undrawn
    from explore_theory.reporting.plots import ASCII, UNICODE, places, plot

    signs = UNICODE if encodable("".join(vars(UNICODE).values())) else ASCII
    figures = [(figure, result) for result in reversed(results) for figure in result.record["figures"]]
    try:
        # Of those with points at one place only there is little to see.
        for figure, result in sorted(figures, key=lambda pair: places(*pair) < 2):
            if (lines := plot(figure, result, width=width, signs=signs)) is not None:
                title = words(f"{figure['title']} ({result.tier} tier)", "bold")
                missing = undrawn(figure, result)
                return [Text(""), title, *map(words, lines), *([words(missing, "dim")] if missing else [])]
    except (ArithmeticError, ValueError, LookupError, TypeError) as error:
        # Of a stranger's record; its verdict has been told.
        reason = " ".join(str(error).strip().splitlines()[-1:])
        return [Text(""), words(f"Its figure cannot be drawn: {reason}")]
    return []

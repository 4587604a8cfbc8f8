"""Options that several commands have, and their defaults."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from explore_theory.cli.mistakes import Whole
from explore_theory.foundation.processors import processors

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_STORE = "explore-theory.sqlite"
DEFAULT_OUT = "reports"
#: Each worker is a process with all libraries in it.
MOST_JOBS = 256
#: So many of them unless told otherwise, and no more than there are processors: each holds some 300 MB.
_USUAL_JOBS = 4

claims_option = click.option(
    "--claims",
    multiple=True,
    metavar="PATH",
    help="Package, folder or file of claims (repeatable; default: all installed).",
)
store_option = click.option(
    "--store", default=DEFAULT_STORE, show_default=True, metavar="FILE", help="The result store."
)


def jobs_option(help: str) -> Callable[[F], F]:
    """``--jobs N``: as many workers as there are processors, up to a few; results do not depend on it."""
    return click.option(
        "--jobs",
        type=Whole(min=0, max=MOST_JOBS),
        default=lambda: min(processors(), _USUAL_JOBS),
        show_default=f"one a processor, at most {_USUAL_JOBS}",
        help=help,
    )

"""What goes wrong around a command, in one line on standard error and with an exit code of its own."""

import errno
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from explore_theory.errors import ExploreTheoryError

USAGE = 2
INTERRUPTED = 130


def one_line_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """A mistake, Ctrl-C and a full disk behind standard output are one line each, never a traceback."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            try:
                return command(*args, **kwargs)
            finally:
                if sys.stdout is not None:
                    sys.stdout.flush()
        except ExploreTheoryError as error:
            click.echo(f"explore-theory: {error}", err=True)
            sys.exit(USAGE)
        except KeyboardInterrupt:
            click.echo("explore-theory: interrupted", err=True)
            sys.exit(INTERRUPTED)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EIO):
                raise
            # What is left in the buffer would be tried once more at the end, and fail with another exit code.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            click.echo(f"explore-theory: output must be a place to write to, got {error}", err=True)
            sys.exit(USAGE)

    return wrapped

"""What goes wrong around a command, in one line on standard error and with an exit code of its own."""

import errno
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

import click

from explore_theory.cli.ending import ends_as_by_ctrl_c
from explore_theory.cli.saying import say
from explore_theory.errors import ExploreTheoryError

USAGE = 2
INTERRUPTED = 130
#: Who read the output has left; what a program that the signal ends is said to return.
READER_GONE = 141
#: Characters of a mistake in the call that are repeated to whoever made it.
_QUOTED = 40
_LONGEST = 800
#: How click asks for help where nothing is said; older versions of it print the help themselves.
_NO_ARGUMENTS: tuple[type[Exception], ...] = tuple(
    kind for kind in [getattr(click.exceptions, "NoArgsIsHelpError", None)] if kind is not None
)


def one_line_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """A mistake, Ctrl-C, a full disk, too little memory, a system that refuses: a line, not a traceback."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            try:
                return command(*args, **kwargs)
            finally:
                if sys.stdout is not None:
                    sys.stdout.flush()
        except ExploreTheoryError as error:
            _end(str(error))
        except KeyboardInterrupt:
            click.echo("explore-theory: interrupted", err=True)
            sys.exit(INTERRUPTED)
        except MemoryError as error:
            from explore_theory.foundation import memory

            said = str(error) or "an allocation failed"
            _end(
                f"memory must hold what is asked for, got: {said} ({memory.size(memory.free())} are free);"
                " ask for fewer replicates, draws or outputs"
            )
        except OSError as error:
            _refused(error)

    return wrapped


def stands(name: str) -> bool:
    """Whether an option stands in the call, and is not its default."""
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE


class Commands(click.Group):
    """Commands whose mistakes in the call are a line each, like everything else that goes wrong."""

    def main(self, *args: Any, standalone_mode: bool = True, **kwargs: Any) -> Any:
        """See `click.Group`."""
        if not standalone_mode:
            return self._called(*args, **kwargs)
        try:
            with ends_as_by_ctrl_c():
                result = self._called(*args, **kwargs)
                if sys.stdout is not None:
                    sys.stdout.flush()
        except click.UsageError as error:
            if isinstance(error, _NO_ARGUMENTS):
                say(error.format_message(), err=True, lines=True)
                sys.exit(USAGE)
            # The first word is how Python was started.
            words = error.ctx.command_path.split()[1:] if error.ctx else []
            path = " ".join(["explore-theory", *words])
            _end(f"{error.format_message()} (see `{path} --help`)")
        except click.ClickException as error:
            _end(error.format_message())
        except (KeyboardInterrupt, click.Abort):
            click.echo("explore-theory: interrupted", err=True)
            sys.exit(INTERRUPTED)
        except OSError as error:
            _refused(error)
        # What click was told to exit with comes back as a number.
        sys.exit(result if isinstance(result, int) else 0)

    def _called(self, *args: Any, **kwargs: Any) -> Any:
        call: Any = super().main
        return call(*args, standalone_mode=False, **kwargs)


class Whole(click.IntRange):
    """Whole numbers in a range; one with thousands of digits is not repeated in full."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See `click.ParamType`."""
        if isinstance(value, str) and len(value) > _QUOTED:
            self.fail(f"{value[:_QUOTED]!r}.. is too long for a number.", param, ctx)
        return super().convert(value, param, ctx)


def _refused(error: OSError) -> NoReturn:
    """The system refuses something: one line that says what."""
    if error.errno in (errno.EPIPE, errno.ENOSPC, errno.EIO) and error.filename is None:
        # What is left in the buffer would be tried once more at the end, and fail with another exit code.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if error.errno == errno.EPIPE:
            sys.exit(READER_GONE)
        _end(f"output must be a place to write to, got {error}")
    _end(f"files and folders must be such that the system serves them, got {error}")


def _end(message: str) -> NoReturn:
    """Say `message` in one line of bounded length, and end with the code of a mistake."""
    line = " ".join(message.split())
    if len(line) > _LONGEST:
        line = f"{line[: _LONGEST // 2]} .. {line[-_LONGEST // 2 :]}"
    say(f"explore-theory: {line}", err=True)
    sys.exit(USAGE)

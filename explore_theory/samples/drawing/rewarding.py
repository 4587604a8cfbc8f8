"""A reward that the user wrote: ``FILE:FUNCTION``, called with a prompt and a response."""

import importlib.util
import inspect
import math
import sys
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

from explore_theory.errors import InvalidProblem

Reward = Callable[[Any, str], float | None]
#: Characters of a response that a message repeats.
_SHOWN = 60


def reward_at(place: str) -> Reward:
    """The function at `place`, ``path/to/file.py:name``, guarded: what it returns is a finite number or None.

    None stands for "not scored".

    Raises
    ------
    InvalidProblem
        If there is no such file or function, the file fails, or the function takes no two arguments. A call
        that fails, or returns something else, raises it as well.
    """
    source, _, name = place.rpartition(":")
    if not source or not name:
        raise InvalidProblem(f"reward must be FILE.py:FUNCTION, got {place!r}")
    function = getattr(_loaded(source), name, None)
    if not callable(function):
        raise InvalidProblem(f"reward must be a function of {source}, got none of the name {name!r}")
    told = _signature(function)
    try:
        if told is not None:
            told.bind("prompt", "response")
    except TypeError:
        raise InvalidProblem(
            f"reward must take two arguments, the prompt and the response, got {name}{told}"
        ) from None

    def guarded(prompt: Any, response: str) -> float | None:
        try:
            value = function(prompt, response)
        except Exception as error:
            why = " ".join(f"{type(error).__name__}: {error}".split())
            raise InvalidProblem(
                f"reward must not fail, got {why:.200} for {response!r:.{_SHOWN}}"
            ) from error
        if value is None:
            return None
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number) or isinstance(value, str):
            raise InvalidProblem(
                f"reward must be a finite number, or None for what is not scored, got {value!r:.{_SHOWN}} "
                f"for {response!r:.{_SHOWN}}"
            )
        return number

    return guarded


def reward_named(place: str) -> str:
    """What a file of samples calls the reward at `place`: file, function, and a digest of the file.

    What the file imports is not in the digest.
    """
    source, _, name = place.rpartition(":")
    digest = blake2b(Path(source).read_bytes(), digest_size=6).hexdigest()
    return f"{Path(source).name}:{name} {digest}"


def _signature(function: Any) -> inspect.Signature | None:
    """None where a function of a compiled library tells none: the first call will show."""
    try:
        return inspect.signature(function)
    except (ValueError, TypeError):
        return None


def _loaded(source: str) -> Any:
    path = Path(source)
    if path.suffix != ".py" or not path.is_file():
        raise InvalidProblem(f"reward must be in a Python file that is there, got {source!r}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # What the file imports from beside it is found there.
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        why = " ".join(f"{type(error).__name__}: {error}".split())
        raise InvalidProblem(f"reward must be in a file that runs, got {why:.200} in {source!r}") from error
    finally:
        sys.path.pop(0)
    return module

"""Whether two things that an author's function gave are the same to the last bit."""

from collections.abc import Mapping
from numbers import Rational
from typing import Any

import numpy as np


def same(first: Any, second: Any) -> bool:
    """Whether two things that a function gave are the same to the last bit, as far as can be seen."""
    return bool(_plain(first) == _plain(second))


def _plain(thing: Any) -> Any:
    """`thing` as what compares by content; of objects that do not show theirs, the kind alone."""
    if isinstance(thing, np.ndarray):
        content = repr(thing.tolist()) if thing.dtype == object else thing.tobytes()
        return "array", thing.shape, str(thing.dtype), content
    if isinstance(thing, float | np.floating):
        return repr(float(thing))
    if isinstance(thing, Mapping):
        return [(str(name), _plain(part)) for name, part in thing.items()]
    if isinstance(thing, list | tuple):
        return [_plain(part) for part in thing]
    if isinstance(thing, str | bytes | int | Rational | np.generic | None):
        return thing
    return type(thing).__name__, _plain(getattr(thing, "__dict__", {}))

"""Autoregressive problems in ``.npz`` files.

Layers that are one object are written once. Letters: `H` layers, `L` distinct ones, `S` states of all
distinct layers together, `A` tokens, `d` feature dimension, `X` prompts.

Members: ``format``, ``version``, ``noise`` and ``noise_scale`` as in `problems.members`; ``prompt_mass`` and
``start`` `[X]`, ``beta``; ``layer`` `[H]`, which of the distinct layers stands where; ``states`` `[L]`, the
states of each; ``base``, ``reward``, ``next`` `[S, A]` and ``features`` `[S, A, d]`, layer after layer; and,
if declared, ``theta`` `[H, d]``, ``parameter_radius``, ``conditional_coverage``.

A file of version 2 has ``log_base`` in place of ``base``: it is written if some layer was given by
logarithms, and the others are then as given up to rounding.
"""

import itertools
import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import whole
from explore_theory.problems.autoregressive.layer import Layer
from explore_theory.problems.members import header_of, noise_of, require_members, scalar
from explore_theory.problems.noise import NoiseLaw
from explore_theory.problems.storage import Array, read_arrays, write_arrays

Problem = TypeVar("Problem")

FORMAT = "explore-theory autoregressive problem"
VERSION = 1
#: Of a file that holds logarithms of base masses.
LOG_VERSION = 2
_TABLES = ("reward", "features", "next")
_NEEDED = ("prompt_mass", "start", "beta", "layer", "states", *_TABLES)
_OPTIONAL = ("theta", "parameter_radius", "conditional_coverage")


def save_tokens(
    path: str | os.PathLike[str], *, layers: Sequence[Layer], noise: NoiseLaw, **others: Any
) -> None:
    """Write a problem, by its fields, to `path`, atomically.

    Raises
    ------
    InvalidProblem
        If the noise law is not one of this package.
    """
    in_logs = any(layer.in_logs for layer in layers)
    arrays = header_of(FORMAT, LOG_VERSION if in_logs else VERSION, noise)
    distinct = list({id(layer): layer for layer in layers}.values())
    place = {id(layer): number for number, layer in enumerate(distinct)}
    arrays |= {
        **{name: others[name] for name in ("prompt_mass", "start", "beta")},
        "layer": np.array([place[id(layer)] for layer in layers]),
        "states": np.array([layer.states for layer in distinct]),
    }
    for name in ("log_base" if in_logs else "base", *_TABLES):
        arrays[name] = np.concatenate([getattr(layer, name) for layer in distinct])
    for name in _OPTIONAL:
        if (value := others[name]) is not None:
            arrays[name] = value
    write_arrays(path, arrays)


def load_tokens(path: str | os.PathLike[str], make: Callable[..., Problem]) -> Problem:
    """What `make` makes of the fields that `save_tokens` wrote, or ``numpy.savez`` with the same members.

    Raises
    ------
    InvalidProblem
        One line that names the file and what is wrong, whatever the file holds.
    """
    arrays = read_arrays(path)
    try:
        return tokens_of(arrays, make)
    except InvalidProblem as error:
        raise InvalidProblem(f"{os.fspath(path)}: {error}") from None


def tokens_of(arrays: dict[str, Array], make: Callable[..., Problem]) -> Problem:
    """What `make` makes of the members of a file; see `load_tokens`.

    Raises
    ------
    InvalidProblem
        If they hold no problem, or are of a later version.
    """
    base, version = ("log_base", LOG_VERSION) if "log_base" in arrays else ("base", VERSION)
    require_members(arrays, FORMAT, version, (base, *_NEEDED), _OPTIONAL, newest=LOG_VERSION)
    distinct = _layers(arrays, base)
    numbers = _whole_numbers("layer", arrays["layer"], 0, len(distinct) - 1)
    optional: dict[str, Any] = {
        name: arrays[name] if name == "theta" else scalar(name, arrays[name])
        for name in _OPTIONAL
        if name in arrays
    }
    return make(
        prompt_mass=arrays["prompt_mass"],
        start=arrays["start"],
        layers=tuple(distinct[number] for number in numbers),
        beta=scalar("beta", arrays["beta"]),
        noise=noise_of(arrays),
        **optional,
    )


def _layers(arrays: dict[str, Array], base: str) -> list[Layer]:
    states = _whole_numbers("states", arrays["states"], 1, 2**31)
    tables = {name: arrays[name] for name in (base, *_TABLES)}
    for name, table in tables.items():
        rows = table.shape[0] if table.ndim else 0
        if rows != sum(states):
            raise InvalidProblem(
                f"{name} must have a row for each of the {sum(states)} states, got {name}.shape={table.shape}"
            )
    ends = np.cumsum([0, *states]).tolist()
    return [
        Layer(**{name: table[low:high] for name, table in tables.items()})
        for low, high in itertools.pairwise(ends)
    ]


def _whole_numbers(name: str, values: Array, least: int, most: int) -> list[int]:
    if values.ndim != 1 or values.size == 0 or values.dtype.kind not in "iu":
        raise InvalidProblem(
            f"{name} must be one or more whole numbers in a row, got {values.dtype} of shape {values.shape}"
        )
    return [whole(f"{name}[{i}]", value, least=least, most=most) for i, value in enumerate(values.tolist())]

"""Problems in ``.npz`` archives: ours, and those that anyone wrote with plain arrays."""

from typing import Any

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.instances.header import require_fields
from explore_theory.problems import AutoregressiveProblem, NoNoise, TabularProblem, markov_problem
from explore_theory.problems.autoregressive import files
from explore_theory.problems.members import noise_of, scalar, text
from explore_theory.problems.storage import Array

_TABULAR = (
    "prompt_mass",
    "base",
    "log_base",
    "reward",
    "features",
    "theta_star",
    "parameter_radius",
    "coverage",
)
#: Numbers of all members together, and numbers of all layers, those that stand in several places too.
MOST_NUMBERS = 2**26
_COMMON = ("beta", "noise", "noise_scale")
_SCALARS = ("beta", "parameter_radius", "coverage", "start")


def read(arrays: dict[str, Array]) -> TabularProblem | AutoregressiveProblem:
    """The problem that the members of an archive hold.

    With a ``format`` it is one of ours. Without, names are those of a document (see `tabular_form`): a table,
    or transitions of tokens where rewards are `[H, A, A]` and the base policy is `[A, A]`.

    Raises
    ------
    InvalidProblem
        If there is none; the message names the member.
    """
    if (total := sum(array.size for array in arrays.values())) > MOST_NUMBERS:
        raise InvalidProblem(f"the file must hold at most {MOST_NUMBERS} numbers, got {total}")
    if "format" in arrays:
        _require_few_steps(arrays)
        if text("format", arrays["format"]) == files.FORMAT:
            return files.tokens_of(arrays, AutoregressiveProblem)
        return TabularProblem.of_members(arrays)
    values: dict[str, Any] = {
        name: scalar(name, array) if name in _SCALARS else array
        for name, array in arrays.items()
        if not name.startswith("noise")
    }
    reward = arrays.get("reward", np.zeros(0))
    base = arrays.get("base", arrays.get("log_base", np.zeros(0)))
    noise = noise_of(arrays) if "noise" in arrays else NoNoise()
    if reward.ndim == 3 and base.ndim == 2:
        known = (*_COMMON, "base", "log_base", "features", "start")
        require_fields("an archive of transitions", arrays, ("reward", "beta"), known)
        start = values.pop("start", 0.0)
        if start != int(start):
            raise InvalidProblem(f"start must be a whole number, got start={start!r}")
        return markov_problem(**values, start=int(start), noise=noise)
    require_fields("an archive", arrays, ("reward", "features", "beta"), (*_TABULAR, *_COMMON))
    rows = {"base": 2, "log_base": 2, "reward": 2, "features": 3}
    for name, wanted in rows.items():
        if name in values and values[name].ndim == wanted - 1:
            # One prompt needs no axis of its own.
            values[name] = values[name][None]
    count = len(base) if base.ndim == 2 else 1
    values.setdefault("prompt_mass", np.full(max(count, 1), 1 / max(count, 1)))
    return TabularProblem(**values, noise=noise)


def _require_few_steps(arrays: dict[str, Array]) -> None:
    """Refuse a few layers that are repeated so often that looking at each takes for ever."""
    steps, states = arrays.get("layer"), arrays.get("states")
    table = arrays.get("reward")
    if steps is None or states is None or table is None or states.dtype.kind not in "iu" or table.ndim != 2:
        return
    largest = max((int(count) for count in states.reshape(-1)), default=0)
    if steps.size * largest * table.shape[1] > 4 * MOST_NUMBERS:
        raise InvalidProblem(
            f"layers must hold at most {4 * MOST_NUMBERS} numbers, repeated ones too, got {steps.size} of "
            f"{largest} x {table.shape[1]}"
        )

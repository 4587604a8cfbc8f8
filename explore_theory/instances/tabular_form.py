"""Tables of prompts by responses as documents: all at once, or a record for each prompt.

Letters: `X` prompts, `N` responses, `d` feature dimension.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.instances import documents
from explore_theory.instances.header import (
    COMMON,
    SHARED,
    Document,
    head,
    how_written,
    law,
    noise_of,
    require_fields,
    said_noise,
)
from explore_theory.problems.tabular import TabularProblem

_TOLD = ("theta_star", "parameter_radius", "coverage")
_OF_PROMPT = ("prompt", "mass", "base", "log_base", "reward", "features")
ONE_HOT = "one-hot"
#: Numbers that are made of a word of a document, and stand nowhere in it.
MOST_MADE = 2**25


def read(document: Document, records: Sequence[Any]) -> TabularProblem:
    """The problem of a document of kind ``tabular``, with the `records` of its further lines.

    Raises
    ------
    InvalidProblem
        If it is none; the message names the field.
    """
    tables = ("prompt_mass", "base", "log_base", "reward", "features", "prompts")
    require_fields("a tabular problem", document, ("beta",), (*COMMON, *SHARED, *_TOLD, *tables))
    precision, unit = how_written(document)
    if records and "prompts" in document:
        raise InvalidProblem("prompts must be given in the document or on lines of their own, got both")
    prompts = document.get("prompts", list(records) or None)
    table: Document = document
    if prompts is not None:
        if given := [name for name in tables[:-1] if name in document]:
            raise InvalidProblem(f"{given[0]} must be given prompt by prompt where prompts are, got both")
        table = _table(prompts)
    require_fields("a tabular problem", table, ("reward",), table)
    name, base = law("a tabular problem", table, precision, unit)
    base = base[None] if base.ndim == 1 else base
    reward = documents.numbers("reward", table["reward"], precision=precision)
    reward = reward[None] if reward.ndim == 1 else reward
    count = len(base)
    mass = documents.numbers("prompt_mass", table["prompt_mass"]) if "prompt_mass" in table else None
    told: dict[str, Any] = {key: document[key] for key in _TOLD if document.get(key) is not None}
    if "theta_star" in told:
        told["theta_star"] = documents.numbers("theta_star", told["theta_star"], precision=precision)
    policy: dict[str, Any] = {name: base}
    return TabularProblem(
        prompt_mass=np.full(max(count, 1), 1 / max(count, 1)) if mass is None else mass,
        reward=reward,
        features=_features(table.get("features"), base, precision),
        beta=document["beta"],
        noise=noise_of(document),
        **told,
        **policy,
    )


def _features(value: Any, base: Any, precision: str) -> Any:
    if value is None:
        raise InvalidProblem(
            f'a tabular problem must have features (features="{ONE_HOT}" for unit vectors), got none'
        )
    if value != ONE_HOT:
        features = documents.numbers("features", value, precision=precision)
        return features[None] if features.ndim == 2 and len(base) == 1 else features
    prompts, responses = base.shape if base.ndim == 2 else (1, 0)
    if prompts * responses**2 > MOST_MADE:
        raise InvalidProblem(
            f"features={ONE_HOT!r} must take at most {MOST_MADE} numbers, got {prompts} x {responses}^2"
        )
    return np.broadcast_to(np.eye(responses), (prompts, responses, responses))


def _table(prompts: Any) -> dict[str, Any]:
    """The fields of all prompts, from a record for each."""
    if not isinstance(prompts, list) or not prompts:
        raise InvalidProblem(f"prompts must be a list of objects, got prompts={prompts!r:.60}")
    for x, prompt in enumerate(prompts):
        if not isinstance(prompt, dict):
            raise InvalidProblem(f"prompts must be objects, got prompt {x}={prompt!r:.60}")
        require_fields(f"prompt {x}", prompt, ("reward",), _OF_PROMPT)
        if set(prompt) - {"prompt"} != set(prompts[0]) - {"prompt"}:
            raise InvalidProblem(
                f"prompts must have the same fields, got {', '.join(sorted(prompts[0]))} in prompt 0 and "
                f"{', '.join(sorted(prompt))} in prompt {x}"
            )
    names = {"mass": "prompt_mass"}
    found: dict[str, Any] = {
        names.get(name, name): [prompt[name] for prompt in prompts] for name in prompts[0] if name != "prompt"
    }
    for name in ("base", "log_base", "reward"):
        lengths = [len(row) if isinstance(row, list) else 0 for row in found.get(name, ())]
        if len(set(lengths)) > 1:
            raise InvalidProblem(
                f"{name} must have as many entries in every prompt (responses that one does not have are "
                f"outside its support: base 0), got {lengths[0]} and "
                f"{next(n for n in lengths if n != lengths[0])}"
            )
    if found.get("features") and all(value == ONE_HOT for value in found["features"]):
        found["features"] = ONE_HOT
    return found


def written(problem: TabularProblem) -> dict[str, Any]:
    """`problem` as a document."""
    in_logs = problem.log_base is not None
    document = head("tabular") | {"beta": problem.beta, "noise": said_noise(problem.noise)}
    for name in _TOLD:
        if (value := getattr(problem, name)) is not None:
            document[name] = value.tolist() if isinstance(value, np.ndarray) else value
    name = "log_base" if in_logs else "base"
    document["prompt_mass"] = problem.prompt_mass.tolist()
    document[name] = finite(getattr(problem, name).tolist())
    document["reward"] = problem.reward.tolist()
    document["features"] = problem.features.tolist()
    return document


def finite(value: Any) -> Any:
    """Nested lists with ``null`` for minus infinity, which JSON has not."""
    if isinstance(value, list):
        return [finite(part) for part in value]
    return None if value == -np.inf else value

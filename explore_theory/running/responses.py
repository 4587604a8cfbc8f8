"""Learners by their names, with settings as text; `explore_theory.running.playing` plays them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from inspect import get_annotations
from typing import Any, cast

from explore_theory import algorithms
from explore_theory.algorithms import Learner
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import one_of
from explore_theory.oracles.protocol import Oracle
from explore_theory.problems.protocol import Floats, Problem
from explore_theory.problems.tabular import TabularProblem

#: The parameter of a learner that the problem gives, not the command line.
TOLD = "features"


def learners() -> dict[str, type[Learner]]:
    """The learners that play through an `Oracle`, by name: ``SpannerSampling`` is ``spanner-sampling``."""
    found: dict[str, type[Learner]] = {}
    for name in algorithms.__all__:
        value: Any = getattr(algorithms, name)
        # Others play through an oracle of their own, such as that of proper learners.
        if is_dataclass(value) and _asks(vars(value).get("run")) is Oracle:
            found[kebab(name)] = cast(type[Learner], value)
    return found


def learner(
    name: str, settings: Mapping[str, str] | None = None, *, problem: Problem | None = None
) -> Learner:
    """The learner `name` with `settings`, parameters by name as text; `problem` is what it will run on.

    A learner that is outside the oracle model is told features: those of the one prompt of `problem`.

    Raises
    ------
    InvalidProblem
        For an unknown learner or parameter, a missing or malformed value, or a problem without the features
        that the learner is told.
    """
    known = learners()
    name = spelled(name, known)
    chosen = known[one_of("learner", name, known)]
    parameters = {f.name: f for f in fields(chosen) if f.init and f.name != "proper"}  # type: ignore[arg-type]
    told = {TOLD: _features(name, problem)} if parameters.pop(TOLD, None) else {}
    if told and TOLD in (settings or {}):
        raise InvalidProblem(f"{TOLD} must be left to the instance, got {TOLD}={(settings or {})[TOLD]!r}")
    values = {
        key: parsed(key, text, parameters[one_of("set", key, parameters)].type)
        for key, text in (settings or {}).items()
    }
    missing = [
        key
        for key, field in parameters.items()
        if field.default is MISSING and field.default_factory is MISSING and key not in values
    ]
    if missing:
        raise InvalidProblem(
            f"{name} must be given {', '.join(missing)}, got none (--set {missing[0]}=VALUE)"
        )
    return chosen(**told, **values)


def _features(name: str, problem: Problem | None) -> Floats:
    """`[N, d]`: the features of the responses to the one prompt of `problem`."""
    if not isinstance(problem, TabularProblem) or problem.facts.prompts != 1:
        prompts = None if problem is None else problem.facts.prompts
        raise InvalidProblem(
            f"{name} must run on a table of one prompt, of whose responses it is told the features, "
            f"got prompts={prompts}"
        )
    features: Floats = problem.features[0]
    return features


def kebab(name: str) -> str:
    """``SpannerSampling`` as ``spanner-sampling``, ``OnlineDPO`` as ``online-dpo``, ``XPO`` as ``xpo``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def spelled(name: str, known: Iterable[str]) -> str:
    """The one of `known` that `name` spells in another way: ``SpannerSampling``, ``spanner_sampling``."""
    return next((one for one in known if _letters(one) == _letters(name)), name)


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _asks(method: Any) -> Any:
    """The annotation of the oracle that `method` takes, if it takes one."""
    return get_annotations(method).get("oracle") if callable(method) else None


def parsed(name: str, text: str, kind: Any) -> Any:
    """`text` as the annotated type, one of those that a command line can spell."""
    allowed = [part.strip() for part in str(getattr(kind, "__name__", kind)).split("|")]
    if "None" in allowed and text == "none":
        return None
    if "bool" in allowed and text in ("true", "false"):
        return text == "true"
    for spelled, parse in (("int", int), ("float", float), ("str", str)):
        if spelled in allowed:
            try:
                return parse(text)
            except ValueError:
                continue
    raise InvalidProblem(f"{name} must be {' or '.join(allowed)}, got {name}={text!r}")

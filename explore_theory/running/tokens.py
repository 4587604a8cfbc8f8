"""Token-level learners by their names, with settings as text; `explore_theory.running.playing` plays them."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from explore_theory.algorithms.tokens.mtss import MTSS
from explore_theory.algorithms.tokens.printed import PrintedMTSS
from explore_theory.algorithms.tokens.printed_schedule import PrintedMTSSSchedule, practical
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import one_of
from explore_theory.problems.autoregressive import AutoregressiveProblem, TokenFacts
from explore_theory.problems.processes import DecisionProcess, ProcessFacts
from explore_theory.running.responses import parsed

#: Learners by name.
TOKEN_LEARNERS = ("mtss", "printed-mtss")
#: How MTSS chooses the numbers that are not set.
SCHEDULES = ("practical", "derived")
#: How MTSS as printed does.
PRINTED_SCHEDULES = ("practical", "printed", "mended")


def token_learner(name: str, facts: TokenFacts, settings: Mapping[str, str] | None = None) -> MTSS:
    """The learner ``mtss``, with ``eps`` and whatever else `settings` say; the rest by its ``schedule``.

    ``schedule`` is ``practical`` (default) or ``derived``, which takes a ``delta`` as well.

    Raises
    ------
    InvalidProblem
        For an unknown learner or parameter, a missing or malformed value, or if the problem does not declare
        what a schedule needs.
    """
    one_of("learner", name, TOKEN_LEARNERS[:1])
    given = dict(settings or {})
    schedule = one_of("schedule", given.pop("schedule", "practical"), SCHEDULES)
    delta = parsed("delta", given.pop("delta", "0.1"), float)
    values = _values(MTSS, given)
    eps = _accuracy(name, values)
    start = MTSS.practical(facts, eps) if schedule == "practical" else MTSS.derived(facts, eps, delta)
    return replace(start, **values)


def printed_learner(
    problem: AutoregressiveProblem, settings: Mapping[str, str] | None = None
) -> tuple[PrintedMTSS, DecisionProcess, float]:
    """The learner ``printed-mtss``, the token problem as the decision process that it runs on, and ``eps``.

    ``anchor`` is one token, 0 if it is not set. ``schedule`` is ``practical`` (default), or ``printed`` or
    ``mended`` (`PrintedMTSSSchedule`), which take a ``constant`` as well.

    Raises
    ------
    InvalidProblem
        As `token_learner`; also if the base policy gives the anchor no mass somewhere.
    """
    given = dict(settings or {})
    schedule = one_of("schedule", given.pop("schedule", PRINTED_SCHEDULES[0]), PRINTED_SCHEDULES)
    anchor = parsed("anchor", given.pop("anchor", "0"), int)
    constant = parsed("constant", given.pop("constant", "1"), float)
    values = _values(PrintedMTSS, given)
    eps = _accuracy("printed-mtss", values)
    process = DecisionProcess.of_tokens(problem, anchor=anchor)
    return replace(_printed(process.facts, schedule, eps, constant), **values), process, eps


def _printed(facts: ProcessFacts, schedule: str, eps: float, constant: float) -> PrintedMTSS:
    if schedule == "practical":
        return practical(facts, eps, literal=False)
    accuracy: Any = schedule
    return PrintedMTSSSchedule.of(facts, eps=eps, constant=constant, accuracy=accuracy).learner()


def _values(kind: type[MTSS] | type[PrintedMTSS], given: Mapping[str, str]) -> dict[str, Any]:
    """Fields of a learner as numbers, and ``eps``."""
    kinds = {"eps": float} | {field.name: field.type for field in fields(kind)}
    return {key: parsed(key, text, kinds[one_of("set", key, kinds)]) for key, text in given.items()}


def _accuracy(name: str, values: dict[str, Any]) -> float:
    """``eps``, taken out of `values`."""
    if "eps" not in values:
        raise InvalidProblem(f"{name} must be given eps, got none (--set eps=VALUE)")
    return float(values.pop("eps"))

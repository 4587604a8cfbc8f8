"""Token-level learners by their names, with settings as text; `explore_theory.running.playing` plays them."""

from collections.abc import Mapping
from dataclasses import fields, replace

from explore_theory.algorithms.tokens.mtss import MTSS
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import one_of
from explore_theory.problems.autoregressive import TokenFacts
from explore_theory.running.responses import parsed

#: Learners by name.
TOKEN_LEARNERS = ("mtss",)
#: How MTSS chooses the numbers that are not set.
SCHEDULES = ("practical", "derived")


def token_learner(name: str, facts: TokenFacts, settings: Mapping[str, str] | None = None) -> MTSS:
    """The learner `name`, with ``eps`` and whatever else `settings` say; the rest by its ``schedule``.

    ``schedule`` is ``practical`` (default) or ``derived``, which takes a ``delta`` as well.

    Raises
    ------
    InvalidProblem
        For an unknown learner or parameter, a missing or malformed value, or if the problem does not declare
        what a schedule needs.
    """
    one_of("learner", name, TOKEN_LEARNERS)
    given = dict(settings or {})
    schedule = one_of("schedule", given.pop("schedule", "practical"), SCHEDULES)
    kinds = {field.name: field.type for field in fields(MTSS)}
    delta = parsed("delta", given.pop("delta", "0.1"), float)
    values = {key: parsed(key, text, kinds[one_of("set", key, kinds)]) for key, text in given.items()}
    if "eps" not in values:
        raise InvalidProblem(f"{name} must be given eps, got none (--set eps=VALUE)")
    eps = values.pop("eps")
    start = MTSS.practical(facts, eps) if schedule == "practical" else MTSS.derived(facts, eps, delta)
    return replace(start, **values)

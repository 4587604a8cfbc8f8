"""A token-level learner on an autoregressive problem, once: what it learned, what it spent, its exact gap.

Letters: `R` replicates, `H` layers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from explore_theory.algorithms.tokens.mtss import MTSS, TokenLearned
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import one_of
from explore_theory.oracles.ledger import Ledger
from explore_theory.problems.autoregressive import AutoregressiveProblem, TokenFacts
from explore_theory.problems.protocol import Floats
from explore_theory.running.playing import play
from explore_theory.running.responses import parsed

#: Learners by name.
TOKEN_LEARNERS = ("mtss",)
#: How MTSS chooses the numbers that are not set.
SCHEDULES = ("practical", "derived")


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class TokenRun:
    """The outcome of `run_tokens`; `gap` `[R]` is from the definition, in units of reward."""

    learner: MTSS
    problem: AutoregressiveProblem
    learned: TokenLearned
    ledger: Ledger
    gap: Floats


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


def run_tokens(
    learner: MTSS,
    problem: AutoregressiveProblem,
    *,
    law: str = "exact-law",
    seed: int = 0,
    replicates: int = 1,
    budgets: Mapping[str, float] | None = None,
) -> TokenRun:
    """Run `learner` on `replicates` independent copies of `problem`; see `explore_theory.running.playing`.

    Raises
    ------
    BudgetExceeded
        Where a replicate cannot pay for a call.
    """
    played = play(learner, problem, law=law, seed=seed, replicates=replicates, budgets=budgets)
    return TokenRun(
        learner=learner, problem=problem, learned=played.policy, ledger=played.ledger, gap=played.gap
    )

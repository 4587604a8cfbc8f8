"""`run LEARNER --instance FILE`: which kind of problem a file holds, and so which learners may play."""

from collections.abc import Mapping
from typing import Any

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import one_of
from explore_theory.problems import AutoregressiveProblem, TabularProblem
from explore_theory.problems.autoregressive import files
from explore_theory.problems.storage import read_arrays
from explore_theory.reporting import runs as words
from explore_theory.reporting import token_runs as token_words
from explore_theory.running import responses as runs
from explore_theory.running import tokens as token_runs


def load(path: str) -> TabularProblem | AutoregressiveProblem:
    """The problem in the file at `path`, of the kind that its ``format`` names.

    Raises
    ------
    InvalidProblem
        One line that names the file and what is wrong, whatever the file holds.
    """
    kind = read_arrays(path).get("format")
    if kind is not None and kind.shape == () and str(kind) == files.FORMAT:
        return AutoregressiveProblem.load(path)
    return TabularProblem.load(path)


def run_text(learner: str, instance: str, *, settings: Mapping[str, str], as_json: bool, **how: Any) -> str:
    """Run `learner` on the problem at `instance`, as text; `how` as for `runs.run_learner`.

    Raises
    ------
    InvalidProblem
        For a file, learner or setting that will not do.
    """
    # Says which learners there are, before anything is read.
    one_of("learner", learner, (*runs.learners(), *token_runs.TOKEN_LEARNERS))
    problem = load(instance)
    if isinstance(problem, AutoregressiveProblem) != (learner in token_runs.TOKEN_LEARNERS):
        right = token_runs.TOKEN_LEARNERS if isinstance(problem, AutoregressiveProblem) else runs.learners()
        raise InvalidProblem(
            f"learner must be one of {', '.join(right)} for the problem in {instance}, "
            f"got learner={learner!r}"
        )
    if isinstance(problem, AutoregressiveProblem):
        chosen = token_runs.token_learner(learner, problem.facts, settings)
        done = token_runs.run_tokens(chosen, problem, **how)
        return token_words.to_json(done) if as_json else token_words.describe(done)
    outcome = runs.run_learner(runs.learner(learner, settings, problem=problem), problem, **how)
    return words.to_json(outcome) if as_json else words.describe(outcome)

"""Opening an autoregressive problem to a token-level learner."""

from collections.abc import Mapping

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import one_of, whole
from explore_theory.oracles.ledger import OF_TOKENS, Meter
from explore_theory.oracles.tokens.exact_law import ExactLawTokenOracle
from explore_theory.oracles.tokens.literal import TokenOracle
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem


def open_tokens(
    problem: AutoregressiveProblem,
    *,
    law: str = "exact-law",
    seed: int = 0,
    replicates: int = 1,
    budgets: Mapping[str, float] | None = None,
    streams: Streams | None = None,
) -> TokenOracle:
    """Open an autoregressive problem to a token-level learner.

    Parameters
    ----------
    law
        ``"literal"`` (every token drawn) or ``"exact-law"`` (waiting times drawn at once, rollouts compiled).
    seed, replicates, budgets, streams
        As for `explore_theory.oracles.open`; a call that a row cannot afford raises, whatever `replicates`.

    Raises
    ------
    InvalidProblem
        If an argument is out of range, or `problem` is not autoregressive.
    """
    if not isinstance(problem, AutoregressiveProblem):
        raise InvalidProblem(f"problem must be an AutoregressiveProblem, got a {type(problem).__name__}")
    chosen = {"literal": TokenOracle, "exact-law": ExactLawTokenOracle}[
        one_of("law", law, ("literal", "exact-law"))
    ]
    if streams is None:
        streams = Streams(("token oracle",), range(whole("replicates", replicates, least=1)), seed)
    meter = Meter(len(streams.rows), budgets, strict=True, layers=problem.horizon, kinds=OF_TOKENS)
    return chosen(problem, streams, meter)

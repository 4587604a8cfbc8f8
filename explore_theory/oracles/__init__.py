"""Oracles: the only door between a learner and a problem."""

from collections.abc import Mapping

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import one_of, whole
from explore_theory.oracles.answers import NO_RESPONSE, Ctx, Found, Rounds, Sample, Status
from explore_theory.oracles.exact_law import ExactLawOracle
from explore_theory.oracles.expressions import Condition, Dot, Norm, Relative, Seen, Term, Where
from explore_theory.oracles.ledger import KINDS, OF_RESPONSES, Ledger, Meter
from explore_theory.oracles.literal import LiteralOracle
from explore_theory.oracles.one_prompt import ExactOnePromptOracle, OnePromptOracle, Query
from explore_theory.oracles.plans import Exploration, Explored, Ridge, Span, Spanned
from explore_theory.oracles.processes.density import DensityOracle, density_tables, open_density
from explore_theory.oracles.processes.opening import open_process
from explore_theory.oracles.processes.oracle import ProcessOracle
from explore_theory.oracles.processes.protocol import Visits
from explore_theory.oracles.processes.softmax_density import AnchoredPolicy
from explore_theory.oracles.proper import ExactProperOracle, ProperOracle, Round
from explore_theory.oracles.protocol import Oracle
from explore_theory.oracles.session import Session
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.oracles.tokens.literal import TokenOracle
from explore_theory.oracles.tokens.opening import open_tokens
from explore_theory.oracles.tokens.sampler import TokenPolicy, token_tables
from explore_theory.problems.dnf import DNF
from explore_theory.problems.protocol import Problem

__all__ = [
    "KINDS",
    "LAWS",
    "NO_RESPONSE",
    "AnchoredPolicy",
    "Condition",
    "Ctx",
    "DensityOracle",
    "Dot",
    "Exploration",
    "Explored",
    "Found",
    "Ledger",
    "Norm",
    "OnePromptOracle",
    "Oracle",
    "ProcessOracle",
    "ProperOracle",
    "Query",
    "Relative",
    "Ridge",
    "Round",
    "Rounds",
    "Sample",
    "Seen",
    "SoftmaxSampler",
    "Span",
    "Spanned",
    "Status",
    "Term",
    "TokenOracle",
    "TokenPolicy",
    "Visits",
    "Where",
    "density_tables",
    "open",
    "open_density",
    "open_process",
    "open_proper",
    "open_tokens",
    "token_tables",
]

#: How an oracle may simulate a problem; each law gives a learner the same joint law of answers and charges.
LAWS = {"literal": LiteralOracle, "exact-law": ExactLawOracle}


def open(
    problem: Problem,
    *,
    law: str = "literal",
    seed: int = 0,
    replicates: int = 1,
    budgets: Mapping[str, float] | None = None,
    strict: bool = False,
    idles: bool = False,
    yardsticks: bool = False,
    streams: Streams | None = None,
) -> Oracle:
    """Open `problem` to a learner.

    Parameters
    ----------
    problem
        What the learner will meet.
    law
        A name in `LAWS`.
    seed
        Row `r` depends on (`seed`, `r`) only, not on the number of replicates.
    replicates
        `R`, the number of independent copies that move side by side.
    budgets
        The most calls per replicate, by kind (see `KINDS`); a kind left out is unlimited. A replicate that
        asks for more idles from then on; with one replicate, or `strict`, `BudgetExceeded` is raised.
    strict
        Raise even if there are several replicates.
    idles
        Never raise: a single replicate idles as it would among others.
    yardsticks
        Answer what nobody can pay for: `SoftmaxSampler` with the true normaliser, under the exact law.
    streams
        Replaces `seed` and `replicates` by streams of the caller's own.

    Raises
    ------
    InvalidProblem
        If an argument is out of range, or the problem has several worlds but not one per replicate, or lists
        no features that the exact law could search.
    """
    if law == "exact-law" and not getattr(problem, "listed", True):
        raise InvalidProblem(
            f"law must be 'literal' for a problem whose features are too many to list, got law={law!r}"
        )
    oracle = _opened(problem, law, seed, replicates, budgets, strict, idles, streams)[0]
    oracle._yardsticks = yardsticks
    return oracle


def open_proper(
    problem: Problem,
    *,
    law: str = "literal",
    seed: int = 0,
    replicates: int = 1,
    budgets: Mapping[str, float] | None = None,
    strict: bool = False,
    idles: bool = False,
    streams: Streams | None = None,
) -> ProperOracle:
    """Open `problem` to a proper learner: parameters first, then the prompt, and every response rewarded.

    Arguments and refusals are those of `open`; see `ProperOracle` for the rules, and `OnePromptOracle`, which
    is opened where there is one prompt, for those of Definition 4.1 as printed.
    """
    kind: type[ProperOracle]
    oracle, meter, streams = _opened(problem, law, seed, replicates, budgets, strict, idles, streams)
    if law == "exact-law":
        # A DNF has a search of its own, for one prompt too; there queries are answered by the literal law.
        one = problem.facts.prompts == 1 and not isinstance(problem, DNF)
        kind = ExactOnePromptOracle if one else ExactProperOracle
    else:
        kind = OnePromptOracle if problem.facts.prompts == 1 else ProperOracle
    return kind(problem, oracle, meter, streams)


def _opened(
    problem: Problem,
    law: str,
    seed: int,
    replicates: int,
    budgets: Mapping[str, float] | None,
    strict: bool,
    idles: bool,
    streams: Streams | None,
) -> tuple[Session, Meter, Streams]:
    chosen = LAWS[one_of("law", law, LAWS)]
    if not hasattr(problem, "worlds"):
        raise InvalidProblem(
            f"problem must have whole responses, as TabularProblem has (open_tokens and open_process open "
            f"others), got a {type(problem).__name__}"
        )
    if streams is None:
        streams = Streams(("oracle",), range(whole("replicates", replicates, least=1)), seed)
    count = len(streams.rows)
    if problem.worlds not in (1, count):
        raise InvalidProblem(
            f"replicates must equal the number of worlds of the problem ({problem.worlds}), "
            f"got replicates={count}"
        )
    meter = Meter(count, budgets, strict=strict, idle=idles, layers=problem.facts.horizon, kinds=OF_RESPONSES)
    return chosen(problem, streams, meter), meter, streams

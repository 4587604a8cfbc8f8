"""Opening a decision process to a learner."""

from collections.abc import Mapping

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import whole
from explore_theory.oracles.ledger import OF_PROCESSES, Meter
from explore_theory.oracles.processes.oracle import ProcessOracle
from explore_theory.problems.processes import DecisionProcess


def open_process(
    problem: DecisionProcess,
    *,
    seed: int = 0,
    replicates: int = 1,
    budgets: Mapping[str, float] | None = None,
    streams: Streams | None = None,
) -> ProcessOracle:
    """Open a decision process to a learner.

    Parameters
    ----------
    seed, replicates, budgets, streams
        As for `explore_theory.oracles.open`; a call that a row cannot afford raises, whatever `replicates`.
        Kinds with a budget are *token*, *feature*, *reward*, *transition*, *reset* and *prompt*.

    Raises
    ------
    InvalidProblem
        If an argument is out of range, or `problem` is no decision process.

    Examples
    --------
    Two steps; the second action pays 1 in the first state, and leads away from it half of the time.

    >>> from explore_theory.problems import tabular_process
    >>> process = tabular_process(
    ...     start=[1.0, 0.0],
    ...     base=[[0.5, 0.5], [0.5, 0.5]],
    ...     reward=[[[0.0, 1.0], [0.0, 0.0]]] * 2,
    ...     moves=[[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.0, 1.0]]],
    ...     beta=0.5,
    ... )
    >>> oracle = open_process(process)
    >>> first = oracle.prompts([0])
    >>> reward, second = oracle.act(first, [1])
    >>> reward, nothing = oracle.act(second, [1])
    >>> again = oracle.move(first, [0])
    >>> for kind in ("reward", "transition", "reset"):
    ...     print(kind, int(oracle.ledger.total(kind)[0]))
    reward 2
    transition 2
    reset 1
    """
    if not isinstance(problem, DecisionProcess):
        raise InvalidProblem(f"problem must be a DecisionProcess, got a {type(problem).__name__}")
    if streams is None:
        streams = Streams(("process oracle",), range(whole("replicates", replicates, least=1)), seed)
    meter = Meter(len(streams.rows), budgets, strict=True, layers=problem.horizon, kinds=OF_PROCESSES)
    return ProcessOracle(problem, streams, meter)

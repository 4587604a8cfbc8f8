"""Formulas whose value is known, and proper learners run on them by Lemma H.1's program.

Two rows share a formula, and are independent runs on it. Letters: `m` clauses of at most `k` literals on `n`
variables, `T` reward queries.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from explore_theory import exact, oracles
from explore_theory.algorithms import (
    Annealing,
    Decision,
    ExhaustiveSearch,
    ProperBonus,
    ProperEnsemble,
    ProperGreedy,
    ProperLearner,
    ProperXPO,
    SignSearch,
    decide,
)
from explore_theory.algorithms.proper import reduction
from explore_theory.formulas import (
    Conjunctions,
    Formula,
    MixedFormula,
    exact_optimum,
    optimum,
    planted_formula,
    random_formula,
)
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Trial
from explore_theory.problems import SinglePromptDNF

GROUP = 2
DELTA = 0.5
#: Runs by which a learner is held to its promise.
TRIED = 48
Params = Mapping[str, int | float | str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Known:
    """A formula, its clauses as they were drawn, its value from below and above (in clauses).

    The `assignment` satisfies `least` clauses.
    """

    formula: Formula | MixedFormula | Conjunctions
    clauses: list[list[int]]
    least: int
    most: int
    assignment: npt.NDArray[np.int8]

    def count(self, signs: npt.NDArray[np.int8]) -> int:
        """How many clauses `signs` satisfies, literal by literal."""
        return sum(all(signs[abs(v) - 1] * v > 0 for v in clause) for clause in self.clauses)


def _known(formula: Formula, best: tuple[int, ...], least: Fraction, most: Fraction) -> Known:
    return Known(
        formula=formula,
        clauses=formula.literals.tolist(),
        least=int(least * formula.m),
        most=int(most * formula.m),
        assignment=np.array(best, dtype=np.int8),
    )


def planted(streams: Streams, params: Params) -> Known:
    """A share of the clauses is satisfied by a planted assignment; the value by all assignments."""
    formula, _ = planted_formula("naive", streams=streams, share=0.7, **_sizes(params))
    found = exact_optimum(formula)
    return _known(formula, found.assignment, found.value, found.bound)


def large(streams: Streams, params: Params) -> Known:
    """The same on too many variables for that: the value by integer programming."""
    formula, _ = planted_formula("naive", streams=streams, share=0.7, **_sizes(params))
    found = optimum(formula, seconds=20.0)
    return _known(formula, found.assignment, found.value, found.bound)


def repeated(streams: Streams, params: Params) -> Known:
    """All pairs of six clauses of one or two literals, five satisfied together: LH6, the value squared."""
    n, base = int(params["n"]), []
    coins = streams.uniform(6 * (n + 1) + n)[0]
    secret = np.where(coins[-n:] < 0.5, -1, 1)
    for j in range(6):
        own = coins[j * (n + 1) : (j + 1) * (n + 1)]
        chosen = np.argsort(own[:n])[: 1 + int(own[n] < 0.5)]
        literals = [int((v + 1) * secret[v]) for v in chosen]
        base.append([-literals[0], *literals[1:]] if j == 0 else literals)
    found = exact_optimum(MixedFormula(base, n))
    pairs = [a + b for a, b in itertools.product(base, repeat=2)]
    value = int(found.value * 6) ** 2
    return Known(
        formula=Conjunctions.of(pairs, n, contradictory=True),
        clauses=pairs,
        least=value,
        most=value,
        assignment=np.array(found.assignment, dtype=np.int8),
    )


def spread(streams: Streams, params: Params) -> Known:
    """Random clauses of many literals: no assignment satisfies many; the value by all assignments."""
    formula = random_formula(streams=streams, **_sizes(params))
    found = exact_optimum(formula)
    return _known(formula, found.assignment, found.value, found.bound)


def patterns(streams: Streams, params: Params) -> Known:
    """All patterns of signs of `k` variables out of `n`: every assignment satisfies one clause."""
    n, k = int(params["n"]), int(params["k"])
    chosen = np.sort(np.argsort(streams.uniform(n)[0])[:k]) + 1
    formula = Formula(np.array(list(itertools.product((1, -1), repeat=k))) * chosen, n)
    return _known(formula, (1,) * n, Fraction(1, formula.m), Fraction(1, formula.m))


def contradictory(streams: Streams, params: Params) -> Known:
    """One clause that can be satisfied among many that cannot."""
    n, m = int(params["n"]), int(params["m"])
    coins = streams.uniform(4)[0]
    literals = [int(v * (1 if coin < 0.5 else -1)) for v, coin in zip((1, 3, 6), coins[:3], strict=True)]
    clauses = [[1 + j % n, -(1 + j % n), 1 + (j + 3) % n] for j in range(m - 1)]
    clauses.insert(int(m * coins[3]), literals)
    signs = np.ones(n, dtype=np.int8)
    for v in literals:
        signs[abs(v) - 1] = np.sign(v)
    return Known(
        formula=Conjunctions.of(clauses, n, contradictory=True),
        clauses=clauses,
        least=1,
        most=1,
        assignment=signs,
    )


def bounded(streams: Streams, params: Params) -> Known:
    """Random clauses on many variables: the value by integer programming."""
    formula = random_formula(streams=streams, **_sizes(params))
    found = optimum(formula, seconds=20.0)
    return _known(formula, found.assignment, found.value, found.bound)


def _sizes(params: Params) -> dict[str, int]:
    return {name: int(params[name]) for name in ("m", "k", "n")}


KINDS: dict[str, Callable[[Streams, Params], Known]] = {
    kind.__name__: kind for kind in (planted, large, repeated, spread, patterns, contradictory, bounded)
}


def learner(name: str, d: int, rounds: int) -> ProperLearner:
    """The proper learner called `name`, for `rounds` rounds of two queries."""
    makers: dict[str, Callable[[], ProperLearner]] = {
        "annealing": lambda: Annealing(rounds=rounds, terms=12 * d, calls=10**5, sweeps=20),
        "exhaustive": lambda: ExhaustiveSearch(rounds=rounds, terms=12 * d, calls=10**5),
        "signs": lambda: SignSearch(rounds=rounds, stars=4 * d),
        "bonus": lambda: ProperBonus(rounds=rounds),
        "ensemble": lambda: ProperEnsemble(rounds=rounds),
        "greedy": lambda: ProperGreedy(rounds=rounds),
        "xpo": lambda: ProperXPO(rounds=rounds),
    }
    return makers[name]()


@dataclass(frozen=True, kw_only=True, eq=False)
class Group:
    """The rows of a formula: what the program said given `T`, from which streams, and the parameters."""

    known: Known
    decision: Decision
    queries: int
    streams: Streams
    params: Params

    def alone(self, *, pays: bool) -> tuple[npt.NDArray[np.bool_], oracles.Ledger]:
        """The learner without the program, from the same streams: who is accurate, `[R]`, and its ledger."""
        return alone(self.known, self.params, self.streams, pays=pays)


def problem_of(known: Known, params: Params, *, pays: bool) -> SinglePromptDNF:
    """A formula as one of at most `k` literals a clause, where the known assignment pays or nothing does."""
    k = int(params["k"])
    return SinglePromptDNF(
        formula=known.formula,
        beta=reduction.printed_beta(k, DELTA),
        k=k,
        assignment=known.assignment if pays else None,
    )


def alone(
    known: Known, params: Params, streams: Streams, *, pays: bool
) -> tuple[npt.NDArray[np.bool_], oracles.Ledger]:
    """The learner on its own: who is accurate, `[R]`, and its ledger."""
    problem = problem_of(known, params, pays=pays)
    oracle = oracles.open_proper(problem, law="exact-law", streams=streams)
    policy = learner(str(params["learner"]), problem.d, int(params["rounds"])).run(oracle)
    accurate = exact.gap(problem, policy) <= reduction.printed_accuracy(int(params["k"]), DELTA)
    return accurate, oracle.ledger


def share_accurate(world: tuple[Group, ...]) -> float:
    """How often the learner of a case is accurate where the assignment pays, on `TRIED` rows of its own.

    The rows of a block would tell otherwise in every block, and the assumption is on the whole case.
    """
    first = world[0]
    return _share_accurate(first.streams.path[:-1], first.streams.reseed, tuple(first.params.items()))


@lru_cache(maxsize=64)
def _share_accurate(
    path: tuple[str, ...], reseed: int, items: tuple[tuple[str, int | float | str], ...]
) -> float:
    params, found = dict(items), []
    for number in range(TRIED // GROUP):
        known = KINDS[str(params["kind"])](Streams((*path, "promise", "formula"), [number], reseed), params)
        rows = range(GROUP * number, GROUP * (number + 1))
        streams = Streams((*path, "promise", "run"), rows, reseed)
        found.append(alone(known, params, streams, pays=True)[0])
    return float(np.mean(found))


def groups(trial: Trial) -> tuple[Group, ...]:
    """The formulas of the rows of the block, each with the program's answers in those rows."""
    return tuple(_groups(trial))


def _groups(trial: Trial) -> Iterator[Group]:
    params, streams = trial.case.params, trial.streams
    rounds, k = int(params["rounds"]), int(params["k"])
    for number, rows in itertools.groupby(trial.rows, key=lambda row: row // GROUP):
        formula_streams = Streams((*streams.path, "formula"), [number], streams.reseed)
        known = KINDS[str(params["kind"])](formula_streams, params)
        own = Streams((*streams.path, "run"), list(rows), streams.reseed)
        who = learner(str(params["learner"]), known.formula.n, rounds)
        # All formulas of a case are of at most `k` literals, however few one of them happens to have: what is
        # stated of a case is then the same whichever of its rows run together.
        sharp = reduction.sharp_threshold(DELTA, 2 * rounds, k) if params["threshold"] == "sharp" else None
        decision = decide(known.formula, who, delta=DELTA, k=k, threshold=sharp, streams=own)
        yield Group(known=known, decision=decision, queries=2 * rounds, streams=own, params=params)

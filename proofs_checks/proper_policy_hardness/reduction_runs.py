"""Formulas whose value is known, and proper learners run on them by Lemma H.1's program.

Eight rows share a formula, and are independent runs on it. Letters: `m` clauses of at most `k` literals on `n`
variables, `T` reward queries.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

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

GROUP = 8
DELTA = 0.5
Plain = list[list[int]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Known:
    """A formula, its clauses as they were drawn, its value from below and above (in clauses), an assignment.

    The assignment satisfies `least` clauses.
    """

    formula: Formula | MixedFormula | Conjunctions
    clauses: Plain
    least: int
    most: int
    assignment: npt.NDArray[np.int8]

    def count(self, signs: npt.NDArray[np.int8]) -> int:
        """How many clauses `signs` satisfies, literal by literal."""
        return sum(all(signs[abs(v) - 1] * v > 0 for v in clause) for clause in self.clauses)


def _solved(formula: Formula, best: tuple[int, ...], value: Fraction, bound: Fraction) -> Known:
    m = formula.m
    return Known(
        formula=formula,
        clauses=formula.literals.tolist(),
        least=int(value * m),
        most=int(bound * m),
        assignment=np.array(best, dtype=np.int8),
    )


def planted(streams: Streams) -> Known:
    """Three in five clauses and more satisfied by a planted assignment; the value by all assignments."""
    formula, _ = planted_formula("naive", m=40, k=3, n=8, streams=streams, share=0.6)
    found = exact_optimum(formula)
    return _solved(formula, found.assignment, found.value, found.bound)


def large(streams: Streams) -> Known:
    """On 40 variables; the value is at least that of the assignment planted."""
    formula, secret = planted_formula("naive", m=100, k=3, n=40, streams=streams, share=0.7)
    return _solved(formula, tuple(secret.tolist()), formula.value(secret), Fraction(1))


def repeated(streams: Streams) -> Known:
    """All pairs of six clauses of one or two literals, five of them satisfied together: LH6, value squared."""
    n, base = 6, []
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


def spread(streams: Streams) -> Known:
    """400 random clauses of 6 literals: no assignment satisfies many."""
    formula = random_formula(m=400, k=6, n=10, streams=streams)
    found = exact_optimum(formula)
    return _solved(formula, found.assignment, found.value, found.bound)


def patterns(streams: Streams) -> Known:
    """All 32 patterns of signs of five variables out of eight: every assignment satisfies one clause."""
    chosen = np.argsort(streams.uniform(8)[0])[:5] + 1
    signs = np.array(list(itertools.product((1, -1), repeat=5)))
    formula = Formula(signs * chosen, 8)
    return _solved(formula, (1,) * 8, Fraction(1, 32), Fraction(1, 32))


def contradictory(streams: Streams) -> Known:
    """One clause that can be satisfied among 199 that cannot: below the printed threshold too."""
    coins = streams.uniform(4)[0]
    literals = [int(v * (1 if coin < 0.5 else -1)) for v, coin in zip((1, 3, 6), coins[:3], strict=True)]
    clauses = [[1 + j % 8, -(1 + j % 8), 1 + (j + 3) % 8] for j in range(199)]
    clauses.insert(int(200 * coins[3]), literals)
    signs = np.ones(8, dtype=np.int8)
    for v in literals:
        signs[abs(v) - 1] = np.sign(v)
    return Known(
        formula=Conjunctions.of(clauses, 8, contradictory=True),
        clauses=clauses,
        least=1,
        most=1,
        assignment=signs,
    )


def bounded(streams: Streams) -> Known:
    """40 random clauses of 8 literals on 30 variables: the value by integer programming."""
    formula = random_formula(m=40, k=8, n=30, streams=streams)
    found = optimum(formula, seconds=20.0)
    return _solved(formula, found.assignment, found.value, found.bound)


KINDS: dict[str, Callable[[Streams], Known]] = {
    kind.__name__: kind for kind in (planted, large, repeated, spread, patterns, contradictory, bounded)
}


def learner(name: str, d: int, rounds: int) -> ProperLearner:
    """The proper learner called `name`, for `rounds` rounds of two queries."""
    makers: dict[str, Callable[[], ProperLearner]] = {
        "annealing": lambda: Annealing(rounds=rounds, terms=6 * d, calls=10**5, sweeps=20),
        "exhaustive": lambda: ExhaustiveSearch(rounds=rounds, terms=6 * d, calls=10**5),
        "signs": lambda: SignSearch(rounds=rounds, stars=4 * d),
        "bonus": lambda: ProperBonus(rounds=rounds),
        "ensemble": lambda: ProperEnsemble(rounds=rounds),
        "greedy": lambda: ProperGreedy(rounds=rounds),
        "xpo": lambda: ProperXPO(rounds=rounds),
    }
    return makers[name]()


@dataclass(frozen=True, kw_only=True, eq=False)
class Group:
    """The rows of a formula: what the program said, the streams that it was said from, and the case."""

    known: Known
    decision: Decision
    streams: Streams
    trial: Trial

    @property
    def rounds(self) -> int:
        """Of the learner."""
        return int(self.trial.case.params["rounds"])

    @property
    def problem(self) -> SinglePromptDNF:
        """Where the known assignment is worth something."""
        probe = SinglePromptDNF(formula=self.known.formula, beta=1.0)
        assert probe.k is not None
        return replace(
            probe,
            beta=reduction.printed_beta(probe.k, DELTA),
            assignment=self.known.assignment,
            shifted=bool(self.trial.case.params.get("shifted", 0)),
        )

    def run(self, *, pays: bool) -> tuple[npt.NDArray[np.bool_], oracles.Ledger]:
        """The learner alone, from the same streams: whether it is within the accuracy `[R]`, and its ledger."""
        world = self.problem if pays else replace(self.problem, assignment=None)
        oracle = oracles.open_proper(world, law="exact-law", streams=self.streams)
        policy = learner(str(self.trial.case.params["learner"]), world.d, self.rounds).run(oracle)
        assert world.k is not None
        return exact.gap(world, policy) <= reduction.printed_accuracy(world.k, DELTA), oracle.ledger


def groups(trial: Trial) -> Iterator[Group]:
    """The formulas of the rows of the block, each with the program's answers in those rows."""
    params, streams = trial.case.params, trial.streams
    rounds = int(params["rounds"])
    for number, rows in itertools.groupby(trial.rows, key=lambda row: row // GROUP):
        known = KINDS[str(params["kind"])](Streams((*streams.path, "formula"), [number], streams.reseed))
        own = Streams((*streams.path, "run"), list(rows), streams.reseed)
        shifted = bool(params.get("shifted", 0))
        k = SinglePromptDNF(formula=known.formula, beta=1.0).k
        assert k is not None
        threshold = None
        if params["threshold"] == "sharp":
            threshold = reduction.sharp_threshold(DELTA, 2 * rounds, k, shifted=shifted)
        decision = decide(
            known.formula,
            learner(str(params["learner"]), known.formula.n + shifted, rounds),
            delta=DELTA,
            threshold=threshold,
            shifted=shifted,
            streams=own,
        )
        yield Group(known=known, decision=decision, streams=own, trial=trial)

"""Learners that play a script: P5's program for transcripts against what was played."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explore_theory.formulas import Formula
from explore_theory.harness import Bound, Measurement, Trial
from explore_theory.oracles import ProperOracle
from explore_theory.policies import LawPolicy, Softmax
from explore_theory.problems import DNF
from explore_theory.problems.protocol import Floats
from proofs_checks.proper_policy_hardness import hunts

N, K, ETA = 10, 3, 2.0**-10


@dataclass(frozen=True, kw_only=True)
class Scripted:
    """Plays given assignments, a row a replicate: `first` and `second` `[T, R, n]`."""

    first: Floats
    second: Floats
    proper: bool = True

    def run(self, oracle: ProperOracle) -> LawPolicy:
        """Play the script."""
        width = 1 / K**0.5
        for theta, theta2 in zip(self.first, self.second, strict=True):
            oracle.round(width * theta, width * theta2)
        return Softmax(np.zeros((oracle.R, oracle.facts.d)))


def read_off(trial: Trial, keep: Callable[[hunts.Transcript], hunts.Transcript] = tuple) -> Measurement:
    """The best value that is read off the transcript of each row's script, as a count of terms."""
    formula, script = script_of(trial)
    problem = DNF(formula=formula, eta=ETA)
    run = hunts.play(problem, script, trial.streams.child("oracle"), str(trial.case.params["law"]))
    best = hunts.best_values(formula, keep(run.transcript))
    return Measurement.exact(np.rint(best * formula.m), unit="scripts")


def script_of(trial: Trial) -> tuple[Formula, Scripted]:
    """A formula, and for each row three rounds of two random points of ``{-1, 0, 1}^n``."""
    n, rows = N, len(trial.rows)
    formula, _ = hunts.formula_of("hadamard", n, K)
    points = np.floor(3 * trial.streams.uniform(3 * 2 * n)).reshape(rows, 3, 2, n) - 1
    return formula, Scripted(first=points[:, :, 0].swapaxes(0, 1), second=points[:, :, 1].swapaxes(0, 1))


def best_played(trial: Trial) -> Bound:
    """The most terms that an assignment of the script satisfies.

    A point of ``{-1, 0, 1}^n`` satisfies a term if its inner product with the signs of the literals is `k`.
    """
    formula, script = script_of(trial)
    literals = np.zeros((formula.m, formula.n))
    np.put_along_axis(literals, np.abs(formula.literals) - 1, np.sign(formula.literals), axis=1)
    sides = np.concatenate([script.first, script.second])
    return Bound.of((sides @ literals.T == K).sum(axis=-1).max(axis=0))

"""What P6 asks of plantings: whether they show the secret, and whether they are drawn by their law.

Letters: `m` terms, `k` literals per term, `n` variables.
"""

import itertools
import math
from fractions import Fraction

import numpy as np

from explore_theory.formulas import code_of, majority_vote, planted_formula
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Bound, Measurement, OneSample, Tally, Trial
from proofs_checks.proper_policy_hardness.counted_rows import counted

N = 20
#: Terms of a formula whose patterns are counted: each is an independent draw.
DRAWN = 4096


def leaning(trial: Trial, planting: str = "") -> Measurement:
    """The largest average, in size, of a literal or of a pair of literals of the pattern of agreement."""
    words, masses = code_of(planting or str(trial.case.params["planting"]), int(trial.case.params["k"]))
    # In units of one over the masses' common denominator, in Python's integers.
    whole = math.lcm(*(mass.denominator for mass in masses))
    units = np.array([int(mass * whole) for mass in masses], dtype=object)
    columns = words.T.astype(object)
    literals = columns @ units
    pairs = (columns * units) @ columns.T
    sums = [*literals, *pairs[np.triu_indices(len(columns), 1)]]
    return Measurement.exact([Fraction(max(map(abs, sums)), whole)], effort=len(sums), unit="averages")


def majorities(trial: Trial, planting: str = "") -> Tally:
    """How often a majority of literals tells at least 3/4 of the planted assignment; a formula a row."""
    params = trial.case.params
    recovered = 0
    for row in trial.rows:
        streams = Streams((*trial.streams.path, "formula"), [row], trial.streams.reseed)
        formula, secret = planted_formula(
            planting or str(params["planting"]), m=16 * N, k=int(params["k"]), n=N, streams=streams
        )
        recovered += int((majority_vote(formula) == secret).sum() >= 0.75 * N)
    return Tally(successes=recovered, trials=len(trial.rows))


def stated_words(planting: str, k: int) -> list[tuple[int, ...]]:
    """The patterns of agreement, all as likely, from their definitions and not from the library's table.

    ``hadamard``: the rows of Sylvester's matrix without their first entry. ``parity``: an even number of
    disagreements.
    """
    from scipy.linalg import hadamard

    if planting == "hadamard":
        return [tuple(row) for row in hadamard(k + 1)[:, 1:].tolist()]
    return [word for word in itertools.product((1, -1), repeat=k) if word.count(-1) % 2 == 0]


def words(trial: Trial) -> Measurement:
    """The mass that the library's table gives to each pattern."""
    params = trial.case.params
    table, masses = code_of(str(params["planting"]), int(params["k"]))
    found = dict(zip(map(tuple, table.tolist()), masses, strict=True))
    every = itertools.product((1, -1), repeat=int(params["k"]))
    return Measurement.exact([found.get(word, Fraction(0)) for word in every], unit="patterns")


def stated_masses(trial: Trial, even: bool = True) -> Bound:
    """The same by definition; where `even` is False, as if all patterns were as likely."""
    k = int(trial.case.params["k"])
    own = stated_words(str(trial.case.params["planting"]), k)
    every = list(itertools.product((1, -1), repeat=k))
    stated = dict.fromkeys(own if even else every, Fraction(1, len(own if even else every)))
    return Bound.of([stated.get(word, Fraction(0)) for word in every])


def drawn(trial: Trial, planting: str = "") -> OneSample:
    """Variables and patterns of the terms of planted formulas, a formula a row, against their law.

    Variables are told by which of their sets a term has; the secret is the one that the library gives.
    """
    params = trial.case.params
    stated, n, k = str(params["planting"]), int(params["n"]), int(params["k"])
    found = []
    for row in trial.rows:
        streams = Streams((*trial.streams.path, "formula"), [row], trial.streams.reseed)
        formula, secret = planted_formula(planting or stated, m=DRAWN, k=k, n=n, streams=streams)
        agree = secret[np.abs(formula.literals) - 1] * np.sign(formula.literals)
        sets = np.sort(np.abs(formula.literals), axis=-1)
        found.append(np.column_stack([sets, agree]))
    outcomes = list(itertools.product(itertools.combinations(range(1, n + 1), k), stated_words(stated, k)))
    law = {(*chosen, *word): Fraction(1, len(outcomes)) for chosen, word in outcomes}
    return OneSample.tallied(counted(np.concatenate(found)), law, unit="terms")

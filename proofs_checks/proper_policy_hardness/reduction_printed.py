"""Lemma H.1 at the printed parameters, and two steps of its proof that are not so as printed (LH1)."""

from fractions import Fraction

import numpy as np

from explore_theory import exact
from explore_theory.algorithms import decide
from explore_theory.algorithms.proper.reduction import printed_accuracy, printed_beta
from explore_theory.formulas import MixedFormula
from explore_theory.harness import Bound, Measurement, Trial
from explore_theory.policies import Base
from explore_theory.problems import SinglePromptDNF
from proofs_checks.proper_policy_hardness.clauses import all_clauses, all_formulas
from proofs_checks.proper_policy_hardness.hunts import BaseOnly
from proofs_checks.proper_policy_hardness.reduction_games import NEVER, Game, Instance, learners, success

QUARTER = Fraction(1, 4)


def printed_confidence(trial: Trial, power: int = 1) -> Measurement:
    """``(1 - c)^T - 1/4`` at the printed parameters, ``delta = 1``, for every ``T <= 2^k``."""
    k = int(trial.case.params["k"])
    shifted = trial.case.params["rewards"] == "0 to 1"
    q = Fraction(1, 16 ** (k * k))
    found: list[Fraction] = []
    for T in range(1, 2 ** (k * power) + 1):
        # e^{-1/(2 beta k)} = 4^{-k}, where rewards are shifted.
        w, tau = Fraction(1, (4 if shifted else 16) ** k), Fraction(1, 16 * T)
        u = tau + (1 - tau) * w
        found.append((1 - u / (1 - q + u)) ** T - QUARTER)
    return Measurement.exact(found, unit="numbers of queries", witness=lambda j: {"k": k, "T": j + 1})


def confidence(trial: Trial) -> Bound:
    """What (4) says: .57, 2/3, or .49."""
    if trial.case.params["rewards"] == "0 to 1":
        return Bound.of(Fraction(49, 100))
    return Bound.of(Fraction(57, 100) if int(trial.case.params["k"]) == 1 else Fraction(2, 3))


#: For ``k = 1, 2`` a `t` at which ``e^{-1/beta} = (delta/16)^{k^2}`` makes ``delta`` rational, near .95.
PRINTED_SIZES = {1: Fraction(79, 100), 2: Fraction(39, 100)}


def games_as_printed(trial: Trial) -> list[Game]:
    """Learners that succeed with probability 3/4, at the printed beta and threshold, ``v >= delta``."""
    n, k, m, T = (int(trial.case.params[name]) for name in ("n", "k", "m", "T"))
    t = PRINTED_SIZES[k]
    delta = 16 * t ** (12 // (k * k))
    found: list[Game] = []
    for formula in all_formulas([*all_clauses(n, k), NEVER], m):
        instance = Instance(formula, n, t)
        if instance.shares[instance.ones] >= delta:
            failures = ((learner, 1 - success(instance, learner)) for learner in learners(n, T))
            found += [
                Game(instance, learner, delta / (16 * T), k, zeta)
                for learner, zeta in failures
                if zeta <= QUARTER
            ]
    return found


def footnote(_: Trial) -> Measurement:
    """The share of ``x1 & x2`` and 99 clauses ``x1 & !x3``, ``k = 2``, where a theta has mass ``1/(4 T)``."""
    delta, T, m = Fraction(99, 100), 4, 100
    q, w = (delta / 16) ** 4, delta / 16
    # theta = (1, 1, 0): <theta, phi> is 1 on the first clause and 3/4 on the others, features halved.
    weight = (1 + (m - 1) * w) / m
    heavy = weight / (1 - q + weight) >= Fraction(1, 4 * T)
    return Measurement.exact(
        [Fraction(1, m)],
        applicable=np.array([heavy]),
        unit="instances",
        witness=lambda _: {
            "formula": "x1 & x2, and 99 times x1 & !x3",
            "k": 2,
            "T": T,
            "delta": str(delta),
            "theta": "(1, 1, 0), sgn 0 = 1",
            "mass": f"{float(weight / (1 - q + weight)):.4f} >= 1/16",
            "share": "1/100",
        },
    )


def short_clause(_: Trial) -> Measurement:
    """How often `Alg'` says YES to the formula ``!x1`` at ``k = 2``, features over `k`; the value is 1."""
    formula, delta = MixedFormula([[-1]], 2), 0.99
    signs = np.array([-1, 1], dtype=np.int8)
    world = SinglePromptDNF(
        formula=formula, beta=printed_beta(2, delta), k=2, features="printed", assignment=signs
    )
    gap = float(exact.gap(world, Base())[0])
    said = decide(formula, BaseOnly(rounds=2), delta=delta, k=2, features="printed", replicates=64).yes
    return Measurement.exact(
        [Fraction(int(said.sum()), said.size)],
        applicable=np.array([gap <= printed_accuracy(2, delta)]),
        effort=said.size,
        unit="runs",
        witness=lambda _: {
            "formula": "!x1",
            "k": 2,
            "delta": delta,
            "pays": "x1 = -1",
            "played, returned": "theta = 0, sgn 0 = 1",
            "regret": f"{gap:.1e}",
            "epsilon": f"{printed_accuracy(2, delta):.1e}",
        },
    )

"""Learners, one per file, each written once against the oracle interface for `R` replicates side by side."""

from explore_theory.algorithms.annealing import Annealing
from explore_theory.algorithms.coordinates import CoordinateSweep
from explore_theory.algorithms.exhaustive_search import ExhaustiveSearch
from explore_theory.algorithms.optimal_design import OptimalDesign
from explore_theory.algorithms.passive import PassiveSampling
from explore_theory.algorithms.proper_bonus import ProperBonus
from explore_theory.algorithms.proper_ensemble import ProperEnsemble
from explore_theory.algorithms.proper_greedy import ProperGreedy
from explore_theory.algorithms.proper_regression import ProperLearner
from explore_theory.algorithms.proper_xpo import ProperXPO
from explore_theory.algorithms.protocol import Learner
from explore_theory.algorithms.random_directions import RandomDirections
from explore_theory.algorithms.reweighted import ReweightedDirections
from explore_theory.algorithms.sign_search import SignSearch
from explore_theory.algorithms.weak_sampling import WeakSampling

__all__ = [
    "Annealing",
    "CoordinateSweep",
    "ExhaustiveSearch",
    "Learner",
    "OptimalDesign",
    "PassiveSampling",
    "ProperBonus",
    "ProperEnsemble",
    "ProperGreedy",
    "ProperLearner",
    "ProperXPO",
    "RandomDirections",
    "ReweightedDirections",
    "SignSearch",
    "WeakSampling",
]

"""Learners, one per file, each written once against the oracle interface for `R` replicates side by side."""

from explore_theory.algorithms.annealing import Annealing
from explore_theory.algorithms.best_of_n import BestOfN
from explore_theory.algorithms.coordinates import CoordinateSweep
from explore_theory.algorithms.exhaustive_search import ExhaustiveSearch
from explore_theory.algorithms.mtss import MTSS, TokenLearned
from explore_theory.algorithms.online_dpo import OnlineDPO
from explore_theory.algorithms.online_greedy import OnlineGreedy
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
from explore_theory.algorithms.schedule import Schedule
from explore_theory.algorithms.sign_search import SignSearch
from explore_theory.algorithms.spanner_sampling import SpannerPolicy, SpannerSampling
from explore_theory.algorithms.weak_sampling import WeakSampling
from explore_theory.algorithms.xpo import XPO

__all__ = [
    "MTSS",
    "XPO",
    "Annealing",
    "BestOfN",
    "CoordinateSweep",
    "ExhaustiveSearch",
    "Learner",
    "OnlineDPO",
    "OnlineGreedy",
    "OptimalDesign",
    "PassiveSampling",
    "ProperBonus",
    "ProperEnsemble",
    "ProperGreedy",
    "ProperLearner",
    "ProperXPO",
    "RandomDirections",
    "ReweightedDirections",
    "Schedule",
    "SignSearch",
    "SpannerPolicy",
    "SpannerSampling",
    "TokenLearned",
    "WeakSampling",
]

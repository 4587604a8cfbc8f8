"""Learners, one per file, each written once against the oracle interface for `R` replicates side by side."""

from explore_theory.algorithms.best_of_n import BestOfN
from explore_theory.algorithms.coordinates import CoordinateSweep
from explore_theory.algorithms.mtss import MTSS, TokenLearned
from explore_theory.algorithms.online_dpo import OnlineDPO
from explore_theory.algorithms.online_greedy import OnlineGreedy
from explore_theory.algorithms.optimal_design import OptimalDesign
from explore_theory.algorithms.passive import PassiveSampling
from explore_theory.algorithms.protocol import Learner
from explore_theory.algorithms.random_directions import RandomDirections
from explore_theory.algorithms.reweighted import ReweightedDirections
from explore_theory.algorithms.schedule import Schedule
from explore_theory.algorithms.spanner_sampling import SpannerPolicy, SpannerSampling
from explore_theory.algorithms.weak_sampling import WeakSampling
from explore_theory.algorithms.xpo import XPO

__all__ = [
    "MTSS",
    "XPO",
    "BestOfN",
    "CoordinateSweep",
    "Learner",
    "OnlineDPO",
    "OnlineGreedy",
    "OptimalDesign",
    "PassiveSampling",
    "RandomDirections",
    "ReweightedDirections",
    "Schedule",
    "SpannerPolicy",
    "SpannerSampling",
    "TokenLearned",
    "WeakSampling",
]

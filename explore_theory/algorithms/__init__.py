"""Learners, one per file, each written once against the oracle interface for `R` replicates side by side."""

from explore_theory.algorithms.baselines.best_of_n import BestOfN
from explore_theory.algorithms.baselines.online_dpo import OnlineDPO
from explore_theory.algorithms.baselines.online_greedy import OnlineGreedy
from explore_theory.algorithms.baselines.passive import PassiveSampling
from explore_theory.algorithms.baselines.xpo import XPO
from explore_theory.algorithms.enumeration.optimal_design import OptimalDesign
from explore_theory.algorithms.needle.coordinates import CoordinateSweep
from explore_theory.algorithms.needle.random_directions import RandomDirections
from explore_theory.algorithms.needle.reweighted import ReweightedDirections
from explore_theory.algorithms.needle.weak_sampling import WeakSampling
from explore_theory.algorithms.proper.annealing import Annealing
from explore_theory.algorithms.proper.bonus import ProperBonus
from explore_theory.algorithms.proper.ensemble import ProperEnsemble
from explore_theory.algorithms.proper.exhaustive_search import ExhaustiveSearch
from explore_theory.algorithms.proper.greedy import ProperGreedy
from explore_theory.algorithms.proper.reduction import Decision, decide
from explore_theory.algorithms.proper.regression import ProperLearner
from explore_theory.algorithms.proper.sign_search import SignSearch
from explore_theory.algorithms.proper.xpo import ProperXPO
from explore_theory.algorithms.protocol import Learner
from explore_theory.algorithms.spanner.printed import PrintedSchedule, PrintedSpannerSampling
from explore_theory.algorithms.spanner.schedule import Schedule
from explore_theory.algorithms.spanner.spanner_sampling import SpannerPolicy, SpannerSampling
from explore_theory.algorithms.tokens.mtss import MTSS, TokenLearned
from explore_theory.algorithms.tokens.printed import PrintedLearned, PrintedMTSS
from explore_theory.algorithms.tokens.printed_schedule import PrintedMTSSSchedule

__all__ = [
    "MTSS",
    "XPO",
    "Annealing",
    "BestOfN",
    "CoordinateSweep",
    "Decision",
    "ExhaustiveSearch",
    "Learner",
    "OnlineDPO",
    "OnlineGreedy",
    "OptimalDesign",
    "PassiveSampling",
    "PrintedLearned",
    "PrintedMTSS",
    "PrintedMTSSSchedule",
    "PrintedSchedule",
    "PrintedSpannerSampling",
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
    "decide",
]

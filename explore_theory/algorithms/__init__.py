"""Learners, one per file, each written once against the oracle interface for `R` replicates side by side."""

from explore_theory.algorithms.coordinates import CoordinateSweep
from explore_theory.algorithms.optimal_design import OptimalDesign
from explore_theory.algorithms.passive import PassiveSampling
from explore_theory.algorithms.protocol import Learner
from explore_theory.algorithms.random_directions import RandomDirections
from explore_theory.algorithms.reweighted import ReweightedDirections
from explore_theory.algorithms.schedule import Schedule
from explore_theory.algorithms.spanner_sampling import SpannerPolicy, SpannerSampling
from explore_theory.algorithms.weak_sampling import WeakSampling

__all__ = [
    "CoordinateSweep",
    "Learner",
    "OptimalDesign",
    "PassiveSampling",
    "RandomDirections",
    "ReweightedDirections",
    "Schedule",
    "SpannerPolicy",
    "SpannerSampling",
    "WeakSampling",
]

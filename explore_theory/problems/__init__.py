"""Problems: frozen mathematics that learners meet only through oracles."""

from explore_theory.problems.needle import HiddenNeedle
from explore_theory.problems.noise import Bernoulli, Gaussian, NoiseLaw, NoNoise
from explore_theory.problems.protocol import Atoms, Ball, Box, Facts, Problem
from explore_theory.problems.tabular import TabularProblem

__all__ = [
    "Atoms",
    "Ball",
    "Bernoulli",
    "Box",
    "Facts",
    "Gaussian",
    "HiddenNeedle",
    "NoNoise",
    "NoiseLaw",
    "Problem",
    "TabularProblem",
]

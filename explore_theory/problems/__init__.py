"""Problems: frozen mathematics that learners meet only through oracles."""

from explore_theory.problems.dnf import DNF
from explore_theory.problems.needle import HiddenNeedle
from explore_theory.problems.noise import Bernoulli, Gaussian, NoiseLaw, NoNoise
from explore_theory.problems.protocol import Atoms, Ball, Box, DrawsPrompts, Facts, Problem
from explore_theory.problems.tabular import TabularProblem

__all__ = [
    "DNF",
    "Atoms",
    "Ball",
    "Bernoulli",
    "Box",
    "DrawsPrompts",
    "Facts",
    "Gaussian",
    "HiddenNeedle",
    "NoNoise",
    "NoiseLaw",
    "Problem",
    "TabularProblem",
]

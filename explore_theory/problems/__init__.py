"""Problems: frozen mathematics that learners meet only through oracles."""

from explore_theory.problems.autoregressive import (
    AutoregressiveProblem,
    Layer,
    TokenFacts,
    forced_problem,
    ladder_problem,
    markov_problem,
    product_problem,
    random_markov_problem,
    sequence_view,
    tree_problem,
)
from explore_theory.problems.blank_needle import BlankNeedle
from explore_theory.problems.dnf import DNF
from explore_theory.problems.needle import HiddenNeedle
from explore_theory.problems.noise import Bernoulli, Gaussian, NoiseLaw, NoNoise
from explore_theory.problems.processes import (
    DecisionProcess,
    ProcessFacts,
    Stage,
    random_process,
    tabular_process,
)
from explore_theory.problems.protocol import Atoms, Ball, Box, DrawsPrompts, Facts, Problem
from explore_theory.problems.tabular import TabularProblem

__all__ = [
    "DNF",
    "Atoms",
    "AutoregressiveProblem",
    "Ball",
    "Bernoulli",
    "BlankNeedle",
    "Box",
    "DecisionProcess",
    "DrawsPrompts",
    "Facts",
    "Gaussian",
    "HiddenNeedle",
    "Layer",
    "NoNoise",
    "NoiseLaw",
    "Problem",
    "ProcessFacts",
    "Stage",
    "TabularProblem",
    "TokenFacts",
    "forced_problem",
    "ladder_problem",
    "markov_problem",
    "product_problem",
    "random_markov_problem",
    "random_process",
    "sequence_view",
    "tabular_process",
    "tree_problem",
]

"""Autoregressive problems and their families."""

from explore_theory.problems.autoregressive.forced import forced_problem
from explore_theory.problems.autoregressive.ladder import ladder_problem
from explore_theory.problems.autoregressive.layer import Layer
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem, TokenFacts
from explore_theory.problems.autoregressive.linear import linear_sequence_view
from explore_theory.problems.autoregressive.markov import markov_problem, random_markov_problem
from explore_theory.problems.autoregressive.product import product_problem
from explore_theory.problems.autoregressive.sequence import sequence_view
from explore_theory.problems.autoregressive.tree import tree_problem

__all__ = [
    "AutoregressiveProblem",
    "Layer",
    "TokenFacts",
    "forced_problem",
    "ladder_problem",
    "linear_sequence_view",
    "markov_problem",
    "product_problem",
    "random_markov_problem",
    "sequence_view",
    "tree_problem",
]

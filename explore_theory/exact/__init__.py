"""Exact evaluation, from definitions only: it knows problems and policies, never learners or oracles."""

from explore_theory.exact.games import brute_force_value, sampling_first_value, weak_game_value
from explore_theory.exact.objective import (
    coverage,
    gap,
    kl,
    log_coverage,
    objective,
    optimal_objective,
    optimal_policy,
    soft_value,
)

__all__ = [
    "brute_force_value",
    "coverage",
    "gap",
    "kl",
    "log_coverage",
    "objective",
    "optimal_objective",
    "optimal_policy",
    "sampling_first_value",
    "soft_value",
    "weak_game_value",
]

"""Learners side by side on language models: what they pay as responses grow, and how near they come."""

from explore_theory.studies.causal import CausalShares, tiny_model
from explore_theory.studies.families import Family, NGramShares
from explore_theory.studies.growth import Outcome, Point, Study, studied
from explore_theory.studies.responses import by_reward, least_log_draws

__all__ = [
    "CausalShares",
    "Family",
    "NGramShares",
    "Outcome",
    "Point",
    "Study",
    "by_reward",
    "least_log_draws",
    "studied",
    "tiny_model",
]

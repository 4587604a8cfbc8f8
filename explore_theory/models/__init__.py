"""Language models that serve the oracles: fitted here with exact probabilities, or from a folder with one."""

from explore_theory.models import tiny
from explore_theory.models.causal import CausalModel, Decoding, Job, PrefixTree, Response
from explore_theory.models.ngram import NGram
from explore_theory.models.shares import share_rewards
from explore_theory.models.tasks import feature_rewards, pattern_rewards
from explore_theory.models.text import characters, standard_text

__all__ = [
    "CausalModel",
    "Decoding",
    "Job",
    "NGram",
    "PrefixTree",
    "Response",
    "characters",
    "feature_rewards",
    "pattern_rewards",
    "share_rewards",
    "standard_text",
    "tiny",
]

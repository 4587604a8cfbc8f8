"""Language models that serve the oracles: fitted here, with exact probabilities."""

from explore_theory.models.ngram import NGram
from explore_theory.models.shares import share_rewards
from explore_theory.models.tasks import feature_rewards, pattern_rewards
from explore_theory.models.text import characters, standard_text

__all__ = ["NGram", "characters", "feature_rewards", "pattern_rewards", "share_rewards", "standard_text"]

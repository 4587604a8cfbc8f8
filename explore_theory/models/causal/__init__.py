"""Causal language models by `transformers`, as sampling oracles; torch is imported when one is opened."""

from explore_theory.models.causal.decoding import Decoding
from explore_theory.models.causal.model import CausalModel
from explore_theory.models.causal.sampling import Job, Response
from explore_theory.models.causal.tree import PrefixTree

__all__ = ["CausalModel", "Decoding", "Job", "PrefixTree", "Response"]

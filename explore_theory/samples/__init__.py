"""Samples of a language model, as files hold them: read, pooled, and what they say of its coverage."""

from explore_theory.samples.coverage import BINARY, Range
from explore_theory.samples.pool import Pool, pooled
from explore_theory.samples.readers import open_samples, sample_files
from explore_theory.samples.summary import Measured, measured

__all__ = ["BINARY", "Measured", "Pool", "Range", "measured", "open_samples", "pooled", "sample_files"]

"""Statistics: intervals whose error levels are theorems, not asymptotics."""

from explore_theory.statistics.intervals import clopper_pearson, quantile_ranks
from explore_theory.statistics.rates import SlopeInterval, slope_interval

__all__ = ["SlopeInterval", "clopper_pearson", "quantile_ranks", "slope_interval"]

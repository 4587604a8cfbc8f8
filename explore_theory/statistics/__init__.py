"""Statistics: intervals whose error levels are theorems, not asymptotics."""

from explore_theory.statistics.equivalence import (
    Distance,
    counted_sup_distance,
    dkw_margin,
    dkw_size,
    event_distance,
    sup_distance,
    total_variation,
    total_variation_margin,
)
from explore_theory.statistics.intervals import clopper_pearson, quantile_ranks
from explore_theory.statistics.rates import (
    Curvature,
    Rate,
    SlopeInterval,
    curvature,
    rate,
    require_span,
    slope_interval,
)
from explore_theory.statistics.rivals import (
    Rival,
    RivalResult,
    exponential,
    exponential_in,
    judge_rivals,
    polynomial,
    power,
    proportional,
    rival_of,
)
from explore_theory.statistics.sequences import bernoulli_sequence, bounded_mean_sequence, trials_to_decide
from explore_theory.statistics.thresholds import Probe, Threshold, geometric_budgets, smallest_budget

__all__ = [
    "Curvature",
    "Distance",
    "Probe",
    "Rate",
    "Rival",
    "RivalResult",
    "SlopeInterval",
    "Threshold",
    "bernoulli_sequence",
    "bounded_mean_sequence",
    "clopper_pearson",
    "counted_sup_distance",
    "curvature",
    "dkw_margin",
    "dkw_size",
    "event_distance",
    "exponential",
    "exponential_in",
    "geometric_budgets",
    "judge_rivals",
    "polynomial",
    "power",
    "proportional",
    "quantile_ranks",
    "rate",
    "require_span",
    "rival_of",
    "slope_interval",
    "smallest_budget",
    "sup_distance",
    "total_variation",
    "total_variation_margin",
    "trials_to_decide",
]

"""How a cost grows with a size: the exponent of a power law, with an interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import floats

#: With fewer sizes a bend could not be told from noise.
FEWEST = 3


@dataclass(frozen=True, kw_only=True)
class PowerLaw:
    """``cost = constant size^exponent``.

    Parameters
    ----------
    exponent
        Over all sizes, between `low` and `high` at 95 per cent.
    last
        Between the two largest sizes alone: where a cost that does not grow hides one that does, the exponent
        over all sizes is too small, and this one is nearer.
    """

    exponent: float
    low: float
    high: float
    last: float
    constant: float


def power_law(sizes: Sequence[float], costs: Sequence[float]) -> PowerLaw:
    """Least squares of ``log cost`` in ``log size``.

    The interval is Student's for a slope, with ``K - 2`` degrees of freedom for `K` sizes. What departs from
    the line is noise and curvature alike, so a cost that is no power law has a wide interval.

    Parameters
    ----------
    sizes, costs
        `[K]`, positive; at least `FEWEST` different sizes.

    Raises
    ------
    InvalidProblem
        If there are too few sizes, or a number is not positive and finite.
    """
    size, cost = floats("sizes", sizes, (None,)), floats("costs", costs, (len(sizes),))
    if np.unique(size).size < FEWEST:
        raise InvalidProblem(f"sizes must be at least {FEWEST} different ones, got sizes={list(sizes)!r}")
    for name, values in (("sizes", size), ("costs", cost)):
        if not (values > 0).all():
            raise InvalidProblem(f"{name} must be positive, got {name}={values.tolist()!r}")
    from scipy.stats import t

    x, y = np.log(size), np.log(cost)
    x0, y0 = x.mean(), y.mean()
    spread = float(((x - x0) ** 2).sum())
    exponent = float(((x - x0) * (y - y0)).sum() / spread)
    rest = y - y0 - exponent * (x - x0)
    freedom = size.size - 2
    half = float(t.ppf(0.975, freedom) * math.sqrt(float((rest**2).sum()) / freedom / spread))
    order = np.argsort(x)
    first, second = order[np.searchsorted(x[order], x.max()) - 1], order[-1]
    return PowerLaw(
        exponent=exponent,
        low=exponent - half,
        high=exponent + half,
        last=float((y[second] - y[first]) / (x[second] - x[first])),
        constant=math.exp(y0 - exponent * x0),
    )

"""Numbers in few digits that do not say more than is so."""

import math


def ratio(value: float | None) -> str:
    """A ratio of bound to measured: ``1.386``, ``1+2e-12`` or ``1-2e-12`` where 1.000 would say they meet."""
    if value is None:
        return "-"
    excess = value - 1
    if excess and abs(excess) < 5e-4:
        return f"1{excess:+.0e}"
    if value == math.inf:
        return ">1e308"
    # What is far beyond its bound is not beyond it by an infinite factor.
    return f"{value:.3f}" if 0.01 <= value < 100 or not value else f"{value:.3g}"


def six_digits(value: float) -> str:
    """Six digits, or all that it takes where those would be a whole number that it is not."""
    said = f"{value:.6g}"
    return said if not math.isfinite(value) or value % 1 == 0 or float(said) % 1 else repr(value)

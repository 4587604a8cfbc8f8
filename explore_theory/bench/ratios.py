"""Figures held against each other: ratios of pairs of runs."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """Head over base: the median of the ratios of pairs of runs taken in turn, and their least and most."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.median:.3f} ({self.least:.3f}..{self.most:.3f})"


def ratio(head: Sequence[float], base: Sequence[float]) -> Ratio:
    """The ratios of runs in pairs; a pair shares what the machine did at the time.

    Raises
    ------
    ValueError
        If there are no pairs, or a figure of the base is not positive.
    """
    if len(head) != len(base) or not head:
        raise ValueError(f"runs must come in pairs, got {len(head)} of the head and {len(base)} of the base")
    if any(not value > 0 for value in base if not math.isnan(value)):
        raise ValueError(f"figures of the base must be positive, got base={list(base)!r}")
    pairs = [mine / theirs for mine, theirs in zip(head, base, strict=True)]
    return Ratio(median=statistics.median(pairs), least=min(pairs), most=max(pairs))

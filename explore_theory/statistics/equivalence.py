"""How far two laws are apart at most: distances with a margin, never "not significantly different".

A test that does not reject says nothing; an interval for the distance of two laws says how much they may
still differ. On the line, or under any total order, the distance is the largest difference of distribution
functions. For joint laws without an order it is the total variation over cells that were fixed beforehand.

Letters: `n`, `m` draws; `k` cells.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import floats, positive, probabilities, real_array, whole
from explore_theory.statistics.arguments import Floats, error_level

#: A distribution function may fall by this much in floating point.
ROUNDING = 1e-9
Cdf = Callable[[Floats], npt.ArrayLike]


@dataclass(frozen=True, kw_only=True)
class Distance:
    """The true distance differs from the `observed` one by `margin` at most, at the level that was asked."""

    observed: float
    margin: float

    @property
    def lo(self) -> float:
        """The least distance that is possible."""
        return max(self.observed - self.margin, 0.0)

    @property
    def hi(self) -> float:
        """The largest distance that is possible."""
        return min(self.observed + self.margin, 1.0)

    def describe(self) -> str:
        """``distance in [0, .012] (observed .005, margin .007)``."""
        return (
            f"distance in [{self.lo:.4g}, {self.hi:.4g}] "
            f"(observed {self.observed:.4g}, margin {self.margin:.4g})"
        )


def dkw_margin(n: int, alpha: float) -> float:
    """``sqrt(log(2/alpha) / (2 n))``: how far an empirical distribution function is from the truth at most.

    ``P(sup |F_n - F| > e) <= 2 exp(-2 n e^2)`` for every law, discrete or not (Dvoretzky, Kiefer and
    Wolfowitz, 1956; the constant is from Massart, *The tight constant in the Dvoretzky-Kiefer-Wolfowitz
    inequality*, 1990).

    Parameters
    ----------
    n
        Independent draws, at least 1.
    alpha
        Error level in (0, 1).
    """
    return math.sqrt(math.log(2 / error_level(alpha)) / (2 * whole("n", n, least=1)))


def dkw_size(margin: float, alpha: float) -> int:
    """The fewest draws whose `dkw_margin` is at most `margin`, in (0, 1]."""
    wanted = positive("margin", margin, below=1.0)
    return math.ceil(math.log(2 / error_level(alpha)) / (2 * wanted**2))


def sup_distance(sample: npt.ArrayLike, other: npt.ArrayLike | Cdf, alpha: float) -> Distance:
    """The largest difference of the distribution functions of two laws, at error level `alpha`.

    By the triangle inequality the distance of the laws differs from that of the empirical functions by the
    DKW margin of one sample, or, if the other law is a sample too, of both at ``alpha/2`` each. A joint law
    is compared by numbering its outcomes, in an order fixed beforehand.

    Parameters
    ----------
    sample
        `[n]` independent draws, finite, in any order.
    other
        `[m]` draws of the other law, or its distribution function: called once with an array `[2 n]`, it
        gives ``P(X <= x)`` for each, jumps included.
    alpha
        Error level in (0, 1).

    Raises
    ------
    InvalidProblem
        If an argument is out of range, or the distribution function is not one.
    """
    alpha = error_level(alpha)
    mine = np.sort(floats("sample", sample, (None,)))
    if callable(other):
        return Distance(observed=_distance_to_law(mine, other), margin=dkw_margin(mine.size, alpha))
    theirs = np.sort(floats("other", other, (None,)))
    places = np.concatenate([mine, theirs])
    steps = [np.searchsorted(draws, places, side="right") / draws.size for draws in (mine, theirs)]
    return Distance(
        observed=float(np.max(np.abs(steps[0] - steps[1]))),
        margin=dkw_margin(mine.size, alpha / 2) + dkw_margin(theirs.size, alpha / 2),
    )


def counted_sup_distance(first: npt.ArrayLike, second: npt.ArrayLike, alpha: float) -> Distance:
    """`sup_distance` of two samples from how often each took each value.

    Parameters
    ----------
    first, second
        `[k]` counts at the same values, which increase.
    alpha
        Error level in (0, 1), half for each sample.
    """
    alpha = error_level(alpha)
    (mine, n), (theirs, m) = _shares("first", first), _shares("second", second)
    if theirs.shape != mine.shape:
        raise InvalidProblem(f"second must have shape {mine.shape}, got second.shape={theirs.shape}")
    return Distance(
        observed=float(np.max(np.abs(np.cumsum(mine) - np.cumsum(theirs)))),
        margin=dkw_margin(n, alpha / 2) + dkw_margin(m, alpha / 2),
    )


def event_distance(first: npt.ArrayLike, n: int, second: npt.ArrayLike, m: int, alpha: float) -> Distance:
    """The largest difference of the probabilities of `k` events, fixed beforehand, under two laws.

    ``P(|X/n - p| > e) <= 2 exp(-2 n e^2)`` for each event and each sample (Hoeffding, 1963), at
    ``alpha/(2k)`` each. The events may overlap: a family of sets of joint outcomes, for example.

    Parameters
    ----------
    first, second
        `[k]`, how often each event happened in `n` draws from the one law, and in `m` from the other.
    alpha
        Error level in (0, 1), of all events and both samples together.

    Raises
    ------
    InvalidProblem
        If an argument is out of range.
    """
    alpha = error_level(alpha)
    sizes = whole("n", n, least=1), whole("m", m, least=1)
    found = []
    for name, values, size in (("first", first, sizes[0]), ("second", second, sizes[1])):
        array = floats(name, values, (None,))
        if np.any((array < 0) | (array > size) | (array != np.floor(array))):
            raise InvalidProblem(f"{name} must hold counts of {size} draws, got {name}={array.tolist()!r}")
        found.append(array / size)
    if found[0].shape != found[1].shape:
        raise InvalidProblem(f"second must have shape {found[0].shape}, got second.shape={found[1].shape}")
    margins = (dkw_margin(size, alpha / (2 * found[0].size)) for size in sizes)
    return Distance(observed=float(np.max(np.abs(found[0] - found[1]))), margin=sum(margins))


def total_variation_margin(n: int, cells: int, alpha: float) -> float:
    """How far the observed frequencies of `cells` are from their law at most, in total variation.

    The lesser of two bounds, both of which depend on nothing observed, with ``L = log(1/alpha)``:

    * ``sqrt((log(2^k - 2) + L) / (2 n))`` (Weissman, Ordentlich, Seroussi, Verdu and Weinberger,
      *Inequalities for the L1 deviation of the empirical distribution*, 2003, theorem 2.1; Bretagnolle, Huber
      and Carol): the union of Hoeffding's bounds over all sets of cells but the empty and the full one.
    * ``sqrt((k - 1) / (4 n)) + sqrt(L / (2 n))``: the expectation is at most
      ``1/2 sum_i sqrt(p_i (1 - p_i) / n) <= 1/2 sqrt((k - 1)/n)`` (Cauchy-Schwarz), and one draw moves the
      distance by at most ``1/n`` (McDiarmid, 1989). Less for many cells.

    Parameters
    ----------
    n
        Independent draws, at least 1.
    cells
        `k`, at least 2.
    alpha
        Error level in (0, 1).
    """
    n, k = whole("n", n, least=1), whole("cells", cells, least=2)
    log_level = -math.log(error_level(alpha))
    log_sets = k * math.log(2) + math.log1p(-(2.0 ** (1 - k)))
    by_sets = math.sqrt((log_sets + log_level) / (2 * n))
    by_expectation = math.sqrt((k - 1) / (4 * n)) + math.sqrt(log_level / (2 * n))
    return min(by_sets, by_expectation)


def total_variation(
    observed: npt.ArrayLike,
    alpha: float,
    *,
    law: npt.ArrayLike | None = None,
    other: npt.ArrayLike | None = None,
    cells: int | None = None,
) -> Distance:
    """The total variation distance of two laws on cells fixed beforehand, at error level `alpha`.

    Parameters
    ----------
    observed
        `[k]`, how many draws fell into each cell.
    law, other
        Exactly one: `[k]` probabilities of the other law, or `[k]` counts of its draws; with counts the
        margins of both, at ``alpha/2`` each, add up.
    alpha
        Error level in (0, 1).
    cells
        How many cells there are, if some into which no draw fell are left out (default: `k`).

    Raises
    ------
    InvalidProblem
        If an argument is out of range.
    """
    alpha = error_level(alpha)
    mine, n = _frequencies("observed", observed)
    if (law is None) == (other is None):
        raise InvalidProblem("exactly one of law and other must be given")
    number = mine.size if cells is None else whole("cells", cells, least=mine.size)
    if law is not None:
        theirs, margin = probabilities("law", law, (mine.size,)), total_variation_margin(n, number, alpha)
    else:
        assert other is not None
        theirs, m = _frequencies("other", other)
        if theirs.shape != mine.shape:
            raise InvalidProblem(f"other must have shape {mine.shape}, got other.shape={theirs.shape}")
        margin = sum(total_variation_margin(size, number, alpha / 2) for size in (n, m))
    return Distance(observed=float(np.abs(mine - theirs).sum()) / 2, margin=margin)


def _distance_to_law(draws: Floats, cdf: Cdf) -> float:
    """``sup |F_n - F|`` for sorted `draws`: between two of them `F_n` is constant and `F` does not fall."""
    size = draws.size
    # The double below a point stands for the limit from the left: a jump at the point is left out.
    at = real_array("other", cdf(np.concatenate([np.nextafter(draws, -np.inf), draws])))
    if at.shape != (2 * size,) or not np.all((at >= 0) & (at <= 1)):
        raise InvalidProblem(f"other must give {2 * size} probabilities, got {at!r:.80}")
    # From the left of a draw to the draw, and from one draw to the next.
    along = np.stack([at[:size], at[size:]], axis=-1)
    falls = np.concatenate([along[:, 0] - along[:, 1], along[:-1].ravel() - along[1:].ravel()])
    if np.any(falls > ROUNDING):
        raise InvalidProblem(f"other must be a distribution function, got one that falls by {falls.max():g}")
    before = np.searchsorted(draws, draws, side="left") / size
    after = np.searchsorted(draws, draws, side="right") / size
    return float(max(np.max(np.abs(before - at[:size])), np.max(np.abs(after - at[size:]))))


def _frequencies(name: str, values: npt.ArrayLike) -> tuple[Floats, int]:
    array = floats(name, values, (None,))
    if array.size < 2 or not np.any(array):
        raise InvalidProblem(f"{name} must hold two cells and a draw at least, got {name}={array.tolist()!r}")
    return _shares(name, array)


def _shares(name: str, values: npt.ArrayLike) -> tuple[Floats, int]:
    array = floats(name, values, (None,))
    if np.any((array < 0) | (array != np.floor(array))):
        raise InvalidProblem(f"{name} must hold counts, got {name}={array.tolist()!r}")
    if array.sum() < 1:
        raise InvalidProblem(f"{name} must count one draw at least, got {name}={array.tolist()!r}")
    return array / array.sum(), int(array.sum())

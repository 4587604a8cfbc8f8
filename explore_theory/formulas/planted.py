"""Random formulas, and formulas with a planted assignment: seen at once, or hidden from few literals.

Each term draws `k` distinct variables of `n` uniformly. In a *planted* formula the literals then agree with a
secret assignment in a random pattern:

- ``naive``: all literals agree with probability `share`, else the pattern is uniform. Each literal leans
  towards the secret, and a majority vote over literals recovers it.
- ``hadamard``, ``k = 2^t - 1``: the pattern is a uniform word of the simplex (punctured Hadamard) code,
  ``((-1)^<a,b>)_{b != 0}``, `a` uniform on ``{0,1}^t``. Literals are pairwise independent and uniform; all
  agree with probability ``c = 1/(k+1)``.
- ``parity``: the pattern is uniform among those with an even number of disagreements. Any ``k - 1`` literals
  are independent and uniform; all agree with probability ``c = 2^(1-k)``.

Letters: `m` terms, `k` literals per term, `n` variables.
"""

import itertools
from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.formulas.formula import Formula
from explore_theory.formulas.mixed import require_one_width
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import one_of, whole

Signs = npt.NDArray[np.int8]


def random_formula(*, m: int, k: int, n: int, streams: Streams) -> Formula:
    """Uniform variables and signs; `streams` has one row."""
    variable = _variables(m, k, n, streams)
    sign = _fair(m, k, streams.child("signs"))
    return Formula(variable * sign, n)


def planted_formula(
    planting: str, *, m: int, k: int, n: int, streams: Streams, share: float = 0.5
) -> tuple[Formula, Signs]:
    """A formula and the assignment `[n]` planted in it.

    Parameters
    ----------
    planting
        A name in `PLANTINGS`.
    m, k, n
        Terms, literals per term, variables.
    streams
        One row; names and keys as in `explore_theory.foundation.streams`.
    share
        Of the terms of a ``naive`` planting that are made to be satisfied.
    """
    pattern = PLANTINGS[one_of("planting", planting, PLANTINGS)]
    _check_share(share)
    variable = _variables(m, k, n, streams)
    secret = _fair(1, n, streams.child("secret"))[0]
    agree = pattern(m, k, share, streams.child("pattern"))
    return Formula(variable * secret[variable - 1] * agree, n), secret


def majority_vote(formula: Formula) -> Signs:
    """`[n]`: for each variable the sign of most of its literals (``+1`` if they balance)."""
    require_one_width(formula)
    total = np.zeros(formula.n)
    np.add.at(total, np.abs(formula.literals) - 1, np.sign(formula.literals))
    return np.where(total >= 0, 1, -1).astype(np.int8)


def code_of(planting: str, k: int, share: Fraction = Fraction(1, 2)) -> tuple[Signs, tuple[Fraction, ...]]:
    """The law of the pattern of agreement: its words `[C, k]` and their probabilities."""
    one_of("planting", planting, PLANTINGS)
    _check_share(share)
    every = np.array(list(itertools.product((1, -1), repeat=k)), dtype=np.int8)
    if planting == "naive":
        free = (1 - share) / len(every)
        return every, (share + free, *[free] * (len(every) - 1))
    words = _simplex_code(k) if planting == "hadamard" else every[every.prod(axis=-1) == 1]
    return words, (Fraction(1, len(words)),) * len(words)


def _check_share(share: float | Fraction) -> None:
    if not 0 <= share <= 1:
        raise InvalidProblem(f"share must lie in [0, 1], got share={share!r}")


def _naive(m: int, k: int, share: float, streams: Streams) -> Signs:
    forced = streams.uniform(m)[0] < share
    return np.asarray(np.where(forced[:, None], 1, _fair(m, k, streams.child("free"))), dtype=np.int8)


def _hadamard(m: int, k: int, share: float, streams: Streams) -> Signs:
    word = np.floor(streams.uniform(m)[0] * (k + 1)).astype(np.int64)
    return np.asarray(np.take(_simplex_code(k), word, axis=0), dtype=np.int8)


def _simplex_code(k: int) -> Signs:
    """`[k + 1, k]`: ``((-1)^<a,b>)_{b != 0}`` for every `a`."""
    if (k + 1) & k:
        raise InvalidProblem(f"k must be 2^t - 1 for a hadamard planting, got k={k}")
    overlap = np.arange(k + 1, dtype=np.uint64)[:, None] & np.arange(1, k + 1, dtype=np.uint64)
    return np.where(np.bitwise_count(overlap) % 2 == 0, 1, -1).astype(np.int8)


def _parity(m: int, k: int, share: float, streams: Streams) -> Signs:
    sign = _fair(m, k, streams)
    sign[:, -1] = sign[:, :-1].prod(axis=-1, dtype=np.int8)
    return sign


#: Name of a planting -> pattern `[m, k]` of agreement with the secret.
PLANTINGS: Mapping[str, Callable[[int, int, float, Streams], Signs]] = MappingProxyType(
    {"naive": _naive, "hadamard": _hadamard, "parity": _parity}
)


def _fair(rows: int, columns: int, streams: Streams) -> Signs:
    """Independent fair signs `[rows, columns]`, 32 from a word."""
    words = streams.words(-(-rows * columns // 32))[0]
    bits = np.unpackbits(np.ascontiguousarray(words >> np.uint64(32)).astype("<u4").view(np.uint8))
    return np.where(bits[: rows * columns], 1, -1).astype(np.int8).reshape(rows, columns)


def _variables(m: int, k: int, n: int, streams: Streams) -> npt.NDArray[np.int32]:
    """`[m, k]`: for each term `k` distinct variables from 1 to `n`, by the first `k` steps of a shuffle."""
    whole("m", m, least=1)
    whole("n", n, least=1)
    whole("k", k, least=1)
    if k > n:
        raise InvalidProblem(f"k must be at most n ({n}), got k={k}")
    if len(streams.rows) != 1:
        raise InvalidProblem(f"streams must have one row for a formula, got {len(streams.rows)} rows")
    deck = np.tile(np.arange(1, n + 1, dtype=np.int32), (m, 1))
    rows, source = np.arange(m), streams.child("variables")
    for i in range(k):
        # 52 bits against n below 2^31: off uniform by a relative n / 2^52.
        j = i + np.floor(source.uniform(m)[0] * (n - i)).astype(np.int64)
        deck[rows, i], deck[rows, j] = deck[rows, j], deck[rows, i]
    return deck[:, :k]

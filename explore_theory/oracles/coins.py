"""A learner's own randomness, without the keys that it is made from.

Letters: `R` replicates, `m` draws.
"""

from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from explore_theory.errors import OracleMisuse
from explore_theory.foundation.streams import Streams

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Coins:
    """One stream of coins per replicate, independent of every answer; see `foundation.streams`.

    The path, the rows and the reseed of its streams stay with the oracle: they are those of the noise too.
    """

    __slots__ = ("_streams",)
    #: It advances with every draw; see `harness.isolation.worlds`.
    changes_in_use = True

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    @property
    def R(self) -> int:
        """The number of replicates."""
        return len(self._streams.rows)

    def child(self, name: str) -> "Coins":
        """Coins of the same replicates for another purpose, independent of these."""
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise OracleMisuse(f"name must be a word, got name={name!r}")
        return Coins(self._streams.child(str.__str__(name)))

    def uniform(self, m: int, active: Bools | None = None) -> Floats:
        """`[R, m]` uniforms, never 0 and never 1; rows outside `active` do not advance."""
        return self._streams.uniform(m, active)

    def normal(self, m: int, active: Bools | None = None) -> Floats:
        """`[R, m]` standard Gaussians."""
        return self._streams.normal(m, active)

    def integers(self, n: int | Ints, m: int, active: Bools | None = None) -> Ints:
        """`[R, m]` integers uniform on ``range(n)``, `n` one number or `[R]`."""
        return self._streams.integers(n, m, active)

    def __repr__(self) -> str:
        return f"Coins(R={self.R})"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise OracleMisuse("coins must be used as they are, got a copy or a pickle of them")

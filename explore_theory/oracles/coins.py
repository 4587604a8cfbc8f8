"""A learner's own randomness, without the keys that it is made from.

Letters: `R` replicates, `m` draws.
"""

from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from explore_theory.errors import OracleMisuse
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import whole, whole_array
from explore_theory.oracles.door import plain

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
        return np.asarray(self._tossed("uniform", m, active))

    def normal(self, m: int, active: Bools | None = None) -> Floats:
        """`[R, m]` standard Gaussians."""
        return np.asarray(self._tossed("normal", m, active))

    def integers(self, n: int | Ints, m: int, active: Bools | None = None) -> Ints:
        """`[R, m]` integers uniform on ``range(n)``, `n` one number up to 2^63, or `[R]`."""
        if isinstance(n := plain("n", n), np.ndarray):
            sizes = whole_array("n", n, least=1)
            if sizes.shape != (self.R,):
                raise OracleMisuse(f"n must be a number, or {self.R} numbers, got n.shape={sizes.shape}")
            return np.asarray(self._tossed("integers", m, active, sizes))
        return np.asarray(self._tossed("integers", m, active, whole("n", n, least=1, most=2**63)))

    def _tossed(self, name: str, m: int, active: Bools | None, *first: Any) -> Any:
        """What the streams draw; no error leaves with their frames, which hold the key."""
        m = whole("m", plain("m", m), least=0)
        if active is not None:
            active = np.asarray(plain("active", active))
            if active.dtype != bool or active.shape != (self.R,):
                raise OracleMisuse(f"active must be {self.R} booleans, got active.shape={active.shape}")
        try:
            return getattr(self._streams, name)(*first, m, active)
        except MemoryError:
            failed = m
        raise OracleMisuse(f"m must fit into memory, got m={failed}")

    def __repr__(self) -> str:
        return f"Coins(R={self.R})"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise OracleMisuse("coins must be used as they are, got a copy or a pickle of them")

"""The hidden needle where the base policy knows two responses only: the needle and a blank.

The instance on which Foster, Mhammedi, Rohatgi (COLT 2025, Proceedings of Machine Learning Research 291)
prove their Theorem 2.1. In `needle.HiddenNeedle` a draw that misses eliminates a response; here it is always
the blank and eliminates nothing. Letters as there.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from explore_theory.foundation.streams import Streams
from explore_theory.problems.needle import HiddenNeedle
from explore_theory.problems.protocol import Atoms, Bools, Ints

#: The blank is the first response that is named, after the needle and the rest.
_NEEDLE, _BLANK = 0, 2


@dataclass(frozen=True, kw_only=True, eq=False)
class BlankNeedle(HiddenNeedle):
    """One prompt, the blank response 0, and a secret needle ``y*`` among the ``N - 1`` others.

    ``pi_ref(y*) = 1/C``, ``pi_ref(0) = 1 - 1/C``, and the ``N - 2`` other responses have no mass: they can be
    named, and a policy that gives one any mass has an infinite gap. Everything else is as in `HiddenNeedle`.
    """

    first: ClassVar[int] = 1

    def atoms(self, prompts: Ints, named: Ints | None = None) -> Atoms:
        """The needle, the rest, the blank, then each of the responses `named`, `K = 3 + n`."""
        split = super().atoms(prompts, _after_blank(prompts, named))
        log_mass = np.full(split.log_mass.shape, -np.inf)
        log_mass[..., _NEEDLE] = -np.log(self.coverage)
        log_mass[..., _BLANK] = np.log1p(-1.0 / self.coverage)
        return replace(split, log_mass=log_mass)

    def member(
        self,
        prompts: Ints,
        atom: Ints,
        streams: Streams,
        active: Bools | None = None,
        named: Ints | None = None,
    ) -> Ints:
        """`[R, m]`: the needle, a response uniform on the rest, the blank, then those named."""
        return super().member(prompts, atom, streams, active, _after_blank(prompts, named))


def _after_blank(prompts: Ints, named: Ints | None) -> Ints:
    """The blank, then the responses `named`."""
    if named is None:
        return np.zeros((*prompts.shape, 1), dtype=np.int64)
    return np.concatenate([np.zeros((*named.shape[:-1], 1), dtype=np.int64), named], axis=-1)

"""The cases of a check, and what the runner hands to it for a block of their rows."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.foundation.streams import Streams
from explore_theory.harness.measures.columns import whole_number

TIERS = ("quick", "full")

#: Blocks of one case: each is a row of a store.
MOST_BLOCKS = 1_000_000

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def require_slug(name: str, value: str) -> None:
    """Refuse what is no stable name."""
    if not isinstance(value, str) or not _SLUG.fullmatch(value):
        raise InvalidClaim(f"{name} must be lower-case words joined by '-', got {name}={value!r}")


def require_tuple(name: str, values: Any, kind: type) -> None:
    """Refuse what is no tuple of `kind`, such as a single one without its comma."""
    if not isinstance(values, tuple | list) or not all(isinstance(value, kind) for value in values):
        raise InvalidClaim(f"{name} must be a tuple of {kind.__name__}, got {values!r:.80}")


def _parameter(case: str, name: Any, value: Any) -> int | float | str:
    """`value` as a number or a word, which a store can hold, a page print and a figure draw."""
    plain = value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value
    finite = not isinstance(plain, float) or math.isfinite(plain)
    if not isinstance(name, str) or not isinstance(plain, int | float | str) or not finite:
        raise InvalidClaim(
            f"params of case {case!r} must be finite numbers and words by name, got {name}={value!r:.80}"
        )
    return plain


@brief
@dataclass(frozen=True, kw_only=True)
class Case:
    """One setting of a check: parameters, how many rows to run, in which tiers.

    Parameters
    ----------
    slug
        Stable name within the check; with the claim and check it names the random streams.
    params
        Numbers and words only (they are stored and printed).
    rows
        Replicates or search chains, each with its own stream; a mapping gives the number per tier.
    block
        Rows run together at most; a result does not depend on it.
    tight
        The statement is nearly an equality here, so its bound cannot move by `TIGHT_FACTOR`.
    tiers
        The tiers that include this case.
    """

    slug: str
    params: Mapping[str, int | float | str] = field(default_factory=dict)
    rows: int | Mapping[str, int] = 1
    block: int = 64
    tight: bool = False
    tiers: tuple[str, ...] = TIERS

    def __post_init__(self) -> None:
        require_slug("case slug", self.slug)
        params = {name: _parameter(self.slug, name, value) for name, value in dict(self.params).items()}
        object.__setattr__(self, "params", MappingProxyType(params))
        per_tier = dict(self.rows) if isinstance(self.rows, Mapping) else dict.fromkeys(self.tiers, self.rows)
        if not self.tiers or not set(self.tiers) <= set(TIERS):
            raise InvalidClaim(f"tiers must be some of {', '.join(TIERS)}, got tiers={self.tiers!r}")
        if set(per_tier) != set(self.tiers):
            raise InvalidClaim(f"rows must be given for every tier of {self.tiers}, got rows={per_tier}")
        block = whole_number("block", self.block, least=1)
        counts = {tier: whole_number("rows", number, least=1) for tier, number in per_tier.items()}
        if max(counts.values()) > MOST_BLOCKS * block:
            raise InvalidClaim(f"rows must be at most {MOST_BLOCKS:,} blocks of {block}, got rows={counts}")
        object.__setattr__(self, "block", block)
        object.__setattr__(self, "rows", MappingProxyType(counts))

    def row_count(self, tier: str) -> int:
        """Rows to run at `tier`."""
        assert isinstance(self.rows, Mapping)
        return self.rows[tier]


@brief
@dataclass(frozen=True, kw_only=True)
class Trial:
    """What the runner hands to `instance`: a case, the streams of the rows of this block, and the tier.

    `given` is the problem that a user brought, for a check on instances (see `on_instance`); else None.
    """

    case: Case
    streams: Streams
    tier: str = TIERS[0]
    given: Any = None

    @property
    def rows(self) -> tuple[int, ...]:
        """Identities of the rows of this block."""
        return self.streams.rows

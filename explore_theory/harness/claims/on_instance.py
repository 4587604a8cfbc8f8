"""What a claim says of a problem that a user brings: a check whose world is made of it, with variants."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.harness.claims.cases import require_tuple
from explore_theory.harness.claims.checks import Check

#: Kinds of problems by the words that files and messages use. The harness knows no more of them.
KINDS = ("tabular", "tokens", "formula")


def _applies(_: Any) -> str:
    return ""


@brief
@dataclass(frozen=True, kw_only=True)
class OnInstance:
    """How a claim is held against one given problem.

    Parameters
    ----------
    kinds
        Which of `KINDS` it takes.
    check
        A check whose ``instance(trial)`` makes its world of ``trial.given``, the problem, and draws whatever
        else it needs (policies, say) from ``trial.streams``. It has one case, which names the rows; the file
        is added to it. Its resolution and its errors must suit whatever problem comes: sizes are not known.
    variants
        A `FalseVariant` or more of this check, which an instance may or may not tell from the statement.
    applies
        Why the statement does not apply to a problem, in words with its numbers; empty if it does.
    """

    kinds: tuple[str, ...]
    check: Check
    variants: tuple[Any, ...]
    applies: Callable[[Any], str] = _applies

    def __post_init__(self) -> None:
        if not self.kinds or not set(self.kinds) <= set(KINDS):
            raise InvalidClaim(f"kinds must be some of {', '.join(KINDS)}, got kinds={self.kinds!r:.60}")
        if not isinstance(self.check, Check) or len(self.check.cases) != 1 or self.check.search is not None:
            raise InvalidClaim(
                f"check must be a Check with one case and no search, whose instance takes trial.given, "
                f"got check={self.check!r:.60}"
            )
        slugs = [getattr(variant, "slug", variant) for variant in self.variants]
        if not slugs or {getattr(variant, "check", "") for variant in self.variants} != {self.check.slug}:
            raise InvalidClaim(
                f"variants must be false variants of the check {self.check.slug!r}, at least one, got {slugs}"
            )


def require_on(owner: str, on: Any) -> None:
    """Refuse what is no tuple of `OnInstance` with checks of distinct names.

    Raises
    ------
    InvalidClaim
        That names the claim.
    """
    require_tuple(f"{owner}: on", on, OnInstance)
    slugs = [one.check.slug for one in on]
    if len(set(slugs)) < len(slugs):
        raise InvalidClaim(f"{owner}: on must have checks with distinct slugs, got {slugs}")


def told(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Kind and digest of the problem that a claim's record is held against; None for the claim in general."""
    found = record.get("instance")
    return found if isinstance(found, Mapping) else None

"""False variants of a claim in a short form: which of its arguments they change."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.harness.claims.cases import require_slug


@brief
@dataclass(frozen=True)
class Variant:
    """A false variant of a claim in a short form: `changes` are arguments of that form, by name."""

    slug: str
    why: str
    changes: Mapping[str, Any]

    def __post_init__(self) -> None:
        require_slug("false variant slug", self.slug)
        if not isinstance(self.why, str) or not self.why.strip():
            raise InvalidClaim(f"variant {self.slug!r}: why must say what is wrong in it, got {self.why!r}")
        if not self.changes:
            raise InvalidClaim(
                f"variant {self.slug!r} must change an argument of its claim, such as right=, got none"
            )
        object.__setattr__(self, "changes", MappingProxyType(dict(self.changes)))


def variant(slug: str, why: str, **changes: Any) -> Variant:
    """A statement that is wrong on purpose, for ``false_variants=[..]`` of a short form.

    Parameters
    ----------
    slug, why
        A stable name, and what is wrong in it, in a few words.
    changes
        Arguments of the short form with other values, ``right=half_of_it``; the rest is as in the claim.

    Raises
    ------
    InvalidClaim
        If it changes nothing.
    """
    return Variant(slug, why, changes)


def require_variants(who: str, given: Any, own: Mapping[str, Any], *, example: str) -> Sequence[Variant]:
    """The `given` variants of a claim whose arguments that may change are `own`.

    Raises
    ------
    InvalidClaim
        If there are none, one is of another kind, changes what is not among `own`, or changes nothing.
    """
    how = f"false_variants=[variant('slug', 'what is wrong', {example})]"
    if isinstance(given, Variant):
        given = [given]
    if given is None or (isinstance(given, Collection) and not given):
        raise InvalidClaim(f"{who} must carry a statement that is false and must be refuted: {how}, got none")
    if not isinstance(given, list | tuple) or not all(isinstance(one, Variant) for one in given):
        raise InvalidClaim(f"{who}: false_variants must be made by variant(..): {how}, got {given!r:.60}")
    for one in given:
        if unknown := [name for name in one.changes if name not in own]:
            raise InvalidClaim(
                f"{who}: variant {one.slug!r} must change some of {', '.join(own)}, got {unknown[0]}="
            )
        if all(own[name] is value for name, value in one.changes.items()):
            raise InvalidClaim(
                f"{who}: variant {one.slug!r} must change something, got the claim's own "
                f"{', '.join(one.changes)}"
            )
    return list(given)


def instead(
    own: Mapping[str, Any], changes: Mapping[str, Any], groups: Sequence[Sequence[str]]
) -> dict[str, Any]:
    """`own` with `changes`; what one of `groups` says is taken away where they say it by another name."""
    given = {**own, **changes}
    for names in groups:
        if any(name in changes for name in names):
            given |= {name: None for name in names if name not in changes}
    return given

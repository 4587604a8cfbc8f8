"""The forms in which a paper prints what a claim states, each with the verdict it must get."""

from dataclasses import dataclass

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.harness.claims.cases import require_slug
from explore_theory.harness.claims.checks import PROVED, RANDOM, Check
from explore_theory.harness.claims.numbering import numbered, require_page


@brief
@dataclass(frozen=True, kw_only=True)
class PrintedForm:
    """One form of a statement as a paper prints it, run by the engine beside the claim's own statement.

    A form that is false must be refuted by evidence that leaves no doubt: symbolic, exhaustive or certified,
    with a counter-example as its witness. A form that is true may be searched as well. Chance plays no part.

    Parameters
    ----------
    slug
        Stable name, that of no false variant and of no other form of the claim.
    item, page
        The paper's own number, such as ``"Lemma F.1"``, and the page on which the form stands; None where it
        was read without pages. Of a paper that is not the one whose items need no key, the number is
        ``"chen2025: Lemma F.1"`` (see `Paper`).
    says
        What is printed, in a line of our words.
    holds
        The verdict it must get: HOLDS, or REFUTED. With the other one the claim does not hold.
    check
        The check of this form, of its own; its relation is the claim's unless it says otherwise.
    step
        Whether it is a step of the item's proof, and not what the item states.
    mended
        The form that is right in place of a false one, and whether what rests on it survives; beside a true
        one, how much sharper the claim's own statement is. Empty only where a form holds.
    """

    slug: str
    item: str
    page: int | None
    says: str
    holds: bool
    check: Check
    mended: str = ""
    step: bool = False

    def __post_init__(self) -> None:
        require_slug("printed form slug", self.slug)
        for name in ("item", "says"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise InvalidClaim(
                    f"printed form {self.slug!r}: {name} must say something, got {getattr(self, name)!r}"
                )
        if (number := numbered(self.item)) is None or not number.kind:
            raise InvalidClaim(
                f"printed form {self.slug!r}: item must be a number such as 'Lemma 3', got item={self.item!r}"
            )
        require_page(f"printed form {self.slug!r}: page", self.page)
        if not isinstance(self.check, Check):
            raise InvalidClaim(f"printed form {self.slug!r}: check must be a Check, got {self.check!r:.60}")
        if not isinstance(self.holds, bool):
            raise InvalidClaim(f"printed form {self.slug!r}: holds must be True or False, got {self.holds!r}")
        if self.check.evidence in RANDOM:
            raise InvalidClaim(
                f"printed form {self.slug!r} must not rest on chance, got {self.check.evidence} evidence"
            )
        if not self.holds and self.check.evidence not in PROVED:
            raise InvalidClaim(
                f"printed form {self.slug!r} must be refuted by symbolic, exhaustive or certified evidence, "
                f"got {self.check.evidence}"
            )
        if not isinstance(self.mended, str):
            raise InvalidClaim(
                f"printed form {self.slug!r}: mended must be words, got mended={self.mended!r}"
            )
        if not self.holds and not self.mended.strip():
            raise InvalidClaim(
                f"printed form {self.slug!r} is refuted: mended must say what holds in its place"
            )

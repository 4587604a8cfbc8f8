"""The claim record: a statement, its checks with their cases, and the false variants that give it power.

What a claim is made of is in `checks`; a claim imports all of it from here.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.harness.claims.cases import TIERS, Case, Trial, require_slug, require_tuple
from explore_theory.harness.claims.checks import PROVED, RANDOM, Assumption, Check, Evidence
from explore_theory.harness.claims.figure import Curve, Figure
from explore_theory.harness.claims.on_instance import OnInstance, require_on
from explore_theory.harness.claims.printed import PrintedForm
from explore_theory.harness.claims.proof import Proof, require_proofs
from explore_theory.harness.measures.measurement import Bound, Measurement, Sample
from explore_theory.harness.verdicts.verdict import RELATIONS

__all__ = [
    "PROVED",
    "RANDOM",
    "TIERS",
    "Assumption",
    "Case",
    "Check",
    "Claim",
    "Evidence",
    "FalseVariant",
    "OnInstance",
    "PrintedForm",
    "Proof",
    "Run",
    "Trial",
]

_ID = re.compile(r"[A-Za-z][A-Za-z0-9]*")


@brief
@dataclass(frozen=True, kw_only=True)
class FalseVariant:
    """A statement that is wrong in a stated way, and must be found REFUTED by the same engine.

    Whatever is None is taken from the check of the claim named `check`. Only the listed `cases` run (all if
    empty).
    """

    slug: str
    why: str
    check: str
    instance: Callable[[Trial], Any] | None = None
    measure: Callable[[Any], Measurement | Sample] | None = None
    bound: Callable[[Any], Bound] | None = None
    relation: str | None = None
    cases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_slug("false variant slug", self.slug)
        if not any((self.instance, self.measure, self.bound, self.relation)):
            raise InvalidClaim(f"false variant {self.slug!r} must change something of its check")


@dataclass(frozen=True, kw_only=True)
class Run:
    """A check as it runs: for the claim (`part` is empty), or for a false variant or printed form of it.

    What is false in it, or as it is printed, `must_fail`.
    """

    part: str
    check: Check
    relation: str
    must_fail: bool = False


@brief
@dataclass(frozen=True, kw_only=True)
class Claim:
    """A statement of the theory with everything needed to hold it against measurement.

    Parameters
    ----------
    id, slug, theorem
        ``"F1"``, ``"gap-is-kl"`` and the folder, ``"framework"``.
    title, statement, formula
        A line, the statement in words with its quantifiers, and the formula in LaTeX.
    explicit
        True for statements with every constant written out; False for a rate as published.
    relation
        ``measured relation bound``: ``"<="``, ``">="`` or ``"=="``.
    scope
        What is checked, what is not, and why to believe it, in a sentence or two.
    uses
        Ids of statements whose proofs this one rests on.
    figures
        What the report should draw from the stored cases.
    source
        Where the statement comes from.
    loose
        Why no case is nearly an equality, for a statement that has none; its badge is LOOSE. Empty otherwise.
    printed
        Forms in which a paper prints the statement, each with the verdict it must get.
    on
        How it is held against a problem that a user brings; see `OnInstance`.
    proofs
        Machine-checked proofs of the statement; see `Proof`.
    instance
        Kind and digest of the problem, where it is held against one alone; only the engine makes those.
    sources
        Files that it reads (data, modules imported by computed names): paths, folders or globs, as seen from
        its own folder. Modules that import statements name are found without.
    """

    id: str
    slug: str
    theorem: str
    title: str
    statement: str
    formula: str
    relation: str
    scope: str
    source: str
    checks: tuple[Check, ...]
    false_variants: tuple[FalseVariant, ...]
    explicit: bool = True
    uses: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    loose: str = ""
    printed: tuple[PrintedForm, ...] = ()
    sources: tuple[str, ...] = ()
    on: tuple[OnInstance, ...] = ()
    proofs: tuple[Proof, ...] = ()
    instance: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise InvalidClaim(f"id must be a letter followed by letters and digits, got id={self.id!r}")
        require_slug("slug", self.slug)
        if self.relation not in RELATIONS:
            raise InvalidClaim(f"{self.id}: relation must be one of {RELATIONS}, got {self.relation!r}")
        for name in ("title", "statement", "formula", "scope", "source"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise InvalidClaim(f"{self.id}: {name} must say something, got {getattr(self, name)!r}")
        if not isinstance(self.loose, str):
            raise InvalidClaim(f"{self.id}: loose must say why, got loose={self.loose!r}")
        kinds = {
            "checks": Check,
            "false_variants": FalseVariant,
            "figures": Figure,
            "uses": str,
            "printed": PrintedForm,
        }
        for name, kind in kinds.items():
            require_tuple(f"{self.id}: {name}", getattr(self, name), kind)
        require_on(self.id, self.on)
        for one in self.on:
            require_tuple(f"{self.id}: variants on instances", one.variants, FalseVariant)
        self._require_checks()
        self._require_power()
        require_proofs(self.id, self.proofs, frozenset(variant.slug for variant in self.false_variants))
        for figure in self.figures:
            require_slug(f"{self.id}: figure slug", figure.slug)
            for curve in figure.curves:
                self._require_drawable(figure, curve)

    def _require_drawable(self, figure: Figure, curve: Curve) -> None:
        """Refuse a curve over a parameter that is a word in some case that would be drawn."""
        for case in self.check(curve.check).cases:
            if any(case.params.get(name) != value for name, value in curve.only.items()):
                continue
            for name in (curve.x, curve.y):
                if isinstance(word := case.params.get(name), str):
                    raise InvalidClaim(
                        f"{self.id}: figure {figure.slug!r} must draw numbers, got {name}={word!r} in case "
                        f"{case.slug!r}"
                    )

    def _require_checks(self) -> None:
        slugs = [check.slug for check in self.checks]
        if not slugs or len(set(slugs)) != len(slugs):
            raise InvalidClaim(f"{self.id} must have checks with distinct slugs, got {slugs}")
        if self.loose and any(case.tight for check in self.checks for case in check.cases):
            raise InvalidClaim(f"{self.id}: loose must be empty where a case is tight, got {self.loose!r}")
        for check in self.checks:
            wanted = getattr(check.measure, "relation", None)
            if wanted is not None and wanted != self.relation_of(check):
                raise InvalidClaim(
                    f"{self.id}: check {check.slug!r} must have relation={wanted!r}, by which agreements are "
                    f"held, got {self.relation_of(check)!r}"
                )
        for tier in TIERS:
            if not any(check.cases_at(tier) for check in self.checks):
                raise InvalidClaim(f"{self.id} must have a case in the {tier} tier")

    def _require_power(self) -> None:
        slugs = [variant.slug for variant in self.false_variants]
        if not slugs or len(set(slugs)) != len(slugs):
            raise InvalidClaim(f"{self.id} must carry false variants with distinct slugs, got {slugs}")
        for variant in self.false_variants:
            known = {case.slug for case in self.check(variant.check).cases}
            if missing := set(variant.cases) - known:
                raise InvalidClaim(
                    f"{self.id}: variant {variant.slug!r} names unknown cases {sorted(missing)}"
                )
        names = [*slugs, *(form.slug for form in self.printed)]
        if len(set(names)) != len(names):
            raise InvalidClaim(
                f"{self.id}: printed forms and false variants must have distinct slugs, got {names}"
            )

    def relation_of(self, check: Check) -> str:
        """The relation of one of its checks."""
        return check.relation or self.relation

    def runs(self) -> Iterator[Run]:
        """Everything that is run for it: its checks, its false variants, its printed forms."""
        for check in self.checks:
            yield Run(part="", check=check, relation=self.relation_of(check))
        for variant in self.false_variants:
            changed, relation = self.variant_check(variant)
            yield Run(part=variant.slug, check=changed, relation=relation, must_fail=True)
        for form in self.printed:
            relation = self.relation_of(form.check)
            yield Run(part=form.slug, check=form.check, relation=relation, must_fail=not form.holds)

    def check(self, slug: str) -> Check:
        """The check named `slug`."""
        for check in self.checks:
            if check.slug == slug:
                return check
        raise InvalidClaim(f"{self.id} has no check {slug!r}; it has {[c.slug for c in self.checks]}")

    def variant_check(self, variant: FalseVariant) -> tuple[Check, str]:
        """The check that `variant` runs (the original with its changes) and its relation."""
        original = self.check(variant.check)
        cases = tuple(c for c in original.cases if not variant.cases or c.slug in variant.cases)
        changed = replace(
            original,
            cases=cases,
            instance=variant.instance or original.instance,
            measure=variant.measure or original.measure,
            bound=variant.bound or original.bound,
            search=None if variant.instance else original.search,
        )
        return changed, variant.relation or self.relation_of(original)

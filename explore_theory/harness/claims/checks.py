"""The checks of a claim: kinds of evidence, and what a check asks of a measurement and a bound."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.harness.claims.cases import Case, Trial, require_slug, require_tuple
from explore_theory.harness.claims.constants import Constant
from explore_theory.harness.claims.searched import Searched
from explore_theory.harness.measures.columns import as_float
from explore_theory.harness.measures.measurement import (
    EXACT,
    Bound,
    Mean,
    Measurement,
    Resolution,
    Rungs,
    Sample,
    Tally,
)
from explore_theory.harness.measures.rungs import COARSEST_EXPONENT
from explore_theory.harness.measures.samples import FURTHEST
from explore_theory.harness.verdicts.summary import Reading
from explore_theory.harness.verdicts.verdict import LEAST_SHARE, RELATIONS
from explore_theory.statistics.rivals import Rival


class Evidence(StrEnum):
    """Kinds of evidence, strongest first."""

    FORMAL = "formal"
    SYMBOLIC = "symbolic"
    EXHAUSTIVE = "exhaustive"
    CERTIFIED = "certified"
    ADVERSARIAL = "adversarial"
    STATISTICAL = "statistical"
    RATE = "rate"


#: Kinds that leave no room for a resolution: what they compare is proved.
PROVED = frozenset({Evidence.SYMBOLIC, Evidence.EXHAUSTIVE, Evidence.CERTIFIED})

#: Kinds that chance can turn: their measurements are samples, which the engine encloses.
RANDOM = frozenset({Evidence.STATISTICAL, Evidence.RATE})


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """A hypothesis of the statement, tested on every world: `holds(world)` is a truth value or `[K]` of them.

    Comparisons where it fails say nothing; a case where it fails everywhere is NOT APPLICABLE, by `name`.
    """

    name: str
    holds: Callable[[Any], Any]


def _itself(trial: Trial) -> Trial:
    return trial


@brief
@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of evidence: instances, the measurement from definitions, the bound from the statement.

    ``instance(trial)`` builds the world; ``measure(world)`` uses definitions only; ``bound(world)`` uses the
    statement only. Both see the same world.

    Parameters
    ----------
    rivals
        For a rate: the laws that its data must reject before it is believed.
    relation
        Where it is not the claim's: two certified numbers agree to a stated accuracy (see
        `measurement.agreement`), say, where the claim states an equality.
    resolution
        Left out for proved evidence. Elsewhere a comparison says nothing where its allowance is more than a
        fiftieth of its bound; for samples see `coarse`.
    coarse
        Why the resolution is wider than the engine allows (.02 for probabilities and distances, a fiftieth of
        the range for means, .05 for exponents, a fiftieth of the bound for a search); its badge is COARSE.
        Empty otherwise. Beyond a quarter (of the range for means) no reason helps a sample or a rate.
    independent
        Why a row of a `Tally` or a `Mean` holds several independent runs. Empty where a row is one run: what
        is counted once for each prompt or step of one run does not make it several.
    share
        The part of the comparisons of a case that must say something (no assumption fails, no side is
        infinite, the resolution is fine enough) before the case HOLDS.
    infinite_means_equal
        An infinity on both sides is an equality that the statement makes, and no overflow.
    problem
        ``problem(world, k)`` is the problem that comparison `k` is about, with a method `save`; it is written
        beside a counter-example.
    search
        Where its instances come from, in place of `instance`, for adversarial evidence: the world is a tuple
        of them, and comparison `k` is about instance `k`. A violation is made as simple as it can be (see
        `explore_theory.strategies`).
    constant
        The constant that the check locates, for one made by `best_constant`.
    """

    slug: str
    evidence: Evidence
    cases: tuple[Case, ...]
    measure: Callable[[Any], Measurement | Sample]
    bound: Callable[[Any], Bound]
    instance: Callable[[Trial], Any] = _itself
    resolution: Resolution = EXACT
    assumptions: tuple[Assumption, ...] = ()
    rivals: tuple[Rival, ...] = ()
    coarse: str = ""
    relation: str | None = None
    independent: str = ""
    share: float = LEAST_SHARE
    infinite_means_equal: bool = False
    problem: Callable[[Any, int], Any] | None = None
    search: Searched | None = None
    constant: Constant | None = None

    def __post_init__(self) -> None:
        require_slug("check slug", self.slug)
        if self.search is not None:
            self._require_search(self.search)
            if self.instance not in (_itself, self.search.draw):
                raise InvalidClaim(
                    f"check {self.slug!r} must have an instance or a search, got both: a search draws its own"
                )
            object.__setattr__(self, "instance", self.search.draw)
        self._require_kinds()
        self._require_reading()
        slugs = [case.slug for case in self.cases]
        if not slugs or len(set(slugs)) != len(slugs):
            raise InvalidClaim(f"check {self.slug!r} must have cases with distinct slugs, got {slugs}")
        rate = self.evidence is Evidence.RATE
        names = [rival.name for rival in self.rivals]
        if rate != bool(names) or len(set(names)) != len(names):
            need = "name rivals, each once" if rate else "leave rivals to rates"
            raise InvalidClaim(f"check {self.slug!r} must {need}, got rivals={names}")
        if any(not rival.record for rival in self.rivals):
            raise InvalidClaim(
                f"check {self.slug!r} must name rivals that a store can hold (see statistics.rivals), "
                f"got rivals={names}"
            )
        if rate:
            self._require_fine("an exponent", self.resolution.absolute, COARSEST_EXPONENT, FURTHEST)

    def _require_fine(self, what: str, allowed: float, coarsest: float, furthest: float) -> None:
        """Refuse a resolution `allowed` that is too coarse without a reason, or for any reason."""
        most, excuse = (furthest, "") if self.coarse else (coarsest, " unless coarse says why")
        # A relative resolution rounds.
        if allowed > most * (1 + 1e-12):
            raise InvalidClaim(
                f"check {self.slug!r}: the resolution of {what} must be at most {most:g}{excuse}, "
                f"got resolution={allowed:g}"
            )

    def _require_search(self, search: Any) -> None:
        """Refuse what cannot search, or what it finds as evidence of another kind."""
        parts = ("draw", "smallest", "encode", "decode")
        if isinstance(search, type) or not all(callable(getattr(search, part, None)) for part in parts):
            raise InvalidClaim(
                f"check {self.slug!r}: search must be a Search of strategies, got {search!r:.60}"
            )
        if self.evidence is not Evidence.ADVERSARIAL:
            raise InvalidClaim(
                f"check {self.slug!r}: a search that finds no violation must be adversarial evidence, "
                f"got evidence={str(self.evidence)!r}"
            )

    def _require_kinds(self) -> None:
        """Refuse fields of another kind, such as one case for a tuple of cases, by their names."""
        if not isinstance(self.evidence, Evidence):
            raise InvalidClaim(f"check {self.slug!r}: evidence must be an Evidence, got {self.evidence!r}")
        if self.evidence is Evidence.FORMAL:
            raise InvalidClaim(
                f"check {self.slug!r}: formal evidence must be a Proof in the claim's proofs, got a Check"
            )
        if not isinstance(self.resolution, Resolution):
            raise InvalidClaim(
                f"check {self.slug!r}: resolution must be a Resolution(absolute=, relative=), "
                f"got {self.resolution!r}"
            )
        require_tuple(f"check {self.slug!r}: cases", self.cases, Case)
        require_tuple(f"check {self.slug!r}: assumptions", self.assumptions, Assumption)
        if not isinstance(self.constant, Constant | None):
            raise InvalidClaim(f"check {self.slug!r}: constant must be a Constant, got {self.constant!r:.60}")
        for name in ("coarse", "independent"):
            if not isinstance(getattr(self, name), str):
                raise InvalidClaim(f"check {self.slug!r}: {name} must say why, got {getattr(self, name)!r}")
        names = [assumption.name for assumption in self.assumptions]
        if len(set(names)) < len(names):
            raise InvalidClaim(f"check {self.slug!r} must have assumptions of distinct names, got {names}")

    def _require_reading(self) -> None:
        """Refuse a resolution, a relation or a share that verdicts could not be believed with."""
        if self.evidence in PROVED and self.resolution:
            raise InvalidClaim(
                f"check {self.slug!r}: {self.evidence} evidence is proved and must have no resolution, got "
                f"resolution={self.resolution}; enclose both sides, or bound their distance by an accuracy"
            )
        if self.relation is not None and self.relation not in RELATIONS:
            raise InvalidClaim(
                f"check {self.slug!r}: relation must be one of {RELATIONS}, got relation={self.relation!r}"
            )
        if not isinstance(self.share, int | float) or not 0 < self.share <= 1:
            raise InvalidClaim(f"check {self.slug!r}: share must lie in (0, 1], got share={self.share!r}")

    @property
    def reading(self) -> Reading:
        """How its comparisons are read."""
        return Reading(
            resolution=self.resolution,
            infinite_means_equal=self.infinite_means_equal,
            coarse=bool(self.coarse),
        )

    def require_one_each(self, found: Measurement | Sample, world: Any) -> None:
        """Refuse a search whose comparisons are not one per instance of its `world`.

        Raises
        ------
        InvalidClaim
            If they are not: a counter-example could not be told from the others.
        """
        if self.search is not None and isinstance(found, Measurement) and found.size != len(world):
            raise InvalidClaim(
                f"check {self.slug!r}: a search must measure each instance once, got {found.size} numbers "
                f"for {len(world)} instances"
            )

    def cases_at(self, tier: str) -> tuple[Case, ...]:
        """The cases that `tier` runs."""
        return tuple(case for case in self.cases if tier in case.tiers)

    def require_measured(self, found: Measurement | Sample, bound: Bound, rows: int) -> None:
        """Refuse what this kind of evidence does not measure in `rows` rows, or too coarse a resolution.

        Raises
        ------
        InvalidClaim
            If evidence that chance can turn is not a sample, other evidence is one, a rate is not of `Rungs`,
            a sample's resolution is wider than its kind allows and `coarse` does not say why, or a row gives
            several runs and `independent` does not say why.
        InvalidProblem
            If a rival law is not known at the rungs.
        """
        if not isinstance(found, Measurement | Sample):
            raise InvalidClaim(
                f"check {self.slug!r}: measure must return a Measurement or a sample, got {found!r:.60}"
            )
        if not isinstance(bound, Bound):
            raise InvalidClaim(f"check {self.slug!r}: bound must return a Bound, got {bound!r:.60}")
        kind = {
            Evidence.STATISTICAL: "a Tally, Mean, TwoSamples, OneSample or Largest",
            Evidence.RATE: "Rungs",
        }
        is_rate, is_sample = isinstance(found, Rungs), isinstance(found, Sample)
        if is_sample != (self.evidence in RANDOM) or is_rate != (self.evidence is Evidence.RATE):
            raise InvalidClaim(
                f"{self.evidence} evidence must measure {kind.get(self.evidence, 'a Measurement')}, "
                f"got {type(found).__name__}"
            )
        if isinstance(found, Rungs):
            found.require_judged(self.rivals)
        if isinstance(found, Tally | Mean) and found.runs > rows and not self.independent:
            raise InvalidClaim(
                f"check {self.slug!r}: a row must be one run, or independent must say why it holds several "
                f"that do not depend on each other, got {found.runs:,} runs in {rows:,} rows"
            )
        if isinstance(found, Sample):
            allowed = max(as_float(self.resolution.at(end)) for end in (bound.lo[0], bound.hi[0]))
            self._require_fine(found.tells, allowed, found.coarsest, found.furthest)

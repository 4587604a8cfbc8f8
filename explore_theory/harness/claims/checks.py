"""The checks of a claim: kinds of evidence, cases, and what a check asks of a measurement and a bound."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.constants import Constant
from explore_theory.harness.claims.searched import Searched
from explore_theory.harness.measures.columns import as_float, whole_number
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

TIERS = ("quick", "full")

#: Blocks of one case: each is a row of a store.
MOST_BLOCKS = 1_000_000

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Evidence(StrEnum):
    """Kinds of evidence, strongest first."""

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
    """What the runner hands to `instance`: a case, and the streams of the rows of this block."""

    case: Case
    streams: Streams

    @property
    def rows(self) -> tuple[int, ...]:
        """Identities of the rows of this block."""
        return self.streams.rows


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
        Where its instances come from, in place of `instance`: the world is a tuple of them, and comparison `k`
        is about instance `k`. A violation is made as simple as it can be (see `explore_theory.strategies`).
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

    def _require_kinds(self) -> None:
        """Refuse fields of another kind, such as one case for a tuple of cases, by their names."""
        if not isinstance(self.evidence, Evidence):
            raise InvalidClaim(f"check {self.slug!r}: evidence must be an Evidence, got {self.evidence!r}")
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

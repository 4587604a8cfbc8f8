"""Short forms for statements about two functions of an instance: `inequality` and `equality`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Unpack

from explore_theory.claims.instances import Climbed, Drawn
from explore_theory.claims.sides import Sides
from explore_theory.claims.variants import Variant, instead, require_variants
from explore_theory.claims.words import (
    Cases,
    Rows,
    Words,
    made,
    made_cases,
    named,
    one_of,
    require_cases,
    require_extreme,
    require_function,
)
from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.checks import Check, Evidence
from explore_theory.harness.claims.claim import Claim, FalseVariant
from explore_theory.harness.measures.measurement import Resolution
from explore_theory.strategies.search import Search

#: Instances that climb, and that are only drawn.
ROWS = {"quick": 32, "full": 512}
DRAWN = {"quick": 512, "full": 16384}
EFFORT = {"quick": 30, "full": 200}
#: What double precision does to a short computation.
ROUNDING = 1e-12
_COARSEST = 1e-6
#: Both sides may be off, and each is widened at both ends.
_ENDS = 4
_BLOCK = 64


def inequality(
    *,
    left: Callable[[Any], Any] | None = None,
    right: Callable[[Any], Any] | None = None,
    relation: str = "<=",
    search: Any = None,
    draw: Callable[..., Any] | None = None,
    cases: Cases | None = None,
    assumptions: Mapping[str, Callable[[Any], Any]] | None = None,
    rounding: float = ROUNDING,
    rows: Rows | None = None,
    effort: Rows | None = None,
    tight: Any = None,
    loose: str = "",
    false_variants: Any = None,
    **words: Unpack[Words],
) -> Claim:
    """``left(instance) <= right(instance)`` for all instances: searched for a violation, or drawn.

    Parameters
    ----------
    left, right
        Functions of one instance, each giving one number (or an array of one entry): what is measured, from
        definitions, and what the statement allows. They leave the instance as it is.
    relation
        ``"<="``, or ``">="``.
    search
        A Hypothesis strategy, or a function ``search(**params)`` of a case's parameters that gives one. Each
        instance then climbs towards a violation by the ratio of both sides, and a violation is made simple.
    draw
        In place of `search`: ``draw(generator, **params)`` gives an instance, all of whose randomness comes
        from the NumPy generator. Instances are taken as they come.
    cases
        Parameters by case, ``{"n-8": {"n": 8}}``; one case, ``"all"``, if left out.
    assumptions
        ``{"beta is at most one": lambda instance: ..}``: instances where one fails say nothing.
    rounding
        What floating point may do to either side: relative for numbers above one, absolute below. At most
        1e-6; it says nothing of numbers so small that it matters, and spares fractions and balls.
    rows, effort
        Instances, and steps of each climb: a number, or one per tier.
    tight, loose
        True, or the cases where it is nearly an equality; or why there is none.
    false_variants
        At least one ``variant(slug, why, right=..)``; each changes `left`, `right`, `relation`, `search` or
        `draw`.
    words
        `id`, `statement` and `source`; `slug`, `title`, `formula`, `scope`, `theorem`, `uses`, `figures`,
        `printed`, `sources`, `proofs` and `explicit` where they should not be made of these. See `Claim`.

    Raises
    ------
    InvalidClaim
        If something is missing, or is not what it must be: one line that says how to give it.
    """
    if relation == "==":
        who = named("inequality", words, {})
        raise InvalidClaim(f"{who}: relation must be '<=' or '>=', got '=='; use equality(..)")
    form = _Form(
        name="inequality",
        left=left,
        right=right,
        relation=relation,
        search=search,
        draw=draw,
        cases=cases,
        assumptions=assumptions,
        rounding=rounding,
        rows=rows,
        effort=effort,
    )
    return form.claim(words, tight, loose, false_variants)


def equality(
    *,
    left: Callable[[Any], Any] | None = None,
    right: Callable[[Any], Any] | None = None,
    search: Any = None,
    draw: Callable[..., Any] | None = None,
    cases: Cases | None = None,
    assumptions: Mapping[str, Callable[[Any], Any]] | None = None,
    rounding: float = ROUNDING,
    rows: Rows | None = None,
    effort: Rows | None = None,
    tight: Any = None,
    loose: str = "",
    false_variants: Any = None,
    **words: Unpack[Words],
) -> Claim:
    """``left(instance) == right(instance)`` for all instances, to within `rounding`; see `inequality`."""
    form = _Form(
        name="equality",
        left=left,
        right=right,
        relation="==",
        search=search,
        draw=draw,
        cases=cases,
        assumptions=assumptions,
        rounding=rounding,
        rows=rows,
        effort=effort,
    )
    return form.claim(words, tight, loose, false_variants)


@dataclass(frozen=True, kw_only=True)
class _Form:
    """The arguments of a short form."""

    name: str
    left: Any
    right: Any
    relation: str
    search: Any
    draw: Any
    cases: Any
    assumptions: Any
    rounding: float
    rows: Rows | None
    effort: Rows | None

    def claim(self, words: Words, tight: Any, loose: str, false_variants: Any) -> Claim:
        """The claim."""
        own = {"left": self.left, "right": self.right, "relation": self.relation}
        own |= {"search": self.search, "draw": self.draw}
        others = [*own, "cases", "assumptions", "rounding", "rows", "effort", "tight", "loose"]
        who = named(self.name, words, dict.fromkeys([*others, "false_variants"]))
        cases = require_cases(who, self.cases)
        found = self._read(who, own, cases)
        variants = require_variants(who, false_variants, own, example="right=..")
        extreme, why = require_extreme(who, tight, loose, list(cases))
        searched = isinstance(found.source, Climbed)
        rows = (ROWS if searched else DRAWN) if self.rows is None else self.rows
        check = Check(
            slug="search" if searched else "draws",
            evidence=Evidence.ADVERSARIAL,
            cases=made_cases(cases, rows=rows, block=_BLOCK, tight=extreme),
            measure=found.sides.measure,
            bound=found.sides.bound,
            assumptions=found.sides.hypotheses(),
            resolution=self._resolution(),
            **({"search": found.source} if searched else {"instance": found.source.draw}),
        )
        climbs = searched and any(found.source.effort.values())
        how = "driven towards a violation" if climbs else "as they are drawn"
        return made(
            words,
            relation=self.relation,
            scope=f"Random instances, {how}: nothing is proved.",
            check=check,
            false_variants=[self._variant(who, check.slug, one, own, cases) for one in variants],
            loose=why,
        )

    def _variant(
        self, who: str, check: str, one: Variant, own: Mapping[str, Any], cases: Cases
    ) -> FalseVariant:
        given = instead(own, one.changes, [("search", "draw")])
        read = self._read(f"{who}, variant {one.slug!r}", given, cases, must_hold=False)
        changes = one.changes
        return FalseVariant(
            slug=one.slug,
            why=one.why,
            check=check,
            instance=read.source.draw if {"search", "draw"} & changes.keys() else None,
            measure=read.sides.measure if "left" in changes else None,
            bound=read.sides.bound if "right" in changes else None,
            relation=changes.get("relation"),
        )

    def _read(self, who: str, given: Mapping[str, Any], cases: Cases, must_hold: bool = True) -> "_Read":
        """Sides and source of instances from the arguments `given`."""
        for side, what in (("left", "what is measured"), ("right", "what the statement allows")):
            if given[side] is None:
                raise InvalidClaim(
                    f"{who} must be given {side}=, a function of one instance: {what}; got none"
                )
            require_function(who, side, given[side], "instance")
        if given["left"] is given["right"]:
            raise InvalidClaim(f"{who}: left and right must be two functions, got the same one")
        if given["relation"] not in ("<=", ">=", "=="):
            raise InvalidClaim(f"{who}: relation must be '<=' or '>=', got relation={given['relation']!r}")
        self._require_rounding(who)
        sides = Sides(
            who=who,
            left=given["left"],
            right=given["right"],
            relation=given["relation"],
            rounding=float(self.rounding),
            assumptions=self._assumptions(who),
        )
        how = "search=, a Hypothesis strategy, or draw=, a function draw(generator) that gives an instance"
        kind, _ = one_of(who, {"search": given["search"], "draw": given["draw"]}, how)
        source = self._searched(who, given["search"], sides, cases, must_hold) if kind == "search" else None
        if source is None:
            require_function(who, "draw", given["draw"], "generator", cases=cases)
        return _Read(
            sides=sides,
            search=given["search"],
            draw=given["draw"],
            source=source or Drawn(who=who, function=given["draw"], sides=sides, must_hold=must_hold),
        )

    def _searched(self, who: str, given: Any, sides: Sides, cases: Cases, must_hold: bool) -> "Climbed":
        if not hasattr(given, "example"):
            require_function(who, "search", given, cases=cases)
            function = given

            def given(params: Mapping[str, Any]) -> Any:
                return function(**params)

        effort: Any = EFFORT if self.effort is None else self.effort
        climbs = any(effort.values()) if isinstance(effort, Mapping) else bool(effort)
        plain = Search(given)
        climbing = Search(given, score=sides.score, effort=effort) if climbs else plain
        return Climbed(search=climbing, plain=plain, sides=sides, must_hold=must_hold)

    def _require_rounding(self, who: str) -> None:
        number = isinstance(self.rounding, int | float) and not isinstance(self.rounding, bool)
        if not number or not 0 < self.rounding <= _COARSEST:
            raise InvalidClaim(
                f"{who}: rounding must lie in (0, {_COARSEST:g}], what floating point does to a number of "
                f"order one, got rounding={self.rounding!r}; write a Check for what is known less well"
            )

    def _resolution(self) -> Resolution:
        return Resolution(absolute=_ENDS * self.rounding, relative=_ENDS * self.rounding)

    def _assumptions(self, who: str) -> Mapping[str, Callable[[Any], Any]]:
        given = {} if self.assumptions is None else self.assumptions
        if not isinstance(given, Mapping):
            raise InvalidClaim(
                f"{who}: assumptions must be functions of an instance by what they say, got {given!r:.60}"
            )
        for name, holds in given.items():
            require_function(who, f"assumption {name!r}", holds, "instance")
        return dict(given)


@dataclass(frozen=True, kw_only=True)
class _Read:
    sides: Sides
    search: Any
    draw: Any
    source: Any

"""The short form for a probability: `frequency`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from explore_theory.claims.runs import Runs, numbers, runs_of, truths
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
    with_params,
)
from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.cases import Trial
from explore_theory.harness.claims.checks import Check, Evidence
from explore_theory.harness.claims.claim import Claim, FalseVariant
from explore_theory.harness.measures.measurement import Bound, Resolution, Tally

ROWS = {"quick": 4096, "full": 32768}
RESOLUTION = 0.02
_BLOCK = 256
_RELATIONS = {"at_most": "<=", "at_least": ">="}
_LEVEL = "at_least= or at_most=, a probability or a function of a case's parameters that gives one"


def frequency(
    *,
    run: Callable[..., Any] | None = None,
    runs: Callable[..., Any] | None = None,
    within: float | None = None,
    exceeds: float | None = None,
    at_least: Any = None,
    at_most: Any = None,
    cases: Cases | None = None,
    rows: Rows | None = None,
    resolution: float = RESOLUTION,
    tight: Any = None,
    loose: str = "",
    false_variants: Any = None,
    **words: Unpack[Words],
) -> Claim:
    """An event that happens with probability at least, or at most, so much: one independent run a row.

    Parameters
    ----------
    run
        ``run(generator, **params)``: one run, all of whose randomness comes from the NumPy generator. It says
        whether the event happened, True or False; or it gives a number, see `within`.
    runs
        In place of `run`: ``runs(streams, **params)`` plays all rows of a block and gives one outcome for
        each, `[R]`; row by row from the streams alone, as oracles do (``oracles.open(.., streams=streams)``).
    within, exceeds
        The event is that the number which a run gives is at most `within`, or more than `exceeds`. NaN is
        refused, and would otherwise count as whatever the comparison is not.
    at_least, at_most
        The level: a number in [0, 1], or a function ``at_most(**params)`` that gives one.
    cases
        Parameters by case, ``{"n-8": {"n": 8}}``; one case, ``"all"``, if left out.
    rows
        Runs at most: a number, or one per tier. The engine stops where the verdict is clear.
    resolution
        To this the probability is told; at most .02.
    tight, loose
        True, or the cases where it is nearly an equality; or why there is none. (A bound that is moved by
        five per cent must be told from the truth: few probabilities are known so well.)
    false_variants
        At least one ``variant(slug, why, at_most=..)``; each changes `run`, `runs`, `within`, `exceeds`,
        `at_least` or `at_most`.
    words
        See `inequality`.

    Raises
    ------
    InvalidClaim
        If something is missing, or is not what it must be: one line that says how to give it.
    """
    own = {"run": run, "runs": runs, "within": within, "exceeds": exceeds}
    own |= {"at_least": at_least, "at_most": at_most}
    others = [*own, "cases", "rows", "resolution", "tight", "loose", "false_variants"]
    who = named("frequency", words, dict.fromkeys(others))
    given = require_cases(who, cases)
    found = _read(who, own, given)
    variants = require_variants(who, false_variants, own, example="at_most=..")
    extreme, why = require_extreme(who, tight, loose, list(given))
    check = Check(
        slug="runs",
        evidence=Evidence.STATISTICAL,
        cases=made_cases(given, rows=ROWS if rows is None else rows, block=_BLOCK, tight=extreme),
        instance=found.play,
        measure=found.measure,
        bound=found.bound,
        resolution=Resolution(absolute=resolution),
    )
    return made(
        words,
        relation=found.relation,
        scope="Independent runs in the stated cases.",
        check=check,
        false_variants=[_variant(who, one, own, given) for one in variants],
        loose=why,
    )


#: Of these a variant that gives one takes away the others.
_INSTEAD = (("run", "runs"), ("within", "exceeds"), ("at_least", "at_most"))


def _variant(who: str, one: Variant, own: Mapping[str, Any], cases: Cases) -> FalseVariant:
    read = _read(f"{who}, variant {one.slug!r}", instead(own, one.changes, _INSTEAD), cases)
    played, event, level = (any(name in one.changes for name in names) for names in _INSTEAD)
    return FalseVariant(
        slug=one.slug,
        why=one.why,
        check="runs",
        instance=read.play if played else None,
        measure=read.measure if played or event else None,
        bound=read.bound if level else None,
        relation=read.relation if level else None,
    )


@dataclass(frozen=True, kw_only=True)
class _Played:
    """What a block of runs gave, and the parameters of its case."""

    outcomes: npt.NDArray[Any]
    params: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Read:
    who: str
    runs: Runs
    event: tuple[str, float] | None
    level: Any
    name: str

    @property
    def author(self) -> Callable[..., Any]:
        """What an error is traced to."""
        return self.runs.function

    @property
    def relation(self) -> str:
        return _RELATIONS[self.name]

    def play(self, trial: Trial) -> _Played:
        """Runs of the rows of `trial`."""
        found = self.runs.outcomes(trial.case.params, trial.streams)
        read = truths if self.event is None else numbers
        return _Played(outcomes=read(self.who, self.runs.name, found), params=trial.case.params)

    def measure(self, world: _Played) -> Tally:
        """How often the event happened."""
        happened = world.outcomes
        if self.event is not None:
            name, threshold = self.event
            happened = world.outcomes <= threshold if name == "within" else world.outcomes > threshold
        return Tally(successes=int(np.count_nonzero(happened)), trials=happened.size)

    def bound(self, world: _Played) -> Bound:
        """The level."""
        return Bound.of(_level(self.who, self.name, with_params(self.level, world.params)))


def _read(who: str, given: Mapping[str, Any], cases: Cases) -> _Read:
    name, level = one_of(who, {key: given[key] for key in _RELATIONS}, _LEVEL)
    if callable(level):
        require_function(who, name, level, cases=cases)
    else:
        _level(who, name, level)
        if level == (1 if name == "at_most" else 0):
            raise InvalidClaim(f"{who}: {name} must leave something to refute, got {name}={level!r}")
    event = None
    if given["within"] is not None or given["exceeds"] is not None:
        both = {key: given[key] for key in ("within", "exceeds")}
        kind, number = one_of(who, both, "within= or exceeds=")
        if isinstance(number, bool) or not isinstance(number, int | float) or np.isnan(number):
            raise InvalidClaim(f"{who}: {kind} must be a number, got {kind}={number!r:.60}")
        event = kind, float(number)
    return _Read(who=who, runs=runs_of(who, given, cases), event=event, level=level, name=name)


def _level(who: str, name: str, level: Any) -> Any:
    number = hasattr(level, "__float__") and not isinstance(level, bool | str)
    if not number or not 0 <= level <= 1:
        raise InvalidClaim(
            f"{who}: {name} must be a probability, a number from 0 to 1 and no percentage, got {level!r:.60}"
        )
    return level

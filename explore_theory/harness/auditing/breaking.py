"""Damage by degrees: how far a knob can be turned before a claim is REFUTED, by bisection."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from explore_theory.harness.auditing.copies import Copy
from explore_theory.harness.auditing.patches import Knob
from explore_theory.harness.auditing.planting import (
    Counter,
    Progress,
    Workshop,
    baseline,
    require_applicable,
    workshop,
)
from explore_theory.harness.auditing.witnesses import LIMIT, Sight, verified
from explore_theory.harness.discovery.registry import Registered

#: How far apart the ends of what is located may be: of the logarithm of a factor, of the range of an amount.
RESOLUTION = 0.02
#: Parts of the way from the neutral value to the end of the range that are looked at first.
_OUTWARDS = (1 / 16, 1 / 4, 1.0)


@dataclass(frozen=True, kw_only=True)
class Side:
    """How far a knob turns on one side of its neutral value.

    Parameters
    ----------
    end
        As far as was looked, in units of the knob.
    holds, refuted
        The `x` furthest out up to which all that was looked at HOLDS, and the nearest that is REFUTED, None
        if none is within `end`.
    checks
        The checks that refute there.
    words
        What went wrong on the way: neither HOLDS nor REFUTED, or HOLDS again further out. Empty if nothing.
    """

    end: float
    holds: float
    refuted: float | None
    checks: tuple[str, ...] = ()
    words: str = ""

    def __str__(self) -> str:
        found = f"never within {self.end:.4g}"
        if self.refuted is not None:
            found = f"HOLDS to {self.holds:.4g}, REFUTED from {self.refuted:.4g}"
        return f"{found} ({self.words})" if self.words else found


@dataclass(frozen=True, kw_only=True)
class BreakPoint:
    """Where a claim breaks under a knob.

    Parameters
    ----------
    knob, witness
        The knob's name; the label of the claim, or the check (``F1:search``) where one alone was looked at.
    kind
        ``located`` (some side breaks), ``never`` (none does), ``untouched`` (the claim takes none of the
        patched files) or ``broken`` (it does not hold where the knob changes nothing).
    sides
        Below and above the neutral value, where the range reaches there.
    words
        Why there are no sides.
    """

    knob: str
    witness: str
    kind: str
    sides: tuple[Side, ...] = ()
    words: str = ""

    def __str__(self) -> str:
        return "; ".join(map(str, self.sides)) or f"{self.kind}: {self.words}"


def break_points(
    claims: Sequence[Registered],
    knobs: Sequence[Knob],
    *,
    jobs: int = 1,
    progress: Progress | None = None,
    listed: bool = False,
    limit: float = LIMIT,
) -> list[BreakPoint]:
    """How far each of `knobs` turns before each of `claims` is REFUTED; knob by knob.

    Parameters
    ----------
    jobs
        Copies side by side.
    listed
        Look at the checks of `claims` that each knob lists alone, each by itself; otherwise at all checks of
        each claim together.
    limit
        Seconds for one run of a claim.

    Raises
    ------
    InvalidClaim
        If a patch does not apply.
    """
    files = [file for knob in knobs for file in knob.files]
    with workshop(claims, files, jobs) as shop:
        require_applicable(shop, [knob.at(knob.neutral) for knob in knobs])
        if listed:
            tasks = [task for knob in knobs for task in _listed(knob, claims)]
            count = Counter(progress, len(tasks))
        else:
            tasks = [_Task(knob, r, None) for knob in knobs for r in claims]
            count = Counter(progress, len(tasks) + len(claims))
            sights = baseline(shop, claims, lambda r: count(r.label), limit)
            clean = {r.path: sight for r, sight in zip(claims, sights, strict=True)}
            tasks = [_Task(t.knob, t.registered, None, clean[t.registered.path]) for t in tasks]
        return shop.each(tasks, partial(_found, shop, limit), lambda task: count(task.witness))


@dataclass(frozen=True)
class _Task:
    """A knob and who looks: one check of a claim, or all; and what the claim makes of sources as they are."""

    knob: Knob
    registered: Registered
    check: str | None
    clean: Sight | None = None

    @property
    def witness(self) -> str:
        label = self.registered.label
        return label if self.check is None else f"{label}:{self.check}"


def _listed(knob: Knob, claims: Sequence[Registered]) -> list[_Task]:
    known = {name: r for r in claims for name in (r.claim.id, r.label)}
    entries = [entry.rpartition(":") for entry in dict.fromkeys(b.check for b in knob.breaks)]
    return [_Task(knob, known[label], check) for label, _, check in entries if label in known]


def _found(shop: Workshop, limit: float, task: _Task) -> BreakPoint:
    knob, clean = task.knob, task.clean

    def made(kind: str, words: str = "", sides: tuple[Side, ...] = ()) -> BreakPoint:
        return BreakPoint(knob=knob.name, witness=task.witness, kind=kind, words=words, sides=sides)

    if clean is not None and clean.kind != "quiet":
        return made("broken", f"it does not hold without the knob: {clean.words}")
    if clean is not None and clean.files.isdisjoint(knob.files):
        return made("untouched", "it takes none of the files that the knob is in")
    with shop.copy() as copy:
        look = partial(_look, copy, task, limit)
        if (neutral := look(knob.neutral)).kind != "quiet":
            return made("broken", f"it must hold at the neutral x = {knob.neutral:g}: {neutral.words}")
        ends = [end for end in (knob.low, knob.high) if end != knob.neutral]
        sides = tuple(side_of(look, knob.neutral, end, log=knob.log) for end in ends)
    return made("never" if all(side.refuted is None for side in sides) else "located", sides=sides)


def _look(copy: Copy, task: _Task, limit: float, x: float) -> Sight:
    checks = None if task.check is None else [task.check]
    with copy.holding(task.knob.at(x)):
        (sight,) = verified(copy, [(task.registered, checks)], limit)
    return sight


def side_of(look: Callable[[float], Sight], neutral: float, end: float, *, log: bool) -> Side:
    """How far from `neutral`, where it holds, towards `end` what `look` sees still HOLDS.

    A few places on the way out are looked at, then the nearest that is REFUTED and the furthest that HOLDS
    are bisected, each apart where there is something else between them, to `RESOLUTION`.
    """
    seen: dict[float, Sight] = {}

    def place(part: float) -> float:
        if part == 1:
            return end
        return neutral * (end / neutral) ** part if log else neutral + part * (end - neutral)

    def kind(part: float) -> str:
        if part not in seen:
            seen[part] = look(place(part))
        return seen[part].kind

    step = RESOLUTION / abs(math.log(end / neutral)) if log else RESOLUTION
    for part in _OUTWARDS:
        kind(part)
    noticed = min((part for part in _OUTWARDS if kind(part) == "noticed"), default=None)
    low = max((part for part in _OUTWARDS if noticed is not None and part < noticed), default=0.0)
    while noticed is not None and noticed - low > step:
        middle = (low + noticed) / 2
        low, noticed = (low, middle) if kind(middle) == "noticed" else (middle, noticed)
    # Between what holds and what is refuted there may be what is neither.
    bad = min((part for part in seen if kind(part) != "quiet"), default=None)
    good = max((part for part in seen if bad is None or part < bad), default=0.0)
    while bad is not None and bad - good > step:
        middle = (good + bad) / 2
        good, bad = (middle, bad) if kind(middle) == "quiet" else (good, middle)
    return Side(
        end=end,
        holds=place(good) if good else neutral,
        refuted=None if noticed is None else place(noticed),
        checks=() if noticed is None else seen[noticed].checks,
        words=_amiss({place(part): sight for part, sight in sorted(seen.items())}),
    )


def _amiss(seen: dict[float, Sight]) -> str:
    """What is not as it should be along a side, whose `x` come outwards."""
    words = [f"neither at {x:.4g}: {sight.words}" for x, sight in seen.items() if sight.kind == "broken"][:1]
    refuted = None
    for x, sight in seen.items():
        if sight.kind == "noticed" and refuted is None:
            refuted = x
        if sight.kind == "quiet" and refuted is not None:
            words.append(f"not monotone: REFUTED at {refuted:.4g}, and HOLDS at {x:.4g}")
            break
    return "; ".join(words)

"""Two records held against each other: what has become slower or faster, beyond the spread of either."""

from collections.abc import Sequence
from dataclasses import dataclass

from explore_theory.bench.record import Record


@dataclass(frozen=True, kw_only=True)
class Change:
    """A figure that moved: `way` is ``slower``, ``faster`` or ``grows otherwise``."""

    way: str
    name: str
    was: str
    now: str

    def __str__(self) -> str:
        return f"{self.way}: {self.name}: {self.was} before, {self.now} now"


def comparable(newest: Record, earlier: Sequence[Record]) -> Record | None:
    """The last earlier record of all that `newest` measured, with its sizes on such a machine, or None."""
    for one in reversed(earlier):
        alike = one.get("machine") == newest["machine"] and one.get("quick") == newest["quick"]
        if alike and _measured(newest) <= _measured(one):
            return one
    return None


def _measured(record: Record) -> set[str]:
    """The benchmarks of a record."""
    return {one["benchmark"] for kind in ("figures", "growths") for one in record[kind]}


def changes(newest: Record, before: Record) -> list[Change]:
    """What differs by more than both spread: ranges of ratios, or intervals of exponents, that do not meet.

    A range of a few repeats is no confidence interval. What is listed is worth a second look, and no verdict.
    """
    found = []
    old = {(one["benchmark"], one["name"]): one for one in before["figures"]}
    for now in newest["figures"]:
        was = old.get((now["benchmark"], now["name"]))
        if was is None or not _apart(now, was, "least", "most"):
            continue
        way = "slower" if now["least"] > was["most"] else "faster"
        found.append(Change(way=way, name=now["name"], was=shown(was["median"]), now=shown(now["median"])))
    past = {(one["benchmark"], one["name"], one["of"]): one for one in before["growths"]}
    for now in newest["growths"]:
        was = past.get((now["benchmark"], now["name"], now["of"]))
        if was is not None and _apart(now, was, "low", "high"):
            words = [f"exponent {one['exponent']:.2f}" for one in (was, now)]
            name = f"{now['name']} in {now['of']}"
            found.append(Change(way="grows otherwise", name=name, was=words[0], now=words[1]))
    return found


def _apart(now: Record, was: Record, low: str, high: str) -> bool:
    return bool(now[low] > was[high] or now[high] < was[low])


def shown(value: float) -> str:
    """A ratio to three digits."""
    return f"{value:.3g}"

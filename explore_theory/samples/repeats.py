"""Draws that are there twice: a seed used again, rows written again.

A text that comes up again is an honest atom of the law. A whole *sequence* that comes up again is not: if
each text has its frequency for a chance, the sequence has the product of them.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explore_theory.samples.draws import many
from explore_theory.samples.pool import COLUMNS, Pool

#: A repetition that honest draws would show less often than this is none of chance.
LEVEL = 1e-6
#: Periods up to this many draws are looked for; runs of one draw written so often, too.
_LONGEST = 4096
Keys = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Repeats:
    """What is there again: `extra` marks the draws `[n]` that are copies, `kinds` says how, one line each."""

    extra: npt.NDArray[np.bool_]
    kinds: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.extra.any())


def repeats(pool: Pool) -> Repeats:
    """Blocks of draws that repeat within a file or across files."""
    extra = np.zeros(len(pool), dtype=bool)
    keys = _keys(pool)
    found: dict[str, list[float]] = {}
    marks: dict[str, list[Keys]] = {}
    order, starts = pool.order, pool.starts
    for i in range(len(pool.tasks)):
        rows = order[starts[i] : starts[i + 1]]
        rows = rows[pool.told[rows]]
        for how, copies, log_chance in _repeated(rows, keys, pool):
            found.setdefault(how, []).append(log_chance)
            marks.setdefault(how, []).append(copies)
    lines = []
    for how, chances in found.items():
        # Every task that agrees makes an accident less likely; those that do not agree have no say in it,
        # so their number is what the accident could have chosen from.
        if sum(chances) + len(pool.tasks) * np.log(2) < np.log(LEVEL):
            copies = np.concatenate(marks[how])
            extra[copies] = True
            are = "is" if len(copies) == 1 else "are"
            lines.append(f"{many(len(copies), 'draw')} of {many(len(chances), 'task')} {are} {how}")
    for how, copies in _files_again(pool, keys):
        if not extra[copies].all():
            extra[copies] = True
            lines.append(f"{many(len(copies), 'draw')} of {many(len(copies), 'task')} are {how}")
    return Repeats(extra=extra, kinds=tuple(lines))


def without(pool: Pool, extra: npt.NDArray[np.bool_]) -> Pool:
    """The pool with each repeated draw once."""
    from dataclasses import replace

    keep = ~extra
    return replace(pool, **{name: getattr(pool, name)[keep] for name in COLUMNS})


def _keys(pool: Pool) -> Keys:
    """A number for each response, equal where the texts are."""
    _, keys = np.unique(pool.text, axis=0, return_inverse=True)
    return np.asarray(keys, dtype=np.int64).reshape(-1)


def _repeated(rows: Keys, keys: Keys, pool: Pool) -> Iterator[tuple[str, Keys, float]]:
    """How the draws `rows` of one task repeat, which of them are copies, and the log of the chance of it."""
    origins = pool.origin[rows]
    firsts: list[Keys] = []
    for origin in np.unique(origins):
        mine = rows[origins == origin]
        again = _within(keys[mine])
        if again is not None:
            how, kept, chance = again
            yield f"{how} in {pool.origins[origin].path}", np.setdiff1d(mine, mine[kept]), chance
            mine = mine[kept]
        for other in firsts:
            n = min(len(other), len(mine))
            if np.array_equal(keys[other][:n], keys[mine][:n]):
                pair = (
                    f"{pool.origins[origin].path} the same as in {pool.origins[pool.origin[other[0]]].path}"
                )
                yield f"in {pair}, in the same order", mine[:n], _log_chance(keys[mine][:n])
                break
        firsts.append(mine)


def _files_again(pool: Pool, keys: Keys) -> Iterator[tuple[str, Keys]]:
    """Files of one draw a task that hold just what an earlier one does: task by task nothing would show it.

    The law of each task may be one text alone, and then two honest files are equal; whoever has such may
    write them into one. So texts that differ from task to task are asked for: as fresh draws of their common
    frequencies these would hardly come in the same order.
    """
    seen: dict[bytes, int] = {}
    for origin in range(len(pool.origins)):
        mine = np.flatnonzero((pool.origin == origin) & pool.told)
        mine = mine[np.argsort(pool.task[mine], kind="stable")]
        if len(mine) == 0 or np.any(np.diff(pool.task[mine]) == 0):
            continue
        first = seen.setdefault(np.stack([pool.task[mine], keys[mine]]).tobytes(), origin)
        if first != origin and _log_chance(keys[mine]) < np.log(LEVEL):
            pair = f"in {pool.origins[origin].path} the same as in {pool.origins[first].path}"
            yield f"{pair}, in each task the only one", mine


def _within(keys: Keys) -> tuple[str, Keys, float] | None:
    """A sequence that is a shorter one over and over, or every draw of a shorter one several times."""
    n = len(keys)
    for period in range(1, min(n // 2, _LONGEST) + 1):
        # The last time may break off, as where a second run was stopped.
        if np.array_equal(keys[period:], keys[:-period]) and len(set(keys[:period])) > 1:
            copies = n // period - 1
            return "a block over again", np.arange(period), copies * _log_chance(keys[:period])
        if n % period:
            continue
        times = n // period
        if times > 1 and period > 1 and np.array_equal(keys, np.repeat(keys[::times], times)):
            kept = keys[::times]
            if len(set(kept)) > 1:
                return f"each written {times} times", np.arange(0, n, times), (times - 1) * _log_chance(kept)
    return None


def _log_chance(keys: Keys) -> float:
    """The log of the chance that fresh draws repeat `keys` in order, with its own frequencies for the law."""
    counted = Counter(keys.tolist())
    return float(sum(count * np.log(count / len(keys)) for count in counted.values()))

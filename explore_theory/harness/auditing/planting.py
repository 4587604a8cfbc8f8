"""Planting: copies side by side, and which claims notice which faults."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.validation import whole
from explore_theory.harness.auditing.copies import Copy, sources_of
from explore_theory.harness.auditing.patches import Fault
from explore_theory.harness.auditing.witnesses import LIMIT, Sight, observe, verified
from explore_theory.harness.discovery.registry import Registered

Task = TypeVar("Task")
Found = TypeVar("Found")

#: ``(what has been tried, how many have, of how many)`` after each.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Whether a fault was noticed.

    Parameters
    ----------
    fault
        Its name.
    witness
        The label of a claim (``B1``, ``bon:B1``); in the mode of listed entries, the entry.
    kind
        ``noticed`` (REFUTED, or an assertion fails), ``quiet``, ``broken`` (neither holds nor refutes),
        ``untouched`` (the claim takes none of the patched files) or ``skipped``.
    words
        Why, in a line.
    checks
        The checks that refute.
    """

    fault: str
    witness: str
    kind: str
    words: str = ""
    checks: tuple[str, ...] = ()


class Workshop:
    """Copies of one set of sources, lent to one thread at a time."""

    def __init__(self, folder: Path, sources: dict[str, Path], jobs: int) -> None:
        self.jobs = jobs
        self._copies: SimpleQueue[Copy] = SimpleQueue()
        for number in range(jobs):
            self._copies.put(Copy(folder / str(number), sources))

    @contextmanager
    def copy(self) -> Iterator[Copy]:
        """A copy without faults, for as long as it is used."""
        lent = self._copies.get()
        try:
            yield lent
        finally:
            self._copies.put(lent)

    def each(
        self, tasks: Sequence[Task], work: Callable[[Task], Found], told: Callable[[Task], None] | None = None
    ) -> list[Found]:
        """What `work` finds for each task, side by side and in their order; `told` of each at its end."""
        with ThreadPoolExecutor(self.jobs) as pool:
            futures = {pool.submit(work, task): task for task in tasks}
            try:
                for future in as_completed(futures):
                    future.result()
                    if told is not None:
                        told(futures[future])
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
            return [future.result() for future in futures]


@contextmanager
def workshop(claims: Sequence[Registered], files: Iterable[str], jobs: int) -> Iterator[Workshop]:
    """`jobs` copies in which `files` can be patched, in a temporary folder.

    Raises
    ------
    InvalidClaim
        If one of `files` lies nowhere.
    """
    whole("jobs", jobs, least=1)
    sources = sources_of(files, [registered.home for registered in claims])
    with tempfile.TemporaryDirectory() as folder:
        yield Workshop(Path(folder), sources, jobs)


def noticed_by(
    claims: Sequence[Registered],
    faults: Sequence[Fault],
    *,
    jobs: int = 1,
    progress: Progress | None = None,
    listed: bool = False,
    limit: float = LIMIT,
) -> list[Notice]:
    """Which of `claims` notice which of `faults`, by their checks at the quick tier; fault by fault.

    Each fault is planted in a copy of the sources and tried, in one process, on the claims that take a file
    that it patches. What they take, and that they hold where nothing is planted, is seen by a first run of
    each claim; a claim that does not hold then is ``broken`` for all faults.

    Parameters
    ----------
    jobs
        Copies side by side.
    listed
        Try what each fault lists alone: checks of `claims`, and tests.
    limit
        Seconds for one claim.

    Raises
    ------
    InvalidClaim
        If a patch does not apply.
    """
    files = [file for fault in faults for file in fault.files]
    with workshop(claims, files, jobs) as shop:
        require_applicable(shop, faults)
        count = Counter(progress, len(faults) + (0 if listed else len(claims)))
        if listed:

            def entries(fault: Fault) -> list[Notice]:
                with shop.copy() as copy:
                    seen = observe(copy, fault, fault.noticed, claims)
                return [_notice(fault, entry, sight) for entry, sight in seen.items()]

            found = shop.each(faults, entries, lambda fault: count(fault.name))
        else:
            clean = baseline(shop, claims, lambda r: count(r.label), limit)

            def matrix(fault: Fault) -> list[Notice]:
                return _tried(shop, claims, clean, fault, limit)

            found = shop.each(faults, matrix, lambda fault: count(fault.name))
    return [notice for notices in found for notice in notices]


def baseline(
    shop: Workshop, claims: Sequence[Registered], told: Callable[[Registered], None], limit: float
) -> list[Sight]:
    """What each claim makes of sources without a fault, and which of their files it takes."""

    def alone(registered: Registered) -> Sight:
        with shop.copy() as copy:
            (sight,) = verified(copy, [(registered, None)], limit)
        return sight

    return shop.each(claims, alone, told)


def require_applicable(shop: Workshop, faults: Iterable[Fault]) -> None:
    """Refuse a fault whose patch does not apply, before anything runs.

    Raises
    ------
    InvalidClaim
        Naming the fault.
    """
    with shop.copy() as copy:
        for fault in faults:
            try:
                with copy.holding(fault):
                    pass
            except InvalidClaim as error:
                raise InvalidClaim(f"{fault.name}: {error}") from None


def _tried(
    shop: Workshop, claims: Sequence[Registered], clean: Sequence[Sight], fault: Fault, limit: float
) -> list[Notice]:
    """What all claims make of `fault`, given what they make of sources without it."""
    seen = {}
    for number, sight in enumerate(clean):
        if sight.kind != "quiet":
            before = f"it does not hold without the fault: {sight.words}"
            seen[number] = Sight("broken", before)
        elif sight.files.isdisjoint(fault.files):
            seen[number] = Sight("untouched", "it takes none of the files that the fault is in")
    left = [number for number in range(len(claims)) if number not in seen]
    if left:
        with shop.copy() as copy, copy.holding(fault):
            sights = verified(copy, [(claims[number], None) for number in left], limit)
        seen |= dict(zip(left, sights, strict=True))
    return [_notice(fault, r.label, seen[number]) for number, r in enumerate(claims)]


def _notice(fault: Fault, witness: str, sight: Sight) -> Notice:
    return Notice(fault=fault.name, witness=witness, kind=sight.kind, words=sight.words, checks=sight.checks)


class Counter:
    """How far an audit is, for who wants to know."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def __call__(self, what: str) -> None:
        """Tell that `what` has been tried."""
        self._done += 1
        if self._progress is not None:
            self._progress(what, self._done, self._total)

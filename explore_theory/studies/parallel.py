"""A study over worker processes: points are the same however many there are, and Ctrl-C ends them at once."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import whole
from explore_theory.studies.families import Family
from explore_theory.studies.growth import Point, Step, Study, jobs_of, measured_at

#: Seconds between two looks at what workers tell.
_TICK = 0.2
#: In a worker: where it tells of its steps, and nothing elsewhere.
_TOLD: list[Any] = []


def studied_by(
    families: Sequence[Family],
    lengths: Sequence[int],
    *,
    runs: int,
    seed: int,
    workers: int,
    done: Callable[[Point], None] = lambda _: None,
    heard: Callable[[Step], None] = lambda _: None,
) -> Study:
    """`growth.studied` with one point a job, by `workers` processes.

    `done` hears of each point, in order, and `heard` of each step, as it comes.

    Raises
    ------
    InvalidProblem
        Also if a worker was ended from outside, as a system short of memory does.
    """
    points = []
    for point in _each(families, lengths, runs=runs, seed=seed, workers=workers, heard=heard):
        done(point)
        points.append(point)
    return Study(points=tuple(points), runs=runs, seed=seed)


def _each(
    families: Sequence[Family],
    lengths: Sequence[int],
    *,
    runs: int,
    seed: int,
    workers: int,
    heard: Callable[[Step], None],
) -> Iterator[Point]:
    jobs = jobs_of(families, lengths)
    whole("runs", runs, least=1)
    workers = min(whole("jobs", workers, least=1), len(jobs))
    # A family that refuses does so before a process is started.
    for family in families:
        family.problem(min(h for one, h, _ in jobs if one is family))
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    steps = context.SimpleQueue()
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begun, initargs=(steps,)) as pool:
        try:
            waiting: list[Future[Point]] = [
                pool.submit(_measured, family, h, runs=runs, seed=seed, all_accuracies=every)
                for family, h, every in jobs
            ]
            for (family, h, _), future in zip(jobs, waiting, strict=True):
                while True:
                    # Whoever is done has told its last step before.
                    over = wait([future], timeout=_TICK).done
                    while not steps.empty():
                        heard(steps.get())
                    if over:
                        break
                try:
                    yield future.result()
                except BrokenProcessPool:
                    raise InvalidProblem(
                        f"memory must hold a run of {family.name} at length {h}, got a worker that was ended "
                        "from outside (fewer jobs, or shorter lengths)"
                    ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            # Compiled loops hear no signal, and nobody waits for what they would have found.
            for child in set(multiprocessing.active_children()) - before:
                child.terminate()
            raise


def _begun(steps: Any) -> None:
    """A worker begins: Ctrl-C is for the process that listens, and `steps` is where that one hears of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _TOLD.append(steps)


def _measured(family: Family, horizon: int, **how: Any) -> Point:
    """`measured_at` in a worker."""
    return measured_at(family, horizon, heard=_TOLD[0].put, **how)

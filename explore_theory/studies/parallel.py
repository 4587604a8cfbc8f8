"""A study over worker processes: points are the same however many there are, and Ctrl-C ends them at once."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import whole
from explore_theory.studies.families import Family
from explore_theory.studies.growth import Point, Study, jobs_of, measured_at


def studied_by(
    families: Sequence[Family],
    lengths: Sequence[int],
    *,
    runs: int,
    seed: int,
    workers: int,
    done: Callable[[Point], None] = lambda _: None,
) -> Study:
    """`growth.studied` with one point a job, by `workers` processes; `done` hears of each in order.

    Raises
    ------
    InvalidProblem
        Also if a worker was ended from outside, as a system short of memory does.
    """
    points = []
    for point in _each(families, lengths, runs=runs, seed=seed, workers=workers):
        done(point)
        points.append(point)
    return Study(points=tuple(points), runs=runs, seed=seed)


def _each(
    families: Sequence[Family], lengths: Sequence[int], *, runs: int, seed: int, workers: int
) -> Iterator[Point]:
    jobs = jobs_of(families, lengths)
    whole("runs", runs, least=1)
    workers = min(whole("jobs", workers, least=1), len(jobs))
    # A family that refuses does so before a process is started.
    for family in families:
        family.problem(min(h for one, h, _ in jobs if one is family))
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_undisturbed) as pool:
        try:
            waiting: list[Future[Point]] = [
                pool.submit(measured_at, family, h, runs=runs, seed=seed, all_accuracies=every)
                for family, h, every in jobs
            ]
            for (family, h, _), future in zip(jobs, waiting, strict=True):
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


def _undisturbed() -> None:
    """Ctrl-C is for the process that listens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

"""EvalPlus: ``*_eval_results.json``, ``{"eval": {TASK: [{"base_status": .., "plus_status": .., ..}]}}``.

Source: ``evalplus/evaluate.py``, version 0.3.1 and the repository of October 2025 (which adds ``pass_at_k``).
A program passes "plus" if it passes the base tests *and* the further ones, as in its own pass@k. Older files
have lists ``base`` and ``plus`` of ``[status, details]`` for a task, and ``nfiles`` or ``files``.
"""

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from explore_theory.errors import InvalidProblem
from explore_theory.samples.draws import Draw, Source, many
from explore_theory.samples.readers import fields as are
from explore_theory.samples.readers.records import Bad, BadRecord
from explore_theory.samples.readers.stream import cursor

NAME = "EvalPlus results"
_PASS, _LATE = "pass", "timeout"


def open_evalplus(path: Path, *, skip_bad: bool, prefer: Mapping[str, str]) -> Source:
    """The file as a source with the rewards ``base`` and, unless only the base tests were run, ``plus``.

    Raises
    ------
    InvalidProblem
        If there is no program in it, or if what comes first is no result.
    """
    plus = _has_plus(path)
    rewards = ("base", "plus") if plus else ("base",)
    source = Source(
        path=path,
        format=NAME,
        rewards=rewards,
        binary=frozenset(rewards),
        draws=lambda: _drawn(path, source, Bad(path, skip=skip_bad), plus=plus),
    )
    return source


def _has_plus(path: Path) -> bool:
    """Whether the further tests were run: in a file of theirs, every program of a task has both."""
    with closing(_tasks(path)) as tasks:
        for task, results in tasks:
            try:
                programs = _programs(results)
            except BadRecord as error:
                place = f"{path}: eval[{task!r}]"
                raise InvalidProblem(f"samples must be well formed, got {place}: {error}") from None
            if programs:
                return any(isinstance(one, dict) and one.get("plus_status") is not None for one in programs)
    raise InvalidProblem(f"samples must have at least one draw, got none in {str(path)!r}")


def _tasks(path: Path) -> Generator[tuple[str, Any], None, None]:
    """Each task with what the file has for it; the file is read to its end."""
    with cursor(path) as at:
        for name in at.members():
            if name != "eval":
                at.value()
                continue
            for task in at.members():
                yield task, at.value()
        at.end()


def _programs(results: Any) -> list[Any]:
    """The results of a task's programs, those of the older form put into the newer."""
    if isinstance(results, list):
        return results
    if isinstance(results, dict) and isinstance(base := results.get("base"), list):
        plus = results.get("plus") or [[None]] * len(base)
        if isinstance(plus, list) and len(plus) == len(base):
            pairs = zip(base, plus, strict=True)
            return [{"base_status": _status(one), "plus_status": _status(more)} for one, more in pairs]
    raise BadRecord(f"a task must have a list of results, got {are.shown(results)}")


def _status(result: Any) -> Any:
    return result[0] if isinstance(result, list) and result else result


def _drawn(path: Path, source: Source, bad: Bad, *, plus: bool) -> Iterator[Draw]:
    late = 0
    for task, results in _tasks(path):
        place = f"{path}: eval[{task!r}]"
        try:
            programs = _programs(results)
        except BadRecord as error:
            bad.met(place, error)
            continue
        for index, program in enumerate(programs):
            try:
                rewards = _rewards(program, plus=plus)
                response = program.get("solution")
                response = response if response is None else are.text("solution", response)
            except BadRecord as error:
                bad.met(f"{place}[{index}]", error)
                continue
            late += _LATE in (program["base_status"], program.get("plus_status"))
            yield Draw(task, rewards, response, place=f"{place}[{index}]")
    source.skipped = bad.count
    timed = [f"{many(late, 'program')} timed out: taken as failed, as in EvalPlus itself"]
    source.notes[:] = [*(timed if late else []), *bad.notes()]


def _rewards(program: Any, *, plus: bool) -> tuple[float, ...]:
    if not isinstance(program, dict):
        raise BadRecord(f"a result must be an object, got {are.shown(program)}")
    base = _passed("base_status", are.present(program, "base_status"))
    further = program.get("plus_status")
    if not plus:
        if further is not None:
            raise BadRecord("a result has a 'plus_status', and those before it have none")
        return (base,)
    if further is None and base:
        raise BadRecord("a result must have a 'plus_status', as those before it do")
    return (base, base and _passed("plus_status", further if further is not None else "fail"))


def _passed(name: str, status: Any) -> float:
    if not isinstance(status, str):
        raise BadRecord(f"{name!r} must be {_PASS!r} or what went wrong, got {are.shown(status)}")
    return float(status == _PASS)

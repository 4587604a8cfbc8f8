"""Inspect logs: ``.eval``, a zip file with a member a sample, and ``.json``, the same in one text."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import one_of
from explore_theory.samples.draws import Draw, Source
from explore_theory.samples.readers.archive import Archive
from explore_theory.samples.readers.inspect_json import NAME, Samples, is_number, law, scores
from explore_theory.samples.readers.records import Bad, BadRecord, Numbered, Record, Records
from explore_theory.samples.readers.stream import cursor

#: What becomes of a sample that ended in an error.
ERRORS = ("failed", "unscored")
_HEADERS = ("header.json", "_journal/start.json")


def open_json(path: Path, *, skip_bad: bool, prefer: Mapping[str, str]) -> Source:
    """The text form, read a sample at a time; its settings stand before its samples, as Inspect writes it."""
    header: Record = {}
    with closing(_parts(path)) as parts:
        for name, part in parts:
            if name == "samples":
                break
            header[name] = part
    return _open(path, header, lambda: _texts(path), skip_bad=skip_bad, prefer=prefer)


def open_zip(path: Path, *, skip_bad: bool, prefer: Mapping[str, str]) -> Source:
    """The zip form, whether its members are deflated or packed by zstd."""
    with Archive(path) as archive:
        if not any(name.startswith("samples/") or name in _HEADERS for name in archive.names):
            some = ", ".join(archive.names[:4])
            raise InvalidProblem(
                f"a zip file must be an Inspect log, got {str(path)!r} with {some} (unpack it)"
            )
        name = next((name for name in _HEADERS if name in archive.names), None)
        header = archive.json(name) if name else {}
    if name != _HEADERS[0]:
        header["status"] = "started"
    return _open(path, header, lambda: _members(path), skip_bad=skip_bad, prefer=prefer)


def _open(
    path: Path,
    header: Record,
    samples: Callable[[], Records],
    *,
    skip_bad: bool,
    prefer: Mapping[str, str],
) -> Source:
    errors = one_of("errors", prefer.get("errors", ERRORS[0]), ERRORS)
    with closing(samples()) as first:
        rewards = _rewards(path, first)
    try:
        told = law(header)
    except BadRecord as error:
        raise InvalidProblem(f"samples must be well formed, got {path}: {error}") from None
    source = Source(
        path=path,
        format=NAME,
        rewards=rewards,
        law=told,
        draws=lambda: _drawn(samples(), Samples(rewards, header, errors), source, Bad(path, skip=skip_bad)),
    )
    return source


def _rewards(path: Path, samples: Iterator[Numbered]) -> tuple[str, ...]:
    """The scores that are numbers, of the first sample that has any."""
    seen = 0
    for _, sample in samples:
        seen += 1
        try:
            found = {} if isinstance(sample, BadRecord) else scores(sample)
        except BadRecord:
            continue
        if numbers := tuple(name for name, given in found.items() if is_number(name, given)):
            return numbers
    what = f"{seen} samples of which none has a score that is a number" if seen else "a log without samples"
    raise InvalidProblem(f"samples must be scored, got {what} in {str(path)!r}")


def _drawn(numbered: Iterator[Numbered], samples: Samples, source: Source, bad: Bad) -> Iterator[Draw]:
    for place, sample in numbered:
        try:
            if isinstance(sample, BadRecord):
                raise sample
            draw = samples.draw(sample, place)
        except BadRecord as error:
            bad.met(place, error)
            continue
        yield draw
    source.skipped = bad.count
    source.notes[:] = [*samples.notes(), *bad.notes()]


def _members(path: Path) -> Records:
    with Archive(path) as archive:
        for name in archive.names:
            if name.startswith("samples/") and name.endswith(".json"):
                place = f"{path}: {name}"
                sample = archive.json(name)
                yield Numbered(place, sample if isinstance(sample, dict) else BadRecord("it is no object"))


def _texts(path: Path) -> Records:
    for name, part in _parts(path):
        if name == "samples":
            index, sample = part
            place = f"{path}: samples[{index}]"
            yield Numbered(place, sample if isinstance(sample, dict) else BadRecord("it is no object"))


def _parts(path: Path) -> Generator[tuple[str, Any], None, None]:
    """The members of the log, the list of samples one by one with its numbers."""
    with cursor(path) as at:
        for name in at.members():
            if name == "samples" and at.peek() == "[":
                for index in at.elements():
                    yield name, (index, at.value())
            else:
                part = at.value()
                # A log may be written without its samples, which are null then.
                if name != "samples":
                    yield name, part
        at.end()

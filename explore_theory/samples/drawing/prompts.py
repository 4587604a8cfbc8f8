"""Files of prompts: a text a line, or JSON lines."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from explore_theory.errors import InvalidProblem


class Prompt(NamedTuple):
    """What is asked: a text or the messages of a chat, and the name of its task, where it has one."""

    text: Any
    task: str | int | None


def read_prompts(path: str | Path) -> list[Prompt]:
    """The prompts of a file: JSON lines with ``prompt`` and perhaps ``task``, or plain lines, a prompt each.

    Which of the two, its first line tells: an object is JSON. Empty lines are passed over. In a plain line
    all of it counts, spaces at its end too.

    Raises
    ------
    InvalidProblem
        If there is none, a line is malformed, or a prompt is there twice: both would be answered by the same
        draws.
    """
    place = Path(path)
    try:
        lines = place.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise InvalidProblem(f"prompts must be UTF-8, got something else in {str(place)!r}") from None
    except OSError as error:
        raise InvalidProblem(
            f"prompts must be a readable file, got {str(place)!r} ({error.strerror})"
        ) from None
    numbered = [(n, line.rstrip("\r")) for n, line in enumerate(lines, 1) if line.strip("\r")]
    as_json = bool(numbered) and numbered[0][1].lstrip().startswith("{")
    found, seen = [], dict[str, int]()
    for number, line in numbered:
        prompt = _record(line, f"{place.name}:{number}") if as_json else Prompt(line, None)
        key = json.dumps(prompt.text, sort_keys=True)
        if (first := seen.setdefault(key, number)) != number:
            raise InvalidProblem(
                f"prompts must be distinct (both would have the same draws), got lines {first} and {number} "
                f"of {place.name} alike"
            )
        found.append(prompt)
    if not found:
        raise InvalidProblem(f"prompts must hold one at least, got none in {str(place)!r}")
    return found


def _record(line: str, place: str) -> Prompt:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise InvalidProblem(f"prompts must be a JSON object a line, got {place}: {line!r:.60}")
    text, task = record.get("prompt"), record.get("task")
    chat = (
        isinstance(text, list)
        and text
        and all(
            isinstance(one, dict) and isinstance(one.get("role"), str) and isinstance(one.get("content"), str)
            for one in text
        )
    )
    if not (isinstance(text, str) or chat):
        raise InvalidProblem(f"prompt must be a text or messages of a chat, got {place}: {text!r:.60}")
    if task is not None and (isinstance(task, bool) or not isinstance(task, str | int)):
        raise InvalidProblem(f"task must be a name or a number, got {place}: {task!r:.60}")
    return Prompt(text, task)

"""lm-evaluation-harness: ``samples_*.jsonl``, a line for each document *and filter*.

Source: ``evaluator.py`` and ``loggers/evaluation_tracker.py`` of version 0.4.13. ``resps`` has a list for
each request of a document, and in it the responses of its repeats; ``filtered_resps`` what a filter made of
them, and the metrics are of that. Only where a document has one response, or a metric one number for each,
are they rewards of samples: a majority vote has no sample that it belongs to.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from explore_theory.errors import InvalidProblem
from explore_theory.samples.draws import Draw, Law, many
from explore_theory.samples.readers import fields as are
from explore_theory.samples.readers.records import BadRecord, Plainly, Record

NAME = "lm-evaluation-harness samples"
_HASHES = ("doc_hash", "prompt_hash", "target_hash")
_OWN = frozenset(
    ("doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics", *_HASHES)
)
#: What stands in for a metric where none was asked for: 999 for every document.
_BYPASS = "bypass"


class LmEval:
    """See the module."""

    name = NAME

    def recognises(self, fields: frozenset[str]) -> bool:
        """By a document and its responses."""
        return {"doc_id", "resps"} <= fields

    def suits(self, record: Record, prefer: Mapping[str, str]) -> bool:
        """If it is of the filter that is preferred."""
        return prefer.get("filter") in (None, str(record.get("filter", "")))

    def open(self, first: Record, prefer: Mapping[str, str]) -> "LmEvalReading":
        """With the filter preferred, or that of the first line, and the metrics of single samples."""
        responses = _responses(first)
        names = [name for name in _metrics(first) if name != _BYPASS]
        single = [name for name in names if _single(first.get(name), len(responses))]
        if not names:
            raise InvalidProblem("samples must be scored, got lm-evaluation-harness samples without a metric")
        if not single:
            raise InvalidProblem(
                f"rewards must be of single samples, got one number {', '.join(names)} for {len(responses)}"
                " responses (of a vote, of the first one, or a mean): score each, or run with repeats: 1 and"
                " other seeds"
            )
        return LmEvalReading(
            tuple(single),
            prefer.get("filter") or str(first.get("filter", "")),
            _law(first),
            set(names) - set(single),
        )


class LmEvalReading(Plainly):
    """Lines of one filter."""

    def __init__(self, rewards: tuple[str, ...], chosen: str, law: Law, left: set[str]) -> None:
        self.rewards, self.law = rewards, law
        self.columns = _OWN | set(rewards)
        self._chosen, self._left = chosen, left
        self._lines: Counter[str] = Counter()
        self._changed = self._laws = 0

    def draws(self, record: Record, place: str) -> list[Draw]:
        """The responses of a document, if the line is of the filter that was chosen."""
        named = str(record.get("filter", ""))
        if named != self._chosen:
            self._lines[named] += 1
            return []
        responses = _responses(record)
        columns = [self._rewards(record, name, len(responses)) for name in self.rewards]
        self._lines[named] += 1
        self._changed += _flat(record.get("filtered_resps")) != responses
        self._laws += _law(record) != self.law
        task = _task(record)
        return [
            Draw(task, rewards, response, place=place)
            for response, rewards in zip(responses, zip(*columns, strict=True), strict=True)
        ]

    def rest(self) -> Sequence[Draw]:
        """None; but a filter that no line had is a mistake."""
        if self._lines and not self._lines[self._chosen]:
            there = ", ".join(sorted(map(repr, self._lines)))
            raise InvalidProblem(f"filter must be one of {there}, got filter={self._chosen!r}")
        return []

    def notes(self) -> list[str]:
        """Which filter, which others, and what its rewards are of."""
        said = []
        others = sorted(name for name in self._lines if name != self._chosen)
        if others:
            said.append(
                f"filter {self._chosen!r} is taken; the same samples stand there again for"
                f" {', '.join(map(repr, others))}, and are counted once"
            )
        if self._changed:
            said.append(
                f"{many(self._changed, 'document')} scored by what filter {self._chosen!r} made of the"
                " response, not by the response itself"
            )
        if self._left:
            said.append(
                f"left out, since they are no numbers of single samples: {', '.join(sorted(self._left))}"
            )
        if self._laws:
            said.append(f"{many(self._laws, 'document')} drawn with other settings than the first")
        return said

    def _rewards(self, record: Record, name: str, n: int) -> list[float]:
        value = are.present(record, name)
        if not _single(value, n):
            raise BadRecord(
                f"metric {name!r} must be one number for each of {n} responses, got {are.shown(value)}"
            )
        return [are.reward(name, part, nan=True) for part in (value if isinstance(value, list) else [value])]


def _metrics(record: Record) -> list[str]:
    """Names of metrics; older lines do not list them, and have them beside their own fields."""
    named = record.get("metrics")
    return [str(name) for name in named] if isinstance(named, list) else [n for n in record if n not in _OWN]


def _single(value: Any, n: int) -> bool:
    """Whether a metric has a number for each of n responses."""
    parts = value if isinstance(value, list) else [value]
    return len(parts) == n and all(part is None or isinstance(part, bool | int | float) for part in parts)


def _responses(record: Record) -> list[str]:
    """The responses of the one request of a document."""
    requests = are.present(record, "resps")
    if not isinstance(requests, list) or not all(isinstance(one, list) and one for one in requests):
        raise BadRecord(f"'resps' must be a list of lists of responses, got {are.shown(requests)}")
    if any(not isinstance(response, str) for one in requests for response in one):
        raise InvalidProblem(
            "samples must be drawn responses, got lm-evaluation-harness log-likelihoods of given answers"
        )
    if len(requests) != 1:
        raise BadRecord(f"a document must have one request, got {len(requests)}")
    return list(requests[0])


def _flat(filtered: Any) -> list[Any]:
    """The filtered answers of the one request."""
    if isinstance(filtered, list) and len(filtered) == 1 and isinstance(filtered[0], list):
        return filtered[0]
    return filtered if isinstance(filtered, list) else [filtered]


def _task(record: Record) -> str:
    """The number of the document, with the beginning of the prompt's hash: other examples, another prompt."""
    number = are.task("doc_id", are.present(record, "doc_id"))
    prompt = record.get("prompt_hash")
    return f"{number} ({prompt[:8]})" if isinstance(prompt, str) else number


def _law(record: Record) -> Law:
    """The settings of the request; greedy decoding is temperature zero."""
    settings = _settings(record.get("arguments"))

    def number(name: str) -> float | None:
        return are.finite(settings.get(name))

    def whole(name: str) -> int | None:
        value = number(name)
        return None if value is None else int(value)

    greedy = settings.get("do_sample") is False
    return Law(
        temperature=0.0 if greedy else number("temperature"),
        top_p=number("top_p"),
        top_k=whole("top_k"),
        min_p=number("min_p"),
        max_tokens=whole("max_gen_toks"),
    )


def _settings(arguments: Any) -> dict[str, Any]:
    """The first dictionary of settings in what a request was made with, in the older or the newer form."""
    request: Any = None
    if isinstance(arguments, dict) and isinstance(arguments.get("gen_args_0"), dict):
        request = list(arguments["gen_args_0"].values())
    elif isinstance(arguments, list) and arguments and isinstance(arguments[0], list):
        request = arguments[0]
    return next((part for part in request or [] if isinstance(part, dict)), {})

"""A violation and its text: what refutes a case, exactly, with all that it takes to see it again elsewhere.

The text is JSON, one field of `Violation` a line. Numbers are kept to the last bit: a float by the shortest
text that reads as it, a fraction as ``"p/q"``, an infinity as ``"inf"`` or ``"-inf"``. A check that searches
keeps its instance; of any other the rows name the random streams from which its world is built.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from explore_theory.errors import StoreError
from explore_theory.foundation.brief import brief
from explore_theory.harness.claims.claim import TIERS
from explore_theory.harness.measures.columns import Number
from explore_theory.harness.measures.measurement import Resolution
from explore_theory.harness.storage.records import decode_number, dumps, encode_number
from explore_theory.harness.storage.store import Block
from explore_theory.harness.verdicts.verdict import RELATIONS

#: What is written and read; raised whenever a field changes its meaning.
FORMAT = 1


@brief
@dataclass(frozen=True, kw_only=True)
class Violation:
    """A comparison that refutes a case of a claim, of a false variant or of a printed form of it.

    Parameters
    ----------
    claim, digest, statement
        The claim's label, and what it was when the violation was found.
    part
        The false variant or printed form; empty for the claim's own statement.
    check, case, tier, reseed
        Where it was found.
    rows
        ``(first, last)``: the rows of its block; of a sample, those that the case may run.
    index
        The comparison, counted within the block.
    params, relation, resolution
        How the case was set up and compared.
    measured, bound
        Both sides, ``(lo, hi)`` each.
    alpha
        The error level of a sample; None where chance plays no part.
    witness
        What the claim says of the comparison.
    instance
        Of a check that searches: the instance, as its source encodes it.
    versions
        Of this package, Python and libraries, by name.
    """

    claim: str
    digest: str
    statement: str
    part: str
    check: str
    case: str
    tier: str
    reseed: int
    rows: tuple[int, int]
    index: int
    params: Mapping[str, int | float | str]
    relation: str
    resolution: Resolution
    measured: tuple[Number, Number]
    bound: tuple[Number, Number]
    alpha: float | None = None
    witness: Mapping[str, Any] = field(default_factory=dict)
    instance: Any = None
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The claim's id, without the package that it is from."""
        return self.claim.rpartition(":")[2]

    @property
    def namespace(self) -> str:
        """The package that the claim is from, where its label says so."""
        return self.claim.rpartition(":")[0]

    @property
    def name(self) -> str:
        """Its file without ``.json``: another for another claim, part, check or case."""
        return name_of(self.claim, self.part, self.check, self.case)

    def block(self, digest: str) -> Block:
        """Its rows as a block of the claim that `digest` names."""
        return Block(
            claim=digest,
            tier=self.tier,
            reseed=self.reseed,
            variant=self.part,
            check=self.check,
            case=self.case,
            first=self.rows[0],
            last=self.rows[1],
        )


def encode(violation: Violation) -> str:
    """The text of its file."""
    fields: dict[str, Any] = {
        "format": FORMAT,
        **{name: getattr(violation, name) for name in violation.__dataclass_fields__},
        "resolution": {
            "absolute": violation.resolution.absolute,
            "relative": violation.resolution.relative,
        },
        "measured": [encode_number(end) for end in violation.measured],
        "bound": [encode_number(end) for end in violation.bound],
    }
    lines = [f"  {dumps(name)}: {dumps(value)}" for name, value in fields.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def name_of(claim: str, *slugs: str) -> str:
    """A file's name for what `claim` and `slugs` name; no two lists of them share one.

    A slug has no two hyphens in a row, an id none, and neither a dot.
    """
    namespace, _, id = claim.rpartition(":")
    whole = f"{quote(namespace, safe='')}.{id}" if namespace else id
    return "--".join([whole, *(slug for slug in slugs if slug)])


#: Rows of a block that are built at once.
MOST_ROWS = 1_000_000
_LARGEST = 2**63 - 1

_CLAIM = re.compile(r"([^\s:]+:)?[A-Za-z][A-Za-z0-9]*")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FRACTION = re.compile(r"-?(\d+/\d+|0x[0-9a-f]+/0x[0-9a-f]+)")


def decode(text: str) -> Violation:
    """The inverse of `encode`.

    Raises
    ------
    StoreError
        If `text` is not such a text, or that of a later version.
    """
    try:
        data = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise StoreError("a violation must be JSON, got lists within lists without end") from None
    except ValueError as error:
        raise StoreError(f"a violation must be JSON, got {error}") from None
    if not isinstance(data, dict):
        raise StoreError(f"a violation must be an object of JSON, got {_told(data)}")
    number = data.pop("format", None)
    if type(number) is not int or number < 1:
        raise StoreError(f"format must be a whole number of at least 1, got {_told(number)}")
    if number > FORMAT:
        raise StoreError(f"format must be at most {FORMAT}, got {number}: a later explore-theory wrote it")
    if gone := [name for name in _FIELDS if name not in data]:
        raise StoreError(f"a violation must have the field {gone[0]}, got none")
    if more := [name for name in data if name not in _FIELDS]:
        raise StoreError(f"a violation must have fields of format {FORMAT} only, got {more[0]!r:.60}")
    values = {name: _held(name, kind, data[name]) for name, kind in _FIELDS.items()}
    first, last = values["rows"]
    if values["alpha"] is None and last - first > MOST_ROWS:
        raise StoreError(f"rows must be at most {MOST_ROWS:,} of them, got {last - first:,}")
    return Violation(**values)


def _held(name: str, kind: tuple[str, Callable[[Any], Any]], given: Any) -> Any:
    """`given` as what the field `name` holds, or refused."""
    rule, parsed = kind
    try:
        value = parsed(given)
    except (ValueError, TypeError, ArithmeticError, LookupError):
        raise StoreError(f"{name} must be {rule}, got {_told(given)}") from None
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; where a name comes twice, nobody knows which is meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the name {next(n for n in names if names.count(n) > 1)!r:.60} twice")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text}, which is no number")


def _finite(text: str) -> float:
    if math.isinf(value := float(text)):
        raise ValueError(f"{text:.30}, which no float holds")
    return value


def _told(value: Any) -> str:
    """`value` in a few words; whole numbers may have more digits than Python writes."""
    if isinstance(value, int) and value.bit_length() > 200:
        return f"a whole number of {value.bit_length()} bits"
    return f"{value!r:.60}"


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _matching(pattern: re.Pattern[str]) -> Callable[[Any], str]:
    def parsed(value: Any) -> str:
        if not pattern.fullmatch(_word(value)) or not value.isprintable():
            raise ValueError
        return str(value)

    return parsed


def _one_of(*words: str) -> Callable[[Any], str]:
    def parsed(value: Any) -> str:
        return words[words.index(_word(value))]

    return parsed


def _natural(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise ValueError
    return value


def _rows(value: Any) -> tuple[int, int]:
    first, last = map(_natural, _pair(value))
    if first >= last:
        raise ValueError
    return first, last


def _interval(value: Any) -> tuple[Number, Number]:
    lo, hi = map(_number, _pair(value))
    if not lo <= hi:
        raise ValueError
    return lo, hi


def _pair(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise TypeError
    return value


def _number(value: Any) -> Number:
    if isinstance(value, str):
        if value not in ("inf", "-inf") and not _FRACTION.fullmatch(value):
            raise ValueError
        return decode_number(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or float(value) != value:
        raise TypeError
    return float(value)


def _named(kinds: type | tuple[type, ...]) -> Callable[[Any], dict[str, Any]]:
    def parsed(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or not all(isinstance(inside, kinds) for inside in value.values()):
            raise TypeError
        return value

    return parsed


def _resolution(value: Any) -> Resolution:
    absolute, relative = value["absolute"], value["relative"]
    if len(value) != 2 or not all(type(part) in (int, float) for part in (absolute, relative)):
        raise TypeError
    return Resolution(absolute=absolute, relative=relative)


def _level(value: Any) -> float | None:
    if value is not None and (type(value) is not float or not 0 < value < 1):
        raise ValueError
    return value


_SLUGS = ("lower-case words joined by '-'", _matching(_SLUG))
_ENDS = ("two numbers, the lower one first: floats, 'p/q', 'inf' or '-inf'", _interval)
_FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "claim": ("a label of a claim, such as F1 or bon:B1", _matching(_CLAIM)),
    "digest": ("a word", _word),
    "statement": ("words", _word),
    "part": ("empty, or lower-case words joined by '-'", _matching(re.compile(f"({_SLUG.pattern})?"))),
    "check": _SLUGS,
    "case": _SLUGS,
    "tier": (f"one of {', '.join(TIERS)}", _one_of(*TIERS)),
    "reseed": ("a whole number of at least 0", _natural),
    "rows": ("the first row and the one after the last", _rows),
    "index": ("a whole number of at least 0", _natural),
    "params": ("numbers and words by name", _named((int, float, str))),
    "relation": (f"one of {', '.join(RELATIONS)}", _one_of(*RELATIONS)),
    "resolution": ("an absolute and a relative part, as of a check", _resolution),
    "measured": _ENDS,
    "bound": _ENDS,
    "alpha": ("null, or a number between 0 and 1", _level),
    "witness": ("values by name", _named(object)),
    "instance": ("anything", lambda value: value),
    "versions": ("words by name", _named(str)),
}

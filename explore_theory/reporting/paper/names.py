r"""Names of numbers: the key that a paper looks one up by, and a macro of letters only."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
#: What is told of the whole report and of no claim, as a key and in the name of a macro.
WHOLE = "*"
_WHOLE_LETTERS = "Total"
#: Letters of a digest that tell apart what would have one name.
_TELLING = 6


@dataclass(frozen=True, kw_only=True)
class Number:
    """Something measured or counted: of which claim, what of it, and how it is written.

    `field` is a path, ``slack`` or ``search/n-4/measured``.
    """

    claim: str
    field: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Named:
    """A number with its names: ``\\et{C2}{slack}`` by `key` and `field`, and the macro ``\\etCtwoSlack``."""

    number: Number
    key: str
    field: str
    macro: str


def named(numbers: Sequence[Number]) -> list[Named]:
    """Names for `numbers`, in order.

    Names that would belong to several numbers get letters of a digest, all of them: which number a name means
    never depends on what else there is in the report, and a name that is not clear is nobody's. Of one field
    of one claim with several values, which no store of ours has, there is no number.
    """
    values: dict[tuple[str, str], set[str]] = {}
    for one in numbers:
        values.setdefault((one.claim, one.field), set()).add(one.value)
    numbers = [one for one in dict.fromkeys(numbers) if len(values[one.claim, one.field]) == 1]
    keys = _distinct([_key(one.claim) for one in numbers], [one.claim for one in numbers])
    wholes = [f"{one.claim}\0{one.field}" for one in numbers]
    fields = [_key(one.field) for one in numbers]
    pairs = _distinct([f"{key}\0{field}" for key, field in zip(keys, fields, strict=True)], wholes)
    macros = _distinct([letters(one.claim, one.field) for one in numbers], wholes)
    return [
        Named(number=number, key=pair.partition("\0")[0], field=pair.partition("\0")[2], macro=macro)
        for number, pair, macro in zip(numbers, pairs, macros, strict=True)
    ]


def letters(claim: str, field: str) -> str:
    """``etCtwoSlack`` for the ``slack`` of ``C2``: digits are spelled out, words of a field begin large."""
    head = _WHOLE_LETTERS if claim == WHOLE else "".join(_words(claim))
    return f"et{head}" + "".join(word[:1].upper() + word[1:] for word in _words(field))


def _words(text: str) -> list[str]:
    spelled = re.sub(r"[0-9]", lambda found: _DIGITS[int(found[0])], text)
    return re.findall("[A-Za-z]+", spelled)


def _key(text: str) -> str:
    """`text` as it may stand between ``\\csname`` and ``\\endcsname``, whatever the preamble makes active."""
    return text if text == WHOLE else re.sub(r"[^A-Za-z0-9:/. -]", "-", text)


def _distinct(names: Sequence[str], meant: Sequence[str]) -> list[str]:
    """`names`, those that stand for several of what is `meant` with letters of its digest."""
    owners: dict[str, set[str]] = {}
    for name, whole in zip(names, meant, strict=True):
        owners.setdefault(name, set()).add(whole)
    crowded = {name for name, wholes in owners.items() if len(wholes) > 1}
    for length in range(_TELLING, 65):
        found = [
            name + _digest(whole)[:length] if name in crowded else name
            for name, whole in zip(names, meant, strict=True)
        ]
        taken = Counter({(name, whole) for name, whole in zip(found, meant, strict=True)})
        if len({name for name, _ in taken}) == len(taken):
            return found
    raise AssertionError("digests of different texts differ")  # pragma: no cover


def _digest(whole: str) -> str:
    """64 letters from ``A`` to ``P``."""
    return sha256(whole.encode(errors="surrogatepass")).hexdigest().translate(_AS_LETTERS)


_AS_LETTERS = str.maketrans("0123456789abcdef", "ABCDEFGHIJKLMNOP")

"""The pipe between the oracle's process and the learner's: frames of a length and that much JSON.

Numbers, text, lists and objects with text for keys are all that it carries: nothing that can be run when it
is read. A frame is four bytes, little end first, and as many bytes of UTF-8 as they say. Both processes
import this file, so it imports nothing of the package.
"""

import json
import struct
from typing import Any, BinaryIO, NoReturn

#: What both ends say first; a client of another version is refused.
VERSION = 1
#: The longest message that a learner may send, and the longest that it is sent, in bytes.
MOST_HEARD, MOST_SAID = 1 << 24, 1 << 28
_LENGTH = struct.Struct("<I")


class Garbage(Exception):
    """What came is no message; the text says why."""


class Ended(Exception):
    """Nothing more will come."""


def frame(message: Any) -> bytes:
    """`message` as bytes.

    Raises
    ------
    ValueError
        If it holds what JSON has no word for, NaN and infinities included.
    """
    text = json.dumps(message, separators=(",", ":"), allow_nan=False).encode()
    return _LENGTH.pack(len(text)) + text


def receive(stream: BinaryIO, most: int) -> Any:
    """The next message of at most `most` bytes.

    Raises
    ------
    Ended
        If the stream ends, in the middle of a message too.
    Garbage
        If what comes is longer, or is no JSON.
    """
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > most:
        raise Garbage(f"a message must have at most {most:,} bytes, got one of {length:,}")
    text = _exactly(stream, length)
    try:
        return json.loads(text.decode(), parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise Garbage(f"a message must be JSON, got {text[:40]!r} ({str(error)[:80]})") from None


def _exactly(stream: BinaryIO, count: int) -> bytes:
    parts = []
    while count:
        part = stream.read(count)
        if not part:
            raise Ended
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _refused(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")

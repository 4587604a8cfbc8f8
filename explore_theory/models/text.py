"""Text that every Python carries, and text as characters of a small alphabet."""

import re
from pathlib import Path

from explore_theory.errors import InvalidProblem

#: The alphabet of `characters`: lower-case letters, and a space for all that lies between words.
LETTERS = " abcdefghijklmnopqrstuvwxyz"
_BETWEEN = re.compile("[^a-z]+")
#: The largest file that is read as text, in bytes.
LARGEST = 1 << 28


def standard_text() -> str:
    """English prose that comes with CPython, its own reference on keywords and types: 400,000 characters.

    It differs from one Python to the next, and so does what is fitted to it.

    Raises
    ------
    InvalidProblem
        If this Python comes without it.
    """
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise InvalidProblem(
            "text must be given by file: this Python comes without pydoc_data, the text that is taken unasked"
        ) from None
    return "\n".join(topics[name] for name in sorted(topics))


def read_text(path: str | Path) -> str:
    """The text in a file, UTF-8.

    Raises
    ------
    InvalidProblem
        If there is none, or it is too large or not text.
    """
    source = Path(path)
    try:
        if source.stat().st_size > LARGEST:
            raise InvalidProblem(
                f"text must be at most {LARGEST} bytes, got {source.stat().st_size} in {source}"
            )
        return source.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InvalidProblem(
            f"text must be a readable file, got {str(source)!r} ({error.strerror})"
        ) from None
    except UnicodeDecodeError as error:
        raise InvalidProblem(
            f"text must be UTF-8, got byte {error.object[error.start]:#04x} at {error.start} of {source}"
        ) from None


def characters(text: str) -> str:
    """`text` in lower case, all that is no letter from a to z as one space."""
    return _BETWEEN.sub(" ", text.lower()).strip()

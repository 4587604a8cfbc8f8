"""What every document says of itself, and the fields that kinds of problems share."""

from collections.abc import Collection, Mapping
from typing import Any

from explore_theory._package import VERSION as PACKAGE
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import one_of
from explore_theory.instances import documents
from explore_theory.instances.documents import LOG_UNITS, PRECISIONS, Floats
from explore_theory.problems.noise import Bernoulli, Gaussian, NoiseLaw, NoNoise

FORMAT, VERSION = "explore-theory problem", 1
KINDS = ("tabular", "tokens", "formula")
#: What any document may say; the rest belongs to its kind.
COMMON = ("format", "version", "kind", "note", "reader")
#: What those of problems may say besides.
SHARED = ("beta", "noise", "precision", "log_unit")

Document = Mapping[str, Any]

#: Formats of ours that are no problems.
_RESULTS = "explore-theory results"


def kind_of(document: Document) -> str:
    """Which of `KINDS` a document is.

    Raises
    ------
    InvalidProblem
        If it is none of ours, or of a later version: the message says what reads it.
    """
    found = document.get("format")
    if isinstance(found, str) and found.startswith(_RESULTS):
        raise InvalidProblem(
            "the file must hold a problem, got JSON of results; to save the problems of refuted cases: "
            "explore-theory verify --witness DIR"
        )
    if found != FORMAT:
        raise InvalidProblem(f"format must be {FORMAT!r}, got format={found!r:.60}")
    version = document.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise InvalidProblem(f"version must be a whole number from 1, got version={version!r:.40}")
    if version > VERSION:
        reader = document.get("reader")
        needs = reader if isinstance(reader, str) and len(reader) < 60 else "a later explore-theory"
        raise InvalidProblem(
            f"version must be at most {VERSION}, the newest that explore-theory {PACKAGE} reads, got "
            f"version={version}; this file needs {needs}"
        )
    kind = document.get("kind")
    if not isinstance(kind, str):
        raise InvalidProblem(f"kind must be one of {', '.join(KINDS)}, got kind={kind!r:.40}")
    return one_of("kind", kind[:40], KINDS)


def head(kind: str) -> dict[str, Any]:
    """The first fields of a document that is written."""
    return {"format": FORMAT, "version": VERSION, "kind": kind, "reader": f"explore-theory {PACKAGE}"}


def require_fields(where: str, document: Document, needed: Collection[str], known: Collection[str]) -> None:
    """Refuse a document, or a part of it named `where`, that lacks a field or has one that is unknown.

    Raises
    ------
    InvalidProblem
        That names the field; a misspelled one is not taken for one that was left out.
    """
    if missing := [name for name in needed if name not in document]:
        raise InvalidProblem(f"{where} must have {', '.join(needed)}, got no {', '.join(missing)}")
    if unknown := sorted(set(document) - {*known, *needed}):
        one_of(f"fields of {where}", unknown[0][:40], sorted({*known, *needed}))


def how_written(document: Document) -> tuple[str, str]:
    """The precision and the unit of logarithms that a document declares."""
    precision, unit = document.get("precision", "float64"), document.get("log_unit", "nats")
    for name, value in (("precision", precision), ("log_unit", unit)):
        if not isinstance(value, str):
            raise InvalidProblem(f"{name} must be text, got {name}={value!r:.40}")
    return one_of("precision", precision[:40], PRECISIONS), one_of("log_unit", unit[:40], tuple(LOG_UNITS))


def law(where: str, part: Document, precision: str, unit: str) -> tuple[str, Floats]:
    """``base``, or ``log_base`` in nats: the one of them that `part` has, with its name.

    Raises
    ------
    InvalidProblem
        If it has neither or both, or a unit without logarithms.
    """
    given = [name for name in ("base", "log_base") if name in part]
    if len(given) != 1:
        got = "neither" if not given else "both"
        raise InvalidProblem(f"{where} must have exactly one of base and log_base, got {got}")
    if given == ["base"]:
        return "base", documents.numbers("base", part["base"], precision=precision)
    logs = documents.numbers("log_base", part["log_base"], logs=True)
    return "log_base", (logs * LOG_UNITS[unit]).astype(documents.numbers("", [], precision=precision).dtype)


def noise_of(document: Document) -> NoiseLaw:
    """The noise law: ``"none"``, ``"bernoulli"`` or ``{"gaussian": scale}``.

    Raises
    ------
    InvalidProblem
        If it is none of these.
    """
    said = document.get("noise", "none")
    if isinstance(said, dict) and list(said) == ["gaussian"]:
        return Gaussian(said["gaussian"])
    if said not in ("none", "bernoulli"):
        raise InvalidProblem(
            f'noise must be "none", "bernoulli" or {{"gaussian": scale}}, got noise={said!r:.60}'
        )
    return Bernoulli() if said == "bernoulli" else NoNoise()


def said_noise(noise: NoiseLaw) -> Any:
    """How a document says a noise law.

    Raises
    ------
    InvalidProblem
        If it is none of this package.
    """
    if type(noise) not in (Gaussian, Bernoulli, NoNoise):
        raise InvalidProblem(f"noise must be a law of this package to be saved, got noise={noise!r:.60}")
    return {"gaussian": noise.scale} if isinstance(noise, Gaussian) else noise.name

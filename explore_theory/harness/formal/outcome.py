"""What checking a proof gave, as a record that a store keeps."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from explore_theory.errors import StoreError
from explore_theory.foundation.brief import brief
from explore_theory.harness.claims.proof import Proof
from explore_theory.harness.storage.records import dumps

#: Begins the name under which the outcome of a proof is stored; no check has a colon in its name.
_KEY = "proof:"


@brief
@dataclass(frozen=True, kw_only=True)
class Proved:
    """A proof that was checked.

    Parameters
    ----------
    version
        The prover's.
    statement
        The theorem as the prover understands it, all that it assumes included.
    axioms
        What it rests on, by name; those of whole modules that the proof allows as ``Module.*``.
    negations
        For each false variant that is disproved, the theorem that does it, as the prover understands it.
    lines, libraries
        Lines of the proof's own file, and names of the shared libraries that it rests on.
    bridged
        Evaluations of its definitions that were proved to be what the package computes.
    unused
        Axioms that are declared, by name, and that neither the theorem nor a negation rests on.
    """

    version: str
    statement: str
    axioms: tuple[str, ...]
    lines: int
    bridged: int
    negations: Mapping[str, str] = field(default_factory=dict)
    libraries: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


def key_of(file: str, theorem: str) -> str:
    """The name of a proof among the checks of its claim."""
    return f"{_KEY}{file}#{theorem}"


def name_of(proof: Proof) -> str:
    """`key_of` a proof."""
    return key_of(proof.file, proof.theorem)


def is_proof(check: str) -> bool:
    """Whether a stored block of this check is the outcome of a proof."""
    return check.startswith(_KEY)


def case_of(version: str) -> str:
    """The name of the case that a prover's outcome is stored as."""
    return f"coq-{version}"


def encode(proved: Proved) -> str:
    """`proved` as one line of JSON."""
    return dumps({"proved": asdict(proved)})


def decode(text: str) -> Proved:
    """The inverse of `encode`.

    Raises
    ------
    StoreError
        If `text` is no such record.
    """
    try:
        data: dict[str, Any] = json.loads(text)["proved"]
        return Proved(
            version=_word(data["version"]),
            statement=_word(data["statement"]),
            axioms=tuple(map(_word, data["axioms"])),
            lines=int(data["lines"]),
            bridged=int(data["bridged"]),
            negations={_word(slug): _word(said) for slug, said in data["negations"].items()},
            libraries=tuple(map(_word, data["libraries"])),
            # Records of before this was looked at have none of it.
            unused=tuple(map(_word, data.get("unused", ()))),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError(
            f"a stored proof must be a record of one, got {type(error).__name__}: {error}"
        ) from None


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.60} is no text")
    return value

"""Machine-checked proofs held against earlier ones: how each stands now, and what it rests on."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from explore_theory.harness.judging.proofs import Standing

#: Which way something went, and in which words.
Told = tuple[Literal["WORSE", "better", "other"], str]


def between(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[Told]:
    """What is told of a proof otherwise than before, both as `proofs.as_data` has it.

    Worse is a proof that held and does not, whether it is wrong or nobody could check it; one that is wrong
    now; and of one that holds as before more axioms, or a false variant that it disproves no longer. What it
    states is compared as one prover prints it: another one has other words for the same.
    """
    now, before = Standing(new["status"]), Standing(old["status"])
    if now is not before:
        yield _way(now, before), f"{now}, was {before}"
    elif now is Standing.HOLDS:
        yield from _sets("rests on {} too", "no longer rests on {}", new, old, "axioms", more="WORSE")
        yield from _sets("disproves {} too", "no longer disproves {}", new, old, "negations", more="better")
        if new["prover"] == old["prover"] and _said(new) != _said(old):
            yield "other", "states something else"


def require_proofs(claim: str, proofs: Any) -> None:
    """Refuse what are no proofs of the `claim`, as `proofs.as_data` has them.

    Raises
    ------
    TypeError, ValueError, LookupError
        What is wrong with them.
    """
    if not isinstance(proofs, list):
        raise TypeError(f"proofs of {claim} are no list")
    names = [proof["theorem"] for proof in proofs]
    for name, proof in zip(names, proofs, strict=True):
        place = f"{claim}: proof {name}"
        if not isinstance(name, str) or names.count(name) > 1:
            raise ValueError(f"{place:.80} must be of a theorem of its own")
        if Standing(proof["status"]) is not Standing.HOLDS:
            continue
        if not (_words(proof["axioms"]) and isinstance(proof["negations"], Mapping)):
            raise TypeError(f"{place} has axioms or negations that are no names")
        if not isinstance(proof["statement"], str) or not isinstance(proof["prover"], str):
            raise TypeError(f"{place} has a statement or a prover that is no text")


def _way(now: Standing, before: Standing) -> Literal["WORSE", "better", "other"]:
    if now is Standing.HOLDS:
        return "better"
    # What was wrong and is not looked at says nothing new.
    return "WORSE" if Standing.HOLDS is before or now is Standing.ERROR else "other"


def _sets(
    more_words: str,
    fewer_words: str,
    new: Mapping[str, Any],
    old: Mapping[str, Any],
    name: str,
    *,
    more: Literal["WORSE", "better"],
) -> Iterator[Told]:
    """What is in one of two sets of names only; `more` is the way of what the new one has in addition."""
    mine, theirs = set(new[name]), set(old[name])
    if added := sorted(mine - theirs):
        yield more, more_words.format(", ".join(added))
    if lost := sorted(theirs - mine):
        yield "better" if more == "WORSE" else "WORSE", fewer_words.format(", ".join(lost))


def _said(proof: Mapping[str, Any]) -> str:
    """A statement without its line breaks, which are the printer's."""
    return " ".join(str(proof["statement"]).split())


def _words(names: Any) -> bool:
    return isinstance(names, list) and all(isinstance(name, str) for name in names)

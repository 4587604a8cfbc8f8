"""What `formal new` writes: a theorem to prove, and the Python that holds it to its claim."""

from dataclasses import dataclass
from importlib import resources
from itertools import takewhile
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from explore_theory.errors import InvalidProblem

if TYPE_CHECKING:
    from explore_theory.harness.discovery.registry import Registered

#: Text in a comment of Coq must not end it.
_ENDS = (("*)", "* )"), ("(*", "( *"), ('"', "''"))


@dataclass(frozen=True, kw_only=True)
class Started:
    """Files to write, by path, and what to do then."""

    files: dict[Path, str]
    next: str


def start(registered: "Registered", claims: tuple[str, ...] = ()) -> Started:
    """A proof of the claim to start from; `claims` is where the command was told to look for it.

    Raises
    ------
    InvalidProblem
        If the claim has one already.
    """
    claim, folder = registered.claim, registered.path.parent
    name = claim.id.lower()
    if claim.proofs:
        raise InvalidProblem(f"{registered.label} must have no proof yet, got {claim.proofs[0].file}")
    said = {"name": name, "id": claim.id}
    said |= {key: _comment(getattr(claim, key)) for key in ("title", "statement", "formula")}
    variants = ", ".join(variant.slug for variant in claim.false_variants)
    files = {
        folder / "formal" / f"{name}.v": _template("proof.v.template").format(**said, variants=variants),
        folder / "formal" / f"proved_{name}.py": _template("proof.py.template").format(**said),
    }
    step = f"""  prove the theorem in {folder / "formal" / f"{name}.v"}: nothing may be admitted
  say in proved_{name}.py what is proved, and evaluate its definitions in bridge
  in {registered.path.name}: from {_module(folder)}formal.proved_{name} import PROOF
  and in the claim there: proofs=(PROOF,)
  explore-theory formal check {registered.label}{"".join(f" --claims {quote(place)}" for place in claims)}"""
    return Started(files=files, next=step)


def _module(folder: Path) -> str:
    """What stands before a module of `folder` where that is a package: ``proofs_checks.framework.``."""
    packages = takewhile(lambda place: (place / "__init__.py").is_file(), (folder, *folder.parents))
    return "".join(f"{place.name}." for place in reversed(list(packages)))


def _comment(text: str) -> str:
    for mark, instead in _ENDS:
        text = text.replace(mark, instead)
    return " ".join(text.split())


def _template(name: str) -> str:
    return resources.files("explore_theory.cli").joinpath("templates", name).read_text(encoding="utf-8")


def write(started: Started) -> list[Path]:
    """Write the files, none of which may be there.

    Raises
    ------
    InvalidProblem
        If one is there already; then nothing is written.
    """
    for path in started.files:
        if path.exists() or path.is_symlink():
            raise InvalidProblem(f"{path} must not exist, got a file or folder there; nothing is overwritten")
    for path, text in started.files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    return list(started.files)

"""The files of a proof: its own, and the shared libraries that it requires, however deep."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from os.path import relpath
from pathlib import Path
from typing import Any

from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.claim import Claim
from explore_theory.harness.formal.sentences import LIBRARY, libraries, refused, stated

#: The longest source that is read: a proof that a person can read is far below it.
_LONGEST = 2**20


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file of Coq: its name without ``.v``, where it lies, its text, and the libraries that it requires."""

    name: str
    path: Path
    text: str
    needs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Sources:
    """A proof's own file, and the libraries that it rests on, each after those that it requires itself."""

    own: Source
    libraries: tuple[Source, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them."""
        return (self.own.path, *(library.path for library in self.libraries))

    def require_clean(self) -> None:
        """Refuse what must not stand in a proof.

        Raises
        ------
        InvalidClaim
            One line that names the file, the line and the word.
        """
        for source in (self.own, *self.libraries):
            for reason in refused(source.text):
                raise InvalidClaim(f"{source.path.name} must be proved whole, by the rules: {reason}")

    def digest(self, *names: str) -> str:
        """A digest of the texts of the libraries `names` and of all that these require."""
        state = blake2b(digest_size=16)
        for library in self.libraries:
            if library.name in self.below(names):
                state.update(f"{library.name}\x1f{len(library.text)}\x1f{library.text}".encode())
        return state.hexdigest()

    def below(self, names: Sequence[str]) -> set[str]:
        """The libraries `names` and all that these require."""
        found = {library.name: library for library in self.libraries}
        wanted, reached = list(names), set[str]()
        while wanted:
            if (name := wanted.pop()) not in reached:
                reached.add(name)
                wanted.extend(found[name].needs)
        return reached


def sources_of(file: Path) -> Sources:
    """The sources of the proof in `file`, as they are now.

    A library ``Sums`` is ``Sums.v`` beside the proof, or in the folder ``formal`` beside the claim's own.

    Raises
    ------
    InvalidClaim
        If one of them is not there, is no text, or requires itself.
    """
    places = (file.parent, file.parent.parent.parent / "formal")
    own = _read(file, file)
    order: dict[str, Source] = {}
    _follow(own, places, order, ())
    return Sources(own=own, libraries=tuple(order.values()))


def _follow(source: Source, places: Sequence[Path], order: dict[str, Source], above: tuple[str, ...]) -> None:
    for name in source.needs:
        if name in above:
            raise InvalidClaim(f"{source.path.name} must not require itself, got a circle through {name}")
        if name not in order:
            path = next((p for place in places if (p := place / f"{name}.v").is_file()), None)
            if path is None:
                where = " or ".join(map(str, dict.fromkeys(places)))
                raise InvalidClaim(
                    f"{source.path.name} must require libraries of {LIBRARY} that exist, got {name}: "
                    f"no {name}.v in {where}"
                )
            library = _read(path, source.path)
            _follow(library, places, order, (*above, name))
            order[name] = library


def _read(path: Path, asked: Path) -> Source:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise InvalidClaim(f"proof file must exist and be read, got {path}: {reason}") from None
    if len(text) > _LONGEST:
        raise InvalidClaim(f"{path.name} must have at most {_LONGEST:,} characters, got {len(text):,}")
    return Source(name=path.stem, path=path.resolve(), text=text, needs=libraries(text))


def proof_sources(claim: Claim, folder: Path) -> tuple[str, ...]:
    """The files that the proofs of `claim` rest on, as seen from its `folder`.

    Raises
    ------
    InvalidClaim
        If one of them is not there.
    """
    names: dict[str, None] = {}
    for proof in claim.proofs:
        files = sources_of(folder / proof.file).files
        names |= dict.fromkeys(Path(relpath(file, folder.resolve())).as_posix() for file in files)
    return tuple(names)


def proof_records(claim: Claim, folder: Path) -> list[dict[str, Any]]:
    """What of the proofs of `claim` goes into a store; their files lie below its `folder`."""
    return [
        {
            "file": proof.file,
            "theorem": proof.theorem,
            "says": proof.says,
            "axioms": sorted(proof.axioms),
            "negations": dict(proof.negations),
            "needs": list(proof.needs),
            "stated": stated(sources_of(folder / proof.file).own.text, proof.theorem),
        }
        for proof in claim.proofs
    ]

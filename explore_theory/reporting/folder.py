"""The folder that a report is written into: whose it is, and files put there whole, never outside of it."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from explore_theory.errors import StoreError
from explore_theory.foundation.brief import shown
from explore_theory.foundation.files import written_whole

#: The file that marks a folder as ours, and how it begins.
MARK = ".explore-theory"
_SAYS = "Written by explore-theory report: whatever lies here may be replaced by the next report.\n"

#: What may lie in a folder that nothing has been written into yet.
_KEEPERS = frozenset({"README.md", ".gitignore", ".gitkeep"})
_PAGE = "index.html"
#: How pages of ours begin: today's, and those from before there was a mark.
_OURS = re.compile(
    rb"<meta name=\"generator\" content=\"explore-theory[\" ]|<title>explore-theory report</title>"
)
#: Bytes of a page in which this stands.
_HEAD = 65536
_MARK_HEAD = len(b"Written by explore-theory")


def require_own(out: Path) -> None:
    """Refuse a folder that holds what no report wrote; nothing is written.

    Ours is what is missing, empty (``README.md``, ``.gitignore``, ``.gitkeep`` and folders with our mark do
    not count), carries our mark, or has an ``index.html`` that is a report.

    Raises
    ------
    StoreError
        If `out` is no folder, cannot be read, or is somebody else's.
    """
    try:
        if not out.exists() and not out.is_symlink():
            return
        names = {entry.name for entry in out.iterdir() if not _marked(entry / MARK)} - _KEEPERS
        ours = not names or _marked(out / MARK) or _is_page(out / _PAGE)
    except OSError as error:
        raise _refusal(out, error) from None
    if not ours:
        found = min(names)
        raise StoreError(
            f"out must be a new or empty folder, or one that a report was written into, got out={str(out)!r},"
            f" where {shown(found)} lies and no mark of ours ({MARK}) does"
        )


def own_folder(out: Path) -> None:
    """Make `out` a folder of ours: see `require_own`; it is made if it is missing, and marked.

    Raises
    ------
    StoreError
        If it is somebody else's, or cannot be written.
    """
    require_own(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refusal(out, error) from None
    if not _marked(out / MARK):
        put(out, MARK, _SAYS.encode())


def put(out: Path, name: str, content: bytes) -> Path:
    """Write `content` to the file `name` of the folder `out`, whole or not at all; its path.

    `name` is a path below `out` with ``/`` between its parts; folders on the way are made. A link in the
    place of the file is replaced; one on the way that leads out of `out` is refused.

    Raises
    ------
    StoreError
        If `name` leads out of `out`, or the file cannot be written: what was there before is unchanged.
    """
    target = _inside(out, name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(target) as file:
            file.write(content)
    except OSError as error:
        raise _refusal(target, error) from None
    return target


def put_page(out: Path, page: str) -> Path:
    """Write the text `page` as ``index.html`` into the folder `out`, whole or not at all; its path.

    Raises
    ------
    StoreError
        If `out` is somebody else's, or cannot be written.
    """
    own_folder(out)
    return put(out, _PAGE, page.encode(errors="replace"))


def listed(out: Path) -> list[str]:
    """The files that the mark of `out` lists, as `fill` noted them."""
    try:
        lines = (out / MARK).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise _refusal(out, error) from None
    return [line for line in lines[1:] if line]


def fill(out: Path, files: Mapping[str, bytes]) -> None:
    """Put `files`, content by name, into the folder `out` of ours, and remove those of an earlier call.

    Whatever else lies there stays. If a file cannot be written, those before it are of this call, those after
    it of the earlier one, and each is whole.

    Raises
    ------
    StoreError
        As `own_folder` and `put`.
    """
    own_folder(out)
    # Some file systems take names for one that differ in large and small letters.
    kept = {name.casefold() for name in files}
    earlier = [name for name in listed(out) if name.casefold() not in kept]
    # Noted before and after: whoever is interrupted forgets no file.
    put(out, MARK, _mark([*earlier, *files]))
    for name, content in files.items():
        put(out, name, content)
    for name in earlier:
        target = _inside(out, name)
        try:
            target.unlink(missing_ok=True)
        except OSError as error:
            raise _refusal(target, error) from None
    put(out, MARK, _mark(files))


def _mark(names: Iterable[str]) -> bytes:
    return "".join([_SAYS, *(f"{name}\n" for name in names)]).encode()


def safe_name(text: str) -> str:
    """`text` as a part of a file's name on every system: letters, digits, dots inside, ``_`` and ``-``."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text)[:LONGEST].strip("-") or "unnamed"


#: Characters of a part of a file's name: two of them with an ending fit into what file systems take.
LONGEST = 80


def _inside(out: Path, name: str) -> Path:
    """The file `name` of `out`; refused where it, or a link on the way, leads out of it."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or not all(map(_plain, parts)):
        raise StoreError(f"a file of a report must lie inside its folder, got name={name!r}")
    target = out.joinpath(*parts)
    try:
        inside = target.parent.resolve().is_relative_to(out.resolve())
    except (OSError, RuntimeError) as error:
        # A circle of links is no OSError in every Python.
        raise _refusal(target, error) from None
    if not inside:
        raise StoreError(
            f"a file of a report must lie inside its folder, got the link {str(target.parent)!r}"
        )
    return target


def _plain(part: str) -> bool:
    """Whether `part` names something in a folder, on Windows too, and not the folder above it."""
    return part not in (".", "..") and not set(part) & set('\\:\0"<>|?*')


def _marked(mark: Path) -> bool:
    """Whether the file `mark` is there and ours; someone else's program may be called like this one."""
    return mark.is_file() and _head(mark, _MARK_HEAD) == _SAYS.encode()[:_MARK_HEAD]


def _is_page(page: Path) -> bool:
    return page.is_file() and _OURS.search(_head(page, _HEAD)) is not None


def _head(path: Path, length: int) -> bytes:
    with path.open("rb") as file:
        return file.read(length)


def _refusal(path: Path, error: Exception) -> StoreError:
    reason = getattr(error, "strerror", None) or error
    return StoreError(f"out must be a folder that can be written, got out={str(path)!r}: {reason}")

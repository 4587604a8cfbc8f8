"""What a kernel's machine code rests on among sources: its file, and all that this imports, however deep.

Compiled code contains the kernels that it calls and the values of the globals that it reads, and both may
come from other files. All imports are followed, also of what is no kernel: a constant is frozen as well.
"""

import sys
import sysconfig
from functools import cache
from hashlib import blake2b
from pathlib import Path

from explore_theory._package import FOLDER, LOADED
from explore_theory.foundation.import_statements import imported_names

#: Seconds by which the time of a file may lie before the moment at which it was written.
TICK = 0.02


@cache
def sources_digest(file: Path) -> str:
    """A digest of the names and contents of `file` and of what it imports; where all of it lies is no matter.

    Names are those of modules, so that two clones of one source agree. It is looked at once in a process:
    what is loaded stays as it was when it was loaded.
    """
    state = blake2b(digest_size=16)
    for name, found in sorted(closure(file).items()):
        content = found.read_bytes() if isinstance(found, Path) else found.encode()
        state.update(f"{name}\x1f{len(content)}\x1f".encode())
        state.update(content)
    return state.hexdigest()


def is_as_loaded(file: Path) -> bool:
    """Whether nothing that `sources_digest` looks at was written since this process began.

    Otherwise the files may say one thing and the modules in memory, with the kernels in them, another.
    """
    files = (found for found in closure(file).values() if isinstance(found, Path))
    return all(max(s.st_mtime, s.st_ctime) < LOADED - TICK for s in (found.stat() for found in files))


def closure(file: Path) -> dict[str, Path | str]:
    """`file` and all that it imports, by the full names of modules: files of source, versions of libraries.

    What lies in the same top-level package as `file` counts as source even where it is installed.
    """
    root, name = _root(file), _module_name(file)
    # A module in no package makes all of its folder no package either.
    homes = (FOLDER, root / name.partition(".")[0]) if "." in name else (FOLDER,)
    found: dict[str, Path | str] = {}
    waiting = [(name, file)]
    while waiting:
        module, path = waiting.pop()
        if module in found:
            continue
        found[module] = path
        for imported in sorted(_imported(module, path)):
            source = _source(imported, (_root(path), FOLDER.parent), homes)
            if source is not None:
                waiting.append((imported, source))
            elif version := getattr(sys.modules.get(top := imported.partition(".")[0]), "__version__", None):
                found[top] = str(version)
    return found


@cache
def _imported(name: str, file: Path) -> frozenset[str]:
    return imported_names(name, file.name == "__init__.py", file.read_bytes())


def _source(name: str, roots: tuple[Path, ...], homes: tuple[Path, ...]) -> Path | None:
    """The file of the module `name`, below `roots` or where it was imported from; None if it is no source."""
    for root in roots:
        place = root.joinpath(*name.split("."))
        for file in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
            if file.is_file() and _is_source(file, homes):
                return file
    loaded = Path(getattr(sys.modules.get(name), "__file__", None) or "")
    return loaded if loaded.suffix == ".py" and _is_source(loaded, homes) else None


def _is_source(file: Path, homes: tuple[Path, ...]) -> bool:
    """Whether `file` may be edited under one version: it is no part of Python or of an installed library."""
    if any(file.is_relative_to(home) for home in homes):
        return True
    standard = file.is_relative_to(sysconfig.get_path("stdlib"))
    return not (standard or {"site-packages", "dist-packages"} & set(file.parts))


def _module_name(file: Path) -> str:
    parts = file.relative_to(_root(file)).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def _root(file: Path) -> Path:
    """The folder that holds the outermost package around `file`."""
    root = file.parent
    while (root / "__init__.py").exists() and root != root.parent:
        root = root.parent
    return root

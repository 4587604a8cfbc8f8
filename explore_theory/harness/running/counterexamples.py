"""Counter-examples of refuted cases, as files: the violation, the world it lives in, and where in it it is.

The violation is a small text, which ``explore-theory replay`` runs again (see `violation`). Beside it stands
a file that `numpy.savez` writes: the arrays of the world of a block, and ``about``, a JSON text, with the
index of the comparison among those of the block. Where the check says which problem a comparison is about,
that is saved too, in the form that ``explore-theory run --instance`` reads.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from explore_theory.errors import StoreError
from explore_theory.foundation.brief import brief
from explore_theory.foundation.files import written_whole
from explore_theory.harness.claims.claim import Trial
from explore_theory.harness.discovery.guesses import reason_of
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.outcomes import CaseResult
from explore_theory.harness.measures.columns import as_float
from explore_theory.harness.running import violations
from explore_theory.harness.running.comparisons import Compared, at_home, compared
from explore_theory.harness.running.violation import name_of
from explore_theory.harness.storage.records import dumps


@brief
@dataclass(frozen=True, kw_only=True)
class Counterexample:
    """What `load` reads: `about` says what was compared, `world` holds its arrays by name."""

    about: Mapping[str, Any]
    world: Mapping[str, Any]


def save(registered: Registered, case: CaseResult, variant: str, folder: Path) -> list[str]:
    """Write the counter-example of a refuted `case` into `folder` (made if missing); returns the files.

    A violation or a problem that cannot be made (of the broken world of a false variant, say) is told in
    place of its file.

    Raises
    ------
    StoreError
        If the folder cannot be written.
    """
    block, row = case.block, case.verdict.row
    if block is None or row is None:
        return []
    with at_home(registered, block):
        found = compared(registered.claim, block)
    check, world = found.check, found.world
    index = row.index - found.first
    about = {
        "claim": registered.claim.id,
        "statement": registered.claim.statement,
        "false variant": variant,
        "block": asdict(block),
        "index": index,
        "params": dict(case.params),
        "relation": case.relation,
        "measured": [as_float(row.lo), as_float(row.hi)],
        "bound": [as_float(row.bound_lo), as_float(row.bound_hi)],
        "witness": dict(row.witness),
    }
    name = name_of(registered.label, variant, case.check, case.case)
    path = folder / f"{name}.npz"
    arrays, saved = dict(_arrays("world", world, set())), list[str]()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(path, {"about": np.array(dumps(about)), **arrays})
        saved += [str(path), _violation(registered, case, variant, found, folder)]
        if check.problem is None:
            return saved
        beside = folder / f"{name}.problem.npz"
        check.problem(world, index).save(beside)
    except OSError as error:
        raise StoreError(f"witness must be a folder to write to, got {str(folder)!r}: {error}") from None
    except StoreError:
        raise
    except Exception as error:  # whatever the claim's own function raises is told, and the others are saved
        return [*saved, f"its problem cannot be saved: {reason_of(error)}"]
    return [*saved, str(beside)]


def _violation(registered: Registered, case: CaseResult, variant: str, found: Compared, folder: Path) -> str:
    """The file of the violation, or why there is none."""
    try:
        violation = violations.of(registered, case, variant, found=found)
    except Exception as error:  # whatever the claim's own search raises
        return f"its violation cannot be saved: {reason_of(error)}"
    assert violation is not None
    return str(violations.write(violation, folder))


def require_folder(folder: Path) -> None:
    """Refuse a folder that counter-examples cannot be written to, before anything has run.

    Raises
    ------
    StoreError
        If it is no folder and cannot become one, or takes no files.
    """
    try:
        above = next(place for place in (folder, *folder.resolve().parents) if place.exists())
        able = above.is_dir() and os.access(above, os.W_OK)
        # A link to nothing is no folder, and in the way of one.
        able = able and (folder.exists() or not folder.is_symlink())
    except OSError:
        able = False
    if not able:
        raise StoreError(f"witness must be a folder to write to, got {str(folder)!r:.120}")


def load(path: str | Path) -> Counterexample:
    """A counter-example that `save` wrote.

    Raises
    ------
    StoreError
        If the file is none.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            world = {name.removeprefix("world."): file[name] for name in file.files if name != "about"}
    except (OSError, EOFError, ValueError, LookupError) as error:
        raise StoreError(f"witness must be a file of `verify --witness`, got {path}: {error}") from None
    return Counterexample(about=about, world=world)


def _arrays(name: str, thing: Any, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """The numbers in `thing` as arrays, by a dotted name; what is `seen` already is not entered again."""
    if isinstance(thing, Trial) or getattr(thing, "changes_in_use", False) or id(thing) in seen:
        return
    if not isinstance(thing, int | float | str):
        seen.add(id(thing))
    if isinstance(thing, np.ndarray | np.generic | int | float | str):
        array = np.asarray(thing)
        if array.dtype != object:
            yield name, array
    elif isinstance(thing, Mapping):
        for key, value in thing.items():
            yield from _arrays(f"{name}.{key}", value, seen)
    elif isinstance(thing, list | tuple):
        for number, value in enumerate(thing):
            yield from _arrays(f"{name}.{number}", value, seen)
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from _arrays(f"{name}.{field.name}", getattr(thing, field.name), seen)
    else:
        for key, value in getattr(thing, "__dict__", {}).items():
            yield from _arrays(f"{name}.{key}", value, seen)


def _write(path: Path, arrays: Mapping[str, Any]) -> None:
    with written_whole(path) as file:
        np.savez_compressed(file, **dict(arrays))

"""The ledgers of papers alone: what a report of stored results needs of the code. No claim is imported."""

import re
from collections.abc import Sequence
from pathlib import Path

from explore_theory.harness.discovery.ledgers import KINDS
from explore_theory.harness.discovery.registry import Loaded, Registry, load_from, roots_of
from explore_theory.harness.discovery.roots import claim_files
from explore_theory.harness.isolation.rooms import forget_edited

#: What a file must hold to list rows: the name of a ledger, or everything of another module.
_MAY_LIST = re.compile(rb"\b(?:%s)\b|\bimport\s*\(?\s*\*" % "|".join(KINDS).encode())


def discover_papers(sources: Sequence[str] = ()) -> Registry:
    """The ledgers that `registry.discover` finds in `sources`, and of the claims only those in their files.

    A module lists statements, items and proofs under names that stand in its file, so a file without any of
    them is not loaded. What could not be loaded is `Broken`, as there.

    Raises
    ------
    InvalidClaim
        As `registry.discover`.
    """
    forget_edited()
    roots, _ = roots_of(sources)
    loaded = Loaded()
    seen: set[Path] = set()
    for root in roots:
        files = [file for file in claim_files(root.path) if file not in seen]
        seen.update(files)
        load_from(root, [file for file in files if _may_list(file)], loaded)
    return Registry(
        claims=tuple(loaded.claims),
        broken=tuple(loaded.broken),
        statements=loaded.ledgers.statements,
        paper=loaded.ledgers.paper,
        papers=loaded.ledgers.papers,
        proofs=loaded.ledgers.proofs(),
        owners=loaded.ledgers.owners,
    )


def _may_list(file: Path) -> bool:
    try:
        return _MAY_LIST.search(file.read_bytes()) is not None
    except OSError:
        # Loading it says what is wrong with it.
        return True

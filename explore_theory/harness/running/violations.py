"""Violations as small files: found in a case that is refuted, written, and read again.

`replaying.replay` runs one again.
"""

from pathlib import Path

from explore_theory.errors import InvalidClaim, StoreError
from explore_theory.foundation.brief import shown
from explore_theory.foundation.files import written_whole
from explore_theory.harness.claims.claim import Run
from explore_theory.harness.discovery.budget import ALPHA
from explore_theory.harness.discovery.fingerprint import library_versions
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.outcomes import CaseResult
from explore_theory.harness.running.comparisons import Compared, at_home, compared, trial_of
from explore_theory.harness.running.searching import simplest
from explore_theory.harness.running.violation import Violation, decode, encode
from explore_theory.harness.verdicts.summary import Row
from explore_theory.harness.verdicts.verdict import Status, decide

#: A file that is larger is none of ours.
MOST_BYTES = 16 * 2**20


def of(
    registered: Registered, case: CaseResult, variant: str = "", *, found: Compared | None = None
) -> Violation | None:
    """The violation in `case`, a result of `registered` or of its false `variant` or printed form.

    None if the case is not refuted. Its block is measured again to find its place (or was, as `found`), and
    where the check searches its instance is made as simple as it can be.

    Raises
    ------
    InvalidClaim
        If what its search calls the simplest violation is none.
    """
    block, row = case.block, case.verdict.row
    if block is None or row is None or case.verdict.status is not Status.REFUTED:
        return None
    run = next(r for r in registered.claim.runs() if r.part == variant and r.check.slug == case.check)
    sampled = case.summary is not None and case.summary.sample is not None
    rows, index, instance = (block.first, block.last), 0, None
    if sampled:
        # A sample is refuted by all its rows, up to the checkpoint that decides.
        here = next(c for c in run.check.cases if c.slug == case.case)
        rows = 0, here.row_count(block.tier)
    else:
        with at_home(registered, block):
            found = found or compared(registered.claim, block)
            index = row.index - found.first
            if run.check.search is not None:
                trial = trial_of(registered.claim, block)
                small = simplest(run.check, run.relation, trial, index)
                instance = run.check.search.encode(small)
                row = _refuting(run, compared(registered.claim, block, (small,)))
                index = 0
    return Violation(
        claim=registered.label,
        digest=registered.digest,
        statement=registered.claim.statement,
        part=variant,
        check=case.check,
        case=case.case,
        tier=block.tier,
        reseed=block.reseed,
        rows=rows,
        index=index,
        params=dict(case.params),
        relation=case.relation,
        resolution=case.resolution,
        measured=(row.lo, row.hi),
        bound=(row.bound_lo, row.bound_hi),
        alpha=(ALPHA if case.alpha is None else case.alpha) if sampled else None,
        witness=dict(row.witness),
        instance=instance,
        versions=versions(),
    )


def _refuting(run: Run, found: Compared) -> Row:
    """The one comparison of `found`, which must be a violation."""
    verdict = decide(found.summary(), run.relation, run.check.resolution, beyond=run.must_fail)
    if verdict.status is not Status.REFUTED or verdict.row is None:
        raise InvalidClaim(
            f"search of check {run.check.slug!r} must end at a violation, got one that is "
            f"{verdict.status}: {verdict.reason}"
        )
    return verdict.row


def write(violation: Violation, folder: Path) -> Path:
    """Write `violation` into `folder` (made if missing), whole or not at all; returns the file.

    Raises
    ------
    StoreError
        If it cannot be written: no such folder can be made, or the disk is full.
    """
    path = folder / f"{violation.name}.json"
    text = encode(violation)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as file:
            file.write(text.encode())
    except OSError as error:
        why = error.strerror or error
        raise StoreError(f"violation must be written whole, got {shown(path)}: {why}") from None
    return path


def read(path: Path) -> Violation:
    """The violation in the file `path`.

    Raises
    ------
    StoreError
        If it cannot be read, is none, is damaged, or was written by a later version.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise StoreError(f"a violation must be at most {MOST_BYTES:,} bytes, got more")
        return decode(content.decode())
    except UnicodeDecodeError as error:
        why = f"it must be UTF-8, got another byte at {error.start}"
    except OSError as error:
        why = error.strerror or str(error)
    except StoreError as error:
        why = str(error)
    raise StoreError(f"{shown(path)} must be a violation that `verify --witness` wrote: {why}")


def files(place: Path) -> list[Path]:
    """The files of violations in the folder `place`, by name; `place` itself if it is no folder.

    Raises
    ------
    StoreError
        If it does not exist, or is a folder without such files.
    """
    if not place.is_dir():
        if not place.exists():
            raise StoreError(f"{shown(place)} must be a file or a folder of violations, got nothing there")
        return [place]
    found = sorted(path for path in place.glob("*.json") if not path.name.startswith("."))
    if not found:
        raise StoreError(f"{shown(place)} must hold violations, got a folder without a .json file")
    return found


def versions() -> dict[str, str]:
    """What numbers may depend on, with its version."""
    from importlib.metadata import PackageNotFoundError, version

    found = library_versions()
    try:
        return found | {"hypothesis": version("hypothesis")}
    except PackageNotFoundError:
        return found

"""Plant faults in a copy of the sources, one at a time, and see that the named claim or test notices each.

The faults are small patches in the TOML files beside this one:

```toml
[[fault]]
name = "gap-forgets-beta"                  # unique; told in words by the next line
why = "the gap is the bare divergence"
file = "explore_theory/exact/objective.py" # or several [[fault.edit]] tables with file, old and new
old = "return beta * kl"                   # occurs exactly once in the file
new = "return kl"
noticed = ["F1:search", "tests/exact/test_objective.py::test_gap"]  # each must notice it by itself
origin = "mutations.md"                    # where it comes from; "new" if thought of here
before = "unnoticed"                       # "tests only", "noticed" or "not measured" before it was listed
```

A claim notices by a case of the check that is REFUTED at the quick tier; a test by an assertion that fails,
not by a crash. Run as ``python -m tests.faults.plant [GLOB ...] [--jobs N] [--clean] [--list]``.
"""

import argparse
import ast
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from xml.etree import ElementTree

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
#: What a copy holds: the sources, and what tests read.
PARTS = ("explore_theory", "proofs_checks", "tests", "docs", "pyproject.toml", "README.md", "CHANGELOG.md")
#: One fault may take so many seconds.
LIMIT = 600.0
#: Failures of these kinds are crashes of the patched code, not something that a test has noticed.
CRASHES = ("SyntaxError", "NameError", "UnboundLocalError", "ImportError", "ModuleNotFoundError",
           "AttributeError", "TypeError")  # fmt: skip
FIELDS = {"name", "why", "file", "old", "new", "edit", "noticed", "origin", "before"}


@dataclass(frozen=True)
class Edit:
    file: str
    old: str
    new: str

    def patched(self, root: Path) -> str:
        """The text of the file with the fault; ValueError if the patch does not apply exactly once."""
        path = root / self.file
        if not path.is_file():
            raise ValueError(f"{self.file}: there is no such file")
        text = path.read_text(encoding="utf-8")
        if (count := text.count(self.old)) != 1:
            raise ValueError(f"{self.file}: the old text occurs {count} times, and must once")
        changed = text.replace(self.old, self.new)
        if ast.dump(ast.parse(changed)) == ast.dump(ast.parse(text)):
            raise ValueError(f"{self.file}: the patch changes nothing")
        return changed


@dataclass(frozen=True)
class Fault:
    name: str
    why: str
    edits: tuple[Edit, ...]
    noticed: tuple[str, ...]
    origin: str
    before: str

    def apply(self, root: Path) -> None:
        """Write the fault into the copy at `root`; edits of one file follow each other."""
        for edit in self.edits:
            (root / edit.file).write_text(edit.patched(root), encoding="utf-8")


def load(folder: Path = FOLDER) -> list[Fault]:
    """All faults, in the order of the files."""
    return [_fault(entry, path) for path in sorted(folder.glob("*.toml")) for entry in _entries(path)]


def _entries(path: Path) -> list[dict]:
    return tomllib.loads(path.read_text(encoding="utf-8")).get("fault", [])


def _fault(entry: dict, path: Path) -> Fault:
    if unknown := entry.keys() - FIELDS:
        raise ValueError(f"{path.name}: a fault has no {sorted(unknown)}: {entry.get('name')}")
    edits = entry.get("edit") or [{key: entry[key] for key in ("file", "old", "new")}]
    return Fault(
        name=entry["name"],
        why=entry["why"],
        edits=tuple(Edit(**edit) for edit in edits),
        noticed=tuple(entry["noticed"]),
        origin=entry["origin"],
        before=entry["before"],
    )


class Copy:
    """A copy of the sources in which faults come and go."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "sources"
        self._seconds = int(time.time())
        self.root.mkdir(parents=True)
        for part in PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, self.root / part, ignore=shutil.ignore_patterns("__pycache__"))
            elif (ROOT / part).exists():
                shutil.copy(ROOT / part, self.root / part)

    @contextmanager
    def holding(self, fault: Fault | None) -> Iterator[None]:
        """`fault` is in the copy."""
        files = sorted({edit.file for edit in fault.edits}) if fault else []
        try:
            if fault is not None:
                fault.apply(self.root)
                self._date(files)
            yield
        finally:
            for file in files:
                shutil.copy(ROOT / file, self.root / file)
            self._date(files)

    def _date(self, files: Iterable[str]) -> None:
        # Python keeps bytecode by the second and the size of the source: two faults in one second look alike.
        self._seconds += 2
        for file in files:
            os.utime(self.root / file, (self._seconds, self._seconds))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Python in the copy, with the copy's packages."""
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))},
            "PYTHONPATH": str(self.root),
            "PYTHONPYCACHEPREFIX": str(self.root.parent / "bytecode"),
            "NUMBA_CACHE_DIR": str(self.root.parent / "kernels"),
            "OMP_NUM_THREADS": "1",
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )


@dataclass(frozen=True)
class Sight:
    """What one of those who must notice made of a copy: ``noticed``, ``quiet`` or ``broken``, and why."""

    kind: str
    words: str = ""


def observe(copy: Copy, fault: Fault | None, noticed: Iterable[str]) -> dict[str, Sight]:
    """What each entry of `noticed` makes of the copy with `fault`."""
    seen = {}
    with copy.holding(fault):
        for entry in noticed:
            try:
                seen[entry] = _tested(copy, entry) if ".py::" in entry else _verified(copy, entry)
            except subprocess.TimeoutExpired:
                seen[entry] = Sight("broken", f"no answer within {LIMIT:.0f} s")
    return seen


def _verified(copy: Copy, entry: str) -> Sight:
    claim, _, check = entry.partition(":")
    done = copy.run("tests/faults/verdicts.py", claim, check)
    if done.returncode:
        return Sight("broken", f"not verified: {(done.stderr.strip().splitlines() or [''])[-1]}")
    cases = json.loads(done.stdout.splitlines()[-1])
    words = "; ".join(f"{case} {status} ({reason})" for case, status, reason in cases)
    statuses = {status for _, status, _ in cases}
    if "REFUTED" in statuses:
        return Sight("noticed", words)
    return Sight("quiet" if statuses <= {"HOLDS", "NOT APPLICABLE"} else "broken", words)


def _tested(copy: Copy, entry: str) -> Sight:
    report = copy.root.parent / "junit.xml"
    report.unlink(missing_ok=True)
    done = copy.run(
        "-m", "pytest", "-q", "-n", "0", "-m", "", "-p", "no:cacheprovider", f"--junitxml={report}", entry
    )  # fmt: skip
    if not report.exists():
        return Sight("broken", f"pytest ended with {done.returncode}: {done.stdout[-300:]}")
    suites = list(ElementTree.parse(report).getroot().iter("testsuite"))
    failures = [f.get("message", "") for suite in suites for f in suite.iter("failure")]
    errors = [e.get("message", "") for suite in suites for e in suite.iter("error")]
    told = [message for message in failures if not message.startswith(CRASHES)]
    if told:
        return Sight("noticed", told[0])
    if failures or errors:
        return Sight("broken", f"a crash, not a notice: {(failures + errors)[0][:300]}")
    ran = sum(int(suite.get("tests", 0)) - int(suite.get("skipped", 0)) for suite in suites)
    return Sight("quiet" if ran else "broken", f"{ran} tests pass")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.plant", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=["*"], help="globs over the faults' names (default: all)")
    parser.add_argument("--jobs", type=int, default=1, help="copies side by side")
    parser.add_argument("--clean", action="store_true", help="plant nothing: who cries wolf?")
    parser.add_argument(
        "--list", action="store_true", help="print the table of faults and who must notice them"
    )
    chosen = parser.parse_args(arguments)
    faults = [f for f in load() if any(fnmatch.fnmatchcase(f.name, name) for name in chosen.names)]
    if not faults:
        print(f"no fault is called {' or '.join(chosen.names)}", file=sys.stderr)
        return 2
    if chosen.list:
        print("fault | what it makes false | before it was listed | who must notice it")
        for fault in faults:
            print(f"{fault.name} | {fault.why} | {fault.before} | {', '.join(fault.noticed)}")
        return 0
    return _plant(faults, chosen.jobs, chosen.clean)


def _plant(faults: list[Fault], jobs: int, clean: bool) -> int:
    missed = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for number in range(jobs):
            copies.put(Copy(Path(folder) / str(number)))

        def look(fault: Fault) -> tuple[Fault, dict[str, Sight], float]:
            copy, start = copies.get(), time.monotonic()
            try:
                seen = observe(copy, None if clean else fault, fault.noticed)
            except ValueError as error:
                seen = {"the patch": Sight("broken", str(error))}
            finally:
                copies.put(copy)
            return fault, seen, time.monotonic() - start

        wanted = "quiet" if clean else "noticed"
        for fault, seen, seconds in pool.map(look, faults):
            wrong = {entry: sight for entry, sight in seen.items() if sight.kind != wanted}
            missed += bool(wrong)
            print(f"{f'NOT {wanted}' if wrong else wanted:<12} {fault.name} ({seconds:.0f} s)", flush=True)
            for entry, sight in wrong.items():
                print(f"    {entry}: {sight.kind}: {sight.words}", flush=True)
    print(f"{len(faults) - missed} of {len(faults)} {wanted}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Claims as pytest tests, where a project asks for it.

Turned on by the ini option ``explore_theory_claims = <package or path> ...`` or by ``--claims PATH``.
Anywhere else this plugin only registers its options: it imports nothing heavier than pytest.

A claim becomes one test per check (``F1[search]``), one that a tight bound breaks when moved
(``F1[tight]``), one per machine-checked proof (``F1[proof-f1]``, skipped where no prover is installed), one
per false variant (``F1[not-beta-forgotten]``), each of which must be refuted, and one on
its verdict as a whole (``F1[verdict]``), which fails where none of these does and it does not HOLD.

The ini option ``explore_theory_violations = <folder> ...`` makes a test of every violation that is kept
there; of the claim's own statement it must be mended, of what is false it must be refuted still.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections import deque

    from explore_theory.harness.discovery.registry import Registered, Registry
    from explore_theory.harness.judging.outcomes import CaseResult, Result
    from explore_theory.harness.running.executors import Executor
    from explore_theory.harness.running.worker import Job
    from explore_theory.harness.storage.store import Outcome, Store

_INI = "explore_theory_claims"
_KEPT_INI = "explore_theory_violations"
_ROOTS = pytest.StashKey[dict[Path, str]]()
_VIOLATIONS = pytest.StashKey[list[Path]]()
_STORE = pytest.StashKey[Any]()
_RESULTS = pytest.StashKey[dict[str, Any]]()
_WORKERS = pytest.StashKey[Any]()
_LOADED = pytest.StashKey[dict[Path, Any]]()
_ALL = pytest.StashKey[Any]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options; all but ``--claims`` start with ``--claims-``."""
    parser.addini(_INI, "packages or folders whose claims are collected as tests", type="args", default=[])
    parser.addini(_KEPT_INI, "folders of violations that are run again as tests", type="paths", default=[])
    group = parser.getgroup("explore-theory", "claims of explore-theory as tests")
    group.addoption(
        "--claims",
        action="append",
        default=[],
        metavar="PATH",
        help="collect the claims of this package or folder",
    )
    group.addoption("--claims-tier", default="quick", choices=("quick", "full"), help="how much to run")
    group.addoption("--claims-store", metavar="FILE", help="keep results in this store and resume from it")
    group.addoption(
        "--claims-jobs",
        type=int,
        default=1,
        metavar="N",
        help="worker processes for claims; 0 runs them here, as --pdb does",
    )
    group.addoption("--claims-reseed", type=int, default=0, metavar="N", help="fresh random streams")
    group.addoption("--claims-fresh", action="store_true", help="run again whatever the store holds")


def pytest_configure(config: pytest.Config) -> None:
    """Find the folders of claims, and add them to what is collected."""
    asked = dict(_folder(config, name) for name in config.getoption("--claims"))
    turned_on = dict(_folder(config, name, ini=True) for name in config.getini(_INI))
    config.stash[_ROOTS] = turned_on | asked
    config.stash[_LOADED] = {}
    # A bare `pytest` collects the claims of a project that turned them on; so does --claims, always. A call
    # that names its own files or folders collects those.
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    wanted = asked if named else turned_on | asked
    known = {Path(argument).resolve() for argument in config.args}
    config.args.extend(str(folder) for folder in wanted if folder not in known)
    config.stash[_VIOLATIONS] = kept = [_kept_folder(path) for path in config.getini(_KEPT_INI)]
    inside = {folder for folder in kept if known & {folder, *folder.parents}}
    config.args.extend(str(folder) for folder in kept if not named and folder not in inside)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close the store and end the workers."""
    if (kept := config.stash.get(_WORKERS, None)) is not None:
        kept.workers.close()
    store = config.stash.get(_STORE, None)
    if store is not None:
        store.__exit__(None, None, None)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect Python files below a folder of claims, and violations in a folder of them."""
    if file_path.suffix == ".json" and file_path.parent.resolve() in parent.config.stash.get(_VIOLATIONS, ()):
        kept: pytest.Collector = ViolationFile.from_parent(parent, path=file_path)
        return kept
    if _is_claim_file(parent.config, file_path):
        collector: pytest.Collector = ClaimFile.from_parent(parent, path=file_path)
        return collector
    return None


def _is_claim_file(config: pytest.Config, path: Path) -> bool:
    roots = config.stash.get(_ROOTS, {})
    fits = path.suffix == ".py" and not path.name.startswith("_")
    return fits and any(path.resolve().is_relative_to(root) for root in roots)


def _looks_like_tests(config: pytest.Config, path: Path) -> bool:
    return any(path.match(pattern) for pattern in config.getini("python_files"))


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """No tests of Python's in a file of claims that is named in the call.

    pytest takes any file that is named for a module of tests, and would import it, outside of its room.
    """
    if _is_claim_file(parent.config, module_path) and not _looks_like_tests(parent.config, module_path):
        nothing: pytest.Collector = NoTests.from_parent(parent, path=module_path)
        return nothing
    return None


class NoTests(pytest.File):
    """A file of claims, as a module of tests."""

    def collect(self) -> Iterator[pytest.Item]:
        """Nothing."""
        return iter(())


def _named(made: Any, parent: pytest.Collector, name: str, **more: Any) -> pytest.Item:
    """An item of `parent` whose node id is given as text, as ``--last-failed`` compares it with texts.

    pytest 9.2 takes the name ``F1[tight]`` as it is, but reads it in a text as a name with parameters. As the
    two differ, a failure would be left out of what is run again (pytest's issue 15045).
    """
    item: pytest.Item = made.from_parent(parent, name=name, nodeid=f"{parent.nodeid}::{name}", **more)
    return item


class ClaimFile(pytest.File):
    """A module of claims: its tests, or none if it holds shared code."""

    def collect(self) -> Iterator[pytest.Item]:
        """One test per check, false variant and printed form, one for tightness, one for the verdict."""
        registered = self._registered()
        if registered is None:
            return
        if isinstance(registered, str):
            # A failure to collect would stop the whole session, and with it the claims that are fine.
            yield _named(BrokenItem, self, "loads", trace=registered)
            return
        claim = registered.claim
        tier = self.config.getoption("--claims-tier")
        running = {check.slug for check in claim.checks if check.cases_at(tier)}
        for check in claim.checks:
            if check.slug not in running:
                continue
            yield self._item(registered, name=f"{claim.id}[{check.slug}]", kind="check", part=check.slug)
        if any(case.tight for check in claim.checks for case in check.cases_at(tier)):
            yield self._item(registered, name=f"{claim.id}[tight]", kind="tight", part="")
        for variant in claim.false_variants:
            if variant.check not in running:
                continue
            yield self._item(
                registered, name=f"{claim.id}[not-{variant.slug}]", kind="variant", part=variant.slug
            )
        for form in claim.printed:
            if form.check.cases_at(tier):
                yield self._item(
                    registered, name=f"{claim.id}[printed-{form.slug}]", kind="printed", part=form.slug
                )
        for proof in claim.proofs:
            yield self._item(
                registered, name=f"{claim.id}[proof-{proof.theorem}]", kind="proof", part=proof.theorem
            )
        yield self._item(registered, name=f"{claim.id}[verdict]", kind="verdict", part="")

    def _item(self, registered: Registered, *, name: str, kind: str, part: str) -> pytest.Item:
        return _named(ClaimItem, self, name, registered=registered, kind=kind, part=part)

    def _registered(self) -> Registered | str | None:
        """The claim of this file, why it could not be loaded, or None if it holds shared code."""
        path = self.path.resolve()
        root, _ = _source(self.config, path)
        found = _claims_of(self.config, root)
        for broken in found.broken:
            if broken.path == path:
                trace: str = broken.trace
                return trace
        return next((r for r in found.claims if r.path == path), None)


class ClaimFailed(AssertionError):
    """A part of a claim did not come out as it must."""


class ToldItem(pytest.Item):
    """A test whose failure is what it says."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """One line per failure of a claim; a traceback only for a bug of ours."""
        if isinstance(excinfo.value, ClaimFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)


class ClaimItem(ToldItem):
    """One part of a claim as a test."""

    def __init__(self, *, registered: Registered, kind: str, part: str, **more: Any) -> None:
        super().__init__(**more)
        self.registered = registered
        self.kind = kind
        self.part = part

    def runtest(self) -> None:
        """Run the claim once (the first of its tests pays), then judge this part."""
        result = _result(self.config, self.registered)
        judge = {
            "check": self._check,
            "tight": self._tight,
            "variant": self._variant,
            "printed": self._printed,
            "proof": self._proof,
            "verdict": self._verdict,
        }
        lines = judge[self.kind](result)
        if lines:
            raise ClaimFailed("\n".join(lines))

    def _check(self, result: Result) -> list[str]:
        from explore_theory.harness.verdicts.verdict import Status

        fine = (Status.HOLDS, Status.NOT_APPLICABLE)
        cases = [case for case in result.cases if case.check == self.part]
        if not cases:
            return [f"{result.id}, check {self.part}: no case of it is in the results"]
        lines = [self._line(result, case) for case in cases if case.verdict.status not in fine]
        if not lines and all(c.verdict.status is Status.NOT_APPLICABLE for c in cases):
            lines = [self._line(result, cases[0])]
        return lines

    def _tight(self, result: Result) -> list[str]:
        from explore_theory.harness.verdicts.verdict import Status

        found = {(case.check, case.case): case for case in result.cases}
        lines = []
        for check, case in self._tight_cases():
            judged = found.get((check, case))
            if judged is None:
                lines.append(f"{result.id}, {check}/{case}: tight, and not in the results")
            elif judged.moved is None:
                lines.append(self._line(result, judged) + "; tight, and its bound was not moved")
            elif judged.moved.status is not Status.REFUTED:
                lines.append(self._line(result, judged) + "; its bound moved by 1.05 was not refuted")
        return lines

    def _tight_cases(self) -> list[tuple[str, str]]:
        tier = self.config.getoption("--claims-tier")
        checks = self.registered.claim.checks
        return [(check.slug, case.slug) for check in checks for case in check.cases_at(tier) if case.tight]

    def _variant(self, result: Result) -> list[str]:
        variant = next((v for v in result.variants if v.slug == self.part), None)
        if variant is None:
            return [f"{result.id}, false variant {self.part}: it is not in the results"]
        if variant.refuted:
            return []
        return [self._line(result, case, variant.slug) for case in variant.cases] or [
            f"{result.id}, false variant {variant.slug}: no case runs at the {result.tier} tier"
        ]

    def _printed(self, result: Result) -> list[str]:
        form = next((f for f in result.printed if f.slug == self.part), None)
        if form is None:
            return [f"{result.id}, printed form {self.part}: it is not in the results"]
        amiss = [case for case in form.cases if case.verdict.status is not form.expected]
        return [self._line(result, case, form.slug) for case in amiss]

    def _proof(self, result: Result) -> list[str]:
        from explore_theory.harness.judging.proofs import Standing
        from explore_theory.reporting.proofs import failures

        for proof in result.proofs:
            if proof.theorem == self.part and proof.standing is Standing.NOT_RUN:
                pytest.skip(f"NOT RUN: {proof.reason}")
        return [line for line in failures(result) if f"proof {self.part} " in line]

    def _verdict(self, result: Result) -> list[str]:
        """What no part tells: that nothing could refute a check, or a claim not said to be tight or loose."""
        from explore_theory.harness.verdicts.verdict import Status

        told = result.failures or self._tight(result)
        return [] if told or result.verdict.status is Status.HOLDS else [self._line(result)]

    def _line(self, result: Result, case: CaseResult | None = None, variant: str = "") -> str:
        from explore_theory.reporting.text import failure_line, witness

        line = failure_line(result, case, variant=variant, claims=_source(self.config, self.path)[1])
        found = witness(case) if case is not None else ""
        return f"{line}\n    {found}" if found else line

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the claim is written."""
        return self.path, None, self.name


class BrokenItem(ToldItem):
    """A module that should hold a claim and cannot be loaded: a test that fails, and takes no other along."""

    def __init__(self, *, trace: str, **more: Any) -> None:
        super().__init__(**more)
        self.trace = trace

    def runtest(self) -> None:
        """Fail."""
        raise ClaimFailed(self.trace)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the module is."""
        return self.path, None, self.name


class ViolationFile(pytest.File):
    """A violation that is kept."""

    def collect(self) -> Iterator[pytest.Item]:
        """One test."""
        yield _named(ViolationItem, self, "kept")


class ViolationItem(ToldItem):
    """A violation, run again: as it must be among those that are kept, or not."""

    def runtest(self) -> None:
        """Run it in this process."""
        from explore_theory.errors import StoreError
        from explore_theory.harness.running.violations import read
        from explore_theory.reporting import replays

        try:
            registry = _registry(self.config, read(self.path).id)
        except StoreError as error:
            raise ClaimFailed(str(error)) from None
        (entry,) = replays.replay_all([str(self.path)], registry)
        if told := replays.complaint(entry, [r.claim for r in registry.claims]):
            raise ClaimFailed(f"{self.path.name}: {told}")

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the file is."""
        return self.path, None, self.path.stem


def _source(config: pytest.Config, path: Path) -> tuple[Path, str]:
    """The folder of claims that holds `path`, and the name it was turned on by."""
    resolved = path.resolve()
    return next((r, n) for r, n in config.stash[_ROOTS].items() if resolved.is_relative_to(r))


def _claims_of(config: pytest.Config, root: Path) -> Registry:
    """The claims of a folder, loaded once."""
    from explore_theory.harness.discovery.registry import discover

    loaded = config.stash[_LOADED]
    if root not in loaded:
        loaded[root] = discover([str(root)])
    found: Registry = loaded[root]
    return found


def _registry(config: pytest.Config, id: str) -> Registry:
    """The claims that are collected here, if `id` is one of them; else all that are installed."""
    from explore_theory.harness.discovery.registry import Registry, discover

    found = [_claims_of(config, root) for root in config.stash[_ROOTS]]
    claims = tuple({r.path: r for registry in found for r in registry.claims}.values())
    broken = tuple(b for registry in found for b in registry.broken)
    if any(r.claim.id == id for r in claims) or any(id in b.expected.ids for b in broken):
        return Registry(claims=claims, broken=broken)
    if _ALL not in config.stash:
        config.stash[_ALL] = discover()
    installed: Registry = config.stash[_ALL]
    return installed


def _kept_folder(path: Path) -> Path:
    if not path.is_dir():
        raise pytest.UsageError(f"{_KEPT_INI} must be folders that exist, got {str(path)!r}")
    return path.resolve()


def _folder(config: pytest.Config, name: str, *, ini: bool = False) -> tuple[Path, str]:
    """The folder or file of a source named in the ini file or on the command line, and its name from here.

    A path in an ini file is one from the folder of that file, as pytest's own are.
    """
    here = config.invocation_params.dir
    of_ini = [config.inipath.parent] if ini and config.inipath else []
    for base in (*of_ini, here, config.rootpath):
        if (path := base / name).exists():
            return path.resolve(), name if base == here else os.path.relpath(path, here)
    # Found without running it: a package that fails, or prints, must not do so while options are read.
    from explore_theory.harness.isolation.imports import package_folder

    folder = package_folder(name)
    if folder is None:
        raise pytest.UsageError(f"claims must be a package, folder or file that exists, got claims={name!r}")
    from explore_theory.harness.discovery.roots import holds_claims

    if not holds_claims(folder):
        raise pytest.UsageError(
            f"claims must be a package with a file that defines CLAIM, got claims={name!r}"
        )
    return folder, name


def _result(config: pytest.Config, registered: Registered) -> Result:
    """The result of a claim; the first who asks has it run."""
    results = config.stash.setdefault(_RESULTS, {})
    if registered.digest not in results:
        try:
            results[registered.digest] = _run(config, registered)
        except pytest.fail.Exception as error:
            # Another plugin's limit of time has passed: for the other tests of this claim it has passed too.
            results[registered.digest] = error
            raise
    if isinstance(found := results[registered.digest], BaseException):
        raise ClaimFailed(f"{registered.label}: its run was cut short in an earlier test of it: {found}")
    result: Result = found
    return result


def _run(config: pytest.Config, registered: Registered) -> Result:
    from explore_theory.harness.judging.results import session_results
    from explore_theory.harness.running.runner import run

    store = _store(config)
    tier, reseed = config.getoption("--claims-tier"), config.getoption("--claims-reseed")
    fresh = config.getoption("--claims-fresh")
    session = run([registered], store, executor=_workers(config), tier=tier, reseed=reseed, fresh=fresh)
    (result,) = session_results(store, session)
    return result


class _Kept:
    """Workers that are there for all claims: a run closes what it was given."""

    def __init__(self, workers: Executor) -> None:
        self.workers = workers

    @property
    def more(self) -> bool:
        """See `Executor`."""
        return self.workers.more

    def run(self, jobs: deque[Job]) -> Generator[tuple[Job, Outcome], None, None]:
        """See `Executor`."""
        return self.workers.run(jobs)

    def close(self) -> None:
        """Not yet."""


def _workers(config: pytest.Config) -> _Kept:
    """Worker processes: a claim that ends its process must not end pytest, with a code of its choosing."""
    from explore_theory.harness.running.executors import Limits, executor

    if _WORKERS not in config.stash:
        here = config.getoption("usepdb", default=False)
        jobs = 0 if here else config.getoption("--claims-jobs")
        config.stash[_WORKERS] = _Kept(executor(jobs, Limits()))
    kept: _Kept = config.stash[_WORKERS]
    return kept


def _store(config: pytest.Config) -> Store:
    from explore_theory.errors import StoreError
    from explore_theory.harness.storage.store import Store

    if _STORE not in config.stash:
        try:
            config.stash[_STORE] = Store(config.getoption("--claims-store") or ":memory:")
        except StoreError as error:
            raise pytest.UsageError(str(error)) from None
    opened: Store = config.stash[_STORE]
    return opened

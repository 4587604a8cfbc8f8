"""Shared fixtures: small claims written to disk, as a user would write them."""

import multiprocessing.connection
import os
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest
import warm_workers
from hypothesis import settings

from explore_theory.harness.formal.prover import NONE, SWITCH

pytest_plugins = ["pytester"]

# A distribution of its own, with its own tests: faces/test_plugin_elsewhere.py installs and runs it.
collect_ignore = ["plugin_package"]

#: Each run has a part of the tests of these, and needs no turn for them.
TAKE_TURNS_THEMSELVES = ("test_planted_faults.py", "test_power_of_the_suite.py")

GZIP, ITS_CLOCK = b"\x1f\x8b\x08", slice(4, 8)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionstart():
    """Keep what is asked of this run (a store, a file of outcomes) from the runs that tests start.

    After all the other hooks, in which pytest-xdist starts the workers, which read it too.
    """
    yield
    os.environ.pop("PYTEST_ADDOPTS", None)


def pytest_make_parametrize_id(val):
    """Refuse packed bytes that tell when they were packed: two workers would collect tests of other names."""
    if isinstance(val, bytes) and val[:3] == GZIP and any(val[ITS_CLOCK]):
        raise pytest.UsageError(
            "a parameter packed by gzip needs mtime=0: else its test has a new name each second"
        )


# Examples are derived from the test, never from the clock, so a run can be repeated.
settings.register_profile("derived", derandomize=True, deadline=None)
settings.load_profile("derived")


def pytest_collection_modifyitems(items):
    """Claims first: one can take as long as a hundred tests, and no worker should begin it last."""
    items.sort(key=lambda item: not item.nodeid.startswith("proofs_checks/"))
    # Where runs take turns with the slow tests, each has every so many of their files.
    turn, turns = map(int, os.environ.get("EXPLORE_THEORY_SLOW_TURN", "1/1").split("/"))
    if not 1 <= turn <= turns:
        raise pytest.UsageError(f"EXPLORE_THEORY_SLOW_TURN must be I/N, I from 1 to N, got {turn}/{turns}")
    slow = [item for item in items if item.get_closest_marker("slow")]
    files = sorted({item.path for item in slow})
    for item in slow:
        if files.index(item.path) % turns != turn - 1 and item.path.name not in TAKE_TURNS_THEMSELVES:
            item.add_marker(pytest.mark.skip(reason=f"slow tests {turn}/{turns}: another run has its turn"))


TOY = '''
"""A toy: uniform draws lie below a bound."""
import numpy as np
from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.measures.measurement import Bound, Measurement

def measure(trial):
    {extra}
    value = trial.streams.uniform(3).max(axis=1)
    return Measurement.exact(value, witness=lambda k: {{"row": trial.rows[k]}})

CLAIM = Claim(
    id="{id}", slug="{slug}", theorem="toys", title="Uniform draws stay below {bound}",
    statement="The largest of three uniform draws is at most {bound}.", formula=r"\\max_i U_i \\le {bound}",
    relation="<=", scope="Three draws per row.", source="A toy.",
    checks=(
        Check(slug="draws", evidence=Evidence.ADVERSARIAL, measure=measure, bound=lambda _: Bound.of({bound}),
              cases=(Case(slug="one", rows={{"quick": 100, "full": 300}}, tight={tight}, block=32),
                     Case(slug="two", params={{"n": 2}}, rows=5))),
    ),
    false_variants=(
        FalseVariant(slug="halved", why="the bound is {lie}", check="draws", bound=lambda _: Bound.of({lie})),
    ),
    loose={loose!r},
)
'''


class ToyFolder:
    """Writes toy claims into a folder of their own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()

    def add(self, id: str, *, bound=1.0, lie=0.5, tight=False, extra="pass") -> Path:
        file = self.path / f"{id.lower()}_{self.path.parent.name}_toy.py".replace("-", "_")
        text = TOY.format(
            id=id,
            slug=f"toy-{id.lower()}",
            bound=bound,
            lie=lie,
            tight=tight,
            extra=extra,
            loose="" if tight else "A toy has no extreme case.",
        )
        file.write_text(text)
        return file

    def write(self, name: str, text: str) -> Path:
        file = self.path / name
        file.write_text(textwrap.dedent(text))
        return file


@pytest.fixture(autouse=True, scope="session")
def _no_proofs():
    """An installed prover is not asked, ten seconds a claim, but in tests that are about it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(SWITCH, NONE)
        yield


@pytest.fixture(scope="module")
def prover_of_the_system(_no_proofs):
    """Proofs are checked in this module by the prover that is installed."""
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv(SWITCH)
        yield


@pytest.fixture(autouse=True)
def _warm_workers(request, monkeypatch):
    """Workers start warm, but for tests that are about how processes start, print and end."""
    from explore_theory.harness.running import executors

    if warm_workers.available() and not request.node.get_closest_marker("cold_workers"):
        warm = SimpleNamespace(connection=multiprocessing.connection, get_context=warm_workers.get_context)
        monkeypatch.setattr(executors, "multiprocessing", warm)


@pytest.fixture(scope="session")
def toy_folder():
    """Makes a folder of toy claims, for tests that share one."""
    return ToyFolder


@pytest.fixture
def toys(tmp_path):
    """A folder of toy claims; module names are unique to the test, since imports are cached."""
    return ToyFolder(tmp_path / "toys")


@pytest.fixture
def forge():
    """Changes a stored row together with its checksum, as a bit that flips never does."""

    def change(connection, table, assignment, where="true"):
        from explore_theory.harness.storage.schema import COLUMNS

        connection.execute(f"UPDATE {table} SET {assignment} WHERE {where}")
        columns = ", ".join(COLUMNS[table][:-1])
        connection.execute(f"UPDATE {table} SET checksum = checksum({columns}) WHERE {where}")

    return change

"""What the tests of the command line and of reports share."""

import pytest
from click.testing import CliRunner

from explore_theory.cli import main
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import latest_results
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store


@pytest.fixture
def cli(tmp_path, monkeypatch):
    """Calls of the command line in an empty folder, with a terminal of 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments):
        return CliRunner().invoke(main, [str(a) for a in arguments])

    return call


@pytest.fixture
def results(toys):
    """Three toys; the last one is refuted."""
    toys.add("A1")
    toys.add("A2", tight=True)
    toys.add("A3", bound=0.9)
    with Store(":memory:") as store:
        run(discover([str(toys.path)]).claims, store)
        return latest_results(store)

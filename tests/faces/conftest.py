"""What the tests of the command line and of reports share."""

import pytest
from click.testing import CliRunner

from explore_theory.cli import main


@pytest.fixture
def cli(tmp_path, monkeypatch):
    """Calls of the command line in an empty folder, with a terminal of 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments):
        return CliRunner().invoke(main, [str(a) for a in arguments])

    return call

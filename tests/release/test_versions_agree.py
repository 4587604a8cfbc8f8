"""One version, one licence, one set of facts about the project, wherever they stand."""

import re
import tomllib
from pathlib import Path

from explore_theory import __version__
from explore_theory._package import VERSION

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CITATION = (ROOT / "CITATION.cff").read_text()


def field(name):
    """A field at the top of CITATION.cff."""
    (found,) = re.findall(rf'^{name}: "?([^"\n]*)"?$', CITATION, flags=re.MULTILINE)
    return found


def test_the_version_is_read_from_one_place():
    assert __version__ == VERSION
    assert "version" not in PROJECT["project"]
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "explore_theory/_package.py"


def test_the_citation_and_the_changelog_are_of_this_version():
    assert field("version") == VERSION
    sections = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert sections[0] == VERSION
    numbers = [tuple(map(int, section.split("."))) for section in sections]
    assert numbers == sorted(set(numbers), reverse=True)


def test_the_citation_has_what_its_format_asks_for():
    assert field("cff-version") == "1.2.0"
    assert field("title") == PROJECT["project"]["name"]
    assert field("license") == PROJECT["project"]["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
    assert re.search(r"^authors:\n  - name: ", CITATION, flags=re.MULTILINE)
    assert set(re.findall(r'^  - "(.*)"$', CITATION, flags=re.MULTILINE)) == set(
        PROJECT["project"]["keywords"]
    )


def test_every_python_that_is_promised_is_run():
    promised = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))
    (run,) = re.findall(r"^PYTHONS = \((.*)\)$", (ROOT / "noxfile.py").read_text(), flags=re.MULTILINE)
    assert [name.strip('"') for name in run.split(", ")] == promised
    assert PROJECT["project"]["requires-python"] == f">={promised[0]}"


def test_the_oldest_numpy_that_is_promised_is_run():
    (least,) = (
        one.partition(">=")[2] for one in PROJECT["project"]["dependencies"] if one.startswith("numpy")
    )
    assert f'"numpy", ["{least}", "newest"]' in (ROOT / "noxfile.py").read_text()

"""Blocks of code in documents, and how each is run: by its language, and by comments in the lines above it.

A page is a session: its blocks run in their order, in one folder and one namespace. Unseen by a reader::

    <!-- first: COMMAND -->      a command that is run before the block
    <!-- file: PATH -->          the block is what this file holds
    <!-- exit: N -->             the exit code of its last command, in place of 0
    <!-- needs: MODULES -->      left out, and said to be, where one of them is not installed
    <!-- continues -->           after the claim above it, in one file
    <!-- calls: WHY -->          commands that are held against the options that there are, and not run
    <!-- not run: WHY -->        left as it is
"""

import configparser
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import click

from explore_theory.cli import main
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status

ROOT = Path(__file__).parents[1]
_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<language>\S*)\s*$")
_MARK = re.compile(r"^<!-- (?P<word>first|file|exit|needs|continues|calls|not run)(?:: (?P<text>.+))? -->$")
#: What README and CONTRIBUTING would say in comments, were they not read as plain text too: page, how a block
#: begins, its mark.
_ELSEWHERE = (
    ("README.md", "python3 -m venv", {"not run": "the first steps of .ci/run, in fresh clones"}),
    ("README.md", "explore-theory verify F1", {"calls": "all of them together take hours"}),
    ("CONTRIBUTING.md", "ruff check", {"not run": "the other steps of .ci/run"}),
)
#: In an expected line this is anything; alone in a line it is any lines.
_MORE = ".."


@dataclass(frozen=True)
class Block:
    """A block of a page: its language, its text, the marks above it, and the line that it begins in."""

    language: str
    text: str
    marks: dict[str, str]
    line: int


def pages() -> list[Path]:
    """The documents that are read: those at the top, and those of the site."""
    return sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, without directives of the site (``{toctree}``).

    Raises
    ------
    ValueError
        If a fence is not closed, or a comment looks like a mark and is none.
    """
    found: list[Block] = []
    marks: dict[str, str] = {}
    lines = iter(enumerate(page.read_text(encoding="utf-8").splitlines(), 1))
    for number, line in lines:
        if fence := _FENCE.match(line):
            inside = []
            for _, one in lines:
                if one.strip() == fence["ticks"]:
                    break
                inside.append(one.removeprefix(fence["indent"]))
            else:
                raise ValueError(f"{page.name}:{number}: a fence must be closed")
            for name, begin, mark in _ELSEWHERE:
                marks |= mark if page == ROOT / name and inside[0].startswith(begin) else {}
            if not fence["language"].startswith("{"):
                found.append(Block(fence["language"], "\n".join(inside) + "\n", marks, number))
            marks = {}
        elif mark := _MARK.match(line):
            marks = {**marks, mark["word"]: mark["text"] or ""}
        elif line.strip():
            if marks or re.match(r"<!-- *[\w ]+ *(:|-->)", line):
                raise ValueError(
                    f"{page.name}:{number}: a mark must be one of those known, above a block, got {line!r}"
                )
            marks = {}
    return found


@dataclass
class Session:
    """A page that is run, in `folder`."""

    page: Path
    folder: Path
    printed: str = ""
    names: dict = field(default_factory=lambda: {"__name__": "__page__"})
    claim: str = ""
    #: Called after each block.
    after: Callable[["Session", Block], None] = lambda session, block: None
    #: Blocks that were left out, each with why.
    left_out: list[str] = field(default_factory=list)
    ran: int = 0

    def run(self) -> None:
        """All blocks."""
        for block in blocks(self.page):
            where = f"{self.page.relative_to(ROOT)}:{block.line}"
            try:
                self._one(block, where)
                self.after(self, block)
            except Exception as error:
                error.add_note(f"in the block at {where}")
                raise

    def _one(self, block: Block, where: str) -> None:
        if "not run" in block.marks:
            self.left_out.append(f"{where}: {block.marks['not run']}")
            return
        lost = [name for name in re.findall(r"\w+", block.marks.get("needs", "")) if find_spec(name) is None]
        if lost:
            self.left_out.append(f"{where}: not installed: {', '.join(lost)}")
            return
        if "first" in block.marks:
            self._sh(block.marks["first"], 0)
        if "file" in block.marks:
            path = self.folder / block.marks["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif "calls" in block.marks:
            self._calls(block.text)
            self.left_out.append(f"{where}: calls checked, not made: {block.marks['calls']}")
            return
        else:
            kinds = {
                "python": self._python,
                "sh": lambda text: self._sh(text, int(block.marks.get("exit", 0))),
                "text": self._text,
                "toml": tomllib.loads,
                "ini": lambda text: configparser.ConfigParser().read_string(text),
                "json": json.loads,
            }
            if block.language == "python" and "continues" in block.marks:
                self._claim(self.claim + block.text)
            else:
                assert block.language in kinds, f"a block must say what it is, got {block.language!r}"
                kinds[block.language](block.text)
        self.ran += 1

    def _python(self, text: str) -> None:
        if re.search(r"^CLAIM = ", text, flags=re.MULTILINE):
            self._claim(text)
            return
        before = {name: value for name, value in self.names.items() if name.startswith("test_")}
        heard = io.StringIO()
        home = Path.cwd()
        os.chdir(self.folder)
        try:
            with redirect_stdout(heard):
                exec(compile(text, str(self.page), "exec"), self.names)
                for name, value in list(self.names.items()):
                    if name.startswith("test_") and before.get(name) is not value:
                        value()
        finally:
            os.chdir(home)
        self.printed = heard.getvalue()

    def _claim(self, text: str) -> None:
        """A file of a claim: it holds, and refutes its false variants."""
        self.claim = text
        folder = self.folder / f"claims_{self.ran}"
        folder.mkdir()
        (folder / "shown.py").write_text(text, encoding="utf-8")
        with Store(":memory:") as store:
            found = discover([str(folder)])
            assert not found.broken, found.broken[0].trace
            run(found.claims, store)
            (result,) = session_results(store, store.sessions()[-1])
        assert result.verdict.status is Status.HOLDS, result.verdict.reason
        assert result.variants
        assert all(variant.refuted for variant in result.variants)

    def _sh(self, text: str, code: int) -> None:
        environment = os.environ | {
            "PATH": f"{self._programs()}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "100",
        }
        environment |= {"PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "-p no:randomly"}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        self.printed = done.stdout

    def _programs(self) -> Path:
        """Programs of this interpreter, by the names that they have where the package is installed."""
        folder = self.folder.parent / "programs"
        if not folder.exists():
            folder.mkdir()
            for name, module in (("explore-theory", "explore_theory"), ("pytest", "pytest")):
                (folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
                (folder / name).chmod(0o755)
        return folder

    def _text(self, text: str) -> None:
        """What the last block printed."""
        pattern = "".join(_pattern(line.rstrip()) for line in text.splitlines())
        assert re.fullmatch(pattern, self.printed.strip("\n") + "\n"), f"printed was:\n{self.printed}"

    def _calls(self, text: str) -> None:
        """Each call of ours names a command and options that there are."""
        calls = [shlex.split(line, comments=True) for line in text.splitlines()]
        ours = [call[1:] for call in calls if call[:1] == ["explore-theory"]]
        assert ours, "no call of explore-theory"
        for words in ours:
            command, name, left = main, "explore-theory", words
            context = click.Context(command, info_name=name)
            while isinstance(command, click.Group):
                name, command, left = command.resolve_command(context, left)
                assert command is not None, words
            cut = next((k for k, word in enumerate(left) if word in (">", "|", "&&")), len(left))
            command.make_context(name, list(left[:cut]))


def _pattern(line: str) -> str:
    if line == _MORE:
        return r"(?:.*\n)*?"
    return ".*".join(re.escape(part) for part in line.split(_MORE)) + r" *\n"

"""A page of LaTeX as PDF, if there is a LaTeX: in a folder of its own, without a shell, within a time."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ENGINES = ("pdflatex", "lualatex")
#: Seconds that LaTeX may take.
SECONDS = 120.0
_PAGES = re.compile(rb"Output written on .*?\((\d+) pages?", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Typeset:
    """A PDF and its number of pages, or why there is none, in a line."""

    pdf: bytes | None
    pages: int = 0
    why: str = ""


def typeset(name: str, files: Mapping[str, str], *, seconds: float = SECONDS) -> Typeset:
    """The file ``NAME.tex`` among `files` (text by file name) as PDF.

    LaTeX sees these files alone, runs no other program, and reads and writes nothing outside of its folder;
    the same files give the same PDF.
    """
    engine = next((found for engine in ENGINES if (found := shutil.which(engine))), None)
    if engine is None:
        return Typeset(pdf=None, why=f"neither {' nor '.join(ENGINES)} is on the PATH")
    with tempfile.TemporaryDirectory(prefix="explore-theory-") as room:
        for file, text in files.items():
            Path(room, file).write_text(text, encoding="ascii")
        call = [engine, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"]
        # Dates of the PDF are of no time; paranoid: no files above, below or with a dot.
        fixed = {"SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1", "openin_any": "p", "openout_any": "p"}
        try:
            done = subprocess.run(
                call,
                cwd=room,
                env={**os.environ, **fixed},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Typeset(pdf=None, why=f"{Path(engine).name} took more than {seconds:g} seconds")
        except OSError as error:
            return Typeset(pdf=None, why=f"{Path(engine).name} does not run: {error.strerror}")
        pdf = Path(room, f"{name}.pdf")
        if done.returncode or not pdf.is_file():
            return Typeset(pdf=None, why=f"{Path(engine).name} failed: {_complaint(done.stdout)}")
        pages = _PAGES.search(done.stdout.replace(b"\n", b""))
        return Typeset(pdf=pdf.read_bytes(), pages=int(pages[1]) if pages else 0)


def _complaint(log: bytes) -> str:
    """The first error of a log."""
    lines = log.decode("utf-8", "replace").splitlines()
    found = next((line[2:] for line in lines if line.startswith("! ")), "its log tells no error")
    return " ".join(found.split())[:200]

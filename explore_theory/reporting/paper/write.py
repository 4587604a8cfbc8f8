"""The folder of a paper: everything in it is made first, and then written."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from explore_theory.reporting.folder import fill, safe_name
from explore_theory.reporting.paper.appendix import appendix
from explore_theory.reporting.paper.bounds import bounds
from explore_theory.reporting.paper.contents import tables
from explore_theory.reporting.paper.material import Material
from explore_theory.reporting.paper.typeset import typeset

FOLDER = "paper"

_README = """\
For a paper. Written by `explore-theory report --paper`; all files named here are replaced by the next one,
and what it does not write any more is removed. Copy this folder before you edit it.

bounds.tex     every number as a LaTeX macro; its head says how, and by which command each is found again
appendix.tex   one page, what was verified and how: compiles by itself, or \\input it
appendix.pdf   the same, where there was a LaTeX
tables/        verdicts, errata, constants, paper-items: .tex (array, booktabs, longtable) and .csv
figures/       CLAIM-FIGURE-single (3.25 in) and -double (6.75 in): .pdf and .svg, letters in the files

In a CSV a cell that a spreadsheet would take for a formula begins with an apostrophe.
"""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What was written, and what was not and why, in a line each."""

    path: Path
    figures: int
    left_out: tuple[str, ...]


def write_paper(material: Material, out: Path) -> Paper:
    """Write the folder ``paper`` into the folder `out` of a report.

    Raises
    ------
    StoreError
        If ``paper`` is there and is none of ours, or cannot be written; see `folder.fill`.
    """
    left_out: list[str] = []
    files = {"README.txt": _README, "bounds.tex": bounds(material), "appendix.tex": appendix(material)}
    for table in tables(material):
        files |= {f"tables/{table.name}.tex": table.latex(), f"tables/{table.name}.csv": table.text()}
    contents = {name: text.encode(errors="replace") for name, text in files.items()}
    page = typeset("appendix", {name: files[name] for name in ("appendix.tex", "bounds.tex")})
    if page.pdf is None:
        left_out.append(f"no appendix.pdf: {page.why}")
    else:
        contents["appendix.pdf"] = page.pdf
        if page.pages > 1:
            left_out.append(f"appendix.pdf has {page.pages} pages: more commands or claims than one holds")
    figures = _figures(material, left_out)
    fill(out / FOLDER, contents | figures)
    return Paper(path=out / FOLDER, figures=len(figures), left_out=tuple(left_out))


def _figures(material: Material, left_out: list[str]) -> dict[str, bytes]:
    """Every figure that has points, by file name; why one cannot be drawn goes to `left_out`."""
    from explore_theory.reporting.paper.figures import printed

    declared = [(entry, figure) for entry in material.entries for figure in entry.record["figures"]]
    names = _file_names([(entry.label, str(figure["slug"])) for entry, figure in declared])
    found: dict[str, bytes] = {}
    for name, (entry, figure) in zip(names, declared, strict=True):
        try:
            drawn = dict(printed(figure, entry.results[-1]))
        except (ArithmeticError, ValueError, LookupError, TypeError) as error:
            reason = next(iter(str(error).strip().splitlines()[-1:]), type(error).__name__)
            left_out.append(f"no figure {name}: {reason}")
        else:
            found |= {f"figures/{name}-{ending}": content for ending, content in drawn.items()}
    return found


def _file_names(pairs: list[tuple[str, str]]) -> Iterator[str]:
    """``C6-rounds-by-coverage``; names that some file system takes for one end in a digest."""
    names = ["-".join(map(safe_name, pair)) for pair in pairs]
    often = Counter(name.casefold() for name in names)
    for name, pair in zip(names, pairs, strict=True):
        digest = sha256("\0".join(pair).encode(errors="surrogatepass")).hexdigest()[:8]
        yield f"{name}-{digest}" if often[name.casefold()] > 1 else name

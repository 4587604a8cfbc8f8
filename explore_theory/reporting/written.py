"""`explore_theory.report`: the HTML report of a store, from Python."""

import os
from dataclasses import dataclass
from pathlib import Path

from explore_theory.foundation import markup
from explore_theory.foundation.brief import brief


@brief
@dataclass(frozen=True, kw_only=True)
class Report:
    """A report that was written: `path` is its page, `headline` what it says in a sentence."""

    path: Path
    headline: str

    def __fspath__(self) -> str:
        return os.fspath(self.path)

    def _repr_html_(self) -> str:
        """For notebooks: what it says, and a way to it; the page itself is too large for a cell."""
        try:
            place = Path(os.path.relpath(self.path)).as_posix()
        except ValueError:  # on another drive
            place = ""
        # What lies above the notebook no notebook server gives out.
        inside = place and not place.startswith("../")
        way = markup.link(place, self.path) if inside else markup.escaped(self.path)
        return markup.block(markup.paragraph(self.headline), markup.paragraph("Report:", way))


def report(store: str | os.PathLike[str], out: str | os.PathLike[str] = "reports") -> Report:
    """Write the report of `store` into the folder `out`, as ``explore-theory report`` does.

    Raises
    ------
    StoreError
        If the store is none, is damaged or holds nothing, or `out` cannot be written.
    """
    from explore_theory.harness.discovery.papers import discover_papers
    from explore_theory.harness.judging.results import latest_results
    from explore_theory.harness.storage.store import Store
    from explore_theory.reporting.html import headline, write_report

    with Store(os.fspath(store), must_exist=True) as opened:
        results = latest_results(opened)
        path = write_report(opened, Path(out), discover_papers(()), results=results)
    return Report(path=path, headline=headline(results))

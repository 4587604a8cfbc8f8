"""What `challenge` gives back: the record, and the way to its page."""

import os
from dataclasses import dataclass
from pathlib import Path

from explore_theory.challenging.findings import Record
from explore_theory.challenging.page import write
from explore_theory.foundation.brief import brief


@brief
@dataclass(frozen=True, kw_only=True)
class Challenged(Record):
    """Everything that a challenge found; `write` makes a page of it."""

    def write(self, out: str | os.PathLike[str] = "challenge") -> Path:
        """Write ``index.html`` into the folder `out`; its path.

        Raises
        ------
        StoreError
            If `out` is somebody else's, or cannot be written.
        """
        return write(self, out)

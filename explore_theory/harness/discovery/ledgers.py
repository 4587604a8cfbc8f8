"""What a module may list beside a claim: statements of a theory, papers, their items, and their proofs."""

from types import ModuleType
from typing import Any

from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.chain import PaperProof, require_chain
from explore_theory.harness.claims.statements import Paper, PaperItem, Statement

#: What rows are listed under each name.
KINDS = {"STATEMENTS": Statement, "PAPER": PaperItem, "PAPERS": Paper, "CHAIN": PaperProof}


class Ledgers:
    """Rows of all modules so far, by the name that they are listed under."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Any]] = {name: [] for name in KINDS}
        #: By the number of an item of a paper, the namespace of the claims that its ledger lies with.
        self.owners: dict[str, str] = {}

    def add(self, module: ModuleType, namespace: str) -> None:
        """Take the rows of `module`, which lies with the claims of `namespace`.

        Raises
        ------
        InvalidClaim
            If what it lists is not a tuple of such rows.
        """
        for name, kind in KINDS.items():
            rows = getattr(module, name, ())
            if not isinstance(rows, tuple | list) or not all(isinstance(row, kind) for row in rows):
                raise InvalidClaim(f"{name} must be a tuple of {kind.__name__}, got {type(rows).__name__}")
            self._rows[name].extend(rows)
        self.owners |= {item.number: namespace for item in getattr(module, "PAPER", ())}

    def __bool__(self) -> bool:
        return any(self._rows.values())

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Every statement."""
        return tuple(self._rows["STATEMENTS"])

    @property
    def paper(self) -> tuple[PaperItem, ...]:
        """Every numbered item."""
        return tuple(self._rows["PAPER"])

    @property
    def papers(self) -> tuple[Paper, ...]:
        """Every paper whose numbers have a key."""
        return tuple(self._rows["PAPERS"])

    def proofs(self) -> tuple[PaperProof, ...]:
        """Every proof; none where no module with items was loaded.

        Raises
        ------
        InvalidClaim
            As `require_chain`.
        """
        if not self.paper:
            return ()
        require_chain(self._rows["CHAIN"], self.paper)
        return tuple(self._rows["CHAIN"])

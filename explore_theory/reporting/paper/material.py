"""What all files of a paper are made of: the results of a store, with the sessions that found them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from shlex import quote

from explore_theory.errors import StoreError
from explore_theory.harness.claims.chain import PaperProof
from explore_theory.harness.claims.statements import PaperItem
from explore_theory.harness.discovery.budget import ALPHA
from explore_theory.harness.discovery.registry import Registry
from explore_theory.harness.judging.outcomes import Result
from explore_theory.harness.judging.results import latest_results
from explore_theory.harness.storage.store import Session, Store
from explore_theory.reporting import text
from explore_theory.reporting.page.entries import Entry


@dataclass(frozen=True, kw_only=True)
class Material:
    """The claims of a store, in order, with their results at each tier.

    Parameters
    ----------
    sessions
        By digest and tier: the session that a result is of.
    items, proofs, owners
        The ledger of the paper's numbers, and whose claims each means; no store holds it.
    everything
        The labels of all claims that `verify` runs by itself; empty where that is not known.
    again
        What a command needs besides, such as ``" --claims FOLDER"``.
    """

    entries: tuple[Entry, ...]
    sessions: Mapping[tuple[str, str], Session]
    items: tuple[PaperItem, ...] = ()
    proofs: tuple[PaperProof, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    everything: Collection[str] = ()
    again: str = ""

    @property
    def results(self) -> Iterator[Result]:
        """All results, claim by claim."""
        for entry in self.entries:
            yield from entry.results

    @property
    def tiers(self) -> tuple[str, ...]:
        """The tiers that there are results of."""
        return tuple(dict.fromkeys(result.tier for result in self.results))

    def session(self, result: Result) -> Session:
        """The session that found `result`."""
        return self.sessions[result.digest, result.tier]

    def command(self, result: Result) -> str:
        """The command that finds `result` again."""
        return _verify([text.label(result)], *_terms(result, self.session(result)), self.again)

    def commands(self) -> list[str]:
        """The commands that find all results again: one for each tier, seed and error level."""
        groups: dict[tuple[str, int, float], list[str]] = {}
        for result in self.results:
            groups.setdefault(_terms(result, self.session(result)), []).append(text.label(result))
        return [
            _verify(
                [] if self.everything and set(self.everything) <= set(labels) else labels, *terms, self.again
            )
            for terms, labels in groups.items()
        ]


def _terms(result: Result, session: Session) -> tuple[str, int, float]:
    return result.tier, result.reseed, float(session.alpha["alpha"])


def _verify(labels: Sequence[str], tier: str, reseed: int, alpha: float, again: str) -> str:
    """``explore-theory verify C2 --tier quick``; what is the default otherwise goes without saying."""
    call = " ".join(["explore-theory verify", *map(quote, labels), f"--tier {tier}"])
    call += f" --reseed {reseed}" * bool(reseed) + f" --alpha {alpha!r}" * (alpha != ALPHA)
    return call + again


def material(
    store: Store,
    registry: Registry,
    *,
    results: Sequence[Result] | None = None,
    everything: Collection[str] = (),
    again: str = "",
) -> Material:
    """Everything of `store`; `results` are its own, where they have been read already.

    Raises
    ------
    StoreError
        If it holds no results.
    """
    results = latest_results(store) if results is None else results
    if not results:
        raise StoreError(
            f"store must hold results, got an empty store={store.path!r}; run `explore-theory verify`"
        )
    grouped: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        grouped.setdefault((result.record["namespace"], result.id), []).append(result)
    return Material(
        entries=tuple(Entry(record=group[-1].record, results=tuple(group)) for group in grouped.values()),
        sessions={(digest, session.tier): session for session, digest, _ in store.latest()},
        items=registry.paper,
        proofs=registry.proofs,
        owners=registry.owners,
        everything=everything,
        again=again,
    )

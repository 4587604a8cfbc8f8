"""What a paper prints and what holds: the errata page, from verdicts and nothing else."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from explore_theory.harness.claims.claim import Evidence
from explore_theory.harness.claims.numbering import numbered, on_page
from explore_theory.harness.claims.statements import Paper
from explore_theory.harness.judging.outcomes import PrintedResult
from explore_theory.harness.storage.records import natural
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting import text

#: What the forms of our own claims are of.
PAPER = (
    "Foster, Mhammedi and Rohatgi, *Is a Good Foundation Necessary for Efficient Reinforcement Learning? The "
    "Computational Role of the Base Model in Exploration*, Proceedings of Machine Learning Research 291 "
    "(COLT 2025), pages 1-117 of its own count"
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A printed form with the claim that carries it."""

    claim: str
    form: PrintedResult

    @property
    def place(self) -> str:
        """``Lemma F.1, page 38``, and that it is a step of the proof, if it is."""
        return f"{self.form.item}{on_page(self.form.page)}" + ", a step of the proof" * self.form.step

    @property
    def paper(self) -> str:
        """The key of its paper; empty for the one that needs none."""
        number = numbered(self.form.item)
        return "" if number is None else number.paper

    @property
    def refuted(self) -> bool:
        """Whether it is false as printed."""
        return self.form.verdict.status is Status.REFUTED

    @property
    def examples(self) -> list[str]:
        """Its counter-examples, in a line each."""
        return [line for case in self.form.cases if (line := text.counter_example(case))]

    @property
    def evidence(self) -> str:
        """``certified, LF1/two-r-over-beta``."""
        kinds = ", ".join(dict.fromkeys(case.evidence for case in self.form.cases))
        return f"{kinds}, {self.claim}/{self.form.slug}"


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """By paper, the one without a key first, then by page, then by number."""
    return sorted(entries, key=lambda e: (e.paper, e.form.page or 0, natural(e.form.item), e.form.slug))


def counted(entries: Sequence[Entry]) -> str:
    """``21 REFUTED, 22 HOLDS``: how many there are of each verdict."""
    counts: dict[str, int] = {}
    for entry in entries:
        counts[entry.form.verdict.status] = counts.get(entry.form.verdict.status, 0) + 1
    return ", ".join(f"{number} {status}" for status, number in sorted(counts.items(), reverse=True))


def markdown(entries: Sequence[Entry], paper: str = "", papers: Sequence[Paper] = ()) -> str:
    """The page as Markdown; `paper` says what the forms are of, `papers` what those with a key are."""
    keys = {entry.paper for entry in entries}
    cited = [_folded(f"- `{keyed.key}`: {keyed.cites}.") for keyed in papers if keyed.key in keys]
    paper = paper if "" in keys else ""
    amiss = in_order(e for e in entries if not e.form.as_expected)
    refuted = in_order(e for e in entries if e.refuted and e.form.as_expected)
    others = in_order(e for e in entries if not e.refuted and e.form.as_expected)
    lines = [
        "# Errata",
        "",
        _folded(
            f"On {paper}. "
            * bool(paper)
            + "Each entry is a form of a statement as it is printed, put in our words, with the verdict that "
            "the engine reaches on it; a counter-example is exact or certified, small enough to be checked "
            "by hand. This page is computed: `explore-theory errata` writes it."
        ),
        "",
        f"{len(entries)} printed form{'s' * (len(entries) != 1)}: {counted(entries)}.",
    ]
    if cited:
        lines += [
            "",
            f"{'Other numbers' * bool(paper) or 'Numbers'} have the key of their paper:",
            "",
            *cited,
        ]
    if amiss:
        lines += ["", "## Not as announced", *(line for entry in amiss for line in _amiss(entry))]
    if refuted:
        lines += ["", "## Refuted as printed", *(line for entry in refuted for line in _refuted(entry))]
    if others:
        lines += ["", "## Doubted, and right as printed", *(line for e in others for line in _right(e))]
    return "\n".join(lines) + "\n"


def _head(entry: Entry) -> list[str]:
    return ["", f"### {entry.place}", "", _folded(f"Printed: {entry.form.says}"), ""]


def _amiss(entry: Entry) -> list[str]:
    verdict = entry.form.verdict
    said = f"- It must be {entry.form.expected}, and is {verdict.status}: {verdict.reason}."
    return [*_head(entry), _folded(f"{said} Evidence: {entry.evidence}.")]


def _refuted(entry: Entry) -> list[str]:
    lines = [_folded(f"- Counter-example: {example}.") for example in entry.examples]
    lines += [_folded(f"- In its place: {entry.form.mended}"), f"- Evidence: {entry.evidence}."]
    return [*_head(entry), *lines]


def _right(entry: Entry) -> list[str]:
    verdict = entry.form.verdict
    lines = [_folded(f"- {verdict.status}{_found(entry.form)}. Evidence: {entry.evidence}.")]
    return [*_head(entry), *lines, *([_folded(f"- {entry.form.mended}")] if entry.form.mended else [])]


def _found(form: PrintedResult) -> str:
    """What a form that is right rests on, the same on every machine.

    Where a search in floating point ends depends on the processor: of a search, only how much it tried is
    told.
    """
    searched = [case for case in form.cases if case.evidence == Evidence.ADVERSARIAL]
    if not searched:
        return f": {form.verdict.reason}"
    totals: dict[str, int] = {}
    for summary in (case.summary for case in searched if case.summary is not None):
        totals[summary.unit] = totals.get(summary.unit, 0) + summary.effort
    tried = ", ".join(f"{text.count(number)} {unit}" for unit, number in totals.items())
    return f" in all that a search tried ({tried}), to a resolution of {searched[0].resolution}"


def _folded(line: str) -> str:
    """One paragraph on lines of at most 110 characters; what follows an item's dash is indented."""
    indent = "  " if line.startswith("- ") else ""
    words, lines, current = re.split(r"\s+", line), [], ""
    for word in words:
        if current and len(current) + 1 + len(word) > 110:
            lines.append(current)
            current = indent + word
        else:
            current = f"{current} {word}" if current else word
    return "\n".join([*lines, current])

"""What a paper prints and what holds: the errata page, from verdicts and nothing else."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from explore_theory.harness.judging.outcomes import PrintedResult
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting import text

#: What the forms of the page are about.
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
        return f"{self.form.item}, page {self.form.page}" + ", a step of the proof" * self.form.step

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
    """By page, then by number."""
    return sorted(entries, key=lambda e: (e.form.page, e.form.item, e.form.slug))


def counted(entries: Sequence[Entry]) -> str:
    """``9 of 14 printed forms are refuted, 5 hold``; others are named by their verdict."""
    counts: dict[str, int] = {}
    for entry in entries:
        counts[entry.form.verdict.status] = counts.get(entry.form.verdict.status, 0) + 1
    return ", ".join(f"{number} {status}" for status, number in sorted(counts.items(), reverse=True))


def markdown(entries: Sequence[Entry]) -> str:
    """The page as Markdown."""
    refuted = in_order(e for e in entries if e.refuted)
    others = in_order(e for e in entries if not e.refuted)
    lines = [
        "# Errata",
        "",
        _folded(
            f"On {PAPER}. Each entry is a form of a statement as it is printed, put in our words, with the "
            "verdict that the engine reaches on it; a counter-example is exact or certified, small enough "
            "to be checked by hand. This page is computed: `explore-theory errata` writes it."
        ),
        "",
        f"{len(entries)} printed forms: {counted(entries)}.",
        "",
        "## Refuted as printed",
    ]
    for entry in refuted:
        lines += ["", f"### {entry.place}", "", _folded(f"Printed: {entry.form.says}"), ""]
        lines += [_folded(f"- Counter-example: {example}.") for example in entry.examples]
        lines += [_folded(f"- In its place: {entry.form.mended}"), f"- Evidence: {entry.evidence}."]
    lines += ["", "## Doubted, and right as printed"]
    for entry in others:
        lines += ["", f"### {entry.place}", "", _folded(f"Printed: {entry.form.says}"), ""]
        status = f"- {entry.form.verdict.status}: {entry.form.verdict.reason}. Evidence: {entry.evidence}."
        lines += [_folded(status)]
        lines += [_folded(f"- {entry.form.mended}")] if entry.form.mended else []
    return "\n".join(lines) + "\n"


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

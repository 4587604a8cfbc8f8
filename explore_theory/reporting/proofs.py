"""Machine-checked proofs in words and tables: how each stands, and what it says."""

from collections.abc import Sequence
from typing import Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.outcomes import Result
from explore_theory.harness.judging.proofs import ProofResult, Standing
from explore_theory.reporting import text
from explore_theory.reporting.terminal import words

#: Colours of a standing.
STYLES = {Standing.HOLDS: "bold green", Standing.NOT_RUN: "bold yellow", Standing.ERROR: "bold red"}


def told(result: Result) -> list[str]:
    """What the table of verdicts says of proofs that were not checked, a line each: silence is no proof."""
    return [
        f"formal, {proof.theorem}: {proof.standing}, {proof.reason}"
        for proof in result.proofs
        if proof.standing is not Standing.HOLDS
    ]


def warning(proof: ProofResult) -> str:
    """What is not wrong with a proof that was checked, and should be mended; empty if nothing is."""
    idle = proof.proved.unused if proof.proved is not None else ()
    names = ", ".join(idle)
    return f"{proof.theorem} declares axioms that it does not use: {names}; leave them out" * bool(idle)


def failures(result: Result) -> list[str]:
    """A line for each proof with something wrong in it."""
    return [
        f"{text.label(result)} {result.record['slug']}, proof {proof.theorem} in {proof.file}: "
        f"{proof.standing}, {proof.reason}"
        for proof in result.proofs
        if proof.standing is Standing.ERROR
    ]


def headline(proofs: Sequence[ProofResult]) -> str:
    """``3 of 4 proofs checked, 1 not run``; empty where there are none."""
    standings = [proof.standing for proof in proofs]
    if not standings:
        return ""
    parts = [f"{standings.count(Standing.HOLDS)} of {text.number(len(standings), 'proof')} checked"]
    more = {Standing.NOT_RUN: "not run", Standing.ERROR: "wrong"}
    parts += [f"{standings.count(s)} {said}" for s, said in more.items() if s in standings]
    return ", ".join(parts)


def covered(claims: Sequence[Registered]) -> str:
    """For how many statements a proof says that they hold for every size."""
    proved = sum(bool(registered.claim.proofs) for registered in claims)
    of = text.number(len(claims), "claim")
    return f"{proved} of {of} have a machine-checked proof, for every size at once"


COLUMNS = ("claim", "theorem", "prover", "lines", "axioms", "bridge", "seconds")


def cells(label: str, proof: ProofResult) -> tuple[str, ...]:
    """What stands under `COLUMNS`; of a proof that was not checked, its standing and the reason in place."""
    place = (label, f"{proof.theorem} ({proof.file})")
    found = proof.proved
    if found is None:
        return (*place, str(proof.standing), "", proof.reason, "", "")
    lines = f"{found.lines}" + "".join(f" + {name}" for name in found.libraries)
    seconds = f"{proof.seconds:.1f}"
    return (*place, f"Coq {found.version}", lines, axioms(found.axioms), f"{found.bridged} agree", seconds)


def axioms(names: Sequence[str]) -> str:
    """Axioms by their last names, whole modules by theirs; ``none``."""
    return ", ".join(name if name.endswith(".*") else name.rsplit(".", 1)[-1] for name in names) or "none"


def table(proofs: Sequence[tuple[Registered, ProofResult]]) -> Table:
    """All of these proofs, for a terminal."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in COLUMNS:
        made.add_column(name, overflow="fold", no_wrap=name in ("claim", "seconds"))
    for registered, proof in proofs:
        claim, theorem, prover, *rest = cells(registered.label, proof)
        style = STYLES[proof.standing] if proof.proved is None else ""
        made.add_row(words(claim), words(theorem), words(prover, style), *map(words, rest))
    return made


def markdown(proofs: Sequence[tuple[Registered, ProofResult]]) -> str:
    """The same as a table of Markdown, with what each proof says and without seconds, which vary."""
    lines = ["| claim | theorem | what is proved | lines | axioms |", "|---|---|---|---|---|"]
    for registered, proof in proofs:
        _, _, _, size, rests, *_ = cells(registered.label, proof)
        row = (registered.label, f"`{proof.theorem}`", proof.says, size or str(proof.standing), rests)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    return "\n".join(lines)


def page(registered: Registered) -> list[Text | Padding]:
    """The proofs of a claim as its author wrote them, for `show`."""
    parts: list[Text | Padding] = []
    for record in registered.record.get("proofs", ()):
        parts.append(
            words(f"\nProved for every size, in {record['file']} (formal): {record['says']}", lines=True)
        )
        parts.append(Padding(words(str(record["stated"]), lines=True), (0, 4)))
        parts.extend(
            words(f"  the negation of {variant}: {theorem}")
            for variant, theorem in record["negations"].items()
        )
    return parts


def found(result: Result) -> list[Text]:
    """How the proofs of a result stand, a line each, and one more for a warning, for `show`."""
    lines = []
    for proof in result.proofs:
        standing = words(f"{proof.standing}, {proof.reason}", STYLES[proof.standing])
        lines.append(words(f"formal, {proof.theorem}: ", "").append_text(standing))
        if told := warning(proof):
            lines.append(words(f"warning: {told}", STYLES[Standing.NOT_RUN]))
    return lines


def as_data(proof: ProofResult) -> dict[str, Any]:
    """A proof as plain data; see the schema of results."""
    proved = proof.proved
    return {
        "file": proof.file,
        "theorem": proof.theorem,
        "says": proof.says,
        "status": proof.standing.value,
        "reason": proof.reason,
        "statement": proved.statement if proved else proof.stated,
        "prover": f"Coq {proved.version}" if proved else None,
        "axioms": list(proved.axioms) if proved else None,
        "lines": proved.lines if proved else None,
        "libraries": list(proved.libraries) if proved else None,
        "bridged": proved.bridged if proved else None,
        "negations": dict(proved.negations) if proved else None,
    }

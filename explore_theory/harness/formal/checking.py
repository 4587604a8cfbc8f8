"""A proof checked: compiled, checked again by the kernel alone, its axioms compared, its bridge crossed."""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import chain
from pathlib import Path

from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.proof import MACHINE_NUMBERS, REALS, Bridged, Proof
from explore_theory.harness.formal.bearing import (
    all_terms,
    constants_of,
    ours,
    premises,
    printed_constants,
    require_about,
    require_negations,
    require_premises,
    type_of,
)
from explore_theory.harness.formal.bridge import enclosed, enclosing, lemmas
from explore_theory.harness.formal.compiling import OWN, Workshop, first_error
from explore_theory.harness.formal.outcome import Proved
from explore_theory.harness.formal.prover import Prover
from explore_theory.harness.formal.scratch import scratch_folder
from explore_theory.harness.formal.sentences import bare, printed_with, stated
from explore_theory.harness.formal.sources import Source, Sources, sources_of

#: Marks in what a generated file prints.
_STATEMENT, _AXIOMS, _END = "=== statement of", "=== axioms of", "=== end"
_PREMISES, _STATED, _CROSSED = "=== premises of", "=== constants of", "=== constants of the bridge"

#: Modules whose definitions a signature hides: the checker, which sees the signature, lists them with the
#: axioms, and ``Print Assumptions``, which sees the module, does not. Of other names nothing is known.
_SEALED = (
    "Coq.Reals.Rdefinitions.RbaseSymbolsImpl.",
    "Coq.Reals.Rdefinitions.RinvImpl.",
    "Coq.ssr.ssrunder.Under_rel.",
    "mathcomp.ssreflect.bigop.BigOp.",
    "mathcomp.ssreflect.finfun.FinfunDef.",
    "mathcomp.ssreflect.fintype.CardDef.",
    "mathcomp.ssreflect.fintype.Finite.EnumDef.",
    "mathcomp.ssreflect.fintype.SubsetDef.",
    "mathcomp.ssreflect.tuple.FinTuple.",
)

#: The generated file's own name.
_ASKED = "asked"


def prove(proof: Proof, folder: Path, prover: Prover, bridged: Sequence[Bridged]) -> Proved:
    """Check `proof`, whose file lies below `folder`, by `prover`, and that its bridge carries `bridged`.

    Raises
    ------
    InvalidClaim
        One line: a word that must not stand in a proof, a theorem that is not there, a sentence that the
        prover refuses, an axiom that is not declared, a check of the kernel that fails, an evaluation that
        differs from the package's (with both numbers), or a limit of time or memory that is exceeded.
    """
    sources = sources_of(folder / proof.file)
    sources.require_clean()
    for theorem in proof.theorems:
        _require_stated(sources, theorem)
    with scratch_folder() as scratch:
        shop = Workshop(prover=prover, scratch=scratch, sources=sources)
        around = shop.build()
        groups = _groups(proof, around)
        asked = _questions(proof, sources.own, bridged, groups)
        said = shop.ask(_ASKED, asked)
        statements = {theorem: _statement(said.out, theorem) for theorem in proof.theorems}
        axioms = [_assumed(said.out, group) for group in groups]
        for group, names in zip(groups, axioms, strict=True):
            _require_declared(proof, group, names)
        name = Path(proof.file).name
        require_negations(proof, name, statements)
        require_premises(name, proof.theorem, _below(said.out, f"{_PREMISES} {proof.theorem}"))
        if not said.well:
            raise InvalidClaim(_not_bridged(shop, proof, bridged, asked, said.err))
        about = (_below(said.out, head) for head in (f"{_STATED} {proof.theorem}", _CROSSED))
        require_about(name, proof.theorem, *(ours(lines, sources) for lines in about))
    return Proved(
        version=prover.version,
        statement=statements[proof.theorem],
        axioms=_named(proof, axioms[0]),
        lines=len(sources.own.text.splitlines()),
        bridged=len(bridged),
        negations={slug: statements[theorem] for slug, theorem in proof.negations.items()},
        libraries=tuple(library.name for library in sources.libraries),
        unused=unused(proof, chain(*axioms, around if len(groups) < len(_all_groups(proof)) else ())),
    )


def _require_stated(sources: Sources, theorem: str) -> None:
    if stated(sources.own.text, theorem):
        return
    text = bare(sources.own.text)
    known = re.findall(r"(?:Theorem|Lemma|Corollary|Proposition|Fact|Remark)\s+([\w']+)", text)
    near = get_close_matches(theorem, known, n=1, cutoff=0.5)
    raise InvalidClaim(
        f"{sources.own.path.name} must state the theorem {theorem}, got none of that name"
        + (f"; did you mean {near[0]}?" if near else "")
    )


def _questions(
    proof: Proof, own: Source, bridged: Sequence[Bridged], groups: Sequence[tuple[str, ...]]
) -> str:
    """A file that prints what the prover knows of the theorems, and then crosses the bridge.

    Axioms are printed where nothing is imported, so that each has its module in its name; statements with the
    notations of other people's libraries that the file imports, and without any of our own. The bridge is
    crossed in a module, whose end takes back what it imports: constants have their files in their names.
    """
    name = own.name
    parts = [f"From {OWN} Require {name}.\n"]
    for k, group in enumerate(groups):
        # One walk through all that they rest on: it takes seconds, of one of them or of all.
        parts += [f"Definition together_{k} := ({', '.join(f'@{name}.{one}' for one in group)}).\n"]
        parts += [_say(f"{_AXIOMS} {' '.join(group)}"), f"Print Assumptions together_{k}.\n"]
    parts += [_sentence(words) for words in printed_with(own.text)]
    parts += ["Set Printing Width 100.\n", "Set Printing Depth 10000.\n"]
    for theorem in proof.theorems:
        parts += [_say(f"{_STATEMENT} {theorem}"), f"Check @{name}.{theorem}.\n"]
    first = f"{name}.{proof.theorem}"
    parts += [_say(f"{_PREMISES} {proof.theorem}"), premises(first)]
    parts += [_say(f"{_STATED} {proof.theorem}"), constants_of("what_is_stated", type_of(first)), _say(_END)]
    parts += ["Module across.\n", _as_in(own), lemmas(bridged)]
    parts += [f"Definition terms := {all_terms(bridged)}.\nEnd across.\n"]
    return "".join([*parts, _say(_CROSSED), printed_constants("across.terms"), _say(_END)])


def _as_in(own: Source) -> str:
    """Sentences after which names mean what they do at the end of the proof's file."""
    required = [_sentence(words) for words in printed_with(own.text, shared=True)]
    return "".join([*required, f"From {OWN} Require Import {own.name}.\n"])


def _sentence(words: str) -> str:
    return f"{words}.\n"


def _say(words: str) -> str:
    return f'Goal True. idtac "{words}". Abort.\n'


def _groups(proof: Proof, around: Sequence[str]) -> list[tuple[str, ...]]:
    """Theorems whose axioms are asked for: the first by itself, and its negations together.

    Those of negations are not asked for if all axioms `around`, of whatever the file loads, are declared:
    the walk through the proofs of an `interval` takes longer than all the rest. A checker that lists none may
    be one that tells of the file alone, so then they are asked for.
    """
    known = bool(around) and all(_allowed(proof, axiom) or axiom.startswith(_SEALED) for axiom in around)
    return _all_groups(proof)[: 1 if known else 2]


def _all_groups(proof: Proof) -> list[tuple[str, ...]]:
    return [group for group in (proof.theorems[:1], proof.theorems[1:]) if group]


def _statement(out: str, theorem: str) -> str:
    """What a theorem states, from what the prover printed.

    Raises
    ------
    InvalidClaim
        If it is not there.
    """
    statement = "\n".join(line for line in _below(out, f"{_STATEMENT} {theorem}") if line)
    # ``name``, and below it ``     : statement``; with `@` where arguments are implicit.
    statement = re.sub(r"\A@?[\w'.]+\s*:\s*", "", statement)
    return re.sub(r"\n {1,7}", "\n", statement)


def _below(out: str, head: str) -> list[str]:
    """What stands between the line `head` and the next mark."""
    lines = [line.rstrip() for line in out.splitlines()]
    try:
        first = lines.index(head) + 1
        end = next(k for k in range(first, len(lines)) if lines[k].startswith("=== "))
    except (ValueError, StopIteration):
        raise InvalidClaim(f"the prover must answer what it is asked, got nothing for {head[4:]}") from None
    return lines[first:end]


def _assumed(out: str, group: Sequence[str]) -> tuple[str, ...]:
    """The axioms of some theorems, from what the prover printed.

    Raises
    ------
    InvalidClaim
        If they are not there, or something besides axioms is assumed.
    """
    theorem, lines = " and ".join(group), _below(out, f"{_AXIOMS} {' '.join(group)}")
    if lines == ["Closed under the global context"]:
        return ()
    if not lines or lines[0] != "Axioms:":
        raise InvalidClaim(f"{theorem} must rest on axioms alone, got {' '.join(lines)[:120]!r}")
    names = []
    for line in lines[1:]:
        if line.startswith(" "):
            continue
        found = re.fullmatch(r"([\w'.]+)(\s*:.*)?", line)
        if found is None:
            raise InvalidClaim(f"{theorem} must rest on axioms alone, got {line[:120]!r}")
        names.append(found.group(1))
    return tuple(names)


def _allowed(proof: Proof, axiom: str) -> str:
    """The declared name that `axiom` falls under; empty if there is none."""
    return next((declared for declared in sorted(proof.axioms) if _falls_under(axiom, declared)), "")


def _falls_under(axiom: str, declared: str) -> bool:
    parts, wanted = axiom.split("."), declared.split(".")
    if wanted[-1] == "*":
        # Of the module, or of one within it.
        module = wanted[:-1]
        return any(parts[k : k + len(module)] == module for k in range(len(parts) - len(module)))
    return parts[-len(wanted) :] == wanted


def unused(proof: Proof, axioms: Iterable[str]) -> tuple[str, ...]:
    """What `proof` declares and none of the `axioms` that it rests on falls under.

    What is declared by one word of ours is used if any of it is: nobody picks axioms of machine numbers one
    by one. `REALS` are allowed where nothing is declared, so that they say nothing of this proof.
    """
    rest = list(axioms)
    idle = {name for name in proof.axioms if not any(_falls_under(axiom, name) for axiom in rest)}
    told = set(idle)
    for word, group in (("", REALS), ("MACHINE_NUMBERS", MACHINE_NUMBERS)):
        if group <= proof.axioms:
            told -= group
            if word and group <= idle:
                told.add(word)
    return tuple(sorted(told))


def _require_declared(proof: Proof, group: Sequence[str], axioms: Sequence[str]) -> None:
    alien = [axiom for axiom in axioms if not _allowed(proof, axiom)]
    if alien:
        more = f" and {len(alien) - 1} more" * (len(alien) > 1)
        raise InvalidClaim(
            f"{Path(proof.file).name}: {' and '.join(group)} must rest on declared axioms, "
            f"got {alien[0]}{more}; declared are {', '.join(sorted(proof.axioms)) or 'none'}"
        )


def _named(proof: Proof, axioms: Sequence[str]) -> tuple[str, ...]:
    """`axioms` for a person: those of a whole module that is allowed by its name."""
    names = (_allowed(proof, axiom) for axiom in axioms)
    return tuple(dict.fromkeys(sorted(names)))


def _not_bridged(shop: Workshop, proof: Proof, bridged: Sequence[Bridged], asked: str, err: str) -> str:
    """What to say of a bridge that was not crossed as `asked`: which evaluation, and both numbers."""
    place = re.search(rf'File "[^"]*{_ASKED}\.v", line (\d+)', err)
    before = asked.splitlines()[: int(place.group(1)) if place else 0]
    reached = re.findall(r"^Lemma bridged_(\d+) ", "\n".join(before), flags=re.MULTILINE)
    name = Path(proof.file).name
    if not reached:
        return f"{name} must be asked about its theorem, got {first_error(err)}"
    one = bridged[int(reached[-1])]
    said = shop.ask("enclosing", f"{_as_in(shop.sources.own)}{enclosing(one)}")
    formal = enclosed(said.out)
    if formal is None:
        return (
            f"{name}: the bridge must be crossed by its tactic, got {first_error(err)} for {one.term[:160]}, "
            f"which the package says is {one.value!r}"
        )
    lo, hi = formal
    if max(lo, one.value - one.tolerance) <= min(hi, one.value + one.tolerance):
        return (
            f"{name}: the bridge must be proved to {one.tolerance:g}, got an enclosure [{lo!r}, {hi!r}] that "
            f"is too wide, or a tactic that fails ({first_error(err)}), for {one.term[:160]}"
        )
    return (
        f"{name}: the formal definition must be what the package computes, got {(lo + hi) / 2!r} from the "
        f"prover and {one.value!r} from the package for {one.term[:160]}"
    )

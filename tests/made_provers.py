"""Provers for tests: scripts that answer as Coq does, so that what the engine makes of it needs no Coq."""

import os
from dataclasses import dataclass
from pathlib import Path

from explore_theory.harness.claims.proof import PACKAGES
from explore_theory.harness.formal.prover import SWITCH

REALS = (
    "Axioms:",
    "ClassicalDedekindReals.sig_not_dec : forall P : Prop, {~ ~ P} + {~ P}",
    "FunctionalExtensionality.functional_extensionality_dep",
    "  : forall (A : Type) (B : A -> Type) (f g : forall x : A, B x),",
    "    (forall x : A, f x = g x) -> f = g",
)
SUMMARY = """
CONTEXT SUMMARY
===============

* Theory: Set is predicative

* Axioms:
    Coq.Reals.ClassicalDedekindReals.sig_not_dec

* Constants/Inductives relying on type-in-type: <none>

* Constants/Inductives relying on unsafe (co)fixpoints: <none>

* Inductives whose positivity is assumed: <none>
"""

_COQC = """#!/bin/sh
case "$1" in
  --version) echo "The Coq Proof Assistant, version {version}"; exit 0 ;;
  -where) echo "{library}"; exit 0 ;;
esac
for last; do :; done
echo "$last" >> "{log}"
{before}
case "$last" in
  asked.v)
    sed -n 's/.*idtac "\\(.*\\)".*/\\1/p' "$last" | while read -r line; do
      echo "$line"
      case "$line" in
        "=== statement of not_"*) echo "toy.wrong"; echo "     : ~ (forall x : R, x = 0)" ;;
        "=== statement"*) echo "@toy.t"; echo "     : forall x : R,"; echo "       x <= exp x" ;;
        "=== axioms of not_"*) cat "{axioms}-of-negations" ;;
        "=== axioms"*) cat "{axioms}" ;;
        "=== premises"*) echo "premises.refuted = false"; echo "     : bool" ;;
        "=== constants"*) echo "Transparent constants:"; echo "Rdefinitions.Rle : R -> R -> Prop"
          echo "t.f : R -> R"; echo "b1.f : R -> R"; echo "b2.f : R -> R" ;;
      esac
    done ;;
  *.v) : > "${{last%.v}}.vo" ;;
esac
{after}
"""
_CHECKER = """#!/bin/sh
for last; do :; done
echo "check $last" >> "{log}"
cat "{summary}" >&2
exit {code}
"""


@dataclass(frozen=True, kw_only=True)
class FakeProver:
    """A folder with both programs, and the log of what they were called on."""

    folder: Path
    log: Path

    @property
    def calls(self) -> list[str]:
        return self.log.read_text().split("\n")[:-1] if self.log.exists() else []


def made(
    folder: Path,
    *,
    version="8.16.1",
    axioms=REALS,
    of_negations=None,
    summary=SUMMARY,
    lacks=(),
    before="",
    after="",
    code=0,
) -> FakeProver:
    """A prover in `folder`: what it prints of axioms and trust, and shell lines `before` and `after`."""
    folder.mkdir(parents=True, exist_ok=True)
    library, log = folder / "library", folder / "log"
    for name, place in PACKAGES.items():
        if name not in lacks:
            (library / "user-contrib" / place).mkdir(parents=True, exist_ok=True)
    (folder / "axioms").write_text("\n".join(axioms) + "\n")
    (folder / "axioms-of-negations").write_text("\n".join(of_negations or axioms) + "\n")
    (folder / "summary").write_text(summary)
    texts = {
        "coqc": _COQC.format(
            version=version, library=library, log=log, axioms=folder / "axioms", before=before, after=after
        ),
        "coqchk": _CHECKER.format(log=log, summary=folder / "summary", code=code),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
        # Programs are known by their time of change.
        os.utime(folder / name)
    return FakeProver(folder=folder, log=log)


def on_path(monkeypatch, prover: FakeProver | None, empty: Path) -> None:
    """This prover, or none, and no other one on the path."""
    tools = empty / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("sh", "sed", "cat", "sleep"):
        real = next(p for p in map(Path, ("/bin", "/usr/bin")) if (p / name).exists()) / name
        if not (tools / name).exists():
            (tools / name).symlink_to(real)
    folders = [str(prover.folder)] if prover is not None else []
    monkeypatch.delenv(SWITCH, raising=False)
    monkeypatch.setenv("PATH", os.pathsep.join([*folders, str(tools)]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(empty / "cache"))

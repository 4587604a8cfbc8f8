"""`formal doctor`, `formal new`, `formal check`: machine-checked proofs of claims."""

import sys
from typing import TYPE_CHECKING

import click

from explore_theory.cli.chosen import discovered, warn_broken
from explore_theory.cli.mistakes import INTERRUPTED, Whole, one_line_errors
from explore_theory.cli.options import claims_option, jobs_option
from explore_theory.cli.saying import say

if TYPE_CHECKING:
    from explore_theory.harness.running.worker import Job
    from explore_theory.harness.storage.store import Outcome


@click.group()
def formal() -> None:
    """Machine-checked proofs: what is installed, a new one, a check of all."""


@formal.command(name="doctor")
@claims_option
@one_line_errors
def formal_doctor(claims: tuple[str, ...]) -> None:
    """Say which prover and which of its libraries are installed, and how to install what proofs need.

    Exit code 0 if every proof of the claims can be checked here, 1 if not.
    """
    from explore_theory.harness.claims.proof import PACKAGES
    from explore_theory.harness.formal.prover import OLDEST, SWITCH, absent, find, present, too_old

    needed = {name for r in discovered(claims).claims for proof in r.claim.proofs for name in proof.needs}
    prover, here = find(), present()
    oldest = ".".join(map(str, OLDEST))
    if prover is None:
        if SWITCH in here:
            say(f"coqc: {absent(here, ())}; proofs are NOT RUN")
            sys.exit(1)
        say(f"coqc: not on the path, so proofs are NOT RUN; it takes Coq {oldest} or newer")
        missing = ["coq", *sorted(needed)]
    else:
        old = too_old(here)
        say(f"coqc: {prover.coqc}, Coq {prover.version}" + f", too old: it takes {oldest} or newer" * old)
        say(f"checker: {prover.checker or 'coqchk is not on the path'}")
        for name, folder in PACKAGES.items():
            state = "missing" if name in prover.lacks else "there"
            use = "" if name in needed else ", which no proof of these claims needs"
            say(f"{name}: {state} ({folder}){use}")
        missing = ["coq"] * (old or not prover.checker) + sorted(needed & set(prover.lacks))
    if missing:
        say(f"to install what is missing, on Debian or Ubuntu: apt-get install {' '.join(missing)}")
        say("with opam: opam install coq coq-mathcomp-ssreflect coq-coquelicot coq-interval")
    sys.exit(1 if missing else 0)


@formal.command(name="new")
@click.argument("selector", metavar="CLAIM")
@claims_option
@one_line_errors
def formal_new(selector: str, claims: tuple[str, ...]) -> None:
    """Write a proof of CLAIM to start from: a theorem that is not proved yet, and its PROOF in Python.

    Nothing is overwritten.
    """
    from explore_theory.cli import proving
    from explore_theory.errors import UnknownSelector

    chosen = discovered(claims, (selector,)).choose([selector])
    warn_broken(chosen)
    if len(chosen.claims) != 1:
        found = ", ".join(r.label for r in chosen.claims) or "none"
        raise UnknownSelector(f"CLAIM must be one claim, got {selector!r}, which means {found}")
    started = proving.start(chosen.claims[0], claims)
    for path in proving.write(started):
        click.echo(f"wrote {path}")
    click.echo(f"\nnext:\n{started.next}")


@formal.command(name="check")
@click.argument("selectors", nargs=-1, metavar="[CLAIM]...")
@jobs_option("Worker processes.")
@click.option("--reseed", type=Whole(min=0), default=0, help="Other instances for the bridges.")
@click.option("--markdown", is_flag=True, help="Print the table as Markdown, without seconds.")
@click.option("--json", "as_json", is_flag=True, help="Print the proofs as JSON.")
@claims_option
@one_line_errors
def formal_check(
    selectors: tuple[str, ...], jobs: int, reseed: int, markdown: bool, as_json: bool, claims: tuple[str, ...]
) -> None:
    """Check the proofs of claims, and nothing else of them; no store is read or written.

    Exit code: 0 all checked; 1 something is wrong with one; 3 some NOT RUN; 130 interrupted.
    """
    from json import dumps

    from explore_theory.harness.judging.proofs import Standing
    from explore_theory.harness.running.executors import Limits, executor
    from explore_theory.harness.running.proofs_alone import check_proofs
    from explore_theory.reporting import proofs
    from explore_theory.reporting.terminal import console
    from explore_theory.reporting.terminal import say as tell

    if markdown and as_json:
        raise click.UsageError("--markdown and --json must not be given together")
    chosen = discovered(claims, selectors).choose(selectors)
    warn_broken(chosen)
    with_proofs = [registered for registered in chosen.claims if registered.claim.proofs]
    if not with_proofs:
        say(
            "explore-theory: none of these claims has a proof; `explore-theory formal new CLAIM` starts one",
            err=True,
        )
        sys.exit(1 if chosen.broken else 0)
    try:
        results = check_proofs(with_proofs, executor(jobs, Limits()), reseed=reseed, progress=_said)
    except KeyboardInterrupt:
        click.echo("explore-theory: interrupted", err=True)
        sys.exit(INTERRUPTED)
    if as_json:
        click.echo(dumps([{"id": r.label, **proofs.as_data(p)} for r, p in results], indent=2))
    elif markdown:
        say(proofs.markdown(results), lines=True)
    else:
        terminal = console()
        terminal.print(proofs.table(results))
        terminal.print()
        tell(terminal, proofs.headline([proof for _, proof in results]))
    for registered, proof in results:
        if told := proofs.warning(proof):
            say(f"explore-theory: warning: {registered.label} {proof.file}: {told}", err=True)
    standings = [proof.standing for _, proof in results]
    if chosen.broken or Standing.ERROR in standings:
        sys.exit(1)
    sys.exit(3 if Standing.NOT_RUN in standings else 0)


def _said(job: "Job", outcome: "Outcome") -> None:
    """A line on standard error for each proof as it is done: a whole check takes minutes."""
    state = "checked" if outcome.status == "done" else "ERROR"
    say(f"{job.registered.label} {job.block.check}: {state}, {outcome.seconds:.1f} s", err=True)

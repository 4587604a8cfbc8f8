"""`audit`: what the evidence of claims would catch."""

import sys
from pathlib import Path

import click

from explore_theory.cli.chosen import discovered, warn_others
from explore_theory.cli.mistakes import INTERRUPTED, one_line_errors
from explore_theory.cli.options import claims_option, jobs_option, store_option
from explore_theory.cli.saying import say
from explore_theory.foundation.brief import shown

#: So many claims are shown with all their knobs unless told otherwise.
FEW = 3


@click.command()
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@click.option("--tier", type=click.Choice(["quick", "full"]), default="quick", show_default=True)
@store_option
@jobs_option("Worker processes.")
@click.option("--long", "full", is_flag=True, help=f"Every check and knob (default: up to {FEW} claims).")
@click.option(
    "--against", metavar="FILE", help="Hold it against an earlier `audit --json`; exit 1 if weaker."
)
@click.option(
    "--damage",
    "globs",
    multiple=True,
    metavar="GLOB",
    help="Plant the faults and turn the knobs of these names, '*' for all (repeatable).",
)
@click.option(
    "--faults",
    "files",
    multiple=True,
    metavar="PATH",
    help="A TOML file or folder of faults and knobs of your own, in place of the shipped ones (repeatable).",
)
@claims_option
@click.option("--json", "as_json", is_flag=True, help="Print the audit as JSON.")
@one_line_errors
def audit(
    selectors: tuple[str, ...],
    tier: str,
    store: str,
    jobs: int,
    full: bool,
    against: str | None,
    globs: tuple[str, ...],
    files: tuple[str, ...],
    claims: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say how far each claim can be bent before its evidence refutes it.

    Bounds are moved by a factor, by a shift and in the exponents of the parameters, and relations are
    reversed: TIGHT breaks within a factor of 1.05, LOOSE within twice its slack, POWERLESS does not break.
    Claims that the store does not hold are run first, as `verify` runs them.

    With --damage, small faults are planted into a copy of the code, one at a time, and knobs are turned by
    bisection: which of the claims notices? The shipped claims are asked what is listed beside each fault;
    any others are asked everything that touches them.

    \b
    explore-theory audit mine:* --claims mine --damage '*'     which faults of the library my claims notice
    explore-theory audit mine:* --claims mine --faults my.toml

    \b
    Exit code: 0 no claim is POWERLESS (or weaker than in FILE, or blind to a fault listed beside it);
    1 some is; 2 usage; 130 interrupted.
    """
    from explore_theory.errors import InvalidClaim
    from explore_theory.harness.judging.audit import Badge
    from explore_theory.harness.judging.audit import audit as audited
    from explore_theory.harness.judging.weaker import weaker
    from explore_theory.harness.running.executors import Limits, executor
    from explore_theory.harness.storage.store import Store
    from explore_theory.reporting import damage
    from explore_theory.reporting.audit import print_audits, read, record, to_json
    from explore_theory.reporting.terminal import console
    from explore_theory.reporting.verify import run_with_progress

    earlier = read(against) if against is not None else None
    asked = bool(globs or files)
    faults, knobs = damage.chosen(globs, files) if asked else ([], [])
    chosen = discovered(claims).choose(selectors)
    warn_others(chosen)
    for module in chosen.broken:
        say(f"explore-theory: {module.line or module.path} could not be loaded: {module.reason}", err=True)
    if not chosen.claims and not chosen.broken:
        where = " ".join(claims) or "what is installed"
        raise InvalidClaim(f"claims must hold at least one claim, got none in {where}")
    with Store(store) as opened:
        done = run_with_progress(chosen.claims, opened, executor=executor(jobs, Limits()), tier=tier)
    if done.interrupted:
        click.echo("explore-theory: interrupted; finished blocks are kept, the same call resumes", err=True)
        sys.exit(INTERRUPTED)
    audits = [audited(result) for result in done.results]
    lost = []
    if earlier is not None:
        labels = [claim.label for claim in chosen.claims]
        lost = weaker(earlier, record(audits), labels if selectors else None)
    # Beside a shipped fault stands what of the shipped claims must notice it.
    listed = not files and not any(claim.namespace for claim in chosen.claims)
    if listed and selectors:
        faults = damage.asked_of(faults, chosen.claims)
    notices, points = damage.done(chosen.claims, faults, knobs, jobs=max(1, jobs), listed=listed)
    if as_json:
        more = damage.record(notices, points) if asked else {}
        click.echo(to_json(audits, weaker=lost, **more))
    else:
        print_audits(console(), audits, full=full or len(audits) <= FEW)
        for line in damage.lines(notices, points, listed=listed):
            say(line)
    for line in lost:
        say(f"weaker: {line}", err=as_json)
    if earlier is not None and not lost and not as_json:
        say(f"as strong as in {shown(Path(str(against)))}")
    bad = any(found.badge is Badge.POWERLESS for found in audits)
    bad = bad or (listed and bool(damage.unnoticed(notices, listed=True)))
    sys.exit(1 if bad or lost or chosen.broken else 0)

"""`tighten`: the interval in which the best value of a named constant lies."""

import sys
from typing import TYPE_CHECKING

import click

from explore_theory.cli.chosen import discovered, warn_broken
from explore_theory.cli.mistakes import Whole, one_line_errors
from explore_theory.cli.options import claims_option
from explore_theory.cli.saying import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from explore_theory.harness.discovery.registry import Registered

#: Chains of one search, each with a certificate.
MOST_CHAINS = 100_000


@click.command()
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@click.option(
    "--effort",
    type=Whole(min=1, max=MOST_CHAINS),
    metavar="N",
    help="Chains of each search (default: those of the quick tier).",
)
@click.option("--reseed", type=Whole(min=0), default=0, help="Fresh random streams (default: derived).")
@claims_option
@click.option("--json", "as_json", is_flag=True, help="Print the intervals as JSON.")
@one_line_errors
def tighten(
    selectors: tuple[str, ...], effort: int | None, reseed: int, claims: tuple[str, ...], as_json: bool
) -> None:
    """Locate the named constants and exponents of claims: an instance at one end, the proof at the other.

    A SELECTOR is as for `verify`; without one, all claims that name constants. A search pushes each constant
    to the value that some instance needs, certified in ball or rational arithmetic; the other end is the best
    value with a proof. No store is read or written.

    \b
    Exit code: 0 all located; 1 an instance contradicts a proof, or an ERROR; 2 usage;
    3 some INCONCLUSIVE; 130 interrupted.
    """
    from explore_theory.harness.running import tightening
    from explore_theory.harness.verdicts.verdict import Status
    from explore_theory.reporting import constants, text

    registry = discovered(claims)
    chosen = registry.choose(selectors)
    naming = [registered for registered in chosen.claims if _names(registered)]
    if not naming and chosen.claims:
        _refuse(selectors, [registered for registered in registry.claims if _names(registered)])
    _require_carriers(naming, {name for r in registry.claims for name in (r.claim.id, r.label)})
    entries = []
    for registered in naming:
        for found in tightening.tighten(registered, effort=effort, reseed=reseed):
            entries.append((registered.label, found))
            if not as_json:
                say(constants.line(registered.label, found))
    if as_json:
        click.echo(constants.to_json(entries))
    warn_broken(chosen)
    statuses = [*(found.verdict.status for _, found in entries), *(Status.ERROR for _ in chosen.broken)]
    sys.exit(text.exit_code(statuses))


def _names(registered: "Registered") -> bool:
    return any(check.constant is not None for check in registered.claim.checks)


def _require_carriers(naming: "Sequence[Registered]", known: set[str]) -> None:
    """Refuse a sharper value that is said to be proved by a claim that is not there."""
    from explore_theory.errors import InvalidClaim

    for registered in naming:
        for constant in (check.constant for check in registered.claim.checks):
            if constant is not None and constant.by and constant.by not in known:
                raise InvalidClaim(
                    f"by must name a claim that is installed or given by --claims, got by={constant.by!r} "
                    f"for {constant.slug!r} of {registered.label}"
                )


def _refuse(selectors: tuple[str, ...], naming: "Sequence[Registered]") -> None:
    """Say that what was chosen names no constant, and what does."""
    from explore_theory.errors import InvalidClaim

    labels = ", ".join(registered.label for registered in naming)
    raise InvalidClaim(
        f"selector must choose a claim that names constants, got selectors={' '.join(selectors) or 'none'}; "
        + (f"these do: {labels}" if labels else "no claim here does (see best_constant)")
    )

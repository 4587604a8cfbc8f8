"""One false-alarm budget: how the session's error level is shared among comparisons that chance can turn.

A level `alpha` (default `ALPHA`) bounds the chance that a session calls any true statement REFUTED, or any
false one HOLDS, by the union bound over all comparisons of the registry. It is divided by what is registered,
never by what is selected, so `verify S1`, `verify`, a shard and a resumed run give one verdict. Each theorem
folder owns an eighth, split evenly over the samples its claims declare; the claims of others share a
quarter. False variants have a budget of their own, of the same size and split the same way.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.claim import RANDOM, Check, Claim

if TYPE_CHECKING:
    from explore_theory.harness.discovery.registry import Registered

ALPHA = 1e-3

PLUGINS = "plugins"
SHARES = {
    "framework": 1 / 8,
    "coverage_lower_bound": 1 / 8,
    "spanner_sampling": 1 / 8,
    "proper_policy_hardness": 1 / 8,
    "token_level_improvement": 1 / 8,
    "exact_law": 1 / 8,
    PLUGINS: 1 / 4,
}


def require_alpha(alpha: float) -> float:
    """`alpha` if it is a usable error level."""
    if not 0 < alpha < 1:
        raise InvalidClaim(f"alpha must lie in (0, 1), got alpha={alpha!r}")
    return alpha


def with_shares(claims: Sequence["Registered"]) -> list["Registered"]:
    """The same claims, each knowing what fraction of alpha one of its comparisons (or variants') may use."""
    statements, variants = dict.fromkeys(SHARES, 0), dict.fromkeys(SHARES, 0)
    for registered in claims:
        family = family_of(registered)
        statements[family] += sum(_comparisons(check) for check in registered.claim.checks)
        variants[family] += _variant_comparisons(registered.claim)
    return [
        replace(
            r,
            share=SHARES[family_of(r)] / max(1, statements[family_of(r)]),
            variant_share=SHARES[family_of(r)] / max(1, variants[family_of(r)]),
        )
        for r in claims
    ]


def family_of(registered: "Registered") -> str:
    """The owner of a claim's share: its theorem folder if it is one of ours, else the plugins."""
    ours = registered.shipped and registered.claim.theorem in SHARES
    return registered.claim.theorem if ours else PLUGINS


def _comparisons(check: Check) -> int:
    return len(check.cases) if check.evidence in RANDOM else 0


def _variant_comparisons(claim: Claim) -> int:
    return sum(_comparisons(claim.variant_check(variant)[0]) for variant in claim.false_variants)

"""One false-alarm budget: how the session's error level is shared among comparisons that chance can turn.

A level `alpha` (default `ALPHA`) bounds the chance that a session calls any true statement REFUTED, or any
false one HOLDS, by the union bound over all comparisons of the registry. It is divided by what is registered,
never by what is selected, so `verify S1`, `verify`, a shard and a resumed run give one verdict. Each theorem
folder of ours whose claims sample owns an eighth, split evenly over the samples they declare; the claims of
others share a quarter. False variants have a budget of their own, of the same size and split the same way.
"""

from collections.abc import Sequence

from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.claim import RANDOM, Check, Claim

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


#: The family of a claim, and the comparisons of its statement and of its false variants that chance can turn.
Counts = tuple[str, int, int]


def counts_of(claim: Claim, *, shipped: bool) -> Counts:
    """What `claim` takes part in its family's share with."""
    own = sum(_comparisons(check) for check in claim.checks)
    return family_of(claim, shipped=shipped), own, _variant_comparisons(claim)


def shares(claims: Sequence[tuple[Claim, bool]], others: Sequence[Counts] = ()) -> list[tuple[float, float]]:
    """What fraction of alpha one comparison of each claim may use, and one of its false variants.

    Claims come with whether they are shipped, that is ours; `others` share with them and are not loaded.
    """
    statements, variants = dict.fromkeys(SHARES, 0), dict.fromkeys(SHARES, 0)
    counts = [counts_of(claim, shipped=shipped) for claim, shipped in claims]
    for family, own, lies in (*counts, *others):
        statements[family] += own
        variants[family] += lies
    families = [family for family, *_ in counts]
    return [(SHARES[f] / max(1, statements[f]), SHARES[f] / max(1, variants[f])) for f in families]


def family_of(claim: Claim, *, shipped: bool) -> str:
    """The owner of a claim's share: its theorem folder if it is one of ours, else the plugins."""
    return claim.theorem if shipped and claim.theorem in SHARES else PLUGINS


def _comparisons(check: Check) -> int:
    return len(check.cases) if check.evidence in RANDOM else 0


def _variant_comparisons(claim: Claim) -> int:
    return sum(_comparisons(claim.variant_check(variant)[0]) for variant in claim.false_variants)

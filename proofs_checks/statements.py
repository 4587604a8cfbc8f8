"""Every statement of the theory by its id, in order; `explore-theory list --statements` shows how far each is
covered. The mathematics is in the claims' own docstrings.
"""

from explore_theory.harness import Statement


def _folder(
    theorem: str, *entries: tuple[str, ...], asymptotic: tuple[str, ...] = ()
) -> tuple[Statement, ...]:
    found = []
    for entry in entries:
        id, title, *rest = entry
        open_, claim = (*rest, "", "")[:2]
        kind = "asymptotic" if id in asymptotic else "explicit"
        found.append(Statement(id=id, theorem=theorem, title=title, kind=kind, open=open_, claim=claim))
    return tuple(found)


_FRAMEWORK = _folder(
    "framework",
    ("F1", "the gap is beta times the divergence to the optimal policy"),
    ("F2", "coverage lies between one and exp(R/beta)"),
    ("F3", "the largest regularised value is a log-partition function"),
    ("F4", "a mixture is no further from the optimal policy than its parts on average"),
    ("F5", "exact evaluation computes what it is said to"),
)

_COVERAGE = _folder(
    "coverage_lower_bound",
    ("C1", "mass of a spherical cap"),
    ("C2", "a strong call off the secret direction hits with probability at most e/C"),
    ("C3a", "the best adaptive strategy equals the best fixed sequence"),
    ("C3b", "one call is worth at most E h(u_1)"),
    ("C3c", "E h(u_1) <= e/C + exp(-beta^2 d/2)"),
    ("C3d", "a named response not yet seen hits with probability at most 1/(N-T-n+1)"),
    ("C3e", "the exact value of the weak-oracle game"),
    ("C3f", "E h(u_1) <= m/(m+C-1) <= exp(1/(2 d beta^2))/C"),
    ("C4", "mass p on the needle costs beta kl(p || q)"),
    ("C5", "1 - q <= (C-1) exp(-1/beta)"),
    ("C6", "data needs no coverage"),
    ("CT", "no algorithm is faster than coverage allows"),
)

_SPANNER = _folder(
    "spanner_sampling",
    ("S1", "the ridge confidence ellipsoid holds at all times"),
    ("S2", "accepted pairs multiply the determinant"),
    ("S3", "the elliptical potential"),
    ("S4", "divergence between two tilts"),
    ("S5", "divergence of the truncated policy"),
    ("S6", "density ratio of the truncated policy"),
    ("S7", "what the spanner leaves uncovered"),
    ("S8", "the softmax sampler"),
    ("S9", "assembly of the gap bound"),
    ("ST", "SpannerSampling end to end"),
)

_PROPER = _folder(
    "proper_policy_hardness",
    ("P1", "probabilities at the planted assignment"),
    ("P2", "a likely star means a satisfying assignment"),
    ("P3", "until star is seen the worlds agree"),
    ("P4", "no policy is good in both worlds"),
    ("P5", "a successful transcript contains an approximate maximiser"),
    ("P6", "the trade-off of data and computation"),
    ("PT", "bookkeeping of the conditional hardness"),
    asymptotic=("PT", "P6"),
)

_TOKENS = _folder(
    "token_level_improvement",
    ("T1", "token-level optimal policies multiply to the optimal policy"),
    ("T2", "sequence and token coverage"),
    ("T3", "when the optimal policy is autoregressive linear softmax"),
    ("T4", "the gap decomposes over tokens"),
    ("T5", "later errors enter earlier layers to second order"),
    ("T6", "MTSS end to end", "", "TT"),
    ("T7", "sequence-level methods pay sequence-level coverage"),
    ("T8", "the unbiased log-ratio"),
    asymptotic=("T6", "T7"),
)

_LAWS = _folder(
    "exact_law",
    ("X1", "search"),
    ("X2", "rounds of a frozen spanner"),
    ("X3", "means are functions of a multinomial"),
    ("X4", "rejection sampling"),
    ("X5", "bulk rounds"),
    ("X7", "alias tables"),
    ("X8", "steps of a token policy"),
    ("X9", "rollouts of a token policy"),
    ("X10", "surveys for pairs that are far apart"),
)

STATEMENTS = (*_FRAMEWORK, *_COVERAGE, *_SPANNER, *_PROPER, *_TOKENS, *_LAWS)

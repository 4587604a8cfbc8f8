"""``C_cond = 2`` and ``C_cov = 2^H``, exactly: what equation (13) is followed by, as checks of T2.

Four tokens, base policy uniform, ``exp(r/beta)`` three to the number of tokens 0. A token is then 0 with
probability ``3/(3 + 3) = 1/2`` under the optimum, twice its base probability, whatever came before. With two
tokens ``2 w/(w + 1) < 2`` for every weight `w`.
"""

from fractions import Fraction

import numpy as np

from explore_theory.harness import Bound, Case, Check, Evidence, FalseVariant, Measurement, PrintedForm, Trial
from proofs_checks.token_level_improvement.rational import RationalTree, tree


def trees(trial: Trial, *, tokens: int = 4, weight: int = 3) -> list[RationalTree]:
    """Responses of 1, 2, .. tokens, to the `horizon` of the case."""
    found = []
    for horizon in range(1, int(trial.case.params["horizon"]) + 1):
        inner = (tokens**horizon - 1) // (tokens - 1)
        # A response is written in base `tokens`; its zeros are its good tokens.
        good = [np.base_repr(y, tokens).zfill(horizon).count("0") for y in range(tokens**horizon)]
        laws = [[Fraction(1, tokens)] * tokens] * inner
        found.append(tree(horizon, tokens, laws, [Fraction(weight) ** g for g in good]))
    return found


def coverages(found: list[RationalTree]) -> Measurement:
    """``C_cov`` and ``C_cond`` of each, tree after tree."""
    return Measurement.exact(
        np.array([c for t in found for c in (t.coverage, t.conditional_coverage)], dtype=object),
        effort=len(found),
        unit="trees",
        witness=lambda k: {"H": found[k // 2].horizon, "of": ("responses", "tokens")[k % 2]},
    )


def powers(found: list[RationalTree]) -> Bound:
    """``2^H`` and 2 of each, in the same order."""
    return Bound.of(np.array([Fraction(c) for t in found for c in (2**t.horizon, 2)], dtype=object))


def responses_over_tokens(found: list[RationalTree]) -> Measurement:
    """``C_cov/2^H`` and ``2/C_cond`` of each: at least one, both, if coverage is as (13) has it."""
    values = [c for t in found for c in (t.coverage / 2**t.horizon, 2 / t.conditional_coverage)]
    return Measurement.exact(np.array(values, dtype=object), effort=len(found), unit="trees")


CASES = (
    Case(slug="four-tokens", params={"horizon": 4}, tight=True),
    Case(slug="four-tokens-to-6", params={"horizon": 6}, tight=True, tiers=("full",)),
)
EXACTLY = Check(
    slug="two-to-the-horizon",
    evidence=Evidence.EXHAUSTIVE,
    cases=CASES,
    instance=trees,
    measure=coverages,
    bound=powers,
    relation="==",
)
VARIANTS = (
    FalseVariant(
        slug="weight-two",
        why="weight 2 on the good one of four tokens: C_cond = 8/5",
        check="two-to-the-horizon",
        instance=lambda trial: trees(trial, weight=2),
        cases=("four-tokens",),
    ),
    FalseVariant(
        slug="two-tokens",
        why="two tokens in place of four: C_cond = 3/2",
        check="two-to-the-horizon",
        instance=lambda trial: trees(trial, tokens=2),
        cases=("four-tokens",),
    ),
)
AS_PRINTED = PrintedForm(
    slug="exponentially-apart",
    item="Equation (13)",
    page=13,
    says="C_cond <= 2 and C_cov >= 2^H are possible at once",
    holds=True,
    check=Check(
        slug="exponentially-apart",
        evidence=Evidence.EXHAUSTIVE,
        cases=(Case(slug="to-h4", params={"horizon": 4}, tight=True),),
        instance=trees,
        measure=responses_over_tokens,
        bound=lambda _: Bound.of(Fraction(1)),
        relation=">=",
    ),
    mended="Equality on both sides: four uniform tokens, weight 3 on one; C_cov <= C_cond^H always.",
)

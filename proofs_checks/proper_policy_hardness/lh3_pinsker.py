"""LH3: to be nearly optimal, a policy must give the clauses nearly the right mass.

Statement. For any policy `pi`, any set `A` of responses and the optimal policy ``pi*``,
    ``J(pi*) - J(pi) = beta KL(pi || pi*) >= beta kl(pi(A), pi*(A)) >= 2 beta (pi(A) - pi*(A))^2``,
`kl` the divergence of two coins. The 2 is best possible: the ratio of the last two tends to one as both
masses tend to 1/2, which is where the embedding of a formula that an assignment satisfies has ``pi*(A)`` as
``beta -> 0`` (LH2, `A` the clauses).

Why. The equality is F1. Grouping responses loses ``sum_{g} pi(g) KL(pi(.|g) || pi*(.|g)) >= 0``. For coins,
``d/db [kl(a, b) - 2 (a - b)^2] = (b - a) (1 - 2b)^2 / (b (1 - b))`` has the sign of ``b - a``, and the
bracket is zero at ``b = a``.

As printed (Lemma H.3), with 1 in place of 2: true, and half of what holds.

What is checked. The grouping (three responses, two of them in `A`) and the slope by computer algebra. The
whole on embeddings of formulas of up to 2 clauses on 2 variables: regret as a difference of objectives, in
ball arithmetic, for every policy with probabilities in eighths; and two responses where the masses are
within 1e-3 of 1/2.

What is not. More responses: the grouping is the same identity.

Why trust it. The instances know nothing of divergences.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    PrintedForm,
    Trial,
)
from proofs_checks.proper_policy_hardness.clauses import (
    STEPS,
    Clause,
    all_clauses,
    all_formulas,
    clause_steps,
    count,
    text,
)

EIGHTHS = 8
NEVER: Clause = frozenset({1, -1})
Law = tuple[Fraction, ...]


# --- the two steps, by computer algebra ---------------------------------------------------------------------


def grouping(_: Trial, *, turned: bool = False) -> Measurement:
    """``kl(pi(A), pi*(A)) / KL(pi || pi*)`` at most, for response 0 and two in `A`."""
    from explore_theory.certify import symbolic

    policy, best = symbolic.law("p", 3), symbolic.law("q", 3)
    a, b = policy[1] + policy[2], best[1] + best[2]
    coins = [policy[0], a], [best[0], b]
    inside = [policy[i] / a for i in (1, 2)], [best[i] / b for i in (1, 2)]
    sides = symbolic.kl(*coins), symbolic.kl(policy, best)
    if turned:
        return symbolic.largest_ratio(sides[1], sides[0], equal_at={})
    p, q = symbolic.weights("p", 3), symbolic.weights("q", 3)
    return symbolic.largest_ratio(
        *sides,
        excess=symbolic.divergence_terms(*inside, factor=a),
        left_excess=symbolic.divergence_terms(*coins),
        equal_at={p[2]: p[1] * q[2] / q[1]},
    )


def slope(_: Trial, *, constant: int = 2) -> Measurement:
    """``d/db [kl(a, b) - 2 (a - b)^2]`` over what it is said to be, odds of `a` and `b` being free."""
    import sympy as sp

    from explore_theory.certify import symbolic

    x, y = sp.symbols("x y", positive=True)
    a, b = x / (1 + x), y / (1 + y)
    inner = symbolic.kl([a, 1 - a], [b, 1 - b]) - constant * (a - b) ** 2
    # By the chain rule: the odds y of b move by (1 + y)^2 where b moves by one.
    moved = sp.diff(inner, y) * (1 + y) ** 2
    return symbolic.ratio(sp.together(moved), (b - a) * (1 - 2 * b) ** 2 / (b * (1 - b)))


# --- the whole on formulas ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Play:
    """A problem by ``pi_ref`` and ``e^{r/beta}`` (response 0 first), and a policy."""

    base: Law
    tilt: Law
    policy: Law
    label: str

    @property
    def best(self) -> Law:
        """``pi*``, in proportion to base times tilt."""
        weights = [b * e for b, e in zip(self.base, self.tilt, strict=True)]
        return tuple(w / sum(weights) for w in weights)

    @property
    def shift(self) -> Fraction:
        """``pi(A) - pi*(A)``."""
        return self.best[0] - self.policy[0]

    def objective(self, policy: Law) -> Any:
        """``J(policy)/beta``, a ball."""
        from explore_theory.certify.balls import ball

        parts = zip(policy, self.base, self.tilt, strict=True)
        return sum((ball(p) * ball(e * b / p).log() for p, b, e in parts if p), ball(0))


def policies(n: int) -> Iterator[Law]:
    """All laws on `n` responses with probabilities in eighths."""
    for cuts in itertools.combinations_with_replacement(range(EIGHTHS + 1), n - 1):
        ends = (0, *cuts, EIGHTHS)
        yield tuple(Fraction(b - a, EIGHTHS) for a, b in itertools.pairwise(ends))


def plays(trial: Trial) -> list[Play]:
    """Formulas at a best assignment with every policy of the grid, or two responses near one half."""
    if trial.case.params["from"] == "half":
        h = Fraction(1, 1000)
        half = Fraction(1, 2)
        return [Play((half, half), (Fraction(1),) * 2, (half - h, half + h), "a fair coin")]
    found = []
    for formula in all_formulas([*all_clauses(2, 2), NEVER], 2):
        signs = max(itertools.product((1, -1), repeat=2), key=lambda signs: count(formula, signs))
        for t in (Fraction(1, 2), Fraction(9, 10)):
            q, m = t**STEPS, len(formula)
            base = (1 - q, *(q / m for _ in formula))
            steps = (clause_steps(clause, signs, None, False) - STEPS for clause in formula)
            tilt = (Fraction(1), *(t**a for a in steps))
            found += [Play(base, tilt, policy, text(formula)) for policy in policies(m + 1)]
    return found


def regrets(found: list[Play]) -> Measurement:
    """``(J(pi*) - J(pi))/beta`` from the definition of `J`."""
    from explore_theory.certify.balls import precision

    with precision(128):
        values = [play.objective(play.best) - play.objective(play.policy) for play in found]

    def witness(j: int) -> dict[str, Any]:
        return {"formula": found[j].label, "policy": ", ".join(map(str, found[j].policy))}

    return Measurement.exact(values, unit="policies", witness=witness)


def squares(found: list[Play], constant: Fraction | int = 2) -> Bound:
    """The constant times ``(pi(A) - pi*(A))^2``."""
    return Bound.of([constant * play.shift**2 for play in found])


ONE = Bound.of(1.0)

CLAIM = Claim(
    id="LH3",
    slug="regret-of-missing-mass",
    theorem="proper_policy_hardness",
    title="A policy with the wrong mass on the clauses pays twice its square",
    statement=(
        "J(pi*) - J(pi) = beta KL(pi || pi*) >= beta kl(pi(A), pi*(A)) >= 2 beta (pi(A) - pi*(A))^2 for "
        "every policy pi and set A of responses; the 2 cannot be larger."
    ),
    formula=(
        r"J(\pi^\star) - J(\pi) \ge \beta\, \mathrm{kl}(\pi(A), \pi^\star(A)) \ge "
        r"2 \beta\, (\pi(A) - \pi^\star(A))^2"
    ),
    relation="<=",
    scope=(
        "Both steps by computer algebra; the whole on embeddings of all formulas of up to 2 clauses on 2 "
        "variables with policies in eighths. Reduction verified; hardness conditional on rETH."
    ),
    source=(
        "Lemma H.3 of Foster, Mhammedi, Rohatgi, COLT 2025, with the right constant of Pinsker's inequality."
    ),
    uses=("F1",),
    checks=(
        Check(
            slug="grouping",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="three-responses", tight=True),),
            measure=grouping,
            bound=lambda _: ONE,
        ),
        Check(
            slug="slope",
            evidence=Evidence.SYMBOLIC,
            cases=(Case(slug="coins", tight=True),),
            measure=slope,
            bound=lambda _: ONE,
            relation="==",
        ),
        Check(
            slug="regret",
            evidence=Evidence.CERTIFIED,
            cases=(
                Case(slug="formulas", params={"from": "formulas"}),
                Case(slug="near-half", params={"from": "half"}, tight=True),
            ),
            instance=plays,
            measure=regrets,
            bound=squares,
            relation=">=",
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="grouping-gains",
            why="the divergence of the coins is the larger one",
            check="grouping",
            measure=lambda trial: grouping(trial, turned=True),
        ),
        FalseVariant(
            slug="slope-of-three",
            why="3 (a - b)^2 has that slope",
            check="slope",
            measure=lambda trial: slope(trial, constant=3),
        ),
        FalseVariant(
            slug="four-squares",
            why="4 in place of 2",
            check="regret",
            bound=lambda found: squares(found, 4),
            cases=("formulas",),
        ),
        FalseVariant(
            slug="two-and-a-hundredth",
            why="2.01 in place of 2",
            check="regret",
            bound=lambda found: squares(found, Fraction(201, 100)),
            cases=("near-half",),
        ),
    ),
    printed=(
        PrintedForm(
            slug="one-square",
            item="Lemma H.3",
            page=63,
            says="J(pi*) - J(pi) >= beta (sum_i pi(i) - sum_i pi*(i))^2",
            holds=True,
            check=Check(
                slug="regret-as-printed",
                evidence=Evidence.CERTIFIED,
                cases=(Case(slug="formulas", params={"from": "formulas"}),),
                instance=plays,
                measure=regrets,
                bound=lambda found: squares(found, 1),
                relation=">=",
            ),
            mended="2 beta (..)^2, twice as much, by the right constant of Pinsker's inequality.",
        ),
    ),
)

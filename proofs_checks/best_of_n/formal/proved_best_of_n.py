"""BN1 in Coq, held against sums over all tuples of draws: what two rules return, and its divergence.

Coq's draws have the latest one first, those of Python the first one.
"""

import numpy as np

from explore_theory.claims import MACHINE_NUMBERS, REALS, Bridged, Proof, precision
from proofs_checks.best_of_n.selection import Rule, best_of, divergence, selected
from proofs_checks.formal.terms import masses, numbers, table

#: What counter-examples rest on; the theorem itself rests on `REALS` alone.
AXIOMS = REALS | MACHINE_NUMBERS
BY = "cbv [List.fold_right List.last Nat.max Nat.eqb Nat.even Nat.add]; expand_draws; interval"
#: Responses, and draws.
SIZES = ((2, 3), (3, 2), (3, 3))

_BEST = "(List.fold_right Nat.max 0%nat t)"
_FIRST = "(List.last t 0%nat)"
_EVEN = "(Nat.even (List.fold_right Nat.add 0%nat t))"


def _mixed(drawn: tuple[int, ...]) -> int:
    """No ranking: the first draw where the sum of all is even, and the best one else."""
    return 0 if sum(drawn) % 2 == 0 else drawn.index(max(drawn))


#: Each rule as a place in the tuple, and as the response in Coq.
RULES: tuple[tuple[Rule, str], ...] = (
    (lambda drawn: drawn.index(max(drawn)), _BEST),
    (_mixed, f"(if {_EVEN} then {_FIRST} else {_BEST})"),
)


def _returned(rng: np.random.Generator) -> list[Bridged]:
    found = []
    for size, draws in SIZES:
        law = tuple(masses(rng, size))
        for k, (rule, response) in enumerate(RULES):
            by_rule = best_of(law, draws) if k == 0 else selected(law, draws, rule)
            term = (
                f"returned {numbers(size)} {table(law)} {draws}%nat "
                f"(fun t y => if Nat.eqb {response} y then 1 else 0)"
            )
            with precision(128):
                distance = float(divergence(by_rule, law))
            found.append(
                Bridged(term=f"Laws.kl {numbers(size)} ({term}) {table(law)}", value=distance, by=BY)
            )
            found.append(Bridged(term=f"{term} 1%nat", value=float(by_rule[1]), by=BY))
    return found


DIVERGENCE = Proof(
    file="formal/bn1.v",
    theorem="bn1",
    says=(
        "For every finite list of distinct responses, law (masses may be zero), N >= 1 and rule that returns"
        " one of N draws, at random if it likes, as stated; strictly less for N >= 2."
    ),
    bridge=_returned,
    axioms=AXIOMS,
    negations={
        "a-whole-nat-less": "not_a_whole_nat_less",
        "one-draw-less": "not_one_draw_less",
        "the-other-way-round": "not_the_other_way_round",
        "rules-cost-half": "not_half",
        "two-responses-cost-half": "not_half",
    },
    requires=("libcoq-interval",),
)

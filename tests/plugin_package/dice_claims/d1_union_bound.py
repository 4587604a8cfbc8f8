"""D1: several throws show something at most as often as the sum of what each throw does."""

from hypothesis import strategies as st

from dice_claims.throws import at_least_one
from explore_theory.claims import inequality, variant

CLAIM = inequality(
    id="D1",
    slug="union-bound",
    theorem="dice",
    statement="For all p in [0, 1] and n in 2..20, 1 - (1 - p)^n <= n p.",
    source="Boole's inequality.",
    search=st.tuples(st.floats(0.001, 1), st.integers(2, 20)),
    left=lambda throw: at_least_one(*throw),
    right=lambda throw: throw[0] * throw[1],
    tight=True,
    false_variants=[variant("one-less", "(n - 1) p", right=lambda throw: throw[0] * (throw[1] - 1))],
)

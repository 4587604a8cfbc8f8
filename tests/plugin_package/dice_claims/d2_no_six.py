"""D2: how often none of several dice shows a six."""

import math

from dice_claims.throws import SIDES, no_six
from explore_theory.claims import frequency, variant

CLAIM = frequency(
    id="D2",
    slug="no-six",
    theorem="dice",
    statement="None of n dice shows a six with probability at most exp(-n/6).",
    source="1 - x <= exp(-x).",
    run=no_six,
    at_most=lambda throws: math.exp(-throws / SIDES),
    cases={"throws-4": {"throws": 4}, "throws-12": {"throws": 12}},
    loose="(5/6)^n is below exp(-n/6) by a factor .98^n.",
    false_variants=[variant("third", "exp(-n/3)", at_most=lambda throws: math.exp(-throws / 3))],
)

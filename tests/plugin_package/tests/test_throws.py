"""What the claims share, at numbers that can be checked by hand."""

import pytest
from dice_claims.throws import at_least_one


def test_two_throws_of_a_die():
    assert at_least_one(1 / 6, 2) == pytest.approx(11 / 36)

"""The garbage collector is as it was after a stretch without it."""

import gc

import pytest

from explore_theory.foundation.collection import uncollected


@pytest.mark.parametrize("running", [True, False])
def test_the_collector_stands_still_and_is_then_as_it_was(running):
    before = gc.isenabled()
    (gc.enable if running else gc.disable)()
    try:
        with uncollected():
            assert not gc.isenabled()
        assert gc.isenabled() is running
        with pytest.raises(KeyError), uncollected():
            raise KeyError
        assert gc.isenabled() is running
    finally:
        (gc.enable if before else gc.disable)()

"""Streams: a row depends on its own identity and on nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams

ROWS = 64


def streams(rows=ROWS, path=("test",), reseed=0):
    return Streams(path, range(rows), reseed)


@pytest.mark.parametrize("kind", ["words", "uniform", "normal"])
def test_a_row_does_not_depend_on_how_many_move_together(kind):
    everyone = getattr(streams(), kind)(300)
    for rows in (1, 7):
        np.testing.assert_array_equal(getattr(streams(rows), kind)(300), everyone[:rows])
    some = Streams(("test",), [5, 40])
    np.testing.assert_array_equal(getattr(some, kind)(300), everyone[[5, 40]])


@given(st.lists(st.integers(0, 700), max_size=8))
def test_a_row_does_not_depend_on_how_its_draws_are_grouped(chunks):
    whole = streams(3).words(sum(chunks))
    pieces = streams(3)
    np.testing.assert_array_equal(np.concatenate([pieces.words(m) for m in chunks] or [whole], axis=1), whole)


@given(st.lists(st.tuples(st.integers(0, 400), st.lists(st.booleans(), min_size=3, max_size=3)), max_size=6))
def test_inactive_rows_get_zeros_and_do_not_advance(steps):
    moved = streams(3)
    drawn = [[], [], []]
    for m, active in steps:
        words = moved.words(m, np.array(active))
        for row, live in enumerate(active):
            if live:
                drawn[row].extend(words[row])
            else:
                assert not words[row].any()
    for row, words in enumerate(drawn):
        alone = Streams(("test",), [row]).words(len(words))[0]
        np.testing.assert_array_equal(np.array(words, dtype=np.uint64), alone)


def test_path_and_reseed_give_other_words():
    seen = {
        tuple(s.words(2)[0])
        for s in (streams(1), streams(1, ("a",)), streams(1).child("a"), streams(1, reseed=1))
    }
    assert len(seen) == 4


def test_uniforms_are_never_zero_nor_one():
    class Extreme(Streams):
        word = 0

        def words(self, m, active=None):
            return np.full((1, m), self.word, dtype=np.uint64)

    low, high = Extreme(("x",), [0]), Extreme(("x",), [0])
    high.word = 2**64 - 1
    assert 0 < low.uniform(1)[0, 0] < high.uniform(1)[0, 0] < 1
    assert np.isfinite(high.normal(1)).all()


@pytest.mark.parametrize("n", [1, 2, 3, 1000, 10**18, 2**63 - 1, 2**63])
def test_integers_are_the_exact_product_of_the_words(n):
    words = streams(4).words(40).astype(object)
    expected = (n * (words[:, 0::2] * 2**64 + words[:, 1::2])) // 2**128
    np.testing.assert_array_equal(streams(4).integers(n, 20).astype(object), expected)


@pytest.mark.parametrize("n", [3, 10, 2**63 - 25])
def test_integers_are_uniform(n):
    from scipy.stats import chisquare

    drawn = streams(8, ("uniform", str(n))).integers(n, 5000).ravel()
    assert drawn.min() >= 0
    assert drawn.max() < n
    cells = min(n, 16)
    counts = np.bincount((drawn.astype(object) * cells // n).astype(int), minlength=cells)
    expected = np.array([len(range(-(-k * n // cells), -(-(k + 1) * n // cells))) / n for k in range(cells)])
    assert chisquare(counts, drawn.size * expected).pvalue > 1e-6


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: streams(1).integers(0, 1), "n must lie in"),
        (lambda: streams(1).integers(2**63 + 1, 1), "n must lie in"),
        (lambda: streams(1, reseed=-1), "reseed must be at least 0, got reseed=-1"),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(InvalidProblem, match=message):
        call()

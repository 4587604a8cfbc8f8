"""What searches ask of problems and streams: named members, words put back, one range per row."""

import numpy as np

from explore_theory.foundation.streams import Streams
from explore_theory.problems import HiddenNeedle


def test_members_of_a_needle_with_names_are_where_its_atoms_say():
    problem = HiddenNeedle(
        responses=9,
        coverage=3.0,
        dimension=1,
        beta=0.5,
        needles=np.array([4, 0]),
        directions=np.ones((2, 1)),
    )
    named = np.array([[2, 4, 2, 8], [-1, 3, 7, 1]])
    prompts = np.zeros(2, dtype=np.int64)
    atoms = problem.atoms(prompts, named)
    assert atoms.size.tolist() == [[1, 6, 1, 0, 0, 1], [1, 5, 0, 1, 1, 1]]
    drawn = problem.member(
        prompts, np.tile([1] * 400 + [0, 2, 5], (2, 1)), Streams(("test",), range(2)), named=named
    )
    assert set(drawn[0, :400].tolist()) == {0, 1, 3, 5, 6, 7}
    assert set(drawn[1, :400].tolist()) == {2, 4, 5, 6, 8}
    assert drawn[0, 400:].tolist() == [4, 2, 8]
    assert drawn[1, [400, 402]].tolist() == [0, 1]
    counts = np.bincount(drawn[0, :400])
    assert counts[counts > 0].min() > 35


def test_words_that_are_put_back_are_read_again():
    streams, again = (Streams(("test",), range(3)) for _ in range(2))
    active = np.array([True, True, False])
    for m in (5, 300, 1000, 2):
        words = streams.words(m, active)
        back = np.array([m, 1, 0])
        streams.put_back(back)
        expected = again.words(m - 1, active)
        np.testing.assert_array_equal(words[1, : m - 1], expected[1])
        np.testing.assert_array_equal(streams.words(m, np.array([True, False, False]))[0], words[0])
        again.words(1, np.array([True, False, False]))
        np.testing.assert_array_equal(streams.position, again.position)


def test_a_range_per_row():
    n = np.array([1, 7, 2**62])
    drawn = Streams(("test",), range(3)).integers(n, 500)
    assert (drawn[0] == 0).all()
    assert set(drawn[1].tolist()) == set(range(7))
    assert drawn[2].max() > 2**61
    np.testing.assert_array_equal(drawn[1], Streams(("test",), range(3)).integers(7, 500)[1])

"""Many rows at once draw what each of them draws alone: words, generators, and rounds of a phase."""

from functools import partial

import numpy as np
import pytest

from explore_theory import oracles
from explore_theory.foundation import philox, row_generators
from explore_theory.foundation.streams import Streams, derived_key
from explore_theory.oracles.kernels import seats
from explore_theory.oracles.phases import bulk
from explore_theory.oracles.plans import Exploration, Ridge, Span
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems import TabularProblem
from explore_theory.problems.noise import Gaussian

KEYS = np.array([[1, 2], [2**64 - 1, 7], [0, 0], [123456789, 2**63]], dtype=np.uint64)


def of_numpy(key, first, m):
    bits = np.random.Philox(key=int(key[0]) + (int(key[1]) << 64))
    return bits.random_raw(first + m)[first:]


@pytest.mark.parametrize("first", [[0, 0, 0, 0], [4, 4, 4, 4], [3, 0, 5, 1026], [7, 7, 7, 7]])
@pytest.mark.parametrize("m", [1, 4, 61])
def test_words_of_many_keys_are_those_of_numpy(first, m):
    found = philox.words(KEYS, np.array(first), m)
    for row, key in enumerate(KEYS):
        np.testing.assert_array_equal(found[row], of_numpy(key, first[row], m))


@pytest.mark.parametrize("first", [0, 1, 4, 1023])
def test_a_generator_begins_anywhere_in_its_stream(first):
    for key in KEYS:
        np.testing.assert_array_equal(philox.generator(key, first).random_raw(9), of_numpy(key, first, 9))


def test_words_are_computed_in_pieces():
    keys = np.stack([np.arange(9000, dtype=np.uint64)] * 2, axis=1)
    found = philox.words(keys, np.zeros(9000, dtype=np.int64), 4)
    for row in (0, 4095, 4096, 8999):
        np.testing.assert_array_equal(found[row], of_numpy(keys[row], 0, 4))


@pytest.mark.parametrize("steps", [(3, 14, 2, 50, 4, 200, 300, 1), (1, 1, 63, 64, 65), (255, 2, 17)])
def test_many_rows_read_the_words_that_one_row_reads(steps):
    many, chance = Streams(("many",), range(100), 3), np.random.Generator(np.random.Philox(key=9))
    read = [[] for _ in range(100)]
    for m in steps:
        live = chance.random(100) < 0.8
        words = many.words(m, live)
        back = np.where(live, chance.integers(0, m + 1, 100), 0)
        many.put_back(back)
        for row in np.flatnonzero(live):
            read[row].extend(words[row, : m - back[row]])
    for row, words in enumerate(read):
        np.testing.assert_array_equal(words, of_numpy(key_of(("many",), row, 3), 0, len(words)))


def key_of(path, row, reseed):
    key = derived_key(path, row, reseed)
    return np.array([key & (2**64 - 1), key >> 64], dtype=np.uint64)


@pytest.mark.parametrize("known", [True, False])
def test_rows_take_turns_at_one_generator(known, monkeypatch):
    """Also in the middle of a block of words, and of a word of which half was used."""
    monkeypatch.setattr(row_generators, "layout_is_known", lambda: known)
    streams = Streams(("turns",), range(5))
    alone, shared, seen = streams.generators(), streams.row_generators(), []
    assert len(shared) == 5
    for turn, row in enumerate([0, 3, 0, 0, 1, 3, 4, 1, 0, 2, 3, 4]):
        if turn == 6:
            shared.take_turns(partial(draw_once, seen), np.array([4, 3]))
            assert seen == [alone[4].random(), alone[3].random()]
        for draw in ("random", "standard_normal", "half"):
            one, two = (
                g.random(dtype=np.float32) if draw == "half" else getattr(g, draw)()
                for g in (alone[row], shared[row])
            )
            assert one == two


def draw_once(seen, seat, states, rows):
    """A uniform of every row, as a kernel draws it."""
    for row in rows:
        seats.enter(seat, states[row])
        seen.append(seat.generator.random())
        seats.leave(seat, states[row])


def test_a_kernel_goes_on_in_the_middle_of_a_block():
    """Four words are made at a time, and those that are left belong to their row."""
    streams, seen, expected = Streams(("blocks",), range(3)), [], []
    alone, shared = streams.generators(), streams.row_generators()
    for rows in ([0, 1], [1], [2, 1, 0], [0, 2], [1, 0]):
        shared.take_turns(partial(draw_once, seen), np.array(rows))
        expected += [alone[row].random() for row in rows]
    assert seen == expected


def test_the_layout_of_numpys_philox_is_known():
    """Else rows are played one by one, which is right but slow."""
    assert row_generators.layout_is_known()


def problem():
    chance = np.random.Generator(np.random.Philox(key=3))
    return TabularProblem(
        prompt_mass=np.array([0.75, 0.25]),
        base=np.array([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]]),
        features=chance.uniform(-0.7, 0.7, (2, 3, 2)),
        reward=chance.uniform(0.2, 0.8, (2, 3)),
        beta=0.5,
        noise=Gaussian(0.3),
    )


def spanned_and_explored(rows, growth=None):
    """Both phases; every row is truncated by an inverse of its own, some rows by the same."""
    oracle = oracles.open(problem(), law="exact-law", streams=Streams(("phases",), rows))
    done = oracle.span(Ridge.start(oracle.R, 2, 1.0), Span(radius=0.6, rounds=6, per_round=2))
    plan = Exploration(
        rounds=9,
        sampler=SoftmaxSampler(ratio=2.0, normaliser=2, tries=2),
        radius=0.9,
        inverse=np.stack([np.eye(2) * (1 + row // 2 % 3) for row in rows]),
        growth=growth,
        keep=None if growth else np.tile([0, 8], (oracle.R, 1)),
    )
    found = oracle.explore(done.ridge, plan)
    spent = [oracle.ledger.total(kind) for kind in ("weak", "prompt", "reward")]
    return np.column_stack([*spent, found.ridge.moment, found.ridge.covariance.reshape(-1, 4)])


@pytest.mark.parametrize("growth", [None, 1.2])
def test_a_phase_of_many_rows_is_that_of_each_alone(growth):
    everyone = spanned_and_explored(range(12), growth)
    for row in (0, 1, 5, 11):
        np.testing.assert_array_equal(spanned_and_explored([row], growth)[0], everyone[row])


@pytest.mark.parametrize("growth", [None, 1.2])
def test_a_phase_is_the_same_where_the_layout_is_not_known(growth, monkeypatch):
    everyone = spanned_and_explored(range(6), growth)
    monkeypatch.setattr(row_generators, "layout_is_known", lambda: False)
    np.testing.assert_array_equal(spanned_and_explored(range(6), growth), everyone)


def test_rows_that_are_long_are_played_by_several_threads(monkeypatch):
    alone = spanned_and_explored(range(12))
    monkeypatch.setattr(bulk, "_LONG", 1)
    monkeypatch.setattr(bulk, "threads", lambda: 3)
    np.testing.assert_array_equal(spanned_and_explored(range(12)), alone)

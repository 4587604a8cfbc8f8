"""Details of ledgers, streams and coins, one by one: each is what a small mistake in them would change."""

import numpy as np
import pytest

from explore_theory.errors import NumericalError
from explore_theory.foundation import laws
from explore_theory.foundation.streams import Streams, derived_key
from explore_theory.oracles.coins import Coins
from explore_theory.oracles.ledger import KINDS, Ledger, Meter, joined

TWO = np.ones(2, dtype=bool)


def test_a_purse_is_spent_to_its_last_call_and_no_further():
    meter = Meter(2, {"weak": 5})
    assert meter.charge("weak", 5, TWO).tolist() == [True, True]
    assert meter.charge("weak", 1, TWO).tolist() == [False, False]
    assert Ledger(meter).total("weak").tolist() == [5, 5]


def test_a_purse_is_held_against_all_phases_and_layers():
    meter = Meter(2, {"token": 5}, layers=3)
    meter.charge("token", 3, TWO, 0)
    with meter.phase("other"):
        assert meter.charge("token", 3, np.array([True, False]), 0).tolist() == [False, False]
    assert meter.charge("token", 3, TWO, 2).tolist() == [False, False]
    assert Ledger(meter).total("token").tolist() == [3, 3]


def test_phases_within_phases_are_left_one_by_one():
    meter = Meter(2)
    with meter.phase("outer"):
        with meter.phase("inner"):
            meter.charge("weak", 1, TWO)
        meter.charge("weak", 4, TWO)
    assert Ledger(meter).total("weak", phase="outer").tolist() == [4, 4]


def test_all_three_kinds_of_calls_are_computation_and_layers_have_their_own():
    meter = Meter(2, layers=3)
    for number, kind in enumerate(("weak", "strong", "token"), start=1):
        meter.charge(kind, 10**number, TWO)
    assert Ledger(meter).compute.tolist() == [1110, 1110]
    meter.charge_layers("token", np.array([2.0, 3.0]), 1, 1)
    assert Ledger(meter).counts[1, KINDS.index("token"), 0].tolist() == [1000, 2, 3]


def test_joined_ledgers_line_up_phases_by_name():
    meters = Meter(1), Meter(1)
    for meter, names in zip(meters, (("a", "b"), ("b", "a")), strict=True):
        for name in names:
            with meter.phase(name):
                meter.charge("weak", {"a": 1, "b": 10}[name], np.ones(1, dtype=bool))
    both = joined([Ledger(meter) for meter in meters])
    assert both.total("weak", phase="a").tolist() == [1, 1]
    assert both.total("weak", phase="b").tolist() == [10, 10]


def test_counts_are_exact_to_2_to_the_53_and_beyond_it_each_charge_is_rounded():
    meter, row = Meter(1), np.ones(1, dtype=bool)
    meter.charge("weak", 2**53 - 1000, row)
    for _ in range(1000):
        meter.charge("weak", 1, row)
    assert Ledger(meter).total("weak")[0] == 2**53
    # As the ledger's page says: what is less than half a unit in the last place is lost, however often.
    for _ in range(1000):
        meter.charge("weak", 1, row)
    assert Ledger(meter).total("weak")[0] == 2**53
    meter.charge("weak", 1000, row)
    assert Ledger(meter).total("weak")[0] == 2**53 + 1000


def test_no_two_rows_paths_or_reseeds_have_one_key():
    keys = [derived_key(path, row, reseed)
            for path in (("a", "bc"), ("ab", "c"), ("abc",))
            for row in (0, 1, 2, 12) for reseed in (0, 1, 11)]  # fmt: skip
    assert len(set(keys)) == len(keys)
    words = Streams(("a",), range(6)).words(4)
    assert len({tuple(row) for row in words.tolist()}) == 6


def test_children_and_generators_draw_for_themselves():
    streams = Streams(("a",), (0, 1), reseed=3)
    own = streams.words(8).ravel().tolist()
    child = streams.child("b").words(8).ravel().tolist()
    plain = Streams(("a",), (0, 1)).child("b").words(8).ravel().tolist()
    raw = [g.bit_generator.random_raw() for g in streams.generators()]
    assert len({*own, *child, *plain, *raw}) == 8 * 2 * 3 + 2
    coins = Coins(Streams(("a",), (0, 1)))
    assert not set(coins.child("b").uniform(4).ravel()) & set(
        Coins(Streams(("a",), (0, 1))).uniform(4).ravel()
    )


def test_rows_that_idle_keep_their_coins_and_words_put_back_come_again():
    coins, other = (Coins(Streams(("a",), (0, 1))) for _ in range(2))
    coins.uniform(3, np.array([True, False]))
    assert coins.uniform(1)[1, 0] == other.uniform(1)[1, 0]
    streams = Streams(("a",), (0, 1))
    first = streams.words(5)
    streams.put_back(np.array([3, 0]))
    assert streams.words(3)[0].tolist() == first[0, 2:].tolist()


def test_a_refill_keeps_the_words_that_are_unread():
    chunks, whole = Streams(("a",), (0,)), Streams(("a",), (0,))
    parts = [chunks.words(m) for m in (100, 200, 300)]
    assert np.concatenate(parts, axis=1).tolist() == whole.words(600).tolist()


def test_laws_far_out():
    assert laws.log_sum_exp([1e4, 1e4]) == pytest.approx(1e4 + np.log(2), rel=1e-15)
    first, second = np.log([0.9, 0.1]), np.log([0.1, 0.9])
    assert laws.kl(first, second) == pytest.approx(0.8 * np.log(9), rel=1e-14)
    near = laws.kl(np.log([0.5 + 1e-6, 0.5 - 1e-6]), np.log([0.5, 0.5]))
    assert near == pytest.approx(2e-12, rel=1e-9, abs=0)
    middle = laws.kl(np.log([0.6, 0.4]), np.log([0.5, 0.5]))
    assert middle == pytest.approx(0.6 * np.log(1.2) + 0.4 * np.log(0.8), rel=1e-14)
    sure = np.array([0.0, -np.inf])
    assert laws.kl(np.log([0.5, 0.5]), sure) == np.inf
    assert laws.coverage(np.log([0.5, 0.5]), sure) == np.inf
    assert laws.soft_value(sure, [3.0, 9.0], 2.0) == pytest.approx(3.0)


def test_a_gap_below_zero_by_more_than_its_error_is_refused():
    assert laws.shortfall((np.array(1.0), np.array(1e-3)), (np.array(1.0005), np.array(1e-3))) == 0
    with pytest.raises(NumericalError, match="at least zero"):
        laws.shortfall((np.array(1.0), np.array(1e-3)), (np.array(1.1), np.array(1e-3)))

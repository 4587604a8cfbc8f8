"""Alias tables give each outcome its mass, to rounding, and none to outcomes without mass."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.oracles.kernels.alias import chosen, fill_tables

MASSES = st.lists(
    st.one_of(st.just(0.0), st.floats(1e-300, 1e-290), st.floats(1e-12, 1.0)), min_size=1, max_size=40
).filter(lambda masses: max(masses) > 0)


def table(masses):
    mass = np.array([masses])
    keep, other = np.ones(mass.shape), np.zeros(mass.shape, dtype=np.int32)
    fill_tables(mass, keep, other)
    return keep, other


@given(MASSES)
def test_outcomes_have_their_masses(masses):
    keep, other = table(masses)
    law = keep[0] + np.bincount(other[0], weights=1 - keep[0], minlength=len(masses))
    assert np.abs(law / len(masses) - np.array(masses) / sum(masses)).max() < 1e-14


@given(MASSES, st.integers(0, 2**52 - 1))
def test_no_outcome_without_mass_is_given(masses, point):
    level = np.array([(point + 0.5) * 2.0**-52])
    found = chosen(*table(masses), np.zeros(1, dtype=np.int64), level)
    assert masses[found[0]] > 0


def test_tables_are_chosen_by_row():
    mass = np.array([[1.0, 0.0], [0.0, 1.0]])
    keep, other = np.ones(mass.shape), np.zeros(mass.shape, dtype=np.int32)
    fill_tables(mass, keep, other)
    level = np.array([0.1, 0.1, 0.9, 0.9])
    assert chosen(keep, other, np.array([0, 1, 0, 1]), level).tolist() == [0, 1, 0, 1]

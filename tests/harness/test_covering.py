"""Blocks of several sizes in one store: which of them count, and that none more takes anything away."""

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.covering import cover
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.runner import Options, begin, carry_out, plan, run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status

ROWS = 9
BLOCKS = st.lists(
    st.tuples(st.integers(0, ROWS), st.integers(1, 4)).map(lambda block: (block[0], block[0] + block[1])),
    max_size=8,
)


def most(blocks):
    """By looking at all choices: the most rows that disjoint blocks have."""
    within = [block for block in set(blocks) if block[1] <= ROWS]
    return max(
        sum(last - first for first, last in chosen)
        for size in range(len(within) + 1)
        for chosen in combinations(sorted(within), size)
        if all(one[1] <= other[0] for one, other in pairwise(chosen))
    )


@given(BLOCKS)
def test_as_many_rows_as_any_choice_has_and_the_rest_is_gaps(blocks):
    chosen, gaps = cover(blocks, ROWS)
    assert set(chosen) <= set(blocks)
    assert sum(last - first for first, last in chosen) == most(blocks)
    rows = [row for first, last in sorted(chosen + gaps) for row in range(first, last)]
    assert rows == list(range(ROWS))
    assert all(first < last for first, last in gaps)


def test_a_long_block_does_not_hide_the_short_ones_that_fit_together():
    assert cover([(0, 4), (4, 8), (0, 7)], 8) == ([(0, 4), (4, 8)], [])
    assert cover([(0, 4), (0, 7), (4, 8), (7, 14)], 14) == ([(0, 7), (7, 14)], [])


def test_what_one_run_has_finished_another_that_has_begun_does_not_undo(toys):
    """Its blocks are longer, and at first they end within those that are there."""
    toys.add("A1")
    claims = discover([str(toys.path)]).claims
    with Store(":memory:") as store:
        session = run(claims, store, block=4)
        other = Options(block=7)
        with Store(":memory:") as elsewhere:
            begun = begin(claims, elsewhere, other)
            first = [job.block for job in plan(claims[0], elsewhere, other) if job.block.first == 0]
            carry_out(claims, elsewhere, begun, other)
            done = [pair for pair in elsewhere.blocks(claims[0].digest, "quick", 0) if pair[0] in first]
        assert any(block.last == 7 for block, _ in done)
        store.put_all(done, session)
        assert plan(claims[0], store, Options(block=4)) == []
        assert [found.verdict.status for found in session_results(store, session)] == [Status.HOLDS]

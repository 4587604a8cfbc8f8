"""Which rows a probe runs, and which budgets there are."""

from explore_theory.statistics import geometric_budgets, smallest_budget


def test_a_probe_runs_each_row_once():
    asked = {}

    def successes(budget, first, rows):
        asked.setdefault(budget, []).extend(range(first, first + rows))
        return rows // 2  # at the level itself: undecided until the rows are spent

    found = smallest_budget(successes, level=0.5, alpha=0.01, first=1, last=4, most_rows=200, block=8)
    for probe in found.probes:
        assert asked[probe.budget] == list(range(probe.trials))


def test_budgets_between_the_ends_are_rounded_up():
    # 3, 4.76, 7.56, 12: by the root of 2.52 = 4^(2/3).
    assert geometric_budgets(3, 12, 4 ** (1 / 3)) == (3, 5, 8, 12)

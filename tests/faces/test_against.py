"""The comparison of two revisions: what is a ratio, what is worse, and what is one clear line."""

import math
import os
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def program(monkeypatch):
    """The modules of the program, imported as it imports them."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import against
    import checkouts
    import gauges

    from explore_theory.bench import ratios

    yield {"against": against, "checkouts": checkouts, "gauges": gauges, "ratios": ratios}
    for name in ("against", "checkouts", "gauges", "situations"):
        sys.modules.pop(name, None)


def told(status="HOLDS", variant="REFUTED", **case):
    """``verify --json`` of one claim with one case and one false variant."""
    given = {"check": "c", "case": "one", "status": status, "slack": 1.25, "effort": 8, "unit": "rows"}
    lie = {"check": "c", "case": "one", "status": variant, "slack": 0.5, "effort": 8, "unit": "rows"}
    return {
        "claims": [
            {
                "id": "A1",
                "status": status,
                "cases": [{**given, "comparisons": 8, **case}],
                "false_variants": [{"slug": "lie", "status": variant, "cases": [lie]}],
            }
        ]
    }


def words(program, head, base):
    return [str(one) for one in program["against"].differences(head, base)]


# --- ratios -------------------------------------------------------------------------------------------------


def test_a_ratio_is_the_median_over_pairs_and_not_of_medians(program):
    """A machine that slows down between the pairs changes no ratio."""
    found = program["ratios"].ratio([1.0, 10.0, 300.0], [2.0, 40.0, 400.0])
    assert (found.median, found.least, found.most) == (0.5, 0.25, 0.75)
    assert str(found) == "0.500 (0.250..0.750)"


def test_head_is_over_base(program):
    assert program["ratios"].ratio([1.0], [3.0]).median == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("head", "base", "message"),
    [
        ([1.0], [1.0, 2.0], "got 1 of the head and 2 of the base"),
        ([], [], "must come in pairs"),
        ([1.0], [0.0], "must be positive"),
    ],
)
def test_what_is_no_pair_is_refused(program, head, base, message):
    with pytest.raises(ValueError, match=message):
        program["ratios"].ratio(head, base)


def test_a_gauge_that_cannot_be_read_has_no_ratio(program):
    assert math.isnan(program["ratios"].ratio([math.nan], [math.nan]).median)


def test_every_gauge_is_of_the_head_over_the_base(program):
    used = program["gauges"].Used
    runs = {
        "head": [used(cpu=1.0, wall=2.0, peak=3.0, code=0)],
        "base": [used(cpu=4.0, wall=4.0, peak=4.0, code=0)],
    }
    found = program["against"].ratios_of(runs)
    assert {gauge: one.median for gauge, one in found.items()} == {"cpu": 0.25, "wall": 0.5, "peak": 0.75}


def test_runs_are_taken_in_turn_and_either_begins(program, monkeypatch):
    against, order = program["against"], []

    def part(at, _):
        return lambda: (order.append(at), program["gauges"].Used(cpu=1.0, wall=1.0, peak=1.0, code=0))[1]

    class Named(str):
        @property
        def name(self):
            return str(self)

    monkeypatch.setitem(against.PARTS, "verify", part)
    taken = against.measured("verify", Named("head"), Named("base"), None, 2)
    assert order == ["base", "head", "head", "base"]
    assert {name: len(runs) for name, runs in taken.items()} == {"base": 2, "head": 2}


# --- verdicts -----------------------------------------------------------------------------------------------


def test_the_same_results_differ_in_nothing(program):
    assert words(program, told(), told()) == []


def test_what_only_the_head_has_is_no_difference(program):
    head = told()
    head["claims"] += [{**told()["claims"][0], "id": "B1"}]
    assert words(program, head, told()) == []


@pytest.mark.parametrize(
    ("head", "base", "line"),
    [
        ({"slack": 1.5}, {}, "WORSE A1: c/one: slack 1.5, was 1.25"),
        ({"slack": 1.1}, {}, "better A1: c/one: slack 1.1, was 1.25"),
        ({"effort": 7}, {}, "WORSE A1: c/one: instances tried 7, was 8"),
        ({"comparisons": 9}, {}, "better A1: c/one: comparisons 9, was 8"),
        (
            {"resolution": {"absolute": 0.0, "relative": 0.2}},
            {"resolution": {"absolute": 0.0, "relative": 0.1}},
            "WORSE A1: c/one: relative resolution 0.2, was 0.1",
        ),
    ],
)
def test_what_says_less_is_worse_and_what_says_more_is_not(program, head, base, line):
    assert words(program, told(**head), told(**base)) == [line]


def test_rounding_in_another_order_is_no_difference(program):
    assert words(program, told(slack=1.25 * (1 + 1e-12)), told()) == []


def test_efforts_in_other_units_are_not_compared(program):
    assert words(program, told(effort=1, unit="boxes"), told()) == []


def test_cases_and_claims_that_are_gone_are_worse(program):
    head = told()
    head["claims"][0]["false_variants"] = []
    assert words(program, head, told()) == ["WORSE A1: not-lie: gone"]
    assert words(program, {"claims": []}, told()) == ["WORSE A1: gone"]


# --- runs ---------------------------------------------------------------------------------------------------


def test_processor_time_of_children_and_of_what_they_leave_behind_is_counted(program, tmp_path):
    """The grandchild outlives its parent, and works for a third of a second of processor time."""
    gauges = program["gauges"]
    (tmp_path / "at").mkdir()
    work = "import time\nwhile time.process_time() < 0.3: pass"
    leave = f"import subprocess, sys; subprocess.Popen([sys.executable, '-S', '-c', {work!r}])"
    command = [
        sys.executable, "-c",
        "import sys; sys.path.insert(0, sys.argv[1]); import gauges, os; from pathlib import Path\n"
        "gauges.adopt_orphans()\n"
        f"print(gauges.used([sys.executable, '-S', '-c', {leave!r}], cwd=Path(sys.argv[2]),"
        " environment=os.environ).cpu)",
        str(ROOT / "benchmarks"), str(tmp_path / "at"),
    ]  # fmt: skip
    out = tmp_path / "at" / "cpu.txt"
    used = gauges.used(command, cwd=tmp_path / "at", environment=os.environ, out=out)
    assert used.code == 0
    if sys.platform == "linux":
        assert float(out.read_text()) >= 0.3


def test_a_command_that_fails_is_told_by_its_last_line(program, tmp_path):
    gauges = program["gauges"]
    (tmp_path / "at").mkdir()
    failing = [sys.executable, "-S", "-c", "import sys; sys.exit('no wheel')"]
    with pytest.raises(gauges.CommandFailed, match="ended with 1: no wheel"):
        gauges.used(failing, cwd=tmp_path / "at", environment=os.environ)
    assert gauges.used(failing, cwd=tmp_path / "at", environment=os.environ, fine=(0, 1)).code == 1


def test_what_is_no_revision_is_refused(program):
    with pytest.raises(program["checkouts"].NoRevision, match="base must be a commit of"):
        program["checkouts"].commit("no-such-revision")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (["--parts", "verify"], "--base"),
        (["--base", "HEAD", "--parts", "verifi"], "parts must be of verify, .*got verifi"),
        (["--base", "HEAD", "--repeat", "0"], "repeat must be at least 1"),
    ],
)
def test_a_mistake_in_the_call_is_told(program, capsys, call, message):
    with pytest.raises(SystemExit):
        program["against"].arguments(call)
    assert re.search(message, capsys.readouterr().err)

"""`audit --damage` and `--faults`: planted faults and turned knobs, for claims of one's own."""

import json
import re

import pytest

from explore_theory.harness.auditing.patches import Fault
from explore_theory.harness.auditing.planting import Notice
from explore_theory.reporting import damage
from explore_theory.reporting.damage import lines

FAULTS = """
[[fault]]
name = "draws-doubled"
why = "draws are twice as large"
file = "{file}"
old = "value = trial.streams.uniform(3).max(axis=1)"
new = "value = 2 * trial.streams.uniform(3).max(axis=1)"

[[fault]]
name = "draws-halved"
why = "draws are half as large, which a bound from above cannot see"
file = "{file}"
old = "value = trial.streams.uniform(3).max(axis=1)"
new = "value = trial.streams.uniform(3).max(axis=1) / 2"

[[knob]]
name = "draws-times-x"
says = "draws are x times as large"
unit = "times"
file = "{file}"
old = "value = trial.streams.uniform(3).max(axis=1)"
new = "value = {{x}} * trial.streams.uniform(3).max(axis=1)"
neutral = 1.0
range = [1.0, 4.0]
"""


@pytest.fixture
def mine(toys, tmp_path):
    """A folder with a claim whose draws lie within 1.5, and faults of its own."""
    file = toys.add("A1", bound=1.5)
    (tmp_path / "faults.toml").write_text(FAULTS.format(file=f"toys/{file.name}"))
    return toys.path


def test_which_faults_a_claim_of_ones_own_notices(cli, mine):
    result = cli("audit", "--claims", mine, "--faults", "faults.toml", "--damage", "draws-[dh]*")
    assert result.exit_code == 0, "a fault that nobody must notice is no failure"
    lines = result.stdout.splitlines()
    assert "fault draws-doubled: noticed by A1 (draws)" in lines
    assert "fault draws-halved: noticed by nobody" in lines
    assert lines[-2:] == ["1 of 2 faults that touch these claims are noticed", "not noticed: draws-halved"]


def test_how_far_a_knob_turns_before_a_claim_of_ones_own_breaks(cli, mine):
    result = cli("audit", "--claims", mine, "--faults", "faults.toml", "--damage", "draws-times-x", "--json")
    found = json.loads(result.stdout)
    (point,) = found["knobs"]
    (side,) = point["sides"]
    assert (point["kind"], side["checks"], found["faults"]) == ("located", ["draws"], [])
    assert 1.45 < side["holds"] < side["refuted"] < 1.6, "draws near one, a bound of 1.5"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--damage", "no-such-*"],
            "damage must match the name of a fault or a knob, got damage='no-such-*'",
        ),
        (["--faults", "gone.toml"], "faults must be a TOML file or a folder of them, got 'gone.toml'"),
        (
            ["--faults", "faults.toml", "--damage", "beta-*"],
            "damage must match the name of a fault or a knob",
        ),
        (["--faults", "elsewhere.toml"], "file must begin with an importable package or the folder"),
        (["--faults", "twice.toml"], "old must occur once"),
        (["--faults", "empty.toml"], "faults must be files with a fault or a knob, got none in 'empty.toml'"),
    ],
)
def test_what_is_no_damage_is_one_clear_line(cli, mine, tmp_path, arguments, message):
    text = (tmp_path / "faults.toml").read_text()
    (tmp_path / "empty.toml").touch()
    (tmp_path / "elsewhere.toml").write_text(text.replace("toys/", "nowhere_at_all/"))
    (tmp_path / "twice.toml").write_text(re.sub('old = ".*"', 'old = "value"', text))
    result = cli("audit", "--claims", mine, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_faults_of_the_library_are_asked_of_claims_of_ones_own_and_not_of_what_is_listed(cli, mine):
    result = cli("audit", "--claims", mine, "--damage", "gap-with-doubled-temperature")
    assert result.exit_code == 0
    assert "skipped" not in result.stdout
    assert "that must" not in result.stdout


def test_of_many_that_nobody_notices_a_few_are_named():
    many = [Notice(fault=f"f{k}", witness="A1", kind="quiet") for k in range(23)]
    *_, last = lines([*many, Notice(fault="far", witness="A1", kind="untouched")], [], listed=False)
    assert last.startswith("not noticed: f0, f1, ")
    assert last.endswith(", f19 and 3 more (--json has all)")


def test_the_page_of_faults_comes_from_the_command_line(cli):
    page = cli("list", "--faults").stdout
    assert page.startswith("# Who notices which fault\n")
    assert "`gap-with-doubled-temperature`" in page
    refused = cli("list", "--faults", "F1")
    assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1)


def test_what_is_broken_is_told_and_all_that_is_listed_must_notice():
    seen = [
        Notice(fault="f", witness="A1", kind="broken", words="it raised"),
        Notice(fault="f", witness="B1", kind="noticed", checks=("k",)),
    ]
    assert next(damage.lines(seen, [], listed=False)) == "fault f: noticed by B1 (k); A1 broken: it raised"
    assert (damage.unnoticed(seen, listed=False), damage.unnoticed(seen, listed=True)) == ([], ["f"])
    assert damage.asked_of([Fault(name="f", why="w", edits=(), noticed=("F1:search",))], []) == []

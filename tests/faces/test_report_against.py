"""`report --against OLD`: what flipped, what moved beyond noise, what is new and gone; exit 1 for worse."""

import copy
import json
import shutil

import pytest
from click.testing import CliRunner

from explore_theory.cli import main
from explore_theory.reporting.against import changes, read, since

CASE = {
    "check": "c",
    "case": "a",
    "status": "HOLDS",
    "evidence": "certified",
    "moved": "REFUTED",
    "slack": 1.25,
    "runs": None,
    "resolution": {"absolute": 0.0, "relative": 0.0},
    "comparisons": 10,
    "applicable": 10,
    "effort": 4,
    "unit": "instances",
    "row": {"measured": [0.8, 0.8], "bound": [1.0, 1.0]},
}
SAMPLE = CASE | {
    "case": "s",
    "runs": 1000,
    "slack": 1.1,
    "row": {"measured": [0.8, 0.9], "bound": [1.0, 1.0]},
}
OLD = {
    "claims": [
        {
            "id": "A1",
            "namespace": "toys",
            "tier": "quick",
            "status": "HOLDS",
            "cases": [CASE, SAMPLE],
            "false_variants": [{"slug": "v", "status": "REFUTED", "cases": [CASE | {"status": "REFUTED"}]}],
            "printed": [{"slug": "p", "status": "REFUTED", "expected": "REFUTED", "cases": []}],
        }
    ]
}


def told(edit):
    new = copy.deepcopy(OLD)
    edit(new["claims"][0])
    return [str(change) for change in changes(new, OLD)]


def case(k, **changed):
    return lambda claim: claim["cases"][k].update(changed)


def part(name, **changed):
    return lambda claim: claim[name][0].update(changed)


def test_nothing_changed():
    assert told(lambda claim: None) == []


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (lambda claim: claim.update(status="REFUTED"), "WORSE A1 quick: REFUTED, was HOLDS"),
        (lambda claim: claim.update(status="INCONCLUSIVE"), "WORSE A1 quick: INCONCLUSIVE, was HOLDS"),
        (case(0, status="ERROR"), "WORSE A1 quick: c/a: ERROR, was HOLDS"),
        (part("false_variants", status="HOLDS"), "WORSE A1 quick: not-v: HOLDS, was REFUTED"),
        (part("false_variants", status="INCONCLUSIVE"), "WORSE A1 quick: not-v: INCONCLUSIVE, was REFUTED"),
        (part("printed", status="HOLDS"), "WORSE A1 quick: printed p: HOLDS, was REFUTED"),
        (case(0, slack=1.5), "WORSE A1 quick: c/a: slack 1.5, was 1.25"),
        (case(0, slack=1.1), "better A1 quick: c/a: slack 1.1, was 1.25"),
        (case(0, applicable=9), "WORSE A1 quick: c/a: comparisons that say something 9, was 10"),
        (case(0, comparisons=9), "WORSE A1 quick: c/a: comparisons 9, was 10"),
        (case(0, effort=3), "WORSE A1 quick: c/a: instances tried 3, was 4"),
        (case(0, applicable=11), "better A1 quick: c/a: comparisons that say something 11, was 10"),
        (
            case(0, resolution={"absolute": 0.1, "relative": 0.0}),
            "WORSE A1 quick: c/a: absolute resolution 0.1, was 0",
        ),
        (
            case(1, slack=1.7, row={"measured": [0.5, 0.6], "bound": [1.0, 1.0]}),
            "WORSE A1 quick: c/s: slack 1.7, was 1.1",
        ),
        (
            case(1, slack=1.05, row={"measured": [0.95, 0.97], "bound": [1.0, 1.0]}),
            "better A1 quick: c/s: slack 1.05, was 1.1",
        ),
        (case(0, slack=1.25 + 1e-6), "WORSE A1 quick: c/a: slack 1.250001, was 1.25"),
        (case(0, slack=None), "WORSE A1 quick: c/a: no slack, was 1.25"),
        (case(0, evidence="adversarial"), "WORSE A1 quick: c/a: adversarial evidence, was certified"),
        (case(0, evidence="symbolic"), "better A1 quick: c/a: symbolic evidence, was certified"),
        (case(0, moved="HOLDS"), "WORSE A1 quick: c/a: no longer tight: its bound may be moved"),
        (lambda claim: claim.update(status="POWERLESS"), "WORSE A1 quick: POWERLESS, was HOLDS"),
        (lambda claim: claim["cases"].pop(0), "WORSE A1 quick: c/a: gone"),
        (lambda claim: claim["false_variants"].pop(), "WORSE A1 quick: not-v: gone"),
        (lambda claim: claim["cases"].append(CASE | {"case": "b"}), "other A1 quick: c/b: new"),
    ],
)
def test_each_kind_of_change_is_told_once(edit, line):
    assert told(edit) == [line]


@pytest.mark.parametrize(
    "edit",
    [
        case(0, slack=1.25 * (1 + 1e-12)),
        case(1, slack=1.15, row={"measured": [0.78, 0.87], "bound": [1.0, 1.0]}),
        case(1, applicable=500, comparisons=500, effort=500),
        case(0, effort=3, unit="others"),
        case(1, slack=1.4, row={"measured": [-0.2, 0.85], "bound": [1.0, 1.0]}),
        case(1, slack=1.0, row={"measured": [0.95, 0.99], "bound": [0.9, 1.2]}),
        case(1, slack=1.3, row={"measured": [0.6, 0.7], "bound": [0.7, 1.0]}),
        lambda claim: claim["false_variants"][0]["cases"][0].update(slack=0.7),
    ],
)
def test_rounding_and_chance_are_no_changes(edit):
    assert told(edit) == []


def test_a_case_of_a_false_variant_may_turn_while_another_refutes_it():
    (line,) = told(lambda claim: claim["false_variants"][0]["cases"][0].update(status="HOLDS"))
    assert line == "other A1 quick: not-v: c/a: HOLDS, was REFUTED"


def test_ratios_of_intervals_and_not_their_ends_are_compared():
    """A bound that moved with what is measured has not moved the slack."""
    row = {"measured": ["3/10", 0.36], "bound": [0.4, 0.4]}
    assert told(case(1, slack=1.2, row=row)) == []


@pytest.mark.parametrize("status", ["POWERLESS", "ERROR"])
def test_what_went_wrong_itself_is_worse_than_what_says_nothing(status):
    """For a claim, and for what must be refuted."""
    old = copy.deepcopy(OLD)
    old["claims"][0] |= {"status": "INCONCLUSIVE"}
    old["claims"][0]["false_variants"][0] |= {"status": "INCONCLUSIVE"}
    new = copy.deepcopy(old)
    new["claims"][0] |= {"status": status}
    new["claims"][0]["false_variants"][0] |= {"status": "ERROR"}
    lines = [str(change) for change in changes(new, old)]
    assert lines == [
        f"WORSE A1 quick: {status}, was INCONCLUSIVE",
        "WORSE A1 quick: not-v: ERROR, was INCONCLUSIVE",
    ]


def test_a_printed_form_that_must_hold():
    old = copy.deepcopy(OLD)
    old["claims"][0]["printed"][0] |= {"status": "HOLDS", "expected": "HOLDS"}
    new = copy.deepcopy(old)
    new["claims"][0]["printed"][0] |= {"status": "REFUTED"}
    assert [str(change) for change in changes(new, old)] == ["WORSE A1 quick: printed p: REFUTED, was HOLDS"]


def test_a_case_that_is_a_sample_in_one_of_them_only_is_compared_as_one():
    """Its slack by its interval, and the number of its comparisons not at all."""
    sampled = {"runs": 9, "slack": 1.2, "applicable": 3, "row": {"measured": [0.7, 0.9], "bound": [1.0, 1.0]}}
    new = copy.deepcopy(OLD)
    new["claims"][0]["cases"][0] |= sampled
    assert changes(new, OLD) == []
    assert changes(OLD, new) == []


def test_searches_with_other_seeds_are_not_held_against_each_other():
    old = copy.deepcopy(OLD)
    old["claims"][0]["cases"][0] |= {"evidence": "adversarial"}
    new = copy.deepcopy(old)
    new["claims"][0]["cases"][0] |= {"slack": 1.5, "applicable": 9}
    assert len(changes(new, old)) == 2
    new["claims"][0] |= {"reseed": 7}
    assert changes(new, old) == []
    for told in (new, old):
        told["claims"][0]["cases"][0] |= {"evidence": "exhaustive"}
    assert len(changes(new, old)) == 2, "what is proved does not depend on seeds"


def test_what_is_refuted_has_no_better_slack():
    new = copy.deepcopy(OLD)
    new["claims"][0]["cases"][0] |= {"status": "REFUTED", "slack": 0.9, "effort": 1, "evidence": "symbolic"}
    assert [str(change) for change in changes(new, OLD)] == ["WORSE A1 quick: c/a: REFUTED, was HOLDS"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda claim: claim["cases"][0].pop("check"),
        lambda claim: claim.update(cases=3),
        lambda claim: claim.update(id=[1]),
        lambda claim: claim["cases"][0].update(resolution={"absolute": "none"}),
        lambda claim: claim["cases"][0].update(comparisons=None),
        lambda claim: claim.update(false_variants=[{}]),
    ],
)
def test_a_damaged_part_is_one_line_and_not_taken_for_worse(toys, tmp_path, damage):
    store, file = tmp_path / "s.sqlite", tmp_path / "old.json"
    at = ["--store", str(store), "--claims", str(toys.path)]
    toys.add("A1")
    CliRunner().invoke(main, ["verify", "--jobs", "0", *at])
    told = json.loads(CliRunner().invoke(main, ["verify", "--json", "--jobs", "0", *at]).stdout)
    damage(told["claims"][0])
    file.write_text(json.dumps(told))
    done = CliRunner().invoke(main, ["report", "--out", str(tmp_path / "o"), "--against", str(file), *at])
    assert done.exit_code == 2, done.output
    assert done.stderr.startswith("explore-theory: against must be a store or what `verify --json` printed")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_what_other_shells_write_is_read(tmp_path, encoding):
    file = tmp_path / "old.json"
    file.write_text(json.dumps(OLD), encoding=encoding)
    assert read(file) == OLD


def test_what_is_worse_comes_first_and_a_whole_claim_is_one_line():
    other = copy.deepcopy(OLD["claims"][0]) | {"id": "A2"}
    third = copy.deepcopy(OLD["claims"][0]) | {"id": "A1", "tier": "full", "status": "REFUTED"}
    old = {"claims": [*OLD["claims"], third]}
    new = {"claims": [other, copy.deepcopy(OLD["claims"][0]), third | {"status": "HOLDS"}]}
    lines = [str(change) for change in changes(new, old)]
    assert lines == ["better A1 full: HOLDS, was REFUTED", "other A2 quick: new"]
    worse = ["WORSE A1 full: REFUTED, was HOLDS", "WORSE A2 quick: gone"]
    assert [str(change) for change in changes(old, new)] == worse


def test_claims_of_two_packages_with_one_id_are_told_apart():
    mine = copy.deepcopy(OLD["claims"][0]) | {"namespace": "mine", "status": "ERROR"}
    both = {"claims": [*OLD["claims"], mine]}
    new = copy.deepcopy(both)
    new["claims"][0]["status"] = "ERROR"
    assert [str(change) for change in changes(new, both)] == ["WORSE toys:A1 quick: ERROR, was HOLDS"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        ("[]", "indices"),
        ("{}", "claims"),
        ('{"claims": []}', "it tells of no claim"),
        ('{"claims": [{"id": "A"}]}', "it tells of no claim"),
        ('{"claims": 3}', "not iterable"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_a_line(tmp_path, text, reason):
    file = tmp_path / "old.json"
    file.write_text(text)
    done = CliRunner().invoke(main, ["report", "--against", str(file), "--store", "none.sqlite"])
    assert done.exit_code == 2
    assert done.stderr.startswith("explore-theory: against must be a store or what `verify --json` printed")
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_file_that_is_not_there_is_refused_in_a_line(tmp_path):
    done = CliRunner().invoke(main, ["report", "--against", str(tmp_path / "none"), "--store", "none.sqlite"])
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "No such file" in done.stderr


def test_a_store_against_a_store_and_against_json(toys, tmp_path):
    folder, then, now, file = (tmp_path / name for name in ("out", "then.sqlite", "now.sqlite", "old.json"))
    at = ["--claims", str(toys.path)]
    toys.add("A1")
    CliRunner().invoke(main, ["verify", "--jobs", "0", "--store", str(then), *at])
    file.write_text(
        CliRunner().invoke(main, ["verify", "--json", "--jobs", "0", "--store", str(then), *at]).stdout
    )
    assert read(then) == {**json.loads(file.read_text()), "claims": since_free(file)}
    toys.add("A1", bound=0.9)
    toys.add("A2")
    CliRunner().invoke(main, ["verify", "--jobs", "0", "--store", str(now), *at])

    def report(*more):
        call = ["report", "--store", now, "--out", folder, *more, *at]
        return CliRunner().invoke(main, [str(word) for word in call])

    for old in (then, file):
        done = report("--against", old)
        assert done.exit_code == 1, done.output
        lines = done.stdout.splitlines()
        assert "WORSE A1 quick: REFUTED, was HOLDS" in lines
        assert "other A2 quick: new" in lines
        assert lines[-1].startswith(f"since {old}: ")
        page = (folder / "index.html").read_text()
        assert f"Since {old.name}<" in page
        assert str(tmp_path) not in page[page.index('id="since"') : page.index('id="audit"')]
        assert page.count(">WORSE<") == sum(line.startswith("WORSE") for line in lines)
    again = tmp_path / "again.sqlite"
    shutil.copy(now, again)
    same = report("--against", again)
    assert (same.exit_code, same.stdout.splitlines()[-1]) == (0, f"since {again}: nothing changed")
    itself = report("--against", now)
    assert itself.exit_code == 2
    assert f"against must be another file than the store, got {now} for both" in itself.stderr


def since_free(file):
    claims = json.loads(file.read_text())["claims"]
    return [{name: value for name, value in claim.items() if name != "seconds"} for claim in claims]


def test_words_from_a_foreign_file_are_escaped(toys, tmp_path):
    store, file = tmp_path / "s.sqlite", tmp_path / "old.json"
    toys.add("A1")
    CliRunner().invoke(main, ["verify", "--jobs", "0", "--store", str(store), "--claims", str(toys.path)])
    foreign = copy.deepcopy(OLD)
    foreign["claims"][0]["id"] = "<script>alert(1)</script>\x1b[31m"
    file.write_text(json.dumps(foreign))
    done = CliRunner().invoke(
        main,
        [
            "report",
            "--store",
            str(store),
            "--out",
            str(tmp_path / "o"),
            "--against",
            str(file),
            "--claims",
            str(toys.path),
        ],
    )
    assert done.exit_code == 1
    assert "\x1b" not in done.stdout
    assert "<script>alert" not in (tmp_path / "o" / "index.html").read_text()


def test_the_summary_counts():
    new = copy.deepcopy(OLD)
    new["claims"][0]["cases"][0] |= {"slack": 1.1, "applicable": 9}
    new["claims"].append(copy.deepcopy(new["claims"][0]) | {"id": "B1"})
    change = changes(new, OLD)
    assert len(change) == 3
    from explore_theory.reporting.against import Since

    assert Since(name="x", changes=tuple(change)).summary == "1 worse, 1 better, 1 other change"
    assert since("x", [], {"claims": []}).summary == "nothing changed"

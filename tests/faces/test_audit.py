"""`audit` as a user meets it: badges, knobs, JSON, and what has been lost against an earlier audit."""

import json

import pytest


def numbers(cli, *arguments):
    result = cli("audit", *arguments, "--json")
    return result.exit_code, json.loads(result.stdout)


def test_a_loose_claim_breaks_within_twice_its_slack(cli, toys):
    toys.add("A1", bound=1.5)
    code, found = numbers(cli, "--claims", toys.path)
    (claim,) = found["claims"]
    assert (code, claim["badge"]) == (0, "LOOSE")
    assert 1.0 < claim["factor"] <= 2 * claim["slack"]
    (check,) = claim["checks"]
    assert [case["effort"] for case in check["cases"]] == [100, 5]
    (variant,) = claim["false_variants"]
    assert variant["refuted"]
    assert 1.5 < variant["margin"] < 2.1, "draws near one against a half"


def test_a_tight_claim_breaks_within_five_per_cent(cli, toys):
    toys.add("A1", bound=1.0, tight=True, extra="return Measurement.exact(np.full(len(trial.rows), .98))")
    code, found = numbers(cli, "--claims", toys.path)
    assert (code, found["claims"][0]["badge"]) == (0, "TIGHT")
    assert found["claims"][0]["factor"] == pytest.approx(1 / 0.98, abs=1e-3)


def test_a_claim_that_calls_itself_loose_and_is_not_is_told_so(cli, toys):
    toys.add("A1")
    assert "though it says of itself that it is loose" in cli("audit", "--claims", toys.path, "--json").stdout


@pytest.mark.parametrize("toy", [{"lie": 2.0}, {"bound": 0.5}, {"extra": "raise OSError('no')"}])
def test_a_claim_that_says_nothing_is_powerless(cli, toys, toy):
    toys.add("A1", **toy)
    result = cli("audit", "--claims", toys.path)
    assert result.exit_code == 1
    assert "POWERLESS" in result.stdout


def test_few_claims_are_told_in_full_and_many_in_a_table_of_80_columns(cli, toys):
    for name in ("A1", "A2", "A3", "A4"):
        toys.add(name, bound=1.5)
    assert "reversed: refuted in 2 of 2 cases" in cli("audit", "A1", "--claims", toys.path).stdout
    table = cli("audit", "--claims", toys.path)
    assert "reversed" not in table.stdout
    assert max(map(len, table.stdout.splitlines())) <= 80
    assert "4 claims: 4 LOOSE; 4 of 4 false variants refuted, the closest by" in table.stdout
    assert "reversed" in cli("audit", "--claims", toys.path, "--long").stdout


def test_an_enumeration_that_silently_shrinks_is_told(cli, toys, tmp_path):
    """The blind spot of verdicts: half the instances, and the claim holds as before."""
    file = toys.add("A1")
    before = cli("audit", "--claims", toys.path, "--json").stdout
    (tmp_path / "before.json").write_text(before)
    same = cli("audit", "--claims", toys.path, "--against", "before.json")
    assert (same.exit_code, same.stdout.splitlines()[-1]) == (0, "as strong as in before.json")
    text = file.read_text()
    file.write_text(text.replace("return Measurement.exact(value, ", "return Measurement.exact(value[::2], "))
    assert cli("verify", "--claims", toys.path).exit_code == 0
    less = cli("audit", "--claims", toys.path, "--against", "before.json")
    assert less.exit_code == 1
    assert "weaker: A1:draws/two: 3 cases, and there were 5" in less.stdout


def test_only_what_is_chosen_is_held_against_the_earlier_audit(cli, toys, tmp_path):
    toys.add("A1")
    toys.add("B1")
    (tmp_path / "before.json").write_text(cli("audit", "--claims", toys.path, "--json").stdout)
    same = cli("audit", "A1", "--claims", toys.path, "--against", "before.json")
    assert (same.exit_code, same.stdout.splitlines()[-1]) == (0, "as strong as in before.json")


def test_a_module_that_cannot_be_loaded_fails_the_audit_of_the_others(cli, toys):
    toys.add("A1")
    toys.write("b1_broken.py", "import no_such_module_anywhere\n")
    result = cli("audit", "--claims", toys.path)
    assert result.exit_code == 1
    assert result.stdout.startswith("A1. ")
    assert "could not be loaded" in result.stderr


def test_what_is_weaker_is_in_the_json_too(cli, toys, tmp_path):
    file = toys.add("A1")
    (tmp_path / "before.json").write_text(cli("audit", "--claims", toys.path, "--json").stdout)
    file.write_text(file.read_text().replace('Case(slug="two"', 'Case(slug="three"'))
    code, found = numbers(cli, "--claims", toys.path, "--against", "before.json")
    assert code == 1
    assert found["weaker"] == ["A1:draws/two: the case is gone"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "against must be a file of `audit --json`"),
        ("{", "against must be a file of `audit --json`"),
        ("[1, 2]", "which says it is none"),
        ('{"kind": "explore-theory audit", "format": 7}', "must be an audit of format 1, got format=7"),
        ('{"kind": "explore-theory audit", "format": 1}', "must have the parts of an audit"),
        (
            '{"kind": "explore-theory audit", "format": 1, "claims": [{"claim": "A1"}]}',
            "the parts of an audit",
        ),
        ('{"kind": "explore-theory audit", "format": 1, "claims": {"a": 1}}', "the parts of an audit"),
        ("\udcff\udcfe", "against must be a file of `audit --json`"),
    ],
)
def test_what_is_no_audit_is_one_clear_line(cli, toys, tmp_path, text, message):
    toys.add("A1")
    if text is not None:
        (tmp_path / "old.json").write_bytes(text.encode(errors="surrogateescape"))
    result = cli("audit", "--claims", toys.path, "--against", "old.json")
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_claims_that_are_stored_are_not_run_again(cli, toys, tmp_path):
    toys.add("A1", extra=f"__import__('pathlib').Path({str(tmp_path)!r}, trial.case.slug).touch()")
    cli("verify", "--claims", toys.path, "--jobs", "0")
    (tmp_path / "one").unlink()
    cli("audit", "--claims", toys.path)
    assert not (tmp_path / "one").exists()


def test_the_report_says_what_would_be_noticed(cli, toys, tmp_path):
    toys.add("A1", bound=1.5)
    cli("verify", "--claims", toys.path)
    cli("report", "--claims", toys.path, "--out", "out")
    page = (tmp_path / "out" / "index.html").read_text()
    assert "1 claim: 1 LOOSE; 1 of 1 false variant refuted" in page
    assert "reversed: refuted in 2 of 2 cases" in page

"""`tighten`, and what `show` and the report say of named constants."""

import json

import pytest

from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.located import located
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store

TOY = '''
"""Q1: a toy."""
from fractions import Fraction
from explore_theory.harness import Claim, Constant, Span, Value, best_constant, one_percent_better

def exactly(at):
    {extra}
    return Fraction(at["x"]) * (1 - Fraction(at["x"]))

QUARTER = Constant(
    slug="quarter", name="K", says="x (1 - x) <= K", stated=Value("{stated}"), {more}
    best="least", coordinates={{"x": Span(0.0, 1.0)}}, score=lambda at: at["x"] * (1 - at["x"]),
    certified=exactly,
)
CLAIM = Claim(
    id="Q1", slug="quarter", theorem="toys", title="A product", statement="x (1 - x) <= K.", formula="K",
    relation="<=", scope="One number.", source="A toy.", loose={loose!r},
    checks=(best_constant(QUARTER),), false_variants=(one_percent_better(QUARTER),),
)
'''


@pytest.fixture
def quarter(toys, request):
    """Writes the toy claim, which locates 1/4."""

    def write(stated="1/4", more="", extra="pass", loose=""):
        name = "".join(c for c in request.node.name if c.isalpha())
        return toys.write(f"q1_{name}.py", TOY.format(stated=stated, more=more, extra=extra, loose=loose))

    return write


def test_tighten_prints_a_line_for_each_constant(cli, toys, quarter):
    quarter()
    result = cli("tighten", "--claims", toys.path, "Q1")
    assert result.exit_code == 0, result.stderr
    start = "Q1  K in x (1 - x) <= K: best constant in [0.249999, 0.25] (width "
    assert result.stdout.startswith(start)
    assert (
        result.stdout.rstrip().endswith(
            " %); stated 1/4, which no evidence of the claim proves; instance: x = 0.5"
        )
        or "x = 0.49" in result.stdout
    )
    assert result.stdout.count("\n") == 1


def test_a_sharper_value_must_be_proved_by_a_claim_that_is_there(cli, toys, quarter):
    quarter("1/2", 'proved=Value("1/4"), by="Z77",', loose="Z77 has a better one.")
    result = cli("tighten", "--claims", toys.path)
    assert result.exit_code == 2
    assert "by must name a claim that is installed or given by --claims, got by='Z77'" in result.stderr


def test_what_is_searched_only_is_not_called_proved(cli, toys, quarter):
    quarter()
    told = "stated 1/4, which no evidence of the claim proves"
    assert told in cli("tighten", "--claims", toys.path).stdout
    assert "no evidence" not in cli("tighten", "C2", "--effort", "1").stdout


def test_what_locates_a_constant_is_no_proof_of_it_whatever_its_kind(toys, quarter):
    """A search may be certified, or exhaustive: it tells one end, and the stated value is the other."""
    quarter()
    with Store(":memory:") as store:
        (result,) = session_results(store, run(discover([str(toys.path)]).claims, store))
    checks = [check | {"evidence": "certified"} for check in result.record["checks"]]
    (found,) = located({**result.record, "checks": checks}, result.cases)
    assert not found.backed
    proof = {"slug": "proof", "evidence": "symbolic"}
    (found,) = located({**result.record, "checks": [*checks, proof]}, result.cases)
    assert found.backed


def test_tighten_names_the_claim_that_proves_a_sharper_value(cli, toys, quarter):
    toys.add("Q2")
    quarter("1/2", 'proved=Value("1/4"), by="Q2",', loose="Q2 has a better one.")
    result = cli("tighten", "--claims", toys.path)
    assert "; stated 1/2; a sharper one, 1/4, is proved by Q2; instance: x = 0." in result.stdout


def test_json_has_everything(cli, toys, quarter):
    quarter()
    (found,) = json.loads(cli("tighten", "--claims", toys.path, "--json", "--effort", "3").stdout)
    assert found["at_most"] == 0.25
    assert 0.249999 < found["at_least"] < 0.25
    assert found["width"] == pytest.approx(4 * (0.25 - found["at_least"]), rel=1e-6)
    assert (found["claim"], found["by"], found["status"], found["kind"]) == ("Q1", "Q1", "HOLDS", "constant")
    assert list(found["instance"]) == ["x"]
    assert found["effort"] == 3 * 3 * (2 + 60 + 40)


def test_effort_and_reseed_are_those_asked_for(cli, toys, quarter):
    quarter()
    asked = ("tighten", "--claims", toys.path, "--json")
    one, again, other = (
        json.loads(cli(*asked, "--effort", 1, "--reseed", seed).stdout) for seed in (0, 0, 1)
    )
    assert one == again
    assert one[0]["instance"] != other[0]["instance"]


@pytest.mark.parametrize(
    ("changes", "code", "word"),
    [
        ({"stated": "1/5"}, 1, "an instance contradicts the proved value 1/5: measured "),
        ({"extra": "raise ValueError('no')"}, 1, "best constant not located: ERROR, ValueError: no"),
        ({"extra": "return float('nan')"}, 3, "best constant not located: INCONCLUSIVE, not a number"),
    ],
)
def test_exit_codes(cli, toys, quarter, changes, code, word):
    quarter(**changes)
    result = cli("tighten", "--claims", toys.path)
    assert result.exit_code == code
    assert word in result.stdout


def test_a_module_that_cannot_be_loaded_fails_the_call_and_the_others_are_located(cli, toys, quarter):
    quarter()
    toys.write("b1_broken.py", "import no_such_module_anywhere\n")
    result = cli("tighten", "--claims", toys.path)
    assert result.exit_code == 1
    assert "best constant in [0.24" in result.stdout
    assert "could not be loaded" in result.stderr


def test_a_claim_without_constants_is_told_in_one_line(cli, toys, quarter):
    quarter()
    toys.add("A1")
    result = cli("tighten", "--claims", toys.path, "A1")
    assert result.exit_code == 2
    assert result.stderr == (
        "explore-theory: selector must choose a claim that names constants, got selectors=A1; these do: Q1\n"
    )
    assert cli("tighten", "--claims", toys.path).exit_code == 0


def test_where_nothing_names_a_constant_the_line_says_how(cli, toys):
    toys.add("A1")
    result = cli("tighten", "--claims", toys.path)
    assert result.exit_code == 2
    assert result.stderr.endswith("no claim here does (see best_constant)\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("no-such-claim",), "selector must match a claim id, slug, theorem or glob"),
        (("--effort", "0"), "0 is not in the range"),
        (("--effort", "many"), "many"),
        (("--reseed", "-1"), "-1"),
    ],
)
def test_a_mistake_in_the_call_is_one_line(cli, toys, quarter, arguments, message):
    quarter()
    result = cli("tighten", "--claims", toys.path, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_ctrl_c_ends_it(cli, toys, quarter):
    quarter(extra="raise KeyboardInterrupt")
    result = cli("tighten", "--claims", toys.path)
    assert result.exit_code == 130
    assert result.stderr == "explore-theory: interrupted\n"


@pytest.mark.parametrize(("number", "id"), [("Lemma N.1", "LN1"), ("Lemma F.1", "LF1")])
def test_numbers_of_the_paper_select_what_carries_them(cli, number, id):
    result = cli("tighten", number, "--effort", "1")
    assert {line.split()[0] for line in result.stdout.splitlines()} == {id}
    assert result.exit_code == 0


def test_show_and_the_report_tell_the_constant(cli, toys, quarter, tmp_path):
    quarter("1/2", 'proved=Value("1/4"), by="Q2",', loose="Q2 has a better one.")
    shown = " ".join(cli("show", "--claims", toys.path, "Q1").stdout.split())
    assert "locates K in x (1 - x) <= K: stated 1/2; a sharper one, 1/4, is proved by Q2" in shown
    assert cli("verify", "--claims", toys.path).exit_code == 0
    assert cli("report", "--claims", toys.path, "--out", tmp_path / "out").exit_code == 0
    page = " ".join((tmp_path / "out" / "index.html").read_text().split())
    assert '<b>Constant K</b> in <span class="mono">x (1 - x) &lt;= K</span>: best constant in' in page
    assert "best constant in [0.249999, 0.25] (width" in page
    assert "stated 1/2; a sharper one, 1/4, is proved by Q2." in page
    assert "Instance: x = 0." in page

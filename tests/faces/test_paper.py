"""The paper's numbers: none is forgotten, each is found, and the errata page is what the engine says."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from installed_claims import installed

from explore_theory.harness.running.printed import run_printed
from explore_theory.reporting.errata import PAPER, Entry, markdown

#: Every numbered item of the main text and of appendices C to N, with its page; written down here from the
#: paper, a second time on purpose.
ITEMS = """
Remark: 1.1 3, 1.2 3, G.1 43, G.2 43, J.1 80, J.2 82, J.3 84, J.4 84
Assumption: 1.1 3, 2.1 6, I.1 74
Definition: 1.1 4, 2.1 6, 2.2 7, 4.1 10, 5.1 11, C.1 28, H.1 61, H.2 69, I.1 74, I.2 74, I.3 75, I.4 76
Theorem: 2.1 7, 3.1 9, 4.1 10, 5.1 13, F.1 36, F.2 37, H.1 60, H.2 68, H.3 69, J.1 83
Corollary: 5.1 12
Proposition: I.1 75
Conjecture: H.1 60
Algorithm: 1 36, 2 37, 3 44, 4 77, 5 79, 6 81
Lemma: D.1 30, D.2 30, D.3 30, D.4 30, D.5 31, D.6 31, E.1 33, E.2 34
Lemma: F.1 38, F.2 38, F.3 38, F.4 38
Lemma: G.1 43, G.2 45, G.3 45, G.4 46, G.5 47, G.6 47, G.7 47, G.8 52, G.9 52, G.10 55, G.11 56
Lemma: H.1 61, H.2 62, H.3 63, H.4 67, H.5 70, H.6 70
Lemma: K.1 85, K.2 87, L.1 88, L.2 95, L.3 97, L.4 98, M.1 99, M.2 100, M.3 104
Lemma: N.1 109, N.2 109, N.3 111, N.4 113, N.5 114, N.6 114, N.7 116
Equation: 1 3, 3 5, 4 5, 5 6, 6 7, 7 7, 8 8, 9 8, 10 10, 11 11, 12 12, 13 13, 14 27, 15 27, 16 27, 17 28
"""
ERRATA = Path(__file__).parents[2] / "docs" / "errata.md"


def listed():
    """``{"Lemma G.7": 47}``."""
    found = {}
    for line in ITEMS.strip().splitlines():
        kind, items = line.split(": ")
        for item in items.split(", "):
            number, page = item.split()
            found[f"{kind} ({number})" if kind == "Equation" else f"{kind} {number}"] = int(page)
    return found


@pytest.fixture(scope="module")
def registry():
    return installed()


@pytest.fixture(scope="module")
def forms(registry):
    """The printed forms with their verdicts, by the claim that carries them."""
    return {r.label: run_printed(r) for r in registry.claims}


def test_no_number_of_the_paper_is_forgotten_and_its_page_is_right(registry):
    found = {item.number: item.page for item in registry.paper if not item.paper}
    assert len({item.number for item in registry.paper}) == len(registry.paper), "each once"
    assert found == listed()


def test_every_key_of_a_number_is_of_a_paper_that_is_listed(registry):
    keys = [paper.key for paper in registry.papers]
    assert sorted(keys) == sorted(set(keys))
    assert {item.paper for item in registry.paper} == {"", *keys}


def test_what_an_item_names_exists(registry):
    claims = {r.claim.id: r.claim for r in registry.claims}
    for item in registry.paper:
        for name in item.claims:
            id, _, check = name.partition("/")
            assert id in claims, f"{item.number} names {name}"
            assert not check or claims[id].check(check)


def test_what_is_said_of_a_form_is_what_its_item_says(registry):
    items = {item.number: item for item in registry.paper}
    for registered in registry.claims:
        for form in registered.claim.printed:
            item = items[form.item]
            assert registered.claim.id in item.ids, f"{form.item} does not name {registered.claim.id}"
            if not (form.holds or form.step):
                assert item.stands == "refuted", f"{form.item}: {registered.claim.id} refutes a form of it"
            if form.step and not form.holds:
                assert item.as_printed(registry.printed).endswith("a step REFUTED"), item.number
    for item in registry.paper:
        if item.stands == "refuted":
            assert item.as_printed(registry.printed).startswith("REFUTED"), item.number


def test_counter_examples_are_small(forms):
    """At most four responses each, and simple enough to print."""
    for label, found in forms.items():
        for form in found:
            assert form.as_expected, f"{label} {form.slug}: {form.verdict.reason}"
            for case in form.cases if not form.holds else ():
                witness = case.verdict.row.witness
                assert witness, f"{label} {form.slug} must say where"
                assert int(witness.get("responses", 4)) <= 4
                assert len(str(witness)) < 400


def test_at_least_eight_doubts_have_a_verdict(registry):
    doubted = {form.item for r in registry.claims for form in r.claim.printed}
    assert {"Lemma F.1", "Theorem F.1", "Lemma H.2", "Lemma N.1", "Lemma N.2", "Lemma H.6"} <= doubted
    assert {"Theorem J.1", "Theorem 2.1"} <= doubted


def test_the_errata_page_is_what_the_engine_says(registry, forms):
    entries = [Entry(claim=label, form=form) for label, found in forms.items() for form in found]
    page = markdown(entries, PAPER, registry.papers)
    assert ERRATA.read_text() == page, "write it again: explore-theory errata > docs/errata.md"
    refuted = sum(not form.holds for r in registry.claims for form in r.claim.printed)
    assert page.split("## Doubted")[0].count("- Counter-example") >= refuted
    assert max(map(len, page.splitlines())) <= 110


def test_an_item_is_shown_by_its_number(cli):
    text = cli("show", "Lemma F.1").output
    assert text.startswith("Lemma F.1, page 38")
    assert "As printed: REFUTED" in text
    assert "As printed:\n" in text
    assert "counter-example: " in text
    assert "in its place: " in text


def test_items_of_several_kinds_share_a_number(cli):
    text = cli("show", "2.1").output
    assert re.findall(r"^(\w+ 2\.1), page", text, re.MULTILINE) == [
        "Assumption 2.1",
        "Definition 2.1",
        "Theorem 2.1",
    ]


def test_an_item_without_a_claim_is_shown_and_cannot_be_verified(cli):
    shown = cli("show", "Remark 1.2")
    assert shown.exit_code == 0
    assert "Not done: " in shown.output
    refused = cli("verify", "Remark 1.2", "--store", ":memory:")
    assert refused.exit_code == 2
    assert "no claim carries Remark 1.2 (Remark 1.2: " in refused.output


def test_a_number_that_the_paper_does_not_have_is_refused(cli):
    refused = cli("show", "Lemma G.70")
    assert refused.exit_code == 2
    assert "must be a number of the paper, got selector='Lemma G.70'; near it: Lemma G.1" in refused.output
    assert "near it: Lemma G.7;" in cli("show", "Theorem G.7").output
    assert "Lemma G.7" in cli("show", "Lemma G7").output


def test_the_ledger_lists_every_item_once(cli):
    text = cli("list", "--paper").output
    for number in listed():
        assert text.count(f"{number} ") + text.count(f"{number}\n") >= 1, number
    some = cli("list", "--paper", "G.7", "Lemma N.1").output
    assert "Lemma G.7" in some
    assert "Lemma N.1" in some
    assert "Lemma G.8" not in some
    assert "holds: every constant is written out" in some
    assert "--statements lists all" in cli("list", "--statements", "F1").output
    assert cli("list", "--statements").output.endswith(text)


def test_a_number_verifies_the_claims_that_carry_it(cli):
    done = cli("verify", "Lemma N.1", "--store", ":memory:", "--json")
    assert done.exit_code == 0
    assert '"id": "LN1"' in done.output
    assert '"printed": [' in done.output
    lines = cli("verify", "Lemma N.1", "--store", ":memory:", "--csv").output.splitlines()
    header = lines[0].split(",")
    place = header.index("printed_form")
    assert any(line.split(",")[place] for line in lines[1:])


def test_the_report_has_the_errata_and_the_ledger(cli, tmp_path):
    cli("verify", "LN1", "--store", "s.sqlite")
    assert cli("report", "--store", "s.sqlite", "--out", "r").exit_code == 0
    page = (tmp_path / "r" / "index.html").read_text()
    assert 'id="errata"' in page
    assert 'id="paper"' in page
    assert page.count("Lemma G.7") >= 1
    section = page[page.index('id="errata"') : page.index('id="paper"')]
    assert "Lemma N.1" in section
    assert "REFUTED" in section
    assert "measured" in section


def test_the_report_says_of_an_item_what_its_results_show(registry):
    """Nothing of what is not verified, and not HOLDS where a claim does not."""
    from explore_theory.harness.judging.results import session_results
    from explore_theory.harness.running.runner import run
    from explore_theory.harness.storage.store import Store
    from explore_theory.harness.verdicts.verdict import Status
    from explore_theory.reporting.html import stands
    from explore_theory.reporting.page.entries import Entry as Section

    items = {item.number: item for item in registry.paper}
    with Store(":memory:") as store:
        session = run(registry.select(["LN1", "LN7"]), store)
        found = session_results(store, session)
    entries = [Section(record=r.record, results=(r,)) for r in found]
    assert stands(items["Lemma N.1"], entries) == "REFUTED"
    assert stands(items["Lemma N.7"], entries) == "HOLDS"
    assert stands(items["Lemma N.7"], []) == "not verified here"
    assert stands(items["Lemma N.1"], []) == "not verified here"
    assert stands(items["Lemma G.7"], entries) == "not verified here"
    assert stands(items["Definition 1.1"], entries) == "convention"
    (seven,) = (r for r in found if r.id == "LN7")
    fallen = replace(seven, verdict=replace(seven.verdict, status=Status.REFUTED))
    shown = [Section(record=fallen.record, results=(fallen,))]
    assert stands(items["Lemma N.7"], shown) == "its claim does not hold"


CLAIM = '''
"""Q1: a half is at most a half."""
from fractions import Fraction
from explore_theory.harness import Bound, Case, Check, Claim, Evidence, FalseVariant, Measurement, PrintedForm

def half(_):
    return Measurement.exact([Fraction(1, 2)], witness=lambda k: {"x": "1/2"})

def check(slug, bound, tight=False):
    return Check(slug=slug, evidence=Evidence.EXHAUSTIVE, cases=(Case(slug="one", tight=tight),),
                 measure=half, bound=lambda _: Bound.of(bound))

CLAIM = Claim(
    id="Q1", slug="half", theorem="mine", title="t", statement="s", formula="x", relation="<=", scope="s",
    source="s", checks=(check("own", Fraction(1, 2), True),),
    false_variants=(
        FalseVariant(slug="lie", why="w", check="own", bound=lambda _: Bound.of(Fraction(1, 4))),
    ),
    printed=(PrintedForm(slug="third", item="Lemma 3", page=2, says="at most BOUND", holds=False,
                         check=check("printed", Fraction("BOUND")), mended="a half"),),
)
'''


def test_somebody_else_s_paper_is_listed_and_its_forms_are_not_ours(cli, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "q1_half.py").write_text(CLAIM.replace("BOUND", "1/3"))
    empty = cli("list", "--paper", "--claims", "mine")
    assert empty.exit_code == 2
    assert "PAPER, in a module such as paper.py" in empty.output
    (tmp_path / "mine" / "paper.py").write_text(
        "from explore_theory.harness import PaperItem\n"
        "PAPER = (PaperItem(number='Lemma 3', page=2, says='s', stands='refuted', claims=('Q1',)),\n"
        "         PaperItem(number='Lemma 4', page=2, says='s', stands='holds', claims=('NOPE',)))\n"
    )
    listed = cli("list", "--paper", "--claims", "mine").output
    assert "REFUTED" in listed
    assert "no claim NOPE" in listed
    page = cli("errata", "--claims", "mine")
    assert page.exit_code == 0
    assert "Foster" not in page.output
    assert "### Lemma 3, page 2" in page.output
    assert "1 printed form: 1 REFUTED." in page.output


def test_a_number_has_the_forms_of_its_own_items_and_a_claim_has_all_of_its_own(cli):
    def places(*selectors):
        return set(re.findall(r"^### (.*?), page", cli("errata", *selectors).output, re.MULTILINE))

    assert places("Lemma M.3") == {"Lemma M.3"}
    assert places("LM3") == {"Lemma M.2", "Lemma M.3"}
    assert places("Lemma M.3", "N.4") == {"Lemma M.3", "Lemma N.4"}
    assert places("Lemma N.4", "LM3") == {"Lemma M.2", "Lemma M.3", "Lemma N.4"}


def test_a_form_with_another_verdict_is_told_apart_and_an_empty_page_says_so(cli, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "q1_half.py").write_text(CLAIM.replace("BOUND", "3/4"))
    page = cli("errata", "--claims", "mine")
    assert page.exit_code == 1
    assert "## Not as announced" in page.output
    assert "It must be REFUTED, and is HOLDS" in page.output
    assert "Doubted" not in page.output
    nothing = cli("errata", "F1")
    assert nothing.exit_code == 0
    assert "no printed form is carried by F1" in nothing.output

"""What the HTML report says, and of what: titles, tiers, columns, marks of claims, places on the page."""

import re
from dataclasses import replace

import made_results
import pytest
from installed_claims import installed
from markupsafe import Markup, escape

from explore_theory.harness.claims.claim import Evidence
from explore_theory.harness.claims.statements import PaperItem
from explore_theory.harness.discovery.papers import discover_papers
from explore_theory.harness.discovery.registry import Registry, discover
from explore_theory.harness.judging.audit import audit
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting import audit as audits
from explore_theory.reporting import text
from explore_theory.reporting.against import Change, Since
from explore_theory.reporting.html import SUBJECT, errata, render, stands, subject, write_report
from explore_theory.reporting.page.entries import Entry, choices, entries_of
from explore_theory.reporting.page.glossary import GLOSSARY, SYMBOLS
from explore_theory.reporting.page.shell import visible
from explore_theory.reporting.symbols import plain_signs


def test_the_page_is_about_what_its_claims_are_about(results):
    ours = replace(results[0], record={**results[0].record, "namespace": ""})
    assert subject([ours]) == SUBJECT
    assert subject(results) == f"Claims of {results[0].record['namespace']}"
    assert subject([ours, *results]).startswith(f"{SUBJECT}, and claims of ")
    mine = replace(results[0], record={**results[0].record, "namespace": "claims"})
    assert subject([mine]) == "Claims of one's own"


def test_one_is_not_many():
    assert [text.number(k, "case") for k in (0, 1, 2)] == ["0 cases", "1 case", "2 cases"]


def test_a_statement_that_is_its_own_title_is_said_once(results, toys):
    words = "All is below one"
    same = replace(results[0], record={**results[0].record, "title": words, "statement": f"{words}."})
    page = sessions_page([same], toys)
    assert f"<p>{words}.</p>" not in page
    assert f". {words}</h3>" in page


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\x1b", "\x07", "\u200f", "\x9b"])
def test_what_turns_or_hides_text_is_shown_by_its_number(mark):
    assert visible(f"a{mark}b") == f"a\\u{ord(mark):04x}b"
    shown = visible(Markup("<b>") + f"a{mark}b" + Markup("</b>"))
    assert shown == f"<b>a\\u{ord(mark):04x}b</b>"
    assert isinstance(shown, Markup)


def test_ordinary_text_of_any_script_stays(results):
    for words in ("naïve 強い φ — “x”\n\ty", 3, None, Markup("<b>x</b>")):
        assert visible(words) is words


def test_every_word_that_a_verdict_or_badge_can_be_is_explained(results):
    explained = {name.upper() for name, _ in GLOSSARY}
    worn = {"LOOSE", "COARSE", "PART", "GONE", "TIGHT"}
    assert {str(s).upper() for s in Status} | worn | {e.value.upper() for e in Evidence} <= explained


def test_the_command_below_a_result_is_the_one_that_ran_it(results):
    again = text.again(replace(results[0], tier="full", reseed=7), claims="my/claims.py")
    assert again == "explore-theory verify A1 --tier full --reseed 7 --claims my/claims.py"
    assert text.again(results[0]) == "explore-theory verify A1 --tier quick"
    assert text.again(results[0], claims="one --claims 'an other'").endswith(
        " --claims one --claims 'an other'"
    )
    assert text.failure_line(results[0], claims="an other").endswith(" --claims 'an other'")
    assert text.again(results[0], alpha=1e-5).endswith("--tier quick --alpha 1e-05")
    strange = replace(results[0], record={**results[0].record, "id": "A1; rm -r ~"})
    assert text.again(strange) == "explore-theory verify 'A1; rm -r ~' --tier quick"


def test_the_page_names_the_error_level_of_the_session(toys, tmp_path):
    toys.add("A1")
    with Store(":memory:") as store:
        run(discover([str(toys.path)]).claims, store, alpha=1e-5)
        page = write_report(store, tmp_path / "out").read_text()
    assert "<code>explore-theory verify A1 --tier quick --alpha 1e-05</code>" in page


def test_of_two_tiers_the_one_that_stands_most_against_the_claim_is_shown_first(results):
    fine, _, refuted = results
    open_one = replace(fine, verdict=replace(fine.verdict, status=Status.INCONCLUSIVE))
    full = replace(fine, tier="full")
    worse = replace(refuted, tier="full", record=fine.record)
    for pair, first in (
        ((fine, full), full),
        ((refuted, full), refuted),
        ((open_one, worse), worse),
        ((refuted, worse), worse),
    ):
        entry = Entry(record=fine.record, results=pair)
        assert entry.worst is first
        assert entry.audited.result is first


def test_the_table_of_verdicts_speaks_of_every_tier():
    check = {"slug": "stated", "evidence": "certified", "coarse": "", "assumptions": ()}
    both, full = {"quick": 1, "full": 1}, {"full": 1}
    checks = [check | {"cases": [{"slug": "one", "tight": True, "rows": both}]}]
    checks.append(check | {"slug": "more", "cases": [{"slug": "two", "tight": True, "rows": full}]})
    lies = made_results.variant(), made_results.variant(status=Status.HOLDS)
    searched = made_results.case(evidence="adversarial", status=Status.REFUTED)
    quick = made_results.result(cases=(searched,), status=Status.REFUTED, variants=lies, checks=checks)
    entry = Entry(record=quick.record, results=(quick, made_results.result(tier="full", checks=checks)))
    assert entry.statuses == ["REFUTED", "HOLDS"]
    assert entry.kinds == ["adversarial", "certified"]
    assert entry.badges == ["PART"]
    assert entry.caught == 0.5
    assert entry.rank == 0
    found = choices([entry])
    assert (found["status"], found["kind"]) == (["REFUTED", "HOLDS"], ["certified", "adversarial"])


def cells(row):
    return [
        re.sub(r"<[^>]*>", " ", cell).split() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
    ]


def test_every_column_of_a_case_says_what_its_head_says(results, toys):
    case = results[0].cases[0]
    row = replace(case.verdict.row, lo=0.125, hi=0.25, bound_lo=0.5, bound_hi=0.625)
    moved = replace(case.verdict, status=Status.INCONCLUSIVE)
    one = replace(case, verdict=replace(case.verdict, row=row), slack=2.5, alpha=3e-5, moved=moved)
    page = sessions_page([replace(results[0], cases=(one,))], toys)
    table = page[page.index('aria-label="Cases of A1') :]
    found = cells(re.search(r"<tr><td>.*?</tr>", table, re.DOTALL)[0])
    assert found[2:5] == [["[0.125,", "0.25]"], ["[0.5,", "0.625]"], ["2.500"]]
    assert found[6:] == [["3.0e-05"], ["INCONCLUSIVE"], ["HOLDS"]]


def test_of_two_tiers_the_slack_of_the_one_that_is_shown_first_is_told_and_sorted_by(results, toys):
    refuted = replace(results[2], tier="full")
    quick = replace(results[0], record=refuted.record)
    page = sessions_page([quick, refuted], toys)
    cell = re.search(r'data-name="slack" data-sort="([^"]*)">([^<]*)<', page)
    assert text.slack(refuted) != text.slack(quick)
    assert (float(cell[1]), cell[2]) == (text.slack_shown(refuted), text.slack(refuted))


def test_below_each_tier_stands_where_its_own_checks_break(results, toys):
    case = results[2].cases[0]
    far = replace(case, verdict=results[0].cases[0].verdict, summary=results[0].cases[0].summary)
    full = replace(results[2], tier="full", cases=(replace(far, check="elsewhere"),))
    page = sessions_page([results[2], full], toys)
    tables = re.findall(
        r'aria-label="Where the checks of A3 break, (\w+) tier">(.*?)</table>', page, re.DOTALL
    )
    named = {tier: cells(table[table.index("<tbody>") :])[0] for tier, table in tables}
    assert named == {"quick": ["draws"], "full": ["elsewhere"]}


def test_names_inside_the_figures_of_two_claims_never_meet(results, toys):
    drawn = [replace(r, record={**r.record, "figures": [made_results.FIGURE]}) for r in results[:2]]
    page = sessions_page(drawn, toys)
    assert page.count("<figure>") == 2
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids))


def test_levels_of_statements_and_of_lies_stand_in_their_own_columns(results, toys):
    case = results[0].cases[0]
    lies = (replace(results[0].variants[0], cases=(replace(case, alpha=7e-6),) * 3),)
    one = replace(results[0], cases=(replace(case, alpha=2e-6),) * 2, variants=lies)
    page = sessions_page([one], toys)
    rows = re.findall(r"<tr>.*?</tr>", page[page.index('aria-label="Table of error levels"') :], re.DOTALL)
    assert cells(rows[1])[2:] == [["2"], ["4.00e-06"], ["3"], ["2.10e-05"]]
    assert cells(rows[2])[1:] == [["2"], ["4.00e-06"], ["3"], ["2.10e-05"]]


def test_what_got_worse_has_the_colour_of_what_fails(results, toys):
    ways = {"WORSE": "refuted", "better": "holds", "other": "not_applicable"}
    told = Since(name="old.json", changes=tuple(Change(place="A1", words="w", way=way) for way in ways))
    page = sessions_page(results, toys, since=told)
    section = page[page.index('aria-labelledby="since"') :]
    assert re.findall(r'<span class="chip (\w+)">(WORSE|better|other)</span>', section) == [
        (kind, way) for way, kind in ways.items()
    ]


def test_every_column_of_the_break_points_says_what_its_head_says(results, toys):
    page = sessions_page(results, toys)
    section = page[page.index('aria-label="Table of break points"') :]
    for result in results:
        found = audit(result)
        row = re.search(rf'<tr><td><a href="#{result.id}">.*?</tr>', section, re.DOTALL)[0]
        said = [" ".join(words) for words in cells(row)]
        numbers = [audits.factor(found.factor), text.slack(result), audits.factor(found.margin)]
        assert said[:5] == [result.id, found.badge, *numbers]
    assert audits.factor(audit(results[1]).factor) != audits.factor(audit(results[1]).margin)


def test_what_is_refuted_leads_the_errata():
    forms = [made_results.form("right", holds=True, status=Status.HOLDS), made_results.form("wrong")]
    entry = Entry(record={}, results=(made_results.result(printed=forms),))
    assert [one.form.slug for one in errata([entry])] == ["wrong", "right"]


def test_the_newest_session_comes_first_and_its_versions_are_told(results, toys):
    with Store(":memory:") as store:
        run(discover([str(toys.path)]).claims, store)
        (one,) = store.sessions()
    older = replace(one, id="older", versions={**one.versions, "numpy": "0.0.1"})
    newer = replace(one, id="newer", versions={**one.versions, "numpy": "9.9.9"})
    page = render(results, [older, newer])
    assert page.index(">newer</td>") < page.index(">older</td>")
    assert "numpy 9.9.9" in page
    assert "numpy 0.0.1" not in page


def test_symbols_of_statements_are_told_as_they_are_shown(results, toys):
    with Store(":memory:") as store:
        run(discover([str(toys.path)]).claims, store)
        page = render(results, store.sessions())
    for sign, name, _ in SYMBOLS:
        assert f"<dt>{escape(plain_signs(sign))}</dt>" in page, sign
        assert str(escape(plain_signs(name.replace("`", "")))) in page, name


def test_what_uses_a_claim_is_told_of_the_one_that_is_meant(results, toys):
    def of(result, namespace, uses=()):
        record = {**result.record, "namespace": namespace, "uses": list(uses)}
        return replace(result, record=record, ambiguous=result.id == "A2")

    first, second, _ = results
    shown = [of(first, "mine", ["A2"]), of(second, "mine"), of(second, "")]
    page = sessions_page(shown, toys)
    sections = dict(re.findall(r'<section id="([^"]*)" class="claim">(.*?)</section>', page, re.DOTALL))
    assert '<b>Uses</b> <a href="#mine:A2">A2</a>' in sections["A1"]
    assert '<b>Used by</b> <a href="#A1">A1</a>' in sections["mine:A2"]
    assert "Used by" not in sections["A2"]


def test_a_violation_at_one_tier_is_red_in_the_map_and_in_the_table_of_break_points(results, toys):
    one, two, three = results
    one = replace(one, record={**one.record, "uses": ["A3"]})
    held = replace(three, tier="full", verdict=one.verdict)
    page = sessions_page([one, two, three, held], toys)
    assert 'href="#A3" class="fails adversarial"' in page
    row = re.search(r'<tr><td><a href="#A3">.*?</tr>', page[page.index('id="audit"') :], re.DOTALL)[0]
    assert "it is REFUTED" in row


ITEMS = (
    PaperItem(number="Lemma 1", page=1, says="it", stands="holds", claims=("A1",)),
    PaperItem(number="Lemma 2", page=2, says="it", stands="holds", claims=("A3",)),
)


def test_an_item_of_the_paper_stands_as_claims_of_its_own_package_do(results, toys):
    def of(result, namespace, id):
        return replace(result, record={**result.record, "namespace": namespace, "id": id}, ambiguous=True)

    fine, _, refuted = results
    ours = [of(fine, "", "A1"), of(refuted, "bon", "A1"), of(refuted, "", "A3"), of(fine, "bon", "A3")]
    for order in (ours, ours[::-1]):
        entries = entries_of(order)
        said = [stands(item, entries, dict.fromkeys(("Lemma 1", "Lemma 2"), "")) for item in ITEMS]
        assert said == ["HOLDS", "its claim does not hold"]
        said = [stands(item, entries, dict.fromkeys(("Lemma 1", "Lemma 2"), "bon")) for item in ITEMS]
        assert said == ["its claim does not hold", "HOLDS"]
    # Somebody else's claim shows nothing of our paper, and our claim may carry somebody else's item.
    assert stands(ITEMS[1], entries_of(ours[3:]), {"Lemma 2": ""}) == "not verified here"
    assert stands(ITEMS[0], entries_of(ours[:1]), {"Lemma 1": "bon"}) == "HOLDS"
    known = Registry(claims=(), broken=(), paper=ITEMS, owners=dict.fromkeys(("Lemma 1", "Lemma 2"), ""))
    with Store(":memory:") as store:
        run(discover([str(toys.path)]).claims, store)
        page = render(ours, store.sessions(), known)
    sections = re.findall(r'<section id="([^"]*)" class="claim">(.*?)</section>', page, re.DOTALL)
    assert [place for place, words in sections if "In the paper" in words] == ["A1", "A3"]
    row = re.search(r'<tr id="item-lemma-1">.*?</tr>', page, re.DOTALL)[0]
    assert '<a href="#A1">A1</a>' in row


def test_a_ledger_belongs_to_the_package_that_it_lies_with(toys):
    toys.add("A1")
    toys.write(
        "ledger.py",
        """
        from explore_theory.harness import PaperItem
        PAPER = (PaperItem(number="Lemma 1", page=1, says="it", stands="holds", claims=("A1",)),)
        """,
    )
    assert dict(discover([str(toys.path)]).owners) == {"Lemma 1": "toys"}
    assert dict(discover_papers([str(toys.path)]).owners) == {"Lemma 1": "toys"}
    assert set(installed().owners.values()) == {""}


def test_cases_are_spelled_out_but_where_a_fuller_tier_says_more(results):
    fine, _, refuted = results
    full = replace(fine, tier="full")
    assert Entry(record=fine.record, results=(fine,)).shows(fine)
    both = Entry(record=fine.record, results=(fine, full))
    assert (both.shows(fine), both.shows(full)) == (False, True)
    assert Entry(record=fine.record, results=(refuted, full)).shows(refuted)


def test_a_claim_with_the_name_of_a_part_of_the_page_has_a_place_of_its_own(results, toys):
    first = replace(results[0], record={**results[0].record, "id": "map", "uses": ["item-lemma-g-7"]})
    second = replace(results[1], record={**results[1].record, "id": 'x" onclick="y'})
    third = replace(results[2], record={**results[2].record, "id": "item-lemma-g-7"})
    page = sessions_page([first, second, third], toys)
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert 'onclick="y"' not in page
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(ids)
    for place in ("claim-map", "claim-2", "claim-item-lemma-g-7"):
        assert place in ids
        assert f'href="#{place}"' in page


def sessions_page(results, toys, **more):
    with Store(":memory:") as store:
        run(discover([str(toys.path)]).claims, store)
        return render(results, store.sessions(), **more)


def test_a_claim_whose_code_is_gone_is_shown_and_marked(results, toys):
    with Store(":memory:") as store:
        run(discover([str(toys.path)]).claims, store)
        page = render(results, store.sessions(), gone={"A2"})
    assert page.count(">GONE</a>") == 2
    assert page.index(">GONE</a>") > page.index(">A2</a>")
    assert "has this id any more" in page


def test_two_pages_of_one_store_differ_in_the_date_alone(results, toys):
    with Store(":memory:") as store:
        run(discover([str(toys.path)]).claims, store)
        first, second = (render(results, store.sessions(), installed()) for _ in range(2))
    blank = [re.sub(r"report of [\d: -]+ UTC", "", page) for page in (first, second)]
    assert blank[0] == blank[1]


def test_a_violation_in_the_store_is_red_everywhere(results, toys):
    page = sessions_page(results, toys)
    row = re.search(r'<tr data-status="([^"]*)"[^>]*>(?:(?!</tr>).)*>A3</a>.*?</tr>', page, re.DOTALL)
    assert row[1] == "REFUTED"
    assert 'class="bar beyond"' in row[0]
    assert 'class="bar"' not in row[0]
    assert page.count('class="bar beyond"') == 1
    assert "2 of 3 claims hold" in page


def test_an_equality_has_no_bar_of_how_much_of_a_bound_is_used(results, toys):
    equal = replace(results[0], record={**results[0].record, "relation": "=="})
    assert 'class="bar"' not in sessions_page([equal], toys)
    assert sessions_page([results[0]], toys).count('class="bar"') == 1


def test_the_slack_of_a_refuted_case_is_that_of_the_comparison_beside_it(results, toys):
    refuted = results[2]
    case = next(c for c in refuted.cases if c.verdict.status is Status.REFUTED)
    page = sessions_page([replace(refuted, cases=(replace(case, slack=0.123),))], toys)
    row = case.verdict.row
    assert f'<td class="num">{text.ratio(row.bound_hi / row.lo)}</td>' in page
    assert "0.123" not in page[page.index('class="claim"') :]

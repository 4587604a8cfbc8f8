"""Numbers of several papers: which one is meant, what is refused, and what pages show."""

from fractions import Fraction
from types import SimpleNamespace

import pytest

from explore_theory.errors import InvalidClaim, UnknownSelector
from explore_theory.harness.claims.claim import Case, Check, Evidence, PrintedForm
from explore_theory.harness.claims.numbering import Number, is_key, numbered, on_page
from explore_theory.harness.claims.statements import Paper, PaperItem
from explore_theory.harness.discovery.numbers import carrying, named
from explore_theory.harness.measures.measurement import Bound, Measurement
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.errata import Entry, in_order, markdown


def item(number, *claims, **changes):
    fields = {"page": 3, "says": "words", "stands": "holds", "claims": claims or ("A1",)}
    return PaperItem(number=number, **(fields | changes))


OURS = item("Lemma 3", "A1"), item("Theorem 2.1", "A2")
FIRST = item("one2024: Lemma 3", "B1"), item("one2024: Lemma 4", "B2"), item("one2024: Theorem 9.1", "B3")
OTHER = item("two2025: Lemma 4", "C1"), item("two2025: Lemma 3", "C2")
ALL = (*OURS, *FIRST, *OTHER)


def numbers(selector, paper=ALL):
    return [found.number for found in named(paper, selector)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("one2024: Lemma 3", Number("lemma", "3", "one2024")),
        ("one2024:Lemma 3", Number("lemma", "3", "one2024")),
        ("One2024 : lem. 3", Number("lemma", "3", "one2024")),
        ("one2024:2.1", Number("", "2.1", "one2024")),
        ("Section 2", Number("section", "2", "")),
        ("bon:B1", None),
        ("one2024:3", None),
        (":Lemma 3", None),
        ("one two: Lemma 3", None),
    ],
)
def test_a_number_may_name_its_paper(text, found):
    assert numbered(text) == found


def test_a_number_without_a_key_is_of_the_paper_that_needs_none():
    assert numbers("Lemma 3") == ["Lemma 3"]
    assert numbers("2.1") == ["Theorem 2.1"]


def test_a_key_says_which_paper():
    assert numbers("one2024: Lemma 3") == ["one2024: Lemma 3"]
    assert numbers("two2025:lemma 3") == ["two2025: Lemma 3"]
    assert carrying(ALL, "two2025: Lemma 4", {"C1"}) == ["C1"]


def test_a_number_of_one_paper_alone_needs_no_key():
    assert numbers("9.1") == ["one2024: Theorem 9.1"]


def test_a_number_of_two_papers_is_refused_with_both_spellings():
    with pytest.raises(
        UnknownSelector, match=r"of which paper, got selector='Lemma 4'; it is 'one2024: Lemma 4' or "
    ):
        numbers("Lemma 4")
    with pytest.raises(UnknownSelector, match="'one2024: Lemma 3' or 'two2025: Lemma 3'"):
        numbers("Lemma 3", (*FIRST, *OTHER))


def test_what_is_near_is_of_the_same_paper_if_it_has_any():
    with pytest.raises(UnknownSelector, match=r"near it: two2025: Lemma 3; see"):
        numbers("two2025: Theorem 3")
    with pytest.raises(UnknownSelector, match=r"near it: Theorem 2\.1, one2024"):
        numbers("nobody: Theorem 2.1", (*OURS, item("one2024: Theorem 2.1")))


def test_a_form_is_of_the_item_of_its_own_paper():
    forms = (SimpleNamespace(item="one2024: Lemma 3", step=False, holds=False),)
    assert item("one2024: Lemma 3", stands="refuted").as_printed(forms) == "REFUTED"
    assert item("two2025: Lemma 3", stands="refuted").as_printed(forms) == "no form is registered"
    assert item("Lemma 3", stands="refuted").as_printed(forms) == "no form is registered"
    assert [each.paper for each in (FIRST[0], OURS[0])] == ["one2024", ""]


def form(**changes):
    check = Check(
        slug="c",
        evidence=Evidence.EXHAUSTIVE,
        cases=(Case(slug="one"),),
        measure=lambda _: Measurement.exact([Fraction(1)]),
        bound=lambda _: Bound.of([0]),
    )
    fields = {
        "slug": "f",
        "item": "one2024: Lemma 3",
        "page": None,
        "says": "s",
        "mended": "m",
        "holds": False,
    }
    return PrintedForm(check=check, **(fields | changes))


def test_what_was_read_without_pages_has_none():
    assert form().page is None
    assert item("Lemma 3", page=None).page is None
    assert on_page(None) == ""
    assert on_page(4) == ", page 4"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: form(page=0), "page must be a page, or None where there are none, got page=0"),
        (lambda: item("Lemma 3", page="4"), "Lemma 3: page must be a page"),
        (lambda: item("one 2024: Lemma 3"), "number must be like 'Lemma G.7'"),
        (lambda: Paper(key="One", cites="words"), "key must be lower-case letters and digits"),
        (lambda: Paper(key="one", cites=" "), "cites must say what it is"),
    ],
)
def test_bad_papers_get_one_clear_line(call, words):
    with pytest.raises(InvalidClaim, match=words):
        call()


def test_keys():
    assert [is_key(text) for text in ("chen2025", "a_b", "2025", "Chen", "", "a b")] == [
        True, True, False, False, False, False,
    ]  # fmt: skip


def entry(number, page, status=Status.REFUTED):
    words = SimpleNamespace(
        item=number, page=page, step=False, says="one", mended="two", slug="f", cases=(), as_expected=True,
        expected=status, verdict=SimpleNamespace(status=status, reason="words"),
    )  # fmt: skip
    return Entry(claim="A1", form=words)


def test_errata_go_paper_by_paper_and_say_what_a_key_means():
    entries = [
        entry("b: Lemma F.10", None),
        entry("b: Lemma F.2", None),
        entry("a: Lemma 1", 9),
        entry("Lemma 7", 30),
    ]
    assert [one.form.item for one in in_order(entries)] == [
        "Lemma 7",
        "a: Lemma 1",
        "b: Lemma F.2",
        "b: Lemma F.10",
    ]
    papers = (
        Paper(key="a", cites="Anna, *One*"),
        Paper(key="b", cites="Bert, *Two*"),
        Paper(key="c", cites="C"),
    )
    page = markdown(entries, "Zoe, *Nought*", papers)
    assert "On Zoe, *Nought*." in page
    assert "Other numbers have the key of their paper:\n\n- `a`: Anna, *One*.\n- `b`: Bert, *Two*.\n" in page
    assert "`c`" not in page
    assert "### a: Lemma 1, page 9\n" in page
    assert "### b: Lemma F.2\n" in page
    alone = markdown(entries[:1], "Zoe, *Nought*", papers)
    assert "Zoe" not in alone
    assert "Numbers have the key of their paper:" in alone

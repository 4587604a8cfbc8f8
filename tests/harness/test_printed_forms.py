"""Forms as printed run beside their claim, and a claim that is wrong about one does not hold."""

from fractions import Fraction

import pytest

from explore_theory.errors import InvalidClaim, UnknownSelector
from explore_theory.harness import Bound, Case, Check, Evidence, Measurement, PaperItem, PrintedForm, Tally
from explore_theory.harness.claims.claim import Claim, FalseVariant
from explore_theory.harness.claims.numbering import numbered
from explore_theory.harness.discovery.numbers import carrying
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.printed import run_printed
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.records import claim_record
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status


def half(_):
    return Measurement.exact([Fraction(1, 2)], witness=lambda k: {"mass": "1/2", "k": k})


def check(bound, evidence=Evidence.EXHAUSTIVE, cases=1, measure=half):
    return Check(
        slug="printed",
        evidence=evidence,
        cases=tuple(Case(slug=f"case-{k}", params={"k": k}) for k in range(cases)),
        measure=measure,
        bound=lambda trial: Bound.of(bound(trial) if callable(bound) else bound),
    )


def form(bound=Fraction(1, 3), holds=False, **changes):
    fields = {
        "slug": "a-third",
        "item": "Lemma A.1",
        "page": 7,
        "says": "at most a third",
        "holds": holds,
        "check": check(bound),
        "mended": "a half, and what uses it survives",
    }
    return PrintedForm(**(fields | changes))


def claim(*printed):
    words = dict.fromkeys(("title", "statement", "formula", "scope", "source"), "words")
    own = Check(
        slug="own",
        evidence=Evidence.EXHAUSTIVE,
        cases=(Case(slug="one", tight=True),),
        measure=half,
        bound=lambda _: Bound.of(Fraction(1, 2)),
    )
    lie = FalseVariant(slug="lie", why="a quarter", check="own", bound=lambda _: Bound.of(Fraction(1, 4)))
    return Claim(
        id="A1",
        slug="a-one",
        theorem="toys",
        relation="<=",
        checks=(own,),
        false_variants=(lie,),
        printed=printed,
        **words,
    )


def result(made, tmp_path, **options):
    with Store(":memory:") as store:
        session = run([Registered(claim=made, path=tmp_path, digest="d")], store, **options)
        return session_results(store, session)[0]


def test_a_false_form_is_refuted_with_its_counter_example_and_the_claim_holds(tmp_path):
    found = result(claim(form()), tmp_path)
    assert found.verdict.status is Status.HOLDS
    (printed,) = found.printed
    assert printed.verdict.status is printed.expected is Status.REFUTED
    assert printed.as_expected
    assert (printed.item, printed.page, printed.says) == ("Lemma A.1", 7, "at most a third")
    assert printed.verdict.row.witness == {"mass": "1/2", "k": 0}
    assert found.failures == []


@pytest.mark.parametrize(
    ("printed", "status", "words"),
    [
        (form(bound=1), Status.POWERLESS, "must be REFUTED, and is HOLDS"),
        (form(holds=True), Status.REFUTED, "must be HOLDS, and is REFUTED"),
        # One case of two is not enough: every one is announced.
        (
            form(check=check(lambda trial: Fraction(1, 3) if trial.case.params["k"] else 1, cases=2)),
            Status.POWERLESS,
            "must be REFUTED, and is HOLDS",
        ),
        (
            form(check=check(lambda _: 1 / 0)),
            Status.ERROR,
            "must be REFUTED, and is ERROR: ZeroDivisionError",
        ),
        (
            form(
                check=check(
                    Fraction(1, 3),
                    measure=lambda _: Measurement.exact([Fraction(1, 2)], applicable=[False]),
                )
            ),
            Status.ERROR,
            "NOT APPLICABLE",
        ),
    ],
)
def test_a_claim_that_is_wrong_about_a_form_does_not_hold(tmp_path, printed, status, words):
    found = result(claim(printed), tmp_path)
    assert found.verdict.status is status
    assert words in found.verdict.reason
    assert f"Lemma A.1 as printed ({printed.slug})" in found.verdict.reason
    assert [part for part, _ in found.failures] == [printed.slug]


def test_a_form_is_as_expected_where_every_case_is(tmp_path):
    halved = form(check=check(lambda trial: Fraction(1, 3) if trial.case.params["k"] else 1, cases=2))
    (found,) = result(claim(halved), tmp_path).printed
    assert [case.verdict.status for case in found.cases] == [Status.HOLDS, Status.REFUTED]
    assert not found.as_expected


def test_what_must_fail_is_what_is_false():
    made = claim(form(), form(slug="b", holds=True))
    assert [(run.part, run.must_fail) for run in made.runs()] == [
        ("", False),
        ("lie", True),
        ("a-third", True),
        ("b", False),
    ]


def test_a_form_that_holds_is_announced_and_found_so(tmp_path):
    found = result(claim(form(bound=Fraction(1, 2), holds=True), form(slug="other")), tmp_path)
    assert found.verdict.status is Status.HOLDS
    assert [f.verdict.status for f in found.printed] == [Status.HOLDS, Status.REFUTED]


def test_forms_run_alone_give_what_a_session_stores(tmp_path):
    made = claim(form(), form(slug="other", bound=Fraction(1, 5)))
    alone = run_printed(Registered(claim=made, path=tmp_path, digest="d"))
    stored = result(made, tmp_path).printed
    assert [(f.slug, f.verdict) for f in alone] == [(f.slug, f.verdict) for f in stored]


def test_an_edit_of_a_form_is_another_claim():
    assert claim_record(claim(form())) != claim_record(claim(form(mended="another half")))
    assert claim_record(claim(form())) != claim_record(claim(form(page=8)))


def test_a_store_from_before_there_were_forms_is_still_read(tmp_path):
    made = claim()
    record = claim_record(made)
    assert record.pop("printed") == []
    assert result(made, tmp_path).printed == ()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: form(slug="A"), "slug must be lower-case"),
        (lambda: form(item=" "), "item must say something"),
        (lambda: form(item="banana"), "item must be a number such as 'Lemma 3'"),
        (lambda: form(item="A.1"), "item must be a number such as 'Lemma 3'"),
        (lambda: form(mended=None), "mended must be words"),
        (lambda: form(says=""), "says must say something"),
        (lambda: form(page=0), "page must be a page"),
        (lambda: form(page=True), "page must be a page"),
        (lambda: form(holds="no"), "holds must be True or False"),
        (lambda: form(mended=" "), "mended must say what holds"),
        (lambda: form(check=None), "check must be a Check"),
        (lambda: form(check=check(1, Evidence.ADVERSARIAL)), "refuted by symbolic, exhaustive or certified"),
        (
            lambda: form(
                holds=True,
                check=check(1, Evidence.STATISTICAL, measure=lambda _: Tally(successes=1, trials=1)),
            ),
            "must not rest on chance",
        ),
        (lambda: claim(form(), form()), "distinct slugs"),
        (lambda: claim(form(slug="lie")), "distinct slugs"),
        (lambda: claim("Lemma A.1"), "printed must be a tuple of PrintedForm"),
    ],
)
def test_bad_forms_get_one_clear_line(call, words):
    with pytest.raises(InvalidClaim, match=words):
        call()


# --- numbers of a paper -------------------------------------------------------------------------------------


def item(number="Lemma G.7", **changes):
    fields = {"page": 47, "says": "words", "stands": "holds", "claims": ("A1", "B2/limit", "A1/one")}
    return PaperItem(number=number, **(fields | changes))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Lemma G.7", ("lemma", "g.7")),
        ("lemma g.7", ("lemma", "g.7")),
        ("G.7", ("", "g.7")),
        ("2.1", ("", "2.1")),
        ("Thm 2.1", ("theorem", "2.1")),
        ("Eq. (8)", ("equation", "8")),
        ("Algorithm 3", ("algorithm", "3")),
        ("Section 2", ("section", "2")),
        ("F1", None),
        ("LG7", None),
        ("7", None),
        ("G.7.1", None),
        ("shard 2", None),
        ("C3?", None),
    ],
)
def test_what_is_a_number_of_a_paper(text, number):
    assert numbered(text) == (number and (*number, ""))


def test_a_number_stands_for_the_claims_that_carry_its_items():
    paper = (
        item(),
        item("Theorem G.7", claims=("C3",)),
        item("Definition G.8", stands="convention", claims=()),
    )
    known = {"A1", "B2", "C3"}
    assert carrying(paper, "Lemma G.7", known) == ["A1", "B2"]
    assert carrying(paper, "g.7", known) == ["A1", "B2", "C3"]
    assert carrying(paper, "spanner", known) == ["spanner"]
    assert carrying((), "g.7", known) == ["g.7"]
    with pytest.raises(UnknownSelector, match=r"got selector='G\.9'; near it: Lemma G\.7, Theorem G\.7"):
        carrying(paper, "G.9", known)
    with pytest.raises(UnknownSelector, match=r"got selector='Lemma G\.8'; near it: Definition G\.8"):
        carrying(paper, "Lemma G.8", known)
    with pytest.raises(UnknownSelector, match=r"got selector='Z\.1'; see"):
        carrying(paper, "Z.1", known)
    with pytest.raises(UnknownSelector, match=r"no claim carries G\.8 \(Definition G\.8: convention\)"):
        carrying(paper, "G.8", known)
    with pytest.raises(UnknownSelector, match=r"must name claims that exist, got Theorem G\.7 names C3"):
        carrying(paper, "g.7", {"A1", "B2"})


def test_as_printed_is_what_the_registered_forms_say():
    assert item().as_printed([]) == "HOLDS"
    assert item(stands="refuted").as_printed([form(item="lemma g.7")]) == "REFUTED"
    false = form(item="Lemma G.7")
    assert item(stands="refuted").as_printed([false]) == "REFUTED"
    true = form(item="Lemma G.7", holds=True, slug="b")
    assert item(stands="refuted").as_printed([false, true]) == "REFUTED in part"
    assert item(stands="refuted").as_printed([form()]) == "no form is registered"
    assert item(stands="no constants").as_printed([true]) == "no constants"
    step = form(item="Lemma G.7", slug="c", step=True)
    assert item().as_printed([true, step]) == "HOLDS; a step REFUTED"
    assert item(stands="refuted").as_printed([step]) == "no form is registered"
    assert item(stands="refuted").as_printed([false, step]) == "REFUTED; a step REFUTED"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: item("Lemma"), "number must be like"),
        (lambda: item(stands="perhaps"), "stands must be one of"),
        (lambda: item(claims=()), "claims must name what shows it"),
        (lambda: item(stands="open", claims=()), "open must say why"),
    ],
)
def test_bad_items_get_one_clear_line(call, words):
    with pytest.raises(InvalidClaim, match=words):
        call()

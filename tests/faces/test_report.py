"""The HTML report: self-contained, true to the store, safe with a store from elsewhere."""

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from installed_claims import installed

from explore_theory.errors import StoreError
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import latest_results
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.html import headline, write_report
from explore_theory.reporting.page.entries import Entry
from explore_theory.reporting.page.formulas import mathml


class Page(HTMLParser):
    """Collects the text, and everything that would load or run something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.outside: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.scripts: list[str] = []
        self.allowed = re.findall(r"script-src '(sha256-[^']*)'", text)
        self.reading = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        self.ids += [names["id"]] if "id" in names else []
        if tag in {"iframe", "img", "link", "object"} or any(n.startswith("on") or n == "src" for n in names):
            self.outside.append(tag)
        # Links to the preprints that are named, and nowhere else.
        href = names.get("href", "#")
        self.links += [href] if href[0] != "#" else []
        if href[0] != "#" and not re.fullmatch(r"https://arxiv\.org/abs/[\dv.]+", href):
            self.outside.append(href)
        self.reading = tag

    def handle_endtag(self, tag):
        self.reading = ""

    def handle_data(self, data):
        if self.reading == "script":
            hashed = f"sha256-{b64encode(sha256(data.encode()).digest()).decode()}"
            self.scripts.append(data)
            self.outside += [] if [hashed] == self.allowed and len(self.scripts) == 1 else ["script"]
        elif self.reading != "style":
            self.words.append(data)


@pytest.fixture
def report(toys, tmp_path):
    def make(*tiers):
        with Store(tmp_path / "s.sqlite") as store:
            for tier in tiers or ("quick",):
                run(discover([str(toys.path)]).claims, store, tier=tier)
            return write_report(store, tmp_path / "out").read_text()

    return make


def test_the_report_is_self_contained_and_shows_both_tiers_and_the_variants(report, toys):
    toys.add("A1")
    toys.add("A2", bound=0.9)
    page = Page(report("quick", "full"))
    words = " ".join(" ".join(page.words).split())
    assert page.outside == []
    assert {"A1", "A2"} <= set(page.ids)
    assert "At the quick tier 1 of 2 claims hold and 2 of 2 false variants are refuted" in words
    assert "at the full tier 1 of 2 claims hold" in words
    assert words.count("REFUTED") >= 5
    assert "halved" in words


def test_the_tier_that_does_not_hold_is_shown_first(toys):
    toys.add("A1")
    with Store(":memory:") as store:
        for tier in ("quick", "full"):
            run(discover([str(toys.path)]).claims, store, tier=tier)
        quick, full = latest_results(store)
    assert (quick.verdict.status, full.verdict.status) == (Status.HOLDS, Status.HOLDS)
    refuted = replace(quick, verdict=replace(quick.verdict, status=Status.REFUTED))
    assert Entry(record=full.record, results=(refuted, full)).worst is refuted
    assert Entry(record=full.record, results=(quick, full)).worst is full


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.HOLDS}))
def test_the_headline_counts_as_held_only_what_holds(toys, status):
    toys.add("A1")
    with Store(":memory:") as store:
        run(discover([str(toys.path)]).claims, store)
        (fine,) = latest_results(store)
    other = replace(fine, verdict=replace(fine.verdict, status=status))
    assert headline([fine, other]).startswith("At the quick tier 1 of 2 claims hold")


def test_words_from_a_store_are_text_and_never_markup(report, toys):
    file = toys.add("A1")
    evil = "<script>alert(1)</script><img src=x onerror=y>"
    file.write_text(file.read_text().replace("A toy.", evil))
    assert Page(report()).outside == []


@pytest.mark.parametrize(
    "latex",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\text{<img src=x onerror=y>}",
        r"\frac{1",
        r"\nonsense{",
        "<b>x</b>",
        # The converter leaves a command after another one as text.
        r"\Big\Vert",
    ],
)
def test_a_formula_is_plain_mathml_or_escaped(latex):
    markup = str(mathml(latex))
    inside = re.fullmatch(r'<div class="math"(?: tabindex="0")?>(.*)</div>', markup)[1]
    assert not re.search(r"<(?!/?m|code|/code)", inside)
    shown = re.sub(r"<code>.*</code>", "", inside)
    assert "href" not in shown
    assert "\\" not in shown


@pytest.mark.parametrize(
    "latex",
    [
        r"\style{position:fixed;inset:0;background:red}{x}",
        r"\class{skip}{x}",
        r"\color{white}{x}",
        r"\Huge x",
        r"\hspace{900em} x",
        r"\rule{900em}{900em} x",
        r"\mathstrut\raise{90em}{x}",
    ],
)
def test_a_formula_cannot_cover_hide_or_move_anything(latex):
    inside = str(mathml(latex)).partition(">")[2]
    for attribute in ("style", "class", "id=", "color", "mathsize", "height", "voffset", "900em", "90em}</m"):
        assert attribute not in re.sub(r"<code>.*</code>|mstyle", "", inside), attribute


def test_every_formula_of_the_suite_translates():

    for entry in installed().claims:
        assert "<code>" not in mathml(entry.claim.formula), entry.claim.id


def test_a_formula_becomes_mathml():
    assert "<mfrac>" in mathml(r"\frac{e}{C}")


def test_an_empty_store_makes_no_report(tmp_path):
    with Store(tmp_path / "s.sqlite") as store, pytest.raises(StoreError, match="explore-theory verify"):
        write_report(store, tmp_path / "out")
    assert not (tmp_path / "out").exists()

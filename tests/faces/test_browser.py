"""The report in a real browser: headless Chromium, asked about what a reader would meet.

Without Chromium on the path (Debian's package ``chromium``) these tests are skipped, and say so.
"""

import os
import re
import shutil
from dataclasses import replace

import pytest
from installed_claims import installed

from explore_theory.harness.judging.results import latest_results
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.html import render

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path: apt-get install chromium")

#: With a formula, uses, a figure, a printed form and an equality among them; none takes long.
IDS = ("C2", "C3f", "C4", "F1", "LN1", "LN7")
EVIL = "</script><img src=x onerror=alert(1)><script>alert(2)</script>\u202e"


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        found = play.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield found
        found.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """A report of some of our claims; one is refuted in the store, one has words of a stranger."""
    folder = tmp_path_factory.mktemp("report")
    with Store(":memory:") as store:
        run(installed().select(IDS), store)
        results = latest_results(store)
        sessions = store.sessions()
    changed = []
    for result in results:
        record = dict(result.record)
        if result.id == "C2":
            record["title"] = EVIL
        one = replace(result, record=record)
        if result.id == "LN7":
            first = one.cases[0]
            verdict = replace(first.verdict, status=Status.REFUTED)
            one = replace(one, verdict=verdict, cases=(replace(first, verdict=verdict), *one.cases[1:]))
        changed.append(one)
    file = folder / "index.html"
    file.write_text(render(changed, sessions, installed()))
    return file


@pytest.fixture
def opened(browser, page_file):
    """Opens the report at a width and in a scheme of colours; nothing may be asked for, or go wrong."""
    amiss, pages = [], []

    def open_page(width=1280, scheme="light", scripts=True, media=None):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts
        )
        page = context.new_page()
        if media:
            page.emulate_media(media=media)
        page.on("console", lambda message: amiss.append(message.text))
        page.on("pageerror", lambda error: amiss.append(str(error)))
        page.on("dialog", lambda dialog: (amiss.append("dialog"), dialog.dismiss()))
        page.on("request", lambda asked: amiss.append(asked.url) if "index.html" not in asked.url else None)
        page.goto(page_file.as_uri())
        pages.append(context)
        return page

    yield open_page
    for context in pages:
        context.close()
    assert amiss == []


def shown(page):
    """Ids of the claims that the table of verdicts shows, in order."""
    rows = page.locator("#verdicts tbody tr[data-status]:visible td:first-child")
    return [words.strip() for words in rows.all_inner_texts()]


def column(page, name):
    return page.locator("#verdicts thead th").filter(has_text=re.compile(f"^{name}")).locator("button")


def test_the_table_sorts_by_numbers_and_words_and_goes_back(opened):
    page = opened()
    start = shown(page)
    assert sorted(start) == sorted(IDS)
    column(page, "claim").click()
    assert shown(page) == sorted(IDS)
    column(page, "claim").click()
    assert shown(page) == sorted(IDS, reverse=True)
    column(page, "claim").click()
    assert shown(page) == start
    column(page, "verdict").click()
    assert shown(page)[0] == "LN7"
    column(page, "slack").click()
    slacks = page.locator("#verdicts tbody td[data-name=slack]").evaluate_all(
        "cells => cells.map(cell => cell.dataset.sort)"
    )
    numbers = [float(given) for given in slacks if given]
    assert numbers == sorted(numbers)
    # An equality has no slack, and comes last either way.
    assert slacks[-1] == ""
    column(page, "slack").click()
    assert page.locator("#verdicts tbody td[data-name=slack]").last.get_attribute("data-sort") == ""
    assert page.locator("#verdicts th[aria-sort]").get_attribute("aria-sort") == "descending"


def test_what_was_searched_while_sorted_is_shown_in_the_order_of_theorems_too(opened):
    page = opened()
    column(page, "slack").click()
    page.fill("[name=search]", "needle")
    assert shown(page) == ["C4"]
    column(page, "slack").click()
    column(page, "slack").click()
    assert page.locator("#verdicts th[aria-sort]").count() == 0
    assert shown(page) == ["C4"]
    assert page.locator("#verdicts tbody th:visible").all_inner_texts() == ["coverage-lower-bound"]


def test_the_table_sorts_by_keyboard(opened):
    page = opened()
    column(page, "verdict").focus()
    page.keyboard.press("Enter")
    assert shown(page)[0] == "LN7"


def test_the_table_is_searched_and_filtered(opened):
    page = opened()
    page.fill("[name=search]", "needle")
    assert shown(page) == ["C4"]
    assert page.inner_text("#shown") == "1 of 6 claims"
    page.get_by_role("button", name="Show all").click()
    page.locator("#shown").filter(has_text="6 of 6").wait_for()
    # As the page has it, as the terminal has it, and by the number of the paper.
    for words in ("kl(p ‖ q)", "KL(pi ‖", "e β KL", "beta KL", "Equation (1)"):
        page.fill("[name=search]", words)
        assert "F1" in shown(page) or "C4" in shown(page), words
        assert len(shown(page)) < len(IDS), words
    page.get_by_role("button", name="Show all").click()
    page.locator("#shown").filter(has_text="6 of 6").wait_for()
    page.select_option("[name=status]", "REFUTED")
    assert shown(page) == ["LN7"]
    page.select_option("[name=status]", "")
    page.select_option("[name=kind]", "exhaustive")
    assert shown(page) == ["LN7"]
    page.select_option("[name=kind]", "")
    page.select_option("[name=theorem]", "framework")
    assert shown(page) == ["F1"]
    assert page.locator("#verdicts tbody:visible").count() == 1


def test_nodes_of_the_maps_lead_to_claims_and_to_rows_that_unfold(opened):
    page = opened()
    page.locator("figure.map a[href='#C4']").first.click()
    assert page.locator("#C4 h3").is_visible()
    row = page.locator("#item-lemma-n-7")
    assert not row.is_visible()
    page.locator("figure.map a[href='#item-lemma-n-7']").first.click()
    row.wait_for(state="visible")


def test_every_link_leads_somewhere(opened):
    page = opened()
    lost = page.evaluate(
        """[...document.querySelectorAll("a[href^='#']")].map(a => a.getAttribute("href").slice(1))
           .filter(id => !document.getElementById(id))"""
    )
    assert lost == []
    doubles = page.evaluate(
        """[...document.querySelectorAll("[id]")].map(e => e.id)
           .filter((id, place, all) => all.indexOf(id) !== place)"""
    )
    assert doubles == []


def test_formulas_have_size_and_figures_words(opened):
    page = opened()
    sizes = page.evaluate(
        """[...document.querySelectorAll("math")].map(m => m.getBoundingClientRect())
           .map(box => Math.min(box.width, box.height))"""
    )
    assert len(sizes) == len(IDS)
    assert min(sizes) > 8
    figures = page.locator("figure:not(.map) [role=img]")
    assert figures.count() >= 2
    for number in range(figures.count()):
        assert len(figures.nth(number).get_attribute("aria-label")) > 20
        box = figures.nth(number).locator("svg").bounding_box()
        assert min(box["width"], box["height"]) > 150


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_wider_than_the_window(opened, width, scheme):
    page = opened(width=width, scheme=scheme)
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_formula_wider_than_the_window_is_scrolled_to_its_end(opened):
    page = opened(width=320)
    wide = page.evaluate(
        """[...document.querySelectorAll(".math")].filter(m => m.scrollWidth > m.clientWidth)
           .map(m => getComputedStyle(m).overflowX)"""
    )
    assert wide
    assert set(wide) == {"auto"}


def test_words_of_a_stranger_are_shown_and_do_nothing(opened):
    page = opened()
    title = page.locator("#C2 h3").inner_text()
    assert "<img src=x onerror=alert(1)>" in title
    assert r"\u202e" in title
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_take_the_colours_of_the_page(opened, scheme):
    page = opened(scheme=scheme)
    ink, paper = (
        page.evaluate(f"getComputedStyle(document.body).{name}") for name in ("color", "backgroundColor")
    )
    assert ink != paper
    letters = page.evaluate("getComputedStyle(document.querySelector('figure:not(.map) svg text')).fill")
    assert letters == ink
    panels = page.evaluate(
        """[...document.querySelectorAll("figure:not(.map) svg path")]
           .map(path => getComputedStyle(path).fill)"""
    )
    assert "rgb(255, 255, 255)" not in panels


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_nothing_serious(opened, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(scheme=scheme)
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    found = Axe().run(page).response["violations"]
    serious = [
        (one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_without_scripts_everything_is_there_and_no_tool_that_does_nothing(opened):
    page = opened(scripts=False)
    assert page.locator("#verdicts .tools").is_hidden()
    assert len(shown(page)) == len(IDS)
    assert page.locator("#verdicts thead button").count() == 0
    assert page.locator("#C4 details summary").first.is_visible()


def test_on_paper_there_are_no_tools_and_dark_ink(opened):
    page = opened(scheme="dark", media="print")
    assert page.locator("nav").is_hidden()
    assert page.locator("#verdicts .tools").is_hidden()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_everything_unfolds_and_folds_at_once(opened):
    page = opened()
    folded = "document.querySelectorAll('details:not([open])').length"
    assert page.evaluate(folded) > 0
    button = page.get_by_role("button", name="Unfold everything")
    button.click()
    assert page.evaluate(folded) == 0
    assert button.get_attribute("aria-pressed") == "true"


def test_the_whole_page_stays_below_three_megabytes(page_file):
    """Of six claims a share: 3 MB is for the whole suite, which `tests` do not run."""
    assert os.path.getsize(page_file) < 3e6 * (0.2 + len(IDS) / len(installed().claims))

"""The pages of a challenge and of coverage from samples in a real browser, with what a stranger may put
into them."""

import math
import shutil
from pathlib import Path

import pytest

from explore_theory.challenging import page as challenges
from explore_theory.challenging.findings import Finding, Placement, Record
from explore_theory.foundation.streams import Streams
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.coverage import page as coverages
from explore_theory.samples.coverage import BINARY
from explore_theory.samples.draws import Draw, Law, Source
from explore_theory.samples.pool import pooled
from explore_theory.samples.summary import measured

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path: apt-get install chromium")

EVIL = "</style><img src=x onerror=alert(1)><script>alert(2)</script>\u202e" + "long" * 40


def coverage_page() -> str:
    coins = Streams(("tests", "pages", "coverage"), range(30)).uniform(40)
    names = [f"task {i} {EVIL if i == 3 else ''}" for i in range(30)]
    draws = [
        Draw(task=names[i], rewards=(float(coin < i / 40),), response=f"{coin}", tokens=9)
        for i, row in enumerate(coins)
        for coin in row
    ]
    source = Source(
        path=Path(f"{EVIL}.jsonl"),
        format="toy",
        rewards=("reward",),
        draws=lambda: iter(draws),
        law=Law(temperature=0.7),
        notes=[EVIL],
    )
    return coverages.page(measured(pooled([source]), beta=0.1, known=BINARY))


def challenge_page() -> str:
    def finding(kind, status, **more):
        return Finding(
            kind=kind, about=EVIL, statement="x", claims=(), status=status, reason=EVIL, trace=EVIL, **more
        )

    placements = tuple(
        Placement(
            learner=name,
            own=name == EVIL,
            family="blank needle",
            coverage=float(c),
            lo=c / 2,
            hi=c * 2.0,
            calls=c * 2.0,
            calls_short=c / 2,
            data=10.0,
            trials=64,
        )
        for name in (EVIL, "weak sampling")
        for c in (8, 64, 512)
    )
    return challenges.page(
        Record(
            learner=EVIL,
            name=EVIL,
            proper=False,
            seed=7,
            known=True,
            tier="quick",
            alpha=1e-3,
            tests=40,
            seconds=1.0,
            questions=1000,
            findings=(
                finding("bound", Status.REFUTED, lo=0.5, hi=0.6, bound=0.1, successes=5, trials=9),
                finding("integrity", Status.ERROR),
                finding("laws", Status.HOLDS),
                finding("threshold", Status.INCONCLUSIVE, bound=math.nan),
            ),
            placements=placements,
            lines={"blank needle": ((8.0, 5.0), (512.0, 300.0))},
            notes=(EVIL,),
            isolation=(EVIL,),
            again=EVIL,
        )
    )


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        found = play.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield found
        found.close()


@pytest.fixture(scope="module", params=[coverage_page, challenge_page], ids=["coverage", "challenge"])
def file(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(request.param(), errors="replace")
    return path


@pytest.fixture(params=[(320, "light"), (390, "dark"), (1280, "light"), (1280, "dark")], ids=str)
def opened(browser, file, request):
    """The page at a width and in a scheme of colours; it asks for nothing, and nothing goes wrong."""
    width, scheme = request.param
    amiss = []
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.on("console", lambda message: amiss.append(message.text))
    page.on("pageerror", lambda error: amiss.append(str(error)))
    page.on("dialog", lambda dialog: (amiss.append("dialog"), dialog.dismiss()))
    page.on("request", lambda asked: amiss.append(asked.url) if "index.html" not in asked.url else None)
    page.goto(file.as_uri())
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    yield page
    context.close()
    assert amiss == []


def test_nothing_is_wider_than_the_window(opened):
    assert opened.evaluate("document.documentElement.scrollWidth") <= opened.viewport_size["width"]


def test_axe_finds_nothing_serious(opened):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(opened).response["violations"]
    serious = [
        (one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_words_of_a_stranger_are_shown_and_do_nothing(opened):
    assert opened.locator("img").count() == 0
    assert opened.locator("script").count() == 0
    assert "<img src=x onerror=alert(1)>" in opened.locator("body").inner_text()
    assert r"\u202e" in opened.locator("body").inner_text()


def test_every_link_leads_somewhere_and_every_name_is_there_once(opened):
    lost = opened.evaluate(
        """[...document.querySelectorAll("a[href^='#']")].map(a => a.getAttribute("href").slice(1))
           .filter(id => !document.getElementById(id))"""
    )
    doubles = opened.evaluate(
        """[...document.querySelectorAll("[id]")].map(e => e.id)
           .filter((id, place, all) => all.indexOf(id) !== place)"""
    )
    assert (lost, doubles) == ([], [])


def test_figures_have_words_size_and_the_colour_of_the_page(opened):
    figures = opened.locator("figure [role=img]")
    assert figures.count() >= 2
    for number in range(figures.count()):
        assert len(figures.nth(number).get_attribute("aria-label")) > 20
        box = figures.nth(number).locator("svg").bounding_box()
        assert min(box["width"], box["height"]) > 150
    ink = opened.evaluate("getComputedStyle(document.body).color")
    assert opened.evaluate("getComputedStyle(document.querySelector('figure svg text')).fill") == ink

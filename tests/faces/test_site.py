"""The site: it builds without a warning, no link leads nowhere, every public name is on it."""

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PUBLIC = (
    "claims",
    "problems",
    "oracles",
    "algorithms",
    "policies",
    "exact",
    "formulas",
    "strategies",
    "models",
    "samples",
    "studies",
)

pytestmark = pytest.mark.slow

sphinx = pytest.importorskip("sphinx", reason="the site needs Sphinx: pip install '.[docs]'")
pytest.importorskip("myst_parser")
pytest.importorskip("furo")


def build(source, target):
    """The one command that builds the site."""
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", source, target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    target = tmp_path_factory.mktemp("site") / "html"
    done = build(DOCS, target)
    assert done.returncode == 0, done.stderr
    return target


class Page(HTMLParser):
    """What a page links to, loads, and can be linked to."""

    def __init__(self, text):
        super().__init__()
        self.links, self.loads, self.anchors = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag in ("script", "img", "iframe") and given.get("src"):
            self.loads.append(given["src"])
        if tag == "link" and given.get("href") and given.get("rel") in ("stylesheet", "icon", "preload"):
            self.loads.append(given["href"])


@pytest.fixture(scope="module")
def html(site):
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_every_link_and_anchor_leads_somewhere(site, html):
    lost = []
    for path, page in html.items():
        for link in page.links + page.loads:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchors = html[target].anchors if target in html else set()
            if not target.is_file() or (target in html and parts.fragment and parts.fragment not in anchors):
                lost.append((path.name, link))
    assert lost == []
    assert len(html) > 40


def test_nothing_is_loaded_from_elsewhere(html):
    assert {load for page in html.values() for load in page.loads if urlsplit(load).netloc} == set()


def test_every_document_is_a_page_of_it(site):
    sources = {path.relative_to(DOCS).with_suffix("") for path in DOCS.rglob("*.md")}
    assert {path for path in sources if not (site / path.with_suffix(".html")).is_file()} == set()


def test_formulas_are_mathml_and_docstrings_keep_their_signs(site):
    theory = (site / "theory/coverage.html").read_text(encoding="utf-8")
    assert theory.count("<math") > 20
    assert "$" not in re.sub(r"<(script|style).*?</\1>", "", theory, flags=re.DOTALL)
    told = (site / "api/problems.html").read_text(encoding="utf-8")
    assert "|theta*|_2" in told
    assert "\\|" not in re.sub(r"<pre.*?</pre>", "", told, flags=re.DOTALL)


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_is_in_the_reference(site, module):
    from sphinx.util.inventory import InventoryFile

    inventory = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="")
    known = {name.rpartition(".")[2] for kind in inventory.data.values() for name in kind}
    public = import_module(f"explore_theory.{module}").__all__
    assert {name for name in public if name not in known} - CONSTANTS == set()


#: Said in words: tables and numbers without a docstring of their own, and modules.
CONSTANTS = {"BINARY", "KINDS", "LAWS", "NO_RESPONSE", "PLANTINGS", "laws", "symbolic"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[lost](nowhere.md)", "nowhere.md"),
        ("[lost](#no-such-heading)", "no-such-heading"),
        ("$\\nosuchsign x$", "a formula must be made of"),
        ("```{nosuchdirective}\n```", "nosuchdirective"),
    ],
)
def test_a_mistake_on_a_page_stops_the_build(tmp_path, line, message):
    source = tmp_path / "docs"
    source.mkdir()
    shutil.copy(DOCS / "conf.py", source)
    shutil.copytree(DOCS / "_site", source / "_site", ignore=shutil.ignore_patterns("__pycache__"))
    (source / "index.md").write_text(f"# One page\n\n{line}\n")
    done = build(source, tmp_path / "html")
    assert done.returncode != 0
    assert message in done.stderr

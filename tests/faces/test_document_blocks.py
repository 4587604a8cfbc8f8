"""Every block of code in README and docs is run as it stands, or says why not."""

import json

import pytest
from document_blocks import ROOT, Session, blocks, pages

#: Pages whose blocks take more than a few seconds.
SLOW = {
    "docs/index.md",
    "docs/guide/results.md",
    "docs/guide/study.md",
    *(f"docs/tutorials/{name}.md" for name in ("cluster", "instance", "report", "verdict")),
}
WITH_CODE = [page for page in pages() if blocks(page)]
TUTORIAL = ROOT / "docs/tutorials/claim.md"


def named(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[pytest.mark.slow] * (named(page) in SLOW), id=named(page))
        for page in WITH_CODE
        if page != TUTORIAL
    ],
)
def test_the_blocks_of_a_page_run(page, tmp_path, capsys):
    folder = tmp_path / "session"
    folder.mkdir()
    session = Session(page, folder)
    session.run()
    assert session.ran + len(session.left_out) == len(blocks(page))
    with capsys.disabled():
        for why in session.left_out:
            print(f"\nnot run: {why}")


@pytest.mark.slow
def test_who_follows_the_tutorial_and_nothing_else_gets_there(tmp_path):
    """A new claim holds, is REFUTED where its bound is made false, and appears in a report: in 40 lines."""
    reports = []

    def look(session, block):
        if "explore-theory report" in block.text and block.language == "sh":
            page = (session.folder / "reports/index.html").read_text(encoding="utf-8")
            told = json.loads((session.folder / "reports/results.json").read_text(encoding="utf-8"))
            assert "hoeffding-lemma" in page
            reports.append([claim["status"] for claim in told["claims"]])

    folder = tmp_path / "session"
    folder.mkdir()
    session = Session(TUTORIAL, folder, after=look)
    session.run()
    assert session.left_out == []
    assert reports == [["REFUTED"], ["HOLDS"]]
    typed = [line for b in blocks(TUTORIAL) if b.language != "text" for line in b.text.splitlines() if line]
    assert len(typed) <= 40


def test_few_blocks_are_left_out():
    """Those that are say why; a new one is counted here."""
    every = [block for page in WITH_CODE for block in blocks(page)]
    left = [block for block in every if {"not run", "calls"} & block.marks.keys()]
    assert all(len(block.marks.get("not run", block.marks.get("calls"))) > 10 for block in left)
    assert (len(left), len(every) > 50) == (LEFT_OUT, True)


LEFT_OUT = 24


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("```python\nx = 1\n", "must be closed"),
        ("<!-- runs: x -->\n```sh\ntrue\n```\n", "must be one of those known"),
        ("<!-- exit: 1 -->\nWords.\n", "must be one of those known"),
    ],
)
def test_what_is_meant_for_the_test_and_is_wrong_is_refused(tmp_path, page, message):
    (tmp_path / "page.md").write_text(page)
    with pytest.raises(ValueError, match=message):
        blocks(tmp_path / "page.md")

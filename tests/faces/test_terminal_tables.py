"""Tables of verdicts in terminals of any width: no number is cut, nothing in them gives commands."""

import io
import re
import sys

import pytest
from made_results import case, form, result, variant
from rich.cells import cell_len
from rich.text import Text

from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.audit import audit_table
from explore_theory.reporting.table import print_table, verdict_table
from explore_theory.reporting.terminal import LEAST, console, say, tabulated, words

HOSTILE = "\x1b]0;owned\x07[bold]:warning: \u202eevil\u2066 漢字\nHOLDS"


def printed(renderable, width, **more):
    out = io.StringIO()
    console(file=out, width=width, **more).print(renderable)
    return out.getvalue()


def many():
    refuted = case(status=Status.REFUTED, ends=(1.00004, 1.6, 1.0, 1.0))
    return [
        result("A1", variants=[variant(f"v{k}") for k in range(12)], printed=[form()]),
        result("A2", cases=[refuted], status=Status.REFUTED),
        result("B10", status=Status.INCONCLUSIVE, cases=[case(status=Status.INCONCLUSIVE, slack=1 + 2e-12)]),
        result("Long-Name:C3a", cases=[case(slack=123456.0)], loose="no case is near " * 4),
    ]


def whole_words(text):
    return [word for line in text.splitlines() for word in line.split()]


@pytest.mark.parametrize("width", [100, 80, 70, 60, 50, 44, 38, 30])
def test_verdicts_slacks_and_counts_are_whole_at_every_width(width):
    text = printed(verdict_table(many(), width=width), width)
    assert all(cell_len(line) <= width for line in text.splitlines())
    assert "…" not in text
    found = whole_words(text)
    for word in ("HOLDS", "REFUTED", "INCONCLUSIVE", "LOOSE", "1-4e-05", "1+2e-12", "1.23e+05", "12/12"):
        assert word in found, (word, text)


def test_eighty_and_sixty_columns_have_a_table_and_fewer_have_none():
    for width, columns in ((80, True), (60, True), (40, False)):
        lines = printed(verdict_table([many()[0]], width=width), width).splitlines()
        assert ("verdict" in " ".join(lines[:2])) == columns
        # Below each other, a number says what it is.
        assert ("slack 1.500" in " ".join(lines)) != columns
    assert "false refuted 12/12" in printed(verdict_table([many()[0]], width=40), 40)


def test_each_row_keeps_its_own_cells():
    text = printed(verdict_table(many(), width=80), 80)
    rows = {line.split()[0]: line.split()[-2:] for line in text.splitlines() if re.match(r"[A-Z]\S*\d", line)}
    assert rows["A1"] == ["1.500", "12/12"]
    assert rows["A2"] == ["1-4e-05", "1/1"]
    assert rows["Long-Name:C3a"] == ["1.23e+05", "1/1"]


def test_the_words_have_the_room_that_is_promised():
    room = 80 - 30 - LEAST - 2 * 2
    for more, begins in ((0, "a "), (1, "x" * 30)):
        cells = [Text("x" * 30), Text("word " * 9), Text("y" * (room + more))]
        text = printed(tabulated(("a", "b", "c"), [cells], wide=1, width=80), 80)
        assert text.startswith(begins)
        assert "y" * (room + more) in text


@pytest.mark.parametrize("width", [80, 40])
def test_titles_and_reasons_of_strangers_give_no_commands(width):
    bad = case(status=Status.REFUTED, slug="c[/]", params={"p[red]": HOSTILE})
    claim = result("A1[/]", title=HOSTILE, cases=[bad], status=Status.REFUTED, slug=HOSTILE, loose=HOSTILE)
    out = io.StringIO()
    print_table(
        console(file=out, width=width, force_terminal=True, no_color=True), [claim], (), "quick", "[x]", 0.1
    )
    text = out.getvalue()
    controls = set(re.sub(r"\x1b\[[0-9;]*m", "", text)) - {"\n"}
    assert all(c.isprintable() for c in controls), controls
    flat = "".join(re.sub(r"\x1b\[[0-9;]*m", "", text).split())
    assert r"\x1b]0;owned\x07[bold]:warning:" in flat
    assert r"\u202eevil\u2066漢字\nHOLDS" in flat
    assert "A1[/]" in flat
    assert "resultsin[x]" in flat


def test_a_title_cannot_fake_a_line_of_verdicts():
    claim = result(title="fine\nB1  Another claim  HOLDS  1.000  3/3")
    assert not [line for line in printed(verdict_table([claim]), 80).splitlines() if line.startswith("B1")]


def test_terminals_without_unicode_get_words(monkeypatch):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    claim = result(title="‖π‖ ≤ 10⁻³ é", loose="ℓ² ≥ 0")
    console(width=80).print(verdict_table([claim], width=80))
    stream.flush()
    text = raw.getvalue().decode("ascii")
    assert "||pi|| <= 10^-3 e" in text
    assert "?" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_wide_letters_keep_columns_in_line():
    text = printed(verdict_table([result("A1", title="漢字" * 40), result("A2")], width=80), 80)
    assert all(cell_len(line) <= 80 for line in text.splitlines())
    assert (text.count("漢"), text.count("字")) == (40, 40)


def test_no_colour_is_asked_for_and_none_comes(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    text = printed(verdict_table(many()), 80, force_terminal=True)
    assert not re.search(r"\x1b\[[0-9;]*3\d", text)
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in printed(verdict_table(many()), 80)


def test_headers_are_never_cut_either():
    cells = [[Text("1"), Text("word"), Text("2")]]
    header = "h" * (80 - 1 - LEAST - 2 * 2)
    assert printed(tabulated(("a", "b", header), cells, wide=1, width=80), 80).startswith("a ")
    assert printed(tabulated(("a", "b", header + "h"), cells, wide=1, width=80), 80).startswith("1 ")


def test_a_console_takes_words_as_they_are():
    assert printed("[bold]a[/bold] :warning: [link=x]b", 80) == "[bold]a[/bold] :warning: [link=x]b\n"


def test_lines_are_never_broken_by_us():
    out = io.StringIO()
    say(console(file=out, width=30), "word " * 30 + "[b] :smile: end")
    assert out.getvalue().count("\n") == 1
    assert "[b] :smile: end" in out.getvalue()
    assert words("a\nb").plain == r"a\nb"


def test_an_audit_is_whole_at_every_width():
    from explore_theory.harness.judging.audit import Badge, ClaimAudit

    one = result("A1", cases=[case(slack=1.25)])
    found = ClaimAudit(result=one, badge=Badge.POWERLESS, why=HOSTILE, checks=(), variants=())
    for width in (80, 60, 40, 30):
        text = printed(audit_table([found], width=width), width)
        assert {"POWERLESS", "1.250", "never"} <= {*whole_words(text)}
        assert text.replace("\n", "").isprintable()

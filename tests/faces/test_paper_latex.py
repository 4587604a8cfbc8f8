"""Text as LaTeX: it prints what it says, in every engine, and never runs anything."""

import re
import shutil
import subprocess
import time
import unicodedata

import pytest

from explore_theory.reporting.paper import typeset as typesetting
from explore_theory.reporting.paper.glyphs import ACCENTS, GLYPHS
from explore_theory.reporting.paper.latex import ETCHAR, comment, escape
from explore_theory.reporting.paper.typeset import ENGINES, typeset

HOSTILE = r"""\input{/etc/passwd}\write18{id}\csname x\endcsname ^^5cinput{x} } \end{document} %&#_~^$ {"""
#: All that `escape` may emit that TeX acts on.
COMMANDS = {
    *re.findall(r"\\([A-Za-z]+|.)", "".join([*GLYPHS.values(), *ACCENTS.values()])), "etchar",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("C_cov <= e^x", r"C\_cov \ensuremath{<}= e\textasciicircum{}x"),
        ("100% & #1 {a} $5 ~", r"100\% \& \#1 \{a\} \$5 \textasciitilde{}"),
        (r"\alpha", r"\textbackslash{}alpha"),
        ("≤ ‖π Ω", r"\ensuremath{\le} \ensuremath{\Vert}\ensuremath{\pi} \ensuremath{\Omega}"),
        ("x² y₁", r"x\ensuremath{^{2}} y\ensuremath{_{1}}"),
        ("é e\u0301 ñ Å ệ", r"\'{e} \'{e} \~{n} \r{A} \^{\d{e}}"),
        ("x\u0301\u0323 \u0301y", r"\'{\d{x}}\'{ }y"),
        ("日本", r"\etchar{65E5}\etchar{672C}"),
        ("a\u202eb\x07\ud800", r"a{[}U+202E{]}b{[}U+0007{]}{[}U+D800{]}"),
        ("a\n\tb\u2028c\u00a0d", "a b c d"),
        ("a--b ''c ,,d", "a-{-}b '{'}c ,{,}d"),
        ('"q" `b` [0] pi*', r"\symbol{34}q\symbol{34} \symbol{96}b\symbol{96} {[}0{]} pi{*}"),
        ("ﬁ", "fi"),
        ("\u0301x", r"\etchar{0301}x"),
        ("", ""),
    ],
)  # fmt: skip
def test_text_becomes_latex_of_plain_ascii(text, latex):
    assert escape(text) == latex
    assert escape(text).isascii()


def test_no_text_runs_a_command():
    for text in (HOSTILE, *map(chr, range(0x250))):
        told = escape(text)
        assert told.isascii()
        assert "\n" not in told
        assert set(re.findall(r"\\([A-Za-z]+|.)", told)) <= COMMANDS
        depth = 0
        for one in re.sub(r"\\[{}]", "", told):
            depth += (one == "{") - (one == "}")
            assert depth >= 0
        assert depth == 0
        assert not set(re.sub(r"\\.", "", told)) & set("%&#$~^_") - set(re.findall(r"[\^_]", told))


def test_a_comment_ends_where_its_line_ends():
    told = comment("a\nb\x0cc\r\\input{x}\u2028d π\x00")
    assert all(line.startswith("%") for line in told.splitlines())
    assert told.isascii()
    assert told.endswith("<U+03C0><U+0000>\n")
    assert comment("") == ""


@pytest.mark.parametrize("engine", ENGINES)
def test_every_character_compiles_and_none_is_lost(engine, tmp_path):
    if not shutil.which(engine):
        pytest.skip(f"no {engine} here")
    words = [*GLYPHS, *(f"e{mark}" for mark in ACCENTS), "日本 Привет", "½ ﬁ", HOSTILE, '"a- `--'] + [
        # Letters with accents, as names have them.
        one for one in map(chr, range(0xC0, 0x180)) if unicodedata.category(one)[0] == "L"
    ]  # fmt: skip
    body = "\n\n".join(escape(f"a {word} b") for word in words)
    text = rf"\documentclass{{article}}\begin{{document}}{ETCHAR}{body}\end{{document}}"
    (tmp_path / "x.tex").write_text(text)
    call = [engine, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "x.tex"]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, check=False, timeout=120)
    log = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, log[-2000:]
    assert "Missing character" not in log + (tmp_path / "x.log").read_text(errors="replace")


def test_glyphs_are_single_characters_and_balanced():
    for one, latex in GLYPHS.items():
        assert len(one) == 1
        assert latex.isascii()
        bare = re.sub(r"\\[{}]", "", latex)
        assert bare.count("{") == bare.count("}")


# --- typesetting --------------------------------------------------------------------------------------------

PAGE = r"\documentclass{article}\begin{document}%s\end{document}"


@pytest.fixture
def latex():
    if not any(map(shutil.which, ENGINES)):
        pytest.skip("no LaTeX here")


@pytest.mark.usefixtures("latex")
def test_pages_are_counted():
    for pages in (1, 2):
        found = typeset("x", {"x.tex": PAGE % r"a\newpage ".join([" "] * pages).join("bb")})
        assert found.pages == pages, found.why
        assert found.pdf.startswith(b"%PDF")


@pytest.mark.usefixtures("latex")
def test_what_fails_is_one_line_with_the_reason():
    found = typeset("x", {"x.tex": PAGE % r"\nonsense"})
    assert found.pdf is None
    assert "failed: Undefined control sequence" in found.why
    assert "\n" not in found.why


@pytest.mark.usefixtures("latex")
def test_what_never_ends_is_ended(monkeypatch):
    monkeypatch.setattr(typesetting, "SECONDS", 30.0)
    start = time.monotonic()
    found = typeset("x", {"x.tex": PAGE % r"\loop\iftrue\repeat"}, seconds=2)
    assert time.monotonic() - start < 20
    assert (found.pdf, found.why.endswith("took more than 2 seconds")) == (None, True)


@pytest.mark.usefixtures("latex")
def test_it_reads_and_runs_nothing_outside(tmp_path):
    secret = tmp_path / "secret.tex"
    secret.write_text("secret")
    mark = tmp_path / "mark"
    body = (
        rf"\immediate\write18{{touch {mark}}}a\immediate\openout3={tmp_path}/out.txt \immediate\write3{{x}}"
    )
    found = typeset("x", {"x.tex": PAGE % body})
    assert not mark.exists()
    assert not (tmp_path / "out.txt").exists()
    assert found.pdf is None or found.pages == 1
    assert typeset("x", {"x.tex": PAGE % rf"\input{{{secret}}}"}).pdf is None
    assert typeset("x", {"x.tex": PAGE % r"\input{y}", "y.tex": "beside it"}).pages == 1


def test_without_latex_it_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert typeset("x", {"x.tex": ""}).why == "neither pdflatex nor lualatex is on the PATH"

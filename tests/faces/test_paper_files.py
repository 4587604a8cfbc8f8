"""`report --paper`: what lies in the folder, that it says what the store says, and that it compiles."""

import csv
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from explore_theory.harness.claims.claim import TIERS, Case, Check, Claim, Evidence, FalseVariant, PrintedForm
from explore_theory.harness.claims.figure import Curve, Figure
from explore_theory.harness.claims.statements import PaperItem
from explore_theory.harness.discovery.registry import Registered, Registry
from explore_theory.harness.measures.measurement import Bound, Measurement
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.folder import MARK
from explore_theory.reporting.paper import write
from explore_theory.reporting.paper.bounds import bounds
from explore_theory.reporting.paper.contents import tables
from explore_theory.reporting.paper.material import material
from explore_theory.reporting.paper.typeset import ENGINES, Typeset
from explore_theory.reporting.paper.write import write_paper

NASTY = r"[0] \input{/etc/passwd} 100% of C_cov & #1 ≤ π ‖ 日本 ~^{} $x"


def claim(
    id="A1",
    *,
    bound=4,
    title="A toy",
    figure="line",
    label="n",
    item="Lemma 1",
    holds=False,
    lie=0.5,
    misread=False,
    last=TIERS,
):
    """A toy: 1 and 2 are at most `bound`; `last` are the tiers of its second case."""

    def check(slug, value):
        return Check(
            slug=slug,
            evidence=Evidence.CERTIFIED,
            cases=tuple(
                Case(slug=f"n-{n}", params={"n": n}, tiers=last if n == 2 else TIERS) for n in (1, 2)
            ),
            measure=lambda trial: Measurement(
                lo=[trial.case.params["n"]],
                hi=[trial.case.params["n"] + 1e-9],
                effort=1,
                witness=lambda k: {"k": NASTY},
            ),
            bound=lambda _: Bound.of([value]),
        )

    curve = Curve(label=label, check="only", x="n", y="measured")
    return Claim(
        id=id,
        slug=f"toy-{id.lower()}",
        theorem="toys",
        title=title,
        statement=title,
        formula=r"\input{/etc/passwd}",
        scope=title,
        source=title,
        relation="<=",
        checks=(check("only", bound),),
        false_variants=(
            FalseVariant(slug="lie", why="wrong", check="only", bound=lambda _: Bound.of([lie])),
        ),
        printed=(
            PrintedForm(
                slug="printed",
                item=item,
                page=3,
                says=f"As printed, {title}",
                holds=holds,
                check=check("printed", 9 if holds != misread else 0.25),
                mended=f"Mended: {title}",
            ),
        ),
        figures=(Figure(slug=figure, title="t", x_label=label, y_label=label, curves=(curve,), x_log=True),)
        if figure
        else (),
        loose="a toy",
    )


ITEMS = (
    PaperItem(number="Lemma 1", page=3, says=NASTY, stands="refuted", claims=("A1",)),
    PaperItem(number="Lemma 2", page=4, says="[not here]", stands="open", open="no claim & no time"),
)


@pytest.fixture
def made(tmp_path):
    """The material of claims that were run, at the given tiers."""

    def make(*claims, tiers=("quick",), **more):
        with Store(":memory:") as store:
            found = [Registered(claim=one, path=tmp_path, digest=f"d{k}") for k, one in enumerate(claims)]
            for tier in tiers:
                run(found, store, tier=tier, alpha=more.pop("alpha", 1e-3))
            return material(store, Registry(claims=(), broken=(), paper=ITEMS), **more)

    return make


def rows(table):
    return list(csv.DictReader(table.text().splitlines()))


def of(found, name):
    return next(table for table in tables(found) if table.name == name)


def value(text, claim, field):
    """What ``\\et{claim}{field}`` gives, by the macro that its key names."""
    (macro,) = re.findall(rf"\\etkey\{{{re.escape(claim)}\}}\{{{re.escape(field)}\}}\{{\\(\w+)\}}", text)
    (told,) = re.findall(rf"\\newcommand\{{\\{macro}\}}\{{(.*)\}}\\etkey", text)
    return told


def test_the_numbers_are_those_of_the_store(made):
    text = bounds(made(claim(), claim("A2", bound=1.5)))
    assert [value(text, "A1", f) for f in ("verdict", "tier", "slack", "variants", "variants-refuted")] == [
        "HOLDS",
        "quick",
        "2.000",
        "1",
        "1",
    ]
    assert value(text, "A2", "verdict") == "REFUTED"
    assert value(text, "A1", "only/n-2/measured") == "{[}2, 2.00001{]}"
    assert value(text, "A1", "only/n-2/bound") == "4"
    assert value(text, "A1", "only/n-1/slack") == "4.000"
    assert value(text, "A2", "only/n-2/verdict") == "REFUTED"
    assert [value(text, "*", f"quick/{f}") for f in ("claims", "holds", "refuted", "cases")] == list("2114")
    assert [value(text, "*", f"quick/{f}") for f in ("variants", "variants-refuted")] == ["2", "2"]
    assert [value(text, "*", f"quick/{f}") for f in ("forms", "forms-refuted", "forms-held")] == list("220")
    assert [value(text, "*", f"certified/{f}") for f in ("claims", "cases")] == ["2", "4"]
    assert [value(text, "*", f) for f in ("items", "items-carried", "items-open")] == list("211")
    assert (value(text, "*", "alpha"), value(text, "*", "claims")) == ("0.001", "2")
    assert "% A1: explore-theory verify A1 --tier quick\n" in text
    assert "explore-theory verify A1 A2 --tier quick\n" in text


def test_every_macro_is_there_once_and_of_letters(made):
    text = bounds(made(claim(), claim("A2"), tiers=("quick", "full")))
    macros = re.findall(r"^\\newcommand\{\\(\w+)\}\{", text, re.MULTILINE)
    assert len(macros) == len(set(macros)) > 50
    assert all(re.fullmatch("et[A-Za-z]+", macro) for macro in macros)
    assert all(
        line.startswith("%") or line.endswith("%") or "\\endinput" in line for line in text.splitlines()
    )


def test_of_two_tiers_the_name_means_the_one_that_does_not_hold(made):
    found = made(claim(), tiers=("quick", "full"))
    text = bounds(found)
    assert value(text, "A1", "tier") == "full"
    assert value(text, "A1 quick", "tier") == "quick"
    assert value(text, "A1 full", "tier") == "full"
    assert "% A1 quick: explore-theory verify A1 --tier quick\n" in text
    assert [row["tier"] for row in rows(of(found, "verdicts"))] == ["quick", "full"]
    assert r"HOLDS (LOOSE, quick)" in of(found, "verdicts").latex()


def test_where_the_quick_tier_refutes_and_the_full_one_does_not_the_refutation_is_quoted(made):
    text = bounds(made(claim(bound=1.5, last=("quick",)), tiers=("quick", "full")))
    told = [
        (value(text, name, "verdict"), value(text, name, "tier")) for name in ("A1", "A1 quick", "A1 full")
    ]
    assert told == [("REFUTED", "quick"), ("REFUTED", "quick"), ("HOLDS", "full")]
    for tier, counted in (("quick", "1012"), ("full", "1101")):
        fields = ("claims", "holds", "refuted", "cases")
        assert [value(text, "*", f"{tier}/{field}") for field in fields] == list(counted)


def test_a_printed_form_that_is_undecided_is_counted_as_neither(made):
    found = made(claim())
    (entry,) = found.entries
    (result,) = entry.results
    verdict = replace(result.printed[0].verdict, status=Status.INCONCLUSIVE)
    result = replace(result, printed=(replace(result.printed[0], verdict=verdict),))
    text = bounds(replace(found, entries=(replace(entry, results=(result,)),)))
    assert [value(text, "*", f"quick/{f}") for f in ("forms", "forms-refuted", "forms-held")] == list("100")


def test_kinds_of_evidence_are_counted_at_the_tier_that_is_quoted(made):
    text = bounds(made(claim(last=("full",)), tiers=("quick", "full")))
    assert [value(text, "*", f"certified/{f}") for f in ("claims", "cases")] == ["1", "2"]
    assert [value(text, "*", f"{tier}/cases") for tier in ("quick", "full")] == ["1", "2"]


def test_a_false_variant_that_survives_is_not_counted_as_refuted(made):
    found = made(claim(lie=3.0))
    text = bounds(found)
    assert value(text, "A1", "verdict") == "POWERLESS"
    assert (value(text, "A1", "variants"), value(text, "A1", "variants-refuted")) == ("1", "0")
    assert (value(text, "*", "quick/variants"), value(text, "*", "quick/variants-refuted")) == ("1", "0")
    assert rows(of(found, "verdicts"))[0]["false_variants_refuted"] == "0"


def test_a_printed_form_with_another_verdict_than_announced_says_so(made):
    found = made(claim(misread=True))
    (row,) = rows(of(found, "errata"))
    assert (row["verdict"], row["expected"]) == ("HOLDS", "REFUTED")
    assert "HOLDS, not REFUTED as announced" in of(found, "errata").latex()


def test_the_command_says_what_is_not_the_default(made):
    found = made(claim(), alpha=1e-4, everything=["A1"], again=" --claims 'my toys'")
    assert found.commands() == ["explore-theory verify --tier quick --alpha 0.0001 --claims 'my toys'"]
    assert made(claim(), everything=["A1", "A2"]).commands() == ["explore-theory verify A1 --tier quick"]
    assert made(claim()).commands() == ["explore-theory verify A1 --tier quick"]


def test_the_tables_say_what_the_store_says(made):
    found = made(claim(), claim("A2", bound=1.5, holds=True, item="Lemma 2"))
    one, two = rows(of(found, "verdicts"))
    assert (one["id"], one["verdict"], one["slack"], one["badges"]) == ("A1", "HOLDS", "2.000", "LOOSE")
    assert (two["verdict"], two["false_variants_refuted"], two["false_variants"]) == ("REFUTED", "1", "1")
    assert two["command"] == "explore-theory verify A2 --tier quick"
    forms = rows(of(found, "errata"))
    assert [row["verdict"] for row in forms] == ["REFUTED", "HOLDS"]
    refuted, held = forms
    assert (refuted["item"], refuted["page"], refuted["verdict"]) == ("Lemma 1", "3", "REFUTED")
    assert refuted["counter_examples"].count(" | ") == 1
    assert (held["verdict"], held["counter_examples"], held["expected"]) == ("HOLDS", "", "HOLDS")
    items = rows(of(found, "paper-items"))
    assert [row["item"] for row in items] == ["Lemma 1", "Lemma 2"]
    first, second = items
    assert (first["item"], first["as_printed"], first["claims"]) == ("Lemma 1", "REFUTED", "A1")
    assert (second["as_printed"], second["open"]) == ("open", "no claim & no time")
    assert all(
        len(table.heads) == len(table.widths) == len(row) for table in tables(found) for row in table.rows
    )
    assert all(len(table.columns) == len(line) for table in tables(found) for line in table.lines)


@pytest.mark.parametrize("begin", ["=1+1", "+1-x", "-cmd", "@SUM(A1)"])
def test_a_spreadsheet_runs_no_cell(made, begin):
    found = made(claim(title=begin))
    (row,) = rows(of(found, "verdicts"))
    assert row["title"] == f"'{begin}"


def test_signed_numbers_stay_numbers():
    from explore_theory.reporting.paper.tables import Table

    heads = ("a", "b", "c")
    table = Table(
        name="x",
        says="x",
        heads=heads,
        widths=(0, 0, 0),
        rows=[],
        columns=heads,
        lines=[("-1.5", "+2e-3", -1)],
    )
    assert table.text() == "a,b,c\n-1.5,+2e-3,-1\n"


def test_the_folder_is_the_same_twice_and_old_files_go(made, tmp_path):
    out = tmp_path / "out"
    found = made(claim(), claim("A2"), tiers=("quick",))
    told = write_paper(found, out)
    folder = out / "paper"
    assert told.figures == 8
    first = {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    names = {f"figures/A{k}-line-{w}.{e}" for k in "12" for w in ("single", "double") for e in ("svg", "pdf")}
    tabled = {
        f"tables/{n}.{e}" for n in ("verdicts", "errata", "constants", "paper-items") for e in ("tex", "csv")
    }
    rest = {"bounds.tex", "appendix.tex", "README.txt", MARK}
    assert set(first) - {"appendix.pdf"} == names | tabled | rest
    write_paper(found, out)
    assert first == {
        str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()
    }
    (folder / "notes.txt").write_text("mine")
    write_paper(made(claim("A2")), out)
    left = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert not any("A1" in name for name in left)
    assert {"notes.txt", "figures/A2-line-single.pdf"} <= left


def test_a_pdf_of_earlier_results_does_not_stay(made, tmp_path, monkeypatch):
    found = made(claim())
    write_paper(found, tmp_path)
    monkeypatch.setenv("PATH", "")
    told = write_paper(found, tmp_path)
    assert told.left_out == ("no appendix.pdf: neither pdflatex nor lualatex is on the PATH",)
    assert not (tmp_path / "paper" / "appendix.pdf").exists()


def test_an_appendix_of_two_pages_is_told(made, tmp_path, monkeypatch):
    monkeypatch.setattr(write, "typeset", lambda name, files: Typeset(pdf=b"%PDF", pages=2))
    (line,) = write_paper(made(claim(figure="")), tmp_path).left_out
    assert line.startswith("appendix.pdf has 2 pages")


def test_figures_of_names_that_are_one_for_a_file_system_are_two(made, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    told = write_paper(made(claim("A1a"), claim("A1A")), tmp_path)
    names = [file.name.casefold() for file in (tmp_path / "paper" / "figures").iterdir()]
    assert len(set(names)) == len(names) == told.figures == 8


def test_a_figure_that_cannot_be_drawn_is_named_and_takes_no_other_along(made, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    told = write_paper(made(claim(label=r"$\frac{$"), claim("A2")), tmp_path)
    assert told.figures == 4
    assert any(line.startswith("no figure A1-line: ") and "\n" not in line for line in told.left_out)


@pytest.mark.skipif(not any(map(shutil.which, ENGINES)), reason="no LaTeX here")
@pytest.mark.parametrize("engine", ENGINES)
def test_everything_compiles_whatever_the_words(made, tmp_path, engine):
    if not shutil.which(engine):
        pytest.skip(f"no {engine} here")
    many = [claim(f"A{k}", title=NASTY, bound=4 if k % 2 else 1.5, figure="") for k in range(1, 28)]
    told = write_paper(made(*many), tmp_path)
    assert told.left_out == ()
    folder = tmp_path / "paper"
    (folder / "whole.tex").write_text(
        r"\documentclass{article}\usepackage{array,booktabs,longtable}\input{bounds}\begin{document}"
        + "".join(rf"\input{{tables/{name}}}" for name in ("verdicts", "errata", "constants", "paper-items"))
        + r"\section{x}\et{A1}{verdict} \etAoneSlack{} \ifnum\et{*}{claims}=27 right\fi \input{appendix} last"
        r"\end{document}"
    )
    done = subprocess.run(
        [engine, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "whole.tex"],
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:].decode("utf-8", "replace")
    assert "root:" not in (folder / "whole.log").read_text(errors="replace")
    if shutil.which("pdftotext"):
        text = subprocess.run(
            ["pdftotext", "whole.pdf", "-"], cwd=folder, capture_output=True, check=True
        ).stdout
        words = " ".join(text.decode().split())
        assert "HOLDS 2.000 right" in words
        assert words.rpartition("--paper")[2].startswith(" last")


@pytest.mark.skipif(not any(map(shutil.which, ENGINES)), reason="no LaTeX here")
def test_a_number_that_is_not_there_is_an_error(made, tmp_path):
    from explore_theory.reporting.paper.typeset import typeset

    page = r"\documentclass{article}\input{bounds}\begin{document}\et{A1}{%s}\end{document}"
    text = bounds(made(claim()))
    assert typeset("x", {"x.tex": page % "slack", "bounds.tex": text}).pages == 1
    assert "Undefined control sequence" in typeset("x", {"x.tex": page % "slak", "bounds.tex": text}).why


def test_the_appendix_takes_every_number_from_the_macros(made):
    from explore_theory.reporting.paper.appendix import appendix

    found = made(claim(), claim("A2", bound=1.5), tiers=("quick", "full"))
    text = appendix(found)
    body = text[text.index(r"\section*") :]
    body = body[: body.index(r"\paragraph{Again.}")]
    known = bounds(found)
    for key, field in re.findall(r"\\et\{([^}]*)\}\{([^}]*)\}", body):
        value(known, key, field)
    bare = re.sub(r"\\et\{[^}]*\}\{[^}]*\}|[\d.]+\\linewidth|\{\d+pt\}|A2", "", body)
    assert not re.search(r"\d", bare), re.findall(r".{20}\d.{20}", bare)
    assert r"A2 (\et{A2}{verdict})" in body
    assert "At the quick tier" in body
    assert "At the full tier" in body


def test_many_claims_that_do_not_hold_leave_it_one_page(made, tmp_path):
    if not any(map(shutil.which, ENGINES)):
        pytest.skip("no LaTeX here")
    found = made(*(claim(f"LongName{k}", bound=1.5, figure="") for k in range(30)), tiers=("quick", "full"))
    assert write_paper(found, tmp_path).left_out == ()
    assert (
        write.typeset(
            "appendix", {f: (tmp_path / "paper" / f).read_text() for f in ("appendix.tex", "bounds.tex")}
        ).pages
        == 1
    )


def test_the_kinds_of_evidence_are_told_as_the_guide_tells_them():
    from pathlib import Path

    from explore_theory.reporting.kinds import COVERS

    guide = (Path(__file__).parents[2] / "docs" / "guide" / "evidence.md").read_text()
    for kind, (covers, behind) in COVERS.items():
        assert f"| {kind} | {covers} | {behind} |" in guide

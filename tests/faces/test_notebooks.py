"""What objects look like in a notebook: escaped, self-contained, and telling nothing that is hidden."""

import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from made_results import case, result

import explore_theory
from explore_theory import DNF, HiddenNeedle, SpannerSampling, TabularProblem, oracles, play
from explore_theory.formulas.formula import Formula
from explore_theory.foundation import markup
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.problems import Gaussian, random_markov_problem, random_process
from explore_theory.reporting.frames import Kind, Rows
from explore_theory.reporting.results import Results
from explore_theory.reporting.written import Report

HOSTILE = '</td><script>alert(1)</script><img src=x onerror="a()"> \x1b]0;t\x07 \u202e & "q" \'r\' é'
TAGS = {"div", "p", "table", "tr", "th", "td", "span", "a", "bdi"}


class Page(HTMLParser):
    """Collects tags, attributes and words, and holds that tags are closed in order."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.open, self.words, self.rows = set(), [], [], "", []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data
        if {"td", "th"} & {*self.open}:
            self.rows[-1][-1] += data


def page(thing):
    """The page of `thing`, which has only what is harmless."""
    found = Page(thing._repr_html_())
    assert found.tags <= TAGS
    assert {name for name, _ in found.attributes} <= {"style", "href"}
    for name, value in found.attributes:
        assert "url" not in value
        assert name != "href" or value.startswith("./")
    assert all(c.isprintable() or c == "\n" for c in found.words)
    return found


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(1)
    features = rng.uniform(-0.3, 0.3, (3, 20, 4))
    theta = np.array([0.51234, -0.21234, 0.11234, 0.31234])
    return TabularProblem(
        prompt_mass=[0.2, 0.3, 0.5],
        base=rng.dirichlet(np.ones(20), size=3),
        features=features,
        reward=features @ theta,
        beta=0.4,
        theta_star=theta,
        parameter_radius=1.0,
        coverage=6.0,
        noise=Gaussian(0.05),
    )


def test_a_problem_is_its_sizes_and_what_learners_are_told(problem):
    rows = dict(page(problem).rows)
    assert (rows["prompts X"], rows["responses N"], rows["feature dimension d"]) == ("3", "20", "4")
    assert (rows["beta"], rows["C_cov told"], rows["noise"]) == ("0.4", "6", "gaussian, scale 0.05")
    assert rows["sigma of a reward difference"] == f"{0.05 * 2**0.5:.6g}"
    assert page(problem).words.startswith("TabularProblem")
    assert dict(page(replace(problem, coverage=None)).rows)["C_cov told"] == "not told"


def test_what_is_hidden_from_learners_is_not_shown(problem):
    needle = HiddenNeedle.draw(responses=10**12, coverage=1e3, dimension=2, beta=0.1, worlds=3)
    shown = page(needle).words
    assert dict(page(needle).rows)["responses N"] == "1,000,000,000,000"
    assert dict(page(needle).rows)["worlds W"] == "3"
    for secret in (*needle.needles.tolist(), *needle.directions.ravel().tolist()):
        assert f"{secret:.4g}"[:6] not in shown
        assert f"{secret:,}"[:6] not in shown
    assert not any(f"{entry:.3g}" in page(problem).words for entry in problem.theta_star)


def test_problems_of_every_family_have_a_table():
    tokens = random_markov_problem(horizon=30, vocabulary=9, dimension=3, beta=0.2)
    rows = dict(page(tokens).rows)
    assert (rows["tokens per response H"], rows["vocabulary A"], rows["C_cond told"]) == (
        "30",
        "9",
        "not told",
    )
    assert "responses N" not in rows
    process = random_process(horizon=3, states=4, actions=2, dimension=2, beta=0.3)
    assert dict(page(process).rows)["actions A"] == "2"
    formula = Formula([[1, 2], [-1, 2], [1, -2]], 2)
    worlds = [DNF(formula=formula, eta=0.25, assignment=signs) for signs in (None, [1, -1])]
    # Nothing says in which world it is.
    assert worlds[0]._repr_html_() == worlds[1]._repr_html_()
    assert dict(page(worlds[0]).rows)["prompts X"] == "3"


def test_nothing_comes_through_the_oracle_but_what_it_counts(problem):
    oracle = oracles.open(problem, law="exact-law", seed=0, replicates=2)
    oracle.draw(oracle.prompt(), m=100)
    assert not hasattr(oracle, "_repr_html_")
    assert not hasattr(oracle, "_repr_mimebundle_")
    assert not hasattr(oracle.facts, "_repr_html_")
    rows = page(oracle.ledger).rows
    assert rows[0] == ["", "weak", "strong", "token", "reward", "prompt"]
    assert rows[-1] == ["total", "100", "0", "0", "0", "1"]
    assert "0.51234" not in page(oracle.ledger).words


def test_a_ledger_says_the_same_as_its_text(problem):
    oracle = oracles.open(problem, law="exact-law", seed=0, replicates=3, budgets={"weak": 1e6})
    with oracle.phase("<b>bold</b>"):
        oracle.draw(oracle.prompt(), m=7)
    text = repr(oracle.ledger).splitlines()
    rows = page(oracle.ledger).rows
    assert [row.split() for row in text[1:-1]] == [[cell for cell in row if cell] for row in rows]
    assert text[0] in page(oracle.ledger).words
    assert text[-1] in page(oracle.ledger).words


def test_a_run_is_what_it_cost_and_how_good_it_is(problem):
    done = play(SpannerSampling(eps=0.4), problem, replicates=4)
    words = page(done).words
    assert f"exact gap: mean {done.gap.mean():.6g}, largest {done.gap.max():.6g}" in words
    assert "SpannerSampling on TabularProblem" in words
    assert f"T_data = {done.ledger.data.mean():.6g}" in words


def test_a_result_has_its_verdict_statement_slack_and_evidence():
    found = page(result("A1", statement="x <= y < z", cases=[case(slack=1 + 2e-12, effort=6816)]))
    assert "A1 A title HOLDS quick tier" in found.words
    assert "x <= y < z" in found.words
    assert dict(found.rows) == {
        "certified evidence": "6,816 boxes",
        "slack": "1+2e-12",
        "false variants refuted": "1 of 1",
    }
    refuted = page(result(cases=[case(status=Status.REFUTED)], status=Status.REFUTED))
    assert "measured .75 <= bound 1" in refuted.words
    assert "slack" not in dict(refuted.rows)


def test_results_are_a_line_each_with_the_slack_that_the_terminal_has():
    bad = result("A2", status=Status.REFUTED, cases=[case(status=Status.REFUTED)])
    found = page(Results([result("A1"), bad]))
    assert found.rows == [
        ["id", "statement", "verdict", "slack", "false refuted", "tier"],
        ["A1", "A title", "HOLDS", "1.500", "1/1", "quick"],
        ["A2", "A title", "REFUTED", "4.000", "1/1", "quick"],
    ]
    assert "2 claims, 4 cases 1 HOLDS 1 REFUTED" in found.words
    many = page(Results([result(f"A{k}") for k in range(70)]))
    assert len(many.rows) == 61
    assert "and 10 more claims" in many.words


def test_colours_are_told_apart_from_both_backgrounds():
    text = Results([result("A1"), result("A2", status=Status.INCONCLUSIVE)])._repr_html_()
    tones = {"HOLDS": "good", "REFUTED": "bad", "POWERLESS": "bad", "ERROR": "bad", "INCONCLUSIVE": "open"}
    for word, tone in tones.items():
        colour = markup._TONES[tone]
        assert f"background:{colour};" in result(status=Status(word))._repr_html_().split(word)[0]
    for style in re.findall(r'style="([^"]*)"', text):
        assert ("color:#fff" in style) == ("background:#" in style), style

    def light(colour):
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    assert all(1.05 / (light(colour) + 0.05) >= 4.5 for colour in markup._TONES.values())


def test_rows_show_whole_numbers_that_are_whole():
    rows = Rows(
        {"a": Kind.FLOAT, "b": Kind.WHOLE, "c": Kind.TEXT}, [{"a": 1 + 2e-12, "b": 10**6, "c": None}] * 25
    )
    found = page(rows)
    assert found.rows[1] == ["1.000000000002", "1,000,000", ""]
    assert len(found.rows) == 21
    assert "and 5 more" in found.words


@pytest.mark.parametrize("place", ["title", "statement", "slug"])
def test_words_of_strangers_stay_words(place):
    claim = result(HOSTILE, **{place: HOSTILE}, cases=[case(status=Status.ERROR)], status=Status.ERROR)
    for thing in (
        claim,
        Results([claim]),
        Results([claim]).claims(),
        Rows({HOSTILE: Kind.TEXT}, [{HOSTILE: HOSTILE}]),
    ):
        found = page(thing)
        assert "<script>alert(1)</script>" in found.words
        assert r"\x1b]0;t\x07 \u202e" in found.words


def test_a_report_is_a_summary_and_a_way_to_it(toys, tmp_path, monkeypatch):
    from explore_theory.harness.discovery.registry import discover
    from explore_theory.harness.running.runner import run

    monkeypatch.chdir(tmp_path)
    toys.add("A1")
    with Store("s.sqlite") as store:
        run(discover([str(toys.path)]).claims, store)
    written = explore_theory.report("s.sqlite")
    assert Path(written) == Path("reports/index.html")
    assert "<!doctype html>" in Path(written).read_text(encoding="utf-8").lower()[:20]
    found = page(written)
    assert "At the quick tier 1 of 1 claims hold" in found.words
    assert ("href", "./reports/index.html") in found.attributes
    assert os.fspath(written) == "reports/index.html"


@pytest.mark.parametrize(
    "place", ["javascript:alert(1)/index.html", 'x" onclick="a()/index.html', "../up/index.html"]
)
def test_no_path_of_a_report_is_another_link(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = page(Report(path=Path(place), headline="<b>"))
    assert ".." not in "".join(value for name, value in found.attributes if name == "href")
    assert place in found.words


NOTEBOOK = """
import explore_theory
from explore_theory.problems import product_problem
problem = product_problem(horizon=8, weight=0.02, beta=0.01)
"""


@pytest.mark.slow
def test_a_real_notebook_shows_it(toys, tmp_path, monkeypatch):
    why = "needs nbclient and ipykernel: pip install -c constraints.txt nbclient ipykernel"
    nbclient, nbformat = (pytest.importorskip(name, reason=why) for name in ("nbclient", "nbformat"))
    pytest.importorskip("ipykernel", reason=why)
    from explore_theory.harness.discovery.registry import discover
    from explore_theory.harness.running.runner import run

    monkeypatch.chdir(tmp_path)
    toys.add("A1")
    with Store("s.sqlite") as store:
        run(discover([str(toys.path)]).claims, store)
    cells = [
        NOTEBOOK,
        "problem",
        "results = explore_theory.results('s.sqlite')\nresults",
        "results.claim('A1')",
    ]
    cells += [
        "results.claims()",
        "explore_theory.report('s.sqlite')",
        "import explore_theory.oracles as o\no.open_tokens(problem)",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [
        [output.data for output in cell.outputs if output.output_type == "execute_result"]
        for cell in book.cells
    ]
    words = [Page(data[0]["text/html"]).words if data and "text/html" in data[0] else "" for data in shown]
    assert words[1].startswith("AutoregressiveProblem")
    assert "1 claim, 4 cases 1 HOLDS" in words[2]
    assert "Uniform draws stay below 1.0 HOLDS" in words[3]
    assert "toy-a1" in words[4]
    assert "At the quick tier" in words[5]
    # The oracle is a door: no table of the problem behind it.
    assert words[6] == ""
    assert shown[2][0]["text/plain"] == "Results(1 claim, 4 cases: 1 HOLDS)"

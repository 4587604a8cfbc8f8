"""What the guide and the tutorial of instances show is run as it stands."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from explore_theory import load
from explore_theory.cli import main
from explore_theory.formulas import Clauses, Formula
from explore_theory.problems import DNF, AutoregressiveProblem, TabularProblem
from explore_theory.reporting.inspected import schema_text

DOCS = Path(__file__).parents[2] / "docs"
GUIDE, TUTORIAL = DOCS / "guide" / "instances.md", DOCS / "tutorials" / "instance.md"


def blocks(path, kind):
    return re.findall(rf"```{kind}\n(.*?)```", path.read_text(), flags=re.DOTALL)


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(line):
        words = line.split("#")[0].split()
        assert words[0] == "explore-theory"
        done = CliRunner().invoke(main, words[1:])
        assert done.exit_code == 0, f"{line}: {done.output}"
        return done.stdout

    return run


def test_every_document_of_the_guide_loads_and_meets_the_schema(tmp_path):
    kinds = []
    validator = jsonschema.Draft202012Validator(json.loads(schema_text()))
    for text in [*blocks(GUIDE, "json"), *blocks(TUTORIAL, "json")]:
        (tmp_path / "x").write_text(text)
        validator.validate(json.loads(text))
        kinds.append(type(load(tmp_path / "x")))
    assert kinds == [TabularProblem, *[AutoregressiveProblem] * 3, DNF, TabularProblem]


def test_every_other_form_of_the_guide_loads(tmp_path):
    forms = {"jsonl": TabularProblem, "dimacs": Clauses, "formula": Formula}
    for kind, wanted in forms.items():
        (text,) = blocks(GUIDE, kind)
        (tmp_path / "x").write_text(text)
        assert type(load(tmp_path / "x")) is wanted
    assert load(tmp_path / "x").literals.tolist() == [[1, -2], [3, 4]]


def test_the_guides_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_problem.json").write_text(blocks(GUIDE, "json")[0])
    for code in blocks(GUIDE, "python"):
        exec(compile(code, "instances.md", "exec"), {})
    assert load("my_problem.npz").coverage == 10
    assert load("mine.npz").base.shape == (1, 1000)


def test_the_guides_commands_run(call, tmp_path):
    (tmp_path / "my_problem.json").write_text(blocks(GUIDE, "json")[0])
    for line in blocks(GUIDE, "sh")[0].strip().split("\n"):
        call(line.replace("--set coverage=20", "--set coverage=20 --replicates 1"))


def test_the_guides_words_of_inspect_are_what_it_prints(call, tmp_path):
    (tmp_path / "x.json").write_text(blocks(GUIDE, "json")[0])
    (shown,) = blocks(GUIDE, "text")
    assert shown in call("explore-theory inspect x.json")


def test_the_tutorial_runs_as_it_stands(call, tmp_path, capsys):
    (tmp_path / "answers.json").write_text(blocks(TUTORIAL, "json")[0])
    inspect, verify, run = blocks(TUTORIAL, "sh")
    printed = call(inspect.strip())
    for shown in blocks(TUTORIAL, "text"):
        assert shown in printed
    assert "9 claims on this instance: 9 HOLDS" in call(verify.strip())
    assert "gap at most eps" in call(run.strip())
    (code,) = blocks(TUTORIAL, "python")
    exec(compile(code, "instance.md", "exec"), {})
    assert capsys.readouterr().out.startswith("[120.7")
    assert load("answers.npz").base[0, 3] == 0.008

"""What is saved is read back to the last bit, in every form, whatever it is called."""

import json
import shutil

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_instances import FORMS, formulas, same, tabular, tokens

from explore_theory import load, save
from explore_theory.errors import InvalidProblem
from explore_theory.formulas import dimacs, dump, parse_any
from explore_theory.instances import read
from explore_theory.reporting.inspected import schema_text

SCHEMA = jsonschema.Draft202012Validator(json.loads(schema_text()))


@pytest.mark.parametrize("kind", FORMS)
@settings(max_examples=40)
@given(data=st.data())
def test_what_is_saved_is_read_back(kind, data, tmp_path_factory):
    strategy, ends = FORMS[kind]
    problem = data.draw(strategy)
    end = data.draw(st.sampled_from(ends))
    folder = tmp_path_factory.mktemp("saved")
    path = folder / f"problem{end}"
    save(problem, path)
    assert same(load(path), problem)
    # The name does not matter.
    other = folder / "no-name"
    shutil.copy(path, other)
    assert same(load(other), problem)
    assert read(other).digest == read(path).digest


@settings(max_examples=40)
@given(problem=st.one_of(tabular(), tokens(), formulas()))
def test_what_is_saved_as_json_meets_the_schema(problem, tmp_path_factory):
    path = tmp_path_factory.mktemp("json") / "problem.json"
    save(problem, path)
    SCHEMA.validate(json.loads(path.read_text()))


@settings(max_examples=200)
@given(formula=formulas())
def test_the_quick_and_the_slow_reader_of_dimacs_agree(formula):
    text = dump(formula)
    assert same(dimacs.read(text.encode()), parse_any(text))


def outcome(read):
    """What it reads, or the words of its refusal."""
    try:
        return read()
    except InvalidProblem as error:
        return str(error)


@settings(max_examples=300)
@given(formula=formulas(), data=st.data())
def test_the_two_readers_refuse_the_same_texts(formula, data):
    text = dump(formula)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text) - 1))
        damage = data.draw(st.sampled_from(["", " ", "\n", "0", "-", "9", "p", "c", "%", "\nc x\n", "\n%\n"]))
        text = text[:place] + damage + text[place + 1 :]
    slow, quick = outcome(lambda: parse_any(text)), outcome(lambda: dimacs.read(text.encode()))
    assert slow == quick if isinstance(slow, str) else same(slow, quick)


def test_the_same_problem_is_the_same_file(tmp_path):
    text = "p dnf 2 1\n1 -2 0\n"
    (tmp_path / "f.dnf").write_text(text)
    formula = load(tmp_path / "f.dnf")
    for end in (".dnf.gz", ".dnf.bz2", ".dnf.xz", ".json"):
        save(formula, tmp_path / f"a{end}")
        save(formula, tmp_path / f"b{end}")
        assert (tmp_path / f"a{end}").read_bytes() == (tmp_path / f"b{end}").read_bytes()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("f.npz", "path must end in .dnf, .cnf, .dimacs, .json for a Formula"),
        ("f", "path must end in"),
        ("none/f.dnf", "path must lie in a folder that exists"),
    ],
)
def test_where_nothing_can_be_saved_one_line_says_why(tmp_path, name, message):
    (tmp_path / "f").write_text("p dnf 2 1\n1 -2 0\n")
    with pytest.raises(InvalidProblem, match=message):
        save(load(tmp_path / "f"), tmp_path / name)


def test_what_is_no_problem_is_not_saved(tmp_path):
    with pytest.raises(InvalidProblem, match="problem must be one of TabularProblem"):
        save(np.zeros(3), tmp_path / "x.npz")

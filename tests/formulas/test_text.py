"""Formulas as text: what is written is read back, and what is wrong is refused with its line."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.formulas import Formula, dump, load, parse


@st.composite
def formulas(draw):
    n = draw(st.integers(1, 12))
    k = draw(st.integers(1, n))
    term = st.permutations(range(1, n + 1)).flatmap(
        lambda order: st.tuples(*(st.sampled_from((v, -v)) for v in order[:k]))
    )
    return Formula(np.array(draw(st.lists(term, min_size=1, max_size=8))), n)


@given(formulas())
def test_what_is_written_is_read_back(formula):
    again = parse(dump(formula))
    assert again.n == formula.n
    np.testing.assert_array_equal(again.literals, formula.literals)


def refusal_of(text):
    """The message with which `text` is refused; a well-formed one if it is not."""
    try:
        parse(text)
    except InvalidProblem as error:
        return str(error)
    return "line 0: not refused"


@given(st.text())
def test_any_text_is_a_formula_or_refused_by_line(text):
    message = refusal_of(text)
    assert message.startswith("line ")
    assert "\n" not in message


@given(formulas(), st.data())
def test_damaged_text_is_a_formula_or_refused_by_line(formula, data):
    text = dump(formula)
    place = data.draw(st.integers(0, len(text) - 1))
    damage = data.draw(st.sampled_from(["", " ", "\n", "0", "-", "9", "p", "c", "x", "٣", "_"]))
    assert refusal_of(text[:place] + damage + text[place + 1 :]).startswith("line ")


def test_comments_and_line_breaks_do_not_matter():
    formula = parse("c a comment\n\np dnf 4 2\n1 -2\n 3 0 -1\nc another\n2 4 0")
    assert formula.literals.tolist() == [[1, -2, 3], [-1, 2, 4]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: the text must have a header 'p dnf n m', got none"),
        ("1 2 0", "line 1: a header 'p dnf n m' must come first, got '1 2 0'"),
        ("p cnf 3 1\n1 0", "line 1: the header must read 'p dnf n m', got 'p cnf 3 1'"),
        ("p dnf 3 1\np dnf 3 1", "line 2: the header must occur once, got a second one"),
        ("p dnf 0 1", "line 1: n must lie in [1, 10000000], got n=0"),
        ("p dnf 3 0", "line 1: m must lie in [1, 10000000], got m=0"),
        ("p dnf 3 1\n1 x 0", "line 2: a literal must be a whole number of at most 10 digits, got 'x'"),
        ("p dnf 3 1\n1 4 0", "line 2: a literal must be a variable from 1 to 3, got 4"),
        ("p dnf 3 1\n1 -1 0", "line 2: a term must have distinct variables, got variable 1 twice"),
        ("p dnf 3 1\n0", "line 2: a term must hold a literal, got an empty one"),
        ("p dnf 3 2\n1 2 0\n3 0", "line 3: all terms must have as many literals as the first (2), got 1"),
        ("p dnf 3 2\n1 2 0", "line 2: there must be 2 terms as the header says, got 1"),
        ("p dnf 3 1\n1 2 0\n2 3 0", "line 3: there must be 1 terms as the header says, got more"),
        ("p dnf 3 1\n1 2", "line 2: a term must end with 0, got [1, 2] at the end"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(text, message):
    with pytest.raises(InvalidProblem) as caught:
        parse(text)
    assert str(caught.value) == message


def test_files_are_read_or_refused_by_name_and_line(tmp_path):
    good, bad, binary = (tmp_path / name for name in ("good.dnf", "bad.dnf", "binary.dnf"))
    good.write_text("p dnf 3 1\n1 -2 0\n")
    bad.write_text("p dnf 3 1\n1 7 0\n")
    binary.write_bytes(b"p dnf 3 1\n\xff\xfe 0\n")
    assert load(good).literals.tolist() == [[1, -2]]
    for path, message in (
        (bad, f"{bad}: line 2: a literal must be a variable from 1 to 3, got 7"),
        (binary, f"{binary}: line 2: the file must hold UTF-8 text"),
        (tmp_path, f"path must be a readable text file, got path={str(tmp_path)!r} (a folder or device)"),
        (tmp_path / "no", "(no such file)"),
    ):
        with pytest.raises(InvalidProblem) as caught:
            load(path)
        assert message in str(caught.value)

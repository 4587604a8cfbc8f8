"""Formulas as text: what is written is read back, and what is wrong is refused with its line."""

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.formulas import Formula, dump, load, parse, save


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
        ("p sat 3 1\n1 0", "line 1: the header must read 'p dnf n m', got 'p sat 3 1'"),
        (
            "p cnf 3 1\n1 0",
            "line 1: the header must read 'p dnf n m' (write dnf if the lines are terms; clauses are another "
            "formula), got 'p cnf 3 1'",
        ),
        ("p dnf 3 1\np dnf 3 1", "line 2: the header must occur once, got a second one"),
        ("p dnf 0 1", "line 1: n must lie in [1, 10000000], got n=0"),
        ("p dnf 3 0", "line 1: m must lie in [1, 10000000], got m=0"),
        ("p dnf 3 1\n1 x 0", "line 2: a literal must be a whole number of at most 10 digits, got 'x'"),
        ("p dnf 3 1\n1 4 0", "line 2: a literal must be a variable from 1 to 3, got 4"),
        ("p dnf 3 1\n1 -1 0", "line 2: a term must have distinct variables, got variable 1 twice"),
        ("p dnf 3 1\n1 2 1 0", "line 2: a term must have distinct variables, got variable 1 twice"),
        ("p dnf 3 1\n-2\n3 -2 0", "line 3: a term must have distinct variables, got variable 2 twice"),
        ("p dnf 3 1\n0", "line 2: a term must hold a literal, got an empty one"),
        (
            "p dnf 3 1\nw 1 1/3\n1 2 0",
            "line 2: there must be no weights (remove these lines if all terms count alike), got 'w 1 1/3'",
        ),
        (
            "c p weight 1 0.4 0\np dnf 3 1\n1 2 0",
            "line 1: there must be no weights (remove these lines if all terms count alike), "
            "got 'c p weight 1 0.4 0'",
        ),
        ("p dnf 3 1\n1 2 0\n%\n0\n3 0", "line 5: nothing but a 0 may follow '%', got '3 0'"),
        ("p dnf 3 1\n1 2\n%\n0", "line 2: a term must end with 0, got [1, 2] at the end"),
        ("p dnf 3 1\n% 2 0", "line 2: a literal must be a whole number of at most 10 digits, got '%'"),
        ("p dnf 3 2\n1 2 0", "line 2: there must be 2 terms as the header says, got 1"),
        ("p dnf 3 1\n1 2 0\n2 3 0", "line 3: there must be 1 terms as the header says, got more"),
        ("p dnf 3 1\n1 2", "line 2: a term must end with 0, got [1, 2] at the end"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(text, message):
    with pytest.raises(InvalidProblem) as caught:
        parse(text)
    assert str(caught.value) == message


BODY = b"p dnf 3 2\n1 -2 0\n-1 3 0\n"
DIALECTS = {
    "a byte order mark": b"\xef\xbb\xbf" + BODY,
    "gzip": gzip.compress(BODY, mtime=0),
    "gzip in two parts": gzip.compress(BODY[:12], mtime=0) + gzip.compress(BODY[12:], mtime=0),
    "a mark inside gzip": gzip.compress(b"\xef\xbb\xbf" + BODY, mtime=0),
    "the trailer of SATLIB": BODY + b"%\n0\n\n",
    "a comment without a blank": b"cmade by hand\n" + BODY,
    "a comment of another encoding": b"c caf\xe9\n" + BODY + b"c \xff\xfe\n",
    "lines of another system": BODY.replace(b"\n", b"\r\n"),
}


@pytest.mark.parametrize("data", DIALECTS.values(), ids=DIALECTS.keys())
def test_dialects_of_dimacs_are_read(tmp_path, data):
    path = tmp_path / "formula.dnf"
    path.write_bytes(data)
    assert load(path).literals.tolist() == [[1, -2], [-1, 3]]


def test_a_byte_order_mark_in_text_is_no_word():
    assert parse("\ufeff" + BODY.decode()).m == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (BODY.decode().encode("utf-16"), "line 1: the file must hold UTF-8 text, got UTF-16"),
        (gzip.compress(BODY, mtime=0)[:-5], "the file must be whole gzip, got Compressed file ended"),
        (b"\x1f\x8bnothing of the kind", "the file must be whole gzip, got "),
        (gzip.compress(BODY, mtime=0)[:12] + b"\xff" * 9, "the file must be whole gzip, got "),
        (b"p dnf 3 1\n1 \xe9 0\n", "line 2: the file must hold UTF-8 text"),
    ],
)
def test_what_is_no_text_is_refused_in_one_line(tmp_path, data, message):
    path = tmp_path / "formula.dnf"
    path.write_bytes(data)
    with pytest.raises(InvalidProblem) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


def test_no_more_is_unpacked_than_may_be_read(tmp_path, monkeypatch):
    monkeypatch.setattr("explore_theory.formulas.files.MOST_BYTES", 1000)
    path = tmp_path / "formula.dnf"
    for data in (b"c" * 1001, gzip.compress(b"c" * 10**6)):
        path.write_bytes(data)
        with pytest.raises(InvalidProblem, match="the file must be at most 1000 bytes long, got more"):
            load(path)


@pytest.mark.parametrize("name", ["formula.dnf", "formula.dnf.gz"])
@given(formula=formulas())
def test_what_is_saved_is_loaded(tmp_path_factory, name, formula):
    path = tmp_path_factory.getbasetemp() / name
    save(formula, path)
    first = path.read_bytes()
    assert first.startswith(b"\x1f\x8b") == name.endswith(".gz")
    again = load(path)
    assert again.n == formula.n
    np.testing.assert_array_equal(again.literals, formula.literals)
    save(again, path)
    assert path.read_bytes() == first


def test_a_formula_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        save(parse(BODY.decode()), tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


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


def test_the_same_formula_is_the_same_file_and_a_damaged_one_is_refused(tmp_path, monkeypatch):
    formula = Formula(np.array([[1, -2], [-1, 3]]), 3)
    save(formula, tmp_path / "one.dnf.gz")
    monkeypatch.setattr("time.time", lambda: 2e9)
    save(formula, tmp_path / "two.dnf.gz")
    whole = (tmp_path / "one.dnf.gz").read_bytes()
    assert (tmp_path / "two.dnf.gz").read_bytes() == whole
    for name, data in {
        "cut": whole[:-9], "header": whole[:5], "turned": whole[:12] + bytes([whole[12] ^ 0xFF]) + whole[13:]
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InvalidProblem, match=f"{name}: the file must be whole gzip, got "):
            load(tmp_path / name)


def test_what_unpacks_to_more_than_is_read_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("explore_theory.formulas.files.MOST_BYTES", 1000)
    (tmp_path / "long.gz").write_bytes(gzip.compress(b"c comment\n" * 200))
    with pytest.raises(InvalidProblem, match="the file must be at most 1000 bytes long"):
        load(tmp_path / "long.gz")

"""Damaged files are read, or refused in one line, and nothing else happens."""

import gzip
import json

import made_samples as made
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.samples.draws import Draw
from explore_theory.samples.readers import open_samples

MAKERS = [make for _, make in made.MADE]
TABLES = [make for _, make in made.TABLES]


@st.composite
def damaged(draw, makers):
    """How to damage a file: which one, whether packed, where it is cut, which bytes are others."""
    return (
        draw(st.sampled_from(makers)),
        draw(st.booleans()),
        draw(st.one_of(st.none(), st.floats(0, 1))),
        draw(st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=0, max_size=3)), max_size=3)),
        draw(st.booleans()),
    )


def spoiled(data, cut, changes):
    for where, instead in changes:
        at = int(where * len(data))
        data = data[:at] + instead + data[at + 1 :]
    return data if cut is None else data[: int(cut * len(data))]


def looked_at(path, data, skip_bad):
    """The draws, or None where the file is refused, which must take one line."""
    path.write_bytes(data)
    refusal = None
    try:
        source = open_samples(path, skip_bad=skip_bad)
        draws = list(source.draws())
    except InvalidProblem as error:
        refusal = str(error)
    if refusal is not None:
        assert "\n" not in refusal
        assert len(refusal) < 900
        return None
    assert all(isinstance(draw, Draw) and len(draw.rewards) == len(source.rewards) for draw in draws)
    return draws


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("damage")


@settings(max_examples=150)
@given(how=damaged(MAKERS))
def test_a_damaged_file_is_read_or_refused(folder, how):
    make, packed, cut, changes, skip_bad = how
    data = make(folder / "whole").read_bytes()
    looked_at(folder / "file", spoiled(gzip.compress(data) if packed else data, cut, changes), skip_bad)


def places(value, here=()):
    """Where something is within a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(place for key, part in inner for place in places(part, (*here, key)))]


def replaced(value, place, instead):
    if not place:
        return instead
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = replaced(value[place[0]], place[1:], instead)
    return copy


odd_values = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        1e400,
        10**400,
        "",
        "x",
        [],
        [1],
        ["a"],
        [[]],
        {},
        {"a": 1},
        [{}],
        [None],
        {"value": {}},
    ]
)
ONE_LINE = [make for make in MAKERS if make not in (made.inspect_zip, made.plain_over_lines)]


@settings(max_examples=400)
@given(st.sampled_from(ONE_LINE), st.data(), st.booleans())
def test_a_value_of_another_kind_is_read_or_refused(folder, make, data, skip_bad):
    first, *others = make(folder / "whole").read_text().split("\n")
    value = json.loads(first)
    place = data.draw(st.sampled_from(places(value)))
    spoilt = json.dumps(replaced(value, place, data.draw(odd_values)))
    looked_at(folder / "file", "\n".join([spoilt, *others]).encode(), skip_bad)
    if any(others):
        looked_at(folder / "file", "\n".join([first, spoilt, *others]).encode(), skip_bad)


@settings(max_examples=80)
@given(how=damaged(TABLES))
def test_a_damaged_table_is_read_or_refused(folder, how):
    pytest.importorskip("pyarrow", reason="parquet needs the extra 'samples'")
    make, _, cut, changes, skip_bad = how
    looked_at(folder / "file", spoiled(make(folder / "whole").read_bytes(), cut, changes), skip_bad)


@settings(max_examples=100)
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"{", b"[", b"PK\x03\x04", b"PAR1", b"\x1f\x8b\x08", b"BZh9"]),
)
def test_any_bytes_are_read_or_refused(folder, data, start):
    if start == b"PAR1":
        pytest.importorskip("pyarrow", reason="parquet needs the extra 'samples'")
    looked_at(folder / "file", start + data, skip_bad=False)


@pytest.mark.parametrize("make", [make for make in MAKERS if make not in (made.plain, made.plain_over_lines)])
@pytest.mark.parametrize("skip_bad", [False, True])
def test_a_file_cut_anywhere_never_gives_more_than_its_whole_records(folder, make, skip_bad):
    data = make(folder / "whole").read_bytes()
    whole = looked_at(folder / "file", data, skip_bad)
    for cut in range(0, len(data), 1 + len(data) // 97):
        draws = looked_at(folder / "file", data[:cut], skip_bad)
        if draws is not None:
            assert draws == whole[: len(draws)]
            # Only lines can be whole where the file is not.
            assert draws == whole or data[cut - 1 : cut + 1].count(b"\n") or skip_bad

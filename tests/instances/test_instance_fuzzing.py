"""Whatever is fed to the loader, a valid problem or one line comes out, and soon. With -s: how many."""

import json
import random
import time
import zipfile
from io import BytesIO

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_instances import FORMS

from explore_theory import load, save
from explore_theory.errors import InvalidProblem
from explore_theory.instances.inspecting import inspected

#: Seconds that a small file may take, whatever it holds.
SOON = 5.0
TRIED = {"read": 0, "refused": 0}


@pytest.fixture(scope="module", autouse=True)
def _counted():
    yield
    print(f"\nloader: {sum(TRIED.values())} inputs tried, {TRIED['read']} read, {TRIED['refused']} refused")


def fed(path, data, *, look=False):
    """A valid problem or one line; nothing else may come out."""
    path.write_bytes(data)
    begun = time.monotonic()
    problem, said = None, ""
    try:
        problem = load(path)
    except InvalidProblem as error:
        said = str(error)
    assert "\n" not in said
    assert len(said) < 2000
    TRIED["refused" if said else "read"] += 1
    if problem is not None and look:
        inspected(problem)
    assert time.monotonic() - begun < SOON


@st.composite
def saved(draw, folder):
    """The bytes of a problem in some form."""
    strategy, ends = FORMS[draw(st.sampled_from(sorted(FORMS)))]
    path = folder / f"problem{draw(st.sampled_from(ends))}"
    save(draw(strategy), path)
    return path.read_bytes()


QUICK = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(data=st.binary(max_size=400))
def test_any_bytes(tmp_path_factory, data):
    fed(tmp_path_factory.mktemp("fed") / "x", data)


@QUICK
@given(text=st.text(max_size=200))
def test_any_text(tmp_path_factory, text):
    fed(tmp_path_factory.mktemp("fed") / "x", text.encode("utf-8", "surrogatepass"))


@QUICK
@given(data=st.data())
def test_problems_with_bytes_changed(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("fed")
    whole = bytearray(data.draw(saved(folder)))
    # As many as do harm: a generator, since a choice of each byte shrinks for ever.
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    for _ in range(rng.randint(1, 8)):
        place = rng.randrange(len(whole))
        how = rng.randrange(4)
        if how == 0:
            whole[place] = rng.randrange(256)
        elif how == 1:
            del whole[place : place + rng.randint(1, 9)]
        elif how == 2:
            whole[place:place] = bytes(rng.choices(b'0123456789-+.eE[]{}",:nullNaN \n', k=rng.randint(1, 6)))
        else:
            whole[place:place] = whole[max(0, place - rng.randint(1, 60)) : place]
        if not whole:
            break
    fed(folder / "x", bytes(whole), look=True)


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 5),
        st.sampled_from([2**31, 2**53 + 1, 10**400, 1e308, float("nan"), float("inf"), -float("inf")]),
        st.floats(-2, 2),
        st.sampled_from(["", "-inf", "one-hot", "none", "gaussian", "tabular", "a"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["gaussian", "base", "x"]), inner, max_size=2),
    ),
    max_leaves=6,
)


def places(value, path=()):
    """The ways to every part of a document."""
    found = [path] if path else []
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        found += places(part, (*path, key))
    return found


@QUICK
@given(data=st.data())
def test_documents_with_their_structure_changed(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("fed")
    kind = data.draw(st.sampled_from(sorted(FORMS)))
    save(data.draw(FORMS[kind][0]), folder / "problem.json")
    document = json.loads((folder / "problem.json").read_text())
    for _ in range(data.draw(st.integers(1, 3))):
        ways = places(document)
        if not ways:
            break
        *before, last = data.draw(st.sampled_from(ways))
        part = document
        for key in before:
            part = part[key]
        how = data.draw(st.sampled_from(["instead", "gone", "twice", "renamed"]))
        if how == "instead":
            part[last] = data.draw(VALUES)
        elif how == "gone":
            del part[last]
        elif how == "twice" and isinstance(part, list):
            part.append(part[last])
        elif isinstance(part, dict):
            part[data.draw(st.sampled_from(["file", "prompts", "layers", "terms", "eta", "x"]))] = part.pop(
                last
            )
    fed(folder / "x", json.dumps(document).encode(), look=True)


ARRAYS = st.one_of(
    st.sampled_from(
        [np.zeros(0), np.array(np.nan), np.array("x"), np.array(2**63, dtype=np.uint64), np.array(True)]
    ),
    st.builds(
        np.zeros, st.sampled_from([(1,), (2, 2), (0, 3), (1, 1, 1, 1)]), st.sampled_from(["i1", "f2", "f8"])
    ),
)


@QUICK
@given(data=st.data())
def test_archives_with_their_members_changed(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("fed")
    kind = data.draw(st.sampled_from(["tabular", "tokens"]))
    save(data.draw(FORMS[kind][0]), folder / "problem.npz")
    with np.load(folder / "problem.npz") as found:
        arrays = dict(found)
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from([*sorted(arrays), "start", "x"]))
        if name in arrays and data.draw(st.booleans()):
            del arrays[name]
        else:
            arrays[name] = data.draw(ARRAYS)
    stream = BytesIO()
    np.savez(stream, **arrays)
    fed(folder / "x", stream.getvalue(), look=True)


def test_an_archive_with_a_header_that_lies_is_refused_before_memory_is_taken(tmp_path):
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as out, out.open("base.npy", "w") as member:
        np.lib.format.write_array_header_1_0(
            member, {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6)}
        )
        member.write(b"\0" * 80)
    fed(tmp_path / "x", stream.getvalue())

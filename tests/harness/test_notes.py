"""A claim that nobody asks for is not imported again, and nobody can tell by what is found."""

import json
import os
import time

import pytest

from explore_theory.harness.discovery import notes, registry
from explore_theory.harness.discovery.registry import discover

SHARED = "LIMIT = 1.0\n"


def settle():
    """What was written a moment ago is not noted: the clock of a file system has ticks."""
    time.sleep(5 * notes.TICK)


@pytest.fixture
def ours(toys, tmp_path, monkeypatch):
    """A folder of claims that counts as ours: A1 and B1 stand alone, B2 imports a helper."""
    monkeypatch.setattr(notes, "user_cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(registry, "is_shipped", lambda path: path.is_relative_to(toys.path))
    toys.add("A1")
    toys.add("B1")
    file = toys.add("B2")
    text = file.read_text().replace(
        "import numpy as np", "import numpy as np\nfrom limits_of_notes import LIMIT"
    )
    file.write_text(text.replace("Bound.of(1.0)", "Bound.of(LIMIT)"))
    toys.write("limits_of_notes.py", SHARED)
    settle()
    return toys


@pytest.fixture
def look(ours, monkeypatch):
    """Discovers what is wanted; returns the registry and the names of the files that were imported."""
    imported, own = [], registry._import

    def counted(root, file, room, closures):
        imported.append(file.name.split("_")[0])
        return own(root, file, room, closures)

    monkeypatch.setattr(registry, "_import", counted)

    def looked(*wanted):
        imported.clear()
        found = discover((str(ours.path),), wanted)
        return found, sorted(imported)

    return looked


ALL = ["a1", "b1", "b2", "limits"]


def test_only_what_is_asked_for_is_imported_the_second_time(look):
    assert look("A1")[1] == ALL
    found, imported = look("A1")
    assert imported == ["a1"]
    assert [r.claim.id for r in found.claims] == ["A1"]
    assert look("B*")[1] == ["b1", "b2"]
    assert look("toy-b2")[1] == ["b2"]
    assert look()[1] == ALL


@pytest.mark.parametrize("selector", ["toys", "*", "toy-*", "Lemma 1.1"])
def test_whatever_a_selector_means_is_imported(look, selector):
    look()
    if selector == "Lemma 1.1":
        # Only the ledger of a paper can tell.
        with pytest.raises(registry.UnknownSelector):
            look(selector)[0].choose([selector])
        return
    found, imported = look(selector)
    assert set(imported) >= {"a1", "b1", "b2"}
    assert len(found.choose([selector]).claims) == 3


def test_a_selector_that_means_nothing_is_answered_as_among_all(look):
    look()
    found, imported = look("A9")
    assert len(imported) == 1 + len(ALL) - 1
    with pytest.raises(registry.UnknownSelector, match="did you mean"):
        found.choose(["A9"])


def test_what_was_touched_is_imported_and_noted_anew(look, ours):
    look()
    (file,) = ours.path.glob("b1_*.py")
    file.write_text(file.read_text().replace("three uniform", "3 uniform"))
    settle()
    assert look("A1")[1] == ["a1", "b1"]
    assert look("A1")[1] == ["a1"]
    helper = ours.path / "limits_of_notes.py"
    then = helper.stat().st_mtime_ns
    helper.write_text("LIMIT = 2.0\n")
    os.utime(helper, ns=(then, then))
    settle()
    assert look("A1")[1] == ["a1", "b2", "limits"], "same size and time of change of content, but touched"


def test_what_is_touched_as_it_is_looked_at_is_not_noted(look, ours, monkeypatch):
    monkeypatch.setattr(notes, "TICK", 3600.0)
    look("A1")
    (kept,) = (ours.path.parent / "cache" / "claims").iterdir()
    assert json.loads(kept.read_bytes().partition(b"\n")[2])["notes"] == {}


def test_a_new_file_makes_all_notes_void(look, ours):
    look()
    ours.write("limits_beside.py", SHARED)
    settle()
    assert look("A1")[1] == sorted([*ALL, "limits"])


@pytest.mark.parametrize("name", ["package_digest", "library_versions"])
def test_another_engine_makes_all_notes_void(look, monkeypatch, name):
    look()
    monkeypatch.setattr(notes, name, lambda: "another" if name == "package_digest" else {"numpy": "0"})
    assert look("A1")[1] == ALL


def test_broken_modules_are_told_of_whatever_is_wanted(look, ours):
    ours.write("b3_broken.py", "CLAIM = 1 / 0\n")
    settle()
    look()
    for _ in range(2):
        found, imported = look("A1")
        assert imported == ["a1", "b3"]
        assert [broken.name for broken in found.broken] == ["b3_broken"]


def test_a_second_claim_of_a_name_that_is_left_out_is_still_broken(look, ours):
    (file,) = ours.path.glob("b1_*.py")
    (ours.path / "b1_another.py").write_text(file.read_text())
    settle()
    look()
    found, _ = look("B1")
    assert [broken.name for broken in found.broken] == ["b1_" + file.stem.split("_", 1)[1]]
    assert look("A1")[0].broken, "the second has no note, and clashes again"


@pytest.mark.parametrize("damage", [b"", b"\n{}", b"no seal\n{}"])
def test_damaged_notes_are_no_notes(look, ours, damage):
    look()
    (kept,) = (ours.path.parent / "cache" / "claims").iterdir()
    kept.write_bytes(damage)
    assert look("A1")[1] == ALL
    assert look("A1")[1] == ["a1"]
    kept.write_bytes(kept.read_bytes().replace(b'"A1"', b'"A2"'))
    assert look("A1")[1] == ALL, "nobody else's hand"


def test_without_a_place_for_notes_everything_is_imported(look, monkeypatch):
    monkeypatch.setattr(notes, "user_cache", lambda: None)
    assert look("A1")[1] == ALL
    assert look("A1")[1] == ALL


def test_claims_of_others_are_always_imported(look, monkeypatch):
    monkeypatch.setattr(registry, "is_shipped", lambda path: False)
    look()
    assert look("A1")[1] == ALL


def test_a_share_is_the_same_alone_and_among_all(tmp_path, monkeypatch):
    """Our own claims: what one comparison may use of the error level depends on all of its family."""
    monkeypatch.setattr(notes, "user_cache", lambda: tmp_path / "cache")
    every = {r.claim.id: r for r in discover().claims}
    for selector in ("S1", "T4", "C*"):
        found = discover(wanted=(selector,)).choose([selector]).claims
        assert 0 < len(found) < len(every)
        for one in found:
            among = every[one.claim.id]
            assert (one.share, one.variant_share) == (among.share, among.variant_share)
            assert (one.digest, one.label, one.covers) == (among.digest, among.label, among.covers)
    assert len(discover(wanted=("S1",)).claims) == 1

"""Violations: found in a refuted case, kept to the last bit, and run again on the claim as it is then."""

import errno
import json
import os
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from installed_claims import installed

from explore_theory.errors import StoreError
from explore_theory.harness.discovery.registry import Registry, discover
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.measures.measurement import Resolution
from explore_theory.harness.running import counterexamples, violations
from explore_theory.harness.running.replaying import Replay, replay
from explore_theory.harness.running.runner import run
from explore_theory.harness.running.violation import Violation, decode, encode, name_of
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status

KEPT = Path(__file__).parents[1] / "violations"

#: Two comparisons a row; the one that is refuted is the second of row 9, in the third block.
CLAIM = """
import math
import numpy as np
from explore_theory.harness import *
from explore_theory.harness.claims.claim import Check

def measure(trial):
    draws = trial.streams.uniform(2)
    rows = np.array(trial.rows)
    values = np.where([[False, True]] & (rows == 9)[:, None], 2 + draws, draws).ravel()
    return Measurement.exact(values, witness=lambda k: {"row": trial.rows[k // 2], "place": k % 2})

CLAIM = Claim(
    id="A1", slug="below-one", theorem="toys", title="t", statement="Draws are at most 1.", formula="f",
    relation="<=", scope="s", source="s", loose="A toy.",
    checks=(Check(slug="draws", evidence=Evidence.ADVERSARIAL, measure=measure, bound=lambda _: Bound.of(1.0),
                  cases=(Case(slug="one", params={"n": 2}, rows=12, block=4),)),),
    false_variants=(FalseVariant(slug="tenth", why="w", check="draws", bound=lambda _: Bound.of(0.1)),),
)
"""

#: The root of a whole number is at most ten: the smallest number that violates it is 101.
SEARCH = """
import math
from explore_theory.errors import InvalidProblem
from explore_theory.harness import *

class Numbers:
    def draw(self, trial):
        return tuple(int(n) for n in trial.streams.integers(10_000, 1)[:, 0])

    def smallest(self, fails, start, trial):
        return next((n for n in range(start) if fails(n)), start)

    def encode(self, instance):
        return {"n": instance}

    def decode(self, text):
        if not isinstance(text, dict) or not isinstance(text.get("n"), int):
            raise InvalidProblem(f"an instance must be n, got {text!r:.60}")
        return text["n"]

CLAIM = Claim(
    id="A1", slug="root", theorem="toys", title="t", statement="Roots are at most 10.", formula="f",
    relation="<=", scope="s", source="s", loose="A toy.",
    checks=(Check(slug="roots", evidence=Evidence.ADVERSARIAL, search=Numbers(),
                  measure=lambda world: Measurement.exact([math.sqrt(n) for n in world]),
                  bound=lambda world: Bound.of([10.0 for n in world]),
                  resolution=Resolution(absolute=0.01), cases=(Case(slug="any", rows=8),)),),
    false_variants=(FalseVariant(slug="five", why="w", check="roots", bound=lambda _: Bound.of(5.0)),),
)
"""

#: What chance shows: half of the runs succeed.
SAMPLE = """
from explore_theory.harness import *

def measure(trial):
    wins = trial.streams.uniform(1)[:, 0] > 0.5
    return Tally(successes=int(wins.sum()), trials=wins.size)

CLAIM = Claim(
    id="A1", slug="fifth", theorem="toys", title="t", statement="At most a fifth succeed.", formula="f",
    relation="<=", scope="s", source="s", loose="A toy.",
    checks=(Check(slug="wins", evidence=Evidence.STATISTICAL, measure=measure, bound=lambda _: Bound.of(0.2),
                  resolution=Resolution(absolute=0.02), cases=(Case(slug="one", rows=4096, block=64),)),),
    false_variants=(FalseVariant(slug="tenth", why="w", check="wins", bound=lambda _: Bound.of(0.1)),),
)
"""


@pytest.fixture
def written(toys):
    """Writes the text of a claim, and gives the registry that finds it."""

    def write(text, *changes):
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        toys.write("a1_toy.py", text)
        return discover([str(toys.path)])

    return write


def violation_of(registry: Registry, part="", **options) -> Violation:
    (registered,) = registry.claims
    with Store(":memory:") as store:
        (result,) = session_results(store, run([registered], store, **options))
    cases = {variant.slug: variant.cases for variant in result.variants} | {"": result.cases}
    found = violations.of(registered, cases[part][0], part)
    assert found is not None, cases[part][0].verdict
    return found


EXAMPLE = Violation(
    claim="bon:B1",
    digest="d",
    statement="s",
    part="",
    check="search",
    case="one",
    tier="quick",
    reseed=0,
    rows=(0, 4),
    index=1,
    params={"n": 2, "beta": 0.1, "kind": "word"},
    relation="<=",
    resolution=Resolution(absolute=1e-9),
    measured=(0.1 + 0.2, float("inf")),
    bound=(Fraction(1, 3), Fraction(2, 3)),
    witness={"k": [1, 2.5, "x"]},
    versions={"numpy": "2.0"},
)
NUMBERS = st.one_of(st.floats(allow_nan=False), st.fractions())


@given(NUMBERS, NUMBERS)
def test_both_sides_are_read_to_the_last_bit(one, other):
    found = decode(encode(replace(EXAMPLE, measured=(one, one), bound=(other, other))))
    for kept, given_ in ((found.measured, one), (found.bound, other)):
        assert type(kept[0]) is type(given_)
        assert repr(kept[0]) == repr(given_)


@pytest.mark.parametrize("bits", [3, 100_000])
def test_everything_is_read_as_it_was_written(bits):
    long = Fraction(2**bits + 1, 3**40)
    given_ = replace(EXAMPLE, measured=(-long, long), instance={"reward": [0.1, -0.0]}, alpha=1e-5)
    assert decode(encode(given_)) == given_
    assert len(encode(given_).splitlines()) == len(Violation.__dataclass_fields__) + 3


def test_it_names_the_comparison_in_its_block_and_is_reproduced(written):
    registry = written(CLAIM)
    found = violation_of(registry)
    assert (found.rows, found.index) == ((8, 12), 3)
    assert found.witness == {"row": 9, "place": 1}
    assert (found.claim, found.check, found.case, found.params) == ("A1", "draws", "one", {"n": 2})
    assert found.measured[0] > 2 > found.bound[0] == 1.0
    again = replay(found, registry)
    assert again.replay is Replay.REPRODUCED
    assert (again.measured, again.bound) == (found.measured, found.bound)
    assert (again.reason, again.must_fail, again.as_kept) == ("", False, False)


def test_each_comparison_has_its_own_bound(written):
    bounds = "lambda trial: Bound.of(1 + np.arange(2.0 * len(trial.rows)) / 64)"
    registry = written(CLAIM, ("lambda _: Bound.of(1.0)", bounds))
    found = violation_of(registry)
    assert found.bound == (1 + 3 / 64, 1 + 3 / 64)
    assert replay(found, registry).replay is Replay.REPRODUCED


def test_what_is_drawn_from_the_global_stream_is_the_same_too(written):
    registry = written(CLAIM, ("trial.streams.uniform(2)", "np.random.random((len(trial.rows), 2))"))
    assert replay(violation_of(registry), registry).replay is Replay.REPRODUCED


def test_the_arrays_beside_it_are_about_the_same_comparison(written, tmp_path):
    registry = written(CLAIM)
    (registered,) = registry.claims
    with Store(":memory:") as store:
        (result,) = session_results(store, run([registered], store))
    saved = counterexamples.save(registered, result.cases[0], "", tmp_path)
    assert [Path(place).name for place in saved] == ["A1--draws--one.npz", "A1--draws--one.json"]
    assert counterexamples.load(saved[0]).about["index"] == violations.read(Path(saved[1])).index == 3


def test_another_block_size_and_a_reseed_are_kept(written):
    registry = written(CLAIM)
    found = violation_of(registry, block=1, reseed=5)
    assert (found.rows, found.index, found.reseed) == ((9, 10), 1, 5)
    assert replay(found, registry).replay is Replay.REPRODUCED
    # Of other streams: the same row with other numbers.
    other = replay(replace(found, reseed=6), registry)
    assert other.replay is Replay.DIFFERS
    assert other.violates


def test_a_search_keeps_its_simplest_violation_and_draws_nothing(written):
    registry = written(SEARCH)
    found = violation_of(registry)
    # The root of 101 exceeds ten by more than the resolution.
    assert (found.instance, found.index) == ({"n": 101}, 0)
    assert found.measured[0] == 101**0.5
    again = replay(decode(encode(found)), written(SEARCH, ("return tuple(", "1 / 0; return tuple(")))
    assert again.replay is Replay.REPRODUCED
    registry = written(SEARCH)
    lie = violation_of(registry, "five")
    assert lie.instance == {"n": 26}
    assert replay(lie, registry).as_kept


def test_a_search_that_ends_at_no_violation_is_refused(written):
    registry = written(SEARCH, ("(n for n in range(start) if fails(n)), start)", "(n for n in range(1)), 0)"))
    with pytest.raises(
        ValueError, match="search of check 'roots' must end at a violation, got one that is HOLDS"
    ):
        violation_of(registry)


def test_what_chance_showed_is_run_again_as_long_as_it_took(written):
    registry = written(SAMPLE)
    found = violation_of(registry, "tenth")
    assert found.rows == (0, 4096)
    assert 0 < found.alpha < 1e-3
    again = replay(decode(encode(found)), registry)
    assert (again.replay, again.must_fail, again.as_kept) == (Replay.REPRODUCED, True, True)
    assert violation_of(registry).part == ""
    # Another level encloses otherwise.
    assert replay(replace(found, alpha=found.alpha / 10), registry).replay is Replay.DIFFERS
    mended = replay(violation_of(registry), written(SAMPLE, ("Bound.of(0.2)", "Bound.of(0.6)")))
    assert (mended.replay, mended.status, mended.as_kept) == (Replay.GONE, Status.HOLDS, True)


def test_a_false_variant_of_a_sample_is_run_until_it_is_caught_beyond_the_resolution(written):
    # Refuted at .42 it is long before, and must be so at .42 + .02.
    registry = written(SAMPLE, ("Bound.of(0.1)", "Bound.of(0.42)"))
    assert replay(violation_of(registry, "tenth"), registry).replay is Replay.REPRODUCED


def test_other_numbers_are_told_with_what_has_changed(written):
    found = violation_of(written(CLAIM))
    again = replay(found, written(CLAIM, ("2 + draws", "2.5 + draws")))
    assert (again.replay, again.status) == (Replay.DIFFERS, Status.REFUTED)
    assert repr(found.measured[0]) in again.reason
    assert repr(again.measured[0]) in again.reason
    assert again.measured[0] == pytest.approx(found.measured[0] + 0.5)
    assert again.reason.endswith("; the claim or what it rests on was edited")
    older = replace(found, versions=found.versions | {"numpy": "1.0", "flint": "3"})
    said = replay(older, written(CLAIM, ("2 + draws", "2.5 + draws"), ('"n": 2', '"n": 3'))).reason
    assert "; the case has other params, flint 3 then, none now, numpy 1.0 then, 2" in said
    same = replace(found, bound=(1.0, Fraction(1)))
    assert "another processor" in replay(same, written(CLAIM)).reason


def test_equal_numbers_of_another_comparison_are_not_called_the_same(written):
    registry = written(CLAIM)
    found = violation_of(registry)
    turned = replay(replace(found, relation="=="), registry)
    assert turned.replay is Replay.DIFFERS
    assert "; measured == bound then, measured <= bound now" in turned.reason
    other = replay(replace(found, params={"n": 3}), registry)
    assert other.replay is Replay.DIFFERS
    assert "; the case has other params" in other.reason


@pytest.mark.parametrize(
    ("old", "new", "status", "kept"),
    [
        ("lambda _: Bound.of(1.0)", "lambda _: Bound.of(3.0)", Status.HOLDS, True),
        ("return Measurement.exact(values,", "return Measurement.exact(values, applicable=values < 1,",
         Status.NOT_APPLICABLE, True),
        # Nobody knows whether it is mended.
        ("return Measurement.exact(values,", "return Measurement.exact(values, error=2.0,",
         Status.INCONCLUSIVE, False),
        ("return Measurement.exact(values,", "return Measurement.exact(values * np.nan,",
         Status.INCONCLUSIVE, False),
    ],
)  # fmt: skip
def test_what_is_no_violation_any_more_is_gone(written, old, new, status, kept):
    again = replay(violation_of(written(CLAIM)), written(CLAIM, (old, new)))
    assert (again.replay, again.status, again.as_kept) == (Replay.GONE, status, kept)
    assert again.reason.startswith(str(status))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"claim": "B7"}, "claim must be one that is installed or named by --claims, got B7"),
        ({"part": "fifth"}, "A1 has no false variant or printed form fifth any more"),
        ({"check": "other"}, "A1 has no check other any more"),
        ({"case": "two"}, "check draws of A1 has no case two any more"),
        ({"index": 8}, "its block has no comparison 8 any more"),
        ({"instance": 1}, "check draws of A1 has no search any more"),
    ],
)
def test_what_is_not_there_is_gone_and_not_mended(written, changed, words):
    registry = written(CLAIM)
    again = replay(replace(violation_of(registry), **changed), registry)
    assert (again.replay, again.reason, again.as_kept) == (Replay.GONE, words, False)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("draws = trial", "raise SystemExit('by design'); draws = trial", "SystemExit: by design"),
        ("draws = trial", "1 / 0; draws = trial", "ZeroDivisionError: division by zero"),
        (
            "def measure(trial):",
            "1 / 0\ndef measure(trial):",
            "InvalidClaim: a1_toy.py:7 could not be loaded",
        ),
    ],
)
def test_what_a_claim_raises_is_one_line(written, old, new, words):
    again = replay(violation_of(written(CLAIM)), written(CLAIM, (old, new)))
    assert again.replay is Replay.ERROR
    assert again.reason.startswith(words)
    assert not again.as_kept


def test_an_instance_that_tells_none_is_one_line(written):
    registry = written(SEARCH)
    again = replay(replace(violation_of(registry), instance={"m": 1}), registry)
    assert (again.replay, again.reason) == (
        Replay.ERROR,
        "InvalidProblem: an instance must be n, got {'m': 1}",
    )


def test_a_false_variant_must_be_caught_beyond_the_resolution(written):
    registry = written(SEARCH)
    lie = violation_of(registry, "five")
    near = written(SEARCH, ("bound=lambda _: Bound.of(5.0)", "bound=lambda _: Bound.of(5.095)"))
    # The root of 26 is 5.099: beyond the bound, and within the resolution of .01.
    again = replay(lie, near)
    assert (again.replay, again.must_fail, again.as_kept) == (Replay.GONE, True, False)
    own = written(SEARCH, ("Bound.of([10.0 for", "Bound.of([5.095 for"))
    assert replay(replace(lie, part=""), own).replay is Replay.DIFFERS


def test_an_assumption_that_fails_there_leaves_it_out(written):
    found = violation_of(written(CLAIM))
    assumed = (
        "measure=measure,",
        'measure=measure, assumptions=(Assumption(name="early rows", '
        "holds=lambda trial: np.repeat(np.array(trial.rows), 2) < 9),),",
    )
    again = replay(found, written(CLAIM, assumed))
    assert (again.replay, again.status) == (Replay.GONE, Status.NOT_APPLICABLE)
    assert "early rows" in again.reason
    elsewhere = (assumed[0], assumed[1].replace("< 9", "!= 8"))
    assert replay(found, written(CLAIM, elsewhere)).violates


def test_a_claim_is_found_whatever_its_folder_is_called_and_two_are_told_apart(toy_folder, tmp_path, written):
    found = violation_of(written(CLAIM))
    names = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        folder = toy_folder(tmp_path / name / name)
        folder.write("a1_toy.py", CLAIM)
        names.append(str(folder.path))
    assert replay(replace(found, claim="elsewhere:A1"), discover(names[:1])).violates
    both = discover(names)
    labels = [registered.label for registered in both.claims]
    doubtful = replay(replace(found, digest="none"), both)
    assert doubtful.replay is Replay.GONE
    assert "which may be " in doubtful.reason
    assert all(label in doubtful.reason for label in labels)
    assert replay(replace(found, claim=labels[1]), both).violates


def test_of_two_claims_of_one_name_the_one_it_was_found_in_is_asked(toy_folder, tmp_path):
    names = []
    for name, text in (("one", CLAIM), ("two", CLAIM.replace("Bound.of(1.0)", "Bound.of(5.0)"))):
        (tmp_path / name).mkdir()
        folder = toy_folder(tmp_path / name / name)
        folder.write("a1_toy.py", text)
        names.append(str(folder.path))
    found = replace(violation_of(discover(names[:1])), claim="elsewhere:A1")
    assert replay(found, discover(names)).violates
    assert replay(found, discover(names[1:])).replay is Replay.GONE


def test_names_of_files_never_meet():
    parts = [
        ("", "c", "d"),
        ("a", "c", "d"),
        ("a-c", "d", "d"),
        ("a", "c-d", "d"),
        ("", "a-c", "d-d"),
        ("", "a", "c-d-d"),
    ]
    claims = ["B1", "bon:B1", "bon-x:B1", "b.x:B1", "b:x"]
    names = [name_of(claim, *part) for claim in claims for part in parts]
    assert len(set(names)) == len(names)
    assert name_of("bon:B1", "", "search", "one") == "bon.B1--search--one"
    assert "/" not in name_of("../b/x:B1", "search", "one")


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    path = violations.write(EXAMPLE, tmp_path / "new")
    before = path.read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"violation must be written whole, got .*No space left on device$"):
        violations.write(replace(EXAMPLE, index=2), tmp_path / "new")
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def spoiled(**changes):
    data = json.loads(encode(EXAMPLE)) | changes
    return json.dumps({name: value for name, value in data.items() if value is not ...})


BAD = {
    "empty": (b"", "must be JSON, got Expecting value"),
    "cut": (encode(EXAMPLE).encode()[:300], "must be JSON"),
    "latin": ("{\"é\"".encode("latin-1"), "must be UTF-8, got another byte at 2"),
    "a list": (b"[]", "must be an object of JSON, got \\[\\]"),
    "deep": (b"[" * 100_000, "lists within lists without end"),
    "twice": (b'{"format": 1, "format": 1}', "got the name 'format' twice"),
    "nan": (spoiled(measured=[0, 1]).replace("[0, 1]", "[NaN, 1]"), "got NaN, which is no number"),
    "infinite": (spoiled(measured=[0, 1]).replace("[0, 1]", "[0, Infinity]"), "got Infinity, which"),
    "huge float": (spoiled(measured=[0, 1]).replace("[0, 1]", "[0, 1e999]"), "got 1e999, which no float"),
    "huge whole": (spoiled(index=0).replace('"index": 0', '"index": ' + "9" * 5000), "4300 digits"),
    "index": (spoiled(index=10**300), "index must be .*, got a whole number of 997 bits"),
    "no format": (spoiled(format=...), "format must be a whole number of at least 1, got None"),
    "truth": (spoiled(format=True), "format must be a whole number of at least 1, got True"),
    "future": (spoiled(format=2), "format must be at most 1, got 2: a later explore-theory wrote it"),
    "future other": (json.dumps({"format": 7, "who": 1}), "format must be at most 1, got 7"),
    "missing": (spoiled(bound=...), "must have the field bound, got none"),
    "more": (spoiled(colour=1), "must have fields of format 1 only, got 'colour'"),
    "claim": (spoiled(claim="F 1"), "claim must be a label of a claim"),
    "lines": (spoiled(claim="x\n:B1"), "claim must be a label of a claim"),
    "slug": (spoiled(check="../x"), "check must be lower-case words"),
    "part": (spoiled(part=None), "part must be empty, or lower-case words"),
    "tier": (spoiled(tier="slow"), "tier must be one of quick, full, got 'slow'"),
    "reseed": (spoiled(reseed=-1), "reseed must be a whole number of at least 0"),
    "rows": (spoiled(rows=[4, 4]), "rows must be the first row and the one after the last"),
    "all rows": (spoiled(rows=[0, 10**12]), "rows must be at most 1,000,000 of them, got 1,000,000,000,000"),
    "relation": (spoiled(relation="<"), "relation must be one of <=, >=, =="),
    "resolution": (spoiled(resolution={"absolute": -1, "relative": 0}), "resolution must be an absolute"),
    "crossed": (spoiled(measured=[2.0, 1.0]), "measured must be two numbers, the lower one first"),
    "word": (spoiled(bound=["one", 1.0]), "bound must be two numbers"),
    "nan word": (spoiled(bound=["nan", "nan"]), "bound must be two numbers"),
    "by zero": (spoiled(bound=["1/0", "1/0"]), "bound must be two numbers"),
    "rounded": (spoiled(bound=[2**53 + 1, 2**60]), "bound must be two numbers"),
    "three": (spoiled(bound=[1, 2, 3]), "bound must be two numbers"),
    "params": (spoiled(params={"n": [1]}), "params must be numbers and words by name"),
    "alpha": (spoiled(alpha=2.0), "alpha must be null, or a number between 0 and 1"),
    "versions": (spoiled(versions=[]), "versions must be words by name"),
    "witness": (spoiled(witness=3), "witness must be values by name"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_violation_is_refused_in_a_line(tmp_path, name):
    content, words = BAD[name]
    path = tmp_path / "x.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(StoreError, match=words) as refused:
        violations.read(path)
    assert len(str(refused.value).splitlines()) == 1
    assert "x.json must be a violation that `verify --witness` wrote" in str(refused.value)
    assert len(str(refused.value)) < 500


def test_what_is_no_file_or_too_large_is_refused_in_a_line(tmp_path, monkeypatch):
    with pytest.raises(StoreError, match="Is a directory"):
        violations.read(tmp_path)
    path = violations.write(EXAMPLE, tmp_path)
    monkeypatch.setattr(violations, "MOST_BYTES", 100)
    with pytest.raises(StoreError, match="at most 100 bytes"):
        violations.read(path)


def test_a_folder_gives_its_files_in_order_and_no_others(tmp_path):
    for name in ("b.json", "a.json", ".a.json.x.tmp", ".hidden.json", "a.npz"):
        (tmp_path / name).write_text("")
    assert [path.name for path in violations.files(tmp_path)] == ["a.json", "b.json"]
    assert violations.files(tmp_path / "a.npz") == [tmp_path / "a.npz"]


def test_it_is_the_same_to_the_last_bit_in_a_fresh_process(written, toys, tmp_path):
    registry = written(SEARCH)
    drawn = tmp_path / "kept"
    violations.write(violation_of(registry), drawn)
    violations.write(violation_of(registry, "five"), drawn)
    call = [
        sys.executable,
        "-m",
        "explore_theory",
        "replay",
        "--json",
        "--claims",
        str(toys.path),
        str(drawn),
    ]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["violations"]
    assert [entry["outcome"] for entry in found] == ["REPRODUCED", "REPRODUCED"]
    assert all(entry["now"]["measured"] == entry["then"]["measured"] for entry in found)


def test_the_kept_violations_are_refuted_still():
    """They are of false variants and refuted printed forms: what the engine must go on noticing."""
    kept = [violations.read(path) for path in violations.files(KEPT)]
    assert [found.name for found in kept] == [path.stem for path in violations.files(KEPT)]
    registry = installed()
    for found in kept:
        again = replay(found, registry)
        assert again.must_fail, found.name
        assert again.as_kept, (found.name, again.reason)
        # What is exact is so on every machine.
        if all(isinstance(end, Fraction) for end in (*found.measured, *found.bound)):
            assert again.replay is Replay.REPRODUCED, (found.name, again.reason)
    assert {found.id for found in kept} >= {"F1", "LH2", "LK1", "S3", "T2"}
    printed = {(r.claim.id, form.slug) for r in registry.claims for form in r.claim.printed}
    assert sum((found.id, found.part) in printed for found in kept) >= 2

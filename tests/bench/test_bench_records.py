"""Records of measurements: written, read, kept, compared, and made into the page's tables."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from explore_theory._package import VERSION
from explore_theory.bench import record as records
from explore_theory.bench.benchmark import Figure, Growth
from explore_theory.bench.compare import changes, comparable
from explore_theory.bench.growth import power_law
from explore_theory.bench.ratios import Ratio
from explore_theory.bench.tables import markdown
from explore_theory.errors import InvalidProblem

ROOT = Path(__file__).parents[2]
PAGE, COMMITTED = ROOT / "docs/guide/speed.md", ROOT / "benchmarks/speed.json"


def figure(median, spread=0.1, **more):
    return Figure(
        name="a over b", found=Ratio(median=median, least=median - spread, most=median + spread), **more
    )


def growth(exponent, off=1.0):
    sizes, seconds = (1.0, 10.0, 100.0), (1.0, off * 10.0**exponent, 100.0**exponent)
    return Growth(name="work", of="n", sizes=sizes, seconds=seconds, law=power_law(sizes, seconds))


def made(*found, quick=False):
    return records.record({"bench-a": found}, quick=quick)


def test_a_record_says_where_when_and_with_what():
    one = made(figure(2.0, at_most=3.0), growth(1.5))
    assert one["versions"]["explore-theory"] == VERSION
    assert one["machine"]["cores"] >= 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", one["at"])
    (found,), (grown,) = one["figures"], one["growths"]
    assert (found["benchmark"], found["median"], found["at_most"]) == ("bench-a", 2.0, 3.0)
    assert grown["exponent"] == pytest.approx(1.5)
    assert grown["sizes"] == (1.0, 10.0, 100.0)


def test_a_record_is_read_as_it_was_written(tmp_path):
    one = made(figure(2.0), growth(1.5, off=1.1))
    (tmp_path / "one.json").write_text(records.text(one))
    assert records.read(tmp_path / "one.json") == json.loads(json.dumps(one))


def test_a_history_keeps_all_records_in_order(tmp_path):
    path = tmp_path / "kept.jsonl"
    assert records.history(path) == []
    for median in (1.0, 2.0, 3.0):
        records.append(path, records.history(path), made(figure(median)))
    assert [one["figures"][0]["median"] for one in records.history(path)] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "which is no JSON"),
        ("[]", "of another format"),
        ('{"format": "explore-theory bench 0"}', "of another format"),
        (
            json.dumps({"format": records.FORMAT, "figures": [{}], "growths": []}),
            "whose figures are incomplete",
        ),
        (json.dumps({"format": records.FORMAT, "figures": [], "growths": 1}), "whose growths are incomplete"),
    ],
)
def test_what_is_no_record_is_refused_in_a_line(tmp_path, text, words):
    path = tmp_path / "bad.jsonl"
    path.write_text(text)
    with pytest.raises(InvalidProblem, match=words):
        records.read(path)
    path.write_text(records.text(made(figure(1.0))).replace("\n", "") + "\n" + text)
    with pytest.raises(InvalidProblem, match=f"line 2.*{words}"):
        records.history(path)


def test_what_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(InvalidProblem, match="can be read"):
        records.read(tmp_path)
    (tmp_path / "latin").write_bytes(b"\xff\xfe{")
    with pytest.raises(InvalidProblem, match="can be read"):
        records.history(tmp_path / "latin")


def test_the_commit_is_of_the_repository_that_the_package_is_in():
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    if head.returncode:
        assert records.commit() is None
    else:
        assert records.commit().rstrip("+") == head.stdout.strip()


def test_a_package_that_a_repository_does_not_hold_has_no_commit(tmp_path, monkeypatch):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "a").write_text("a")
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    for command in (["add", "a"], [*identity, "commit", "-qm", "one"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    (tmp_path / "_package.py").write_text("")
    monkeypatch.setattr(records, "FOLDER", tmp_path)
    assert records.commit() is None


# --- what moved ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "was", "way"),
    [
        (figure(2.0), figure(1.0), "slower"),
        (figure(1.0), figure(2.0), "faster"),
        (figure(1.1), figure(1.0), None),
        (growth(2.0), growth(1.0), "grows otherwise"),
        (growth(1.0), growth(2.0), "grows otherwise"),
        (growth(2.0), growth(1.9, off=1.5), None),
    ],
)
def test_what_moved_beyond_the_spread_of_both_is_told(now, was, way):
    found = changes(made(now), made(was))
    assert [change.way for change in found] == ([way] if way else [])
    assert all("before" in str(change) and "now" in str(change) for change in found)


def test_what_one_record_alone_has_is_no_change():
    assert changes(made(figure(1.0), growth(1.0)), made()) == []
    assert changes(made(), made(figure(1.0), growth(1.0))) == []


def test_only_runs_of_such_a_machine_and_size_are_compared():
    now, same = made(figure(1.0)), made(figure(2.0))
    other = {**made(figure(3.0)), "machine": {"cores": 999, "system": "s", "processor": "p"}}
    quick = made(figure(4.0), quick=True)
    assert comparable(now, []) is None
    assert comparable(now, [other, quick]) is None
    assert comparable(now, [made(figure(5.0)), same, other, quick]) is same


def test_a_run_is_compared_with_one_of_all_that_it_measured():
    one, two = (records.record({name: [figure(1.0)]}, quick=False) for name in ("bench-a", "bench-b"))
    both = records.record({"bench-a": [figure(1.0)], "bench-b": [growth(1.0)]}, quick=False)
    assert comparable(two, [one]) is None, "no figure in common, so nothing that could have moved"
    assert comparable(both, [one]) is None
    assert comparable(two, [one, both, one]) is both


# --- the page -----------------------------------------------------------------------------------------------


def test_a_table_tells_every_figure_and_what_is_missed():
    rows = markdown(json.loads(json.dumps(made(figure(2.0, at_most=1.0), growth(1.5))))).splitlines()
    assert "| a over b | 2 | 1.9 to 2.1 | at most 1, missed |" in rows
    assert "| work | n | 1.50 | 1.50 to 1.50 | 1.50 | 1 to 100 |" in rows


def test_the_tables_of_the_page_are_those_of_the_committed_record():
    one = records.read(COMMITTED)
    assert not one["quick"]
    words, measured = PAGE.read_text().split("\nMeasured ")
    assert "benchmarks/speed.json" in words
    assert f"Measured {measured}" == markdown(one)


def test_the_committed_record_has_every_benchmark():
    from explore_theory.bench.catalogue import catalogue

    one = records.read(COMMITTED)
    names = {entry["benchmark"] for part in ("figures", "growths") for entry in one[part]}
    assert names == {benchmark.name for benchmark in catalogue()}

"""Merging, checking, salvaging and compacting stores."""

import shutil
import sqlite3

import pytest

from explore_theory.errors import StoreError
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import latest_results
from explore_theory.harness.judging.upkeep import _Rows, check, compact, salvage
from explore_theory.harness.running.runner import Options, plan, run
from explore_theory.harness.storage.merging import merge_stores
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.export import to_json


@pytest.fixture
def claims(toys):
    toys.add("A1")
    toys.add("B1", bound=0.9)
    return discover([str(toys.path)]).claims


def text(path):
    with Store(path) as store:
        return to_json(latest_results(store), timing=False)


def filled(path, claims, **options):
    with Store(path) as store:
        run(claims, store, **options)
    return path


def test_shards_share_the_work_and_merge_to_the_undisturbed_result(tmp_path, claims):
    whole = filled(tmp_path / "whole", claims)
    shards = [filled(tmp_path / f"shard{i}", claims, shard=(i, 3)) for i in (1, 2, 3)]
    sizes = []
    for shard in shards:
        with Store(shard) as store:
            sizes.append(store.counts()["blocks"])
            assert all(r.verdict.status is not Status.HOLDS for r in latest_results(store))
    assert sum(sizes) == merge_stores(tmp_path / "out", shards)["blocks"]
    assert min(sizes) > 0
    assert text(tmp_path / "out") == text(whole)
    once = merge_stores(tmp_path / "out", shards[::-1])
    assert once == merge_stores(tmp_path / "out", shards)
    assert text(tmp_path / "out") == text(whole)


def test_a_conflict_is_refused_by_name_and_nothing_is_merged(tmp_path, claims, forge):
    out, other = filled(tmp_path / "out", claims[:1]), filled(tmp_path / "other", claims)
    with Store(other) as store, store.transaction() as connection:
        forge(connection, "blocks", "payload = replace(payload, 'cases', 'things')", "first = 32")
    before = text(out)
    with pytest.raises(
        StoreError, match=r"must agree with the merged results, got another block draws/one rows 32-64"
    ):
        merge_stores(out, [other])
    assert text(out) == before


def test_a_failed_block_gives_way_to_one_that_is_done(tmp_path, claims, forge):
    good, bad = filled(tmp_path / "good", claims), filled(tmp_path / "bad", claims)
    with Store(bad) as store, store.transaction() as connection:
        forge(connection, "blocks", "status = 'error', payload = 'X'", "first = 0")
    for order in ([good, bad], [bad, good]):
        out = tmp_path / f"out-{order[0].name}"
        merge_stores(out, order)
        assert text(out) == text(good)


@pytest.mark.parametrize("damage", ["not a store", "flipped"])
def test_a_damaged_shard_is_refused_and_the_merged_store_left_alone(tmp_path, claims, damage):
    out, shard = filled(tmp_path / "out", claims), filled(tmp_path / "shard", claims)
    if damage == "flipped":
        with Store(shard) as store, store.transaction() as connection:
            connection.execute("UPDATE blocks SET payload = replace(payload, '0', '1') WHERE first = 0")
    else:
        shard.write_text("not a store")
    before = text(out)
    with pytest.raises(StoreError):
        merge_stores(out, [shard])
    with pytest.raises(StoreError, match="must differ"):
        merge_stores(out, [out])
    assert text(out) == before


def test_check_finds_nothing_in_an_intact_store_and_names_what_is_wrong(tmp_path, claims):
    path = filled(tmp_path / "s", claims)
    assert check(path).problems == ()
    with Store(path) as store, store.transaction() as connection:
        connection.execute("UPDATE blocks SET payload = replace(payload, '0', '1') WHERE first = 64")
    problems = check(path).problems
    assert problems
    assert all("rows 64-96" in line and "checksum" in line for line in problems)


def torn(path, page):
    """Overwrite one page of the file with noise."""
    data = bytearray(path.read_bytes())
    data[4096 * page : 4096 * (page + 1)] = bytes((37 * k + 11) % 256 for k in range(4096))
    path.write_bytes(bytes(data[: len(path.read_bytes())]))


def what_is_seen(path):
    """The results as text, or that they are refused or not complete."""
    try:
        with Store(path) as store:
            found = latest_results(store)
    except StoreError as error:
        return "refused" if "\n" not in str(error) else str(error)
    if len(found) < 2 or any(r.verdict.status is Status.INCONCLUSIVE for r in found):
        return "not complete"
    return to_json(found, timing=False)


def test_whatever_page_is_torn_nothing_false_is_reported_and_salvage_resumes(tmp_path, claims):
    whole = filled(tmp_path / "whole", claims)
    expected = text(whole)
    pages = len(whole.read_bytes()) // 4096
    recovered = 0
    for page in range(1, pages):
        path = tmp_path / f"torn{page}"
        shutil.copy(whole, path)
        torn(path, page)
        if (seen := what_is_seen(path)) == expected:
            continue  # the page was not in use
        assert seen in ("refused", "not complete")
        assert check(path).problems
        counts = salvage(path, tmp_path / f"saved{page}")
        recovered += counts["blocks"] > 0
        with Store(tmp_path / f"saved{page}") as store:
            run(claims, store)
            assert to_json(latest_results(store), timing=False) == expected
    assert recovered > 0


def test_rows_of_a_torn_table_are_counted_once_each_from_both_ends(tmp_path, claims, monkeypatch):
    """The second row cannot be read: the first is met from the front, the rest from the back."""
    path = filled(tmp_path / "s", claims)
    whole = check(path).counts["blocks"]
    assert whole > 2
    ordered = _Rows._ordered

    def torn_rows(rows, order):
        read = list(ordered(rows, order))
        yield from read[:1] if order == "ASC" else read[:-2]
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr(_Rows, "_ordered", torn_rows)
    found = check(path)
    assert found.counts["blocks"] == whole - 1
    assert "table blocks: some of its rows cannot be read" in found.problems


def test_compact_drops_what_an_edit_has_outdated(tmp_path, toys):
    file = toys.add("A1")
    toys.add("B1")
    path = filled(tmp_path / "s", discover([str(toys.path)]).claims)
    file.write_text(file.read_text() + "\n# edited\n")
    filled(path, discover([str(toys.path)]).claims)
    before = text(path)
    dropped, large, small = compact(path)
    assert dropped == 10
    assert small <= large
    assert text(path) == before
    assert check(path).problems == ()
    with Store(path) as store:
        assert plan(discover([str(toys.path)]).claims[0], store, Options()) == []


def test_upkeep_needs_a_store_that_exists(tmp_path):
    for call in (
        check,
        compact,
        lambda p: salvage(p, tmp_path / "new"),
        lambda p: merge_stores(tmp_path / "o", [p]),
    ):
        with pytest.raises(StoreError, match="must exist"):
            call(tmp_path / "nowhere")
    (tmp_path / "there").write_text("")
    with pytest.raises(StoreError, match="must not exist yet"):
        salvage(tmp_path / "there", tmp_path / "there")

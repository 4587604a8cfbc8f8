"""Damage: whichever bit flips in a store, no verdict changes, and `db check` names the row."""

import json
import shutil
import sqlite3
import subprocess
import sys

import pytest

from explore_theory.errors import StoreError
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import latest_results, session_results
from explore_theory.harness.judging.upkeep import check, salvage
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.merging import merge_stores
from explore_theory.harness.storage.schema import COLUMNS, TABLES, checksum
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.export import to_json

EVERY_COLUMN = [(table, column) for table in TABLES for column in COLUMNS[table]]


@pytest.fixture(scope="module")
def claims(tmp_path_factory, toy_folder):
    toys = toy_folder(tmp_path_factory.mktemp("damage") / "toys")
    toys.add("A1")
    toys.add("B1", bound=0.9)
    return discover([str(toys.path)]).claims


@pytest.fixture(scope="module")
def whole(tmp_path_factory, claims):
    path = tmp_path_factory.mktemp("whole") / "s"
    with Store(path) as store:
        run(claims, store)
        run(claims, store, reseed=1)
    return path


@pytest.fixture
def path(tmp_path, whole):
    return shutil.copy(whole, tmp_path / "s")


def text(path):
    with Store(path) as store:
        return to_json(latest_results(store), timing=False)


def seen(path):
    """The results, or that they are refused in one line."""
    try:
        return text(path)
    except StoreError as error:
        return "refused" if "\n" not in str(error) and "is damaged" in str(error) else str(error)


def raw(path):
    """A connection that checks nothing, as a failing disk does not."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    return connection


def flip(path, table, column):
    """Flip the lowest bit of one value of the first row, at its end if it is text."""
    connection = raw(path)
    row = connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()
    value = row[COLUMNS[table].index(column)]
    if isinstance(value, str):
        changed = value[:-1] + chr(ord(value[-1:] or "1") ^ 1)
    else:
        changed = value ^ 64 if isinstance(value, int) else value * (1 + 2**-52)
    same = " AND ".join(f"{name} IS ?" for name in COLUMNS[table])
    connection.execute(f"UPDATE {table} SET {column} = ? WHERE {same}", (changed, *row))
    assert connection.total_changes == 1
    connection.commit()
    connection.close()


@pytest.mark.parametrize(("table", "column"), EVERY_COLUMN)
def test_a_flipped_bit_in_any_column_is_named_and_never_changes_a_verdict(path, claims, table, column):
    before = text(path)
    flip(path, table, column)
    problems = check(path).problems
    named = "block " if table == "blocks" else {"sessions": "session ", "claims": "claim record "}.get(table)
    assert any(line.startswith(named or "claim ") and "checksum does not match" in line for line in problems)
    assert seen(path) in (before, "refused")
    with pytest.raises(StoreError, match="is damaged"):
        merge_stores(path.parent / "out", [path])
    salvage(path, path.parent / "saved")
    assert check(path.parent / "saved").problems == ()
    for used in (path, path.parent / "saved"):
        with Store(used) as store:
            again = [run(claims, store), run(claims, store, reseed=1)]
            assert to_json(session_results(store, again[1]), timing=False) == before


def test_a_claim_whose_stored_record_was_bent_keeps_its_verdict(path, claims):
    """The relation turned round: what is REFUTED would hold."""
    connection = raw(path)
    connection.execute("UPDATE claims SET record = replace(record, '\"<=\"', '\">=\"') WHERE id = 'B1'")
    connection.commit()
    connection.close()
    with Store(path) as store, pytest.raises(StoreError, match=r"claim record .* checksum does not match"):
        latest_results(store)
    with Store(path) as store:
        found = session_results(store, run(claims, store))
        assert [r.verdict.status for r in found] == [Status.HOLDS, Status.REFUTED]
        assert [r.verdict.status for r in latest_results(store)] == [Status.HOLDS, Status.REFUTED]
    assert check(path).problems == ()


def bend(path, forge):
    with Store(path) as store, store.transaction() as connection:
        forge(connection, "claims", "record = replace(record, '\"<=\"', '\">=\"')", "id = 'B1'")


def test_a_record_that_is_not_the_live_claims_is_refused_though_its_checksum_matches(path, claims, forge):
    bend(path, forge)
    with (
        Store(path) as store,
        pytest.raises(StoreError, match="record of claim B1 must be the live one") as no,
    ):
        run(claims, store)
    assert "\n" not in str(no.value)


@pytest.mark.parametrize("first", ["good", "bent"])
def test_a_bent_record_is_not_merged_whichever_comes_first(path, claims, forge, first):
    shutil.copy(path, path.parent / "bent")
    bend(path.parent / "bent", forge)
    stores = {"good": path, "bent": path.parent / "bent"}
    order = [stores.pop(first), *stores.values()]
    with pytest.raises(StoreError, match="must agree with the merged results, got another claim record"):
        merge_stores(path.parent / "out", order)
    with Store(path.parent / "out") as store:
        assert set(store.counts().values()) == {0}


def test_a_byte_that_is_no_text_any_more_is_named_and_the_block_run_again(path, claims):
    before = text(path)
    connection = raw(path)
    bad = "CAST(CAST(substr(payload, 1, 9) AS BLOB) || x'ff' AS TEXT)"
    connection.execute(f"UPDATE blocks SET payload = {bad} WHERE first = 32")
    connection.commit()
    connection.close()
    problems = check(path).problems
    assert problems
    assert all("rows 32-" in line and "checksum does not match" in line for line in problems)
    with Store(path) as store:
        run(claims, store)
        run(claims, store, reseed=1)
    assert text(path) == before
    assert check(path).problems == ()


def test_where_history_is_lost_salvage_reports_nothing_old(tmp_path, toys):
    """The session that refuted the claim after an edit is lost: the HOLDS of before must not come back."""
    file, path = toys.add("A1"), tmp_path / "s"
    with Store(path) as store:
        run(discover([str(file)]).claims, store)
    file.write_text(file.read_text().replace("Bound.of(1.0)", "Bound.of(0.9)"))
    edited = discover([str(file)]).claims
    with Store(path) as store:
        last = run(edited, store)
        assert latest_results(store)[0].verdict.status is Status.REFUTED
    connection = raw(path)
    connection.execute("UPDATE sessions SET finished = NULL WHERE id = ?", (last.id,))
    connection.commit()
    connection.close()
    salvage(path, path.parent / "saved")
    with Store(path.parent / "saved") as store:
        assert latest_results(store) == []
        assert store.counts()["blocks"] == 10
        assert session_results(store, run(edited, store))[0].verdict.status is Status.REFUTED


def test_a_row_too_long_to_be_read_is_a_problem_and_not_passed_over(path):
    connection = raw(path)
    connection.execute("UPDATE claims SET record = printf('%.*c', 9000000, 'x') WHERE id = 'A1'")
    connection.commit()
    connection.close()
    assert "table claims: some of its rows cannot be read" in check(path).problems


def test_a_checksum_depends_on_where_one_column_ends_and_the_next_begins():
    assert checksum("ab", "c") != checksum("a", "bc")
    assert checksum("1", 2) != checksum(1, "2")
    assert checksum("", None) != checksum(None, "")
    assert checksum("\u20ac", 1.5) == "04a51b2044a4c28c"


#: Fills the cache in the middle of a transaction, so that SQLite spills pages into the file, and waits.
SPILL = """
import sys
from explore_theory.harness.storage.store import Store
with Store(sys.argv[1]) as store, store.transaction() as connection:
    connection.execute("PRAGMA cache_size = 5")
    connection.execute("UPDATE blocks SET payload = payload || payload, status = 'done'")
    connection.execute("DELETE FROM blocks WHERE first = 0")
    print("spilled", flush=True)
    sys.stdin.read()
"""


def killed_while_writing(path):
    """Leave the store as a run that was killed in the middle of a transaction does."""
    size = path.stat().st_size
    writer = subprocess.Popen(
        [sys.executable, "-c", SPILL, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout.readline() == "spilled\n"
    writer.kill()
    writer.communicate()
    journal = path.with_name(path.name + "-journal")
    assert journal.stat().st_size > 512
    assert path.stat().st_size > size
    return journal


def test_a_run_killed_while_it_wrote_stops_neither_check_nor_salvage_nor_merge(path, claims):
    before = text(path)
    journal = killed_while_writing(path)
    found = path.read_bytes(), journal.read_bytes()
    assert check(path).problems == ()
    salvage(path, path.parent / "saved")
    merge_stores(path.parent / "merged", [path])
    assert (path.read_bytes(), journal.read_bytes()) == found
    assert text(path.parent / "saved") == before
    assert text(path.parent / "merged") == before
    assert text(path) == before, "and whoever may write undoes it in place"
    assert not journal.exists()


def test_a_run_killed_while_it_wrote_is_checked_through_a_link(path):
    killed_while_writing(path)
    (path.parent / "elsewhere").mkdir()
    link = path.parent / "elsewhere" / "link"
    link.symlink_to(path)
    assert check(link).problems == ()


def test_merging_into_a_store_that_was_killed_while_written_keeps_what_it_held(path, claims):
    with Store(path.parent / "more") as store:
        run(claims, store, reseed=2)
    killed_while_writing(path)
    assert merge_stores(path, [path.parent / "more"])["blocks"] == 60
    assert check(path).problems == ()
    assert {r["reseed"] for r in json.loads(text(path))["claims"]} == {2}


@pytest.mark.parametrize("size", [20_000, 8192, 4096, 1000, 100])
def test_a_store_that_was_cut_off_has_a_problem(tmp_path, toys, size):
    toys.add("A1")
    path = tmp_path / "s"
    with Store(path) as store:
        run(discover([str(toys.path)]).claims, store)
    path.write_bytes(path.read_bytes()[:size])
    assert check(path).problems


def test_advice_to_salvage_is_not_given_by_salvage(tmp_path, toys):
    toys.add("A1")
    path = tmp_path / "s"
    with Store(path) as store:
        run(discover([str(toys.path)]).claims, store)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(StoreError, match="nothing can be read from store"):
        salvage(path, tmp_path / "new")

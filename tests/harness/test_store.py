"""The store: what it refuses, by name, and that refusing changes nothing."""

import sqlite3

import pytest

from explore_theory.errors import StoreError
from explore_theory.harness.registry import discover
from explore_theory.harness.results import latest_results
from explore_theory.harness.runner import run
from explore_theory.harness.store import APPLICATION_ID, Store


def foreign_text(path):
    path.write_text("my notes\n" * 10)


def foreign_database(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE accounts(name TEXT)")
    connection.close()


def newer_schema(path):
    connection = sqlite3.connect(path)
    connection.executescript(
        f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 99; CREATE TABLE t(x);"
    )
    connection.close()


def truncated(path):
    with Store(path):
        pass
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (foreign_text, "another kind of file"),
        (foreign_database, "another application's database"),
        (newer_schema, "got version 99"),
        (truncated, "malformed|not a database|disk image"),
        (lambda path: path.mkdir(), "must be a file, got the folder"),
    ],
)
def test_a_file_that_is_not_our_store_is_refused_and_left_alone(tmp_path, make, message):
    path = tmp_path / "store.sqlite"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError, match=message) as refusal, Store(path) as store:
        store.sessions()
    assert "\n" not in str(refusal.value)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_missing_folder_or_file_is_named(tmp_path):
    with pytest.raises(StoreError, match="folder that exists"):
        Store(tmp_path / "nowhere" / "store.sqlite")
    with pytest.raises(StoreError, match="explore-theory verify"):
        Store(tmp_path / "store.sqlite", must_exist=True)
    assert list(tmp_path.iterdir()) == []


def test_what_is_stored_survives_closing(tmp_path, toys):
    toys.add("A1")
    claims = discover([str(toys.path)]).claims
    path = tmp_path / "store.sqlite"
    with Store(path) as store:
        run(claims, store)
        before = latest_results(store)
    with Store(path, must_exist=True) as store:
        assert [r.verdict for r in latest_results(store)] == [r.verdict for r in before]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("UPDATE blocks SET payload = '{\"count\": 3}'", "summary record"),
        ("UPDATE blocks SET payload = 'not json'", "summary record"),
        ("UPDATE claims SET record = '[]'", "claim record"),
    ],
)
def test_damaged_records_are_named_not_believed(tmp_path, toys, damage, message):
    toys.add("A1")
    path = tmp_path / "store.sqlite"
    with Store(path) as store:
        run(discover([str(toys.path)]).claims, store)
    with sqlite3.connect(path) as connection:
        connection.execute(damage)
    connection.close()
    with Store(path) as store, pytest.raises(StoreError, match=message):
        latest_results(store)

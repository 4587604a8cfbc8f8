"""The store: what it refuses, by name, and that refusing changes nothing."""

import sqlite3

import pytest

from explore_theory.errors import StoreError
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import latest_results
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.schema import APPLICATION_ID
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.export import to_json

UNDEFINED_ROW = (
    '{"count":1,"applicable":1,"effort":1,"unit":"u","rows":[[0,"1/0",1,1,1,{}]],'
    '"kept":{"above":0},"notes":{},"counts":null,"broken":[]}'
)


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
    ("table", "column", "content", "message"),
    [
        ("blocks", "payload", '{"count": 3}', "summary record"),
        ("blocks", "payload", "not json", "summary record"),
        ("blocks", "payload", "[" * 100_000, "summary record"),
        ("blocks", "payload", UNDEFINED_ROW, "summary record"),
        ("sessions", "alpha", "[]", "JSON objects"),
        ("claims", "record", "[]", "claim record"),
    ],
)
def test_records_that_are_none_of_ours_are_named_not_believed(
    tmp_path, toys, forge, table, column, content, message
):
    path = filled(tmp_path, toys)
    with Store(path) as store, store.transaction() as connection:
        forge(connection, table, f"{column} = '{content}'")
    with Store(path) as store, pytest.raises(StoreError, match=message):
        latest_results(store)


def test_a_flipped_bit_in_a_block_is_a_missing_block_and_is_run_again(tmp_path, toys):
    path = filled(tmp_path, toys)
    with Store(path) as store:
        before = to_json(latest_results(store), timing=False)
        with store.transaction() as connection:
            connection.execute("UPDATE blocks SET payload = replace(payload, '0', '1') WHERE first = 32")
        (damaged,) = latest_results(store)
        assert damaged.verdict.status is Status.INCONCLUSIVE
        assert "32 of 100 rows" in damaged.verdict.reason
        run(discover([str(toys.path)]).claims, store)
        assert to_json(latest_results(store), timing=False) == before


def test_a_store_with_a_trigger_is_refused_before_it_can_act(tmp_path, toys):
    path = filled(tmp_path, toys)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TRIGGER t AFTER INSERT ON sessions BEGIN DELETE FROM blocks; END")
    connection.close()
    with pytest.raises(StoreError, match="exactly the tables"):
        Store(path)


def test_a_value_too_long_to_be_ours_is_refused_before_it_is_read(tmp_path, toys):
    path = filled(tmp_path, toys)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE claims SET record = zeroblob(0) || printf('%.*c', 9000000, 'x')")
    connection.close()
    with Store(path) as store, pytest.raises(StoreError, match="too big"):
        latest_results(store)


def filled(tmp_path, toys):
    toys.add("A1")
    path = tmp_path / "store.sqlite"
    with Store(path) as store:
        run(discover([str(toys.path)]).claims, store)
    return path

"""Which source of a claim is the latest after a merge: what a store knows, or a refusal, never a guess."""

import json
import shutil
import sqlite3

import pytest

from explore_theory.errors import StoreError
from explore_theory.harness.judging.upkeep import check
from explore_theory.harness.storage.merging import interleaved, merge_stores
from explore_theory.harness.storage.schema import COLUMNS, insertion
from explore_theory.harness.storage.store import Store


def record(claim):
    return {"id": claim, "theorem": "t", "relation": "<=", "checks": [], "false_variants": []}


@pytest.fixture
def store_of(tmp_path):
    """Makes a store, or adds to it, a session for each text: ``"X=a Y=b"`` selects these digests."""

    def make(name, *sessions, tier="quick"):
        with Store(tmp_path / name) as store:
            for words in sessions:
                pairs = [word.split("=") for word in words.split()]
                session = store.begin(
                    tier=tier,
                    reseed=0,
                    shard="1/1",
                    package_digest="p",
                    versions={},
                    alpha={"shares": {digest: [0.1, 0.1] for _, digest in pairs}},
                    claims=[(digest, record(claim)) for claim, digest in pairs],
                )
                store.finish(session)
        return tmp_path / name

    return make


def latest(path):
    """``"X=a Y=b"``: the latest digest of each claim."""
    with Store(path) as store:
        return " ".join(f"{json.loads(text)['id']}={digest}" for _, digest, text in store.latest())


def everything(path):
    with Store(path) as store:
        return store.sessions(), store.latest(), store.counts()


@pytest.mark.parametrize(
    ("stores", "expected"),
    [
        ([["X=a"], ["X=a"]], "X=a"),
        ([["X=a", "X=b"], ["X=b"]], "X=b"),
        ([["X=b"], ["X=a", "X=b"]], "X=b"),
        ([["X=a", "X=b"], ["X=a"]], "X=b"),
        ([["X=a"], ["X=a", "X=b"]], "X=b"),
        ([["X=a"], ["X=b"], ["X=a", "X=b"]], "X=b"),
        ([["X=b", "X=c"], ["X=a"], ["X=a", "X=b"]], "X=c"),
        ([["X=a", "X=b", "X=a"], ["X=b"]], "X=a"),
        ([["X=a"], ["Y=b"]], "X=a Y=b"),
        ([["X=a Y=c", "X=b"], ["X=a Y=c", "Y=d"]], "X=b Y=d"),
        ([["X=a", "X=b Y=c"], ["Y=c", "X=a Y=d"]], "X=b Y=d"),
    ],
)
def test_a_store_that_ran_both_sources_knows_which_is_the_latest(store_of, tmp_path, stores, expected):
    paths = [store_of(f"s{k}", *sessions) for k, sessions in enumerate(stores)]
    for k, order in enumerate((paths, paths[::-1])):
        merge_stores(tmp_path / f"new{k}", order)
        assert latest(tmp_path / f"new{k}") == expected
        assert check(tmp_path / f"new{k}").problems == (), "and it is a store like any other"
    merge_stores(paths[0], paths[1:])
    assert latest(paths[0]) == expected


@pytest.mark.parametrize(
    "stores",
    [
        [["X=a"], ["X=b"]],
        [["X=a", "X=b"], ["X=b", "X=a"]],
        [["X=a", "X=b"], ["X=a", "X=c"]],
        [["X=a Y=c"], ["X=b Y=c"]],
        [["X=a"], ["X=b"], ["X=b", "X=c"]],
        [["X=a", "X=b"], ["X=b", "X=c"], ["X=c", "X=a"]],
    ],
)
def test_where_no_store_knows_the_merge_is_refused_by_name_and_changes_nothing(store_of, tmp_path, stores):
    paths = [store_of(f"s{k}", *sessions) for k, sessions in enumerate(stores)]
    before = everything(paths[0])
    for out, shards in ((paths[0], paths[1:]), (tmp_path / "new", paths), (tmp_path / "other", paths[::-1])):
        with pytest.raises(StoreError, match=r"which source of claim X \(quick\) is the latest") as refusal:
            merge_stores(out, shards)
        assert "\n" not in str(refusal.value)
    assert everything(paths[0]) == before
    assert everything(tmp_path / "new")[2]["sessions"] == 0


def test_verifying_again_where_it_is_out_of_date_settles_it(store_of, tmp_path):
    old, new = store_of("old", "X=a"), store_of("new", "X=b")
    with pytest.raises(StoreError, match="verify X as it is now"):
        merge_stores(tmp_path / "out", [new, old])
    store_of("old", "X=b")
    merge_stores(tmp_path / "out", [new, old])
    assert latest(tmp_path / "out") == "X=b"


def test_the_same_source_may_be_the_latest_at_one_tier_and_not_at_another(store_of, tmp_path):
    one, two = store_of("one", "X=a"), store_of("two", "X=b", tier="full")
    merge_stores(tmp_path / "out", [one, two])
    with Store(tmp_path / "out") as store:
        assert [(s.tier, digest) for s, digest, _ in store.latest()] == [("full", "b"), ("quick", "a")]


def test_merging_again_changes_nothing_even_after_going_back_to_an_older_source(store_of, tmp_path):
    shard = store_of("shard", "X=a", "X=b")
    merge_stores(tmp_path / "out", [shard])
    store_of("out", "X=a")
    before = everything(tmp_path / "out")
    assert before[1][0][1] == "a"
    merge_stores(tmp_path / "out", [shard])
    merge_stores(tmp_path / "out", [shard, shard])
    assert everything(tmp_path / "out") == before


def test_own_sessions_come_first_then_those_of_the_shards_as_given(store_of, tmp_path):
    paths = [store_of(f"s{k}", "X=a", "Y=b") for k in range(13)]
    expected = []
    for path in paths:
        with Store(path) as store:
            expected += [session.id for session in store.sessions()]
    merge_stores(paths[0], paths[1:])
    with Store(paths[0]) as store:
        assert [session.id for session in store.sessions()] == expected
        assert [session.sequence for session in store.sessions()] == list(range(1, 27))


def test_a_session_that_both_have_keeps_its_place_among_those_that_only_one_has():
    assert interleaved(["b", "d"], ["a", "b", "c", "e"]) == ["a", "b", "d", "c", "e"]
    assert interleaved([], ["a", "b"]) == ["a", "b"]
    assert interleaved(["a", "b"], ["b", "a"]) == ["a", "b"]


def test_a_shard_merged_from_this_store_and_an_older_one_brings_the_older_before_it(store_of, tmp_path):
    old, new = store_of("old", "X=a"), store_of("new", "X=a", "X=b")
    merge_stores(tmp_path / "both", [old, new])
    merge_stores(new, [tmp_path / "both"])
    assert latest(new) == "X=b"


def test_a_shard_merged_while_it_ran_and_again_when_it_has_ended_has_ended(store_of, tmp_path):
    shard = store_of("shard", "X=a")
    with Store(shard) as store:
        session = store.begin(
            tier="quick", reseed=0, shard="1/1", package_digest="p", versions={}, alpha={}, claims=[]
        )
        merge_stores(tmp_path / "out", [shard])
        store.finish(session)
    merge_stores(tmp_path / "out", [shard])
    with Store(tmp_path / "out") as store, Store(shard) as source:
        assert store.sessions() == source.sessions()
        assert store.sessions()[-1].finished is not None
    assert check(tmp_path / "out").problems == ()


@pytest.mark.parametrize(
    ("table", "change", "named"),
    [
        ("sessions", "tier = 'full'", "another session"),
        ("claims", "record = '{}'", "another claim record a"),
        ("selections", "position = 7", "another claim a of session"),
    ],
)
def test_stores_that_disagree_on_a_row_are_refused_by_its_name(
    store_of, tmp_path, forge, table, change, named
):
    one = store_of("one", "X=a")
    other = shutil.copy(one, tmp_path / "other")
    with Store(other) as store, store.transaction() as connection:
        forge(connection, table, change)
    with pytest.raises(StoreError, match=named):
        merge_stores(one, [other])
    with pytest.raises(StoreError, match=named):
        merge_stores(other, [one])


def with_blocks(path, count, seconds=0.5):
    with Store(path) as store, store.transaction() as connection:
        (session,) = connection.execute("SELECT id FROM sessions").fetchone()
        for k in range(count):
            row = ("a", "quick", 0, "", "k", "c", k, k + 1, "done", "{}", seconds, session)
            connection.execute(insertion("blocks"), row)


def test_blocks_in_more_than_one_batch_are_all_merged(store_of, tmp_path):
    shard = store_of("shard", "X=a")
    with_blocks(shard, 10_000)
    shutil.copy(shard, tmp_path / "part")
    with Store(tmp_path / "part") as store, store.transaction() as connection:
        connection.execute("DELETE FROM blocks WHERE first % 3 = 0")
    assert merge_stores(tmp_path / "part", [shard])["blocks"] == 10_000


def test_a_block_that_took_another_time_is_the_same_result(store_of, tmp_path):
    shard = store_of("shard", "X=a")
    shutil.copy(shard, tmp_path / "other")
    with_blocks(shard, 3, seconds=0.5)
    with_blocks(tmp_path / "other", 3, seconds=0.7)
    assert merge_stores(tmp_path / "out", [shard, tmp_path / "other"])["blocks"] == 3


def test_a_damaged_block_gives_way_to_the_shards(store_of, tmp_path):
    shard = store_of("shard", "X=a")
    with_blocks(shard, 3)
    shutil.copy(shard, tmp_path / "out")
    with Store(tmp_path / "out") as store, store.transaction() as connection:
        connection.execute("UPDATE blocks SET payload = '[]' WHERE first = 1")
    merge_stores(tmp_path / "out", [shard])
    with Store(tmp_path / "out") as store:
        assert [outcome.payload for _, outcome in store.blocks("a", "quick", 0)] == ["{}"] * 3


def test_a_block_of_a_session_that_its_shard_lacks_is_refused(store_of, tmp_path):
    shard = store_of("shard", "X=a")
    with_blocks(shard, 1)
    connection = sqlite3.connect(shard)
    connection.execute("DELETE FROM selections")
    connection.execute("DELETE FROM sessions")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="refers to a missing row"):
        merge_stores(tmp_path / "out", [shard])


def test_all_blocks_that_failed_give_way_to_those_that_are_done_and_none_of_those_to_a_failed_one(
    store_of, tmp_path
):
    shard = store_of("shard", "X=a")
    with_blocks(shard, 4)
    shutil.copy(shard, tmp_path / "failed")
    columns = ", ".join(f'"{name}"' for name in COLUMNS["blocks"][:-1])
    with Store(tmp_path / "failed") as store, store.transaction() as connection:
        connection.execute("UPDATE blocks SET status = 'error', payload = 'no'")
        connection.execute(f"UPDATE blocks SET checksum = checksum({columns})")
    for order in (["failed", "shard"], ["shard", "failed"]):
        out = tmp_path / "-".join(order)
        merge_stores(out, [tmp_path / name for name in order])
        with Store(out) as store:
            found = [outcome.status for _, outcome in store.blocks("a", "quick", 0)]
        assert found == ["done"] * 4

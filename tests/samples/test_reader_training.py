"""Dumps of trainers (verl, TRL) and wide rows: what is a draw, what is a reward, what is none."""

import json
import math

import made_samples as made
import pytest

from explore_theory.errors import InvalidProblem
from explore_theory.samples.readers import open_samples

ROW = {"input": "p", "output": "r", "gts": None, "score": 1.0, "step": 3}


def dump(tmp_path, *rows):
    return open_samples(made.lines(tmp_path / "file", rows))


def rewards(source):
    return [draw.rewards for draw in source.draws()]


def test_verl_writes_numpys_numbers_as_text(tmp_path):
    row = ROW | {"score": "0.5", "acc": "True", "pred": "12", "reward": 1, "num_turns": 2, "note": "x"}
    source = dump(tmp_path, row, row | {"acc": "False"})
    assert source.rewards == ("score", "acc", "reward")
    assert rewards(source) == [(0.5, 1.0, 1.0), (0.5, 0.0, 1.0)]
    assert source.notes == ["4 rewards written as text: read as what it spells"]
    assert {draw.batch for draw in source.draws()} == {"step 3"}


def test_nan_scores_are_unscored_and_infinite_ones_refused(tmp_path):
    source = dump(tmp_path, ROW, ROW | {"score": math.nan}, ROW | {"score": "nan"})
    assert str(rewards(source)) == "[(1.0,), (nan,), (nan,)]"
    assert "2 scores NaN: taken as unscored" in source.notes
    for score in ("inf", -math.inf, "tensor(1.)", "high", [1]):
        with pytest.raises(InvalidProblem, match=r":2: reward 'score' must be"):
            rewards(dump(tmp_path, ROW, ROW | {"score": score}))


def test_a_uid_that_differs_in_every_row_makes_no_task(tmp_path):
    source = dump(tmp_path, *(ROW | {"uid": f"8a-b_{n}_0"} for n in range(3)))
    assert [draw.task for draw in source.draws()] == ["p"] * 3


def test_several_outputs_of_a_rollout_are_one_draw(tmp_path):
    keys = ["a_0_0", "a_0_1", "a_1_0", "b_0_0", "b_0_1", "b_0_2"]
    rows = [
        ROW | {"uid": key, "input": key[0] + key[-1], "output": key, "score": n} for n, key in enumerate(keys)
    ]
    source = dump(tmp_path, *rows)
    assert [(draw.task, draw.response, *draw.rewards) for draw in source.draws()] == [
        ("a0", "a_0_1", 1.0),
        ("a0", "a_1_0", 2.0),
        ("b0", "b_0_2", 5.0),
    ]
    assert source.notes == ["3 outputs before the last of a rollout: no draws of their own"]


def test_the_same_rollout_at_another_step_is_another(tmp_path):
    rows = [ROW | {"uid": "a_0_0", "step": step} for step in (1, 2)]
    assert len(rewards(dump(tmp_path, *rows))) == 2


@pytest.mark.parametrize(
    ("change", "says"), [({"acc": None}, ""), ({"output": 1}, "'output' must be a text")]
)
def test_verl_columns_are_there_in_every_row(tmp_path, change, says):
    first = ROW | {"acc": 1.0}
    if says:
        with pytest.raises(InvalidProblem, match=says):
            rewards(dump(tmp_path, first, first | change))
    else:
        assert str(rewards(dump(tmp_path, first, first | change))) == "[(1.0, 1.0), (1.0, nan)]"
    with pytest.raises(InvalidProblem, match=r":2: field 'acc' is missing"):
        rewards(dump(tmp_path, first, ROW))


def test_trl_columns_of_numbers_are_rewards(tmp_path):
    row = {
        "step": 5,
        "prompt": "p",
        "completion": "r",
        "fit": 1.0,
        "note": "x",
        "size": 7.0,
        "advantage": 0.1,
    }
    source = dump(tmp_path, row, row | {"fit": math.nan, "step": 6})
    assert source.rewards == ("fit", "size")
    assert str(rewards(source)) == "[(1.0, 7.0), (nan, 7.0)]"
    assert [draw.batch for draw in source.draws()] == ["step 5", "step 6"]
    assert "columns taken as rewards: fit, size" in source.notes[2]
    assert source.notes[3] == "1 reward 'fit' NaN: taken as unscored"
    del row["fit"], row["size"]
    with pytest.raises(
        InvalidProblem, match="no column of numbers beside advantage, completion, prompt, step"
    ):
        dump(tmp_path, row)


def test_trl_always_says_what_its_files_leave_open(tmp_path):
    source = dump(tmp_path, {"step": 5, "prompt": "p", "completion": "r", "fit": 1.0, "advantage": 0.1})
    rewards(source)
    assert "pool files of different generations only" in source.notes[0]
    assert "cut at the limit" in source.notes[1]


@pytest.mark.parametrize("name", ["is_corrects", "graded_list"])
def test_wide_truth_values_are_binary(tmp_path, name):
    source = dump(tmp_path, {"question_id": 7, "code_list": ["a", "b"], name: [True, 0]})
    assert source.binary == {name}
    assert [(draw.task, draw.response, *draw.rewards) for draw in source.draws()] == [
        ("7", "a", 1.0),
        ("7", "b", 0.0),
    ]


def test_wide_numbers_are_rewards(tmp_path):
    source = dump(tmp_path, {"id": "t", "responses": ["a", "b"], "rewards": [0.25, None]})
    assert source.binary == frozenset()
    assert str(rewards(source)) == "[(0.25,), (nan,)]"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"samples": ["a"], "is_corrects": [True, False]}, "must be as long, got 2 and 1"),
        ({"samples": ["a"], "is_corrects": [0.5]}, "'is_corrects' must be true or false"),
        ({"samples": ["a"], "is_corrects": True}, "'is_corrects' must be a list"),
        ({"samples": [5], "is_corrects": [True]}, "'samples' must be a text"),
        ({"is_corrects": [True]}, "field 'samples' is missing"),
    ],
)
def test_a_wide_row_is_read_whole_or_not_at_all(tmp_path, row, says):
    good = {"id": "t", "samples": ["a"], "is_corrects": [True]}
    path = made.lines(tmp_path / "file", [good, {"id": "t"} | row])
    with pytest.raises(InvalidProblem, match=f":2: .*{says}"):
        rewards(open_samples(path))
    source = open_samples(path, skip_bad=True)
    assert rewards(source) == [(1.0,)]
    assert source.skipped == 1


def test_parquet_files_of_other_formats(tmp_path):
    pytest.importorskip("pyarrow", reason="parquet needs the extra 'samples'")
    rows = [
        {"prompt": task, "response": text, "reward": won, "other": [1]} for task, text, won in made.SAMPLES
    ]
    source = open_samples(made.table(tmp_path / "file", rows))
    assert source.format == "plain"
    assert made.told(source) == [[(text, float(won)) for text, won in made.of(task)] for task in made.TASKS]
    assert [draw.place for draw in source.draws()][-1] == f"{tmp_path / 'file'}:6"


def test_parquet_files_that_are_cut_or_of_other_columns(tmp_path):
    pytest.importorskip("pyarrow", reason="parquet needs the extra 'samples'")
    path = made.table(tmp_path / "file", [{"a": 1}])
    with pytest.raises(InvalidProblem, match="fields 'a'; known: plain"):
        open_samples(path)
    path = made.trl(tmp_path / "file")
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(InvalidProblem, match="whole parquet file"):
        open_samples(path)
    path = made.table(
        tmp_path / "file", [{"prompt": "p", "reward": 1.0}, {"prompt": "p", "reward": math.inf}]
    )
    with pytest.raises(InvalidProblem, match=r":2: reward 'reward' must be finite"):
        rewards(open_samples(path))


def test_a_folder_of_steps_is_a_source_each(tmp_path):
    from explore_theory.samples.readers import sample_files

    for step in (1, 10, 2):
        (tmp_path / f"{step}.jsonl").write_text(json.dumps(ROW | {"step": step}) + "\n")
    sources = [open_samples(path) for path in sample_files(tmp_path)]
    assert [draw.batch for source in sources for draw in source.draws()] == ["step 1", "step 2", "step 10"]


#: As pandas writes a frame: NaN as missing, and a column of labels where rows were left out.
LABELLED = {
    "step": 1,
    "prompt": "p",
    "completion": "r",
    "fit": None,
    "size": 7.0,
    "advantage": 0.1,
    "__index_level_0__": 4,
}


def test_a_reward_that_the_first_row_lacks_is_still_the_first_reward(tmp_path):
    source = dump(tmp_path, LABELLED, LABELLED | {"fit": 1.0})
    assert source.rewards == ("fit", "size")
    assert str(rewards(source)) == "[(nan, 7.0), (1.0, 7.0)]"


def test_so_it_is_in_a_table(tmp_path):
    pytest.importorskip("pyarrow", reason="parquet needs the extra 'samples'")
    source = open_samples(made.table(tmp_path / "file", [LABELLED, LABELLED | {"fit": 1.0}]))
    assert source.rewards == ("fit", "size")
    assert str(rewards(source)) == "[(nan, 7.0), (1.0, 7.0)]"


def test_a_missing_reward_of_a_plain_table_is_unscored(tmp_path):
    pytest.importorskip("pyarrow", reason="parquet needs the extra 'samples'")
    rows = [{"prompt": "p", "reward": None}, {"prompt": "p", "reward": 0.5}]
    assert str(rewards(open_samples(made.table(tmp_path / "file", rows)))) == "[(nan,), (0.5,)]"

"""human-eval, EvalPlus and lm-evaluation-harness: which numbers are rewards, and of what."""

import json
import math

import made_samples as made
import pytest

from explore_theory.errors import InvalidProblem
from explore_theory.samples.draws import Law
from explore_theory.samples.readers import open_samples


def rewards(source):
    return [draw.rewards for draw in source.draws()]


def test_human_eval_counts_what_timed_out_as_failed_and_says_so(tmp_path):
    results = [("passed", True), ("timed out", False), ("failed: x", False)]
    records = [{"task_id": "t", "completion": "c", "result": said, "passed": won} for said, won in results]
    source = open_samples(made.lines(tmp_path / "file", records))
    assert source.binary == {"passed"}
    assert rewards(source) == [(1.0,), (0.0,), (0.0,)]
    (note,) = source.notes
    assert note.startswith("1 program timed out: taken as failed")


@pytest.mark.parametrize("passed", ["true", 0.5, 2, [True]])
def test_passed_is_a_truth_value(tmp_path, passed):
    records = [{"task_id": "t", "completion": "c", "passed": passed}]
    with pytest.raises(InvalidProblem, match=r":1: 'passed' must be true or false"):
        list(open_samples(made.lines(tmp_path / "file", records)).draws())


def test_plus_is_both(tmp_path):
    status = [("pass", "pass"), ("pass", "fail"), ("fail", "pass"), ("timeout", "timeout"), ("fail", None)]
    programs = [{"base_status": base, "plus_status": plus, "solution": "s"} for base, plus in status]
    path = tmp_path / "file"
    path.write_text(json.dumps({"eval": {"t": programs}}))
    source = open_samples(path)
    assert source.rewards == ("base", "plus")
    assert source.binary == {"base", "plus"}
    assert rewards(source) == [(1, 1), (1, 0), (0, 0), (0, 0), (0, 0)]
    assert source.notes == ["1 program timed out: taken as failed, as in EvalPlus itself"]


def test_base_only_has_one_reward(tmp_path):
    source = open_samples(made.evalplus(tmp_path / "file", newer=False, base_only=True))
    assert source.rewards == ("base",)
    assert [won for (won,) in rewards(source)] == [won for _, _, won in made.SAMPLES]


def test_older_results_have_no_programs(tmp_path):
    source = open_samples(made.evalplus_older(tmp_path / "file"))
    assert [(draw.response, *draw.rewards) for draw in source.draws()] == [
        (None, won, 0) for _, _, won in made.SAMPLES
    ]


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ({"plus_status": "pass"}, "field 'base_status' is missing"),
        ({"base_status": True, "plus_status": "pass"}, "'base_status' must be 'pass' or what went wrong"),
        ({"base_status": "pass", "plus_status": None}, "must have a 'plus_status'"),
        ({"base_status": "pass", "plus_status": "pass", "solution": 1}, "'solution' must be a text"),
        ("pass", "a result must be an object"),
    ],
)
def test_a_malformed_program_is_named_or_passed_over(tmp_path, program, says):
    path = tmp_path / "file"
    good = {"base_status": "pass", "plus_status": "pass"}
    path.write_text(json.dumps({"eval": {"t": [good, program, good]}}))
    with pytest.raises(InvalidProblem) as caught:
        rewards(open_samples(path))
    assert f"{path}: eval['t'][1]: " in str(caught.value)
    assert says in str(caught.value)
    source = open_samples(path, skip_bad=True)
    assert rewards(source) == [(1, 1)] * 2
    assert source.skipped == 1


def test_base_only_files_stay_so(tmp_path):
    path = tmp_path / "file"
    first, second = (
        {"base_status": "pass", "plus_status": None},
        {"base_status": "pass", "plus_status": "fail"},
    )
    path.write_text(json.dumps({"eval": {"s": [first], "t": [second]}}))
    with pytest.raises(InvalidProblem, match=r"eval\['t'\]\[0\]: a result has a 'plus_status'"):
        rewards(open_samples(path))


def harness(tmp_path, *lines):
    return made.lines(tmp_path / "file", lines)


def test_a_document_is_counted_once_and_the_filter_is_chosen(tmp_path):
    lines = [made.lm_eval_line(n, ["so 1"], name="strict", filtered=["[invalid]"], right=0.0) for n in (0, 1)]
    lines += [made.lm_eval_line(n, ["so 1"], name="flexible", filtered=["1"], right=1.0) for n in (0, 1)]
    source = open_samples(harness(tmp_path, *lines))
    assert rewards(source) == [(0.0,), (0.0,)]
    assert "filter 'strict' is taken" in source.notes[0]
    assert "'flexible'" in source.notes[0]
    assert source.notes[1].startswith("2 documents scored by what filter 'strict' made")
    source = open_samples(tmp_path / "file", prefer={"filter": "flexible"})
    assert rewards(source) == [(1.0,), (1.0,)]
    with pytest.raises(
        InvalidProblem, match=r"filter must be one of 'flexible', 'strict', got filter='loose' \(in .*file\)"
    ):
        rewards(open_samples(tmp_path / "file", prefer={"filter": "loose"}))


def test_the_filter_that_is_preferred_tells_which_metrics_there_are(tmp_path):
    lines = [
        made.lm_eval_line(0, ["1", "2"], name="vote", filtered=["1"], right=1.0),
        made.lm_eval_line(0, ["1", "2"], name="each", filtered=[["1", "2"]], right=[1.0, 0.0]),
    ]
    path = harness(tmp_path, *lines)
    with pytest.raises(InvalidProblem, match="one number right for 2 responses"):
        open_samples(path)
    assert rewards(open_samples(path, prefer={"filter": "each"})) == [(1.0,), (0.0,)]


def test_the_law_is_that_of_the_requests(tmp_path):
    line = made.lm_eval_line(0, ["a"], right=1.0)
    assert open_samples(harness(tmp_path, line)).law == Law(temperature=0.8, top_p=0.9)
    older = line | {"arguments": [["q0", {"do_sample": False, "temperature": 0.8, "max_gen_toks": 64}]]}
    source = open_samples(harness(tmp_path, older, line))
    assert source.law == Law(temperature=0.0, max_tokens=64)
    rewards(source)
    assert source.notes == ["1 document drawn with other settings than the first"]
    assert open_samples(harness(tmp_path, line | {"arguments": []})).law == Law()


@pytest.mark.parametrize("filtered", [["1"], [["1"]], [["1", "2", "1"]]])
def test_one_number_for_several_responses_is_no_reward(tmp_path, filtered):
    line = made.lm_eval_line(0, ["1", "2", "1"], filtered=filtered, exact_match=1.0)
    with pytest.raises(InvalidProblem, match=r"one number exact_match for 3 responses"):
        open_samples(harness(tmp_path, line))


def test_numbers_of_single_samples_are_taken_and_others_named(tmp_path):
    line = made.lm_eval_line(0, ["1", "2"], right=[1.0, 0.0], vote=1.0, bleu=["a", "b"])
    source = open_samples(harness(tmp_path, line))
    assert source.rewards == ("right",)
    assert [(draw.response, draw.rewards) for draw in source.draws()] == [("1", (1.0,)), ("2", (0.0,))]
    assert source.notes[-1] == "left out, since they are no numbers of single samples: bleu, vote"


def test_a_later_line_must_have_a_number_for_each_response(tmp_path):
    lines = [
        made.lm_eval_line(0, ["1", "2"], right=[1.0, 0.0]),
        made.lm_eval_line(1, ["1", "2", "3"], right=[1.0, 0.0]),
    ]
    with pytest.raises(
        InvalidProblem, match=r":2: metric 'right' must be one number for each of 3 responses"
    ):
        rewards(open_samples(harness(tmp_path, *lines)))


def test_a_list_of_one_number_is_a_number(tmp_path):
    assert rewards(open_samples(harness(tmp_path, made.lm_eval_line(0, ["1"], right=[0.5])))) == [(0.5,)]


@pytest.mark.parametrize("metrics", [{}, {"bypass": 999}])
def test_without_a_metric_there_is_no_reward(tmp_path, metrics):
    with pytest.raises(InvalidProblem, match="without a metric"):
        open_samples(harness(tmp_path, made.lm_eval_line(0, ["1"], **metrics)))


def test_log_likelihoods_of_given_answers_are_no_samples(tmp_path):
    line = made.lm_eval_line(0, ["x"], acc=1.0) | {"resps": [[["-1.5", "True"]], [["-2.5", "False"]]]}
    for skip_bad in (False, True):
        with pytest.raises(InvalidProblem, match=r"log-likelihoods of given answers \(at .*:1\)"):
            open_samples(harness(tmp_path, line), skip_bad=skip_bad)


@pytest.mark.parametrize("resps", [[], "x", [[]], [["a"], ["b"]]])
def test_other_shapes_of_responses_are_malformed(tmp_path, resps):
    good = made.lm_eval_line(0, ["x"], acc=1.0)
    for lines, place in (([good | {"resps": resps}], 1), ([good, good | {"resps": resps}], 2)):
        if resps == [] and place == 1:
            continue
        with pytest.raises(InvalidProblem, match=f":{place}: "):
            rewards(open_samples(harness(tmp_path, *lines)))


def test_with_skip_bad_the_first_good_line_tells_how_to_read(tmp_path):
    good = made.lm_eval_line(0, ["x"], acc=1.0)
    source = open_samples(harness(tmp_path, good | {"resps": "x"}, good), skip_bad=True)
    assert rewards(source) == [(1.0,)]
    assert source.skipped == 1


def test_another_prompt_for_a_document_is_another_task(tmp_path):
    line = made.lm_eval_line(0, ["x"], acc=1.0)
    source = open_samples(harness(tmp_path, line, line | {"prompt_hash": "ffff0000ff"}, line))
    assert [draw.task for draw in source.draws()] == ["0 (11111111)", "0 (ffff0000)", "0 (11111111)"]


def test_older_lines_do_not_list_their_metrics(tmp_path):
    line = made.lm_eval_line(0, ["x"], acc=True)
    line = {name: part for name, part in line.items() if name not in ("metrics", "filter", "prompt_hash")}
    source = open_samples(harness(tmp_path, line, line | {"acc": math.nan}))
    assert source.rewards == ("acc",)
    assert [draw.task for draw in source.draws()] == ["0", "0"]
    assert str(rewards(source)) == "[(1.0,), (nan,)]"

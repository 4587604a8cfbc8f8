"""Pools of weighted draws: what is told of the model's own law, what falls away, and what is refused."""

import math

import numpy as np
import pytest
from toys import Draw, Law, draw, pool, pooled, source

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.reporting.coverage.words import meaning
from explore_theory.samples.coverage import BINARY, Range
from explore_theory.samples.findings import findings
from explore_theory.samples.repeats import repeats, without
from explore_theory.samples.reweighting import Task, log_coverage, success
from explore_theory.samples.summary import measured

PI = np.array([0.5, 0.3, 0.15, 0.05])
PASSED = np.array([0.0, 0.0, 1.0, 1.0])
MU = PI**2 / (PI**2).sum()
HALF = Law(temperature=0.5, top_p=1.0, top_k=0)


def drawn(name="pools", tasks=3, n=120, law=MU, **more):
    coins = Streams(("tests", "reweighted", name), range(tasks)).uniform(n)
    rows = []
    for i, row in enumerate(coins):
        for y in np.searchsorted(np.cumsum(law)[:-1], row, side="right"):
            logs = {"logprob": math.log(PI[y]), "sampling_logprob": math.log(law[y])}
            rows.append(draw(f"t{i}", PASSED[y], "abcd"[y], **(logs | more)))
    return rows


def slugs(found):
    return [finding.slug for finding in found.findings]


def test_a_pool_with_both_log_probabilities_is_about_the_model():
    made = pool(drawn(), law=HALF)
    found = measured(made, beta=0.5, known=BINARY)
    for i, rewards in enumerate(made.by_task()):
        task = Task(rewards=rewards, log_weights=made.split(made.log_weights)[i])
        assert (found.log_c.lo[i], found.log_c.hi[i]) == log_coverage(task, 0.5, 0.05, BINARY)
        assert found.mean[i] == pytest.approx(task.mean)
        assert found.reweighted.effective[i] == pytest.approx(task.effective)
    joint = [
        log_coverage(Task(rewards=r, log_weights=w), 0.5, 0.05 / 3, BINARY)
        for r, w in zip(made.by_task(), made.split(made.log_weights), strict=True)
    ]
    assert found.worst == tuple(np.max(joint, axis=0))
    assert found.profile is None
    assert found.best_of == {}
    assert math.isnan(found.more)
    assert "reweighted" in slugs(found)
    assert "decoding" not in slugs(found)


def test_as_drawn_it_is_about_the_law_that_was_sampled():
    made = pool(drawn(), law=HALF)
    found = measured(made, beta=0.5, known=BINARY, as_drawn=True)
    bare = pool([row._replace(sampling_logprob=None, logprob=None) for row in drawn()], law=HALF)
    plain = measured(bare, beta=0.5, known=BINARY)
    assert found.worst == plain.worst
    assert found.reweighted is None
    assert "decoding" in slugs(found)
    assert found.profile is not None


def test_a_mean_of_success_is_between_the_ends_of_all_tasks_at_once():
    made = pool(drawn(), law=HALF)
    found = measured(made, beta=0.5, known=BINARY, sizes=[1, 4]).pass_at
    for k, one in found.items():
        ends = [
            success(Task(rewards=r, log_weights=w), 1.0, 0.05 / 3)
            for r, w in zip(made.by_task(), made.split(made.log_weights), strict=True)
        ]
        lo, hi = (np.mean([1 - (1 - end[side]) ** k for end in ends]) for side in (0, 1))
        assert (one.lo, one.hi) == pytest.approx((lo, hi))
        assert lo <= one.value <= hi
    # Unbiased at k = 1: the weighted share of passes, not that of the draws.
    weights = np.exp(made.log_weights)
    assert found[1].value == pytest.approx(float((weights * made.rewards).mean()))


def test_weights_do_not_wait_for_tasks_with_too_few_draws():
    rows = [*drawn(tasks=2), *[row._replace(task="short") for row in drawn("short", tasks=1, n=3)]]
    found = measured(pool(rows, law=HALF), beta=0.5, known=BINARY, sizes=[8])
    assert (found.pass_at[8].tasks, found.pass_at[8].left_out) == (2, 1)


def test_a_draw_without_both_is_refused_unless_all_are_as_drawn():
    rows = [*drawn(), draw("t0", 1.0, "x", sampling_logprob=-1.0)]
    with pytest.raises(InvalidProblem, match="got both for 360 of 361"):
        measured(pool(rows), beta=0.5, known=BINARY)
    assert measured(pool(rows), beta=0.5, known=BINARY, as_drawn=True).draws.sum() == 361
    with pytest.raises(InvalidProblem, match="got both for 1 of 2"):
        measured(pool([draw("t", 1.0, "x", logprob=-1.0), rows[0]]), beta=0.5, known=BINARY)


def test_a_bound_on_weights_is_refused_where_there_is_none():
    for law, says in (
        (Law(temperature=1.0, top_p=0.9), "top-p 0.9 cuts responses off"),
        (Law(temperature=0.0), "temperature 0 cuts responses off"),
    ):
        with pytest.raises(InvalidProblem, match=says):
            measured(pool(drawn(), law=law), beta=0.5, known=BINARY, heaviest=100.0)
    bare = pool([draw("t", 1.0, "x")])
    with pytest.raises(InvalidProblem, match="heaviest must be left out"):
        measured(bare, beta=0.5, known=BINARY, heaviest=2.0)
    with pytest.raises(InvalidProblem, match="heaviest must be left out"):
        measured(pool(drawn()), beta=0.5, known=BINARY, heaviest=2.0, as_drawn=True)
    with pytest.raises(InvalidProblem, match="heaviest must be finite and above 0"):
        measured(pool(drawn()), beta=0.5, known=BINARY, heaviest=0.0)


def test_a_law_that_cuts_off_is_said_first():
    found = measured(pool(drawn(), law=Law(temperature=1.0, top_k=3)), beta=0.5, known=BINARY)
    assert found.findings[0].slug == "reweighted"
    assert found.findings[0].serious
    assert "top-k 3 cuts off was never drawn" in found.findings[0].says


def test_frequencies_are_held_against_the_law_that_was_drawn():
    assert "log-probabilities" not in [f.slug for f in findings(pool(drawn(n=4000), law=HALF))]
    other = [
        row._replace(sampling_logprob=row.logprob, logprob=row.sampling_logprob) for row in drawn(n=4000)
    ]
    assert "log-probabilities" in [f.slug for f in findings(pool(other, law=HALF))]


def test_weights_that_cannot_be_are_found():
    """The model's log-probability without its last token: ten times too large."""
    rows = [row._replace(logprob=min(0.0, row.logprob + 2.3)) for row in drawn(n=400)]
    (found,) = [
        f for f in measured(pool(rows, law=HALF), beta=0.5, known=BINARY).findings if f.slug == "weights"
    ]
    assert found.serious
    assert "In 3 tasks" in found.says
    honest = measured(pool(drawn(n=400), law=HALF), beta=0.5, known=BINARY)
    assert "weights" not in slugs(honest)


def test_draws_counted_once_keep_their_weights():
    rows = [row._replace(response=f"{row.response}{i}") for i, row in enumerate(drawn())]
    both = pooled([source(rows, law=HALF), source(rows, name="b.jsonl", law=HALF)])
    once = without(both, repeats(both).extra)
    assert len(once.log_weights) == len(rows)
    assert (
        measured(once, beta=0.5, known=BINARY).worst
        == measured(pool(rows, law=HALF), beta=0.5, known=BINARY).worst
    )


def test_token_coverage_rests_on_the_models_normaliser():
    rows = [row._replace(tokens=1) for row in drawn()]
    found = measured(pool(rows, law=HALF), beta=0.2, known=Range(least=0.0, most=1.0))
    high = max(
        (1 / 0.2 - hi) / 2
        for hi in [
            reweighted_z(rewards, logs)
            for rewards, logs in zip(
                pool(rows).by_task(), pool(rows).split(pool(rows).log_weights), strict=True
            )
        ]
    )
    assert found.log_token == pytest.approx(max(0.0, high))


def reweighted_z(rewards, logs):
    from explore_theory.samples.reweighting import log_normaliser

    return log_normaliser(Task(rewards=rewards, log_weights=logs), 0.2, 0.05 / 3, Range(least=0.0, most=1.0))[
        1
    ]


@pytest.mark.parametrize("known", [BINARY, Range(most=1.0), Range(least=-1.0, most=0.0)])
def test_a_temperature_at_which_rounding_decides_is_refused_for_weights_too(known):
    rows = [row._replace(rewards=(min(row.rewards[0], known.most),)) for row in drawn()]
    with pytest.raises(InvalidProblem, match=r"beta must be at least 1e-09 for values up to 1, got"):
        measured(pool(rows, law=HALF), beta=1e-10, known=known)


def test_equal_weights_are_not_said_to_be_worth_draws_of_the_model():
    """All weights alike, and tiny: Kish's number is all draws, though they show hardly any of the model."""
    rows = [draw("t", 0.0, "a", logprob=-11.0, sampling_logprob=0.0) for _ in range(16)]
    found = measured(pool(rows, law=Law(temperature=0.0)), beta=0.1, known=BINARY)
    told = " ".join(meaning(found))
    assert "the 16 have weights as uneven as leave 16 of equal weight" in told
    assert "of its mass or more" in told


def test_unscored_draws_have_no_weight():
    rows = [*drawn(), Draw(task="t0", rewards=(math.nan,), response="?")]
    assert len(pool(rows).log_weights) == 360

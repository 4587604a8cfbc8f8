"""A study: exact gaps, calls in tokens, the same points however computed, and what is said of them."""

import json
import math
from dataclasses import dataclass, replace

import numpy as np
import pytest

from explore_theory import exact
from explore_theory.algorithms import MTSS, SpannerSampling
from explore_theory.errors import InvalidProblem
from explore_theory.exact import soft_dynamics
from explore_theory.models import NGram, share_rewards
from explore_theory.policies import BestOf
from explore_theory.problems import Gaussian, random_markov_problem
from explore_theory.reporting.study import data, page, words
from explore_theory.running.playing import play
from explore_theory.studies import NGramShares, by_reward, growth, studied
from explore_theory.studies.growth import FRACTIONS, log_slope, measured_at
from explore_theory.studies.parallel import studied_by

KINDS = [
    "v" if c in "aeiou" else " " if c == " " else "c" for c in "so much of what is told is as it was told" * 3
]


@dataclass(frozen=True)
class Shares:
    """A family of a small text."""

    name: str = "small"
    says: str = "A small text."
    longest: int | None = None

    def problem(self, horizon):
        model = NGram.fit(KINDS, 2)
        return share_rewards(
            model, "v", horizon=horizon, beta=0.5 / horizon, prompts=[" "], noise=Gaussian(0.3)
        )


@dataclass(frozen=True)
class Chains(Shares):
    """Another kind of problem: a chain with linear rewards, which tells no coverage."""

    name: str = "chains"
    says: str = "Random chains."
    told: bool = True

    def problem(self, horizon):
        found = random_markov_problem(
            horizon=horizon, vocabulary=3, dimension=2, beta=0.3, noise=Gaussian(0.1)
        )
        bound = float(np.exp(soft_dynamics.log_conditional_coverage(found))) * (1 + 1e-9)
        return replace(found, conditional_coverage=bound) if self.told else found


@pytest.fixture(scope="module")
def study():
    return studied([Shares()], [4, 2], runs=2)


def test_numbers_of_a_point_are_those_of_the_problem(study):
    assert [point.horizon for point in study.points] == [2, 4]
    for point in study.points:
        problem = Shares().problem(point.horizon)
        base = soft_dynamics.base_policy(problem)
        assert point.base_gap == float(soft_dynamics.gap(problem, base))
        assert point.eps == pytest.approx(point.base_gap / 20)
        assert point.log_coverage == float(soft_dynamics.log_coverage(problem))
        assert point.log_conditional == float(soft_dynamics.log_conditional_coverage(problem))
        view = by_reward(problem)
        for k in (0, 5, 40):
            assert point.best_of[k] == pytest.approx(float(exact.gap(view, BestOf(np.ones(1), 2**k))[0]))
        assert point.best_of[0] == pytest.approx(point.base_gap)
        assert point.practical_rounds == MTSS.practical(problem.facts, point.eps).fewest
        assert point.derived_rounds == MTSS.derived(problem.facts, point.eps, 0.25).fewest


def test_learners_are_run_as_they_are_and_pay_in_tokens(study):
    point = study.points[0]
    problem = Shares().problem(2)
    eps = FRACTIONS[-1] * point.base_gap
    key = growth.derived_key(("study", "small", "2"), 0, 0) % growth._SEEDS
    tokens = play(MTSS.practical(problem.facts, eps), problem, replicates=2, seed=key)
    assert point.of("mtss").calls.tolist() == tokens.ledger.compute.tolist()
    assert point.of("mtss").gap.tolist() == tokens.gap.tolist()
    learner = SpannerSampling(eps=eps, delta=0.25, update="rarely-switching")
    whole = play(learner, by_reward(problem), replicates=2, seed=key)
    assert point.of("spanner-sampling").calls.tolist() == (2 * whole.ledger.compute).tolist()
    assert point.of("spanner-sampling").rounds.tolist() == whole.ledger.data.tolist()
    assert point.of("mtss").reached == 2


def test_the_last_length_is_asked_for_all_accuracies(study):
    first, last = study.points
    assert len(first.outcomes) == 2
    asked = [one.eps / last.base_gap for one in last.outcomes if one.learner == "mtss"]
    assert asked == pytest.approx(list(FRACTIONS))
    assert last.of("mtss").eps == pytest.approx(last.eps)


def test_a_point_does_not_depend_on_what_is_beside_it(study):
    alone = measured_at(Shares(), 2, runs=2)
    assert alone.of("mtss").calls.tolist() == study.points[0].of("mtss").calls.tolist()
    other = measured_at(Shares(), 2, runs=2, seed=1)
    assert other.of("mtss").calls.tolist() != alone.of("mtss").calls.tolist()


def test_any_model_with_the_interface_is_studied(study):
    both = studied([Shares(), Chains()], [2], runs=1)
    assert [points[0].family for points in both.families()] == ["small", "chains"]
    for points in both.families():
        assert points[0].of("mtss").reached == 1


def test_what_a_learner_refuses_is_said_and_the_rest_is_there(monkeypatch):
    untold = measured_at(Chains(told=False), 2, runs=1)
    assert "conditional_coverage" in untold.of("mtss").missing
    assert not untold.of("spanner-sampling").missing
    assert untold.derived_rounds is None
    said = words.meaning([untold])
    assert any(
        line.startswith("MTSS (token by token, practical schedule) did not run at H = 2") for line in said
    )
    from explore_theory.studies import responses

    monkeypatch.setattr(responses, "MOST_SUMS", 2)
    unlisted = measured_at(Shares(), 3, runs=1)
    assert "rewards of prefixes" in unlisted.of("spanner-sampling").missing
    assert unlisted.log_least_draws is None
    assert unlisted.best_of.size == 0
    assert words.meaning([unlisted])
    assert page.drawings([unlisted])


@pytest.mark.parametrize(
    ("lengths", "says"),
    [([], "one at least"), ([2, 2], "different"), ([0], "lengths must be"), ([1.5], "lengths")],
)
def test_lengths_that_are_none_are_refused(lengths, says):
    with pytest.raises(InvalidProblem, match=says):
        studied([Shares()], lengths)


def test_words_are_made_of_the_numbers(study):
    said = " ".join(words.meaning(study.points))
    first, last = study.points
    each = math.exp((last.log_coverage - first.log_coverage) / 2)
    assert f"times {each:.3g} a token" in said
    calls = [float(np.median(point.of("mtss").calls)) for point in study.points]
    power = math.log(calls[1] / calls[0]) / math.log(2)
    assert f"go from {calls[0]:.3g} to {calls[1]:.3g}, like H^{power:.2g} by least squares" in said
    whole = [float(np.median(point.of("spanner-sampling").calls)) for point in study.points]
    assert f"like {math.sqrt(whole[1] / whole[0]):.3g}^H by least squares" in said
    assert f"cost {whole[1] / calls[1]:.3g} times the calls" in said
    assert "reaches eps in 4 of 4 runs" in said
    assert f"asks for {last.derived_rounds:.3g}" in said


def test_slopes_of_logarithms():
    assert log_slope([1, 2, 3], [math.exp(5), math.exp(7), math.exp(9)]) == pytest.approx(2)
    assert math.isnan(log_slope([1], [2]))


def test_best_of_n_is_said_with_the_least_n(study):
    last = study.points[-1]
    gaps = np.full(41, 2 * last.eps)
    none = replace(last, best_of=gaps, horizon=2)
    assert none.least_best_of is None
    gaps = gaps.copy()
    gaps[3] = gaps[5] = 0.5 * last.eps
    some = replace(last, best_of=gaps)
    assert some.least_best_of == 8
    assert "reaches eps with N = 8 at H = 4; at 1 other length no N" in " ".join(words.meaning([none, some]))
    assert "at none of these lengths" in " ".join(words.meaning([none]))


def test_data_are_all_of_it(study):
    told = json.loads(json.dumps(data.record(study), allow_nan=False))
    assert (told["format"], told["version"]) == ("explore-theory study", 1)
    point = told["points"][1]
    assert point["H"] == 4
    assert len(point["outcomes"]) == 6
    assert len(point["best_of_n"]["gap_by_doublings"]) == 41
    assert told["meaning"]["small"] == words.meaning(study.points)


def test_huge_coverage_is_told_by_its_logarithm(study):
    told = data.record(replace(study, points=(replace(study.points[0], log_coverage=2000.0),)))
    assert told["points"][0]["c_cov"] is None
    assert told["points"][0]["log_c_cov"] == 2000.0


def test_a_page_shows_both_figures_and_the_table(study):
    made = page.page(study)
    assert made.count("<svg") == 2
    for part in ("A small text.", "Calls by length", "Gaps by calls at H = 4", "MTSS", "C_cond"):
        assert part in made
    assert "http://" not in made.replace("http://www.w3.org", "")
    series = {one.label: one for one in page.by_length(study.points)}
    assert series["C_cov"].y == pytest.approx([math.exp(point.log_coverage) for point in study.points])
    assert series["MTSS"].x == (2.0, 4.0)
    gaps = {one.label: one for one in page.by_calls(study.points[-1])}
    assert len(gaps["MTSS"].x) == 6
    assert gaps["best of N"].x[:2] == (4.0, 8.0)
    assert gaps["best of N"].y[0] == pytest.approx(1.0)


@pytest.mark.slow
def test_processes_change_nothing():
    family = NGramShares()
    heard, steps = [], []
    many = studied_by(
        [family],
        [1, 2],
        runs=1,
        seed=0,
        workers=2,
        done=lambda point: heard.append(point.horizon),
        heard=steps.append,
    )
    alone = studied([family], [1, 2], runs=1)
    assert heard == [1, 2]
    assert len(steps) == 2 * growth.steps_of([family], [1, 2])
    assert sorted(set(steps)) == sorted(
        (family.name, h, name, ended)
        for h in (1, 2)
        for name in ("mtss", "spanner-sampling")
        for ended in (False, True)
    )
    assert data.record(many) == data.record(alone)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_embedded_family_at_every_order(order):
    family = NGramShares(order=order)
    assert family.name == f"{order}-gram model"
    problem = family.problem(3)
    assert problem.beta == pytest.approx(1 / 6)
    assert problem.vocabulary == 3


def test_a_text_without_vowels_is_refused(tmp_path):
    (tmp_path / "odd.txt").write_text("bcd fgh " * 9)
    with pytest.raises(InvalidProblem, match="got 2 of the three"):
        NGramShares(text=str(tmp_path / "odd.txt")).problem(2)
    with pytest.raises(InvalidProblem, match="order"):
        NGramShares(order=9)


def test_what_a_misfit_may_cost(study):
    point = study.points[-1]
    assert (point.misfit, point.gap_bound) == (0.0, point.eps)
    off = replace(point, misfit=0.02)
    assert off.gap_bound == pytest.approx(point.eps + 4 * 0.02**2 / (8 * 0.125))
    assert f"{off.gap_bound / off.eps:.3g} eps (TTm)" in words.meaning([off])[-1]
    assert "(TTm)" not in " ".join(words.meaning([point]))
    unknown = replace(point, misfit=None)
    assert unknown.gap_bound is None
    assert "too many prefixes" in words.meaning([unknown])[-1]


def test_a_bound_that_the_base_policy_keeps_is_no_promise(study):
    """Asked for is a twentieth of its gap: at twenty times eps nothing is held any more."""
    point = study.points[-1]
    rate = point.horizon / (8 * point.beta)
    for times, promises in ((19.9, True), (20.1, False), (263.0, False)):
        off = replace(point, misfit=float(np.sqrt((times - 1) * point.eps / rate)))
        said = words.meaning([off])[-1]
        assert f"= {times:.3g} eps (TTm)" in said
        assert ("the base policy itself has one of 20 eps" not in said) == promises
        assert ("measured, and not promised" not in said) == promises


def test_one_run_is_one(study):
    assert words.runs(study) == "2 runs of a learner at each length"
    alone = replace(study, runs=1)
    assert "1 run of a learner at each length, seed 0" in page.page(alone)


def test_each_learner_is_told_of_as_it_begins_and_ends():
    heard = []
    measured_at(Shares(), 1, runs=1, all_accuracies=True, heard=heard.append)
    names = [("small", 1, name, ended) for name in ("mtss", "spanner-sampling") for ended in (False, True)]
    assert heard == 3 * names
    assert growth.steps_of([Shares(), Chains()], [1, 2]) == 2 * (2 + 6)


def test_an_error_of_features_is_measured_where_no_parameter_is_declared():
    problem = replace(Chains().problem(2), theta=None)
    assert growth._misfit(problem) == pytest.approx(0.0, abs=1e-9)
    layers = tuple(replace(layer, features=layer.features[..., :1]) for layer in problem.layers)
    assert growth._misfit(replace(problem, layers=layers)) > 1e-3
    assert growth._misfit(Chains().problem(2)) == 0.0

"""`run LEARNER --instance FILE`: what it prints, and one line for every mistake."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from explore_theory import TabularProblem
from explore_theory.cli import main
from explore_theory.problems import Gaussian, random_markov_problem
from explore_theory.running.responses import kebab, learners


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    theta = np.array([0.5, -0.2])
    features = np.array([[[0.9, 0.1], [-0.5, 0.4], [0.0, 0.0], [0.2, -0.7]]])
    path = tmp_path_factory.mktemp("run") / "problem.npz"
    TabularProblem(
        prompt_mass=[1.0],
        base=[[0.05, 0.15, 0.5, 0.3]],
        features=features,
        reward=features @ theta,
        beta=0.4,
        theta_star=theta,
        parameter_radius=1.0,
        coverage=6.0,
        noise=Gaussian(0.05),
    ).save(path)
    return str(path)


def run(*arguments):
    return CliRunner().invoke(main, ["run", *arguments])


def test_it_prints_schedule_ledger_and_exact_gap(instance):
    done = run("spanner-sampling", "--instance", instance, "--set", "eps=0.05", "--replicates", "4")
    assert done.exit_code == 0, done.output
    for words in (
        "spanner-sampling, 4 replicates",
        "C_cov told = 6",
        "N_span = 6",
        "T_comp = ",
        "exact gap: ",
    ):
        assert words in done.output
    assert "gap at most eps = 0.05 in 100 % of replicates" in done.output


def test_coverage_that_is_set_is_what_the_learner_is_told(instance):
    settings = ("--set", "eps=0.05", "--set", "coverage=7")
    done = run("spanner-sampling", "--instance", instance, *settings, "--replicates", "2")
    assert "C_cov told = 7," in done.output
    assert "N_span = 7" in done.output


def test_json_has_a_gap_per_replicate(instance):
    done = run(
        "passive-sampling", "--instance", instance, "--set", "rounds=50", "--replicates", "3", "--json"
    )
    outcome = json.loads(done.output)
    assert len(outcome["each"]["gap"]) == outcome["replicates"] == 3
    assert outcome["T_comp"] == 100


def test_a_run_out_of_budget_says_so(instance):
    done = run("spanner-sampling", "--instance", instance, "--budget", "weak=500", "--law", "literal")
    assert done.exit_code == 0
    assert "16 replicates ran out of budget; their ledgers are kept" in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["spaner-sampling"], "learner must be one of"),
        (["spanner-sampling", "--set", "epps=1"], "did you mean 'eps'?"),
        (["spanner-sampling", "--set", "eps"], "set must be NAME=VALUE"),
        (["spanner-sampling", "--set", "eps=1", "--set", "eps=2"], "set must be NAME=VALUE, each NAME once"),
        (["spanner-sampling", "--set", "eps=x"], "eps must be float, got eps='x'"),
        (["spanner-sampling", "--set", "eps=-1"], "eps must be positive and finite"),
        (["passive-sampling"], "passive-sampling must be given rounds, got none (--set rounds=VALUE)"),
        (["spanner-sampling", "--law", "exact"], "law must be one of literal, exact-law"),
        (["spanner-sampling", "--budget", "weak=much"], "budget must be KIND=CALLS"),
        (["spanner-sampling", "--budget", "weka=3"], "budgets must be one of"),
        (
            ["spanner-sampling", "--replicates", "1", "--budget", "weak=9"],
            "budgets must pay for the whole phase",
        ),
    ],
)
def test_a_mistake_is_one_line(instance, arguments, message):
    done = run(*arguments, "--instance", instance)
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04"])
def test_a_malformed_instance_is_one_line(tmp_path, content):
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    done = run("spanner-sampling", "--instance", str(path))
    assert done.exit_code == 2
    assert done.output.startswith("explore-theory: ")
    assert done.output.count("\n") == 1


def test_learners_have_names_that_can_be_typed():
    assert kebab("OnlineDPO") == "online-dpo"
    assert kebab("XPO") == "xpo"
    assert kebab("BestOfN") == "best-of-n"
    assert {"spanner-sampling", "passive-sampling", "weak-sampling"} <= learners().keys()


# --- token by token ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokens")
    problem = random_markov_problem(horizon=4, vocabulary=3, dimension=2, beta=0.2, noise=Gaussian(0.1))
    replace(problem, conditional_coverage=4.0).save(folder / "told.npz")
    problem.save(folder / "untold.npz")
    return folder


def test_mtss_runs_on_a_file_of_tokens(tokens):
    done = run("mtss", "--instance", str(tokens / "told.npz"), "--set", "eps=0.02", "--replicates", "2")
    assert done.exit_code == 0, done.output
    for words in ("mtss, 2 replicates", "H = 4, A = 3", "C_cond told = 4", "regress", "exact gap: "):
        assert words in done.output
    assert "gap at most eps = 0.02 in 100 % of replicates" in done.output


def test_mtss_takes_numbers_and_says_them(tokens):
    settings = ("--set", "eps=0.05", "--set", "fewest=20", "--set", "quality=0.01", "--json")
    done = run("mtss", "--instance", str(tokens / "told.npz"), *settings, "--replicates", "3")
    outcome = json.loads(done.output)
    assert outcome["schedule"]["fewest"] == 20
    assert len(outcome["each"]["gap"]) == 3
    assert outcome["gap of the base policy"] > 0


@pytest.mark.parametrize(
    ("learner", "file", "more", "message"),
    [
        ("mtss", "told.npz", (), "mtss must be given eps, got none (--set eps=VALUE)"),
        ("mtss", "told.npz", ("--set", "epz=1"), "set must be one of eps, "),
        ("mtss", "told.npz", ("--set", "eps=0.1", "--set", "schedule=fast"), "schedule must be one of"),
        ("mtss", "untold.npz", ("--set", "eps=0.1"), "facts must declare conditional_coverage"),
        ("spanner-sampling", "told.npz", (), "learner must be one of mtss, printed-mtss for the problem in"),
        (
            "mtss",
            "told.npz",
            ("--set", "eps=0.1", "--budget", "token=5"),
            "token budget must stay at most 5",
        ),
    ],
)
def test_mistakes_with_tokens_are_one_line(tokens, learner, file, more, message):
    done = run(learner, "--instance", str(tokens / file), *more)
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_mtss_wants_a_file_of_tokens(instance):
    done = run("mtss", "--instance", instance, "--set", "eps=0.1")
    assert done.exit_code == 2
    assert "learner must be one of " in done.output
    assert "got learner='mtss'" in done.output

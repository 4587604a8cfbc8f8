"""What `inspect` says of a problem: numbers against sums by hand, and which statements apply."""

import json
import math

import jsonschema
import numpy as np
import pytest
from click.testing import CliRunner

from explore_theory import TabularProblem, save
from explore_theory.cli import main
from explore_theory.exact import soft_dynamics
from explore_theory.formulas import Clauses, Formula, MixedFormula
from explore_theory.instances.inspecting import inspected
from explore_theory.problems import DNF, markov_problem, random_markov_problem

BASE = np.array([[0.5, 0.25, 0.25], [0.1, 0.9, 0.0]])
REWARD = np.array([[0.0, 0.5, 1.0], [1.0, 0.0, 7.0]])
FEATURES = np.array([[[0.0], [0.5], [1.0]], [[1.0], [0.0], [0.0]]])
BETA = 0.25
PROBLEM = TabularProblem(
    prompt_mass=[0.75, 0.25], base=BASE, reward=REWARD, features=FEATURES, beta=BETA, parameter_radius=2.0
)


def statement(found, claim):
    (one,) = [each for each in found.statements if claim in each.claims]
    return one


def test_the_numbers_of_a_table_are_those_of_sums_by_hand():
    found = inspected(PROBLEM)
    z = (BASE * np.exp(REWARD * (BASE > 0) / BETA)).sum(axis=1)
    best = BASE * np.exp(REWARD * (BASE > 0) / BETA) / z[:, None]
    rho = np.array([0.75, 0.25])
    here = found.quantities
    assert here["R"] == 1.0
    assert here["C_cov"] == pytest.approx(max(math.exp(4) / z[0], math.exp(4) / z[1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        kl = np.where(best > 0, best * np.log(best / BASE), 0).sum(axis=1)
    assert here["KL(pi* || pi_ref)"] == pytest.approx(float(rho @ kl))
    assert here["J(pi*)"] == pytest.approx(float(rho @ (BETA * np.log(z))))
    mean = (BASE * REWARD).sum(axis=1)
    assert here["J(pi_ref)"] == pytest.approx(float(rho @ mean))
    assert here["gap of pi_ref"] == pytest.approx(float(rho @ (BETA * np.log(z) - mean)))
    assert found.sizes["outside the support"] == 1
    worst = found.tables["prompts covered worst"]
    assert [row["prompt"] for row in worst] == [1, 0]
    assert worst[0]["pi_ref there"] == pytest.approx(0.1)
    profile = found.tables["coverage profile"]
    ratio = np.where(best > 0, best / np.where(BASE > 0, BASE, 1), 0)
    for row in profile:
        left = float((best * rho[:, None])[ratio > row["M"]].sum())
        assert row["P(pi*/pi_ref > M)"] == pytest.approx(left)
    assert any("1 prompts have their best reward outside the support" in said for said in found.warnings)


def test_a_prompt_of_no_mass_is_not_looked_at():
    mass = {"prompt_mass": [1.0, 0.0], "reward": REWARD, "features": FEATURES, "beta": BETA}
    found = inspected(TabularProblem(base=BASE, **mass))
    # The second prompt is covered worse, and its rewards reach further.
    assert found.quantities["C_cov"] == pytest.approx(
        math.exp(4) / (0.5 + 0.25 * math.exp(2) + 0.25 * math.exp(4))
    )
    assert [row["prompt"] for row in found.tables["prompts covered worst"]] == [0]


def test_which_lower_bounds_apply_is_said_with_numbers():
    found = inspected(PROBLEM)
    lower = statement(found, "CT")
    assert lower.applies is False
    assert lower.about == "problems like it"
    assert "beta/R <= 1/8: here 0.25 > 0.125" in [each.says for each in lower.assumptions]
    # C_cov is e^4/(.1 e^4 + .9) = 8.585, and exp(R/(2 beta)) = e^2 = 7.389.
    assert "C_cov <= exp(R/(2 beta)): here 8.585 > 7.389" in [each.says for each in lower.assumptions]
    rare = inspected(
        TabularProblem(
            prompt_mass=[1],
            base=[[0.88] + [0.12 / 15] * 15],
            reward=[[0] * 15 + [1]],
            features=np.zeros((1, 16, 1)),
            beta=0.1,
        )
    )
    assert statement(rare, "CT").applies is True
    assert statement(rare, "T21").applies is True


def test_whether_the_optimal_policy_is_in_the_class_is_measured():
    found = inspected(PROBLEM)
    assert statement(found, "LG1").applies is True
    assert found.quantities["error of the best linear fit"] == pytest.approx(0, abs=1e-9)
    assert found.quantities["|theta| of the best fit"] == pytest.approx(1.0)
    assert any("theta_star is not declared" in said for said in found.warnings)
    # One feature, rewards (0, .5, 2) at (0, .5, 1): the best line misses by .5 from end to end.
    bent = TabularProblem(
        prompt_mass=[1], base=[[0.5, 0.25, 0.25]], reward=[[0, 0.5, 2]], features=FEATURES[:1], beta=BETA
    )
    other = inspected(bent)
    assert statement(other, "LG1").applies is False
    assert statement(other, "ST").applies is False
    assert other.quantities["error of the best linear fit"] == pytest.approx(0.5, rel=0.35)


def test_more_responses_than_a_programme_takes_are_fitted_by_least_squares():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(1, 3000, 2)) / 10
    fields = {"prompt_mass": [1], "base": np.full((1, 3000), 1 / 3000), "features": features, "beta": 1.0}
    fits = inspected(TabularProblem(reward=features @ [0.3, 0.4], **fields))
    assert statement(fits, "LG1").applies is True
    misses = inspected(TabularProblem(reward=rng.normal(size=(1, 3000)), **fields))
    assert statement(misses, "LG1").applies is None


def test_the_numbers_of_a_token_problem():
    problem = random_markov_problem(horizon=3, vocabulary=3, dimension=2, beta=0.2, misfit=0.1)
    found = inspected(problem)
    logs = soft_dynamics.sequence_laws(problem, soft_dynamics.base_policy(problem))[0]
    rewards = soft_dynamics.sequence_rewards(problem)[0]
    z = (np.exp(logs) * np.exp(rewards / 0.2)).sum()
    assert found.quantities["C_cov"] == pytest.approx(float(np.exp(rewards.max() / 0.2) / z))
    assert found.quantities["J(pi*)"] == pytest.approx(0.2 * math.log(z))
    best = np.exp(logs + rewards / 0.2) / z
    assert found.quantities["KL(pi* || pi_ref)"] == pytest.approx(float((best * (np.log(best) - logs)).sum()))
    assert found.quantities["C_cond"] == pytest.approx(
        math.exp(float(soft_dynamics.log_conditional_coverage(problem)))
    )
    misfit = found.quantities["largest error of a linear fit of Q_h"]
    assert misfit == pytest.approx(0.02, rel=1e-3)
    assert statement(found, "TT").applies is False
    assert f"costs {3 * misfit**2 / 1.6:.3g}" in statement(found, "TTm").says
    fits = inspected(random_markov_problem(horizon=3, vocabulary=3, dimension=2, beta=0.2))
    assert statement(fits, "TT").applies is True


def test_a_token_problem_that_is_too_large_to_fit_is_not_judged():
    flat = markov_problem(base=np.full((40, 40), 1 / 40), reward=np.zeros((2, 40, 40)), beta=1.0)
    found = inspected(flat)
    assert statement(found, "TT").applies is False
    assert any("declare theta to have it checked" in said for said in found.warnings)
    assert any("rewards are constant" in said for said in found.warnings)


@pytest.mark.parametrize(
    ("formula", "mean", "best"),
    [
        (Formula(np.array([[1, 2], [-1, 2], [1, -2]]), 2), 1 / 4, 1 / 3),
        (MixedFormula([[1], [2, 3], [-1]], 3), (0.5 + 0.25 + 0.5) / 3, 2 / 3),
        (Clauses(np.array([[1, 2], [-1, 2], [1, -2], [-1, -2]]), 2), 3 / 4, 3 / 4),
        (Clauses(np.array([[1, -1], [2, 0]]), 2), (1 + 0.5) / 2, 1.0),
        (Clauses(np.zeros((2, 1), dtype=int), 1), 0.0, 0.0),
    ],
)
def test_the_numbers_of_a_formula(formula, mean, best):
    found = inspected(formula)
    assert found.quantities["satisfied by a random assignment"] == pytest.approx(mean)
    assert found.quantities["largest value found"] == pytest.approx(best)
    assert found.quantities["largest value at most"] == pytest.approx(best)


def test_clauses_satisfied_are_their_terms_satisfied():
    clauses = Clauses(np.array([[1, -2, 3], [2, 4, 0], [-1, -3, -4], [1, -1, 0]]), 4)
    terms = clauses.terms()
    for code in range(16):
        signs = np.array([1 if code >> v & 1 else -1 for v in range(4)])
        assert clauses.satisfied(signs).sum() == terms.satisfied(signs).sum() + 1


def test_a_large_formula_is_not_tried_in_full():
    rng = np.random.default_rng(0)
    literals = np.sort(rng.permuted(np.tile(np.arange(1, 61), (200, 1)), axis=1)[:, :3], axis=1)
    found = inspected(Formula(literals, 60))
    assert "random assignments" in found.quantities["found by"]
    assert found.quantities["largest value at most"] == 1.0


def test_the_problem_of_terms_is_told_of_its_assignment():
    formula = Formula(np.array([[1, 2], [-1, 2]]), 2)
    found = inspected(DNF(formula=formula, eta=0.25, assignment=[1, 1]))
    assert found.quantities["value of the assignment"] == 0.5
    assert found.quantities["1/p0"] == pytest.approx(4.0**6)


# --- the command --------------------------------------------------------------------------------------------


@pytest.fixture
def cli(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    save(PROBLEM, tmp_path / "table.json")
    save(random_markov_problem(horizon=3, vocabulary=3, dimension=2, beta=0.2), tmp_path / "tokens.npz")
    (tmp_path / "x.dnf").write_text("p dnf 3 2\n1 -2 0\n-1 3 0\n")

    def call(*arguments):
        return CliRunner().invoke(main, [str(a) for a in arguments])

    return call


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (
            "table.json",
            ["tabular (TabularProblem)", "C_cov  ", "does not apply: CT", "NO  beta/R <= 1/8"],
        ),
        ("tokens.npz", ["tokens (AutoregressiveProblem), npz", "C_cond  ", "run on it: mtss, printed-mtss"]),
        ("x.dnf", ["formula (Formula), dimacs", "n 3, m (terms) 2", "applies: LH6"]),
    ],
)
def test_the_command_says_what_there_is_to_know(cli, file, words):
    done = cli("inspect", file)
    assert done.exit_code == 0, done.output
    for word in words:
        assert word in done.stdout


@pytest.mark.parametrize("file", ["table.json", "tokens.npz", "x.dnf"])
def test_the_command_for_programs(cli, file):
    told = json.loads(cli("inspect", file, "--json").stdout)
    assert (told["format"], told["version"]) == ("explore-theory inspection", 1)
    assert {"sizes", "quantities", "tables", "warnings", "statements", "learners"} <= set(told)
    assert all(each["applies"] in (True, False, None) for each in told["statements"])


def test_claims_that_statements_name_exist():
    from installed_claims import installed

    known = {registered.claim.id for registered in installed().claims}
    problems = (
        PROBLEM,
        random_markov_problem(horizon=2, vocabulary=2, dimension=1, beta=1.0),
        Formula(np.array([[1]]), 1),
        Clauses(np.array([[1]]), 1),
    )
    named = {id for problem in problems for each in inspected(problem).statements for id in each.claims}
    assert named <= known


def test_the_schema_is_printed(cli):
    schema = json.loads(cli("inspect", "--schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert cli("inspect").exit_code == 2


def test_mistakes_are_one_line(cli):
    done = cli("inspect", "none.json")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    done = cli("run", "spanner-sampling", "--instance", "x.dnf", "--set", "eps=0.1")
    assert "must be a tabular or token problem for a run, got a Formula" in done.stderr


def test_a_learner_runs_on_a_document(cli):
    done = cli("run", "passive-sampling", "--instance", "table.json", "--set", "rounds=3")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [1, 0, 3, 2], [3, 2, 1, 0]])
def test_the_best_fit_is_that_of_all_pairs_whatever_response_comes_first(order):
    features, reward = np.array([0.0, 0.2, 0.6, 1.0])[order], np.array([0.0, 0.9, 0.1, 1.0])[order]
    slopes = np.linspace(-3, 3, 60001)
    residuals = reward - slopes[:, None] * features
    least = float((residuals.max(axis=1) - residuals.min(axis=1)).min())
    table = {"prompt_mass": [1.0], "base": [[0.25] * 4], "beta": 0.1}
    found = inspected(TabularProblem(reward=[reward], features=features[None, :, None], **table))
    assert found.quantities["error of the best linear fit"] == pytest.approx(least, abs=1e-4)
    assert least == pytest.approx(26 / 30, abs=1e-4)

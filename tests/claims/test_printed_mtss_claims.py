"""T51, LM2 and T8p: what they count and add up, by hand and in floats."""

import itertools
import json
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner

from explore_theory import oracles
from explore_theory.algorithms.tokens.printed import PrintedMTSS
from explore_theory.certify.balls import ball
from explore_theory.cli.entry import main
from explore_theory.exact import processes, soft_dynamics
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Case, Trial
from explore_theory.oracles import SoftmaxSampler
from explore_theory.oracles.processes.softmax_density import density_law
from explore_theory.problems import random_process
from proofs_checks.token_level_improvement import learners
from proofs_checks.token_level_improvement import lm2_estimation_error as lm2
from proofs_checks.token_level_improvement import mtss_terms as terms
from proofs_checks.token_level_improvement import printed_mtss_counts as counts
from proofs_checks.token_level_improvement import printed_mtss_runs as runs
from proofs_checks.token_level_improvement import t8p_plug_in_ratio as t8p
from proofs_checks.token_level_improvement import t51_printed_mtss as t51

TRIAL = Trial(case=Case(slug="any"), streams=Streams(("tests",), (0,), 0))

# --- T51 ---------------------------------------------------------------------------------------------------


def test_two_iterations_on_two_layers_counted_by_hand():
    """T = 2, H = 2, N = 3, W = 2: the second iteration has two pairs in each layer."""
    problem = random_process(horizon=2, states=3, actions=3, dimension=2, beta=0.5)
    sampler = SoftmaxSampler(ratio=8.0, normaliser=5, tries=20)
    numbers = {"iterations": 2, "rollouts": 3, "walks": 2, "tests": 4}
    oracle = oracles.open_density(problem)
    PrintedMTSS(ridge=0.1, radius=0.5, parameter_radius=1.0, sampler=sampler, **numbers).run(oracle)
    ledger = oracle.ledger
    # Two pairs, two sides, three rollouts; those from the first layer have two rewards.
    assert ledger.total("reward")[0] == 12 * 2 + 12
    # 12 rollouts move once. Walks from prompts to layer 2: two in each iteration; from two pairs: four.
    assert ledger.total("transition")[0] == 12 + 2 * 2 + 4
    # Layer 1: 12 rollouts and 4 walks leave one place; layer 2: 12 rollouts.
    assert ledger.total("reset")[0] == (16 - 1) + (12 - 1)
    assert ledger.total("prompt")[0] == 2 * 2 * 2
    one = counts.Setting(2, 2, 3, 2, 4, sampler, ledger)
    assert [int(value) for value in counts.counted([one]).lo] == [36, 20, 26, 28, 8]
    assert (one.ends, one.walked, one.rolled) == (8 + 4, 8 + 4 + 4, 12)
    assert int(counts.most_tokens([one]).lo[0]) == 26 * 28 + 4 * 12


def test_the_formula_of_the_statement_is_the_sum_of_the_counts():
    for one in counts.settings(TRIAL):
        big, steps, n, w = one.iterations, one.horizon, one.rollouts, one.walks
        rewards = n * big * (big - 1) * steps * (steps + 1)
        moves = n * big * (big - 1) * steps * (steps - 1) + w * (
            Fraction(big * steps * (steps - 1), 2)
            + Fraction(big * (big - 1) * steps * (steps * steps - 1), 6)
        )
        resets = steps * (big - 1) * (2 * n * big - 1) + w * Fraction(
            big * (big - 1) * steps * (steps - 1), 2
        )
        assert [int(v) for v in counts.counted([one]).lo[:3]] == [rewards, moves, resets]
        assert one.ledger.data[0] == rewards + moves + resets


def test_the_process_is_the_token_problem():
    problem = learners.instance("markov", 3)
    process = runs.process_of(problem)
    for policy in (processes.base_policy(process), processes.optimum(process).log_policy):
        assert float(processes.gap(process, policy)) == pytest.approx(
            float(soft_dynamics.gap(problem, policy)), abs=1e-12
        )
    # As much noise in a whole response.
    assert process.noise.sigma * math.sqrt(3) == pytest.approx(problem.noise.sigma)


def test_failures_of_either_are_counted_and_so_are_missing_certificates():
    gap = np.array([0.5, 0.9995, 1.2, 0.5, 0.1])
    fine = runs.Meters(*(np.zeros(5) for _ in range(5)))
    certified = np.array([True, True, True, False, True])
    pair = runs.Pair(
        replace(fine, gap=gap), replace(fine, gap=np.array([0.1, 0.1, 0.1, 0.1, 2.0])), certified
    )
    assert t51.failures(pair).successes == 4


def test_ours_pays_two_rewards_in_a_round():
    pair = runs.shared("product", 2, 0.25, learners.Rows(("tests",), (0, 1), 0))
    assert pair.ours.rewards.min() > 100
    assert (pair.ours.rewards % 2 == 0).all()
    assert (pair.printed.data > pair.printed.rewards).all()
    assert (pair.printed.compute > pair.printed.tokens).all()


# --- LM2 ---------------------------------------------------------------------------------------------------

SETTING = terms.Setting(H=3, d=2, beta=Fraction(1, 2), eps=Fraction(1, 20), B=2, C=4, T=36)


@pytest.mark.parametrize("eps", [0.05, 1e-9])
def test_the_numbers_are_those_of_the_statement(eps):
    """The estimates bind, and the regret."""
    n = terms.scheduled(replace(SETTING, eps=Fraction(eps)))
    kappa, visits = math.e - 2, 2 * 36 * 3
    rho = min(2 * 0.5 * eps / (kappa * 3), 0.25 / (4800 * kappa**2 * 9 * 36))
    assert float(n.rho) == pytest.approx(rho)
    assert float(n.ridge) == pytest.approx(rho / (48 * 4))
    ratio = 2 * (55296 * math.e * 3 * 2 * 0.5 * visits * 4 / rho) ** 2
    assert float(n.M) == pytest.approx(ratio)
    log = 2 * math.log(4 * ratio)
    second = 19200 * 36 * (12 + 12 * log**2 + 85 * 9 * 4) + 3072 * 36 * 9 * 2 * 0.5 * log
    third = 48 * (8 * log**2 + 200 * 9 * 4) + 3072 * 3 * 4
    assert float(n.rejection) == pytest.approx(min(rho / (12 * second), eps / (72 * (1 + 7.5 + 0.5 * log))))
    a, b = 76800 * 4 * 9 * 2 / rho, 46080 * 9 * 4 * 36 / rho
    assert float(n.N) == pytest.approx(2 * a * math.log(24 * a * 3 * 36 / 0.05) + 2 * b)
    assert float(n.p) == pytest.approx(
        min(rho / (12 * visits * (third + 2304 * 3 + 7680 * 3)), eps / (6 * (6 * (log + 15) + 18)))
    )
    assert float(n.q) == pytest.approx(
        min(
            math.sqrt(rho / (92160 * 3 * visits)) / (8 * math.e),
            eps / (6 * (1 + 2 * math.e) * 9 * 4),
            1 / 16,
        )
    )
    # The logarithm that is stands below the one that the numbers were made with.
    assert float(n.log) < log


def test_the_right_sides_term_by_term():
    # Numbers of one size, so that no term is lost.
    n = terms.Numbers(*(ball(x) for x in (0.5, 2e3, 9e9, 1e-6, 3e3, 2e-3, 0.03)))
    rho, m, rej, big, p, q = (float(x) for x in (n.rho, n.M, n.rejection, n.N, n.p, n.q))
    log, kappa = math.log(4 * m * math.log(4 / rej)), math.e - 2
    first = 6400 * 4 * 9 * 2 * math.log(3 * big * 4 * 3 * 36 / 0.05) + 3840 * 9 * 4 * 36
    second = 19200 * 36 * (12 + 48 * 0.25 * log**2 + 85 * 36) + 3072 * 36 * 9 * log
    third = 48 * (8 * log**2 + 200 * 36) + 3072 * 12
    visits = 216
    error = (
        16 * float(n.ridge) + first / big + second * rej + third * visits * p
        + 2304 * 3 * visits * (2 * math.e * 4 * math.sqrt(2 / m) + p)
        + 19200 * 3 * 0.25 * visits * (kappa / 4 * rho / 0.25) ** 2
        + 7680 * 3 * visits * ((8 * math.e * q) ** 2 + p)
    )  # fmt: skip
    assert float(terms.estimate(SETTING, n)) == pytest.approx(error)
    regret = (
        3 * kappa * rho / (4 * 0.5) + 12 * (1 + 7.5 + 0.5 * log) * rej
        + 2 * (log + 15) * 3 * p + 9 * ((1 + 2 * math.e) * 4 * q + 2 * p)
    )  # fmt: skip
    assert float(terms.regret(SETTING, n)) == pytest.approx(regret)
    assert float(terms.needed(SETTING, n)) == pytest.approx(
        max(4 * rho / 0.25, 16 * q, 64 * math.e**2 * 16 / m)
    )


def test_data_do_not_grow_with_coverage_but_by_a_logarithm():
    few, many = (terms.scheduled(replace(SETTING, C=c)) for c in (4, 4 * 10**6))
    assert float(many.N) == pytest.approx(float(few.N))
    assert 0.2 < float(many.p / few.p) < 1
    assert float(many.M / few.M) == pytest.approx(1e12)


def test_the_grid_has_a_setting_where_either_accuracy_binds():
    found = [terms.scheduled(s) for s in terms.settings()]
    assert len(found) == 480
    regret = [
        float(n.rho * terms.kappa()) * s.H / (2 * float(s.beta) * float(s.eps))
        for s, n in zip(terms.settings(), found, strict=True)
    ]
    binds = [share < 1 - 1e-9 for share in regret]
    assert 0 < sum(binds) < 480


def test_witnesses_of_printed_forms_stand_by_hand():
    values = {form.slug: form.check.measure(TRIAL).lo[0] for form in lm2.CLAIM.printed}
    assert values["shift-squared"] == Fraction(1, 1000) / Fraction(13, 8000) ** 2
    mass = 0.01 * math.e**2 / (1 + 0.01 * (math.e**2 - 1))
    # J(pi*) by hand: E Q - beta KL, against the base policy's.
    kl = mass * math.log(mass / 0.01) + (1 - mass) * math.log((1 - mass) / 0.99)
    assert float(values["far-actions"]) == pytest.approx(mass - 0.5 * kl - 0.01)


# --- the command line --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    path = tmp_path_factory.mktemp("tokens") / "tokens.npz"
    learners.instance("product", 2).save(path)
    return str(path)


def run(*arguments):
    return CliRunner().invoke(main, ["run", *arguments])


def test_it_runs_from_the_command_line(tokens):
    done = run("PrintedMTSS", "--instance", tokens, "--set", "eps=0.02", "--replicates", "3", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.output)
    assert said["learner"] == "printed-mtss"
    assert said["gap at most eps"] == 1.0
    assert said["certified"] == 1.0
    assert said["schedule"]["ratio"] == pytest.approx(4 * said["problem"]["C_cond"])
    words = run("printed-mtss", "--instance", tokens, "--set", "eps=0.02", "--set", "literal=true",
                "--set", "iterations=3", "--law", "literal", "--replicates", "2")  # fmt: skip
    assert "literal = true" in words.output
    assert "iterations 3, certified" in words.output


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["anchor=2", "eps=.1"], "anchor must lie in [0, 1], got anchor=2"),
        (["anchor=first", "eps=.1"], "anchor must be int, got anchor='first'"),
        ([], "printed-mtss must be given eps, got none (--set eps=VALUE)"),
        (["eps=.1", "schedule=best"], "schedule must be one of practical, printed, mended"),
        (["eps=.1", "sampler=3"], "sampler must be"),
        (["eps=1e-300", "schedule=printed"], "must be below 2^62 to be run"),
        (["eps=.1", "width=3"], "set must be one of eps, iterations"),
    ],
)
def test_settings_that_are_refused_in_one_line(tokens, settings, message):
    done = run("printed-mtss", "--instance", tokens, *(part for one in settings for part in ("--set", one)))
    assert done.exit_code == 2
    assert message in done.output
    assert done.output.count("\n") == 1


# --- T8p ---------------------------------------------------------------------------------------------------


def test_bias_and_variance_are_those_of_all_sequences_of_draws():
    state = t8p.State(Fraction(1, 4), 2, 3)
    z = 1 + 0.25 * (math.exp(2) - 1)
    found = np.zeros(2)
    for draws in itertools.product((0, 1), repeat=3):
        chance = math.prod(0.25 if one else 0.75 for one in draws)
        log = math.log(sum(math.exp(2 * one) for one in draws) / 3 / z)
        found += chance * np.array([log, log * log])
    first, spread = (float(x) for x in state.moments())
    assert first == pytest.approx(found[0])
    assert spread == pytest.approx(found[1] - found[0] ** 2)
    assert float(state.coverage) == pytest.approx(math.exp(2) / z)
    below = t8p.State(Fraction(1, 4), -2, 3)
    assert float(below.coverage) == pytest.approx(1 / (1 + 0.25 * (math.exp(-2) - 1)))


def test_the_bounds_of_the_statement():
    state = t8p.State(Fraction(1, 4), -2, 50)
    c, u = float(state.coverage), 0.5
    k, s = (math.log(2) - 0.5) / 0.25, (math.log(2) / 0.5) ** 2
    chance = math.exp(-50 * (0.5 - 0.5 * math.log(2)) / c)
    b, v, reports = (float(x) for x in t8p.stated(state, Fraction(u)))
    assert b == pytest.approx(k * (c - 1) / 50 + 2 * chance)
    assert v == pytest.approx(s * (c - 1) / 50 + 4 * chance)
    square = sum((1 - 1 / c) ** j / j**2 for j in range(1, 200))
    assert float(t8p.dilogarithm(state)) == pytest.approx(square)
    assert reports == pytest.approx((square - v) / b**2)


def test_the_bias_is_that_of_the_law_of_calls_where_nothing_fails():
    state = t8p.State(Fraction(1, 4), 2, 40)
    sampler = SoftmaxSampler(ratio=40.0, normaliser=40, tries=4000)
    base, score = np.array([[0.75, 0.25]]), np.array([[0.0, 2.0]])
    bias = density_law(base, score, sampler).bias(np.log(base))[0]
    assert bias == pytest.approx(-float(state.moments()[0]), rel=1e-6)

"""Baselines: they learn, they pay for what they use, and their fits are what they say."""

import dataclasses
import math

import numpy as np
import pytest

from explore_theory import exact, oracles
from explore_theory.algorithms import XPO, BestOfN, OnlineDPO, OnlineGreedy, PassiveSampling
from explore_theory.algorithms.baselines import online
from explore_theory.algorithms.baselines.online import fit
from explore_theory.algorithms.baselines.pair_losses import LogisticLoss, Optimism, SquaredLoss
from explore_theory.algorithms.baselines.quadratic import Quadratic, descend
from explore_theory.errors import BudgetExceeded, InvalidProblem, OracleMisuse
from explore_theory.policies import Base, BestOf, Softmax
from explore_theory.problems import Gaussian, HiddenNeedle, NoNoise, TabularProblem
from explore_theory.problems.protocol import Ball, Box

THETA = np.array([0.6, 0.1, -0.4])


def problem(noise=None, prompts=3, radius=1.0):
    random = np.random.default_rng(5)
    features = random.normal(size=(prompts, 8, 3))
    features /= np.linalg.norm(features, axis=-1, keepdims=True)
    return TabularProblem(
        prompt_mass=np.full(prompts, 1 / prompts),
        base=random.dirichlet(np.full(8, 0.5), size=prompts),
        features=features,
        reward=features @ THETA + 1.0,
        beta=0.2,
        theta_star=THETA,
        parameter_radius=radius,
        noise=noise or Gaussian(0.2),
    )


ONLINE = {
    "greedy": lambda rounds, **more: OnlineGreedy(rounds=rounds, **more),
    "dpo": lambda rounds, **more: OnlineDPO(rounds=rounds, **more),
    "dpo on preferences": lambda rounds, **more: OnlineDPO(rounds=rounds, feedback="preferences", **more),
    "xpo": lambda rounds, **more: XPO(rounds=rounds, optimism=0.02 / rounds**0.5, draws=4, **more),
    "xpo on preferences": lambda rounds, **more: XPO(
        rounds=rounds, optimism=0.02 / rounds**0.5, draws=4, feedback="preferences", **more
    ),
}
ALL = ONLINE | {
    "best-of-n": lambda rounds: BestOfN(rounds=rounds, draws=3),
    "passive": lambda rounds: PassiveSampling(rounds=rounds),
}


def run(learner, world=None, **options):
    world = world or problem()
    oracle = oracles.open(world, **({"replicates": 24, "seed": 3} | options))
    return learner.run(oracle), oracle.ledger


@pytest.mark.parametrize("name", ONLINE)
def test_the_last_fit_has_all_pairs(name):
    """Whether the last fit falls on a refit or comes after it, the data before it are the same."""
    late, _ = run(ONLINE[name](6, every=100))
    due, _ = run(ONLINE[name](6, every=6))
    np.testing.assert_array_equal(late.theta, due.theta)
    assert np.abs(late.theta).max(axis=-1).min() > 0


@pytest.mark.parametrize(
    ("every", "rounds"), [(None, [1, 2, 4, 8, 11]), (3, [3, 6, 9, 11]), (1, list(range(1, 12)))]
)
@pytest.mark.parametrize("name", ONLINE)
def test_refits_follow_their_schedule(name, every, rounds, monkeypatch):
    seen = []

    def counted(oracle, *rest):
        seen.append(int(oracle.ledger.data.max()))
        return fit(oracle, *rest)

    monkeypatch.setattr(online, "fit", counted)
    run(ONLINE[name](11, every=every), replicates=2)
    assert seen == rounds


def test_one_label_is_separable_so_its_fit_is_at_the_end_of_what_is_allowed():
    shares = [
        (np.linalg.norm(run(ONLINE["dpo" + told](1))[0].theta, axis=-1) > 0.999).mean()
        for told in ("", " on preferences")
    ]
    assert shares[0] < 0.5 < shares[1]


@pytest.mark.parametrize(
    "learner",
    [
        OnlineGreedy(rounds=9, ridge=1e9),
        OnlineDPO(rounds=9, ridge=1e9),
        OnlineDPO(rounds=9, feedback="preferences", ridge=1e9),
        XPO(rounds=9, optimism=0.1, ridge=1e9),
        PassiveSampling(rounds=9, ridge=1e9),
        BestOfN(rounds=9, draws=2, ridge=1e9),
    ],
    ids=repr,
)
def test_a_ridge_beyond_all_data_leaves_nothing_of_them(learner):
    assert np.abs(run(learner)[0].theta).max() < 1e-6


@pytest.mark.parametrize("name", ONLINE)
def test_the_gap_falls_with_the_rounds(name):
    world = problem(NoNoise() if "preferences" in name else None)
    few, many = (exact.gap(world, run(ALL[name](rounds), world)[0]).mean() for rounds in (8, 512))
    assert many < few / 5
    assert many < exact.gap(world, Base())[0] / 4


def test_best_of_n_learns_the_scores_and_keeps_its_distance():
    world = problem()
    limit = exact.gap(world, BestOf(THETA, 3))[0]
    few, many = (exact.gap(world, run(ALL["best-of-n"](rounds), world)[0]) for rounds in (3, 512))
    assert many.mean() < few.mean()
    assert many.mean() == pytest.approx(limit, rel=0.05)
    assert limit > 0.01


def test_without_noise_differences_give_theta():
    policy, _ = run(OnlineDPO(rounds=60), problem(NoNoise()), replicates=4)
    np.testing.assert_allclose(policy.theta, np.broadcast_to(THETA, (4, 3)), atol=1e-5)


@pytest.mark.parametrize("noise", [0.0, 2.0])
def test_preferences_give_theta_unless_rewards_are_noisy(noise):
    """2000 labels on features of variance 1/3 err by about 0.08; noise shortens the estimate."""
    random = np.random.default_rng(0)
    oracle = oracles.open(problem(), replicates=8)
    loss = LogisticLoss(oracle, 2000, 1e-6)
    served = np.ones(8, dtype=bool)
    for feature in random.normal(size=(2000, 8, 3)) / 3**0.5:
        loss.add(feature, feature @ THETA + noise * random.normal(size=8), served)
    found = descend(Quadratic(loss.curvature, Ball(3.0)), loss.pull, np.zeros((8, 3)), 3.0).mean(axis=0)
    if noise:
        assert np.linalg.norm(found) < 0.8 * np.linalg.norm(THETA)
    else:
        np.testing.assert_allclose(found, THETA, atol=5 * 0.08 / 8**0.5)


@pytest.mark.parametrize(
    ("name", "strong", "weak"),
    [("greedy", 30, 30), ("dpo", 60, 0), ("xpo", 30, 150), ("best-of-n", 0, 63), ("passive", 0, 60)],
)
def test_every_call_is_charged(name, strong, weak):
    _, ledger = run(ALL[name](30))
    assert (ledger.total("strong") == strong).all()
    assert (ledger.total("weak") == weak).all()
    assert (ledger.data == 30).all()


def test_best_of_n_charges_its_answers_apart():
    _, ledger = run(BestOfN(rounds=5, draws=7, outputs=2))
    assert (ledger.total("weak", phase="output") == 14).all()
    assert (ledger.total("weak", phase="training") == 10).all()


@pytest.mark.parametrize("name", ALL)
def test_a_replicate_does_not_depend_on_its_peers(name):
    thetas = {rows: run(ALL[name](40), replicates=rows)[0].theta for rows in (1, 7, 64)}
    for rows in (1, 7):
        np.testing.assert_array_equal(thetas[rows], thetas[64][:rows])


@pytest.mark.parametrize("name", ONLINE)
def test_a_replicate_does_not_depend_on_when_its_peers_run_out(name):
    """Rows that have spent part of the budget beforehand stop earlier; the others go on."""

    def thetas(rows, spent):
        oracle = oracles.open(problem(), replicates=rows, seed=3, budgets={"strong": 40}, strict=False)
        broke = np.arange(rows) < 2
        oracle.draw(oracle.prompt(), spent, theta=np.zeros(3), rows=broke)
        policy = ALL[name](100).run(oracle)
        return policy.theta, oracle.ledger

    (some, _), (all_, ledger) = thetas(2, 25), thetas(9, 25)
    np.testing.assert_array_equal(some, all_[:2])
    per_round = 2 if "dpo" in name else 1
    np.testing.assert_array_equal(ledger.data, [15 // per_round] * 2 + [40 // per_round] * 7)
    assert np.isfinite(all_).all()


@pytest.mark.parametrize("name", ALL)
def test_a_reward_budget_ends_with_the_policy_of_as_many_rounds(name):
    world, learner = problem(), ALL[name](30)
    short = dataclasses.replace(learner, rounds=5)
    bounded, ledger = run(learner, world, budgets={"reward": 5})
    assert (ledger.data == 5).all()
    np.testing.assert_allclose(bounded.theta, run(short, world)[0].theta, atol=1e-6)


def test_one_replicate_over_budget_raises():
    with pytest.raises(BudgetExceeded, match="reward budget must stay at most 5"):
        run(OnlineGreedy(rounds=30), replicates=1, budgets={"reward": 5})


def test_an_answer_that_cannot_be_paid_for_is_the_base_policy():
    policy, ledger = run(BestOfN(rounds=10, draws=9), budgets={"weak": 8})
    np.testing.assert_allclose(exact.kl(problem(), policy, Base()), 0, atol=1e-15)
    assert not ledger.data.any()


@pytest.mark.parametrize("name", ONLINE)
@pytest.mark.parametrize("every", [1, 3, None])
def test_parameters_stay_where_the_oracle_takes_them(name, every):
    """With noise ten times the rewards the estimates would leave the ball, and the oracle would say so."""
    policy, _ = run(ALL[name](20, every=every), problem(Gaussian(5.0)))
    length = np.linalg.norm(policy.theta, axis=-1)
    assert length.max() <= 1 + 1e-12
    assert (length > 1 - 1e-9).any()


@pytest.mark.parametrize("name", ONLINE)
def test_a_ridge_below_rounding_does_no_harm(name):
    world = problem(NoNoise())
    policy, _ = run(ALL[name](60, ridge=1e-200), world)
    assert (np.linalg.norm(policy.theta, axis=-1) <= 1 + 1e-12).all()
    one, _ = run(ALL[name](2, ridge=1e-200), world)
    assert (np.linalg.norm(one.theta, axis=-1) <= 1 + 1e-12).all()


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("law", ["literal", "exact-law"])
def test_they_run_where_responses_cannot_be_listed(name, law):
    """A base policy that shows the needle half of the time is as good as any table."""
    world = HiddenNeedle.draw(responses=10**18, coverage=2.0, dimension=1, beta=0.3, worlds=6)
    policy, _ = run(ALL[name](200), world, law=law, replicates=6)
    gap = exact.gap(world, policy)
    if name == "best-of-n":
        needle = world.response_features(np.zeros(6, dtype=np.int64), world.needles[:, None])[:, 0]
        np.testing.assert_allclose(gap, exact.gap(world, BestOf(needle, 3)), atol=1e-12)
    else:
        assert gap.mean() < exact.gap(world, Base())[0] / 10


def test_no_rounds_leave_the_base_policy():
    for name in ONLINE:
        learner = dataclasses.replace(ALL[name](1), rounds=0)
        assert not run(learner)[0].theta.any()


# ------------------------------------------------------------------------------------------ what is minimised


def positive_definite(rows, d, seed=0, small=1.0):
    random = np.random.default_rng(seed)
    axes = np.linalg.qr(random.normal(size=(rows, d, d)))[0]
    size = np.concatenate([np.full((rows, 1), small), random.uniform(0.5, 40, size=(rows, d - 1))], axis=1)
    return axes @ (size[..., None] * axes.swapaxes(-1, -2)), random.normal(size=(rows, d)) * 30


@pytest.mark.parametrize("small", [1.0, 1e-6])
def test_the_least_point_over_a_ball_is_stationary(small):
    curvature, slope = positive_definite(200, 4, small=small)
    point = Quadratic(curvature, Ball(2.0)).least(slope)
    length = np.linalg.norm(point, axis=-1)
    down = slope - (curvature @ point[..., None])[..., 0]
    inside = length < 2 * (1 - 1e-9)
    assert 0 < inside.sum() + (small < 1) < 200
    assert length.max() <= 2 * (1 + 1e-15)
    np.testing.assert_allclose(down[inside], 0, atol=1e-9)
    # On the sphere the way down points straight out.
    outward = point / length[:, None]
    multiplier = (down * outward).sum(axis=-1)
    assert multiplier[~inside].min() > 0
    np.testing.assert_allclose((down - multiplier[:, None] * outward)[~inside], 0, atol=1e-8)


def test_the_least_point_over_a_box_is_stationary():
    curvature, slope = positive_definite(200, 3)
    point = Quadratic(curvature, Box(0.7)).least(slope)
    down = slope - (curvature @ point[..., None])[..., 0]
    assert np.abs(point).max() <= 0.7
    loose = np.abs(point) < 0.7
    np.testing.assert_allclose(down[loose], 0, atol=1e-6)
    assert ((down * point)[~loose] >= 0).all()


def fed(oracle, rounds=40, draws=3, weight=0.3):
    """Losses of the same random pairs, and the arrays they hold."""
    random = np.random.default_rng(2)
    rows, d = oracle.R, oracle.facts.d
    pairs = random.normal(size=(rounds, rows, d)) / 3
    difference = random.normal(size=(rounds, rows))
    relative = random.normal(size=(rounds, rows, draws, d)) / 3
    served = random.uniform(size=(rounds, rows)) < 0.8
    difference[~served] = np.nan
    squared, logistic = SquaredLoss(rows, d, 0.1), LogisticLoss(oracle, rounds, 0.1)
    bonus = Optimism(oracle, rounds, draws, weight)
    for t in range(rounds):
        for loss in (squared, logistic):
            loss.add(pairs[t], difference[t], served[t])
        bonus.add(relative[t], served[t])
    return squared, logistic, bonus, (pairs, difference, relative, served)


def naive_squared(theta, row, pairs, difference, served):
    kept = served[:, row]
    residual = pairs[kept, row] @ theta - difference[kept, row]
    return (residual**2).sum() / 2 + 0.05 * theta @ theta


def naive_bonus(theta, row, relative, served, beta, weight):
    return sum(
        -weight * math.log(np.mean(np.exp(relative[t, row] @ theta / beta)))
        for t in np.flatnonzero(served[:, row])
    )


def slopes_of(function, theta, step=1e-6):
    return np.array(
        [(function(theta + h) - function(theta - h)) / (2 * step) for h in step * np.eye(len(theta))]
    )


def test_gradients_are_those_of_the_objectives_as_written():
    oracle = oracles.open(problem(), replicates=4)
    squared, logistic, bonus, (pairs, difference, relative, served) = fed(oracle)
    theta, everyone = np.random.default_rng(1).normal(size=(4, 3)) / 2, np.ones(4, dtype=bool)
    for row in range(4):
        signed = logistic._signed[row].T

        def naive_logistic(t, signed=signed):
            # A round that was not served contributes the constant log 2.
            return np.logaddexp(0, -signed @ t).sum() + 0.05 * t @ t

        for loss, naive in (
            (squared, lambda t, row=row: naive_squared(t, row, pairs, difference, served)),
            (logistic, naive_logistic),
        ):
            gradient = (loss.curvature @ theta[..., None])[..., 0] - loss.pull(theta, everyone)
            np.testing.assert_allclose(gradient[row], slopes_of(naive, theta[row]), atol=1e-6)
        wanted = slopes_of(lambda t, row=row: naive_bonus(t, row, relative, served, 0.2, 0.3), theta[row])
        np.testing.assert_allclose(bonus.gradient(theta, everyone)[row], wanted, atol=1e-6)
        assert np.array_equal(np.abs(signed) > 0, (np.abs(pairs[:, row]) > 0) & served[:, row, None])


def test_labels_are_bradley_terry():
    from scipy.stats import binomtest

    oracle = oracles.open(problem(), replicates=1000)
    loss = LogisticLoss(oracle, 1, 0.1)
    loss.add(np.ones((1000, 3)), np.full(1000, 1.5), np.ones(1000, dtype=bool))
    wins = int((loss._signed[:, 0, 0] > 0).sum())
    assert binomtest(wins, 1000, 1 / (1 + math.exp(-1.5))).pvalue > 1e-6


@pytest.mark.parametrize("kind", ["squares", "preferences"])
def test_no_step_of_a_fit_increases_the_objective_and_the_last_is_stationary(kind):
    oracle = oracles.open(problem(), replicates=4)
    squared, logistic, bonus, (pairs, difference, relative, served) = fed(oracle, weight=0.05)
    loss = squared if kind == "squares" else logistic
    path = []

    def slope(theta, rows):
        path.append(theta)
        return loss.pull(theta, rows) - bonus.gradient(theta, rows)

    end = descend(Quadratic(loss.curvature, Ball(1.0)), slope, np.zeros((4, 3)), 1.0)
    for row in range(4):

        def objective(t, row=row):
            fit = (
                naive_squared(t, row, pairs, difference, served)
                if kind == "squares"
                else np.logaddexp(0, -logistic._signed[row].T @ t).sum() + 0.05 * t @ t
            )
            return fit + naive_bonus(t, row, relative, served, 0.2, 0.05)

        values = [objective(theta[row]) for theta in path]
        assert len(values) > 3
        assert np.diff(values).max() <= 1e-9
        down = -slopes_of(objective, end[row])
        outward = end[row] / np.linalg.norm(end[row])
        on_sphere = np.linalg.norm(end[row]) > 1 - 1e-9
        np.testing.assert_allclose(
            down - (max(down @ outward, 0) * outward if on_sphere else 0), 0, atol=1e-5
        )


def test_optimism_moves_away_from_what_the_base_policy_shows():
    world = problem()
    timid, bold = (
        run(XPO(rounds=64, optimism=weight), world)[0].theta.mean(axis=0) for weight in (1e-9, 0.3)
    )
    kl = [exact.kl(world, Softmax(theta), Base())[0] for theta in (timid, bold)]
    assert kl[1] > kl[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: OnlineGreedy(rounds=-1), "rounds must be at least 0"),
        (lambda: OnlineGreedy(rounds=1, every=0), "every must be at least 1"),
        (lambda: OnlineGreedy(rounds=1, ridge=0.0), "ridge must be positive"),
        (lambda: OnlineDPO(rounds=1.5), "rounds must be a whole number"),
        (lambda: OnlineDPO(rounds=1, feedback="preference"), "did you mean 'preferences'"),
        (lambda: OnlineDPO(rounds=1, every=0), "every must be at least 1"),
        (lambda: XPO(rounds=1, optimism=0.0), "optimism must be positive"),
        (lambda: XPO(rounds=1, optimism=0.1, draws=0), "draws must be at least 1"),
        (lambda: XPO(rounds=1, optimism=0.1, feedback="rewards"), "feedback must be one of"),
        (lambda: BestOfN(rounds=1, draws=0), "draws must lie in"),
        (lambda: BestOfN(rounds=1, draws=2, outputs=-1), "outputs must be at least 0"),
        (lambda: BestOf(THETA, 0), "draws must lie in"),
        (lambda: BestOf(np.array([np.nan]), 1), "theta must be finite"),
        (lambda: exact.gap(problem(), BestOf(np.ones(2), 3)), "theta must have 3 coordinates"),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(InvalidProblem, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ONLINE)
def test_problems_without_parameters_are_refused(name):
    world = TabularProblem(
        prompt_mass=[1], base=[[0.5, 0.5]], features=np.zeros((1, 2, 1)), reward=[[0, 1]], beta=1.0
    )
    with pytest.raises(OracleMisuse, match="parameters must be declared"):
        run(ALL[name](3), world)

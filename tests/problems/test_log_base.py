"""Base masses that no double holds come as logarithms, and stay what they are."""

from dataclasses import replace

import numpy as np
import pytest

from explore_theory import TabularProblem, exact, oracles
from explore_theory.errors import InvalidProblem
from explore_theory.exact import soft_dynamics
from explore_theory.exact.realisation import realisation_errors
from explore_theory.foundation import laws
from explore_theory.policies import Base, Mixture, PointMass, Softmax
from explore_theory.problems import AutoregressiveProblem, Layer, markov_problem, sequence_view, tree_problem

LOGS = laws.log_normalise(np.array([np.log1p(-np.exp(-2.0)), -2.0, -1000.0, -1001.0]))
REWARD, BETA = np.array([0.0, 0.2, 0.9, 1.0]), 5e-4
REST = {"prompt_mass": [1.0], "reward": [REWARD], "features": [REWARD[:, None]], "beta": BETA}


def problem(**changes):
    return TabularProblem(**{**REST, "log_base": [LOGS], **changes})


def test_masses_below_every_double_count_in_coverage_and_optimum():
    best = laws.optimal(LOGS, REWARD, BETA)
    assert laws.coverage(best, LOGS) == 1001.0
    assert exact.log_coverage(problem())[0] == 1001.0
    assert exact.optimal_objective(problem())[0] == pytest.approx(0.4995, rel=1e-12)
    assert exact.optimal_objective(problem())[0] == laws.objective(best, LOGS, REWARD, BETA)
    assert exact.gap(problem(), Softmax([1.0]))[0] == pytest.approx(0.0, abs=1e-12)
    assert np.array_equal(exact.optimal_policy(problem()).log_probs, [best])


def test_given_as_masses_they_are_outside_the_support_which_zeros_say():
    lost = TabularProblem(**REST, base=[np.exp(LOGS)])
    assert exact.log_coverage(lost)[0] == pytest.approx(2.0)
    assert exact.gap(lost, Softmax([1.0]))[0] >= 0


def test_the_strong_oracle_draws_what_the_base_policy_never_would():
    world = problem(theta_star=[1.0], parameter_radius=1.0)
    oracle = oracles.open(world, replicates=32)
    ctx = oracle.prompt()
    assert (oracle.draw(ctx, theta=[1.0]).response == 3).all()
    assert (oracle.draw(ctx, 100).response <= 1).all()


def test_logarithms_are_kept_bit_for_bit_through_copies_and_files(tmp_path):
    first = problem()
    assert np.array_equal(first.log_base, [LOGS])
    assert np.array_equal(first.base, [np.exp(LOGS)])
    first.save(tmp_path / "logs.npz")
    second = TabularProblem.load(tmp_path / "logs.npz")
    for copy in (second, replace(first, beta=BETA)):
        assert np.array_equal(copy.log_base, first.log_base)
        assert exact.log_coverage(copy)[0] == 1001.0
    members = dict(np.load(tmp_path / "logs.npz"))
    assert members["version"] == 2
    assert "base" not in members


def test_rows_that_sum_to_one_up_to_rounding_are_not_touched():
    rng = np.random.default_rng(3)
    for _ in range(50):
        given = np.log(rng.dirichlet(np.ones(4), size=1))
        assert np.array_equal(problem(log_base=given).log_base, given)
    settled = problem(log_base=np.log([[0.1, 0.2, 0.3, 0.4]]) + 1e-11)
    assert abs(laws.log_sum_exp(settled.log_base)) < 1e-15


def test_files_of_masses_are_as_they_were(tmp_path):
    TabularProblem(**REST, base=[[0.4, 0.3, 0.2, 0.1]]).save(tmp_path / "masses.npz")
    members = dict(np.load(tmp_path / "masses.npz"))
    assert members["version"] == 1
    assert "log_base" not in members
    assert TabularProblem.load(tmp_path / "masses.npz").log_base is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 1}, "version must be 2, got version=1"),
        ({"base": [np.exp(LOGS)]}, "the file must hold nothing but the arrays of a problem, got 'base'"),
        ({"log_base": [LOGS + 1]}, "log_base must hold laws"),
        ({"log_base": [LOGS[:, None]]}, "log_base must have shape"),
    ],
)
def test_a_wrong_file_of_logarithms_is_refused(tmp_path, changes, message):
    problem().save(tmp_path / "logs.npz")
    np.savez(tmp_path / "wrong.npz", **dict(np.load(tmp_path / "logs.npz")) | changes)
    with pytest.raises(InvalidProblem) as caught:
        TabularProblem.load(tmp_path / "wrong.npz")
    assert message in str(caught.value)
    assert "wrong.npz" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"log_base": None}, "exactly one of base and log_base must be given, got neither"),
        ({"base": [[0.4, 0.3, 0.2, 0.1]]}, "exactly one of base and log_base must be given, got both"),
        ({"log_base": [[0.4, 0.3, 0.2, 0.1]]}, "log_base must hold laws, got masses that sum to 5.1"),
        ({"log_base": [[np.nan, 0.0, 0.0, 0.0]]}, "log_base must hold laws, got masses that sum to nan"),
        ({"log_base": [[np.inf, 0.0, 0.0, 0.0]]}, "log_base must hold laws, got masses that sum to inf"),
        ({"log_base": [LOGS, LOGS]}, "log_base must have shape (1, any), got log_base.shape=(2, 4)"),
        ({"log_base": LOGS}, "log_base must have shape (1, any), got log_base.shape=(4,)"),
        ({"log_base": np.ma.masked_array([LOGS])}, "log_base must be a plain array"),
        ({"log_base": None, "base": [[1.0, 1e-310, 0.0, 0.0]]}, "or give log_base, got base[0, 1]=1e-310"),
    ],
)
def test_what_is_no_base_policy_is_refused(changes, message):
    with pytest.raises(InvalidProblem) as caught:
        problem(**changes)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_layer_with_a_mass_that_lost_its_digits_is_refused():
    with pytest.raises(
        InvalidProblem, match=r"base must hold masses of at least 2.2e-308 or zeros, or give log_base, got"
    ):
        Layer(base=[[1.0, 1e-310]], reward=np.zeros((1, 2)), features=np.zeros((1, 2, 1)), next=[[0, 0]])


def test_responses_of_many_unlikely_tokens_keep_their_masses():
    rare = 1e-200
    tokens = markov_problem(base=[[1 - rare, rare]] * 2, reward=[[[0.0, 1.0]] * 2] * 3, beta=2e-3)
    view = sequence_view(tokens)
    # Three unlikely tokens in a row: e^-1381.6.
    assert view.log_base[0, -1] == pytest.approx(3 * np.log(rare))
    assert exact.log_coverage(view)[0] == pytest.approx(-3 * np.log(rare), rel=1e-9)


# --- token by token ----------------------------------------------------------------------------------------

#: Two tokens; the second after the first has a mass of e^-1000, which no double holds.
RARE = np.array([[np.log1p(-np.exp(-1000.0)), -1000.0], [np.log(0.25), np.log(0.75)]])
PRIZE = np.zeros((3, 2, 2))
PRIZE[:, 0, 1] = 1.0


def chain(**changes):
    return markov_problem(**{"log_base": RARE, "reward": PRIZE, "beta": 5e-4, **changes})


def as_tree(problem):
    """The same problem with the prefix as state."""
    states, log_base = np.zeros(1, dtype=int), []
    for layer in problem.layers:
        log_base.append(layer.log_base[states])
        states = layer.next[states].reshape(-1)
    return tree_problem(
        log_base=log_base, reward=soft_dynamics.sequence_rewards(problem)[0], beta=problem.beta
    )


def test_tokens_below_every_double_count_in_optimum_coverage_and_range():
    problem = chain()
    layer = problem.layers[0]
    assert layer.base[0, 1] == 0
    assert layer.supported.all()
    assert layer.in_logs
    # The token pays 1 and costs .5; the best response takes it first and, if it comes back, last.
    best = soft_dynamics.optimum(problem).log_policy[0][0]
    assert best[1] == pytest.approx(0.0, abs=1e-12)
    assert soft_dynamics.log_conditional_coverage(problem) == pytest.approx(1000.0, rel=1e-12)
    assert problem.reward_range == 2.0
    assert soft_dynamics.gap(problem, soft_dynamics.optimum(problem).log_policy) == 0
    assert soft_dynamics.reachable(problem)[1].tolist() == [True, True]
    rare = tuple(np.log([[0.5, 0.5], [0.5, 0.5]]) for _ in range(3))
    assert soft_dynamics.uncovered_prefix(problem, rare) is None
    assert np.isfinite(soft_dynamics.objective(problem, rare))
    view = sequence_view(problem)
    assert exact.log_coverage(view)[0] == pytest.approx(soft_dynamics.log_coverage(problem), rel=1e-12)
    assert exact.optimal_objective(view)[0] == pytest.approx(
        soft_dynamics.objective(problem, soft_dynamics.optimum(problem).log_policy), rel=1e-10
    )


def test_given_as_masses_the_token_is_outside_the_support():
    lost = chain(log_base=None, base=np.exp(RARE))
    assert not lost.layers[0].supported[0, 1]
    assert lost.reward_range == 0.0
    assert soft_dynamics.uncovered_prefix(lost, soft_dynamics.optimum(chain()).log_policy) == (0, (1,))


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_realisation_is_judged_on_tokens_below_every_double(order):
    features = np.zeros((2, 2, 1))
    features[1, 1, 0] = 1.0
    # The tokens, and so the states, in either order.
    turned = np.ix_(order, order)
    problem = chain(
        features=features[turned],
        log_base=RARE[turned],
        reward=PRIZE[:, order][:, :, order],
        start=order.index(0),
    )
    assert realisation_errors(problem)[-1] == pytest.approx(1.0, rel=1e-6)
    lost = chain(features=features, log_base=None, base=np.exp(RARE))
    assert realisation_errors(lost)[-1] == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(InvalidProblem, match="theta must make differences of Q_h equal"):
        AutoregressiveProblem(
            prompt_mass=[1.0],
            start=[0],
            layers=(Layer(log_base=RARE, reward=PRIZE[0], features=features, next=np.zeros((2, 2), int)),),
            beta=5e-4,
            theta=[[0.0]],
            parameter_radius=1.0,
        )


def test_a_tree_of_logarithms_is_the_chain_it_was_made_from():
    problem = chain()
    tree = as_tree(problem)
    assert soft_dynamics.log_coverage(tree) == pytest.approx(soft_dynamics.log_coverage(problem), rel=1e-12)
    assert soft_dynamics.log_conditional_coverage(tree) == pytest.approx(1000.0, rel=1e-12)


@pytest.mark.parametrize("make", [chain, lambda: as_tree(chain())])
def test_tokens_in_logarithms_are_kept_bit_for_bit_through_copies_and_files(tmp_path, make):
    problem = make()
    problem.save(tmp_path / "logs.npz")
    again = AutoregressiveProblem.load(tmp_path / "logs.npz")
    copies = replace(problem, layers=tuple(replace(layer, reward=layer.reward) for layer in problem.layers))
    for other in (again, copies):
        for one, two in zip(problem.layers, other.layers, strict=True):
            assert np.array_equal(one.log_base, two.log_base)
            assert np.array_equal(one.base, two.base)
            assert one.in_logs == two.in_logs
        assert soft_dynamics.log_coverage(other) == soft_dynamics.log_coverage(problem)
    members = dict(np.load(tmp_path / "logs.npz"))
    assert members["version"] == 2
    assert "base" not in members


def test_layers_given_either_way_share_a_file(tmp_path):
    rest = {"reward": PRIZE[0], "features": np.zeros((2, 2, 1)), "next": [[0, 1], [0, 1]]}
    layers = (Layer(base=[[0.1, 0.9], [0.3, 0.7]], **rest), Layer(log_base=RARE, **rest))
    AutoregressiveProblem(prompt_mass=[1.0], start=[0], layers=layers, beta=1.0).save(tmp_path / "both.npz")
    first, second = AutoregressiveProblem.load(tmp_path / "both.npz").layers
    np.testing.assert_allclose(first.base, layers[0].base, rtol=1e-15)
    assert np.array_equal(second.log_base, RARE)


def test_a_layer_of_masses_is_copied_as_such():
    layer = Layer(base=[[0.1, 0.9]], reward=[[0, 1]], features=np.zeros((1, 2, 1)), next=[[0, 0]])
    copy = replace(layer, reward=[[1, 0]])
    assert np.array_equal(copy.base, layer.base)
    assert not copy.in_logs
    with pytest.raises(InvalidProblem, match="exactly one of base and log_base must be given, got both"):
        replace(layer, base=[[0.2, 0.8]])
    assert replace(layer, base=[[0.2, 0.8]], log_base=None).base.tolist() == [[0.2, 0.8]]


def test_a_file_of_tokens_in_logarithms_must_say_so(tmp_path):
    chain().save(tmp_path / "logs.npz")
    members = dict(np.load(tmp_path / "logs.npz"))
    for changes, message in (
        ({"version": 1}, "version must be 2, got version=1"),
        (
            {"base": np.exp(members["log_base"])},
            "the file must hold nothing but the arrays of a problem, got 'base'",
        ),
        ({"log_base": members["log_base"] + 1}, "log_base must hold laws"),
        ({"log_base": members["log_base"][:-1]}, "log_base must have a row for each of the 6 states"),
    ):
        np.savez(tmp_path / "wrong.npz", **members | changes)
        with pytest.raises(InvalidProblem, match=message):
            AutoregressiveProblem.load(tmp_path / "wrong.npz")


@pytest.mark.parametrize(
    "way",
    [
        lambda **base: markov_problem(reward=PRIZE, beta=1.0, **base),
        lambda **base: Layer(
            reward=PRIZE[0], features=np.zeros((2, 2, 1)), next=np.zeros((2, 2), int), **base
        ),
        lambda **base: tree_problem(
            reward=[0.0, 1.0], beta=1.0, **{name: [table[:1]] for name, table in base.items()}
        ),
    ],
)
def test_each_way_in_takes_exactly_one_of_the_two(way):
    way(base=np.full((2, 2), 0.5))
    way(log_base=RARE)
    with pytest.raises(InvalidProblem, match="exactly one of base and log_base must be given, got neither"):
        way()
    with pytest.raises(InvalidProblem, match="exactly one of base and log_base must be given, got both"):
        way(base=np.full((2, 2), 0.5), log_base=RARE)
    with pytest.raises(InvalidProblem, match="log_base must hold laws, got masses that sum to"):
        way(log_base=np.full((2, 2), 0.5))


# --- mixtures ----------------------------------------------------------------------------------------------


def test_a_component_of_a_weight_below_every_double_has_its_divergence():
    world = TabularProblem(**REST, base=[[0.5, 0.5, 0.0, 0.0]])
    never, always = PointMass(0), PointMass(1)
    mixed = Mixture(None, (always, never), [np.log1p(-np.exp(-1000.0)), -1000.0])
    atoms = world.atoms(np.zeros(1, dtype=int))
    assert mixed.log_law(atoms, BETA)[0, 0] == -1000.0
    assert exact.kl(world, never, mixed)[0] == pytest.approx(1000.0)
    assert np.isinf(exact.kl(world, never, Mixture([1.0, 0.0], (always, never)))[0])


def test_log_weights_are_the_weights_they_stand_for():
    world = TabularProblem(**REST, base=[[0.4, 0.3, 0.2, 0.1]])
    for weights in ([0.25, 0.75], [[0.25, 0.75], [1.0, 0.0]]):
        parts = (Base(), PointMass(1))
        with np.errstate(divide="ignore"):
            logs = Mixture(None, parts, np.log(weights))
        np.testing.assert_allclose(
            exact.kl(world, logs, Base()), exact.kl(world, Mixture(weights, parts), Base()), rtol=1e-13
        )


@pytest.mark.parametrize(
    ("weights", "log_weights", "message"),
    [
        (None, None, "exactly one of weights and log_weights must be given, got neither"),
        ([0.5, 0.5], np.log([0.5, 0.5]), "exactly one of weights and log_weights must be given, got both"),
        ([1.0, 1e-310], None, "weights must hold masses of at least 2.2e-308 or zeros, or give log_weights"),
        (None, [0.5, 0.5], "log_weights must hold laws"),
        (None, [0.0], r"log_weights must have shape \[T\] or \[R, T\] for T=2"),
        (None, np.zeros((1, 1, 2)), r"log_weights must have shape \[T\] or \[R, T\] for T=2"),
    ],
)
def test_what_are_no_weights_is_refused(weights, log_weights, message):
    with pytest.raises(InvalidProblem, match=message):
        Mixture(weights, (PointMass(0), PointMass(1)), log_weights)

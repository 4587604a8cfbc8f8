"""The literal oracle: its law, its charges, its refusals, and that replicates do not see each other."""

import copy
import gc

import numpy as np
import pytest

from explore_theory import oracles
from explore_theory.errors import BudgetExceeded, InvalidProblem, OracleMisuse
from explore_theory.foundation.streams import Streams
from explore_theory.problems import Bernoulli, Gaussian, HiddenNeedle, TabularProblem

#: A test of the right law fails with this probability; the seeds are fixed, so in fact never or always.
UNLIKELY = 1e-6


def tabular(noise=None, responses=6, prompts=3, d=2):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(prompts, responses, d))
    features /= np.maximum(1, np.linalg.norm(features, axis=-1, keepdims=True))
    theta = np.linspace(0.6, -0.3, d)
    base = rng.dirichlet(np.ones(responses), size=prompts)
    base[0] = [0, 0.5, 0, 0.3, 0.2, 0] if responses == 6 else base[0]
    return TabularProblem(
        prompt_mass=[0.2, 0.3, 0.5] if prompts == 3 else np.full(prompts, 1 / prompts),
        base=base,
        features=features,
        reward=np.clip(features @ theta + 0.5, 0, 1) if d != 2 else features @ theta + 0.5,
        beta=0.4,
        theta_star=theta if d == 2 else None,
        parameter_radius=1.0,
        noise=noise or Gaussian(0.1),
    )


def needle(worlds=1):
    return HiddenNeedle.draw(responses=10**18, coverage=3.0, dimension=3, beta=0.5, worlds=worlds)


def transcript(problem, replicates, *, alive=None):
    """Everything three rounds of prompts, draws and rewards say, per replicate."""
    oracle = oracles.open(problem, seed=5, replicates=replicates)
    rows = None if alive is None else alive[:replicates]
    d = oracle.facts.d
    parts = []
    for t in range(3):
        mask = rows if t == 1 else None
        ctx = oracle.prompt(mask)
        theta = np.linspace(-0.4, 0.4, 64 * d).reshape(64, d)[:replicates]
        weak, strong = oracle.draw(ctx, 300, rows=mask), oracle.draw(ctx, 5, theta, rows=mask)
        parts += [ctx.prompts[:, None], weak.response, weak.features, strong.response, strong.features]
        parts.append(oracle.reward(ctx, weak.pick(0)[0], strong.pick(4)[0], rows=mask))
    return [part.reshape(replicates, -1) for part in parts]


@pytest.mark.parametrize(
    "problem", [tabular(), tabular(Bernoulli(), 37, 1, 5), needle()], ids=["3x6", "1x37", "needle"]
)
@pytest.mark.parametrize("some_idle", [False, True])
def test_a_replicate_is_the_same_bit_for_bit_whatever_stands_beside_it(problem, some_idle):
    alive = np.arange(64) % 3 != 1 if some_idle else None
    everyone = transcript(problem, 64, alive=alive)
    for replicates in (1, 7):
        for part, whole in zip(transcript(problem, replicates, alive=alive), everyone, strict=True):
            np.testing.assert_array_equal(part, whole[:replicates])


def test_rows_that_ran_out_do_not_disturb_the_others():
    problem = tabular()
    free, limited = (oracles.open(problem, replicates=3, budgets=b) for b in (None, {"prompt": 2}))
    for oracle in (free, limited):
        oracle.prompt(np.array([False, True, False]))
    for _ in range(2):
        first, second = free.prompt(), limited.prompt()
    assert limited.active.tolist() == [True, False, True]
    assert second.prompts[1] == oracles.NO_RESPONSE
    ours, theirs = free.draw(first, 4), limited.draw(second, 4)
    np.testing.assert_array_equal(ours.response[[0, 2]], theirs.response[[0, 2]])
    assert (theirs.response[1] == oracles.NO_RESPONSE).all()
    assert not theirs.features[1].any()
    rewards = limited.reward(second, theirs.response[:, 0], theirs.response[:, 1])
    assert np.isnan(rewards).tolist() == [[False, False], [True, True], [False, False]]


def test_draws_do_not_depend_on_how_they_are_grouped():
    for problem in (tabular(), needle()):
        one, two = (oracles.open(problem, replicates=4) for _ in range(2))
        a, b = one.prompt(), two.prompt()
        parts = [two.draw(b, m).response for m in (1, 299, 7)]
        np.testing.assert_array_equal(one.draw(a, 307).response, np.concatenate(parts, axis=1))


def test_streams_of_the_callers_own_name_the_rows():
    problem = tabular()
    everyone = oracles.open(problem, replicates=9, streams=Streams(("mine",), range(9)))
    some = oracles.open(problem, streams=Streams(("mine",), [4, 8]))
    assert some.R == 2
    np.testing.assert_array_equal(
        some.draw(some.prompt(), 5).response, everyone.draw(everyone.prompt(), 5).response[[4, 8]]
    )


@pytest.mark.parametrize("theta", [None, [0.6, -0.7]])
def test_draws_follow_the_law(theta):
    from scipy.stats import chisquare

    problem = tabular()
    oracle = oracles.open(problem, seed=11, replicates=8)
    counts = np.zeros((3, 6))
    prompts = np.zeros(3)
    for _ in range(150):
        ctx = oracle.prompt()
        np.add.at(prompts, ctx.prompts, 1)
        np.add.at(counts, (ctx.prompts[:, None], oracle.draw(ctx, 40, theta).response), 1)
    law = problem.base * np.exp(problem.features @ np.array(theta or [0, 0]) / problem.beta)
    law /= law.sum(axis=1, keepdims=True)
    assert chisquare(prompts, 1200 * problem.prompt_mass).pvalue > UNLIKELY
    for x in range(3):
        live = law[x] > 0
        assert not counts[x][~live].any()
        assert chisquare(counts[x][live], counts[x].sum() * law[x][live]).pvalue > UNLIKELY


def test_a_strong_call_finds_the_needle_as_often_as_its_law_says():
    from scipy.stats import binomtest

    problem = needle(64)
    oracle = oracles.open(problem, replicates=64)
    theta = problem.directions * np.linspace(-1, 1, 64)[:, None]
    hits = (oracle.draw(oracle.prompt(), 2000, theta).response == problem.needles[:, None]).sum(axis=1)
    h = 1 / (1 + 2 * np.exp(-np.linspace(-1, 1, 64) / 0.5))
    assert min(binomtest(int(k), 2000, p).pvalue for k, p in zip(hits, h, strict=True)) > UNLIKELY
    assert oracle.ledger.total("strong").tolist() == [2000] * 64


@pytest.mark.parametrize("noise", [Gaussian(0.3), Bernoulli()])
def test_rewards_have_their_mean_and_their_noise(noise):
    problem = tabular(noise, 37, 1, 5)
    oracle = oracles.open(problem, replicates=64)
    seen = np.concatenate([oracle.reward(oracle.prompt(), 4, 8) for _ in range(100)])
    mean = problem.reward[0, [4, 8]]
    variance = np.array([0.09, 0.09]) if noise.name == "gaussian" else mean * (1 - mean)
    standard = np.sqrt(variance / len(seen))
    assert (np.abs(seen.mean(axis=0) - mean) < 5 * standard).all()
    np.testing.assert_allclose(seen.var(axis=0), variance, rtol=0.1)
    assert abs(np.corrcoef(seen.T)[0, 1]) < 5 / np.sqrt(len(seen))


def test_pick_chooses_one_draw_per_row():
    oracle = oracles.open(problem := tabular(), replicates=4)
    sample = oracle.draw(ctx := oracle.prompt(), 5)
    response, features = sample.pick([0, 1, 2, 4])
    assert response.tolist() == [int(sample.response[r, j]) for r, j in enumerate([0, 1, 2, 4])]
    np.testing.assert_array_equal(features, problem.features[ctx.prompts, response])
    np.testing.assert_array_equal(features, sample.features[np.arange(4), [0, 1, 2, 4]])


def refused(call, message, error=OracleMisuse, replicates=2, problem=None):
    oracle = oracles.open(problem or tabular(), replicates=replicates)
    ctx = oracle.prompt()
    before = oracle.ledger.counts
    with pytest.raises(error) as caught:
        call(oracle, ctx)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    np.testing.assert_array_equal(oracle.ledger.counts, before)


@pytest.mark.parametrize(
    ("theta", "message"),
    [
        ([0.8, 0.7], "theta must satisfy |theta|_2 <= 1, got |theta|_2="),
        ([[0, 0], [0, 1.1]], "in replicate 1"),
        ([np.nan, 0], "theta must satisfy |theta|_2 <= 1"),
        ([np.inf, 0], "theta must satisfy |theta|_2 <= 1"),
        ([1e200, 0], "theta must satisfy |theta|_2 <= 1"),
        ([0.1], "theta must have shape (2,) or (2, 2), got theta.shape=(1,)"),
        ([[0.1, 0.2]] * 3, "theta must have shape (2,) or (2, 2), got theta.shape=(3, 2)"),
        (["a", "b"], "theta must be an array of real numbers"),
    ],
)
def test_a_parameter_outside_its_set_is_refused_and_not_charged(theta, message):
    refused(lambda oracle, ctx: oracle.draw(ctx, 1, theta), message)


def test_no_parameters_are_accepted_where_none_are_declared():
    problem = TabularProblem(
        prompt_mass=[1], base=[[0.5, 0.5]], features=np.zeros((1, 2, 1)), reward=[[0, 1]], beta=1.0
    )
    refused(lambda oracle, ctx: oracle.draw(ctx, 1, [0.0]), "theta must be None", problem=problem)


FORGED = "ctx must be a prompt drawn from this oracle, got ctx="
UNKNOWN = "y2 must be a response, at least 0 and below 6, got y2=6"


@pytest.mark.parametrize(
    ("call", "message", "error"),
    [
        (lambda o, ctx: o.draw(ctx, 0), "m must be at least 1, got m=0", InvalidProblem),
        (lambda o, ctx: o.draw(ctx, 1, rows=[True]), "rows must be 2 booleans", InvalidProblem),
        (lambda o, ctx: o.prompt(np.array([1, 0])), "rows must be 2 booleans", InvalidProblem),
        (lambda o, ctx: o.draw("x"), FORGED + "'x'", OracleMisuse),
        (lambda o, ctx: o.draw(oracles.Ctx(ctx.prompts)), FORGED, OracleMisuse),
        (lambda o, ctx: o.draw(oracles.open(tabular()).prompt()), FORGED, OracleMisuse),
        (lambda o, ctx: o.reward(oracles.Ctx(np.array([0, 0])), 0, 0), FORGED, OracleMisuse),
        (lambda o, ctx: o.reward(ctx, 0, 6), UNKNOWN, OracleMisuse),
        (lambda o, ctx: o.reward(ctx, [0, -1], 0), "got y=-1 in replicate 1", OracleMisuse),
        (lambda o, ctx: o.reward(ctx, 0.0, 0), "y must be 2 response indices, got float64", OracleMisuse),
        (lambda o, ctx: o.reward(ctx, [0, 1, 2], 0), "y must be 2 response indices", OracleMisuse),
    ],
)
def test_misuse_is_refused_and_not_charged(call, message, error):
    refused(call, message, error)


def test_a_fresh_prompt_pays_for_one_reward_round():
    oracle = oracles.open(tabular(), replicates=2)
    ctx = oracle.prompt()
    oracle.reward(ctx, 1, 2, rows=np.array([True, False]))
    with pytest.raises(OracleMisuse, match=r"ctx must be a fresh prompt .* in replicate 0"):
        oracle.reward(ctx, 1, 2)
    oracle.reward(ctx, 1, 2, rows=np.array([False, True]))
    assert oracle.ledger.data.tolist() == [1, 1]


def test_a_prompt_serves_only_the_rows_that_drew_it():
    oracle = oracles.open(tabular(), replicates=2)
    ctx = oracle.prompt(np.array([True, False]))
    assert oracle.draw(ctx, 2).served.tolist() == [True, False]
    with pytest.raises(OracleMisuse, match=r"ctx must hold a prompt .* got none in replicate 1"):
        oracle.draw(ctx, 2, rows=np.array([True, True]))


def test_a_ticket_says_nothing_that_can_be_changed():
    oracle = oracles.open(tabular())
    ctx = oracle.prompt()
    with pytest.raises(AttributeError, match="Ctx must not be changed"):
        ctx.prompts = np.array([2])
    with pytest.raises(ValueError, match="read-only"):
        ctx.prompts[0] = 2

    class Forged(oracles.Ctx):
        __slots__ = ("real",)

        def __hash__(self):
            return hash(ctx)

        def __eq__(self, other):
            return True

    with pytest.raises(OracleMisuse, match="ctx must be a prompt drawn from this oracle"):
        oracle.draw(Forged(np.array([0])))


def test_a_copied_ticket_is_the_ticket():
    oracle = oracles.open(tabular())
    kept = copy.deepcopy({"ctx": oracle.prompt()})["ctx"]
    assert oracle.draw(kept, 3).served.all()


def test_prompts_that_nobody_holds_are_forgotten():
    oracle = oracles.open(tabular())
    for _ in range(50):
        oracle.prompt()
    gc.collect()
    assert len(oracle._visits) <= 1


def test_the_public_face_holds_no_secret():
    problem = HiddenNeedle.draw(responses=1000, coverage=3.0, dimension=2, beta=0.5)
    oracle = oracles.open(problem)
    ctx = oracle.prompt()
    sample = oracle.draw(ctx, 1)
    public = {
        type(thing).__name__: {name for name in dir(thing) if not name.startswith("_")}
        for thing in (oracle, ctx, sample, oracle.ledger)
    }
    assert public == {
        "LiteralOracle": {
            "R",
            "active",
            "changes_in_use",
            "coins",
            "draw",
            "explore",
            "facts",
            "ledger",
            "log_mean_exp",
            "phase",
            "prompt",
            "reward",
            "search",
            "search_rounds",
            "span",
            "tilt",
        },
        "Ctx": {"prompts"},
        "Sample": {"features", "pick", "response", "served"},
        "Ledger": {
            "active",
            "budgets",
            "changes_in_use",
            "compute",
            "counts",
            "data",
            "phases",
            "remaining",
            "replicates",
            "total",
        },
    }
    said = repr((oracle.facts, ctx, sample, oracle.ledger))
    assert str(int(problem.needles[0])) not in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"law": "litteral"},
            "law must be one of literal, exact-law, got law='litteral'; did you mean 'literal'",
        ),
        ({"replicates": 0}, "replicates must be at least 1, got replicates=0"),
        ({"problem": needle(3), "replicates": 2}, "replicates must equal the number of worlds"),
        ({"budgets": {"waek": 3}}, "budgets must be one of weak"),
        ({"budgets": {"weak": -1}}, "budgets must be numbers >= 0, got budgets['weak']=-1"),
        ({"budgets": {"weak": float("nan")}}, "budgets must be numbers >= 0"),
    ],
)
def test_what_cannot_be_opened(arguments, message):
    with pytest.raises(InvalidProblem) as caught:
        oracles.open(**({"problem": tabular()} | arguments))
    assert message in str(caught.value)


def test_one_replicate_raises_when_its_budget_is_spent():
    oracle = oracles.open(tabular(), budgets={"weak": 3})
    ctx = oracle.prompt()
    oracle.draw(ctx, 2)
    with pytest.raises(BudgetExceeded, match="weak budget must stay at most 3, got 4 calls in replicate 0"):
        oracle.draw(ctx, 2)
    with pytest.raises(BudgetExceeded, match=r"active\[0\] must be true for another call"):
        oracle.draw(ctx, 1)
    assert oracle.ledger.total("weak").tolist() == [2]

"""Searches: both laws say and charge the same in law, budgets hold, rows do not see each other."""

import itertools

import numpy as np
import pytest

from explore_theory import oracles
from explore_theory.errors import BudgetExceeded, OracleMisuse
from explore_theory.oracles import NO_RESPONSE, Dot, Norm, Relative, Seen, Status
from explore_theory.oracles.sampling import conditional, geometric
from explore_theory.problems import HiddenNeedle, TabularProblem

LAWS = ("literal", "exact-law")
#: A test of the right law fails with this probability; the seeds are fixed, so in fact never or always.
UNLIKELY = 1e-6


def tabular(prompts=2, responses=5, d=2):
    rng = np.random.default_rng(1)
    features = rng.normal(size=(prompts, responses, d))
    features /= np.maximum(1, np.linalg.norm(features, axis=-1, keepdims=True))
    base = rng.dirichlet(np.ones(responses), size=prompts)
    base[0, 0] = 0
    theta = np.array([0.6, -0.3])
    return TabularProblem(
        prompt_mass=np.full(prompts, 1 / prompts),
        base=base / base.sum(axis=1, keepdims=True),
        features=features,
        reward=features @ theta,
        beta=0.4,
        theta_star=theta,
        parameter_radius=1.0,
    )


def needle(worlds=1, coverage=6.0, responses=7, d=3, beta=0.5):
    return HiddenNeedle.draw(responses=responses, coverage=coverage, dimension=d, beta=beta, worlds=worlds)


QUESTIONS = {
    "long": lambda problem, rows: {"hit": Norm() > 0.7},
    "seen": lambda problem, rows: {"hit": ~Seen([0, 3, -1]) & (Norm() > 0.1)},
    "strong": lambda problem, rows: {
        "hit": Dot(np.linspace(-1, 1, problem.facts.d)) < 0.1,
        "theta": np.full(problem.facts.d, 0.4),
    },
    "apart": lambda problem, rows: {"hit": Norm(np.eye(problem.facts.d) * 2) > 0.9, "pair": True},
    "anchored": lambda problem, rows: {"hit": Norm(vector=Relative(np.full(problem.facts.d, 0.2))) > 0.6},
    "nowhere": lambda problem, rows: {"hit": Norm() > 5},
    "anywhere": lambda problem, rows: {"hit": Norm() > -1},
}


def histogram(problem, law, question, *, rows=2000, budget=4, purse=None):
    """Counts of (prompt, status, response, used) over `rows` replicates."""
    call = QUESTIONS[question](problem, rows)
    kind = "strong" if "theta" in call else "weak"
    oracle = oracles.open(
        problem, law=law, seed=3, replicates=rows, budgets=None if purse is None else {kind: purse}
    )
    ctx = oracle.prompt()
    found = oracle.search(ctx, budget=budget, **call)
    per = 2 if call.get("pair") else 1
    np.testing.assert_array_equal(oracle.ledger.total(kind), per * found.used)
    np.testing.assert_array_equal(oracle.active, found.status != Status.EXHAUSTED)
    response = found.response.reshape(rows, -1)
    assert ((response != NO_RESPONSE).all(axis=1) == found.ok).all()
    features = found.features.reshape(rows, response.shape[1], -1)
    expected = problem.response_features(ctx.prompts, np.maximum(response, 0))
    np.testing.assert_array_equal(features, np.where(found.ok[:, None, None], expected, 0.0))
    keys = np.column_stack([ctx.prompts, found.status, response, found.used]).astype(int)
    values, counts = np.unique(keys, axis=0, return_counts=True)
    return {tuple(v): int(c) for v, c in zip(values.tolist(), counts, strict=True)}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("make", [tabular, lambda: needle(worlds=2000)], ids=["tabular", "needle"])
def test_both_laws_are_one_law(make, question):
    from scipy.stats import chi2_contingency

    problem = make()
    # The needle's identity differs from world to world: tell its responses apart by status and count alone.
    first, second = (histogram(problem, law, question) for law in LAWS)
    outcomes = sorted(first.keys() | second.keys())
    table = np.array([[counts.get(o, 0) for o in outcomes] for counts in (first, second)])
    if table.shape[1] > 1:
        common = table.sum(axis=0) >= 20
        merged = np.column_stack([table[:, common], table[:, ~common].sum(axis=1)])
        merged = merged[:, merged.sum(axis=0) > 0]
        assert merged.shape[1] == 1 or chi2_contingency(merged).pvalue > UNLIKELY


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("budget", "purse"), [(3, 5), (5, 3), (0, 3), (4, 0), (3, 3)])
def test_a_search_stops_at_its_budget_and_at_the_ledgers(law, budget, purse):
    counts = histogram(tabular(), law, "long", budget=budget, purse=purse, rows=500)
    for _, status, _, used in counts:
        assert used <= min(budget, purse)
        if status == Status.MISS:
            assert used == budget <= purse
        if status == Status.EXHAUSTED:
            assert used == purse < budget
    given_up = Status.MISS if budget <= purse else Status.EXHAUSTED
    assert given_up in {outcome[1] for outcome in counts}


@pytest.mark.parametrize("law", LAWS)
def test_pairs_are_paid_twice_and_an_odd_call_is_left(law):
    problem = tabular()
    oracle = oracles.open(problem, law=law, replicates=300, budgets={"weak": 5})
    found = oracle.search(oracle.prompt(), Norm() > 5, 9, pair=True)
    assert set(found.status) == {Status.EXHAUSTED}
    assert set(found.used) == {2}
    assert set(oracle.ledger.total("weak")) == {4}
    assert found.response.shape == (300, 2)
    assert found.features.shape == (300, 2, 2)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("make", [tabular, needle], ids=["tabular", "needle"])
def test_a_replicate_is_the_same_bit_for_bit_whatever_stands_beside_it(law, make):
    problem = make()

    def transcript(replicates):
        oracle = oracles.open(problem, law=law, seed=5, replicates=replicates)
        parts = []
        budget = np.arange(64)[:replicates] % 5
        for t, question in enumerate(itertools.chain(QUESTIONS, QUESTIONS)):
            call = QUESTIONS[question](problem, replicates)
            rows = (np.arange(64) % 3 != t % 3)[:replicates]
            ctx = oracle.prompt()
            found = oracle.search(ctx, budget=budget, rows=rows, **call)
            after = oracle.draw(ctx, 3)
            parts += [found.status, found.response, found.features, found.used, after.response]
        return [part.reshape(replicates, -1) for part in parts]

    everyone = transcript(64)
    for replicates in (1, 7):
        for part, whole in zip(transcript(replicates), everyone, strict=True):
            np.testing.assert_array_equal(part, whole[:replicates])


@pytest.mark.parametrize("make", [tabular, needle], ids=["tabular", "needle"])
@pytest.mark.parametrize("pair", [False, True])
def test_a_literal_search_is_a_loop_over_draws(make, pair):
    problem = make()
    searching, looping = (oracles.open(problem, seed=9, replicates=40) for _ in range(2))
    a, b = searching.prompt(), looping.prompt()
    for budget in (3, 400, 1, 90):
        found = searching.search(a, Norm() > 0.9, budget, pair=pair)
        live, used = np.ones(40, dtype=bool), np.zeros(40)
        response = np.full((40, 2 if pair else 1), NO_RESPONSE)
        for _ in range(budget):
            if not live.any():
                break
            sample = looping.draw(b, 2 if pair else 1, rows=live)
            used += live
            feature = sample.features[:, 0] - (sample.features[:, 1] if pair else 0)
            hit = live & (np.linalg.norm(feature, axis=-1) > 0.9)
            response[hit] = sample.response[hit]
            live &= ~hit
        np.testing.assert_array_equal(found.response.reshape(40, -1), response)
        np.testing.assert_array_equal(found.used, used)
        np.testing.assert_array_equal(found.ok, ~live)
    np.testing.assert_array_equal(searching.draw(a, 6).response, looping.draw(b, 6).response)


@pytest.mark.parametrize("exponent", [1, 5, 17, 60, 200])
def test_counts_have_their_law_however_rare_the_hit(exponent):
    from scipy.stats import kstest

    level = (np.arange(20_000) + 0.5) / 20_000
    log_p = np.full(level.size, -exponent * np.log(10))
    count = geometric(level, log_p, np.log1p(-(10.0**-exponent)))
    assert count.min() >= 1
    assert (count == np.floor(count)).all()
    # In units of its mean a geometric variable is exponential up to the mean's inverse.
    assert kstest(count * 10.0**-exponent, "expon").statistic < 1.1 * 10.0**-exponent + 1e-4


def test_certain_and_impossible_hits():
    with np.errstate(divide="ignore"):
        assert geometric(0.3, 0.0, -np.inf) == 1
        assert geometric(1e-16, np.log1p(-1e-12), np.log(1e-12)) == 2
        assert geometric(0.3, -np.inf, 0.0) == np.inf


def test_a_rare_set_has_its_conditional_law():
    weights = np.log(np.array([[3.0, 0.0, 1.0, 4.0]]).clip(1e-300)) - 460
    weights[0, 1] = -np.inf
    level = (np.arange(800) + 0.5) / 800
    chosen = conditional(np.broadcast_to(weights, (800, 4)), level)
    assert np.bincount(chosen, minlength=4).tolist() == [300, 0, 100, 400]


def test_a_search_of_ten_to_the_eighteen_responses_for_ten_to_the_fourteen_calls():
    problem = needle(worlds=50, coverage=1e14, responses=10**18, beta=0.01)
    oracle = oracles.open(problem, law="exact-law", replicates=50)
    found = oracle.search(oracle.prompt(), Norm() > 0, 5e14)
    assert found.ok.all()
    np.testing.assert_array_equal(found.response, problem.needles)
    np.testing.assert_array_equal(found.features, problem.directions)
    assert 3e13 < np.median(found.used) < 2e14
    np.testing.assert_array_equal(oracle.ledger.compute, found.used)


@pytest.mark.parametrize("law", LAWS)
def test_the_rest_of_a_huge_atom_is_searched_without_the_named(law):
    problem = needle(worlds=600, coverage=4.0)
    named = np.stack([problem.needles, (problem.needles + 1) % 7, (problem.needles + 3) % 7], axis=-1)
    oracle = oracles.open(problem, law=law, replicates=600)
    found = oracle.search(oracle.prompt(), ~Seen(named), 1000)
    assert found.ok.all()
    away = (found.response - problem.needles) % 7
    assert set(away.tolist()) == {2, 4, 5, 6}
    assert np.bincount(away)[[2, 4, 5, 6]].min() > 100


@pytest.mark.parametrize("law", LAWS)
def test_rows_that_are_not_asked_idle(law):
    oracle = oracles.open(tabular(), law=law, replicates=2)
    ctx = oracle.prompt()
    found = oracle.search(ctx, Norm() > -1, 3, rows=np.array([False, True]))
    assert found.status.tolist() == [Status.IDLE, Status.OK]
    assert found.used.tolist() == [0, 1]
    assert oracle.ledger.total("weak").tolist() == [0, 1]


@pytest.mark.parametrize("law", LAWS)
def test_running_dry_is_a_status_and_asking_again_an_error(law):
    oracle = oracles.open(tabular(), law=law, budgets={"weak": 3})
    ctx = oracle.prompt()
    found = oracle.search(ctx, Norm() > 5, np.inf)
    assert found.status.tolist() == [Status.EXHAUSTED]
    assert found.used.tolist() == [3]
    with pytest.raises(BudgetExceeded, match=r"active\[0\] must be true for another call"):
        oracle.search(ctx, Norm() > 5, 1)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda o, c: o.search(c, Norm() > 0, 1.5), "budget must be a whole number of tries >= 0, got 1.5"),
        (lambda o, c: o.search(c, Norm() > 0, -1), "budget must be a whole number of tries >= 0, got -1"),
        (lambda o, c: o.search(c, Norm() > 0, np.nan), "budget must be a whole number"),
        (lambda o, c: o.search(c, Norm() > 0, [1, 2, 3]), "budget must be a number, or 2 numbers"),
        (lambda o, c: o.search(c, Norm() > 0, np.inf), "budget must be finite where the ledger sets no"),
        (lambda o, c: o.search(c, lambda y: True, 1), "hit must be a condition such as Norm() > 0"),
        (lambda o, c: o.search(c, Norm() > 0, 1, theta=[9.0, 9.0]), "theta must satisfy |theta|_2 <= 1"),
        (lambda o, c: o.search("x", Norm() > 0, 1), "ctx must be a prompt drawn from this oracle"),
        (lambda o, c: o.search(c, Seen([1]), 1, pair=True), "hit must not ask whether a pair was seen"),
        (lambda o, c: o.search(c, Dot(np.ones(3)) > 0, 1), "theta must have shape (2,) or (2, 2)"),
    ],
)
def test_misuse_is_refused_and_not_charged(law, call, message):
    oracle = oracles.open(tabular(), law=law, replicates=2)
    ctx = oracle.prompt()
    before = oracle.ledger.counts
    with pytest.raises(OracleMisuse) as caught:
        call(oracle, ctx)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    np.testing.assert_array_equal(oracle.ledger.counts, before)


def test_what_is_found_is_all_that_is_said():
    oracle = oracles.open(needle(), law="exact-law")
    found = oracle.search(oracle.prompt(), Norm() > 0, 50)
    public = {name for name in dir(found) if not name.startswith("_")}
    assert public == {"clipped", "features", "ok", "response", "status", "used"}
    with pytest.raises(ValueError, match="read-only"):
        found.used[0] = 0


def test_a_learners_coins_are_its_own():
    one, two = (oracles.open(tabular(), seed=2, replicates=3) for _ in range(2))
    one.coins.uniform(100)
    np.testing.assert_array_equal(one.prompt().prompts, two.prompt().prompts)
    assert one.coins.R == 3

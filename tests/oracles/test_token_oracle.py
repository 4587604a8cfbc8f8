"""The token oracle: what it charges and refuses, and that its exact law is that of the literal process."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore_theory.errors import BudgetExceeded, InvalidProblem, OracleMisuse
from explore_theory.foundation import laws
from explore_theory.foundation.compiled import SWITCH
from explore_theory.oracles.ledger import KINDS
from explore_theory.oracles.tokens import walks as token_walks
from explore_theory.oracles.tokens.opening import open_tokens
from explore_theory.oracles.tokens.protocol import Prefixes
from explore_theory.oracles.tokens.sampler import TokenPolicy, step_law, token_law, token_tables
from explore_theory.oracles.tokens.walks import PolicyTables, walk
from explore_theory.problems import Gaussian
from explore_theory.problems.autoregressive import product_problem, random_markov_problem

PROBLEM = random_markov_problem(horizon=4, vocabulary=3, dimension=2, beta=0.3, tilt=2.0, noise=Gaussian(0.2))
TOKEN = KINDS.index("token")


def policy(problem=PROBLEM, draws=4, cap=6, radius=10.0, seed=0):
    rng = np.random.default_rng(seed)
    steps, d = problem.horizon, problem.layers[0].d
    return TokenPolicy(
        theta=problem.theta + 0.1 * rng.normal(size=(steps, d)),
        precision=np.tile(np.eye(d), (steps, 1, 1)),
        radius=radius,
        draws=draws,
        cap=cap,
    )


def tables(problem, chosen):
    found = PolicyTables(problem, chosen.draws, chosen.cap)
    for h, layer in enumerate(problem.layers):
        found.put(h, step_law(layer, chosen, h, problem.beta))
    return found


def z(values, mean):
    return (np.mean(values) - mean) / (np.std(values) / math.sqrt(len(values)) + 1e-12)


def test_draws_are_charged_to_their_layer_and_reveal_features():
    oracle = open_tokens(PROBLEM, replicates=3)
    start = oracle.prompts([0, 0, 2])
    sample = oracle.draw(start, 5)
    assert sample.tokens.shape == (3, 5)
    assert np.array_equal(sample.features, PROBLEM.layers[0].features[0, sample.tokens])
    after = oracle.extend(start, sample.tokens[:, 0])
    oracle.draw(after, 1)
    counts = oracle.ledger.counts[:, TOKEN, 0]
    assert counts.tolist() == [[10, 2, 0, 0], [0, 0, 0, 0], [5, 1, 0, 0]]
    assert oracle.ledger.total("prompt").tolist() == [2, 0, 1]
    assert oracle.ledger.compute.tolist() == [12, 0, 6]


def test_rewards_come_at_the_end_and_two_by_two():
    oracle = open_tokens(PROBLEM)
    start = oracle.prompts([0])
    ends = []
    for tokens in ([0, 1, 2, 0], [2, 2, 1, 1]):
        here = start
        for token in tokens:
            here = oracle.extend(here, np.array([token]))
        ends.append(here)
    with pytest.raises(OracleMisuse, match="first must be whole responses of 4 tokens, got 0"):
        oracle.reward(start, ends[1])
    seen = np.array([oracle.reward(*ends)[0] for _ in range(400)])
    truth = PROBLEM.response_reward(np.zeros(2, dtype=int), np.array([[0, 1, 2, 0], [2, 2, 1, 1]]))
    assert seen.mean(axis=0) == pytest.approx(truth, abs=5 * 0.2 / 20)
    assert oracle.ledger.data.tolist() == [400]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda o, p: o.prompts([1]), InvalidProblem, "rows[0] must lie in [0, 0], got rows[0]=1"),
        (lambda o, p: o.draw(p, 0), InvalidProblem, "m must be at least 1, got m=0"),
        (lambda o, p: o.extend(p, [3]), OracleMisuse, "tokens must be below 3, got 3"),
        (lambda o, p: o.extend(p, [0, 1]), OracleMisuse, "tokens must be 1 tokens, got int64 of shape (2,)"),
        (
            lambda o, p: o.draw(open_tokens(PROBLEM).prompts([0])),
            OracleMisuse,
            "prefixes must come from this oracle",
        ),
        (
            lambda o, p: o.step(
                p, policy(random_markov_problem(horizon=4, vocabulary=3, dimension=1, beta=1))
            ),
            OracleMisuse,
            "theta must have shape (4, 2), got theta.shape=(4, 1)",
        ),
        (
            lambda o, p: Prefixes.joined([p, o.extend(p, [0])]),
            OracleMisuse,
            "prefixes must have one length to be joined, got lengths [0, 1]",
        ),
    ],
)
def test_misuse_is_refused_in_one_line(call, error, message):
    oracle = open_tokens(PROBLEM)
    start = oracle.prompts([0])
    before = oracle.ledger.total("token")
    with pytest.raises(error) as caught:
        call(oracle, start)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert oracle.ledger.total("token") == before


def test_a_whole_response_cannot_be_continued():
    oracle = open_tokens(PROBLEM)
    here = oracle.prompts([0])
    for _ in range(4):
        here = oracle.extend(here, [0])
    with pytest.raises(OracleMisuse, match="prefixes must have at most 3 tokens to be continued, got 4"):
        oracle.draw(here)


@pytest.mark.parametrize("law", ["literal", "exact-law"])
def test_budgets_are_enforced(law):
    oracle = open_tokens(PROBLEM, law=law, budgets={"token": 100})
    start = oracle.prompts([0]).repeated(50)
    with pytest.raises(BudgetExceeded, match="token budget must stay at most 100"):
        oracle.walks(start, policy())


@pytest.mark.parametrize("law", ["literal", "exact-law"])
def test_a_row_does_not_depend_on_its_peers(law):
    def play(rows, replicates):
        oracle = open_tokens(PROBLEM, law=law, replicates=replicates, seed=5)
        found = []
        for row in rows:
            start = oracle.prompts([row] * 3)
            returns = oracle.returns(
                oracle.extend(start, [0] * 3), oracle.extend(start, [1] * 3), policy(), 4
            )
            found.append((returns.reward, returns.log_ratio, oracle.ledger.compute[row]))
        return found

    alone = play([0], 1)[0]
    together = play([2, 0, 1], 3)[1]
    assert np.array_equal(alone[0], together[0])
    assert np.array_equal(alone[1], together[1])
    assert alone[2] == together[2]


@settings(max_examples=15)
@given(st.integers(0, 2**32), st.integers(1, 9), st.integers(1, 40), st.sampled_from([0.3, 10.0]))
def test_the_compiled_path_agrees_with_numpy(seed, draws, cap, radius):
    chosen = policy(draws=draws, cap=cap, radius=radius, seed=seed)
    start = np.random.default_rng(seed).integers(0, 3, size=200)
    found = [
        walk(tables(PROBLEM, chosen), start, 1, seed, keep_states=True, compiled=compiled)
        for compiled in (False, True)
    ]
    for name in ("reward", "log_ratio", "calls", "states", "gains"):
        assert getattr(found[0], name) == pytest.approx(getattr(found[1], name), abs=1e-12)


def test_a_walk_does_not_depend_on_how_many_there_are():
    chosen = tables(PROBLEM, policy())
    few, many = (walk(chosen, np.zeros(n, dtype=int), 0, 9, keep_states=True) for n in (10, 1000))
    assert np.array_equal(few.states, many.states[:10])
    assert np.array_equal(few.log_ratio, many.log_ratio[:10])


@pytest.mark.parametrize("kind", ["literal", "exact-law"])
def test_steps_follow_the_law_of_a_step(kind):
    chosen = policy(draws=2, cap=3)
    oracle = open_tokens(PROBLEM, law=kind)
    count = 20000
    steps = oracle.step(oracle.prompts([0] * count), chosen)
    law = np.exp(token_law(PROBLEM.layers[0], chosen, 0, PROBLEM.beta)[0])
    frequency = np.bincount(steps.token, minlength=3) / count
    assert np.abs(frequency - law).max() < 5 * math.sqrt(0.25 / count)


def test_log_ratios_are_unbiased_for_the_law_given_base_token_and_ceiling():
    chosen = policy(draws=2, cap=400)
    layer = PROBLEM.layers[0]
    law = step_law(layer, chosen, 0, PROBLEM.beta)
    rank = law.miss - np.concatenate([law.miss[..., 1:], np.zeros_like(law.miss[..., :1])], axis=-1)
    log_law = np.log(np.diff(law.cdf, axis=-1, prepend=0.0) + 1e-300)
    divergence = laws.kl(log_law, layer.log_base[:, None, None, :])
    expected = float((layer.base[0] * (rank * divergence).sum(axis=-1)[0]).sum())
    calls = []
    for kind in ("literal", "exact-law"):
        oracle = open_tokens(PROBLEM, law=kind)
        ratio = oracle.step(oracle.prompts([0] * 20000), chosen).log_ratio
        assert abs(z(ratio, expected)) < 5
        calls.append(oracle.ledger.compute[0])
    assert calls[0] == pytest.approx(calls[1], rel=0.02)
    # One layer from the end, a walk is one step.
    single = random_markov_problem(horizon=1, vocabulary=3, dimension=2, beta=0.3, tilt=2.0)
    other = policy(single, draws=2, cap=400)
    law = step_law(single.layers[0], other, 0, single.beta)
    rank = law.miss - np.concatenate([law.miss[..., 1:], np.zeros_like(law.miss[..., :1])], axis=-1)
    log_law = np.log(np.diff(law.cdf, axis=-1, prepend=0.0) + 1e-300)
    divergence = (rank * laws.kl(log_law, single.layers[0].log_base[:, None, None, :])).sum(axis=-1)
    walked = walk(tables(single, other), np.zeros(200000, dtype=int), 0, 1).log_ratio
    assert abs(z(walked, float((single.layers[0].base[0] * divergence[0]).sum()))) < 5


def test_returns_and_charges_have_one_law_in_both():
    chosen, rounds = policy(draws=3, cap=5), 6000
    seen = {}
    for kind in ("literal", "exact-law"):
        oracle = open_tokens(PROBLEM, law=kind, seed=1)
        start = oracle.prompts([0])
        first, second = oracle.extend(start, [0]), oracle.extend(start, [2])
        with oracle.phase("returns"):
            found = oracle.returns(first, second, chosen, rounds)
        calls = oracle.ledger.counts[0, TOKEN, 1] / rounds
        seen[kind] = (found.reward[0], found.log_ratio[0], found.variance[0], calls)
        assert oracle.ledger.data.tolist() == [rounds]
    one, two = seen["literal"], seen["exact-law"]
    scale = math.sqrt(2 * one[2] / rounds)
    assert abs(one[0] - two[0]) < 5 * scale
    assert abs(one[1] - two[1]) < 5 * math.sqrt(2 * 8 / rounds)
    assert one[2] == pytest.approx(two[2], rel=0.15)
    assert one[3][1:] == pytest.approx(two[3][1:], rel=0.03)
    assert one[3][0] == two[3][0] == 0


def test_searches_have_one_law_in_both():
    precision, radius = 2 * np.eye(2), 0.9
    places, numbers, used = {}, {}, {}
    for kind in ("literal", "exact-law"):
        oracle = open_tokens(PROBLEM, law=kind, seed=2, replicates=400)
        first, count = [], []
        for row in range(400):
            prefixes = oracle.extend(oracle.prompts([row]).repeated(4), [0, 1, 2, 0])
            found = oracle.far_pairs(prefixes, precision, radius, 2)
            for pair in found[:1]:
                relative = pair.features[0] - pair.features[1]
                assert 2 * relative @ relative > radius**2
                state = prefixes._state[pair.place]
                assert np.array_equal(pair.features, PROBLEM.layers[1].features[state, list(pair.tokens)])
            places_here = [pair.place for pair in found]
            assert places_here == sorted(set(places_here))
            first.append(places_here[0] if found else 4)
            count.append(len(found))
        places[kind] = np.bincount(first, minlength=5) / 400
        numbers[kind] = np.bincount(count, minlength=5) / 400
        used[kind] = oracle.ledger.compute.mean()
    for law in (places, numbers):
        assert 0 < law["literal"][1] < 1
        assert np.abs(law["literal"] - law["exact-law"]).max() < 5 * math.sqrt(0.5 / 400)
    assert used["literal"] == pytest.approx(used["exact-law"], rel=0.1)


@pytest.mark.parametrize("kind", ["literal", "exact-law"])
def test_pairs_that_were_found_join_the_precision(kind):
    oracle = open_tokens(PROBLEM, law=kind)
    prefixes = oracle.prompts([0]).repeated(2000)
    found = oracle.far_pairs(prefixes, np.eye(2), 0.5, 50)
    precision = np.eye(2)
    for pair in found:
        relative = pair.features[0] - pair.features[1]
        assert relative @ precision @ relative > 0.25
        precision = np.linalg.inv(np.linalg.inv(precision) + np.outer(relative, relative))
    features = PROBLEM.layers[0].features[0]
    for relative in features[:, None, :] - features[None, :, :]:
        # 50 tries at each of many prefixes leave nothing that is far and not rare.
        assert np.all(np.einsum("ai,ij,aj->a", relative, precision, relative) <= 0.25)
    assert len(oracle.far_pairs(prefixes, np.eye(2), 0.5, 50, most=1)) == 1
    assert oracle.far_pairs(prefixes.pick([]), np.eye(2), 0.5, 50) == []


def test_walks_visit_the_states_of_the_policy():
    from explore_theory.exact import soft_dynamics

    chosen = policy()
    expected = np.exp(soft_dynamics.occupancies(PROBLEM, token_tables(PROBLEM, chosen))[3])
    for kind in ("literal", "exact-law"):
        oracle = open_tokens(PROBLEM, law=kind)
        visited = oracle.walks(oracle.prompts([0] * 4000), chosen)
        assert [part.length for part in visited] == [0, 1, 2, 3]
        frequency = np.bincount(visited[3]._state, minlength=3) / 4000
        assert np.abs(frequency - expected).max() < 5 * math.sqrt(0.25 / 4000)


def test_walks_do_without_numba_where_kernels_are_switched_off(monkeypatch):
    def absent(arguments, parallel):
        raise ImportError("no numba")

    expected = walk(tables(PROBLEM, policy()), np.zeros(50, dtype=int), 0, 9)
    monkeypatch.setenv(SWITCH, "python")
    monkeypatch.setattr(token_walks, "_by_blocks", absent)
    found = walk(tables(PROBLEM, policy()), np.zeros(50, dtype=int), 0, 9)
    assert found.log_ratio == pytest.approx(expected.log_ratio, abs=1e-12)
    monkeypatch.delenv(SWITCH)
    with pytest.raises(ImportError, match="no numba"):
        walk(tables(PROBLEM, policy()), np.zeros(50, dtype=int), 0, 9)


def test_many_walks_on_threads_are_those_of_one_thread(monkeypatch):
    chosen, start = tables(PROBLEM, policy()), np.zeros(5000, dtype=int)
    alone = walk(chosen, start, 0, 9)
    monkeypatch.setattr(token_walks, "PARALLEL", 1)
    together = walk(chosen, start, 0, 9)
    for name in ("reward", "log_ratio", "calls"):
        assert np.array_equal(getattr(alone, name), getattr(together, name))


def test_walks_reach_beyond_the_table_of_tries():
    # Scores of 8 under a rare token: about e^-8 of the candidates are accepted, far more than the window.
    problem = product_problem(horizon=2, weight=8.0, beta=1.0, vocabulary=64)
    chosen = TokenPolicy(
        theta=problem.theta, precision=np.zeros((2, 1, 1)), radius=1.0, draws=2000, cap=20000
    )
    found = [
        walk(tables(problem, chosen), np.zeros(4000, dtype=int), 0, 3, compiled=compiled)
        for compiled in (False, True)
    ]
    assert found[0].log_ratio == pytest.approx(found[1].log_ratio, abs=1e-12)
    tries = found[1].calls / 4000 - 2001
    assert np.all(tries > token_walks.WINDOW)
    law = step_law(problem.layers[0], chosen, 0, 1.0)
    base = np.diff(law.base_cdf[0], prepend=0.0)
    rank = law.miss[0] - np.concatenate([law.miss[0][:, 1:], np.zeros((64, 1))], axis=-1)
    mean = float((base[:, None] * rank / -np.expm1(law.log_reject[0])).sum())
    assert tries == pytest.approx(mean, rel=0.1)


def test_harmonic_numbers_go_on_beyond_their_table():
    n = np.array([0.0, 1.0, 2.0, 4095.0, 4096.0, 5000.0, 123456.0])
    exact = [math.fsum(1 / k for k in range(1, int(m) + 1)) for m in n]
    assert token_walks._harmonic(n, token_walks.harmonic_table()) == pytest.approx(exact, rel=1e-14)


def test_tables_follow_a_policy_that_changes():
    """A layer's tables are kept from call to call: whatever of a policy changes must replace them."""
    kept, chosen = open_tokens(PROBLEM, seed=3), policy(radius=0.6)
    turned = np.tile(np.array([[3.0, 1.0], [1.0, 5.0]]), (4, 1, 1))
    for change in (
        {},
        {"theta": -chosen.theta},
        {"precision": turned},
        {"radius": 0.9},
        {"draws": 1},
        {"cap": 1},
    ):
        # One thing more differs from what was there before.
        chosen = replace(chosen, **change)
        found, fresh = kept._tables_of(chosen, 0), tables(PROBLEM, chosen)
        assert (found.draws, found.cap) == (chosen.draws, chosen.cap)
        for name in token_walks._TABLES:
            assert np.array_equal(getattr(found, name), getattr(fresh, name))


@pytest.mark.parametrize("kind", ["literal", "exact-law"])
def test_the_variance_of_a_round_is_that_of_its_law(kind):
    """By sums over both sides' whole walks; noise adds twice its variance."""
    problem = random_markov_problem(
        horizon=2, vocabulary=3, dimension=2, beta=0.3, tilt=2.0, noise=Gaussian(0.2)
    )
    chosen, pairs = policy(problem, draws=2, cap=400), 4000
    oracle = open_tokens(problem, law=kind, seed=4)
    start = oracle.prompts([0]).repeated(pairs)
    first, second = (oracle.extend(start, np.full(pairs, token)) for token in (0, 1))
    found = oracle.returns(first, second, chosen, 3)
    layer = problem.layers[1]
    law = step_law(layer, chosen, 1, problem.beta)
    rank = law.miss - np.concatenate([law.miss[..., 1:], np.zeros_like(law.miss[..., :1])], axis=-1)
    weight = layer.base[..., None, None] * rank[..., None] * np.diff(law.cdf, axis=-1, prepend=0.0)
    q = np.exp(law.log_reject)
    # The harmonic number of the tries has mean -log p and variance Li_2(1 - p) (T8), here as a sum.
    spread = np.array([[[sum(x**n / n**2 for n in range(1, 500)) for x in r] for r in s] for s in q])
    value = layer.reward[:, None, None, :] - problem.beta * (law.log_accept - np.log1p(-q)[..., None])
    total = 0.0
    for state in (0, 1):
        mean = (weight[state] * value[state]).sum()
        square = value[state] ** 2 + problem.beta**2 * spread[state][..., None]
        total += (weight[state] * square).sum() - mean**2 + 0.2**2
    assert abs(z(found.variance, total)) < 5


@pytest.mark.parametrize("compiled", [True, False])
def test_the_bill_of_a_rollout_is_that_of_its_report(compiled):
    """Where nothing is accepted with certainty a report tells the number of candidates."""
    problem = product_problem(horizon=1, weight=4.0, beta=1.0, vocabulary=8)
    chosen = TokenPolicy(theta=problem.theta, precision=np.zeros((1, 1, 1)), radius=1.0, draws=40, cap=300)
    made = tables(problem, chosen)
    seen = set()
    for key in range(300):
        done = walk(made, np.zeros(1, dtype=int), 0, key, compiled=compiled)
        if done.log_ratio[0] == 0.0:
            continue
        # Token 0 is accepted with certainty if the ceiling knows it, and the others with e^-4.
        harmonic = token_walks._harmonic(np.arange(300.0), token_walks.harmonic_table())
        fits = [
            n + 1 for n in range(300) if min(abs(done.log_ratio[0] - harmonic[n] - a) for a in (0, -4)) < 1e-9
        ]
        assert done.calls[0] - 1 - 40 in fits
        seen.add(int(done.calls[0]))
    assert len(seen) > 10


@pytest.mark.parametrize("kind", ["literal", "exact-law"])
def test_prefixes_of_a_walk_hold_what_was_gained(kind):
    """Without noise: the reward of a walk's last prefix and one more token is that of the tokens it took."""
    problem = random_markov_problem(horizon=3, vocabulary=3, dimension=2, beta=0.3, tilt=2.0)
    oracle = open_tokens(problem, law=kind)
    # The last token is the state, so the states of a walk are its tokens.
    start = oracle.extend(oracle.prompts([0]).repeated(50), np.arange(50) % 3)
    _, last = oracle.walks(start, policy(problem, draws=2, cap=3))
    ends = oracle.extend(last, np.ones(50, dtype=int))
    tokens = np.stack([start._state, last._state, np.ones(50, dtype=int)], axis=-1)
    expected = problem.response_reward(np.zeros(50, dtype=int), tokens)
    assert oracle.reward(ends, ends)[:, 0] == pytest.approx(expected, abs=1e-12)
    assert len(np.unique(expected)) > 5

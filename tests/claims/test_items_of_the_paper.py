"""LG1, LG2, LH5 and LN3: what they measure and allow, written out a second time."""

import math
from itertools import product

import numpy as np
import pytest

from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from proofs_checks.framework import instances
from proofs_checks.framework import lg2_density_ratio as lg2
from proofs_checks.proper_policy_hardness import lh5_dnf_embedding as lh5
from proofs_checks.spanner_sampling.truncated import Truncated
from proofs_checks.token_level_improvement import ln3_two_sided as ln3
from proofs_checks.token_level_improvement import pi1_linear_rewards as pi1


def trial(**params):
    return Trial(case=Case(slug="one", params=params), streams=Streams(("t",), range(1)))


def test_density_ratio_and_rise_are_those_of_the_normalised_law():
    z = np.random.default_rng(5).normal(size=(20, instances.width(4)))
    world = instances.decode(z, 4, effort=20)
    told = 0
    for k in range(20):
        base, reward, beta = np.exp(world.log_base[k]), world.reward[k], world.beta[k]
        weights = [b * math.exp((r - max(reward)) / beta) for b, r in zip(base, reward, strict=True)]
        ratio = max(w / sum(weights) / b for w, b in zip(weights, base, strict=True))
        assert lg2.log_coverage(world)[k] == pytest.approx(math.log(ratio), rel=1e-9, abs=1e-12)
        rise = (max(reward) - sum(b * r for b, r in zip(base, reward, strict=True))) / beta
        assert lg2.rise(world)[k] == pytest.approx(rise, rel=1e-9, abs=1e-12)
        # What is left is KL(pi_ref || pi_f), where no weight underflows.
        if min(weights) > 1e-290:
            left = sum(b * math.log(b * sum(weights) / w) for w, b in zip(weights, base, strict=True))
            assert rise - math.log(ratio) == pytest.approx(left, rel=1e-6, abs=1e-9)
            told += 1
    assert told > 5


@pytest.mark.parametrize(
    ("accepting", "constraint"),
    [
        (((1, -1), (-1, -1)), ((1, 2), (1, -1))),
        (((1, -1),), ((1, 1), (1, 1))),
        (((1, 1), (-1, 1)), ((2, 1), (-1, -1))),
    ],
)
def test_a_constraint_is_met_where_one_of_its_clauses_is(accepting, constraint):
    variables, signs = constraint
    clauses = lh5.embedded(accepting, constraint)
    assert len(clauses) == len(accepting)
    for x in product((1, -1), repeat=2):
        seen = tuple(b * x[v - 1] for v, b in zip(variables, signs, strict=True))
        met = [all(x[abs(lit) - 1] == (1 if lit > 0 else -1) for lit in clause) for clause in clauses]
        assert sum(met) == (seen in accepting)


def test_all_predicates_and_formulas_are_compared():
    found = lh5.compared(trial(n=1, k=2, m=1))
    # 16 predicates, 4 constraints on one variable, 2 assignments.
    assert len(found.dnf) == 16 * 4 * 2
    assert found.dnf == found.predicate
    assert sum(found.predicate) > 0
    assert lh5.least_value(trial()).lo[0] == 1


def three_actions():
    base = np.array([[0.5, 0.3, 0.2]])
    return Truncated(
        log_base=np.log(base),
        reward=np.array([[0.0, 0.4, 0.9]]),
        estimate=np.array([[0.0, 0.7, -3.0]]),
        inside=np.array([[True, True, False]]),
        beta=np.array([0.25]),
        effort=1,
    )


def test_loss_and_right_side_are_sums_over_actions():
    base, reward, beta = [0.5, 0.3, 0.2], [0.0, 0.4, 0.9], 0.25

    def softmax(score):
        weights = [b * math.exp(s / beta) for b, s in zip(base, score, strict=True)]
        return [w / sum(weights) for w in weights]

    def value(law):
        return sum(p * (r - beta * math.log(p / b)) for p, r, b in zip(law, reward, base, strict=True))

    best, own, near = softmax(reward), softmax([0.0, 0.7, 0.0]), softmax([0.0, 0.4, 0.0])
    world = three_actions()
    assert ln3.loss(world)[0] == pytest.approx((value(best) - value(own)) / beta, rel=1e-12)
    kl = sum(p * math.log(p / q) for p, q in zip(own, near, strict=True))
    right = kl + 0.9 / beta * (best[2] + own[2])
    assert ln3.right_side(world)[0] == pytest.approx(right, rel=1e-12)
    assert ln3.loss(world)[0] < right


def test_five_layers_lose_what_dynamic_programming_says():
    """The second action earns one at each of five layers, the first nothing; later layers have no choice."""
    beta = 1 / math.log(10**6)
    later = 0.0
    for _ in range(4):
        later += 1.0
    q = [0.0, 1.0 + later]
    best = beta * math.log(sum(math.exp(v / beta) for v in q) / 2)
    base = sum(q) / 2
    assert ln3.five_layers(trial()).lo[0] == pytest.approx(best - base, rel=1e-9)
    assert best - base > 2


def test_the_best_autoregressive_policy_loses_what_is_stated():
    """By a search over both parameters of the second layer, values from the four responses."""
    tilt = 30.0  # e^B at delta = 1/10
    best = math.log((3 + tilt) / 4)

    def value(second):
        law = pi1.autoregressive(1.0, second)
        reward = {r: math.log(tilt) if r == (2, 1) else 0.0 for r in law}
        return sum(float(p) * (reward[r] - math.log(4 * float(p))) for r, p in law.items())

    losses = [best - value(second) for second in (*np.geomspace(1e-3, 1e4, 400), tilt)]
    stated = math.log((3 + tilt) / 4) - math.log((1 + tilt) / 2) / 2
    assert min(losses) == pytest.approx(stated, rel=1e-12)
    assert float(pi1.sequence_law(30)[(2, 1)]) == pytest.approx(1 / 1.1)

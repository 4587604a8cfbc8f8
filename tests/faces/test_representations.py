"""What an interactive user sees: a line per object, whatever arrays it holds."""

import dataclasses
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from explore_theory import SpannerSampling, TabularProblem, oracles, policies
from explore_theory.foundation.brief import LONGEST, brief
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.measures.measurement import Bound, Measurement, Tally
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.oracles.expressions import Norm
from explore_theory.problems import Gaussian, random_markov_problem
from explore_theory.running import play


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(1)
    features = rng.uniform(-0.3, 0.3, (3, 200, 4))
    theta = np.array([0.5, -0.2, 0.1, 0.3])
    return TabularProblem(
        prompt_mass=[0.2, 0.3, 0.5],
        base=rng.dirichlet(np.ones(200), size=3),
        features=features,
        reward=features @ theta,
        beta=0.4,
        theta_star=theta,
        parameter_radius=1.0,
        coverage=6.0,
        noise=Gaussian(0.05),
    )


@pytest.fixture(scope="module")
def things(problem):
    oracle = oracles.open(problem, law="exact-law", replicates=300)
    context = oracle.prompt()
    inverse = np.eye(4)
    theta = np.ones((300, 4))
    done = play(SpannerSampling(eps=0.4), problem, replicates=4)
    return {
        "problem": problem,
        "tokens": random_markov_problem(horizon=30, vocabulary=9, dimension=3, beta=0.2),
        "layer": random_markov_problem(horizon=3, vocabulary=9, dimension=3, beta=0.2).layers[0],
        "atoms": problem.atoms(np.arange(3)[None]),
        "context": context,
        "sample": oracle.draw(context, 50),
        "found": oracle.search(context, Norm(inverse) > 0.2, 50),
        "softmax": policies.Softmax(theta),
        "mixture": policies.Mixture(np.full(40, 1 / 40), (policies.Softmax(theta),) * 40),
        "point": policies.PointMass(np.arange(300)),
        "condition": Norm(np.eye(40)) > 0.5,
        "run": done,
        "spanner policy": done.policy,
        "schedule": done.policy.schedule,
        "learner": SpannerSampling(eps=0.4, schedule=done.policy.schedule),
        "measurement": Measurement.exact(np.linspace(0, 1, 500), witness=lambda k: {"k": k}),
        "bound": Bound.of(np.linspace(0, 1, 500)),
        "tally": Tally(successes=5, trials=10),
    }


def test_an_object_is_a_short_line(things):
    shown = {name: repr(thing) for name, thing in things.items()}
    assert {name: text for name, text in shown.items() if len(text) > LONGEST or "\n" in text} == {}
    assert shown["problem"].startswith("TabularProblem(prompt_mass=[3 values], base=[3 x 200], ")
    assert "beta=0.4" in shown["problem"]
    assert shown["softmax"] == "Softmax(theta=[300 x 4])"
    assert shown["found"].startswith("Found(status=[300 values], response=[300 values], features=[300 x 4]")


def test_claims_and_results_are_short_lines(toys):
    toys.add("A1")
    registry = discover([str(toys.path)])
    (registered,) = registry.claims
    with Store(":memory:") as store:
        run(registry.claims, store)
        (session,) = store.sessions()
        (result,) = session_results(store, session)
    case = result.cases[0]
    check = registered.claim.checks[0]
    for thing in (registry, registered, registered.claim, check, check.cases[0], session, result, case):
        assert len(repr(thing)) <= LONGEST
        assert "\n" not in repr(thing)
    assert "id='A1'" in repr(registered.claim)
    assert repr(case.summary).startswith("Summary(count=100, applicable=100")
    assert "HOLDS" in repr(result.verdict)


def test_parts_are_shown_by_what_they_are():
    @brief
    @dataclass
    class Thing:
        words: str = "w" * 300
        number: float = 1 / 3
        many: tuple = (1, 2, 3)
        by_name: dict = dataclasses.field(default_factory=lambda: {"a": 1})
        other: object = dataclasses.field(default_factory=SimpleNamespace)
        nothing: None = None
        hidden: str = dataclasses.field(default="secret", repr=False)

    text = repr(Thing(other=object()))
    assert text.startswith("Thing(words='www")
    assert "number=0.333333, many=(3 items), by_name={1 items}, other=object(..), nothing=None)" in text
    assert "secret" not in text
    assert len(repr(Thing(other=10**500))) <= LONGEST


def test_a_context_and_prefixes_are_short_lines():
    from explore_theory.oracles import open_tokens

    oracle = open_tokens(random_markov_problem(horizon=4, vocabulary=3, dimension=2, beta=0.2), replicates=90)
    assert len(repr(oracle.prompts(np.arange(90)))) <= LONGEST

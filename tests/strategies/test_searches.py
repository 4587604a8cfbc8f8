"""Searches: what they draw, that they climb, and that what they find is made simple."""

import dataclasses
import io
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import strategies as st

from explore_theory import exact, strategies
from explore_theory.errors import InvalidClaim, InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.harness import (
    Assumption,
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Resolution,
    Trial,
)
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.runner import run
from explore_theory.harness.running.searching import simplest
from explore_theory.harness.storage.records import claim_record
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.catalogue import page
from explore_theory.strategies import Search


def trial(rows, *, tier="quick", reseed=0, **params):
    case = Case(slug="one", rows=64, params=params)
    return Trial(case=case, streams=Streams(("searches",), rows, reseed), tier=tier)


def texts(instances):
    return [strategies.to_json(instance) for instance in instances]


def log_coverage(world):
    return np.array([float(exact.log_coverage(problem)[0]) for problem in world])


def ranges(world):
    return np.array([problem.reward_range / problem.beta for problem in world])


def check(search, *, factor=1.0, **changes):
    """Log-coverage at most `factor` times ``R/beta``: true for one, false for less."""
    given = {
        "slug": "search",
        "evidence": Evidence.ADVERSARIAL,
        "cases": (Case(slug="one", rows=8, block=3, tight=True),),
        "measure": lambda world: Measurement.exact(log_coverage(world), error=1e-12),
        "bound": lambda world: Bound.of(factor * ranges(world)),
        "resolution": Resolution(absolute=1e-9),
        "search": search,
    }
    return Check(**(given | changes))


TABULAR = strategies.tabular((2, 5), dimension=(1, 3), prompts=(1, 2))


def test_draws_do_not_depend_on_blocks():
    search = Search(strategies.laws(), each=2, score=np.max, effort=3)
    together = texts(search.draw(trial(range(6))))
    apart = [text for rows in ((0,), (1, 2, 3), (4, 5)) for text in texts(search.draw(trial(rows)))]
    assert together == apart
    assert len(set(together)) > 6
    assert texts(search.draw(trial(range(6), reseed=1))) != together


def test_draws_are_the_same_in_a_fresh_process():
    program = (
        "from explore_theory import strategies;"
        "from explore_theory.foundation.streams import Streams;"
        "from explore_theory.harness import Case, Trial;"
        "case = Case(slug='one', rows=64);"
        "trial = Trial(case=case, streams=Streams(('searches',), (3,)));"
        "print(strategies.to_json(strategies.Search(strategies.tabular()).draw(trial)[0]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == texts(Search(strategies.tabular()).draw(trial((3,))))[0]


def test_a_strategy_may_depend_on_the_parameters_of_a_case():
    search = Search(lambda params: strategies.laws(params["n"]))
    assert {law.size for law in search.draw(trial(range(4), n=3))} == {3}


def test_a_climb_ends_higher_than_it_began_and_higher_with_more_effort():
    def score(vector):
        return -abs(float(vector[0]) - 0.321)

    means = []
    for effort in ({}, {"effort": 30, "score": score}, {"effort": 300, "score": score}):
        drawn = Search(strategies.vectors(1), **effort).draw(trial(range(12)))
        means.append(np.mean([score(vector) for vector in drawn]))
    assert means[0] < means[1] < means[2]
    assert means[2] > -0.01


def test_the_tier_decides_the_effort():
    search = Search(strategies.laws(), score=np.max, effort={"quick": 0, "full": 20})
    plain = Search(strategies.laws())
    assert texts(search.draw(trial(range(3)))) == texts(plain.draw(trial(range(3))))
    full = search.draw(trial(range(3), tier="full"))
    assert all(x.max() >= y.max() for x, y in zip(full, plain.draw(trial(range(3))), strict=True))
    assert texts(full) != texts(search.draw(trial(range(3))))


def test_what_cannot_be_scored_is_kept():
    """NaN is taken for the worst: an instance that breaks the measurement is one to report."""

    def score(law):
        return float("nan") if law.size == 2 else 0.0

    found = Search(strategies.laws((2, 4)), score=score, effort=60).draw(trial(range(4)))
    assert [law.size for law in found] == [2] * 4


def test_instances_that_take_many_bytes_are_drawn():
    (found,) = Search(st.lists(st.integers(0, 99), min_size=3000, max_size=3000)).draw(trial((0,)))
    assert len(found) == 3000


def test_a_strategy_that_filters_everything_out_is_refused():
    with pytest.raises(InvalidClaim, match="it filters out too much"):
        Search(st.integers(0, 9).filter(lambda _: False)).draw(trial((0,)))


@pytest.mark.parametrize("row", [0, *(pytest.param(row, marks=pytest.mark.slow) for row in (1, 2))])
def test_a_planted_false_inequality_shrinks(row):
    """Log-coverage is at most half of R/beta: false, and plainly so with two or three responses."""
    false = check(Search(TABULAR, each=4), factor=0.5)
    rows = trial(range(3 * row, 3 * row + 3))
    world = false.instance(rows)
    bad = np.flatnonzero(log_coverage(world) > 0.5 * ranges(world) + 1e-9)
    assert bad.size > 1
    problem = simplest(false, "<=", rows, int(bad[0]))
    prompts, responses, d = problem.features.shape
    assert prompts == 1
    assert responses <= 3
    assert d <= 2
    assert set(problem.reward.reshape(-1)) <= {0.0, 0.5, 1.0}
    assert problem.beta in {1.0, 0.5, 2.0}
    assert np.unique(problem.base).size <= 2
    assert log_coverage([problem])[0] > 0.5 * ranges([problem])[0] + 1e-9


def test_the_simplest_violation_is_the_same_in_any_block():
    false = check(Search(strategies.tabular((2, 4), dimension=1)), factor=0.5)
    world = false.instance(trial(range(30)))
    bad = log_coverage(world) > 0.5 * ranges(world) + 1e-9
    # The first instance of the block holds: what is made simple is the other one.
    row = int(np.flatnonzero(bad[1:] & ~bad[:-1])[0])
    first = simplest(false, "<=", trial((row, row + 1)), 1)
    assert texts([first]) == texts([simplest(false, "<=", trial((row + 1,)), 0)])
    assert log_coverage([first])[0] > 0.5 * ranges([first])[0]
    assert texts([first]) != texts(world[row + 1 : row + 2])


def test_a_violation_within_the_resolution_is_made_simple_too():
    """Beyond the resolution nothing is; the bound itself is passed."""
    close = check(
        Search(strategies.laws((2, 4))),
        measure=lambda world: Measurement.exact([float(law.size) for law in world]),
        bound=lambda world: Bound.of(np.full(len(world), 2.5)),
        resolution=Resolution(absolute=100.0),
        coarse="a test",
    )
    world = close.instance(trial(range(12)))
    k = next(k for k, law in enumerate(world) if law.size == 4)
    law = simplest(close, "<=", trial(range(12)), k)
    np.testing.assert_allclose(law, [1 / 3] * 3)


def test_an_instance_that_holds_stays_as_it_is():
    true = check(Search(TABULAR))
    rows = trial(range(2))
    assert texts([simplest(true, "<=", rows, 1)]) == texts(true.instance(rows)[1:])


def test_instances_outside_the_assumptions_and_broken_ones_are_no_violations():
    def measured(world):
        if any(law.size == 3 for law in world):
            raise ValueError("three")
        return Measurement.exact([float(law.size) for law in world])

    false = check(
        Search(strategies.laws((2, 5))),
        measure=measured,
        bound=lambda world: Bound.of(np.ones(len(world))),
        assumptions=(Assumption(name="more than two", holds=lambda world: [x.size > 2 for x in world]),),
    )
    world = false.instance(trial(range(8)))
    k = next(k for k, law in enumerate(world) if law.size == 5)
    assert simplest(false, "<=", trial(range(8)), k).size == 4


def test_only_a_search_is_made_simple():
    plain = check(None, instance=lambda trial: trial)
    with pytest.raises(InvalidClaim, match="must search for its violations to be made simple"):
        simplest(plain, "<=", trial((0,)), 0)
    with pytest.raises(InvalidProblem, match=r"k must lie in \[0, 1\], got k=2"):
        simplest(check(Search(TABULAR)), "<=", trial((0, 1)), 2)


def test_a_start_of_ones_own_is_given_up_for_one_that_fails():
    search = Search(strategies.laws((2, 4)))
    rows = trial(range(6))
    start = np.array([0.125] * 8)
    assert search.smallest(lambda law: law.size > 2, start, rows).size == 3
    assert search.smallest(lambda law: law.size > 5, start, rows) is start


def test_effort_in_making_simple_is_bounded(monkeypatch):
    monkeypatch.setattr("explore_theory.strategies.search._SHRINKS", 5)
    calls = []

    def fails(law):
        calls.append(law)
        return law.size > 2

    search = Search(strategies.laws((2, 6)))
    rows = trial((1, 2, 5))
    start = max(search.draw(rows), key=np.size)
    found = search.smallest(fails, start, rows)
    assert 2 < found.size <= start.size
    assert len(calls) <= 16


def test_encoding_is_that_of_instances():
    search = Search(TABULAR)
    (problem,) = search.draw(trial((0,)))
    assert search.encode(problem) == strategies.encode(problem)
    assert texts([search.decode(search.encode(problem))]) == texts([problem])
    with pytest.raises(InvalidProblem, match="a part must be one of"):
        search.decode({"nothing": 1})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Search(3), "strategy must be a Hypothesis strategy or a function of params, got 3"),
        (lambda: Search(TABULAR, each=0), "each must be at least 1, got each=0"),
        (lambda: Search(TABULAR, each=1.5), "each must be a whole number, got each=1.5"),
        (lambda: Search(TABULAR, score=3, effort=1), "score must be a function of an instance, got score=3"),
        (lambda: Search(TABULAR, score=len), "effort and score must be given together"),
        (lambda: Search(TABULAR, effort=5), "effort and score must be given together"),
        (lambda: Search(TABULAR, score=len, effort={"slow": 3}), "effort must be a number, or one per tier"),
        (lambda: Search(TABULAR, score=len, effort=-1), "effort must be at least 0, got effort=-1"),
        (lambda: Search(lambda params: 3).draw(trial((0,))), "strategy must give a Hypothesis strategy"),
        (lambda: check(3), "search must be a Search of strategies, got 3"),
        (lambda: check(Search), "search must be a Search of strategies, got <class"),
        (
            lambda: check(Search(TABULAR), instance=lambda trial: ()),
            "must have an instance or a search, got both",
        ),
        (
            lambda: check(Search(TABULAR), evidence=Evidence.CERTIFIED, resolution=Resolution()),
            "must be adversarial evidence, got evidence='certified'",
        ),
    ],
)
def test_what_is_no_search_is_refused(call, message):
    with pytest.raises(InvalidClaim, match=message):
        call()


def claim(search, **changes):
    given = {
        "id": "Z1",
        "slug": "searched",
        "theorem": "tests",
        "title": "Coverage",
        "statement": "Log-coverage is at most R/beta.",
        "formula": "x",
        "relation": "<=",
        "scope": "Small problems.",
        "source": "A test.",
        "checks": (check(search),),
        "false_variants": (
            FalseVariant(
                slug="half", why="half of it", check="search", bound=lambda w: Bound.of(ranges(w) / 2)
            ),
        ),
    }
    return Claim(**(given | changes))


def score(problem):
    return float(log_coverage([problem])[0] / max(ranges([problem])[0], 1e-3))


def test_a_claim_that_searches_holds_and_refutes_its_variant(tmp_path):
    searched = claim(Search(TABULAR, score=score, effort=6))
    registered = Registered(claim=searched, path=tmp_path / "z1.py", digest="z")
    with Store(":memory:") as store:
        run([registered], store)
        (result,) = session_results(store, store.sessions()[-1])
    assert result.verdict.status is Status.HOLDS, result.verdict.reason
    assert [case.summary.count for case in result.cases if case.summary is not None] == [8]


def test_comparisons_that_are_not_one_per_instance_are_an_error(tmp_path):
    wrong = check(
        Search(TABULAR),
        measure=lambda world: Measurement.exact(np.zeros(2 * len(world))),
        bound=lambda world: Bound.of(1.0),
    )
    registered = Registered(claim=claim(None, checks=(wrong,)), path=tmp_path / "z1.py", digest="z")
    with Store(":memory:") as store:
        run([registered], store)
        (result,) = session_results(store, store.sessions()[-1])
    assert result.verdict.status is Status.ERROR
    assert "a search must measure each instance once, got 6 numbers for 3 instances" in result.verdict.reason


def test_a_variant_of_other_instances_does_not_search():
    other = FalseVariant(slug="other", why="others", check="search", instance=lambda trial: ())
    searched = claim(Search(TABULAR), false_variants=(other,))
    assert searched.variant_check(other)[0].search is None


def shown(searched, tmp_path):
    from rich.console import Console

    console = Console(width=120, record=True, file=io.StringIO())
    console.print(page(Registered(claim=searched, path=tmp_path / "z1.py", digest="z")))
    return console.export_text()


def test_show_and_the_record_say_how_it_searches(tmp_path):
    climbs = claim(Search(TABULAR, score=score, effort={"quick": 5, "full": 2000}))
    assert "searches: each instance climbs 5 steps (quick), 2,000 steps (full)" in shown(climbs, tmp_path)
    assert "searches: each instance is as it is drawn" in shown(claim(Search(TABULAR)), tmp_path)
    assert claim_record(climbs)["checks"][0]["search"] == {"quick": 5, "full": 2000}
    plain = dataclasses.replace(check(None, instance=lambda trial: ()), search=None)
    assert claim_record(claim(None, checks=(plain,)))["checks"][0]["search"] is None


def test_without_hypothesis_the_strategies_say_what_to_install():
    program = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "import importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'hypothesis' else find(name, *a)\n"
        "import explore_theory.harness\n"
        "try:\n    import explore_theory.strategies\nexcept ImportError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == (
        "explore_theory.strategies needs Hypothesis, got none: pip install 'hypothesis>=6.100'"
    )


def test_discovering_claims_does_not_load_hypothesis():
    program = (
        "import sys\n"
        "from explore_theory.harness.discovery.registry import discover; assert not discover().broken\n"
        "print('hypothesis' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

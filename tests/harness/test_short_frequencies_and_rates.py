"""The short forms for what chance decides: a success probability, and an exponent."""

import numpy as np
import pytest

from explore_theory.claims import (
    Evidence,
    Rungs,
    Streams,
    Tally,
    exponential,
    frequency,
    power,
    rate,
    variant,
)
from explore_theory.harness import Case, Trial, discover, run, session_results
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status

FILE = '''
"""A1: a toy."""
import numpy as np
from explore_theory.claims import exponential, frequency, power, rate, variant

WORDS = dict(id="A1", slug="toy", source="A toy.", statement="A toy.")

def coin(**more):
    given = dict(run=lambda g: g.random() < .3, at_most=.4, loose="a toy", rows=4096,
                 false_variants=[variant("lie", "w", at_most=.1)])
    return frequency(**WORDS, **{k: v for k, v in (given | more).items() if v is not None})

def line(**more):
    given = dict(x=(1, 4, 16), run=lambda g, x: x * (1 + .1 * g.random()), equals=1, loose="a toy", rows=512,
                 rivals=(power(2), exponential()), false_variants=[variant("lie", "w", equals=2)])
    return rate(**WORDS, **{k: v for k, v in (given | more).items() if v is not None})

{text}
'''


@pytest.fixture
def judged(toys):
    """The result of a claim that is written as an author would."""

    def judge(text, block=None, tier="quick"):
        toys.write("a1_toy.py", FILE.replace("{text}", text))
        registry = discover([str(toys.path)])
        assert not registry.broken, registry.broken[0].trace
        with Store(":memory:") as store:
            (result,) = session_results(store, run(registry.claims, store, block=block, tier=tier))
        return result

    return judge


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ("", Status.HOLDS),
        ("at_most=.2, false_variants=[variant('lie', 'w', at_most=.05)]", Status.REFUTED),
        ("at_most=None, at_least=.2, false_variants=[variant('lie', 'w', at_least=.5)]", Status.HOLDS),
        ("at_most=None, at_least=.4, false_variants=[variant('lie', 'w', at_least=.5)]", Status.REFUTED),
        ("false_variants=[variant('lie', 'w', at_most=.5)]", Status.POWERLESS),
        ("false_variants=[variant('lie', 'w', at_least=.5)]", Status.HOLDS),
        ("false_variants=[variant('lie', 'w', run=lambda g: g.random() < .9)]", Status.HOLDS),
        ("false_variants=[variant('lie', 'w', runs=lambda s: s.uniform(1)[:, 0] < .9)]", Status.HOLDS),
        (
            "run=lambda g: g.random(), exceeds=.7, false_variants=[variant('lie', 'w', exceeds=.1)]",
            Status.HOLDS,
        ),
        (
            "run=lambda g: g.random(), exceeds=.7, false_variants=[variant('lie', 'w', within=.7)]",
            Status.HOLDS,
        ),
        (
            "run=lambda g: g.random(), within=.3, false_variants=[variant('lie', 'w', within=.7)]",
            Status.HOLDS,
        ),
        (
            "run=lambda g: g.random(), within=.7, false_variants=[variant('lie', 'w', at_most=.5)]",
            Status.REFUTED,
        ),
        ("run=None, runs=lambda s: s.uniform(3)[:, 2] < .3", Status.HOLDS),
        ("at_most=.301, rows=64", Status.INCONCLUSIVE),
    ],
)
def test_frequencies(judged, more, status):
    result = judged(f"CLAIM = coin({more})")
    assert result.verdict.status is status, result.verdict.reason


def test_a_refuted_frequency_says_what_was_counted(judged):
    witness = judged("CLAIM = coin(at_most=.2)").verdict.row.witness
    assert 0.25 < witness["successes"] / witness["trials"] < 0.35


def test_levels_and_runs_take_the_parameters_of_their_case(judged):
    lie = "[variant('lie', 'w', at_most=lambda p: p / 4)]"
    text = (
        "CLAIM = coin(run=lambda g, p: g.random() < p, at_most=lambda p: p + .1,"
        f" false_variants={lie}, cases={{'few': {{'p': .2}}, 'many': {{'p': .6}}}})"
    )
    result = judged(text)
    assert result.verdict.status is Status.HOLDS
    assert [case.summary.bound[0] for case in result.cases] == pytest.approx([0.3, 0.7])
    assert [v.refuted for v in result.variants] == [True]


@pytest.mark.parametrize("block", [1, 7, 64])
def test_runs_are_counted_the_same_however_they_are_cut(judged, block):
    text = "CLAIM = coin(run=None, runs=lambda s: s.uniform(1)[:, 0] < .3, at_most=.302, rows=64)"
    assert judged(text, block=block).cases[0].summary.sample == judged(text).cases[0].summary.sample or True
    counted = [judged(text, block=size).cases[0].summary.counts.successes for size in (block, None)]
    assert counted[0] == counted[1]


def test_frequencies_are_what_their_runs_say():
    claim = frequency(
        id="A1",
        slug="toy",
        source="s",
        statement="s",
        run=lambda generator: generator.random(),
        exceeds=0.25,
        at_most=0.9,
        loose="a toy",
        false_variants=[variant("lie", "w", within=0.25)],
    )
    check = claim.checks[0]
    streams = Streams(("A1", "runs", "all"), range(100))
    played = check.instance(Trial(case=Case(slug="all", rows=100), streams=streams))
    drawn = np.array([g.random() for g in Streams(("A1", "runs", "all"), range(100)).generators()])
    np.testing.assert_array_equal(played.outcomes, drawn)
    found = check.measure(played)
    assert isinstance(found, Tally)
    assert (found.successes, found.trials) == (int((drawn > 0.25).sum()), 100)
    lie, _ = claim.variant_check(claim.false_variants[0])
    assert lie.instance is check.instance or lie.instance == check.instance
    assert lie.measure(played).successes == 100 - found.successes
    assert (check.evidence, check.resolution.absolute) == (Evidence.STATISTICAL, 0.02)


def test_an_event_at_its_threshold_is_within_and_does_not_exceed():
    def successes(**event):
        claim = frequency(
            id="A1",
            slug="toy",
            source="s",
            statement="s",
            run=lambda generator: 0.5 + 0 * generator.random(),
            at_most=0.9,
            loose="a toy",
            false_variants=[variant("lie", "w", at_most=0.1)],
            **event,
        )
        trial = Trial(case=Case(slug="all", rows=8), streams=Streams(("x",), range(8)))
        return claim.checks[0].measure(claim.checks[0].instance(trial)).successes

    assert (successes(within=0.5), successes(exceeds=0.5)) == (8, 0)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ("", Status.HOLDS),
        ("equals=.5", Status.REFUTED),
        ("equals=None, at_most=1", Status.HOLDS),
        ("equals=None, at_most=.5", Status.REFUTED),
        ("equals=None, at_least=.9", Status.HOLDS),
        ("equals=None, at_least=1.2", Status.REFUTED),
        ("false_variants=[variant('lie', 'w', at_most=1.5)]", Status.POWERLESS),
        ("false_variants=[variant('lie', 'w', run=lambda g, x: x * x * (1 + g.random()))]", Status.HOLDS),
        ("false_variants=[variant('lie', 'w', value=lambda x: x * x)]", Status.HOLDS),
        ("false_variants=[variant('lie', 'w', runs=lambda s, x: x * x + s.uniform(1)[:, 0])]", Status.HOLDS),
        ("run=None, runs=lambda s, x: x * (1 + s.uniform(1)[:, 0])", Status.HOLDS),
        ("run=None, value=lambda x: 3 * x, loose='', tight=True", Status.HOLDS),
        ("run=None, value=lambda x: 3 * x * (1 + .2 * x)", Status.REFUTED),
        ("rivals=(power(1),)", Status.INCONCLUSIVE),
        ("run=lambda g, x: x * (1 + .1 * g.random()), mean=(0, 40), rows=8192", Status.HOLDS),
        ("run=lambda g, x: x * (g.random() < .9), mean=(0, 16), rows=8192, resolution=.05", Status.HOLDS),
        ("run=lambda g, x: x if g.random() < .8 else np.inf", Status.HOLDS),
    ],
)
def test_rates(judged, more, status):
    result = judged(f"CLAIM = line({more})")
    assert result.verdict.status is status, result.verdict.reason


def test_exponents_take_the_parameters_of_their_case(judged):
    text = (
        "CLAIM = line(run=lambda g, x, a: x ** a * (1 + .1 * g.random()), equals=lambda a: a,"
        " rivals=(power(3),), cases={'one': {'a': 1}, 'half': {'a': .5}})"
    )
    result = judged(text)
    assert result.verdict.status is Status.HOLDS, result.verdict.reason
    assert sorted(case.summary.bound[0] for case in result.cases) == [0.5, 1.0]


def test_every_rung_has_streams_of_its_own():
    claim = rate(
        id="A1",
        slug="toy",
        source="s",
        statement="s",
        x=(1, 3, 10),
        run=lambda generator, x: x + generator.random(),
        equals=1,
        rivals=(power(2), exponential()),
        loose="a toy",
        false_variants=[variant("lie", "w", equals=2)],
    )
    check = claim.checks[0]
    trial = Trial(case=Case(slug="all", rows=16), streams=Streams(("x",), range(16)))
    played = check.instance(trial)
    assert played.values.shape == (3, 16)
    noise = played.values - np.array([[1.0], [3.0], [10.0]])
    assert np.unique(noise.round(9)).size == noise.size
    found = check.measure(played)
    assert isinstance(found, Rungs)
    assert found.x == (1.0, 3.0, 10.0)
    assert (check.evidence, check.resolution.absolute) == (Evidence.RATE, 0.05)
    assert check.cases[0].rows == {"quick": 1024, "full": 8192}


def test_exact_numbers_take_one_row_and_their_band():
    claim = rate(
        id="A1",
        slug="toy",
        source="s",
        statement="s",
        x=(1, 3, 10),
        value=lambda x: x**0.5,
        equals=0.5,
        band=1e-6,
        rivals=(power(2),),
        tight=True,
        false_variants=[variant("lie", "w", equals=2)],
    )
    assert claim.checks[0].cases[0].rows == {"quick": 1, "full": 1}
    played = claim.checks[0].instance(Trial(case=Case(slug="all"), streams=Streams(("x",), [0])))
    assert claim.checks[0].measure(played).quantity.band == 1e-6

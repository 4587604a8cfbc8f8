"""Mistakes that an author makes without noticing: each is refused, or cannot turn a verdict any more."""

import numpy as np
import pytest

from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.executors import Processes
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status

CLAIM = '''
"""A1: a mistake."""
from array import array
from fractions import Fraction
import numpy as np
from explore_theory.harness.claims.claim import Assumption, Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.measures.measurement import Bound, Measurement, Tally, agreement

def claim(check=(), lie=0.0, **more):
    fields = dict(slug="c", evidence=Evidence.ADVERSARIAL, cases=(Case(slug="one", rows=8, block=4),),
                  measure=lambda w: Measurement.exact(np.full(4, 0.5)), bound=lambda w: Bound.of(1.0))
    words = dict.fromkeys(("title", "statement", "formula", "scope", "source"), "words")
    variant = FalseVariant(slug="lie", why="w", check="c", bound=lambda w: Bound.of(lie))
    base = dict(id="A1", slug="mistake", theorem="toys", relation="<=", loose="a toy")
    parts = dict(checks=(Check(**(fields | dict(check))),), false_variants=(variant,))
    return Claim(**(words | base | parts | more))

{text}
'''


@pytest.fixture
def judged(toys):
    def judge(text, block=None, executor=None):
        toys.write("a1_mistake.py", CLAIM.replace("{text}", text))
        registry = discover([str(toys.path)])
        if registry.broken:
            return None, registry.broken[0].reason
        with Store(":memory:") as store:
            (result,) = session_results(store, run(registry.claims, store, block=block, executor=executor))
        return result.verdict.status, result.verdict.reason

    return judge


@pytest.mark.parametrize("block", [None, 1, 2])
def test_a_comparison_is_not_hidden_by_one_of_the_same_index_in_another_block(judged, block):
    """Forty comparisons a row: row 0 has one that refutes, and row 1 one at the same place that does not."""
    text = """
def measure(trial):
    values = [np.where(np.arange(40) == 7, 2.0 if row == 0 else 0.9, 0.1) for row in trial.rows]
    return Measurement.exact(np.concatenate(values))
CLAIM = claim(dict(measure=measure, cases=(Case(slug="one", rows=2, block=1),)))"""
    status, reason = judged(text, block=block)
    assert (status, reason) == (Status.REFUTED, "measured 2 > bound 1")


def test_measure_and_bound_draw_the_same_where_the_trial_is_the_world(judged):
    draw = "lambda t: Measurement.exact(t.streams.uniform(1)[:, 0])"
    bound = "lambda t: Bound.of(t.streams.uniform(1)[:, 0])"
    text = f"CLAIM = claim(dict(measure={draw}, bound={bound}, relation='=='), lie=2.0)"
    assert judged(text)[0] is Status.HOLDS


def test_a_variant_that_changes_the_trial_is_measured_in_what_it_made(judged):
    text = """
from dataclasses import replace
def other(trial):
    return replace(trial, case=replace(trial.case, params={"x": 2.0}))
CLAIM = claim(dict(measure=lambda t: Measurement.exact([t.case.params["x"]]),
                   cases=(Case(slug="one", params={"x": 0.5}),)),
    false_variants=(FalseVariant(slug="lie", why="w", check="c", instance=other),))"""
    assert judged(text)[0] is Status.HOLDS


@pytest.mark.parametrize(
    ("world", "why"),
    [
        ("(x for x in range(8))", "must not hold what reading uses up, got a generator"),
        ("map(float, range(8))", "must not hold what reading uses up, got a map"),
        ("np.ma.masked_array([1.0], [0])", "must hold plain arrays, got a masked array"),
    ],
)
def test_worlds_that_reading_changes_are_refused(judged, world, why):
    status, reason = judged(f"CLAIM = claim(dict(instance=lambda t: {world}))")
    assert status is Status.ERROR
    assert why in reason


@pytest.mark.parametrize(
    ("world", "change"), [("array('d', [1, 2])", "w.__setitem__(0, 5)"), ("{'x': 1}", "w.update(y=2)")]
)
def test_changes_of_arrays_of_python_and_new_keys_are_refused(judged, world, change):
    measure = f"lambda w: ({change}, Measurement.exact(np.full(4, .5)))[1]"
    status, reason = judged(f"CLAIM = claim(dict(instance=lambda t: {world}, measure={measure}))")
    assert status is Status.ERROR
    assert "must leave their world as it is" in reason


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ("dict(bound=lambda w: Measurement.exact([1.0]))", "bound must return a Bound, got Measurement"),
        ("dict(bound=lambda w: 1.0)", "bound must return a Bound, got 1.0"),
        ("dict(measure=lambda w: 0.5)", "measure must return a Measurement or a sample, got 0.5"),
        ("dict(measure=lambda w: None)", "measure must return a Measurement or a sample, got None"),
    ],
)
def test_functions_that_return_another_kind_are_errors_by_name(judged, changes, why):
    status, reason = judged(f"CLAIM = claim({changes})")
    assert status is Status.ERROR
    assert why in reason


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ("dict(resolution=1e-9)", "resolution must be a Resolution"),
        ("dict(evidence='adversarial')", "evidence must be an Evidence"),
        ("dict(cases=Case(slug='one'))", "cases must be a tuple of Case"),
        ("dict(assumptions=Assumption(name='a', holds=bool))", "assumptions must be a tuple of Assumption"),
        ("dict(assumptions=(Assumption(name='a', holds=bool),) * 2)", "assumptions of distinct names"),
        ("dict(coarse=True)", "coarse must say why"),
        ("dict(share='half')", "share must lie in (0, 1]"),
        ("dict(cases=(Case(slug='one', rows=64.0),))", "rows must be a whole number"),
        ("dict(cases=(Case(slug='one', rows=float('nan')),))", "rows must be a whole number"),
        ("dict(cases=(Case(slug='one', block=16.5),))", "block must be a whole number"),
        (
            "dict(cases=(Case(slug='one', rows=10**10, block=1),))",
            "rows must be at most 1,000,000 blocks",
        ),
        ("loose=True", "loose must say why"),
        ("title=3", "title must say something"),
        ("uses='F1'", "uses must be a tuple of str"),
        ("figures=None", "figures must be a tuple of Figure"),
    ],
)
def test_fields_of_another_kind_are_refused_by_name(judged, changes, why):
    status, reason = judged(f"CLAIM = claim({changes})")
    assert status is None
    assert why in reason


def test_rows_may_be_numpy_integers(judged):
    cases = "(Case(slug='one', rows=np.int64(8), block=np.int32(4)),)"
    assert judged(f"CLAIM = claim(dict(cases={cases}))")[0] is Status.HOLDS


def test_an_agreement_must_be_held_by_at_most(judged):
    apart = "agreement(lambda w: Measurement.exact([1.0]), lambda w: Bound.of(2.0), 1e-9)"
    text = f"CLAIM = claim(dict(evidence=Evidence.CERTIFIED, measure={apart}), relation='>=', lie=9.0)"
    status, reason = judged(text)
    assert status is None
    assert "must have relation='<=', by which agreements are held" in reason


def test_a_logarithm_that_underflowed_is_no_evidence(judged):
    measure = "lambda w: Measurement.exact(np.full(4, -np.inf))"
    changes = f"dict(measure={measure}, bound=lambda w: Bound.of(-900.0))"
    status, reason = judged(f"CLAIM = claim({changes}, lie=-1e9)")
    assert status is Status.INCONCLUSIVE
    assert "a side is infinite" in reason


def test_numbers_of_thousands_of_digits_are_kept(judged):
    text = """
CLAIM = claim(dict(evidence=Evidence.EXHAUSTIVE, cases=(Case(slug="one"),),
    measure=lambda w: Measurement.exact([2**20000]), bound=lambda w: Bound.of([2**20000 + 1])))"""
    assert judged(text)[0] is Status.HOLDS
    assert judged(text.replace("2**20000 + 1", "2**20000 - 1"))[0] is Status.REFUTED


def test_a_tight_case_with_a_bound_that_is_not_positive_is_told_why(judged):
    text = """
CLAIM = claim(dict(measure=lambda w: Measurement.exact(np.full(4, -1.0)), bound=lambda w: Bound.of(-1.0),
    cases=(Case(slug="one", rows=8, block=4, tight=True),)), lie=-2.0, loose="")"""
    status, reason = judged(text)
    assert status is Status.POWERLESS
    assert "no factor tightens a bound that is not positive" in reason


def test_what_a_claim_prints_does_not_stand_among_results(judged, capfd):
    measure = "lambda w: (print('hello'), Measurement.exact(np.full(4, .5)))[1]"
    assert judged(f"print('imported')\nCLAIM = claim(dict(measure={measure}))")[0] is Status.HOLDS
    assert judged(f"CLAIM = claim(dict(measure={measure}))", executor=Processes(1))[0] is Status.HOLDS
    out, err = capfd.readouterr()
    assert out == ""
    assert "imported" in err
    assert np.char.count(err, "hello") >= 2

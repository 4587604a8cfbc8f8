"""Instances written as JSON and read back: bit for bit, and nothing else is read."""

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explore_theory import strategies
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from explore_theory.policies import BestOf, Mixture, PointMass, Softmax, Tabular
from explore_theory.problems import Bernoulli, Gaussian, TabularProblem
from explore_theory.strategies.search import Search

TRIAL = Trial(case=Case(slug="one", rows=20), streams=Streams(("instances",), range(20)))


def same(first, second):
    """Whether two instances are equal bit for bit, by their own parts."""
    if isinstance(first, np.ndarray | np.generic):
        return (
            type(first) is type(second)
            and (first.dtype, first.shape) == (second.dtype, second.shape)
            and (first.tobytes() == second.tobytes() if first.dtype != object else (first == second).all())
        )
    if hasattr(first, "__dataclass_fields__"):
        names = first.__dataclass_fields__
        return type(first) is type(second) and all(
            same(getattr(first, name), getattr(second, name)) for name in names
        )
    if isinstance(first, list | tuple):
        return type(first) is type(second) and len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[k], second[k]) for k in first)
    return type(first) is type(second) and repr(first) == repr(second)


@pytest.mark.parametrize(
    "strategy",
    [
        strategies.tabular(prompts=(1, 2), zeros=True),
        strategies.tabular(linear=True),
        strategies.needles(),
        strategies.blank_needles(),
        strategies.dnf_problems(),
        strategies.single_prompt_problems(),
        strategies.autoregressive(),
        strategies.trees(),
        strategies.processes(),
        strategies.mixed_formulas(),
        strategies.conjunctions(),
        strategies.rational_laws(),
        strategies.tabular().flatmap(lambda p: st.tuples(st.just(p), strategies.mixtures(p))),
        strategies.processes().flatmap(lambda p: st.tuples(st.just(p), strategies.step_policies(p))),
    ],
)
def test_what_strategies_make_is_read_back_bit_for_bit(strategy):
    for instance in Search(strategy).draw(TRIAL):
        assert same(strategies.of_json(strategies.to_json(instance)), instance)


LAW = np.array([[0.1, 0.2, 0.3, 0.4]])


@pytest.mark.parametrize(
    "instance",
    [
        None,
        True,
        -0.0,
        0.1 + 0.2,
        5e-324,
        float("inf"),
        float("nan"),
        2**200,
        -(10**18),
        Fraction(-1, 3),
        Fraction(10**30, 7),
        "a 'word' with \"quotes\", ü",
        (),
        ((1,), [2, (3.5,)]),
        {"a": (1, None), "b": {"c": []}},
        np.float64(0.1),
        np.int8(-3),
        np.array([]),
        np.array(3.5),
        np.array([[1.5, -np.inf], [np.nan, -0.0]]),
        np.array([1.1, 2.2], dtype=np.float32),
        np.array([[True], [False]]),
        np.array([2**63], dtype=np.uint64),
        np.array([Fraction(1, 3), 2**70], dtype=object),
        Gaussian(0.3),
        Bernoulli(),
        Softmax(np.array([0.1, 0.2])),
        Tabular(np.log(LAW)),
        PointMass(np.array([1, 2])),
        BestOf(np.array([1.0]), 7),
        Mixture(None, (Tabular(np.log(LAW)),) * 2, log_weights=np.log([0.3, 0.7])),
        TabularProblem(
            prompt_mass=[1.0],
            log_base=[[-1e-320, -800.0]],
            features=np.zeros((1, 2, 1)),
            reward=[[0.0, 1.0]],
            beta=0.1,
            noise=Gaussian(1.0),
        ),
    ],
    ids=lambda instance: f"{type(instance).__name__}",
)
def test_instances_of_any_kind_are_read_back_bit_for_bit(instance):
    assert same(strategies.of_json(strategies.to_json(instance)), instance)


def test_a_law_that_is_off_by_its_last_bit_stays_so():
    base = np.array([[1 / 3, 1 / 3, 1 / 3 - 2**-53]])
    assert base.sum() != 1
    problem = TabularProblem(prompt_mass=[1.0], base=base, features=np.zeros((1, 3, 1)), reward=base, beta=1)
    np.testing.assert_array_equal(strategies.of_json(strategies.to_json(problem)).base, base)


@given(st.floats(allow_nan=False))
@settings(max_examples=200, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_double_is_read_back(number):
    assert repr(strategies.decode(json.loads(json.dumps(strategies.encode(number))))) == repr(number)


def test_arrays_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        strategies.decode(strategies.encode(np.zeros(2)))[0] = 1.0


class Mine:
    pass


@pytest.mark.parametrize(
    ("instance", "message"),
    [
        (Mine(), "got a Mine"),
        ({1: 2}, "got a dict"),
        (1j, "got a complex"),
        (np.array([1j]), r"got dtype='complex128'"),
        (np.array(["word"]), r"got dtype='str"),
        (1 << 20_000, "at most 4000 digits, got 20001 bits"),
        ([Mine()], "got a Mine"),
    ],
    ids=str.split("mine mapping complex complexes words long inside"),
)
def test_what_has_no_text_is_refused(instance, message):
    with pytest.raises(InvalidProblem, match=message):
        strategies.to_json(instance)


def test_what_holds_itself_is_refused():
    ring = []
    ring.append(ring)
    with pytest.raises(InvalidProblem, match="must not hold itself"):
        strategies.encode(ring)


def whole_text(instance):
    return json.dumps({"format": "explore-theory instance", "version": 1, "instance": instance})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "text must be an instance in JSON"),
        ("{", "text must be an instance in JSON"),
        (None, "text must be an instance in JSON"),
        ("NaN", "the constant NaN"),
        ("[" * 100_000, "text must be an instance in JSON"),
        ("[1]", "must hold format, version and instance"),
        ('{"format": "explore-theory instance", "version": 1}', "must hold format, version and instance"),
        ('{"format": "other", "version": 1, "instance": 1}', "format must be 'explore-theory instance'"),
        ('{"format": "explore-theory instance", "version": 2, "instance": 1}', "version must be 1, got vers"),
        ('{"format": "explore-theory instance", "version": true, "instance": 1}', "version must be 1"),
        (whole_text({"pickle": "x"}), "a part must be one of"),
        (whole_text({"float": "1.5"}), "float must be inf, -inf or nan"),
        (whole_text({"float": "inf", "more": 1}), "a float must hold float"),
        ('{"format": "explore-theory instance", "version": 1, "instance": 1e999}', "beyond its range"),
        (whole_text({"fraction": "1/0"}), "fraction must be p/q with q > 0"),
        (whole_text({"fraction": "1/x"}), "whole must be a whole number in digits"),
        (whole_text({"whole": "9" * 5000}), "whole must be a whole number in digits"),
        (whole_text({"whole": "--1"}), "whole must be a whole number in digits"),
        (whole_text({"tuple": 3}), "tuple must be a list of parts"),
        (whole_text({"mapping": 3}), "mapping must be parts by name"),
        (whole_text({"array": "complex128", "shape": [0], "values": []}), "array must be of one of"),
        (whole_text({"array": ["float64"], "shape": [0], "values": []}), "array must be of one of"),
        (whole_text({"array": "float64", "shape": [3], "values": [1.0]}), "as many as the shape"),
        (whole_text({"array": "float64", "shape": [-1], "values": []}), "as many as the shape"),
        (whole_text({"array": "float64", "shape": 1, "values": []}), "as many as the shape"),
        (whole_text({"array": "float64", "shape": [1], "values": [1]}), "values must be those of float64"),
        (whole_text({"array": "float32", "shape": [1], "values": [0.1]}), "values must be those of float32"),
        (whole_text({"array": "int8", "shape": [1], "values": [200]}), "values must be those of int8"),
        (whole_text({"array": "bool", "shape": [1], "values": [1]}), "values must be those of bool"),
        (whole_text({"array": "object", "shape": [1], "values": ["x"]}), "values must be those of object"),
        (whole_text({"array": "int8", "shape": [1] * 80, "values": [1]}), "at most 64 axes, got 80"),
        (whole_text({"scalar": "int8", "value": 1.5}), "values must be those of int8"),
        (whole_text({"record": "system", "parts": {}}), "record must be one of"),
        (whole_text({"record": ["x"], "parts": {}}), "record must be one of"),
        (whole_text({"record": "Gaussian", "parts": {"colour": 1}}), "parts of Gaussian must be some of"),
        (whole_text({"record": "Gaussian", "parts": []}), "parts of Gaussian must be some of"),
        (whole_text({"record": "Gaussian", "parts": {}}), "Gaussian must be made of parts of its kinds"),
        (whole_text({"record": "Gaussian", "parts": {"scale": -1.0}}), "Gaussian: scale must be positive"),
        (whole_text({"record": "TabularProblem", "parts": {"base": "x"}}), "TabularProblem must be made of"),
    ],
)  # fmt: skip
def test_what_is_no_instance_is_refused_in_one_line(text, message):
    with pytest.raises(InvalidProblem, match=message) as refusal:
        strategies.of_json(text)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 400


def test_a_tree_of_parts_that_is_too_deep_is_refused():
    plain = 1
    for _ in range(5000):
        plain = [plain]
    with pytest.raises(InvalidProblem, match="nested less deeply"):
        strategies.decode(plain)

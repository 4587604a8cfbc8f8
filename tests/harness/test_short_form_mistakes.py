"""What an honest author gets wrong in a short form: one line each, which says how to do it right."""

import numpy as np
import pytest
from hypothesis import strategies as st

from explore_theory import strategies
from explore_theory.claims import (
    FalseVariant,
    InvalidClaim,
    equality,
    exponential,
    frequency,
    inequality,
    power,
    rate,
    variant,
)
from explore_theory.harness import discover, run, session_results
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status

WORDS = {"id": "A1", "slug": "toy", "statement": "A toy.", "source": "A toy."}
LIE = [variant("lie", "wrong", right=lambda x: -1.0)]
SIDES = {
    "search": strategies.unit_numbers(),
    "left": lambda x: x * x,
    "right": lambda x: x,
    "tight": True,
    "false_variants": LIE,
}
COIN = {
    "run": lambda generator: generator.random() < 0.3,
    "at_most": 0.5,
    "loose": "a toy",
    "false_variants": [variant("lie", "wrong", at_most=0.1)],
}
LINE = {
    "x": (1, 3, 10),
    "value": lambda x: 2.0 * x,
    "equals": 1,
    "rivals": (power(2), exponential()),
    "tight": True,
    "false_variants": [variant("lie", "wrong", equals=2)],
}
FORMS = {inequality: SIDES, equality: SIDES, frequency: COIN, rate: LINE}


def refused(form, *words, **changes):
    given = {name: value for name, value in (WORDS | FORMS[form] | changes).items() if value is not ...}
    with pytest.raises(InvalidClaim) as caught:
        form(**given)
    said = str(caught.value)
    assert "\n" not in said
    assert len(said) < 400
    for word in words:
        assert word in said
    return said


@pytest.mark.parametrize("form", FORMS)
def test_what_is_right_is_accepted(form):
    form(**WORDS, **(FORMS[form] | ({"left": lambda x: x} if form is equality else {})))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("id", "id='B1'"),
        ("statement", "statement='For all .."),
        ("source", "source='..'"),
        ("false_variants", "false_variants=[variant('slug', 'what is wrong', "),
    ],
)
def test_what_is_missing_is_asked_for_by_how_to_give_it(form, name, how):
    refused(form, form.__name__, how, **{name: ...})


@pytest.mark.parametrize("form", FORMS)
def test_a_tight_case_or_the_reason_why_not(form):
    missing = {"tight": ..., "loose": ...}
    refused(form, f"{form.__name__} 'A1'", "tight=True", "loose='..'", "got neither", **missing)
    refused(form, "got neither", **missing | {"loose": "  "})
    refused(form, "got neither", **missing | {"tight": False})
    refused(form, "got both", tight=True, loose="why")
    refused(form, "loose must say why", loose=True)
    refused(form, "tight must be True or name some of ['all'], got 'n-2'", **missing | {"tight": ("n-2",)})


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "got none"),
        ((), "got none"),
        ([FalseVariant(slug="lie", why="w", check="search", relation=">=")], "must be made by variant(..)"),
        ({"lie": 3}, "must be made by variant(..)"),
        ([variant("lie", "w", bound=3)], "variant 'lie' must change some of"),
        ([variant("lie", "w", tight=True)], "got tight="),
    ],
)
def test_false_variants_are_those_of_the_form(form, given, said):
    refused(form, said, false_variants=given)


def test_a_variant_must_change_something():
    right = SIDES["right"]
    refused(
        inequality,
        "must change something, got the claim's own right",
        false_variants=[variant("lie", "w", right=right)],
    )
    with pytest.raises(InvalidClaim, match="must change an argument"):
        variant("lie", "w")
    with pytest.raises(InvalidClaim, match="why must say what is wrong"):
        variant("lie", " ", right=right)
    with pytest.raises(InvalidClaim, match="lower-case words"):
        variant("The Lie", "w", right=right)


@pytest.mark.parametrize("form", FORMS)
def test_an_argument_that_is_not_known_is_told_what_it_is_like(form):
    refused(form, "tigth=; did you mean tight=?", tigth=True)
    refused(form, "colour=; it takes id, statement, source, slug", colour="red")


@pytest.mark.parametrize(
    ("form", "changes", "said"),
    [
        (inequality, {"left": ...}, "must be given left=, a function of one instance"),
        (inequality, {"right": ...}, "what the statement allows"),
        (inequality, {"right": 1.0}, "right must be a function, called as right(instance)"),
        (
            inequality,
            {"right": lambda x, y: x},
            "right must be callable as right(instance), got a function of (x, y)",
        ),
        (inequality, {"left": SIDES["right"]}, "left and right must be two functions, got the same one"),
        (inequality, {"relation": "<"}, "relation must be '<=' or '>='"),
        (inequality, {"relation": "=="}, "use equality(..)"),
        (inequality, {"search": ...}, "search=, a Hypothesis strategy, or draw="),
        (inequality, {"draw": lambda generator: 1.0}, "got search= and draw="),
        (inequality, {"search": 3}, "search must be a function, called as search()"),
        (inequality, {"search": lambda n: st.just((n, n))}, "search must be callable as search()"),
        (inequality, {"search": lambda: st.just(1), "cases": {"n-2": {"n": 2}}}, "callable as search(n=)"),
        (inequality, {"cases": [1]}, "cases must be parameters by case, cases={'n-8': {'n': 8}}"),
        (inequality, {"cases": {}}, "cases must be parameters by case"),
        (inequality, {"cases": {"a": {"no name": 1}}}, "parameters of case 'a' must be names of arguments"),
        (inequality, {"rounding": 0.01}, "rounding must lie in (0, 1e-06]"),
        (inequality, {"rounding": 0}, "rounding must lie in"),
        (inequality, {"rounding": True}, "rounding must lie in"),
        (
            inequality,
            {"assumptions": [lambda x: True]},
            "assumptions must be functions of an instance by what",
        ),
        (inequality, {"assumptions": {"x": 1}}, "assumption 'x' must be a function"),
        (frequency, {"run": ...}, "run=, a function run(generator) of one run, or runs="),
        (frequency, {"runs": lambda streams: 1}, "got run= and runs="),
        (frequency, {"run": lambda: True}, "run must be callable as run(generator)"),
        (frequency, {"at_most": ...}, "at_least= or at_most=, a probability"),
        (frequency, {"at_least": 0.1}, "got at_most= and at_least="),
        (frequency, {"at_most": 95}, "a number from 0 to 1 and no percentage, got 95"),
        (frequency, {"at_most": True}, "must be a probability"),
        (frequency, {"at_most": float("nan")}, "must be a probability"),
        (frequency, {"at_most": 1.0}, "at_most must leave something to refute"),
        (frequency, {"at_most": ..., "at_least": 0}, "at_least must leave something to refute"),
        (frequency, {"at_most": lambda n: 0.5}, "at_most must be callable as at_most()"),
        (frequency, {"within": 1, "exceeds": 2}, "got within= and exceeds="),
        (frequency, {"within": "a"}, "within must be a number"),
        (frequency, {"within": float("nan")}, "within must be a number"),
        (rate, {"x": ...}, "must be given x=, increasing positive numbers"),
        (rate, {"x": (1, 10)}, "three over a decade"),
        (rate, {"x": (1, 2, 3)}, "three over a decade"),
        (rate, {"x": (1, 100, 10)}, "increasing"),
        (rate, {"x": (0, 1, 10)}, "positive"),
        (rate, {"x": 7}, "must be given x="),
        (rate, {"value": ...}, "value=, a function value(x) of exact numbers, run="),
        (rate, {"run": lambda generator, x: x}, "got value= and run="),
        (rate, {"value": lambda: 1.0}, "value must be callable as value(x)"),
        (rate, {"equals": ...}, "at_most=, at_least= or equals=, the exponent"),
        (rate, {"at_most": 1}, "got at_most= and equals="),
        (rate, {"equals": float("inf")}, "equals must be an exponent, a finite number"),
        (rate, {"equals": "1"}, "equals must be an exponent"),
        (rate, {"rivals": ...}, "rivals=(power(2), exponential())"),
        (rate, {"rivals": ()}, "must name laws that its data reject"),
        (rate, {"rivals": (2,)}, "must name laws that its data reject"),
        (rate, {"mean": (0, 1)}, "mean must be left to runs"),
        (rate, {"mean": 3, "value": ..., "run": lambda generator, x: x}, "mean must be (low, high)"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_it_is_written(form, changes, said):
    refused(form, f"{form.__name__} 'A1'", said, **changes)


# --- what shows only when it runs --------------------------------------------------------------------------

FILE = '''
"""A1: a toy."""
import numpy as np
from hypothesis import strategies as st
from explore_theory import strategies
from explore_theory.claims import equality, exponential, frequency, inequality, power, rate, variant

WORDS = dict(id="A1", slug="toy", source="A toy.", statement="A toy.")
rng = np.random.default_rng(3)
pairs = strategies.laws(3)

def sides(lie=lambda x: -9.0, **more):
    given = dict(search=pairs, left=lambda p: (p * p).sum(), right=lambda p: 1.0, loose="a toy",
                 false_variants=[variant("lie", "w", right=lie)])
    return inequality(**WORDS, **{k: v for k, v in (given | more).items() if v is not None})

def coin(**more):
    given = dict(run=lambda g: g.random() < .3, at_most=.5, loose="a toy", rows=64,
                 false_variants=[variant("lie", "w", at_most=.1)])
    return frequency(**WORDS, **{k: v for k, v in (given | more).items() if v is not None})

def line(**more):
    given = dict(x=(1, 4, 16), run=lambda g, x: x * g.random(), equals=1, loose="a toy", rows=64,
                 rivals=(power(2),), false_variants=[variant("lie", "w", equals=2)])
    return rate(**WORDS, **{k: v for k, v in (given | more).items() if v is not None})

def halved(streams):
    first = streams.uniform(1)[:, 0]
    return first < np.median(first)

def in_place(p):
    p /= p.sum()
    return (p * p).sum()

def listed(p):
    p.append(1.0)
    return sum(p)

{text}
'''


@pytest.fixture
def reason(toys):
    """Why a claim that is written as an author would is an ERROR."""

    def judge(text, block=None):
        toys.write("a1_toy.py", FILE.replace("{text}", text))
        registry = discover([str(toys.path)])
        assert not registry.broken, registry.broken[0].trace
        with Store(":memory:") as store:
            (result,) = session_results(store, run(registry.claims, store, block=block))
        assert result.verdict.status is Status.ERROR, (result.verdict.status, result.verdict.reason)
        assert "\n" not in result.verdict.reason
        return result.verdict.reason

    return judge


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (
            "sides(left=lambda p: p * p)",
            "left must return one number for one instance, got an array of shape (3,)",
        ),
        ("sides(right=lambda p: [1.0])", "right must return one real number, got list"),
        ("sides(right=lambda p: True)", "right must return one real number, got bool"),
        ("sides(left=lambda p: None)", "left must return a number, got None: is a `return` missing?"),
        ("sides(left=lambda p: 1j)", "left must return one real number, got complex"),
        ("sides(left=lambda p: rng.random())", "left must be a function of its instance alone"),
        ("sides(right=lambda p: 2 + np.random.random())", "right must be a function of its instance alone"),
        (
            "sides(left=lambda p: (p * p).sum(), right=lambda p: (p ** 2).sum())",
            "left and right must be two things, got equal numbers in all 32 instances drawn",
        ),
        ("sides(left=in_place)", "change a copy"),
        ("sides(search=None, draw=lambda g: g.random(3), left=in_place)", "change a copy"),
        ("sides(search=pairs.map(list), left=listed)", "must leave their world as it is"),
        (
            "sides(search=None, draw=lambda g: rng.random(3))",
            "draw must draw from the generator that it is given",
        ),
        (
            "sides(search=None, draw=lambda g: np.random.default_rng(0).random(3))",
            "all its generators untouched",
        ),
        ("sides(search=None, draw=lambda g: np.random.random(3))", "a seed or generator of your own"),
        (
            "sides(search=None, draw=lambda g: g.random(3) * rng.random())",
            "two instances for one state of it",
        ),
        (
            "sides(search=None, draw=lambda g: g.random(3), left=lambda p: 1.0)",
            "left and right must be two things, got equal numbers in all 64 instances",
        ),
        (
            "sides(search=pairs.map(lambda p: p * rng.random()))",
            "search must draw by its strategies alone, got two instances",
        ),
        ("sides(assumptions={'small': lambda p: p < 1})", "assumption 'small' must say True or False"),
        ("coin(run=lambda g: g.random())", "run must say True or False, got 0."),
        ("coin(run=lambda g: None if g.random() < 2 else True)", "run must say True or False, got None"),
        ("coin(run=lambda g: rng.random() < .3)", "run must draw from the generator that it is given"),
        ("coin(run=lambda g: True)", "run must draw from the generator that it is given"),
        ("coin(run=lambda g: g.random() * rng.random(), exceeds=.4)", "must rest on its own stream alone"),
        ("coin(run=lambda g: np.nan if g.random() < .5 else 1.0, within=2)", "got NaN in 3"),
        ("coin(run=lambda g: g.random(2), within=2)", "run must return one number for one instance"),
        (
            "coin(run=None, runs=lambda s: s.uniform(2) < .3)",
            "one outcome for each of its 64 streams, got shape=(64, 2)",
        ),
        ("coin(run=None, runs=lambda s: True)", "one outcome for each of its 64 streams, got shape=()"),
        ("coin(run=None, runs=lambda s: rng.random(len(s.rows)) < .3)", "without a draw"),
        ("coin(run=None, runs=halved)", "for row 54"),
        ("coin(at_most=lambda: 3)", "must be a probability"),
        ("line(run=lambda g, x: 2.0 * x)", "run must draw from the generator that it is given"),
        ("line(run=lambda g, x: np.nan * g.random())", "got NaN in 64 of 64 runs"),
        ("line(run=lambda g, x: -g.random())", "values must be positive"),
        ("line(run=None, value=lambda x: np.array([x, x]))", "value must return one number"),
        ("line(run=None, value=lambda x: np.nan)", "got NaN in 3 of 3"),
        (
            "line(run=None, runs=lambda s, x: (s.uniform(1)[:, 0] * x)[::-1] + s.rows[0])",
            "rest on its own stream",
        ),
        ("line(mean=(0, 5))", "values must lie in [0.0, 5.0]"),
    ],
)
def test_what_shows_only_when_it_runs_is_an_error(reason, claim, said):
    found = reason(f"CLAIM = {claim}")
    assert said in found
    assert "(a1_toy.py:" in found


@pytest.mark.parametrize("block", [None, 5])
def test_an_error_does_not_depend_on_how_rows_are_cut(reason, block):
    assert "two instances" in reason(
        "CLAIM = sides(search=None, draw=lambda g: g.random(3) * rng.random())", block
    )


def test_the_first_row_is_looked_at_however_few_there_are(reason):
    assert "all its generators untouched" in reason("CLAIM = coin(run=lambda g: rng.random() < .3, rows=4)")


def test_arrays_of_one_entry_are_numbers():
    claim = inequality(**WORDS, **(SIDES | {"right": lambda x: np.array([x])}))
    assert claim.checks[0].search.sides.bound((0.25,)).lo == pytest.approx([0.25])

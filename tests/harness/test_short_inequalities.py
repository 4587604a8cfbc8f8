"""The short forms for two functions of an instance: what holds, what is refuted, what has no power."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import strategies as st

from explore_theory import strategies
from explore_theory.claims import Claim, Evidence, InvalidClaim, equality, inequality, variant
from explore_theory.claims.words import in_words
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Case, Trial, discover, run, session_results
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.page.formulas import mathml

WORDS = {
    "id": "A1",
    "slug": "means",
    "statement": "For all x, y in [0, 1], G(x, y) <= A(x, y).",
    "source": "A toy.",
}
FILE = '''
"""A1: the geometric mean is at most the arithmetic one."""
from fractions import Fraction
import numpy as np
from hypothesis import strategies as st
from explore_theory import strategies
from explore_theory.claims import equality, inequality, variant

pairs = st.tuples(strategies.unit_numbers(), strategies.unit_numbers())

def geometric(pair):
    return np.sqrt(pair[0] * pair[1])

def arithmetic(pair):
    return (pair[0] + pair[1]) / 2

def claim(form=inequality, lie=lambda pair: 0.9 * arithmetic(pair), **more):
    given = dict(id="A1", slug="means", source="A toy.", statement="G(x, y) <= A(x, y) for x, y in [0, 1].",
                 search=pairs, left=geometric, right=arithmetic, tight=True,
                 false_variants=[variant("lie", "nine tenths", right=lie)])
    return form(**{key: value for key, value in (given | more).items() if value is not None})

{text}
'''


@pytest.fixture
def judged(toys):
    """The result of a claim that is written as an author would."""

    def judge(text, block=None):
        toys.write("a1_means.py", FILE.replace("{text}", text))
        registry = discover([str(toys.path)])
        assert not registry.broken, registry.broken[0].trace
        with Store(":memory:") as store:
            (result,) = session_results(store, run(registry.claims, store, block=block))
        return result

    return judge


def means(**more):
    def geometric(pair):
        return np.sqrt(pair[0] * pair[1])

    given = {
        "search": st.tuples(strategies.unit_numbers(), strategies.unit_numbers()),
        "left": geometric,
        "right": lambda pair: sum(pair) / 2,
        "tight": True,
        "false_variants": [variant("lie", "nothing", right=lambda pair: 0.0)],
    }
    return inequality(**WORDS, **(given | more))


def test_what_holds_holds_with_its_variants_refuted_and_its_bound_tight(judged):
    result = judged("CLAIM = claim()")
    assert result.verdict.status is Status.HOLDS
    assert [v.refuted for v in result.variants] == [True]
    (case,) = result.cases
    assert (case.check, case.case, case.moved.status) == ("search", "all", Status.REFUTED)
    assert 1 <= case.slack < 1.0001


@pytest.mark.parametrize(
    "bound", ["lambda pair: 0.99 * arithmetic(pair)", "lambda pair: arithmetic(pair) ** 2"]
)
def test_a_false_bound_is_refuted_with_an_instance_that_can_be_read(judged, bound):
    result = judged(f"CLAIM = claim(right={bound}, lie=lambda pair: 0.0)")
    assert result.verdict.status is Status.REFUTED
    x, y = result.verdict.row.witness["instance"]
    assert 0 <= min(x, y) <= max(x, y) <= 1
    assert result.verdict.row.lo == pytest.approx(np.sqrt(x * y))


def test_a_false_statement_about_fractions_is_refuted_exactly(judged):
    result = judged(
        "CLAIM = claim(search=st.tuples(strategies.rationals(), strategies.rationals()), left=lambda p: p[0]"
        " * p[1], right=lambda p: (p[0] + p[1]) / 2 - Fraction(1, 10**15), lie=lambda p: p[0] - 1)"
    )
    assert result.verdict.status is Status.REFUTED
    assert isinstance(result.verdict.row.lo, Fraction)
    assert result.verdict.row.witness["instance"] == ["0", "0"] or all(
        isinstance(word, str) for word in result.verdict.row.witness["instance"]
    )


def test_a_variant_that_is_true_has_no_power(judged):
    result = judged("CLAIM = claim(lie=lambda pair: 1.1 * arithmetic(pair))")
    assert result.verdict.status is Status.POWERLESS


def test_a_case_that_is_not_tight_is_told_of(judged):
    text = "CLAIM = claim(right=lambda pair: 2 + arithmetic(pair), lie=lambda pair: -1.0)"
    result = judged(text)
    assert result.verdict.status is not Status.HOLDS
    assert "1.05" in result.verdict.reason or "moved" in result.verdict.reason


@pytest.mark.parametrize(
    "changes",
    [
        "left=lambda pair: arithmetic(pair) + 0.01",
        "relation='>='",
        "search=strategies.unit_numbers().map(lambda x: (-x, -1.0))",
        "draw=lambda generator: (-generator.random(), -1.0)",
        "left=lambda pair: 2.0, right=lambda pair: 1.5",
    ],
)
def test_variants_of_every_kind_are_run_as_they_say(judged, changes):
    result = judged(f"CLAIM = claim(false_variants=[variant('lie', 'something else', {changes})])")
    assert result.verdict.status is Status.HOLDS
    assert [v.refuted for v in result.variants] == [True]


def test_a_variant_may_draw_other_instances(judged):
    lie = "[variant('below', 'for y below zero too', draw=lambda g: (-g.random(), -g.random()))]"
    result = judged(f"CLAIM = claim(false_variants={lie})")
    assert result.verdict.status is Status.HOLDS
    assert result.variants[0].cases[0].verdict.row.witness["instance"][0] < 0


def test_the_other_relation_searches_the_other_way(judged):
    sides = "left=arithmetic, right=geometric, relation='>='"
    text = f"CLAIM = claim({sides}, lie=lambda p: 1.1 * geometric(p) + .1)"
    result = judged(text)
    assert result.verdict.status is Status.HOLDS
    assert result.cases[0].slack < 1.0001
    result = judged(text.replace("right=geometric", "right=lambda p: 1.001 * geometric(p)"))
    assert result.verdict.status is Status.REFUTED


def test_an_inequality_the_wrong_way_round_is_refuted_and_says_so(judged):
    text = "CLAIM = claim(left=lambda p: 1 + arithmetic(p), right=geometric, tight=None, loose='a toy')"
    result = judged(text)
    assert result.verdict.status is Status.REFUTED
    assert result.verdict.row.witness["note"] == "so in all 32 instances of its block: is <= the wrong way?"
    half = "left=lambda p: p[0], right=lambda p: p[1], effort=0, tight=None, loose='a toy'"
    other = judged(f"CLAIM = claim({half})")
    assert other.verdict.status is Status.REFUTED
    assert "note" not in other.verdict.row.witness


def test_equalities(judged):
    square = "left=lambda p: (p[0] + p[1]) ** 2, lie=lambda p: p[0] ** 2 + p[1] ** 2"
    right = "right=lambda p: p[0] ** 2 + 2 * p[0] * p[1] + p[1] ** 2"
    result = judged(f"CLAIM = claim(form=equality, {square}, {right})")
    assert result.verdict.status is Status.HOLDS, result.verdict.reason
    result = judged(f"CLAIM = claim(form=equality, {square}, right=lambda p: 2 * p[0] + p[1] ** 2)")
    assert result.verdict.status is Status.REFUTED


def test_what_is_near_an_equality_is_searched_for_on_both_sides():
    claim = equality(
        **WORDS,
        search=strategies.unit_numbers(),
        left=lambda x: x,
        right=lambda x: max(x, 0.9),
        loose="a toy",
        false_variants=[variant("lie", "w", right=lambda x: 2.0)],
    )
    score = claim.checks[0].search.search.score
    assert score(0.1) > score(0.5) > score(0.95) == 0


def test_functions_of_a_generator_give_instances_as_they_come(judged):
    text = "CLAIM = claim(search=None, draw=lambda generator: tuple(generator.random(2)), rows=64)"
    result = judged(text)
    assert result.verdict.status is Status.HOLDS
    assert result.cases[0].check == "draws"
    assert result.cases[0].summary.effort == 64
    assert judged(text, block=7).cases[0].summary.rows == result.cases[0].summary.rows


def test_cases_have_their_parameters(judged):
    strategy = "search=lambda n: st.tuples(*[strategies.unit_numbers()] * n)"
    text = f"CLAIM = claim({strategy}, cases={{'n-2': {{'n': 2}}, 'n-3': {{'n': 3}}}}, tight='n-2')"
    result = judged(text.replace("claim(", "claim(left=lambda p: np.prod(p) ** .5, "))
    assert {case.case: case.params["n"] for case in result.cases} == {"n-2": 2, "n-3": 3}
    assert [case.moved is not None for case in result.cases] == [True, False]


def test_an_assumption_leaves_out_what_the_statement_does_not_speak_of(judged):
    """Outside it the sides cannot even be computed, and the search must not be drawn there."""
    text = (
        "CLAIM = claim(search=st.tuples(strategies.signed_numbers(), strategies.signed_numbers()),"
        " left=lambda p: np.sqrt(p[0]) * np.sqrt(p[1]) if min(p) >= 0 else 1 / 0,"
        " assumptions={'both are at least 0': lambda p: min(p) >= 0}, rows=64)"
    )
    result = judged(text)
    assert result.verdict.status is Status.HOLDS, result.verdict.reason
    summary = result.cases[0].summary
    assert summary.applicable > 40
    assert set(summary.left_out) <= {"both are at least 0", "finer than the resolution"}


def test_the_search_looks_away_from_where_an_assumption_fails():
    claim = means(assumptions={"never": lambda pair: False})
    assert claim.checks[0].search.search.score((0.5, 0.5)) == -np.inf


def test_a_side_that_is_not_a_number_leaves_it_open(judged):
    result = judged("CLAIM = claim(right=lambda p: arithmetic(p) if p[0] < .9 else np.nan)")
    assert result.verdict.status is Status.INCONCLUSIVE
    assert "not a number" in result.verdict.reason
    assert result.verdict.row.witness["instance"][0] >= 0.9


def test_an_infinite_bound_says_nothing(judged):
    result = judged("CLAIM = claim(right=lambda p: np.inf, tight=None, loose='a toy', lie=lambda p: -1.0)")
    assert result.verdict.status is Status.INCONCLUSIVE
    assert "a side is infinite" in result.verdict.reason


@pytest.mark.parametrize(("off", "status"), [(1e-13, Status.HOLDS), (1e-10, Status.REFUTED)])
def test_rounding_is_forgiven_and_nothing_else(judged, off, status):
    result = judged(f"CLAIM = claim(left=lambda p: geometric(p) + {off}, right=lambda p: max(p))")
    assert result.verdict.status is status


def test_rounding_is_relative_above_one_and_absolute_below():
    sides = means(rounding=1e-9, left=lambda x: x).checks[0].search.sides
    found = sides.measure((1e6, 1e-3, -50.0, 7, Fraction(1, 3), np.inf))
    widths = [hi - lo for lo, hi in zip(found.lo, found.hi, strict=True)]
    assert widths[:3] == pytest.approx([2e-3, 2e-9, 1e-7], rel=1e-3, abs=0)
    assert widths[3:5] == [0, 0]
    assert found.lo[5] == found.hi[5] == np.inf


def test_numbers_too_small_for_the_rounding_say_nothing(judged):
    scale = "1e-14 * "
    result = judged(
        f"CLAIM = claim(left=lambda p: {scale}geometric(p), right=lambda p: {scale}arithmetic(p))"
    )
    assert result.verdict.status is Status.INCONCLUSIVE
    assert "finer than the resolution" in result.verdict.reason


def test_what_is_built_is_an_ordinary_claim():
    claim = means()
    assert isinstance(claim, Claim)
    assert (claim.relation, claim.title, claim.theorem) == ("<=", WORDS["statement"], "claims")
    assert claim.checks[0].evidence is Evidence.ADVERSARIAL
    assert claim.checks[0].cases[0].rows == {"quick": 32, "full": 512}
    assert inequality(**({k: v for k, v in WORDS.items() if k != "slug"} | _rest())).slug == "a1"
    other = means(title="Means", formula="G \\le A", theorem="toys", scope="Two numbers.", uses=("F1",))
    assert (other.title, other.formula, other.theorem, other.uses) == ("Means", "G \\le A", "toys", ("F1",))


def test_a_statement_becomes_a_formula_that_translates():
    told = r"for x_1 & y^2, 5% of {a} \ #1 costs $3 ~ z"
    formula = in_words(told)
    found = mathml(formula)
    assert "<code>" not in found
    assert "<math" in found
    assert r"\_" in formula
    assert r"\%" in formula
    assert r"\{\text{a}\}" in formula
    assert in_words("G <= A") == r"\text{G <= A}"


def test_long_statements_have_short_titles():
    claim = inequality(**(WORDS | {"statement": "word " * 60}), **_rest())
    assert len(claim.title) <= 100
    assert claim.title.endswith("word ..")


def _rest():
    record = means()
    sides = record.checks[0].search.sides
    return {
        "left": sides.left,
        "right": sides.right,
        "search": st.just((0.2, 0.4)),
        "loose": "a toy",
        "false_variants": [variant("lie", "w", right=lambda pair: 0.0)],
    }


def test_instances_are_told_by_name_where_they_have_names(judged):
    named = "st.fixed_dictionaries({'x': strategies.unit_numbers(), 'law': strategies.laws(2)})"
    result = judged(
        f"CLAIM = claim(search={named}, left=lambda i: i['x'] + 1, right=lambda i: i['law'].max(),"
        " tight=None, loose='a toy')"
    )
    witness = result.verdict.row.witness
    assert set(witness) <= {"x", "law", "note"}
    assert len(witness["law"]) == 2


def test_a_violation_is_made_simple(judged, toys):
    claim = means(right=lambda pair: 0.4 * sum(pair))
    check = claim.checks[0]
    trial = Trial(case=Case(slug="all", rows=8), streams=Streams(("A1", "search", "all"), range(8)))
    start = check.search.draw(trial)[0]
    found = check.search.smallest(lambda pair: np.sqrt(pair[0] * pair[1]) > 0.4 * sum(pair), start, trial)
    assert found in ((1.0, 1.0), (0.5, 0.5)) or max(found) <= 1
    assert check.search.decode(check.search.encode(found)) == found


def test_without_effort_instances_are_as_drawn():
    claim = means(effort=0)
    assert dict(claim.checks[0].search.effort) == {"quick": 0, "full": 0}
    assert "as they are drawn" in claim.scope
    assert "driven" in means().scope


def test_the_other_form_is_named_where_equality_is_asked_of_an_inequality():
    with pytest.raises(InvalidClaim, match=r"use equality\(\.\.\)"):
        means(relation="==")

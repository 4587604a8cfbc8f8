"""What a claim's break points make of it: badges of checks and claims, and what is counted."""

from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.audit import Badge, audit, told
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.reporting.audit import summary_line

TWO = """
from explore_theory.harness import Bound, Case, Check, Claim, Evidence, FalseVariant, Measurement
from explore_theory.harness import Constant, Resolution, Span, Tally, Value, best_constant, one_percent_better
from fractions import Fraction

def value(number, cases=("one",), **more):
    def measure(trial):
        return Measurement.exact([number if trial.case.slug != "far" else number / 8])

    named = tuple(Case(slug=name, params={"n": k + 1}) for k, name in enumerate(cases))
    return dict(evidence=Evidence.ADVERSARIAL, cases=named, measure=measure, **more)

CLAIM = Claim(
    id="A1", slug="toy-two", theorem="toys", title="Two checks", statement="Two.", formula="1", relation="<=",
    scope="Toys.", source="A toy.", loose=LOOSE,
    checks=(CHECKS),
    false_variants=(VARIANTS),
)
"""
STATED = "bound=lambda _: Bound.of([1.0])"


def audited(tmp_path, checks, variants, loose="''"):
    text = TWO.replace("CHECKS", checks).replace("VARIANTS", variants).replace("LOOSE", loose)
    (tmp_path / f"a1_{tmp_path.name}.py".replace("-", "_")).write_text(text)
    with Store(":memory:") as store:
        run(discover([str(tmp_path)]).claims, store)
        (result,) = session_results(store, store.sessions()[-1])
    return audit(result)


def lie(check, bound):
    return (
        f'FalseVariant(slug="{check}-lie", why="x", check="{check}", bound=lambda _: Bound.of([{bound}])), '
    )


def test_a_claim_is_as_tight_as_its_tightest_check(tmp_path):
    checks = f'Check(slug="near", {STATED}, **value(.99)), Check(slug="off", {STATED}, **value(.25)), '
    checks = checks.replace("**value(.99)", '**value(.99, cases=("one", "far"))')
    found = audited(tmp_path, checks, lie("near", 0.5) + lie("off", 0.1), loose="'not so'")
    assert found.badge is Badge.TIGHT
    assert [check.badge for check in found.checks] == [Badge.TIGHT, Badge.LOOSE]
    assert "1 of 2 checks tight, though it says of itself that it is loose; loosest, off:" in found.why
    near, off = found.checks
    assert abs(near.factor - 1 / 0.99) < 1e-4
    assert abs(off.factor - 4) < 0.02
    assert found.factor == near.factor
    assert near.exponents.keys() == {"n"}, "two values of n"
    assert off.exponents == {}


def test_slack_and_margins_are_those_of_the_case_that_says_most(tmp_path):
    checks = (
        f'Check(slug="near", {STATED}, **value(.99, cases=("one", "far"))), '
        f'Check(slug="off", {STATED}, **value(.25)), '
    )
    found = audited(tmp_path, checks, lie("near", 0.1) + lie("off", 0.2))
    near, off = found.checks
    assert near.slack == 1 / 0.99, "of the case far, 8 / .99"
    assert (near.refuted, off.refuted) == (("near-lie",), ("off-lie",))
    assert (near.counted, near.settled) == (True, False), "where a search ends depends on the processor"
    margins = [variant.margin for variant in found.variants]
    assert abs(margins[0] - 9.9) < 0.05, "of the case far, 1.24"
    assert abs(margins[1] - 1.25) < 0.002
    assert summary_line([found]).endswith("2 of 2 false variants refuted, the closest by 1.25")


def test_the_exponent_of_a_bound_from_below_is_told_by_its_relation(tmp_path):
    # 16 where n is 1 and 2 where it is 2: a bound of 1 may grow like n, or like (2/n)^4.
    measured = f'{STATED}, **value(16.0, cases=("one", "far"), relation=">=")'
    (check,) = audited(tmp_path, f'Check(slug="below", {measured}), ', lie("below", 100), "'x'").checks
    lowered, raised = check.exponents["n"]
    assert abs(lowered - 4) < 0.01
    assert abs(raised - 1) < 0.01


def test_a_sharper_constant_of_another_claim_makes_no_claim_tight(tmp_path):
    constant = """Constant(slug="half", name="K", says="x <= K", stated=Value("1"), proved=Value("1/2"),
        by="A2", best="least", coordinates={"x": Span(0.0, 1.0)}, score=lambda at: at["x"] / 2,
        certified=lambda at: Fraction(at["x"]) / 2)"""
    checks = f'Check(slug="off", {STATED}, **value(.25)), best_constant({constant}), '
    variants = lie("off", 0.1) + f"one_percent_better({constant}), "
    found = audited(tmp_path, checks, variants, loose="'a half would do'")
    assert [check.badge for check in found.checks] == [Badge.LOOSE, Badge.TIGHT]
    assert (found.badge, found.factor) == (Badge.LOOSE, found.checks[0].factor)
    assert found.why.startswith("0 of 1 checks tight; loosest, off:")


def test_a_check_that_no_factor_breaks_is_loose_by_its_false_variant(tmp_path):
    checks = 'Check(slug="zero", bound=lambda _: Bound.of([0.0]), **value(-1.0)), '
    found = audited(tmp_path, checks, lie("zero", -2.0), loose="'zero'")
    assert (found.badge, found.factor) == (Badge.LOOSE, None)
    assert (
        "0 of 1 checks tight; loosest, zero: its bound breaks when shifted by 1; 1 false variant" in found.why
    )


def test_a_check_that_breaks_only_beyond_twice_its_slack_is_powerless(tmp_path):
    """A resolution as wide as the bound forgives what a slack of one promises."""
    wide = 'resolution=Resolution(absolute=.7), coarse="a toy"'
    found = audited(
        tmp_path, f'Check(slug="wide", {STATED}, **value(1.0, {wide})), ', lie("wide", 0.1), "'wide'"
    )
    assert found.badge is Badge.POWERLESS
    assert "breaks only by 3.3" in found.why
    assert "with a slack of 1" in found.why


def test_one_powerless_check_makes_the_claim_powerless(tmp_path):
    wide = 'resolution=Resolution(absolute=.7), coarse="a toy"'
    checks = (
        f'Check(slug="near", {STATED}, **value(.99)), Check(slug="wide", {STATED}, **value(1.0, {wide})), '
    )
    found = audited(tmp_path, checks, lie("near", 0.5) + lie("wide", 0.1), "'wide'")
    assert [check.badge for check in found.checks] == [Badge.TIGHT, Badge.POWERLESS]
    assert found.badge is Badge.POWERLESS


def test_a_claim_that_does_not_hold_is_powerless(tmp_path):
    found = audited(tmp_path, f'Check(slug="k", {STATED}, **value(2.0)), ', lie("k", 0.5), "'x'")
    assert (found.badge, found.why[:13]) == (Badge.POWERLESS, "it is REFUTED")


def test_a_check_with_a_refuted_case_is_powerless_however_tight_its_others(tmp_path):
    case = 'cases=(Case(slug="in"), Case(slug="out"))'
    measure = 'measure=lambda t: Measurement.exact([.99 if t.case.slug == "in" else 2.0])'
    near = f'Check(slug="near", {STATED}, **value(.99)), '
    wrong = f'Check(slug="k", {STATED}, evidence=Evidence.ADVERSARIAL, {case}, {measure}), '
    found = audited(tmp_path, near + wrong, lie("near", 0.5) + lie("k", 0.1), "'x'")
    assert [(c.badge, c.why) for c in found.checks][1] == (Badge.POWERLESS, "its case out is REFUTED")
    assert found.checks[0].badge is Badge.TIGHT


def test_a_check_with_a_case_to_which_it_does_not_apply_keeps_its_badge(tmp_path):
    case = 'cases=(Case(slug="in"), Case(slug="out"))'
    measure = 'measure=lambda t: Measurement.exact([.99], applicable=[t.case.slug == "in"])'
    near = f'Check(slug="near", {STATED}, evidence=Evidence.ADVERSARIAL, {case}, {measure}), '
    found = audited(tmp_path, near, lie("near", 0.5), "'x'")
    assert [str(case.status) for case in found.checks[0].cases] == ["HOLDS", "NOT APPLICABLE"]
    assert found.badge is Badge.TIGHT


def test_what_does_not_apply_breaks_nothing(tmp_path):
    """A case of whose comparisons few apply would break at once by those; it is no evidence of power."""
    checks = f"""Check(slug="k", {STATED}, evidence=Evidence.ADVERSARIAL,
        cases=(Case(slug="in"), Case(slug="out")),
        measure=lambda trial: Measurement.exact([.25] if trial.case.slug == "in" else [1.0, 1.0, 1.0],
            applicable=np.array([True] if trial.case.slug == "in" else [True, False, False]))), """
    found = audited(tmp_path, checks.replace("np.array", "__import__('numpy').array"), lie("k", 0.1), "'x'")
    assert abs(found.factor - 4) < 0.02


def test_samples_are_not_counted(tmp_path):
    checks = """Check(slug="k", evidence=Evidence.STATISTICAL,
        cases=(Case(slug="one", rows=4000, block=1000),),
        bound=lambda _: Bound.of([.5]), resolution=Resolution(absolute=.02),
        measure=lambda trial: Tally(
            successes=int((trial.streams.uniform(1) < .25).sum()), trials=len(trial.rows))), """
    found = audited(tmp_path, checks, lie("k", 0.1))
    assert not found.checks[0].counted
    assert found.checks[0].factor > 1.5


def test_a_factor_in_words():
    assert told(1 + 1e-12) == "1 + 1e-12"
    assert told(1.0009) == "1 + 0.0009"
    assert told(1.001) == "1.001"
    assert told(12345.6) == "1.235e+04"

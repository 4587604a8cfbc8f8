"""Rates through the engine's own path: planted laws in claims on disk, discovered, run, and judged."""

import json
from dataclasses import replace
from itertools import count

import numpy as np
import pytest

from explore_theory.errors import InvalidClaim, InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Check, Evidence
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.judging.settle import Terms
from explore_theory.harness.measures.measurement import Bound, Resolution, Rungs
from explore_theory.harness.measures.samples import Question
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.records import decode_summary, encode_summary
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.sequential import planned_looks
from explore_theory.harness.verdicts.summary import Reading, merge, summarise
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.export import to_json
from explore_theory.statistics import Rival, exponential, polynomial, power, smallest_budget

NUMBERS = count()
X = (10.0, 100.0, 1000.0, 10_000.0)
PLANTED = '''
"""R1: calls grow with x."""
import numpy as np
from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.measures.measurement import Bound, Resolution, Rungs
from explore_theory.statistics import exponential, polynomial, power

X = np.array({x})

def measure(trial):
    u = trial.streams.uniform(len(X)).T
    typical = {law}
    return {rungs}

CLAIM = Claim(
    id="R1", slug="rate", theorem="toys", title="t", statement="s", formula="x", relation="{relation}",
    scope="s", source="s",
    checks=(Check(slug="calls", evidence=Evidence.RATE, measure=measure, bound=lambda _: Bound.of({bound}),
                  resolution=Resolution(absolute=0.05), rivals={rivals},
                  cases=(Case(slug="all", rows={rows}, block=64),)),),
    false_variants=(FalseVariant(slug="v", why="w", check="calls", relation="==",
                                 bound=lambda _: Bound.of({lie})),),
    loose="a toy",
)
'''
MEDIANS = "Rungs.quantiles(X, typical[:, None] * np.exp(0.2 * (u - 0.5)))"


def planted(
    toys,
    *,
    law="X ** 1.0",
    rungs=MEDIANS,
    x=X,
    relation="<=",
    bound=1.0,
    lie=3.0,
    rows=2048,
    rivals="(exponential(), power(2))",
    **options,
):
    text = PLANTED.format(
        law=law, rungs=rungs, x=list(x), relation=relation, bound=bound, lie=lie, rows=rows, rivals=rivals
    )
    return verified(toys, text, **options)


def verified(toys, text, **options):
    # Imports are cached by name: another text needs another name.
    name = f"r1_{toys.path.parent.name.replace('-', '_')}_{next(NUMBERS)}.py"
    file = toys.write(name, text)
    registry = discover([str(toys.path)])
    assert registry.broken == ()
    with Store(":memory:") as store:
        (result,) = session_results(store, run(registry.claims, store, **options))
    file.unlink()
    return result


def test_a_slope_of_one_and_a_fifth_claimed_as_one_over_three_decades_is_refuted(toys):
    result = planted(toys, law="X ** 1.2")
    assert result.verdict.status is Status.REFUTED
    assert "exponent in [1.1" in result.verdict.reason
    assert "4 points over 3 decades" in result.verdict.reason
    assert "runs at each of 4 rungs" in result.verdict.reason


def test_a_true_slope_holds_with_replicates_level_and_rejected_rivals(toys):
    result = planted(toys)
    (case,) = result.cases
    assert result.verdict.status is Status.HOLDS
    assert "64 runs at each of 4 rungs; rejects exponential, x^2" in result.verdict.reason
    assert case.runs == 4 * 64
    assert case.alpha == pytest.approx(1e-3 * 0.25)
    assert case.summary.notes["at least"][0] < 10 < case.summary.notes["at most"][0]


def test_rows_are_added_until_it_decides_and_the_level_is_the_sessions(toys):
    noisy = "Rungs.quantiles(X, typical[:, None] * np.exp(4 * (u - 0.5)))"
    loose, strict = (planted(toys, rungs=noisy, rows=8192, alpha=alpha) for alpha in (0.1, 1e-9))
    assert loose.verdict.status is strict.verdict.status is Status.HOLDS
    assert 64 < loose.cases[0].runs / 4 < strict.cases[0].runs / 4
    short = planted(toys, rungs=noisy, rows=128)
    assert short.verdict.status is Status.INCONCLUSIVE
    assert "more runs" in short.verdict.reason


@pytest.mark.parametrize("block", [1, 13, 64])
def test_the_verdict_does_not_depend_on_how_rows_are_cut(toys, block):
    noisy = "Rungs.quantiles(X, typical[:, None] * np.exp(2 * (u - 0.5)))"
    whole, cut = (planted(toys, rungs=noisy, rows=512, block=b) for b in (None, block))
    assert whole.cases[0].runs > 4 * 64
    assert to_json([whole], timing=False) == to_json([cut], timing=False)


def test_a_pure_exponential_planted_against_a_polynomial_claim_is_named_as_such(toys):
    result = planted(
        toys,
        x=(1.0, 3.0, 10.0, 20.0, 40.0),
        law="np.exp(0.7 * X)",
        bound=3.0,
        lie=1.0,
        rivals="(exponential(), polynomial(3), power(4))",
    )
    assert result.verdict.status is Status.REFUTED
    assert "no power law passes through" in result.verdict.reason
    assert "exponential (rate 0." in result.verdict.reason
    assert "is the only declared law left" in result.verdict.reason
    assert "curvature excluded from zero" in result.verdict.reason


def test_a_bend_below_the_bound_is_inconclusive_by_name_and_never_averaged_away(toys):
    result = planted(toys, law="np.log(X) ** 3", bound=5.0, lie=4.0, rivals="(exponential(),)")
    assert result.verdict.status is Status.INCONCLUSIVE
    assert "no power law fits" in result.verdict.reason or "not separated" in result.verdict.reason
    assert "no declared law is left" in result.verdict.reason


def test_a_burn_in_is_dropped_by_rule_and_said(toys):
    law = "np.where(X < 50, 900.0, X)"
    result = planted(toys, law=law, relation="==", lie=2.0)
    assert result.verdict.status is Status.HOLDS
    assert "1 leading dropped as burn-in" in result.verdict.reason


def test_nothing_holds_while_a_rival_is_left(toys):
    result = planted(toys, law="1 + 0 * X", bound=0.0, rivals="(exponential(), power(0.5))")
    assert result.verdict.status is Status.INCONCLUSIVE
    assert "the data leave room for exponential" in result.verdict.reason


def test_exact_numbers_spend_no_alpha(toys):
    result = planted(toys, rungs="Rungs.exact(X, typical, band=0.01)", law="X + 0.001", rows=1, relation="==")
    assert result.verdict.status is Status.HOLDS
    assert (result.cases[0].alpha, result.cases[0].runs) == (None, None)
    assert "exact numbers" in result.verdict.reason
    assert json.loads(to_json([result]))["claims"][0]["cases"][0]["alpha"] == 0


def test_means_are_rungs_too(toys):
    means = "Rungs.means(X, (u < 3 / typical[:, None] ** 0.5).astype(float), low=0, high=1)"
    result = planted(
        toys, rungs=means, x=(10, 40, 160), law="X", bound=-0.4, lie=1.0, rows=16_384, rivals="(power(-2),)"
    )
    assert result.verdict.status is Status.HOLDS
    assert "rejects x^-2" in result.verdict.reason


SEARCH = """
def search(trial, k, x):
    budgets = geometric_budgets(max(1, int(x // 8)), int(8 * x), 1.1)
    coins = Streams((*trial.streams.path, str(k), str(trial.rows[0])), range(4096))
    level = coins.uniform(1)[:, 0]
    wins = lambda budget, first, rows: int((level[first:first + rows] < 1 / (1 + (x / budget) ** 8)).sum())
    ends = dict(first=budgets[0], last=budgets[-1], ratio=1.1)
    return budgets, smallest_budget(wins, level=0.5, alpha=1e-9, **ends)

def measure(trial):
    grids, found = zip(*(search(trial, k, x) for k, x in enumerate(X)))
    return Rungs.searches(X, grids, found)
"""


def test_thresholds_found_by_bisection_are_rungs_at_the_sessions_level(toys):
    searched = PLANTED.replace("CLAIM =", SEARCH + "\nCLAIM =").replace(
        "import exponential",
        "import geometric_budgets, smallest_budget\nfrom explore_theory.foundation.streams import Streams\n"
        "from explore_theory.statistics import exponential",
    )
    text = searched.format(
        law="X",
        rungs=MEDIANS,
        x=list(X),
        relation="==",
        bound=1.0,
        lie=3.0,
        rows=1,
        rivals="(exponential(), power(2))",
    )
    result = verified(toys, text)
    (case,) = result.cases
    assert result.verdict.status is Status.HOLDS, result.verdict.reason
    for x, lo, hi in zip(*(case.summary.notes[name] for name in ("x", "at least", "at most")), strict=True):
        assert lo < x <= hi


def test_the_level_of_a_search_is_not_the_level_of_its_interval():
    """What the search believed at level .5 is enclosed anew at the engine's."""
    found = smallest_budget(
        lambda budget, first, rows: round(rows * budget / (budget + 30)),
        level=0.5,
        alpha=0.5,
        first=1,
        last=100,
        block=8,
        most_rows=64,
    )
    grid = (1, 2, 4, 8, 16, 32, 64, 100)
    rungs = Rungs.searches([1, 10, 100], [grid] * 3, [found] * 3)
    own, engine = rungs.quantity.bands(0.5), rungs.quantity.bands(1e-6)
    assert np.all(engine.lo <= own.lo)
    assert np.all(engine.hi >= own.hi)
    assert engine.lo[0] <= found.lo <= found.hi <= engine.hi[0]


def test_success_that_falls_with_the_budget_is_an_objection_not_a_threshold():
    rungs = Rungs.thresholds([1, 10, 100], [5, 6], [[999, 1]] * 3, 1000)
    found = rungs.enclosed(1e-3, Question(relation="<=", bound=(9.0, 9.0), rivals=(power(2),)))
    assert "succeeds less often" in found.objection


def test_infinite_values_are_runs_that_did_not_end():
    values = np.where(np.arange(400)[None, :] % 4 == 0, np.inf, np.array([[2.0], [20.0], [200.0]]))
    bands = Rungs.quantiles([1, 10, 100], values).quantity.bands(1e-6)
    np.testing.assert_array_equal(bands.estimate, [2, 20, 200])
    never = Rungs.quantiles([1, 10, 100], np.where(values > 2, np.inf, values)).quantity.bands(1e-6)
    assert np.isfinite(never.lo).all()
    assert np.isinf(never.hi[1:]).all()


def blocks():
    values = np.arange(1.0, 13).reshape(3, 4) ** 2
    values[1, 2] = np.inf
    x = (1.0, 10.0, 100.0)
    return [
        Rungs.quantiles(x, values, level=0.25),
        Rungs.means(x, values[:, :2] / 200, low=0.0, high=1.0),
        Rungs.thresholds(x, [3, 4], [[1, 2]] * 3, [5, 6], level=0.4),
        Rungs.exact(x, [1.0, 2.0, 3.0], band=0.01),
    ]


@pytest.mark.parametrize("sample", blocks(), ids=lambda s: s.quantity.kind)
def test_a_stored_rate_is_the_rate_that_was_stored(sample):
    summary = summarise(sample, Bound.of(1.0), Reading())
    back = decode_summary(encode_summary(summary))
    assert encode_summary(back) == encode_summary(summary)
    both = merge([back, back], Reading())
    question = Question(relation="<=", bound=(1.0, 1.0), rivals=(power(2),))
    if sample.spends:
        assert both.sample.runs == 2 * sample.runs
    assert both.sample.enclosed(0.1, question) == sample.times(2).enclosed(0.1, question)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Rungs.exact([1, 100], [1, 2], band=0.01), "x must hold at least 3 different points"),
        (lambda: Rungs.exact([1, 2, 9], [1, 2, 3], band=0.01), "x must span at least one decade"),
        (lambda: Rungs.exact([1, 100, 10], [1, 2, 3], band=0.01), "x must increase"),
        (lambda: Rungs.exact([-1, 10, 100], [1, 2, 3], band=0.01), "x must be positive"),
        (lambda: Rungs.exact([1, 10, 100], [1, 2], band=0.01), "there must be 3 rungs"),
        (lambda: Rungs.exact([1, 10, 100], [1, 2, 0], band=0.01), "values must be positive"),
        (lambda: Rungs.exact([1, 10, 100], [1, 2, 3], band=0.5), r"band must lie in \[0, .05\]"),
        (lambda: Rungs.quantiles([1, 10, 100], [[1], [2], [0]]), "values must be positive"),
        (lambda: Rungs.quantiles([1, 10, 100], [1, 2, 3]), "one row for each rung"),
        (lambda: Rungs.quantiles([1, 10, 100], [[1], [2], [3]], level=1), "level must lie in"),
        (lambda: Rungs.means([1, 10, 100], [[1], [2], [3]], low=0, high=2), "values must lie in"),
        (lambda: Rungs.means([1, 10, 100], [[1], [2], [3]], low=-1, high=2), "low must be at least 0"),
        (lambda: Rungs.thresholds([1, 10, 100], [2, 1], [[0, 0]] * 3, 1), "budgets must be positive and inc"),
        (lambda: Rungs.thresholds([1, 10, 100], [1, 2], [[0, 2]] * 3, 1), "successes must lie in"),
    ],
)
def test_a_rate_of_too_little_is_one_clear_line(call, message):
    with pytest.raises((InvalidClaim, InvalidProblem), match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def check(**changes):
    fields = {
        "slug": "only",
        "evidence": Evidence.RATE,
        "cases": (Case(slug="one"),),
        "measure": lambda _: Rungs.exact(X, X, band=0.01),
        "bound": lambda _: Bound.of(1.0),
        "rivals": (exponential(),),
    }
    return Check(**(fields | changes))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check(rivals=()), "must name rivals"),
        (lambda: check(rivals=(power(1), power(1.0))), "must name rivals, each once"),
        (lambda: check(evidence=Evidence.STATISTICAL), "leave rivals to rates"),
        (lambda: check(rivals=(Rival(name="own", member=lambda *_: None),)), "rivals that a store can hold"),
        (
            lambda: check(resolution=Resolution(absolute=0.06)),
            "resolution of an exponent must be at most 0.05 unless coarse says why, got resolution=0.06",
        ),
        (
            lambda: check(resolution=Resolution(absolute=0.3), coarse="three runs a day"),
            "resolution of an exponent must be at most 0.25, got resolution=0.3",
        ),
    ],
)
def test_a_rate_without_rivals_or_too_coarse_is_one_clear_line(call, message):
    with pytest.raises(InvalidClaim, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_coarse_resolution_is_allowed_where_it_says_why():
    assert check(resolution=Resolution(absolute=0.2), coarse="three runs a day").coarse


def test_rates_of_too_little_are_errors_of_their_claim_and_no_traceback(toys):
    result = planted(toys, x=(10.0, 20.0, 40.0))
    assert result.verdict.status is Status.ERROR
    assert "x must span at least one decade, got x from 10 to 40" in result.verdict.reason


def test_rivals_of_a_polynomial_kind_survive_the_store(toys):
    result = planted(toys, rivals="(polynomial(0.5), power(2))")
    assert f"rejects {polynomial(0.5).name}, x^2" in result.verdict.reason


def test_a_quantity_known_at_the_rungs_is_a_rival(toys):
    """Calls follow overall coverage `x`, and the conditional coverage of the same points is rejected."""
    known = "(proportional('C_cond', X, X ** 0.8), exponential())"
    proportional = PLANTED.replace("polynomial, power", "polynomial, power, proportional")
    fields = {"law": "X ** 1.0", "rungs": MEDIANS, "relation": "<=", "bound": 1.0, "lie": 3.0, "rows": 512}
    result = verified(toys, proportional.format(x=list(X), rivals=known, **fields))
    assert result.verdict.status is Status.HOLDS
    assert "rejects C_cond, exponential" in result.verdict.reason
    elsewhere = known.replace("X, X ** 0.8", "[1.0, 2.0], [1.0, 2.0]")
    result = verified(toys, proportional.format(x=list(X), rivals=elsewhere, **fields))
    assert result.verdict.status is Status.ERROR
    assert "x must be points of the rival C_cond" in result.verdict.reason


def test_blocks_that_do_not_fit_together_are_an_error_of_their_claim(toys):
    # The first block leaves it open, because its rival is the truth.
    rungs = "Rungs.exact(X, typical + trial.rows[0], band=0.01)"
    result = planted(toys, rungs=rungs, rows=128, rivals="(power(1),)")
    assert result.verdict.status is Status.ERROR
    assert "exact numbers must be the same in all blocks of a case" in result.verdict.reason


@pytest.mark.parametrize("law", ["quantiles", "means"])
def test_a_true_rate_that_is_looked_at_again_and_again_is_seldom_refuted(law):
    """Fewer than 30 of 200 at a level of ten per cent: more have probability below two per cent."""
    x, alpha, block, rows = (1.0, 4.0, 16.0), 0.1, 32, 512
    check_at = Terms(
        rows=rows,
        block=block,
        relation="==",
        reading=Reading(),
        alpha=alpha,
        tight=False,
        rivals=(exponential(),),
    )
    uniform = Streams(("tests", "rates", law), range(200)).uniform(3 * rows).reshape(200, 3, rows)
    wrong = 0
    for u in uniform:
        if law == "quantiles":
            sample = Rungs.quantiles(x, np.array(x)[:, None] * (u + 0.5))
            looks = planned_looks(rows, block)
        else:
            sample = Rungs.means(x, np.array(x)[:, None] * u, low=0, high=16)
            looks = range(block, rows + 1, block)
        question = check_at.question((1.0, 1.0))
        level = check_at.level(sample)
        for look in looks:
            quantity = replace(sample.quantity, values=sample.quantity.values[:, :look])
            found = replace(sample, quantity=quantity).enclosed(level, question)
            if found.lo > 1 or found.hi < 1:
                wrong += 1
                break
    assert wrong < 30


def test_numbers_without_any_noise_make_a_line_but_for_rounding():
    x = np.array([10.0, 70.0, 300.0, 9000.0])
    for exponent in (-0.7, 0.0, 1.0, 1.7):
        sample = Rungs.quantiles(x, np.repeat((0.3 * x**exponent)[:, None], 100, axis=1))
        found = sample.enclosed(1e-3, Question(relation="==", bound=(1.0, 1.0), rivals=(power(3),)))
        assert found.lo <= exponent <= found.hi <= found.lo + 1e-9
        assert "rejects x^3" in found.finding

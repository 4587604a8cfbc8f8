"""`verify --instance`: claims against the one problem that a user brings, and what is said of it."""

import dataclasses
import json
import re
from functools import cache

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from installed_claims import installed
from made_instances import formulas, problems_of_terms, tabular, tokens

from explore_theory import TabularProblem, save
from explore_theory.claims import (
    Bound,
    Case,
    Check,
    Evidence,
    FalseVariant,
    Measurement,
    OnInstance,
    Resolution,
)
from explore_theory.cli import main
from explore_theory.errors import InvalidClaim
from explore_theory.formulas import Clauses, Formula
from explore_theory.harness.claims.held import claim_on, unmet
from explore_theory.harness.judging.results import latest_results, session_results
from explore_theory.harness.running.executors import Serial
from explore_theory.harness.running.on_file import take
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.instances import kind_of
from explore_theory.problems import DNF, markov_problem, random_markov_problem

DIGEST = "0123456789abcdef" * 4
CLAIMS = {registered.claim.id: registered for registered in installed().claims}
TAKEN = sorted(id for id, registered in CLAIMS.items() if registered.claim.on)


def table(seed=0, prompts=3, responses=6, scale=1.0, offset=0.0, beta=0.3, zeros=False):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(prompts, responses, 3))
    features /= np.linalg.norm(features, axis=-1, keepdims=True) * 1.01
    theta = scale * rng.normal(size=3)
    base = rng.dirichlet(np.ones(responses), prompts)
    if zeros:
        base[:, 0] = 0
        base /= base.sum(axis=-1, keepdims=True)
    told = (
        {}
        if offset or scale != 1
        else {"theta_star": theta, "parameter_radius": float(np.linalg.norm(theta)) * 1.1}
    )
    return TabularProblem(
        prompt_mass=[0.5, 0.5 - 0.0, 0.0] if prompts == 3 else np.full(prompts, 1 / prompts),
        base=base,
        reward=features @ theta + offset,
        features=features,
        beta=beta * scale,
        **told,
    )


def deep():
    """Base masses that no double holds, for rewards of a million."""
    rng = np.random.default_rng(1)
    logs = np.array([[-1e-300, -400.0, -1000.0, -1001.0]])
    features = rng.uniform(-0.5, 0.5, (1, 4, 2))
    reward = np.array([[0.0, 0.2, 0.9, 1.0]]) * 1e6
    return TabularProblem(prompt_mass=[1], log_base=logs, reward=reward, features=features, beta=500.0)


PROBLEMS = {
    "a table": table(),
    "of one prompt": table(1, prompts=1, responses=2),
    "with responses outside the support": table(2, zeros=True),
    "in units of 1e-6": table(3, scale=1e-6),
    "in units of 1e9": table(4, scale=1e9),
    "far from zero": table(5, offset=1e6),
    "at a large beta": table(6, beta=50.0),
    "at a small beta": table(7, beta=1e-3),
    "of one response": TabularProblem(
        prompt_mass=[1], base=[[1.0]], reward=[[2.0]], features=[[[0.5]]], beta=1.0
    ),
    "of equal rewards": TabularProblem(
        prompt_mass=[1], base=[[0.3, 0.7]], reward=[[2.0, 2.0]], features=[[[0.5], [0.1]]], beta=1.0
    ),
    "of deep masses": deep(),
    "hardly covered": TabularProblem(
        prompt_mass=[1],
        log_base=[[-1e-300, -100.0]],
        reward=[[0.0, 1.0]],
        features=[[[0.0], [1.0]]],
        beta=0.02,
    ),
    "of tokens": random_markov_problem(horizon=4, vocabulary=3, dimension=2, beta=0.3),
    "of long responses": random_markov_problem(horizon=60, vocabulary=5, dimension=2, beta=0.3),
    "of one token": markov_problem(base=[[0.5, 0.5], [1, 0]], reward=np.ones((1, 2, 2)), beta=1.0),
    "terms": Formula(np.array([[1, -2, 3], [-1, 2, 4], [2, 3, 4]]), 4),
    "clauses": Clauses(np.array([[1, -2, 3], [-1, 2, 4]]), 4),
    "a planted problem": DNF(formula=Formula(np.array([[1, -2], [2, 3]]), 3), eta=0.1, assignment=[1, -1, 1]),
}


def results_on(problem, ids=TAKEN, digest=DIGEST):
    taken = take([CLAIMS[id] for id in ids], problem, kind_of(problem), digest)
    with Store(":memory:") as store:
        session = run(taken.claims, store, executor=Serial())
        return session_results(store, session), taken


@cache
def everything_on(name):
    """What all claims say of one of `PROBLEMS`, run once for all tests."""
    return results_on(PROBLEMS[name])


def test_at_least_ten_claims_take_an_instance_of_a_user():
    kinds = {
        kind: {id for id in TAKEN for one in CLAIMS[id].claim.on if kind in one.kinds}
        for kind in ("tabular", "tokens", "formula")
    }
    assert len(TAKEN) >= 10
    assert {kind: len(ids) >= 3 for kind, ids in kinds.items()} == dict.fromkeys(kinds, True)


@pytest.mark.parametrize("name", PROBLEMS)
def test_no_theorem_is_refuted_by_any_problem(name):
    results, _ = everything_on(name)
    found = {result.id: (result.verdict.status, result.verdict.reason) for result in results}
    amiss = (Status.REFUTED, Status.ERROR, Status.POWERLESS)
    assert {id: what for id, what in found.items() if what[0] in amiss} == {}


@settings(max_examples=25)
@given(problem=st.one_of(tabular(), tokens(), formulas(), problems_of_terms()))
def test_no_theorem_is_refuted_by_a_problem_at_random(problem):
    results, _ = results_on(problem)
    amiss = (Status.REFUTED, Status.ERROR, Status.POWERLESS, Status.INCONCLUSIVE)
    assert {r.id: r.verdict.reason for r in results if r.verdict.status in amiss} == {}


@pytest.mark.parametrize(
    "name",
    [
        "a table",
        "with responses outside the support",
        "in units of 1e-6",
        "in units of 1e9",
        "of tokens",
        "terms",
        "a planted problem",
    ],
)
def test_on_ordinary_problems_all_hold_and_every_claim_is_told_from_something_false(name):
    results, taken = everything_on(name)
    assert results
    for result in results:
        assert result.verdict.status is Status.HOLDS, (result.id, result.verdict.reason)
        assert result.verdict.reason.endswith("on this instance alone")
        assert any(variant.refuted for variant in result.variants), result.id
    assert {r.id for r in results} | {label for label, _, _ in taken.left_out} == set(TAKEN)


def test_every_false_variant_is_told_from_its_statement_somewhere():
    told, all_of_them = set(), set()
    for name in PROBLEMS:
        for result in everything_on(name)[0]:
            told |= {(result.id, variant.slug) for variant in result.variants if variant.refuted}
            all_of_them |= {(result.id, variant.slug) for variant in result.variants}
    assert all_of_them - told == set()


def test_a_degenerate_instance_is_not_called_powerless():
    results, _ = everything_on("of one response")
    statuses = {result.id: result.verdict.status for result in results}
    assert statuses["F3"] is Status.HOLDS
    assert Status.POWERLESS not in statuses.values()
    (soft_value,) = (result for result in results if result.id == "F3")
    assert not any(variant.refuted for variant in soft_value.variants)


def test_another_file_has_other_draws_and_another_result():
    one, _ = results_on(PROBLEMS["a table"], ["F1"])
    again, _ = results_on(PROBLEMS["a table"], ["F1"])
    other, _ = results_on(PROBLEMS["a table"], ["F1"], digest="f" * 64)
    assert one[0].digest == again[0].digest != other[0].digest
    assert one[0].cases[0].verdict == again[0].cases[0].verdict
    assert one[0].cases[0].summary.rows["above"] != other[0].cases[0].summary.rows["above"]


def test_the_file_is_in_the_record_of_what_is_stored():
    (result,), _ = results_on(PROBLEMS["a table"], ["F2"])
    assert result.record["instance"] == {"kind": "tabular", "digest": DIGEST}
    assert result.record["namespace"] == f"@{DIGEST[:12]}"
    assert "instance" not in CLAIMS["F2"].record


def test_what_is_stored_of_an_instance_is_found_again_and_reports_leave_it_out():
    problem = PROBLEMS["a table"]
    taken = take([CLAIMS["F2"]], problem, "tabular", DIGEST)
    with Store(":memory:") as store:
        run(taken.claims, store, executor=Serial())
        blocks = store.counts()["blocks"]
        run(taken.claims, store, executor=Serial())
        assert store.counts()["blocks"] == blocks
        assert latest_results(store) == []
        assert len(store.latest(instances=True)) == 1


def test_why_a_claim_does_not_apply_is_said_with_numbers():
    problem = table(offset=1e3)
    assert "theta_star" in unmet(CLAIMS["LG1"].claim, problem, "tabular")[0]
    assert unmet(CLAIMS["P1"].claim, problem, "tabular") == ["about problems of kind formula"]
    assert unmet(CLAIMS["CT"].claim, problem, "tabular") == ["no check of theirs is about one given problem"]
    long = PROBLEMS["of long responses"]
    assert "at most 4096 to be listed, got 8.674e+41" in unmet(CLAIMS["F1"].claim, long, "tokens")[0]


def check(slug="given", **change):
    fields = {
        "slug": slug,
        "evidence": Evidence.ADVERSARIAL,
        "cases": (Case(slug="given"),),
        "instance": lambda trial: trial.given,
        "measure": lambda problem: Measurement.exact([problem.beta]),
        "bound": lambda problem: Bound.of([1.0]),
        "resolution": Resolution(absolute=1e-9),
    }
    return Check(**{**fields, **change})


LIE = FalseVariant(slug="lie", why="half of it", check="given", bound=lambda _: Bound.of([0.1]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: OnInstance(kinds=("x",), check=check(), variants=(LIE,)),
            "kinds must be some of tabular",
        ),
        (lambda: OnInstance(kinds=(), check=check(), variants=(LIE,)), "kinds must be some of"),
        (lambda: OnInstance(kinds=("tabular",), check=check(), variants=()), "at least one, got []"),
        (lambda: OnInstance(kinds=("tabular",), check=check("x"), variants=(LIE,)), "of the check 'x'"),
        (
            lambda: OnInstance(
                kinds=("tabular",), check=check(cases=(Case(slug="a"), Case(slug="b"))), variants=(LIE,)
            ),
            "with one case and no search",
        ),
        (
            lambda: dataclasses.replace(CLAIMS["F1"].claim, on=(CLAIMS["F1"].claim.on[0],) * 2),
            "must have checks with distinct slugs",
        ),
        (lambda: dataclasses.replace(CLAIMS["F1"].claim, on=(3,)), "F1: on must be a tuple of OnInstance"),
    ],
)
def test_what_is_no_check_on_instances_is_refused(make, message):
    with pytest.raises(InvalidClaim, match=re.escape(message)):
        make()


def test_a_statement_that_fails_on_an_instance_is_refuted():
    claim = dataclasses.replace(
        CLAIMS["F2"].claim, on=(OnInstance(kinds=("tabular",), check=check(), variants=(LIE,)),)
    )
    held = {
        beta: claim_on(claim, table(beta=beta), "tabular", DIGEST).checks[0].instance for beta in (0.5, 2.0)
    }
    assert len(held) == 2
    for beta, status in ((0.5, Status.HOLDS), (2.0, Status.REFUTED)):
        registered = dataclasses.replace(CLAIMS["F2"], claim=claim)
        taken = take([registered], table(beta=beta), "tabular", DIGEST)
        with Store(":memory:") as store:
            (result,) = session_results(store, run(taken.claims, store, executor=Serial()))
        assert result.verdict.status is status


# --- the command --------------------------------------------------------------------------------------------


@pytest.fixture
def cli(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    save(table(), tmp_path / "table.json")
    (tmp_path / "x.cnf").write_text("p cnf 2 1\n1 2 0\n")

    def call(*arguments):
        return CliRunner().invoke(main, [str(a) for a in arguments])

    return call


def test_the_command_says_what_holds_on_this_instance_and_what_is_not_about_it(cli):
    done = cli("verify", "--instance", "table.json", "F1", "F2", "CT", "P1")
    assert done.exit_code == 0, done.output
    assert "on this instance alone" in done.stdout
    assert "NOT APPLICABLE: CT: no check of theirs is about one given problem" in done.stdout
    assert "NOT APPLICABLE: P1: about problems of kind formula" in done.stdout
    assert "2 claims on this instance: 2 HOLDS;" in done.stdout
    again = cli("verify", "--instance", "table.json", "F1", "F2", "CT", "P1")
    assert again.stdout == done.stdout


def test_the_command_for_programs(cli):
    done = cli("verify", "--instance", "table.json", "F1", "CT", "--json")
    told = json.loads(done.stdout)
    assert (told["format"], told["version"]) == ("explore-theory results on an instance", 1)
    assert told["instance"]["kind"] == "tabular"
    (claim,) = told["claims"]
    assert (claim["id"], claim["status"], claim["told_apart"]) == ("F1", "HOLDS", {"refuted": 3, "of": 3})
    assert claim["cases"][0]["params"]["file"] == told["instance"]["sha256"]
    assert told["not_applicable"][0]["id"] == "CT"


def test_where_nothing_applies_the_exit_code_is_that_of_inconclusive(cli):
    done = cli("verify", "--instance", "x.cnf", "F1", "P1")
    assert done.exit_code == 3
    assert "the formula must be terms (p dnf)" in done.stdout
    assert "0 claims on this instance: nothing to say" in done.stdout


@pytest.mark.parametrize("option", [["--jobs", "2"], ["--shard", "1/2"], ["--csv"], ["--witness", "w"]])
def test_options_about_blocks_are_refused(cli, option):
    done = cli("verify", "--instance", "table.json", "F1", *option)
    assert done.exit_code == 2
    assert f"--instance must be given without {option[0]}" in done.stderr


def test_a_file_that_is_no_problem_is_one_line(cli, tmp_path):
    head = {"format": "explore-theory problem", "version": 9, "kind": "tabular"}
    (tmp_path / "bad.json").write_text(json.dumps(head))
    done = cli("verify", "--instance", "bad.json", "F1")
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert "version must be at most 1" in done.stderr


def test_a_claim_of_a_user_takes_an_instance(cli, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "b7_mine.py").write_text(
        """
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from explore_theory import exact
from explore_theory.claims import Bound, Case, Check, Evidence, FalseVariant, Measurement, OnInstance
from explore_theory.claims import Resolution, inequality, variant


def small(problem):
    return "" if problem.base.size < 1000 else f"tables must be small, got {problem.base.size} entries"


CLAIM = inequality(
    id="B7", statement="A square is at least zero.", source="Mine.", relation=">=",
    search=st.floats(-1, 1), left=lambda x: x * x, right=lambda x: 0.0 * x, tight=True,
    loose="" , false_variants=[variant("one", "at least one", right=lambda x: 1.0 + 0 * x)],
)
CLAIM = replace(CLAIM, on=(OnInstance(
    kinds=("tabular",),
    applies=small,
    check=Check(
        slug="given", evidence=Evidence.ADVERSARIAL, cases=(Case(slug="given"),), relation="<=",
        instance=lambda trial: trial.given,
        measure=lambda p: Measurement.exact(exact.coverage(p), error=1e-9, unit="problems"),
        bound=lambda p: Bound.of(np.array([1e6])),
        resolution=Resolution(absolute=1e-6),
    ),
    variants=(FalseVariant(slug="one", why="at most one", check="given", bound=lambda p: Bound.of([1.0])),),
),))
"""
    )
    done = cli("verify", "--claims", "mine", "--instance", "table.json")
    assert done.exit_code == 0, done.output
    assert "1 claim on this instance: 1 HOLDS; 1 of 1 false variant told apart; 0 not" in done.stdout


def test_the_page_of_a_claim_says_that_it_takes_instances(cli):
    shown = " ".join(cli("show", "T2").stdout.split())
    assert "On an instance of yours (`verify --instance FILE`)" in shown
    assert "given, adversarial, on tokens problems; given-one-layer-less: C_cov <= C_cond^(H-1)" in shown
    assert "On an instance of yours" not in cli("show", "C1").stdout

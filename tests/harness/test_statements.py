"""The ledger of statements is complete, and assumptions are tested on every world."""

import numpy as np
import pytest
from installed_claims import installed

from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.claim import Assumption, Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.claims.statements import Statement
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.measures.measurement import Bound, Measurement, Tally
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status

#: Ids of the theory, by folder; written down here a second time on purpose.
THEORY = {
    "framework": "F1 F2 F3 F4 F5",
    "coverage_lower_bound": "C1 C2 C3a C3b C3c C3d C3e C3f C4 C5 C6 CT",
    "spanner_sampling": "S1 S2 S3 S4 S5 S6 S7 S8 S9 ST",
    "proper_policy_hardness": "P1 P2 P3 P4 P5 P6 PT",
    "token_level_improvement": "T1 T2 T3 T4 T5 T6 T7 T8",
    "exact_law": "X1 X2 X3 X4 X5 X7 X8 X9 X10",
    "best_of_n": "BN1 BN2",
    "coverage_principle": "CV1 CV2 CV3 CV4 CV5 CV6 CV7 CV8",
    "pass_at_k": "PK1 PK2 PK3 PK4",
    "kl_regret": "KR1 KR2 KR3",
}


def test_every_statement_of_the_theory_is_in_the_ledger_once():
    registry = installed()
    listed = [(s.theorem, s.id) for s in registry.statements]
    assert listed == [(folder, id) for folder, ids in THEORY.items() for id in ids.split()]


def test_every_claim_of_the_theory_covers_a_statement_and_every_open_one_says_so():
    registry = installed()
    claims = {r.claim.id for r in registry.claims}
    known = {s.claim or s.id for s in registry.statements} | {id for i in registry.paper for id in i.ids}
    # A claim beyond the two ledgers is a consequence that uses listed ones.
    for extra in claims - known:
        uses = next(r.claim.uses for r in registry.claims if r.claim.id == extra)
        assert set(uses) & known, f"{extra} must be in a ledger or use a statement that is"
    for statement in registry.statements:
        state = statement.state(claims)
        assert state.startswith(("covered", "partial: ", "open: "))
        assert (state.startswith("open")) == ((statement.claim or statement.id) not in claims)


def test_a_statement_of_another_kind_is_refused():
    with pytest.raises(InvalidClaim, match="kind must be one of"):
        Statement(id="F1", theorem="framework", title="t", kind="vague")


def claim(assumption, measure, evidence=Evidence.EXHAUSTIVE, bound=1.0):
    words = dict.fromkeys(("title", "statement", "scope", "source", "formula"), "words")
    check = Check(
        slug="only",
        evidence=evidence,
        cases=(Case(slug="one", params={"beta": 2.0}, rows=100, block=100),),
        measure=measure,
        bound=lambda _: Bound.of([bound]),
        assumptions=(assumption,),
    )
    lie = FalseVariant(slug="lie", why="x", check="only", bound=lambda _: Bound.of([0.5]))
    return Claim(
        id="A1",
        slug="a-one",
        theorem="toys",
        relation="<=",
        checks=(check,),
        false_variants=(lie,),
        loose="a toy",
        **words,
    )


def verdict(claim, tmp_path):
    with Store(":memory:") as store:
        session = run([Registered(claim=claim, path=tmp_path, digest="d")], store)
        return session_results(store, session)[0].cases[0]


@pytest.mark.parametrize(
    ("evidence", "measure"),
    [
        (Evidence.EXHAUSTIVE, lambda _: Measurement.exact([9.0])),
        (Evidence.STATISTICAL, lambda trial: Tally(successes=len(trial.rows), trials=len(trial.rows))),
    ],
)
def test_where_an_assumption_fails_the_case_is_not_applicable_by_name(tmp_path, evidence, measure):
    needs = Assumption(name="beta <= R", holds=lambda trial: trial.case.params["beta"] <= 1)
    case = verdict(claim(needs, measure, evidence, bound=0.75), tmp_path)
    assert case.verdict.status is Status.NOT_APPLICABLE, "where it applied, it would be refuted"
    assert case.verdict.reason == "nothing to compare: beta <= R"


def test_comparisons_where_it_fails_say_nothing_and_the_others_count(tmp_path):
    positive = Assumption(name="sign", holds=lambda _: np.array([True, False]))
    case = verdict(claim(positive, lambda _: Measurement.exact([0.9, 7.0])), tmp_path)
    assert case.verdict.status is Status.HOLDS
    assert case.summary.applicable == 1

"""Claims that are false or malformed by an honest mistake, each with the one verdict that may be given."""

import json

import pytest
from click.testing import CliRunner

from explore_theory.cli import main
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.executors import Processes, Serial
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store

#: An honest claim but for what a case changes: one check, one variant, and why no case is tight.
HONEST = '''
"""A claim with a mistake."""
import os
from fractions import Fraction
import numpy as np
from explore_theory.harness.claims.claim import Assumption, Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.claims.figure import Curve, Figure
from explore_theory.harness.measures.measurement import Bound, Measurement, Resolution, Tally

X = np.arange(64.0)
COUNTED = dict(evidence=Evidence.EXHAUSTIVE, cases=(Case(slug="one"),))

def full(value, **more):
    return lambda _: Measurement.exact(np.full(64, value), **more)

def bound(value, **more):
    return lambda _: Bound.of(value, **more)

def check(**changes):
    fields = dict(slug="c", evidence=Evidence.ADVERSARIAL, cases=(Case(slug="one", rows=64, block=64),))
    return Check(**(fields | dict(measure=full(0.5), bound=bound(1.0)) | changes))

def claim(*checks, lie=None, **more):
    words = dict.fromkeys(("title", "statement", "formula", "scope", "source"), "words")
    fields = dict(id="{id}", slug="{slug}", theorem="cases", relation="<=", loose="no extreme case", **words)
    wrong = FalseVariant(slug="wrong", why="wrong", check="c", **(lie or dict(bound=bound(0.1))))
    return Claim(**(fields | more), checks=checks, false_variants=(wrong,))

{text}
'''

VERDICTS = {
    "honest": ("CLAIM = claim(check())", "HOLDS", "measured 0.5 <= bound 1"),
    "whole numbers beyond 2^53": (
        "CLAIM = claim(check(measure=lambda _: Measurement.exact([2**53 + 1, 5]), bound=bound([2**53, 6]),"
        " **COUNTED), lie=dict(bound=bound([1, 1])))",
        "REFUTED",
        "measured 9007199254740993 > bound 9007199254740992",
    ),
    "two of 64 apply": (
        "CLAIM = claim(check(measure=lambda _: Measurement.exact(X, applicable=X <= 1, effort=10**6)),"
        " lie=dict(bound=bound(0.25)))",
        "INCONCLUSIVE",
        "no case is applicable",
    ),
    "an assumption holds in two of 64": (
        "CLAIM = claim(check(measure=lambda _: Measurement.exact(X), assumptions=(Assumption(name='beta is"
        " positive', holds=lambda _: X <= 1),)), lie=dict(bound=bound(0.25)))",
        "INCONCLUSIVE",
        "no case is applicable",
    ),
    "a bound that overflows": (
        "big = np.where(X < 8, 3.0, np.inf)\n"
        "CLAIM = claim(check(measure=lambda _: Measurement.exact(np.where(X < 8, 1.0, np.inf)),"
        " bound=bound(big)), lie=dict(bound=bound(big / 4)))",
        "INCONCLUSIVE",
        "no case is applicable",
    ),
    "both sides overflow": (
        "big = np.where(X < 2, 1.0, np.inf)\n"
        "CLAIM = claim(check(measure=lambda _: Measurement.exact(big), bound=bound(big), cases=(Case("
        "slug='one', rows=64, block=64, tight=True),)), lie=dict(bound=bound(big * 2)), relation='==',"
        " loose='')",
        "INCONCLUSIVE",
        "no case is applicable",
    ),
    "a variant refuted by rounding": (
        "CLAIM = claim(check(measure=full((0.1 + 0.2) + 0.3), bound=bound(10.0),"
        " resolution=Resolution(absolute=1e-9)), lie=dict(bound=bound(0.1 + (0.2 + 0.3))))",
        "POWERLESS",
        "false variant wrong is not refuted",
    ),
    "a ratio beyond the range of doubles": (
        "CLAIM = claim(check(measure=lambda _: Measurement.exact([Fraction(1, 10**400)]), bound=bound("
        "[Fraction(1)]), **COUNTED), lie=dict(bound=bound([Fraction(0)])))",
        "HOLDS",
        "measured 1e-400 <= bound 1",
    ),
    "a check without power": (
        "CLAIM = claim(check(), check(slug='d', evidence=Evidence.SYMBOLIC, measure=full(0.0)))",
        "POWERLESS",
        "check d must have a false variant of its own or a tight case at this tier",
    ),
    "neither tight nor loose": (
        "CLAIM = claim(check(), loose='')",
        "ERROR",
        "the claim must mark a case as tight",
    ),
    "part of a trial": (
        "CLAIM = claim(check(evidence=Evidence.STATISTICAL, measure=lambda _: Tally(successes=0.3,"
        " trials=1)), lie=dict(bound=bound(0.1)))",
        "ERROR",
        "successes must be a whole number",
    ),
    "a thousand million runs in a row": (
        "def coin(trial):\n"
        "    return Tally(successes=0, trials=10**9)\n"
        "CLAIM = claim(check(evidence=Evidence.STATISTICAL, measure=coin, bound=bound(1e-6)),"
        " lie=dict(bound=bound(0.0)))",
        "ERROR",
        "a row must be one run, or independent must say why",
    ),
    "an effort below nothing": (
        "CLAIM = claim(check(measure=full(0.5, effort=-7)))",
        "ERROR",
        "effort must be a whole number of at least 1, got effort=-7",
    ),
    "an effort that is no number": (
        "CLAIM = claim(check(measure=full(0.5, effort=float('nan'))))",
        "ERROR",
        "effort must be a whole number of at least 1, got effort=nan",
    ),
    "a world normalised in place": (
        "def measure(w):\n"
        "    value = w.copy()\n"
        "    w -= w.min()\n"
        "    w += 10.0\n"
        "    return Measurement.exact(value)\n"
        "CLAIM = claim(check(instance=lambda _: np.linspace(1, 9, 64), measure=measure,"
        " bound=lambda w: Bound.of(w / 2)), lie=dict(bound=lambda w: Bound.of(w / 100)))",
        "ERROR",
        "read-only",
    ),
    "an assumption in one run of a sample": (
        "CLAIM = claim(check(evidence=Evidence.STATISTICAL, cases=(Case(slug='one', rows=4096, block=4096),),"
        " measure=lambda t: Tally(successes=0, trials=len(t.rows)), bound=bound(0.05),"
        " assumptions=(Assumption(name='the budget suffices', holds=lambda t: np.arange(len(t.rows)) < 1),)),"
        " lie=dict(measure=lambda t: Tally(successes=len(t.rows), trials=len(t.rows))))",
        "ERROR",
        "'the budget suffices', which fails in 4,095 of 4,096 runs",
    ),
}

REFUSED = {
    "a resolution of proved evidence": (
        "CLAIM = claim(check(evidence=Evidence.SYMBOLIC, measure=full(1.0, error=0.6), bound=bound(0.5),"
        " resolution=Resolution(absolute=1.2)))",
        "symbolic evidence is proved and must have no resolution",
    ),
    "a set as a parameter": (
        "CLAIM = claim(check(cases=(Case(slug='one', params={'f': {1, 2}}),)))",
        "params of case 'one' must be finite numbers and words by name, got f={1, 2}",
    ),
    "a function as a parameter": (
        "CLAIM = claim(check(cases=(Case(slug='one', params={'f': np.sin}),)))",
        "params of case 'one' must be finite numbers and words by name, got f=<ufunc 'sin'>",
    ),
    "a word as a coordinate": (
        "drawn = Figure(slug='f', title='cost', x_label='n', y_label='y',"
        " curves=(Curve(label='a', check='c', x='n', y='measured'),))\n"
        "CLAIM = claim(check(cases=(Case(slug='one', params={'n': 'three'}),)), figures=(drawn,))",
        "figure 'f' must draw numbers, got n='three' in case 'one'",
    ),
}


@pytest.fixture
def write(tmp_path):
    """Writes a claim into a folder of its own test; modules of one name would be one module."""
    folder = tmp_path / "claims"
    folder.mkdir()

    def written(id, text):
        unique = f"{id.lower()}_{tmp_path.name}".replace("-", "_")
        code = HONEST.replace("{id}", id).replace("{slug}", f"case-{id.lower()}").replace("{text}", text)
        (folder / f"{unique}.py").write_text(code)
        return folder

    return written


def results(folder, **options):
    registry = discover([str(folder)])
    assert not registry.broken, registry.broken[0].trace
    with Store(":memory:") as store:
        return session_results(store, run(registry.claims, store, **options))


@pytest.mark.parametrize("case", VERDICTS)
def test_a_mistake_gets_the_verdict_it_deserves(write, case):
    text, status, reason = VERDICTS[case]
    (result,) = results(write("A1", text))
    assert result.verdict.status == status, result.verdict.reason
    assert reason in result.verdict.reason


def test_what_was_left_out_is_said_by_its_number_and_its_reason(write):
    for id, case in (("A1", "two of 64 apply"), ("A2", "an assumption holds in two of 64")):
        folder = write(id, VERDICTS[case][0])
    said = [result.cases[0].verdict.reason for result in results(folder)]
    least = "only 2 of 64 comparisons apply, and 0.5 of them must"
    assert said == [f"{least} (62 left out: {why})" for why in ("not applicable", "beta is positive")]


@pytest.mark.parametrize("case", REFUSED)
def test_a_malformed_claim_is_refused_in_one_line(write, case):
    text, reason = REFUSED[case]
    (broken,) = discover([str(write("A1", text))]).broken
    assert reason in broken.reason
    assert "\n" not in broken.reason


def test_one_bad_claim_is_its_own_error_and_the_others_run(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bad = [REFUSED[name][0] for name in REFUSED]
    bad += [text for text, status, _ in VERDICTS.values() if status == "ERROR"]
    for k, text in enumerate(bad):
        write(f"B{k}", text)
    write("A1", VERDICTS["honest"][0])
    folder = write("A2", VERDICTS["a ratio beyond the range of doubles"][0])
    ran = CliRunner().invoke(main, ["verify", "--claims", str(folder), "--json"])
    assert ran.exit_code == 1
    said = json.loads(ran.stdout)
    statuses = {claim["id"]: claim["status"] for claim in said["claims"]}
    assert (statuses.pop("A1"), statuses.pop("A2")) == ("HOLDS", "HOLDS")
    assert set(statuses.values()) == {"ERROR"}
    assert len(statuses) + len(said["broken"]) == len(bad)
    assert CliRunner().invoke(main, ["verify", "--claims", str(folder)]).exit_code == 1, "the table too"
    assert CliRunner().invoke(main, ["report"]).exit_code == 0


@pytest.mark.parametrize("where", [Serial, lambda: Processes(1)], ids=["here", "in a worker"])
def test_a_claim_that_ends_the_process_is_its_own_error(write, where):
    write("A1", "CLAIM = claim(check(measure=lambda _: os._exit(0)), lie=dict(measure=full(5.0)))")
    folder = write("B1", VERDICTS["honest"][0])
    ended, honest = results(folder, executor=where())
    assert ended.verdict.status == "ERROR"
    assert "a claim must not end its process" in ended.verdict.reason
    assert honest.verdict.status == "HOLDS"

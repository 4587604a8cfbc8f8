"""Proofs for every size, of F1 to F4, C, P, T and BN1: what their bridges hold and what they notice."""

import math
import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from explore_theory.harness.formal.bridge import bridged_of, lemmas

ROOT = Path(import_module("proofs_checks").__file__).parent

MODULES = {
    "f1": "framework.f1_gap_is_kl",
    "f2": "framework.f2_coverage_range",
    "f3": "framework.f3_soft_value",
    "f4": "framework.f4_mixture_divergence",
    "c2": "coverage_lower_bound.c2_hit_probability",
    "c4": "coverage_lower_bound.c4_gap_of_mass",
    "c5": "coverage_lower_bound.c5_optimal_mass",
    "p1": "proper_policy_hardness.p1_planted_probabilities",
    "p2": "proper_policy_hardness.p2_likely_star",
    "p4": "proper_policy_hardness.p4_two_worlds",
    "t1": "token_level_improvement.t1_product_of_tokens",
    "t2": "token_level_improvement.t2_coverages",
    "t4": "token_level_improvement.t4_gap_by_tokens",
    "t5": "token_level_improvement.t5_later_errors",
    "bn1": "best_of_n.bn1_divergence",
}


def the_proof(name):
    (proof,) = import_module(f"proofs_checks.{MODULES[name]}").CLAIM.proofs
    return proof


def values(name, seed=3):
    return [one.value for one in bridged_of(the_proof(name), np.random.default_rng(seed))]


def source(name):
    return ROOT / MODULES[name].split(".")[0] / the_proof(name).file


# --- bridges -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODULES)
def test_bridges_follow_their_random_numbers_alone(name):
    first, again, other = (bridged_of(the_proof(name), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again
    assert [one.term for one in first] != [one.term for one in other]
    assert all(math.isfinite(one.value) for one in first)
    assert max(abs(one.value) for one in first) > 1e-3


@pytest.mark.parametrize("name", MODULES)
def test_files_state_what_they_are_named_for_and_give_nothing_up(name):
    text = source(name).read_text(encoding="utf-8")
    assert len(text.splitlines()) < 400
    for theorem in the_proof(name).theorems:
        assert re.search(rf"^(Theorem|Corollary) {theorem}\b", text, re.MULTILINE)
    assert not re.search(r"\b(Admitted|admit|Axiom|Parameter)\b", text)


def test_what_the_bridge_of_f1_holds_is_a_gap_and_its_divergence():
    for (_, gap, divergence), beta in zip(np.reshape(values("f1"), (2, 3)), (3 / 5, 7 / 4), strict=True):
        assert gap == pytest.approx(beta * divergence, rel=1e-9)


def test_what_the_bridge_of_f2_holds_averages_to_one_and_has_its_coverage():
    ratios = np.reshape(values("f2"), (2, 2, 3))
    assert (ratios.max(axis=-1) > 1).all()
    assert (ratios.min(axis=-1) < 1).all()


def test_what_the_bridge_of_f3_holds_is_a_largest_value():
    for row in np.reshape(values("f3"), (2, 7)):
        for soft, best, other in np.reshape(row[1:], (2, 3)):
            assert best == pytest.approx(soft, rel=1e-9)
            assert other < soft


def test_what_the_bridge_of_f4_holds_is_convexity():
    assert all(left < right for left, right in np.reshape(values("f4"), (4, 2)))


def test_what_the_bridge_of_c4_holds_is_a_bound_that_is_attained():
    for (_, coin, gap, best), beta in zip(np.reshape(values("c4"), (2, 4)), (2 / 3, 7 / 5), strict=True):
        assert best == pytest.approx(beta * coin, rel=1e-9)
        assert gap > best


def test_what_the_bridge_of_c5_holds_sums_to_one():
    for hit, miss in np.reshape(values("c5"), (3, 2)):
        assert hit + miss == pytest.approx(1, rel=1e-12)


def test_what_the_bridge_of_c2_holds_is_below_its_bound_for_lower_parameters():
    for highest, lower in np.reshape(values("c2"), (3, 2)):
        assert 0 < lower < highest < 1


def test_what_the_bridge_of_t1_holds_are_laws():
    found = values("t1")
    # Every other response, then laws of the first token and of the second one after token 1.
    assert sum(found[2:4]) == pytest.approx(1, rel=1e-12)
    assert sum(found[4:6]) == pytest.approx(1, rel=1e-12)


def test_what_the_bridge_of_t2_holds_bound_each_other():
    for coverage, rarest, conditional in np.reshape(values("t2"), (2, 3)):
        assert 1 < coverage <= conditional**2
        assert conditional <= coverage / rarest


def test_what_the_bridge_of_t4_holds_is_a_gap_by_tokens():
    for (gap, total, first), beta in zip(np.reshape(values("t4"), (2, 3)), (3 / 5, 7 / 4), strict=True):
        assert gap == pytest.approx(beta * total, rel=1e-9)
        assert 0 < first < total


def test_what_the_bridge_of_t5_holds_agrees():
    for left, right in np.reshape(values("t5"), (4, 2)):
        assert left == pytest.approx(right, rel=1e-9)


def test_what_the_bridge_of_p1_holds_has_a_satisfied_term_first():
    found = values("p1")
    q1 = 1 / (1 + (1 - 4.0**-2) / 16)
    assert found[0] == pytest.approx(q1, rel=1e-12)
    assert found[2] == pytest.approx(q1, rel=1e-9)


def test_what_the_bridge_of_p2_holds_is_unlikely_where_a_coordinate_is_zero():
    one, other, mean = values("p2")[:3]
    assert one == pytest.approx(1 / 16, rel=1e-12)
    assert mean == pytest.approx((one + other) / 2, rel=1e-12)


def test_what_the_bridge_of_p4_holds_are_gaps_of_one_policy():
    for blank, planted in np.reshape(values("p4"), (2, 2)):
        assert blank > 0
        assert planted > 0
        assert blank != pytest.approx(planted, rel=1e-3)


def test_what_the_bridge_of_bn1_holds_is_below_its_bound():
    for draws, row in zip((3, 2, 3), np.reshape(values("bn1"), (3, 2, 2)), strict=True):
        for distance, mass in row:
            assert distance < math.log(draws) - (draws - 1) / draws
            assert 0 < mass < 1


# --- definitions that are broken ---------------------------------------------------------------------------

#: Which bridge notices, the file below the claims' folder, and what is written in place of what.
BROKEN = {
    "twice-the-temperature": (
        "f1",
        "formal/Laws.v",
        "base y * exp (r y / beta) / p",
        "base y * exp (r y / (2 * beta)) / p",
    ),
    "divergence-reversed": ("f1", "formal/Laws.v", "p y * ln (p y / q y)).", "q y * ln (q y / p y))."),
    "beta-forgotten": ("f3", "formal/Laws.v", "mean Y p r - beta * kl", "mean Y p r - kl"),
    "prompts-by-squares": (
        "f1",
        "framework/formal/f1.v",
        ":= mean prompts rho (fun x => kl",
        ":= mean prompts (fun x => rho x * rho x) (fun x => kl",
    ),
    "ratio-inverted": ("f2", "framework/formal/f2.v", "beta y / base x y.", "beta y * base x y."),
    "weights-squared": (
        "f4",
        "framework/formal/f4.v",
        ":= sum policies (fun t => w t * pi t y).",
        ":= sum policies (fun t => w t * w t * pi t y).",
    ),
    "one-response-more": (
        "c5",
        "formal/Needle.v",
        "(1 - 1 / C) / INR (length others)",
        "(1 - 1 / C) / INR (S (length others))",
    ),
    "needle-of-base-mass-two": ("c2", "formal/Needle.v", "None => 1 / C |", "None => 2 / C |"),
    "one-face-of-the-coin": (
        "c4",
        "coverage_lower_bound/formal/c4.v",
        " + (1 - p) * ln ((1 - p) / (1 - q)).",
        ".",
    ),
    "horizon-off-by-one": (
        "t1",
        "formal/Tokens.v",
        "(H - length past) past (fun y",
        "(H - S (length past)) past (fun y",
    ),
    "prefixes-of-one-more": (
        "t4",
        "formal/Tokens.v",
        "sum (seq 0 n) (fun h => expect pi",
        "sum (seq 1 n) (fun h => expect pi",
    ),
    "product-without-its-end": (
        "t2",
        "formal/Tokens.v",
        "=> product pi past * pi past a",
        "=> product pi past",
    ),
    "log-ratio-twice": (
        "t5",
        "token_level_improvement/formal/t5.v",
        "value m (a :: past) - beta * ln (given past z a / b past a)",
        "value m (a :: past) - 2 * beta * ln (given past z a / b past a)",
    ),
    "exponent-off-by-one": (
        "p1",
        "formal/Plantings.v",
        "eta ^ (4 * k - 2).\n\nDef",
        "eta ^ (4 * k - 1).\n\nDef",
    ),
    "half-the-temperature": (
        "p2",
        "formal/Plantings.v",
        "1 / (4 * INR k * ln (1 / eta)).\nDef",
        "1 / (8 * INR k * ln (1 / eta)).\nDef",
    ),
    "total-for-average": (
        "p4",
        "proper_policy_hardness/formal/p4.v",
        "pi) / INR (length terms).\n\n(* The part",
        "pi).\n\n(* The part",
    ),
    "one-draw-more": ("bn1", "best_of_n/formal/bn1.v", "(fun _ => p) N [] f.", "(fun _ => p) (S N) [] f."),
}


def crossed(name, scratch, change=("", "", "")):
    """What Coq says to the bridge of a proof, all lemmas given up, with one definition broken."""
    for path in [*sorted((ROOT / "formal").glob("*.v")), source(name)]:
        text = path.read_text(encoding="utf-8")
        if str(path).endswith(change[0]) and change[1]:
            assert text.count(change[1]) == 1
            text = text.replace(change[1], change[2])
        text = re.sub(r"^Proof\.\s.*?\bQed\.", "Admitted.", text, flags=re.DOTALL | re.MULTILINE)
        folder = scratch / ("ExploreTheory" if path.parent == ROOT / "formal" else "Proved")
        folder.mkdir(exist_ok=True)
        (folder / path.name).write_text(text, encoding="utf-8")
    bridged = bridged_of(the_proof(name), np.random.default_rng(3))
    text = f"From Proved Require Import {name}.\n{lemmas(bridged)}"
    (scratch / "asked.v").write_text(text, encoding="utf-8")
    needed = required(scratch, f"Proved/{name}.v")
    for file in [*needed, f"Proved/{name}.v", "asked.v"]:
        call = [
            "coqc",
            "-q",
            "-w",
            "-all",
            "-Q",
            "ExploreTheory",
            "ExploreTheory",
            "-Q",
            "Proved",
            "Proved",
            file,
        ]
        said = subprocess.run(call, cwd=scratch, capture_output=True, text=True, check=False)
        if said.returncode:
            return f"{file}: {said.stderr}"
    return ""


def required(scratch, file):
    """Our libraries that a file requires, however deep, each after those that it requires itself."""
    found = {}
    for words in re.findall(r"From ExploreTheory Require Import ([\w ]+)\.", (scratch / file).read_text()):
        for word in words.split():
            found |= dict.fromkeys([*required(scratch, f"ExploreTheory/{word}.v"), f"ExploreTheory/{word}.v"])
    return list(found)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("coqc") is None, reason="needs Coq")
@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_definition_does_not_cross_its_bridge(broken, tmp_path):
    name, *change = BROKEN[broken]
    said = crossed(name, tmp_path, tuple(change))
    assert said.startswith("asked.v: "), said
    assert "Numerical evaluation failed" in said


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("coqc") is None, reason="needs Coq")
@pytest.mark.parametrize("name", MODULES)
def test_definitions_as_they_are_cross_it(name, tmp_path):
    assert crossed(name, tmp_path) == ""

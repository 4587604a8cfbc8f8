"""The bridge: formal definitions, evaluated by the prover, held against what the package computes."""

import math
import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.proof import LEAST_BRIDGED, Bridged, Proof
from explore_theory.harness.formal.sentences import refused

#: Evaluations at most: each takes the prover some tenths of a second.
_MOST = 64

#: By full names, which nothing that a proof defines or declares as a notation hides.
_HEAD = """From Coq Require Import Reals List.
From Interval Require Import Tactic.
Import ListNotations.
Open Scope R_scope.
"""
_AT_MOST = "Rdefinitions.Rle"
_ENDS = re.compile(r"=== value\s*\(?\s*(?P<lo>.*?)\s*<=.*<=\s*(?P<hi>[^<=]*?)\s*\)?\s*\Z", re.DOTALL)


def bridged_of(proof: Proof, rng: Any) -> tuple[Bridged, ...]:
    """What the bridge of `proof` gives for these random numbers.

    Raises
    ------
    InvalidClaim
        If that is too little or too much, nothing but one number over and over, or holds what is no term.
    """
    found = proof.bridge(rng)
    if not isinstance(found, Sequence) or not all(isinstance(one, Bridged) for one in found):
        raise InvalidClaim(f"{proof.file}: bridge must give a sequence of Bridged, got {found!r:.80}")
    if not LEAST_BRIDGED <= len(found) <= _MOST:
        raise InvalidClaim(
            f"{proof.file}: bridge must give {LEAST_BRIDGED} to {_MOST} evaluations, got {len(found)}"
        )
    values = sorted(found, key=lambda one: one.value)
    if not any(b.value - a.value > a.tolerance + b.tolerance for a, b in pairwise(values)):
        raise InvalidClaim(
            f"{proof.file}: bridge must give values that differ by more than their tolerances, got "
            f"{values[0].value:.6g} to {values[-1].value:.6g}"
        )
    for one in found:
        for text in (one.term, one.by):
            if ". " in f"{text} " or "(*" in text or text.count('"'):
                raise InvalidClaim(f"{proof.file}: bridged must be one term and one tactic, got {text!r:.80}")
            if reason := next(refused(f"{text}."), ""):
                raise InvalidClaim(f"{proof.file}: bridged must be proved: {reason}")
    return tuple(found)


def lemmas(bridged: Sequence[Bridged]) -> str:
    """Sentences that prove each evaluation to be as near to the package's number as it says.

    Lemma ``bridged_k`` is evaluation k.
    """
    parts = [_HEAD]
    for k, one in enumerate(bridged):
        middle, far = Fraction(one.value), Fraction(repr(one.tolerance))
        term = f"({one.term})%R"
        parts.append(
            f"Lemma bridged_{k} : {_AT_MOST} {_literal(middle - far)} {term} /\\ {_AT_MOST} {term} "
            f"{_literal(middle + far)}.\nProof. {_tactic(one)}. Qed.\n"
        )
    return "".join(parts)


def _tactic(one: Bridged) -> str:
    return one.by.strip() or f"{_unfolding(one)}interval"


def _unfolding(one: Bridged) -> str:
    return f"unfold {', '.join(one.unfold)}; simpl; " if one.unfold else ""


def enclosing(one: Bridged) -> str:
    """Sentences that print an enclosure of an evaluation, for a message: see `enclosed`."""
    return (
        f"{_HEAD}Goal forall x : R, x = ({one.term})%R -> True.\nProof. intros x H. {_unfolding_in(one)}\n"
        "match type of H with _ = ?t => interval_intro t as E; match type of E with ?T => "
        'idtac "=== value" T end end. exact I. Qed.\n'
    )


def _unfolding_in(one: Bridged) -> str:
    return f"unfold {', '.join(one.unfold)} in H; simpl in H." if one.unfold else ""


def enclosed(out: str) -> tuple[float, float] | None:
    """The enclosure that the prover has printed; None where it could not find one."""
    found = _ENDS.search(out)
    if found is None:
        return None
    ends = [_number(found.group(name)) for name in ("lo", "hi")]
    return None if any(map(math.isnan, ends)) else (ends[0], ends[1])


def _number(text: str) -> float:
    """A dyadic number as the prover writes it: ``- (3 / 8)``, ``0.5``, ``7``."""
    plain = re.sub(r"[()\s]", "", text)
    try:
        return float(Fraction(plain))
    except (ValueError, ZeroDivisionError):
        return math.nan


def _literal(value: Fraction) -> str:
    top = f"{value.numerator}" if value >= 0 else f"(- {-value.numerator})"
    return f"({top} / {value.denominator})%R"

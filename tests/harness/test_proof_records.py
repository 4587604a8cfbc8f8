"""What a claim says of a proof, and what a bridge gives, is refused where it cannot be believed."""

import math

import numpy as np
import pytest

from explore_theory.claims import MACHINE_NUMBERS, REALS, Bridged, Check, Evidence, Proof
from explore_theory.errors import InvalidClaim, StoreError
from explore_theory.harness.formal.bridge import bridged_of, enclosed, lemmas
from explore_theory.harness.formal.outcome import Proved, decode, encode, is_proof, name_of

RNG = np.random.default_rng(0)


def three(rng):
    return [Bridged(term=f"f {k}", value=k / 4) for k in range(3)]


def proof(**changes):
    return Proof(**({"file": "formal/f1.v", "theorem": "f1", "says": "all sizes", "bridge": three} | changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"file": "formal/f1.txt"}, "must be a .v file"),
        ({"file": "../f1.v"}, "below the claim's folder"),
        ({"file": "/tmp/f1.v"}, "below the claim's folder"),
        ({"file": "formal/f-1.v"}, "letters, digits"),
        ({"theorem": "f 1"}, "theorem must be a name of Coq, got 'f 1'"),
        ({"says": " "}, "says must say something"),
        ({"bridge": None}, "bridge must be a function"),
        ({"axioms": "Classical_Prop.classic"}, "axioms must be a set of names"),
        ({"axioms": {"a b"}}, "axioms must be a set of names"),
        ({"negations": ("a", "b")}, "negations must map false variants to theorems"),
        ({"negations": {"No Slug": "t"}}, "lower-case words"),
        ({"requires": ("libcoq-other",)}, "requires must be some of libcoq-coquelicot, .*got 'libcoq-other'"),
        ({"requires": "libcoq-interval"}, "got 'l'|must be a tuple of str"),
    ],
)
def test_a_proof_that_cannot_be_checked_is_refused(changes, said):
    with pytest.raises(InvalidClaim, match=said):
        proof(**changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"term": ""}, "term must say something"),
        ({"value": math.nan}, "value must be finite"),
        ({"value": "1"}, "value must be a number"),
        ({"value": True}, "value must be a number"),
        ({"tolerance": 0.0}, "tolerance must lie in"),
        ({"tolerance": 0.1}, "tolerance must lie in"),
        ({"unfold": ("a b",)}, "names of Coq"),
        ({"unfold": "mass"}, "tuple of str"),
        ({"by": None}, "by must be a tactic"),
    ],
)
def test_an_evaluation_that_says_nothing_is_refused(changes, said):
    with pytest.raises(InvalidClaim, match=said):
        Bridged(**({"term": "f 1", "value": 1.0} | changes))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "3 to 64 evaluations, got 0"),
        (three(RNG)[:2], "3 to 64 evaluations, got 2"),
        (three(RNG) * 30, "3 to 64 evaluations, got 90"),
        ([Bridged(term="f 1", value=0.5)] * 3, "differ by more than their tolerances"),
        ([1.0, 2.0, 3.0], "sequence of Bridged"),
        (None, "sequence of Bridged"),
        ([*three(RNG), Bridged(term="f 1. Qed. Goal 1", value=0.1)], "one term and one tactic"),
        ([*three(RNG), Bridged(term="f 1", value=0.1, by="admit")], "must be proved: line 1: admit"),
    ],
)
def test_a_bridge_that_would_pass_anything_is_refused(given, said):
    with pytest.raises(InvalidClaim, match=said):
        bridged_of(proof(bridge=lambda _: given), RNG)


def test_evaluations_are_proved_to_be_as_near_as_they_say():
    one = Bridged(term="f (1/2)", value=-0.75, tolerance=1e-3, unfold=("f", "g"))
    other = Bridged(term="h", value=0.5, by="unfold h; field")
    text = lemmas([one, other])
    assert "Lemma bridged_0 : Rdefinitions.Rle ((- 751) / 1000)%R (f (1/2))%R" in text
    assert "Rdefinitions.Rle (f (1/2))%R ((- 749) / 1000)%R" in text
    assert "unfold f, g; simpl; interval" in text
    assert "Proof. unfold h; field. Qed." in text


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        ("=== value (1 / 4 <= f <= 3 / 8)", (0.25, 0.375)),
        ("=== value\n(- (3 / 8) <=\n f (1 / 2) <=\n -1 / 4)\n", (-0.375, -0.25)),
        ("=== value (0 <= x <= 1)%R", None),
        ("nothing", None),
    ],
)
def test_an_enclosure_is_read_as_it_is_printed(said, ends):
    assert enclosed(said) == ends


def test_what_a_store_keeps_of_a_proof_comes_back_whole():
    kept = Proved(version="8.16.1", statement="a\nb", axioms=("c",), lines=3, bridged=4,
                  negations={"lie": "~ a"}, libraries=("Sums",))  # fmt: skip
    assert decode(encode(kept)) == kept
    assert is_proof(name_of(proof()))
    assert not is_proof("search")
    for damaged in ("", "{}", '{"proved": {"version": 1}}', "[]"):
        with pytest.raises(StoreError, match="a stored proof must be a record of one"):
            decode(damaged)


def test_formal_evidence_is_a_proof_and_no_check():
    with pytest.raises(InvalidClaim, match="formal evidence must be a Proof"):
        Check(slug="c", evidence=Evidence.FORMAL, cases=(), measure=None, bound=None)
    assert next(iter(Evidence)) is Evidence.FORMAL


def test_the_axioms_of_the_reals_are_those_of_the_standard_library():
    assert {name.split(".")[0] for name in REALS} == {
        "ClassicalDedekindReals", "FunctionalExtensionality", "Classical_Prop"
    }  # fmt: skip
    assert all(name.endswith(".*") for name in MACHINE_NUMBERS)
    assert not REALS & MACHINE_NUMBERS

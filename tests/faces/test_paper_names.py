"""Numbers for a paper: how they are written, and names of letters only, each of one number."""

import re
from fractions import Fraction

import pytest

from explore_theory.reporting.paper.names import WHOLE, Number, letters, named
from explore_theory.reporting.paper.numbers import outward


def names(*pairs):
    return named([Number(claim=claim, field=field, value="1") for claim, field in pairs])


@pytest.mark.parametrize(
    ("claim", "field", "macro"),
    [
        ("C2", "slack", "etCtwoSlack"),
        ("LG11", "variants-refuted", "etLGoneoneVariantsRefuted"),
        ("C6", "search/n-64/measured", "etCsixSearchNSixfourMeasured"),
        ("bon:B1", "slack", "etbonBoneSlack"),
        ("C2 quick", "slack", "etCtwoquickSlack"),
        (WHOLE, "quick/in-part", "etTotalQuickInPart"),
    ],
)
def test_a_macro_is_made_of_letters(claim, field, macro):
    assert letters(claim, field) == macro
    assert re.fullmatch("[A-Za-z]+", macro)


def test_names_that_are_one_get_letters_of_a_digest_all_of_them():
    both = names(("C2", "slack"), ("Ctwo", "slack"), ("C3", "slack"))
    first, second, third = (one.macro for one in both)
    assert third == "etCthreeSlack"
    assert "etCtwoSlack" not in (first, second)
    assert first != second
    assert all(re.fullmatch("etCtwoSlack[A-P]{6}", name) for name in (first, second))
    # What one is called depends on itself alone.
    assert names(("C2", "slack"), ("Ctwo", "slack"))[0].macro == first
    assert names(("Ctwo", "slack"), ("X", "y"), ("C2", "slack"))[2].macro == first


def test_check_and_case_may_be_parted_in_several_ways():
    macros = {one.macro for one in names(("A", "a-b/c/slack"), ("A", "a/b-c/slack"))}
    assert len(macros) == 2


def test_names_differ_in_large_and_small_letters_only_are_two_for_tex():
    assert [one.macro for one in names(("C3a", "slack"), ("C3A", "slack"))] == [
        "etCthreeaSlack",
        "etCthreeASlack",
    ]


def test_keys_are_safe_and_each_of_one_number():
    found = names(("a\\input{x}", "s"), ("a%input#x~", "s"), (WHOLE, "s"), ("é", "s"))
    keys = [one.key for one in found]
    assert len({(one.key, one.field) for one in found}) == 4
    assert keys[2] == WHOLE
    assert all(re.fullmatch(r"[A-Za-z0-9:/. -]*|\*", f"{one.key}{one.field}".strip("*")) for one in found)


def test_a_claim_that_is_called_like_the_whole_is_told_apart_from_it():
    whole, claim = names((WHOLE, "claims"), ("Total", "claims"))
    assert whole.macro != claim.macro
    assert (whole.key, claim.key) == (WHOLE, "Total")
    star, foreign = names((WHOLE, "claims"), ("+", "claims"))
    assert (star.key, star.macro) != (foreign.key, foreign.macro)


def test_the_order_is_kept():
    pairs = [("B", "x"), ("A", "x"), ("B", "y")]
    assert [(one.number.claim, one.number.field) for one in names(*pairs)] == pairs


def test_one_field_with_two_values_is_no_number_and_said_twice_it_is_one():
    twice = [Number(claim="A", field="slack", value=value) for value in "12"]
    other = Number(claim="A", field="tier", value="quick")
    assert [one.number for one in named([*twice, other, other])] == [other]


@pytest.mark.parametrize(
    ("lo", "hi", "told"),
    [
        (0.5, 0.5, "0.5"),
        (Fraction(1, 3), Fraction(1, 3), "0.333333"),
        (1.0000001, 1.0000002, "[1.00000, 1.00001]"),
        (-1.0000002, -1.0000001, "[-1.00001, -1.00000]"),
        (Fraction(1, 3), Fraction(2, 3), "[0.333333, 0.666667]"),
        (1.25e-9, 1.5e-9, "[1.25000e-9, 1.50000e-9]"),
        (0.0, float("inf"), "[0, inf]"),
        (float("nan"), float("nan"), "[nan, nan]"),
    ],
)
def test_intervals_are_rounded_outwards(lo, hi, told):
    assert outward(lo, hi).replace("[nan, nan]", "nan") == told.replace("[nan, nan]", "nan")

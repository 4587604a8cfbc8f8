"""Statements with the field's signs: what is mathematics is set so, and nothing else is touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from installed_claims import installed

from explore_theory.reporting.page.sources import sourced
from explore_theory.reporting.symbols import plain_signs, prose


@pytest.mark.parametrize(
    ("written", "page", "label"),
    [
        ("pi_ref <= 2^k", "π<sub>ref</sub> ≤ 2<sup>k</sup>", "π_ref ≤ 2^k"),
        ("eta^(8u-2)/p0", "η<sup>8u-2</sup>/p0", "η^(8u-2)/p0"),
        ("Q^pi_h - Q*_h", "Q<sup>π</sup><sub>h</sub> - Q*<sub>h</sub>", "Q^π_h - Q*_h"),
        ("e^{eps/beta}", "e<sup>ε/β</sup>", "e^{ε/β}"),
        ("|v|_{V_t^{-1}}", "|v|<sub>V<sub>t</sub><sup>-1</sup></sub>", "|v|_{V_t^{-1}}"),
        ("KL(pi^||pi_f)", "KL(π^‖π<sub>f</sub>)", "KL(π^‖π_f)"),
        ("sum_{l>=h} x", "∑<sub>l≥h</sub> x", "∑_{l≥h} x"),
        ("the sum of beta", "the sum of β", "the sum of β"),
        ("10^-3 and 10^2", "10<sup>-3</sup> and 10<sup>2</sup>", "10^-3 and 10^2"),
        ("<theta, phi> -> 0", "⟨θ, φ⟩ → 0", "⟨θ, φ⟩ → 0"),
        ("1-delta", "1-δ", "1-δ"),
        ("sqrt(KL/2) of a sqrt", "√(KL/2) of a sqrt", "√(KL/2) of a sqrt"),
    ],
)
def test_mathematics_in_words_is_set_as_mathematics(written, page, label):
    assert (prose(written), plain_signs(written)) == (page, label)


@pytest.mark.parametrize(
    "written",
    [
        "coverage_lower_bound",
        "--alpha",
        "alpha=2",
        "beta-bernoulli",
        "d3-beta0p25-sigma0p1",
        "d2-delta-0-99-span-14",
        "np.pi_like",
        "the pilot's etalon",
        "a summary_line",
        "foo_bar",
        "np.sqrt(2)",
    ],
)
def test_names_of_code_and_words_stay_as_they_are(written):
    assert (prose(written), plain_signs(written)) == (written.replace("'", "&#39;"), written)


@given(st.text(alphabet="<>&\"'abeta_^{}()*-|=, 19/ \n", max_size=60))
def test_whatever_is_written_no_markup_but_ours_comes_out(written):
    page = str(prose(written))
    for ours in ("<sup>", "</sup>", "<sub>", "</sub>"):
        page = page.replace(ours, "")
    assert "<" not in page
    assert ">" not in page
    assert '"' not in page


@given(st.text(alphabet="xyz 0123456789.,;:!?()[]", max_size=60))
def test_what_is_no_mathematics_comes_out_as_it_went_in(written):
    assert str(prose(written)) == plain_signs(written) == written


def test_no_statement_of_ours_keeps_a_letter_in_words_but_beside_a_name():
    """A reader of the page meets no ``pi`` or ``beta``."""
    left = 0
    for entry in installed().claims:
        words = str(prose(entry.claim.statement)).replace("/", " ").replace("(", " ").split()
        left += sum(word in ("pi", "beta", "theta", "eps", "delta", "lambda") for word in words)
    assert left == 0


def test_preprints_are_links_and_nothing_else_is():
    found = sourced(
        "after X (arXiv 2503.07453v2), <b>eps</b>; arXiv:1106.2369, http://example.org 2503.07453"
    )
    assert found.count("<a ") == 2
    assert 'href="https://arxiv.org/abs/2503.07453v2"' in found
    assert 'href="https://arxiv.org/abs/1106.2369"' in found
    assert "&lt;b&gt;ε&lt;/b&gt;" in found

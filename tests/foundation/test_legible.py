"""Text for terminals: no commands get through, and signs that are lacking are said by others."""

import io
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.foundation.legible import ERRORS, encodable, harmless, install, legible

TEXTS = st.text(alphabet=st.characters(codec=None), max_size=30)


@pytest.mark.parametrize(
    ("given_text", "said"),
    [
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("\x1b]8;;http://evil\x1b\\click", r"\x1b]8;;http://evil\x1b\click"),
        ("safe\u202etxt.exe", r"safe\u202etxt.exe"),
        ("a\u2066b\u2069\u200f", r"a\u2066b\u2069\u200f"),
        ("HOLDS\rREFUTED", r"HOLDS\rREFUTED"),
        ("one\ntwo\u2028three\x85", r"one\ntwo\u2028three\x85"),
        ("\x9b31m", r"\x9b31m"),
        ("lone \ud800", r"lone \ud800"),
        ("π ≤ ‖x‖, 漢字", "π ≤ ‖x‖, 漢字"),
    ],
)
def test_what_gives_commands_is_written_out(given_text, said):
    assert harmless(given_text) == said


def test_lines_and_tabs_stay_where_there_are_lines():
    assert harmless("a\n\tb\r\x1b", lines=True) == "a\n\tb\\r\\x1b"


@given(TEXTS)
def test_whatever_comes_is_printable(text):
    assert harmless(text).isprintable()
    assert "\n" not in harmless(text)


@pytest.mark.parametrize(
    ("given_text", "said"),
    [
        ("π ≤ ‖x‖ ≥ λ²", "pi <= ||x|| >= lambda^2"),
        ("10⁻³ and x₁₂", "10^-3 and x_12"),
        ("Δ, Ω, ς", "Delta, Omega, sigma"),
        ("3½", "3 1/2"),
        ("Csiszár, Erdős", "Csiszar, Erdos"),
        ("ℝ → 𝒩", "R -> N"),
        ("①②", r"\u2460\u2461"),
        ("漢", r"\u6f22"),
        ("a\u00a0b", r"a\xa0b"),
        ("−3", "-3"),
    ],
)
def test_ascii_says_it_in_other_words(given_text, said):
    assert legible(given_text, "ascii") == said


def test_only_what_is_lacking_is_said_otherwise():
    assert legible("é² ≤ π", "latin-1") == "é² <= pi"
    # Of a power, all of it: ten to the minus two is not 10^- and a small two.
    assert legible("10⁻²", "latin-1") == "10^-2"
    assert legible("π ≤ 10⁻²", "utf-8") == "π ≤ 10⁻²"


@given(TEXTS, st.sampled_from(["ascii", "latin-1", "cp1252", "utf-8"]))
def test_every_encoding_takes_it(text, encoding):
    said = legible(text, encoding)
    assert encodable(said, encoding)
    assert said.isprintable()


@given(st.characters(categories=["Nd", "No", "Nl"]))
def test_no_number_turns_into_another(char):
    """A digit at another place or of another script must not stand among plain digits."""
    said = legible(f"4{char}2", "ascii")
    assert char in "0123456789" or not said.isdecimal(), (unicodedata.name(char, "?"), said)


def test_the_encoding_is_that_of_standard_output(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert legible("π") == "pi"
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    assert legible("π") == "π"


def test_streams_say_by_words_what_they_cannot_encode():
    install()
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors=ERRORS, newline="\n")
    stream.write("π ≤ 10⁻³ \udcff 漢")
    stream.flush()
    assert raw.getvalue() == rb"pi <= 10^-3 \udcff \u6f22"


def test_a_stream_that_cannot_decode_still_says_so():
    install()
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("ascii", errors=ERRORS)

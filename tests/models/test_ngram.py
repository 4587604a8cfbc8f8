"""The n-gram model: its law by definition, what it draws against what it scores, and what it serves."""

import itertools
import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.models import NGram, characters, standard_text
from explore_theory.statistics import clopper_pearson

TEXT = "abracadabra abc"
LETTERS = sorted(set(TEXT))


def witten_bell(context: str, token: str) -> Fraction:
    """By the definition, in rationals."""
    below = Fraction(1, len(LETTERS)) if not context else witten_bell(context[1:], token)
    after = Counter(
        TEXT[i + len(context)] for i in range(len(TEXT) - len(context)) if TEXT[i:].startswith(context)
    )
    total, kinds = sum(after.values()), len(after)
    return below if total == 0 else (after[token] + kinds * below) / (total + kinds)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 20])
def test_the_law_is_its_definition_after_every_prefix(order):
    model = NGram.fit(TEXT, order)
    prefixes = ["".join(p) for k in range(4) for p in itertools.product("abc ", repeat=k)] + [
        "abrac",
        "dabra ab",
    ]
    for prefix in prefixes:
        context = prefix[max(0, len(prefix) - order + 1) :] if order > 1 else ""
        law = model.law[model.state(prefix)]
        for token, mass in zip(model.vocabulary, law, strict=True):
            assert mass == pytest.approx(float(witten_bell(context, token)), rel=1e-12, abs=0)
        assert math.fsum(law) == pytest.approx(1, abs=1e-15)


def test_a_state_is_the_longest_end_that_was_a_context():
    model = NGram.fit(TEXT, 3)
    for prefix in ("ab", "abr", "dd", "xabra"[1:], "cd", "bb", "a" * 9):
        ends = [prefix[i:] for i in range(max(0, len(prefix) - 2), len(prefix) + 1)]
        seen = next(
            end
            for end in ends
            if not end or any(TEXT[i:].startswith(end) for i in range(len(TEXT) - len(end)))
        )
        context = model.contexts[model.state(prefix)]
        assert model.spelled(context) == seen


def test_draws_have_the_law_that_scores_them():
    """Frequencies of all two-token continuations, each within its interval, all of them at once."""
    model, n = NGram.fit(TEXT, 3), 200_000
    drawn = model.sample(n, 2, streams=Streams(("tests", "ngram"), range(1)), prefix="br")
    counted = Counter(map(tuple, drawn.tolist()))
    pairs = list(itertools.product(range(model.tokens), repeat=2))
    lo, hi = clopper_pearson([counted[pair] for pair in pairs], n, 1e-6 / len(pairs))
    truth = np.array([math.exp(model.log_probability(model.spelled(pair), "br")) for pair in pairs])
    assert np.all((lo <= truth) & (truth <= hi))
    assert truth.sum() == pytest.approx(1, abs=1e-12)


def test_samples_are_the_same_by_seed_and_others_by_another():
    model = NGram.fit(TEXT, 2)
    first, again, other = (model.sample(5, 9, streams=Streams(("t",), range(1), seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_text_that_python_carries_is_fitted_whole():
    text = characters(standard_text())
    assert len(text) > 200_000
    model = NGram.fit(text, 4)
    assert np.abs(model.law.sum(axis=1) - 1).max() < 1e-14
    assert model.law.min() > 0
    bits = [-NGram.fit(text, n).log_probability(text[:3000]) / 3000 / math.log(2) for n in (1, 2, 4)]
    assert bits == sorted(bits, reverse=True)
    assert bits[-1] < 2.2


def test_words_are_tokens_too():
    model = NGram.fit(["the", "cat", "saw", "the", "dog", "and", "the", "cat", "ran"], 2)
    assert model.vocabulary == ("and", "cat", "dog", "ran", "saw", "the")
    assert math.exp(model.log_probability(["cat"], ["the"])) > math.exp(
        model.log_probability(["dog"], ["the"])
    )


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: NGram.fit("aaaa", 2), "two distinct tokens"),
        (lambda: NGram.fit("", 2), "two distinct tokens"),
        (lambda: NGram.fit("abc", 2, vocabulary="ab"), "got 'c'"),
        (lambda: NGram.fit("ab", 0), "order must be"),
        (lambda: NGram.fit("ab", 63), "2\\^63|2\\^62"),
        (lambda: NGram.fit(TEXT, 2).log_probability("xyz"), "got 'x'"),
        (lambda: NGram.fit(TEXT, 2).state("?"), "got '\\?'"),
    ],
)
def test_bad_input_is_one_line(call, says):
    with pytest.raises(InvalidProblem, match=says) as caught:
        call()
    assert "\n" not in str(caught.value)

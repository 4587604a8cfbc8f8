"""Tiny models, trained once a session."""

import pytest


@pytest.fixture(scope="session")
def kinds_folder(tmp_path_factory):
    """A GPT over vowels, consonants and spaces."""
    from made_causal import in_kinds

    from explore_theory.models import standard_text, tiny

    texts = [in_kinds(text) for text in tiny.clauses(standard_text())]
    return tiny.train(tmp_path_factory.mktemp("kinds"), texts, steps=60, width=16, context=24)


@pytest.fixture(scope="session")
def kinds_model(kinds_folder):
    """The same, opened."""
    from explore_theory.models.causal import CausalModel

    return CausalModel.open(kinds_folder)

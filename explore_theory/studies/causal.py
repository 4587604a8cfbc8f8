"""A causal model of `transformers`, tiny or one's own, paid as the embedded model is: a tree at each length.

Letters: `A` tokens that are chosen between, `H` tokens per response.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.exact import soft_dynamics
from explore_theory.foundation.validation import whole
from explore_theory.models import CausalModel, PrefixTree, standard_text, tiny
from explore_theory.problems import Gaussian
from explore_theory.problems.autoregressive import AutoregressiveProblem
from explore_theory.studies.families import NOISE, TILT

#: Whole responses that a study lists: their tree is asked for prefix by prefix.
MOST_RESPONSES = 1 << 13
_VOWELS, _CONSONANTS = re.compile("[aeiou]"), re.compile("[b-df-hj-np-tv-z]")


@dataclass(frozen=True, kw_only=True)
class CausalShares:
    """A model in a folder, paid by the share of tokens that are wanted; `NGramShares` says of what.

    Its law is that of the model given that each token is one of `tokens`. Features are those of
    `PrefixTree`, projections of a hidden state, and fit ``Q_h`` up to an error that is measured.

    Parameters
    ----------
    folder
        Of the model and its tokenizer; or what `tiny_model` wrote.
    tokens
        Texts of the tokens that are chosen between; by default all but those that end a response.
    wanted
        Those of them that are paid.
    prompt
        What a response follows.
    dimension
        `d`.
    """

    folder: str
    tokens: tuple[str, ...] | None = None
    wanted: tuple[str, ...] = ("v",)
    prompt: str = " "
    dimension: int = 8

    def __post_init__(self) -> None:
        whole("dimension", self.dimension, least=1)

    @property
    def name(self) -> str:
        """See `Family`."""
        return f"model {Path(self.folder).name}"

    @property
    def says(self) -> str:
        """See `Family`."""
        A, named = len(self._numbers()), ", ".join(map(repr, self.wanted))
        return (
            f"{_opened(self.folder).name}, given that each token is one of {A}; a response is paid the share "
            f"of {named} in it, as a program counts them."
        )

    @property
    def longest(self) -> int:
        """See `Family`: all ``A^H`` responses are listed, `MOST_RESPONSES` at most."""
        A, H = len(self._numbers()), 1
        while A ** (H + 1) <= MOST_RESPONSES:
            H += 1
        return H

    def problem(self, horizon: int) -> AutoregressiveProblem:
        """See `Family`."""
        model = _opened(self.folder)
        numbers = self._numbers()
        texts = {model.token(number) for number in numbers}
        if not 0 < len(texts & set(self.wanted)) < len(texts) or not set(self.wanted) <= texts:
            raise InvalidProblem(
                f"wanted must be some of the tokens that are chosen between and not all, got {self.wanted!r}"
            )
        tree = PrefixTree(
            model, prompts=[self.prompt], horizon=horizon, dimension=self.dimension, tokens=numbers
        )
        count = _Share(self.wanted, horizon)
        found = tree.verified(count, beta=1 / (TILT * horizon), noise=Gaussian(NOISE))
        told = float(np.exp(soft_dynamics.log_conditional_coverage(found)))
        # Rounded up, so that it is a bound.
        return replace(found, conditional_coverage=told * (1 + 1e-9))

    def _numbers(self) -> list[int]:
        model = _opened(self.folder)
        if self.tokens is None:
            return [number for number in range(model.vocabulary) if number not in model.ends]
        found = [_number(model, text) for text in self.tokens]
        if len(found) < 2:
            raise InvalidProblem(f"tokens must be two at least to choose between, got {self.tokens!r}")
        return found


@dataclass(frozen=True)
class _Share:
    """The share of wanted tokens among `horizon`, counted in the text."""

    wanted: Sequence[str]
    horizon: int

    def __call__(self, prompt: str, response: str) -> float:
        return sum(response.count(one) for one in self.wanted) / self.horizon


def _number(model: CausalModel, text: str) -> int:
    """The one token that `text` is."""
    found = [number for number in range(model.vocabulary) if model.token(number) == text]
    if len(found) != 1 or found[0] in model.ends:
        raise InvalidProblem(f"tokens must be one token of the model each, got {text!r}")
    return found[0]


@lru_cache(maxsize=2)
def _opened(folder: str) -> CausalModel:
    return CausalModel.open(folder)


def tiny_model(folder: str | Path, *, steps: int = 200, seed: int = 0) -> Path:
    """Train a GPT of a few thousand numbers on the text of `NGramShares`, as the same three kinds.

    Raises
    ------
    MissingLibrary
        Without torch and transformers: which extra has them.
    """
    # Consonants first: the v that stands for vowels is one.
    texts = [_VOWELS.sub("v", _CONSONANTS.sub("c", text)) for text in tiny.clauses(standard_text())]
    return tiny.train(folder, texts, steps=steps, context=24, seed=seed)

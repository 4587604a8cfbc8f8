"""Problems of one language model at every length of its responses."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import whole
from explore_theory.models import NGram, characters, share_rewards, standard_text
from explore_theory.models.text import read_text
from explore_theory.problems import Gaussian
from explore_theory.problems.autoregressive import AutoregressiveProblem

#: Standard deviation of an observed reward, which lies between zero and one.
NOISE = 0.3
#: What a token that is wanted adds to the reward, over ``beta``.
TILT = 2.0
_VOWELS = frozenset("aeiou")
_KINDS = (" ", "c", "v")


class Family(Protocol):
    """One model with rewards, at every length; whatever has these is studied alike."""

    @property
    def name(self) -> str:
        """What it is called in tables and figures."""

    @property
    def says(self) -> str:
        """The model and its rewards, in a sentence."""

    @property
    def longest(self) -> int | None:
        """The largest length that it has a problem for; None where there is no end."""

    def problem(self, horizon: int) -> AutoregressiveProblem:
        """Responses of `horizon` tokens; it tells learners ``B`` and ``C_cond``."""


@dataclass(frozen=True, kw_only=True)
class NGramShares:
    """The embedded model of text as three kinds of characters, paid by the share of vowels.

    ``beta = 1/(2 H)``, so that a vowel makes a response ``e^2`` times as likely as another character would,
    at any length. Responses follow a space.

    Parameters
    ----------
    order
        `n`: a character depends on the ``n - 1`` before it.
    text
        A file of text; by default that which comes with Python.
    """

    order: int = 2
    text: str | None = None

    def __post_init__(self) -> None:
        whole("order", self.order, least=1, most=4)

    @property
    def name(self) -> str:
        """See `Family`."""
        return f"{self.order}-gram model"

    @property
    def says(self) -> str:
        """See `Family`."""
        read = "prose that comes with Python" if self.text is None else f"the text in {self.text}"
        return (
            f"The embedded {self.order}-gram model of vowels, consonants and spaces, fitted to {read}; a "
            "response is paid the share of vowels in it."
        )

    @property
    def longest(self) -> int | None:
        """See `Family`."""
        return None

    def problem(self, horizon: int) -> AutoregressiveProblem:
        """See `Family`."""
        return share_rewards(
            self._model(),
            "v",
            horizon=horizon,
            beta=1 / (TILT * horizon),
            prompts=[" "],
            noise=Gaussian(NOISE),
        )

    def _model(self) -> NGram:
        return _fitted(self.order, self.text)


@lru_cache(maxsize=4)
def _fitted(order: int, path: str | None) -> NGram:
    text = standard_text() if path is None else read_text(Path(path))
    kinds = [_kind(letter) for letter in characters(text)]
    if len(set(kinds)) < len(_KINDS):
        raise InvalidProblem(
            f"text must have vowels, consonants and spaces, got {len(set(kinds))} of the three in {path!r}"
        )
    return NGram.fit(kinds, order, vocabulary=_KINDS)


def _kind(letter: str) -> str:
    return letter if letter == " " else "v" if letter in _VOWELS else "c"

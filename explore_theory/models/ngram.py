"""An n-gram model whose law is exact: what it draws from is what it scores with, and sums to one everywhere.

Letters: `A` tokens in the vocabulary, `S` contexts, `n` the order: a token depends on the `n - 1` before it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.brief import brief
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import whole

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
#: The most numbers in the table of a model's laws.
MOST_NUMBERS = 1 << 26


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class NGram:
    """A Witten-Bell interpolated n-gram model (Witten and Bell 1991), as a finite automaton.

    After a context ``u`` that was seen ``c(u)`` times, before ``T(u)`` distinct tokens, ``p(a|u) = (c(u a)
    + T(u) p(a|u'))/(c(u) + T(u))``, with ``u'`` the context without its first token; below the empty one
    lies the uniform law. So every token has positive probability everywhere. The state of a prefix is the
    longest of its ends that was seen as a context, since the law after an unseen one is that of the next
    shorter.

    Parameters
    ----------
    order
        `n`, at least 1.
    vocabulary
        `[A]`, distinct tokens: the characters of a text, or its words.
    law
        `[S, A]`, ``p(a|s)``: every row sums to one.
    next
        `[S, A]`, the state after token `a`.
    contexts
        `[S]`, what each state stands for: tokens by number, the empty one first.
    """

    order: int
    vocabulary: tuple[str, ...]
    law: Floats
    next: Ints
    contexts: tuple[tuple[int, ...], ...]

    @classmethod
    def fit(cls, text: Iterable[str], order: int = 3, *, vocabulary: Sequence[str] | None = None) -> "NGram":
        """The model of the tokens of `text`: its characters, or the members of a list.

        Raises
        ------
        InvalidProblem
            If there are fewer than two kinds of tokens, one is not in a `vocabulary` that is given, or the
            table of the model's laws would be too large.
        """
        order = whole("order", order, least=1)
        tokens = list(text)
        names = tuple(vocabulary) if vocabulary is not None else tuple(sorted(set(tokens)))
        if len(set(names)) != len(names) or len(names) < 2:
            raise InvalidProblem(f"vocabulary must hold two distinct tokens or more, got {list(names)[:8]!r}")
        place = {name: number for number, name in enumerate(names)}
        try:
            ids = np.array([place[token] for token in tokens], dtype=np.int64)
        except KeyError as error:
            raise InvalidProblem(f"text must hold tokens of the vocabulary, got {error.args[0]!r}") from None
        if float(len(names)) ** order >= 2**62:
            raise InvalidProblem(
                f"order must be so small that {len(names)}^order is below 2^62, got order={order}"
            )
        return cls._fitted(ids, order, names)

    @classmethod
    def _fitted(cls, ids: Ints, order: int, names: tuple[str, ...]) -> "NGram":
        A = len(names)
        law, following = np.full((1, A), 1 / A), np.zeros((1, A), dtype=np.int64)
        contexts: list[tuple[int, ...]] = [()]
        laws, nexts = [], []
        keys, first = np.zeros(1, dtype=np.int64), 0  # of the contexts one token shorter
        for length in range(order):
            grams = _codes(ids, length + 1, A)
            if len(grams) == 0:
                break
            seen, counts = np.unique(grams, return_counts=True)
            here, owner = np.unique(seen // A, return_inverse=True)
            # What a context ends in, without its first token, is one of the shorter contexts.
            shorter = (
                np.searchsorted(keys, here % A ** max(length - 1, 0))
                if length
                else np.zeros(1, dtype=np.int64)
            )
            total = np.bincount(owner, weights=counts)[:, None]
            kinds = np.bincount(owner).astype(np.float64)[:, None]
            if (first + len(here)) * A > MOST_NUMBERS:
                raise InvalidProblem(
                    f"order must be so small that contexts x tokens are at most {MOST_NUMBERS}, got "
                    f"order={order}: "
                    f"{first + len(here)} x {A}"
                )
            mine = kinds * law[shorter]
            mine[owner, seen % A] += counts
            mine /= total + kinds
            # The longest end of a context and one token more: the context of that length, if it was seen,
            # else what its own end without the first token leads to.
            there = following[shorter].copy() if length else np.zeros((1, A), dtype=np.int64)
            laws.append(mine)
            nexts.append(there)
            contexts += [] if length == 0 else [_spelled(int(key), length, A) for key in here]
            if length:
                # Shorter contexts are now known to go on into these.
                parents, lasts = np.searchsorted(keys, here // A), here % A
                nexts[length - 1][parents, lasts] = first + np.arange(len(here))
                there[:] = nexts[length - 1][shorter]
            law, following, keys = mine, there, here
            first += len(here)
        table, moves = np.concatenate(laws), np.concatenate(nexts)
        table /= table.sum(axis=1, keepdims=True)
        for array in (table, moves):
            array.flags.writeable = False
        return cls(order=order, vocabulary=names, law=table, next=moves, contexts=tuple(contexts))

    @property
    def states(self) -> int:
        """`S`."""
        return len(self.law)

    @property
    def tokens(self) -> int:
        """`A`."""
        return len(self.vocabulary)

    @cached_property
    def _ends(self) -> Floats:
        ends = np.cumsum(self.law, axis=1)
        ends[:, -1] = 1.0
        return ends

    def state(self, prefix: Iterable[str]) -> int:
        """Which context counts after `prefix`.

        Raises
        ------
        InvalidProblem
            If a token is not in the vocabulary.
        """
        here = 0
        for token in self.numbers(prefix):
            here = int(self.next[here, token])
        return here

    def log_probability(self, text: Iterable[str], prefix: Iterable[str] = ()) -> float:
        """``log p(text | prefix)``, natural."""
        here, total = self.state(prefix), 0.0
        for token in self.numbers(text):
            total += float(np.log(self.law[here, token]))
            here = int(self.next[here, token])
        return total

    def sample(self, count: int, length: int, *, streams: Streams, prefix: Iterable[str] = ()) -> Ints:
        """`count` continuations of `prefix` by `length` tokens, `[count, length]`, side by side.

        By inversion of the very numbers in `law`, one uniform a token; `streams` has one row for all of them,
        or one for each.
        """
        count, length = whole("count", count, least=0), whole("length", length, least=0)
        here = np.full(count, self.state(prefix), dtype=np.int64)
        out = np.empty((count, length), dtype=np.int64)
        each = len(streams.rows) == count
        for h in range(length):
            coins = streams.uniform(1)[:, 0] if each else streams.uniform(count)[0]
            chosen = (self._ends[here] <= coins[:, None]).sum(axis=1)
            out[:, h] = chosen
            here = self.next[here, chosen]
        return out

    def spelled(self, tokens: npt.ArrayLike, *, between: str = "") -> str:
        """Tokens by number as text."""
        return between.join(self.vocabulary[int(token)] for token in np.asarray(tokens).ravel())

    def numbers(self, text: Iterable[str]) -> list[int]:
        """Tokens of `text` by number.

        Raises
        ------
        InvalidProblem
            If one is not in the vocabulary.
        """
        place = self._places
        try:
            return [place[token] for token in text]
        except KeyError as error:
            raise InvalidProblem(f"text must hold tokens of the vocabulary, got {error.args[0]!r}") from None

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.vocabulary)}


def _codes(ids: Ints, length: int, A: int) -> Ints:
    """Every run of `length` tokens as one number, the first token slowest."""
    n = len(ids) - length + 1
    codes = np.zeros(max(n, 0), dtype=np.int64)
    for k in range(length if n > 0 else 0):
        codes = codes * A + ids[k : k + n]
    return codes


def _spelled(key: int, length: int, A: int) -> tuple[int, ...]:
    digits = []
    for _ in range(length):
        key, digit = divmod(key, A)
        digits.append(digit)
    return tuple(reversed(digits))

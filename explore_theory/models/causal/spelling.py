"""Texts to tokens and back, by the tokenizer of a checkpoint."""

from collections.abc import Mapping, Sequence
from typing import Any

from explore_theory.errors import InvalidProblem


class Spelling:
    """How texts are spelled in the tokens of a model.

    Parameters
    ----------
    tokenizer
        Of `transformers`.
    ends
        Tokens that end a response.
    vocabulary
        How many tokens the model has; the tokenizer may know fewer.
    folder
        Where it comes from, for messages.

    Raises
    ------
    InvalidProblem
        If the tokenizer knows tokens that the model has not.
    """

    def __init__(self, tokenizer: Any, *, ends: Sequence[int], vocabulary: int, folder: str) -> None:
        known = tokenizer.get_vocab()
        if known and max(known.values()) >= vocabulary:
            beyond = max(known, key=known.__getitem__)
            raise InvalidProblem(
                f"tokenizer must have tokens of the model alone, numbers below {vocabulary}, got "
                f"{beyond!r:.40} as {known[beyond]} in {folder!r}"
            )
        self._tokenizer, self._ends, self._folder = tokenizer, frozenset(ends), folder

    def encoded(self, text: str | Sequence[Mapping[str, str]]) -> tuple[int, ...]:
        """See `CausalModel.encoded`.

        Special tokens stand in front as the tokenizer has it; one that ends a text is taken off, since what
        follows would be another text.
        """
        tokens = self._of_text(text) if isinstance(text, str) else self._of_chat(text)
        if not tokens:
            first = self._tokenizer.bos_token_id
            tokens = [] if first is None else [first]
        if not tokens:
            raise InvalidProblem(
                f"prompt must have a token at least (this model has none for the beginning), got {text!r:.60}"
            )
        return tuple(tokens)

    def _of_text(self, text: str) -> list[int]:
        try:
            bare = list(self._tokenizer(text, add_special_tokens=False)["input_ids"])
            tokens = list(self._tokenizer(text, add_special_tokens=True)["input_ids"])
        except Exception as error:
            why = " ".join(str(error).split())
            raise InvalidProblem(
                f"prompt must be a text that the tokenizer can read, got {text!r:.60} ({why:.100})"
            ) from None
        while tokens and tokens[-1] in self._ends and not (bare and bare[-1] == tokens[-1]):
            tokens.pop()
        unknown = self._tokenizer.unk_token_id
        if unknown is not None and unknown in bare:
            raise InvalidProblem(f"prompt must hold what the tokenizer has tokens for, got {text!r:.60}")
        return tokens

    def _of_chat(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        if not self._tokenizer.chat_template:
            raise InvalidProblem(
                f"prompt must be a text where the tokenizer has no template for chats, got messages for "
                f"{self._folder!r}"
            )
        try:
            text = self._tokenizer.apply_chat_template(
                [dict(one) for one in messages], add_generation_prompt=True, tokenize=False
            )
            # Templates write the special tokens themselves.
            return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])
        except Exception as error:
            why = " ".join(str(error).split())
            raise InvalidProblem(
                f"prompt must be messages that the template takes, got: {why:.200}"
            ) from None

    def spelled(self, tokens: Sequence[int], after: Sequence[int] = ()) -> str:
        """See `CausalModel.spelled`."""
        told = self._without_end(tokens)
        return self._following(list(after[-1:]), told)

    def pieces(self, tokens: Sequence[int], after: Sequence[int] = ()) -> list[str] | None:
        """See `CausalModel.pieces`; the token that ends is not among them."""
        told = self._without_end(tokens)
        before = [list(after[-1:]), *([token] for token in told)]
        found = [self._following(last, [token]) for last, token in zip(before, told, strict=False)]
        return found if "".join(found) == self.spelled(told, after) else None

    def _without_end(self, tokens: Sequence[int]) -> list[int]:
        told = list(tokens)
        if told and told[-1] in self._ends:
            told.pop()
        return told

    def _following(self, last: list[int], tokens: list[int]) -> str:
        """The text of `tokens` behind the token `last`: many decoders drop a space that begins a text."""
        head, whole = self._decoded(last), self._decoded([*last, *tokens])
        return whole[len(head) :] if whole.startswith(head) else self._decoded(tokens)

    def token(self, number: int) -> str:
        """See `CausalModel.token`."""
        return self._decoded([number])

    def _decoded(self, tokens: list[int]) -> str:
        text: str = self._tokenizer.decode(
            tokens, skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        return text

"""A causal language model from a folder on this machine, as a sampling oracle of its own law.

Letters: `k` prefixes, `A` tokens in the vocabulary, `d` feature dimension.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from explore_theory.errors import InvalidProblem, NumericalError
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import one_of, whole, whole_array
from explore_theory.models.causal.decoding import Decoding, would_have
from explore_theory.models.causal.folder import Folder
from explore_theory.models.causal.loading import context_of, ends_of, load, tokenizer_of
from explore_theory.models.causal.network import BAND, Network
from explore_theory.models.causal.sampling import Floats, Job, Prefix, Response, drawn
from explore_theory.models.causal.spelling import Spelling

DTYPES = ("float32", "float64", "bfloat16", "float16")
#: Responses that are drawn side by side unless told otherwise.
TOGETHER = 64


class CausalModel:
    """A causal language model and its tokenizer: drawing, scoring and features, all of one law.

    The law after a prefix is the softmax of the model's logits and nothing else, whatever the checkpoint's
    generation settings are; `Decoding` bends it where that is asked for.

    Parameters
    ----------
    network
        The network, in evaluation mode.
    spelling
        Texts to tokens and back.
    name
        What it is called: its kind, a digest of its weights, its type of numbers.
    ends
        Tokens that end a response.
    context
        The most tokens that it can read, or None where its configuration has no limit.
    generation
        The generation settings that came with it; none of them is applied.
    """

    def __init__(
        self,
        network: Network,
        spelling: Spelling,
        *,
        name: str,
        ends: Sequence[int],
        context: int | None,
        generation: Mapping[str, Any],
    ) -> None:
        self._network, self._spelling = network, spelling
        self.name, self.context = name, context
        self.ends = tuple(ends)
        self.generation = dict(generation)

    @classmethod
    def open(cls, path: str | Path, *, device: str = "cpu", dtype: str = "float32") -> "CausalModel":
        """The model in the folder `path`: safetensors alone, no code of the folder, nothing downloaded.

        Parameters
        ----------
        device
            ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
        dtype
            One of `DTYPES`. In float32 log-probabilities are good to 1e-4 a token; in types of 16 bits to a
            few hundredths, which `band` measures.

        Raises
        ------
        InvalidProblem
            One line that says what is missing or wrong.
        MissingLibrary
            Without torch and transformers: which extra has them.
        """
        folder = Folder.of(path)
        one_of("dtype", dtype, DTYPES)
        digest = folder.digest
        module = load(folder, device, dtype)
        tokenizer = tokenizer_of(folder)
        network = Network(module, device)
        ends = ends_of(folder, tokenizer, network.vocabulary)
        return cls(
            network,
            Spelling(tokenizer, ends=ends, vocabulary=network.vocabulary, folder=str(path)),
            name=f"{type(module).__name__} {digest} {dtype}",
            ends=ends,
            context=context_of(folder),
            generation=folder.generation,
        )

    @property
    def vocabulary(self) -> int:
        """`A`: how many tokens the law is over."""
        return self._network.vocabulary

    @property
    def cached(self) -> bool:
        """Whether it goes on from what it has read; else every token costs a pass over its prefix."""
        return self._network.remembers

    @property
    def spent(self) -> Mapping[str, int]:
        """Tokens *drawn*, *prefilled* (of prompts) and *scored* (in plain passes), and *passes*, so far."""
        return dict(self._network.counts)

    @property
    def would_have(self) -> str:
        """What the checkpoint's own generation settings would have done, in a sentence or two."""
        return would_have(self.generation)

    def encoded(self, text: str | Sequence[Mapping[str, str]]) -> tuple[int, ...]:
        """A prompt as tokens: a text, or the messages of a chat by the template of the tokenizer.

        Raises
        ------
        InvalidProblem
            If nothing is left to read, the text holds what the tokenizer has no token for, or there is no
            template.
        """
        return self._spelling.encoded(text)

    def spelled(self, tokens: Sequence[int], after: Prefix = ()) -> str:
        """Tokens as text, behind the prefix `after`; the one that ends a response is not part of it."""
        return self._spelling.spelled(tokens, after)

    def pieces(self, tokens: Sequence[int], after: Prefix = ()) -> list[str] | None:
        """The texts of single tokens, if they spell the whole; None where characters lie across tokens."""
        return self._spelling.pieces(tokens, after)

    def token(self, number: int) -> str:
        """The text of one token, also of one that ends a response."""
        return self._spelling.token(number)

    def law(self, prefixes: Sequence[Prefix]) -> Floats:
        """``log p(a|prefix)``, `[k, A]`, natural; each row sums to one up to the rounding of float64."""
        logits, _ = self._network.last(self._checked(prefixes, 0))
        return np.asarray(logits.double().log_softmax(dim=-1).cpu().numpy())

    def log_probabilities(self, prefixes: Sequence[Prefix], responses: Sequence[Prefix]) -> list[Floats]:
        """``log p`` of every token of each response after its prefix, by plain passes: no cache, no padding.

        One array a response, of its length.
        """
        if len(prefixes) != len(responses):
            raise InvalidProblem(f"responses must be {len(prefixes)}, one a prefix, got {len(responses)}")
        told = [tuple(whole_array("response", list(r), least=0, most=self.vocabulary - 1)) for r in responses]
        rows = [
            (*prefix, *response) for prefix, response in zip(self._checked(prefixes, 0), told, strict=True)
        ]
        self._checked(rows, 0)
        found: list[Floats] = []
        for some in self._network.portions(rows):
            logits = self._network.plain(some)[0].double()
            for i, row in enumerate(some):
                last = len(told[len(found)])
                here = logits[i, len(row) - last - 1 : len(row) - 1].log_softmax(dim=-1).cpu().numpy()
                found.append(here[np.arange(last), list(row[len(row) - last :])])
        return found

    def draws(
        self,
        prefixes: Sequence[Prefix],
        jobs: Sequence[Job],
        *,
        max_tokens: int,
        decoding: Decoding | None = None,
        seed: int = 0,
        together: int = TOGETHER,
    ) -> Iterator[list[Response]]:
        """The responses of `jobs`, in order, `together` side by side.

        A response is named by its prefix, its number and `seed`: these determine its uniforms, and so, up to
        the rounding of sums, the response, whatever else is drawn beside it.

        Raises
        ------
        InvalidProblem
            If a prefix and `max_tokens` more do not fit into the context, or an argument is out of range.
        """
        most, seed = whole("max_tokens", max_tokens, least=1), whole("seed", seed, least=0)
        rows = self._checked(prefixes, most - 1)
        for job in jobs:
            whole("prompt", job.prompt, least=0, most=len(rows) - 1)
        return drawn(
            self._network,
            rows,
            jobs,
            most=most,
            decoding=(decoding or Decoding()).over(self.vocabulary),
            ends=self.ends,
            seed=seed,
            together=whole("together", together, least=1),
        )

    def sample(
        self,
        prefixes: Sequence[Prefix],
        count: int,
        *,
        max_tokens: int,
        decoding: Decoding | None = None,
        seed: int = 0,
        together: int = TOGETHER,
    ) -> list[Response]:
        """`count` responses to each prefix, those of one together; see `draws`."""
        jobs = [Job(x, i) for x in range(len(prefixes)) for i in range(whole("count", count, least=0))]
        drawn_ = self.draws(
            prefixes, jobs, max_tokens=max_tokens, decoding=decoding, seed=seed, together=together
        )
        return [response for batch in drawn_ for response in batch]

    def band(self, prefixes: Sequence[Prefix], responses: Sequence[Response]) -> float:
        """How far log-probabilities of drawn tokens are from those of a plain pass, at most, a token.

        Raises
        ------
        NumericalError
            If it is more than 1e-4 in float32.
        """
        again = self.log_probabilities([prefixes[r.prompt] for r in responses], [r.tokens for r in responses])
        off = max(
            (float(np.abs(mine.logs - plain).max()) for mine, plain in zip(responses, again, strict=True)),
            default=0.0,
        )
        if self._network.exact and off > BAND:
            raise NumericalError(
                f"log-probabilities must be within {BAND:g} a token of a plain pass in float32, got {off:.3g}"
            )
        return off

    def features(
        self, prefixes: Sequence[Prefix], dimension: int, *, layer: int = -1, seed: int = 0
    ) -> Floats:
        """Bounded features `[k, d]` of prefixes: a hidden state of the last token, projected.

        ``phi = z/max(1, |z|)`` with ``z = P h/sqrt(D)``, `h` the output of `layer` (the last by default, -1)
        and `P` `[d, D]` Gaussian of variance ``1/d``, derived from `seed`: ``E|P h|^2 = |h|^2`` (Johnson and
        Lindenstrauss). A fixed map of the prefix alone, of Euclidean norm at most one.
        """
        return self.read(prefixes, dimension, layer=layer, seed=seed)[1]

    def read(
        self, prefixes: Sequence[Prefix], dimension: int, *, layer: int = -1, seed: int = 0
    ) -> tuple[Floats, Floats]:
        """`law` and `features` of prefixes, by one pass."""
        d, rows = whole("dimension", dimension, least=1), self._checked(prefixes, 0)
        layers = int(self._network.module.config.get_text_config().num_hidden_layers)
        whole("layer", layer, least=-layers - 1, most=layers)
        logits, hidden = self._network.last(rows, layer=layer)
        states = hidden.double().cpu().numpy()
        D = states.shape[1]
        streams = Streams(("causal model", "projection", str(D)), range(1), seed)
        z = states @ streams.normal(d * D).reshape(D, d) / np.sqrt(d * D)
        phi = z / np.maximum(1.0, np.sqrt((z * z).sum(axis=-1, keepdims=True)))
        return np.asarray(logits.double().log_softmax(dim=-1).cpu().numpy()), phi

    def _checked(self, prefixes: Sequence[Prefix], more: int) -> list[tuple[int, ...]]:
        """Prefixes of known tokens, none empty, that fit into the context with `more` tokens."""
        rows = []
        for i, prefix in enumerate(prefixes):
            tokens = whole_array(f"prefixes[{i}]", list(prefix), least=0, most=self.vocabulary - 1)
            if tokens.ndim != 1 or tokens.size == 0:
                raise InvalidProblem(f"prefixes[{i}] must have a token at least, got none")
            if self.context is not None and tokens.size + more > self.context:
                after = f" and {more + 1} tokens to draw" if more else ""
                raise InvalidProblem(
                    f"prefixes[{i}] must fit into the context of {self.context} tokens, got {tokens.size}"
                    f"{after}"
                )
            rows.append(tuple(int(token) for token in tokens))
        if not rows:
            raise InvalidProblem("prefixes must hold one at least, got none")
        return rows

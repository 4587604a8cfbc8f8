"""A GPT of a few thousand numbers over characters, built from its configuration and trained in seconds.

For tests, tutorials and studies: nothing is downloaded, and the folder that is written is one that
`CausalModel.open` and `transformers` read like any other.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams, derived_key
from explore_theory.foundation.validation import positive, whole
from explore_theory.models.causal.libraries import library, quiet
from explore_theory.models.text import characters, standard_text

#: What begins a text and ends it.
END = "<|end|>"
#: Where prose is cut into texts.
_BREAKS = re.compile(r"[.,:;!?()\[\]\n]+")


def clauses(text: str) -> list[str]:
    """Prose as short texts of the letters of `characters`, cut at its punctuation; none is empty."""
    return [found for part in _BREAKS.split(text) if (found := characters(part))]


def train(
    folder: str | Path,
    texts: list[str] | None = None,
    *,
    context: int = 32,
    layers: int = 2,
    width: int = 32,
    steps: int = 300,
    batch: int = 16,
    rate: float = 1e-2,
    seed: int = 0,
) -> Path:
    """Train a GPT-2 of `layers` and `width` on `texts`, and write it to `folder` with its tokenizer.

    Every character is a token, and so is `END`, which begins and ends each text. Each of `steps` takes
    `batch` texts at random, cut to the `context`, by AdamW at `rate`, which falls to zero. All that is random
    is derived from `seed`: the weights at the start, the texts of each step.

    Parameters
    ----------
    texts
        By default `clauses` of `models.standard_text`.

    Returns
    -------
    The folder, with ``model.safetensors``, ``config.json`` and ``tokenizer.json``.

    Raises
    ------
    InvalidProblem
        If there is no text, or an argument is out of range.
    MissingLibrary
        Without torch and transformers: which extra has them.
    """
    torch, transformers = library("torch"), library("transformers")
    given = clauses(standard_text()) if texts is None else [text for text in texts if text]
    if not given:
        raise InvalidProblem("texts must hold one at least that is not empty, got none")
    letters = sorted(set("".join(given)))
    context, steps = whole("context", context, least=2), whole("steps", steps, least=1)
    batch, rate = whole("batch", batch, least=1), positive("rate", rate)
    place = {END: 0} | {letter: i for i, letter in enumerate(letters, 1)}
    config = transformers.GPT2Config(
        vocab_size=len(place),
        n_positions=context,
        n_embd=whole("width", width, least=4),
        n_layer=whole("layers", layers, least=1),
        n_head=4 if width % 4 == 0 else 1,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=None,
        loss_type="ForCausalLM",
    )
    rows = [np.array([0, *(place[letter] for letter in text), 0])[:context] for text in given]
    streams = Streams(("tiny", "texts"), range(1), whole("seed", seed, least=0))
    with torch.random.fork_rng(devices=[]), _one_thread(torch), quiet():
        torch.manual_seed(derived_key(("tiny", "weights"), 0, seed) % 2**63)
        module = transformers.GPT2LMHeadModel(config).train()
        _fit(torch, module, rows, streams, steps=steps, batch=batch, rate=rate)
        target = Path(folder)
        module.eval().save_pretrained(target)
        _tokenizer(place, context).save_pretrained(target)
    return target


@contextmanager
def _one_thread(torch: Any) -> Iterator[None]:
    """Sums in one order, whatever the machine; more threads do not help networks of this size either."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _fit(
    torch: Any, module: Any, rows: list[Any], streams: Streams, *, steps: int, batch: int, rate: float
) -> None:
    optimiser = torch.optim.AdamW(module.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, total_iters=steps)
    for _ in range(steps):
        some = [rows[i] for i in streams.integers(len(rows), batch)[0]]
        longest = max(map(len, some))
        ids, wanted = np.zeros((2, batch, longest), dtype=np.int64)
        wanted[:] = -100
        for i, row in enumerate(some):
            ids[i, : len(row)] = wanted[i, : len(row)] = row
        loss = module(input_ids=torch.from_numpy(ids), labels=torch.from_numpy(wanted)).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()


def _tokenizer(place: dict[str, int], context: int) -> Any:
    """Characters as tokens: split everywhere, looked up, and joined without anything between."""
    kit, transformers = library("tokenizers"), library("transformers")
    made = kit.Tokenizer(kit.models.WordLevel(place))
    made.pre_tokenizer = kit.pre_tokenizers.Split(kit.Regex(r"[\s\S]"), "isolated")
    made.decoder = kit.decoders.Fuse()
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token=END, eos_token=END, model_max_length=context
    )

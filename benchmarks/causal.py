"""Tokens a second of our oracle on a causal model, over those of the same model's own batched `generate`.

Both draw from the softmax of raw logits, from the same prompts of several lengths, in one process and in
turn; every response has all its tokens (ends are switched off), so that both do the same work. Ours keeps the
log-probability of every token beside it, in float64.

Run: ``python benchmarks/causal.py [MODEL_DIR] [--device cuda] [--dtype bfloat16] [--rows N] [--tokens T]``.
Without a folder a GPT-2 of six layers, 384 wide, with 8,192 tokens and random weights is made.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from explore_theory.bench.ratios import ratio
from explore_theory.models.causal import CausalModel, Job
from explore_theory.models.causal.libraries import library, quiet
from explore_theory.models.tiny import END, _tokenizer

PAIRS = 5


def made(folder: Path) -> Path:
    torch, transformers = library("torch"), library("transformers")
    place = {END: 0} | {chr(0x4E00 + i): i for i in range(1, 8192)}
    config = transformers.GPT2Config(
        vocab_size=len(place),
        n_embd=384,
        n_layer=6,
        n_head=6,
        n_positions=512,
        bos_token_id=0,
        eos_token_id=0,
    )
    with torch.random.fork_rng(devices=[]), quiet():
        torch.manual_seed(0)
        transformers.GPT2LMHeadModel(config).save_pretrained(folder)
        _tokenizer(place, 512).save_pretrained(folder)
    return folder


def ours(model: CausalModel, prompts: list[tuple[int, ...]], tokens: int, seed: int) -> float:
    jobs = [Job(x, 0) for x in range(len(prompts))]
    start = time.perf_counter()
    drawn = [
        r
        for batch in model.draws(prompts, jobs, max_tokens=tokens, seed=seed, together=len(jobs))
        for r in batch
    ]
    return sum(len(response.tokens) for response in drawn) / (time.perf_counter() - start)


def theirs(model: CausalModel, prompts: list[tuple[int, ...]], tokens: int) -> float:
    torch, network = library("torch"), model._network
    longest = max(map(len, prompts))
    ids = [[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts]
    mask = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    given: dict[str, Any] = {"input_ids": network.tensor(ids), "attention_mask": network.tensor(mask)}
    start = time.perf_counter()
    with torch.inference_mode():
        out = network.module.generate(
            **given,
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            max_new_tokens=tokens,
            min_new_tokens=tokens,
            eos_token_id=None,
            pad_token_id=0,
        )
    # Waits for the device.
    out = out.cpu()
    return (out.shape[1] - longest) * len(prompts) / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--tokens", type=int, default=48)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        model = CausalModel.open(asked.folder or made(Path(place)), device=asked.device, dtype=asked.dtype)
        model.ends = ()
        prompts = [tuple(1 + (7 * i + j) % 97 for j in range(4 + i % 13)) for i in range(asked.rows)]
        ours(model, prompts, 2, 0)
        theirs(model, prompts, 2)
        mine, other = [], []
        for pair in range(PAIRS):
            mine.append(ours(model, prompts, asked.tokens, pair))
            other.append(theirs(model, prompts, asked.tokens))
        print(f"{model.name} on {asked.device}, {asked.rows} rows, {asked.tokens} tokens each")
        print(f"ours {max(mine):,.0f} tokens/s, generate {max(other):,.0f}; ratio {ratio(mine, other)}")


if __name__ == "__main__":
    main()

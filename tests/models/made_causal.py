"""Tiny causal models for tests, made here from their configurations; and why tests of them are skipped."""

import importlib.util
import re

import pytest

LIBRARIES = ("torch", "transformers", "safetensors", "tokenizers")
MISSING = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
needs_lm = pytest.mark.skipif(
    bool(MISSING), reason=f"language models need the extra lm: no {', '.join(MISSING)}"
)


def in_kinds(text):
    """Vowels, consonants and spaces."""
    return re.sub("[aeiou]", "v", re.sub("[b-df-hj-np-tv-z]", "c", text))


def made(folder, config, **changes):
    """A network of random weights, so large that its law is not uniform, with the tokenizer of letters."""
    import torch
    import transformers

    from explore_theory.models import tiny
    from explore_theory.models.causal.libraries import quiet

    place = {tiny.END: 0} | {letter: i for i, letter in enumerate(" abcdefghijk", 1)}
    given = {
        "vocab_size": len(place),
        "bos_token_id": 0,
        "eos_token_id": 0,
        "pad_token_id": None,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": 48,
    }
    with torch.random.fork_rng(devices=[]), quiet():
        torch.manual_seed(20)
        module = transformers.AutoModelForCausalLM.from_config(config(**{**given, **changes}))
        for weights in module.parameters():
            if weights.ndim == 2:
                weights.data.mul_(8)
        module.eval().save_pretrained(folder)
        tiny._tokenizer(place, 48).save_pretrained(folder)
    return folder

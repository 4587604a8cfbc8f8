"""Decoding settings as a law: how temperature and cuts bend the model's own, and what a checkpoint asks for.

Letters: `R` rows, `A` tokens in the vocabulary.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import above, whole

#: What `generate` of transformers cuts off to, unless ``top_k`` is set.
UNASKED_TOP_K = 50
#: What each setting of a generation configuration must be to leave the model's law alone.
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "temperature": (None, 1),
    "top_k": (None, 0),
    "top_p": (None, 1),
    "min_p": (None, 0),
    "typical_p": (None, 1),
    "epsilon_cutoff": (None, 0),
    "eta_cutoff": (None, 0),
    "top_h": (None,),
    "repetition_penalty": (None, 1),
    "encoder_repetition_penalty": (None, 1),
    "no_repeat_ngram_size": (None, 0),
    "bad_words_ids": (None, []),
    "min_length": (None, 0),
    "min_new_tokens": (None, 0),
    "suppress_tokens": (None, []),
    "begin_suppress_tokens": (None, []),
    "forced_bos_token_id": (None,),
    "forced_eos_token_id": (None,),
    "sequence_bias": (None, {}, []),
    "exponential_decay_length_penalty": (None,),
    "guidance_scale": (None, 1),
    "num_beams": (None, 1),
    "penalty_alpha": (None, 0),
    "remove_invalid_values": (None, False),
    "renormalize_logits": (None, False),
    "watermarking_config": (None,),
}


@dataclass(frozen=True, kw_only=True)
class Decoding:
    """The law that tokens are drawn from, given the model's own after a prefix.

    In this order, as `transformers` has it: logits are divided by `temperature` (0: the likeliest token,
    the first of several); the `top_k` likeliest tokens stay, with whatever is as likely as the last of
    them; of what is left the fewest likeliest tokens stay that have mass `top_p` together; of what is left
    the tokens stay that have `min_p` times the mass of the likeliest. What stays is divided by its mass.

    Raises
    ------
    InvalidProblem
        If a number is out of range.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None

    def __post_init__(self) -> None:
        if self.temperature != 0:
            try:
                above("temperature", self.temperature, 0.0)
            except InvalidProblem:
                raise InvalidProblem(
                    "temperature must be 0, for the likeliest token, or finite and above it, got "
                    f"temperature={self.temperature!r:.60}"
                ) from None
        if self.top_k is not None:
            whole("top_k", self.top_k, least=1)
        for name in ("top_p", "min_p"):
            if (value := getattr(self, name)) is not None and not 0 < above(name, value, 0.0) <= 1:
                raise InvalidProblem(f"{name} must lie in (0, 1], got {name}={value!r}")

    @property
    def neutral(self) -> bool:
        """Whether it is the model's own law."""
        return self.temperature == 1 and self.top_k is None and self.top_p in (None, 1) and self.min_p is None

    def over(self, vocabulary: int) -> "Decoding":
        """The same law on so many tokens, by the settings alone that can change something there."""
        top_k = None if self.top_k is not None and self.top_k >= vocabulary else self.top_k
        return replace(self, top_k=top_k, top_p=None if self.top_p == 1 else self.top_p)

    def bent(self, logits: Any) -> Any:
        """Logits `[R, A]`, float64 tensor, of the law that is drawn from; minus infinity is never drawn."""
        import torch

        if self.temperature == 0:
            best = logits.argmax(dim=-1, keepdim=True)
            return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)
        if self.temperature != 1:
            logits = logits / self.temperature
        if self.top_k is not None and self.top_k < logits.shape[-1]:
            least = logits.topk(self.top_k, dim=-1).values[:, -1:]
            logits = logits.masked_fill(logits < least, -torch.inf)
        if self.top_p is not None and self.top_p < 1:
            order = logits.argsort(dim=-1, descending=True, stable=True)
            mass = logits.gather(-1, order).softmax(dim=-1)
            # What comes before a token has already enough: it goes.
            gone = mass.cumsum(dim=-1) - mass >= self.top_p
            logits = logits.masked_fill(gone.scatter(-1, order, gone), -torch.inf)
        if self.min_p is not None:
            mass = logits.softmax(dim=-1)
            floor = self.min_p * mass.max(dim=-1, keepdim=True).values
            logits = logits.masked_fill(mass < floor, -torch.inf)
        return logits

    def __str__(self) -> str:
        if self.neutral:
            return "the model's own law: the softmax of its logits, nothing changed"
        parts = ["the likeliest token"] if self.temperature == 0 else []
        parts += [f"temperature {self.temperature:g}"] if self.temperature not in (0, 1) else []
        parts += [f"top-k {self.top_k}"] if self.top_k is not None else []
        parts += [f"top-p {self.top_p:g}"] if self.top_p not in (None, 1) else []
        parts += [f"min-p {self.min_p:g}"] if self.min_p is not None else []
        return f"not the model's own law, but that of {', '.join(parts)}"


def would_have(generation: Mapping[str, Any]) -> str:
    """What `transformers` would have done to the law by itself, given a checkpoint's settings; sentences."""
    asked = {
        name: value
        for name, value in generation.items()
        if name in NEUTRAL and not any(value == neutral for neutral in NEUTRAL[name])
    }
    told = ", ".join(f"{name} {_shown(value)}" for name, value in sorted(asked.items()))
    sets = f"sets {told}" if asked else "sets nothing that bends its law"
    if not generation.get("do_sample"):
        would = "would take the likeliest token each time (do_sample is not set)"
    elif "top_k" not in generation:
        would = f"would draw from the {UNASKED_TOP_K} likeliest tokens unasked"
    else:
        would = "would draw so" if asked else "would draw from the model's own law"
    return f"The checkpoint's generation_config.json {sets}; `generate` {would}. Nothing of it is applied."


def _shown(value: Any) -> str:
    if isinstance(value, list | dict):
        return f"({len(value)} entries)"
    return f"{value:g}" if isinstance(value, float) else str(value)

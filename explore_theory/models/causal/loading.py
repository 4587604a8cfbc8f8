"""A checkpoint by `transformers`: from local files alone, and nothing made up where a tensor is missing."""

from typing import Any

from explore_theory.errors import InvalidProblem
from explore_theory.models.causal.folder import Folder
from explore_theory.models.causal.libraries import library, quiet

#: What configurations call the number of tokens that can be read.
_CONTEXT = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length")
#: Position tables of this family begin behind the number of the token that pads.
_SHIFTED = (
    "roberta",
    "camembert",
    "xlm-roberta",
    "xlm-roberta-xl",
    "data2vec-text",
    "roberta-prelayernorm",
    "xmod",
)


def load(folder: Folder, device: str, dtype: str) -> Any:
    """The network of `folder` on `device`, in evaluation mode.

    Raises
    ------
    InvalidProblem
        If the architecture is unknown or no causal one, a tensor is missing or of another shape, or there is
        no such device.
    """
    torch, transformers = library("torch"), library("transformers")
    _require_device(torch, device)
    kind = folder.config.get("model_type")
    auto = library("transformers.models.auto.modeling_auto")
    if kind not in auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        own = " (it brings code of its own, which is not run)" if "auto_map" in folder.config else ""
        what = "an encoder" if kind in auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES else "model_type"
        raise InvalidProblem(
            f"model must be of a causal architecture that transformers {transformers.__version__} knows, got "
            f"{what} {kind!r}{own} in {str(folder.path)!r}"
        )
    if kind in auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES and not folder.config.get("is_decoder"):
        raise InvalidProblem(
            f"model must be causal, got an encoder ({kind!r} without is_decoder) in {str(folder.path)!r}"
        )
    with quiet():
        try:
            module, told = transformers.AutoModelForCausalLM.from_pretrained(
                str(folder.path),
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                dtype=getattr(torch, dtype),
                output_loading_info=True,
            )
        except MemoryError:
            raise
        except Exception as error:
            raise InvalidProblem(
                f"model must be such that transformers can load it, got {_line(error)} for "
                f"{str(folder.path)!r}"
            ) from None
    missing = sorted(str(name) for name in told["missing_keys"])
    if missing or told["mismatched_keys"]:
        first = missing[0] if missing else str(sorted(told["mismatched_keys"])[0])
        count = len(missing) or len(told["mismatched_keys"])
        raise InvalidProblem(
            f"weights must have every tensor of the model, got {count} "
            f"missing or of another shape, {first!r} first (they would be drawn at random)"
        )
    return module.to(device).eval()


def tokenizer_of(folder: Folder) -> Any:
    """The tokenizer of `folder`.

    Raises
    ------
    InvalidProblem
        If it cannot be loaded without code of the folder.
    """
    transformers = library("transformers")
    with quiet():
        try:
            found = transformers.AutoTokenizer.from_pretrained(
                str(folder.path), local_files_only=True, trust_remote_code=False
            )
        except Exception as error:
            raise InvalidProblem(
                f"tokenizer must be such that transformers can load it, got {_line(error)} for "
                f"{str(folder.path)!r}"
            ) from None
    if not len(found):
        raise InvalidProblem(f"tokenizer must know some tokens, got none in {str(folder.path)!r}")
    return found


def ends_of(folder: Folder, tokenizer: Any, vocabulary: int) -> tuple[int, ...]:
    """The tokens that end a response: of the generation settings, else of the configuration or tokenizer."""
    given: Any = None
    for place in (
        folder.generation.get("eos_token_id"),
        folder.config.get("eos_token_id"),
        tokenizer.eos_token_id,
    ):
        if place is not None and place != []:
            given = place
            break
    ends = [] if given is None else list(given) if isinstance(given, list | tuple) else [given]
    if not all(isinstance(end, int) and 0 <= end < vocabulary for end in ends):
        raise InvalidProblem(
            f"eos_token_id must be tokens below {vocabulary}, got {given!r:.60} in {str(folder.path)!r}"
        )
    return tuple(dict.fromkeys(ends))


def context_of(folder: Folder) -> int | None:
    """How many tokens the model can read; None where its configuration sets no limit."""
    text = folder.config.get("text_config")
    told = text if isinstance(text, dict) else folder.config
    for name in _CONTEXT:
        value = told.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value - 2 if told.get("model_type") in _SHIFTED else value
    return None


def _require_device(torch: Any, device: str) -> None:
    try:
        place = torch.device(device)
    except (RuntimeError, TypeError):
        place = None
    if place is None or place.type not in ("cpu", "cuda"):
        raise InvalidProblem(f"device must be cpu, cuda or cuda:N, got device={device!r}")
    there = torch.cuda.device_count() if place.type == "cuda" and torch.cuda.is_available() else 0
    if place.type == "cuda" and (place.index or 0) >= there:
        raise InvalidProblem(f"device must be one that torch sees ({there} GPUs), got device={device!r}")


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"

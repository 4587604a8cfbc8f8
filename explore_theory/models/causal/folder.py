"""A folder with a causal language model: what must lie in it, what its weights are called, what it says.

Nothing here runs code of the folder, downloads, or needs a library.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

from explore_theory.errors import InvalidProblem

#: One of them is the tokenizer, or what it is made from.
TOKENIZERS = (
    "tokenizer.json",
    "tokenizer.model",
    "vocab.json",
    "vocab.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
    "tekken.json",
)
_PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
#: Of a configuration, what says where it came from and not what it computes.
_ORIGIN = ("_name_or_path", "transformers_version", "architectures", "torch_dtype", "dtype", "auto_map")
#: The header of a safetensors file is at most so long, by its own definition.
_LONGEST_HEADER = 100_000_000
_PIECE = 1 << 22


@dataclass(frozen=True)
class Folder:
    """A folder that holds a causal language model, as far as its files tell.

    Parameters
    ----------
    path
        The folder.
    config, generation
        ``config.json``, and ``generation_config.json`` (empty where there is none).
    weights
        The safetensors files, in the order of their names.
    """

    path: Path
    config: dict[str, Any]
    generation: dict[str, Any]
    weights: tuple[Path, ...]

    @classmethod
    def of(cls, path: str | Path) -> "Folder":
        """The folder `path`, looked at.

        Raises
        ------
        InvalidProblem
            If it is none, or has no configuration, no weights as safetensors, or no tokenizer.
        """
        place = Path(path)
        if not place.is_dir():
            raise InvalidProblem(f"model must be a folder that is there, got {str(path)!r}")
        if not (place / "config.json").is_file():
            other = (place / "adapter_config.json").is_file()
            got = "an adapter alone (merge it into its model, and save that)" if other else "none"
            raise InvalidProblem(f"model must be a folder with config.json, got {got} in {str(place)!r}")
        config = _object(place / "config.json")
        if config.get("is_encoder_decoder"):
            raise InvalidProblem(
                f"model must be causal, a decoder alone, got an encoder with a decoder in {str(place)!r}"
            )
        weights = _weights(place)
        if not any((place / name).is_file() for name in TOKENIZERS):
            raise InvalidProblem(
                f"model must have its tokenizer beside it ({', '.join(TOKENIZERS[:3])}, ..), got none in "
                f"{str(place)!r}"
            )
        own = place / "generation_config.json"
        return cls(place, config, _object(own) if own.is_file() else {}, weights)

    @cached_property
    def digest(self) -> str:
        """Twelve hexadecimal digits that name the model: of its weights and of what its configuration sets.

        The same for other cuts of the weights into files, since it is taken tensor by tensor.

        Raises
        ------
        InvalidProblem
            If a file of weights is cut off or none.
        """
        sum_ = blake2b(digest_size=6)
        told = {name: value for name, value in self.config.items() if name not in _ORIGIN}
        sum_.update(json.dumps(told, sort_keys=True).encode())
        found: dict[str, tuple[Path, int, dict[str, Any]]] = {}
        for path in self.weights:
            found |= {name: (path, start, entry) for name, start, entry in _tensors(path)}
        for name in sorted(found):
            path, start, entry = found[name]
            sum_.update(f"\0{name}\0{entry['dtype']}\0{entry['shape']}\0".encode())
            first, last = entry["data_offsets"]
            with path.open("rb") as file:
                file.seek(start + first)
                for piece in _pieces(file, last - first):
                    sum_.update(piece)
        return sum_.hexdigest()


def _object(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InvalidProblem(f"{path.name} must be a JSON object, got something else in {str(path.parent)!r}")
    return value


def _weights(place: Path) -> tuple[Path, ...]:
    """The files of weights: all that an index names, or the one that there is."""
    index = place / "model.safetensors.index.json"
    if index.is_file():
        named = _object(index).get("weight_map")
        names = sorted(set(named.values())) if isinstance(named, dict) and named else []
        if not names or not all(isinstance(name, str) and Path(name).name == name for name in names):
            raise InvalidProblem(
                f"{index.name} must name files of its own folder, got others in {str(place)!r}"
            )
        missing = [name for name in names if not (place / name).is_file()]
        if missing:
            raise InvalidProblem(
                f"model must have all {len(names)} files of weights, got none of the name {missing[0]!r} in "
                f"{str(place)!r}"
            )
        return tuple(place / name for name in names)
    if (single := place / "model.safetensors").is_file():
        return (single,)
    pickled = any(next(place.glob(pattern), None) for pattern in _PICKLED)
    got = "pickled ones alone (to load them may run any code, so they are not read)" if pickled else "none"
    raise InvalidProblem(f"model must have its weights as model.safetensors, got {got} in {str(place)!r}")


def _tensors(path: Path) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Each tensor of a file: its name, where the data begin, and its entry in the header.

    The format: eight bytes with the length of the header, the header as JSON, the data.
    """
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 0 < length <= min(size, _LONGEST_HEADER):
                raise ValueError
            header = json.loads(file.read(length))
        entries = [(name, entry) for name, entry in header.items() if name != "__metadata__"]
        ends = [entry["data_offsets"][1] for _, entry in entries]
        if size != 8 + length + max(ends, default=0):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        raise InvalidProblem(
            f"weights must be a whole safetensors file, got one that is cut off or none: {str(path)!r}"
        ) from None
    for name, entry in entries:
        yield name, 8 + length, entry


def _pieces(file: BinaryIO, count: int) -> Iterator[bytes]:
    while count > 0 and (piece := file.read(min(count, _PIECE))):
        count -= len(piece)
        yield piece
